"""A time in several columns: year and month, date and hour, date and time of day."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from rollcast._types import Float64, Int64
from rollcast.data.clock import format_time
from rollcast.errors import DataError
from rollcast.tables.characters import plain_characters
from rollcast.tables.dates.date_forms import Days, read_days
from rollcast.tables.dates.date_words import month_number
from rollcast.tables.dates.number_times import find_form
from rollcast.tables.dates.time_names import is_clock_name, is_date_name, part_of_time
from rollcast.tables.dates.times import Times, read_times
from rollcast.tables.dates.times_of_day import split_clocks
from rollcast.tables.schema import Schema, TimeParts
from rollcast.tables.table import Table, list_names

if TYPE_CHECKING:
    import pandas as pd

_SECOND = 1_000_000_000
_LIMITS = {
    "year": (0, 2261), "quarter": (1, 4), "month": (1, 12), "week": (1, 53), "day": (1, 31),
    "hour": (0, 24), "hour ending": (1, 24), "minute": (0, 59), "second": (0, 59), "hhmm": (0, 2400),
}  # fmt: skip
_LETTERS = {"year": "y", "quarter": "q", "month": "m", "week": "w", "day": "d"}
_HOURS = ("hour", "hour ending", "hhmm")


def join_time_parts(
    table: Table,
    kinds: dict[Any, str],
    *,
    id_col: Any = None,
    time_col: Any = None,
    target_col: Any = None,
) -> Table:
    """The table with its time in one column, where its time stands in several.

    The column is called as the caller named the time, else as the date, else ``ds``. Columns are joined only where
    the coarser one repeats within a series and the finer ones tell these rows apart.

    Args:
        table: the table.
        kinds: what its columns hold, by :func:`rollcast.tables.columns.column_kind`.
        id_col: the columns that the caller named, as are the others.
        time_col: the time, or a part of it.
        target_col: the target.

    Raises:
        DataError: the parts of a row are no time.
    """
    taken = {id_col, target_col}
    free = [name for name in table.columns if name not in taken]
    parts = _find_parts(table, {name: kinds[name] for name in free}, time_col)
    if parts is None:
        return table
    names = [name for name, _ in parts]
    texts = [name for name in free if name not in names and kinds[name] == "text"]
    groups = [*([] if id_col is None else [id_col]), *texts]
    if not _tells_apart(table, groups, names, parts[0][1] == "date"):
        return table
    name = "ds"
    if parts[0][1] == "date":
        name = names[0]
        if _read_days(table, name) is None:
            return table
    name = name if time_col is None else time_col
    if name in table.columns and name not in names:
        raise DataError(
            f"The columns {list_names(names)} of {table.name} are parts of one time, and column {name!r} has the name"
            " that it would get; rename it, or name the time with time_col=."
        )
    return _joined(table, parts, name)


def join_time_like(table: Table, like: Schema, time_col: Any = None) -> Table:
    """The table with its time in one column, as that which a model was fitted on.

    A table that has the joined column already, as forecasts have it, stays as it is.
    """
    parts = like.time_parts
    if parts is None or not all(name in table.columns for name, _ in parts):
        return table
    names = [name for name, _ in parts]
    joined = like.time_col if time_col is None else time_col
    if joined in table.columns and joined not in names:
        return table
    return _joined(table, parts, joined, like)


def _find_parts(table: Table, kinds: dict[Any, str], time_col: Any) -> TimeParts | None:
    """The columns that may be parts of one time, the coarsest first; None where there aren't two."""
    date = _find_date(table, kinds, time_col)
    roles: dict[str, Any] = {}
    for name, kind in kinds.items():
        role = _role(table, name, kind)
        if role is not None and name != date:
            roles.setdefault(role, name)
    clock = next((name for name, kind in kinds.items() if kind == "clock" and name != date), None)
    parts: list[tuple[Any, str]] = []
    if date is not None:
        parts.append((date, "date"))
    elif "year" in roles:
        finer = next((role for role in ("month", "week", "quarter") if role in roles), None)
        if finer is None:
            return None
        parts += [(roles["year"], "year"), (roles[finer], finer)]
        if finer == "month" and "day" in roles:
            parts.append((roles["day"], "day"))
    if not parts or (time_col is not None and time_col not in [name for name, _ in parts]):
        return None
    hour = next((role for role in _HOURS if role in roles), None)
    if len(parts) != 2 and clock is not None:
        parts.append((clock, "clock"))
    elif len(parts) != 2 and hour is not None:
        parts.append((roles[hour], hour))
        parts += [(roles[role], role) for role in ("minute", "second") if role in roles]
    return tuple(parts) if len(parts) > 1 else None


