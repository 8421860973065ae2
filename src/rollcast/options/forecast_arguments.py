"""What `rollcast.forecast` takes beside the data and the horizon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Final, Literal

from rollcast._types import BoundsOption, LogOption, PointOption
from rollcast.options.fit_arguments import TableArguments
from rollcast.options.level_option import check_level
from rollcast.options.model_options import BOUNDS
from rollcast.options.option import Option, declared
from rollcast.options.paths_option import PATHS, SEED, USUAL_PATHS
from rollcast.options.point_option import POINT
from rollcast.options.quantiles_option import check_known_quantiles
from rollcast.options.round_option import ROUND
from rollcast.options.season_option import check_seasons


class ForecastArguments(TableArguments, total=False):
    """The arguments of :func:`rollcast.forecast` beside the data and the horizon."""

    level: Annotated[
        float | Sequence[float] | None,
        Option(
            group="Forecast",
            help="Percentages, 98 at most: for each a lower and an upper column, between which the value lies with "
            "that probability.",
            takes=check_level,
            shell_type=str | None,
            shell_help="As 80,95.",
        ),
    ]
    quantiles: Annotated[
        float | Sequence[float] | None,
        Option(
            group="Forecast",
            help="Shares from 0.01 to 0.99, such as 0.95: for each a column below whose values the series lies with "
            "that probability, at each step by itself.",
            takes=check_known_quantiles,
            shell_type=str | None,
            shell_help="As 0.1,0.5,0.9. Of a sum over steps: --total --quantile.",
        ),
    ]
    season_length: Annotated[
        int | Sequence[int] | None,
        Option(
            group="Forecast",
            help="Rows in a season, or in two, such as [24, 168]; 1 for none. Default: a day, a week and a year of the "
            "frequency, the longer ones where a series holds a whole one.",
            takes=check_seasons,
            shell_type=str | None,
            shell_help="As 24,168.",
        ),
    ]
    log: Annotated[
        LogOption,
        Option(
            group="Forecast",
            help="Take logarithms first. auto: of each series as its values are.",
            default="auto",
            shell_type=Literal["auto", "yes", "no"],
        ),
    ]
    bounds: Annotated[BoundsOption, replace(BOUNDS, group="Forecast")]
    point: Annotated[PointOption, replace(POINT, group="Forecast")]
    round: Annotated[bool, replace(ROUND, group="Forecast")]
    symmetric: Annotated[
        bool,
        Option(
            group="Forecast",
            help="Read each series upside down too, after the logarithm, and forecast the mean of both: then -y is "
            "forecast as y is, with the other sign. It takes twice the time.",
            default=False,
        ),
    ]
    alias: Annotated[
        str | None,
        Option(
            group="Forecast",
            help="What the column of forecasts is called. Default: Rollcast, or the name of a fitted model.",
        ),
    ]
    paths: Annotated[int | None, PATHS]
    seed: Annotated[int, SEED]


FORECAST_ARGUMENTS: Final = declared(ForecastArguments)
"""What ``forecast`` takes: the declarations by name."""

_OF_STEPS: Final = ("quantiles", "point", "symmetric")
"""What a sum over steps has no use for."""

TOTAL_ARGUMENTS: Final = {
    **{name: option for name, option in FORECAST_ARGUMENTS.items() if name not in _OF_STEPS},
    "level": replace(
        FORECAST_ARGUMENTS["level"],
        default=(80,),
        help="Percentages, 98 at most, of the intervals of the sum; None for none.",
    ),
    "paths": replace(
        FORECAST_ARGUMENTS["paths"],
        default=USUAL_PATHS,
        help="Sample paths of each series, by which the sum is told.",
    ),
}
"""What ``forecast_total`` takes: the declarations by name."""
