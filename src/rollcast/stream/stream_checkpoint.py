"""Checkpoints: one file that says how far a stream is, at both ends and in between."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from rollcast.errors import ArtifactError
from rollcast.forecasting.state import State
from rollcast.forecasting.state_fields import Identifier, StateFields, plain_id
from rollcast.model.fitted import Fitted
from rollcast.storage import container
from rollcast.storage.array_fields import ArrayFields, ArrayForm
from rollcast.storage.fields import Count, decode
from rollcast.storage.writing import as_path
from rollcast.stream import new_series
from rollcast.stream.endpoints import Place
from rollcast.stream.new_series import NewSeries
from rollcast.stream.stream import Stream
from rollcast.stream.stream_options import LineCounts


class StreamFields(StateFields):
    """What a file holds of a stream beside its arrays: the state's fields and these."""

    lines: Count
    input: tuple[Count, str] | None
    output: tuple[Count, str] | None
    counts: LineCounts
    held: list[Identifier]


_TURNS: Final = ArrayForm("i8", ("S",), least=0)


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
            "held": [plain_id(i) for i in self.newcomers],
            **state.to_fields(),
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
        return cls.read(as_path(path))

    @classmethod
    def read(cls, source: container.Source) -> StreamCheckpoint:
        """What is in a file, also in one in memory.

        Raises:
            ArtifactError: a file that is truncated, foreign, or of a newer format.
        """
        manifest, arrays = container.read_container(source, kind="stream")
        with container.naming_damage(source, "stream checkpoint", "begin anew with another"):
            return cls._build(decode(StreamFields, manifest, "content"), arrays)

    @classmethod
    def _build(cls, values: StreamFields, arrays: container.Arrays) -> StreamCheckpoint:
        state = State.from_file(values, arrays, group="standing/")
        newcomers = new_series.from_file(values["held"], arrays, group="held/")
        if newcomers.keys() & state.places.keys():
            raise ValueError("a series is both new and known")
        return cls(
            state=state,
            newcomers=newcomers,
            turns=ArrayFields(arrays, {"S": len(state)}).take("turns", _TURNS).tolist(),
            counts=values["counts"],
            lines=values["lines"],
            source=values["input"] and Place(*values["input"]),
            sink=values["output"] and Place(*values["output"]),
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
        known = fitted.state
        if (self.state.owner, self.state.form) != (known.owner, known.form):
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
