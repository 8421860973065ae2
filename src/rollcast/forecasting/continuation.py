"""Continuation: the state after a table that overlaps what a model has read."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from rollcast._types import Bool, Int64
from rollcast.data.panel import Panel, name_series, the_series
from rollcast.data.ranges import join_ranges
from rollcast.errors import DataError
from rollcast.forecasting.late_and_missing_rows import off_grid_fix
from rollcast.forecasting.observe import fill_missing, last_values
from rollcast.forecasting.state import State
from rollcast.forecasting.trained_model import Model

_KEPT = "the forecast goes on from what was read then: fit again to use the new values."

_READ_AGAIN = (
    "all are read anew and scaled as in `fit`; another series needs an identifier of its own."
)

_NAMED = 5
"""Series that have a sentence of their own; the others are counted."""


class Continued(NamedTuple):
    """The state after a table's rows.

    Attributes:
        state: of the table's series, in its order.
        warnings: sentences on rows that differ from those of ``fit``, and on tables that end before it.
    """

    state: State
    warnings: tuple[str, ...]


def continue_with(
    model: Model, state: State, panel: Panel, held: Panel | None, max_gap: int | None = None
) -> Continued:
    """The state after a panel's last rows, from where forecasts start.

    A known series whose rows begin within or after those of ``fit``, and end no earlier than they do, goes on from its
    state; rows between the two are missing. All other series are read from their first row on: known ones with their
    own scaling, new ones with one fitted on these rows. Where a known series ends before the data of ``fit``, a warning
    says so.

    Args:
        model: the model.
        state: of the series of ``fit``, after the last rows there.
        panel: the table's rows.
        held: the newest rows of the data of ``fit``, where the model still holds them.
        max_gap: rows that may be missing between a known series' end and its new rows; default the horizon.

    Raises:
        DataError: a longer gap, or times off the grid.
    """
    places, known, on = rows_known(state, panel)
    refuse_gap(state, panel, known, model.h if max_gap is None else max_gap)
    going_on, afresh = np.flatnonzero(on), np.flatnonzero(~on)
    older = np.flatnonzero((places >= 0) & (known > panel.lengths))
    warnings: list[str] = []
    parts: list[State] = []
    if len(going_on):
        further = panel.select(going_on)
        warnings += _differences(state, further, held, _KEPT)
        parts.append(go_on(model, state, further))
    if len(afresh):
        again = panel.select(afresh)
        warnings += _differences(state, again, held, _READ_AGAIN, least=0.5)
        warnings += _short(model, state, again)
        parts.append(model.read_afresh(again, state))
    if len(older):
        warnings.insert(0, _ends_early(state, panel, older))
    joined = parts[0] if len(parts) == 1 else parts[0].join(parts[1])
    order = np.argsort(np.concatenate([going_on, afresh]), kind="stable")
    return Continued(joined.take(order), tuple(warnings))


class RowsKnown(NamedTuple):
    """What a state knows of a panel's S series.

    Attributes:
        places: (S,) in the state; -1 for new series.
        known: (S,) rows from each one's first in the panel to its end in the state: negative where rows lie between the
            two, 0 for new series.
        on: (S,) which ones go on from the state: those whose rows begin within or after those of ``fit`` and end no
            earlier than they do.
    """

    places: Int64
    known: Int64
    on: Bool


def rows_known(state: State, panel: Panel) -> RowsKnown:
    """What a state knows of a panel's series.

    Raises:
        DataError: no whole number of rows lies between a series' first and its end in the state.
    """
    places = state.find(panel.ids)
    starts = panel.starts
    ends = np.where(places >= 0, state.nexts[places], starts)
    rows, even = state.frequency.locate(np.minimum(starts, ends), np.maximum(starts, ends))
    if not even.all():
        raise DataError(_off_grid(state, panel, int(np.argmin(even)), ends))
    known = np.where(starts > ends, -rows, rows)
    read = np.where(places >= 0, state.rows[places], 0)
    return RowsKnown(places, known, (places >= 0) & (known <= panel.lengths) & (known < read))


def _off_grid(state: State, panel: Panel, s: int, ends: Int64) -> str:
    frequency = state.frequency
    start, end = int(panel.starts[s]), frequency.format(int(ends[s]))
    why = frequency.why_closed(start)
    begin = f"The new rows{name_series(panel.ids[s])} begin at {frequency.format(start)}, "
    if why is not None:
        return f"{begin}which {why}; {off_grid_fix(frequency, start)}."
    return (
        f"{begin}and the model expects {end} next: no whole number of steps ({frequency.label}) lies between; "
        "correct the times."
    )


def refuse_gap(state: State, panel: Panel, known: Int64, most: int) -> None:
    """Refuse more than ``most`` missing rows between a known series' end and its new rows.

    Raises:
        DataError: there are more.
    """
    if not (-known > most).any():
        return
    s = int(np.argmax(-known > most))
    end = int(state.nexts[state.places[panel.ids[s]]])
    count = "1 row" if known[s] == -1 else f"{-known[s]:,} rows"
    raise DataError(
        f"The new rows{name_series(panel.ids[s])} begin {count} after the model's data ended: it expects "
        f"{state.frequency.format(end)} first, got {state.frequency.format(int(panel.starts[s]))}, and at most "
        f"{most:,} in a row may be missing; pass the rows between as well, or a larger max_gap=."
    )


def go_on(model: Model, state: State, panel: Panel) -> State:
    """The state of known series after a panel's rows; what lies between the two is missing."""
    places, known, _ = rows_known(state, panel)
    state = state.take(places)
    new = panel.drop(np.maximum(known, 0))
    new = new.behind(_nothing_before(new, state.nexts), np.maximum(-known, 0))
    if not new.lengths.any():
        return state
    return model.read_on(state, fill_missing(model, new, last_values(state, np.arange(len(state)))))


