"""AdamW with clipped gradients and averaged weights, as plain functions on any weights."""

from __future__ import annotations

from typing import Any, NamedTuple

from rollcast._types import Array

FIRST, SECOND = 0.9, 0.98
"""How much of the moments each update keeps."""

DECAY = 1e-3
"""Weight decay of matrices, by the rate."""

MOST_NORM = 1.0
"""Gradients are shortened to this norm."""


class Moments(NamedTuple):
    """What an optimizer remembers.

    Attributes:
        updates: () made so far.
        mean: of the gradients, as the weights are.
        square: of their squares.
        averaged: weights, with later ones counting more.
    """

    updates: Array
    mean: Any
    square: Any
    averaged: Any


def start(weights: Any) -> Moments:
    """Before the first update."""
    import jax
    import jax.numpy as jnp

    def zeros() -> Any:
        return jax.tree.map(jnp.zeros_like, weights)

    copied = jax.tree.map(
        jnp.array, weights
    )  # buffers of its own, so that a program may take them over
    return Moments(jnp.zeros((), jnp.int32), zeros(), zeros(), copied)


def update(
    weights: Any, moments: Moments, gradients: Any, rate: Array | float, average: float = 0.999
) -> tuple[Any, Moments, Array]:
    """One update (Loshchilov & Hutter, "Decoupled weight decay regularization", 2019).

    Args:
        weights: any tree of arrays.
        moments: of the updates before.
        gradients: as the weights are.
        rate: learning rate.
        average: what the averaged weights keep of themselves; less in the first updates.

    Returns:
        The weights and the moments after it, and the gradients' norm before they were clipped.
    """
    import jax
    import jax.numpy as jnp

    norm = jnp.sqrt(sum((g**2).sum() for g in jax.tree.leaves(gradients)))
    shorter = jnp.minimum(1.0, MOST_NORM / (norm + 1e-9))
    gradients = jax.tree.map(lambda g: g * shorter, gradients)
    n = moments.updates + 1
    mean = jax.tree.map(lambda m, g: FIRST * m + (1 - FIRST) * g, moments.mean, gradients)
    square = jax.tree.map(lambda s, g: SECOND * s + (1 - SECOND) * g * g, moments.square, gradients)
    first, second = 1 - FIRST**n, 1 - SECOND**n

    def moved(w: Array, m: Array, s: Array) -> Array:
        return w - rate * (m / first / (jnp.sqrt(s / second) + 1e-8) + DECAY * w * (w.ndim > 1))

    weights = jax.tree.map(moved, weights, mean, square)
    kept = jnp.minimum(average, (1 + n) / (10 + n))
    averaged = jax.tree.map(lambda a, w: a * kept + w * (1 - kept), moments.averaged, weights)
    return weights, Moments(n, mean, square, averaged), norm
