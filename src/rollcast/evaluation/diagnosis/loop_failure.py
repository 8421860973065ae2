"""Loop failure: one step ahead looks fine, and the closed loop fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import ArrayLike

from rollcast._types import Float64
from rollcast.errors import ArgumentError
from rollcast.evaluation.diagnosis.findings import (
    enough,
    in_series,
    percent,
)
from rollcast.evaluation.diagnosis.loops import (
    mean_of,
)

if TYPE_CHECKING:
    pass


def loop_warning(
    free: ArrayLike, truth: ArrayLike, one_step: ArrayLike, scale: ArrayLike
) -> str | None:
    """The sentence for a model whose one-step error looks fine while its loop fails; None if there is no such fault.

    One step ahead looks fine at half of naive's error or less. The loop fails where its error is above that, and no
    less than that of a constant, the mean of the actual values.

    Args:
        free: (S, O, h) forecasts rolled forward freely from O origins of S series.
        truth: (S, O, h) the actual values, in the same unit; NaN where not observed.
        one_step: (S, ...) errors, of either sign, of forecasts one step ahead; NaN where not observed.
        scale: (S,) mean absolute error of the naive forecast one step ahead, as ``in_sample_scales`` gives it.

    Returns:
        A sentence with the numbers and the remedy, or None.

    Raises:
        ArgumentError: if the shapes differ.
    """
    f, y, e, q = (np.asarray(a, np.float64) for a in (free, truth, one_step, scale))
    if f.shape != y.shape or y.ndim != 3 or q.shape != y.shape[:1] or e.shape[:1] != q.shape:
        raise ArgumentError(
            "`free` and `truth` must have the shape (series, origins, h), and `one_step` and `scale` begin with the "
            f"same series; got {f.shape}, {y.shape}, {e.shape} and {q.shape}."
        )
    with np.errstate(all="ignore"):
        broken = np.where(np.isnan(f), np.inf, f)
        error = np.where(np.isnan(y), np.nan, np.abs(broken - y))
        constant = np.abs(y - mean_of(y, (1, 2))[:, None, None])
        return fails_in_loop(
            one_step=mean_of(np.abs(e.reshape(len(e), -1)), 1),
            naive_one_step=q,
            free=mean_of(error, (1, 2)),
            simple=mean_of(constant, (1, 2)),
            h=y.shape[2],
        )


FINE: Final = 0.5
"""One step ahead looks fine at half of naive's error: noise and random walks give ratios above 0.7."""


def fails_in_loop(
    *, one_step: Float64, naive_one_step: Float64, free: Float64, simple: Float64, h: int
) -> str | None:
    """The sentence on series whose one-step errors look fine and whose loops fail.

    Args:
        one_step: (S,) errors one step ahead; NaN where unknown, as all below.
        naive_one_step: (S,) naive's.
        free: (S,) errors of the loop over h steps; infinite where it blew up.
        simple: (S,) errors over h steps of the better of the forecasts that need no model.
        h: steps ahead.

    Returns:
        The sentence, or None if fewer than a tenth of the series are so.
    """
    known = np.isfinite(one_step) & (naive_one_step > 0) & (simple > 0) & ~np.isnan(free)
    hit = known & (one_step <= FINE * naive_one_step) & (free > FINE * naive_one_step)
    hit &= free >= 0.99 * simple
    if not enough(hit, known):
        return None
    fine, bad = np.median((one_step / naive_one_step)[hit]), np.median((free / simple)[hit])
    return (
        f"One step ahead the error is {percent(fine)} of naive's, yet rolled {h} steps on its own output it is "
        f"{percent(bad)} of a constant's or naive's{in_series(hit, known)}: the one-step error hides a loop that "
        "fails; solve the last layer (`readout`), train through the loop (`rollout`), or emit more steps at once "
        "(`output_size`)."
    )
