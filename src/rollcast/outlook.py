"""Outlook: one series' forecast after its newest rows, for a picture."""

from __future__ import annotations

from typing import Any

import numpy as np

from rollcast.errors import ArgumentError
from rollcast.excerpt import Excerpt, entitle, excerpt_at
from rollcast.fitted import Fitted
from rollcast.panel import Panel


def outlook(fitted: Fitted, panel: Panel | None, h: int, series: Any = None) -> Excerpt:
    """The forecast of one series behind its newest rows.

    Args:
        fitted: the model.
        panel: newest rows; None for those of ``fit``, or for none where the model holds none.
        h: steps ahead.
        series: its identifier; None for the first.

    Raises:
        ArgumentError: a series that is not there.
        DataError: a gap between a known series' end and its new rows.
    """
    known = fitted.tail if panel is None else panel
    ids = fitted.standing.ids if known is None else known.ids
    if series is not None and series not in ids:
        raise ArgumentError(f"`series` must be one of the {len(ids)} identifiers; got {series!r}.")
    place = 0 if series is None else ids.index(series)
    chosen = np.array([place])
    standing = (
        fitted.standing.take(chosen) if panel is None else fitted.stand_after(panel.select(chosen))
    )
    shown = None if known is None else known.select(chosen)
    if shown is not None and _end(shown) != standing.nexts[0]:  # older rows than those of `fit`
        shown = (
            None
            if fitted.tail is None
            else fitted.tail.select(np.array([fitted.places[ids[place]]]))
        )
    if shown is None:
        none, nothing, offsets = np.empty((0, 1)), np.empty(0, bool), np.zeros(2, np.int64)
        shown = Panel(none, nothing, offsets, standing.nexts, fitted.frequency, standing.ids)
    return excerpt_at(
        shown,
        0,
        int(shown.lengths[0]),
        fitted.forecast(standing, h)[0],
        name=fitted.name,
        season=fitted.config.season_length,
        unit=fitted.unit,
        value_name=str(fitted.layout.target_col),
        title=f"{entitle(ids[place])}{h} steps ahead",
    )


def _end(panel: Panel) -> int:
    """The time that is due after the rows of a panel's one series."""
    return int(panel.frequency.advance(int(panel.starts[0]), int(panel.lengths[0])))
