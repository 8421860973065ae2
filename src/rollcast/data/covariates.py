"""Covariates: what is known of the series beside their target."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from rollcast._types import Float64, Int64
from rollcast.data.ranges import Behind, join_ranges, offsets_of


@dataclass(frozen=True, eq=False)
class Covariates:
    """Past, future and static covariates of S series; each is None where there are none.

    Attributes:
        past: (N, P) beside each row of the panel, known once the row is; NaN where not observed.
        future: (M, Q) known in advance: from each series' first row on, and as far beyond its last as is known.
        future_offsets: (S + 1,) series ``s`` owns the rows ``future_offsets[s]:future_offsets[s + 1]`` of ``future``.
        static: (S, R) one row for each series.
    """

    past: Float64 | None = None
    future: Float64 | None = None
    future_offsets: Int64 | None = None
    static: Float64 | None = None

    @classmethod
    def none(cls) -> Covariates:
        """Those of a panel that has a target alone."""
        return cls()

    def arrays(self) -> Iterator[np.ndarray]:
        """Those that are there."""
        there = (self.past, self.future, self.future_offsets, self.static)
        return (array for array in there if array is not None)

    def take_rows(self, rows: Int64, dropped: Int64) -> Covariates:
        """Those of some rows of every series.

        Args:
            rows: (N',) of the panel, in each series without a gap.
            dropped: (S,) rows that went from each series' begin; what is known in advance stays known.
        """
        return self._take(rows, np.arange(len(dropped)), dropped)

    def select(self, rows: Int64, series: Int64) -> Covariates:
        """Those of the chosen series (S',), whose rows of the panel these are (N',)."""
        return self._take(rows, series, np.zeros(len(series), np.int64))

    def behind(self, earlier: Covariates, before: Int64, places: Behind) -> Covariates:
        """Those of rows that follow on earlier ones of the same S series.

        What is known in advance of the later rows takes the place of what was known of them earlier.

        Args:
            earlier: those of the earlier rows.
            before: (S,) rows before each series' first later one, those between included.
            places: of both among all rows.
        """
        past = places.lay_known(earlier.past, self.past, np.nan)
        static = earlier.static if self.static is None else self.static
        known, offsets = earlier.future, earlier.future_offsets
        if self.future is None or self.future_offsets is None:
            return Covariates(past, known, offsets, static)
        told = np.zeros_like(before)
        if known is not None and offsets is not None:
            told = np.minimum(np.diff(offsets), before)
            known = known[join_ranges(offsets[:-1], told)]
        ahead = Behind.of(told, before - told, np.diff(self.future_offsets))
        return Covariates(past, ahead.lay_known(known, self.future, np.nan), ahead.offsets, static)

    def _take(self, rows: Int64, series: Int64, dropped: Int64) -> Covariates:
        taken = replace(
            self,
            past=None if self.past is None else self.past[rows],
            static=None if self.static is None else self.static[series],
        )
        if self.future is None or self.future_offsets is None:
            return taken
        lengths = np.diff(self.future_offsets)[series]
        dropped = np.minimum(dropped, lengths)
        ahead = join_ranges(self.future_offsets[series] + dropped, lengths - dropped)
        return replace(
            taken, future=self.future[ahead], future_offsets=offsets_of(lengths - dropped)
        )
