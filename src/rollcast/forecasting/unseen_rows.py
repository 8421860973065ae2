"""Unseen rows: what the weights of a model have not seen of a table, and where the model stands before it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from rollcast._number_format import format_count
from rollcast._types import Bool, Float32, Float64, Int64
from rollcast.data.origins import Origins
from rollcast.data.panel import Panel, name_series
from rollcast.data.ranges import join_ranges, offsets_of
from rollcast.errors import TooShortError
from rollcast.forecasting.continuation import go_on, refuse_gap, rows_known
from rollcast.forecasting.state import State
from rollcast.forecasting.trained_model import Model
from rollcast.preprocessing.ring import oldest_first


@dataclass(frozen=True, eq=False)
class UnseenRows:
    """Rows of S series that are to be judged, behind what is known of each before them.

    Attributes:
        panel: known rows and the unseen ones.
        begins: (S,) the first unseen row of each, in the flat series.
        state: of the series before these rows.
        new: (S,) which series the model does not know.
        remembered: rows of each that the baselines know at most before these, where the model holds no data; else None.
        warnings: sentences on what is known or read of these rows otherwise than a caller may think.
    """

    panel: Panel
    begins: Int64
    state: State
    new: Bool
    remembered: int | None = None
    warnings: tuple[str, ...] = ()

    def forecast_at(self, model: Model, origins: Origins, h: int) -> Float64:
        """(M, h) free-running forecasts in the data's units.

        Of a new series that has its logarithm taken, a value <= 0 is read as a missing one.

        Args:
            model: the model.
            origins: of any series; forecasts start no earlier than ``begins``.
            h: horizon.
        """
        return model.forecast_at(self.state, *self._later(origins), h)

    def scaled_at(self, model: Model, origins: Origins, h: int) -> Float32:
        """(M, h, Q) parameters in scaled units, of values that are read as by ``forecast_at``."""
        return model.scaled_at(self.state, *self._later(origins), h)

    def _later(self, origins: Origins) -> tuple[Panel, Origins]:
        """The rows after those that the state has read, and the origins counted from there."""
        seen = self.begins - self.panel.offsets[:-1]
        rows = self.panel.drop(seen)
        rows = replace(rows, mask=rows.mask & ~self.unreadable(rows))
        return rows, Origins(origins.series, origins.row - seen[origins.series])

    def unreadable(self, rows: Panel) -> Bool:
        """(N,) which values of new series have no logarithm, though one is taken by the rows before them."""
        logs = self.state.preparation.scaler.log & self.new
        return rows.mask & (rows.target <= 0) & np.repeat(logs, rows.lengths)


def find_unseen(
    model: Model,
    known: State,
    panel: Panel,
    held: Panel | None,
    *,
    h: int,
    max_gap: int | None = None,
) -> UnseenRows:
    """The series that have ``h`` rows which the weights have not seen, and where the model stands before those.

    It is where it would stand for a forecast, see :func:`rollcast.forecasting.continuation.continue_with`: known series
    whose table begins within or after the rows of ``fit`` go on from the model's state, with the newest rows that the
    model holds before them; others are read from their first row. Known series have not been seen after the rows of
    ``fit``; new ones are taken by their second half, and scaled by the first.

    Args:
        model: the model.
        known: the state of the series of ``fit``, after the last rows there.
        panel: the table's rows.
        held: the newest rows of the data of ``fit``; None for those that a state remembers.
        h: rows that are needed.
        max_gap: rows that may be missing between a known series' end and its new rows; default the model's horizon.

    Raises:
        TooShortError: no series has ``h`` such rows.
        DataError: a longer gap, or times off the grid.
    """
    places, before, on = rows_known(known, panel)
    refuse_gap(known, panel, before, model.h if max_gap is None else max_gap)
    seen = np.where(places >= 0, np.maximum(before, 0), -(-panel.lengths // 2))
    usable = np.flatnonzero(panel.lengths - seen >= h)
    if not len(usable):
        raise TooShortError(
            f"There is nothing to judge: no series has {format_count(h, 'row')} (the horizon) after those the model "
            "saw; pass more new rows, or leave the table out to judge the test part."
        )
    chosen, seen, places = panel.select(usable), seen[usable], places[usable]
    on, before = on[usable], np.where(on, before, 0)[usable]
    state = _stand(model, known, chosen.head(seen), on)
    earlier = (remembered_rows(known) if held is None else held).select(np.maximum(places, 0))
    count = np.where(on, np.maximum(earlier.lengths - np.maximum(before, 0), 0), 0)
    whole = chosen.behind(earlier.head(count), np.maximum(-before, 0))
    begins = whole.offsets[1:] - chosen.lengths + seen
    found = UnseenRows(whole, begins, state, places < 0)
    told = _say_unreadable(found, chosen.drop(seen))
    if held is None and count.any():
        told += (_say_remembered(model, int(np.count_nonzero(count))),)
        found = replace(found, remembered=model.sizes.ring)
    return replace(found, warnings=told)


def _stand(model: Model, known: State, seen: Panel, on: Bool) -> State:
    """The state of a panel's series after its rows: the carried one where they go on from it."""
    going_on, afresh = np.flatnonzero(on), np.flatnonzero(~on)
    if not len(afresh):
        return go_on(model, known, seen)
    again = model.read_afresh(seen.select(afresh), known)
    if not len(going_on):
        return again
    order = np.argsort(np.concatenate([going_on, afresh]), kind="stable")
    return go_on(model, known, seen.select(going_on)).join(again).take(order)


