"""The bytes of a file, taken piece by piece within bounds, so that no file takes more memory than a table may."""

from __future__ import annotations

import io
import math
import os
import re
import stat
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from rollcast.errors import ArgumentError, FileError

LONGEST_LINE = "ROLLCAST_MAX_LINE_MB"
"""The variable that bounds a line; 1 MB where it isn't set."""

LARGEST_UNPACKED = "ROLLCAST_MAX_UNPACKED_MB"
"""The variable that bounds what a compressed file unpacks to; else it is 256 MB, or 100 times the file's size."""

PARQUET = b"PAR1"
"""How a Parquet file begins."""

_USUAL_RATIO = 100
"""Times its own size that a file may unpack to, however large: tables seldom shrink to less than a twentieth."""

_MB = 1 << 20
_PIECE = 1 << 16
_GZIP = b"\x1f\x8b"


def read_bytes(path: Path) -> bytes:
    """A file's bytes, unpacked where gzip packed them.

    Raises:
        FileError: there is no such file, it is a folder or a device, can't be read, or exceeds a bound.
        ArgumentError: a variable that sets a bound is no positive number.
    """
    if "://" in str(path) or re.match(r"https?:/", str(path)):
        raise FileError(f"{path} is an address; fetch the file and give its path.")
    try:
        return _join(_pieces(path), path.name)
    except (FileError, ArgumentError):
        raise
    except FileNotFoundError as error:
        raise FileError(f"There is no file {str(path)!r}; check its path.") from error
    except IsADirectoryError as error:
        raise FileError(f"{str(path)!r} is a folder; give the path of a file in it.") from error
    except MemoryError as error:
        raise FileError(
            f"{path.name} is larger than the memory; give a part of it, or fewer columns."
        ) from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise FileError(f"{str(path)!r} can't be read ({why}); check the path.") from error


def unpacked_bound(packed: int) -> int:
    """Bytes that a compressed file of so many bytes may unpack to.

    Raises:
        ArgumentError: the variable that sets it is no positive number.
    """
    given = _variable(LARGEST_UNPACKED)
    return max(256 * _MB, _USUAL_RATIO * packed) if given is None else given


def _variable(name: str) -> int | None:
    """A variable's megabytes as bytes; None where it isn't set."""
    text = os.environ.get(name)
    if not text:
        return None
    try:
        size = float(text)
    except ValueError:
        size = math.nan
    if not (0 < size < 1e9):
        raise ArgumentError(f"{name} must be a positive number of megabytes; got {text!r:.60}.")
    return int(size * _MB)


def _pieces(path: Path) -> Iterator[bytes]:
    mode = path.stat().st_mode
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode) or stat.S_ISSOCK(mode):
        raise FileError(f"{str(path)!r} is a device and no file; give the path of a file.")
    if stat.S_ISFIFO(mode):
        yield from _pipe(path)
        return
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            yield piece


def _pipe(path: Path) -> Iterator[bytes]:
    """A pipe's pieces; one that nothing writes to is refused, for it would be waited for without end."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        try:
            piece = os.read(descriptor, _PIECE)
            if not piece:
                raise FileError(
                    f"{str(path)!r} is a pipe to which nothing writes; give the path of a file."
                )
            yield piece
        except BlockingIOError:  # Someone will write.
            pass
        os.set_blocking(descriptor, True)
        while piece := os.read(descriptor, _PIECE):
            yield piece
    finally:
        os.close(descriptor)


def _join(pieces: Iterator[bytes], name: str) -> bytes:
    """All pieces as one, unpacked."""
    first = next(pieces, b"")
    pieces = _chain(first, pieces)
    if first.startswith(_GZIP):
        pieces = _unpacked(pieces, name)
        first = next(pieces, b"")
        pieces = _chain(first, pieces)
    if not first.startswith(PARQUET):
        pieces = _within_lines(pieces, name)
    whole = io.BytesIO()
    for piece in pieces:
        whole.write(piece)
    return whole.getvalue()


def _chain(first: bytes, pieces: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from pieces


def _unpacked(pieces: Iterable[bytes], name: str) -> Iterator[bytes]:
    """What gzip packed, one archive after the other, within the bound."""
    packed, unpacked = 0, 0
    reader = zlib.decompressobj(wbits=31)
    try:
        for piece in pieces:
            packed += len(piece)
            rest = piece
            while rest:
                if reader.eof:
                    rest = rest.lstrip(b"\0")  # Archives may be padded.
                    if not rest:
                        break
                    reader = zlib.decompressobj(wbits=31)
                found = reader.decompress(rest, _PIECE)
                unpacked += len(found)
                if unpacked > unpacked_bound(packed):
                    raise FileError(
                        f"{name} unpacks to more than {unpacked_bound(packed) / _MB:,.4g} MB; unpack it and give"
                        f" that file, or set the environment variable {LARGEST_UNPACKED} to a larger number."
                    )
                if found:
                    yield found
                rest = reader.unused_data if reader.eof else reader.unconsumed_tail
        while not reader.eof and (found := reader.decompress(b"", _PIECE)):
            yield found
    except zlib.error as error:
        raise _broken(name) from error
    if not reader.eof:
        raise _broken(name)


def _broken(name: str) -> FileError:
    return FileError(f"{name} is compressed by gzip but broken or cut off; fetch it again.")


def _within_lines(pieces: Iterable[bytes], name: str) -> Iterator[bytes]:
    """The pieces, as long as no line in them exceeds the bound."""
    bound = _variable(LONGEST_LINE) or _MB
    since, line = 0, 1
    for piece in pieces:
        ends = [at for end in (b"\n", b"\r") if (at := piece.find(end)) >= 0]
        if since + min(ends, default=len(piece)) > bound:
            raise FileError(
                f"Line {line} of {name} is longer than {bound / _MB:,.4g} MB; check that the file is a table, or set"
                f" the environment variable {LONGEST_LINE} to a larger number."
            )
        line += piece.count(b"\n") or piece.count(b"\r")
        last = max(piece.rfind(b"\n"), piece.rfind(b"\r"))
        since = since + len(piece) if last < 0 else len(piece) - last - 1
        yield piece
