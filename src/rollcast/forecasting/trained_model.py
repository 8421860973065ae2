"""Model: a trained network with all that reading and forecasting need, and nothing of tables, series or scores."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from rollcast._number_format import format_count
from rollcast._types import (
    BoundsOption,
    Fill,
    Float32,
    Float64,
    Int64,
    LogOption,
    PointOption,
    Scaling,
)
from rollcast.data.gaps import fill_linearly
from rollcast.data.origins import MOST_JUDGED, Origins
from rollcast.data.panel import Panel, the_series
from rollcast.data.seasons import SeasonCycles
from rollcast.errors import ArgumentError, TooShortError
from rollcast.forecasting.path_basis import NO_BASIS, PathBasis
from rollcast.forecasting.reading import (
    fill_on,
    forecast_from,
    forecast_scaled,
    read_on,
    read_panel,
)
from rollcast.forecasting.rolling_origins import (
    ForecastGroup,
    OriginStates,
    draw_group,
    draw_quantiles,
    forecast_at,
    forecast_group,
    quantile_group,
)
from rollcast.forecasting.rollout import Emit, forecast, forecast_params
from rollcast.forecasting.sampled_paths import MOST_DRAWN, forecast_medians, forecast_paths
from rollcast.forecasting.state import State
from rollcast.networks.distribution import point_or_mean
from rollcast.networks.network import AnyNetwork, Weights
from rollcast.networks.pretrained_network import PretrainedNetwork
from rollcast.networks.sizes import Sizes
from rollcast.preprocessing.preparation import Preparation, prepare, prepare_pretrained
from rollcast.preprocessing.scaling import Scaler, choose_logs
from rollcast.preprocessing.series_buffer import capacity
from rollcast.runtime.backend import refuse_forked

LEAST_STEPS: Final = 12
"""Steps that the pretrained network emits at least; fewer would save little."""

MOST_NUMBERS: Final = 2**29
"""Numbers that forecasts of one call consist of at most, those of 15 quantiles each of 15: about 6 GB."""

_BYTES: Final = 12
"""Of a number, in single precision as it is made and in double precision as it is given."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Model:
    """A network with its weights, and how values become what it reads.

    The series that it was fitted on are no part of it: what needs them takes their :class:`State`.

    Attributes:
        network: body and head with their weights.
        sizes: of its programs.
        scaling: how each series is scaled, see :class:`rollcast.Config`.
        log: whether logarithms are taken first; "auto" of those new series whose values are all > 0.
        lag: rows back to the anchor; 0 for none. Of an exponential level the season's length.
        level: whether an exponential level anchors.
        fill: what becomes of missing values.
        h: the horizon that it was fitted for.
        owner: the hash of its weights by which it knows its states again.
        bounds: how new series are held, see :class:`rollcast.Config`; None where no known one is.
        seasons: in which the pretrained network reads; None for another network.
        basis: by what paths are drawn beside the network.
        point: what is forecast of new series, see :class:`rollcast.Config`.
    """

    network: AnyNetwork
    sizes: Sizes
    scaling: Scaling
    log: LogOption
    lag: int
    level: bool = False
    fill: Fill
    h: int
    owner: str
    bounds: BoundsOption = None
    seasons: SeasonCycles | None = None
    basis: PathBasis = NO_BASIS
    point: PointOption = "median"

    @cached_property
    def weights(self) -> Weights:
        """The network's weights as a plain value, where programs run, so that no call has to bring them there again."""
        import jax

        refuse_forked()
        return jax.device_put(self.network.weights)

    @property
    def least_rows(self) -> int:
        """Rows that a new series needs before its next ones are read one by one, scaled as these."""
        return 1 if self.seasons else max(self.sizes.window, self.lag, 2)

    def forecast(self, state: State, h: int) -> Float64:
        """(S, h) forecasts in the data's units.

        Raises:
            ArgumentError: more forecasts than memory is likely to hold.
        """
        self.refuse_many(len(state), h, quantiles=False)
        means = state.preparation.means
        if means is not None and means.any():
            return self.points(state, self.scaled_quantiles(state, h), np.arange(len(state)))
        return forecast_from(self.network_for(h), self.weights, state, h, self.emit_for(h))

    def points(self, state: State, params: Float32, series: Int64) -> Float64:
        """(M, h) forecasts in the data's units: medians, or the means of series whose mean is forecast.

        Args:
            state: of any series.
            params: (M, h, Q) in scaled units.
            series: (M,) whose they are, by their places in the state.
        """
        values = state.preparation.restore(params, series)
        return point_or_mean(self.network.distribution, values, state.preparation.means_of(series))

    def emit_for(self, h: int) -> Emit:
        """What makes the forecasts of a horizon: paths beyond what the pretrained network forecasts at once."""
        return forecast_medians if self.draws_paths(h) else forecast

    def emit_params_for(self, h: int) -> Emit:
        """What makes the parameters of the forecasts of a horizon, (S, h, Q)."""
        return forecast_paths if self.draws_paths(h) else forecast_params

    def network_for(self, h: int) -> AnyNetwork:
        """The network by which a horizon is forecast: the pretrained one emits little more than is asked for.

        It does so in 12, 18, 24, 36 ... steps, so that few programs serve all horizons.
        """
        if not isinstance(self.network, PretrainedNetwork):
            return self.network
        enough = capacity(h, least=LEAST_STEPS)
        return self.network.emitting(enough) if enough < self.network.steps else self.network

    def draws_paths(self, h: int) -> bool:
        """Whether the pretrained network goes on beyond what it forecasts at once, by paths."""
        return self.seasons is not None and h > self.network.output_size

    def refuse_many(self, series: int, h: int, *, quantiles: bool) -> None:
        """Refuse more forecasts than memory is likely to hold.

        Args:
            series: how many are forecast.
            h: steps ahead.
            quantiles: whether all parameters of each forecast are wanted; those of paths are made in any case.

        Raises:
            ArgumentError: there are more than ``MOST_NUMBERS`` numbers.
        """
        count = series * h
        each = self.network.distribution.num_params if quantiles or self.draws_paths(h) else 1
        if count * each > MOST_NUMBERS:
            of_each = f" of {each} quantiles each" if each > 1 else ""
            raise ArgumentError(
                f"`h` = {h:,} for {series:,} series are {count:,} forecasts{of_each}, which take about "
                f"{_BYTES * count * each / 2**30:,.0f} GB of memory; at most {MOST_NUMBERS // each:,} forecasts can be "
                "made at once: pass a smaller `h`, or a part of the series."
            )

    def forecast_quantiles(self, state: State, h: int) -> Float64:
        """(S, h, Q) quantiles in the data's units, at the levels of the network's distribution.

        Beyond what the pretrained network forecasts at once they are those of many paths, see
        :mod:`rollcast.forecasting.sampled_paths`; elsewhere each block follows on the medians before.

        Raises:
            ArgumentError: more forecasts than memory is likely to hold.
        """
        scaled = self.scaled_quantiles(state, h)
        return state.preparation.restore(scaled, np.arange(len(state)))

    def scaled_quantiles(self, state: State, h: int) -> Float32:
        """The same in scaled units."""
        self.refuse_many(len(state), h, quantiles=True)
        run = (self.network_for(h), self.weights, state, h)
        return forecast_scaled(*run, emit=self.emit_params_for(h))

    def read_on(self, state: State, panel: Panel) -> State:
        """The state after rows that follow on it; the panel has the state's series in order."""
        return read_on(self.network, self.weights, state, panel)

    def read_again(self, panel: Panel, preparation: Preparation) -> State:
        """The state after every row of a panel, read from the first with the given scaling."""
        return read_panel(
            self.network,
            self.weights,
            preparation,
            panel,
            ring=self.sizes.ring,
            window=self.sizes.window,
            owner=self.owner,
        )

    def read_afresh(self, panel: Panel, known: State) -> State:
        """The state after every row of a panel: known series keep their scaling, new ones get one from these rows.

        A series with fewer rows than the anchor needs is read from its first all the same. Gaps are filled as in a fit.
        """
        panel = self.fill_gaps(panel)
        return self.read_again(panel, self.prepare(panel, known))

    def fill_gaps(self, panel: Panel) -> Panel:
        """Rows that are read all at once, with straight lines in their gaps where the model was fitted so."""
        return fill_linearly(panel) if self.fill == "linear" else panel

    def refuse_short(self, panel: Panel) -> None:
        """Refuse new series whose first rows are too few to scale all that follow.

        Raises:
            TooShortError: there is one.
        """
        short = np.flatnonzero(panel.lengths < self.least_rows)
        if len(short):
            s = int(short[0])
            raise TooShortError(
                f"The {the_series(panel.ids[s])} is too short to go on from: it has "
                f"{format_count(int(panel.lengths[s]), 'row')}, and all that follow are scaled by the first "
                f"{self.least_rows}; begin with as many."
            )

    def prepare(self, panel: Panel, known: State) -> Preparation:
        """The scaling of a panel's series: known ones as they were fitted, new ones fitted on these rows.

        Args:
            panel: all rows that may tell how new series are scaled.
            known: the state of the series that were fitted.
        """
        places = known.find(panel.ids)
        new = np.flatnonzero(places < 0)
        if not len(new):
            return known.preparation.take(places)
        fresh = self.prepare_new(panel.select(new), known.preparation.scaler)
        places[new] = len(known) + np.arange(len(new))
        return known.preparation.join(fresh).take(places)

    def prepare_new(self, panel: Panel, like: Scaler | None = None) -> Preparation:
        """The scaling of new series, fitted on these rows.

        Args:
            panel: all rows that may tell how they are scaled.
            like: of series that tell what is usual; default those of the panel.
        """
        log = choose_logs(self.log, panel)
        if self.seasons:
            held = self.seasons.held(panel.lengths)
            return prepare_pretrained(panel, held, log=log, bounds=self.bounds, point=self.point)
        return prepare(
            panel,
            self.scaling,
            log=log,
            lag=self.lag,
            level=self.level,
            steps=self.sizes.steps,
            bounds=self.bounds,
            like=like,
        )

    def most_judged(self, h: int) -> int:
        """Forecast values of rolling origins at most, so that judging takes no longer than it is worth."""
        return MOST_DRAWN if self.draws_paths(h) else MOST_JUDGED

    def forecast_at(self, state: State, panel: Panel, origins: Origins, h: int) -> Float64:
        """Forecasts from rolling origins, in the data's units: those that ``forecast`` would make there.

        Args:
            state: of the panel's series, in order.
            panel: rows that follow on it.
            origins: of any series; row -1 is where the state stands.
            h: horizon.

        Returns:
            (M, h)
        """
        means = state.preparation.means
        if means is not None and means.any():
            made = self.scaled_at(state, panel, origins, h)
            return self.points(state, made, origins.series)
        each = draw_group if self.draws_paths(h) else forecast_group
        return self._at(state, panel, origins, h, each)

    def quantiles_at(self, state: State, panel: Panel, origins: Origins, h: int) -> Float64:
        """Quantiles from rolling origins, in the data's units: those that ``forecast_quantiles`` would make there.

        Args:
            state: of the panel's series, in order.
            panel: rows that follow on it.
            origins: of any series; row -1 is where the state stands.
            h: horizon.

        Returns:
            (M, h, Q)
        """
        each = draw_quantiles if self.draws_paths(h) else quantile_group
        return self._at(state, panel, origins, h, each)

    def scaled_at(self, state: State, panel: Panel, origins: Origins, h: int) -> Float32:
        """(M, h, Q) what :meth:`quantiles_at` gives, in scaled units."""
        if (origins.row < 0).all() and np.array_equal(origins.series, np.arange(len(state))):
            return self.scaled_quantiles(state, h)  # nothing is to be read before
        each = draw_quantiles if self.draws_paths(h) else quantile_group
        return self._scaled(state, panel, origins, h, each)

    def _at(
        self, state: State, panel: Panel, origins: Origins, h: int, each: ForecastGroup
    ) -> Float64:
        """What ``each`` makes at the origins, (M, h, ...) in the data's units."""
        made = self._scaled(state, panel, origins, h, each)
        return state.preparation.restore(made, origins.series)

    def _scaled(
        self, state: State, panel: Panel, origins: Origins, h: int, each: ForecastGroup
    ) -> Float32:
        head = self.network_for(h)

        def short(_: AnyNetwork, weights: Weights, group: OriginStates, h: int) -> Float32:
            return each(head, weights, group, h)

        return forecast_at(
            self.network,
            self.weights,
            state.preparation.buffer(panel, filled=fill_on(state, panel)),
            origins,
            h=h,
            ring=self.sizes.ring,
            window=self.sizes.window,
            start=state.network_state,
            each=short,
        )

    def check_state(self, state: object, known: State) -> State:
        """The state, if it belongs to this model.

        Args:
            state: any value.
            known: the state of the series that were fitted.

        Raises:
            ArgumentError: it is no state, or that of another model.
        """
        if not isinstance(state, State):
            raise ArgumentError(
                f"`state` must be what observe, revise or model.state gave; got {type(state).__name__}."
            )
        if (state.owner, state.form) != (self.owner, known.form):
            raise ArgumentError(
                "`state` belongs to another model or to other weights of this one; start again from this model's "
                "`state`."
            )
        return state
