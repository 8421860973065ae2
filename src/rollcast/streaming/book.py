"""The book of a stream: where every series stands, in arrays that are written to in place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from rollcast._types import Array, Float64, Int64
from rollcast.fitted import Fitted
from rollcast.preparation import Preparation
from rollcast.programs import compiled
from rollcast.rollout import forecast
from rollcast.scaling import Scaler
from rollcast.standing import Standing, take_series
from rollcast.state import Frame, State, advance
from rollcast.windows import capacity

SIZE: Final = 64
"""Series that one call of a program reads. It never varies: the last bits of a result may depend on it."""


class Book:
    """Reads rows and forecasts, some series at a time. What a series gets depends on its own rows alone.

    A :class:`Standing` is a plain value that is written anew for each call, which costs time for every series that it
    holds; here a round costs what its own series cost, however many there are.

    Args:
        fitted: the model.
        standing: where the series stand at first; it stays as it is.
        h: steps to forecast.
    """

    def __init__(self, fitted: Fitted, standing: Standing, h: int) -> None:
        self._fitted, self._h = fitted, h
        self._ids = list(standing.ids)
        self._frequency, self._owner = standing.frequency, standing.owner
        self.places: dict[Any, int] = dict(standing.places)
        self.starts: list[int] = standing.starts.tolist()
        self._held_last = fitted.options.fill == "ffill"
        self._room(standing.preparation, standing.state, capacity(len(standing)))

    def __len__(self) -> int:
        return len(self._ids)

    def join(self, standing: Standing) -> int:
        """Take up one more series; its place."""
        place = len(self._ids)
        size = len(self._preparation.spread)
        if place == size:
            self._room(self._preparation, self._state, capacity(place + 1))
        scaler, other = self._preparation.scaler, standing.preparation
        scaler.shift[place], scaler.scale[place] = other.scaler.shift[0], other.scaler.scale[0]
        self._preparation.spread[place] = other.spread[0]
        self._write(np.array([place]), standing.state)
        self._ids.append(standing.ids[0])
        self.starts.append(int(standing.starts[0]))
        self.places[standing.ids[0]] = place
        return place

    def read(self, places: Sequence[int], values: Sequence[float]) -> None:
        """Read the next row of up to ``SIZE`` series, each once.

        Args:
            places: of the series.
            values: of their rows; NaN where missing; > 0 where logarithms are taken.
        """
        count = len(places)
        here = np.array(places)
        padded = here[np.arange(SIZE) % count]
        state = take_series(self._state, padded)
        rows = self._scaled(padded, np.array(values)[np.arange(SIZE) % count], state)
        network = self._fitted.network

        def run(weights: Any, frame: Frame, state: State, *rows: Array) -> State:
            return advance(network, weights, frame, state, *rows)

        frame = self._preparation.frame(padded)
        arguments = (self._fitted.weights, frame, state, *rows, np.ones((SIZE, 1), bool))
        after = compiled(("read", network.description), run, *arguments)(*arguments)
        self._write(here, take_series(after, np.arange(count)))

    def forecast(self, places: Sequence[int]) -> Float64:
        """(S', h) forecasts of up to ``SIZE`` series, in the data's units."""
        count = len(places)
        padded = np.array(places)[np.arange(SIZE) % count]
        state, frame = take_series(self._state, padded), self._preparation.frame(padded)
        fitted = self._fitted
        made = forecast(fitted.network, fitted.weights, frame, state, self._h)[:count]
        return self._preparation.restore(made, padded[:count])

    def standing(self) -> Standing:
        """Where all series stand, as a value of its own."""
        everything = np.arange(len(self._ids))
        return Standing(
            tuple(self._ids),
            np.array(self.starts, np.int64),
            self._preparation.take(everything),
            take_series(self._state, everything),
            self._frequency,
            self._owner,
        )

    def _scaled(self, padded: Int64, values: Float64, state: State) -> tuple[Any, Any]:
        """Scaled values (SIZE, 1) without gaps, and 1.0 where one was observed (SIZE, 1)."""
        preparation = self._preparation
        scaled = preparation.scaler.forward(values, padded).astype(np.float32)
        seen = ~np.isnan(scaled)
        if not seen.all():
            back = 1 if self._held_last else max(preparation.lag, 1)
            scaled = np.where(seen, scaled, state.recent[:, -back])
            seen |= self._held_last
        return scaled[:, None], seen.astype(np.float32)[:, None]

    def _write(self, places: Int64, state: State) -> None:
        import jax

        def written(mine: Any, new: Any) -> None:
            mine[places] = new

        jax.tree.map(written, self._state, state)

    def _room(self, preparation: Preparation, state: State, size: int) -> None:
        """Arrays of ``size`` series that begin with those given."""
        import jax

        def larger(array: Any) -> Any:
            old = np.asarray(array)
            new = np.zeros((size, *old.shape[1:]), old.dtype)
            new[: len(old)] = old
            return new

        scaler = preparation.scaler
        wider = Scaler(larger(scaler.shift), larger(scaler.scale), scaler.log)
        self._preparation = Preparation(wider, larger(preparation.spread), preparation.lag)
        self._state: State = jax.tree.map(larger, state)
