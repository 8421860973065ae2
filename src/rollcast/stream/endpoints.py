"""Both ends of a stream: where rows come from and where forecasts go, and how far each of them is."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from rollcast.errors import ArtifactError
from rollcast.storage.writing import check_place, sync_folder
from rollcast.stream.lines import LONGEST, Line, LineReader

_MARKED: Final = 4096
"""Bytes at a file's begin and before a place in it by which the file is known again."""


class Place(NamedTuple):
    """A place in a file.

    Attributes:
        offset: bytes before it.
        mark: a hash of the file's first bytes and of those just before the place.
    """

    offset: int
    mark: str

    @classmethod
    def at(cls, file: BinaryIO, offset: int) -> Place:
        """A place in an open file."""
        file.seek(0)
        known = hashlib.sha256(file.read(min(_MARKED, offset)))
        file.seek(max(offset - _MARKED, 0))
        known.update(file.read(min(_MARKED, offset)))
        return cls(offset, known.hexdigest())

    def check(self, path: Path, what: str, checkpoint: object) -> None:
        """Refuse a file that lacks this place, or holds something else before it.

        Args:
            path: the file.
            what: how messages call it.
            checkpoint: the file that holds the place.

        Raises:
            ArtifactError: it does.
        """
        remedy = "give that file, or begin anew with another checkpoint and output"
        try:
            with path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                found = self.at(file, self.offset)
        except OSError as error:
            reason = f"can't be read ({error.strerror or error})"
            raise ArtifactError(f"{what} '{path}' {reason}; {remedy}.") from error
        if size < self.offset:
            raise ArtifactError(
                f"{what} '{path}' has {size:,} bytes, and the checkpoint '{checkpoint}' stands after {self.offset:,}; "
                f"{remedy}."
            )
        if found != self:
            raise ArtifactError(
                f"{what} '{path}' is not the one that the checkpoint '{checkpoint}' belongs to; {remedy}."
            )


class Source:
    """Where rows come from: a file, or a pipe that can't be read twice.

    Args:
        path: of a file; None for stdin.
        place: where to go on in a file.
        lines: read before that place.
        max_line_bytes: of a line; a longer one is not held.

    Attributes:
        number: lines read.

    Raises:
        ArtifactError: it can't be opened.
    """

    def __init__(
        self,
        path: Path | None,
        place: Place | None = None,
        lines: int = 0,
        *,
        max_line_bytes: int = LONGEST,
    ) -> None:
        self._path = path
        if path is not None and path.is_dir():
            raise ArtifactError(f"'{path}' is a folder; name a file in it.")
        if path is None and sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison]
            raise ArtifactError("stdin is closed; give it rows, or name a file of them.")
        self._offset = place.offset if place else 0
        self.number = lines
        try:
            flags = os.O_RDONLY | getattr(os, "O_BINARY", 0)
            descriptor = sys.stdin.fileno() if path is None else os.open(path, flags)
            # Its own place in the file, which stays the same file when another takes its name.
            self._again = path.open("rb") if path is not None and is_plain(path) else None
        except OSError as error:
            raise self._fault(error) from error
        if self._again is not None:
            os.lseek(descriptor, self._offset, os.SEEK_SET)
        self._own = None if path is None else descriptor
        self._lines = LineReader(descriptor, max_line_bytes)

    def wait(self, timeout_s: float) -> bool:
        """Whether something can be read before the time is over."""
        return self._lines.wait(timeout_s)

    def take(self) -> list[Line] | None:
        """The lines that are there, or else the next that comes; None at the end of the input.

        Raises:
            ArtifactError: it can't be read any further.
        """
        try:
            return self._lines.take()
        except OSError as error:
            raise self._fault(error) from error

    def advance(self, lines: Iterable[Line]) -> None:
        """Count lines that have been read."""
        for line in lines:
            self._offset += line.length
            self.number += 1

    @property
    def place(self) -> Place | None:
        """How far it has been read; None for a pipe."""
        return None if self._again is None else Place.at(self._again, self._offset)

    def close(self) -> None:
        """Let go of the file; a pipe that stayed open would take in what a later session is to read."""
        if self._own is not None:
            os.close(self._own)
            self._own = None
        if self._again is not None:
            self._again.close()

    def _fault(self, error: OSError) -> ArtifactError:
        name = "stdin" if self._path is None else f"'{self._path}'"
        return ArtifactError(f"{name} can't be read: {error.strerror or error}.")


class Sink:
    """Where forecasts go.

    Args:
        path: of a file, which is cut off at ``place``; None for stdout.
        place: what stays of a file; default nothing.

    Raises:
        ArtifactError: the file can't be written.
    """

    def __init__(self, path: Path | None, place: Place | None = None) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._cuttable = path is not None and (is_plain(path) or not path.exists())
        if path is None:
            return
        check_place(path)
        try:
            path.touch()
            self._file = path.open("r+b" if self._cuttable else "wb", buffering=0)
            if self._cuttable:
                self._file.truncate(place.offset if place else 0)
                self._file.seek(0, os.SEEK_END)
                sync_folder(Path(os.path.realpath(path)).parent)
        except OSError as error:
            raise self._fault(error) from error

    def write(self, answers: list[bytes]) -> None:
        """Hand lines over at once.

        Raises:
            OSError: stdout can't be written; BrokenPipeError where nobody reads it any longer.
            ArtifactError: the file can't be written.
        """
        if not answers:
            return
        data = b"".join(answers)
        if self._file is None:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
            return
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise self._fault(error) from error

    def settle(self) -> Place | None:
        """Have all that was written on the disk, and tell how far that is; None where it is no file.

        Raises:
            ArtifactError: the disk does not take it.
        """
        if self._file is None or not self._cuttable:
            return None
        try:
            os.fsync(self._file.fileno())
            with Path(self._file.name).open("rb") as file:
                return Place.at(file, self._file.tell())
        except OSError as error:
            raise self._fault(error) from error

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _fault(self, error: OSError) -> ArtifactError:
        return ArtifactError(f"'{self._path}' can't be written: {error.strerror or error}.")


def is_plain(path: Path) -> bool:
    """Whether it is a file, and no pipe, device or folder."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False
