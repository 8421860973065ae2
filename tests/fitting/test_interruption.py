"""Ctrl-C at any moment of a fit, and going on from the checkpoint."""

import json
import os
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import rollcast as rc
from rollcast.errors import ArgumentError, NotFittedError
from rollcast.fitting import trials
from rollcast.storage.container import read_container
from rollcast.training import checkpoint
from rollcast.training.stopping import StopReason
from rollcast.training.training_loop import Interrupt

GOLDEN = Path(__file__).parents[1] / "golden"
TINY = {"hidden_size": 4, "max_epochs": 12, "h": 6, "seed": 2, "readout": "gradient"}


@pytest.fixture(scope="module")
def whole():
    model = rc.Forecaster(**TINY)
    model.fit(rc.datasets.airline(), progress="quiet")
    return model


@pytest.fixture(scope="module")
def one_candidate():
    """A fit for what comes after fits, which no choice has part in."""
    model = rc.Forecaster(**TINY | {"max_epochs": 2, "log": False, "anchor": "last"})
    model.fit(rc.datasets.airline(), progress="quiet")
    return model


def press_in(monkeypatch, stage: str, blocks: int) -> None:
    """Ctrl-C after a stage's run was kept so many times: once for each block, once for each epoch."""
    seen: list[Interrupt] = []
    watch, keep, count = Interrupt.watch, checkpoint.FitCheckpoint.keep, iter(range(1, 10_000))

    def remember(self):
        seen.append(self)
        return watch(self)

    def press(self, name, run):
        keep(self, name, run)
        if name == stage and next(count) == blocks:
            seen[-1].pressed = True

    monkeypatch.setattr(Interrupt, "watch", remember)
    monkeypatch.setattr(checkpoint.FitCheckpoint, "keep", press)


@pytest.mark.bits
@pytest.mark.parametrize(
    ("stage", "blocks"),
    [
        ("try-0", 1),
        ("try-0", 4),
        ("try-1", 2),
        ("try-3", 5),
        ("fit", 2),
        ("final", 1),
        ("final", 3),
    ],
)
def test_a_fit_that_is_resumed_ends_as_without_a_break(stage, blocks, whole, tmp_path, monkeypatch):
    way_back = tmp_path / "way-back"
    with monkeypatch.context() as patch:
        press_in(patch, stage, blocks)
        broken = rc.Forecaster(**TINY)
        history = broken.fit(rc.datasets.airline(), progress="quiet", checkpoint=way_back)
    assert history.stopped.startswith("interrupted in epoch")
    assert not broken.fitted.card.refitted
    assert np.isfinite(broken.predict()["LSTM"]).all()
    resumed = rc.Forecaster(**TINY)
    resumed.fit(rc.datasets.airline(), progress="quiet", checkpoint=way_back, resume=True)
    assert resumed.history.loss == whole.history.loss
    assert (resumed.fitted.model.log, resumed.fitted.model.lag) == (
        whole.fitted.model.log,
        whole.fitted.model.lag,
    )
    assert resumed.predict(h=12).equals(whole.predict(h=12))


@pytest.mark.slow
def test_an_interruption_of_the_final_fit_is_told_and_leaves_the_judged_weights(
    whole, tmp_path, monkeypatch
):
    assert whole.fitted.card.refitted
    press_in(monkeypatch, "final", 1)
    model = rc.Forecaster(**TINY)
    history = model.fit(rc.datasets.airline(), progress="quiet")
    assert history.stopped.endswith("of the final fit")
    assert history.scores == whole.history.scores


def test_the_excerpt_is_there_after_fit_and_is_never_saved(one_candidate, tmp_path):
    assert len(one_candidate.excerpt.forecast) == 6
    assert one_candidate.excerpt.value_name == "y"
    one_candidate.save(tmp_path / "model", with_data=True)
    loaded = rc.load(tmp_path / "model")
    with pytest.raises(NotFittedError, match="only right after fit"):
        _ = loaded.excerpt
    tail = loaded.plot(h=3).axes[0].lines[0].get_ydata()
    np.testing.assert_array_equal(tail, rc.datasets.airline()["y"].tail(9))


