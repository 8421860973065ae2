"""Tables in, panels out: columns, times, zones, gaps, notes."""

import datetime as dt
import decimal
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollcast import datasets
from rollcast.data.calendar import Frequency
from rollcast.data.clock import format_time
from rollcast.errors import DataError, RollcastError
from rollcast.tables import Schema, read_arrivals, to_panel

BERLIN = "Europe/Berlin"
MELBOURNE = "Australia/Melbourne"


def days(count: int, start: str = "2024-01-01") -> pd.DatetimeIndex:
    return pd.date_range(start, periods=count, freq="D")


def long(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(columns)


def complaint(data: Any) -> str:
    """The refusal of a table, empty where it is none; any other error passes through."""
    try:
        to_panel(data)
    except RollcastError as error:
        return str(error)
    return ""


def two_series() -> pd.DataFrame:
    return long(
        unique_id=["b"] * 3 + ["a"] * 4,
        ds=[*days(3), *days(4, "2024-02-01")],
        y=[1.0, 2, 3, 10, 20, 30, 40],
    )


# Columns ------------------------------------------------------------------------------------------


def test_the_usual_names_need_no_argument() -> None:
    panel, schema, notes = to_panel(two_series())
    assert panel.ids == ("b", "a")
    assert panel.offsets.tolist() == [0, 3, 7]
    assert panel.target.shape == (7,)
    assert panel.target.tolist() == [1, 2, 3, 10, 20, 30, 40]
    assert panel.mask.all()
    assert panel.frequency == Frequency("D")
    assert [format_time(int(t), None) for t in panel.starts] == ["2024-01-01", "2024-02-01"]
    assert (schema.id_col, schema.time_col, schema.target_col) == ("unique_id", "ds", "y")
    assert notes.remarks == ("The commonest step is taken as the frequency: day.",)
    assert notes.warnings == ()


def test_other_names_are_found() -> None:
    table = two_series().rename(columns={"unique_id": "shop", "ds": "when", "y": "sold"})
    panel, schema, notes = to_panel(table[["sold", "when", "shop"]])
    assert (schema.id_col, schema.time_col, schema.target_col) == ("shop", "when", "sold")
    assert panel.ids == ("b", "a")
    assert notes.remarks[0] == (
        "Took column 'sold' as the one to forecast, 'when' as the time and 'shop' as the series."
    )


def test_named_columns_win() -> None:
    table = two_series().assign(z=range(7))
    panel, schema, _ = to_panel(table, target_col="z")
    assert schema.target_col == "z"
    assert panel.target.tolist() == list(range(7))


def test_a_text_column_that_tells_no_series_apart_is_left_alone() -> None:
    table = long(date=days(14), sales=range(14), weekday=days(14).day_name())
    panel, schema, _ = to_panel(table)
    assert schema.id_col is None
    assert panel.ids == (None,)


def test_numbers_as_text_may_be_identifiers() -> None:
    table = long(store=["1", "1", "2", "2"], t=[*days(2)] * 2, sold=[1.0, 2, 3, 4])
    panel, schema, _ = to_panel(table)
    assert (panel.ids, schema.id_col) == (("1", "2"), "store")


def test_whole_numbers_under_a_name_of_time_are_the_time() -> None:
    panel, schema, _ = to_panel(long(Year=[2000, 2001, 2002], sold=[1, 2, 4]))
    assert schema.time_col == "Year"
    assert panel.frequency == Frequency(None, 1)
    assert panel.starts.tolist() == [2000]


def test_no_time_column_counts_the_rows_of_each_series() -> None:
    panel, schema, _ = to_panel(long(shop=["a", "b", "a", "b", "a"], y=[1.0, 2, 3, 4, 5]),
                                id_col="shop")  # fmt: skip
    assert schema.time_col is None
    assert panel.lengths.tolist() == [3, 2]
    assert panel.target.tolist() == [1, 3, 5, 2, 4]
    assert panel.starts.tolist() == [0, 0]
    table = long(shop=["a", "a", "b"], sold=[1.0, 2, 3])
    assert to_panel(table)[2].remarks[0] == (
        "Took column 'sold' as the one to forecast, 'shop' as the series and the order of the rows"
        " as the time."
    )


@pytest.mark.parametrize(
    "data",
    [np.array([1, 2, 4]), [1.0, 2.0, 4.0], pd.Series([1, 2, 4]), pl.Series("y", [1, 2, 4]),
     pl.DataFrame({"y": [1, 2, 4]})],
)  # fmt: skip
def test_bare_values_are_one_series_of_steps(data: Any) -> None:
    panel, schema, _ = to_panel(data)
    assert panel.target.tolist() == [1, 2, 4]
    assert panel.frequency == Frequency(None, 1)
    assert (schema.id_col, schema.time_col, schema.target_col) == (None, None, "y")


def test_an_index_of_dates_is_the_time() -> None:
    series = pd.Series([1.0, 2.0], days(2), name="sold")
    for data in (series, series.to_frame(), series.rename_axis("when").to_frame()):
        panel, schema, _ = to_panel(data)
        assert panel.frequency == Frequency("D")
        assert schema.target_col == "sold"
        assert schema.time_col == (data.index.name or "ds")


def test_an_index_of_series_and_dates_is_both() -> None:
    table = two_series().set_index(["unique_id", "ds"])
    assert to_panel(table)[0].ids == ("b", "a")


def test_column_names_that_are_numbers() -> None:
    panel, schema, _ = to_panel(pd.DataFrame([[1, 2.0], [2, 3.0]]), time_col=0, target_col=1)
    assert (schema.time_col, schema.target_col) == (0, 1)
    assert panel.target.tolist() == [2, 3]


def test_a_panel_alike_is_read_by_the_layout() -> None:
    table = two_series().rename(columns={"y": "sold"}).assign(more=1.0)
    _, schema, _ = to_panel(table, target_col="sold")
    new = table.assign(ds=table["ds"] + pd.Timedelta(10, unit="D"))
    panel, again, notes = to_panel(new, like=schema, freq=Frequency("D"))
    assert again == schema
    assert panel.ids == ("b", "a")
    assert notes.remarks == ()


def test_a_later_table_is_read_in_the_way_of_the_first() -> None:
    walls = clock(BERLIN, "2024-06-01", "2024-06-02", "h")
    table = long(ds=walls, y=np.arange(len(walls)) + 1.0)
    first, schema, _ = to_panel(table, tz=BERLIN, duplicates="sum", fill="zero")
    assert (schema.tz, schema.duplicates, schema.fill) == (BERLIN, "sum", "zero")
    twice = pd.concat([table, table.iloc[[2]]]).drop(index=4).sort_index()
    later, again, _ = to_panel(twice, like=schema, freq=first.frequency)
    assert again == schema
    assert later.starts == first.starts
    assert later.target[:6].tolist() == [1, 2, 6, 4, 0, 6]
    assert later.mask.all()
    rows = read_arrivals(twice, schema, first.frequency)
    assert rows.values[:4].tolist() == [1, 2, 6, 4]
    assert rows.times is not None
    assert rows.times[0] == first.starts[0]


def test_a_single_new_row_needs_no_step() -> None:
    _, schema, _ = to_panel(two_series())
    panel, _, _ = to_panel(two_series().head(1), like=schema, freq=Frequency("D"))
    assert panel.lengths.tolist() == [1]


# Order, gaps and duplicates -----------------------------------------------------------------------


def test_rows_in_any_order_give_the_same_panel() -> None:
    expected, _, _ = to_panel(two_series())
    for table in (two_series().sample(frac=1, random_state=1), two_series().iloc[::-1]):
        panel, _, _ = to_panel(table)
        for s, name in enumerate(panel.ids):
            other = expected.ids.index(name)
            assert panel.starts[s] == expected.starts[other]
            assert (panel.target[panel.rows(s)] == expected.target[expected.rows(other)]).all()


def test_missing_rows_and_missing_values_are_masked() -> None:
    table = long(ds=days(12).delete([3, 4]), y=[0, 1, 2, 5, np.nan, 7, 8, 9, 10, 11.0])
    table = pd.concat([table, long(ds=days(20, "2024-01-13"), y=range(20))])
    panel, _, notes = to_panel(table)
    expected = [0, 1, 2, np.nan, np.nan, 5, np.nan, 7, 8, 9, 10, 11, *range(20)]
    np.testing.assert_array_equal(panel.target, expected)
    assert (panel.mask == ~np.isnan(expected)).all()
    assert (notes.inserted, notes.blank, notes.missing) == (2, 1, 3)
    assert notes.first_missing == "2024-01-04"
    assert notes.remarks[-1] == (
        "3 of 32 values are missing, the first at 2024-01-04; the network reads the anchor there"
        " and learns nothing from them."
    )


@pytest.mark.parametrize(
    ("fill", "expected"),
    [
        ("ffill", [1, 1, 1, 4, 4, 6, 20, 20, 30]),
        ("zero", [1, 0, 0, 4, 0, 6, 20, 0, 30]),
    ],
)
def test_gaps_are_filled_on_request(fill: Any, expected: list[float]) -> None:
    nan = np.nan
    table = long(unique_id=["a"] * 6 + ["b"] * 5, ds=[*days(6), *days(5)],
                 y=[1, nan, nan, 4, nan, 6, nan, 20, nan, 30, nan])  # fmt: skip
    panel, _, notes = to_panel(table.drop(index=4), fill=fill)
    assert panel.target.tolist() == expected
    assert panel.mask.all()
    assert (notes.inserted, notes.blank) == (1, 3)


def test_a_straight_line_is_left_to_who_knows_how_far_it_may_look() -> None:
    values = [1.0, np.nan, np.nan, 4.0]  # more than a fifth is missing
    panel, _, notes = to_panel(values, fill="linear")
    np.testing.assert_array_equal(panel.target, values)
    assert panel.mask.tolist() == [True, False, False, True]
    assert notes.remarks[-1].endswith(
        "they are filled along a straight line where the network is trained, and missing after that."
    )


def test_missing_values_are_refused_on_request() -> None:
    with pytest.raises(DataError) as caught:
        to_panel(datasets.temperatures(), fill="error")
    assert str(caught.value) == (
        "Column 'y' lacks 2 values, the first at 1984-12-31 of series 'temperatures'; fill them,"
        ' or pass fill="anchor", "ffill", "linear" or "zero".'
    )


@pytest.mark.parametrize(("how", "value"), [("sum", 5.0), ("mean", 2.5), ("last", 3.0)])
def test_duplicates_are_merged_on_request(how: Any, value: float) -> None:
    table = long(ds=[*days(3), days(2)[1]], y=[1.0, 2.0, 4.0, 3.0])
    panel, _, _ = to_panel(table, duplicates=how)
    assert panel.target.tolist() == [1, value, 4]


def test_missing_values_do_not_spoil_a_sum() -> None:
    table = long(ds=[*days(6), days(1)[0], days(6)[4]], y=[1.0, 2, 3, 4, np.nan, 6, np.nan, np.nan])
    panel, _, _ = to_panel(table, duplicates="sum")
    np.testing.assert_array_equal(panel.target, [1, 2, 3, 4, np.nan, 6])


def test_a_constant_series_is_allowed_with_a_warning() -> None:
    table = long(unique_id=["a"] * 3 + ["b"] * 3, ds=[*days(3)] * 2, y=[5, 5, 5, 1, 2, 3])
    _, _, notes = to_panel(table)
    assert notes.constant == ("a",)
    assert notes.warnings == (
        "Column 'y' of series 'a' is constant at 5; there is nothing to learn there.",
    )
    assert notes.sentences == notes.remarks + notes.warnings
    _, _, both = to_panel(table.assign(y=5))
    assert "constant at 5, and 1 more is constant; there" in both.warnings[0]


def test_the_packaged_temperatures_lack_two_days() -> None:
    panel, _, notes = to_panel(datasets.temperatures())
    assert len(panel.target) == 3652
    assert notes.remarks[-1].startswith(
        "2 of 3,652 values are missing, the first at 1984-12-31 of series 'temperatures';"
    )


# Times as people write them -----------------------------------------------------------------------


def times_of(column: Any, **arguments: Any) -> list[str]:
    table = long(when=column, y=np.arange(len(column), dtype=float))
    panel, _, _ = to_panel(table, time_col="when", target_col="y", **arguments)
    shown = panel.frequency.times(int(panel.starts[0]), len(panel.target))
    return [panel.frequency.format(int(t)) for t in shown]


@pytest.mark.parametrize(
    "texts",
    [
        ["2024-01-30", "2024-01-31", "2024-02-01"],
        ["2024/01/30", "2024/01/31", "2024/02/01"],
        ["2024.01.30", "2024.01.31", "2024.02.01"],
        ["2024. 1. 30.", "2024. 1. 31.", "2024. 2. 1."],
        ["2024년 1월 30일", "2024년 1월 31일", "2024년 2월 1일"],
        ["2024年1月30日", "2024年1月31日", "2024年2月1日"],
        ["30/01/2024", "31/01/2024", "01/02/2024"],
        ["1/30/2024", "1/31/2024", "2/1/2024"],
        ["01/30/24", "01/31/24", "02/01/24"],
        ["30.01.2024", "31.01.2024", "01.02.2024"],
        ["30-01-2024", "31-01-2024", "01-02-2024"],
        ["30 Jan 2024", "31 Jan 2024", "1 Feb 2024"],
        ["Jan 30, 2024", "Jan 31, 2024", "Feb 1, 2024"],
        ["30-Jan-2024", "31-Jan-2024", "01-Feb-2024"],
        ["2024-01-30 00:00:00", "2024-01-31 00:00", "2024-02-01"],
        [20240130, 20240131, 20240201],
        [dt.date(2024, 1, 30), dt.date(2024, 1, 31), dt.date(2024, 2, 1)],
        [dt.datetime(2024, 1, 30), dt.datetime(2024, 1, 31), dt.datetime(2024, 2, 1)],
        pd.date_range("2024-01-30", periods=3).as_unit("s"),
        pd.date_range("2024-01-30", periods=3).astype("datetime64[ms]"),
        pd.period_range("2024-01-30", periods=3, freq="D"),
        pd.Categorical(["2024-01-30", "2024-01-31", "2024-02-01"]),
        pd.Series(["2024-01-30", "2024-01-31", "2024-02-01"], dtype="string[pyarrow]"),
        pd.Series(pd.date_range("2024-01-30", periods=3)).astype("timestamp[us][pyarrow]"),
        pd.Series([dt.date(2024, 1, 30), dt.date(2024, 1, 31), dt.date(2024, 2, 1)],
                  dtype="date32[day][pyarrow]"),
    ],
    ids=str,
)  # fmt: skip
def test_days_in_many_hands(texts: Any) -> None:
    assert times_of(texts) == ["2024-01-30", "2024-01-31", "2024-02-01"]


@pytest.mark.parametrize(
    "texts",
    [
        ["1949-11", "1949-12", "1950-01"], ["1949/11", "1949/12", "1950/01"],
        ["Nov 1949", "Dec 1949", "Jan 1950"], ["1949-Nov", "1949-Dec", "1950-Jan"],
        ["November 1949", "December 1949", "January 1950"], [194911, 194912, 195001],
        ["1949년 11월", "1949년 12월", "1950년 1월"],
    ],
    ids=str,
)  # fmt: skip
def test_months_in_many_hands(texts: Any) -> None:
    table = long(when=texts, y=[1.0, 2, 3])
    panel, _, _ = to_panel(table, time_col="when")
    assert panel.frequency.alias == "MS"
    assert times_of(texts) == ["1949-11-01", "1949-12-01", "1950-01-01"]


def test_quarters() -> None:
    for texts in (["2023Q3", "2023Q4", "2024Q1"], ["2023-Q3", "2023-Q4", "2024-Q1"]):
        assert times_of(texts) == ["2023-07-01", "2023-10-01", "2024-01-01"]


@pytest.mark.parametrize(
    "texts",
    [
        ["2024-01-30 23:30", "2024-01-31 00:00", "2024-01-31 00:30"],
        ["2024-01-30T23:30:00", "2024-01-31T00:00:00.000", "2024-01-31T00:30:00"],
        ["30.01.2024 23:30", "31.01.2024 00:00", "31.01.2024 00:30"],
        ["1/30/2024 11:30 PM", "1/31/2024 12:00 AM", "1/31/2024 12:30 AM"],
        ["2024-01-30 23:30", "2024-01-30 24:00", "2024-01-31 00:30"],
        ["2024-01-30 오후 11:30", "2024-01-31 오전 12:00", "2024-01-31 오전 12:30"],
    ],
    ids=str,
)
def test_times_of_day_in_many_hands(texts: Any) -> None:
    assert times_of(texts) == ["2024-01-30 23:30", "2024-01-31", "2024-01-31 00:30"]


def test_the_time_column_is_found_among_others_by_its_text() -> None:
    for texts in (["30/01/2024", "31/01/2024"], ["2023Q3", "2023Q4"], ["Nov 1949", "Dec 1949"]):
        _, schema, _ = to_panel(long(a=[1.5, 2.5], b=texts, c=["x", "x"]))
        assert (schema.time_col, schema.target_col) == ("b", "a")


def test_dates_as_numbers_are_noted() -> None:
    _, _, notes = to_panel(long(ds=[20240130, 20240131], y=[1, 2]))
    assert notes.remarks[0] == (
        "Read the numbers of column 'ds' as dates, such as 20240130 as 2024-01-30."
    )


def test_whole_numbers_stay_numbers() -> None:
    assert times_of([5, 7, 9]) == ["5", "7", "9"]
    assert times_of([5.0, 7.0, 9.0]) == ["5", "7", "9"]
    assert times_of(pd.array([1, 2], dtype="Int64")) == ["1", "2"]


# Zones --------------------------------------------------------------------------------------------


def test_the_column_s_zone_is_the_calendar_s() -> None:
    panel, schema, _ = to_panel(datasets.demand())
    assert panel.frequency == Frequency("30min", tz=MELBOURNE)
    assert schema.time_zone == MELBOURNE
    assert len(panel.target) == 17520
    assert panel.mask.all()


def test_a_zone_given_is_the_calendar_s_and_the_instants_stay() -> None:
    utc, _, _ = to_panel(datasets.path("demand"))
    local, schema, _ = to_panel(datasets.path("demand"), tz=MELBOURNE)
    assert utc.frequency.tz == "UTC"
    assert local.frequency.tz == MELBOURNE
    assert schema.time_zone == "UTC"
    assert local.starts.tolist() == utc.starts.tolist()


def test_offsets_in_text() -> None:
    texts = ["2024-01-01T00:00+09:00", "2024-01-01T01:00+09:00", "2024-01-01T02:00+0900"]
    panel, schema, _ = to_panel(long(ds=texts, y=[1, 2, 3]))
    assert schema.time_zone == "UTC+09:00"
    assert panel.frequency.format(int(panel.starts[0])) == "2024-01-01"
    west, _, _ = to_panel(long(ds=[t.replace("+09", "-03") for t in texts], y=[1, 2, 3]))
    assert west.starts[0] - panel.starts[0] == 12 * 3600 * 10**9


def test_offsets_that_change_need_the_zone() -> None:
    texts = ["2024-10-27T02:00:00+02:00", "2024-10-27T02:00:00+01:00", "2024-10-27T03:00:00+01:00"]
    table = long(ds=texts, y=[1, 2, 3])
    with pytest.raises(DataError, match=r"mixes the offsets \+02:00 and \+01:00 \(at row 1 .*tz="):
        to_panel(table)
    panel, schema, _ = to_panel(table, tz=BERLIN)
    assert panel.target.tolist() == [1, 2, 3]
    assert schema.time_zone == BERLIN


def test_python_datetimes_with_zones() -> None:
    zone = dt.timezone(dt.timedelta(hours=9))
    stamps = [dt.datetime(2024, 1, 1, hour, tzinfo=zone) for hour in range(3)]
    panel, schema, _ = to_panel(long(ds=pd.Series(stamps, dtype=object), y=[1, 2, 3]))
    assert schema.time_zone == "UTC+09:00"
    assert panel.frequency.tz == "UTC+09:00"


def clock(zone: str, start: str, end: str, freq: str = "30min") -> pd.DatetimeIndex:
    return pd.date_range(start, end, freq=freq, tz=zone).tz_localize(None)


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        (BERLIN, "2024-10-26", "2024-10-29"), (MELBOURNE, "2024-04-06", "2024-04-09"),
        ("America/New_York", "2024-11-02", "2024-11-05"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("freq", ["10min", "30min", "h"])
@pytest.mark.parametrize("order", ["ascending", "descending"])
def test_the_repeated_hour_is_recognised_and_resolved(
    zone: str, start: str, end: str, freq: str, order: str
) -> None:
    walls = clock(zone, start, end, freq)
    table = long(ds=walls, y=np.arange(len(walls), dtype=float))
    if order == "descending":
        table = table.iloc[::-1].reset_index(drop=True)
    with pytest.raises(DataError, match="this looks like local clock time; pass tz= with its zone"):
        to_panel(table)
    panel, schema, _ = to_panel(table, tz=zone)
    assert panel.target.tolist() == list(range(len(walls)))
    assert panel.frequency.tz == zone
    assert schema.time_zone is None
    expected = pd.date_range(start, end, freq=freq, tz=zone).as_unit("ns").asi8
    assert panel.starts[0] == expected[0]
    assert panel.frequency.advance(int(panel.starts[0]), len(walls) - 1) == expected[-1]


def test_the_repeated_hour_in_many_series() -> None:
    walls = clock(BERLIN, "2024-10-26", "2024-10-28", "h")
    n = len(walls)
    table = long(unique_id=np.repeat(["a", "b"], n), ds=[*walls] * 2, y=[*range(n)] * 2)
    with pytest.raises(DataError, match=r"of series 'a' repeats 2024-10-27 02:00 at row 26"):
        to_panel(table)
    shuffled = table.sort_values("ds", kind="stable")
    panel, _, _ = to_panel(shuffled, tz=BERLIN)
    assert panel.target.tolist() == [*range(n)] * 2


def test_a_spring_gap_in_clock_time_is_no_gap() -> None:
    walls = clock(BERLIN, "2024-03-30", "2024-04-02", "h")
    panel, _, _ = to_panel(long(ds=walls, y=np.arange(len(walls))), tz=BERLIN)
    assert panel.mask.all()
    assert len(panel.target) == len(walls)


def test_days_whose_midnight_is_skipped() -> None:
    walls = days(4, "2018-11-03")
    panel, _, _ = to_panel(long(ds=walls, y=range(4)), tz="America/Sao_Paulo")
    assert panel.frequency == Frequency("D", tz="America/Sao_Paulo")
    assert panel.target.tolist() == [0, 1, 2, 3]


def test_new_clock_times_are_read_in_the_model_s_zone() -> None:
    walls = clock(BERLIN, "2024-10-26", "2024-10-29", "h")
    table = long(ds=walls, y=np.arange(len(walls)))
    panel, schema, _ = to_panel(table, tz=BERLIN)
    again, _, _ = to_panel(table, like=schema, freq=panel.frequency)
    assert again.starts.tolist() == panel.starts.tolist()
    aware = table.assign(ds=pd.date_range("2024-10-26", periods=len(table), freq="h", tz="UTC"))
    other, _, _ = to_panel(aware.head(20), like=schema, freq=panel.frequency)
    assert other.frequency.tz == BERLIN


# Frequencies --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_as", "index", "alias"),
    [
        ("W", pd.date_range("2024-01-01", periods=5, freq="W-MON"), "W-MON"),
        ("M", pd.date_range("2024-01-01", periods=5, freq="MS"), "MS"),
        ("M", pd.date_range("2024-01-01", periods=5, freq="ME"), "ME"),
        ("Q", pd.date_range("2024-01-01", periods=5, freq="QS"), "QS-OCT"),
        ("YE", pd.date_range("2020-01-01", periods=5, freq="YS"), "YS"),
        ("D", pd.date_range("2024-01-01", periods=5, freq="D"), "D"),
    ],
)  # fmt: skip
def test_a_frequency_given_takes_its_day_from_the_data(
    given_as: str, index: pd.DatetimeIndex, alias: str
) -> None:
    panel, _, notes = to_panel(long(ds=index, y=range(5)), freq=given_as)
    assert panel.frequency == Frequency(alias)
    assert notes.remarks == ()


def test_a_frequency_given_wins_over_the_commonest_step() -> None:
    table = long(ds=[*days(3), *pd.date_range("2024-01-05", periods=20, freq="2D")], y=range(23))
    with pytest.raises(DataError, match="no whole number of steps"):
        to_panel(table)
    panel, _, _ = to_panel(table, freq="D", fill="ffill")
    assert len(panel.target) == 43


def test_periods_keep_their_frequency() -> None:
    index = pd.period_range("2024-01", periods=3, freq="M")
    panel, schema, _ = to_panel(long(ds=index, y=range(3)))
    assert panel.frequency == Frequency("MS")
    assert (schema.time_kind, schema.time_dtype) == ("period", "period[M]")


# Kinds --------------------------------------------------------------------------------------------


def test_polars_gives_the_same_panel() -> None:
    for table in (two_series(), datasets.demand().head(200), datasets.temperatures()):
        expected, schema, _ = to_panel(table)
        panel, other, _ = to_panel(pl.from_pandas(table))
        assert other.kind == "polars"
        assert (panel.ids, panel.frequency) == (expected.ids, expected.frequency)
        np.testing.assert_array_equal(panel.target, expected.target)
        np.testing.assert_array_equal(panel.starts, expected.starts)
        assert other.time_zone == schema.time_zone


@pytest.mark.parametrize(
    "values",
    [
        pl.Series([1, None, 3, 4, 5, 6], dtype=pl.Int32), pl.Series([1.0, None, 3, 4, 5, 6]),
        pl.Series([decimal.Decimal(v) if v else None for v in (1, 0, 3, 4, 5, 6)]),
        pl.Series(["1", None, "3", "4", "5", "6"]),
    ],
    ids=lambda s: str(s.dtype),
)  # fmt: skip
@pytest.mark.parametrize("ids", [pl.String, pl.Categorical, pl.Enum(["a"])])
def test_polars_types(values: pl.Series, ids: Any) -> None:
    table = pl.DataFrame({
        "id": pl.Series(["a"] * 6, dtype=ids),
        "t": pl.date_range(pl.date(2024, 1, 1), pl.date(2024, 1, 6), eager=True),
        "v": values,
    })  # fmt: skip
    panel, schema, _ = to_panel(table)
    assert panel.ids == ("a",)
    assert schema.time_kind == "date"
    np.testing.assert_array_equal(panel.target, [1, np.nan, 3, 4, 5, 6])


@pytest.mark.parametrize(
    "values",
    [
        [1, 2, 3], np.array([1, 2, 3], np.uint8), pd.array([1, 2, 3], dtype="Int64"),
        pd.array([1, 2, 3], dtype="double[pyarrow]"), pd.array(["1", "2", "3"], dtype="str"),
        pd.array(["1", "2", "3"], dtype="string[pyarrow]"), pd.Series([1, 2.0, "3"], dtype=object),
        [decimal.Decimal(1), decimal.Decimal(2), decimal.Decimal(3)], np.float32([1, 2, 3]),
    ],
    ids=lambda v: str(getattr(v, "dtype", type(v[0]).__name__)),
)  # fmt: skip
def test_pandas_types_of_numbers(values: Any) -> None:
    panel, _, _ = to_panel(long(ds=days(3), y=values))
    assert panel.target.dtype == np.float64
    assert panel.target.tolist() == [1, 2, 3]


def test_missing_values_of_every_type() -> None:
    for values in (
        pd.array([1, None, 3, 4, 5, 6], dtype="Int64"),
        pd.array([1, None, 3, 4, 5, 6], dtype="double[pyarrow]"),
        pd.Series([1, None, "3", 4, 5.0, ""], dtype=object),
        pd.Series(["1", None, "3", "4", "5", "6"]),
    ):
        panel, _, notes = to_panel(long(ds=days(6), y=values), fill="zero")
        assert notes.blank > 0
        assert panel.target[1] == 0


def test_a_decimal_that_signals_is_missing_like_any_nan() -> None:
    cells = [decimal.Decimal(i) for i in range(20)]
    cells[2], cells[4] = decimal.Decimal("sNaN"), decimal.Decimal("NaN")
    for data in (long(ds=days(20), y=cells), cells, long(ds=days(20), y=range(20), note=cells)):
        panel, _, _ = to_panel(data, target_col=None if isinstance(data, list) else "y")
        gaps = 0 if "note" in getattr(data, "columns", ()) else 2
        assert int(np.isnan(panel.target).sum()) == gaps


@pytest.mark.parametrize("ids", [[1, 1, 2, 2], [1.5, 1.5, 2.5, 2.5], [True, True, False, False],
                                 pd.Categorical(list("aabb"))])  # fmt: skip
def test_identifiers_of_any_type(ids: Any) -> None:
    panel, _, _ = to_panel(long(shop=ids, ds=[*days(2)] * 2, y=range(4)), id_col="shop")
    assert panel.ids == (ids[0], ids[2])


def test_the_layout_survives_json() -> None:
    table = two_series().assign(unique_id=pd.Categorical(two_series()["unique_id"]))
    for data in (table, datasets.demand().head(5), np.arange(3)):
        _, schema, _ = to_panel(data)
        assert Schema.from_json(json.loads(json.dumps(schema.to_json()))) == schema


def test_the_caller_s_table_is_left_as_it_is() -> None:
    table = two_series().iloc[::-1]
    before = table.copy()
    to_panel(table, fill="zero", duplicates="sum")
    pd.testing.assert_frame_equal(table, before)


# Anything else ------------------------------------------------------------------------------------


@settings(max_examples=50)
@given(
    lengths=st.lists(st.integers(11, 30), min_size=1, max_size=4),
    alias=st.sampled_from(["15min", "h", "D", "B", "W-WED", "MS", "QE-DEC", None]),
    seed=st.integers(0, 2**16),
    tz=st.sampled_from([None, BERLIN, MELBOURNE]),
)
def test_what_goes_in_is_found_on_the_grid(
    lengths: list[int], alias: str | None, seed: int, tz: str | None
) -> None:
    random = np.random.default_rng(seed)
    frequency = Frequency(alias, tz=None if alias is None else tz)
    tables = []
    for s, length in enumerate(lengths):
        start = 0 if alias is None else int(pd.date_range("2021-02-03", periods=1, freq=alias, tz=tz)
                                            .as_unit("ns").asi8[0])  # fmt: skip
        stamps: Any = frequency.times(start, length)
        if alias is not None:
            stamps = pd.DatetimeIndex(stamps.view("M8[ns]"), tz="UTC").tz_convert(tz)
        tables.append(long(unique_id=f"s{s}", ds=stamps, y=random.normal(size=length)))
    table = pd.concat(tables, ignore_index=True)
    lacking = random.choice(len(table), size=len(lengths) // 2, replace=False)
    kept = table.drop(index=lacking).sample(frac=1, random_state=seed)
    panel, _, notes = to_panel(kept, freq=frequency if alias else 1)
    assert notes.inserted == len(panel.target) - len(kept)
    for s, name in enumerate(panel.ids):
        rows = panel.rows(s)
        times = panel.frequency.times(int(panel.starts[s]), rows.stop - rows.start)
        own = kept[kept["unique_id"] == name].sort_values("ds")
        at = own["ds"] if alias is None else pd.DatetimeIndex(own["ds"]).as_unit("ns").asi8
        assert times[panel.mask[rows]].tolist() == list(at)
        assert panel.target[rows][panel.mask[rows]].tolist() == own["y"].tolist()


@settings(max_examples=100)
@given(
    cells=st.lists(
        st.sampled_from([None, 1, 2.5, "3", "x", "2024-01-01", dt.date(2024, 1, 1), True, np.inf,
                         pd.Timestamp("2024-01-01", tz=BERLIN), pd.NaT, pd.Timedelta(1), (1,), {}]),
        max_size=5,
    ),
    other=st.sampled_from(["range", "dates", "none"]),
)  # fmt: skip
def test_any_cells_are_a_panel_or_an_error_of_ours(cells: list[Any], other: str) -> None:
    table = pd.DataFrame({"a": pd.Series(cells, dtype=object)})
    if other == "range":
        table["b"] = range(len(cells))
    elif other == "dates":
        table["b"] = days(len(cells))
    assert "\n" not in complaint(table)


def test_files_and_frames_agree(tmp_path: Path) -> None:
    table = two_series()
    table.to_csv(tmp_path / "a.csv", index=False)
    table.to_parquet(tmp_path / "a.parquet")
    expected, _, _ = to_panel(table)
    for name in ("a.csv", "a.parquet"):
        panel, _, _ = to_panel(tmp_path / name)
        assert panel.ids == expected.ids
        np.testing.assert_array_equal(panel.starts, expected.starts)


ORDERS = {
    "%Y-%m-%d": True, "%Y/%m/%d": True, "%Y%m%d": True, "%d.%m.%Y": True, "%d %b %Y": True,
    "%d/%m/%Y": False, "%m/%d/%Y": False, "%d-%m-%Y": False, "%d/%m/%y": False, "%y-%m-%d": False,
    "%m/%d/%Y %H:%M": False, "%Y-%m-%dT%H:%M:%S": True, "%d.%m.%Y %H:%M": True,
    "%d/%m/%Y %I:%M %p": False, "%Y년 %m월 %d일": True,
}  # fmt: skip


@settings(max_examples=80)
@given(
    form=st.sampled_from(list(ORDERS)),
    start=st.dates(dt.date(1970, 1, 1), dt.date(2060, 1, 1)),
    count=st.integers(2, 40),
)
def test_dates_are_read_as_written_or_refused(form: str, start: dt.date, count: int) -> None:
    index = days(count, str(start))
    texts = index.strftime(form)
    refused = complaint(long(ds=texts, y=range(count)))
    if refused:
        assert not ORDERS[form]
        assert "can be read two ways" in refused
    else:
        assert times_of(list(texts)) == list(index.strftime("%Y-%m-%d"))
