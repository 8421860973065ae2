from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import rollcast as rc
from rollcast.errors import ArgumentError, DataError

MADE = pd.DataFrame(
    {
        "unique_id": ["a", "a", "b", "b"],
        "ds": pd.to_datetime(["2024-03-01", "2024-03-02"] * 2),
        "Rollcast": [10.0, 11.0, 20.0, 21.0],
        "Rollcast-lo-80": [8.0, 9.0, 18.0, 19.0],
        "Rollcast-hi-80": [12.0, 13.0, 22.0, 23.0],
    }
)
ONE = MADE.iloc[:2, 1:]
COLUMN = "Rollcast-adjusted"
CHANGED = [10.0, 15.0, 20.0, 21.0]


@pytest.mark.parametrize(
    "changes",
    [
        {("a", "2024-03-02"): 15},
        {("a", dt.date(2024, 3, 2)): 15.0},
        {"a": {pd.Timestamp("2024-03-02"): 15}},
        pd.DataFrame({"ds": ["2024-03-02"], "unique_id": ["a"], "Rollcast": [15]}),
        pd.DataFrame({"unique_id": ["a"], "ds": [dt.datetime(2024, 3, 2)], "planner": [15]}),
        pl.DataFrame({"unique_id": ["a"], "ds": [dt.date(2024, 3, 2)], COLUMN: [15.0]}),
    ],
)
def test_changes_stand_beside_the_forecast_however_they_are_given(changes: Any):
    made = rc.adjust(MADE, changes)
    assert list(made) == [*MADE.columns[:3], COLUMN, *MADE.columns[3:]]
    assert made[COLUMN].tolist() == CHANGED
    pd.testing.assert_frame_equal(made.drop(columns=COLUMN), MADE)
    assert COLUMN not in MADE


def test_a_polars_frame_comes_back_as_one():
    made = rc.adjust(pl.DataFrame(MADE.to_dict("list")), {("a", "2024-03-02"): 15})
    assert isinstance(made, pl.DataFrame)
    assert made.columns == [*MADE.columns[:3], COLUMN, *MADE.columns[3:]]
    assert made[COLUMN].to_list() == CHANGED
    again = rc.adjust(made, {("b", "2024-03-01"): 1})
    assert again[COLUMN].to_list() == [10.0, 15.0, 1.0, 21.0]
    assert again.columns == made.columns


def test_further_changes_are_added_to_the_first():
    once = rc.adjust(MADE, {("a", "2024-03-02"): 15})
    twice = rc.adjust(once, {("b", "2024-03-01"): 0})
    assert twice[COLUMN].tolist() == [10.0, 15.0, 0.0, 21.0]
    assert twice["Rollcast"].tolist() == MADE["Rollcast"].tolist()


def test_one_series_is_changed_by_its_times_alone():
    assert rc.adjust(ONE, {"2024-03-01": 3})[COLUMN].tolist() == [3.0, 11.0]
    assert rc.adjust(MADE[:2], {"2024-03-01": 3})[COLUMN].tolist() == [3.0, 11.0]
    counted = pd.DataFrame({"step": [5, 6], "Rollcast": [1.0, 2.0]})
    assert rc.adjust(counted, {6: 9})[COLUMN].tolist() == [1.0, 9.0]
    zoned = ONE.assign(ds=ONE.ds.dt.tz_localize("Europe/Berlin"))
    for time in ("2024-03-02", "2024-03-01 23:00+00:00"):
        assert rc.adjust(zoned, {time: 9})[COLUMN].tolist() == [10.0, 9.0]
    months = pd.DataFrame({"ds": pd.period_range("2024-03", periods=2, freq="M"), "LSTM": [1.0, 2]})
    assert rc.adjust(months, {"2024-04": 7})["LSTM-adjusted"].tolist() == [1.0, 7.0]


