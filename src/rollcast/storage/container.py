"""One file for arrays and their description: a zip of ``manifest.json`` and ``arrays/<name>.npy``.

Nothing in it can run: no pickle is written or read. Files are written whole or not at all, and the
same content gives the same bytes.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rollcast.errors import ArgumentError, ArtifactError
from rollcast.storage.writing import PathLike, write_whole

Kind: TypeAlias = Literal["model", "checkpoint", "state", "stream"]
Arrays: TypeAlias = dict[str, NDArray[Any]]

FORMAT: Final = "rollcast"
VERSION: Final = 1
"""Counted up when older versions couldn't read what is written; lower numbers stay readable."""

_MANIFEST: Final = "manifest.json"
_PLAIN_KINDS: Final = frozenset("biufcmMSU")  # NumPy's codes: no objects, no records
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the zip format's first moment
_NAME: Final = re.compile(r"[\w+-][\w.+-]*(/[\w+-][\w.+-]*)*")


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
    for name, array in arrays.items():
        if not _is_plain(name):
            raise ArgumentError(
                f"`arrays` must have names of letters, digits and _ . + - /; got {name!r}."
            )
        dtype = np.asarray(array).dtype
        if dtype.kind not in _PLAIN_KINDS:
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
            member = io.BytesIO()
            np.lib.format.write_array(member, np.asarray(arrays[name]), allow_pickle=False)
            _add(archive, _member(name), member.getvalue())
    write_whole(path, buffer.getvalue())


def read_container(path: PathLike, *, kind: Kind) -> tuple[dict[str, Any], Arrays]:
    """Read a container.

    Args:
        path: the file.
        kind: what it has to be.

    Returns:
        The manifest and the arrays, as they were given to ``write``.

    Raises:
        ArtifactError: if the file is missing, a folder, truncated, foreign, of a newer format or of
            another kind.
    """
    place = Path(path)
    try:
        if place.is_dir():
            raise ArtifactError(f"'{place}' is a folder, not a {kind} file.")
        with zipfile.ZipFile(place) as archive:
            head = _read_head(archive, place, kind)
            return head["content"], {n: _read_array(archive, n, place) for n in head["arrays"]}
    except FileNotFoundError as error:
        raise ArtifactError(f"There is no {kind} file '{place}'; check the path.") from error
    except OSError as error:
        raise ArtifactError(f"'{place}' can't be read: {error.strerror or error}.") from error
    # NotImplementedError: compressed in a way that zipfile does not know.
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise ArtifactError(_why_no_zip(place, kind)) from error


@contextmanager
def naming_damage(path: PathLike, kind: str, remedy: str = "save it again") -> Generator[None]:
    """Turn whatever is missing or mistyped inside a file into one sentence that names the file.

    Args:
        path: the file.
        kind: what messages call it.
        remedy: what to do about it.

    Raises:
        ArtifactError: something is wrong inside.
    """
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise ArtifactError(
            f"'{path}' is a damaged Rollcast {kind} ({reason[:200]}); {remedy}."
        ) from error


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


def _why_no_zip(place: Path, kind: Kind) -> str:
    with place.open("rb") as file:
        first = file.read(2)
    if first == b"PK":
        return f"'{place}' is truncated or damaged; copy or save it again."
    what = "not a zip file" if first else "empty"
    return f"'{place}' is no Rollcast {kind}: it is {what}."


def _read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    """A member as it is stored; compressed ones are none of ours and might burst the memory."""
    info = archive.getinfo(name)
    if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
        raise zipfile.BadZipFile(f"{name} is compressed or encrypted")
    return archive.read(info)


def _read_head(archive: zipfile.ZipFile, place: Path, kind: Kind) -> dict[str, Any]:
    foreign = f"'{place}' is no Rollcast {kind}"
    try:
        head = json.loads(_read_member(archive, _MANIFEST))
    except KeyError as error:
        raise ArtifactError(f"{foreign}: it has no manifest.") from error
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{foreign}: its manifest is no JSON.") from error
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise ArtifactError(f"{foreign}: its manifest is of another program.")
    version = head.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ArtifactError(f"{foreign}: its format number is {version!r}.")
    if version > VERSION:
        raise ArtifactError(
            f"'{place}' was written by a newer Rollcast (format {version}, this one reads up to "
            f"{VERSION}): upgrade with pip install -U rollcast."
        )
    if head.get("kind") != kind:
        raise ArtifactError(f"'{place}' holds a {head.get('kind')}, not a {kind}.")
    names = head.get("arrays")
    plain = isinstance(names, list) and all(_is_plain(name) for name in names)
    if not plain or not isinstance(head.get("content"), dict):
        raise ArtifactError(f"{foreign}: its manifest is incomplete.")
    return head


def _read_array(archive: zipfile.ZipFile, name: str, place: Path) -> NDArray[Any]:
    try:
        data = _read_member(archive, _member(name))
    except KeyError as error:
        raise ArtifactError(
            f"'{place}' is truncated or damaged: its array {name!r} is missing."
        ) from error
    try:
        values = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError, MemoryError) as error:
        raise ArtifactError(f"'{place}' is damaged in its array {name!r}: {error}.") from error
    if values.dtype.kind not in _PLAIN_KINDS:
        raise ArtifactError(
            f"'{place}' is no file of Rollcast: its array {name!r} holds objects or records."
        )
    return values
