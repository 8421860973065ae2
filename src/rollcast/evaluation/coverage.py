"""Coverage: the share of what came that lay inside of its interval, measured on rows that had no part in it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from rollcast._number_format import format_count, to_json_number
from rollcast._types import Float64, Int64
from rollcast.data.origins import mean_by_series
from rollcast.errors import ArgumentError
from rollcast.evaluation.central_intervals import LEVELS, ends_of_quantiles
from rollcast.evaluation.comparison import count_windows
from rollcast.evaluation.conformal import Calibration
from rollcast.evaluation.evidence import Evidence
from rollcast.evaluation.owners import Owners
from rollcast.networks.distribution import Distribution
from rollcast.preprocessing.preparation import Preparation

BLOCK: Final = 6
"""Steps ahead whose coverage is told together."""


@dataclass(frozen=True)
class LevelCoverage:
    """How the intervals of one level did; shares in percent, NaN where nothing was observed.

    Attributes:
        level: the share that they are to hold.
        measured: the share that they held; series weigh the same.
        by_block: the same of steps 1 to 6, 7 to 12 ...
        calibrated: whether scores of the validation part made the ends; else they are the network's own.
    """

    level: int
    measured: float
    by_block: tuple[float, ...]
    calibrated: bool


@dataclass(frozen=True)
class Coverage:
    """How the intervals of a fit did on its test part.

    Attributes:
        h: steps ahead.
        series: that were judged.
        windows: separate ones: forecast starts at most of which any two lie ``h`` steps or more apart.
        levels: of which intervals could be made, in ascending order.
        own: series whose intervals have a width of their own, by scores of their own; the others have that of all.
        counts: series whose intervals are the negative binomial's.
    """

    h: int
    series: int
    windows: int
    levels: tuple[LevelCoverage, ...]
    own: int = 0
    counts: int = 0

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def __getitem__(self, level: float) -> LevelCoverage:
        for one in self.levels:
            if one.level == level:
                return one
        held = ", ".join(str(one.level) for one in self.levels)
        raise ArgumentError(
            f"`level` must be one whose coverage was measured, {held}; got {level!r}."
        )

    def __iter__(self) -> Iterator[LevelCoverage]:
        return iter(self.levels)

    def __len__(self) -> int:
        return len(self.levels)

    def to_json(self) -> dict[str, Any]:
        """Plain values; NaN becomes null."""
        levels = [
            {
                "level": one.level,
                "measured": to_json_number(one.measured),
                "by_block": [to_json_number(share) for share in one.by_block],
                "calibrated": one.calibrated,
            }
            for one in self.levels
        ]
        sizes = {"h": self.h, "series": self.series, "windows": self.windows}
        sizes |= {"own": self.own, "counts": self.counts}
        return sizes | {"levels": levels}

    def lines(self) -> list[str]:
        """A sentence for each of the 80 and the 95 % interval, as far as they are known."""
        told = [one for one in self.levels if one.level in {80, 95}]
        where = f"{format_count(self.windows, 'separate test window')}, {self.series:,} series"
        if self.counts:
            where += f", {self.counts:,} of them by the negative binomial"
        elif self.own:
            where += f", {self.own:,} of them by a width of their own"
        return [f"{_describe(one, self.h)}; {where}" for one in told]


def measure_coverage(
    calibration: Calibration,
    distribution: Distribution,
    evidence: Evidence,
    preparation: Preparation | None = None,
) -> Coverage | None:
    """How the intervals of M forecasts do, of rows that had no part in them.

    Args:
        calibration: makes the intervals.
        distribution: the network's.
        evidence: the forecasts, and what came.
        preparation: of their series; None where none of them may be a count.

    Returns:
        None where nothing was observed.
    """
    judged = evidence.take(np.logical_not(np.isnan(evidence.actual).all(axis=1)))
    if not len(judged.time):
        return None
    if preparation is None:
        ids = judged.series.tolist()
        made = calibration.quantiles(distribution, judged.made, judged.unit, ids)
    else:
        owners = Owners(preparation, range(len(preparation.anchor_error)), judged.series)
        made = calibration.apply(distribution, judged.made, owners)
    ends = ends_of_quantiles(made)
    y, (names, codes) = judged.actual, np.unique(judged.series, return_inverse=True)
    h, found = y.shape[1], list[LevelCoverage]()
    for place, level in enumerate(LEVELS):
        supported = calibration.supports(level, h)
        if calibration.of_points and not supported:
            continue
        inside = (y >= ends.low[..., place]) & (y <= ends.high[..., place])
        inside = np.where(np.isnan(y), np.nan, inside)
        blocks = [inside[:, k : k + BLOCK] for k in range(0, h, BLOCK)]
        measured, *by_block = (_share(codes, part) for part in (inside, *blocks))
        calibrated = supported and (calibration.taken or calibration.of_counts)
        found.append(LevelCoverage(level, measured, tuple(by_block), calibrated))
    held = set(names.tolist())
    own = len(set(calibration.own.ids) & held) if calibration.own else 0
    counts = len(set(calibration.dispersion.ids) & held) if calibration.dispersion else 0
    return Coverage(h, len(names), count_windows(judged.time, h), tuple(found), own, counts)


def _share(codes: Int64, inside: Float64) -> float:
    means = mean_by_series(codes, inside)
    known = means[~np.isnan(means)]
    return 100 * float(known.mean()) if len(known) else math.nan


def _steps(first: int, last: int) -> str:
    return f"{first}" if first == last else f"{first} to {last}"


def _describe(one: LevelCoverage, h: int) -> str:
    parts = [
        f"{_steps(BLOCK * place + 1, min(BLOCK * (place + 1), h))}: {share:.0f} %"
        for place, share in enumerate(one.by_block)
        if not math.isnan(share)
    ]
    blocks = f" (steps {', '.join(parts)})" if len(parts) > 1 else ""
    how = "calibrated" if one.calibrated else "as the network gave it"
    return f"The {one.level} % interval, {how}, held {one.measured:.1f} % of the test part{blocks}"
