"""The column of times, however it is written, as int64."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from rollcast._types import Int64
from rollcast.data.clock import check_zone
from rollcast.errors import ArgumentError, DataError, show
from rollcast.tables.dates import read_date_text
from rollcast.tables.schema import TimeKind
from rollcast.tables.table import Table

if TYPE_CHECKING:
    import pandas as pd

_NULL = np.iinfo(np.int64).min


@dataclass(frozen=True, eq=False)
class Times:
    """Times as they were written.

    Attributes:
        values: (N,) integers; instants in UTC where there is a zone; else what a clock shows.
        kind: how time is written.
        unit: "s", "ms", "us" or "ns".
        dtype: the column's type as its library writes it; None for text.
        zone: the column's zone; None for times without.
        period: the alias of pandas periods.
        remark: a sentence on how the column was read, where that isn't plain.
    """

    values: Int64
    kind: TimeKind
    unit: str = "ns"
    dtype: str | None = None
    zone: str | None = None
    period: str | None = None
    remark: str | None = None

    @property
    def is_integer(self) -> bool:
        """Whether time is an integer."""
        return self.kind == "integer"


def read_times(table: Table, column: Any, tz: str | None) -> Times:
    """Read the column of times.

    Args:
        table: the table.
        column: the column's name.
        tz: the zone that the caller named; instants of several offsets are read in it.

    Raises:
        DataError: a time is missing, is none, can be read two ways, or zones are mixed.
    """
    import pandas as pd

    series = table.column(column)
    _refuse_nulls(table, column, series)
    dtype = series.dtype
    name = str(dtype)
    if isinstance(dtype, pd.ArrowDtype):
        series = _from_arrow(series)
        dtype = series.dtype
    if isinstance(dtype, pd.PeriodDtype):
        alias = dtype.freq.freqstr
        return Times(
            _nanoseconds(table, column, series.dt.to_timestamp()),
            "period",
            dtype=name,
            period=alias,
        )
    if isinstance(dtype, pd.CategoricalDtype):
        series = series.astype(dtype.categories.dtype)
        dtype = series.dtype
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return _from_stamps(table, column, series, name)
    if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype):
        return _from_numbers(table, column, series, name)
    return _from_objects(table, column, series, tz=tz, name=name)


def _from_arrow(series: pd.Series) -> pd.Series:
    import pyarrow as pa

    arrow = series.dtype.pyarrow_dtype  # pyright: ignore[reportAttributeAccessIssue]
    if pa.types.is_date(arrow):
        return series.astype("datetime64[s]").astype(object).map(lambda t: t.date())
    if pa.types.is_timestamp(arrow):
        zone = f", {arrow.tz}" if arrow.tz else ""
        return series.astype(f"datetime64[{arrow.unit}{zone}]")
    return series.astype(object) if pa.types.is_string(arrow) else series


def _refuse_nulls(table: Table, column: Any, series: pd.Series) -> None:
    null = series.isna().to_numpy()
    if null.any():
        row = int(np.argmax(null))
        raise DataError(
            f"Column {column!r} has no time at {table.place(row)}; give every row its time."
        )


def _from_stamps(table: Table, column: Any, series: pd.Series, name: str) -> Times:
    import pandas as pd

    zone = None
    if isinstance(series.dtype, pd.DatetimeTZDtype):
        zone = _zone_name(column, series.dt.tz)
        series = series.dt.tz_convert("UTC").dt.tz_localize(None)
    unit = str(series.dt.unit)
    kind = "date" if _is_date(table, column) else "timestamp"
    return Times(_nanoseconds(table, column, series), kind, unit, name, zone)


def _is_date(table: Table, column: Any) -> bool:
    return table.kind == "polars" and str(table.types.get(column)) == "Date"


def _nanoseconds(table: Table, column: Any, series: pd.Series) -> Int64:
    """(N,) nanoseconds since 1970; both ends are tried first, for the message."""
    import pandas as pd

    try:
        return series.dt.as_unit("ns").to_numpy().view(np.int64)
    except (pd.errors.OutOfBoundsDatetime, OverflowError) as error:
        years = series.dt.year.to_numpy()
        row = int(np.argmax((years < 1678) | (years > 2261)))
        raise DataError(
            f"Column {column!r} holds {series.iloc[row]} at {table.place(row)}, outside the years"
            " 1678 to 2261, which timestamps can hold; give whole numbers, such as the year, as"
            " the time."
        ) from error


def _from_numbers(table: Table, column: Any, series: pd.Series, name: str) -> Times:
    import pandas as pd

    values = series.to_numpy()
    if not np.issubdtype(values.dtype, np.integer):
        values = series.to_numpy(np.float64)
        whole = np.isfinite(values) & (values == np.round(values)) & (np.abs(values) < 2**53)
        if not whole.all():
            row = int(np.argmin(whole))
            raise DataError(
                f"Column {column!r} holds {values[row]:g} at {table.place(row)}, which is no whole"
                " number; number the rows by whole numbers or give dates."
            )
    large = np.abs(values.astype(np.float64)) >= 2**62
    if large.any():
        row = int(np.argmax(large))
        raise DataError(
            f"Column {column!r} holds {values[row]} at {table.place(row)}, which is too large to"
            " count from; number the rows from 0."
        )
    numbers = values.astype(np.int64)
    kinds: tuple[tuple[TimeKind, int, str], ...] = (
        ("yyyymmdd", 8, "%Y%m%d"),
        ("yyyymm", 6, "%Y%m"),
    )
    for kind, digits, format_ in kinds:
        low, high = 1900 * 10 ** (digits - 4), 2100 * 10 ** (digits - 4)
        if len(numbers) and low < numbers.min() and numbers.max() < high:
            dates = pd.to_datetime(
                pd.Series(numbers).astype("str"), format=format_, errors="coerce"
            )
            if dates.notna().all():
                stamps = dates.dt.as_unit("ns").to_numpy().view(np.int64)
                example = f"{int(numbers[0])} as {dates.iloc[0]:%Y-%m-%d}"
                remark = f"Read the numbers of column {column!r} as dates, such as {example}."
                return Times(stamps, kind, "ns", name, remark=remark)
    return Times(numbers, "integer", dtype=name)


def _from_objects(
    table: Table, column: Any, series: pd.Series, *, tz: str | None, name: str
) -> Times:
    """Times from text, or from Python's dates and datetimes."""
    import datetime as dt

    import pandas as pd

    plain = series.astype(object)
    kinds = set(plain.map(type))
    if kinds == {dt.date}:
        return Times(_nanoseconds(table, column, _to_stamps(plain)), "date", "s", name)
    if all(issubclass(kind, dt.datetime) for kind in kinds):
        aware = plain.map(lambda t: t.tzinfo is not None)
        if aware.all():
            return _from_zones(table, column, plain, tz)
        if not aware.any():
            return replace(_from_stamps(table, column, _to_stamps(plain), "object"), dtype=None)
        row = int(np.argmax((aware != aware.iloc[0]).to_numpy()))
        raise DataError(_some_with_zone(table, column, row))
    strange = ~plain.map(lambda value: isinstance(value, str)).to_numpy(dtype=bool)
    if strange.any():
        row = int(np.argmax(strange))
        raise DataError(_no_time(table, column, row, plain.iloc[row]))
    codes, unique = pd.factorize(plain)
    texts = pd.Series(np.asarray(unique, dtype=object))
    read = read_date_text(texts.astype("str"))
    if read.bad.any():
        row = int(np.argmax(read.bad[codes]))
        raise DataError(_no_time(table, column, row, plain.iloc[row]))
    if read.two_ways is not None:
        text, one, other = read.two_ways
        row = int(np.argmax(texts.to_numpy()[codes] == text))
        raise DataError(
            f"Column {column!r} can be read two ways: {text!r} at {table.place(row)} is {one} or"
            f" {other}; write the dates year first, as 2024-04-03."
        )
    if read.mixed is not None:
        one, other = read.mixed
        row = int(np.argmax(texts.to_numpy()[codes] == other))
        raise DataError(
            f"Column {column!r} writes dates in two orders: {one!r}, but {other!r} at"
            f" {table.place(row)}; write the dates year first, as 2024-04-03."
        )
    return _with_offsets(table, column, read.walls[codes], read.offsets[codes], tz)


