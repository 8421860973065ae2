"""The column of times, however it is written, as int64."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from rollcast._types import Int64
from rollcast.data.clock import check_zone, fixed_zone, offset_text
from rollcast.errors import ArgumentError, DataError, show
from rollcast.tables.characters import plain_characters
from rollcast.tables.dates.dates import read_date_text
from rollcast.tables.dates.number_times import (
    NUMBER_FORMS,
    NumberForm,
    as_excel_days,
    describe_form,
    find_form,
)
from rollcast.tables.dates.time_names import is_date_name
from rollcast.tables.dates.times_of_day import NO_OFFSET
from rollcast.tables.dates.unread_dates import why_no_date
from rollcast.tables.dates.zone_search import find_zone
from rollcast.tables.schema import Schema, TimeKind
from rollcast.tables.table import Table

if TYPE_CHECKING:
    import pandas as pd

_NULL = np.iinfo(np.int64).min

_LEAST_DATE = 10_000
"""Numbers in a column of dates are years or counts below, and should be dates from here on."""

_MOST_OFFSET = 16 * 60
"""Minutes between a clock and UTC, at most."""


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
        form: the form and order of dates that are text.
        remark: a sentence on how the column was read, where that isn't plain.
    """

    values: Int64
    kind: TimeKind
    unit: str = "ns"
    dtype: str | None = None
    zone: str | None = None
    period: str | None = None
    form: str | None = None
    remark: str | None = None

    @property
    def is_integer(self) -> bool:
        """Whether time is an integer."""
        return self.kind == "integer"


def read_times(table: Table, column: Any, tz: str | None, like: Schema | None = None) -> Times:
    """Read the column of times.

    Args:
        table: the table.
        column: the column's name.
        tz: the zone that the caller named; instants of several offsets are read in it.
        like: the table that a model was fitted on, whose way of writing times is tried first.

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
        return _from_numbers(table, column, series, name, like)
    return _from_objects(table, column, series, tz=tz, name=name, like=like)


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


def _from_numbers(
    table: Table, column: Any, series: pd.Series, name: str | None, like: Schema | None
) -> Times:
    values = series.to_numpy()
    if not np.issubdtype(values.dtype, np.integer):
        values = series.to_numpy(np.float64)
    counts = like is not None and like.time_kind == "integer"
    found = None if counts else _known_form(values, like)
    if found is None and not counts:
        found = find_form(values, excel=is_date_name(column) or _have_fractions(values))
    if found is not None:
        form, times = found
        example = describe_form(form, values[0], int(times[0]))
        remark = f"Read the numbers of column {column!r} as {example}."
        return Times(times, form.kind, "ns", name, form.zone, remark=remark)
    remark = None
    if not counts and is_date_name(column) and len(values) and values.min() >= _LEAST_DATE:
        raise DataError(
            f"Column {column!r} is called after dates but holds {values[0]:.15g} at {table.place(0)}, which is"
            " neither a date such as 20240403 nor a number to count from; write it as 2024-04-03, or"
            " call the column 'step'."
        )
    if not counts and as_excel_days(values):
        remark = (
            f"Column {column!r} counts on from {values[0]:g} as it stands; if these are the days of Excel, write them"
            " as dates, such as 2024-04-03."
        )
    return Times(_whole(table, column, values), "integer", dtype=name, remark=remark)


def _have_fractions(values: Any) -> bool:
    return bool((values[np.isfinite(values)] % 1 != 0).any())


def _known_form(values: Any, like: Schema | None) -> tuple[NumberForm, Int64] | None:
    """The form of the numbers that a model was fitted on, and the times of these in it."""
    form = None if like is None else NUMBER_FORMS.get(like.time_kind)
    if form is None or not form.holds(values):
        return None
    times = form.decode(values)
    return None if (times == _NULL).any() else (form, times)


def _whole(table: Table, column: Any, values: Any) -> Int64:
    """Numbers (N,) that count."""
    if not np.issubdtype(values.dtype, np.integer):
        whole = np.isfinite(values) & (values == np.round(values)) & (np.abs(values) < 2**53)
        if not whole.all():
            row = int(np.argmin(whole))
            why, fix = why_no_date(f"{values[row]:.10g}")
            if why == "is no date or time":
                why, fix = "is no whole number", "number the rows by whole numbers or give dates"
            raise DataError(
                f"Column {column!r} holds {values[row]:.10g} at {table.place(row)}, which {why}; {fix}."
            )
    large = np.abs(values.astype(np.float64)) >= 2**62
    if large.any():
        row = int(np.argmax(large))
        raise DataError(
            f"Column {column!r} holds {values[row]} at {table.place(row)}, which is too large to"
            " count from; number the rows from 0."
        )
    return values.astype(np.int64)


def _from_objects(
    table: Table,
    column: Any,
    series: pd.Series,
    *,
    tz: str | None,
    name: str,
    like: Schema | None,
) -> Times:
    """Times from text, or from Python's dates and datetimes."""
    import datetime as dt

    import pandas as pd

    if isinstance(series.dtype, pd.StringDtype):
        return _from_text(table, column, series, tz, like)
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
    return _from_text(table, column, plain, tz, like)


