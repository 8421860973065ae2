"""Files written whole or not at all."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

from rollcast.errors import ArgumentError, ArtifactError
from rollcast.options.argument_checks import path as check_path
from rollcast.options.argument_checks import shown

PathLike: TypeAlias = str | os.PathLike[str]


def check_place(path: PathLike) -> Path:
    """Where a file would be written, links followed: to be asked before work that takes long.

    Raises:
        ArgumentError: if the path is a folder or its folder doesn't exist.
        ArtifactError: if its folder may not be written to.
    """
    place = Path(os.path.realpath(check_path("path", path)))
    try:
        place.exists()
    except OSError as error:  # a name that is too long
        raise ArgumentError(
            f"The path {shown(str(path))} can't be: {error.strerror}; name another file."
        ) from error
    if place.is_dir():
        raise ArgumentError(f"'{path}' is a folder; name a file in it.")
    if not place.parent.is_dir():
        raise ArgumentError(f"The folder '{place.parent}' doesn't exist; create it first.")
    if not place.exists() and not os.access(place.parent, os.W_OK):
        raise ArtifactError(f"'{path}' can't be written: Permission denied.")
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
        reason = error.strerror or str(error)
        raise ArtifactError(f"'{path}' can't be written: {reason}.") from error


def _replace(place: Path, data: bytes, mode: int | None) -> None:
    beside = place.with_name(f".{place.name[:64]}.{secrets.token_hex(6)}.part")
    try:
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            beside.chmod(stat.S_IMODE(mode))
        beside.replace(place)
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()
    sync_folder(place.parent)


def sync_folder(folder: Path) -> None:
    """Make the move itself last through a power cut, where the system knows how."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
