"""Arrays as bytes: what NumPy writes comes back, and a header is believed nothing."""

from __future__ import annotations

import numpy as np
import pytest

from rollcast.storage.plain_arrays import from_npy, to_npy

PLAIN = [
    np.arange(12, dtype=np.float32).reshape(3, 4),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.arange(8)[::2],
    np.array(7),
    np.empty((0, 3)),
    np.array([True, False]),
    np.array(["서울", "b"]),
    np.array([b"ab"]),
    np.array(["2024-01-31"], "M8[ns]"),
    np.array([3], "m8[25s]"),
    np.ones((2, 1, 2), ">f8"),
    np.ones(2, np.complex64),
]


@pytest.mark.parametrize("array", PLAIN, ids=lambda a: f"{a.dtype}{a.shape}")
def test_what_was_written_comes_back(array: np.ndarray):
    found = from_npy(to_npy(array))
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    np.testing.assert_array_equal(found, array)
    assert found.flags.writeable
    assert found.flags.owndata or found.base is not None


def with_header(text: str, body: bytes = b"\0" * 8, version: bytes = b"\x01\x00") -> bytes:
    return b"\x93NUMPY" + version + len(text).to_bytes(2, "little") + text.encode() + body


def header(descr: str = "'<f8'", order: str = "False", shape: str = "(1,)") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n"


def test_the_headers_of_these_tests_are_right_but_for_the_fault():
    assert from_npy(with_header(header())).tolist() == [0.0]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x93NUMPY",
        with_header(header())[:-1],
        with_header(header(), version=b"\x02\x00"),
        with_header(header(shape="(10**9,)")),
        with_header(header(shape="(1000000000000000,)")),
        with_header(header(shape="(-1,)")),
        with_header(header(shape="(True,)")),
        with_header(header(shape="(9223372036854775808, 2)")),
        with_header(header(shape="(4611686018427387904, 4)"), b""),
        with_header(header(shape="(" + "1, " * 40 + "1)")),
        with_header(header(order="0")),
        with_header(header(descr="'|O'")),
        with_header(header(descr="'<U0'"), b""),
        with_header(header(descr="'|V8'")),
        with_header(header(descr="'<f16'"), b"\0" * 8),
        with_header(header(descr="'<q9'")),
        with_header(header(descr="[('a', '<f8')]")),
        with_header(header(descr="'|b1'"), b"\x07"),
        with_header("__import__('os').abort()\n"),
        with_header("(" * 3000),
    ],
)
def test_a_header_that_does_not_tell_of_its_bytes_is_refused(data: bytes):
    with pytest.raises(ValueError, match=r"."):
        from_npy(data)
