"""Checkpoints: one file that says how far a stream is, at both ends and in between."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypedDict

import numpy as np

from rollcast.errors import ArtifactError
from rollcast.forecasting.state import State
from rollcast.forecasting.state_before_sections import part_state, renamed
from rollcast.forecasting.state_fields import Identifier
from rollcast.forecasting.state_sections import STATE_SECTIONS
from rollcast.model.fitted import Fitted
from rollcast.storage import container
from rollcast.storage.array_fields import ArrayForm
from rollcast.storage.fields import Count, decode
from rollcast.storage.sections import (
    PlainSection,
    SectionForm,
    Sections,
    pack_sections,
    read_sections,
)
from rollcast.storage.writing import as_path
from rollcast.stream.endpoints import Place
from rollcast.stream.new_series import HELD, NewSeries, read_held, write_held
from rollcast.stream.stream import Stream
from rollcast.stream.stream_advice import ADVICE, AdviceFields, read_advice, write_advice
from rollcast.stream.stream_options import LineCounts


class StreamFields(TypedDict):
    """How far a stream is at both ends."""

    lines: Count
    input: tuple[Count, str] | None
    output: tuple[Count, str] | None
    counts: LineCounts


class WholeStreamFields(StreamFields):
    """What a file from before there were sections held beside the state and the arrays."""

    held: list[Identifier]


STREAM: Final = SectionForm("stream", 1, StreamFields, {"turns": ArrayForm("i8", ("S",), least=0)})
"""How far a stream is at both ends, and the rows of each series since it began."""

STREAM_SECTIONS: Final = (STREAM, HELD, ADVICE, *STATE_SECTIONS)
"""All that the checkpoint of a stream may hold."""


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
        advice: where it stands with its advice; None where it gives none.
    """

    state: State
    newcomers: dict[Any, NewSeries]
    turns: list[int]
    counts: LineCounts
    lines: int
    source: Place | None
    sink: Place | None
    advice: AdviceFields | None = None

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
            advice=stream.advice and stream.advice.fields,
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it, whole or not at all.

        Raises:
            ArtifactError: the file can't be written.
        """
        place = STREAM.holding(
            {
                "lines": self.lines,
                "input": self.source and (*self.source,),
                "output": self.sink and (*self.sink,),
                "counts": self.counts.to_json(),  # pyright: ignore[reportArgumentType]
            },
            {"turns": np.array(self.turns, np.int64)},
        )
        sections = (
            place,
            write_held(self.newcomers),
            *write_advice(self.advice),
            *self.state.to_sections(),
        )
        container.write_container(path, *pack_sections(sections), kind="stream")

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
        with container.naming_damage(source, "stream checkpoint", "begin anew with another"):
            return cls._build(
                read_sections(source, STREAM_SECTIONS, kind="stream", before=part_stream)
            )

    @classmethod
    def _build(cls, sections: Sections) -> StreamCheckpoint:
        state = State.from_sections(sections)
        newcomers = read_held(sections)
        if newcomers.keys() & state.places.keys():
            raise ValueError("a series is both new and known")
        fields, arrays, _ = sections.take(STREAM, {"S": len(state)})
        return cls(
            state=state,
            newcomers=newcomers,
            turns=arrays["turns"].tolist(),
            counts=fields["counts"],
            lines=fields["lines"],
            source=fields["input"] and Place(*fields["input"]),
            sink=fields["output"] and Place(*fields["output"]),
            advice=read_advice(sections),
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


def part_stream(manifest: Any, arrays: container.Arrays) -> dict[str, PlainSection]:
    """The sections of a file from before there were any.

    Raises:
        ValueError: a field or an array is missing or of another type.
    """
    decode(WholeStreamFields, manifest, "content")
    held = {f"held/{name}": name for name in ("starts", "lengths", "values")}
    fields = {name: manifest[name] for name in ("lines", "input", "output", "counts")}
    return {
        "stream": PlainSection(fields, renamed(arrays, {"turns": "turns"})),
        "held": PlainSection({"ids": manifest["held"]}, renamed(arrays, held)),
        **part_state(manifest, arrays, "standing/"),
    }
