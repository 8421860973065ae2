"""Checkpoints: every run of a fit in one file, so that an interrupted fit goes on to the same result."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rollcast.errors import ArgumentError, ArtifactError
from rollcast.networks.network import Weights
from rollcast.storage import container
from rollcast.training.run import Epoch, Run
from rollcast.training.stopping import Stop, StopReason
from rollcast.training.task import Position, Sums, Validation

EVERY_S = 2.0
"""Seconds between two writes at least, but for the last."""


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
            self._runs = self._load(path)

    def get(self, name: str) -> Run | None:
        """The run of that name, finished or not; None where there is none yet."""
        return self._runs.get(name)

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
        manifest: dict[str, Any] = {"fingerprint": self._fingerprint, "runs": {}}
        arrays: dict[str, np.ndarray] = {}
        for name, run in self._runs.items():
            manifest["runs"][name] = _describe(run)
            arrays |= {f"{name}/{key}": value for key, value in _arrays(run).items()}
        container.write_container(self._path, manifest, arrays, kind="checkpoint")
        self._written = time.monotonic()

    def _load(self, path: str | Path) -> dict[str, Run]:
        manifest, arrays = container.read_container(path, kind="checkpoint")
        if manifest["fingerprint"] != self._fingerprint:
            raise ArtifactError(
                f"The checkpoint '{path}' belongs to other data or options; fit with those, or start without resume."
            )
        return {
            name: _restore(
                values,
                {
                    k.removeprefix(f"{name}/"): a
                    for k, a in arrays.items()
                    if k.startswith(f"{name}/")
                },
            )
            for name, values in manifest["runs"].items()
        }


def _describe(run: Run) -> dict[str, Any]:
    return {
        "batch": run.batch,
        "best_epoch": run.best_epoch,
        # An interrupted run goes on when it is resumed.
        "stop": None if run.stop is None or run.interrupted else list(run.stop),
        "warnings": list(run.warnings),
        "sizes": [len(leaves) for leaves in _groups(run)],
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


def _restore(values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Run:
    trainable, fixed, optimizer, states, best, best_fixed = (
        [arrays[f"{g}/{i}"] for i in range(size)] for g, size in enumerate(values["sizes"])
    )
    return Run(
        position=Position(Weights(trainable, fixed), optimizer, tuple(states)),
        epochs=tuple(
            Epoch(loss, rmse, mae, Validation(*validation), output_deviation, seconds)
            for loss, rmse, mae, *validation, output_deviation, seconds in arrays["epochs"].tolist()
        ),
        batch=values["batch"],
        sums=Sums(*arrays["sums"].tolist()),
        best=Weights(best, best_fixed),
        best_epoch=values["best_epoch"],
        best_value=float(arrays["best_value"]),
        stop=_restore_stop(values),
        warnings=tuple(values["warnings"]),
    )


def _restore_stop(values: Mapping[str, Any]) -> Stop | None:
    if "stop" in values:
        return (
            None
            if values["stop"] is None
            else Stop(StopReason(values["stop"][0]), values["stop"][1])
        )
    sentence = str(values["stopped"])  # older files hold the sentence alone
    begins = {
        "all ": StopReason.ALL_EPOCHS,
        "no better": StopReason.NO_BETTER,
        "loss ": StopReason.NOT_FINITE,
        "a callback": StopReason.CALLBACK,
    }
    found = [reason for begin, reason in begins.items() if sentence.startswith(begin)]
    return Stop(found[0], sentence) if found else None


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
