"""Intervals of a stream: the ends around each forecast, and how they follow what comes."""

from __future__ import annotations

from typing import Any

import numpy as np

from rollcast._types import Float32, Float64
from rollcast.evaluation.owners import Owners
from rollcast.forecasting.adaptation import Adaptation, follow_row, score_row
from rollcast.model.fitted import Fitted
from rollcast.model.intervals import (
    CALIBRATED,
    adapt_ends,
    describe_uncalibrated,
    ends_at,
    has_quantiles,
    refuse_unsupported,
    restore_calibrated,
)
from rollcast.tables.forecast_frame import forecast_columns


class StreamIntervals:
    """Makes the intervals of one model at some levels.

    Args:
        fitted: the model.
        levels: in percent, ascending; at least one.
        h: steps of a forecast.
        adapt: whether they follow what comes.

    Raises:
        ArgumentError: a level for which there are too few residuals.
    """

    def __init__(self, fitted: Fitted, levels: tuple[float, ...], h: int, *, adapt: bool) -> None:
        self._calibration, self.levels, self.adapts = fitted.calibration, levels, adapt
        self._distribution: Any = fitted.model.network.distribution
        self.note: str | None = None
        if has_quantiles(fitted.model, self._calibration):
            self.note = describe_uncalibrated(self._calibration, levels, h)
        elif self._calibration is not None:
            refuse_unsupported(self._calibration, levels, h, fitted.name)

    def names(self, name: str) -> list[str]:
        """The columns of a forecast, as ``predict`` names and orders them."""
        none = np.empty(0)
        return list(forecast_columns(name, none, dict.fromkeys(self.levels, (none, none))))

    def quantiles(self, made: Float32, owners: Owners, factors: Float64 | None) -> Float64:
        """(S', h, 15) calibrated quantiles in scaled units.

        Args:
            made: (S', h, Q) the network's parameters.
            owners: (S',) whose they are.
            factors: (S', L) by which they are wider; None where they do not adapt.
        """
        found: Any = made.astype(np.float64)
        if self._calibration is not None:
            found = self._calibration.apply(self._distribution, made, owners)
        return found if factors is None else adapt_ends(found, Adaptation(self.levels, factors))

    def columns(self, point: Float64, made: Float64, owners: Owners) -> Float64:
        """(S', C, h) the points, and the ends in the order of :meth:`names`, in the data's units.

        Args:
            point: (S', h)
            made: (S', h, 15) quantiles in scaled units.
            owners: (S',) whose they are.
        """
        quantiles = restore_calibrated(owners.preparation, made, owners.places, self._calibration)
        low, high = ends_at(quantiles, self.levels)
        ends = np.concatenate([low[..., ::-1], high], axis=-1)
        return np.moveaxis(np.concatenate([point[..., None], ends], axis=-1), -1, 1)

    def follow(
        self,
        made: Float32,
        owners: Owners,
        factors: Float64,
        actual: Float64,
    ) -> Float64:
        """(S', L) the factors after one row of each series.

        Args:
            made: (S', 1, Q) what the network forecast for it.
            owners: (S',) whose they are.
            factors: (S', L) before it.
            actual: (S',) the row in scaled units; NaN where it has no value.
        """
        quantiles = self.quantiles(made, owners, None)[:, 0]
        low, high = ends_at(quantiles, self.levels)
        middle = np.asarray(CALIBRATED.point(quantiles))
        return follow_row(self.levels, factors, score_row(low, middle, high, actual))