def _with_offsets(table: Table, column: Any, walls: Int64, offsets: Int64, tz: str | None) -> Times:
    """Times from clock times and their offsets from UTC in minutes, where they have one."""
    from rollcast.tables.dates import NO_OFFSET

    lacking = offsets == NO_OFFSET
    if lacking.all():
        return Times(walls, "timestamp", "us")
    if lacking.any():
        raise DataError(_some_with_zone(table, column, int(np.argmax(lacking != lacking[0]))))
    instants = walls - offsets * 60_000_000_000
    if (offsets == offsets[0]).all():
        return Times(instants, "timestamp", "us", zone=_fixed_zone(int(offsets[0])))
    if tz is None:
        row = int(np.argmax(offsets != offsets[0]))
        raise DataError(
            f"Column {column!r} mixes the offsets {_offset_text(int(offsets[0]))} and"
            f" {_offset_text(int(offsets[row]))} (at {table.place(row)}); pass tz= with the zone"
            " whose calendar counts, such as tz='Europe/Berlin'."
        )
    return Times(instants, "timestamp", "us", zone=tz)


def _from_zones(table: Table, column: Any, series: pd.Series, tz: str | None) -> Times:
    """Times from Python's zone-aware datetimes, whose zones may differ."""
    zones = series.map(lambda t: tz or _zone_name(column, t.tzinfo))
    if (zones != zones.iloc[0]).any():
        row = int(np.argmax((zones != zones.iloc[0]).to_numpy()))
        raise DataError(
            f"Column {column!r} mixes the zones {zones.iloc[0]} and {zones.iloc[row]} (at"
            f" {table.place(row)}); pass tz= with the zone whose calendar counts, such as"
            " tz='Europe/Berlin'."
        )
    offsets = series.map(lambda t: t.utcoffset()).to_numpy().astype("m8[us]")
    stamps = _to_stamps(series.map(lambda t: t.replace(tzinfo=None))) - offsets
    times = _from_stamps(table, column, stamps, "object")
    return replace(times, dtype=None, zone=zones.iloc[0])


