"""Linear recursions along rows, for all series and without a loop over rows."""

from __future__ import annotations

import numpy as np

from pretraining.chances import Floats


def decaying_sum(x: Floats, rate: Floats) -> Floats:
    """What ``y[t] = rate * y[t - 1] + x[t]`` gives, from 0 on.

    Each pass doubles the number of terms that a row holds.

    Args:
        x: (B, N).
        rate: (B,) between -1 and 1.

    Returns:
        (B, N).
    """
    y, power, step = x.copy(), rate[:, None].astype(x.dtype), 1
    while step < x.shape[1]:
        y[:, step:] += power * y[:, :-step]
        # A rate that has decayed to nothing would only bring slow, denormal numbers.
        power = np.where(np.abs(power) < 1e-9, 0, power * power).astype(x.dtype)
        step *= 2
    return y


def moving_mean(x: Floats, width: int) -> Floats:
    """(B, N) means over ``width`` rows around each, the ends repeated."""
    before = width // 2
    wide = np.pad(x, ((0, 0), (before + 1, width - 1 - before)), mode="edge").astype("f8")
    sums = np.cumsum(wide, 1)
    return ((sums[:, width:] - sums[:, :-width]) / width).astype(x.dtype)
