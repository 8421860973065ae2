"""Newer rows for a fitted model: when its weights are replaced, what moves on either way, and what is refused."""

from __future__ import annotations

import copy
import json
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import rollcast as rc
from rollcast.cli.app import run_command
from rollcast.data.panel import Panel
from rollcast.errors import ArgumentError, DataError, RollcastWarning, TooShortError
from rollcast.fitting.going_on import newest_cut
from rollcast.fitting.pretrained_fit import PretrainedTrial, Tuned
from rollcast.model.update import beside
from rollcast.networks.network import Weights
from rollcast.networks.pretrained_network import unpack_weights
from rollcast.networks.pretrained_weights import load_pretrained
from rollcast.training.start_kind import StartKind
from samples import panel_of

H, SEEN, NEW = 3, 60, 72


def waves(names: str, first: int, last: int) -> pd.DataFrame:
    """Rows of noisy sine waves of eight rows."""
    parts: list[pd.DataFrame] = []
    for name in names:
        random = np.random.default_rng(ord(name))
        values = (
            50 + 10 * np.sin(np.arange(SEEN + NEW) * np.pi / 4) + random.normal(size=SEEN + NEW)
        )
        times = np.arange(first, last)
        parts.append(pd.DataFrame({"unique_id": name, "ds": times, "y": values[first:last]}))
    return pd.concat(parts)


@pytest.fixture(scope="module")
def fitted() -> rc.Forecaster:
    """The pretrained network as it is."""
    model = rc.Forecaster(h=H, train=False, log=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RollcastWarning)
        model.fit(waves("abc", 0, SEEN), progress="quiet")
    return model


def dulled(weights: Weights) -> Weights:
    """Weights that forecast badly."""
    return Weights([np.asarray(one) * np.float32(0.3) for one in weights.trainable], [])


def with_weights(model: rc.Forecaster, weights: Weights) -> rc.Forecaster:
    """The same model by other weights."""
    other, known = copy.copy(model), model.fitted
    network: Any = known.model.network
    network = replace(network, held=unpack_weights(weights))
    other._fitted = replace(known, model=replace(known.model, network=network))
    return other


