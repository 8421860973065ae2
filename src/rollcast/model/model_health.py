"""Health: whether a model still fits its series, by how the newest rows of a state that watches were forecast."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rollcast._number_format import format_count
from rollcast._types import Float64, Int64
from rollcast.evaluation.running_comparison import (
    WATCHED_BASELINES,
    Advice,
    NewestErrors,
    RunningComparison,
    compare_newest,
    mean_errors,
)
from rollcast.forecasting.state import State
from rollcast.forecasting.watch import WATCHED_LEVELS, Watch
from rollcast.model.fitted import Fitted
from rollcast.model.intervals import has_quantiles
from rollcast.tables.paths_frame import series_frame


@dataclass(frozen=True, kw_only=True, eq=False)
class Health:
    """How a model forecast the newest rows one step ahead.

    Attributes:
        values: that have come since the state watches.
        series: of the state.
        running: the newest errors beside those of the baselines and of the fit.
        coverage: percent -> the percentage of the values that lay inside of this interval, as it was in force for them.
        by_series: a frame with a row for each series: ``values``; the mean newest errors of the model, of naive, of
            seasonal naive and in the fit, in units of the series (its anchor's typical error); and what its intervals
            held, in percent.
        goes_on: whether ``update`` can train the model further; else it has to be fitted again.
    """

    values: int
    series: int
    running: RunningComparison
    coverage: Mapping[int, float]
    by_series: Any
    goes_on: bool

    @property
    def advice(self) -> Advice:
        """Either "none" or "update"."""
        return self.running.advice

    @property
    def reason(self) -> str:
        """A sentence with the figures."""
        return self.running.reason

    def __str__(self) -> str:
        lines = [
            f"Watched: {format_count(self.values, 'value')} of {self.series:,} series.",
            self.reason,
        ]
        if self.coverage and self.values:
            held = " and ".join(f"{share:.1f} %" for share in self.coverage.values())
            named = " and ".join(f"{level} %" for level in self.coverage)
            lines.append(f"One step ahead, the intervals of {named} held {held} of all of them.")
        if self.running.fit is None and self.values:
            lines.append(
                "How large errors were in the fit is not known for certain, so they are not compared."
            )
        what = {
            "none": "none",
            "update": "update the model" if self.goes_on else "fit the model again",
        }
        lines.append(f"Advice: {what[self.advice]}.")
        return "\n".join(lines)


def health_of(fitted: Fitted, state: State, watch: Watch) -> Health:
    """The health of a model by a state that watches."""
    newest = newest_errors(fitted, state.ids, state.starts, state.rows, watch)
    model, calibration = fitted.model, fitted.calibration
    known = has_quantiles(model, calibration)
    levels = {
        level: k
        for k, level in enumerate(WATCHED_LEVELS)
        if known or (calibration is not None and calibration.supports(level, 1))
    }
    errors = mean_errors(newest)
    names = (fitted.name, *WATCHED_BASELINES)[: errors.shape[1]]
    columns: dict[str, np.ndarray] = {"values": watch.counted}
    columns |= dict(zip(names, errors.T, strict=True))
    columns["fit"] = newest.expected
    columns |= {
        f"inside-{level}": _percent(watch.inside[:, k], watch.counted)
        for level, k in levels.items()
    }
    total = watch.counted.sum()
    return Health(
        values=int(total),
        series=len(state),
        running=compare_newest(newest),
        coverage={
            level: float(_percent(watch.inside[:, k].sum(), total)) for level, k in levels.items()
        },
        by_series=series_frame(state.ids, state.starts, columns, state.frequency, fitted.schema),
        goes_on=bool(fitted.config.pretrained),
    )


def newest_errors(
    fitted: Fitted, ids: Sequence[Any], starts: Int64, rows: Int64, watch: Watch
) -> NewestErrors:
    """What a watch of S series has, beside what is to be expected of each.

    Args:
        fitted: the model.
        ids: (S,) the series.
        starts: (S,) the time of each first row.
        rows: (S,) how many have been read.
        watch: of these series.
    """
    expected, uncertainty = np.full(len(ids), np.nan), math.nan
    held = fitted.intervals.expected if fitted.intervals else None
    if held is not None:
        places, uncertainty = fitted.state.find(tuple(ids)), held.uncertainty
        expected = np.where(places >= 0, held.of_each()[places], np.nan)
    first = np.full(len(starts), starts.min(initial=np.iinfo(np.int64).max))
    begins, _ = fitted.frequency.locate(first, starts)
    return NewestErrors(watch.errors, rows, begins, expected, uncertainty)


def _percent(part: Any, whole: Any) -> Float64:
    return 100 * np.divide(
        part, whole, out=np.full(np.shape(whole), np.nan), where=np.asarray(whole) > 0
    )
