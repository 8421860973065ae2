"""A fuzzer of the files: whatever is in one, opening it ends in an ArtifactError or in something that works.

``python tests/fuzz/fuzz_files.py --count 100000`` tries so many mutations of each kind; ``--seed`` brings one of them
back.
"""

from __future__ import annotations

import argparse
import collections
import io
import json
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from mutations import mutate

import rollcast as rc
from rollcast.errors import ArtifactError, RollcastError
from rollcast.forecasting.state import State
from rollcast.model import artifact
from rollcast.model.artifact_fields import SavedModel, read_model
from rollcast.storage.container import read_container
from rollcast.stream.lines import Line
from rollcast.stream.stream import Stream
from rollcast.stream.stream_checkpoint import StreamCheckpoint
from rollcast.stream.stream_options import StreamOptions
from rollcast.training.checkpoint import have_same_form, read_runs
from rollcast.training.run import Run

GOLDEN = Path(__file__).parents[1] / "golden"
SLOW_S = 60.0
"""Seconds that no file may take; to compile a program of other sizes takes some where others compute too."""

STEP = 10_000
"""Mutations from one line of the output to the next."""

MEMORY = 12 << 30
"""Bytes of addresses that the process may have; compiled programs take some of them."""


class FaultError(Exception):
    """A file was opened that gives nonsense, and nothing was said."""


@dataclass
class Kind:
    """One kind of file.

    Attributes:
        names: of the golden files that are mutated.
        open: opens one, and uses what is in it.
    """

    names: tuple[str, ...]
    open: Callable[[io.BytesIO], object]
    files: list[bytes] = field(default_factory=list)

    def base(self, random: Random) -> bytes:
        """One of the files."""
        if not self.files:
            self.files = [(GOLDEN / name).read_bytes() for name in self.names]
        return random.choice(self.files)


@lru_cache(maxsize=1)
def shops() -> rc.Forecaster:
    """The model that the golden state and stream belong to."""
    return rc.load(GOLDEN / "v1-gru-shops.rollcast")


built: dict[Any, Any] = {}
"""Networks by the options that shape them, since to build one takes a hundred times as long as to open a file."""

build_network = artifact.build_network

SHAPING = (
    "cell",
    "hidden_size",
    "num_layers",
    "dropout",
    "reading",
    "bidirectional",
    "go_backwards",
    "activation",
    "head",
    "spectral_radius",
    "leak_rate",
    "seed",
)


def build_once(config: Any, *, output_size: int) -> Any:
    """Keras models of that shape, whose weights are about to be replaced."""
    key = (output_size, *(getattr(config, name) for name in SHAPING))
    if key not in built:
        built[key] = build_network(config, output_size=output_size)
    return built[key]


def open_model(source: io.BytesIO) -> None:
    """Read a model, and forecast with it where the forecasts may be other ones."""
    saved = read_model(source)
    if saved.own:
        return
    key = _what_forecasts_depend_on(saved)
    if key not in seen:
        seen.add(key)
        _forecast(artifact.build_model(source, saved))


def _what_forecasts_depend_on(saved: SavedModel) -> Any:
    arrays = [*saved.weights.trainable, *saved.weights.fixed, *saved.state.to_arrays().values()]
    config = {
        name: value
        for name, value in saved.config.to_json().items()
        if name
        not in ("loss", "optimizer", "learning_rate", "batch_size", "patience", "max_epochs")
    }
    named = (repr(config), saved.name, saved.sizes, saved.schema, saved.state.ids)
    return hash((repr(named), saved.state.frequency, *(a.tobytes() for a in arrays)))


seen: set[int] = set()


def _forecast(fitted: Any, state: State | None = None) -> None:
    current = fitted.state if state is None else state
    h = min(fitted.model.h, 5)
    made = fitted.model.forecast(current, h)
    if not np.isfinite(made).all() and _is_moderate(fitted, current):
        raise FaultError("forecasts that are no numbers, and nothing was said")


def _is_moderate(fitted: Any, state: State) -> bool:
    """Whether no number is so large that arithmetic with it must overflow."""
    arrays = [
        *fitted.model.weights.trainable,
        *fitted.model.weights.fixed,
        *state.to_arrays().values(),
    ]
    arrays = [np.asarray(a) for a in arrays]
    small = state.preparation.anchor_error.min() > 1e-6
    return small and all((np.abs(a) < 100).all() for a in arrays if a.dtype.kind == "f")


