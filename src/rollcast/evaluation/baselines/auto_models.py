"""AutoETS, AutoARIMA and AutoTheta of statsforecast: fitted anew at each origin, on the values up to it.

They are an extra, since each fit is a search over models and takes long. Hyndman & Khandakar (2008), "Automatic time
series forecasting: the forecast package for R", J. Statistical Software 27(3); Fiorucci et al. (2016), "Models for
optimising the theta method", Int. J. Forecasting 32, 1151-1161.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from rollcast._types import Float64
from rollcast.data.origins import Origins
from rollcast.data.panel import Panel
from rollcast.errors import BackendError
from rollcast.evaluation.baselines.known_rows import KnownRows
from rollcast.evaluation.baselines.length_blocks import MOST_FITTED, MOST_SEASONS
from rollcast.evaluation.baselines.naive_forecasts import repeat_value


class AutoForecasts(NamedTuple):
    """What models of statsforecast forecast.

    Attributes:
        made: by name, (M, h) in the data's units; NaN where nothing was observed up to the origin.
        refused: by name, at how many origins the model could not be fitted, so that the last value is repeated.
    """

    made: dict[str, Float64]
    refused: dict[str, int]


def require_statsforecast(names: Sequence[str]) -> None:
    """Say how statsforecast is installed, where models of it are wanted and it is not there.

    Raises:
        BackendError: it is not installed.
    """
    if names and find_spec("statsforecast") is None:
        raise BackendError(
            f"`baselines` asks for {names[0]}, and statsforecast is not installed; run"
            ' pip install "rollcast[statsforecast]".'
        )


def forecast_auto_models(
    names: Sequence[str], panel: Panel, origins: Origins, h: int, season: int | None
) -> AutoForecasts:
    """Forecasts of models of statsforecast from many origins, each of which is a fit of its own.

    A fit reads the values up to its origin, the newest 2,048 or 8 seasons of them, as the other baselines do. Of
    missing values those before the first are left out, and others are filled by the line between their neighbours, or
    by the last value; none of it looks past the origin.

    Args:
        names: of the classes.
        panel: the series; where ``mask`` is False, a value is not read.
        origins: of any series, in any order.
        h: steps to forecast.
        season: rows in a season; None or 1 for none.

    Raises:
        BackendError: statsforecast is not installed.
    """
    require_statsforecast(names)
    rows = int(season or 1)
    values = np.where(panel.mask, panel.target, np.nan)
    known = KnownRows(values, panel.offsets, origins.series, origins.row)
    begins = panel.offsets[origins.series]
    firsts = np.maximum(begins, known.place + 1 - max(MOST_FITTED, MOST_SEASONS * rows))
    made, refused = dict[str, Float64](), dict[str, int]()
    for name in names:
        model = _build(name, rows)
        found = repeat_value(known, h, rows)
        failed = 0
        for m, (first, last) in enumerate(zip(firsts, known.place, strict=True)):
            history = _without_gaps(values[first : last + 1])
            if not len(history):
                continue
            forecast = _forecast(model, history, h)
            failed += forecast is None
            found[m] = found[m] if forecast is None else forecast
        made[name], refused[name] = found, failed
    return AutoForecasts(made, refused)


def _build(name: str, season: int) -> Any:
    """A model of statsforecast."""
    from statsforecast import models  # pyright: ignore[reportMissingImports]

    return getattr(models, name)(season_length=season)


def _forecast(model: Any, history: Float64, h: int) -> Float64 | None:
    """(h,) the forecasts after a history; None where the model can't be fitted to it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            made = np.asarray(model.forecast(y=history, h=h)["mean"], np.float64)
        except Exception:  # of too few or constant values it raises whatever it comes upon
            return None
    return made if made.shape == (h,) and np.isfinite(made).all() else None


def _without_gaps(history: Float64) -> Float64:
    """The values from the first observed one on, with those that are missing filled."""
    seen = np.flatnonzero(~np.isnan(history))
    if not len(seen):
        return history[:0]
    rows = np.arange(seen[0], len(history))
    return np.interp(rows, seen, history[seen])
