"""Intervals of a fitted model: quantiles in the data's units, calibrated where the fit had scores enough."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from rollcast._number_format import format_count
from rollcast._types import Float64, Int64
from rollcast.errors import ArgumentError
from rollcast.evaluation.conformal import Calibration
from rollcast.evaluation.dispersion import whole_counts
from rollcast.evaluation.owners import Owners
from rollcast.forecasting.adaptation import Adaptation, widen
from rollcast.forecasting.state import State
from rollcast.forecasting.trained_model import Model
from rollcast.networks.distribution import QUANTILE_LEVELS, Quantiles, central_interval
from rollcast.preprocessing.preparation import Preparation

CALIBRATED: Final = Quantiles(QUANTILE_LEVELS)
"""What the quantiles of a fitted model stand for: between two of their levels others lie on a straight line."""


def forecast_calibrated(
    model: Model, state: State, h: int, calibration: Calibration | None
) -> Float64:
    """(S, h, 15) quantiles after a state in the data's units, within their bounds.

    Args:
        model: forecasts points, or quantiles at the same levels.
        state: of any series.
        h: steps ahead.
        calibration: of the model; None for its own quantiles.
    """
    everything = np.arange(len(state))
    made: Any = model.scaled_quantiles(state, h)
    made = calibrate_scaled(model, state, made, everything, calibration)
    return restore_calibrated(state.preparation, made, everything, calibration)


def calibrate_scaled(
    model: Model, state: State, made: Any, places: Int64, calibration: Calibration | None
) -> Any:
    """(S', h, 15) quantiles in scaled units, calibrated, and as much wider as a state has adapted.

    Args:
        model: forecasts points, or quantiles at the same levels.
        state: of any series.
        made: (S', h, Q) what the network gives.
        places: (S',) of the series in the state.
        calibration: of the model; None for its own quantiles.
    """
    if calibration is not None:
        owners = Owners(state.preparation, state.ids, places)
        made = calibration.apply(model.network.distribution, made, owners)
    if state.adaptation is not None:
        made = adapt_ends(np.asarray(made, np.float64), state.adaptation.take(places))
    return made


def has_quantiles(model: Model, calibration: Calibration | None) -> bool:
    """Whether every level is known, by quantiles of the network's; else residuals around points have to support it."""
    of_points = calibration is not None and calibration.of_points
    return isinstance(model.network.distribution, Quantiles) and not of_points


def restore_calibrated(
    preparation: Preparation, made: Any, places: Int64, calibration: Calibration | None
) -> Float64:
    """(S', h, 15) calibrated quantiles in the data's units, within their bounds; of counts they are whole.

    Args:
        preparation: of all series.
        made: (S', h, 15) in scaled units.
        places: (S',) of the series among them.
        calibration: that made them.
    """
    values = preparation.restore(made, places)
    counted = calibration is not None and calibration.dispersion is not None
    return whole_counts(values) if counted else values


def ends_at(quantiles: Float64, levels: tuple[float, ...]) -> tuple[Float64, Float64]:
    """The ends (..., L) of intervals among quantiles (..., 15)."""
    pairs = [central_interval(CALIBRATED, quantiles, level) for level in levels]
    return np.stack([low for low, _ in pairs], -1), np.stack([high for _, high in pairs], -1)


def adapt_ends(quantiles: Float64, adaptation: Adaptation) -> Float64:
    """(S, h, 15) quantiles in scaled units, with both sides as much wider as the factors of their levels are.

    The factors are learned one step ahead, and hold for all steps.
    """
    share = np.array(CALIBRATED.levels)
    levels = np.abs(2 * share - 1) * 100
    return widen(quantiles, adaptation.at(tuple(levels.tolist())))


def refuse_points(calibration: Calibration | None, name: str) -> None:
    """Refuse intervals of a model that forecasts points and holds no residuals.

    Raises:
        ArgumentError: it is one.
    """
    if calibration is None:
        raise ArgumentError(
            f"`level` asks for intervals, and this {name} was trained to forecast points and holds no residuals of a "
            "validation part; fit it again, or leave `level` out."
        )


def refuse_unsupported(
    calibration: Calibration, levels: Sequence[float], h: int, name: str
) -> None:
    """Refuse intervals around points for which there are too few residuals.

    Raises:
        ArgumentError: there are.
    """
    if calibration.of_counts:
        return
    if h > calibration.steps:
        raise ArgumentError(
            f"`level` reaches {format_count(calibration.steps, 'step')} ahead, as far as the residuals of this {name} "
            f"are known; got h = {h:,}: fit with `h={h}`, or leave `level` out."
        )
    for level in levels:
        if not calibration.supports(level, h):
            found = int(calibration.counts[:h].max())
            raise ArgumentError(
                f"`level` = {level:g} needs at least {calibration.needs(level)} separate forecasts of a validation "
                f"part, and this {name} has {found}; fit with more rows or a larger `val_size`, or ask for a lower "
                "level."
            )


def describe_uncalibrated(
    calibration: Calibration | None, levels: Sequence[float], h: int
) -> str | None:
    """A sentence on the levels that are the network's own for want of scores, and on steps beyond the known ones."""
    if calibration is not None and calibration.of_counts:
        return None
    if calibration is None:
        return "Intervals are the network's own and not calibrated: this model holds no scores of a validation part."
    if not calibration.taken:
        return None
    known = min(h, calibration.steps)
    few = [level for level in levels if not calibration.supports(level, known)]
    if few:
        named = " and ".join(f"{level:g} %" for level in few)
        least = calibration.needs(max(few))
        return (
            f"The {named} interval{'' if len(few) == 1 else 's'} are the network's own and not calibrated, for that "
            f"takes {least} separate forecasts of a validation part, and there are "
            f"{int(calibration.counts[:known].max())}."
        ).replace("interval are", "interval is")
    if h > calibration.steps:
        return (
            f"Intervals are calibrated up to {format_count(calibration.steps, 'step')} ahead; those beyond are moved "
            "as the last one is."
        )
    return None
