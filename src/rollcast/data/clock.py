"""Clocks: instants, the zones of the world, and what a clock in a zone shows.

Instants are int64: nanoseconds since 1970 in UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rollcast._types import Bool, Int64
from rollcast.errors import ArgumentError, show
from rollcast.options.argument_checks import text

if TYPE_CHECKING:
    import pandas as pd


def check_zone(tz: str) -> str:
    """The zone's name, if there is such a zone.

    Raises:
        ArgumentError: there is none.
    """
    import difflib
    import zoneinfo

    import pandas as pd

    try:
        pd.Timestamp(0, tz=text("tz", tz))
    except (KeyError, ValueError, TypeError, IndexError, OSError) as error:
        near = difflib.get_close_matches(show(tz), zoneinfo.available_timezones(), n=1, cutoff=0.5)
        hint = near[0] if near else "Europe/Berlin"
        raise ArgumentError(
            f"`tz` must be the name of a time zone such as {hint!r}; got {show(tz)}."
        ) from error
    return tz


def to_wall(times: Int64, tz: str | None) -> Int64:
    """What a clock in ``tz`` shows at each instant (N,), as nanoseconds since its own 1970."""
    import pandas as pd

    if tz is None or tz == "UTC":
        return times
    index = pd.DatetimeIndex(times.view("M8[ns]"), tz="UTC")
    return index.tz_convert(tz).tz_localize(None).asi8.copy()


def to_utc(walls: Int64, tz: str | None) -> Int64:
    """The instant at which a clock in ``tz`` shows each wall time (N,).

    A time that is shown twice is the first of the two; one that is skipped becomes the first
    instant after the gap.
    """
    return walls if tz is None or tz == "UTC" else _localise(walls, tz, earlier=True)


def both_instants(walls: Int64, tz: str) -> tuple[Int64, Int64, Bool]:
    """Both instants that a wall time may mean: a clock that is set back shows an hour twice.

    Args:
        walls: (N,) what a clock in ``tz`` shows.
        tz: the zone.

    Returns:
        The first instant at which the clock shows each time (N,); the second where it shows it
        twice, else the same again (N,); and whether it skips the time (N,), for which both are
        the first instant after the gap.
    """
    first = _localise(walls, tz, earlier=True)
    return first, _localise(walls, tz, earlier=False), to_wall(first, tz) != walls


def _localise(walls: Int64, tz: str, *, earlier: bool) -> Int64:
    import pandas as pd

    index = pd.DatetimeIndex(walls.view("M8[ns]"))
    summer = np.full(len(walls), earlier)
    return index.tz_localize(tz, ambiguous=summer, nonexistent="shift_forward").asi8.copy()


def format_time(time: int, tz: str | None, *, integer: bool = False) -> str:
    """A time as a person writes it: no clock at midnight, the offset where there is a zone."""
    if integer:
        return str(time)
    at = stamp(time, "UTC").tz_convert(tz) if tz else stamp(time)
    if (at.hour, at.minute, at.second, at.microsecond) == (0, 0, 0, 0):
        return f"{at:%Y-%m-%d}"
    text = f"{at:%Y-%m-%d %H:%M}" if at.second == 0 else f"{at:%Y-%m-%d %H:%M:%S}"
    return f"{text}{at:%z}" if tz else text


def stamp(nanoseconds: int, tz: str | None = None) -> pd.Timestamp:
    """A pandas timestamp of an instant, in a zone where one is given."""
    import pandas as pd

    return pd.Timestamp(nanoseconds, tz=tz)  # pyright: ignore[reportReturnType]


def offset_text(minutes: int) -> str:
    """An offset from UTC in minutes as it is written: "+05:30"."""
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def fixed_zone(minutes: int) -> str:
    """The name of the zone that is always so many minutes from UTC."""
    return "UTC" if minutes == 0 else f"UTC{offset_text(minutes)}"


def duration(nanoseconds: int) -> str:
    """A stretch of time in words: "30 minutes"."""
    second = 10**9
    for size, noun in ((3600 * second, "hour"), (60 * second, "minute"), (second, "second")):
        if nanoseconds % size == 0:
            number = nanoseconds // size
            return noun if number == 1 else f"{number} {noun}s"
    return f"{nanoseconds / 1e9:g} seconds"
