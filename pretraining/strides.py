"""How much drawn paths change from step to step, fitted on synthetic series: ``python -m pretraining.strides FILE``.

Forecasts of more steps than the network emits at once follow on paths, see ``rollcast.forecasting.sampled_paths``. With
the right stride the running scale is, after a path of one block has been read, what it is after the values that came.
``python -m pretraining.ship`` takes what is printed as a ``--number``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from pretraining.batches import Batch, draw_of_size
from pretraining.run_file import averaged_arrays
from pretraining.sizes import SIZES
from rollcast._types import Array, Float64
from rollcast.data.seasons import Seasons
from rollcast.forecasting.sampled_paths import draw_values, tie, widths
from rollcast.networks.pretrained_network import (
    MOST_STEPS,
    NetworkWeights,
    PretrainedNetwork,
    run_head,
    run_layers,
)
from rollcast.networks.pretrained_weights import load_pretrained, weights_by_name
from rollcast.preprocessing.anchors import AnchorScale
from rollcast.preprocessing.seasonal_transform import SEASONAL

BATCHES: Final = {2: 8, 3: 16, 4: 32}
"""How many are drawn of the sizes at these places."""

PATHS: Final = 32

TRIED: Final = np.arange(0.5, 1.85, 0.05)
"""Strides, in scales."""

_RING: Final = 2048
"""Values that are remembered, enough for two of the longest seasons."""


class Block(NamedTuple):
    """B series before a block of K rows, in scaled units.

    Attributes:
        scale: of the transform.
        memory: of the transform, after the newest row that was read.
        params: (B, K, Q) quantiles of the block.
        values: (B, K) that came.
    """

    scale: Array
    memory: Array
    params: Array
    values: Array


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the stride of some weights; 2 if they can't be read.

    Args:
        arguments: of the command line; those of this process by default.
    """
    made = argparse.ArgumentParser(prog="python -m pretraining.strides", description=__doc__)
    made.add_argument("run", type=Path, nargs="?", help="of a run; default what the package has")
    made.add_argument("--seed", type=int, default=77, help="of the series")
    options = made.parse_args(arguments)
    try:
        network = load_pretrained()
        if options.run:
            weights = weights_by_name(averaged_arrays(options.run))
            network = PretrainedNetwork(weights, MOST_STEPS)
        errors = errors_by_stride(network, options.seed)
    except (ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"stride={lowest(TRIED, errors):.3f}\n")
    return 0


def lowest(tried: Float64, errors: Float64) -> float:
    """Where the parabola through the least of the errors (n,) and its neighbours is lowest."""
    best = int(np.clip(errors.argmin(), 1, len(tried) - 2))
    low, middle, high = errors[best - 1 : best + 2]
    return float(
        tried[best] + (low - high) / (2 * (low - 2 * middle + high)) * (tried[1] - tried[0])
    )


def errors_by_stride(network: PretrainedNetwork, seed: int) -> Float64:
    """(n,) the mean CRPS of the logarithm of the running scale after a block, for each of ``TRIED``.

    Args:
        network: whose quantiles are drawn from.
        seed: of the series; another one than that of training.
    """
    parts: list[Float64] = []
    for place, count in BATCHES.items():
        for i in range(count):
            rng = np.random.default_rng([seed, place, i])
            batch = draw_of_size(rng, place, frozenset({"wrong"}))
            parts.append(_errors_of(network, batch, rng))
    return np.concatenate(parts, axis=1).mean(axis=1)


def _errors_of(network: PretrainedNetwork, batch: Batch, rng: np.random.Generator) -> Float64:
    """(n, B') of the series of a batch that have all rows, and none missing among the newest."""
    import jax

    size, K = SIZES[batch.size], network.steps
    rows = size.rows + size.horizon - K
    noise = rng.standard_normal((PATHS, K)).astype("f4")
    read, draw, reach = (jax.jit(f, static_argnums=n) for f, n in _PROGRAMS)
    seasons = Seasons(batch.season, batch.second)
    block = read(network.held, batch.values, ~batch.missing, seasons, rows)
    came = np.log(np.asarray(reach(block, block.values[:, None]))[:, 0])
    drawn = [
        reach(block, draw(block, noise, np.float32(stride), network.levels)) for stride in TRIED
    ]
    whole = (batch.length == size.rows + size.horizon) & ~batch.missing[:, rows:].any(axis=1)
    return np.stack([crps(np.log(np.asarray(each)), came) for each in drawn])[:, whole]


def read_block(
    weights: NetworkWeights, values: Array, observed: Array, seasons: Seasons, rows: int
) -> Block:
    """Read so many rows of series (B, N), and forecast the others.

    Args:
        weights: of the network.
        values: as the generator has them.
        observed: where there was a value.
        seasons: of each series.
        rows: that are read.
    """
    import jax.numpy as jnp

    unit = jnp.abs(jnp.diff(values[:, :rows], axis=1)).mean(axis=1)
    values = (values - values[:, :1]) / jnp.where(unit > 0, unit, 1)[:, None]
    one = np.ones(len(values), np.float32)
    scale = AnchorScale(one, one.astype("i4"), np.float32(0), seasons=seasons)
    memory = SEASONAL.init(values[:, 0], _RING)
    seen = observed[:, :rows].astype(np.float32)
    memory, inputs = SEASONAL.whole(scale, memory, values[:, :rows], seen, None)
    hidden = weights.layers[0].recurrent_kernel.shape[0]
    states = [jnp.zeros((len(values), hidden))] * 2 * len(weights.layers)
    features, _ = run_layers(weights.layers, inputs, states)
    ahead = SEASONAL.ahead(scale, memory, values.shape[1] - rows)
    params = run_head(weights.head, features[:, -1:], ahead[:, None])[:, 0]
    return Block(scale, memory, SEASONAL.place(scale, memory, params), values[:, rows:])


def draw_paths(block: Block, noise: Array, stride: Array, levels: tuple[float, ...]) -> Array:
    """(B, N, K) paths of the block, from independent scores (N, K) that all series share."""
    import jax.numpy as jnp

    B, (N, K) = len(block.params), noise.shape
    params = jnp.repeat(block.params, N, axis=0)
    unit = jnp.repeat(SEASONAL.unit(block.scale, block.memory), N)[:, None]
    scores = tie(widths(levels, params) / unit, jnp.tile(noise, (B, 1)), stride)
    return draw_values(levels, params, scores).reshape(B, N, K)


def scale_after(block: Block, paths: Array) -> Array:
    """(B, N) the running scale after each of the paths (B, N, K)."""
    import jax
    import jax.numpy as jnp

    B, N, K = paths.shape
    scale, memory = jax.tree.map(
        lambda a: jnp.repeat(a, N, axis=0) if jnp.ndim(a) else a, (block.scale, block.memory)
    )
    flat = paths.reshape(B * N, K)
    memory, _ = SEASONAL.whole(scale, memory, flat, jnp.ones_like(flat), None)
    return SEASONAL.unit(scale, memory).reshape(B, N)


def crps(drawn: Float64, came: Float64) -> Float64:
    """(B,) the continuous ranked probability score of draws (B, N) of numbers (B,) that came."""
    N = drawn.shape[1]
    ranked = np.sort(drawn, axis=1)
    apart = ((2 * np.arange(1, N + 1) - N - 1) * ranked).sum(axis=1) / N**2
    return np.abs(drawn - came[:, None]).mean(axis=1) - apart


_PROGRAMS: Final = ((read_block, 4), (draw_paths, 3), (scale_after, ()))


if __name__ == "__main__":
    sys.exit(main())
