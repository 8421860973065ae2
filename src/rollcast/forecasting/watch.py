"""A watch: how far the forecasts one step ahead of a state's rows were off, beside the naive baselines.

Whether a model still fits its series is told by what has come since: by its errors beside those of a forecast that
anybody can make, and beside those that it had when it was judged. A state that watches keeps the errors of the newest
``ROWS`` rows of each series, each row in constant time. They are in units of the series (its anchor's typical error),
so that those of several series can be put together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

from rollcast._types import Float32, Float64, Int64

ROWS: Final = 64
"""Newest rows of a series whose errors are kept."""

WATCHED_LEVELS: Final = (80, 95)
"""Percent: the intervals of which is counted what they held."""


class Step(NamedTuple):
    """One row of U series beside what was forecast of it, in scaled units.

    Attributes:
        actual: (U,) NaN where no value came.
        point: (U,) the forecast.
        low: (U, 2) lower ends of the intervals; NaN where there are none.
        high: (U, 2) upper ends.
        unit: (U,) the anchor's typical error of each series.
    """

    actual: Float64
    point: Float64
    low: Float64
    high: Float64
    unit: Float32

    def take(self, places: Int64) -> Step:
        """The rows at the given places (U',)."""
        actual, point, low, high, unit = self
        return Step(actual[places], point[places], low[places], high[places], unit[places])


class Watch(NamedTuple):
    """What S series have shown since the watch began.

    Attributes:
        counted: (S,) values that came.
        inside: (S, 2) how many of them lay inside of the intervals of ``WATCHED_LEVELS``.
        last: (S,) the newest value, scaled; NaN where none is known.
        season: (S, m) the newest values, scaled, row n in slot n % m; m is 0 without a season.
        errors: (S, ROWS, K) errors of the network, of naive, and with a season of seasonal naive, row n in slot
            n % ROWS; NaN where not known.
    """

    counted: Int64
    inside: Int64
    last: Float32
    season: Float32
    errors: Float32

    @classmethod
    def start(cls, newest: Float32, rows: Int64, season: int) -> Watch:
        """A watch that begins.

        Args:
            newest: (S, R) the newest values, scaled, oldest first.
            rows: (S,) how many rows have been read.
            season: rows back to the value of seasonal naive; 1 or less for none.
        """
        S, R = newest.shape
        m = season if season > 1 else 0
        back = np.arange(R, 0, -1)
        known = np.where(back <= rows[:, None], newest, np.float32(np.nan))
        values = np.full((S, m), np.nan, np.float32)
        some = min(m, R)
        if some:
            slots = (rows[:, None] - back[R - some :]) % m
            np.put_along_axis(values, slots, known[:, R - some :], axis=1)
        return cls(
            counted=np.zeros(S, np.int64),
            inside=np.zeros((S, len(WATCHED_LEVELS)), np.int64),
            last=known[:, -1].astype(np.float32),
            season=values,
            errors=np.full((S, ROWS, 3 if m else 2), np.nan, np.float32),
        )

    def take(self, places: Int64) -> Watch:
        """Of the series at the given places (S',), in that order."""
        return self.with_each(lambda array: array[places])

    def join(self, other: Watch) -> Watch:
        """These series, followed by the other's."""
        return Watch(
            np.concatenate([self.counted, other.counted]),
            np.concatenate([self.inside, other.inside]),
            np.concatenate([self.last, other.last]),
            np.concatenate([self.season, other.season]),
            np.concatenate([self.errors, other.errors]),
        )

    def with_each(self, change: Callable[[Any], Any]) -> Watch:
        """The same with each array of S series changed in one way."""
        return Watch(
            change(self.counted),
            change(self.inside),
            change(self.last),
            change(self.season),
            change(self.errors),
        )

    def read(self, places: Int64, rows: Int64, step: Step) -> None:
        """Write the next row of some series in place.

        Args:
            places: (U,) of the series, each once.
            rows: (U,) how many rows of each have been read before.
            step: the row.
        """
        actual = step.actual.astype(np.float32)
        others = [self.last[places]]
        if m := self.season.shape[1]:
            others.append(self.season[places, rows % m])
            self.season[places, rows % m] = actual
        made = np.stack([step.point.astype(np.float32), *others], axis=1)
        self.errors[places, rows % ROWS] = np.abs(made - actual[:, None]) / step.unit[:, None]
        seen, value = ~np.isnan(actual), step.actual[:, None]
        self.last[places] = np.where(seen, actual, others[0])
        self.counted[places] += seen
        self.inside[places] += (value >= step.low) & (value <= step.high)
