"""Every refusal is one sentence with column, series, row and the fix."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from rollcast.data.calendar import Frequency
from rollcast.errors import ArgumentError, DataError, TooShortError
from rollcast.tables import to_panel

BERLIN = "Europe/Berlin"


def days(count: int, start: str = "2024-01-01") -> pd.DatetimeIndex:
    return pd.date_range(start, periods=count, freq="D")


def table(**columns: Any) -> pd.DataFrame:
    n = max(len(column) for column in columns.values()) if columns else 6
    frame = {"unique_id": ["a"] * n, "ds": days(n), "y": np.arange(n, dtype=float)}
    return pd.DataFrame({**frame, **columns})


def refusal(data: Any, error: type[Exception] = DataError, **arguments: Any) -> str:
    """The message of a refusal, which must be one sentence."""
    with pytest.raises(error) as caught:
        to_panel(data, **arguments)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")
    assert ". " not in message.replace("a 2. row", "")
    return message


# Columns ------------------------------------------------------------------------------------------


def test_a_missing_column_is_named_with_what_is_there() -> None:
    assert refusal(table(), target_col="sales") == (
        "Column 'sales' is not in the table, whose columns are 'unique_id', 'ds', 'y'; name one of"
        " them with target_col=."
    )
    assert refusal(table(), time_col="when").endswith("name one of them with time_col=.")
    assert refusal(table(), id_col="shop").endswith("name one of them with id_col=.")


def test_many_columns_are_listed_in_part() -> None:
    wide = pd.DataFrame({f"c{n}": [1.0] for n in range(30)})
    message = refusal(wide, target_col="y")
    assert "'c11' and 18 more; name" in message


def test_one_column_for_two_parts() -> None:
    assert refusal(table(), time_col="y", target_col="y") == (
        "Column 'y' can't be two of identifier, time and target; name one column for each."
    )


def test_several_targets() -> None:
    frame = table().rename(columns={"y": "sales"}).assign(price=1.0)
    assert refusal(frame) == (
        "Several columns may be the one to forecast: 'sales', 'price'; name one with target_col=."
    )


def test_several_times() -> None:
    frame = table().rename(columns={"ds": "from"}).assign(to=days(6))
    assert refusal(frame) == (
        "Several columns may be the time: 'from', 'to'; name one with time_col=."
    )


def test_several_identifiers() -> None:
    frame = pd.DataFrame(
        {"shop": [*"aabb"], "ware": [*"xyxy"], "ds": [*days(2)] * 2, "y": range(4)}
    )
    assert refusal(frame.assign(ds=days(1)[0])).startswith(
        "Several columns may tell the series apart: 'shop', 'ware'; join them by table[\"series\"] ="
        " table['shop'].astype(str) + \"/\" + table['ware'].astype(str), and name that with id_col="
    )
    town = frame.assign(ware=[*"xxyy"])  # each shop is in one town
    assert refusal(town) == (
        "Several columns may tell the series apart: 'shop', 'ware'; name one with id_col=, such as id_col='shop'."
    )


def test_no_target() -> None:
    assert refusal(table()[["unique_id", "ds"]]) == (
        "No column of the table holds numbers to forecast; its columns are 'unique_id', 'ds'."
    )


def test_two_columns_of_one_name() -> None:
    frame = table()
    frame.columns = ["unique_id", "y", "y"]
    assert refusal(frame) == (
        "Two columns of the table are named 'y'; give each a name of its own."
    )


def test_columns_of_several_levels() -> None:
    frame = table()
    frame.columns = pd.MultiIndex.from_tuples([("a", "b"), ("a", "c"), ("a", "d")])
    assert "several levels; flatten them" in refusal(frame)


def test_a_column_that_the_model_was_trained_on() -> None:
    _, schema, _ = to_panel(table())
    message = refusal(table().rename(columns={"y": "sales"}), like=schema, freq=Frequency("D"))
    assert message == (
        "Column 'y', which the model was trained on, is not in the table, whose columns are"
        " 'unique_id', 'ds', 'sales'; rename one of them."
    )


def test_series_as_columns_where_the_model_has_one_column_of_names() -> None:
    _, schema, _ = to_panel(table())
    wide = table().pivot(index="ds", columns="unique_id", values="y").reset_index()
    message = refusal(wide, like=schema, freq=Frequency("D"))
    assert "frame.melt(id_vars=['ds'], var_name='unique_id', value_name='y')" in message


# Values -------------------------------------------------------------------------------------------


def test_text_among_numbers() -> None:
    assert refusal(table(y=[1, 2, "three", 4, 5, 6])) == (
        "Column 'y' of series 'a' holds the text 'three' at row 2 (counted from 0); write a number"
        " there or leave it empty."
    )


def test_text_among_numbers_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text("date,sales\n2024-01-01,1\n2024-01-02,-\n2024-01-03,3\n")
    assert refusal(path) == (
        "Column 'sales' holds the text '-' at line 3 of sales.csv; write a number there or leave it"
        " empty."
    )


def test_a_column_of_text_named_as_the_target() -> None:
    message = refusal(table(name=["x"] * 6), target_col="name")
    assert "holds the text 'x' at row 0 (counted from 0)" in message


@pytest.mark.parametrize("column", [days(6), [1j] * 6, pd.to_timedelta(range(6))])
def test_a_column_of_another_type_named_as_the_target(column: Any) -> None:
    message = refusal(table(other=column), target_col="other")
    assert message.startswith("Column 'other' holds ")
    assert message.endswith(
        " where numbers are needed; name the column to forecast with target_col=."
    )


@pytest.mark.parametrize("value", [np.inf, -np.inf, "inf"])
def test_infinities(value: Any) -> None:
    message = refusal(table(y=[1.0, 2, 3, value, 5, 6]))
    if value == "inf":
        assert "holds the text 'inf' at row 3" in message
        return
    assert message == (
        "Column 'y' of series 'a' is infinite at row 3 (counted from 0); write a number there or"
        " leave it empty."
    )


def test_infinities_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text("date,sales\n2024-01-01,1\n2024-01-02,inf\n2024-01-03,3\n")
    assert "Column 'sales' is infinite at line 3 of sales.csv" in refusal(path)


def test_too_much_missing() -> None:
    frame = table(y=[1, 2, np.nan, 4, np.nan, 6, 7, 8])
    assert refusal(frame) == (
        "Column 'y' of series 'a' lacks 2 of 8 values (frequency: day), the first at 2024-01-03;"
        ' more than 20 % can\'t be learned from: pass fill="zero", "ffill" or "linear" if that is'
        " what a gap means, or a coarser freq=."
    )
    inserted = refusal(table(y=range(12)).drop(index=[4, 5, 9]))
    assert "lacks 3 of 12 values (frequency: day), the first at 2024-01-05;" in inserted


def test_twenty_per_cent_missing_is_accepted() -> None:
    panel, _, _ = to_panel(table(y=[1, 2, np.nan, 4, 5]))
    assert panel.mask.tolist() == [True, True, False, True, True]


def test_sparse_rows_may_be_gone_on_from() -> None:
    _, schema, _ = to_panel(table())
    panel, _, _ = to_panel(table().drop(index=[1, 2, 3]), like=schema, freq=Frequency("D"))
    assert panel.mask.tolist() == [True, False, False, False, True, True]


def test_nothing_but_missing_values() -> None:
    for fill in ("anchor", "zero", "ffill", "linear", "error"):
        frame = table(y=[np.nan] * 6)
        assert "lacks 6 of 6 values" in refusal(frame, fill=fill)


def test_a_grid_far_larger_than_the_table() -> None:
    stamps = pd.to_datetime(["2024-01-01 00:00:00", "2024-01-01 00:00:01", "2030-01-01 00:00:00"])
    message = refusal(pd.DataFrame({"ds": stamps, "y": [1.0, 2, 3]}), fill="zero")
    assert "lacks 189,388,798 of 189,388,801 values (frequency: second)" in message


def test_a_series_too_short() -> None:
    frame = pd.concat([table(), table(unique_id=["b"] * 3).head(3)])
    assert refusal(frame, TooShortError, min_length=5) == (
        "Column 'y' of series 'b' has 3 rows, but at least 5 are needed; give a longer history or a"
        " shorter horizon, or leave such series out."
    )
    assert "(2 series are too short)" in refusal(frame, TooShortError, min_length=7)
    assert "has 1 row, but at least 2 are needed" in refusal([1.0], TooShortError, min_length=2,
                                                             freq=1)  # fmt: skip


# Identifiers --------------------------------------------------------------------------------------


def test_missing_identifiers() -> None:
    assert refusal(table(unique_id=["a", "a", None, "a", "a", "a"])) == (
        "Column 'unique_id' has no identifier at row 2 (counted from 0); give every row the name of"
        " its series, or drop the row."
    )
    polars = pl.DataFrame({"unique_id": ["a", None], "ds": [1, 2], "y": [1, 2]})
    assert "has no identifier at row 1" in refusal(polars)


def test_identifiers_that_name_nothing() -> None:
    assert refusal(table(unique_id=[{}] * 6)) == (
        "Column 'unique_id' holds cells that can't name a series; give it text or numbers."
    )


# Times --------------------------------------------------------------------------------------------


def test_missing_times() -> None:
    for column in ([*days(5), pd.NaT], ["2024-01-01"] * 5 + [None], [1, 2, 3, 4, 5, np.nan]):
        assert refusal(table(ds=column)) == (
            "Column 'ds' has no time at row 5 (counted from 0); give every row its time."
        )


@pytest.mark.parametrize(
    "value",
    ["soon", "2024-02-31", "2024-13-01", "32/01/2024", "2024-01-01 25:00", "", True,
     1.5, (1,)],
)  # fmt: skip
def test_what_is_no_time(value: Any) -> None:
    column = ["2024-01-01", "2024-01-02", value, "2024-01-04"]
    message = refusal(table(ds=pd.Series(column, dtype=object)))
    assert message == (
        f"Column 'ds' holds {value!r} at row 2 (counted from 0), which is no date or time; write it"
        " as 2024-04-03 or 2024-04-03 13:30."
    )


def test_fractions_as_time() -> None:
    assert refusal(table(ds=[0.5, 1, 2, 3, 4, 5])) == (
        "Column 'ds' holds 0.5 at row 0 (counted from 0), which is no whole number; number the rows"
        " by whole numbers or give dates."
    )


def test_dates_that_can_be_read_two_ways(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text("date,sales\n03/04/2024,1\n04/04/2024,2\n05/04/2024,3\n")
    assert refusal(path) == (
        "Column 'date' can be read two ways: '03/04/2024' at line 2 of sales.csv is 3 April 2024 or"
        " 4 March 2024; write the dates year first, as 2024-04-03."
    )


def test_the_example_is_one_whose_readings_differ() -> None:
    message = refusal(table(ds=["01/01/2024", "02/02/2024", "03/02/2024"]))
    assert "'03/02/2024' at row 2 (counted from 0) is 3 February 2024 or 2 March 2024" in message


def test_short_years_can_be_read_in_more_ways() -> None:
    message = refusal(table(ds=["24-01-05", "24-01-06", "24-01-07"]))
    assert "'24-01-05' at row 0 (counted from 0) is 5 January 2024 or 24 January 2005" in message


def test_a_day_beyond_twelve_settles_the_order() -> None:
    panel, _, _ = to_panel(table(ds=["11/04/2024", "12/04/2024", "13/04/2024"]))
    assert panel.frequency.format(int(panel.starts[0])) == "2024-04-11"


def test_dates_in_two_orders() -> None:
    message = refusal(table(ds=["13/04/2024", "04/14/2024", "15/04/2024"]))
    assert message == (
        "Column 'ds' writes dates in two orders: '13/04/2024', but '04/14/2024' at row 1 (counted"
        " from 0); write the dates year first, as 2024-04-03."
    )


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("12:00", "is a time of day without a date; write it as 2024-04-03 or 2024-04-03 13:30"),
        ("Jan", "is a month without a year; write it as 2024-04"),
        ("Mon", "is a weekday without a date; write it as 2024-04-03 or 2024-04-03 13:30"),
        ("1949.083", "is a year with a fraction; write the month or the day, as 1949-02 or 1949-02-15"),
        ("20 stycznia 2023", "is no date or time, for 'stycznia' is no month that is known; write it as 2024-04-03 or"
                             " 2024-04-03 13:30"),
        ("01.01.2015 00:00 - 01.01.2015 01:00", "is a stretch of time; keep its beginning, as 2024-04-03 13:30"),
        ("2024-01-01 00:00 CET",
         "has the zone CET, which is no offset; write its offset instead, as +01:00, or leave it"
                                 " out and pass tz= with the zone, such as tz='Europe/Berlin'"),
        ("31012024", "is no year, month and day, as 20240403 is; write it as 2024-04-03 or 2024-04-03 13:30"),
        ("1500-01-01",
         "is no date or time of the years 1678 to 2261, which timestamps can hold; give whole numbers, such"
                       " as the year, as the time"),
    ],
)  # fmt: skip
def test_what_stands_in_place_of_a_date_is_named(value: str, why: str) -> None:
    for column in ([value] * 3, ["2024-01-01", value, "2024-01-03"]):
        row = column.index(value)
        message = f"Column 'ds' holds {value!r} at row {row} (counted from 0), which {why}."
        if value != "31012024" or row == 0:  # Beside other dates it is of another form.
            assert refusal(table(ds=column)) == message


def test_days_without_a_year() -> None:
    assert refusal(table(ds=["13/01", "14/01", "31/01", "01/02"])) == (
        "Column 'ds' holds '13/01' at row 0 (counted from 0), which is a day and a month without a year; write it as"
        " 2024-04-03."
    )


def test_dates_in_two_forms() -> None:
    assert refusal(table(ds=["2024-01-01", "2024-01-02", "Jan 3, 2024"])) == (
        "Column 'ds' writes dates in two forms: '2024-01-01', but 'Jan 3, 2024' at row 2 (counted from 0); write the"
        " dates year first, as 2024-04-03."
    )


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("Date", ["29th of Foo 2024", "28th of Foo 2024"]), ("Month", ["Jan", "Feb"]), ("day", ["Mon", "Tue"]),
        ("time", ["00:00", "01:00"]), ("Zeitpunkt", ["soon", "later"]), ("날짜", ["어제", "오늘"]),
        ("order_date", ["x", "y"]), ("period", ["train", "test"]), ("MTU (CET)",
        ["01.01.2015 00:00 - 01.01.2015 01:00", "01.01.2015 01:00 - 01.01.2015 02:00"]),
        ("kiedy", ["20 stycznia 2023", "21 stycznia 2023"]),
    ],
)  # fmt: skip
def test_a_column_of_times_is_never_left_out_without_a_word(name: str, cells: list[str]) -> None:
    message = refusal(pd.DataFrame({name: cells, "sales": [1.0, 2.0]}))
    assert f"Column {name!r} " in message
    assert f"{cells[0]!r} at row 0 (counted from 0)" in message
    assert message.endswith("leave the column out, so that the rows are counted as they stand.")


def test_names_that_only_look_like_dates_are_left_alone() -> None:
    for cells in (["INV-2024-0001", "INV-2024-0002"], ["red", "blue"], ["A1", "B2"]):
        _, schema, _ = to_panel(pd.DataFrame({"article": cells, "sales": [1.0, 2.0]}))
        assert schema.time_col is None


def test_an_empty_column_of_dates() -> None:
    frame = pd.DataFrame({"date": [None, None], "sales": [1.0, 2.0]})
    assert refusal(frame).startswith(
        "Column 'date' is called after a time but holds nothing at row 0 (counted from 0), which names no time;"
    )
    assert refusal(frame, time_col="date") == (
        "Column 'date' has no time at row 0 (counted from 0); give every row its time."
    )


def test_rows_that_count_down_are_not_counted_up() -> None:
    message = refusal(pd.DataFrame({"No": [3, 2, 1], "y": [1.0, 2.0, 4.0]}))
    assert message.startswith(
        "Column 'No' counts down from 3 to 1, so the newest row may stand first; name the time"
    )
    panel, schema, _ = to_panel(pd.DataFrame({"Unnamed: 0": [2, 1, 0], "y": [4.0, 2.0, 1.0]}))
    assert (schema.time_col, panel.target.tolist()) == ("step", [1, 2, 4])


def test_numbers_called_after_dates_that_are_none() -> None:
    message = refusal(pd.DataFrame({"date": [231120, 231121], "y": [1.0, 2.0]}))
    assert message == (
        "Column 'date' is called after dates but holds 231120 at row 0 (counted from 0), which is"
        " neither a date such as 20240403 nor a number to count from; write it as 2024-04-03, or"
        " call the column 'step'."
    )


def test_offsets_beyond_all_zones() -> None:
    message = refusal(table(ds=["2024-01-01T00:00+99:00", "2024-01-01T01:00+99:00"]))
    assert "has the offset +99:00 at row 0 (counted from 0), and none is beyond 16 hours" in message


class Nameless(dt.tzinfo):
    """An hour ahead of UTC, and in no list of zones."""

    def utcoffset(self, _: dt.datetime | None) -> dt.timedelta:
        return dt.timedelta(hours=1)

    dst = utcoffset


def test_a_zone_without_a_name() -> None:
    frame = table(ds=pd.DatetimeIndex(days(6)).tz_localize(Nameless()))
    assert "which has no IANA name; convert it first" in refusal(frame)


def test_numbers_too_large_to_count_from() -> None:
    assert "which is too large to count from; number the rows from 0" in (
        refusal(table(ds=np.arange(6, dtype=np.uint64) + np.uint64(2**63)))
    )


def test_times_with_and_without_a_zone() -> None:
    expected = (
        "Column 'ds' mixes times with and without a zone (the first other one at row 1 (counted"
        " from 0)); write all of them one way."
    )
    texts = ["2024-01-01T00:00+01:00", "2024-01-01T01:00", "2024-01-01T02:00"]
    assert refusal(table(ds=texts)) == expected
    stamps = [pd.Timestamp("2024-01-01", tz=BERLIN), pd.Timestamp("2024-01-02")]
    assert refusal(table(ds=pd.Series(stamps, dtype=object))) == expected


def test_mixed_zones() -> None:
    stamps = [pd.Timestamp("2024-01-01", tz=BERLIN), pd.Timestamp("2024-01-02", tz="Asia/Seoul")]
    frame = table(ds=pd.Series(stamps, dtype=object))
    assert refusal(frame) == (
        "Column 'ds' mixes the zones Europe/Berlin and Asia/Seoul (at row 1 (counted from 0)); pass"
        " tz= with the zone whose calendar counts, such as tz='Europe/Berlin'."
    )


def test_times_outside_what_timestamps_hold() -> None:
    stamps = pd.Series(["1500-01-01", "1501-01-01"]).astype("M8[s]")
    message = refusal(table(ds=stamps))
    assert message == (
        "Column 'ds' holds 1500-01-01 00:00:00 at row 0 (counted from 0), outside the years 1678 to"
        " 2261, which timestamps can hold; give whole numbers, such as the year, as the time."
    )
    dates = [dt.datetime(1500, 1, 1), dt.datetime(1501, 1, 1)]
    assert refusal(table(ds=dates)) == message
    assert refusal(table(ds=[date.date() for date in dates])) == message
    seoul = dt.timezone(dt.timedelta(hours=9))
    aware = refusal(table(ds=[date.replace(hour=9, tzinfo=seoul) for date in dates]))
    assert aware == message
    for texts in (["1500-01-01", "1501-01-01"], ["1 Jan 1500", "1 Jan 1501"]):
        assert "which is no date or time of the years 1678 to 2261" in refusal(table(ds=texts))


def test_duplicates() -> None:
    frame = table(ds=[*days(5), days(3)[2]])
    assert refusal(frame) == (
        "Column 'ds' of series 'a' holds 2024-01-03 twice, at row 2 (counted from 0) and row 5"
        ' (counted from 0); pass duplicates="sum", "mean" or "last" to merge such rows.'
    )


def test_duplicates_without_an_identifier_point_to_one() -> None:
    frame = pd.DataFrame({"ds": [*days(3)] * 2, "y": range(6), "kind": [1, 1, 1, 2, 2, 2]})
    message = refusal(frame)
    assert message.endswith("to merge such rows, or id_col= if the table holds several series.")
    assert to_panel(frame, id_col="kind")[0].ids == (1, 2)


def test_duplicates_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text("date,sales\n2024-01-01,1\n2024-01-02,2\n2024-01-02,3\n")
    assert "holds 2024-01-02 twice, at line 3 of sales.csv and line 4 of sales.csv" in refusal(path)


def test_times_off_the_grid() -> None:
    stamps = [*days(6), pd.Timestamp("2024-01-07 06:00"), *days(3, "2024-01-08")]
    assert refusal(table(ds=stamps)) == (
        "Column 'ds' of series 'a' holds 2024-01-07 06:00 at row 6 (counted from 0), which is no"
        " whole number of steps (day) after 2024-01-01; correct it, or pass freq= if the step is"
        " another."
    )


def test_whole_numbers_off_the_grid() -> None:
    assert "holds 33 at row 3 (counted from 0), which is no whole number of steps (step of 10)" in (
        refusal(table(ds=[0, 10, 20, 33, 40, 50]))
    )


def test_local_steps_of_hours_across_a_change_of_clocks() -> None:
    stamps = pd.date_range("2024-03-30", "2024-04-02", freq="6h").tz_localize(BERLIN)
    assert "or write the times in UTC" in refusal(table(ds=stamps))


def test_clock_times_that_do_not_exist() -> None:
    stamps = pd.date_range("2024-03-31", periods=6, freq="h")
    assert refusal(table(ds=stamps), tz=BERLIN) == (
        "Column 'ds' of series 'a' holds 2024-03-31 02:00 at row 2 (counted from 0), which clocks"
        " in Europe/Berlin skip; correct it or give the zone that the times are in, such as"
        " tz='UTC'."
    )


def test_local_clock_time() -> None:
    stamps = pd.date_range("2024-10-27", periods=6, freq="h", tz=BERLIN).tz_localize(None)
    assert refusal(table(ds=stamps)) == (
        "Column 'ds' of series 'a' repeats 2024-10-27 02:00 at row 2 (counted from 0) and row 3"
        " (counted from 0): this looks like local clock time; pass tz= with its zone, such as"
        " tz='Europe/Berlin'."
    )


def test_other_duplicates_are_not_taken_for_clock_time() -> None:
    hours = pd.date_range("2024-10-27", periods=6, freq="h")
    for extra in (hours[[5]], hours[[2, 2]], hours[[2, 3]]):
        stamps = hours.append(extra)
        if extra[0].hour == 2 and len(extra) == 1:
            continue
        assert "twice" in refusal(table(ds=stamps))


def test_no_step_to_be_found() -> None:
    assert refusal(table(ds=days(1))) == (
        "No series of the table has two rows, so there is no step between rows; pass freq=, such as"
        " freq='D'."
    )


def test_a_frequency_of_another_kind() -> None:
    assert refusal(table(), ArgumentError, freq=2) == (
        "`freq` must be an alias such as 'h', 'D' or 'MS', for the times are timestamps; got 2."
    )
    assert refusal(table(ds=range(6)), ArgumentError, freq="D") == (
        "`freq` must be an integer step, for the times are whole numbers; got 'D'."
    )


def test_new_times_of_another_kind() -> None:
    _, schema, _ = to_panel(table())
    assert refusal(table(ds=range(6)), like=schema, freq=Frequency("D")) == (
        "Column 'ds' of the table holds whole numbers, but the model was trained on timestamps;"
        " give times of the same kind."
    )
    _, schema, _ = to_panel(table(ds=range(6)))
    assert "holds timestamps, but the model was trained on whole numbers" in refusal(
        table(), like=schema, freq=Frequency(None)
    )


def test_new_times_with_another_idea_of_zones() -> None:
    aware = table(ds=days(6).tz_localize(BERLIN))
    panel, schema, _ = to_panel(aware)
    assert refusal(table(), like=schema, freq=panel.frequency) == (
        "The times of column 'ds' of the table have no zone, but the model was trained on times"
        " with Europe/Berlin; pass tz= with their zone, such as tz='Europe/Berlin'."
    )
    local = replace(schema, tz=BERLIN)
    assert to_panel(table(), like=local, freq=panel.frequency)[0].starts == panel.starts
    panel, schema, _ = to_panel(table())
    assert refusal(aware, like=schema, freq=panel.frequency) == (
        "The times of column 'ds' of the table have the zone Europe/Berlin, but the model was"
        " trained on times with none; take the zone off."
    )


# Tables and arguments -----------------------------------------------------------------------------


@pytest.mark.parametrize("data", [None, 5, {"y": [1]}, {1, 2}, object()])
def test_what_is_no_table(data: Any) -> None:
    assert refusal(data, ArgumentError).startswith(
        "`data` must be a path to a CSV or Parquet file, a pandas or polars frame, or a"
    )


def test_tables_of_no_rows() -> None:
    for data in (table().head(0), [], np.empty(0), pl.DataFrame({"y": []}), pd.DataFrame()):
        assert refusal(data) == (
            "The table has no rows; give it at least two times with their values."
        )


def test_arrays_of_two_dimensions() -> None:
    assert refusal(np.zeros((3, 2)), ArgumentError) == (
        "`data` must be one-dimensional, or a frame with named columns; got shape (3, 2)."
    )
    assert "rows of unequal length" in refusal([[1], [1, 2]], ArgumentError)


def test_lazy_frames() -> None:
    assert refusal(pl.LazyFrame({"y": [1]}), ArgumentError) == (
        "`data` is a lazy frame; call .collect() on it first."
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"fill": "mean"},
            "`fill` must be one of 'anchor', 'ffill', 'linear', 'zero', 'error'; got 'mean'.",
        ),
        (
            {"duplicates": "max"},
            "`duplicates` must be one of 'error', 'sum', 'mean', 'last'; got 'max'.",
        ),
        ({"min_length": 0}, "`min_length` must be a whole number of at least 1; got 0."),
        ({"tz": "Berlin"}, "`tz` must be the name of a time zone such as"),
        ({"freq": "fortnight"}, "`freq` must be a pandas alias such as 'h'"),
    ],
)
def test_arguments_out_of_range(arguments: dict[str, Any], message: str) -> None:
    assert refusal(table(), ArgumentError, **arguments).startswith(message)