def _nothing_before(panel: Panel, starts: Int64) -> Panel:
    """No rows of a panel's series, at the times (S,) where theirs would stand."""
    return replace(panel.head(np.zeros(panel.num_series, np.int64)), starts=starts)


def _short(model: Model, state: State, panel: Panel) -> list[str]:
    """The sentence on new series that have fewer rows than the anchor or the window reaches back."""
    least = model.least_rows
    short = [s for s in np.flatnonzero(panel.lengths < least) if panel.ids[s] not in state.places]
    if not short:
        return []
    s = int(short[0])
    others = f", and so have {len(short) - 1:,} more" if len(short) > 1 else ""
    return [
        f"The {the_series(panel.ids[s])} has {panel.lengths[s]} of the {least} rows that "
        f"the model looks back on{others}: it is forecast from what there is, with little to go on."
    ]


def _ends_early(state: State, panel: Panel, older: Int64) -> str:
    """The sentence on known series whose rows end before the data of ``fit``."""
    s = int(older[0])
    end = int(panel.frequency.advance(int(panel.starts[s]), int(panel.lengths[s]) - 1))
    others = f" (and those of {len(older) - 1:,} more series)" if len(older) > 1 else ""
    last = int(state.frequency.advance(int(state.nexts[state.places[panel.ids[s]]]), -1))
    return (
        f"The rows{name_series(panel.ids[s])} end at {panel.frequency.format(end)}{others}, before the data of `fit`, "
        f"which end at {state.frequency.format(last)}: the forecast starts after the table's last row; leave the table "
        "out to go on from the data of `fit`."
    )


def _differences(
    state: State, panel: Panel, held: Panel | None, consequence: str, *, least: float = 0.0
) -> list[str]:
    """Sentences on series of which more than a share of the rows are not those of ``fit``."""
    if held is None:
        return []
    places, known, _ = rows_known(state, panel)
    then, now, owner = _side_by_side(panel, held, places, known)
    one = np.where(held.mask[then], held.target[then], np.nan)
    other = np.where(panel.mask[now], panel.target[now], np.nan)
    differ = np.flatnonzero(~((one == other) | (np.isnan(one) & np.isnan(other))))
    changed = np.bincount(owner[differ], minlength=panel.num_series)
    compared = np.bincount(owner, minlength=panel.num_series)
    series, first = np.unique(owner[differ], return_index=True)
    much = changed[series] > least * compared[series]
    found: list[str] = []
    for s, at in zip(series[much][:_NAMED].tolist(), differ[first[much][:_NAMED]], strict=True):
        row = int(now[at] - panel.offsets[s])
        time = state.frequency.format(state.frequency.advance(int(panel.starts[s]), row))
        count = "1 row" if changed[s] == 1 else f"{changed[s]:,} rows"
        found.append(
            f"{count}{name_series(panel.ids[s])} changed since `fit`, the first at {time} ({one[at]:g} then, "
            f"{other[at]:g} now); {consequence}"
        )
    more = int(much.sum()) - len(found)
    if more:
        found.append(f"Rows of {more:,} more series changed since `fit`; {consequence}")
    return found


def _side_by_side(
    panel: Panel, held: Panel, places: Int64, known: Int64
) -> tuple[Int64, Int64, Int64]:
    """Rows (n,) of what is held and of the panel that are the same rows of known series, and whose they are.

    Args:
        panel: S series.
        held: the newest rows of the data of ``fit``.
        places: (S,) of the series among those of ``fit``; -1 for new ones.
        known: (S,) rows from each one's first in the panel to its end in the data of ``fit``.
    """
    lengths = held.lengths[places]
    begin = lengths - known  # of the panel's first row among what is held
    end = np.where(places >= 0, begin + np.minimum(known, panel.lengths), 0)
    counts = np.maximum(end - np.maximum(begin, 0), 0)
    then = join_ranges(held.offsets[places] + np.maximum(begin, 0), counts)
    now = join_ranges(panel.offsets[:-1] + np.maximum(-begin, 0), counts)
    return then, now, np.repeat(np.arange(panel.num_series), counts)
