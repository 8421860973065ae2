"""Lines as they come in: what is there is taken at once, and nobody waits for more."""

from __future__ import annotations

import os
import select
from typing import Final, NamedTuple

LONGEST: Final = 1 << 20
"""Bytes of a line at most; a longer one is never held whole."""

CHUNK: Final = 1 << 16
"""Bytes that are taken at a time."""


class Line(NamedTuple):
    """One line.

    Attributes:
        text: its bytes without the newline; empty where there are more than ``LONGEST``.
        length: in bytes, the newline included.
        ended: whether there was a newline; only the last line of an input may lack it.
    """

    text: bytes
    length: int
    ended: bool = True

    @property
    def too_long(self) -> bool:
        """Whether it was longer than a line may be."""
        return self.length > LONGEST


class LineReader:
    """The lines that a file descriptor gives.

    Args:
        descriptor: a file, from where it stands, or a pipe.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._rest = b""
        self._dropped = 0

    def wait(self, timeout_s: float) -> bool:
        """Whether something can be read before the time is over; without a wait where the system can't tell."""
        if os.name == "nt":
            return True
        ready, _, _ = select.select([self._descriptor], [], [], timeout_s)
        return bool(ready)

    def take(self) -> list[Line] | None:
        """The lines that are there, or else the next that comes; None at the end of the input."""
        while True:
            data = os.read(self._descriptor, CHUNK)
            if not data:
                return self._last()
            *whole, rest = data.split(b"\n")
            if not whole:
                self._keep(rest)
                continue
            found = [self._first(whole[0]), *(_line(text, len(text) + 1) for text in whole[1:])]
            self._keep(rest)
            return found

    def _keep(self, rest: bytes) -> None:
        self._rest += rest
        if len(self._rest) + self._dropped > LONGEST:
            self._dropped += len(self._rest)
            self._rest = b""

    def _first(self, end: bytes, *, ended: bool = True) -> Line:
        """The line that began in what was left of the chunk before."""
        text = self._rest + end
        length = self._dropped + len(text) + ended
        self._rest, self._dropped = b"", 0
        return _line(text, length, ended=ended)

    def _last(self) -> list[Line] | None:
        return [self._first(b"", ended=False)] if self._rest or self._dropped else None


def _line(text: bytes, length: int, *, ended: bool = True) -> Line:
    return Line(b"" if length > LONGEST else text, length, ended)