def test_pictures_show_the_baseline_that_the_verdict_names(one_candidate):
    best = one_candidate.scores.best_baseline
    assert best.name == one_candidate.scores.opponent
    assert one_candidate.excerpt.baseline_name == best.name
    assert drawn(one_candidate.plot(h=3)) == ["actual", best.name, "LSTM"]
    months = pd.date_range("1961-01-01", periods=3, freq="MS")
    newer = pd.DataFrame({"unique_id": "airline", "ds": months, "y": [450.0, 420.0, 460.0]})
    assert drawn(one_candidate.plot(newer, h=3)) == ["actual", "naive", "LSTM"]


def drawn(figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_golden_checkpoint_of_a_fit_opens_and_its_run_goes_on(version):
    expected = json.loads((GOLDEN / "v1-fit.json").read_text(encoding="utf-8"))
    manifest, _ = read_container(GOLDEN / "v1-fit.checkpoint", kind="checkpoint")
    path = GOLDEN / f"{version}-fit.checkpoint"
    kept = checkpoint.FitCheckpoint(path, manifest["fingerprint"], resume=True)
    run = kept.get("fit")
    assert run is not None
    assert run.stop is None  # it was interrupted, and goes on
    assert_allclose([e.loss for e in run.epochs], expected["loss"][: len(run.epochs)])
    assert len(run.epochs) == expected["epochs"]
    assert run.batch > 0


def test_old_checkpoints_say_why_a_run_ended_in_a_sentence():
    from rollcast.training.checkpoint_before_sections import read_stop

    for sentence, reason in (
        ("", None),
        ("all 12 epochs done", StopReason.ALL_EPOCHS),
        ("no better validation error for 3 epochs after 7", StopReason.NO_BETTER),
        ("loss nan in epoch 2", StopReason.NOT_FINITE),
        ("a callback stopped training after epoch 4", StopReason.CALLBACK),
    ):
        stop = read_stop({"stopped": sentence})
        assert stop == (None if reason is None else (reason, sentence))


@pytest.mark.parametrize("options", [{"cell": "esn", "hidden_size": 8}, {"max_epochs": 0}])
def test_ctrl_c_ends_a_fit_that_only_solves_its_readout(options, monkeypatch):
    solved: list[int] = []
    solve = trials.Judged.solve

    def press(self, *, required):
        solved.append(1)
        os.kill(os.getpid(), signal.SIGINT)
        return solve(self, required=required)

    monkeypatch.setattr(trials.Judged, "solve", press)
    model = rc.Forecaster(**{**TINY, "readout": "auto", "log": "auto"} | options)
    history = model.fit(rc.datasets.airline(), progress="quiet")
    assert history.stopped == "interrupted while the readout was solved"
    assert history.stop_reason is StopReason.INTERRUPTED
    assert len(solved) == 1  # no other candidate was tried
    assert not model.fitted.card.refitted
    assert np.isfinite(model.predict_array()).all()


@pytest.mark.parametrize(
    ("options", "what"),
    [({"cell": "esn"}, '`cell="esn"`'), ({"max_epochs": 0, "readout": "auto"}, "`max_epochs` = 0")],
)
def test_callbacks_are_refused_where_nothing_is_trained(options, what):
    from rollcast.runtime.backend import load_keras

    model = rc.Forecaster(**{**TINY, "readout": "auto"} | options)
    with pytest.raises(ArgumentError) as caught:
        model.fit(rc.datasets.airline(), callbacks=[load_keras().callbacks.Callback()])
    assert str(caught.value) == (
        f"`callbacks` are called at epochs, and {what} trains none; leave them out."
    )