def _find_date(table: Table, kinds: dict[Any, str], time_col: Any) -> Any:
    """The column of whole days; None where there is none or several may be it."""
    dates = [name for name, kind in kinds.items() if kind == "time"]
    if not dates:
        dates = [
            name
            for name, kind in kinds.items()
            if kind in ("number", "digits") and is_date_name(name) and _are_days(table, name)
        ]
    if time_col is not None:
        return time_col if time_col in dates else None
    if "ds" in dates:
        return "ds"
    return dates[0] if len(dates) == 1 else None


def _are_days(table: Table, name: Any) -> bool:
    import pandas as pd

    numbers: Any = pd.to_numeric(table.column(name), errors="coerce")
    numbers = numbers.to_numpy(np.float64, na_value=np.nan)
    found = None if np.isnan(numbers).any() else find_form(numbers)
    return found is not None and found[0].kind == "yyyymmdd"


def _role(table: Table, name: Any, kind: str) -> str | None:
    """Which part of a time a column is by its name and its values; None where it is none."""
    role = part_of_time(name)
    clock = is_clock_name(name)
    if kind not in ("number", "digits", "text"):
        return None
    if kind == "text" and str(name).strip().lower() == "period":
        role = _role_of_period(table.column(name))
    if role is None and not clock:
        return None
    numbers = _numbers(table.column(name))
    known = numbers[~np.isnan(numbers)]
    if len(known) < 0.9 * len(numbers) or len(known) == 0:
        return None
    if role is None:
        role = "hhmm" if known.max() > 24 else "hour"
    low, high = _LIMITS[role]
    if ((known >= low) & (known <= high) & (known % 1 == 0)).mean() < 0.9:
        return None
    # Hours from 1 to 24 name the hour that ends.
    return "hour ending" if role == "hour" and known.max() == 24 and known.min() >= 1 else role


def _role_of_period(series: pd.Series) -> str | None:
    """A period that is written as M01 is a month, one as Q1 a quarter."""
    letters = set(series.astype(str).str.strip().str.upper().str.slice(0, 1))
    return (
        {"M": "month", "Q": "quarter", "W": "week"}.get(letters.pop())
        if len(letters) == 1
        else None
    )