def _from_text(
    table: Table, column: Any, series: pd.Series, tz: str | None, like: Schema | None
) -> Times:
    import pandas as pd

    codes, unique = pd.factorize(series)
    texts = pd.Series(np.asarray(unique, dtype=object)).astype("str")
    numbers = _as_digits(texts)
    if numbers is not None:
        return _from_numbers(table, column, numbers.iloc[codes], None, like)
    read = read_date_text(texts, None if like is None else like.time_form)
    if read.bad.any():
        row = int(np.argmax(read.bad[codes]))
        if read.lacks_year:
            raise DataError(
                f"Column {column!r} holds {series.iloc[row]!r} at {table.place(row)}, which is a day and a month"
                " without a year; write it as 2024-04-03."
            )
        raise DataError(_no_time(table, column, row, series.iloc[row]))
    if read.two_ways is not None:
        text, one, other = read.two_ways
        row = int(np.argmax(_same_text(texts, text)[codes]))
        raise DataError(
            f"Column {column!r} can be read two ways: {text!r} at {table.place(row)} is {one} or"
            f" {other}; write the dates year first, as 2024-04-03."
        )
    if read.mixed is not None:
        one, other, ways = read.mixed
        row = int(np.argmax(_same_text(texts, other)[codes]))
        raise DataError(
            f"Column {column!r} writes dates in two {ways}: {one!r}, but {other!r} at"
            f" {table.place(row)}; write the dates year first, as 2024-04-03."
        )
    times = _with_offsets(table, column, read.walls[codes], read.offsets[codes], tz)
    if read.example is None:
        return replace(times, form=read.form)
    text, date = read.example
    remark = (
        f"Read the dates of column {column!r} such as {text!r} as {date}; write them year first, as 2024-04-03, if"
        " that is wrong."
    )
    return replace(times, form=read.form, remark=remark)


def _same_text(texts: pd.Series, shown: str) -> np.ndarray:
    """(N,) which texts a reader of dates shows so."""
    return (plain_characters(texts).str.strip(" \t\r\n'\"") == shown).to_numpy(dtype=bool)


def _as_digits(texts: pd.Series) -> pd.Series | None:
    """Texts (N,) as whole numbers, where all are such and no years or dates of eight digits."""
    if not plain_characters(texts.head(1)).str.fullmatch(r"\s*[0-9]+\s*").all():
        return None
    bare = plain_characters(texts).str.strip()
    lengths = set(bare.str.len().unique())
    if lengths in ({4}, {8}, {12}, {14}) or max(lengths) > 19:
        return None
    return bare.astype("int64") if bare.str.fullmatch(r"[0-9]{1,18}|[0-8][0-9]{18}").all() else None


def _with_offsets(table: Table, column: Any, walls: Int64, offsets: Int64, tz: str | None) -> Times:
    """Times from clock times and their offsets from UTC in minutes, where they have one."""
    lacking = offsets == NO_OFFSET
    if lacking.all():
        return Times(walls, "timestamp", "us")
    if lacking.any():
        raise DataError(_some_with_zone(table, column, int(np.argmax(lacking != lacking[0]))))
    strange = np.abs(offsets) > _MOST_OFFSET
    if strange.any():
        row = int(np.argmax(strange))
        raise DataError(
            f"Column {column!r} has the offset {offset_text(int(offsets[row]))} at {table.place(row)}, and none is"
            " beyond 16 hours; correct it."
        )
    instants = walls - offsets * 60_000_000_000
    if (offsets == offsets[0]).all():
        return Times(instants, "timestamp", "us", zone=fixed_zone(int(offsets[0])))
    if tz is None:
        row = int(np.argmax(offsets != offsets[0]))
        zone = find_zone(instants, walls) or "Europe/Berlin"
        raise DataError(
            f"Column {column!r} mixes the offsets {offset_text(int(offsets[0]))} and"
            f" {offset_text(int(offsets[row]))} (at {table.place(row)}); pass tz= with the zone"
            f" whose calendar counts, such as tz={zone!r}."
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
        return fixed_zone(int(offset.total_seconds() // 60))
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
    why, fix = why_no_date(value)
    return f"Column {column!r} holds {show(value)} at {table.place(row)}, which {why}; {fix}."
