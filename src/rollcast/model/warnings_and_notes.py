"""What the caller is told beside a result: warnings, at the line of their own code, and notes in the log."""

from __future__ import annotations

import inspect
import logging
import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rollcast._types import Float64, Int64
from rollcast.data.panel import name_series
from rollcast.errors import RollcastWarning
from rollcast.networks.pretrained_network import MOST_STEPS
from rollcast.options.bounds_option import describe_bounds
from rollcast.preprocessing.bounds import Bounds
from rollcast.tables import Notes

if TYPE_CHECKING:
    from rollcast.evaluation.dispersion import Dispersion
    from rollcast.forecasting.state import State

_LOG: Final = logging.getLogger("rollcast")

FAR_AHEAD: Final = (
    f"Beyond {MOST_STEPS} steps the pretrained network forecasts along paths that it draws; the first such forecast "
    "takes some ten seconds longer, in which a program is compiled."
)
"""What a person should know while they wait."""


def warn(sentence: str) -> None:
    """Warn at the innermost line that is not of this package, however deep it was called from."""
    frame, level = inspect.currentframe(), 1
    while frame is not None and _is_own(str(frame.f_globals.get("__name__"))):
        frame, level = frame.f_back, level + 1
    warnings.warn(sentence, RollcastWarning, stacklevel=level)


def _is_own(module: str) -> bool:
    return module.partition(".")[0] == "rollcast"


def emit_notes(notes: Notes) -> None:
    """Warn of what deserves it, and log what else was noticed in a table."""
    for remark in notes.remarks:
        _LOG.info(remark)
    for sentence in notes.warnings:
        warn(sentence)


def warn_outside(state: State, ids: tuple[Any, ...], codes: Int64, values: Float64) -> None:
    """Warn of new values of known series that no forecast can reach.

    Args:
        state: of the known series.
        ids: (U,) identifiers.
        codes: (N,) whose values these are.
        values: (N,) NaN where missing.
    """
    bounds = state.preparation.bounds
    if bounds is None or not len(state):
        return
    low, high = state.preparation.tightest
    if not ((values < low) | (values > high)).any():
        return  # as nearly always, and in no time
    with_unknown = bounds.join(Bounds.none(1))  # whose place is -1
    places = state.find(ids)
    own = with_unknown.take(places)
    refused = state.preparation.scaler.log[places[codes]] & (values <= 0)  # by what reads them
    beyond = (values < own.low[codes]) | (values > own.high[codes])
    outside = np.flatnonzero(beyond & ~refused)
    if len(outside):
        u = int(codes[outside[0]])
        count = "1 value lies" if len(outside) == 1 else f"{len(outside):,} values lie"
        warn(
            f"{count} outside of the bounds that forecasts are held to, the first {values[outside[0]]:g}"
            f"{name_series(ids[u])} ({describe_bounds(own.low[u], own.high[u])}). They are read as they stand, and no "
            "forecast goes there: fit again with them, or with bounds=None.",
        )


def warn_uncounted(
    dispersion: Dispersion | None,
    ids: tuple[Any, ...],
    codes: Int64,
    values: Float64,
    target: Any,
) -> None:
    """Warn of new values that are no counts, of series whose intervals are those of counts.

    Args:
        dispersion: of the series that are counts; None of none.
        ids: (U,) identifiers.
        codes: (N,) whose values these are.
        values: (N,) NaN where missing.
        target: what messages call the column.
    """
    if dispersion is None or not (broken := (values % 1 > 0) | (values < 0)).any():
        return  # as nearly always, and in no time
    found = np.flatnonzero(broken & ~np.isnan(dispersion.of(ids))[codes])
    if len(found):
        more = f" (and {len(found) - 1:,} more)" if len(found) > 1 else ""
        warn(
            f"Column {target!r}{name_series(ids[codes[found[0]]])} holds {values[found[0]]:g}{more}, and intervals of "
            "this model are those of counts, whole numbers >= 0: correct it, or fit again with "
            'likelihood="quantiles".'
        )
