"""Many zeros: series of which the median says little, since it is zero, and whose mean is forecast."""

from __future__ import annotations

from typing import Final

import numpy as np

from rollcast._types import Bool, PointOption
from rollcast.data.panel import Panel
from rollcast.data.segments import count_segments

MOST_ZEROS: Final = 0.3
"""The share of zeros above which a series is intermittent."""


def has_many_zeros(panel: Panel) -> Bool:
    """(S,) whether over 30 % of what is known of a series is zero.

    Args:
        panel: what may be known of the series: pass the rows before the first forecast alone.
    """
    known = count_segments(panel.mask, panel.offsets)
    zeros = count_segments(panel.mask & (panel.target == 0), panel.offsets)
    return zeros > MOST_ZEROS * known


def choose_means(option: PointOption, panel: Panel) -> Bool:
    """(S,) of which series the mean is forecast, and not the median.

    Args:
        option: of the model; with "auto" it is the mean of series with many zeros.
        panel: as in :func:`has_many_zeros`.
    """
    if option == "auto":
        return has_many_zeros(panel)
    return np.full(panel.num_series, option == "mean")
