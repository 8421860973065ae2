"""Panel: many series of unequal length, stored flat."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from rollcast._types import Bool, Float64, Int64
from rollcast.data.calendar import Frequency
from rollcast.data.covariates import Covariates
from rollcast.data.ranges import Behind, join_ranges, offsets_of
from rollcast.errors import show

LARGEST: Final = 1e100
"""Values lie within it, so that the squares of all of them together have room in 64 bits."""


@dataclass(frozen=True, eq=False)
class Panel:
    """Ragged series on one regular time grid, one after the other.

    Rows that the caller's table lacked are present here with ``mask`` False, so row ``i`` of a series is always
    ``i`` steps of ``frequency`` after its start.

    Attributes:
        target: (N,) the values to forecast; NaN where not observed.
        mask: (N,) True where the target counts: it was observed (or filled at the caller's wish), and available.
        offsets: (S + 1,) series ``s`` owns the rows ``offsets[s]:offsets[s + 1]``.
        starts: (S,) each first row's time: nanoseconds since 1970 in UTC, or the integer itself.
        frequency: the step between rows and the zone in which the calendar is read.
        ids: (S,) the caller's own identifiers, in order of appearance; ``(None,)`` where there is no id column.
        weights: (N,) how much each row counts in training and scores, at least 0; None where all count alike.
        available: (N,) False where a row does not count, whatever was recorded (a shop out of stock, a broken sensor);
            None where all rows do. The recorded value stays in ``target``, for pictures.
        covariates: what else is known of the series.
    """

    target: Float64
    mask: Bool
    offsets: Int64
    starts: Int64
    frequency: Frequency
    ids: tuple[Any, ...]
    weights: Float64 | None = None
    available: Bool | None = None
    covariates: Covariates = field(default_factory=Covariates.none)

    @property
    def num_series(self) -> int:
        """S, the number of series."""
        return len(self.offsets) - 1

    @property
    def lengths(self) -> Int64:
        """(S,) rows of each series."""
        return np.diff(self.offsets)

    def rows(self, series: int) -> slice:
        """The rows of one series."""
        return slice(int(self.offsets[series]), int(self.offsets[series + 1]))

    def __iter__(self) -> Iterator[slice]:
        return (self.rows(s) for s in range(self.num_series))

    def head(self, lengths: Int64) -> Panel:
        """The first ``lengths[s]`` rows of every series (S,)."""
        return self._take(np.zeros(self.num_series, np.int64), lengths)

    def drop(self, counts: Int64) -> Panel:
        """Every series without its first ``counts[s]`` rows (S,)."""
        return self._take(counts, self.lengths - counts)

    def select(self, series: Int64) -> Panel:
        """The chosen series (S',), in that order."""
        lengths = self.lengths[series]
        rows = join_ranges(self.offsets[series], lengths)
        return replace(
            self._at(rows),
            offsets=offsets_of(lengths),
            starts=self.starts[series],
            ids=tuple(self.ids[s] for s in series),
            covariates=self.covariates.select(rows, series),
        )

    def behind(self, earlier: Panel, gaps: Int64) -> Panel:
        """These rows behind earlier ones of the same S series, in their order.

        Args:
            earlier: rows of each series, none of some; their ``starts`` count where anything comes before these rows.
            gaps: (S,) rows between the two, which become missing ones.
        """
        places = Behind.of(earlier.lengths, gaps, self.lengths)
        return replace(
            self,
            target=places.lay(earlier.target, self.target, np.nan),
            mask=places.lay(earlier.mask, self.mask, blank=False),
            offsets=places.offsets,
            starts=np.where(earlier.lengths + gaps > 0, earlier.starts, self.starts),
            weights=places.lay_known(earlier.weights, self.weights, 1.0),
            available=places.lay_known(earlier.available, self.available, blank=True),
            covariates=self.covariates.behind(earlier.covariates, earlier.lengths + gaps, places),
        )

    def nexts(self) -> Int64:
        """(S,) the time of the row that would follow each series' last."""
        return self.frequency.shift(self.starts, self.lengths)

    def digest(self) -> str:
        """A hash of every value, time and identifier, by which the same data is known again."""
        text = f"{self.frequency.to_json()}{self.ids!r}{(len(self.target), 1)}"
        whole = hashlib.sha256(text.encode())
        flat = (self.target, self.mask, self.offsets, self.starts, self.weights, self.available)
        for array in (*(a for a in flat if a is not None), *self.covariates.arrays()):
            whole.update(np.ascontiguousarray(array).tobytes())
        return whole.hexdigest()

    def _take(self, first: Int64, lengths: Int64) -> Panel:
        rows = join_ranges(self.offsets[:-1] + first, lengths)
        return replace(
            self._at(rows),
            offsets=offsets_of(lengths),
            starts=self.frequency.shift(self.starts, first) if first.any() else self.starts,
            covariates=self.covariates.take_rows(rows, first),
        )

    def _at(self, rows: Int64) -> Panel:
        """What stands in these rows (N',); the rest is as it was."""
        return replace(
            self,
            target=self.target[rows],
            mask=self.mask[rows],
            weights=None if self.weights is None else self.weights[rows],
            available=None if self.available is None else self.available[rows],
        )


def name_series(series_id: object) -> str:
    """How a message speaks of a series; empty where the caller has no id column."""
    return "" if series_id is None else f" of series {show(series_id)}"


def the_series(series_id: object) -> str:
    """A series as the subject of a sentence: "series 'a'", or "series" alone where there is no id column."""
    return "series" if series_id is None else f"series {show(series_id)}"


def first_unusable(values: Float64) -> int | None:
    """The place of the first value that is infinite or beyond ``LARGEST``; None where there is none."""
    unusable = np.abs(values) > LARGEST
    return int(np.argmax(unusable)) if unusable.any() else None


def describe_unusable(value: float) -> str:
    """How a message goes on that has named a column and a series, before it names the row."""
    return (
        "is infinite" if np.isinf(value) else f"holds {value:g}, which is too large to reckon with,"
    )
