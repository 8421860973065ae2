"""Validation: free-running forecasts of the validation part beside the actual values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rollcast._types import Array, Float64, Int64
from rollcast.data.origins import Origins, mean_by_series
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


FEW_SERIES = 64
"""Series up to which every forecast origin is compared apart; of more, every series."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FreeRunning:
    """Forecasts from rolling origins beside the actual values, in units of the anchor's own typical error.

    Attributes:
        rows: scaled series, those behind the origins included.
        origins: of the validation part.
        ends: (S,) one past the last row of that part, in the flat series.
        sizes: of the model's programs.
        h: horizon.
    """

    rows: SeriesBuffer
    origins: Origins
    ends: Int64
    sizes: Sizes
    h: int

    @property
    def memory(self) -> dict[str, int]:
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
            emit=forecast_params,
            **self.memory,
        )
        distribution, params = network.distribution, made / anchor_error[..., None]
        error = np.where(known > 0, distribution.point(params) - truth, 0.0).astype(np.float64)
        return Validation(
            _loss(distribution, params, truth, known),
            math.sqrt(float((error**2 * known).sum() / weight)),
            float((np.abs(error) * known).sum() / weight),
        )

    def errors(
        self, network: Network, weights: Weights, heads: Sequence[tuple[Network, Weights]]
    ) -> Float64:
        """(P, U) MAE of several heads on one body, which reads every row once, in each of U parts.

        A part is a forecast origin of a series, or a whole series where there are many; NaN where nothing was observed.

        Args:
            network: gives the body.
            weights: of ``network``.
            heads: networks with the same body, and their weights.
        """
        truth, known, anchor_error = self.truth
        errors = np.full((len(heads), len(truth)), np.nan)
        for group in states_at(network, weights, self.rows, self.origins, **self.memory):
            here = group.origins
            weight = known[here].sum(axis=1)
            for place, (head, own) in enumerate(heads):
                made = forecast_group(head, own, group, self.h)
                error = np.abs(made / anchor_error[here] - truth[here])
                error = np.where(np.isfinite(made), error, np.inf)
                total = np.where(known[here] > 0, error * known[here], 0.0).sum(
                    axis=1, dtype=np.float64
                )
                mean = np.divide(total, weight, out=np.full(len(total), np.nan), where=weight > 0)
                errors[place, here] = mean
        count = len(self.ends)
        if count <= FEW_SERIES:
            return errors
        return np.stack([mean_by_series(self.origins, each, count) for each in errors])


def _loss(distribution: Distribution, params: Array, truth: Array, weights: Array) -> float:
    """The loss of forecasts (M, ...); rows without weight fill a program's size."""
    size, count = capacity(len(truth), least=1), len(truth)
    again = np.arange(size) % count
    there = np.arange(size)[:, None] < count
    arguments = (params[again], truth[again], np.where(there, weights[again], 0))
    key = ("validation loss", distribution.description)
    return float(compiled(key, distribution.loss, *arguments)(*arguments))
