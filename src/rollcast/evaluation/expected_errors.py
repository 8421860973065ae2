"""Expected errors: how far forecasts one step ahead were off on the rows on which a model was judged."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from rollcast._types import Bool, Float64, Int64
from rollcast.data.origins import mean_by_series
from rollcast.evaluation.comparison import FEWEST, GROUPS
from rollcast.evaluation.evidence import Evidence
from rollcast.networks.distribution import Distribution

USUAL: Final = 8
"""Rows that the mean over all series weighs as beside those of one: few rows of a series say little of it."""


class ExpectedErrors(NamedTuple):
    """Errors one step ahead of S series, in units of each (its anchor's typical error).

    Attributes:
        mean: (S,) NaN where nothing was judged.
        rows: (S,) how many were judged.
        uncertainty: relative standard error of the mean over all series, with what starts at one time as one
            observation; NaN with fewer than ``FEWEST`` times.
    """

    mean: Float64
    rows: Int64
    uncertainty: float

    def of_each(self) -> Float64:
        """(S,) what is to be expected of each series: its own mean, drawn to that of all where it has few rows."""
        known = self.rows > 0
        if not known.any():
            return np.full(len(self.mean), np.nan)
        own = np.where(known, self.mean, 0.0) * self.rows
        return (own + USUAL * self.mean[known].mean()) / (self.rows + USUAL)


def expect_errors(
    parts: Sequence[Evidence], distribution: Distribution, num_series: int
) -> ExpectedErrors | None:
    """The errors of the first steps of forecasts beside what came.

    Args:
        parts: forecasts of rows that the weights had not seen.
        distribution: the network's.
        num_series: S, of which the parts tell the places.

    Returns:
        None where nothing was observed.
    """
    some = [one for one in parts if len(one.actual)]
    if not some:
        return None
    each = [
        np.abs(one.actual[:, 0] - np.asarray(distribution.point(one.made[:, 0]))) / one.unit
        for one in some
    ]
    errors = np.concatenate(each)
    seen = np.isfinite(errors)
    if not seen.any():
        return None
    series, time = (
        np.concatenate([getattr(one, name) for one in some]) for name in ("series", "time")
    )
    return ExpectedErrors(
        mean_by_series(series[seen], errors[seen], num_series=num_series),
        np.bincount(series[seen], minlength=num_series),
        _uncertainty(errors, time, seen),
    )


def _uncertainty(errors: Float64, time: Int64, seen: Bool) -> float:
    """The relative standard error of a mean of errors (M,), by groups of consecutive times (M,)."""
    times, when = np.unique(time[seen], return_inverse=True)
    if len(times) < FEWEST:
        return math.nan
    group = when * min(len(times), GROUPS) // len(times)
    weight = np.bincount(group).astype(np.float64)
    means = np.bincount(group, errors[seen]) / weight
    mean, share = float(errors[seen].mean()), weight / weight.sum()
    spread = float((share**2 * (means - mean) ** 2).sum()) * len(weight) / (len(weight) - 1)
    return math.sqrt(spread) / mean if mean > 0 else math.nan
