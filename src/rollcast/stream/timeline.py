"""The times of regular grids, as numbers and as JSON, worked out some dozens at a time."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np

from rollcast.data.calendar import Frequency
from rollcast.errors import DataError
from rollcast.tables import Schema, forecast_frame

BLOCK: Final = 64
"""Rows whose times are worked out together."""

_KEPT: Final = 4096
"""Blocks that are kept."""

_SHARED: Final = 16
"""Grids of a calendar that are tried for a new start, before it gets one of its own."""

_COMPARED: Final = np.array([0, 1, BLOCK], np.int64)
"""Rows by which two grids are compared: a change of clocks moves none but one of them."""


class SharedGrid(NamedTuple):
    """A series' grid as a part of another, so that series in step share their times.

    Attributes:
        start: of the grid that has the times.
        skipped: rows of it before the series' own first.
    """

    start: int
    skipped: int


class Timeline:
    """Looks up times by row.

    Args:
        frequency: the step between rows.
        schema: how the caller writes times.
    """

    def __init__(self, frequency: Frequency, schema: Schema) -> None:
        self._frequency = frequency
        self._schema = replace(schema, id_col=None)
        block: Callable[[int, int], tuple[list[int], list[str]]] = lru_cache(_KEPT)(self._make)
        joined: Callable[[int, int, int], str] = lru_cache(_KEPT)(self._join)
        self._block, self._joined = block, joined
        self._grids: dict[int, SharedGrid] = {}
        self._shared: list[int] = []

    def grid(self, start: int) -> SharedGrid:
        """The grid of a series whose first row has this time."""
        step = self._frequency.fixed_step
        if step is not None:
            # Steps that never vary: all grids of one phase are one.
            skipped, phase = divmod(start, step)
            return SharedGrid(phase, skipped)
        found = self._grids.get(start)
        if found is None:
            found = self._grids[start] = self._share(start)
        return found

    def _share(self, start: int) -> SharedGrid:
        """The calendar's grid on which a start lies; series that begin at other rows of it share its times."""
        own = np.full(len(_COMPARED), start)
        for known in self._shared:
            row, on = self.locate(known, start)
            try:
                theirs = self._frequency.shift(np.full(len(_COMPARED), known), row + _COMPARED)
                if on and (theirs == self._frequency.shift(own, _COMPARED)).all():
                    return SharedGrid(known, row)
            except DataError:  # beyond what timestamps can hold
                continue
        if len(self._shared) < _SHARED:
            self._shared.append(start)
        return SharedGrid(start, 0)

    def instant(self, grid: SharedGrid, row: int) -> int:
        """The time of a row, counted from the series' first.

        Raises:
            DataError: it lies beyond what timestamps can hold.
        """
        number, within = divmod(grid.skipped + row, BLOCK)
        return self._pick(0, grid.start, number, within)

    def text(self, grid: SharedGrid, row: int, count: int = 1) -> str:
        """The times of ``count`` rows as JSON, with commas between them.

        Raises:
            DataError: one lies beyond what timestamps can hold.
        """
        return self._joined(grid.start, grid.skipped + row, count)

    def locate(self, start: int, time: int) -> tuple[int, bool]:
        """The row of a time on the grid that begins at ``start``, and whether it lies on that grid."""
        step = self._frequency.fixed_step
        if step is not None:
            row, rest = divmod(time - start, step)
            return row, rest == 0
        rows, on = self._frequency.locate(np.array([start]), np.array([time]))
        return int(rows[0]), bool(on[0])

    def _join(self, start: int, row: int, count: int) -> str:
        places = [divmod(i, BLOCK) for i in range(row, row + count)]
        return ",".join(self._pick(1, start, number, within) for number, within in places)

    def _pick(self, which: int, start: int, number: int, within: int) -> Any:
        found: list[Any] = self._block(start, number)[which]
        if within >= len(found):  # the calendar ends within this block
            self._frequency.advance(start, number * BLOCK + within)
        return found[within]

    def _make(self, start: int, number: int) -> tuple[list[int], list[str]]:
        """Times of a block's rows, those before the end of the calendar."""
        size = BLOCK
        while not self._holds(start, number * BLOCK + size - 1):
            size -= 1
            if size == 0:
                return [], []
        first = np.array([number * BLOCK])
        times = self._frequency.shift(np.full(size, start), first + np.arange(size))
        starts, nothing = np.array([start]), {"": np.zeros((1, size))}
        frame = forecast_frame((None,), starts, nothing, self._frequency, self._schema, first)
        column = frame[frame.columns[0]]
        return times.tolist(), [json.dumps(_plain(cell)) for cell in column.to_list()]

    def _holds(self, start: int, row: int) -> bool:
        try:
            self._frequency.advance(start, row)
        except DataError:
            return False
        return True


def _plain(cell: Any) -> Any:
    """A time as JSON has it: ISO 8601, or a whole number."""
    if isinstance(cell, str):
        return cell
    if hasattr(cell, "isoformat"):
        return cell.isoformat()
    try:
        return int(cell)
    except (TypeError, ValueError):
        return str(cell)
