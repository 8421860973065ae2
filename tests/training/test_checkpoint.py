from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from tasks import linear, make_task, run_epochs, trainable

from rollcast.errors import ArgumentError, ArtifactError
from rollcast.storage import container
from rollcast.training import checkpoint, training_loop
from rollcast.training.checkpoint import FitCheckpoint
from rollcast.training.run import Run
from rollcast.training.task import Task, Validation
from rollcast.training.training_loop import Interrupt

EPOCHS = 3


def task() -> Task:
    """With dropout, moments of Adam and a validation that looks at the weights."""

    def validate(weights):
        size = float(np.abs(np.asarray(weights.trainable[0])).sum())
        return Validation(size, size, size)

    return make_task(linear(dropout=0.3), "adam", validate=validate)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(training_loop, "FIRST_BLOCK", 2)
    monkeypatch.setattr(training_loop, "BLOCK_SECONDS", 1e-9)
    monkeypatch.setattr(checkpoint, "EVERY_S", 0.0)


@pytest.fixture(scope="module")
def whole() -> Run:
    return run_epochs(task(), EPOCHS)


def assert_same(run: Run, other: Run) -> None:
    for one, two in zip(trainable(run), trainable(other), strict=True):
        assert_array_equal(one, two)
    for one, two in zip(run.position.optimizer, other.position.optimizer, strict=True):
        assert_array_equal(one, two)
    for one, two in zip(run.best.trainable, other.best.trainable, strict=True):
        assert_array_equal(one, two)
    assert [replace(e, seconds=0) for e in run.epochs] == [
        replace(e, seconds=0) for e in other.epochs
    ]
    assert (run.best_epoch, run.best_value, run.stop, run.warnings) == (
        other.best_epoch,
        other.best_value,
        other.stop,
        other.warnings,
    )


@pytest.mark.bits
@pytest.mark.parametrize("blocks", [1, 3, 6, 7, 8, 15, 20])
def test_a_resumed_run_ends_with_the_bits_of_an_uninterrupted_one(
    tmp_path: Path, whole: Run, blocks: int
):
    """Six blocks make an epoch at first, later seven; some of these cuts lie at an epoch's end."""
    journal, interrupt, count = FitCheckpoint(tmp_path / "way.back", "same"), Interrupt(), 0

    def keep(run: Run) -> None:
        nonlocal count
        count += 1
        interrupt.pressed = count >= blocks
        journal.keep("fit", run)

    stopped = run_epochs(task(), EPOCHS, keep=keep, interrupt=interrupt)
    assert stopped.interrupted
    resumed = FitCheckpoint(tmp_path / "way.back", "same", resume=True)
    run = resumed.get("fit")
    assert run is not None
    assert run.stop is None
    assert_same(run_epochs(task(), EPOCHS, run), whole)


def test_a_finished_run_is_kept_as_finished(tmp_path: Path, whole: Run):
    journal = FitCheckpoint(tmp_path / "way.back", "same")
    journal.keep("try-0", whole)
    journal.keep("fit", replace(whole, warnings=("A loss rose.",), best_value=float("inf")))
    again = FitCheckpoint(tmp_path / "way.back", "same", resume=True)
    kept = again.get("try-0")
    assert kept is not None
    assert_same(kept, whole)
    other = again.get("fit")
    assert other is not None
    assert other.warnings == ("A loss rose.",)
    assert other.best_value == float("inf")
    assert again.get("final") is None


def test_it_is_written_now_and_then_and_whenever_a_run_ends(
    tmp_path: Path, whole: Run, monkeypatch
):
    monkeypatch.setattr(checkpoint, "EVERY_S", 1e9)
    path = tmp_path / "way.back"
    journal = FitCheckpoint(path, "same")
    journal.keep("fit", replace(whole, stop=None))
    assert not path.exists()
    journal.keep("fit", whole)
    assert path.exists()