def _numbers(series: pd.Series) -> Float64:
    """A column (N,) of parts as numbers: 3, "03", "Q3", "March"; NaN where there is none."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(series.dtype):
        return series.to_numpy(np.float64, na_value=np.nan)
    codes, unique = pd.factorize(series)
    found = [
        _number(str(plain)) for plain in plain_characters(pd.Series(unique, dtype=object).map(str))
    ]
    return np.append(np.asarray(found, np.float64), np.nan)[codes]


def _number(text: str) -> float:
    digits = re.fullmatch(r"\s*[A-Za-z]{0,4}\.?\s*(\d{1,4})(?:\.0*)?\s*\D?\s*", text)
    if digits is not None:
        return float(digits[1])
    month = month_number(text.strip())
    return np.nan if month is None else float(month)


def _tells_apart(table: Table, groups: list[Any], names: list[Any], days: bool) -> bool:
    """Whether the first column repeats within its groups, and all together repeat less.

    Beside days, far less: an hour may belong to something else than the time.
    """
    coarse = int(table.frame.duplicated([*groups, names[0]]).sum())
    fine = int(table.frame.duplicated([*groups, *names]).sum())
    return fine < (0.5 * coarse if days else coarse)


def _joined(table: Table, parts: TimeParts, name: Any, like: Schema | None = None) -> Table:
    read = _days(table, parts, like)
    times = read.values + _clock(table, parts)
    stamps = times.view("M8[ns]").astype("M8[us]")
    names = [column for column, _ in parts]
    frame = table.frame.drop(columns=names)
    at = table.columns.index(names[0])
    frame.insert(min(at, len(frame.columns)), name, stamps)
    listed = f"{', '.join(repr(n) for n in names[:-1])} and {names[-1]!r}"
    remark = f"Joined the columns {listed} to one time, {name!r}, such as {format_time(int(times[0]), None)}"
    if "hour ending" in [role for _, role in parts]:
        remark += "; hour 1 begins at 0:00"
    types = {column: kind for column, kind in table.types.items() if column not in names}
    remarks = [f"{remark}.", *([] if read.remark is None else [read.remark])]
    return replace(
        table,
        frame=frame,
        types=types,
        remarks=(*table.remarks, *remarks),
        time_parts=parts,
        date_form=read.form,
    )


def _days(table: Table, parts: TimeParts, like: Schema | None) -> Times:
    """(N,) midnights of the days that the parts name, and how these were written."""
    if parts[0][1] == "date":
        days = _read_days(table, parts[0][0], like)
        if days is None:
            raise DataError(
                f"Column {parts[0][0]!r} holds times of day, and so does {parts[1][0]!r}; give days in the first, as"
                " the table had that the model was trained on."
            )
        return days
    used = [(name, role) for name, role in parts if role in _LETTERS]
    numbers = np.stack([_numbers(table.column(name)) for name, _ in used], axis=1)
    year = numbers[:, 0]
    numbers[:, 0] = np.where(year < 100, np.where(year < 70, 2000, 1900) + year, year)
    missing = np.isnan(numbers)
    order = "".join(_LETTERS[role] for _, role in used)
    days: Days = read_days(np.where(missing, 0, numbers), order)
    bad = np.isnat(days)
    if bad.any():
        _refuse(table, used, int(np.argmax(bad)))
    return Times(days.astype("M8[ns]").view(np.int64), "timestamp")


def _read_days(table: Table, name: Any, like: Schema | None = None) -> Times | None:
    """A column (N,) of whole days; None where it holds more than days."""
    if (
        like is not None
    ):  # Only how text was read is known of the column: the time is the joined one.
        like = replace(like, time_kind="timestamp")
    times = read_times(table, name, None, like)
    more = times.zone is not None or times.is_integer or (times.values % (86_400 * _SECOND)).any()
    return None if more else times


def _clock(table: Table, parts: TimeParts) -> Int64:
    """(N,) times of day in nanoseconds."""
    seconds = np.zeros(len(table.frame), np.int64)
    for name, role in parts:
        if role == "clock":
            return _read_clock(table, name)
        if role in _LETTERS or role == "date":
            continue
        numbers = _numbers(table.column(name))
        low, high = _LIMITS[role]
        bad = ~((numbers >= low) & (numbers <= high) & (numbers % 1 == 0))
        if role == "hhmm":
            bad |= numbers % 100 > 59
        if bad.any():
            _refuse(table, ((name, role),), int(np.argmax(bad)))
        number = numbers.astype(np.int64)
        if role == "hhmm":
            seconds += number // 100 * 3600 + number % 100 * 60
        else:
            ending = role == "hour ending"
            seconds += (number - ending) * {"minute": 60, "second": 1}.get(role, 3600)
    return seconds * _SECOND


def _read_clock(table: Table, name: Any) -> Int64:
    import pandas as pd

    series = table.column(name)
    if pd.api.types.is_timedelta64_dtype(series.dtype):
        return series.dt.as_unit("ns").to_numpy().view(np.int64)
    codes, unique = pd.factorize(series)
    text = plain_characters(pd.Series(unique, dtype=object).map(str)).str.strip().str.lower()
    text = text.str.replace(r"([ap])\.?m\.?$", r"\1m", regex=True)
    text = text.str.replace(r"^(\d{1,2})\.(\d{2})(?:\.(\d{2}))?", r"\1:\2:\3", regex=True)
    day = "2000-01-01 " + text.str.replace(r":(\D|$)", r"\1", regex=True)
    date, clocks, bad = split_clocks(day)
    bad |= (date != "2000-01-01").to_numpy(dtype=bool)
    bad = np.append(bad, True)[codes]
    if bad.any():
        _refuse(table, ((name, "time of day"),), int(np.argmax(bad)))
    return np.append(clocks, 0)[codes]


def _refuse(table: Table, parts: Any, row: int) -> None:
    names = " and ".join(repr(name) for name, _ in parts)
    cells = " and ".join(str(table.column(name).iloc[row]) for name, _ in parts)
    one = len(parts) == 1
    what = parts[0][1] if one else "date"
    raise DataError(
        f"Column{'' if one else 's'} {names} hold{'s' if one else ''} {cells} at {table.place(row)}, which is no"
        f" {what}; correct it."
    )
