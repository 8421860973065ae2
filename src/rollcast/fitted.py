"""Fitted: what a model knows after `fit`, and how it takes up new rows and new series."""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from rollcast._types import Float64, Int64
from rollcast._versions import versions
from rollcast.calendar import Frequency
from rollcast.card import Card, TableOptions
from rollcast.config import Config
from rollcast.defaults import Candidate
from rollcast.errors import DataError, RollcastWarning, TooShortError
from rollcast.evaluation import Scores
from rollcast.excerpt import Excerpt
from rollcast.fitting import Outcome
from rollcast.frames import Layout, Notes, to_panel
from rollcast.judging import in_sample_scales, judge
from rollcast.networks import Network, Weights, weights_of
from rollcast.panel import Panel, name_series
from rollcast.preparation import prepare
from rollcast.problem import Problem
from rollcast.reading import forecast_from, read_on, read_panel
from rollcast.rollout import Origins, forecast_at
from rollcast.splits import origins_within
from rollcast.standing import Standing, owner_of
from rollcast.training.forecasting import Shape
from rollcast.training.history import History

_LOG = logging.getLogger("rollcast")

NETWORK = "network"
"""The name of a model with the caller's own network."""


_READ_ON = "the forecast goes on from what was read then: fit again to use the new values."

_READ_AGAIN = (
    "all are read anew and scaled as in `fit`; another series needs an identifier of its own."
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Fitted:
    """All that a fitted model holds.

    Attributes:
        config: with season and horizon settled.
        name: of the model in frames and scores.
        unit: of the target, or None.
        network: body and head with their weights.
        candidate: the anchor and logarithm that validation chose.
        shape: sizes of its programs.
        layout: the caller's names and types.
        options: how tables are read.
        frequency: of the rows.
        standing: of the known series after every row.
        history: of the run that was judged.
        card: of the data.
        tail: the newest rows of the data, where the model holds them.
        excerpt: a typical forecast of the test part; never saved.
    """

    config: Config
    name: str
    unit: str | None
    network: Network
    candidate: Candidate
    shape: Shape
    layout: Layout
    options: TableOptions
    frequency: Frequency
    standing: Standing
    history: History
    card: Card
    tail: Panel | None
    excerpt: Excerpt | None = None

    @cached_property
    def weights(self) -> Weights:
        """The network's weights as a plain value."""
        return weights_of(self.network.model)

    @cached_property
    def places(self) -> dict[Any, int]:
        """Identifier -> place among the known series."""
        return {series_id: s for s, series_id in enumerate(self.standing.ids)}

    def forecast(self, standing: Standing, h: int) -> Float64:
        """(S, h) forecasts in the data's units."""
        return forecast_from(self.network, self.weights, standing, h)

    def read(self, data: Any) -> Panel:
        """A table of the caller's (a frame, a file, or one series as an array), read like the one of ``fit``.

        Raises:
            DataError: what is wrong with the table, by column, series and row.
        """
        panel, _, notes = to_panel(
            data, like=self.layout, freq=self.frequency, **vars(self.options)
        )
        tell(notes, stacklevel=4)  # read, who calls it, and the caller's own code
        return panel

    def stand_after(self, panel: Panel) -> Standing:
        """Where a panel's series stand after its last rows, in the panel's order.

        Rows that begin where a known series ended, or between its data's first and last row, go on from its state. All
        other series are read from their first row on: known ones with their own scaling, new ones with one fitted on
        these rows.

        Raises:
            DataError: a gap between a known series' end and its new rows.
            TooShortError: a new series with too few rows to be read.
        """
        going_on: list[int] = []
        afresh: list[int] = []
        for s, series_id in enumerate(panel.ids):
            (going_on if self._goes_on(panel, s, series_id) else afresh).append(s)
        parts: list[Standing] = []
        if going_on:
            further = panel.select(np.array(going_on))
            self._name_revisions(further, _READ_ON)
            parts.append(self._read_on(further))
        if afresh:
            again = panel.select(np.array(afresh))
            self._name_revisions(again, _READ_AGAIN, least=0.5)
            parts.append(self.read_afresh(again))
        joined = parts[0] if len(parts) == 1 else parts[0].join(parts[1])
        return joined.take(np.argsort(np.array(going_on + afresh), kind="stable"))

    def evaluate(self, panel: Panel) -> Scores:
        """Scores on rows that the weights have not seen, from rolling origins.

        Known series are judged on the rows after those of ``fit``; new ones on their second half, and scaled by what
        comes before it.

        Raises:
            TooShortError: no series has ``h`` such rows.
        """
        h, season = int(self.config.h or 1), self.config.season_length
        chosen, begins = self.unseen(panel, h)
        origins = origins_within(begins, chosen.offsets[1:], h)
        forecasts = self.forecast_at(chosen, begins, origins, h)
        scale = in_sample_scales(chosen, begins, season)
        return judge(
            chosen, origins, forecasts, scale, name=self.name, season=season, unit=self.unit
        )

    def unseen(self, panel: Panel, h: int) -> tuple[Panel, Int64]:
        """The series with ``h`` rows that the weights have not seen, and the first such row (S,) of each.

        Raises:
            TooShortError: no series has ``h`` such rows.
        """
        firsts = np.array([self._first_unseen(panel, s) for s in range(panel.num_series)])
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

    def forecast_at(self, panel: Panel, begins: Int64, origins: Origins, h: int) -> Float64:
        """Free-running forecasts from rolling origins, in the data's units.

        Args:
            panel: all rows.
            begins: (S,) new series are scaled by their rows before this one, in the flat series.
            origins: of every series.
            h: horizon.

        Returns:
            (S, O, h)
        """
        preparation = self._preparation(panel.head(begins - panel.offsets[:-1]))
        made = forecast_at(
            self.network,
            self.weights,
            preparation.rows(panel),
            origins,
            h=h,
            ring=self.shape.ring,
            window=self.shape.window,
        )
        return preparation.restore(made, np.arange(panel.num_series))

    @property
    def least_rows(self) -> int:
        """Rows that a series needs before a first forecast."""
        return max(self.shape.window, self.candidate.lag, 2)

    def _first_unseen(self, panel: Panel, s: int) -> int:
        """The first row of a series that may be judged, counted from its first in the panel."""
        place = self.places.get(panel.ids[s])
        if place is None:
            return max(self.least_rows, -(-int(panel.lengths[s]) // 2))
        end = self.standing.nexts[place]
        seen = int(panel.frequency.locate(panel.starts[s : s + 1], np.array([end]))[0][0])
        return max(seen, self.least_rows)

    def _goes_on(self, panel: Panel, s: int, series_id: Any) -> bool:
        place = self.places.get(series_id)
        if place is None:
            return False
        ahead = self._rows_between(panel, s, place)
        if ahead < 0:
            raise DataError(
                f"The new rows{name_series(series_id)} begin {-ahead} rows after the model's data ended: it expects "
                f"{self.frequency.format(int(self.standing.nexts[place]))} first, got "
                f"{self.frequency.format(int(panel.starts[s]))}; pass the rows between as well."
            )
        return ahead < int(np.asarray(self.standing.state.rows)[place])

    def _rows_between(self, panel: Panel, s: int, place: int) -> int:
        """Rows from a panel series' first to where the known series stands; negative across a gap.

        Raises:
            DataError: no whole number of rows lies between them.
        """
        start, end = panel.starts[s], self.standing.nexts[place]
        first, last = sorted((int(start), int(end)))
        rows, on = self.frequency.locate(np.array([first]), np.array([last]))
        if not on[0]:
            raise DataError(
                f"The new rows{name_series(panel.ids[s])} begin at {self.frequency.format(int(start))}, and the model "
                f"expects {self.frequency.format(int(end))} next: no whole number of steps ({self.frequency.label}) "
                "lies between; correct the times."
            )
        return int(rows[0]) if start <= end else -int(rows[0])

    def _read_on(self, panel: Panel) -> Standing:
        known = np.array([self.places[i] for i in panel.ids])
        overlap = np.array([self._overlap(panel, s, int(p)) for s, p in enumerate(known)])
        new = panel.drop(overlap)
        standing = self.standing.take(known)
        if not new.lengths.any():
            return standing
        return read_on(self.network, self.weights, standing, new)

    def _overlap(self, panel: Panel, s: int, place: int) -> int:
        """Rows of a panel series that the known series has read."""
        return min(self._rows_between(panel, s, place), int(panel.lengths[s]))

    def _name_revisions(self, panel: Panel, consequence: str, *, least: float = 0.0) -> None:
        """Warn where more than a share of a series' rows are not those of ``fit``, if the model holds them."""
        if self.tail is None:
            return
        for s, series_id in enumerate(panel.ids):
            place = self.places.get(series_id)
            if place is None:
                continue
            rows, count = panel.rows(s), self._overlap(panel, s, place)
            held = self.tail.target[self.tail.rows(place)]
            start = len(held) - self._rows_between(panel, s, place)
            skip = max(-start, 0)
            before = held[max(start, 0) : start + count]
            now = panel.target[rows][skip : skip + len(before)]
            differ = np.flatnonzero(~((before == now) | (np.isnan(before) & np.isnan(now))))
            if len(differ) > least * len(before):
                row = int(differ[0])
                time = self.frequency.advance(int(panel.starts[s]), skip + row)
                differing = "1 row" if len(differ) == 1 else f"{len(differ):,} rows"
                warnings.warn(
                    f"{differing}{name_series(series_id)} changed since `fit`, the first at "
                    f"{self.frequency.format(time)} ({before[row]:g} then, {now[row]:g} now); {consequence}",
                    RollcastWarning,
                    stacklevel=4,
                )

    def read_afresh(self, panel: Panel) -> Standing:
        """Read every series of a panel from its first row on.

        Raises:
            TooShortError: a new series with too few rows to be read.
        """
        short = np.flatnonzero(panel.lengths < self.least_rows)
        if len(short):
            s = int(short[0])
            raise TooShortError(
                f"The series{name_series(panel.ids[s])[len(' of series') :]} is too short to be read: it has "
                f"{panel.lengths[s]} rows, and this model needs at least {self.least_rows}."
            )
        return read_panel(
            self.network,
            self.weights,
            self._preparation(panel),
            panel,
            ring=self.shape.ring,
            window=self.shape.window,
            owner=self.standing.owner,
        )

    def _preparation(self, panel: Panel) -> Any:
        """Known series as they were fitted, new ones fitted on these rows."""
        fresh = prepare(
            panel,
            self.config.scaling,
            log=self.candidate.log,
            lag=self.candidate.lag,
            steps=self.shape.steps,
        )
        known = np.array([self.places.get(i, -1) for i in panel.ids])
        both = self.standing.preparation.join(fresh)
        here = len(self.standing.ids) + np.arange(panel.num_series)
        return both.take(np.where(known >= 0, known, here))


def tell(notes: Notes, *, stacklevel: int) -> None:
    """Warn of what deserves it, and log what else was noticed in a table."""
    for remark in notes.remarks:
        _LOG.info(remark)
    for sentence in notes.warnings:
        warnings.warn(sentence, RollcastWarning, stacklevel=stacklevel)


def settle(problem: Problem, outcome: Outcome, layout: Layout, options: TableOptions) -> Fitted:
    """Read every row with the final weights, and keep what is to be known of the data."""
    panel, shape = problem.panel, outcome.shape
    weights = weights_of(outcome.network.model)
    standing = read_panel(
        outcome.network,
        weights,
        outcome.preparation,
        panel,
        ring=shape.ring,
        window=shape.window,
        owner=owner_of(weights),
    )
    frequency = panel.frequency
    card = Card(
        rows=len(panel.values),
        missing=int((~panel.mask).sum()),
        first=frequency.format(int(panel.starts.min())),
        last=frequency.format(int(frequency.shift(panel.starts, panel.lengths - 1).max())),
        digest=panel.digest(),
        split=problem.split.lengths(),
        refitted=outcome.refitted,
        versions=versions(),
    )
    return Fitted(
        config=problem.config,
        name=problem.name,
        unit=problem.unit,
        network=outcome.network,
        candidate=outcome.candidate,
        shape=shape,
        layout=layout,
        options=options,
        frequency=frequency,
        standing=standing,
        history=replace(outcome.history, defaults=_describe(problem, outcome)),
        card=card,
        tail=panel,
        excerpt=outcome.excerpt and replace(outcome.excerpt, value_name=str(layout.target_col)),
    )


def _describe(problem: Problem, outcome: Outcome) -> str:
    config, shape = problem.config, problem.shape
    parts = [
        f"h {problem.h}",
        f"{config.scaling} scaling",
        outcome.candidate.describe(config.season_length),
        f"windows of {shape.length}" if shape.windowed else f"sequence in chunks of {shape.length}",
    ]
    if not config.is_solved:
        epochs = outcome.history.best_epoch
        clip = f" (clip {config.clip_norm:g})" if config.clip_norm else ""
        parts += [
            f"{_name_of(config.loss)} loss",
            f"{_name_of(config.optimizer)}{clip}",
            f"{epochs} epoch{'' if epochs == 1 else 's'} by free-running validation error",
        ]
    return ", ".join([*parts, *([outcome.readout] if outcome.readout else [])])


def _name_of(option: Any) -> str:
    return option if isinstance(option, str) else type(option).__name__