def _say_unreadable(found: UnseenRows, rows: Panel) -> tuple[str, ...]:
    refused = np.flatnonzero(found.unreadable(rows))
    if not len(refused):
        return ()
    s = int(np.searchsorted(rows.offsets, refused[0], side="right")) - 1
    time = rows.frequency.advance(int(rows.starts[s]), int(refused[0] - rows.offsets[s]))
    one = len(refused) == 1
    return (
        f"{format_count(len(refused), 'value')} <= 0 of new series, the first{name_series(rows.ids[s])} at "
        f"{rows.frequency.format(time)}, {'is' if one else 'are'} judged but read as missing: by the rows before those "
        "that are judged, logarithms are taken.",
    )


def _say_remembered(model: Model, count: int) -> str:
    return (
        f"The baselines and the scale of MASE see at most {format_count(model.sizes.ring, 'row')} before the table, of "
        f"{count:,} series, since the model was saved without its data; the network has read all of them, so the "
        "verdict claims nothing: pass the history as well, or save the model with its data."
    )


def known_rows(known: State, panel: Panel, held: Panel | None) -> Panel:
    """A table's rows behind what is known of its series before them.

    Args:
        known: the state of the series of ``fit``, after the last rows there.
        panel: the table's rows.
        held: the newest rows of the data of ``fit``; None for those that a state remembers.
    """
    places, before, on = rows_known(known, panel)
    if not on.any():
        return panel
    before = np.where(on, before, 0)
    earlier = (remembered_rows(known) if held is None else held).select(np.maximum(places, 0))
    count = np.where(on, np.maximum(earlier.lengths - np.maximum(before, 0), 0), 0)
    return panel.behind(earlier.head(count), np.maximum(-before, 0))


def remembered_rows(state: State) -> Panel:
    """The newest rows that a state remembers, in the data's units; missing ones as they were filled."""
    memory = state.network_state.memory
    size = memory.values.shape[1]
    counts = np.minimum(state.rows, size)
    rows = join_ranges(size * np.arange(len(state)) + size - counts, counts)
    scaled = oldest_first(memory.values, memory.rows).reshape(-1)[rows].astype(np.float64)
    values = state.preparation.scaler.inverse(scaled, np.repeat(np.arange(len(state)), counts))
    starts = state.frequency.shift(state.starts, state.rows - counts)
    there = np.ones(len(values), np.bool_)
    return Panel(values, there, offsets_of(counts), starts, state.frequency, state.ids)
