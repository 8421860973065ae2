"""Array fields: the arrays of a file by name, each held against a declared type and shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ArrayForm:
    """What an array of a file has to be.

    Attributes:
        dtype: NumPy's code without the byte order, "f4"; a kind alone, "f", takes every size.
        shape: numbers, and letters that stand for the same number in every array of the file.
        least: of its values, where that is bounded.
        above: values must be larger than this one.
        numbers: "finite" alone; "gaps", which are NaN, among them; or "any", infinities too.
    """

    dtype: str
    shape: tuple[str | int, ...]
    least: float | None = None
    above: float | None = None
    numbers: Literal["finite", "gaps", "any"] = "finite"


class ArrayFields:
    """Takes arrays out of a file.

    Args:
        arrays: of the file, by name.
        sizes: what letters in shapes stand for; further ones get their number where they are first met.
        group: the beginning of the names, as in "held/".
    """

    def __init__(
        self, arrays: Mapping[str, NDArray[Any]], sizes: Mapping[str, int], group: str = ""
    ) -> None:
        self._arrays, self._group = arrays, group
        self.sizes = dict(sizes)

    def __contains__(self, name: str) -> bool:
        return f"{self._group}{name}" in self._arrays

    def __len__(self) -> int:
        """How many arrays the file has."""
        return len(self._arrays)

    def within(self, group: str) -> ArrayFields:
        """The arrays whose names go on so; letters in their shapes stand for numbers of their own."""
        return ArrayFields(self._arrays, {}, f"{self._group}{group}")

    def take(self, name: str, form: ArrayForm) -> NDArray[Any]:
        """An array, which is as declared.

        Raises:
            ValueError: it is missing, or of another type or shape, or has a value that can't be.
        """
        full = f"{self._group}{name}"
        if full not in self._arrays:
            raise ValueError(f"its array {full!r} is missing")
        array = self._arrays[full]
        if not f"{array.dtype.kind}{array.dtype.itemsize}".startswith(form.dtype):
            raise ValueError(
                f"its array {full!r} must be of type {form.dtype}; got {array.dtype.str}"
            )
        wanted = tuple(self.sizes.get(n, n) if isinstance(n, str) else n for n in form.shape)
        letters = [isinstance(n, str) for n in wanted]
        if array.ndim != len(wanted) or any(
            not free and n != size
            for n, free, size in zip(wanted, letters, array.shape, strict=True)
        ):
            raise ValueError(
                f"its array {full!r} must have the shape {_shown(wanted)}; got {array.shape}"
            )
        self.sizes |= {
            str(n): size for n, free, size in zip(wanted, letters, array.shape, strict=True) if free
        }
        check_values(full, array, form)
        return array.astype(array.dtype.newbyteorder("="), copy=False)

    def take_all(self, name: str, size: int, form: ArrayForm) -> list[NDArray[Any]]:
        """The arrays of that name and the numbers from 0 on, real numbers of any shape and type.

        Args:
            name: before the numbers.
            size: how many there are.
            form: tells which values they may have.

        Raises:
            ValueError: one is missing, or of another type, or has a value that can't be.
        """
        found: list[NDArray[Any]] = []
        for i in range(size):
            full = f"{self._group}{name}/{i}"
            array = self._arrays.get(full)
            if array is None:
                raise ValueError(f"its array {full!r} is missing")
            if array.dtype.kind not in "fiub":
                raise ValueError(
                    f"its array {full!r} must hold real numbers; got {array.dtype.str}"
                )
            check_values(full, array, form)
            found.append(array)
        return found


def check_values(name: str, array: NDArray[Any], form: ArrayForm) -> None:
    """Refuse values that a file can't hold in an array.

    Raises:
        ValueError: there is one.
    """
    if array.dtype.kind == "f" and form.numbers != "any":
        bad = np.isinf(array) if form.numbers == "gaps" else ~np.isfinite(array)
        if bad.any():
            raise ValueError(f"its array {name!r} holds {array[bad].flat[0]}")
    if form.least is not None and (array < form.least).any():
        raise ValueError(f"its array {name!r} holds a value below {form.least:g}")
    if form.above is not None and (array <= form.above).any():
        raise ValueError(f"its array {name!r} must be above {form.above:g}")


def _shown(shape: tuple[str | int, ...]) -> str:
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
