"""Series side by side: those of about equal length in one array, padded, so that programs read them together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from rollcast._types import Bool, Int64
from rollcast.preprocessing.series_buffer import capacity


class SideBySide(NamedTuple):
    """Some series that are read together.

    Attributes:
        series: (m,) which ones.
        padded: (S',) the same, the first of them again until a program's size is full.
        row: (S', T) their rows in the flat series; 0 behind a series' last.
        mask: (S', T) True on rows that exist.
    """

    series: Int64
    padded: Int64
    row: Int64
    mask: Bool


def side_by_side(begins: Int64, lengths: Int64, most: int) -> Iterator[SideBySide]:
    """All series, the shortest first, so that little is padding.

    Args:
        begins: (S,) their first rows in the flat series.
        lengths: (S,) how many rows they have.
        most: series at a time.
    """
    order = np.argsort(lengths, kind="stable")
    for first in range(0, len(order), most):
        group = order[first : first + most]
        padded = group[np.arange(capacity(len(group), least=1)) % len(group)]
        row = begins[padded, None] + np.arange(lengths[group].max())
        mask = np.arange(row.shape[1]) < lengths[padded, None]
        yield SideBySide(group, padded, np.where(mask, row, 0), mask)