def open_state(source: io.BytesIO) -> None:
    """Read a state, and go on from it."""
    state, fitted = State.read(source), shops().fitted
    fitted.model.check_state(state, fitted.state)
    _forecast(fitted, state)
    repr(state)


def open_checkpoint(source: io.BytesIO) -> None:
    """Read the checkpoint of a fit, whose run has to have the shapes of the network's own."""
    for run in read_runs(source, _golden_fit()[0]).values():
        have_same_form(run, _golden_fit()[1])


@lru_cache(maxsize=1)
def _golden_fit() -> tuple[str, Run]:
    path = GOLDEN / "v1-fit.checkpoint"
    fingerprint = read_container(path, kind="checkpoint")[0]["fingerprint"]
    return fingerprint, read_runs(path, fingerprint)["fit"]


def open_stream(source: io.BytesIO) -> None:
    """Read the checkpoint of a stream, and take one row of it."""
    found, fitted = StreamCheckpoint.read(source), shops().fitted
    found.check("checkpoint", fitted, None, None)
    stream = Stream(
        fitted,
        StreamOptions.of(fitted),
        lambda *_: None,
        state=found.state,
        newcomers=found.newcomers,
        turns=found.turns,
        counts=found.counts,
        repeats=True,
    )
    row = json.dumps({"shop": "north", "day": "2024-03-11", "sales": 20.0}).encode()
    stream.take([Line(row, len(row) + 1)], 1)


OLD = "old "
"""Before the kinds of files from before there were sections."""

MODELS = ("lstm", "gru-shops", "window", "esn", "rnn-ridge")

KINDS = {
    "model": Kind(tuple(f"v2-{name}.rollcast" for name in MODELS), open_model),
    "old model": Kind(tuple(f"v1-{name}.rollcast" for name in MODELS), open_model),
    "state": Kind(("v2-shops.state",), open_state),
    "old state": Kind(("v1-shops.state",), open_state),
    "checkpoint": Kind(("v2-fit.checkpoint",), open_checkpoint),
    "old checkpoint": Kind(("v1-fit.checkpoint",), open_checkpoint),
    "stream": Kind(("v2-stream.checkpoint",), open_stream),
    "old stream": Kind(("v1-stream.checkpoint",), open_stream),
}


def attempt(name: str, seed: int) -> str:
    """Open one mutation; how it ended.

    Args:
        name: of a kind.
        seed: of the mutation.

    Raises:
        FaultError: it ended in neither an error of ours nor something that works.
    """
    random = Random(f"{name.removeprefix(OLD)} {seed}")
    kind = KINDS[name]
    source = io.BytesIO(mutate(kind.base(random), random))
    began = time.perf_counter()
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            kind.open(source)
        ended = "opened"
    except ArtifactError as error:
        if "\n" in str(error):
            raise FaultError(f"an error in several lines: {error}") from error
        ended = "refused"
    except RollcastError:
        ended = "refused when used"
    took = time.perf_counter() - began
    if took > SLOW_S:
        raise FaultError(f"it took {took:.1f} s")
    return ended


def try_many(name: str, seeds: range) -> tuple[collections.Counter[str], list[int]]:
    """Open many mutations of a kind; how they ended, and the seeds of those that ended in a fault."""
    ends: collections.Counter[str] = collections.Counter()
    faults: list[int] = []
    for seed in seeds:
        try:
            ends[attempt(name, seed)] += 1
        except Exception:
            faults.append(seed)
            if len(faults) <= 10:
                sys.stderr.write(f"{name} {seed}\n{traceback.format_exc(limit=-4)}\n")
    return ends, faults


def main() -> int:
    """Try many mutations of each kind, and count how they ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="mutations of each kind")
    parser.add_argument("--seed", type=int, default=0, help="of the first one")
    parser.add_argument("--kind", choices=KINDS, action="append")
    given = parser.parse_args()
    import resource  # which Windows lacks, and pytest doesn't need

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    artifact.build_network = build_once
    bad = 0
    for name in given.kind or KINDS:
        ends: collections.Counter[str] = collections.Counter()
        last = given.seed + given.count
        for first in range(given.seed, last, STEP):
            some, faults = try_many(name, range(first, min(first + STEP, last)))
            ends += some
            bad += len(faults)
            told = ", ".join(f"{count:,} {end}" for end, count in sorted(ends.items()))
            print(f"{name}: {told}; faults of these seeds: {faults or 'none'}", flush=True)
    return int(bad > 0)


if __name__ == "__main__":
    raise SystemExit(main())
