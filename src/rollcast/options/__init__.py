"""Every option of the package, declared once: signatures, the command line and the docs' tables follow from it."""

from rollcast.options.argument_checks import whole
from rollcast.options.backtest_arguments import BACKTEST_ARGUMENTS, BacktestArguments
from rollcast.options.config import Config
from rollcast.options.fit_arguments import (
    FIT_ARGUMENTS,
    TABLE_ARGUMENTS,
    FitArguments,
    TableArguments,
)
from rollcast.options.forecast_arguments import (
    FORECAST_ARGUMENTS,
    TOTAL_ARGUMENTS,
    ForecastArguments,
)
from rollcast.options.model_options import MODEL_OPTIONS, MOST_AHEAD, ModelOptions
from rollcast.options.option import Option, takes

__all__ = [
    "BACKTEST_ARGUMENTS",
    "FIT_ARGUMENTS",
    "FORECAST_ARGUMENTS",
    "MODEL_OPTIONS",
    "MOST_AHEAD",
    "TABLE_ARGUMENTS",
    "TOTAL_ARGUMENTS",
    "BacktestArguments",
    "Config",
    "FitArguments",
    "ForecastArguments",
    "ModelOptions",
    "Option",
    "TableArguments",
    "takes",
    "whole",
]