def _to_stamps(series: pd.Series) -> pd.Series:
    """Python's dates or datetimes without a zone as a column; its unit holds the years that Python's hold."""
    import pandas as pd

    return pd.Series(series.to_numpy().astype("M8[us]"))


def _zone_name(column: Any, zone: Any) -> str:
    """The zone's IANA name, or its fixed offset."""
    import datetime as dt

    offset = zone.utcoffset(None) if isinstance(zone, dt.timezone) else None
    if offset is not None:
        return _fixed_zone(int(offset.total_seconds() // 60))
    try:
        return check_zone(str(zone))
    except ArgumentError as error:
        raise DataError(
            f"Column {column!r} has the zone {zone}, which has no IANA name; convert it first, as by"
            " .dt.tz_convert('Europe/Berlin')."
        ) from error


def _some_with_zone(table: Table, column: Any, row: int) -> str:
    return (
        f"Column {column!r} mixes times with and without a zone (the first other one at"
        f" {table.place(row)}); write all of them one way."
    )


def _no_time(table: Table, column: Any, row: int, value: object) -> str:
    return (
        f"Column {column!r} holds {show(value)} at {table.place(row)}, which is no date or time; write"
        " it as 2024-04-03 or 2024-04-03 13:30."
    )


def _offset_text(minutes: int) -> str:
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _fixed_zone(minutes: int) -> str:
    return "UTC" if minutes == 0 else f"UTC{_offset_text(minutes)}"
