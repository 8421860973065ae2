"""Live forecasting: new rows move a state on, each in constant time, and the history is never read again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, TypeAlias, cast, get_args

import numpy as np

from rollcast._types import Float64, Int64
from rollcast.arrivals import Arrivals
from rollcast.config import whole
from rollcast.errors import ArgumentError, DataError
from rollcast.fitted import Fitted
from rollcast.frames import read_arrivals
from rollcast.frames.values import fill_gaps
from rollcast.live.landing import Landing, land
from rollcast.panel import Panel, name_series
from rollcast.reading import read_next, read_on
from rollcast.standing import Standing

Late: TypeAlias = Literal["error", "skip"]
"""What becomes of rows that are late, repeated or out of order."""


def observe(
    fitted: Fitted,
    arrivals: Arrivals,
    standing: Standing,
    *,
    max_gap: int | None = None,
    late: Late = "error",
) -> tuple[Standing, int]:
    """Move on by the rows that arrived.

    Args:
        fitted: the model.
        arrivals: rows of known series, each after where its series stands, and of new ones.
        standing: where the series stand; it stays as it is.
        max_gap: rows that may be missing in a row; default the model's horizon.
        late: whether late, repeated and out-of-order rows are an error or are skipped.

    Returns:
        Where the series stand now, and how many rows were skipped.

    Raises:
        ArgumentError: an option outside its range, or a state of another model.
        DataError: what is wrong with the rows, by series and row.
    """
    check_owner(fitted, standing)
    if late not in get_args(Late):
        raise ArgumentError(f"`late` must be 'error' or 'skip'; got {late!r}.")
    gap = int(fitted.config.h or 1) if max_gap is None else whole("max_gap", max_gap, least=0)
    if len(arrivals) == 0:
        return standing, 0
    refuse_infinite(arrivals)
    places = np.array([standing.places.get(i, -1) for i in arrivals.ids], np.int64)
    if _is_next(fitted, arrivals, standing, places):
        here, values = places[arrivals.codes], arrivals.values
        return read_next(fitted.network, fitted.weights, standing, here, values), 0
    landing = land(arrivals, standing, places)
    if late == "error":
        landing.refuse_late()
    landing.refuse_gaps(gap)
    panel = fill_missing(fitted, _lay(landing), last_values(standing, places))
    return _read(fitted, standing, panel, places), int(landing.late.sum())


def standing_of(fitted: Fitted, state: object) -> Standing:
    """The state that is given, or the end of the data of ``fit``.

    Raises:
        ArgumentError: it is no state, or that of another model.
    """
    if state is None:
        return fitted.standing
    check_owner(fitted, state)
    return cast(Standing, state)


def read_rows(fitted: Fitted, rows: Any, standing: Standing) -> Arrivals:
    """What a caller passes as new rows: a table, a file, a mapping of columns, or one series' next values.

    Raises:
        DataError: what is wrong with the table, by column, series and row.
        ArgumentError: values that could belong to several series.
    """
    if not isinstance(rows, np.ndarray | list | tuple):
        options = fitted.options
        return read_arrivals(
            rows, fitted.layout, fitted.frequency, tz=options.tz, duplicates=options.duplicates
        )
    if len(standing) != 1:
        raise ArgumentError(
            f"`rows` must be a table with the columns of `fit`: an array can't tell {len(standing):,} series apart."
        )
    try:
        values = np.asarray(rows, np.float64)
    except (TypeError, ValueError) as error:
        raise DataError("`rows` must hold numbers, with NaN where a value is missing.") from error
    if values.ndim != 1:
        raise DataError(f"`rows` must be one-dimensional; got shape {values.shape}.")
    return Arrivals(
        standing.ids, np.zeros(len(values), np.int64), None, values, target=fitted.layout.target_col
    )


def check_owner(fitted: Fitted, standing: object) -> None:
    """Refuse what is no state, or that of another model.

    Raises:
        ArgumentError: it is.
    """
    if not isinstance(standing, Standing):
        raise ArgumentError(
            f"`state` must be what observe, revise or model.state gave; got {type(standing).__name__}."
        )
    if standing.owner != fitted.standing.owner:
        raise ArgumentError(
            "`state` belongs to another model or to other weights of this one; start again from this model's `state`."
        )


def refuse_infinite(arrivals: Arrivals) -> None:
    """Refuse infinite values.

    Raises:
        DataError: there is one.
    """
    infinite = np.isinf(arrivals.values)
    if infinite.any():
        row = int(np.argmax(infinite))
        raise DataError(
            f"Column {arrivals.target!r}{name_series(arrivals.ids[int(arrivals.codes[row])])} is infinite at "
            f"{arrivals.place(row)}; write a number there or leave it empty."
        )


def _is_next(fitted: Fitted, arrivals: Arrivals, standing: Standing, places: Int64) -> bool:
    """Whether the rows are the very next ones of known series, one for each, and need nothing else."""
    here = places[arrivals.codes]
    if len(here) != len(places) or (places < 0).any():
        return False
    if arrivals.times is not None and not (arrivals.times == standing.nexts[here]).all():
        return False
    if fitted.options.fill not in ("anchor", "linear") and np.isnan(arrivals.values).any():
        return False
    return not (standing.preparation.scaler.log and (arrivals.values <= 0).any())


def _lay(landing: Landing) -> Panel:
    """The rows that are to be read, missing ones between them included."""
    kept = ~landing.late
    codes, rows, read = landing.codes[kept], landing.rows[kept], landing.read
    ends = read.copy()
    np.maximum.at(ends, codes, rows + 1)
    offsets = np.concatenate([[0], np.cumsum(ends - read)])
    values = np.full(int(offsets[-1]), np.nan)
    values[offsets[codes] + rows - read[codes]] = landing.arrivals.values[landing.origin[kept]]
    frequency = landing.frequency
    starts = frequency.shift(landing.starts, read)
    ids = landing.arrivals.ids
    return Panel(values[:, None], ~np.isnan(values), offsets, starts, frequency, ids)


def fill_missing(fitted: Fitted, panel: Panel, last: Float64) -> Panel:
    """Missing values as the model was told to fill them, so far as that asks for nothing that is still to come.

    Args:
        fitted: the model.
        panel: rows that are to be read.
        last: (S,) the value before each series' rows; NaN where there is none.

    Raises:
        DataError: one is missing, and the model was fitted with ``fill="error"``.
    """
    fill = fitted.options.fill
    if fill in ("anchor", "linear") or panel.mask.all():
        return panel
    if fill == "error":
        missing = int(np.argmin(panel.mask))
        s = int(np.searchsorted(panel.offsets, missing, side="right")) - 1
        time = fitted.frequency.advance(int(panel.starts[s]), missing - int(panel.offsets[s]))
        raise DataError(
            f"There is no value{name_series(panel.ids[s])} at {fitted.frequency.format(time)}, and the model was "
            'fitted with fill="error"; give it.'
        )
    values = panel.target.copy()
    if fill == "ffill":
        held = np.flatnonzero(panel.lengths > 0)
        firsts = panel.offsets[held]
        values[firsts] = np.where(panel.mask[firsts], values[firsts], last[held])
    filled = fill_gaps(values, ~np.isnan(values), panel.offsets, fill)
    return replace(panel, values=filled[:, None], mask=~np.isnan(filled))


def last_values(standing: Standing, places: Int64) -> Float64:
    """(U,) the newest value of each series, filled where it is missing; NaN for new ones, whose place is -1."""
    last = np.full(len(places), np.nan)
    known = places[places >= 0]
    last[places >= 0] = standing.preparation.restore(standing.state.recent[known, -1], known)
    return last


def _read(fitted: Fitted, standing: Standing, panel: Panel, places: Int64) -> Standing:
    going_on = np.flatnonzero((places >= 0) & (panel.lengths > 0))
    after = standing
    if len(going_on):
        here = places[going_on]
        part = read_on(fitted.network, fitted.weights, standing.take(here), panel.select(going_on))
        after = standing.put(here, part.state)
    fresh = np.flatnonzero(places < 0)
    for s in fresh:
        if not panel.mask[panel.rows(int(s))].any():
            raise DataError(
                f"All values of the new series {panel.ids[s]!r} are missing; begin with one that has some."
            )
    if len(fresh):
        after = after.join(fitted.read_afresh(panel.select(fresh)))
    return after
