"""Revision: corrected values of rows that a state has read, taken in by reading again from before the first of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from rollcast._types import Bool, Float64, Int64
from rollcast.arrivals import Arrivals
from rollcast.errors import DataError
from rollcast.fitted import Fitted
from rollcast.live.landing import Landing, land
from rollcast.live.observation import check_owner, fill_missing, last_values, refuse_infinite
from rollcast.panel import Panel, name_series
from rollcast.reading import read_on, read_panel
from rollcast.standing import Standing


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
    """

    places: Int64
    earlier: Int64
    begins: Int64
    offsets: Int64
    values: Float64
    known: Bool


def revise(
    fitted: Fitted,
    arrivals: Arrivals,
    standing: Standing,
    *,
    earlier: Standing | None = None,
    history: Panel | None = None,
) -> Standing:
    """Where the series stand once the rows that arrived replace what was read.

    Args:
        fitted: the model.
        arrivals: corrected rows, with their times.
        standing: where the series stand; it stays as it is.
        earlier: where they stood before the first corrected row; series that it lacks, or that stand too late in it,
            are read from their first row.
        history: rows as they were read, in place of those of ``fit`` or beside them.

    Raises:
        ArgumentError: a state of another model.
        DataError: a row that has not been read, or one that is needed and not known, by series and time.
    """
    if earlier is not None:
        check_owner(fitted, earlier)
    if len(arrivals) == 0:
        return standing
    refuse_infinite(arrivals)
    places = np.array([standing.places.get(i, -1) for i in arrivals.ids], np.int64)
    if (places < 0).any():
        unknown = arrivals.ids[int(np.argmin(places))]
        raise DataError(
            f"The state holds no series {unknown!r}, so there is nothing to revise; observe it."
        )
    _refuse_doubt(arrivals)
    landing = land(replace(arrivals, second=None), standing, places)
    _check(landing)
    again = _begin(landing, standing, places, earlier)
    for panel in (fitted.tail, history):
        if panel is not None:
            _overlay(again, panel, standing)
    at = again.offsets[landing.codes] + landing.rows - again.begins[landing.codes]
    again.values[at] = arrivals.values[landing.origin]
    again.known[at] = True
    return _read(fitted, again, standing, earlier)


def _refuse_doubt(arrivals: Arrivals) -> None:
    """Refuse a clock time that is shown twice and stands alone: the state can't tell which of the two is meant."""
    if arrivals.times is None:
        raise DataError(
            "Rows are revised by their times: `rows` must be a table that has them, like the one that was fitted."
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


def _check(landing: Landing) -> None:
    """Refuse rows that have not been read, and those that are given twice."""
    read = landing.read[landing.codes]
    for wrong, why in (
        (landing.rows >= read, "has not been read yet: observe it"),
        (landing.rows < 0, "lies before the first that was read: leave it out"),
        (_repeated(landing), "is given twice: leave one of them out"),
    ):
        if wrong.any():
            at = landing.first(wrong)
            raise DataError(
                f"The row{landing.series(at)} for {landing.format(at, int(landing.rows[at]))} at "
                f"{landing.place(at)} {why}."
            )


def _repeated(landing: Landing) -> Bool:
    order = np.lexsort((landing.origin, landing.rows, landing.codes))
    codes, rows = landing.codes[order], landing.rows[order]
    repeated = np.zeros(len(rows), bool)
    repeated[order[1:]] = (codes[1:] == codes[:-1]) & (rows[1:] == rows[:-1])
    return repeated


def _begin(landing: Landing, standing: Standing, places: Int64, earlier: Standing | None) -> _Again:
    firsts = np.full(len(places), np.iinfo(np.int64).max)
    np.minimum.at(firsts, landing.codes, landing.rows)
    before, begins = np.full(len(places), -1), np.zeros(len(places), np.int64)
    if earlier is not None:
        rows = earlier.rows
        for u, place in enumerate(places):
            there = earlier.places.get(standing.ids[place], -1)
            if (
                there >= 0
                and rows[there] <= firsts[u]
                and _same(earlier, there, standing, int(place))
            ):
                before[u], begins[u] = there, rows[there]
    offsets = np.concatenate([[0], np.cumsum(landing.read - begins)])
    size = int(offsets[-1])
    return _Again(places, before, begins, offsets, np.full(size, np.nan), np.zeros(size, bool))


def _same(earlier: Standing, there: int, standing: Standing, place: int) -> bool:
    """Whether a series of the earlier state is the same one, with the same scaling."""
    one, other = earlier.preparation.scaler, standing.preparation.scaler
    return bool(
        earlier.starts[there] == standing.starts[place]
        and one.shift[there] == other.shift[place]
        and one.scale[there] == other.scale[place]
    )


def _overlay(again: _Again, panel: Panel, standing: Standing) -> None:
    """Write a panel's rows over what is known so far; where it has no value, an earlier one stays.

    Raises:
        DataError: its times lie off a series' grid.
    """
    there = {series_id: s for s, series_id in enumerate(panel.ids)}
    for u, place in enumerate(again.places):
        s = there.get(standing.ids[place])
        if s is None:
            continue
        start = standing.starts[place : place + 1]
        shift = int(panel.frequency.position(int(start[0]), panel.starts[s : s + 1])[0])
        first, last = int(again.begins[u]), int(again.begins[u] + np.diff(again.offsets)[u])
        low, high = max(first, shift), min(last, shift + int(panel.lengths[s]))
        if low >= high:
            continue
        here = slice(int(again.offsets[u]) + low - first, int(again.offsets[u]) + high - first)
        rows = panel.rows(s)
        source = slice(rows.start + low - shift, rows.start + high - shift)
        again.values[here] = np.where(panel.mask[source], panel.target[source], again.values[here])
        again.known[here] = True


def _read(fitted: Fitted, again: _Again, standing: Standing, earlier: Standing | None) -> Standing:
    frequency = fitted.frequency
    ids = tuple(standing.ids[place] for place in again.places)
    starts = frequency.shift(standing.starts[again.places], again.begins)
    if not again.known.all():
        row = int(np.argmin(again.known))
        u = int(np.searchsorted(again.offsets, row, side="right")) - 1
        time = frequency.advance(
            int(standing.starts[again.places[u]]),
            int(again.begins[u]) + row - int(again.offsets[u]),
        )
        raise DataError(
            f"The row{name_series(ids[u])} for {frequency.format(time)} is needed to read on from there, and is not "
            "known; give it in history=, or as earlier= a state that stands between it and the first corrected row."
        )
    values = again.values
    panel = Panel(values[:, None], ~np.isnan(values), again.offsets, starts, frequency, ids)
    last = np.full(len(ids), np.nan) if earlier is None else last_values(earlier, again.earlier)
    panel = fill_missing(fitted, panel, last)
    after = standing
    for from_earlier in (False, True):
        chosen = np.flatnonzero((again.earlier >= 0) == from_earlier)
        if len(chosen):
            part = panel.select(chosen)
            before = None
            if earlier is not None and from_earlier:
                before = earlier.take(again.earlier[chosen])
            state = _read_part(fitted, part, standing, again.places[chosen], before)
            after = after.put(again.places[chosen], state.state)
    return after


def _read_part(
    fitted: Fitted, panel: Panel, standing: Standing, places: Int64, before: Standing | None
) -> Standing:
    if before is not None:
        return read_on(fitted.network, fitted.weights, before, panel)
    return read_panel(
        fitted.network,
        fitted.weights,
        standing.preparation.take(places),
        panel,
        ring=fitted.shape.ring,
        window=fitted.shape.window,
    )
