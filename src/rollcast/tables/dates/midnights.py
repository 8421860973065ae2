"""Days whose local midnights stand in UTC, as databases and JavaScript write them: 22:00 in summer, 23:00 in winter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rollcast._types import Int64
from rollcast.data.calendar import DAY
from rollcast.data.clock import format_time, to_wall
from rollcast.errors import DataError
from rollcast.tables.dates.times import Times
from rollcast.tables.dates.zone_search import zone_of_midnights, zone_of_one_hour
from rollcast.tables.table_rows import TableRows

_HOUR = DAY // 24


def check_midnights(rows: TableRows, times: Times) -> Times:
    """Refuse days that begin at two hours of UTC, and say whose days those at one hour may be.

    Args:
        rows: sorted; no zone was named for them.
        times: how they were written.

    Returns:
        The times, with a remark where all lie at the midnight of another zone.

    Raises:
        DataError: the times follow the clock of a zone that wasn't named.
    """
    fixed = times.zone is None or times.zone.startswith("UTC")
    if times.is_integer or not fixed or not _lie_a_day_apart(rows):
        return times
    clock = to_wall(rows.times, times.zone) % DAY
    clocks = clock[:1] if (clock == clock[0]).all() else np.unique(clock)
    if len(clocks) == 2 and min(clocks[1] - clocks[0], DAY - clocks[1] + clocks[0]) <= _HOUR:
        _refuse(rows, times)
    if len(clocks) == 1 and clocks[0] and times.zone is not None:
        zone = zone_of_midnights(rows.times)
        if zone is not None:
            remark = (
                f"The times of column {rows.columns.time_col!r} are midnights in {zone}; pass tz={zone!r} if its days"
                " are meant."
            )
            return replace(times, remark=f"{times.remark} {remark}" if times.remark else remark)
    return times


def _lie_a_day_apart(rows: TableRows) -> bool:
    steps = np.diff(rows.times)[rows.inside]
    steps = steps[steps > 0]
    return len(steps) > 0 and bool(steps.min() >= 20 * _HOUR)


def _refuse(rows: TableRows, times: Times) -> None:
    instants: Int64 = rows.times
    midnight = zone_of_midnights(instants)
    zone = midnight or zone_of_one_hour(instants)
    if zone is None:
        return
    clock = to_wall(instants, times.zone) % DAY
    other = int(np.argmax(clock != clock[0]))
    local = format_time(int(to_wall(instants[:1], zone)[0] % DAY), None).removeprefix("1970-01-01 ")
    what = "midnight" if midnight is not None else local
    fix = f"pass tz={zone!r}"
    if times.zone is None:
        fix = f"mark them as UTC, as in 2024-04-03T22:00Z or by .dt.tz_localize('UTC'), and {fix}"
    raise DataError(
        f"{rows.time_name}{rows.series(other)} holds {rows.show(int(instants[0]))} and, at {rows.place(other)},"
        f" {rows.show(int(instants[other]))}, which are {what} in {zone}, written in UTC; {fix}."
    )
