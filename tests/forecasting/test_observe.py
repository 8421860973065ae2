"""Live forecasting: rows that come bit by bit leave a state where reading everything at once does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import rollcast as rc
from livesamples import (
    EACH,
    NEW,
    SEEN,
    TABLE,
    TRAINED,
    WHOLE,
    assert_stands_like,
    fit,
    model_of,
    new_rows,
    read_whole,
    series,
)
from rollcast.data.arrivals import Arrivals
from rollcast.errors import ArgumentError, DataError, NotFittedError, RollcastWarning, TooShortError
from rollcast.forecasting import observe
from rollcast.runtime import programs
from samples import NAN, wavy


@pytest.fixture(scope="module")
def model() -> rc.Forecaster:
    return model_of("lstm")


# Equal to reading everything


@pytest.mark.parametrize("kind", EACH)
def test_rows_one_by_one_leave_the_state_that_reading_everything_leaves(kind):
    model = model_of(kind)
    state = model.state
    rows = new_rows().sort_values("ds", kind="stable")
    for i in range(len(rows)):
        state = model.observe(rows.iloc[i : i + 1], state)
    assert_stands_like(model, state, read_whole(model, pd.concat(WHOLE.values())))
    before = model.predict(h=7)
    assert not before.equals(model.predict(h=7, state=state))


TWELVE = pd.concat([series("a").assign(unique_id=f"series {i:02}") for i in range(12)])


@pytest.fixture(scope="module")
def model_of_twelve() -> rc.Forecaster:
    return fit(TWELVE.groupby("unique_id").head(SEEN))


@pytest.mark.slow
@pytest.mark.parametrize("number", [6, 8, 12])
def test_all_series_but_one_have_a_row(model_of_twelve, number):
    model = model_of_twelve
    known = model.state.select(model.state.ids[:number])
    rows = TWELVE.groupby("unique_id").nth(SEEN).iloc[:number]
    state = model.observe(rows.iloc[1:], known)
    assert state.rows.tolist() == [SEEN] + [SEEN + 1] * (number - 1)
    assert_stands_like(model, model.observe(rows.iloc[:1], state), model.observe(rows, known))


@pytest.mark.parametrize("kind", TRAINED)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_chunks_in_any_interleaving_leave_the_same_state(kind, data):
    model = model_of(kind)
    turns = data.draw(st.permutations("abc" * NEW))
    waiting = {n: WHOLE[n].iloc[SEEN:].itertuples(index=False) for n in "abc"}
    rows = pd.DataFrame([next(waiting[n]) for n in turns])
    cuts = sorted(data.draw(st.sets(st.integers(1, len(rows) - 1), max_size=6)))
    state = model.state
    for first, last in zip([0, *cuts], [*cuts, len(rows)], strict=True):
        state = model.observe(rows.iloc[first:last], state)
    assert_stands_like(model, state, read_whole(model, pd.concat(WHOLE.values())))


@pytest.mark.parametrize("kind", ["lstm", "window level"])
def test_steps_that_are_left_out_are_missing_values(kind):
    model = model_of(kind)
    kept = new_rows("a").dropna()
    assert len(kept) == NEW - 3
    state = model.observe(kept)
    assert_stands_like(model, state.select("a"), read_whole(model, WHOLE["a"]))


def test_a_last_row_that_is_missing_counts(model):
    state = model.observe({"unique_id": "c", "ds": 66, "y": NAN})
    gap = pd.concat([WHOLE["c"].iloc[:SEEN], WHOLE["c"].iloc[[SEEN]].assign(y=NAN)])
    assert_stands_like(model, state.select("c"), read_whole(model, gap))


def test_predict_goes_on_from_a_state_as_from_new_rows(model):
    rows = new_rows("bc")
    there = model.predict(rows, h=5)
    here = model.predict(h=5, state=model.observe(rows).select(["b", "c"]))
    pd.testing.assert_frame_equal(here, there, rtol=1e-5)


def test_predict_array_is_predict_without_a_frame(model):
    state = model.observe(new_rows())
    assert_allclose(
        model.predict_array(state=state).ravel(), model.predict(state=state)["LSTM"], rtol=1e-12
    )
    assert model.predict_array(h=5).shape == (3, 5)
    assert model.predict_array().dtype == np.float64


def test_a_state_is_left_as_it_was(model):
    state = model.state
    held = {name: array.copy() for name, array in state.to_arrays().items()}
    after = model.observe(new_rows(), state)
    assert after != state
    assert after is not state
    for name, array in state.to_arrays().items():
        assert np.array_equal(array, held[name])


# What rows may be


@pytest.fixture(scope="module")
def alone() -> rc.Forecaster:
    frame = WHOLE["a"].iloc[:SEEN].drop(columns="unique_id")
    return fit(frame, anchor="last")


def test_one_series_takes_its_next_values_as_an_array(alone):
    values = WHOLE["a"]["y"].to_numpy()[SEEN:]
    state = alone.observe(values)
    frame = WHOLE["a"].iloc[SEEN:].drop(columns="unique_id")
    assert alone.observe(frame) == state
    assert alone.observe(values.tolist()) == state
    for value in values:
        step = alone.observe([value], state if value is values[0] else None)
        assert len(step) == 1


def test_frames_mappings_and_files_are_read_alike(model, tmp_path):
    rows = new_rows()
    state = model.observe(rows)
    assert model.observe({name: rows[name].to_numpy() for name in rows}) == state
    assert model.observe({name: rows[name].tolist() for name in rows}) == state
    pl = pytest.importorskip("polars")
    assert model.observe(pl.from_dict(rows.to_dict("list"))) == state
    rows.to_csv(tmp_path / "new.csv", index=False)
    assert model.observe(str(tmp_path / "new.csv")) == state


def observe_arrivals(model, arrivals, **options):
    fitted = model.fitted
    return observe.observe(fitted.model, arrivals, fitted.state, fitted.state, **options)


def test_arrivals_need_no_frame(model):
    rows = new_rows()
    arrivals = Arrivals.of(rows["unique_id"], rows["ds"], rows["y"])
    after, skipped = observe_arrivals(model, arrivals)
    assert skipped == 0
    assert after == model.observe(rows)


def test_no_rows_change_nothing(model, alone):
    assert alone.observe([]) == alone.state
    nothing = Arrivals.of([], [], [])
    assert observe_arrivals(model, nothing) == (model.state, 0)
    assert model.observe(new_rows().iloc[:0]) == model.state
    assert model.observe({"unique_id": [], "ds": [], "y": []}) == model.state


def test_rows_of_a_table_without_times_are_the_next_ones():
    values = wavy(SEEN + 3, seed=4)
    model = fit(values[:SEEN], anchor="last")
    state = model.observe(values[SEEN:])
    assert state.nexts.tolist() == [SEEN + 3]
    assert model.observe(pd.DataFrame({"y": values[SEEN:]})) == state
    assert model.predict(state=state)["step"].tolist() == [63, 64, 65]


# Gaps, late rows, new series


def test_a_gap_beyond_the_limit_is_refused_by_series_and_time(model):
    far = {"unique_id": ["b", "a"], "ds": [SEEN + 3, SEEN + 4], "y": [20.0, 21.0]}
    with pytest.raises(DataError) as error:
        model.observe(far)
    assert str(error.value) == (
        "4 rows of series 'a' are missing before 64 at row 1 (counted from 0): 60 is due, and at most 3 in a row may "
        "be missing; pass them, or a larger max_gap=."
    )
    wide = model.observe(far, max_gap=4)
    assert wide.nexts[:2].tolist() == [SEEN + 5, SEEN + 4]
    with pytest.raises(DataError, match="at most 0 in a row"):
        model.observe({"unique_id": "a", "ds": SEEN + 1, "y": 1.0}, max_gap=0)


LATE = pd.DataFrame(
    {
        "unique_id": ["a", "a", "b", "a", "a", "a"],
        "ds": [59, 60, 63, 62, 61, 62],
        "y": [1.0, 21.0, 22.0, 23.0, 24.0, 25.0],
    }
)


def test_late_rows_are_refused_in_one_sentence(model):
    with pytest.raises(DataError) as error:
        model.observe(LATE)
    assert str(error.value) == (
        "The row of series 'a' for 59 at row 0 (counted from 0) is repeated: 60 is due next; leave it out, pass "
        'late="skip", or correct rows that were read by revise().'
    )
    with pytest.raises(DataError, match=r"for 61 at row 3 .* is late: 63 is due next"):
        model.observe(LATE.iloc[1:])


def test_late_rows_are_skipped_and_counted(model):
    with pytest.warns(
        RollcastWarning, match=r"^3 of 6 rows came late or twice and were skipped\.$"
    ):
        state = model.observe(LATE, late="skip")
    kept = LATE.iloc[[1, 2, 3]]
    assert state == model.observe(kept)
    arrivals = Arrivals.of(LATE["unique_id"], LATE["ds"], LATE["y"])
    assert observe_arrivals(model, arrivals, late="skip") == (state, 3)
    only_late = Arrivals.of(["a"], [10], [1.0])
    assert observe_arrivals(model, only_late, late="skip") == (model.state, 1)


def test_series_come_and_go(model):
    fresh = series("d", 20)
    state = model.observe(fresh.iloc[:12], model.state.drop("b"))
    assert state.ids == ("a", "c", "d")
    expected = model.predict(fresh.iloc[:12], h=4)["LSTM"]
    assert_allclose(model.predict_array(h=4, state=state)[2], expected, rtol=1e-5)
    state = model.observe(pd.concat([fresh.iloc[12:], new_rows("a")]), state)
    assert state.nexts.tolist() == [72, 66, 29]
    # A series that comes again is read from its first row, with the scaling that it was fitted with.
    back = model.observe(WHOLE["b"], state)
    assert_stands_like(model, back.select("b"), read_whole(model, WHOLE["b"]))


def test_a_state_without_series_is_a_state(model):
    nothing = model.state.drop(list("abc"))
    assert len(nothing) == 0
    assert len(model.predict(h=2, state=nothing)) == 0
    again = model.observe(WHOLE["c"], nothing)
    assert_stands_like(model, again, read_whole(model, WHOLE["c"]))


def test_a_new_series_needs_rows(model):
    with pytest.raises(TooShortError, match=r"'e' is too short.*has 2 rows.*the first 5;"):
        model.observe(series("e", 2))


def test_a_new_series_needs_values(model):
    with pytest.raises(DataError, match="All values of the new series 'e' are missing"):
        model.observe(series("e", 8).assign(y=NAN))


def test_columns_of_a_mapping_are_taken_by_position_and_one_value_is_for_all(model):
    rows = new_rows("c")
    state = model.observe(rows)
    loose = {"unique_id": "c", "ds": rows["ds"].set_axis(rows.index + 7), "y": rows["y"]}
    assert model.observe(loose) == state
    alone = {"unique_id": np.array("c"), "ds": np.int64(66), "y": np.array(30.0)}
    assert model.observe(alone) == model.observe({"unique_id": ["c"], "ds": [66], "y": [30.0]})


# Refusals


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"unique_id": "a", "ds": 60, "y": np.inf}, "'y' of series 'a' is infinite at row 0"),
        ({"unique_id": "a", "ds": 60, "y": "much"}, "'y' of series 'a' holds the text 'much'"),
        ({"unique_id": "a", "ds": None, "y": 1.0}, "'ds' has no time at row 0"),
        ({"unique_id": None, "ds": 60, "y": 1.0}, "'unique_id' has no identifier at row 0"),
        ({"unique_id": "a", "ds": 60}, "'y', which the model was trained on, is not in"),
        ({"unique_id": "a", "ds": "2024-05-01", "y": 1.0}, "holds timestamps, but the model"),
        ({"unique_id": ["a"], "ds": [60, 61], "y": [1.0]}, "columns of unequal length"),
        ([1.0, 2.0], "an array can't tell 3 series apart"),
        (7, "must be a path"),
    ],
)
def test_rows_that_can_not_be_read_are_refused_in_one_sentence(model, rows, message):
    with pytest.raises(rc.RollcastError, match=message) as error:
        model.observe(rows)
    assert "\n" not in str(error.value)


def test_values_of_one_series_are_numbers_in_one_row(alone):
    with pytest.raises(DataError, match=r"is infinite at row 1"):
        alone.observe([1.0, np.inf])
    with pytest.raises(DataError, match="one-dimensional"):
        alone.observe([[1.0], [2.0]])
    with pytest.raises(DataError, match="must hold numbers"):
        alone.observe(["much"])


def test_values_without_a_logarithm_are_refused():
    with pytest.raises(
        DataError, match="Row 1 of series 'a', at 60, holds -1, and the model takes the log"
    ):
        model_of("log").observe({"unique_id": "a", "ds": 60, "y": -1.0})


def test_options_and_states_are_checked(model):
    row = {"unique_id": "a", "ds": 60, "y": 1.0}
    with pytest.raises(ArgumentError, match="`late` must be one of 'error', 'skip'; got 'drop'"):
        model.observe(row, late="drop")  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="`max_gap` must be a whole number of at least 0"):
        model.observe(row, max_gap=-1)
    with pytest.raises(ArgumentError, match="`data` and `state` can't both be given"):
        model.predict(TABLE, state=model.state)
    with pytest.raises(ArgumentError, match=r"by its name: predict\(state=state\)"):
        model.predict(model.state)
    other = model_of("window level").state
    for call in (
        lambda: model.observe(row, other),
        lambda: model.predict(state=other),
        lambda: model.predict_array(state=other),
    ):
        with pytest.raises(ArgumentError, match="belongs to another model"):
            call()
    with pytest.raises(ArgumentError, match=r"`state` must be what observe.*got dict"):
        model.observe(row, {})  # type: ignore[arg-type]
    with pytest.raises(NotFittedError):
        rc.Forecaster().observe(row)


# Clocks


def clock_model(begin: str, periods: int, freq: str, tz: str | None, **given: Any) -> Any:
    times = pd.date_range(begin, periods=periods, freq=freq, tz=given.pop("zone", None))
    frame = pd.DataFrame({"ds": times, "y": wavy(periods)})
    return fit(frame, given={"tz": tz} | given, anchor="last"), times


def rows_at(times: Any) -> pd.DataFrame:
    return pd.DataFrame({"ds": times, "y": wavy(len(times), seed=1)})


@pytest.mark.parametrize("local", [False, True])
def test_hours_pass_through_both_changes_of_the_clock(local):
    zone = None if local else "Europe/Berlin"
    for begin in ("2024-10-24 08:00", "2024-03-28 08:00"):
        model, times = clock_model(begin, 56, "h", "Europe/Berlin" if local else None, zone=zone)
        last = times[-1] if zone else times[-1].tz_localize("Europe/Berlin")
        instants = pd.date_range(last, periods=37, freq="h")[1:]
        rows = rows_at(instants.tz_localize(None) if local else instants)
        state = model.state
        for i in range(len(rows)):
            state = model.observe(rows.iloc[i : i + 1], state)
        assert state.nexts[0] == (instants[-1] + pd.Timedelta("1h")).value
        at_once = model.observe(rows)
        assert at_once.nexts.tolist() == state.nexts.tolist()
        assert_allclose(
            at_once.network_state.features, state.network_state.features, rtol=1e-5, atol=1e-6
        )
        frame = model.predict(h=2, state=state)
        expected = instants[-1] + pd.to_timedelta([1, 2], "h")
        assert frame["ds"].tolist() == (expected.tz_localize(None) if local else expected).tolist()


def test_an_hour_that_the_clock_shows_again_after_a_lost_row_is_the_second_one():
    model, times = clock_model("2024-10-24 19:00", 56, "h", "Europe/Berlin")
    assert str(times[-1]) == "2024-10-27 02:00:00"
    two, three = pd.Timestamp("2024-10-27 02:00"), pd.Timestamp("2024-10-27 03:00")
    state = model.observe({"ds": [two], "y": [20.0]})  # the second two o'clock
    assert state.rows.tolist() == [57]
    with pytest.raises(DataError, match=r"for 2024-10-27 02:00\+0200 .* is late|is repeated"):
        model.observe({"ds": [two], "y": [20.0]}, state)
    assert model.observe({"ds": [three], "y": [20.0]}, state).rows.tolist() == [58]


def test_days_whose_midnight_the_clock_skips_shift_no_later_day():
    """In Cairo the clock went from midnight to one o'clock on 26 April 2024."""
    model, _ = clock_model("2024-02-27", 58, "D", None, zone="Africa/Cairo")
    days = pd.date_range("2024-04-25", periods=6)
    later = days.tz_localize("Africa/Cairo", nonexistent="shift_forward")
    state = model.state
    assert later[1].hour == 1
    for time in later:
        state = model.observe({"ds": [time], "y": [20.0]}, state)
    assert model.predict(h=2, state=state)["ds"].dt.hour.tolist() == [0, 0]
    on_the_day = model.observe({"ds": [later[0]], "y": [20.0]})
    assert model.predict(h=3, state=on_the_day)["ds"].dt.hour.tolist() == [1, 0, 0]


