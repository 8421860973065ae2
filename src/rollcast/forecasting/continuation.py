"""Continuation: the state after a table that overlaps what a model has read, and which of its rows are unseen."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from rollcast._types import Int64
from rollcast.data.panel import Panel, name_series
from rollcast.errors import DataError, TooShortError
from rollcast.forecasting.state import State
from rollcast.forecasting.trained_model import TrainedModel

_KEPT = "the forecast goes on from what was read then: fit again to use the new values."

_READ_AGAIN = (
    "all are read anew and scaled as in `fit`; another series needs an identifier of its own."
)


class Continued(NamedTuple):
    """The state after a table's rows.

    Attributes:
        state: of the table's series, in its order.
        warnings: sentences on rows that differ from those of ``fit``, and on tables that end before it.
    """

    state: State
    warnings: tuple[str, ...]


def continue_with(model: TrainedModel, panel: Panel, held: Panel | None) -> Continued:
    """The state after a panel's last rows, from where forecasts start.

    A known series whose rows begin within or right after those of ``fit``, and end no earlier than they do, goes on
    from its state. All other series are read from their first row on: known ones with their own scaling, new ones with
    one fitted on these rows. Where a known series ends before the data of ``fit``, a warning says so.

    Args:
        model: the model.
        panel: the table's rows.
        held: the newest rows of the data of ``fit``, where the model still holds them.

    Raises:
        DataError: a gap between a known series' end and its new rows.
        TooShortError: a series that is read from its first row and has too few.
    """
    going_on: list[int] = []
    afresh: list[int] = []
    warnings: list[str] = []
    older: list[int] = []
    for s, series_id in enumerate(panel.ids):
        place = model.state.places.get(series_id)
        if place is None:
            afresh.append(s)
            continue
        known = _rows_known(model, panel, s, place)
        if known > panel.lengths[s]:
            older.append(s)
        on = known <= panel.lengths[s] and known < model.state.rows[place]
        (going_on if on else afresh).append(s)
    parts: list[State] = []
    if going_on:
        further = panel.select(np.array(going_on))
        warnings += _differences(model, further, held, _KEPT)
        parts.append(_read_on(model, further))
    if afresh:
        again = panel.select(np.array(afresh))
        warnings += _differences(model, again, held, _READ_AGAIN, least=0.5)
        parts.append(model.read_afresh(again))
    if older:
        warnings.insert(0, _ends_early(model, panel, older))
    joined = parts[0] if len(parts) == 1 else parts[0].join(parts[1])
    order = np.argsort(np.array(going_on + afresh), kind="stable")
    return Continued(joined.take(order), tuple(warnings))


def unseen(model: TrainedModel, panel: Panel, h: int) -> tuple[Panel, Int64]:
    """The series with ``h`` rows that the weights have not seen, and the first such row (S,) of each.

    Known series have not been seen after the rows of ``fit``; new ones are taken by their second half.

    Raises:
        TooShortError: no series has ``h`` such rows.
    """
    firsts = np.array([_first_unseen(model, panel, s) for s in range(panel.num_series)])
    fresh = panel.lengths - firsts
    usable = np.flatnonzero(fresh >= h)
    if not len(usable):
        raise TooShortError(
            f"There is nothing to judge: no series has {h} rows (the horizon) after those the model saw; "
            "pass newer rows together with the history before them, or leave the table out to judge the test part."
        )
    chosen = panel.select(usable)
    # Every series is judged on as many rows as the shortest has, its newest.
    common = int(fresh[usable].min())
    return chosen, chosen.offsets[1:] - common


def _first_unseen(model: TrainedModel, panel: Panel, s: int) -> int:
    """The first row of a series that may be judged, counted from its first in the panel."""
    place = model.state.places.get(panel.ids[s])
    if place is None:
        return max(model.least_rows, -(-int(panel.lengths[s]) // 2))
    end = model.state.nexts[place]
    seen = int(panel.frequency.locate(panel.starts[s : s + 1], np.array([end]))[0][0])
    return max(seen, model.least_rows)


def _rows_known(model: TrainedModel, panel: Panel, s: int, place: int) -> int:
    """Rows from a panel series' first to the known series' end.

    Raises:
        DataError: the series begins after that end, or no whole number of rows lies between.
    """
    start, end = panel.starts[s], model.state.nexts[place]
    first, last = sorted((int(start), int(end)))
    rows, on = model.frequency.locate(np.array([first]), np.array([last]))
    if not on[0]:
        raise DataError(
            f"The new rows{name_series(panel.ids[s])} begin at {model.frequency.format(int(start))}, and the model "
            f"expects {model.frequency.format(int(end))} next: no whole number of steps ({model.frequency.label}) "
            "lies between; correct the times."
        )
    if start > end:
        raise DataError(
            f"The new rows{name_series(panel.ids[s])} begin {int(rows[0])} rows after the model's data ended: it "
            f"expects {model.frequency.format(int(end))} first, got {model.frequency.format(int(start))}; pass the "
            "rows between as well."
        )
    return int(rows[0])


def _read_on(model: TrainedModel, panel: Panel) -> State:
    known = np.array([model.state.places[i] for i in panel.ids])
    overlap = np.array([_rows_known(model, panel, s, int(p)) for s, p in enumerate(known)])
    new = panel.drop(overlap)
    state = model.state.take(known)
    return model.read_on(state, new) if new.lengths.any() else state


def _ends_early(model: TrainedModel, panel: Panel, older: list[int]) -> str:
    """The sentence on known series whose rows end before the data of ``fit``."""
    s = older[0]
    end = int(panel.frequency.advance(int(panel.starts[s]), int(panel.lengths[s]) - 1))
    others = f" (and those of {len(older) - 1:,} more series)" if len(older) > 1 else ""
    last = int(
        model.frequency.advance(int(model.state.nexts[model.state.places[panel.ids[s]]]), -1)
    )
    return (
        f"The rows{name_series(panel.ids[s])} end at {panel.frequency.format(end)}{others}, before the data of `fit`, "
        f"which end at {model.frequency.format(last)}: the forecast starts after the table's last row; leave the table "
        "out to go on from the data of `fit`."
    )


def _differences(
    model: TrainedModel, panel: Panel, held: Panel | None, consequence: str, *, least: float = 0.0
) -> list[str]:
    """A sentence for each series of which more than a share of the rows are not those of ``fit``."""
    if held is None:
        return []
    found: list[str] = []
    for s, series_id in enumerate(panel.ids):
        place = model.state.places.get(series_id)
        if place is None:
            continue
        known = _rows_known(model, panel, s, place)
        then, now, skipped = _side_by_side(panel, s, held, place, known)
        differ = np.flatnonzero(~((then == now) | (np.isnan(then) & np.isnan(now))))
        if len(differ) > least * len(then):
            row = int(differ[0])
            time = model.frequency.advance(int(panel.starts[s]), skipped + row)
            count = "1 row" if len(differ) == 1 else f"{len(differ):,} rows"
            found.append(
                f"{count}{name_series(series_id)} changed since `fit`, the first at "
                f"{model.frequency.format(time)} ({then[row]:g} then, {now[row]:g} now); {consequence}"
            )
    return found


def _side_by_side(
    panel: Panel, s: int, held: Panel, place: int, known: int
) -> tuple[Any, Any, int]:
    """Values of the same rows (n,) then and now, and rows of the panel before them."""
    then = held.target[held.rows(place)]
    start = len(then) - known
    skipped = max(-start, 0)
    then = then[max(start, 0) : start + min(known, int(panel.lengths[s]))]
    return then, panel.target[panel.rows(s)][skipped : skipped + len(then)], skipped
