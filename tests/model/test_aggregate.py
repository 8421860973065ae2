"""Totals, peaks and times of paths, from tables and from arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import rollcast as rc
from rollcast.errors import ArgumentError, DataError
from rollcast.model.aggregate import steps_until_empty

VALUES = np.random.default_rng(0).gamma(3.0, size=(2, 500, 6))


def long_table(values: Any = VALUES, **columns: Any) -> pd.DataFrame:
    h = values.shape[2]
    s, n, t = (a.ravel() for a in np.indices(values.shape))
    times = pd.date_range("2024-01-01", periods=h)[t]
    made = {"shop": np.array(["b", "a", "c"])[s], "ds": times, "sample": n}
    return pd.DataFrame(made | {"Rollcast": values.ravel()} | columns)


def test_the_sum_has_its_median_its_interval_and_its_quantiles_one_row_a_series():
    made = rc.aggregate(long_table(), "sum", level=[80, 95], quantiles=[0.9, 0.99])
    ends = ("lo-95", "lo-80", "hi-80", "hi-95", "q-90", "q-99")
    assert list(made) == ["shop", "Rollcast", *(f"Rollcast-{end}" for end in ends)]
    assert made["shop"].tolist() == ["b", "a"]
    shares = [0.5, 0.025, 0.1, 0.9, 0.975, 0.9, 0.99]
    expected = np.quantile(VALUES.sum(axis=2), shares, axis=1, method="inverted_cdf").T
    assert_allclose(made.iloc[:, 1:], expected)


@pytest.mark.parametrize("how", ["mean", "max", "min"])
def test_peaks_and_means_are_told_of_each_path(how: Any):
    made = rc.aggregate(long_table(), how, level=None)
    expected = np.quantile(getattr(VALUES, how)(axis=2), 0.5, axis=1, method="inverted_cdf")
    assert list(made) == ["shop", "Rollcast"]
    assert_allclose(made["Rollcast"], expected)


def test_a_function_of_all_paths_is_told_as_well():
    made = rc.aggregate(long_table(), lambda paths: paths[..., 3:].sum(axis=2), level=50)
    low, high = np.quantile(VALUES[..., 3:].sum(2), [0.25, 0.75], axis=1, method="inverted_cdf")
    assert_allclose(made[["Rollcast-lo-50", "Rollcast-hi-50"]].T, [low, high])
    with pytest.raises(ArgumentError, match=r"`how` must give .* shape \(2, 500\); got .*\(2, 6\)"):
        rc.aggregate(long_table(), lambda paths: paths.sum(axis=1))


def test_rows_in_any_order_and_frames_of_polars_give_the_same():
    table = long_table()
    expected = rc.aggregate(table, "sum")
    shuffled = table.sample(frac=1, random_state=0)
    made = rc.aggregate(shuffled, "sum").sort_values("shop", ascending=False)
    pd.testing.assert_frame_equal(made.reset_index(drop=True), expected)
    polars = rc.aggregate(pl.from_pandas(table), "sum")
    assert isinstance(polars, pl.DataFrame)
    pd.testing.assert_frame_equal(polars.to_pandas(), expected)


def test_one_series_without_identifiers_and_arrays_are_taken_too():
    one = rc.aggregate(long_table(VALUES[:1]).drop(columns="shop"), "sum")
    assert list(one) == ["Rollcast", "Rollcast-lo-80", "Rollcast-hi-80"]
    array = rc.aggregate(VALUES, "sum")
    assert list(array) == ["unique_id", "value", "value-lo-80", "value-hi-80"]
    assert_allclose(array.iloc[:1, 1:], one)


def test_a_stock_is_empty_at_the_step_at_which_demand_exceeds_it():
    values = np.array([[[3.0, 3, 3], [1, 0, 9], [1, 1, 1]]])
    assert steps_until_empty(values, np.array([5.0])).tolist() == [[2, 3, 4]]
    assert steps_until_empty(values, np.array([9.0])).tolist() == [[4, 3, 4]]
    assert steps_until_empty(values, np.array([0.0])).tolist() == [[1, 1, 1]]


def test_the_time_until_a_stock_is_empty_is_told_in_whole_steps_with_the_share_that_lasts():
    made = rc.aggregate(long_table(), stock={"a": 9, "b": 15.5}, level=80)
    assert list(made)[-2:] == ["Rollcast-hi-80", "Rollcast-lasts"]
    assert made["Rollcast"].dtype == np.int64
    steps = steps_until_empty(VALUES, np.array([15.5, 9]))
    assert_array_equal(made["Rollcast"], np.quantile(steps, 0.5, axis=1, method="inverted_cdf"))
    assert_allclose(made["Rollcast-lasts"], (steps == 7).mean(axis=1))
    assert 0 < made["Rollcast-lasts"][0] < 1
    by_index = rc.aggregate(long_table(), stock=pd.Series({"a": 9, "b": 15.5}), level=80)
    pd.testing.assert_frame_equal(by_index, made)
    both = rc.aggregate(long_table(), "runout", stock=12)
    assert_allclose(
        both["Rollcast-lasts"], (steps_until_empty(VALUES, np.full(2, 12)) == 7).mean(1)
    )


def test_totals_of_whole_numbers_are_whole():
    made = rc.aggregate(long_table(np.rint(VALUES).astype(int)), "sum")
    assert [made[c].dtype.kind for c in list(made)[1:]] == ["i"] * 3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"how": "total"}, "`how` must be one of 'sum', 'mean', 'max', 'min', 'runout', or a func"),
        ({"how": "runout"}, "`stock` must say what is there before the first step"),
        (
            {"how": "sum", "stock": 3},
            "`stock` runs out, and `how` = 'sum' asks for something else; pass how=.runout",
        ),
        ({"stock": {"a": 3}}, "`stock` of series 'b' must be a finite number"),
        ({"stock": {"a": 3, "b": -1}}, "`stock` of series 'b' must be .* at least 0, .*; got -1"),
        ({"stock": -1}, "`stock` must be a finite number of at least 0"),
        ({"stock": {"a": 3, "b": 3, "z": 3}}, "`stock` names series 'z', of which there are no"),
        ({"stock": pd.Series([1, 2, 3], ["a", "b", "a"])}, "`stock` names series 'a' twice"),
        ({"stock": pl.Series([1, 2])}, "`stock` must be a finite number"),
        ({"stock": "much"}, "`stock` must be a finite number"),
        ({"level": 0.8}, "`level` is in percent"),
        ({"quantiles": 95}, "`quantiles` must be above 0 and below 1, such as 0.95"),
        ({"quantiles": [0.9, 0.9]}, "`quantiles` has 0.9 twice"),
        ({"quantiles": 0.9999}, "`paths` are 500, and the quantile 0.9999 needs 10,000 at least"),
    ],
)
def test_wrong_questions_are_answered_in_a_sentence(change: dict[str, Any], words: str):
    with pytest.raises(ArgumentError, match=words):
        rc.aggregate(long_table(), **change)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (
            long_table().drop(columns="sample"),
            "`paths` must be what predict.* 'sample' and a column",
        ),
        (long_table().iloc[:-1], "as many steps of every path of every series; its 5,999 rows"),
        (long_table(sample=0), "`paths` must hold as many steps"),
        (long_table(Rollcast="much"), "`paths` must hold numbers in its column 'Rollcast'"),
        (long_table(Rollcast=np.nan), "`paths` lacks a value in its column 'Rollcast'"),
        (long_table().iloc[:0], "`paths` must hold as many steps"),
    ],
)
def test_what_is_no_complete_table_of_paths_is_refused(table: pd.DataFrame, words: str):
    with pytest.raises((DataError, ArgumentError), match=words):
        rc.aggregate(table)


def test_arrays_of_another_form_are_refused():
    for wrong in (VALUES[0], np.empty((0, 3, 4)), VALUES * np.nan, "paths"):
        with pytest.raises(ArgumentError, match="`paths` must"):
            rc.aggregate(wrong)
