"""Revision: corrected values of rows that a state has read, taken in by reading again from before the first of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rollcast._types import Bool, Float64, Int64
from rollcast.data.arrivals import Arrivals
from rollcast.data.panel import Panel, name_series
from rollcast.data.ranges import join_ranges, offsets_of
from rollcast.errors import DataError
from rollcast.forecasting.late_and_missing_rows import Placement, place_rows
from rollcast.forecasting.observe import fill_missing, last_values, refuse_far, refuse_unusable
from rollcast.forecasting.state import State
from rollcast.forecasting.trained_model import Model


@dataclass(frozen=True, eq=False)
class _Again:
    """Rows of U series that are to be read again, one series after the other.

    Attributes:
        places: (U,) of the series in the state.
        earlier: (U,) in the earlier state; -1 where they are read from their first row.
        begins: (U,) the first row that is read again.
        offsets: (U + 1,)
        values: (N,) NaN where missing or not known.
        known: (N,) whether what stood there is known.
        available: (N,) whether the row counts, where it is known.
    """

    places: Int64
    earlier: Int64
    begins: Int64
    offsets: Int64
    values: Float64
    known: Bool
    available: Bool


def revise(
    model: Model,
    arrivals: Arrivals,
    state: State,
    *,
    earlier: State | None = None,
    history: Sequence[Panel] = (),
) -> State:
    """The state as if the rows that arrived had been read in the first place.

    With ``fill="linear"`` the gaps of a series that is read from its first row are filled once the corrections are laid
    in, also those of rows that came one by one; behind an earlier state they stay missing.

    Args:
        model: the model.
        arrivals: corrected rows, with their times.
        state: the model's, that has read the rows; it stays as it is.
        earlier: one of its states from before the first corrected row; series that it lacks, or of which it has read
            too much, are read from their first row.
        history: rows as they were read; later panels take the place of earlier ones.

    Raises:
        DataError: a row that has not been read, or one that is needed and not known, by series and time.
    """
    if len(arrivals) == 0:
        return state
    refuse_unusable(arrivals)
    places = state.find(arrivals.ids)
    if (places < 0).any():
        unknown = arrivals.ids[int(np.argmin(places))]
        raise DataError(
            f"The state holds no series {unknown!r}, so there is nothing to revise; observe it."
        )
    refuse_far(arrivals, state, places)
    _refuse_doubt(arrivals)
    placement = place_rows(replace(arrivals, second=None), state, places)
    _check(placement)
    again = _begin(placement, state, places, earlier)
    for panel in history:
        _overlay(again, panel, state)
    at = again.offsets[placement.codes] + placement.rows - again.begins[placement.codes]
    again.values[at] = arrivals.values[placement.origin]
    again.known[at] = True
    flags = arrivals.available
    again.available[at] = True if flags is None else flags[placement.origin]
    return _read(model, again, state, earlier)


def _refuse_doubt(arrivals: Arrivals) -> None:
    """Refuse a clock time that is shown twice and stands alone: the state can't tell which of the two is meant."""
    if arrivals.times is None:
        raise DataError(
            "Rows are revised by their times: `rows` must be a table that has them, like the one of `fit`."
        )
    if arrivals.second is None:
        return
    there = set(zip(arrivals.codes.tolist(), arrivals.times.tolist(), strict=True))
    for row in np.flatnonzero(arrivals.second != arrivals.times):
        if (int(arrivals.codes[row]), int(arrivals.second[row])) not in there:
            raise DataError(
                f"The clock shows the time{name_series(arrivals.ids[int(arrivals.codes[row])])} at "
                f"{arrivals.place(int(row))} twice; give it with its offset from UTC."
            )


def _check(placement: Placement) -> None:
    """Refuse rows that have not been read, and those that are given twice."""
    read = placement.read[placement.codes]
    for wrong, why in (
        (placement.rows >= read, "has not been read yet: observe it"),
        (placement.rows < 0, "lies before the first that was read: leave it out"),
        (_repeated(placement), "is given twice: leave one of them out"),
    ):
        if wrong.any():
            at = placement.first(wrong)
            raise DataError(
                f"The row{placement.series(at)} for {placement.format(at, int(placement.rows[at]))} at "
                f"{placement.place(at)} {why}."
            )


