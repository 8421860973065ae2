"""A value <= 0 turns the logarithm off for its series, from the fit to the live row."""

from __future__ import annotations

import json
import re
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import rollcast as rc
from rollcast.errors import DataError, RollcastWarning
from rollcast.forecasting.unseen_rows import find_unseen
from rollcast.preprocessing import ring
from rollcast.stream.lines import Line
from rollcast.stream.state_table import StateTable
from rollcast.stream.stream import Stream
from rollcast.stream.stream_options import StreamOptions
from samples import panel_of, rolling, wavy

TINY: dict[str, Any] = {"cell": "esn", "hidden_size": 8, "h": 4, "anchor": "last"}


def growing(number: int, length: int = 120) -> Any:
    """A series that grows by a share of itself, which the logarithm makes a line."""
    noise = 0.002 * (wavy(length, seed=number % 7) - 20 - 5 * (number % 7))
    return (3 + number) * np.exp(np.arange(length) / 20 + noise)


def table(series: dict[str, Any]) -> pd.DataFrame:
    frames = [
        pd.DataFrame({"id": name, "n": np.arange(len(values)), "y": values})
        for name, values in series.items()
    ]
    return pd.concat(frames, ignore_index=True)


def fit(series: dict[str, Any], **options: Any) -> rc.Forecaster:
    model = rc.Forecaster(**TINY | options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RollcastWarning)
        model.fit(table(series), progress="quiet")
    return model


FIFTY = {f"s{number}": growing(number) for number in range(50)}
ZERO = growing(1)
ZERO[60] = 0.0


@pytest.fixture(scope="module")
def fifty_one() -> rc.Forecaster:
    return fit(FIFTY | {"zero": ZERO})


def logs_of(state: rc.State) -> dict[Any, bool]:
    return dict(zip(state.ids, state.preparation.scaler.log.tolist(), strict=True))


def test_one_zero_takes_the_logarithm_from_its_own_series_only(fifty_one):
    alone = fit(FIFTY)
    assert all(logs_of(alone.state).values())
    assert re.search(r", log[ ,]", alone.history.defaults)
    assert "log for" not in alone.history.defaults
    assert logs_of(fifty_one.state) == dict.fromkeys(FIFTY, True) | {"zero": False}
    assert ", log for 50 of 51 series (the others hold values <= 0)" in fifty_one.history.defaults
    for name in ("shift", "scale"):
        both = (getattr(m.state.preparation.scaler, name)[:50] for m in (alone, fifty_one))
        assert_array_equal(*both)
    assert len(fifty_one.predict()) == 51 * 4


def test_a_logarithm_that_was_asked_for_refuses_it_and_names_the_fix():
    with pytest.raises(DataError) as caught:
        fit({"s1": FIFTY["s1"], "zero": ZERO}, log=True)
    assert str(caught.value) == (
        "`log=True` needs values > 0; got 0 in row 61 of series 'zero': "
        'fit with log="auto", which leaves the logarithm off for such a series.'
    )


def test_new_series_take_it_by_their_own_values(fifty_one):
    new = table({"up": growing(3), "down": growing(3) - 9})
    state = fifty_one.observe(new)
    assert logs_of(state.select(["up", "down"])) == {"up": True, "down": False}
    forecast = fifty_one.predict(new)["ESN"].to_numpy()
    assert_allclose(fifty_one.predict_array(state=state.select(["up", "down"])).ravel(), forecast)
    assert np.isfinite(forecast).all()


