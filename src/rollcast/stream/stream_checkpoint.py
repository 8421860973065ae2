"""Checkpoints: one file that says how far a stream is, at both ends and in between."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rollcast.data.calendar import Frequency
from rollcast.errors import ArtifactError
from rollcast.forecasting.state import State, plain_id
from rollcast.model.fitted import Fitted
from rollcast.storage import container
from rollcast.stream import new_series
from rollcast.stream.endpoints import Place
from rollcast.stream.new_series import NewSeries
from rollcast.stream.stream import Stream
from rollcast.stream.stream_options import LineCounts


@dataclass(frozen=True, kw_only=True, eq=False)
class StreamCheckpoint:
    """How far a stream is.

    Attributes:
        state: of the series.
        newcomers: new series whose rows are held.
        turns: (S,) rows of each series since the stream began.
        counts: what became of the lines.
        lines: read; of a pipe, by the last process that read it.
        source: place in the input file; None where it was a pipe.
        sink: place in the output file; None where it was none.
    """

    state: State
    newcomers: dict[Any, NewSeries]
    turns: list[int]
    counts: LineCounts
    lines: int
    source: Place | None
    sink: Place | None

    @classmethod
    def of(
        cls, stream: Stream, *, lines: int, source: Place | None, sink: Place | None
    ) -> StreamCheckpoint:
        """Where a stream is now."""
        return cls(
            state=stream.table.state(),
            newcomers=stream.newcomers,
            turns=stream.turns,
            counts=stream.counts,
            lines=lines,
            source=source,
            sink=sink,
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it, whole or not at all.

        Raises:
            ArtifactError: the file can't be written.
        """
        state = self.state
        manifest = {
            "lines": self.lines,
            "input": self.source and list(self.source),
            "output": self.sink and list(self.sink),
            "counts": self.counts.to_json(),
            "owner": state.owner,
            "ids": [plain_id(i) for i in state.ids],
            "held": [plain_id(i) for i in self.newcomers],
            "scaling": state.scaling,
            "frequency": state.frequency.to_json(),
            "cells": len(state.network_state.cells),
        }
        arrays = {f"standing/{name}": array for name, array in state.to_arrays().items()}
        held = new_series.to_arrays(self.newcomers)
        arrays |= {f"held/{name}": array for name, array in held.items()}
        arrays["turns"] = np.array(self.turns, np.int64)
        container.write_container(path, manifest, arrays, kind="stream")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> StreamCheckpoint:
        """What :meth:`save` wrote.

        Raises:
            ArtifactError: a file that is truncated, foreign, or of a newer format.
        """
        manifest, arrays = container.read_container(path, kind="stream")
        with container.naming_damage(path, "stream checkpoint", "begin anew with another"):
            return cls._build(manifest, arrays)

    @classmethod
    def _build(cls, manifest: dict[str, Any], arrays: container.Arrays) -> StreamCheckpoint:
        parts: dict[str, container.Arrays] = {"standing": {}, "held": {}}
        for name, array in arrays.items():
            group, _, rest = name.partition("/")
            parts.get(group, {})[rest] = array
        state = State.from_arrays(
            parts["standing"],
            ids=tuple(manifest["ids"]),
            scaling=manifest["scaling"],
            frequency=Frequency.from_json(manifest["frequency"]),
            cells=manifest["cells"],
            owner=str(manifest["owner"]),
        )
        turns = arrays["turns"].tolist()
        if any(len(array) != len(state) for array in [*parts["standing"].values(), turns]):
            raise ValueError("arrays of unequal length")
        return cls(
            state=state,
            newcomers=new_series.from_arrays(manifest["held"], parts["held"]),
            turns=turns,
            counts=LineCounts(**manifest["counts"]),
            lines=int(manifest["lines"]),
            source=manifest["input"] and Place(*manifest["input"]),
            sink=manifest["output"] and Place(*manifest["output"]),
        )

    def check(self, path: object, fitted: Fitted, source: Path | None, sink: Path | None) -> None:
        """Refuse to go on with another model, input or output.

        Args:
            path: of the checkpoint.
            fitted: the model.
            source: the input, if it is a file.
            sink: the output, if it is a file.

        Raises:
            ArtifactError: they don't belong together.
        """
        if self.state.owner != fitted.state.owner:
            raise ArtifactError(
                f"The checkpoint '{path}' belongs to another model, or to this one before it was fitted again; give "
                "that model, or begin anew with another checkpoint."
            )
        for place, given, what in ((self.source, source, "input"), (self.sink, sink, "output")):
            if (place is None) != (given is None):
                before, now = ("a file", "none")[:: 1 if given is None else -1]
                raise ArtifactError(
                    f"The checkpoint '{path}' had {before} as its {what}, and now there is {now}; give it the same "
                    f"{what}, or begin anew with another checkpoint."
                )
            if place is not None and given is not None:
                place.check(given, f"The {what}", path)
