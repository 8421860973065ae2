"""Losses: Keras' own with a weight for each value, and a root mean square that is finite everywhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeAlias

from rollcast._types import Array
from rollcast.errors import ArgumentError, show
from rollcast.runtime.backend import load_keras
from rollcast.runtime.programs import identity

WeightedLoss: TypeAlias = Callable[[Array, Array, Array], Array]
"""(targets, outputs, weights), each (B, T, K), to one number."""


def weighted_loss(loss: Any) -> WeightedLoss:
    """A loss that leaves out missing and padded values.

    Args:
        loss: "rmse", or any Keras loss by name, function or object. Keras' losses are taken value by value.

    Raises:
        ArgumentError: a name that Keras does not know, or (when called) a function that gives one number for all.
    """
    if isinstance(loss, str) and loss == "rmse":
        return root_mean_square
    keras = load_keras()
    found: Any = None
    with suppress(ValueError, TypeError, KeyError, AttributeError, ImportError):
        found = keras.losses.get(loss)
    each: Any = getattr(found, "call", found) if isinstance(found, keras.losses.Loss) else found
    if not callable(each):
        raise ArgumentError(
            f'`loss` must be "rmse" or a Keras loss such as "huber"; got {show(loss)}.'
        )

    def mean(targets: Array, outputs: Array, weights: Array) -> Array:
        import jax.numpy as jnp

        values: Any = each(targets[..., None], outputs[..., None])
        if jnp.shape(values) != targets.shape:
            raise ArgumentError(
                "`loss` must give one value for each target, so that missing ones can be left out: take the mean over "
                f"the last axis alone (axis=-1); got the shape {jnp.shape(values)} for {targets[..., None].shape}."
            )
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
    if not type(loss).__module__.startswith("keras."):
        return identity(loss)
    # Keras' own hold a function and its options, which their configurations lack.
    options = [loss.get_config(), getattr(loss, "_fn_kwargs", None)]
    text = json.dumps(options, sort_keys=True, default=repr)
    return f"{type(loss).__qualname__}{identity(getattr(loss, 'fn', type(loss)))}{text}"
