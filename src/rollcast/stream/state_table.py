"""The state of every series of a stream, in arrays that are written to in place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from rollcast._types import Float32, Float64, Int64
from rollcast.evaluation.anomalies import normal_scores, p_values
from rollcast.evaluation.conformal import Calibration
from rollcast.evaluation.owners import Owners
from rollcast.forecasting.adaptation import Adaptation
from rollcast.forecasting.network_state import NetworkState, take_series
from rollcast.forecasting.reading import read_rows
from rollcast.forecasting.state import State
from rollcast.forecasting.trained_model import Model
from rollcast.forecasting.watch import Watch
from rollcast.model.adapting import watched_step
from rollcast.model.intervals import adapt_ends
from rollcast.model.judged_rows import known_quantiles
from rollcast.model.one_step import next_quantiles
from rollcast.networks.distribution import point_or_mean
from rollcast.preprocessing.bounds import Bounds
from rollcast.preprocessing.preparation import Preparation
from rollcast.preprocessing.ring import newest
from rollcast.preprocessing.scaling import MOST_SCALED
from rollcast.preprocessing.series_buffer import capacity
from rollcast.stream.stream_intervals import StreamIntervals

SIZE: Final = 64
"""Series that one call of a program reads. It never varies: the last bits of a result may depend on it."""

NOT_AVAILABLE: Final = -math.inf
"""A row that came and does not count: it is stepped over, and not filled as a missing one may be."""


class StateTable:
    """Reads rows and forecasts, some series at a time. What a series gets depends on its own rows alone.

    A :class:`State` is a plain value that is written anew for each call, which costs time for every series that it
    holds; here a round costs what its own series cost, however many there are.

    Args:
        model: the trained model.
        state: of the series at first; it stays as it is.
        h: steps to forecast.
        intervals: that are forecast too; None for points alone.
        calibration: of the model's intervals; None for its own quantiles.
    """

    def __init__(
        self,
        model: Model,
        state: State,
        h: int,
        intervals: StreamIntervals | None = None,
        calibration: Calibration | None = None,
    ) -> None:
        self._model, self._h, self._intervals = model, h, intervals
        self._calibration = calibration
        adapts = intervals is not None and intervals.adapts and state.adaptation is not None
        self._factors = state.adaptation.factors if adapts and state.adaptation else None
        self._watch = state.watch
        self._ids = list(state.ids)
        self._frequency, self._owner = state.frequency, state.owner
        self.places: dict[Any, int] = dict(state.places)
        self.starts: list[int] = state.starts.tolist()
        self._held_last = model.fill == "ffill"
        self._room(state.preparation, state.network_state, capacity(len(state)))

    def __len__(self) -> int:
        return len(self._ids)

    def join(self, state: State) -> int:
        """Take up one more series; its place."""
        place = len(self._ids)
        size = len(self._preparation.anchor_error)
        if place == size:
            self._room(self._preparation, self._state, capacity(place + 1))
        scaler, other = self._preparation.scaler, state.preparation
        scaler.shift[place], scaler.scale[place] = other.scaler.shift[0], other.scaler.scale[0]
        scaler.log[place] = other.scaler.log[0]
        self._preparation.anchor_error[place] = other.anchor_error[0]
        for flags, given in (
            (self._preparation.means, other.means),
            (self._preparation.counts, other.counts),
        ):
            if flags is not None and given is not None:
                flags[place] = given[0]
        bounds = other.bounds or Bounds.none(1)
        for side, new in zip(self._preparation.bounds or (), bounds, strict=False):
            side[place] = new[0]
        for mine, given in (
            (self._preparation.smoothing, other.smoothing),
            (self._preparation.seasons, other.seasons),
        ):
            for side, new in zip(mine or (), given or (), strict=True):
                side[place] = new[0]
        self._write(np.array([place]), state.network_state)
        if self._watch is not None:
            begun = state.watch_from(self._watch.season.shape[1])
            for mine, new in zip(self._watch, begun, strict=True):
                mine[place] = new[0]
        self._ids.append(state.ids[0])
        self.starts.append(int(state.starts[0]))
        self.places[state.ids[0]] = place
        return place

    def read(self, places: Sequence[int], values: Sequence[float]) -> None:
        """Read the next row of up to ``SIZE`` series, each once.

        Args:
            places: of the series.
            values: of their rows; NaN where missing, or NOT_AVAILABLE; > 0 where logarithms are taken.
        """
        count = len(places)
        here = np.array(places)
        padded = here[np.arange(SIZE) % count]
        before = take_series(self._state, padded)
        self._follow(here, padded, np.array(values), before)
        rows = self._scaled(padded, np.array(values)[np.arange(SIZE) % count], before)
        scale, mask = self._preparation.anchor_scale(padded), np.ones((SIZE, 1), bool)
        after = read_rows(self._model.network, self._model.weights, scale, before, *rows, mask)
        self._write(here, take_series(after, np.arange(count)))

    def p_values(self, places: Sequence[int], values: Sequence[float]) -> Float64:
        """(S',) how unusual the next row of up to ``SIZE`` series is, before it is read; NaN where none was observed.

        Args:
            places: of the series.
            values: of their rows, as ``read`` takes them.
        """
        count, here = len(places), np.array(places)
        padded = here[np.arange(SIZE) % count]
        made = self._next_params(padded, take_series(self._state, padded))[:count]
        known = known_quantiles(self._expected(here, made))
        return p_values(normal_scores(*known, self._actual(here, np.array(values))))

    def takes_log(self, place: int) -> bool:
        """Whether a series is read by the logarithms of its values."""
        return bool(self._preparation.scaler.log[place])

    def is_far(self, place: int, value: float) -> bool:
        """Whether a value lies so far from its series' others that the network can't read it."""
        scaler = self._preparation.scaler
        taken = math.log(value) if scaler.log[place] else value
        return bool(abs(taken - scaler.shift[place]) > MOST_SCALED * scaler.scale[place])

    def forecast(self, places: Sequence[int]) -> Float64:
        """(S', h) forecasts of up to ``SIZE`` series in the data's units; with intervals (S', C, h)."""
        # Drawing the paths of a full group takes a dozen seconds, and those of one series after another no longer.
        size = 1 if self._model.draws_paths(self._h) else SIZE
        parts = [
            self._forecast(np.array(places[first : first + size]), size)
            for first in range(0, len(places), size)
        ]
        return np.concatenate(parts)

    def state(self) -> State:
        """The state of all series, as a value of its own."""
        everything = np.arange(len(self._ids))
        return State(
            tuple(self._ids),
            np.array(self.starts, np.int64),
            self._preparation.take(everything),
            take_series(self._state, everything),
            self._frequency,
            self._owner,
            self._adaptation(),
            self._watch and self._watch.take(everything),
        )

    def watched(self) -> tuple[list[Any], Int64, Int64, Watch]:
        """The series, the times of their first rows, how many rows have been read, and the newest errors.

        Raises:
            ValueError: the state does not watch.
        """
        if self._watch is None:
            raise ValueError("the state does not watch")
        count = len(self._ids)
        rows = np.asarray(self._state.rows)[:count].astype(np.int64)
        watch = self._watch.take(np.arange(count))
        return self._ids, np.array(self.starts, np.int64), rows, watch

    def _adaptation(self) -> Adaptation | None:
        if self._factors is None or self._intervals is None:
            return None
        return Adaptation(self._intervals.levels, self._factors[: len(self._ids)].copy())

    def _follow(self, here: Int64, padded: Int64, values: Float64, before: NetworkState) -> None:
        """Have the intervals of the series follow their next rows, and keep the errors, before these are read."""
        if self._watch is None and self._factors is None:
            return
        made = self._next_params(padded, before)[: len(here)]
        actual = self._actual(here, values)
        if self._watch is not None:
            unit = self._preparation.anchor_error[here]
            step = watched_step(self._expected(here, made), actual, unit)
            self._watch.read(here, np.asarray(before.rows)[: len(here)], step)
        if self._factors is not None and self._intervals is not None:
            factors = self._factors[here]
            owners = Owners(self._preparation, self._ids, here)
            self._factors[here] = self._intervals.follow(made, owners, factors, actual)

    def _expected(self, here: Int64, made: Float32) -> Float64:
        """(S', 15) quantiles of the next row of each series, as they are in force for it."""
        owners = Owners(self._preparation, self._ids, here)
        quantiles = next_quantiles(self._model, self._calibration, made, owners)
        if self._factors is None or self._intervals is None:
            return quantiles
        wider = Adaptation(self._intervals.levels, self._factors[here])
        return adapt_ends(quantiles[:, None], wider)[:, 0]

    def _next_params(self, padded: Int64, before: NetworkState) -> Float32:
        """(SIZE, 1, Q) what is forecast for the next row of each series."""
        emit, network = self._model.emit_params_for(1), self._model.network_for(1)
        scale = self._preparation.anchor_scale(padded)
        return np.asarray(emit(network, self._model.weights, scale, before, 1))

    def _actual(self, here: Int64, values: Float64) -> Float64:
        """(S',) scaled values of rows; NaN where none was observed."""
        counted = np.where(values == NOT_AVAILABLE, np.nan, values)
        return self._preparation.scaler.forward(counted, here)

    def _forecast(self, places: Int64, size: int) -> Float64:
        """(S', h) forecasts of up to ``size`` series, by a program for as many."""
        count = len(places)
        padded = places[np.arange(size) % count]
        state, scale = take_series(self._state, padded), self._preparation.anchor_scale(padded)
        preparation, network = self._preparation, self._model.network_for(self._h)
        means = preparation.means_of(places)
        if self._intervals is None and (means is None or not means.any()):
            emit = self._model.emit_for(self._h)
            made = emit(network, self._model.weights, scale, state, self._h)[:count]
            return preparation.restore(made, places)
        emit, factors = self._model.emit_params_for(self._h), self._factors
        params = emit(network, self._model.weights, scale, state, self._h)[:count]
        made = preparation.restore(params, places)
        point = point_or_mean(self._model.network.distribution, made, means)
        if self._intervals is not None:
            owners = Owners(preparation, self._ids, places)
            wider = None if factors is None else factors[places]
            quantiles = self._intervals.quantiles(params, owners, wider)
            return self._intervals.columns(point, quantiles, owners)
        return point

    def _scaled(self, padded: Int64, values: Float64, state: NetworkState) -> tuple[Any, Any]:
        """Scaled values (SIZE, 1) without gaps, and 1.0 where one was observed (SIZE, 1)."""
        preparation = self._preparation
        counted = values != NOT_AVAILABLE
        values = np.where(counted, values, np.nan)
        scaled = preparation.scaler.forward(values, padded).astype(np.float32)
        seen = ~np.isnan(scaled)
        if not seen.all():
            held = counted & self._held_last
            back = np.where(held, 1, max(preparation.lag, 1))
            scaled = np.where(seen, scaled, newest(state.memory.values, state.rows, back))
            seen |= held
        return scaled[:, None], seen.astype(np.float32)[:, None]

    def _write(self, places: Int64, state: NetworkState) -> None:
        import jax

        def written(mine: Any, new: Any) -> None:
            mine[places] = new

        jax.tree.map(written, self._state, state)

    def _room(self, preparation: Preparation, state: NetworkState, size: int) -> None:
        """Arrays of ``size`` series that begin with those given."""
        import jax

        def larger(array: Any) -> Any:
            old = np.asarray(array)
            new = np.zeros((size, *old.shape[1:]), old.dtype)
            new[: len(old)] = old
            return new

        if self._factors is not None:
            known = self._factors
            self._factors = np.ones((size, known.shape[1]))
            self._factors[: len(known)] = known
        if self._watch is not None:
            self._watch = self._watch.with_each(larger)
        self._preparation = preparation.with_each(larger)
        self._state: NetworkState = jax.tree.map(larger, state)
