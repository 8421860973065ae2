"""Fitted: what `fit` leaves behind, the model and its state with the table, the scores and the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np

from rollcast._types import EnsembleOption, Float64, Int64
from rollcast.data.arrivals import Arrivals
from rollcast.data.calendar import Frequency
from rollcast.data.origins import origins_within
from rollcast.data.panel import Panel
from rollcast.errors import ArgumentError, DataError
from rollcast.evaluation.conformal import Calibration
from rollcast.evaluation.ensemble import Ensemble, preferred_names
from rollcast.evaluation.fallback import Fallback
from rollcast.evaluation.judge import in_sample_scales, judge, squared_scales
from rollcast.evaluation.scores import Scores
from rollcast.fitting.calibrating import Intervals
from rollcast.forecasting.continuation import continue_with
from rollcast.forecasting.joint_paths import sample_paths
from rollcast.forecasting.state import State
from rollcast.forecasting.trained_model import Model
from rollcast.forecasting.unseen_rows import (
    UnseenRows,
    find_unseen,
)
from rollcast.model.card import Card
from rollcast.model.fit_report import Report
from rollcast.model.intervals import (
    CALIBRATED,
    calibrate_scaled,
    describe_uncalibrated,
    forecast_calibrated,
    has_quantiles,
    refuse_points,
    refuse_unsupported,
    restore_calibrated,
)
from rollcast.model.sample_paths import SamplePaths
from rollcast.model.warnings_and_notes import emit_notes, warn, warn_outside, warn_uncounted
from rollcast.networks.distribution import central_interval
from rollcast.options import MOST_AHEAD, Config, whole
from rollcast.options.level_option import check_level
from rollcast.options.other_words import choose_horizon_word
from rollcast.options.quantiles_option import check_known_quantiles
from rollcast.preprocessing.rounding import Rounding, rounding_of
from rollcast.tables import Notes, Schema, read_arrivals, to_panel
from rollcast.tables.forecast_frame import (
    check_forecast_name,
)
from rollcast.tables.layouts.plain_values import unmasked
from rollcast.training.history import History
from rollcast.training.start_kind import StartKind

NETWORK: Final = "network"
"""The name of a model with the caller's own network."""


