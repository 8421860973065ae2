"""Checkpoints: one file that says how far a stream is, at both ends and in between."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rollcast import container
from rollcast.calendar import Frequency
from rollcast.errors import ArtifactError
from rollcast.fitted import Fitted
from rollcast.standing import Standing, plain_id
from rollcast.streaming import newcomers
from rollcast.streaming.ends import Place
from rollcast.streaming.newcomers import Newcomer
from rollcast.streaming.stream import Stream
from rollcast.streaming.terms import Counts


@dataclass(frozen=True, kw_only=True, eq=False)
class Checkpoint:
    """How far a stream is.

    Attributes:
        standing: where the series stand.
        newcomers: new series whose rows are held.
        turns: (S,) rows of each series since the stream began.
        counts: what became of the lines.
        lines: read; of a pipe, by the last process that read it.
        source: place in the input file; None where it was a pipe.
        sink: place in the output file; None where it was none.
    """

    standing: Standing
    newcomers: dict[Any, Newcomer]
    turns: list[int]
    counts: Counts
    lines: int
    source: Place | None
    sink: Place | None

    @classmethod
    def of(
        cls, stream: Stream, *, lines: int, source: Place | None, sink: Place | None
    ) -> Checkpoint:
        """Where a stream is now."""
        return cls(
            standing=stream.book.standing(),
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
        standing = self.standing
        manifest = {
            "lines": self.lines,
            "input": self.source and list(self.source),
            "output": self.sink and list(self.sink),
            "counts": self.counts.to_json(),
            "owner": standing.owner,
            "ids": [plain_id(i) for i in standing.ids],
            "held": [plain_id(i) for i in self.newcomers],
            "scaling": standing.scaling,
            "frequency": standing.frequency.to_json(),
            "cells": len(standing.state.cells),
        }
        arrays = {f"standing/{name}": array for name, array in standing.to_arrays().items()}
        held = newcomers.to_arrays(self.newcomers)
        arrays |= {f"held/{name}": array for name, array in held.items()}
        arrays["turns"] = np.array(self.turns, np.int64)
        container.write(path, manifest, arrays, kind="stream")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Checkpoint:
        """What :meth:`save` wrote.

        Raises:
            ArtifactError: a file that is truncated, foreign, or of a newer format.
        """
        manifest, arrays = container.read(path, kind="stream")
        try:
            return cls._build(manifest, arrays)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise ArtifactError(
                f"'{path}' is a damaged checkpoint of a stream ({reason[:200]}); begin anew with another."
            ) from error

    @classmethod
    def _build(cls, manifest: dict[str, Any], arrays: container.Arrays) -> Checkpoint:
        parts: dict[str, container.Arrays] = {"standing": {}, "held": {}}
        for name, array in arrays.items():
            group, _, rest = name.partition("/")
            parts.get(group, {})[rest] = array
        standing = Standing.from_arrays(
            parts["standing"],
            ids=tuple(manifest["ids"]),
            scaling=manifest["scaling"],
            frequency=Frequency.from_json(manifest["frequency"]),
            cells=manifest["cells"],
            owner=str(manifest["owner"]),
        )
        turns = arrays["turns"].tolist()
        if any(len(array) != len(standing) for array in [*parts["standing"].values(), turns]):
            raise ValueError("arrays of unequal length")
        return cls(
            standing=standing,
            newcomers=newcomers.from_arrays(manifest["held"], parts["held"]),
            turns=turns,
            counts=Counts(**manifest["counts"]),
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
        if self.standing.owner != fitted.standing.owner:
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