def test_a_later_value_tells_nothing_of_how_a_new_series_is_read(fifty_one):
    """Where it is judged: the forecasts before it are the same, and it is read as a missing one."""
    plain, spoiled, blank = growing(3), growing(3), growing(3)
    spoiled[-20], blank[-20] = -1.0, np.nan
    fitted, made = fifty_one.fitted, []
    for values in (plain, spoiled, blank):
        panel = panel_of(values, ids=["late"])
        unseen = find_unseen(fitted.model, fitted.state, panel, None, h=4)
        assert unseen.state.preparation.scaler.log.tolist() == [True]
        made.append(unseen.forecast_at(fitted.model, rolling([len(values) // 2], 1, 50), 4))
    before = len(plain) - 20 - len(plain) // 2
    assert_array_equal(made[0][: before - 1], made[1][: before - 1])
    assert_array_equal(made[1], made[2])
    sentence = (
        r"1 value <= 0 of new series, the first of series 'late' at 100, is judged but read as missing: by the rows "
        "before those that are judged, logarithms are taken"
    )
    for judge in (fifty_one.evaluate, lambda rows: rc.diagnose(fifty_one, rows)):
        with pytest.warns(RollcastWarning, match=sentence):
            judge(table({"late": spoiled}))


def test_a_live_value_without_a_logarithm_is_refused_where_one_is_taken(fifty_one):
    before = fifty_one.state
    row = pd.DataFrame({"id": ["s1", "zero"], "n": [120, 120], "y": [1.0, -1.0]})
    with pytest.warns(RollcastWarning, match="-1 of series 'zero'"):
        after = fifty_one.observe(row)
    held = after.network_state
    newest = ring.newest(held.memory.values, held.rows, 1)[[1, 50]].astype(float)
    assert_allclose(after.preparation.scaler.inverse(newest, np.array([1, 50])), [1, -1], rtol=1e-5)
    with pytest.raises(DataError) as caught:
        fifty_one.observe(row.assign(y=[0.0, 1.0]))
    assert str(caught.value) == (
        "Row 1 of series 's1', at 120, holds 0, and the model takes the logarithm of that series: correct the value "
        'or leave it empty; or fit again with it and log="auto", or with log=False; of a series that is newer than '
        "the fit, all rows may also be observed anew: observe(rows, state.drop(series))."
    )
    assert fifty_one.state is before


def test_a_new_series_that_comes_to_0_is_read_anew_without_a_logarithm(fifty_one):
    values = np.append(growing(3), 0.0)
    rows = table({"young": values})
    state = fifty_one.observe(rows[:-1])
    assert logs_of(state)["young"]
    with pytest.raises(DataError, match="observed anew"):
        fifty_one.observe(rows[-1:], state)
    anew = fifty_one.observe(rows, state.drop("young"))
    assert not logs_of(anew)["young"]
    assert_allclose(
        fifty_one.predict_array(state=anew.select("young")).ravel(), fifty_one.predict(rows)["ESN"]
    )


def test_a_saved_model_and_state_keep_it(fifty_one, tmp_path):
    fifty_one.save(tmp_path / "model")
    loaded = rc.load(tmp_path / "model")
    assert loaded.state == fifty_one.state
    assert_array_equal(loaded.predict_array(), fifty_one.predict_array())
    new = table({"up": growing(3), "down": growing(3) - 9})
    assert logs_of(loaded.observe(new)) == logs_of(fifty_one.observe(new))
    fifty_one.state.select(["zero", "s1"]).save(tmp_path / "state")
    assert logs_of(rc.State.load(tmp_path / "state")) == {"zero": False, "s1": True}


def test_a_stream_reads_each_series_by_its_own(fifty_one):
    state = fifty_one.state.select(["zero", "s1"])
    stream = StateTable(fifty_one.fitted.model, state, 4)
    stream.join(fifty_one.observe(table({"down": growing(3) - 9})).select("down"))
    assert [stream.takes_log(place) for place in range(3)] == [False, True, False]
    assert logs_of(stream.state()) == {"zero": False, "s1": True, "down": False}
    stream.read([0, 1], [-1.0, 5.0])
    held = stream.state().network_state
    newest = ring.newest(held.memory.values, held.rows, 1)[:2].astype(float)
    made = stream.state().preparation.scaler.inverse(newest, np.arange(2))
    assert_allclose(made, [-1, 5], rtol=1e-5)


def test_lines_of_a_stream_are_refused_where_a_logarithm_is_taken(fifty_one):
    told: list[str] = []
    options = StreamOptions.of(fifty_one.fitted)
    stream = Stream(fifty_one.fitted, options, lambda kind, sentence: told.append(sentence))
    lines = [Line(json.dumps({"id": n, "n": 120, "y": -1.0}).encode(), 1) for n in ("s1", "zero")]
    answers, _ = stream.take(lines, 1)
    assert [json.loads(answer)["id"] for answer in answers] == ["zero"]
    assert told == [
        "Line 1 was skipped: its 'y' must be > 0, for the model takes the logarithm of its series; got -1: correct it "
        "or leave it empty, or fit with log=False."
    ]


def test_a_zero_of_the_test_part_takes_it_away_only_once_that_is_judged(caplog):
    """Nothing that is judged may know that it comes."""
    late = growing(1)
    late[110] = 0.0
    few = {name: FIFTY[name] for name in ("s0", "s2", "s3")}
    final = fit(few | {"late": late})
    assert logs_of(final.state) == dict.fromkeys(few, True) | {"late": False}
    assert np.isfinite(final.predict_array(h=9)).all()
    row = pd.DataFrame({"id": ["late"], "n": [120], "y": [0.0]})
    assert np.isfinite(final.predict_array(state=final.observe(row))).all()

    judged = rc.Forecaster(**TINY)
    with caplog.at_level("INFO", "rollcast"):
        judged.fit(table(few | {"late": late}), final_fit=False, progress="quiet")
    assert logs_of(judged.state) == dict.fromkeys(few, True) | {"late": True}
    assert (
        "1 value <= 0 of the test part is read as missing: before it logarithms are taken, and there was no final fit."
    ) in caplog.text
    gap = late.copy()
    gap[110] = np.nan
    without = rc.Forecaster(**TINY)
    without.fit(table(few | {"late": gap}), final_fit=False, progress="quiet")
    assert_array_equal(judged.predict_array(h=9), without.predict_array(h=9))
    assert judged.scores.model.mase > without.scores.model.mase  # for the zero is judged
