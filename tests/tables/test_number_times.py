"""Numbers that are times: digits of a calendar, seconds since 1970, and the days of Excel."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from rollcast.data.calendar import Frequency
from rollcast.errors import DataError
from rollcast.stream.row_times import RowTimes
from rollcast.tables import to_panel
from rollcast.tables.dates.number_times import NUMBER_FORMS
from rollcast.tables.forecast_frame import forecast_frame

HOURS = pd.date_range("2023-12-31 20:00", periods=9, freq="h")
DAYS = pd.date_range("2023-12-27", periods=9)
EXCEL = pd.Timestamp("1899-12-30")

KINDS: list[tuple[str, pd.DatetimeIndex, Any]] = [
    ("yyyymmdd", DAYS, DAYS.strftime("%Y%m%d").astype(int)),
    ("yyyymm", pd.date_range("2023-09-01", periods=9, freq="MS"), None),
    ("yyyymmddhh", HOURS, HOURS.strftime("%Y%m%d%H").astype("int64")),
    ("yyyymmddhhmm", HOURS, HOURS.strftime("%Y%m%d%H%M").astype("int64")),
    ("yyyymmddhhmmss", HOURS, HOURS.strftime("%Y%m%d%H%M%S").astype("int64")),
    ("yyyyww", pd.date_range("2023-12-04", periods=9, freq="W-MON"), None),
    ("yyyyddd", DAYS, DAYS.strftime("%Y%j").astype(int)),
    ("unix s", HOURS, HOURS.as_unit("s").asi8),
    ("unix ms", HOURS, HOURS.as_unit("ms").asi8),
    ("unix us", HOURS, HOURS.as_unit("us").asi8),
    ("unix ns", HOURS, HOURS.as_unit("ns").asi8),
    ("excel", DAYS, (DAYS - EXCEL).days),
    ("excel", HOURS, (HOURS - EXCEL) / pd.Timedelta(1, unit="D")),
]


def numbers_of(kind: str, index: pd.DatetimeIndex, numbers: Any) -> np.ndarray:
    form = {"yyyymm": "%Y%m", "yyyyww": "%G%V"}.get(kind)
    return np.asarray(index.strftime(form).astype(int) if form else numbers)


@pytest.mark.parametrize(
    ("kind", "index", "numbers"), KINDS, ids=lambda value: value if isinstance(value, str) else ""
)
@pytest.mark.parametrize("type_", ["own", "float64", "text", "polars"])
def test_numbers_are_read_and_written_back(
    kind: str, index: pd.DatetimeIndex, numbers: Any, type_: str
) -> None:
    cells: Any = numbers_of(kind, index, numbers)
    if type_ == "float64" and kind != "unix ns":
        cells = cells.astype(np.float64)
    if type_ == "text" and cells.dtype != np.float64:
        cells = cells.astype(str)
    table: Any = pd.DataFrame({"date": cells, "y": np.arange(9.0)})
    table = pl.from_pandas(table) if type_ == "polars" else table
    panel, schema, notes = to_panel(table)
    times = panel.frequency.times(int(panel.starts[0]), 9)
    assert times.tolist() == index.as_unit("ns").asi8.tolist()
    if schema.time_kind != "timestamp":  # Text of 8, 12 and 14 digits is a date by itself.
        assert schema.time_kind == kind
        assert notes.remarks[0].startswith("Read the numbers of column 'date' as ")
    again, _, _ = to_panel(
        table[4:] if type_ == "polars" else table.iloc[4:], like=schema, freq=panel.frequency
    )
    assert again.starts.tolist() == times[4:5].tolist()
    written = forecast_frame(
        (None,), panel.starts, {"y": np.zeros((1, 9))}, panel.frequency, schema
    )["date"]
    if schema.time_kind == kind:
        assert written.to_numpy() == pytest.approx(numbers_of(kind, index, numbers), rel=1e-15)
        rows = RowTimes(schema, panel.frequency)
        first = numbers_of(kind, index, numbers)[0].item()
        assert rows.parse(first) == (times[0], times[0])
        with pytest.raises(DataError, match="is no number as the model's times are"):
            rows.parse(1)


def test_seconds_are_instants_whose_days_are_those_of_the_zone() -> None:
    table = pd.DataFrame({"ts": HOURS.as_unit("s").asi8, "y": np.arange(9.0)})
    panel, schema, notes = to_panel(table, tz="Asia/Seoul")
    assert (panel.frequency.tz, schema.time_zone) == ("Asia/Seoul", "UTC")
    assert panel.frequency.format(int(panel.starts[0])) == "2024-01-01 05:00+0900"
    assert notes.remarks[0] == (
        "Read the numbers of column 'ts' as seconds since 1970 in UTC, such as 1704052800 as 2023-12-31 20:00."
    )


def test_parts_of_seconds() -> None:
    table = pd.DataFrame({"ts": 1704067200 + np.arange(9) / 2, "y": np.arange(9.0)})
    panel, schema, _ = to_panel(table)
    assert panel.frequency.alias == "500ms"
    written = forecast_frame(
        (None,), panel.starts, {"y": np.zeros((1, 3))}, panel.frequency, schema
    )
    assert written["ts"].tolist() == [1704067200, 1704067200.5, 1704067201]


def test_excel_s_days_need_a_name_of_dates_or_hours_behind_the_point() -> None:
    days = (DAYS - EXCEL).days
    panel, _, notes = to_panel(pd.DataFrame({"Date": days, "y": range(9)}))
    assert panel.frequency == Frequency("D")
    assert notes.remarks[0] == (
        "Read the numbers of column 'Date' as days of Excel, such as 45287 as 2023-12-27; call the column 'step' if"
        " they only count."
    )
    for name in ("ds", "t", "step", "time"):
        panel, schema, notes = to_panel(pd.DataFrame({name: days, "y": range(9)}))
        assert (panel.starts.tolist(), schema.time_kind) == ([45287], "integer")
        assert notes.remarks[0] == (
            f"Column {name!r} counts on from 45287 as it stands; if these are the days of Excel, write them as dates,"
            " such as 2024-04-03."
        )


def test_what_counts_goes_on_to_count() -> None:
    table = pd.DataFrame({"ds": np.arange(19_990, 20_000), "y": np.arange(10.0)})
    panel, schema, _ = to_panel(table)
    for start in (20_000, 202_401, 20_240_101, 1_704_067_200):
        new = pd.DataFrame({"ds": np.arange(start, start + 3), "y": np.arange(3.0)})
        later, _, _ = to_panel(new, like=schema, freq=panel.frequency)
        assert later.starts.tolist() == [start]


@pytest.mark.parametrize("name", ["open_time", "created_at", "event_ts", "orderDate", "Time (UTC)"])
def test_numbers_that_are_instants_are_found_among_others(name: str) -> None:
    table = pd.DataFrame({name: HOURS.as_unit("ms").asi8, "sold": np.arange(9)})
    _, schema, _ = to_panel(table)
    assert (schema.time_col, schema.target_col) == (name, "sold")


@pytest.mark.parametrize("cells", [[1949.0, 1949.083], [2020.1, 2020.2, 2020.3]])
@pytest.mark.parametrize("name", ["time", "year", "date", "decimal_date"])
def test_years_with_a_fraction_are_refused_by_name(cells: list[float], name: str) -> None:
    with pytest.raises(DataError) as caught:
        to_panel(pd.DataFrame({name: cells, "y": np.arange(len(cells), dtype=float)}))
    assert (
        "which is a year with a fraction; write the month or the day, as 1949-02 or 1949-02-15."
        in str(caught.value)
    )


def test_every_form_gives_back_its_numbers() -> None:
    random = np.random.default_rng(0)
    times = random.integers(0, 2**60, 500) // 10**9 * 10**9 + 7 * 365 * 86_400 * 10**9
    for form in NUMBER_FORMS.values():
        numbers = form.encode(times)
        back = form.decode(np.asarray(numbers))
        assert (form.encode(back) == numbers).all()


def test_digits_that_are_no_dates_are_none() -> None:
    for kind, number in (("yyyymmdd", 20240230), ("yyyymm", 202413), ("yyyyww", 202454), ("yyyyddd", 2023366),
                         ("yyyymmddhh", 2024010124), ("yyyymmddhhmm", 202401010060)):  # fmt: skip
        found = NUMBER_FORMS[kind].decode(np.array([number]))  # pyright: ignore[reportArgumentType]
        assert found[0] == np.iinfo(np.int64).min
