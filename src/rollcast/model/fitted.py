"""Fitted: what `fit` leaves behind, the model and its state with the table, the scores and the data."""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from rollcast._types import Float64, Int64
from rollcast.data.arrivals import Arrivals
from rollcast.data.calendar import Frequency
from rollcast.data.identifiers import held_identifier
from rollcast.data.origins import Origins, origins_within
from rollcast.data.panel import Panel, name_series
from rollcast.errors import ArgumentError, DataError, RollcastWarning, show
from rollcast.evaluation.baselines import NAIVE
from rollcast.evaluation.excerpt import (
    Excerpt,
    excerpt_at,
    name_in_title,
    name_opponent,
    opponent_at,
    typical_excerpt,
)
from rollcast.evaluation.judge import in_sample_scales, judge
from rollcast.evaluation.scores import Scores
from rollcast.forecasting.continuation import continue_with
from rollcast.forecasting.state import State
from rollcast.forecasting.trained_model import Model
from rollcast.forecasting.unseen_rows import UnseenRows, find_unseen
from rollcast.model.card import Card
from rollcast.model.fit_report import Report
from rollcast.options import MOST_AHEAD, Config, whole
from rollcast.options.argument_checks import label, text
from rollcast.options.bounds_option import describe_bounds
from rollcast.options.other_words import choose_horizon_word
from rollcast.preprocessing.bounds import Bounds
from rollcast.tables import Notes, Schema, read_arrivals, to_panel
from rollcast.tables.layouts.plain_values import unmasked
from rollcast.tables.schema import STEP
from rollcast.training.history import History

_LOG = logging.getLogger("rollcast")

