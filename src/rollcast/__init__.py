"""Recurrent networks that forecast time series, judged honestly, on Keras 3 and JAX.

Importing this loads neither Keras nor JAX nor pandas: each name below is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from rollcast.runtime.backend import prefer_jax

if TYPE_CHECKING:
    from rollcast import datasets, layers, metrics, plots, tutorial
    from rollcast.errors import RollcastError, RollcastWarning
    from rollcast.evaluation.backtest import Backtest
    from rollcast.evaluation.diagnosis.report import Diagnosis
    from rollcast.evaluation.leak_audit import Audit
    from rollcast.evaluation.scores import Scores
    from rollcast.evaluation.value_added import ValueAdded
    from rollcast.forecasting.state import State
    from rollcast.model.adjust import adjust, value_added
    from rollcast.model.aggregate import aggregate
    from rollcast.model.audit import audit
    from rollcast.model.backtesting import backtest
    from rollcast.model.check import check
    from rollcast.model.diagnose import diagnose
    from rollcast.model.forecaster import Forecaster, load
    from rollcast.model.table_check import TableCheck
    from rollcast.model.zero_shot import forecast, forecast_total
    from rollcast.options import Config
    from rollcast.plots import plot_forecast, plot_history, plot_series
    from rollcast.training.history import History

__version__ = "0.1.0"

__all__ = [
    "Audit",
    "Backtest",
    "Config",
    "Diagnosis",
    "Forecaster",
    "History",
    "RollcastError",
    "RollcastWarning",
    "Scores",
    "State",
    "TableCheck",
    "ValueAdded",
    "adjust",
    "aggregate",
    "audit",
    "backtest",
    "check",
    "datasets",
    "diagnose",
    "forecast",
    "forecast_total",
    "layers",
    "load",
    "metrics",
    "plot_forecast",
    "plot_history",
    "plot_series",
    "plots",
    "tutorial",
    "value_added",
]

_HOMES = {
    "Audit": "rollcast.evaluation.leak_audit",
    "Backtest": "rollcast.evaluation.backtest",
    "Config": "rollcast.options",
    "Diagnosis": "rollcast.evaluation.diagnosis.report",
    "Forecaster": "rollcast.model.forecaster",
    "History": "rollcast.training.history",
    "RollcastError": "rollcast.errors",
    "RollcastWarning": "rollcast.errors",
    "Scores": "rollcast.evaluation.scores",
    "State": "rollcast.forecasting.state",
    "TableCheck": "rollcast.model.table_check",
    "ValueAdded": "rollcast.evaluation.value_added",
    "adjust": "rollcast.model.adjust",
    "aggregate": "rollcast.model.aggregate",
    "audit": "rollcast.model.audit",
    "backtest": "rollcast.model.backtesting",
    "check": "rollcast.model.check",
    "diagnose": "rollcast.model.diagnose",
    "forecast": "rollcast.model.zero_shot",
    "forecast_total": "rollcast.model.zero_shot",
    "load": "rollcast.model.forecaster",
    "plot_forecast": "rollcast.plots",
    "plot_history": "rollcast.plots",
    "plot_series": "rollcast.plots",
    "value_added": "rollcast.model.adjust",
}
_MODULES = ("datasets", "layers", "metrics", "plots", "tutorial")

prefer_jax()


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"rollcast.{name}")
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'rollcast' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
