"""Mutations of a file of ours: each is drawn from a generator of random numbers, so a seed brings it back."""

from __future__ import annotations

import copy
import io
import json
import struct
import warnings
import zipfile
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np

Members = list[tuple[str, bytes]]

MANIFEST = "manifest.json"
NUMBERS = (
    0,
    -1,
    1,
    2,
    3,
    7,
    255,
    10**6,
    2**31,
    2**32,
    2**53,
    2**63,
    2**64,
    10**30,
    0.5,
    -0.0,
    1e308,
)
WORDS = (
    "",
    "x",
    "None",
    "lstm",
    "esn",
    "network",
    "D",
    "MS",
    "1e9D",
    "-1D",
    "UTC",
    "Mars/Base",
    "a\x00b",
    "\ud800",
)
VALUES = (None, True, False, [], {}, [[]], [None], {"a": 1}, *NUMBERS, *WORDS)
DESCRIPTIONS = (
    "<f4", "<f8", "<f2", ">f4", "<c8", "<i8", "<i4", "|b1", "|O", "<U3", "|S3", "<M8[ns]", "|V4", "f4", "<f16",
    "<U0", "|S0", "<M8[25s]", "<q9",
)  # fmt: skip
SHAPES = (
    "()",
    "(0,)",
    "(1,)",
    "(-1,)",
    "(2, 2)",
    "(10**9,)",
    "(4611686018427387904, 4)",
    "(True,)",
    "(1.0,)",
    "1,",
    "(",
)


def members_of(data: bytes) -> Members:
    """The members of a file in order."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [(info.filename, archive.read(info)) for info in archive.infolist()]


def pack(members: Members, *, compression: int = zipfile.ZIP_STORED) -> bytes:
    """A zip with the right checksums."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", compression) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = compression
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that a name stands there twice
                archive.writestr(info, data)
    return written.getvalue()


def mutate(data: bytes, random: Random) -> bytes:
    """One file made of another by one to three mutations of one kind."""
    kind = random.choice(KINDS)
    if kind is not raw_bytes and kind is not zip_fields:
        members = members_of(data)
        for _ in range(random.choice((1, 1, 1, 2, 3))):
            members = kind(members, random)
        packed = zipfile.ZIP_DEFLATED if kind is structure and random.random() < 0.1 else 0
        return pack(members, compression=packed)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        data = kind(data, random)
    return data


# Of the whole file


def raw_bytes(data: bytes, random: Random) -> bytes:
    """Bytes that are flipped, cut out, put in or repeated."""
    changed, at = bytearray(data), random.randrange(len(data) + 1)
    size = random.choice((1, 1, 2, 4, 30, 1000))
    match random.randrange(5):
        case 0:
            changed[at : at + 1] = bytes([random.randrange(256)])
        case 1:
            del changed[at : at + size]
        case 2:
            changed[at:at] = random.randbytes(size)
        case 3:
            changed[at:at] = changed[at : at + size]
        case _:
            del changed[at:]
    return bytes(changed)