def train_to(weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have fine-tuning end with these weights, in no time."""
    monkeypatch.setattr(PretrainedTrial, "tune", lambda *_: Tuned(weights, (1.0,), 10))


@pytest.mark.slow
def test_weights_that_are_better_on_the_newest_rows_are_taken(fitted, monkeypatch):
    good = load_pretrained().weights
    model = with_weights(fitted, dulled(good))
    train_to(good, monkeypatch)
    found = model.update(waves("dab", SEEN, SEEN + NEW))
    assert (found.taken, found.word, found.windows) == (True, "updated", 12)
    assert found.effect < -0.1
    assert found.p_value < 0.05
    assert "lower (12 separate windows): the weights are updated." in str(found)
    assert model.history.start is StartKind.FINE_TUNED
    assert model.history.notes[-1].startswith("Updated with newer rows.")
    for mine, theirs in zip(
        model.fitted.model.network.weights.trainable, good.trainable, strict=True
    ):
        assert_array_equal(mine, theirs)
    assert model.state.ids == ("a", "b", "c", "d")
    assert model.state.nexts.tolist() == [SEEN + NEW, SEEN + NEW, SEEN, SEEN + NEW]
    assert model.fitted.card.rows == 3 * SEEN + 3 * NEW
    made = model.predict(h=H).set_index("unique_id").loc["a", "Rollcast"]
    afresh = rc.forecast(waves("a", 0, SEEN + NEW), h=H, log=False)["Rollcast"]
    assert_allclose(made, afresh, rtol=1e-4)


def test_weights_that_are_no_better_stay_and_the_state_moves_on(fitted, monkeypatch, tmp_path):
    model, before = with_weights(fitted, load_pretrained().weights), fitted.state
    train_to(dulled(load_pretrained().weights), monkeypatch)
    found = model.update(waves("abcd", SEEN, SEEN + NEW))
    assert (found.taken, found.word, found.rows) == (False, "kept", 4 * NEW)
    assert "the weights stay as they were" in str(found)
    assert found.calibrated
    assert fitted.coverage.levels
    with pytest.raises(ArgumentError, match="an update has calibrated its intervals anew"):
        _ = model.coverage
    assert "calibrated anew (what they hold has not been measured since)" in str(found)
    assert model.state.owner == before.owner
    assert model.state.nexts.tolist() == [SEEN + NEW] * 4
    assert model.history.start is StartKind.ZERO_SHOT
    assert fitted.state is before
    model.save(tmp_path / "x.rollcast")
    assert rc.load(tmp_path / "x.rollcast").predict().equals(model.predict())
    assert set(model.predict(fallback=True)["Rollcast-by"]) == {"Rollcast"}


def test_the_command_replaces_the_file_and_its_exit_code_says_what_was_kept(
    fitted, monkeypatch, tmp_path, capsys
):
    path, rows = tmp_path / "x.rollcast", tmp_path / "rows.csv"
    fitted.save(path, with_data=True)
    waves("abc", SEEN, SEEN + NEW).to_csv(rows, index=False)
    train_to(dulled(load_pretrained().weights), monkeypatch)
    assert run_command(["update", str(path), str(rows), "-o", str(path), "--json"]) == 6
    told = json.loads(capsys.readouterr().out)
    assert (told["outcome"], told["taken"], told["rows"]) == ("kept", False, 3 * NEW)
    loaded = rc.load(path)
    assert loaded.state.nexts.tolist() == [SEEN + NEW] * 3
    assert loaded.fitted.tail is not None
    train_to(load_pretrained().weights, monkeypatch)
    before = path.read_bytes()
    assert run_command(["update", str(path), str(rows), "-o", str(path)]) == 3
    assert "no series has 3 new rows" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_a_model_without_its_data_asks_for_the_history(fitted, tmp_path):
    fitted.save(tmp_path / "bare.rollcast")
    with pytest.raises(DataError, match="The history of series 'a' is not known"):
        rc.load(tmp_path / "bare.rollcast").update(waves("abc", SEEN, SEEN + NEW))


def test_rows_that_are_too_few_and_other_networks_are_refused(fitted):
    with pytest.raises(TooShortError, match=r"no series has 3 new rows .*: the most are 2"):
        fitted.update(waves("abc", 0, SEEN + 2))
    other = rc.Forecaster(h=H, cell="esn", hidden_size=4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RollcastWarning)
        other.fit(waves("a", 0, SEEN), progress="quiet")
    with pytest.raises(
        ArgumentError, match="this ESN was trained from random weights; fit it again"
    ):
        other.update(waves("a", SEEN, SEEN + NEW))


def test_the_second_half_of_the_new_rows_judges_from_one_horizon_to_twelve():
    offsets = np.array([0, 100, 200, 300, 400])
    split = newest_cut(offsets, np.array([98, 196, 280, 301]), h=3)
    assert (split.val_ends - split.train_ends).tolist() == [0, 3, 10, 36]
    assert split.test_ends.tolist() == offsets[1:].tolist()


def test_panels_stand_side_by_side_with_weights_that_one_of_them_lacks():
    one, two = panel_of([1.0, 2.0], ids="a"), panel_of([3.0], [4.0, 5.0], ids="bc")
    joined = beside([one, replace(two, weights=np.array([0.0, 2.0, 3.0]))])
    assert isinstance(joined, Panel)
    assert joined.target.tolist() == [1, 2, 3, 4, 5]
    assert joined.offsets.tolist() == [0, 2, 3, 5]
    assert joined.ids == ("a", "b", "c")
    assert joined.weights is not None
    assert joined.weights.tolist() == [1, 1, 0, 2, 3]