@pytest.mark.parametrize("freq", ["MS", "ME", "B", "W-SUN", "QE-DEC"])
def test_calendars_go_on_and_name_what_is_due(freq):
    model, times = clock_model("2000-01-01", 50, freq, None)
    following = pd.date_range(times[-1], periods=4, freq=freq)[1:]
    state = model.observe(rows_at(following))
    assert (
        model.predict(h=1, state=state)["ds"][0]
        == pd.date_range(times[-1], periods=5, freq=freq)[-1]
    )
    with pytest.raises(
        DataError, match=f"{following[-1] + pd.Timedelta('36h'):%Y-%m-%d %H:%M} .*no whole"
    ):
        model.observe(rows_at([following[-1] + pd.Timedelta("36h")]), state)
    with pytest.raises(DataError, match=f"1 row is missing.*{following[0]:%Y-%m-%d} is due"):
        model.observe(rows_at(following[1:2]), max_gap=0)


# Filling


@pytest.mark.parametrize("fill", ["zero", "ffill"])
def test_missing_values_are_filled_as_in_fit(fill):
    frame = WHOLE["a"]
    model = fit(frame.iloc[:SEEN], given={"fill": fill}, anchor="last")
    state = model.observe(frame.iloc[SEEN : SEEN + 2])
    state = model.observe(frame.iloc[SEEN + 2 :].dropna(), state)
    assert_stands_like(model, state, read_whole(model, frame))


