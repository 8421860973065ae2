"""The library called on NumPy arrays, without XLA: each array between guards, each result NaN before."""

from __future__ import annotations

import ctypes
from collections.abc import Collection
from typing import Any

import numpy as np
from slow import Answer, Problem

from rollcast._types import Array
from rollcast.networks.kernels.library import CELLS, INSTRUCTION_SETS, library

GUARD = 64  # floats before and after each array
PATTERN = np.uint32(0xFFC0BEEF)  # a NaN that no arithmetic makes: reading it shows too
LINE = 64  # bytes of a cache line

_POINTER, _SIZE = ctypes.c_void_p, ctypes.c_int64


class _Layer(ctypes.Structure):
    _fields_ = (
        *((name, _SIZE) for name in ("batch", "steps", "inputs", "units")),
        ("reverse", ctypes.c_bool),
        *((name, _POINTER) for name in ("x", "mask", "h0", "c0", "kernel", "recurrent", "bias")),
    )


class _Forward(ctypes.Structure):
    _fields_ = (
        ("layer", _Layer),
        *((name, _POINTER) for name in ("hs", "h_end", "c_end", "saved", "work")),
    )


class _Backward(ctypes.Structure):
    _fields_ = (
        ("layer", _Layer),
        *((name, _POINTER) for name in ("hs", "saved", "d_hs", "d_h_end", "d_c_end")),
        *((name, _POINTER) for name in ("d_x", "d_h0", "d_c0", "d_kernel", "d_recurrent")),
        *((name, _POINTER) for name in ("d_bias", "work")),
    )


class _Guards:
    """Makes arrays in guarded memory, ``offset`` floats after the start of a cache line."""

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.made: list[tuple[Array, int, Array]] = []
        self.given: list[tuple[Array, Array]] = []

    def empty(self, *shape: int) -> Array:
        """An array of NaN to write to."""
        count = int(np.prod(shape))
        room = np.full(count + 2 * GUARD + LINE, PATTERN)
        first = -(-(room.ctypes.data + 4 * GUARD) // LINE) * LINE + 4 * self.offset
        start = (first - room.ctypes.data) // 4
        array = room[start : start + count].view(np.float32).reshape(shape)
        array[...] = np.nan
        self.made.append((room, start, array))
        return array

    def copy(self, array: Array | None) -> Array | None:
        """A copy to read from."""
        if array is None:
            return None
        copied = self.empty(*array.shape)
        copied[...] = array
        self.given.append((copied, array))
        return copied

    def check(self) -> None:
        """Nothing was written beside an array, nor to what was there to be read."""
        for room, start, array in self.made:
            assert (room[:start] == PATTERN).all()
            assert (room[start + array.size :] == PATTERN).all()
        for copied, array in self.given:
            np.testing.assert_array_equal(copied, array)


def run(
    cell: str,
    problem: Problem,
    isa: str,
    *,
    threads: int = 1,
    offset: int = 0,
    null: Collection[str] = (),
) -> Answer:
    """What the library makes of a problem.

    Args:
        isa: the instruction set.
        offset: floats by which every array starts after a cache line.
        null: names of pointers to leave empty; "saved" leaves the gradients out.
    """
    native = library()
    assert native is not None
    numbers = [_SIZE(INSTRUCTION_SETS.index(isa)), _SIZE(CELLS.index(cell))]
    guards = _Guards(offset)
    B, T, F = problem.x.shape
    H = problem.states[0].shape[1]
    is_lstm = cell == "lstm"
    sizes = (_SIZE * 3)()
    native.handle.rollcast_sizes(*numbers, *map(_SIZE, (B, T, F, H)), sizes)

    x, weights = guards.copy(problem.x), [guards.copy(w) for w in problem.weights]
    states = [guards.copy(s) for s in problem.states]
    h0, c0 = states if is_lstm else (*states, None)
    mask = None if problem.mask is None else np.ascontiguousarray(problem.mask)
    layer = _Layer(B, T, F, H, problem.reverse, *map(_address, (x, mask, h0, c0, *weights)))

    hs, ends = guards.empty(B, T, H), [guards.empty(B, H) for _ in problem.states]
    saved = None if "saved" in null else guards.empty(sizes[0])
    work = guards.empty(sizes[1])
    forward = (hs, *_pair(ends), saved, work)
    native.handle.rollcast_forward(
        *numbers, threads, ctypes.byref(_Forward(layer, *map(_address, forward)))
    )
    if saved is None:
        guards.check()
        return Answer(hs, tuple(ends), None, (), ())

    d_hs = None if "d_hs" in null else guards.copy(problem.d_hs)
    d_ends = [
        None if name in null else guards.copy(d)
        for name, d in zip(("d_h_end", "d_c_end"), problem.d_states, strict=False)
    ]
    d_x = None if "d_x" in null else guards.empty(B, T, F)
    d_states = [guards.empty(B, H) for _ in problem.states]
    d_weights = [guards.empty(*w.shape) for w in problem.weights]
    work = guards.empty(sizes[2])
    backward = (hs, saved, d_hs, *_pair(d_ends), d_x, *_pair(d_states), *d_weights, work)
    before = hs.copy()
    native.handle.rollcast_backward(
        *numbers, threads, ctypes.byref(_Backward(layer, *map(_address, backward)))
    )
    guards.check()
    np.testing.assert_array_equal(hs, before)
    return Answer(hs, tuple(ends), d_x, tuple(d_states), tuple(d_weights))


def _pair(arrays: list[Any]) -> tuple[Any, Any]:
    return (*arrays, None)[:2]


def _address(array: Array | None) -> int | None:
    return None if array is None else array.ctypes.data


def named(answer: Answer) -> dict[str, Array]:
    """The arrays of an answer by their names."""
    states, weights = ("h", "c"), ("kernel", "recurrent", "bias")
    arrays = {"hs": answer.hs, **dict(zip(states, answer.states, strict=False))}
    if answer.d_x is not None:
        arrays["d_x"] = answer.d_x
    arrays |= {f"d_{n}0": d for n, d in zip(states, answer.d_states, strict=False)}
    return arrays | {f"d_{n}": d for n, d in zip(weights, answer.d_weights, strict=False)}


def assert_near(ours: Answer, expected: Answer, tolerance: float = 1e-5) -> None:
    """Every array within ``tolerance`` of the largest number of what is expected."""
    ours_by_name, expected_by_name = named(ours), named(expected)
    for name, a in ours_by_name.items():
        b = expected_by_name[name]
        assert a.shape == b.shape, name
        error, most = np.abs(a - b).max(initial=0), np.abs(b).max(initial=0)
        assert error <= tolerance * most, f"{name}: {error:.2e} of {most:.2e}"


def assert_same_bits(ours: Answer, expected: Answer) -> None:
    ours_by_name, expected_by_name = named(ours), named(expected)
    assert list(ours_by_name) == list(expected_by_name)
    for name, a in ours_by_name.items():
        assert a.tobytes() == expected_by_name[name].tobytes(), name


def assert_near_where_finite(ours: Answer, expected: Answer) -> None:
    """The same numbers are finite, and those are near."""
    expected_by_name = named(expected)
    for name, a in named(ours).items():
        b = expected_by_name[name]
        finite = np.isfinite(b)
        np.testing.assert_array_equal(np.isfinite(a), finite, err_msg=name)
        if finite.any():
            error, most = np.abs(a[finite] - b[finite]).max(), np.abs(b[finite]).max()
            assert error <= 1e-5 * most, f"{name}: {error:.2e} of {most:.2e}"