class Forecasts(NamedTuple):
    """Forecasts in the data's units.

    Attributes:
        point: (S, h)
        intervals: percent -> lower and upper ends, (S, h) each.
    """

    point: Float64
    intervals: dict[float, tuple[Float64, Float64]]


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
        intervals: how they are made, and what they held of the test part; None in older files.
        fallback: which series a baseline forecasts better; None in older files.
        ensemble: the median of network and best baselines that validation looked at; None in older files.
        told: sentences that are said once.
    """

    config: Config
    name: str
    unit: str | None
    model: Model
    state: State
    schema: Schema
    report: Report
    tail: Panel | None
    intervals: Intervals | None = None
    fallback: Fallback | None = None
    ensemble: Ensemble | None = None
    told: set[str] = field(default_factory=set[str], repr=False)

    @property
    def calibration(self) -> Calibration | None:
        """Of the ends of intervals; None where the fit had no scores."""
        return self.intervals.calibration if self.intervals else None

    @property
    def is_untrained(self) -> bool:
        """Whether it forecasts by the pretrained network as it is, so that no row of the data has moved its weights."""
        return self.history.start is StartKind.ZERO_SHOT

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
        emit_notes(notes)
        codes = np.repeat(np.arange(panel.num_series), panel.lengths)
        known = np.where(panel.mask, panel.target, np.nan)
        warn_outside(self.state, panel.ids, codes, known)
        return panel

    def warn_uncounted(self, ids: tuple[Any, ...], codes: Int64, values: Float64) -> None:
        """Warn of new values that are no counts, where intervals are those of counts."""
        if self.calibration is not None:
            warn_uncounted(self.calibration.dispersion, ids, codes, values, self.schema.target_col)

    def state_after(self, panel: Panel, max_gap: int | None = None) -> State:
        """The state after a table's rows, see :func:`rollcast.forecasting.continuation.continue_with`.

        Raises:
            ArgumentError: ``max_gap`` is no whole number of at least 0.
            DataError: a longer gap between a known series' end and its new rows.
            TooShortError: a new series with too few rows to be read.
        """
        gap = None if max_gap is None else whole("max_gap", max_gap, least=0)
        self.warn_uncounted(
            panel.ids,
            np.repeat(np.arange(panel.num_series), panel.lengths),
            np.where(panel.mask, panel.target, np.nan),
        )
        found = continue_with(self.model, self.state, panel, self.tail, gap)
        for sentence in found.warnings:
            warn(sentence)
        return found.state

    def choose_h(self, h: int | None, horizon: int | None) -> int:
        """The horizon that is asked for, else the one of ``fit``.

        Raises:
            ArgumentError: it is no whole number of at least 1, or both words were given.
        """
        given = choose_horizon_word(h, horizon)
        return self.model.h if given is None else whole("h", given, most=MOST_AHEAD)

    def choose_name(
        self,
        alias: str | None,
        levels: Sequence[float] = (),
        quantiles: Sequence[float] = (),
        *,
        by: bool = False,
    ) -> str:
        """What the column of forecasts is called: as asked for, else the model's name.

        Raises:
            ArgumentError: it is no name, or another column has it.
        """
        name = self.name if alias is None else alias
        return check_forecast_name(name, self.schema, levels, quantiles, by=by)

    def choose_members(self, ensemble: EnsembleOption) -> tuple[str, ...]:
        """The baselines of the ensemble that is asked for; none, with a warning, where "auto" leaves it out.

        Raises:
            ArgumentError: it is asked for in any case, and the model holds none.
        """
        if ensemble is False:
            return ()
        found = self.ensemble
        if found is None:
            unknown = (
                "which baselines did best is not known: this model was saved before that was kept, or had nothing to "
                "validate on; fit it again"
            )
            if ensemble is True:
                raise ArgumentError(f"`ensemble` can't be made, for {unknown}.")
            warn(f"`ensemble` is left out, for {unknown}.")
            return ()
        if ensemble is True or found.preferred:
            return found.names
        warn(f"`ensemble` is left out. {found.describe(self.name)}.")
        return ()

    def check_level(self, level: Any, argument: str = "level") -> tuple[float, ...]:
        """The levels of intervals, in percent.

        Args:
            level: as they were given.
            argument: by which.

        Raises:
            ArgumentError: a level outside 1 to 98, or the model forecasts points and has no residuals to go by.
        """
        levels = check_level(argument, level)
        if not has_quantiles(self.model, self.calibration):
            refuse_points(self.calibration, self.name)
        return levels

    def check_quantiles(self, quantiles: Any) -> tuple[float, ...]:
        """Shares below which a value lies with that probability.

        Raises:
            ArgumentError: one outside 0.01 to 0.99, or the model forecasts points and has no residuals to go by.
        """
        known = check_known_quantiles("quantiles", quantiles)
        if not has_quantiles(self.model, self.calibration):
            refuse_points(self.calibration, self.name)
        return known

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

    def state_for(self, data: Any, state: State | None, max_gap: int | None) -> State:
        """The state after a table, or the one that is given, or the end of the data of ``fit``.

        Raises:
            DataError: the table can't be used.
            ArgumentError: both were given, or the state belongs to another model.
        """
        if isinstance(data, State):
            raise ArgumentError(
                "`data` must be a table; pass a state by its name: predict(state=state)."
            )
        if data is None:
            return self.state_or(state)
        if state is None:
            return self.state_after(self.read_table(data), max_gap)
        raise ArgumentError(
            "`data` and `state` can't both be given: state = model.observe(data, state) first, then "
            "predict(state=state)."
        )

    @cached_property
    def rounding(self) -> Rounding | None:
        """How forecasts become whole numbers; None where they don't."""
        return rounding_of(self.config.round, self.config.bounds)

    def draw(
        self, state: State, h: int, *, paths: int, seed: int, name: str | None = None
    ) -> SamplePaths:
        """Paths of what comes after a state, in the data's units.

        Of a network of quantiles they are spread at each step as the intervals say, calibrated as these are, as far as
        the network forecasts at once.

        Args:
            state: of any series.
            h: steps ahead.
            paths: of each series.
            seed: of the draws.
            name: of their column; default the model's.

        Raises:
            ArgumentError: the model forecasts points and holds no residuals, or there are more values than memory is
                likely to hold.
        """
        if self.config.likelihood == "point" and self.config.pretrained:
            raise ArgumentError(
                "Paths, and totals of them, are drawn from quantiles, and this model was fitted to give points: fit it "
                'again without likelihood="point".'
            )
        values = sample_paths(
            self.model,
            state,
            h,
            paths=paths,
            seed=seed,
            marginals=lambda made, places: calibrate_scaled(
                self.model, state, made, places, self.calibration
            ),
        )
        return SamplePaths(
            name=self.name if name is None else name,
            ids=state.ids,
            starts=state.starts,
            skipped=state.rows,
            frequency=self.frequency,
            schema=self.schema,
            values=values if self.rounding is None else self.rounding.nearest(values),
            whole=self.rounding is not None,
        )

    def forecast(self, state: State, h: int, levels: tuple[float, ...] = ()) -> Forecasts:
        """What comes after a state, in the data's units.

        Args:
            state: of any series.
            h: steps ahead.
            levels: of intervals, in percent.

        Raises:
            ArgumentError: intervals around points for which there are too few residuals.
        """
        return self.rounded(self.forecast_exactly(state, h, levels))

    def rounded(self, made: Forecasts) -> Forecasts:
        """The same as whole numbers, where they are wanted."""
        if self.rounding is None:
            return made
        ends = {one: self.rounding.ends(pair) for one, pair in made.intervals.items()}
        return Forecasts(self.rounding.nearest(made.point), ends)

    def forecast_exactly(self, state: State, h: int, levels: tuple[float, ...]) -> Forecasts:
        """The same before it is rounded."""
        if not levels:
            return Forecasts(self.model.forecast(state, h), {})
        self._check_ends(h, levels)
        made, everything = self.model.scaled_quantiles(state, h), np.arange(len(state))
        ends = calibrate_scaled(self.model, state, made, everything, self.calibration)
        ends = restore_calibrated(state.preparation, ends, everything, self.calibration)
        intervals = {one: central_interval(CALIBRATED, ends, one) for one in levels}
        return Forecasts(self.model.points(state, made, everything), intervals)

    def forecast_quantiles(self, state: State, h: int, levels: Sequence[float]) -> Float64:
        """(S, h, 15) quantiles after a state in the data's units; where an interval is not calibrated, it is said once.

        Args:
            state: of any series.
            h: steps ahead.
            levels: of the intervals that are wanted, in percent.

        Raises:
            ArgumentError: intervals around points for which there are too few residuals.
        """
        self._check_ends(h, levels)
        return forecast_calibrated(self.model, state, h, self.calibration)

    def _check_ends(self, h: int, levels: Sequence[float]) -> None:
        """Say once of intervals that they are not calibrated.

        Raises:
            ArgumentError: intervals around points for which there are too few residuals.
        """
        calibration = self.calibration
        if calibration and not has_quantiles(self.model, calibration):
            refuse_unsupported(calibration, levels, h, self.name)
        elif said := describe_uncalibrated(calibration, levels, h):
            self.tell_once(said)

    def tell_once(self, sentence: str) -> None:
        """Emit a remark, the first time alone."""
        if sentence not in self.told:
            self.told.add(sentence)
            emit_notes(Notes(remarks=(sentence,)))

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
            warn(sentence)
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
        if rows.weights is not None:
            remark = f"Scores are weighted by column {self.schema.weights!r}."
            emit_notes(Notes(remarks=(remark,)))
        most = self.model.most_judged(h)
        origins = origins_within(rows.offsets, begins, rows.offsets[1:], h, values=most)
        saved = self.history.scores
        scores = judge(
            rows,
            origins,
            unseen.forecast_at(self.model, origins, h),
            in_sample_scales(rows, begins, season),
            name=self.name,
            season=season,
            unit=self.unit,
            opponent=saved.opponent if saved else None,
            members=preferred_names(self.ensemble),
            bounds=unseen.state.preparation.bounds,
            squared=squared_scales(rows, begins),
        )
        return replace(scores, remembered=unseen.remembered)
