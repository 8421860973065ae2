"""Sample paths: whole futures of every series, whose steps belong together.

Of the pretrained network the paths are spread at each step as its quantiles say. Within a block of K steps the draws
are tied from step to step, see :func:`rollcast.forecasting.sampled_paths.tie`. A network of points has no quantiles: to
each block of its points a whole row of residuals is added, one of those that the validation part left. Each later block
follows on the path that was drawn.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

from rollcast._types import Array, Float32, Float64, Int64
from rollcast.errors import ArgumentError
from rollcast.forecasting.network_state import NetworkState, next_block, take_series
from rollcast.forecasting.rollout import first_block, read_block
from rollcast.forecasting.sampled_paths import draw_values, tie, widths
from rollcast.forecasting.state import State
from rollcast.forecasting.trained_model import Model
from rollcast.networks.network import AnyNetwork, Weights
from rollcast.networks.pretrained_network import PretrainedNetwork
from rollcast.preprocessing.anchors import AnchorScale
from rollcast.preprocessing.seasonal_transform import SEASONAL
from rollcast.preprocessing.series_buffer import capacity
from rollcast.runtime.programs import compiled

MOST_ROLLED: Final = 2048
"""Paths that are rolled forward side by side: each has a state of its own."""

MOST_AT_ONCE: Final = 2**21
"""Values of one block that are drawn at once."""

MOST_VALUES: Final = 2**27
"""Values of all paths at most: a gigabyte."""

_BYTES: Final = 8
"""Of a key."""


Marginals: TypeAlias = Callable[[Float32, Int64], Float64]
"""From the network's quantiles (S', K, Q) of the series at places (S',) to those that its paths shall have."""


def sample_paths(
    model: Model,
    state: State,
    h: int,
    *,
    paths: int,
    seed: int,
    marginals: Marginals | None = None,
) -> Float64:
    """(S, N, h) paths in the data's units, within the bounds.

    A series' paths follow from its identifier, its state and the seed: what else is forecast has no part in them, and
    the draws of two series are independent.

    Args:
        model: that forecasts quantiles, or holds residuals of a validation part.
        state: where to go on from.
        h: horizon.
        paths: N.
        seed: of the draws.
        marginals: the quantiles of the first block in scaled units, where they are others than the network's, such as
            calibrated ones. Of networks of points they are not asked for.

    Raises:
        ArgumentError: the model forecasts points and holds no residuals, or there are more values than memory is likely
            to hold.
    """
    network, S = model.network_for(h), len(state)
    residuals = model.basis.residuals
    if not isinstance(network, PretrainedNetwork) and not len(residuals):
        raise ArgumentError(
            "`paths` of a network of points are drawn from residuals of a validation part, and this model holds too "
            "few or none; fit it again with a larger `val_size`, or from the pretrained network, which is the default."
        )
    if S * paths * h > MOST_VALUES:
        raise ArgumentError(
            f"`paths` = {paths:,} of {S:,} series and {h:,} steps are {S * paths * h:,} values, and {MOST_VALUES:,} "
            "can be made at once; pass fewer `paths`, a smaller `h`, or a part of the series."
        )
    made = np.empty((S, paths, h), np.float32)
    K = network.output_size
    number = -(-h // K)
    most = MOST_AT_ONCE // (paths * K) if number == 1 else MOST_ROLLED // paths
    size = min(capacity(S, least=1), max(most, 1))
    for begin in range(0, S, size):
        some = np.arange(begin, min(begin + size, S))
        full = some[np.arange(size) % len(some)]  # one size, so that one program serves all
        keys = series_keys([state.ids[s] for s in full], seed)
        scale = state.preparation.anchor_scale(full)
        start = take_series(state.network_state, full)
        first = first_block(network, model.weights, scale, start, None)
        if marginals is not None and isinstance(network, PretrainedNetwork):
            first = marginals(np.asarray(first), full).astype(np.float32)
        chance = _Chance(keys, _stride(model), residuals)
        begun = (start, first)
        drawn = _draw_group(network, model.weights, scale, begun, chance, paths, number)
        made[some] = drawn[: len(some), :, :h]
    return state.preparation.restore(made, np.arange(S))


def series_keys(ids: Iterable[Any], seed: int) -> np.ndarray:
    """(S, 2) whole numbers of 32 bits that follow from identifiers and a seed alone: a key of JAX's each."""
    digests = (
        hashlib.blake2b(f"{seed}:{one}".encode(), digest_size=_BYTES).digest() for one in ids
    )
    return np.frombuffer(b"".join(digests), "<u4").reshape(-1, 2).astype(np.uint32)


def step_noise(keys: Array, begin: Array | int, steps: int, paths: int) -> Array:
    """(S, N, K) independent normal scores; those of a step are the same whatever block it falls into.

    Args:
        keys: (S, 2) see :func:`series_keys`.
        begin: the first step's number.
        steps: K.
        paths: N.
    """
    import jax
    import jax.numpy as jnp

    def of_step(key: Array, step: Array) -> Array:
        own = jax.random.fold_in(jax.random.wrap_key_data(key, impl="threefry2x32"), step)
        return jax.random.normal(own, (paths,), jnp.float32)

    by_step = jax.vmap(jax.vmap(of_step, (None, 0)), (0, None))
    return jnp.moveaxis(by_step(keys, begin + jnp.arange(steps)), 1, 2)


class _Chance(NamedTuple):
    """By what is drawn.

    Attributes:
        keys: (S, 2) see :func:`series_keys`.
        stride: of the pretrained network's paths.
        residuals: (R, K) of a network of points.
    """

    keys: Array
    stride: Array
    residuals: Array


def _stride(model: Model) -> np.float32:
    own = model.network.stride if isinstance(model.network, PretrainedNetwork) else 0.0
    return np.float32(own if model.basis.stride is None else model.basis.stride)


def _draw_group(
    network: AnyNetwork,
    weights: Weights,
    scale: AnchorScale,
    start: tuple[NetworkState, Array],
    chance: _Chance,
    paths: int,
    number: int,
) -> Float32:
    """(S, N, room * K) paths in scaled units; after ``number`` blocks all are zero."""
    room = capacity(number, least=1)

    def run(
        weights: Weights,
        scale: AnchorScale,
        start: tuple[NetworkState, Array],
        chance: _Chance,
        number: Array,
    ) -> Array:
        return _blocks(network, weights, scale, start, chance, number, (paths, room))

    arguments = (weights, scale, start, chance, np.int32(number))
    program = compiled(("joint paths", network.description, paths, room), run, *arguments)
    return np.asarray(program(*arguments))


def _blocks(
    network: AnyNetwork,
    weights: Weights,
    scale: AnchorScale,
    start: tuple[NetworkState, Array],
    chance: _Chance,
    number: Array,
    sizes: tuple[int, int],
) -> Array:
    """(S, N, room * K), see :func:`_draw_group`."""
    import jax
    import jax.numpy as jnp

    (state, first), (N, room) = start, sizes
    S, K, Q = first.shape
    block = _draw_block(network, scale, (state, first[:, None]), chance, 0, N)
    if room == 1:
        return block
    each = scale.take(np.repeat(np.arange(S), N))

    def step(i: Array, carry: tuple[NetworkState, Array, Array]) -> tuple[Any, Array, Array]:
        state, block, whole = carry
        state = read_block(network, weights, each, state, block.reshape(S * N, K))
        params = next_block(network, weights, each, state).reshape(S, N, K, Q)
        block = _draw_block(network, each, (state, params), chance, i * K, N)
        return state, block, whole.at[i].set(block)

    many = jax.tree.map(lambda a: jnp.repeat(a, N, axis=0), state)
    whole = jnp.zeros((room, S, N, K), first.dtype).at[0].set(block)
    _, _, whole = jax.lax.fori_loop(1, number, step, (many, block, whole))
    return jnp.moveaxis(whole, 0, 2).reshape(S, N, room * K)


def _draw_block(
    network: AnyNetwork,
    scale: AnchorScale,
    stand: tuple[NetworkState, Array],
    chance: _Chance,
    begin: Array | int,
    paths: int,
) -> Array:
    """(S, N, K) values of one block.

    Args:
        network: gives the levels of its quantiles.
        scale: of as many states as there are.
        stand: the states, and parameters (S, M, K, Q): M is 1 where all paths of a series stand at the same place.
        chance: by what is drawn.
        begin: the number of the block's first step.
        paths: N.
    """
    import jax.numpy as jnp

    (state, params), S, M = stand, *stand[1].shape[:2]
    if isinstance(network, PretrainedNetwork):
        levels, unit = network.levels, SEASONAL.unit(scale, state.memory).reshape(S, M, 1)
        noise = step_noise(chance.keys, begin, params.shape[2], paths)
        scores = tie(widths(levels, params) / unit, noise, chance.stride)
        values = draw_values(levels, params, scores)
    else:
        place = _places(chance.keys, begin, paths, len(chance.residuals))
        unit = scale.anchor_error.reshape(S, M, 1)
        values = network.distribution.point(params) + chance.residuals[place] * unit
    if scale.lowest is None or scale.highest is None:
        return values
    low, high = (edge.reshape(S, M, 1) for edge in (scale.lowest, scale.highest))
    return jnp.clip(values, low, high)


def _places(keys: Array, begin: Array | int, paths: int, number: int) -> Array:
    """(S, N) which of so many rows is drawn for a block."""
    import jax

    def of_series(key: Array) -> Array:
        own = jax.random.fold_in(jax.random.wrap_key_data(key, impl="threefry2x32"), begin)
        return jax.random.randint(own, (paths,), 0, number)

    return jax.vmap(of_series)(keys)
