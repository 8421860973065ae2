"""Rows without a value at the ends of a series: it has not begun there, or is to be forecast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rollcast._number_format import format_count
from rollcast._types import Bool, Int64
from rollcast.data.panel import name_series
from rollcast.tables.table_rows import TableRows


@dataclass(frozen=True, eq=False)
class BlankEnds:
    """Blank rows that were taken off.

    Attributes:
        begins: (S,) the time of each series' first row; of its first blank one where no other is left.
        before: (S,) rows before its first value that were taken off.
        first_value: (S,) the time of that value.
        after: (S,) rows after its last value that were taken off.
        first_after: (S,) the time of the first of them.
        left_out: identifiers of series without any value, which are no longer there.
        value: what they lack: a "value", or where some rows don't count, a "value that counts".
    """

    begins: Int64
    before: Int64
    first_value: Int64
    after: Int64
    first_after: Int64
    left_out: tuple[Any, ...] = ()
    value: str = "value"

    def remarks(self, rows: TableRows) -> list[str]:
        """Sentences on what was taken off."""
        found: list[str] = []
        late, early = np.flatnonzero(self.before), np.flatnonzero(self.after)
        if len(late):
            s, count = int(late[0]), int(self.before.sum())
            who = "the series" if rows.ids[s] is None else f"series {rows.ids[s]!r}"
            more = len(late) - 1
            others = f", and {more:,} more begin{'s' if more == 1 else ''} late" if more else ""
            found.append(
                f"{format_count(count, 'row')} before the first {self.value} {_are(count)} left out: "
                f"{who} begins at {rows.show(int(self.first_value[s]))}{others}."
            )
        if len(early):
            s, count = int(early[0]), int(self.after.sum())
            first = rows.show(int(self.first_after[s]))
            where = f"{first}{name_series(rows.ids[s])}"
            others = f" (and of {len(early) - 1:,} more series)" if len(early) > 1 else ""
            found.append(
                f"{format_count(count, 'row')} without a value at the end {_are(count)} to be forecast, from {where} on"
                f"{others}: forecasts begin there; write 0 where a blank means 0."
            )
        return found

    @property
    def warnings(self) -> list[str]:
        """A sentence on series that were left out."""
        if not self.left_out:
            return []
        shown = ", ".join(repr(name) for name in self.left_out[:5])
        more = len(self.left_out) - 5
        names = shown if more <= 0 else f"{shown} and {more:,} more"
        return [f"Left out {len(self.left_out):,} series without any {self.value}: {names}."]


def trim_blank_ends(
    rows: TableRows, known: Mapping[Any, int] | None = None, *, keep: bool = False
) -> tuple[TableRows, BlankEnds]:
    """Take off the blank rows at both ends of every series.

    Series without any value are left out, but for those that the model knows: all their rows are to be forecast.
    Where no series has a value, the rows stay as they are.

    Args:
        rows: sorted, each time of a series once.
        known: the time of the first row of each series that the model knows; from there on a blank row is a missing
            one, for the series has begun.
        keep: take nothing off.
    """
    S, N = len(rows.ids), len(rows.codes)
    offsets, seen = rows.offsets, rows.counts
    if seen.all() and (np.diff(offsets) > 0).all():
        return rows, _nothing_taken(rows.times, offsets)
    at = np.arange(N)
    filled = ~np.isnan(rows.values)
    first, last = np.full(S, N), np.full(S, -1)
    np.minimum.at(first, rows.codes[seen], at[seen])
    # What is recorded at the end has happened, even where it doesn't count: forecasts start after it.
    np.maximum.at(last, rows.codes[filled], at[filled])
    begun = np.array([i in (known or {}) for i in rows.ids], bool)
    since = np.array([(known or {}).get(i, 0) for i in rows.ids], np.int64)
    there = begun[rows.codes] & (rows.times >= since[rows.codes])
    kept = (at <= last[rows.codes]) & ((at >= first[rows.codes]) | there)
    empty = first >= N
    if keep or not (seen.any() or begun.any()):
        kept, empty = np.ones(N, bool), np.zeros(S, bool)
    first_kept = np.full(S, N)
    np.minimum.at(first_kept, rows.codes[kept], at[kept])
    taken = np.bincount(rows.codes[~kept & (at < first[rows.codes])], minlength=S)
    before = np.where(empty, 0, taken)
    after = np.bincount(rows.codes[~kept], minlength=S) - before
    ends = BlankEnds(
        begins=rows.times[np.where(first_kept < N, first_kept, offsets[:-1])],
        before=before,
        first_value=rows.times[np.minimum(first, N - 1)],
        after=after,
        first_after=rows.times[np.minimum(np.maximum(last + 1, offsets[:-1]), N - 1)],
        value="value" if rows.available is None else "value that counts",
    )
    return _choose(rows, ends, kept, ~empty | begun)


def _nothing_taken(times: Int64, offsets: Int64) -> BlankEnds:
    """What is found where every row has a value."""
    begins, none = times[offsets[:-1]], np.zeros(len(offsets) - 1, np.int64)
    return BlankEnds(begins, none, begins, none, times[np.minimum(offsets[1:], len(times) - 1)])


def _choose(
    rows: TableRows, ends: BlankEnds, kept: Bool, stays: Bool
) -> tuple[TableRows, BlankEnds]:
    """The rows that are kept, of the series that stay."""
    if not kept.all():
        rows = rows.take(kept)
    if stays.all():
        return rows, ends
    names = rows.ids
    rows = replace(
        rows,
        codes=(np.cumsum(stays) - 1)[rows.codes],
        ids=tuple(name for name, stay in zip(names, stays, strict=True) if stay),
    )
    ends = BlankEnds(
        begins=ends.begins[stays],
        before=ends.before[stays],
        first_value=ends.first_value[stays],
        after=ends.after[stays],
        first_after=ends.first_after[stays],
        left_out=tuple(name for name, stay in zip(names, stays, strict=True) if not stay),
        value=ends.value,
    )
    return rows, ends


def _are(rows: int) -> str:
    return "is" if rows == 1 else "are"
