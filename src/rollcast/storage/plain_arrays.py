"""Arrays as bytes: NumPy's own ``.npy`` form, read by a header that can claim no more than is there."""

from __future__ import annotations

import io
import math
import re
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

PLAIN_KINDS: Final = frozenset("biufcmMSU")
"""NumPy's codes of what may be in a file: no objects, no records."""

_START: Final = b"\x93NUMPY\x01\x00"  # version 1.0, which NumPy writes for every plain type

_HEADER: Final = re.compile(
    rb"\{'descr': '([<>|][a-zA-Z]\d{0,9}(?:\[\d{0,9}[a-zA-Z]{1,2}\])?)', "
    rb"'fortran_order': (True|False), "
    rb"'shape': \(((?:\d{1,19}, )*\d{1,19},?|)\), \} *\n"
)
_MOST_DIMENSIONS: Final = 32


def to_npy(array: NDArray[Any]) -> bytes:
    """The array in the form of a ``.npy`` file."""
    written = io.BytesIO()
    np.lib.format.write_array(written, array, allow_pickle=False)
    return written.getvalue()


def from_npy(data: bytes) -> NDArray[Any]:
    """What :func:`to_npy` gave; no memory is taken before the sizes are known to be right.

    Raises:
        ValueError: the header is none, or does not tell of the bytes that follow it.
    """
    header_size = int.from_bytes(data[8:10], "little")
    header = _HEADER.fullmatch(data[10 : 10 + header_size])
    if not data.startswith(_START) or header is None:
        raise ValueError("its header is none of a plain array")
    dtype = _plain_dtype(header[1].decode())
    shape = tuple(int(size) for size in header[3].decode().split(",") if size.strip())
    body = memoryview(data)[10 + header_size :]
    if len(shape) > _MOST_DIMENSIONS or math.prod(shape) * dtype.itemsize != len(body):
        raise ValueError(f"a shape of {shape} does not go with {len(body):,} bytes of {dtype}")
    if dtype.kind == "b" and len(body) and np.frombuffer(body, np.uint8).max() > 1:
        raise ValueError("a truth value is neither 0 nor 1")
    order = "F" if header[2] == b"True" else "C"
    return np.frombuffer(body, dtype).reshape(shape, order=order).copy(order="K")


def _plain_dtype(text: str) -> np.dtype[Any]:
    try:
        dtype = np.dtype(text)
    except TypeError as error:
        raise ValueError(f"there is no type {text!r}") from error
    if dtype.kind not in PLAIN_KINDS or dtype.itemsize == 0:
        raise ValueError(f"{text!r} is no type of plain numbers, times or text")
    return dtype
