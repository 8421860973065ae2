"""One file for arrays and their description: a zip of ``manifest.json`` and ``arrays/<name>.npy``.

Nothing in it can run: no pickle is written or read. Files are written whole or not at all, and the
same content gives the same bytes. A file is believed nothing: what it claims is held against what is
there before any memory is taken for it.
"""

from __future__ import annotations

import io
import json
import math
import os
import re
import stat
import struct
import zipfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal, NoReturn, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from rollcast.errors import ArgumentError, ArtifactError, show, show_cause
from rollcast.storage.fields import DAMAGE
from rollcast.storage.plain_arrays import PLAIN_KINDS, from_npy, to_npy
from rollcast.storage.writing import PathLike, as_path, write_whole

Kind: TypeAlias = Literal["model", "checkpoint", "state", "stream", "panel"]
Arrays: TypeAlias = dict[str, NDArray[Any]]
Source: TypeAlias = PathLike | io.BytesIO
"""Where a file is: on the disk, or in memory as pickles hold it."""

FORMAT: Final = "rollcast"
VERSION: Final = 2
"""Counted up when older versions couldn't read what is written; lower numbers stay readable. Since 2 files are made of
sections with versions of their own, see :mod:`rollcast.storage.sections`."""

_MANIFEST: Final = "manifest.json"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the zip format's first moment
_NAME: Final = re.compile(r"[\w+-][\w.+-]*(/[\w+-][\w.+-]*)*")
_LOCAL_HEADER: Final = 30
"""Bytes of a member before its name, at least."""

_UNREADABLE: Final = (
    zipfile.BadZipFile,
    EOFError,
    NotImplementedError,  # compressed in a way that zipfile does not know
    RuntimeError,  # encrypted
    ValueError,  # names that are no UTF-8, places before the file's begin
    IndexError,
    OverflowError,
    struct.error,
)
"""What Python's zipfile raises at damage."""


def write_container(
    path: PathLike, manifest: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], *, kind: Kind
) -> None:
    """Write a container, whole or not at all.

    Args:
        path: where; an existing file is replaced.
        manifest: JSON values, without NaN or infinity.
        arrays: by name; ``/`` in a name makes groups, as in ``cell/kernel``.
        kind: what the file is.

    Raises:
        ArgumentError: if the manifest is no JSON, an array holds objects, a name is not plain, or
            the path is unfit.
        ArtifactError: if the file can't be written.
    """
    write_whole(path, pack_container(manifest, arrays, kind=kind))


def pack_container(
    manifest: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], *, kind: Kind
) -> bytes:
    """The bytes of a container, see :func:`write_container`.

    Raises:
        ArgumentError: if the manifest is no JSON, an array holds objects, or a name is not plain.
    """
    for name, array in arrays.items():
        if not _is_plain(name):
            raise ArgumentError(
                f"`arrays` must have names of letters, digits and _ . + - /; got {name!r}."
            )
        dtype = np.asarray(array).dtype
        if dtype.kind not in PLAIN_KINDS:
            raise ArgumentError(
                f"`arrays` must hold plain numbers, times or text; {name!r} is of type {dtype}."
            )
    head = {
        "format": FORMAT,
        "kind": kind,
        "version": VERSION,
        "arrays": sorted(arrays),
        "content": manifest,
    }
    try:
        text = json.dumps(head, indent=1, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError) as error:  # half a character, among others
        raise ArgumentError(f"`manifest` must hold JSON values only: {error}.") from error
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        _add(archive, _MANIFEST, text)
        for name in sorted(arrays):
            _add(archive, _member(name), to_npy(np.asarray(arrays[name])))
    return buffer.getvalue()


def read_container(source: Source, *, kind: Kind) -> tuple[dict[str, Any], Arrays]:
    """Read a container.

    Args:
        source: the file.
        kind: what it has to be.

    Returns:
        The manifest and the arrays, as they were given to ``write_container``.

    Raises:
        ArgumentError: if the path is none.
        ArtifactError: if the file is missing, a folder or a device, truncated, foreign, of a newer format or of
            another kind.
    """
    return open_container(source, kind=kind)[1:]


def open_container(source: Source, *, kind: Kind) -> tuple[int, dict[str, Any], Arrays]:
    """Read a container and its format's version, see :func:`read_container`."""
    if not isinstance(source, io.BytesIO):
        _refuse_what_is_no_file(as_path(source), kind)
    try:
        with zipfile.ZipFile(source) as archive:
            members = _members(archive, _size_of(source))
            head = _read_head(archive, members, called(source), kind)
            arrays = {
                name: _read_array(archive, members, name, called(source)) for name in head["arrays"]
            }
            return head["version"], head["content"], arrays
    except OSError as error:
        raise _unreadable(source, error) from error
    except _UNREADABLE as error:
        raise ArtifactError(_why_no_zip(source, kind)) from error


def begins_as_container(path: PathLike) -> bool:
    """Whether a file begins as containers do; of what is missing or no file, such as a pipe, nothing is read."""
    place = as_path(path)
    try:
        if not place.is_file():
            return False
        with place.open("rb") as file:
            first = file.read(_LOCAL_HEADER + len(_MANIFEST))
    except (OSError, ValueError):
        return False
    return first.startswith(b"PK\x03\x04") and first.endswith(_MANIFEST.encode())


def called(source: Source) -> str:
    """How messages call a file."""
    return "The copy in memory" if isinstance(source, io.BytesIO) else f"'{os.fspath(source)}'"


