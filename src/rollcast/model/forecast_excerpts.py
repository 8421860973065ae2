"""Excerpts of a fitted model: the forecasts that are drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from rollcast._number_format import format_count
from rollcast.data.origins import Origins
from rollcast.data.panel import Panel
from rollcast.evaluation.baselines import NAIVE
from rollcast.evaluation.excerpt import (
    Excerpt,
    excerpt_at,
    name_in_title,
    name_opponent,
    opponent_at,
    place_of,
    typical_excerpt,
)
from rollcast.model.fitted import Fitted


def excerpt_of_fit(fitted: Fitted) -> Excerpt | None:
    """The typical forecast of the test part beside the actual values, where the model holds both."""
    if fitted.tail is None or fitted.report.typical is None:
        return None
    return typical_excerpt(
        fitted.tail,
        fitted.report.typical,
        name=fitted.name,
        unit=fitted.unit,
        value_name=str(fitted.schema.target_col),
    )


def newest_excerpt(
    fitted: Fitted,
    panel: Panel | None,
    h: int,
    series: Any = None,
    max_gap: int | None = None,
    levels: tuple[float, ...] = (),
) -> Excerpt:
    """The forecast of one series after its newest rows, beside the baseline to beat.

    Of fewer rows than a season naive stands in for it.

    Args:
        fitted: the model.
        panel: newest rows; None for those of ``fit``, or for none where the model holds none.
        h: steps ahead.
        series: its identifier; None for the first.
        max_gap: rows that may be missing before the newest ones; default the horizon of ``fit``.
        levels: of intervals, in percent.

    Raises:
        ArgumentError: a series that is not there.
        DataError: a gap between a known series' end and its new rows.
    """
    known = fitted.tail if panel is None else panel
    ids = fitted.state.ids if known is None else known.ids
    place = place_of(series, ids)
    chosen = np.array([place])
    newest = None if panel is None else panel.select(chosen)
    state = fitted.state.take(chosen) if newest is None else fitted.state_after(newest, max_gap)
    if known is None:
        none, nothing, offsets = np.empty(0), np.empty(0, bool), np.zeros(2, np.int64)
        drawn = Panel(none, nothing, offsets, state.nexts, fitted.frequency, state.ids)
    else:
        drawn = known.select(chosen)
    rows, season = int(drawn.lengths[0]), fitted.config.season_length
    opponent = opponent_at(
        drawn,
        Origins(np.zeros(1, np.int64), np.array([rows - 1])),
        0,
        h,
        name=NAIVE if rows < (season or 1) else name_opponent(fitted.history.scores, season),
        season=season,
        bounds=state.preparation.bounds,
    )
    made = fitted.forecast(state, h, levels)
    found = excerpt_at(
        drawn,
        0,
        rows,
        made.point[0],
        opponent=opponent,
        name=fitted.name,
        unit=fitted.unit,
        value_name=str(fitted.schema.target_col),
        title=f"{name_in_title(ids, place)}{format_count(h, 'step')} ahead",
    )
    bands = {one: (low[0], high[0]) for one, (low, high) in made.intervals.items()}
    return replace(found, intervals=bands)
