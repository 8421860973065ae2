"""Audited distributions: what an audit compares beside points, sample paths of one seed and intervals that adapt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from rollcast._types import Int64
from rollcast.data.panel import Panel
from rollcast.evaluation.central_intervals import LEVELS
from rollcast.evaluation.conformal import Calibration
from rollcast.forecasting.adaptation import Adaptation
from rollcast.forecasting.joint_paths import sample_paths
from rollcast.forecasting.state import State
from rollcast.forecasting.trained_model import Model
from rollcast.model.adapting import adapt_rows
from rollcast.model.intervals import calibrate_scaled, has_quantiles
from rollcast.model.one_step import forecast_rows

PATHS: Final = 4
"""Sample paths of each series."""

ADAPTED: Final = 32
"""Rows before the origin that intervals follow, at most."""

LATER: Final = 8
"""Changed rows that are read behind them, at most."""

MOST_SERIES: Final = 256
"""Series whose distributions are compared at most, evenly spread over all."""

SEED: Final = 0


def distribution_facts(
    model: Model,
    calibration: Calibration | None,
    read: Callable[[Int64], State],
    panel: Panel,
    ends: Int64,
) -> dict[str, Any]:
    """Sample paths after the origin's row, and the intervals of rows up to the one behind it, as wide as they adapted.

    Args:
        model: that forecasts.
        calibration: of its intervals; None for its own quantiles.
        read: the state after so many rows (S,) of each series.
        panel: all rows, the changed ones among them.
        ends: (S,) rows of each series that stay as they are.

    Returns:
        By name; without paths or intervals where the model can give none.
    """
    found: dict[str, Any] = {}
    some = np.unique(np.linspace(0, panel.num_series - 1, MOST_SERIES).astype(np.int64))
    of_points = not has_quantiles(model, calibration)
    if not of_points or len(model.basis.residuals):
        after = read(ends).take(some)
        found["sample paths"] = sample_paths(
            model,
            after,
            model.h,
            paths=PATHS,
            seed=SEED,
            marginals=lambda made, places: calibrate_scaled(
                model, after, made, places, calibration
            ),
        )
    levels = _levels(calibration, of_points=of_points)
    if levels:
        begun = np.maximum(ends - ADAPTED, (ends + 1) // 2)
        rows = panel.head(np.minimum(panel.lengths, ends + LATER)).drop(begun).select(some)
        each = forecast_rows(model, calibration, read(begun).take(some), rows)
        adapted = adapt_rows(each, Adaptation.start(levels, len(some)))
        found["intervals that adapt"] = adapted[each.row <= (ends - begun)[some][each.series]]
    return found


def _levels(calibration: Calibration | None, *, of_points: bool) -> tuple[float, ...]:
    """Those that adapt: 80 %, or around points the widest below it that residuals support."""
    if not of_points:
        return (80.0,)
    wanted = [level for level in LEVELS if level <= 80]
    known = [level for level in wanted if calibration and calibration.supports(level, 1)]
    return tuple(map(float, known[-1:]))
