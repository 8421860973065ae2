"""Loop failure: one step ahead looks fine, and the closed loop fails."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from rollcast._types import Float64
from rollcast.data.origins import Origins, mean_by_series
from rollcast.errors import ArgumentError
from rollcast.evaluation.diagnosis.findings import enough, in_series, percent


def loop_warning(
    origins: Origins, free: ArrayLike, truth: ArrayLike, one_step: ArrayLike, scale: ArrayLike
) -> str | None:
    """The sentence for a model whose one-step error looks fine while its loop fails; None if there is no such fault.

    One step ahead looks fine at half of naive's error or less. The loop fails where its error is above that, and no
    less than that of a constant, the mean of the actual values.

    Args:
        origins: of S series.
        free: (M, h) forecasts rolled forward freely from them.
        truth: (M, h) the actual values, in the same unit; NaN where not observed.
        one_step: (M,) errors, of either sign, of forecasts one step ahead; NaN where not observed.
        scale: (S,) mean absolute error of the naive forecast one step ahead, as ``in_sample_scales`` gives it.

    Returns:
        A sentence with the numbers and the remedy, or None.

    Raises:
        ArgumentError: if the shapes differ.
    """
    f, y, e, q = (np.asarray(a, np.float64) for a in (free, truth, one_step, scale))
    if f.shape != y.shape or y.ndim != 2 or e.shape != y.shape[:1] or len(e) != len(origins):
        raise ArgumentError(
            "`free` and `truth` must have the shape (origins, h), and `one_step` a value for each origin; got "
            f"{f.shape}, {y.shape} and {e.shape} for {len(origins)} origins."
        )

    def mean(errors: Float64) -> Float64:
        return mean_by_series(origins.series, errors, num_series=len(q))

    with np.errstate(all="ignore"):
        broken = np.where(np.isnan(f), np.inf, f)
        error = np.where(np.isnan(y), np.nan, np.abs(broken - y))
        return fails_in_loop(
            one_step=mean(np.abs(e)),
            naive_one_step=q,
            free=mean(error),
            simple=mean(np.abs(y - mean(y)[origins.series, None])),
            h=y.shape[1],
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
