"""Corrected rows: the state is the one that reading the corrected history leaves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import rollcast as rc
from livesamples import (
    GAPS,
    SEEN,
    TABLE,
    WHOLE,
    assert_stands_like,
    fit,
    model_of,
    new_rows,
    read_whole,
    series,
)
from rollcast.errors import ArgumentError, DataError
from samples import NAN

FIXES = pd.DataFrame(
    {"unique_id": ["a", "a", "c"], "ds": [SEEN + 3, SEEN + 10, 70], "y": [30.0, NAN, 10.0]}
)


def corrected(fixes: pd.DataFrame = FIXES) -> pd.DataFrame:
    whole = pd.concat(WHOLE.values()).set_index(["unique_id", "ds"])
    fixed = fixes.set_index(["unique_id", "ds"])
    whole.loc[fixed.index] = fixed
    return whole.reset_index()


@pytest.fixture(scope="module")
def model() -> rc.Forecaster:
    return model_of("lstm")


@pytest.mark.parametrize("kind", ["lstm", "gru", "rnn", "log", "window"])
def test_a_revised_state_is_that_of_the_corrected_history(kind):
    model = model_of(kind)
    state = model.observe(new_rows())
    revised = model.revise(FIXES, state, history=new_rows())
    assert_stands_like(model, revised, read_whole(model, corrected()))
    assert revised.select("b") == state.select("b")
    assert revised != state


def test_reading_goes_on_from_an_earlier_state(model):
    rows = new_rows()
    earlier = model.observe(rows.groupby("unique_id").head(2))
    state = model.observe(rows)
    history = rows.groupby("unique_id").tail(10)
    revised = model.revise(FIXES, state, earlier=earlier, history=history)
    assert_stands_like(model, revised, read_whole(model, corrected()))


def test_series_that_stand_too_late_in_the_earlier_state_are_read_from_their_first_row(model):
    rows = new_rows()
    late = model.observe(rows.groupby("unique_id").head(5)).drop("c")  # behind the first fix of a
    revised = model.revise(FIXES, model.observe(rows), earlier=late, history=rows)
    assert_stands_like(model, revised, read_whole(model, corrected()))


def test_corrections_of_the_data_of_fit_need_no_history(model):
    fixes = pd.DataFrame({"unique_id": "b", "ds": [10, 40], "y": [NAN, 30.0]})
    revised = model.revise(fixes, model.state)
    whole = corrected(fixes)
    seen = pd.concat([whole[whole["unique_id"] == n].iloc[:SEEN] for n in "abc"])
    assert_stands_like(model, revised, read_whole(model, seen))


def test_all_rows_since_may_be_given_themselves(model):
    rows = new_rows()
    whole = corrected()
    again = whole[(whole["unique_id"] == "c") & (whole["ds"] >= 66)]
    revised = model.revise(again, model.observe(rows))
    assert_stands_like(
        model, revised.select("c"), read_whole(model, whole[whole["unique_id"] == "c"])
    )


def test_a_series_that_is_new_since_fit_keeps_its_scaling(model):
    fresh = series("d", 20)
    state = model.observe(fresh)
    fix = fresh.iloc[[18]].assign(y=fresh["y"].iloc[18] + 5)
    revised = model.revise(fix, state, history=fresh)
    assert (
        revised.select("d").preparation.scaler.scale == state.select("d").preparation.scaler.scale
    )
    before = model.observe(fresh.iloc[:18])
    # Its scaling came of fewer rows, so this state is of no use and reading begins anew.
    assert model.revise(fix, state, earlier=before, history=fresh) == revised
    back = model.revise(fresh.iloc[[18]], revised, history=fresh)
    assert_allclose(back.network_state.features, state.network_state.features, rtol=1e-5, atol=1e-6)


def test_a_gap_beside_a_corrected_row_is_filled_by_its_new_value_where_all_is_read_at_once():
    model = fit(cell="gru", anchor="last", given={"fill": "linear"})
    fix = pd.DataFrame({"unique_id": ["a"], "ds": [SEEN + 3], "y": [30.0]})
    state, whole = model.observe(new_rows()), corrected(fix)
    whole = whole[whole["unique_id"] == "a"]
    revised = model.revise(fix, state, history=new_rows()).select("a")
    assert_stands_like(model, revised, read_whole(model, whole.assign(y=whole["y"].interpolate())))
    live = model.revise(fix, state, earlier=model.state, history=new_rows()).select("a")
    assert_stands_like(model, live, model.observe(whole.iloc[SEEN:]).select("a"))
    assert GAPS["a"][0] == 20  # in the training part, where fit has filled it
    beside = pd.DataFrame({"unique_id": ["a"], "ds": [21], "y": [30.0]})
    whole = corrected(beside)
    whole = whole[whole["unique_id"] == "a"]
    revised = model.revise(beside, state, history=new_rows()).select("a")
    assert_stands_like(model, revised, read_whole(model, whole.assign(y=whole["y"].interpolate())))
    missing = sum(gap < SEEN for gaps in GAPS.values() for gap in gaps)
    assert model.fitted.card.missing == missing
    again = model.predict(TABLE, h=2)  # in which no row has changed, so that nothing warns
    assert_allclose(again["GRU"], model.predict(h=2)["GRU"], rtol=1e-5)


def test_a_row_that_is_needed_and_not_known_is_named(model):
    state = model.observe(new_rows())
    with pytest.raises(DataError) as error:
        model.revise(FIXES, state)
    assert str(error.value) == (
        "The row of series 'a' for 60 is needed to read on from there, and is not known; give it in history=, or as "
        "earlier= a state that stands between it and the first corrected row."
    )
    short = new_rows()[lambda rows: rows["ds"] != 77]
    with pytest.raises(DataError, match="The row of series 'c' for 77 is needed"):
        model.revise(FIXES, state, history=short)


def test_a_loaded_model_holds_no_rows_of_fit(model, tmp_path):
    model.save(tmp_path / "model")
    loaded = rc.load(tmp_path / "model")
    fix = {"unique_id": "a", "ds": 30, "y": 20.0}
    with pytest.raises(DataError, match="The row of series 'a' for 0 is needed"):
        loaded.revise(fix, loaded.state)
    revised = loaded.revise(fix, loaded.state, history=TABLE)
    assert_allclose(
        revised.network_state.features,
        model.revise(fix, model.state).network_state.features,
        atol=1e-6,
    )


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"unique_id": "a", "ds": SEEN, "y": 1.0}, "for 60 at row 0 .* has not been read yet"),
        ({"unique_id": "a", "ds": -1, "y": 1.0}, "for -1 at row 0 .* lies before the first"),
        ({"unique_id": "z", "ds": 3, "y": 1.0}, "holds no series 'z'"),
        ({"unique_id": "a", "ds": 3, "y": np.inf}, "is infinite at row 0"),
        (
            {"unique_id": ["a", "a"], "ds": [3, 3], "y": [1.0, 2.0]},
            "for 3 at row 1 .* is given twice",
        ),
    ],
)
def test_corrections_that_fit_nothing_are_refused_in_one_sentence(model, rows, message):
    with pytest.raises(DataError, match=message) as error:
        model.revise(rows, model.state)
    assert "\n" not in str(error.value)


def test_no_corrections_and_states_of_other_models(model):
    assert model.revise(TABLE.iloc[:0], model.state) == model.state
    other = model_of("gru").state
    with pytest.raises(ArgumentError, match="belongs to another model"):
        model.revise(FIXES, other)
    with pytest.raises(ArgumentError, match="belongs to another model"):
        model.revise(FIXES, model.state, earlier=other)


def test_an_hour_that_the_clock_shows_twice_is_named_by_its_offset():
    times = pd.date_range("2024-10-25", periods=60, freq="h")
    table = pd.DataFrame({"ds": times, "y": np.arange(60.0) % 7})
    model = fit(table, given={"tz": "Europe/Berlin"}, anchor="last")
    two = pd.Timestamp("2024-10-27 02:00")
    with pytest.raises(DataError, match=r"The clock shows the time at row 0 .* twice"):
        model.revise({"ds": [two], "y": [9.0]}, model.state)
    assert model.revise({"ds": ["2024-10-27 02:00+02:00"], "y": [9.0]}, model.state) != model.state


def test_rows_without_times_can_not_be_revised():
    model = fit(np.arange(60.0) % 7, anchor="last")
    with pytest.raises(DataError, match="Rows are revised by their times"):
        model.revise([1.0], model.state)