NETWORK = "network"
"""The name of a model with the caller's own network."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Fitted:
    """All that a fitted model holds.

    Attributes:
        config: with season and horizon settled.
        name: of the model in frames and scores.
        unit: of the target, or None.
        model: the network, and how values become what it reads.
        state: of the known series after every row of the data.
        schema: the caller's names and types, and how tables are read.
        report: how the fit went.
        tail: the newest rows of the data, where the model holds them.
    """

    config: Config
    name: str
    unit: str | None
    model: Model
    state: State
    schema: Schema
    report: Report
    tail: Panel | None

    @property
    def history(self) -> History:
        """Of the run that was judged."""
        return self.report.history

    @property
    def card(self) -> Card:
        """Of the data."""
        return self.report.card

    @property
    def frequency(self) -> Frequency:
        """The step between rows."""
        return self.state.frequency

    def read_table(self, data: Any, *, blank_ends: bool = False) -> Panel:
        """A table of the caller's (a frame, a file, or one series as an array), read like the one of ``fit``.

        Args:
            data: the table.
            blank_ends: take rows without a value at a series' ends for missing ones, not for rows to forecast.

        Raises:
            DataError: what is wrong with the table, by column, series and row.
        """
        panel, _, notes = to_panel(
            data,
            like=self.schema,
            known=dict(zip(self.state.ids, self.state.starts.tolist(), strict=True)),
            blank_ends=blank_ends,
            freq=self.frequency,
        )
        emit_notes(
            notes, stacklevel=5
        )  # this, the public method, its wrapper, and the caller's code
        codes = np.repeat(np.arange(panel.num_series), panel.lengths)
        known = np.where(panel.mask, panel.target, np.nan)
        warn_outside(self.state, panel.ids, codes, known, stacklevel=5)
        return panel

    def state_after(self, panel: Panel, max_gap: int | None = None) -> State:
        """The state after a table's rows, see :func:`rollcast.forecasting.continuation.continue_with`.

        Raises:
            ArgumentError: ``max_gap`` is no whole number of at least 0.
            DataError: a longer gap between a known series' end and its new rows.
            TooShortError: a new series with too few rows to be read.
        """
        gap = None if max_gap is None else whole("max_gap", max_gap, least=0)
        found = continue_with(self.model, self.state, panel, self.tail, gap)
        for sentence in found.warnings:
            warnings.warn(sentence, RollcastWarning, stacklevel=4)
        return found.state

    def choose_h(self, h: int | None, horizon: int | None) -> int:
        """The horizon that is asked for, else the one of ``fit``.

        Raises:
            ArgumentError: it is no whole number of at least 1, or both words were given.
        """
        given = choose_horizon_word(h, horizon)
        return self.model.h if given is None else whole("h", given, most=MOST_AHEAD)

    def choose_name(self, alias: str | None) -> str:
        """What the column of forecasts is called: as asked for, else the model's name.

        Raises:
            ArgumentError: it is no name, or another column of forecasts has it.
        """
        if alias is None:
            return self.name
        if not text("alias", alias).strip():
            raise ArgumentError(f"`alias` must be the name of a column; got {show(alias)}.")
        schema = self.schema
        if alias in (schema.id_col, STEP if schema.time_col is None else schema.time_col):
            raise ArgumentError(
                f"`alias` must be a name of its own; {show(alias)} is the column of "
                f"{'series' if alias == schema.id_col else 'times'}."
            )
        return alias

    def state_or(self, given: object) -> State:
        """The state that is given, or the end of the data of ``fit``.

        Raises:
            ArgumentError: it is no state, or that of another model.
        """
        return self.state if given is None else self.model.check_state(given, self.state)

    def read_rows(self, rows: Any, state: State) -> Arrivals:
        """New rows of the caller's: a table, a file, a mapping of columns, or one series' next values.

        Raises:
            DataError: what is wrong with the table, by column, series and row.
            ArgumentError: values that could belong to several series.
        """
        if not isinstance(rows, np.ndarray | list | tuple):
            return read_arrivals(rows, self.schema, self.frequency, known=state.places)
        if len(state) != 1:
            raise ArgumentError(
                f"`rows` must be a table with the columns of `fit`: an array can't tell {len(state):,} series apart."
            )
        try:
            values = np.asarray(unmasked(rows), np.float64)
        except (TypeError, ValueError) as error:
            raise DataError(
                "`rows` must hold numbers, with NaN where a value is missing."
            ) from error
        if values.ndim != 1:
            raise DataError(f"`rows` must be one-dimensional; got shape {values.shape}.")
        codes = np.zeros(len(values), np.int64)
        return Arrivals(state.ids, codes, None, values, target=self.schema.target_col)

    def find_unseen(self, panel: Panel, h: int, max_gap: int | None = None) -> UnseenRows:
        """The rows of a table that the weights have not seen, see :func:`rollcast.forecasting.unseen_rows.find_unseen`.

        Raises:
            ArgumentError: ``max_gap`` is no whole number of at least 0.
            TooShortError: no series has ``h`` such rows.
            DataError: a longer gap between a known series' end and its new rows.
        """
        gap = None if max_gap is None else whole("max_gap", max_gap, least=0)
        found = find_unseen(self.model, self.state, panel, self.tail, h=h, max_gap=gap)
        for sentence in found.warnings:
            warnings.warn(sentence, RollcastWarning, stacklevel=4)
        return found

    def evaluate(self, panel: Panel, max_gap: int | None = None) -> Scores:
        """Scores on rows that the weights have not seen, from rolling origins.

        Raises:
            ArgumentError: ``max_gap`` is no whole number of at least 0.
            TooShortError: no series has ``h`` such rows.
            DataError: a longer gap between a known series' end and its new rows.
        """
        h, season = self.model.h, self.config.season_length
        unseen = self.find_unseen(panel, h, max_gap)
        rows, begins = unseen.panel, unseen.begins
        origins = origins_within(rows.offsets, begins, rows.offsets[1:], h)
        saved = self.history.scores
        return judge(
            rows,
            origins,
            unseen.forecast_at(self.model, origins, h),
            in_sample_scales(rows, begins, season),
            name=self.name,
            season=season,
            unit=self.unit,
            opponent=saved.opponent if saved else None,
            bounds=unseen.state.preparation.bounds,
        )

    def typical_excerpt(self) -> Excerpt | None:
        """The typical forecast of the test part beside the actual values, where the model holds both."""
        if self.tail is None or self.report.typical is None:
            return None
        return typical_excerpt(
            self.tail,
            self.report.typical,
            name=self.name,
            unit=self.unit,
            value_name=str(self.schema.target_col),
        )

    def newest_excerpt(
        self, panel: Panel | None, h: int, series: Any = None, max_gap: int | None = None
    ) -> Excerpt:
        """The forecast of one series after its newest rows, beside the baseline to beat.

        Of fewer rows than a season naive stands in for it.

        Args:
            panel: newest rows; None for those of ``fit``, or for none where the model holds none.
            h: steps ahead.
            series: its identifier; None for the first.
            max_gap: rows that may be missing before the newest ones; default the horizon of ``fit``.

        Raises:
            ArgumentError: a series that is not there.
            DataError: a gap between a known series' end and its new rows.
        """
        known = self.tail if panel is None else panel
        ids = self.state.ids if known is None else known.ids
        series = None if series is None else held_identifier(label("series", series))
        if series is not None and series not in ids:
            raise ArgumentError(
                f"`series` must be one of the {len(ids)} identifiers; got {show(series)}."
            )
        place = 0 if series is None else ids.index(series)
        chosen = np.array([place])
        newest = None if panel is None else panel.select(chosen)
        state = self.state.take(chosen) if newest is None else self.state_after(newest, max_gap)
        if known is None:
            none, nothing, offsets = np.empty(0), np.empty(0, bool), np.zeros(2, np.int64)
            drawn = Panel(none, nothing, offsets, state.nexts, self.frequency, state.ids)
        else:
            drawn = known.select(chosen)
        rows, season = int(drawn.lengths[0]), self.config.season_length
        opponent = opponent_at(
            drawn,
            Origins(np.zeros(1, np.int64), np.array([rows - 1])),
            0,
            h,
            name=NAIVE if rows < (season or 1) else name_opponent(self.history.scores, season),
            season=season,
            bounds=state.preparation.bounds,
        )
        return excerpt_at(
            drawn,
            0,
            rows,
            self.model.forecast(state, h)[0],
            opponent=opponent,
            name=self.name,
            unit=self.unit,
            value_name=str(self.schema.target_col),
            title=f"{name_in_title(ids, place)}{h} steps ahead",
        )


def emit_notes(notes: Notes, *, stacklevel: int) -> None:
    """Warn of what deserves it, and log what else was noticed in a table."""
    for remark in notes.remarks:
        _LOG.info(remark)
    for sentence in notes.warnings:
        warnings.warn(sentence, RollcastWarning, stacklevel=stacklevel)


def warn_outside(
    state: State, ids: tuple[Any, ...], codes: Int64, values: Float64, *, stacklevel: int
) -> None:
    """Warn of new values of known series that no forecast can reach.

    Args:
        state: of the known series.
        ids: (U,) identifiers.
        codes: (N,) whose values these are.
        values: (N,) NaN where missing.
        stacklevel: of the caller's code.
    """
    bounds = state.preparation.bounds
    if bounds is None or not len(state):
        return
    if not ((values < bounds.low.max()) | (values > bounds.high.min())).any():
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
        warnings.warn(
            f"{count} outside of the bounds that forecasts are held to, the first {values[outside[0]]:g}"
            f"{name_series(ids[u])} ({describe_bounds(own.low[u], own.high[u])}). They are read as they stand, and no "
            "forecast goes there: fit again with them, or with bounds=None.",
            RollcastWarning,
            stacklevel=stacklevel,
        )
