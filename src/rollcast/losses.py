"""Losses: Keras' own with a weight for each value, and a root mean square that is finite everywhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

from rollcast._types import Array
from rollcast.backend import load_keras
from rollcast.errors import ArgumentError
from rollcast.programs import describe_class, identity

WeightedLoss: TypeAlias = Callable[[Array, Array, Array], Array]
"""(targets, outputs, weights), each (B, T, K), to one number."""


def weighted_loss(loss: Any) -> WeightedLoss:
    """A loss that leaves out missing and padded values.

    Args:
        loss: "rmse", or any Keras loss by name, function or object. Keras' losses are taken value by value.

    Raises:
        ArgumentError: a name that Keras does not know.
    """
    if loss == "rmse":
        return root_mean_square
    keras = load_keras()
    try:
        found = keras.losses.get(loss)
    except ValueError:
        raise ArgumentError(
            f'`loss` must be "rmse" or a Keras loss such as "huber"; got {loss!r}.'
        ) from None
    each = found.call if isinstance(found, keras.losses.Loss) else found

    def mean(targets: Array, outputs: Array, weights: Array) -> Array:
        import jax.numpy as jnp

        values = each(targets[..., None], outputs[..., None])
        return jnp.sum(values * weights) / jnp.maximum(jnp.sum(weights), 1e-12)

    return mean


def root_mean_square(targets: Array, outputs: Array, weights: Array) -> Array:
    """Root of the mean square error over the batch, with the gradient 0 where the error is exactly 0.

    The root's own gradient is infinite there, and turns a network that fits perfectly into NaN.
    """
    import jax.numpy as jnp

    square = jnp.sum(weights * (targets - outputs) ** 2) / jnp.maximum(jnp.sum(weights), 1e-12)
    safe = jnp.where(square > 0, square, 1.0)
    return jnp.where(square > 0, jnp.sqrt(safe), 0.0)


def describe_loss(loss: Any) -> str:
    """Text that is equal for equal losses; one of the caller's own is told by its identity."""
    if isinstance(loss, str):
        return loss
    if isinstance(loss, dict):
        return json.dumps(loss, sort_keys=True, default=repr)
    kind = type(loss)
    if kind.__module__.split(".")[0] == "keras" and kind.__name__ != "LossFunctionWrapper":
        config = json.dumps(loss.get_config(), sort_keys=True, default=repr)
        return f"{describe_class(kind)}{config}"
    return identity(loss)