def _repeated(placement: Placement) -> Bool:
    order = np.lexsort((placement.origin, placement.rows, placement.codes))
    codes, rows = placement.codes[order], placement.rows[order]
    repeated = np.zeros(len(rows), bool)
    repeated[order[1:]] = (codes[1:] == codes[:-1]) & (rows[1:] == rows[:-1])
    return repeated


def _begin(placement: Placement, state: State, places: Int64, earlier: State | None) -> _Again:
    firsts = np.full(len(places), np.iinfo(np.int64).max)
    np.minimum.at(firsts, placement.codes, placement.rows)
    before, begins = np.full(len(places), -1), np.zeros(len(places), np.int64)
    if earlier is not None:
        there = earlier.find(tuple(state.ids[place] for place in places))
        rows = earlier.rows[there]
        fits = (there >= 0) & (rows <= firsts) & _are_same(earlier, there, state, places)
        before, begins = np.where(fits, there, -1), np.where(fits, rows, 0)
    offsets = offsets_of(placement.read - begins)
    size = int(offsets[-1])
    return _Again(
        places,
        before,
        begins,
        offsets,
        np.full(size, np.nan),
        np.zeros(size, bool),
        np.ones(size, bool),
    )


def _are_same(earlier: State, there: Int64, state: State, places: Int64) -> Bool:
    """(U,) whether series of the earlier state are the same ones, with the same scaling."""
    one, other = earlier.preparation.scaler, state.preparation.scaler
    return (
        (earlier.starts[there] == state.starts[places])
        & (one.shift[there] == other.shift[places])
        & (one.scale[there] == other.scale[places])
    )


def _overlay(again: _Again, panel: Panel, state: State) -> None:
    """Write a panel's rows over what is known so far; where it has no value, an earlier one stays.

    Raises:
        DataError: its times lie off a series' grid.
    """
    here = np.arange(len(again.places))
    if panel.ids == state.ids:
        source = again.places
    else:
        there = {series_id: s for s, series_id in enumerate(panel.ids)}
        source = np.array([there.get(state.ids[place], -1) for place in again.places], np.int64)
        here = np.flatnonzero(source >= 0)
        source = source[here]
    starts, firsts = state.starts[again.places[here]], panel.starts[source]
    shift, on = panel.frequency.locate(starts, firsts)
    if not on.all():
        off = int(np.argmin(on))
        panel.frequency.position(
            int(starts[off]), firsts[off : off + 1]
        )  # which says what is wrong
    begins, lengths = again.begins[here], np.diff(again.offsets)[here]
    low = np.maximum(begins, shift)
    high = np.minimum(begins + lengths, shift + panel.lengths[source])
    counts = np.maximum(high - low, 0)
    to = join_ranges(again.offsets[here] + low - begins, counts)
    taken = join_ranges(panel.offsets[source] + low - shift, counts)
    again.values[to] = np.where(panel.mask[taken], panel.target[taken], again.values[to])
    again.known[to] = True
    if panel.available is not None:
        again.available[to] = panel.available[taken]


def _read(model: Model, again: _Again, state: State, earlier: State | None) -> State:
    frequency = state.frequency
    ids = tuple(state.ids[place] for place in again.places)
    starts = frequency.shift(state.starts[again.places], again.begins)
    if not again.known.all():
        row = int(np.argmin(again.known))
        u = int(np.searchsorted(again.offsets, row, side="right")) - 1
        time = frequency.advance(
            int(state.starts[again.places[u]]),
            int(again.begins[u]) + row - int(again.offsets[u]),
        )
        raise DataError(
            f"The row{name_series(ids[u])} for {frequency.format(time)} is needed to read on from there, and is not "
            "known; give it in history=, or as earlier= a state that stands between it and the first corrected row."
        )
    values, available = again.values, again.available
    counts = ~np.isnan(values) & available
    panel = Panel(values, counts, again.offsets, starts, frequency, ids, available=available)
    last = np.full(len(ids), np.nan) if earlier is None else last_values(earlier, again.earlier)
    panel = fill_missing(model, panel, last)
    after = state
    for from_earlier in (False, True):
        chosen = np.flatnonzero((again.earlier >= 0) == from_earlier)
        if len(chosen):
            part, here = panel.select(chosen), again.places[chosen]
            if earlier is not None and from_earlier:
                found = model.read_on(earlier.take(again.earlier[chosen]), part)
            else:
                found = model.read_again(model.fill_gaps(part), state.preparation.take(here))
            after = after.put(here, found.network_state)
    return after
