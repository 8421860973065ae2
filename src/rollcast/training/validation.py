"""Validation: free-running forecasts of the validation part beside the actual values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import NamedTuple, TypedDict

import numpy as np

from rollcast._types import Array, Float64, Int64
from rollcast.data.origins import Origins
from rollcast.forecasting.rolling_origins import forecast_at, forecast_group, states_at
from rollcast.forecasting.rollout import forecast_params
from rollcast.networks.distribution import Distribution
from rollcast.networks.network import Network, Weights
from rollcast.networks.sizes import Sizes
from rollcast.preprocessing.series_buffer import SeriesBuffer, capacity
from rollcast.runtime.programs import compiled
from rollcast.training.task import Validation

WARMUP = 4096
"""Rows read before the first validation origin at most, so that an epoch of a long series isn't spent on validation."""


class ErrorsByTime(NamedTuple):
    """Errors of a network by when its forecasts start; at each time the mean over the series, which weigh the same.

    Attributes:
        mean: (U,) MAE in units of the anchor's own, or the mean square where squared errors decide; infinite where a
            forecast is no number.
        weight: (U,) how much each time counts: there is none where nothing was observed.
        time: (U,) distinct, in order, in steps of the frequency.
    """

    mean: Float64
    weight: Float64
    time: Int64

    @property
    def overall(self) -> float:
        """The mean over all times; NaN where there is none."""
        return float(np.average(self.mean, weights=self.weight)) if len(self.mean) else math.nan


class MemorySizes(TypedDict):
    """What a state remembers.

    Attributes:
        ring: R, the newest values.
        window: W, the newest inputs; 0 in the sequence reading.
        warmup: rows read before the first origin at most.
    """

    ring: int
    window: int
    warmup: int


@dataclass(frozen=True, kw_only=True, eq=False)
class FreeRunning:
    """Forecasts from rolling origins beside the actual values, in units of the anchor's own typical error.

    Attributes:
        rows: scaled series, those behind the origins included.
        origins: of the validation part.
        ends: (S,) one past the last row of that part, in the flat series.
        sizes: of the model's programs.
        h: horizon.
        time: (M,) when the forecasts start, in steps of the calendar that all series share; None for their rows.
        squared: whether squared errors decide.
    """

    rows: SeriesBuffer
    origins: Origins
    ends: Int64
    sizes: Sizes
    h: int
    time: Int64 | None = None
    squared: bool = False

    @property
    def memory(self) -> MemorySizes:
        """What a state remembers, and the rows read before the first origin at most."""
        sizes = self.sizes
        warmup = max(WARMUP, 4 * sizes.length, 2 * sizes.ring)
        return {"ring": sizes.ring, "window": sizes.window, "warmup": warmup}

    @cached_property
    def truth(self) -> tuple[Array, Array, Array]:
        """What came (M, h), its weights (M, h), and the anchor error (M, 1)."""
        origins, rows = self.origins, self.rows
        begins, filled, counts, anchor_error = map(
            np.asarray, (rows.begins, rows.filled, rows.counts, rows.anchor_error)
        )
        wanted = (begins[origins.series] + origins.row)[:, None] + 1 + np.arange(self.h)
        known = wanted < self.ends[origins.series, None]
        wanted = np.where(known, wanted, 0)
        unit = anchor_error[origins.series, None]
        return filled[wanted] / unit, np.where(known, counts[wanted], 0), unit

    def validate(self, network: Network, weights: Weights) -> Validation:
        """The errors of a network; NaN where nothing can be compared."""
        truth, known, anchor_error = self.truth
        weight = known.sum()
        if not weight:
            return Validation(math.nan, math.nan, math.nan)
        made = forecast_at(
            network,
            weights,
            self.rows,
            self.origins,
            h=self.h,
            each=partial(forecast_group, emit=forecast_params),
            **self.memory,
        )
        distribution, params = network.distribution, made / anchor_error[..., None]
        error = np.where(known > 0, distribution.point(params) - truth, 0.0).astype(np.float64)
        return Validation(
            _loss(distribution, params, truth, known),
            math.sqrt(float((error**2 * known).sum() / weight)),
            float((np.abs(error) * known).sum() / weight),
        )

    @cached_property
    def _times(self) -> tuple[Int64, Int64, Float64]:
        """The distinct times (U,), the place of each origin's (M,), and each origin's share of its series (M,)."""
        time = self.origins.row if self.time is None else self.time
        times, when = np.unique(time, return_inverse=True)
        count = self.truth[1].sum(axis=1, dtype=np.float64)
        total = np.bincount(self.origins.series, weights=count)[self.origins.series]
        return times, when, np.divide(count, total, out=np.zeros(len(count)), where=total > 0)

    def errors(
        self, network: Network, weights: Weights, heads: Sequence[tuple[Network, Weights]]
    ) -> list[ErrorsByTime]:
        """How several heads do on one body, which reads every row once, by when their forecasts start.

        Args:
            network: gives the body.
            weights: of ``network``.
            heads: networks with the same body, and their weights.
        """
        truth, known, anchor_error = self.truth
        times, when, share = self._times
        errors = np.zeros((len(heads), len(times)))
        for group in states_at(network, weights, self.rows, self.origins, **self.memory):
            here = group.origins
            weight = known[here].sum(axis=1)
            for place, (head, own) in enumerate(heads):
                made = forecast_group(head, own, group, self.h)
                error = np.abs(made / anchor_error[here] - truth[here])
                error = np.where(np.isfinite(made), error**2 if self.squared else error, np.inf)
                total = np.where(known[here] > 0, error * known[here], 0.0).sum(
                    axis=1, dtype=np.float64
                )
                mean = np.divide(total, weight, out=np.zeros(len(total)), where=weight > 0)
                part = np.where(share[here] > 0, mean * share[here], 0.0)
                errors[place] += np.bincount(when[here], weights=part, minlength=len(times))
        weight = np.bincount(when, weights=share, minlength=len(times)).astype(np.float64)
        there = weight > 0
        return [
            ErrorsByTime(each[there] / weight[there], weight[there], times[there])
            for each in errors
        ]


def _loss(distribution: Distribution, params: Array, truth: Array, weights: Array) -> float:
    """The loss of forecasts (M, ...); rows without weight fill a program's size."""
    size, count = capacity(len(truth), least=1), len(truth)
    again = np.arange(size) % count
    there = np.arange(size)[:, None] < count
    arguments = (params[again], truth[again], np.where(there, weights[again], 0))
    key = ("validation loss", distribution.description)
    return float(compiled(key, distribution.loss, *arguments)(*arguments))
