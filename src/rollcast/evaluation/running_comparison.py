"""A running comparison: whether a model still does on the newest rows what it did when it was judged.

Two questions are asked of the errors one step ahead. Are they larger than those of the better naive baseline, by more
than ``WORSE``? Are they larger than those of the rows on which the fit was judged, by more than ``GROWN`` and what
these leave open? Each is answered by the test of :mod:`rollcast.evaluation.comparison`: what comes at one time is one
observation, whatever the series. A row counts half as much as the one ``HALF_LIFE`` rows later.

The test is run again and again as rows come. So its level is ``LEVEL`` and not that of a verdict, divided by the number
of baselines, of which the better one is taken. The margins do the rest: the errors of a model that is as good as ever
lie below them. ``benchmarks/health.py`` measures how often there is advice without a cause.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

import numpy as np

from rollcast._number_format import format_count
from rollcast._types import Float32, Float64, Int64
from rollcast.data.origins import mean_by_series
from rollcast.evaluation.baselines import NAIVE, SEASONAL_NAIVE
from rollcast.evaluation.comparison import FEWEST, compare

HALF_LIFE: Final = 32
"""Rows after which an error counts half."""

WORSE: Final = 0.05
"""By how much the errors of the better baseline may be exceeded."""

GROWN: Final = 0.25
"""By how much the errors of the fit's judged rows may be exceeded."""

OPEN: Final = 2.0
"""Standard errors of the latter by which they may be exceeded beside that."""

NOTHING: Final = 0.01
"""Of a series' unit: by as much errors may always be larger, as where a series stands still and naive has none."""

LEVEL: Final = 0.01
"""Of one test, of the many that are run as rows come."""

WATCHED_BASELINES: Final = (NAIVE, SEASONAL_NAIVE)
"""In the order in which a watch keeps their errors behind those of the network."""

Advice: TypeAlias = Literal["none", "update"]


class NewestErrors(NamedTuple):
    """Errors of the newest rows of S series.

    Attributes:
        errors: (S, R, K) of the network and the baselines, in units of each series; NaN where not known. Row n stands
            in slot n % R.
        rows: (S,) how many rows have been read.
        begins: (S,) the time of each first row, in steps of the calendar that all series share.
        expected: (S,) errors of the fit's judged rows; NaN where not known.
        uncertainty: the relative standard error of their mean; NaN where it is not known.
    """

    errors: Float32
    rows: Int64
    begins: Int64
    expected: Float64
    uncertainty: float


@dataclass(frozen=True)
class Against:
    """The newest errors beside others.

    Attributes:
        whose: the others, in words.
        ours: mean error of the model, in units of each series; series weigh the same.
        theirs: of what it is held against.
        limit: what the model's error may be.
        p_value: how often chance alone would exceed the limit as far; NaN where it is not exceeded.
        level: of the test.
    """

    whose: str
    ours: float
    theirs: float
    limit: float
    p_value: float
    level: float

    @property
    def exceeds(self) -> bool:
        """Whether the limit is exceeded, by chance or not."""
        return self.ours > self.limit

    @property
    def certain(self) -> bool:
        """Whether that is more than chance."""
        return self.exceeds and bool(self.p_value <= self.level)

    @property
    def ratio(self) -> float:
        """The model's error divided by the other."""
        return self.ours / self.theirs if self.theirs > 0 else math.inf

    def __str__(self) -> str:
        chance = f" (p = {self.p_value:.1g})" if self.certain else ""
        return f"{self.ratio:.2f} times those of {self.whose}{chance}"


@dataclass(frozen=True)
class RunningComparison:
    """What the newest errors say.

    Attributes:
        values: among the newest rows.
        baseline: the errors beside those of the better baseline; None where nothing can be compared.
        fit: the errors beside those of the fit's judged rows; None where these are not known.
    """

    values: int
    baseline: Against | None
    fit: Against | None

    @property
    def exceeds(self) -> bool:
        """Whether a limit is exceeded, by chance or not."""
        return any(one.exceeds for one in self._each)

    @property
    def advice(self) -> Advice:
        """To update where a limit is exceeded for certain."""
        return "update" if any(one.certain for one in self._each) else "none"

    @property
    def reason(self) -> str:
        """A sentence with the figures: those that lead to an advice, or all where nothing does."""
        each = [one for one in self._each if one.certain] or self._each
        if not each:
            return "No value has come yet that could be compared."
        figures = " and ".join(map(str, each))
        return f"One step ahead, the errors of the newest {format_count(self.values, 'value')} are {figures}."

    @property
    def _each(self) -> list[Against]:
        return [one for one in (self.baseline, self.fit) if one is not None]


class _Rows(NamedTuple):
    """N values with the errors (N,) of the model, and those of each baseline (N, K - 1)."""

    series: Int64
    time: Int64
    weight: Float64
    ours: Float64
    baselines: Float64


def compare_newest(newest: NewestErrors) -> RunningComparison:
    """Hold the newest errors against those of the baselines and of the fit."""
    rows = _lay(newest)
    level = LEVEL / rows.baselines.shape[1]
    baselines = [
        one
        for name, errors in zip(WATCHED_BASELINES, rows.baselines.T, strict=False)
        if (one := _beside(rows, errors, f"{name} forecasts", 1 + WORSE, level)) is not None
    ]
    fit = None
    if not math.isnan(newest.uncertainty):
        margin = 1 + GROWN + OPEN * newest.uncertainty
        whose = "the rows on which the fit was judged"
        fit = _beside(rows, newest.expected[rows.series], whose, margin, LEVEL)
    best = max(baselines, key=lambda one: one.ratio, default=None)
    return RunningComparison(len(rows.series), best, fit)


def mean_errors(newest: NewestErrors) -> Float64:
    """(S, K) the mean newest errors of each series; NaN where none is known."""
    rows, S = _lay(newest), len(newest.rows)
    each = np.column_stack([rows.ours, rows.baselines])
    return np.column_stack(
        [mean_by_series(rows.series, one, rows.weight, num_series=S) for one in each.T]
    )


def _lay(newest: NewestErrors) -> _Rows:
    last, R = newest.rows[:, None] - 1, newest.errors.shape[1]
    age = (last - np.arange(R)) % R  # (S, R) rows back from the newest
    series, slot = np.nonzero(~np.isnan(newest.errors[..., 0]))
    back = age[series, slot]
    errors = newest.errors[series, slot].astype(np.float64)
    return _Rows(
        series,
        newest.begins[series] + newest.rows[series] - 1 - back,
        0.5 ** (back / HALF_LIFE),
        errors[:, 0],
        errors[:, 1:],
    )


def _beside(
    rows: _Rows, theirs: Float64, whose: str, margin: float, level: float
) -> Against | None:
    """The model's errors beside others (N,); None where none of them is known."""
    known = ~np.isnan(theirs)
    if not known.any():
        return None
    series, time, weight = rows.series[known], rows.time[known], rows.weight[known]
    ours, theirs = rows.ours[known], theirs[known]
    mine, other = (
        float(np.nanmean(mean_by_series(series, each, weight))) for each in (ours, theirs)
    )
    limit, p_value = margin * other + NOTHING, math.nan
    if mine > limit:
        allowed = margin * theirs + NOTHING
        found = compare(ours, allowed, series, time, h=1, weights=weight)
        p_value = found.p_value if found.windows >= FEWEST else math.nan
    return Against(whose, mine, other, limit, p_value, level)
