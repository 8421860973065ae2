"""Files written whole or not at all."""

from __future__ import annotations

import os
import re
import secrets
import stat
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from rollcast.errors import ArgumentError, ArtifactError
from rollcast.options.argument_checks import path as check_path

try:
    import fcntl
except ImportError:  # Windows, where nobody can remove a file that is open
    fcntl = None

PathLike: TypeAlias = str | os.PathLike[str]

_SHOWN: Final = 64
"""Characters of a file's name in the name of what is written beside it."""

_OLD_S: Final = 86_400.0
"""Seconds after which a file that can't be locked counts as left behind."""


def as_path(path: object) -> Path:
    """A path of the caller's.

    Raises:
        ArgumentError: it is none, or holds a character that no path can hold.
    """
    return Path(check_path("path", path))


def check_place(path: PathLike) -> Path:
    """Where a file would be written, links followed: to be asked before work that takes long.

    Raises:
        ArgumentError: if the path is a folder or its folder doesn't exist.
        ArtifactError: if its folder may not be written to, or no file can have that name.
    """
    place = Path(os.path.realpath(as_path(path)))
    try:
        if place.is_dir():
            raise ArgumentError(f"'{path}' is a folder; name a file in it.")
        if not place.parent.is_dir():
            raise ArgumentError(f"The folder '{place.parent}' doesn't exist; create it first.")
        if not place.exists() and not os.access(place.parent, os.W_OK):
            raise ArtifactError(f"'{path}' can't be written: Permission denied.")
    except OSError as error:
        raise _unwritable(path, error) from error
    return place


def write_whole(path: PathLike, content: bytes | str) -> None:
    """Write a file so that at any moment either the old or the whole new one is there.

    It is written beside its place, flushed to the disk and then moved there. A link is followed; a
    device or a pipe is written to directly.

    Args:
        path: where; an existing file is replaced and keeps its permissions.
        content: bytes, or text that is written in UTF-8.

    Raises:
        ArgumentError: if the path is a folder or its folder doesn't exist.
        ArtifactError: if the file can't be written.
    """
    data = content.encode() if isinstance(content, str) else content
    place = check_place(path)
    try:
        mode = place.stat().st_mode if place.exists() else None
        if mode is not None and not stat.S_ISREG(mode):
            place.write_bytes(data)
        else:
            _replace(place, data, mode)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: PathLike, error: OSError) -> ArtifactError:
    return ArtifactError(f"'{path}' can't be written: {error.strerror or error}.")


def _replace(place: Path, data: bytes, mode: int | None) -> None:
    sweep(place)
    with _beside(place) as (beside, file):
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
        if mode is not None:
            beside.chmod(stat.S_IMODE(mode))
        if fcntl is None:  # what is open can't be moved there
            file.close()
        beside.replace(place)
    sync_folder(place.parent)


@contextmanager
def _beside(place: Path) -> Generator[tuple[Path, BinaryIO]]:
    """A new file beside another, locked for as long as its writer lives, and gone afterwards."""
    while True:
        beside = place.with_name(f"{_prefix(place)}{secrets.token_hex(6)}.part")
        with beside.open("xb") as file:
            try:
                # Between its making and the lock another writer may have swept it.
                if _lock(file) is False or not _is_there(file, beside):
                    continue
                yield beside, file
                return
            finally:
                file.close()
                with suppress(FileNotFoundError):
                    beside.unlink()


def sweep(place: Path) -> None:
    """Remove what killed writers of a file have left beside it, and nothing of those that live.

    Args:
        place: the file.
    """
    prefix = _prefix(place)
    left = re.compile(rf"{re.escape(prefix)}[0-9a-f]{{12}}\.part")
    with suppress(OSError), os.scandir(place.parent) as entries:
        for entry in entries:
            if left.fullmatch(entry.name):
                with suppress(OSError):
                    _remove_if_left(Path(entry.path))


def _remove_if_left(part: Path) -> None:
    with part.open("rb") as file:
        locked = _lock(file)
        old = time.time() - os.fstat(file.fileno()).st_mtime > _OLD_S
        if fcntl is not None and (locked or (locked is None and old)):
            part.unlink()
    if fcntl is None:
        part.unlink()


def _lock(file: BinaryIO) -> bool | None:
    """Whether the file is this process' now; None where the system knows no locks."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _is_there(file: BinaryIO, path: Path) -> bool:
    try:
        return fcntl is None or os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _prefix(place: Path) -> str:
    return f".{place.name[:_SHOWN]}."


def sync_folder(folder: Path) -> None:
    """Make the move itself last through a power cut, where the system knows how."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
