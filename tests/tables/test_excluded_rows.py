"""Rows that a person names as one-off are read as rows that were not available."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

import rollcast as rc
from rollcast.errors import ArgumentError, DataError
from rollcast.options.exclude_option import Exclusion, check_exclude
from rollcast.tables import Schema, to_panel
from rollcast.tables.new_rows import read_arrivals

DAYS = pd.date_range("2024-02-26", periods=14)
TABLE = pd.DataFrame(
    {
        "unique_id": np.repeat(["a", "b"], 14),
        "ds": np.tile(DAYS, 2),
        "y": np.arange(28.0) + 1,
        "strike": np.tile(np.arange(14) == 5, 2),
    }
)
PLAIN = TABLE.drop(columns="strike")
HOURS = pd.DataFrame({"ds": pd.date_range("2024-03-30 20:00", periods=48, freq="h"), "y": 1.0})
HOURS["y"] += np.arange(48)


def left_out(data: Any, exclude: Any, **given: Any) -> list[int]:
    """The rows of the panel that are not available."""
    panel, _, _ = to_panel(data, exclude=exclude, **given)
    if panel.available is None:
        return []
    assert_array_equal(panel.mask, panel.available & ~np.isnan(panel.target))
    return np.flatnonzero(~panel.available).tolist()


@pytest.mark.parametrize(
    ("exclude", "rows"),
    [
        ("2024-03-01", [4, 18]),
        (dt.date(2024, 3, 1), [4, 18]),
        (pd.Timestamp("2024-03-01"), [4, 18]),
        (np.datetime64("2024-03-01"), [4, 18]),
        ("20240301", [4, 18]),
        ("2024-03-01..2024-03-03", [4, 5, 6, 18, 19, 20]),
        (("2024-03-01", dt.date(2024, 3, 3)), [4, 5, 6, 18, 19, 20]),
        ("2024-02-29..2024-03", [*range(3, 14), *range(17, 28)]),
        (pd.Period("2024-03"), [*range(4, 14), *range(18, 28)]),
        (["2024-02-27", "2024-02-29"], [1, 3, 15, 17]),
        ({"b": "2024-03-01..2024-03-02"}, [18, 19]),
        ({"a": ["2024-02-27", "2024-02-29"], "b": dt.date(2024, 3, 1)}, [1, 3, 18]),
        ("b=2024-03-01..2024-03-02", [18, 19]),
        (["2024-02-27", {"b": "2024-03-01"}], [1, 15, 18]),
        ((), []),
        (None, []),
    ],
)
def test_each_way_of_naming_leaves_out_its_rows_and_no_others(exclude: Any, rows: list[int]):
    assert left_out(PLAIN, exclude) == rows


def test_a_column_leaves_out_where_it_says_true_and_is_not_forecast():
    assert left_out(TABLE, "strike") == [5, 19]
    assert left_out(TABLE.assign(strike=TABLE.strike.astype(int)), "strike") == [5, 19]
    words = TABLE.strike.map({True: "yes", False: None})
    assert left_out(TABLE.assign(strike=words), ["strike", "2024-02-27"]) == [1, 5, 15, 19]


def test_a_cell_that_says_neither_is_named():
    odd = TABLE.strike.astype(object).where(TABLE.index != 20, "some")
    with pytest.raises(DataError) as caught:
        to_panel(TABLE.assign(strike=odd), exclude="strike")
    assert str(caught.value) == (
        "Column 'strike' of series 'b' holds 'some' at row 20 (counted from 0), where it must say whether the row is "
        "left out; write true or false, yes or no, or 1 or 0."
    )


def test_a_date_is_its_whole_day_of_the_zone_and_a_time_is_its_minute():
    day = list(range(4, 27))  # the clock is set forward on March 31, which has 23 hours
    stamped = HOURS.assign(ds=HOURS.ds.dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin"))
    first = int(np.argmax(stamped.ds.dt.day.to_numpy() == 31))
    assert left_out(stamped, "2024-03-31") == list(range(first, first + 23))
    assert left_out(HOURS, "2024-03-31") == [*day, 27]
    assert left_out(HOURS, "2024-03-31 02:00") == [6]
    assert left_out(HOURS, "2024-03-31T02..2024-03-31T03:59") == [6, 7]
    assert left_out(stamped, "2024-03-31T00:00Z..2024-03-31T01:30+00:00") == [4, 5]


def test_whole_numbers_and_counted_rows_are_named_by_number():
    counted = pd.DataFrame({"step": np.arange(5, 15), "y": np.arange(10.0)})
    assert left_out(counted, [6, "8..9"]) == [1, 3, 4]
    assert left_out(np.arange(10.0), (2, 3)) == [2, 3]
    numbers = pd.DataFrame({"shop": [7] * 4 + [8] * 4, "ds": [*DAYS[:4]] * 2, "y": np.arange(8.0)})
    assert left_out(numbers, {8: "2024-02-27"}, id_col="shop") == [5]
    assert left_out(numbers, "8=2024-02-27", id_col="shop") == [5]


def test_rows_that_the_table_lacks_within_a_range_are_not_filled():
    holey = PLAIN.iloc[:14].drop(index=[5, 9])
    panel, _, _ = to_panel(holey, exclude="2024-03-01..2024-03-03", fill="ffill")
    assert np.flatnonzero(~panel.mask).tolist() == [4, 5, 6]
    assert panel.target[9] == panel.target[8]
    to_panel(holey, exclude="2024-03-01..2024-03-07", fill="error")


def test_a_series_that_goes_takes_no_range_from_another():
    gone = pd.concat([PLAIN.iloc[:14].assign(unique_id="0", y=np.nan), PLAIN.drop(index=[5, 19])])
    panel, _, _ = to_panel(gone, exclude={"b": "2024-03-01..2024-03-02"}, fill="ffill")
    assert panel.ids == ("a", "b")
    assert np.flatnonzero(~panel.mask).tolist() == [18, 19]


def test_rows_before_the_first_that_counts_are_told_of_too():
    panel, _, notes = to_panel(PLAIN, exclude="2024-02")
    assert panel.lengths.tolist() == [10, 10]
    assert "8 rows of 2 series are left out (2024-02) and do not count." in notes.remarks


def test_what_was_marked_stays_and_each_kind_is_counted():
    marked = TABLE.assign(available=np.arange(28) % 14 != 1)
    panel, _, notes = to_panel(marked, available="available", exclude=["strike", "2024-03-01"])
    assert panel.available is not None
    assert np.flatnonzero(~panel.available).tolist() == [1, 4, 5, 15, 18, 19]
    assert "4 rows of 2 series are left out (strike, 2024-03-01) and do not count." in notes.remarks
    assert "2 rows of 2 series are marked not available and do not count." in notes.remarks
    _, _, notes = to_panel(PLAIN.iloc[:14, 1:], exclude="2024-03-01")
    assert "1 row is left out (2024-03-01) and does not count." in notes.remarks


@pytest.mark.parametrize(
    ("exclude", "kind", "message"),
    [
        (
            "2024-04-01..2024-04-07",
            DataError,
            "`exclude` names 2024-04-01..2024-04-07, which touches no row of the table: its times run from 2024-02-26 "
            "to 2024-03-10; correct it or leave it out.",
        ),
        (
            "2024-03-07..2024-03-01",
            ArgumentError,
            "`exclude` has a range that ends before it begins, '2024-03-07..2024-03-01'; give the earlier time first.",
        ),
        (
            {"c": "2024-03-01"},
            DataError,
            "`exclude` names series 'c', which is not in the table; its series are 'a', 'b'.",
        ),
        (
            "strikes",
            ArgumentError,
            "`exclude` must name times such as 2024-03-01 or 2024-03-01..2024-03-07, or a column of the table; got "
            "'strikes'.",
        ),
        ("2024-13-01", ArgumentError, "2024-03-01..2024-03-07, or a column of the table; got"),
        ("2024-03-01..", ArgumentError, "or a column of the table; got '2024-03-01..'."),
        ("2024-03-01T10:00Z", ArgumentError, "the times of the table have none; leave the offset"),
        (5, ArgumentError, "got '5'."),
        (2.5, ArgumentError, "`exclude` must be a time such as '2024-03-01', a range such as"),
        (("2024-03-01", None), ArgumentError, "got None."),
        ("2024", DataError, "`exclude` leaves no row of the table that counts"),
    ],
)
def test_what_can_not_be_left_out_is_refused_in_a_sentence(exclude: Any, kind: Any, message: str):
    with pytest.raises(kind) as caught:
        to_panel(PLAIN, exclude=exclude)
    assert message in str(caught.value)


def test_a_series_is_not_named_where_there_is_one_without_a_name():
    with pytest.raises(DataError, match="has one series without a column of identifiers"):
        to_panel(PLAIN.iloc[:14, 1:], exclude={"a": "2024-03-01"})


def test_a_column_that_marks_nothing_is_refused():
    with pytest.raises(DataError, match="column 'strike' of the table, which marks no row"):
        to_panel(TABLE.assign(strike=False), exclude="strike")


def test_a_later_table_leaves_out_the_same_rows_and_may_lack_them():
    exclude = ["strike", "2024-03-01", {"b": "2024-02-27"}]
    _, schema, _ = to_panel(TABLE, exclude=exclude)
    again = Schema.from_json(schema.to_json())
    assert again == schema
    assert schema.exclude == (
        Exclusion("strike", is_column=True),
        Exclusion("2024-03-01"),
        Exclusion("2024-02-27", "b"),
    )
    panel, _, _ = to_panel(TABLE, like=again)
    first, _, _ = to_panel(TABLE, exclude=exclude)
    assert panel.digest() == first.digest()
    later = PLAIN.assign(ds=PLAIN.ds + pd.Timedelta(days=60))
    panel, _, notes = to_panel(later, like=again)
    assert panel.mask.all()
    assert "Column 'strike' is not in the table, so that it leaves no row out." in notes.remarks


def test_new_rows_are_left_out_as_tables_leave_them_out():
    _, schema, _ = to_panel(TABLE, exclude=["strike", {"b": "2024-03-01..2024-12"}])
    frequency = to_panel(TABLE)[0].frequency
    rows = TABLE.iloc[[4, 5, 6, 18, 19, 20]]
    found = read_arrivals(rows, schema, frequency)
    assert np.isnan(found.values).tolist() == [False, True, False, True, True, True]
    assert found.available is not None
    assert_array_equal(found.available, ~np.isnan(found.values))
    twice = replace(schema, duplicates="sum")
    found = read_arrivals(pd.concat([rows, rows]).sort_values("ds"), twice, frequency)
    assert np.isnan(found.values).tolist() == [False, True, False, True, True, True]


def test_the_check_of_a_table_says_what_is_left_out_and_how_to_fit_so():
    found = rc.check(TABLE, h=2, exclude=["strike", "a=2024-02-28"])
    assert found.problems == ()
    assert "3 rows of 2 series are left out (strike, a=2024-02-28) and do not count." in found.notes
    assert [c.role for c in found.columns] == ["series", "time", "to forecast", "leaves out"]
    assert ", exclude=['strike', 'a=2024-02-28'])" in str(found.fit_call)
    refused = rc.check(TABLE, h=2, exclude="2030")
    assert refused.problems[0].startswith("`exclude` names 2030, which touches no row")


def test_the_option_is_kept_as_texts():
    assert check_exclude("exclude", [3, (4, 5)]) == (Exclusion("3"), Exclusion("4..5"))
    assert [e.written for e in check_exclude("exclude", {"x": "2024"})] == ["x=2024"]
