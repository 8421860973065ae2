"""What `rollcast.backtest` takes beside the model, the data and the horizon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Final

from rollcast._types import Verbosity
from rollcast.errors import ArgumentError, show
from rollcast.options.argument_checks import whole
from rollcast.options.baselines_option import check_baselines
from rollcast.options.fit_arguments import FIT_ARGUMENTS, TableArguments
from rollcast.options.forecast_arguments import FORECAST_ARGUMENTS
from rollcast.options.model_options import MOST_AHEAD
from rollcast.options.option import Option, declared


def check_refit(name: str, value: Any) -> bool | int:
    """Whether training begins anew at later cutoffs: never, at every one, or at every so many.

    Raises:
        ArgumentError: neither a truth value nor a whole number of at least 1.
    """
    if isinstance(value, bool):
        return value
    try:
        return whole(name, value)
    except ArgumentError:
        raise ArgumentError(
            f"`{name}` must be True, False, or a whole number of at least 1; got {show(value)}."
        ) from None


class BacktestArguments(TableArguments, total=False):
    """The arguments of :func:`rollcast.backtest` beside the model, the data and the horizon."""

    n_windows: Annotated[
        int | None,
        Option(
            group="Backtest",
            help="Cutoffs, of which the last has one horizon of rows after it. Default: 10, but none in the older half "
            "of the rows.",
            least=1,
            flag="--windows",
        ),
    ]
    step_size: Annotated[
        int | None,
        Option(
            group="Backtest",
            help="Rows from each cutoff to the next. Default: the horizon, so that no two forecasts overlap.",
            least=1,
            most=MOST_AHEAD,
            flag="--step",
        ),
    ]
    cutoffs: Annotated[
        Any,
        Option(
            group="Backtest",
            help="The cutoffs themselves, in place of n_windows: the newest times that forecasts know, as the table "
            "writes times.",
            shell_type=str | None,
            shell_help="As 2024-01-31,2024-06-30.",
        ),
    ]
    refit: Annotated[
        bool | int,
        Option(
            group="Backtest",
            help="True: train anew at every cutoff. A number: at every so many. False: once, before the first cutoff.",
            default=False,
            takes=check_refit,
            shell_type=bool,
        ),
    ]
    level: Annotated[
        float | Sequence[float] | None,
        replace(
            FORECAST_ARGUMENTS["level"],
            group="Backtest",
            help="Percentages, 98 at most: for each an interval, its coverage and its width.",
        ),
    ]
    baselines: Annotated[
        str | Sequence[str] | None,
        Option(
            group="Backtest",
            help="Models of statsforecast that are judged beside the usual baselines: AutoETS, AutoARIMA, AutoTheta. "
            "Each is fitted anew at every cutoff.",
            takes=check_baselines,
            shell_type=str | None,
            shell_help="As AutoETS,AutoTheta.",
        ),
    ]
    in_sample: Annotated[
        bool,
        Option(
            group="Backtest",
            help="Score a fitted model on rows that its weights have seen all the same. Everything is labelled so, and "
            "the verdict claims nothing.",
            default=False,
        ),
    ]
    unit: Annotated[str | None, FIT_ARGUMENTS["unit"]]
    progress: Annotated[Verbosity | bool, FIT_ARGUMENTS["progress"]]


BACKTEST_ARGUMENTS: Final = declared(BacktestArguments)
"""What ``backtest`` takes: the declarations by name."""