def test_without_a_file_runs_are_remembered_and_nothing_is_written(tmp_path: Path, whole: Run):
    journal = FitCheckpoint(None, "same")
    journal.keep("fit", whole)
    journal.write()
    assert journal.get("fit") is whole
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_of_other_data_is_refused_in_a_sentence(tmp_path: Path, whole: Run):
    path = tmp_path / "way.back"
    FitCheckpoint(path, "these").keep("fit", whole)
    with pytest.raises(ArtifactError) as caught:
        FitCheckpoint(path, "those", resume=True)
    assert str(caught.value) == (
        f"The checkpoint '{path}' belongs to other data or options; fit with those, or start "
        "without resume."
    )


def test_resuming_needs_a_file_that_is_a_checkpoint(tmp_path: Path):
    with pytest.raises(
        ArgumentError, match=r"`resume` needs the checkpoint file .* pass checkpoint="
    ):
        FitCheckpoint(None, "same", resume=True)
    with pytest.raises(ArtifactError, match="There is no checkpoint file"):
        FitCheckpoint(tmp_path / "none", "same", resume=True)
    container.write_container(tmp_path / "model", {}, {}, kind="model")
    with pytest.raises(ArtifactError, match="holds a model, not a checkpoint"):
        FitCheckpoint(tmp_path / "model", "same", resume=True)


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.pop("fingerprint"),
        lambda c: c.update(runs="x"),
        lambda c: c["runs"]["fit"].update(sizes=[99] * 6),
        lambda c: c["runs"]["fit"].update(sizes=[1]),
        lambda c: c["runs"]["fit"].update(sizes=[2**62] * 6),
        lambda c: c["runs"]["fit"].pop("warnings"),
        lambda c: c["runs"]["fit"].pop("stop"),
        lambda c: c["runs"]["fit"].update(stop=["tired", "of it"]),
        lambda c: c["runs"]["fit"].update(best_epoch=99),
        lambda c: c["runs"]["fit"].update(batch=-1),
        lambda c: c["runs"].update(other=c["runs"]["fit"]),
    ],
)
def test_damaged_fields_are_told_in_a_sentence(tmp_path: Path, whole: Run, change):
    path = tmp_path / "way.back"
    FitCheckpoint(path, "same").keep("fit", whole)
    content, arrays = container.read_container(path, kind="checkpoint")
    change(content["sections"]["fit"]["fields"])
    container.write_container(path, content, arrays, kind="checkpoint")
    with pytest.raises(ArtifactError, match=r"is a damaged Rollcast checkpoint .*; start without"):
        FitCheckpoint(path, "same", resume=True)


@pytest.mark.parametrize("name", ["fit/fit/0/0", "fit/fit/2/1", "fit/fit/4/0"])
def test_arrays_of_another_network_are_told_before_they_are_trained(
    tmp_path: Path, whole: Run, name: str
):
    path = tmp_path / "way.back"
    FitCheckpoint(path, "same").keep("fit", whole)
    content, arrays = container.read_container(path, kind="checkpoint")
    arrays[name] = arrays[name][..., None]
    container.write_container(path, content, arrays, kind="checkpoint")
    resumed = FitCheckpoint(path, "same", resume=True)
    with pytest.raises(ArtifactError, match="the arrays of 'fit' are not those of this network"):
        resumed.get("fit", whole)
    assert resumed.get("final", whole) is None


def test_a_file_in_the_form_before_sections_that_no_release_wrote_is_refused_in_a_sentence(
    tmp_path: Path,
):
    """The first format, which one did write, is opened: its golden file is."""
    path = tmp_path / "way.back"
    container.write_container(path, {"fingerprint": "same", "runs": {}}, {}, kind="checkpoint")
    with pytest.raises(ArtifactError) as caught:
        FitCheckpoint(path, "same", resume=True)
    assert str(caught.value) == (
        f"'{path}' is a damaged Rollcast checkpoint (`content.written_by` is missing); start without resume."
    )
