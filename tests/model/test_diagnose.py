"""The whole diagnosis of small trained models."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import rollcast as rc
from rollcast.errors import ArgumentError, NotFittedError, RollcastWarning, TooShortError
from rollcast.forecasting import rolling_origins
from samples import wavy

TINY: dict[str, Any] = {
    "hidden_size": 4,
    "h": 6,
    "input_size": 12,
    "output_size": 2,
    "max_epochs": 2,
    "readout": "gradient",
    "log": False,
    "anchor": "last",
}
VALUES = wavy(140, gaps=(20, 125))


def table(values: Any = VALUES, name: str | None = None) -> pd.DataFrame:
    frame = pd.DataFrame({"ds": np.arange(len(values)), "y": values})
    return frame if name is None else frame.assign(unique_id=name)


def fit(data: pd.DataFrame, *, final_fit: bool = True, **options: Any) -> rc.Forecaster:
    model = rc.Forecaster(**TINY | options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RollcastWarning)
        model.fit(data, val_size=15, test_size=20, progress="quiet", final_fit=final_fit, unit="kg")
    return model


@pytest.fixture(scope="module")
def model() -> rc.Forecaster:
    return fit(table(VALUES[:100]), readout="auto")


def test_its_errors_are_those_of_an_evaluation(model):
    found, scores = rc.diagnose(model, table()), model.evaluate(table())
    assert (found.h, found.origins, found.unit, found.name) == (6, scores.origins, "kg", "LSTM")
    assert_allclose(found.free.mae, scores.model.mae_by_step, rtol=1e-6)
    assert_allclose(found.free.overall, (scores.model.rmse, scores.model.mae), rtol=1e-6)
    assert_allclose(found.naive.mae, scores["naive"].mae_by_step, rtol=1e-6)
    assert_allclose(found.one_step.mae[0], scores.model.one_step_mae, rtol=1e-5)
    assert_allclose(found.one_step.rmse[0], scores.model.one_step_rmse, rtol=1e-5)


def next_value(model: rc.Forecaster, frame: pd.DataFrame) -> float:
    """The forecast after all rows of a frame; a blank last row is observed as missing, and not forecast."""
    fitted = model.fitted
    known = int(frame["y"].notna().to_numpy().nonzero()[0][-1]) + 1
    state = fitted.state_after(fitted.read_table(frame.iloc[:known]))
    if known < len(frame):
        state = model.observe(frame.iloc[known:], state)
    return float(model.predict_array(h=1, state=state)[0, 0])


def test_one_step_forecasts_have_read_all_rows_before_theirs(model):
    found = rc.diagnose(model, table(), origins=3)
    frame = table()
    newest = 139 - 6 - np.arange(2, -1, -1) * 12  # a stride of 12 rows, and the last whole horizon
    errors = np.array(
        [
            [next_value(model, frame.iloc[: row + k + 1]) - VALUES[row + k + 1] for k in range(6)]
            for row in newest
        ]
    )
    assert found.origins == 3
    assert_allclose(found.one_step.mae, np.nanmean(np.abs(errors), axis=0), rtol=1e-4)


def test_rows_are_read_in_blocks_of_any_size_alike(model, monkeypatch):
    whole = rc.diagnose(model, table())
    monkeypatch.setattr(rolling_origins, "MOST_STATES", 7)
    assert_allclose(rc.diagnose(model, table()).one_step.mae, whole.one_step.mae, rtol=1e-4)


def test_without_a_table_it_judges_the_test_part_and_says_that_it_was_seen(model):
    found = rc.diagnose(model)
    assert found.seen
    assert found.origins == 15  # of 20 rows, each with a whole horizon
    assert "The weights have seen these rows" in found.notes[0]
    unseen = fit(table(VALUES[:100]), final_fit=False)
    fresh = rc.diagnose(unseen)
    assert not fresh.seen
    assert fresh.notes == ()
    assert_allclose(fresh.free.mae, unseen.evaluate().model.mae_by_step, rtol=1e-5)


@pytest.mark.slow
def test_of_the_pretrained_network_as_it_is_no_row_was_seen_in_training():
    model = rc.Forecaster(h=6, train=False)
    model.fit(table(), progress="quiet")
    found = rc.diagnose(model, h=12)
    assert not found.seen
    assert (
        "The pretrained network was judged by errors over 6 steps; if 12 matter" in found.notes[-2]
    )
    assert found.notes[-1].startswith("The network emits 96 steps at once, so over 12 nothing")
    told = [note for note in found.notes if note.startswith("The remedies name options of")]
    assert len(told) == bool(found.findings)


def test_a_horizon_without_feedback_is_told(model):
    found = rc.diagnose(model, table(), h=2)
    assert found.h == 2
    assert found.notes[0].startswith("The network emits 2 steps at once, so over 2 nothing is fed")
    assert rc.diagnose(model, table(), h=6).notes == ()


def test_a_horizon_longer_than_that_of_fit_is_told(model):
    assert rc.diagnose(model, table(), h=20).notes == (
        "The epoch was chosen by errors over 6 steps; if 20 matter, fit with `h` = 20.",
    )


def test_the_excerpt_is_a_typical_loop_behind_one_horizon(model):
    excerpt = rc.diagnose(model, table()).excerpt
    assert excerpt is not None
    assert (len(excerpt.tail), len(excerpt.forecast), excerpt.value_name) == (6, 6, "y")
    assert "the median error of" in excerpt.title


@pytest.mark.slow
def test_several_series_and_new_ones_are_diagnosed_together():
    both = pd.concat([table(wavy(100), "a"), table(1000 * wavy(100, seed=1), "b")])
    model = fit(both)
    longer = pd.concat([table(wavy(130), "a"), table(wavy(80, seed=2), "new")])
    found = rc.diagnose(model, longer)
    assert found.series == 2
    assert_allclose(found.free.mae, model.evaluate(longer).model.mae_by_step, rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("options", [{"reading": "window", "input_size": 8}, {"cell": "gru"}])
def test_other_networks_are_diagnosed_too(options):
    model = fit(table(VALUES[:100]), **options)
    found = rc.diagnose(model, table(), h=9)
    assert np.isfinite(found.free.rmse).all()
    assert_allclose(found.free.mae[0], found.one_step.mae[0], rtol=1e-5)


def test_a_network_that_learned_nothing_copies_the_last_value(model):
    body = model.network.model
    kept = body.get_weights()
    body.set_weights([np.zeros_like(w) for w in kept])
    try:
        vars(model.fitted.model).pop("weights", None)  # they were read once
        found = rc.diagnose(model, table())
    finally:
        body.set_weights(kept)
        vars(model.fitted.model).pop("weights", None)
    assert [finding.name for finding in found.findings] == ["copy of the last value"]
    assert_array_equal(np.round(found.free.mae, 4), np.round(found.naive.mae, 4))


def test_a_model_without_its_data_asks_for_a_table(model, tmp_path):
    path = tmp_path / "m.rollcast"
    model.save(path)
    with pytest.raises(NotFittedError, match="holds no rows of the data it was fitted on; pass"):
        rc.diagnose(rc.load(path))
    model.save(path, with_data=True)
    saved, ours = rc.diagnose(rc.load(path)), rc.diagnose(model)
    assert_allclose(saved.free.mae, ours.free.mae, rtol=1e-6)


def test_what_can_not_be_diagnosed_is_refused(model):
    with pytest.raises(NotFittedError, match="has not been fitted yet"):
        rc.diagnose(rc.Forecaster())
    with pytest.raises(ArgumentError, match="`h` must be a whole number of at least 1; got 0"):
        rc.diagnose(model, h=0)
    with pytest.raises(ArgumentError, match="`origins` must be a whole number of at least 1"):
        rc.diagnose(model, origins=1.5)  # pyright: ignore[reportArgumentType]
    with pytest.raises(TooShortError, match="The test part has 20 rows, fewer than `h` = 21"):
        rc.diagnose(model, h=21)
    with pytest.raises(TooShortError, match="There is nothing to judge: no series has 6 rows"):
        rc.diagnose(model, table(VALUES[:100]))


def test_the_figure_shows_both_errors_and_the_loop(model):
    found = rc.diagnose(model, table())
    figure = found.plot()
    left, right = figure.axes
    legend = left.get_legend()
    assert legend is not None
    assert [t.get_text() for t in legend.get_texts()] == ["free-running", "one step ahead", "naive"]
    assert (left.get_xlabel(), left.get_ylabel()) == ("steps ahead", "RMSE (kg)")
    assert left.get_title(loc="left") == "LSTM: error by step ahead"
    assert_array_equal(left.get_lines()[0].get_ydata(), found.free.rmse)
    assert_array_equal(left.get_lines()[1].get_ydata(), found.one_step.rmse)
    assert right.get_ylabel() == "y (kg)"
    assert found.plot(metric="mae").axes[0].get_ylabel() == "MAE (kg)"
    assert replace(found, excerpt=None).plot().axes[1].axison is False
    with pytest.raises(ArgumentError, match="`metric` must be one of 'rmse', 'mae'; got 'mse'"):
        found.plot(metric="mse")
