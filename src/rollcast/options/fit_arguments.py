"""How a table is read, and what `fit` takes beside the data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final, TypedDict

from rollcast._types import Duplicates, Fill, Verbosity
from rollcast.options.argument_checks import items, label, path
from rollcast.options.exclude_option import check_exclude
from rollcast.options.option import Option, declared


class TableArguments(TypedDict, total=False):
    """How a table is read, each argument declared here and nowhere else."""

    id_col: Annotated[
        str | int | None,
        Option(
            group="Columns and time",
            help="Column that tells series apart; one network forecasts them all. One series needs none.",
            takes=label,
            flag="--id",
            shell_type=str | None,
        ),
    ]
    time_col: Annotated[
        str | int | None,
        Option(
            group="Columns and time",
            help="Column of times: timestamps, dates or whole numbers. Columns that leave no doubt are found by "
            "themselves.",
            takes=label,
            flag="--time",
            shell_type=str | None,
        ),
    ]
    target_col: Annotated[
        str | int | None,
        Option(
            group="Columns and time",
            help="Column to forecast.",
            takes=label,
            flag="--value",
            shell_type=str | None,
        ),
    ]
    available: Annotated[
        str | int | None,
        Option(
            group="Columns and time",
            help="Column that says which rows count: true or false, yes or no, 1 or 0. Where it says no (out of stock, "
            "closed, a broken sensor), the value is kept but not learned from and not judged, and forecasts step over "
            "it. Later tables may have the column too.",
            takes=label,
            shell_type=str | None,
        ),
    ]
    weights: Annotated[
        str | int | None,
        Option(
            group="Columns and time",
            help="Column of weights of at least 0, such as prices: how much each row counts in training and in scores. "
            "In MASE a row's weight counts within its series, and series weigh the same.",
            takes=label,
            shell_type=str | None,
        ),
    ]
    exclude: Annotated[
        Any,
        Option(
            group="Columns and time",
            help="One-off rows, such as a strike or a data error, that do not count, as if they were not available: "
            "a time, a range such as 2024-03-01..2024-03-07 whose ends belong to it, or a column that says true where "
            "a row is left out. S04=2024-03-01..2024-03-07 is of one series. A date stands for its whole day, and "
            "2024-03 for the month.",
            default=(),
            takes=check_exclude,
            shell_type=list[str] | None,
            shell_help="May be given several times.",
        ),
    ]
    freq: Annotated[
        Any,
        Option(
            group="Columns and time",
            help="Step between rows: a pandas alias such as 30min, D or MS, open days such as D[Mon-Sat], or a whole "
            "number. Default: the commonest step, and the days and hours at which rows occur.",
            shell_type=str | None,
        ),
    ]
    tz: Annotated[
        str | None,
        Option(
            group="Columns and time",
            help="IANA zone of local clock times, such as Europe/Paris.",
        ),
    ]
    duplicates: Annotated[
        Duplicates,
        Option(
            group="Reading the data",
            help="What becomes of rows of one series and time: refused, or joined by their sum, mean or last value.",
            default="error",
        ),
    ]
    fill: Annotated[
        Fill,
        Option(
            group="Reading the data",
            help="What becomes of missing values. anchor: the network reads the anchor and a flag, and learns nothing "
            "there. ffill, zero: filled as if observed. linear: filled along a straight line, but missing in rows that "
            "are judged and in those that come one by one. error: refused.",
            default="anchor",
        ),
    ]


class FitArguments(TableArguments, total=False):
    """The arguments of :meth:`rollcast.Forecaster.fit` beside the data: how the table is read, and how it is fitted."""

    unit: Annotated[
        str | None,
        Option(group="Columns and time", help="Unit of the values, for scores and pictures."),
    ]
    val_size: Annotated[
        int | None,
        Option(
            group="Training and judging",
            help="Validation rows of each series. Default: a fifth of the usual series, at least the horizon.",
            least=1,
        ),
    ]
    test_size: Annotated[
        int | None,
        Option(
            group="Training and judging",
            help="Test rows of each series. Default: a fifth of the usual series, at least the horizon.",
            least=1,
        ),
    ]
    final_fit: Annotated[
        bool,
        Option(
            group="Training and judging",
            help="After the verdict, train once more on all rows, if anything was trained.",
            default=True,
        ),
    ]
    callbacks: Annotated[
        Sequence[Any],
        Option(
            group="Training and judging",
            help="Keras callbacks, called at the begin and end of training and of epochs.",
            default=(),
            takes=items,
            flag=None,
        ),
    ]
    checkpoint: Annotated[
        str | Path | None,
        Option(
            group="Files and output",
            help="File in which the progress of training is saved every few seconds.",
            takes=path,
            shell_type=Path | None,
        ),
    ]
    resume: Annotated[
        bool,
        Option(
            group="Files and output",
            help="Go on from the checkpoint, to the same result as without a break.",
            default=False,
        ),
    ]
    progress: Annotated[
        Verbosity | bool,
        Option(
            group="Files and output",
            help="Progress on stderr. auto: a bar on a terminal and lines elsewhere.",
            default="auto",
            shell_type=Verbosity,
            shell_help="With --json: nothing.",
        ),
    ]


TABLE_ARGUMENTS: Final = declared(TableArguments)
"""How a table is read: the declarations by name."""

FIT_ARGUMENTS: Final = declared(FitArguments)
"""What ``fit`` takes: the declarations by name."""
