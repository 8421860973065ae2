"""Live forecasting: new rows move a state on, each in constant time, and the history is never read again."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, TypeAlias, get_args

import numpy as np

from rollcast._types import Float64, Int64
from rollcast.data.arrivals import Arrivals
from rollcast.data.gaps import fill_gaps
from rollcast.data.panel import Panel, describe_unusable, first_unusable, name_series
from rollcast.data.ranges import offsets_of
from rollcast.errors import DataError
from rollcast.forecasting.late_and_missing_rows import Placement, place_rows
from rollcast.forecasting.reading import read_next
from rollcast.forecasting.state import State
from rollcast.forecasting.trained_model import Model
from rollcast.options.argument_checks import one_of, whole
from rollcast.preprocessing.ring import newest
from rollcast.preprocessing.scaling import TOO_FAR

Late: TypeAlias = Literal["error", "skip"]
"""What becomes of rows that are late, repeated or out of order."""


def observe(
    model: Model,
    arrivals: Arrivals,
    state: State,
    known: State,
    *,
    max_gap: int | None = None,
    late: Late = "error",
) -> tuple[State, int]:
    """Move on by the rows that arrived.

    Args:
        model: the model.
        arrivals: rows of known series, each after those that the state has read, and of new ones.
        state: the model's, before these rows; it stays as it is.
        known: the state of the series that were fitted, by whose scaling those that come back are read.
        max_gap: rows that may be missing in a row; default the model's horizon.
        late: whether late, repeated and out-of-order rows are an error or are skipped.

    Returns:
        The state after these rows, and how many rows were skipped.

    Raises:
        ArgumentError: an option outside its range.
        DataError: what is wrong with the rows, by series and row.
    """
    late = one_of("late", late, get_args(Late))
    gap = model.h if max_gap is None else whole("max_gap", max_gap, least=0)
    if len(arrivals) == 0:
        return state, 0
    refuse_unusable(arrivals)
    places = state.find(arrivals.ids)
    refuse_far(arrivals, state, places)
    if _is_next(model, arrivals, state, places):
        here, values = places[arrivals.codes], arrivals.values
        return read_next(model.network, model.weights, state, here, values), 0
    panel, skipped = _rows_to_read(model, arrivals, state, gap, late)
    return _read(model, state, known, panel, places), skipped


def rows_of_known(
    model: Model,
    arrivals: Arrivals,
    state: State,
    *,
    max_gap: int | None = None,
    late: Late = "skip",
) -> tuple[Panel, Int64]:
    """The rows that :func:`observe` reads of the series of a state, and their places (U,) in it.

    Args:
        model: the model.
        arrivals: the rows.
        state: before them.
        max_gap: rows that may be missing in a row; None for any number.
        late: whether late, repeated and out-of-order rows are an error or are skipped.

    Raises:
        DataError: a late row, or too many that are missing.
    """
    panel, _ = _rows_to_read(model, arrivals, state, max_gap, late)
    places = state.find(arrivals.ids)
    known = np.flatnonzero((places >= 0) & (panel.lengths > 0))
    return panel.select(known), places[known]


def _rows_to_read(
    model: Model, arrivals: Arrivals, state: State, gap: int | None, late: Late
) -> tuple[Panel, int]:
    """The rows that are to be read, missing ones between them included, and how many are skipped.

    Raises:
        DataError: a late row, or too many that are missing; with ``gap`` None none is.
    """
    places = state.find(arrivals.ids)
    placement = place_rows(arrivals, state, places)
    if late == "error":
        placement.refuse_late()
    if gap is not None:
        placement.refuse_gaps(gap)
    panel = fill_missing(model, _lay(placement), last_values(state, places))
    return panel, int(placement.late.sum())


def refuse_unusable(arrivals: Arrivals) -> None:
    """Refuse values that are infinite or too large for any reckoning.

    Raises:
        DataError: there is one.
    """
    row = first_unusable(arrivals.values)
    if row is not None:
        value = arrivals.values[row]
        raise DataError(
            f"{_name(arrivals, row)} {describe_unusable(value)} at {arrivals.place(row)}; write a number there or "
            "leave it empty."
        )


def refuse_far(arrivals: Arrivals, state: State, places: Int64) -> None:
    """Refuse values of known series that lie too far from the others for the network.

    Args:
        arrivals: the rows.
        state: that is to read them.
        places: (U,) of the arrivals' series in the state; -1 for new ones.

    Raises:
        DataError: there is one, by series and row.
    """
    here = places[arrivals.codes]
    known = np.flatnonzero(here >= 0)
    far = state.preparation.scaler.is_far(arrivals.values[known], here[known])
    if far.any():
        row = int(known[np.argmax(far)])
        raise DataError(
            f"{_name(arrivals, row)} holds {arrivals.values[row]:g} at {arrivals.place(row)}, {TOO_FAR}"
        )


def _name(arrivals: Arrivals, row: int) -> str:
    return f"Column {arrivals.target!r}{name_series(arrivals.ids[int(arrivals.codes[row])])}"


def _is_next(model: Model, arrivals: Arrivals, state: State, places: Int64) -> bool:
    """Whether the rows are the very next ones of known series, one for each, and need nothing else."""
    here = places[arrivals.codes]
    if len(here) != len(places) or (places < 0).any():
        return False
    if arrivals.times is not None and not (arrivals.times == state.nexts[here]).all():
        return False
    if model.fill not in ("anchor", "linear") and np.isnan(arrivals.values).any():
        return False
    return not (state.preparation.scaler.log[here] & (arrivals.values <= 0)).any()


def _lay(placement: Placement) -> Panel:
    """The rows that are to be read, missing ones between them included."""
    kept = ~placement.late
    codes, rows, read = placement.codes[kept], placement.rows[kept], placement.read
    ends = read.copy()
    np.maximum.at(ends, codes, rows + 1)
    offsets = offsets_of(ends - read)
    values = np.full(int(offsets[-1]), np.nan)
    values[offsets[codes] + rows - read[codes]] = placement.arrivals.values[placement.origin[kept]]
    available = placement.arrivals.available
    if available is not None:
        flags = np.ones(len(values), bool)
        flags[offsets[codes] + rows - read[codes]] = available[placement.origin[kept]]
        available = flags
    frequency = placement.frequency
    starts = frequency.shift(placement.starts, read)
    ids = placement.arrivals.ids
    return Panel(values, ~np.isnan(values), offsets, starts, frequency, ids, available=available)


def fill_missing(model: Model, panel: Panel, last: Float64) -> Panel:
    """Missing values as the model was told to fill them, so far as that asks for nothing that is still to come.

    Rows that were not available stay as they are: they count for nothing, and are no fault.

    Args:
        model: the model.
        panel: rows that are to be read.
        last: (S,) the value before each series' rows; NaN where there is none.

    Raises:
        DataError: one is missing, and the model was fitted with ``fill="error"``.
    """
    fill = model.fill
    lacking = ~panel.mask if panel.available is None else ~panel.mask & panel.available
    if fill in ("anchor", "linear") or not lacking.any():
        return panel
    if fill == "error":
        missing = int(np.argmax(lacking))
        s = int(np.searchsorted(panel.offsets, missing, side="right")) - 1
        time = panel.frequency.advance(int(panel.starts[s]), missing - int(panel.offsets[s]))
        raise DataError(
            f"There is no value{name_series(panel.ids[s])} at {panel.frequency.format(time)}, and the model was "
            'fitted with fill="error"; give it.'
        )
    values = np.where(panel.mask, panel.target, np.nan)
    if fill == "ffill":
        held = np.flatnonzero(panel.lengths > 0)
        firsts = panel.offsets[held]
        values[firsts] = np.where(panel.mask[firsts], values[firsts], last[held])
    filled = fill_gaps(values, ~np.isnan(values), panel.offsets, fill)
    target = np.where(lacking, filled, panel.target)
    return replace(panel, target=target, mask=panel.mask | (lacking & ~np.isnan(filled)))


def last_values(state: State, places: Int64) -> Float64:
    """(U,) the newest value of each series, filled where it is missing; NaN for new ones, whose place is -1."""
    last = np.full(len(places), np.nan)
    known = places[places >= 0]
    held = state.network_state
    values = newest(held.memory.values, held.rows, 1)[known].astype(np.float64)
    last[places >= 0] = state.preparation.scaler.inverse(values, known)
    return last


def _read(model: Model, state: State, known: State, panel: Panel, places: Int64) -> State:
    going_on = np.flatnonzero((places >= 0) & (panel.lengths > 0))
    after = state
    if len(going_on):
        here = places[going_on]
        part = model.read_on(state.take(here), panel.select(going_on))
        after = state.put(here, part.network_state)
    fresh = np.flatnonzero(places < 0)
    owner = np.repeat(np.arange(panel.num_series), panel.lengths)
    empty = fresh[np.bincount(owner[panel.mask], minlength=panel.num_series)[fresh] == 0]
    if len(empty):
        raise DataError(
            f"All values of the new series {panel.ids[empty[0]]!r} are missing; begin with one that has some."
        )
    if len(fresh):
        new = panel.select(fresh)
        model.refuse_short(new)
        after = after.join(model.read_afresh(new, known))
    return after
