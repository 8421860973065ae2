"""A session: one process' part of a stream, from its checkpoint to its end."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rollcast._number_format import format_count
from rollcast.errors import DataError
from rollcast.model.fitted import Fitted
from rollcast.stream.endpoints import Sink, Source, is_plain
from rollcast.stream.signals import StoppedError, StopSignal
from rollcast.stream.stream import Stream, Tell
from rollcast.stream.stream_checkpoint import StreamCheckpoint
from rollcast.stream.stream_options import LineCounts, StreamOptions

SECONDS: Final = 1.0
"""From one checkpoint to the next at least, where rows are not counted for it."""

_SHARE: Final = 20
"""Of the time at most one part in so many goes into checkpoints, where rows are not counted for it."""


@dataclass(frozen=True, kw_only=True)
class StreamPaths:
    """The files of a session.

    Attributes:
        source: the input; None for stdin.
        sink: the output; None for stdout.
        checkpoint: how far both are; None to keep no record.
    """

    source: Path | None = None
    sink: Path | None = None
    checkpoint: Path | None = None


@dataclass(frozen=True)
class StreamOutcome:
    """How a session ended.

    Attributes:
        counts: what became of the lines, those before the checkpoint included.
        signal: that stopped it; 0 where the input ended.
    """

    counts: LineCounts
    signal: int


class CheckpointWriter:
    """Writes checkpoints when they are due.

    Args:
        path: of the file; None for none.
        rows: lines from one checkpoint to the next; None to go by time.
    """

    def __init__(self, path: Path | None, rows: int | None) -> None:
        self._path, self._rows = path, rows
        self._at, self._pause = time.monotonic(), SECONDS
        self._lines = -1

    def keep(self, stream: Stream, source: Source, sink: Sink) -> None:
        """Write a checkpoint."""
        if self._path is None or source.number == self._lines:
            return
        began = time.monotonic()
        # What the checkpoint counts as written must be on the disk before it says so.
        places = {"source": source.place, "sink": sink.settle()}
        StreamCheckpoint.of(stream, lines=source.number, **places).save(self._path)
        self._at, self._lines = time.monotonic(), source.number
        self._pause = max(SECONDS, _SHARE * (self._at - began))

    def keep_if_due(self, stream: Stream, source: Source, sink: Sink) -> None:
        """Write a checkpoint where it is time."""
        if self._rows is None:
            due = time.monotonic() - self._at >= self._pause
        else:
            due = source.number - max(self._lines, 0) >= self._rows
        if due:
            self.keep(stream, source, sink)

    def patience(self, source: Source) -> float | None:
        """Seconds that may be waited for more lines before a checkpoint is due; None where none is."""
        if self._path is None or source.number == self._lines:
            return None
        return max(self._at + self._pause - time.monotonic(), 0.0)


def run_stream(
    fitted: Fitted,
    options: StreamOptions,
    paths: StreamPaths,
    tell: Tell,
    *,
    rows: int | None = None,
) -> StreamOutcome:
    """Read rows and write forecasts until the input ends or a signal comes.

    Args:
        fitted: the model.
        options: what the caller chose.
        paths: its files.
        tell: is told what a person should know.
        rows: lines from one checkpoint to the next; default about a second.

    Raises:
        ArtifactError: files that don't belong together, or can't be read or written.
        DataError: a late row, where late rows end the stream.
        OSError: stdout can't be written; BrokenPipeError where nobody reads it any longer.
    """
    stop = StopSignal()
    with stop.watch():
        stream, source, sink = _open(fitted, options, paths, tell)
        try:
            _follow(stream, source, sink, CheckpointWriter(paths.checkpoint, rows), stop)
        finally:
            source.close()
            sink.close()
    if stream.ended is not None:
        raise DataError(stream.ended)
    return StreamOutcome(stream.counts, stop.signal)


def _open(
    fitted: Fitted, options: StreamOptions, paths: StreamPaths, tell: Tell
) -> tuple[Stream, Source, Sink]:
    path = paths.checkpoint
    most = options.max_line_bytes
    if path is None or not path.exists():
        source = Source(paths.source, max_line_bytes=most)
        return Stream(fitted, options, tell), source, Sink(paths.sink)
    found = StreamCheckpoint.load(path)
    plain = [p if p is not None and _may_be_cut(p) else None for p in (paths.source, paths.sink)]
    found.check(path, fitted, *plain)
    tell("note", f"Going on from '{path}', which holds {format_count(found.counts.rows, 'row')}.")
    stream = Stream(
        fitted,
        options,
        tell,
        state=found.state,
        newcomers=found.newcomers,
        turns=found.turns,
        counts=found.counts,
        advice=found.advice,
        repeats=found.source is None,
    )
    lines = found.lines if found.source else 0
    source = Source(paths.source, found.source, lines, max_line_bytes=most)
    return stream, source, Sink(paths.sink, found.sink)


def _may_be_cut(path: Path) -> bool:
    """Whether a path is a file, or was one, and so has places to go on from."""
    return is_plain(path) or not path.exists()


def _follow(
    stream: Stream, source: Source, sink: Sink, writer: CheckpointWriter, stop: StopSignal
) -> None:
    while stream.ended is None and not stop.signal:
        try:
            with stop.waiting():
                patience = writer.patience(source)
                ready = patience is None or source.wait(patience)
                lines = source.take() if ready else []
        except StoppedError:
            break
        if lines is None:
            break
        if lines:
            answers, taken = stream.take(lines, source.number + 1)
            sink.write(answers)
            source.advance(lines[:taken])
            if taken < len(lines):
                break
            writer.keep_if_due(stream, source, sink)
        else:
            writer.keep(stream, source, sink)
    writer.keep(stream, source, sink)
