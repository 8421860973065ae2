"""Horizons beyond the pretrained network's: each later block follows on paths that are drawn from the blocks before.

Medians that are fed back would be smoother than any series: the running scale shrinks as they are read, and with it
every later interval. Draws that know nothing of one another are rougher than the series, and the scale grows. So the
draws of a block are tied: their normal scores are a Markov chain whose correlation from one step to the next is such
that paths change from step to step as much as the series itself does.
"""

from __future__ import annotations

from functools import cache
from itertools import count
from statistics import NormalDist
from typing import Any, Final

import numpy as np

from rollcast._types import Array, Float32, Float64, Int64
from rollcast.forecasting.network_state import NetworkState, next_block, take_series
from rollcast.forecasting.rollout import first_block, read_block
from rollcast.networks.network import AnyNetwork, Weights
from rollcast.networks.pretrained_network import PretrainedNetwork
from rollcast.preprocessing.anchors import AnchorScale
from rollcast.preprocessing.bounds import hold
from rollcast.preprocessing.seasonal_transform import SEASONAL
from rollcast.preprocessing.series_buffer import capacity
from rollcast.runtime.programs import compiled

PATHS: Final = 64
"""N, of each series."""

MOST_PATHS: Final = 24 * PATHS
"""Paths of all series that are drawn side by side."""

MOST_DRAWN: Final = 2**15
"""Forecast values of rolling origins, each of which takes its paths: about half a minute of one core. Only where series
are so many that one origin of each makes more, there are more."""

SEED: Final = 20261
"""Of the draws, which are the same for every series: a forecast does not depend on what else is forecast."""

DRAWN: Final = 32
"""Blocks whose draws differ; after so many they begin again."""

MOST_SCORE: Final = 4.0
"""How far a normal score may lie from 0: one value of 16,000 lies farther off on either side."""

MOST_TIED: Final = 0.9999
"""The largest correlation of two neighbouring steps."""

HALVINGS: Final = 12
"""Of the stretch between the lowest and the highest path's quantile, in which that of the mixture lies."""


