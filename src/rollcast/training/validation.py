"""Validation: free-running forecasts of the validation part beside the actual values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rollcast._types import Array, Float64
from rollcast.data.origins import Origins
from rollcast.forecasting.rolling_origins import forecast_at, forecast_group, states_at
from rollcast.forecasting.rollout import forecast_params
from rollcast.networks.network import Network, Weights
from rollcast.networks.sizes import Sizes
from rollcast.preprocessing.series_buffer import SeriesBuffer
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
        origins: whose next ``h`` rows are known.
        sizes: of the model's programs.
        h: horizon.
    """

    rows: SeriesBuffer
    origins: Origins
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
        """What came (S, O, h), its weights (S, O, h), and the anchor error (S, 1, 1)."""
        origins, rows = self.origins, self.rows
        newest = origins.first[:, None] + origins.stride * np.arange(origins.number)  # (S, O)
        wanted = newest[:, :, None] + 1 + np.arange(self.h)
        anchor_error = np.asarray(rows.anchor_error)[: len(newest), None, None]
        return (
            np.asarray(rows.filled)[wanted] / anchor_error,
            np.asarray(rows.observed)[wanted],
            anchor_error,
        )

    def validate(self, network: Network, weights: Weights) -> Validation:
        """The errors of a network; NaN where nothing can be compared."""
        truth, known, anchor_error = self.truth
        made = forecast_at(
            network,
            weights,
            self.rows,
            self.origins,
            h=self.h,
            emit=forecast_params,
            **self.memory,
        )
        params = made / anchor_error[..., None]
        distribution = network.distribution
        made = distribution.point(made)
        error = np.where(known > 0, made / anchor_error - truth, 0.0).astype(np.float64)
        weight = known.sum()
        if not weight:
            return Validation(math.nan, math.nan, math.nan)
        arguments = (params, truth, known)
        key = ("validation loss", distribution.description)
        program = compiled(key, distribution.loss, *arguments)
        return Validation(
            float(program(*arguments)),
            math.sqrt(float((error**2).sum() / weight)),
            float(np.abs(error).sum() / weight),
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
        groups = states_at(network, weights, self.rows, self.origins, **self.memory)
        axes = (2,) if len(truth) <= FEW_SERIES else (1, 2)
        parts: list[Float64] = []
        for group in groups:
            first = sum(part.shape[1] for part in parts)
            there = slice(first, first + len(group.scale.anchor_error) // group.origins)
            weight = known[there].sum(axis=axes)
            errors: list[Float64] = []
            for head, own in heads:
                made = forecast_group(head, own, group, self.h)[: len(weight)]
                error = np.abs(made / anchor_error[there] - truth[there])
                error = np.where(np.isfinite(made), error, np.inf)
                total = np.where(known[there] > 0, error, 0.0).sum(axis=axes, dtype=np.float64)
                errors.append(np.where(weight > 0, total / np.maximum(weight, 1), np.nan))
            parts.append(np.stack(errors))
        return np.concatenate(parts, axis=1).reshape(len(heads), -1)