@contextmanager
def naming_damage(
    source: Source, kind: str, remedy: str = "copy or save it again"
) -> Generator[None]:
    """Turn whatever is missing or mistyped inside a file into one sentence that names the file.

    Readers refuse by a ValueError that tells the field; the other types are a second line of defence.

    Args:
        source: the file.
        kind: what messages call it.
        remedy: what to do about it.

    Raises:
        ArtifactError: something is wrong inside.
    """
    try:
        yield
    except DAMAGE as error:
        raise ArtifactError(
            f"{called(source)} is a damaged Rollcast {kind} ({show_cause(error)}); {remedy}."
        ) from error


def _refuse_what_is_no_file(place: Path, kind: Kind) -> None:
    """Refuse folders, pipes and devices, some of which never end.

    Raises:
        ArtifactError: it is no file.
    """
    try:
        mode = place.stat().st_mode
    except FileNotFoundError as error:
        raise ArtifactError(f"There is no {kind} file '{place}'; check the path.") from error
    except OSError as error:
        raise _unreadable(place, error) from error
    if not stat.S_ISREG(mode):
        what = "a folder" if stat.S_ISDIR(mode) else "a device or a pipe"
        raise ArtifactError(f"'{place}' is {what}, not a {kind} file.")


def _unreadable(source: Source, error: OSError) -> ArtifactError:
    return ArtifactError(f"{called(source)} can't be read: {error.strerror or error}.")


def _size_of(source: Source) -> int:
    return (
        source.getbuffer().nbytes if isinstance(source, io.BytesIO) else Path(source).stat().st_size
    )


def _member(name: str) -> str:
    return f"arrays/{name}.npy"


def _is_plain(name: object) -> bool:
    """Whether an array's name stays inside its folder in every zip reader."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.create_system = 3  # as on Unix, also when written on Windows: the same bytes everywhere
    info.external_attr = 0o644 << 16
    archive.writestr(info, data)


def _why_no_zip(source: Source, kind: Kind) -> str:
    first = source.getvalue()[:2] if isinstance(source, io.BytesIO) else _first_bytes(source)
    if first == b"PK":
        return f"{called(source)} is truncated or damaged; copy or save it again."
    what = "not a zip file" if first else "empty"
    return f"{called(source)} is no Rollcast {kind}: it is {what}."


def _first_bytes(path: PathLike) -> bytes:
    with Path(path).open("rb") as file:
        return file.read(2)


def _members(archive: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
    """The members by name, which are stored as they are, once each, and one behind the other.

    Compressed ones are none of ours and might burst the memory; so might some that share their bytes.

    Raises:
        BadZipFile: they are not so.
    """
    infos = sorted(archive.infolist(), key=lambda info: info.header_offset)
    end = 0
    for info in infos:
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
            raise zipfile.BadZipFile(f"{info.filename} is compressed or encrypted")
        if info.header_offset < end or info.file_size != info.compress_size:
            raise zipfile.BadZipFile(f"{info.filename} overlaps another member")
        end = info.header_offset + _LOCAL_HEADER + len(info.filename) + info.file_size
    members = {info.filename: info for info in infos}
    if end > size or len(members) != len(infos):
        raise zipfile.BadZipFile("members reach beyond the file, or share a name")
    return members


def _read_head(
    archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], name: str, kind: Kind
) -> dict[str, Any]:
    foreign = f"{name} is no Rollcast {kind}"
    if _MANIFEST not in members:
        raise ArtifactError(f"{foreign}: it has no manifest.")
    try:
        head = _parse(archive.read(members[_MANIFEST]))
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{foreign}: its manifest is no JSON.") from error
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise ArtifactError(f"{foreign}: its manifest is of another program.")
    version = head.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ArtifactError(f"{foreign}: its format number is {show(version)}.")
    if version > VERSION:
        raise ArtifactError(
            f"{name} was written by a newer Rollcast (format {show(version)}, this one reads up to "
            f"{VERSION}): upgrade with pip install -U rollcast."
        )
    if head.get("kind") != kind:
        other = head.get("kind")
        what = f"a {other}" if other in get_args(Kind) else f"content of the kind {show(other)}"
        raise ArtifactError(f"{name} holds {what}, not a {kind}.")
    names: Any = head.get("arrays")
    if not isinstance(head.get("content"), dict) or not _are_names(names):
        raise ArtifactError(f"{foreign}: its manifest is incomplete.")
    return head


def _are_names(names: Any) -> bool:
    """Whether it is a list of names of arrays, none of them twice."""
    if not isinstance(names, list):
        return False
    several: list[Any] = names
    different = {name for name in several if isinstance(name, str)}
    return len(different) == len(several) and all(map(_is_plain, different))


def _parse(text: bytes) -> Any:
    """JSON as this module writes it.

    Raises:
        ValueError: it is none, names an entry twice, or holds NaN, an infinity or half a character.
    """
    found = json.loads(
        text.decode(),
        object_pairs_hook=_object,
        parse_constant=_refuse_constant,
        parse_float=_finite,
    )
    if b"\\u" in text:  # only so can half a character be written
        json.dumps(found, ensure_ascii=False).encode()
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an entry stands there twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"{digits} is no number of 64 bits")
    return number


def _read_array(
    archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], name: str, file: str
) -> NDArray[Any]:
    info = members.get(_member(name))
    if info is None:
        raise ArtifactError(f"{file} is truncated or damaged: its array {show(name)} is missing.")
    data = archive.read(info)
    try:
        return from_npy(data)
    except (ValueError, OverflowError) as error:
        raise ArtifactError(f"{file} is damaged in its array {show(name)}: {error}.") from error
