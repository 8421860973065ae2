"""Gaps: values for rows that were not observed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rollcast._types import Bool, Fill, Float64, Int64
from rollcast.data.panel import Panel


def fill_gaps(values: Float64, mask: Bool, offsets: Int64, fill: Fill) -> Float64:
    """Values for the rows that weren't observed.

    Args:
        values: (N,) the grid's values.
        mask: (N,) where they were observed.
        offsets: (S + 1,) where each series begins.
        fill: "ffill" the last observed value (the first one before it), "linear" the straight line
            between neighbours (flat at both ends), "zero".

    Returns:
        (N,) values, all of them numbers unless a series has none.
    """
    if fill == "zero":
        return np.where(mask, values, 0.0)
    rows = np.arange(len(values))
    before, after = _neighbours(mask, offsets)
    left = np.where(before >= 0, before, np.where(after >= 0, after, rows))
    if fill == "ffill":
        return values[left]
    right = np.where(after >= 0, after, left)
    width = np.maximum(right - left, 1)
    share = np.clip((rows - left) / width, 0, 1)
    return values[left] + share * (values[right] - values[left])


def fill_linearly(panel: Panel, ends: Int64 | None = None) -> Panel:
    """Fill gaps between two values along a straight line.

    Rows that were not available are not filled, and don't count.

    Args:
        panel: what may have gaps.
        ends: (S,) one past the last row of each series that may be known, in the flat series: no gap that reaches
            there is filled. Default all are known.
    """
    known = panel.mask
    if ends is not None:
        known = known & (np.arange(len(known)) < np.repeat(ends, panel.lengths))
    before, after = _neighbours(known, panel.offsets)
    gaps = (before >= 0) & (after >= 0) & ~panel.mask
    if panel.available is not None:
        gaps &= panel.available
    line = fill_gaps(panel.target, known, panel.offsets, "linear")
    return replace(panel, target=np.where(gaps, line, panel.target), mask=panel.mask | gaps)


def _neighbours(mask: Bool, offsets: Int64) -> tuple[Int64, Int64]:
    """(N,) each row's newest observed row of its series until then, and the first from then on; -1 for none."""
    lengths = np.diff(offsets)
    rows = np.arange(len(mask))
    before = np.maximum.accumulate(np.where(mask, rows, -1))
    after = np.minimum.accumulate(np.where(mask, rows, len(rows))[::-1])[::-1]
    before = np.where(before >= np.repeat(offsets[:-1], lengths), before, -1)
    return before, np.where(after < np.repeat(offsets[1:], lengths), after, -1)
