"""Task: all that a training run works on, and the compiled block of updates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from rollcast._types import Array
from rollcast.networks.distribution import Distribution
from rollcast.networks.network import Weights
from rollcast.runtime.programs import compiled
from rollcast.training.optimizers import describe_optimizer
from rollcast.training.plans import Plan
from rollcast.training.windows import Batch


class Sums(NamedTuple):
    """Weighted sums over the batches of an epoch, from which its loss and metrics are made.

    Attributes:
        loss: of the loss.
        weight: of the weights.
        square: of squared errors.
        absolute: of absolute errors.
        deviation: of the squares of what ``_deviation`` gives.
    """

    loss: Array
    weight: Array
    square: Array
    absolute: Array
    deviation: Array


ZERO = Sums(*[0.0] * 5)


class Forward(NamedTuple):
    """What a network gives in training.

    Attributes:
        outputs: Q parameters for each of the batch's targets.
        states: after the batch; empty where none is carried on.
        fixed: the weights that are not trained, as the batch leaves them.
        penalty: () what regularizers add to the loss.
    """

    outputs: Array
    states: tuple[Array, ...]
    fixed: list[Array]
    penalty: Array


class Validation(NamedTuple):
    """A validation error in the units of training; NaN where nothing could be compared."""

    loss: float
    rmse: float
    mae: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """One training run's model, data and rules. Weights are passed beside it, as a plain value.

    Attributes:
        model: a Keras model: inputs as ``batch`` makes them -> outputs (B, T, K * Q), or [outputs, *states].
        optimizer: a built Keras optimizer of its own.
        distribution: what the outputs stand for, with the loss.
        data: a pytree of arrays that the compiled program gathers from.
        batch: (data, plan, number of the update) -> Batch, inside the compiled program.
        form: the model's description and all that ``batch`` and ``forward`` close over, for telling programs apart.
        forward: (weights, batch, states) -> Forward, inside the compiled program.
        plan: epoch -> (plan, batches to run).
        states: what the first batch of an epoch starts from; empty where no state is carried from batch to batch.
        validate: weights -> Validation, or None.
        squared: whether squared errors decide which epoch was best.
        shorter: tasks that share model, optimizer and loss, on pieces of other lengths; their updates are mixed with
            these.
    """

    model: Any
    optimizer: Any
    distribution: Distribution
    data: Any
    batch: Callable[[Any, Plan, Array], Batch]
    form: tuple[Any, ...]
    forward: Callable[[Weights, Batch, tuple[Array, ...]], Forward]
    plan: Callable[[int], tuple[Plan, int]]
    states: tuple[Array, ...] = ()
    validate: Callable[[Weights], Validation] | None = None
    squared: bool = False
    shorter: tuple[Task, ...] = ()

    def deciding(self, validation: Validation) -> float:
        """The error by which epochs are compared."""
        return validation.rmse if self.squared else validation.mae

    @cached_property
    def key(self) -> tuple[Any, ...]:
        """Equal for tasks that one compiled program can serve."""
        optimizer = describe_optimizer(self.optimizer)
        return ("train", optimizer, self.distribution.description, self.form)


class Position(NamedTuple):
    """Where a run stands, as the compiled block takes and gives it.

    Attributes:
        weights: of the model.
        optimizer: its variables.
        states: carried from batch to batch.
    """

    weights: Weights
    optimizer: list[Array]
    states: tuple[Array, ...]


def run_block(
    task: Task, position: Position, sums: Sums, plan: Plan, first: int, last: int
) -> tuple[Position, Sums]:
    """Run the updates ``first`` .. ``last`` - 1 of a plan by one call of a compiled program.

    The sums go on from those before, so that their bits do not depend on where an epoch is cut into blocks.

    Returns:
        The position after them, and the sums so far as floats.
    """
    arguments = (
        position,
        Sums(*map(np.float32, sums)),
        task.data,
        plan,
        np.int32(first),
        np.int32(last),
    )
    program = compiled(task.key, _block(task), *arguments)
    position, sums = program(*arguments)
    return position, Sums(*map(float, sums))


def averaged(task: Task, position: Position) -> Weights:
    """The weights to be judged and kept: their moving average over updates where the optimizer keeps one.

    Args:
        task: whose optimizer says so (Keras' ``use_ema``).
        position: after any update.
    """
    if not task.optimizer.use_ema:
        return position.weights
    place = {id(v): i for i, v in enumerate(task.optimizer.variables)}
    averages = task.optimizer._model_variables_moving_average
    trainable = [position.optimizer[place[id(average)]] for average in averages]
    return Weights(trainable, position.weights.fixed)


def run_model(model: Any, weights: Weights, inputs: Any) -> Forward:
    """A whole Keras model, dropout on: inputs -> outputs or [outputs, *states]."""
    result, fixed, penalties = model.stateless_call(
        weights.trainable, weights.fixed, inputs, training=True, return_losses=True
    )
    outputs, *states = result if isinstance(result, list | tuple) else [result]
    return Forward(outputs, tuple(states), fixed, sum(penalties, np.float32(0)))


def _block(task: Task) -> Callable[..., tuple[Position, Sums]]:
    optimizer, distribution = task.optimizer, task.distribution

    def update(position: Position, batch: Batch) -> tuple[Position, Sums]:
        import jax

        weights, variables, states = position

        def total(trainable: list[Array]) -> tuple[Array, tuple[Array, Forward]]:
            made = task.forward(Weights(trainable, weights.fixed), batch, states)
            params = made.outputs.reshape(*batch.targets.shape, distribution.num_params)
            value = distribution.loss(params, batch.targets, batch.weights)
            made = made._replace(outputs=distribution.point(params))
            return value + made.penalty, (value, made)

        gradient, (value, made) = jax.grad(total, has_aux=True)(weights.trainable)
        trainable, variables = optimizer.stateless_apply(variables, gradient, weights.trainable)
        new = Position(Weights(trainable, made.fixed), variables, made.states if states else ())
        return new, _sums(value, made.outputs, batch)

    def block(
        position: Position, sums: Sums, data: Any, plan: Plan, first: Array, last: Array
    ) -> tuple[Position, Sums]:
        import jax
        import jax.numpy as jnp

        def body(i: Array, carry: tuple[Position, Sums]) -> tuple[Position, Sums]:
            position, sums = carry
            batch = task.batch(data, plan, i)
            batch = batch._replace(weights=batch.weights * plan.weights[i][:, None, None])
            position, new = update(position, batch)
            return position, jax.tree.map(jnp.add, sums, new)

        return jax.lax.fori_loop(first, last, body, (position, sums))

    return block


def _sums(loss: Array, outputs: Array, batch: Batch) -> Sums:
    import jax.numpy as jnp

    weights = batch.weights
    error = (outputs - batch.targets) * (weights > 0)
    weight = jnp.sum(weights)
    return Sums(
        loss * weight,
        weight,
        jnp.sum(weights * error**2),
        jnp.sum(weights * jnp.abs(error)),
        jnp.sum(weights * _deviation(outputs, weights) ** 2),
    )


def _deviation(outputs: Array, weights: Array) -> Array:
    """(B, T, K) of each step's outputs from their mean in the batch; of a single output, from zero."""
    import jax.numpy as jnp

    if outputs.shape[:2] == (1, 1):
        return outputs
    moved = outputs - outputs[:1, :1]  # constant ones deviate by exactly nothing
    by_step = jnp.maximum(jnp.sum(weights, axis=(0, 1)), 1e-12)
    return moved - jnp.sum(weights * moved, axis=(0, 1)) / by_step