def zip_fields(data: bytes, random: Random) -> bytes:
    """A number in the zip's own records: sizes, places, flags, lengths of names."""
    changed = bytearray(data)
    mark = random.choice((b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"))
    places = (
        [i for i in range(len(data) - 4) if data[i : i + 4] == mark]
        if mark[2] == 5
        else _find(data, mark)
    )
    if not places:
        return data
    at = random.choice(places) + random.randrange(4, 46, 2)
    value = random.choice((0, 1, 8, 0x800, 0xFFFF, 2**31, 2**32 - 1, random.randrange(2**16)))
    form = random.choice(("<H", "<I"))
    if at + 4 <= len(changed):
        struct.pack_into(form, changed, at, value & (0xFFFF if form == "<H" else 2**32 - 1))
    if random.random() < 0.3:  # names that are no UTF-8
        at = random.choice(_find(bytes(changed), b"PK\x01\x02") or [0])
        changed[at + 9 : at + 10] = b"\x08"
        changed[at + 46 : at + 48] = b"\xff\xfe"
    return bytes(changed)


def _find(data: bytes, mark: bytes) -> list[int]:
    found, at = [], data.find(mark)
    while at >= 0:
        found.append(at)
        at = data.find(mark, at + 1)
    return found


# Of its members


def structure(members: Members, random: Random) -> Members:
    """Members that are left out, named twice, renamed, exchanged or added."""
    changed, at = list(members), random.randrange(len(members))
    name, data = members[at]
    match random.randrange(6):
        case 0:
            del changed[at]
        case 1:
            changed.append((name, data))
        case 2:
            changed[at] = (
                random.choice(("../x", "/etc/x", name.upper(), f"{name}\x00", "", "é")),
                data,
            )
        case 3:
            other = random.randrange(len(members))
            changed[at], changed[other] = (name, members[other][1]), (members[other][0], data)
        case 4:
            changed.append((random.choice(("x", "arrays/x.npy", "arrays/")), random.randbytes(40)))
        case _:
            changed[at] = (name, b"")
    return changed


def manifest(members: Members, random: Random) -> Members:
    """A field that is deleted, mistyped, enlarged, renamed, exchanged or repeated."""
    changed = dict(members)
    try:
        head = json.loads(changed[MANIFEST])
    except (KeyError, ValueError, RecursionError):
        return members
    places = list(_places(head))
    if not places:
        return members
    owner, key = random.choice(places)
    value = owner[key]
    match random.randrange(7):
        case 0:
            del owner[key]
        case 1:
            owner[key] = copy.deepcopy(random.choice(VALUES))
        case 2:
            owner[key] = _enlarged(value, random)
        case 3:
            if isinstance(owner, dict):
                owner[f"{key}{random.choice('x _')}"] = owner.pop(key)
        case 4:
            other, there = random.choice(places)
            owner[key] = copy.deepcopy(other[there])
        case 5:
            owner[key] = [value] * random.choice((0, 1, 2, 1000))
        case _:
            text = json.dumps(head)
            again = f"{json.dumps(str(key))}: {json.dumps(value)}"
            at = text.find("{") + 1 if random.random() < 0.5 else text.find(again)
            text = (
                text[:at]
                + f"{json.dumps(str(key))}: {random.choice(('1', 'null', 'NaN', '[' * 5000))}, "
                + text[at:]
            )
            changed[MANIFEST] = text.encode(errors="surrogatepass")
            return list(changed.items())
    changed[MANIFEST] = json.dumps(head).encode()
    return list(changed.items())


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) in a JSON value."""
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [place for key, item in inner for place in ((value, key), *_places(item))]


def _enlarged(value: Any, random: Random) -> Any:
    size = random.choice((2, 10, 1000, 10**9, 2**40))
    if isinstance(value, bool) or value is None:
        return size
    if isinstance(value, int | float):
        return random.choice((value * size, value + 1, -value, value - 1))
    if isinstance(value, str):
        return value * min(size, 1000) if random.random() < 0.5 else value[: len(value) // 2]
    if isinstance(value, list):
        return value * min(size, 1000) if random.random() < 0.5 else value[:-1]
    return value | {f"{key}2": item for key, item in value.items()}


def header(members: Members, random: Random) -> Members:
    """The header of an array: another type, order, shape, version or length."""
    changed = list(members)
    at = random.choice([i for i, (name, _) in enumerate(members) if name.endswith(".npy")] or [0])
    name, data = members[at]
    end = 10 + int.from_bytes(data[8:10], "little")
    found = data[10:end].decode("latin1")
    match random.randrange(5):
        case 0:
            new = f"{{'descr': '{random.choice(DESCRIPTIONS)}'" + found[found.find(",") :]
        case 1:
            new = found[: found.find("'shape'")] + f"'shape': {random.choice(SHAPES)}, }}\n"
        case 2:
            new = found.replace("False", random.choice(("True", "0", "None", "False or True")))
        case 3:
            cut = random.randrange(len(found) + 1)
            new = found[:cut] + random.choice("{}()'\x00\xff[,") + found[cut:]
        case _:
            new = found
            data = (
                data[:6] + bytes([random.choice((0, 1, 2, 3, 255)), random.randrange(2)]) + data[8:]
            )
    raw = new.encode("latin1")
    size = len(raw) if random.random() < 0.8 else random.randrange(2**16)
    changed[at] = (name, data[:8] + size.to_bytes(2, "little") + raw + data[end:])
    return changed


def arrays(members: Members, random: Random) -> Members:
    """An array of another shape or type, or with values that can't be."""
    changed = list(members)
    places = [i for i, (name, _) in enumerate(members) if name.endswith(".npy")]
    if not places:
        return members
    at = random.choice(places)
    name, data = members[at]
    try:
        array = np.load(io.BytesIO(data))
    except (ValueError, EOFError, OSError):
        return members
    written = io.BytesIO()
    with np.errstate(all="ignore"):
        np.save(written, _other(array, random), allow_pickle=True)
    changed[at] = (name, written.getvalue())
    return changed


def _other(array: np.ndarray, random: Random) -> np.ndarray:
    changes: list[Callable[[], np.ndarray]] = [
        lambda: array[..., None],
        lambda: array.reshape(-1),
        lambda: array.T,
        lambda: array[:0],
        lambda: array[:-1],
        lambda: np.concatenate([array, array]),
        lambda: array.astype(
            random.choice(("f2", "f4", "f8", "i8", "u1", "S3", "U3", "c8", "M8[ns]", "?"))
        ),
        lambda: array.astype(object),
        lambda: np.asfortranarray(array),
        lambda: np.roll(array, 1),
        lambda: _poked(array, random),
        lambda: _poked(array, random),
        lambda: array * 0,
        lambda: -array,
        lambda: array * random.choice((0.5, 2, 1e6, 1e30)),
        lambda: array[0],
    ]
    try:
        return np.asarray(random.choice(changes)())
    except (IndexError, TypeError, ValueError, OverflowError):
        return array


def _poked(array: np.ndarray, random: Random) -> np.ndarray:
    changed = array.copy().reshape(-1)
    if changed.size:
        at = random.randrange(changed.size)
        values = (
            (np.nan, np.inf, -np.inf, 3e38, -1, 0, 1, 1e-30)
            if array.dtype.kind == "f"
            else (-1, 0, 1, 2**31 - 1)
        )
        changed[at] = random.choice(values)
    return changed.reshape(array.shape)


KINDS: tuple[Callable[[Any, Random], Any], ...] = (
    raw_bytes,
    zip_fields,
    structure,
    manifest,
    manifest,
    header,
    arrays,
)
