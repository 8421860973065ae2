"""Standard streams that may be closed, full, or of an encoding that lacks letters."""

from __future__ import annotations

import io
import os
import select
import sys
from typing import Any

BROKEN_PIPE = 141
"""Exit code when whoever read our output went away, as a shell counts it: 128 + SIGPIPE."""


class GuardedOutput(io.RawIOBase):
    """An output that fails once at most, so that Python's own flush at the end has nothing to complain of.

    Args:
        raw: what is written to; None where the stream is closed.
        silent: whether not even the first failure is raised, as on stderr: there is no other place to tell of it.

    Attributes:
        error: the first failure; what is written after it goes nowhere.
    """

    def __init__(self, raw: Any, *, silent: bool) -> None:
        super().__init__()
        self._raw, self._silent = raw, silent
        self.error: OSError | None = None

    def write(self, data: Any) -> int:
        """Write some of the bytes, and tell how many.

        Raises:
            OSError: they can't be written, for the first time.
        """
        if self.error is not None:
            return len(data)
        try:
            if self._raw is None:
                raise BrokenPipeError("it is closed")
            while (written := self._raw.write(data)) is None:
                select.select([], [self._raw], [])  # a pipe that is full, and doesn't block
        except OSError as error:
            self.error = error
            if not self._silent:
                raise
            return len(data)
        return int(written)

    def writable(self) -> bool:
        """Always."""
        return True

    def isatty(self) -> bool:
        """Whether a person reads it."""
        return self._raw is not None and bool(self._raw.isatty())

    def fileno(self) -> int:
        """The stream's descriptor.

        Raises:
            OSError: the stream is closed.
        """
        return int(super().fileno() if self._raw is None else self._raw.fileno())


def guard_streams() -> GuardedOutput:
    """Put guards before stdout and stderr, for the whole process; its last word must go through them.

    What goes to a file or a pipe is data, and in UTF-8 whatever the system's encoding is. A terminal keeps its own, and
    shows letters that it lacks as escapes.

    Returns:
        The guard of stdout.
    """
    _fill_closed()
    output = GuardedOutput(_raw_of(sys.stdout), silent=False)
    told = GuardedOutput(_raw_of(sys.stderr), silent=True)
    encoding = sys.stdout.encoding if output.isatty() else "utf-8"
    sys.stdout = _text(output, encoding, line_buffering=output.isatty())
    sys.stderr = _text(told, getattr(sys.stderr, "encoding", "utf-8"), line_buffering=True)
    return output


def _fill_closed() -> None:
    """Open the null device in place of closed streams, lest the next file takes the number of one and is written to."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free


def _raw_of(stream: Any) -> Any:
    buffer = getattr(stream, "buffer", None)
    return getattr(buffer, "raw", buffer)  # of python -u the buffer is the raw stream itself


def _text(raw: GuardedOutput, encoding: str, *, line_buffering: bool) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding, "backslashreplace", line_buffering=line_buffering
    )