def test_missing_values_are_refused_where_fit_refused_them():
    model = fit(WHOLE["c"].iloc[:SEEN], given={"fill": "error"}, anchor="last")
    with pytest.raises(DataError, match=r"There is no value of series 'c' at 66, .*fill=.error"):
        model.observe(WHOLE["c"].iloc[SEEN + 1 :])


def test_rows_of_one_time_are_joined_as_in_fit():
    twice = pd.concat([WHOLE["c"], WHOLE["c"]])
    model = fit(twice[twice["ds"] < 66], given={"duplicates": "sum"}, anchor="last")
    state = model.observe(twice[twice["ds"] >= 66].sort_values("ds"))
    assert_stands_like(model, state, read_whole(model, twice))


# Cost


def test_series_that_come_and_go_compile_nothing_new(model):
    names = [f"n{i}" for i in range(7)]
    fresh = pd.concat([series("d", 6).assign(unique_id=n) for n in names])
    state = model.observe(fresh)
    due = int(state.nexts[-1])

    def turn(chosen: list[str]) -> None:
        part = state.select(chosen)
        rows = {"unique_id": chosen, "ds": [due] * len(chosen), "y": [20.0] * len(chosen)}
        model.predict_array(h=3, state=model.observe(rows, part))

    for count in (1, 2, 3, 4, 6, 8):
        turn(names[:count])
    before = programs.compile_seconds()
    for count in (5, 7, 3, 1, 6, 2, 4):
        turn(names[-count:])
    assert programs.compile_seconds() == before


@pytest.mark.parametrize(
    "kind", ["lstm", "log", "window level", pytest.param("esn", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("value", [1e308, 3.4e38, 1e60])
def test_a_value_that_32_bits_can_not_hold_is_refused_and_the_state_stays(kind, value):
    model = model_of(kind)
    before = model.predict_array(h=3)
    state = model.state
    if kind == "log" and value < 1e100:  # its logarithm is a number like others
        assert np.isfinite(model.state.select("a").network_state.memory.values).all()
        return
    with pytest.raises(DataError, match=r"^Column 'y' of series 'a' holds .* at row 0"):
        model.observe({"unique_id": ["a"], "ds": [SEEN], "y": [value]})
    assert model.state == state
    assert (model.predict_array(h=3) == before).all()
