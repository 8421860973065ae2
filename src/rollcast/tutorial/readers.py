"""How a network reads a series in compiled programs: window by window, or once with its state carried along."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from rollcast._types import Array, Float32
from rollcast.errors import ArgumentError, show
from rollcast.networks.description import describe_model
from rollcast.networks.network import Weights
from rollcast.runtime.backend import load_keras
from rollcast.runtime.programs import compiled

GROUP: int = 256
"""Windows that one call of the window-reading program takes."""


class Reader(Protocol):
    """One-step forecasts and free runs of a network on the rows of a scaled series."""

    @property
    def state_sizes(self) -> tuple[int, ...]:
        """Size of each state carried from chunk to chunk; empty where every window starts from zero."""
        ...

    def one_step(self, weights: Weights, values: Float32, first: int, count: int) -> Float32:
        """(count,) forecasts of the rows ``first`` .. ``first + count - 1``, each from true values."""
        ...

    def free_run(self, weights: Weights, values: Float32, first: int, steps: int) -> Float32:
        """(steps,) forecasts of the rows from ``first`` on, from true values before it alone."""
        ...


def make_reader(model: Any, inputs: int) -> Reader:
    """The reader for a network of the tutorial's form.

    Args:
        model: a Keras model: windows (B, T, 1) -> (B, 1), or [chunk (B, T, 1), *states] ->
            [(B, 1), *states].
        inputs: T, rows of a window or training chunk.

    Raises:
        ArgumentError: a model of another form.
    """
    form = "windows (B, T, 1) -> (B, 1), or [chunk (B, T, 1), *states] -> [(B, 1), *states]"
    if not isinstance(model, load_keras().Model) or not getattr(model, "inputs", None):
        raise ArgumentError(
            f"`model` must be a Keras model that is built: {form}; got {show(model)}."
        )
    takes, gives = [tuple(t.shape) for t in model.inputs], [tuple(t.shape) for t in model.outputs]
    fits = len(takes[0]) == 3 and takes[0][2] == 1 and takes[0][1] in (None, inputs)
    if not fits or gives[0][1:] != (1,) or takes[1:] != gives[1:]:
        raise ArgumentError(f"`model` must be of the form {form}; got {takes} -> {gives}.")
    return StateReader(model) if len(takes) > 1 else WindowReader(model, inputs)


@dataclass(frozen=True, eq=False)
class WindowReader:
    """Every forecast re-reads a window from a zero state.

    Attributes:
        model: windows (B, T, 1) -> forecasts (B, 1).
        inputs: T.
    """

    model: Any
    inputs: int

    @property
    def state_sizes(self) -> tuple[int, ...]:
        """No state is carried."""
        return ()

    @cached_property
    def _description(self) -> str:
        return describe_model(self.model)

    def one_step(self, weights: Weights, values: Float32, first: int, count: int) -> Float32:
        """See :class:`Reader`; row ``first`` must have ``inputs`` rows before it."""
        key = ("tutorial windows", self._description, self.inputs)
        done: list[Float32] = []
        for begin in range(0, count, GROUP):
            starts = np.arange(begin, begin + GROUP, dtype=np.int32)
            starts = np.minimum(starts, count - 1) + np.int32(first - self.inputs)
            program = compiled(key, self._read, weights, values, starts)
            done.append(np.asarray(program(weights, values, starts)))
        return np.concatenate(done)[:count]

    def free_run(self, weights: Weights, values: Float32, first: int, steps: int) -> Float32:
        """See :class:`Reader`; the oldest value leaves the window as each forecast enters it."""
        import jax
        import jax.numpy as jnp

        def run(weights: Weights, window: Array) -> Array:
            def step(window: Array, _: None) -> tuple[Array, Array]:
                made = _call(self.model, weights, window)  # (1, 1)
                return jnp.concatenate([window[:, 1:], made[:, None]], axis=1), made[0, 0]

            return jax.lax.scan(step, window, length=steps)[1]

        window = values[None, first - self.inputs : first, None]
        key = ("tutorial free run", self._description, steps)
        return np.asarray(compiled(key, run, weights, window)(weights, window))

    def _read(self, weights: Weights, values: Array, starts: Array) -> Array:
        import jax.numpy as jnp

        rows = starts[:, None] + jnp.arange(self.inputs)  # (B, T)
        return _call(self.model, weights, values[rows][:, :, None])[:, 0]


@dataclass(frozen=True, eq=False)
class StateReader:
    """Every value is read once, from the first row on; the state holds what was read.

    A chunk of one value at a time leaves the same state as chunks of 13, so a forecast can be had
    after every row.

    Attributes:
        model: [chunk (B, T, 1), *states] -> [forecast (B, 1), *states].
    """

    model: Any

    @property
    def state_sizes(self) -> tuple[int, ...]:
        """Size of each state, as in :class:`Reader`."""
        return tuple(int(s.shape[-1]) for s in self.model.inputs[1:])

    @cached_property
    def _description(self) -> str:
        return describe_model(self.model)

    def one_step(self, weights: Weights, values: Float32, first: int, count: int) -> Float32:
        """See :class:`Reader`; the rows before ``first`` are read with these same weights."""
        made, _ = self._read(weights, values, first + count - 1)
        return made[first - 1 : first + count - 1]

    def free_run(self, weights: Weights, values: Float32, first: int, steps: int) -> Float32:
        """See :class:`Reader`; each forecast is read as a chunk of one value."""
        import jax

        def run(weights: Weights, made: Array, states: list[Array]) -> Array:
            def step(carry: tuple[Array, list[Array]], _: None) -> tuple[Any, Array]:
                made, states = carry
                return self._advance(weights, made, states), made

            return jax.lax.scan(step, (made, states), length=steps)[1]

        made, states = self._read(weights, values, first)
        arguments = (weights, made[first - 1], states)
        key = ("tutorial free run", self._description, steps)
        return np.asarray(compiled(key, run, *arguments)(*arguments))

    def _read(self, weights: Weights, values: Float32, stop: int) -> tuple[Float32, list[Array]]:
        """Read the rows before ``stop`` from a zero state: (N,) forecasts after each, states."""
        import jax
        import jax.numpy as jnp

        def run(weights: Weights, values: Array, stop: Array) -> tuple[Array, list[Array]]:
            def body(row: Array, carry: tuple[Array, list[Array]]) -> tuple[Array, list[Array]]:
                made, states = carry
                new, states = self._advance(weights, values[row], states)
                return made.at[row].set(new), states

            zeros = [jnp.zeros((1, n), jnp.float32) for n in self.state_sizes]
            return jax.lax.fori_loop(0, stop, body, (jnp.zeros_like(values), zeros))

        arguments = (weights, values, np.int32(stop))
        program = compiled(("tutorial read", self._description), run, *arguments)
        made, states = program(*arguments)
        return np.asarray(made), states

    def _advance(
        self, weights: Weights, value: Array, states: list[Array]
    ) -> tuple[Array, list[Array]]:
        """Read one value () and forecast the next ()."""
        made, *after = _call(self.model, weights, [value.reshape(1, 1, 1), *states])
        return made[0, 0], after


def _call(model: Any, weights: Weights, inputs: Any) -> Any:
    """The model's outputs inside a compiled program, without dropout."""
    outputs, _ = model.stateless_call(weights.trainable, weights.fixed, inputs, training=False)
    return outputs
