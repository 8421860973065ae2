"""Arrivals: rows as they come in, before it is known where they belong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from rollcast._types import Bool, Float64, Int64


def count_rows(row: int) -> str:
    """How a message speaks of a row, by its number."""
    return f"row {row} (counted from 0)"


@dataclass(frozen=True, eq=False)
class Arrivals:
    """Rows in the order in which they came.

    Attributes:
        ids: (U,) the identifiers, each once and with a row at least; ``(None,)`` where there is no column of them.
        codes: (N,) whose rows these are.
        times: (N,) nanoseconds since 1970 in UTC, or the integers themselves; None where each row is the next of its
            series.
        values: (N,) the target; NaN where it is missing or was not available.
        second: (N,) the later instant of a clock time that is shown twice, elsewhere ``times``; None where no time is.
        target: what messages call the target.
        place: how messages speak of a row.
        available: (N,) False where a row does not count, whatever was recorded; None where all do.
    """

    ids: tuple[Any, ...]
    codes: Int64
    times: Int64 | None
    values: Float64
    second: Int64 | None = None
    target: Any = "y"
    place: Callable[[int], str] = count_rows
    available: Bool | None = None

    @classmethod
    def of(cls, ids: Iterable[Any], times: Any, values: Any) -> Arrivals:
        """From one identifier, time and value a row.

        Args:
            ids: (N,) each row's identifier.
            times: (N,) as a panel has them, or None.
            values: (N,) NaN where missing.
        """
        known: dict[Any, int] = {}
        codes = [known.setdefault(i, len(known)) for i in ids]
        return cls(
            tuple(known),
            np.array(codes, np.int64),
            None if times is None else np.asarray(times, np.int64),
            np.asarray(values, np.float64),
        )

    def __len__(self) -> int:
        return len(self.codes)