def test_what_predict_returns_can_be_adjusted():
    made = rc.forecast(rc.datasets.airline(), h=3, level=80)
    adjusted = rc.adjust(made, {made["ds"].iloc[0]: 1.0})
    assert adjusted[COLUMN].tolist() == [1.0, *made["Rollcast"].iloc[1:]]


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        (
            {("a", "2024-03-03"): 1, ("a", "2024-03-01"): 2, ("c", "2024-03-01"): 3},
            DataError,
            "`changes` names 2 rows that are not in the forecast, the first unique_id 'a', ds '2024-03-03'; leave such "
            "rows out.",
        ),
        (
            pd.DataFrame({"unique_id": ["b"] * 2, "ds": ["2024-03-01"] * 2, "y": [1, 2]}),
            DataError,
            "`changes` has unique_id 'b', ds '2024-03-01' twice; give each row once.",
        ),
        (
            {("b", pd.Timestamp("2024-03-01")): np.nan},
            DataError,
            "`changes` has no finite number for unique_id 'b', ds 2024-03-01; leave out what is not changed.",
        ),
        (
            {("b", "2024-03-01"): "many"},
            DataError,
            "Column 'value' of `changes` must hold numbers; got",
        ),
        (
            {"2024-03-01": 5},
            ArgumentError,
            "`changes` must map (series, time), such as ('a', '2024-03-01') to new values; got '2024-03-01'.",
        ),
        (
            MADE.iloc[:, 1:3],
            DataError,
            "`changes` has no column 'unique_id', by which rows are found; its columns are 'ds', 'Rollcast'.",
        ),
        (MADE.iloc[:, :2].assign(x=1, z=2), ArgumentError, "such as 'Rollcast'; its columns are"),
        ({}, ArgumentError, "`changes` is empty; give a row with its new value."),
        ({("a", "March"): 1}, DataError, "must hold times such as 2024-03-01; got 'March' first."),
        ({("a", 5): 1}, DataError, "Column 'ds' of `changes` holds whole numbers, and `forecast`"),
        (
            {("a", "2024-03-01T00:00Z"): 1},
            DataError,
            "The times of `changes` have the zone UTC, and those of `forecast` have none; take it off.",
        ),
    ],
)
def test_what_can_not_be_changed_is_refused_in_a_sentence(changes: Any, kind: Any, message: str):
    with pytest.raises(kind) as caught:
        rc.adjust(MADE, changes)
    assert message in str(caught.value)


def test_a_table_that_is_no_forecast_is_refused():
    table = MADE.assign(price=1.0)
    with pytest.raises(ArgumentError, match="name its column of forecasts with name="):
        rc.adjust(table, {("a", "2024-03-01"): 1})
    made = rc.adjust(table, {("a", "2024-03-01"): 1}, name="Rollcast")
    assert made[COLUMN].tolist() == [1.0, 11.0, 20.0, 21.0]
    with pytest.raises(ArgumentError, match="`forecast` must be a pandas or polars frame; got 5"):
        rc.adjust(5, {})
    with pytest.raises(ArgumentError, match="`name` must be its column of forecasts; got 'LSTM'"):
        rc.adjust(MADE, {("a", "2024-03-01"): 1}, name="LSTM")


def test_value_added_is_measured_on_the_rows_that_were_changed():
    changes = {("a", "2024-03-01"): 12, ("a", "2024-03-02"): 8, ("b", "2024-03-01"): 26}
    made = rc.adjust(MADE, changes | {("b", "2024-03-02"): 21})
    actual = MADE[["unique_id", "ds"]].assign(y=[13.0, 12.0, np.nan, 99.0])
    found = rc.value_added(made, pd.concat([actual, actual.iloc[:2].assign(unique_id="z")]))
    assert (found.rows, found.waiting) == (4, 1)
    assert (found.all.count, found.all.mae_before, found.all.mae_after) == (2, 2.0, 2.5)
    assert (found.all.helped, found.all.hurt, found.all.added) == (1, 1, -0.5)
    assert (found.up.count, found.up.mae_before, found.up.mae_after) == (1, 3.0, 1.0)
    assert (found.down.count, found.down.mae_before, found.down.mae_after) == (1, 1.0, 4.0)
    assert found.verdict == (
        "2 changes made the forecasts worse: MAE 2 before and 2.5 after (25 % higher); 1 helped and 1 hurt. 1 more "
        "change can't be judged yet."
    )
    assert str(found).splitlines()[:3] == [
        "           changes  MAE before  MAE after  helped  hurt",
        "all              2           2        2.5       1     1",
        "upwards          1           3          1       1     0",
    ]
    assert found.to_json()["down"]["mae_after"] == 4.0


def test_without_a_change_that_can_be_judged_nothing_is_claimed():
    made = rc.adjust(MADE, {("a", "2024-03-01"): 12})
    actual = MADE[["unique_id", "ds"]].assign(y=[np.nan, 1.0, 1.0, 1.0])
    found = rc.value_added(made, actual)
    assert np.isnan(found.all.mae_before)
    assert found.to_json()["all"]["mae_before"] is None
    assert str(found) == (
        "No changed row has an actual value to judge it by. 1 more change can't be judged yet."
    )


def test_value_added_needs_a_table_that_was_adjusted():
    with pytest.raises(ArgumentError, match="has no column 'Rollcast-adjusted'; make it by rc"):
        rc.value_added(MADE, MADE)
    made = rc.adjust(MADE, {("a", "2024-03-01"): 12})
    sales = MADE[["unique_id", "ds"]].assign(sold=1.0, price=2.0)
    with pytest.raises(ArgumentError, match="`actuals` must have one column of values"):
        rc.value_added(made, sales)
    assert rc.value_added(made, sales, target_col="sold").all.count == 1
