"""Lines as they come in: what is there is taken at once, and nobody waits for more."""

from __future__ import annotations

import os
import select
from typing import Final, NamedTuple

LONGEST: Final = 1 << 20
"""Bytes of a line at most, if the caller names no other number; a longer one is never held whole."""

CHUNK: Final = 1 << 16
"""Bytes that are taken at a time."""


class Line(NamedTuple):
    """One line.

    Attributes:
        text: its bytes without the newline; empty where they are too many.
        length: in bytes, the newline included.
        ended: whether there was a newline; only the last line of an input may lack it.
        too_long: whether it was longer than a line may be.
    """

    text: bytes
    length: int
    ended: bool = True
    too_long: bool = False


class LineReader:
    """The lines that a file descriptor gives.

    Args:
        descriptor: a file, from where it stands, or a pipe.
        most: bytes of a line, its newline included, that are held.
    """

    def __init__(self, descriptor: int, most: int = LONGEST) -> None:
        self._descriptor, self._most = descriptor, most
        self._rest = bytearray()
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
            found = [self._first(whole[0]), *(self._line(t, len(t) + 1) for t in whole[1:])]
            self._keep(rest)
            return found

    def _keep(self, rest: bytes) -> None:
        self._rest += rest
        if len(self._rest) + self._dropped > self._most:
            self._dropped += len(self._rest)
            self._rest.clear()

    def _first(self, end: bytes, *, ended: bool = True) -> Line:
        """The line that began in what was left of the chunk before."""
        text = bytes(self._rest) + end
        length = self._dropped + len(text) + ended
        self._rest.clear()
        self._dropped = 0
        return self._line(text, length, ended=ended)

    def _last(self) -> list[Line] | None:
        return [self._first(b"", ended=False)] if self._rest or self._dropped else None

    def _line(self, text: bytes, length: int, *, ended: bool = True) -> Line:
        too_long = length > self._most
        return Line(b"" if too_long else text, length, ended, too_long)
