"""The verdict: whether a model beats its baselines, in one sentence."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from rollcast._number_format import format_number

if TYPE_CHECKING:
    from rollcast.evaluation.scores import Scores

CLOSE: Final = 0.01
"""Share of the better baseline's MAE within which a model counts as no better."""


def verdict_of(scores: Scores) -> str:
    """The sentence on a model and the better of its baselines."""
    model, best, at = scores.model, scores.best_baseline, f"at h = {scores.h}"
    if scores.origins == 0:
        return f"{model.name} can't be judged: nothing was observed after a forecast start."
    if not math.isfinite(model.mae):
        return f"{model.name} failed: some of its forecasts are NaN or infinite; train it again."
    if best is None:
        mae = scores.with_unit(model.mae)
        return f"{model.name} has MAE {mae} {at} ({scores.starts_in_words}), with no baseline beside it."
    against = f"MAE {format_number(model.mae)} against {scores.with_unit(best.mae)}"
    better = (
        f"({against}, better at {round(best.beaten * scores.origins)} of {scores.starts_in_words})"
    )
    if scores.wins:
        return f"{model.name} beats {best.name} by {_percent(scores.skill)} {at} {better}."
    if abs(scores.skill) <= CLOSE:
        return f"{model.name} is no better than {best.name} {at} {better}; use {best.name}."
    return (
        f"{model.name} does not beat {best.name}: {against} {at} ({scores.starts_in_words}); "
        f"use {best.name}, or give it more data."
    )


def _percent(share: float) -> str:
    percent = 100 * share
    return f"{percent:.0f} %" if percent >= 10 else f"{percent:.1f} %"
