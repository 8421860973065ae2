"""Bernoulli's trials in one call, the same as JAX draws."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from rollcast._types import Array
from rollcast.networks.kernels.library import registered


def bernoulli(key: Array, probability: float, shape: tuple[int, ...]) -> Array:
    """Booleans that are true with a probability, equal to ``jax.random.bernoulli(key, probability, shape)``.

    Args:
        key: (2,) unsigned words, a raw Threefry key of JAX; JAX must draw in its partitionable way, as by default.
        probability: 0 .. 1.
        shape: of the result.
    """
    native = registered()
    result = jax.ShapeDtypeStruct(shape, jnp.bool)
    call = jax.ffi.ffi_call("rollcast_bernoulli", result, vmap_method="expand_dims")
    return call(key, isa=np.int64(native.instruction_set), probability=np.float32(probability))
