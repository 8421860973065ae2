"""Trials by the kernel are the bits that JAX draws."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from rollcast.networks.kernels import status
from rollcast.networks.kernels.bernoulli import bernoulli
from rollcast.networks.kernels.library import INSTRUCTION_SETS, library, registered

pytestmark = pytest.mark.skipif(
    not status().active or jax.default_backend() != "cpu",
    reason=f"the kernels do not run here: {status().reason}",
)

NATIVE = library()
SETS = [s for i, s in enumerate(INSTRUCTION_SETS) if NATIVE and NATIVE.handle.rollcast_supports(i)]
KEYS = [[0, 0], [0, 42], [2**32 - 1, 2**31], [0xDEADBEEF, 7]]


def key_of(words) -> jax.Array:
    return jnp.asarray(words, jnp.uint32)


def expected(key, probability, shape):
    return jax.random.bernoulli(key, probability, shape)


@pytest.mark.parametrize(
    "shape",
    [
        (),
        (0,),
        (3, 0),
        (1,),
        (3,),
        (16,),
        (17,),
        (5, 7, 3),
        (2047,),
        (2048,),
        (2049,),
        (64, 13, 128),
    ],
)
def test_any_shape(shape):
    key = key_of([1, 2])
    drawn = bernoulli(key, 0.7, shape)
    assert drawn.shape == shape
    assert_array_equal(drawn, expected(key, 0.7, shape))


@pytest.mark.parametrize("words", KEYS)
def test_any_key(words):
    drawn = bernoulli(key_of(words), 0.5, (300,))
    assert_array_equal(drawn, expected(key_of(words), 0.5, (300,)))
    assert 100 < drawn.sum() < 200


@pytest.mark.parametrize("probability", [0.0, 1e-6, 0.1, 1 - 0.1, 0.5, 0.7, 1 - 1e-7, 1.0])
def test_any_probability(probability):
    key = key_of([3, 4])
    drawn = bernoulli(key, probability, (40_000,))
    assert_array_equal(drawn, expected(key, probability, (40_000,)))
    assert abs(drawn.mean() - probability) < 0.01


@pytest.mark.parametrize("isa", SETS)
def test_every_instruction_set_draws_the_same(isa):
    registered()
    for size in (1, 5, 16, 2050):
        call = jax.ffi.ffi_call("rollcast_bernoulli", jax.ShapeDtypeStruct((size,), jnp.bool))
        number = np.int64(INSTRUCTION_SETS.index(isa))
        drawn = call(key_of([5, 6]), isa=number, probability=np.float32(0.3))
        assert_array_equal(drawn, expected(key_of([5, 6]), 0.3, (size,)))


def test_under_jit_and_vmap_over_keys():
    keys = key_of(KEYS)
    drawn = jax.jit(jax.vmap(lambda key: bernoulli(key, 0.4, (9, 5))))(keys)
    assert_array_equal(drawn, jax.vmap(lambda key: expected(key, 0.4, (9, 5)))(keys))
    grid = jnp.stack([keys[:2], keys[2:], keys[1:3]])
    drawn = jax.vmap(jax.vmap(lambda key: bernoulli(key, 0.4, (2100,))))(grid)
    assert_array_equal(drawn, jax.vmap(jax.vmap(lambda key: expected(key, 0.4, (2100,))))(grid))
