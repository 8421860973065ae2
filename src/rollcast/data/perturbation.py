"""Perturbation: another future for the same past, to see whether anything before it moves."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal, TypeAlias, get_args

import numpy as np

from rollcast._types import Bool, Float64, Int64
from rollcast.data.panel import Panel
from rollcast.data.segments import count_segments, sum_segments

Kind: TypeAlias = Literal["values", "gaps", "weights"]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
"""What is changed: values become large or take the other sign; they go missing or become unavailable; or weigh more."""

FARTHEST: Final = 1000.0
"""By how many times its size a value is moved, at most."""


def perturb_after(panel: Panel, ends: Int64, kind: Kind, *, positive: Bool, seed: int) -> Panel:
    """The panel with its rows changed from ``ends`` on, in all series at once.

    Args:
        panel: S series.
        ends: (S,) one past the last row of each that stays, counted from its first.
        kind: what is changed. Weights are changed where the panel has some.
        positive: (S,) series of which a logarithm is taken, whose values stay above 0.
        seed: of what is drawn.
    """
    random = np.random.default_rng(seed)
    series = np.repeat(np.arange(panel.num_series), panel.lengths)
    later = np.arange(len(panel.target)) - panel.offsets[series] >= ends[series]
    draw = random.random(len(later))
    if kind == "values":
        moved = _moved(panel, series, draw, ends)
        moved = np.where(positive[series], np.abs(panel.target) * FARTHEST ** (2 * draw - 1), moved)
        return replace(panel, target=np.where(later & panel.mask, moved, panel.target))
    if kind == "weights":
        if panel.weights is None:
            return panel
        return replace(panel, weights=np.where(later, 10 * draw, panel.weights))
    missing, out = later & (draw < 1 / 3), later & (draw >= 2 / 3)
    available = np.ones(len(later), np.bool_) if panel.available is None else panel.available
    return replace(
        panel,
        target=np.where(missing, np.nan, panel.target),
        mask=panel.mask & ~missing & ~out,
        available=available & ~out,
    )


def _moved(panel: Panel, series: Int64, draw: Float64, ends: Int64) -> Float64:
    """(N,) values with the other sign, or far above or below what is usual in the rows that stay."""
    stays = np.arange(len(draw)) - panel.offsets[series] < ends[series]
    known = panel.mask & stays
    size = sum_segments(np.where(known, np.abs(panel.target), 0.0), panel.offsets)
    count = count_segments(known, panel.offsets)
    usual = np.where(size > 0, size / np.maximum(count, 1), 1.0)[series]
    far = np.where(draw < 0.6, -1.0, 1.0) * usual * FARTHEST**draw
    return np.where(draw < 1 / 3, -panel.target, far)
