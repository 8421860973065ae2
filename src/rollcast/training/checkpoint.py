"""Checkpoints: every run of a fit in one file, so that an interrupted fit goes on to the same result."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final, TypedDict

import numpy as np

from rollcast.errors import ArgumentError, ArtifactError
from rollcast.networks.network import Weights
from rollcast.storage import container
from rollcast.storage.array_fields import ArrayFields, ArrayForm
from rollcast.storage.fields import Count
from rollcast.storage.sections import SectionForm, pack_sections, read_sections
from rollcast.storage.writing import as_path
from rollcast.training.checkpoint_before_sections import part_checkpoint
from rollcast.training.run import Epoch, Run
from rollcast.training.stopping import Stop, StopReason
from rollcast.training.task import Position, Sums, Validation

EVERY_S = 2.0
"""Seconds between two writes at least, but for the last."""


class RunFields(TypedDict):
    """What a file holds of a run beside its arrays."""

    batch: Count
    best_epoch: Count
    stop: tuple[StopReason, str] | None
    warnings: list[str]
    sizes: tuple[Count, Count, Count, Count, Count, Count]


class CheckpointFields(TypedDict):
    """Whose runs these are, and what is to be said of each beside its arrays."""

    fingerprint: str
    runs: dict[str, RunFields]


FIT: Final = SectionForm("fit", 1, CheckpointFields)
"""The runs of a fit; the arrays of each stand under its name."""

_WEIGHTS: Final = ArrayForm("", (), numbers="any")  # a run that failed is a run too
_EPOCHS: Final = ArrayForm("f8", ("E", 8), numbers="any")
_SUMS: Final = ArrayForm("f8", (5,), numbers="any")
_BEST: Final = ArrayForm("f8", (), numbers="any")


class FitCheckpoint:
    """The runs of one fit by name, kept in a file where one is given.

    Args:
        path: the checkpoint file; None keeps nothing.
        fingerprint: of data and options; a file of another fit is refused.
        resume: go on from the file.

    Raises:
        ArgumentError: ``resume`` without a path.
        ArtifactError: the file is missing, damaged, or of another fit.
    """

    def __init__(self, path: str | Path | None, fingerprint: str, *, resume: bool = False) -> None:
        self._path, self._fingerprint = path, fingerprint
        self._runs: dict[str, Run] = {}
        self._written = time.monotonic()
        if resume and path is None:
            raise ArgumentError(
                "`resume` needs the checkpoint file to go on from; pass checkpoint=."
            )
        if resume and path is not None:
            self._runs = read_runs(as_path(path), fingerprint)

    @property
    def is_kept(self) -> bool:
        """Whether there is a file."""
        return self._path is not None

    def get(self, name: str, start: Run | None = None) -> Run | None:
        """The run of that name, finished or not; None where there is none yet.

        Args:
            name: of the run.
            start: the same run before its first update, whose arrays tell the shapes.

        Raises:
            ArtifactError: the run in the file has others.
        """
        run = self._runs.get(name)
        if run is not None and start is not None and not have_same_form(run, start):
            raise ArtifactError(
                f"'{self._path}' is a damaged Rollcast checkpoint (the arrays of {name!r} are not those of this "
                "network); start without resume."
            )
        return run

    def keep(self, name: str, run: Run) -> None:
        """Remember a run; written at most every two seconds, and whenever one ends."""
        self._runs[name] = run
        if self._path is None:
            return
        if run.stop or time.monotonic() - self._written >= EVERY_S:
            self.write()

    def write(self) -> None:
        """Write the file, whole or not at all."""
        if self._path is None:
            return
        runs = {name: _describe(run) for name, run in self._runs.items()}
        arrays = {
            f"{name}/{key}": value
            for name, run in self._runs.items()
            for key, value in _arrays(run).items()
        }
        section = FIT.holding({"fingerprint": self._fingerprint, "runs": runs}, arrays)
        container.write_container(self._path, *pack_sections([section]), kind="checkpoint")
        self._written = time.monotonic()


def read_runs(source: container.Source, fingerprint: str) -> dict[str, Run]:
    """The runs of a checkpoint by name.

    Args:
        source: the file.
        fingerprint: of data and options.

    Raises:
        ArtifactError: the file is missing, damaged, or of another fit.
    """
    with container.naming_damage(source, "checkpoint", "start without resume"):
        found = read_sections(source, (FIT,), kind="checkpoint", before=part_checkpoint)
        fields, _, arrays = found.take(FIT)
        runs = {
            name: _restore(run, arrays.within(f"{name}/")) for name, run in fields["runs"].items()
        }
    if fields["fingerprint"] != fingerprint:
        raise ArtifactError(
            f"The checkpoint {container.called(source)} belongs to other data or options; fit with those, or start "
            "without resume."
        )
    return runs


def _describe(run: Run) -> RunFields:
    trainable, fixed, optimizer, states, best, best_fixed = map(len, _groups(run))
    return {
        "batch": run.batch,
        "best_epoch": run.best_epoch,
        # An interrupted run goes on when it is resumed.
        "stop": None if run.interrupted else run.stop,
        "warnings": list(run.warnings),
        "sizes": (trainable, fixed, optimizer, states, best, best_fixed),
    }


def _arrays(run: Run) -> dict[str, np.ndarray]:
    arrays = {
        f"{g}/{i}": np.asarray(leaf)
        for g, leaves in enumerate(_groups(run))
        for i, leaf in enumerate(leaves)
    }
    epochs = [
        (e.loss, e.rmse, e.mae, *e.validation, e.output_deviation, e.seconds) for e in run.epochs
    ]
    return arrays | {
        "epochs": np.array(epochs, np.float64).reshape(-1, 8),
        "sums": np.array(run.sums, np.float64),
        "best_value": np.array(run.best_value, np.float64),
    }


def _restore(values: RunFields, arrays: ArrayFields) -> Run:
    trainable, fixed, optimizer, states, best, best_fixed = (
        arrays.take_all(str(g), size, _WEIGHTS) for g, size in enumerate(values["sizes"])
    )
    epochs = arrays.take("epochs", _EPOCHS)
    if values["best_epoch"] > len(epochs):
        raise ValueError(f"`best_epoch` must be at most {len(epochs)}; got {values['best_epoch']}")
    return Run(
        position=Position(Weights(trainable, fixed), optimizer, tuple(states)),
        epochs=tuple(
            Epoch(loss, rmse, mae, Validation(*validation), output_deviation, seconds)
            for loss, rmse, mae, *validation, output_deviation, seconds in epochs.tolist()
        ),
        batch=values["batch"],
        sums=Sums(*arrays.take("sums", _SUMS).tolist()),
        best=Weights(best, best_fixed),
        best_epoch=values["best_epoch"],
        best_value=float(arrays.take("best_value", _BEST)),
        stop=values["stop"] and Stop(*values["stop"]),
        warnings=tuple(values["warnings"]),
    )


def _groups(run: Run) -> tuple[list[Any], ...]:
    at = run.position
    return (
        at.weights.trainable,
        at.weights.fixed,
        at.optimizer,
        list(at.states),
        run.best.trainable,
        run.best.fixed,
    )


def have_same_form(run: Run, other: Run) -> bool:
    """Whether two runs are of one network and optimizer: their arrays have the same shapes and types."""
    forms = [
        [[(np.shape(a), np.dtype(a.dtype)) for a in leaves] for leaves in _groups(each)]
        for each in (run, other)
    ]
    return forms[0] == forms[1]
