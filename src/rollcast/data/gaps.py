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
    codes = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    rows = np.arange(len(values))
    before = np.maximum.accumulate(np.where(mask, rows, -1))
    after = np.minimum.accumulate(np.where(mask, rows, len(rows))[::-1])[::-1]
    has_before = before >= offsets[codes]
    has_after = after < offsets[codes + 1]
    left = np.where(has_before, before, np.where(has_after, after, rows))
    right = np.where(has_after, after, left)
    if fill == "ffill":
        return values[left]
    width = np.maximum(right - left, 1)
    share = np.clip((rows - left) / width, 0, 1)
    return values[left] + share * (values[right] - values[left])


def fill_linearly(panel: Panel, ends: Int64) -> Panel:
    """Gaps between two values before ``ends`` (S,) filled along a straight line, and none that reaches beyond."""
    known = panel.mask & (np.arange(len(panel.mask)) < np.repeat(ends, panel.lengths))
    inside = np.zeros(len(known), bool)
    for rows in panel:
        seen = np.flatnonzero(known[rows])
        if len(seen):
            inside[rows.start + seen[0] : rows.start + seen[-1]] = True
    filled = np.where(
        inside & ~panel.mask, fill_gaps(panel.target, known, panel.offsets, "linear"), panel.target
    )
    values = np.concatenate([filled[:, None], panel.values[:, 1:]], axis=1)
    return replace(panel, values=values, mask=panel.mask | inside)
