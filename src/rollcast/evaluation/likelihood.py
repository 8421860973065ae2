"""Likelihood: whether the quantiles of counts are those of a negative binomial around the mean, or the network's own.

Which series are counts tells :mod:`rollcast.preprocessing.counts`, by their values before the test part. Both are held
against each other on the forecasts that calibrate intervals: one half of them tells the dispersion and moves the ends
of intervals, and the other half is judged, once each way. The negative binomial is taken where its pinball loss over
all 15 quantiles is lower by a hundredth at least and that is no chance, by the windows of time or by the series (see
:mod:`rollcast.evaluation.comparison`).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from rollcast._types import Bool, Float64, LikelihoodOption
from rollcast.data.origins import mean_by_series
from rollcast.data.panel import Panel, name_series
from rollcast.errors import DataError
from rollcast.evaluation.comparison import CLOSE, Difference, compare
from rollcast.evaluation.conformal import calibrate, halves
from rollcast.evaluation.dispersion import Dispersion, fit_dispersion, means_of, whole_counts
from rollcast.evaluation.evidence import Evidence
from rollcast.evaluation.owners import Owners
from rollcast.metrics.quantile_scores import mean_pinball
from rollcast.networks.distribution import QUANTILE_LEVELS, Distribution
from rollcast.preprocessing.counts import are_counts
from rollcast.preprocessing.preparation import Preparation


class Likelihood(NamedTuple):
    """What the quantiles of a fit are.

    Attributes:
        dispersion: of the series whose quantiles are the negative binomial's; None where none's are.
        told: a few words on the choice; empty where there was none.
    """

    dispersion: Dispersion | None = None
    told: str = ""


def choose_likelihood(
    option: LikelihoodOption,
    known: Panel,
    evidence: Evidence,
    distribution: Distribution,
    preparation: Preparation,
) -> Likelihood:
    """Choose by what may be known before the test part.

    Args:
        option: of the model.
        known: all rows before the test part, as they were given.
        evidence: forecasts of rows that no weight was fitted on.
        distribution: the network's.
        preparation: of the series.
    """
    if option in {"quantiles", "point"}:
        return Likelihood()
    asked = option == "negative_binomial"
    counts = are_counts(known, any_mean=asked)
    if not counts.any():
        return Likelihood()
    y = whole_counts(preparation.scaler.inverse(evidence.actual, evidence.series[:, None]))
    mean = means_of(distribution, evidence.made, preparation, evidence.series)
    found = fit_dispersion(evidence, mean, y, counts)
    if found is None or asked:
        return Likelihood(found, "" if found is None else _describe(found, len(counts)))
    difference = _compare(evidence, y, distribution, preparation, counts)
    taken = difference.effect <= -CLOSE and difference.more_than_chance
    if math.isnan(difference.effect):
        return Likelihood()
    change = f"{abs(difference.effect):.1%} {'lower' if difference.effect < 0 else 'higher'}"
    loss = f"its validation loss is {change}".replace("%", " %")
    if taken:
        return Likelihood(found, f"{_describe(found, len(counts))}: {loss}")
    chance = ", which may be chance" if difference.effect <= -CLOSE else ""
    return Likelihood(None, f"the network's quantiles, no negative binomial ({loss}{chance})")


def _describe(found: Dispersion, number: int) -> str:
    which = "" if found.every else f" for {len(found):,} of {number:,} series"
    return f"negative binomial{which} (alpha {found.pooled:.2g})"


def _compare(
    evidence: Evidence,
    y: Float64,
    distribution: Distribution,
    preparation: Preparation,
    counts: Bool,
) -> Difference:
    """The negative binomial's losses of counts beside those of calibrated quantiles, each by the other half."""
    chosen = counts[evidence.series]
    evidence, y = evidence.take(chosen), y[chosen]
    mean = means_of(distribution, evidence.made, preparation, evidence.series)
    ours, theirs = (np.full(y.shape, np.nan) for _ in range(2))
    for fitted, judged in halves(evidence):
        part, rest = evidence.take(fitted), evidence.take(judged)
        dispersion = fit_dispersion(part, mean[fitted], y[fitted], counts)
        if dispersion is None:
            continue
        owners = Owners(preparation, range(len(counts)), rest.series)
        own = calibrate(part, distribution).apply(distribution, rest.made, owners)
        around = dispersion.put_around(distribution, rest.made, own, owners)
        held = np.isfinite(own).all(axis=(0, 1))  # around points there may be too few scores
        levels = np.array(QUANTILE_LEVELS)[held].tolist()
        ours[judged], theirs[judged] = (
            mean_pinball(y[judged], preparation.restore(made[..., held], rest.series), levels)
            for made in (around, own)
        )
    usual = mean_by_series(evidence.series, mean, num_series=len(counts))[evidence.series, None]
    return compare(ours / usual, theirs / usual, evidence.series, evidence.time, h=y.shape[1])


def refuse_fractions(panel: Panel, option: LikelihoodOption, target: Any) -> None:
    """Refuse values that are no counts where a negative binomial is asked for.

    Args:
        panel: all rows.
        option: of the model.
        target: what messages call the column.

    Raises:
        DataError: there is one, named with its series and row.
    """
    if option != "negative_binomial":
        return
    y = panel.target
    broken = np.flatnonzero(panel.mask & ((y != np.rint(y)) | (y < 0)))
    if len(broken):
        s = int(np.searchsorted(panel.offsets, broken[0], side="right")) - 1
        row = int(broken[0] - panel.offsets[s])
        time = panel.frequency.format(panel.frequency.advance(int(panel.starts[s]), row))
        more = f" (and {len(broken) - 1:,} more)" if len(broken) > 1 else ""
        raise DataError(
            f'`likelihood="negative_binomial"` needs counts, whole numbers >= 0, and column {target!r}'
            f"{name_series(panel.ids[s])} holds {y[broken[0]]:g} in row {row + 1}, at {time}{more}: correct it, or "
            'fit with likelihood="auto", which looks at each series.'
        )