def forecast_paths(
    network: AnyNetwork,
    weights: Weights,
    scale: AnchorScale,
    state: NetworkState,
    h: int,
    *,
    paths: int = PATHS,
    places: Int64 | None = None,
) -> Float32:
    """(m, h, Q) quantiles of any number of steps ahead, in scaled units.

    The first K are the network's. Those beyond are quantiles of a mixture: of the distributions that the network gives
    after each path. Paths are drawn from some series at a time, so their memory is bounded.

    Args:
        network: the structure of a pretrained one.
        weights: the network's, as a plain value.
        scale: of each series.
        state: where to go on from.
        h: horizon.
        paths: N.
        places: (m,) the series that are wanted; default all.

    Raises:
        TypeError: the network is another one.
    """
    if not isinstance(network, PretrainedNetwork):
        raise TypeError(f"paths are drawn from pretrained networks; got {type(network).__name__}")
    import jax

    number = -(-h // network.steps)
    first = np.asarray(first_block(network, weights, scale, state, None))
    wanted = np.arange(len(first)) if places is None else places
    if number == 1:
        return first[wanted, :h]
    room = capacity(number, least=1)

    def run(
        weights: Weights,
        scale: AnchorScale,
        state: NetworkState,
        first: Array,
        noise: Array,
        stride: Array,
        number: Array,
    ) -> Array:
        start, chance = (state, first), (noise, stride)
        return _later_blocks(network, weights, scale, start, chance, number, room)

    chance = (_noise(paths, network.steps), np.float32(network.stride), np.int32(number))
    made = np.empty((len(wanted), h, first.shape[2]), np.float32)
    scale, state = jax.tree.map(np.asarray, (scale, state))
    size = min(capacity(len(wanted), least=1), max(MOST_PATHS // paths, 1))
    for begin in range(0, len(wanted), size):
        some = wanted[begin : begin + size]
        full = some[np.arange(size) % len(some)]  # one size, so that one program serves all
        start = (scale.take(full), take_series(state, full), first[full])
        arguments = (weights, *start, *chance)
        program = compiled(("paths", network.description, room, paths), run, *arguments)
        made[begin : begin + size] = np.asarray(program(*arguments))[: len(some), :h]
    return made


def forecast_medians(
    network: AnyNetwork,
    weights: Weights,
    scale: AnchorScale,
    state: NetworkState,
    h: int,
    places: Int64 | None = None,
) -> Float32:
    """(m, h) the medians of what :func:`forecast_paths` makes."""
    made = forecast_paths(network, weights, scale, state, h, places=places)
    return np.asarray(network.distribution.point(made))


def draw_values(levels: tuple[float, ...], quantiles: Array, scores: Array) -> Array:
    """(...) the values at normal scores (...), of distributions that are known by their quantiles (..., Q).

    Between two levels they lie on a straight line over the scores, and beyond the outermost on that of the two that
    are next to them, as far as a score of 4.

    Args:
        levels: (Q,) at least two.
        quantiles: (..., Q)
        scores: (...)
    """
    import jax.numpy as jnp

    known = level_scores(levels)
    z = jnp.clip(scores, -MOST_SCORE, MOST_SCORE)
    made = quantiles[..., 0]
    for k in range(len(levels) - 1):
        low = -np.inf if k == 0 else known[k]
        high = np.inf if k == len(levels) - 2 else known[k + 1]
        slope = (quantiles[..., k + 1] - quantiles[..., k]) / (known[k + 1] - known[k])
        made = made + slope * (jnp.clip(z, low, high) - known[k])
    return made


def tie(widths: Array, noise: Array, stride: Array) -> Array:
    """(..., K) normal scores of which each is tied to the one before.

    A value that is its step's width times a score changes from step to step by ``stride`` (standard deviation), where
    some correlation between 0 and 1 makes it do so. That is exact for white noise, random walks and what lies between
    them.

    Args:
        widths: (..., K) of the distributions, as a standard deviation, in units of the running scale; paths that share
            them may share a row.
        noise: (..., K) independent normal scores.
        stride: in the same units.
    """
    import jax
    import jax.numpy as jnp

    now, before = widths[..., 1:], widths[..., :-1]
    shared = (now**2 + before**2 - stride**2) / jnp.maximum(2 * now * before, 1e-12)
    shared = jnp.clip(shared, 0, MOST_TIED)

    def step(z: Array, at: tuple[Array, Array]) -> tuple[Array, Array]:
        r, e = at
        z = r * z + jnp.sqrt(1 - r**2) * e
        return z, z

    by_step = (jnp.moveaxis(shared, -1, 0), jnp.moveaxis(noise[..., 1:], -1, 0))
    _, rest = jax.lax.scan(step, noise[..., 0], by_step)
    return jnp.concatenate([noise[..., :1], jnp.moveaxis(rest, 0, -1)], axis=-1)


def mix(levels: tuple[float, ...], quantiles: Array) -> Array:
    """(S, K, Q) quantiles of the mean of the N distributions whose quantiles are (S, N, K, Q), at the same levels."""
    import jax
    import jax.numpy as jnp
    from jax.scipy.special import ndtr

    known = level_scores(levels)
    share = np.asarray(levels, np.float32)
    apart = jnp.diff(quantiles, axis=-1)
    slopes = np.diff(known) / jnp.maximum(apart, 1e-9 + 1e-6 * jnp.abs(quantiles[..., 1:]))

    def below(y: Array) -> Array:
        """(S, K, Q) the share of the mixture below values of that shape."""
        at = y[:, None]
        z = jnp.full((), known[0])
        for k in range(len(levels) - 1):
            part = (at - quantiles[..., k, None]) * slopes[..., k, None]
            low = -np.inf if k == 0 else 0.0
            high = np.inf if k == len(levels) - 2 else known[k + 1] - known[k]
            z = z + jnp.clip(part, low, high)
        return ndtr(z).mean(axis=1)

    def halve(_: Any, ends: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = ends
        middle = (low + high) / 2
        under = below(middle) < share
        return jnp.where(under, middle, low), jnp.where(under, high, middle)

    ends = (quantiles.min(axis=1), quantiles.max(axis=1))
    low, high = jax.lax.fori_loop(0, HALVINGS, halve, ends)
    from_low, to_high = below(low), below(high)
    part = (share - from_low) / jnp.maximum(to_high - from_low, 1e-9)
    return jax.lax.cummax(low + (high - low) * jnp.clip(part, 0, 1), axis=2)


def _later_blocks(
    network: PretrainedNetwork,
    weights: Weights,
    scale: AnchorScale,
    start: tuple[NetworkState, Array],
    chance: tuple[Array, Array],
    number: Array,
    room: int,
) -> Array:
    """(S, room * K, Q) the first block and those that follow; after ``number`` of them all are zero."""
    import jax
    import jax.numpy as jnp

    levels = network.distribution.levels
    (state, first), (noise, stride) = start, chance
    (_, N, K), S = noise.shape, len(first)
    each = scale.take(np.repeat(np.arange(S), N))

    def step(
        i: Array, carry: tuple[NetworkState, Array, Array]
    ) -> tuple[NetworkState, Array, Array]:
        state, params, whole = carry
        unit = SEASONAL.unit(each, state.memory)[:, None]
        scores = tie(
            widths(levels, params) / unit, jnp.tile(noise[(i - 1) % DRAWN], (S, 1)), stride
        )
        block = hold(draw_values(levels, params, scores), each.lowest, each.highest)
        state = read_block(network, weights, each, state, block)
        params = next_block(network, weights, each, state)
        return state, params, whole.at[i].set(mix(levels, params.reshape(S, N, K, -1)))

    many = jax.tree.map(lambda a: jnp.repeat(a, N, axis=0), (state, first))
    whole = jnp.zeros((room, *first.shape), first.dtype).at[0].set(first)
    _, _, whole = jax.lax.fori_loop(1, number, step, (*many, whole))
    return jnp.moveaxis(whole, 0, 1).reshape(S, room * K, -1)


def widths(levels: tuple[float, ...], quantiles: Array) -> Array:
    """(..., ) standard deviations of normal distributions as wide as these, from the levels of a tenth and beyond."""
    known, last = level_scores(levels), len(levels) - 1
    pairs = [k for k in range(len(levels) // 2) if levels[k] <= 0.1] or [0]
    made = [
        (quantiles[..., last - k] - quantiles[..., k]) / (known[last - k] - known[k]) for k in pairs
    ]
    return sum(made[1:], made[0]) / len(made)


def level_scores(levels: tuple[float, ...]) -> Float32:
    """(Q,) the normal scores of levels."""
    return np.array([NormalDist().inv_cdf(level) for level in levels], np.float32)


@cache
def _noise(paths: int, steps: int) -> Float32:
    """(DRAWN, N, K) normal scores of the draws of each block.

    At every step, and of their sum over a block, they are N evenly spread ones, and the sums of two blocks are spread
    evenly over a plane (Richtmyer, 1951, "The evaluation of definite integrals"): so few paths are enough.
    """
    even = [NormalDist().inv_cdf((i + 0.5) / paths) for i in range(paths)]
    even = np.array(even) / np.std(even)

    def spread(values: Float64) -> Float64:
        """Evenly spread scores in the order of the values (N, ...)."""
        return even[values.argsort(axis=0).argsort(axis=0)]

    made = np.empty((DRAWN, paths, steps), np.float32)
    for i in range(DRAWN):
        drawn = spread(np.random.default_rng([SEED, i]).standard_normal((paths, steps)))
        total = drawn.sum(axis=1) / np.sqrt(steps)
        drawn += ((spread(total) - total) / np.sqrt(steps))[:, None]
        place = (np.arange(paths) * np.sqrt(_prime(i)) % 1).argsort().argsort()
        made[i] = drawn[total.argsort()[place]]
    return made


def _prime(number: int) -> int:
    """2, 3, 5 ... of the number 0, 1, 2 ..."""
    found = [2]
    while len(found) <= number:
        found.append(next(n for n in count(found[-1] + 1) if all(n % p for p in found)))
    return found[number]
