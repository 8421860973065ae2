"""Clock time and zones: what a column without a zone means, and what it can't mean."""

from __future__ import annotations

import numpy as np

from rollcast._types import Bool, Int64
from rollcast.data.calendar import DAY
from rollcast.data.clock import both_instants
from rollcast.errors import DataError
from rollcast.tables.table_rows import TableRows

_HOUR = DAY // 24


def localise(rows: TableRows, tz: str) -> tuple[Int64, Int64]:
    """The instants of clock times in ``tz``.

    The hour that the clock shows twice in autumn is resolved by the order of the rows: the first
    time it is shown is summer time.

    Args:
        rows: sorted by series and clock time, equal times as they stand in the table.
        tz: the zone.

    Returns:
        Nanoseconds since 1970 in UTC (N,), and the second instant that each time may mean (N,),
        another only in that hour.

    Raises:
        DataError: a time that the clock skips in spring.
    """
    first, second, skipped = both_instants(rows.times, tz)
    # Days whose midnight the clock skips begin an hour later.
    if skipped.any() and (rows.times % DAY != 0).any():
        row = int(np.argmax(skipped))
        raise DataError(
            f"{rows.time_name}{rows.series(row)} holds {rows.show(int(rows.times[row]))} at"
            f" {rows.place(row)}, which clocks in {tz} skip; correct it or give the zone that"
            " the times are in, such as tz='UTC'."
        )
    repeated = np.concatenate([[False], rows.inside & (rows.times[1:] == rows.times[:-1])])
    return np.where(repeated, second, first), second


def refuse_repeated_hour(rows: TableRows) -> None:
    """Refuse clock time whose autumn hour stands twice.

    Args:
        rows: sorted; their times have no zone.

    Raises:
        DataError: a few times stand twice, all in one early hour of a day in the weeks when clocks
            are set back.
    """
    same = rows.inside & (rows.times[1:] == rows.times[:-1])
    if not same.any() or not _set_back(rows, same):
        return
    row = int(np.argmax(same))
    raise DataError(
        f"{rows.time_name}{rows.series(row)} repeats {rows.show(int(rows.times[row]))} at"
        f" {rows.place(row)} and {rows.place(row + 1)}: this looks like local clock time; pass tz="
        " with its zone, such as tz='Europe/Berlin'."
    )


def _set_back(rows: TableRows, same: Bool) -> bool:
    """Whether all repeated times (N - 1,) lie at night, in the weeks when clocks are set back."""
    import pandas as pd

    if (same[1:] & same[:-1]).any():  # Three times alike.
        return False
    steps = np.diff(rows.times)[rows.inside & ~same]
    if len(steps) == 0 or int(np.median(steps)) > _HOUR:
        return False
    found = pd.DatetimeIndex(np.unique(rows.times[:-1][same]).view("M8[ns]"))
    night = (found.hour < 4) & (found.day_of_week == 6)
    season = found.month.isin([3, 4, 9, 10, 11])
    hours = found.floor("h").unique()
    days = hours.floor("D").unique()
    return bool(night.all() and season.all() and len(hours) == len(days))
