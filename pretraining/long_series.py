"""Whether long series are forecast worse for all that was read of them: ``python -m pretraining.long_series FILE``.

Training sees 2,048 rows at most. Series of 10,000 rows are read to 30 origins each, once from their first row and once
from 2,048 rows before the origin. What is printed is the error of the first beside that of the second, as the mean of
the ratios of the series, with its standard error. ``--data`` takes the seven series of ETTh1 as well.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from pretraining.batches import draw_sized
from pretraining.run_file import averaged_arrays
from pretraining.sizes import Size
from rollcast._types import Array, Float64
from rollcast.data.seasons import Seasons
from rollcast.networks.pretrained_network import LEVELS, NetworkWeights, run_head, run_layers
from rollcast.networks.pretrained_weights import load_pretrained, weights_by_name
from rollcast.preprocessing.read_series import ahead_of, read_series

READ: Final = 2048
"""Rows before an origin in the second reading."""

STEPS: Final = 48
"""K, steps ahead that are judged."""

ORIGINS: Final = 30
"""Of each series."""

SIDE_BY_SIDE: Final = 60
"""Windows that are read at once."""

SEASONS: Final = ((24, 168), (48, 336), (7, 365), (1, 0))
"""First and second season of the synthetic series."""


class Ratio(NamedTuple):
    """The error after all rows, over that after the newest.

    Attributes:
        mean: the geometric one over the series.
        error: standard error of its logarithm.
    """

    mean: float
    error: float


class Compared(NamedTuple):
    """How both readings compare.

    Attributes:
        point: by the mean absolute error of the medians.
        pinball: by the mean pinball loss of all quantiles.
    """

    point: Ratio
    pinball: Ratio


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each kind of series; 2 if a file can't be read.

    Args:
        arguments: of the command line; those of this process by default.
    """
    made = argparse.ArgumentParser(prog="python -m pretraining.long_series", description=__doc__)
    made.add_argument("run", type=Path, nargs="?", help="of a run; default what the package has")
    made.add_argument("--rows", type=int, default=10_000, help="of a series")
    made.add_argument("--series", type=int, default=16, help="of each kind")
    made.add_argument("--seed", type=int, default=88)
    made.add_argument("--data", type=Path, metavar="DIR", help="has classic/ETTh1.csv")
    options = made.parse_args(arguments)
    try:
        arrays = averaged_arrays(options.run) if options.run else None
        weights = load_pretrained().held if arrays is None else weights_by_name(arrays)
        hours = _read_hours(options.data) if options.data else None
    except (ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for first, second in SEASONS:
        size = Size(
            options.rows - STEPS, STEPS, options.series, {first: 1.0}, {first: second}, 1.0, 1
        )
        batch = draw_sized(
            np.random.default_rng([options.seed, first]), size, frozenset({"lengths"})
        )
        found = compare(weights, batch.values, ~batch.missing, (first, second))
        sys.stdout.write(describe(f"{first}, {second}", found))
    if hours is not None:
        found = compare(weights, hours, np.ones(hours.shape, bool), (24, 168))
        sys.stdout.write(describe("ETTh1", found))
    return 0


def describe(name: str, found: Compared) -> str:
    """A line of text."""
    point, pinball = (f"{ratio.mean:.4f} +- {ratio.error:.4f}" for ratio in found)
    return f"{name}: MASE {point}, pinball {pinball}\n"


def compare(
    weights: NetworkWeights, values: Array, observed: Array, seasons: tuple[int, int]
) -> Compared:
    """Compare both readings of series (B, N).

    Args:
        weights: of the network.
        values: whatever the network would read.
        observed: where there was a value.
        seasons: of all series, 0 for no second one.
    """
    B, N = values.shape
    last = np.linspace(max(READ, N // 3), N - STEPS - 1, ORIGINS).astype("i4")
    every = np.asarray(_forecast(weights, values, observed, seasons, np.tile(last, (B, 1))))
    rows = last[:, None] + np.arange(1 - READ, 1)
    windows = [a[:, rows].reshape(-1, READ) for a in (values, observed)]
    newest = _in_parts(weights, windows, seasons).reshape(every.shape)
    came = last[:, None] + np.arange(1, STEPS + 1)
    true, there = values[:, came], observed[:, came]
    return Compared(
        *(
            _ratio(*(np.where(there, loss(made, true), 0).mean((1, 2)) for made in (every, newest)))
            for loss in (_absolute, _pinball)
        )
    )


def _in_parts(weights: NetworkWeights, windows: list[Array], seasons: tuple[int, int]) -> Float64:
    """(W, K, Q) forecasts behind the last row of each window, by one compiled program."""
    count, parts = len(windows[0]), []
    for begin in range(0, count, SIDE_BY_SIDE):
        place = np.arange(begin, begin + SIDE_BY_SIDE) % count
        origins = np.full((SIDE_BY_SIDE, 1), READ - 1, "i4")
        values, observed = (a[place] for a in windows)
        parts.append(np.asarray(_forecast(weights, values, observed, seasons, origins))[:, 0])
    return np.concatenate(parts)[:count]


def _forecast(
    weights: NetworkWeights,
    values: Array,
    observed: Array,
    seasons: tuple[int, int],
    origins: Array,
) -> Array:
    """(B, O, K, Q) in the units of the values."""
    import jax

    first, second = (np.full(len(values), rows, "i4") for rows in seasons)
    program = jax.jit(_run)
    return program(weights, values, observed, Seasons(first, second), origins)


def _run(
    weights: NetworkWeights, values: Array, observed: Array, seasons: Seasons, origins: Array
) -> Array:
    import jax.numpy as jnp

    begin = values[:, :1]
    unit = jnp.abs(jnp.diff(values, axis=1)).mean(axis=1, keepdims=True)
    unit = jnp.where(unit > 0, unit, 1)
    read = read_series((values - begin) / unit, observed, seasons)
    hidden = weights.layers[0].recurrent_kernel.shape[0]
    states = [jnp.zeros((len(values), hidden))] * 2 * len(weights.layers)
    features, _ = run_layers(weights.layers, read.inputs, states)
    features = jnp.take_along_axis(features, origins[:, :, None], axis=1)
    made = run_head(weights.head, features, ahead_of(read, origins, STEPS))
    base, scale = (
        jnp.take_along_axis(known, origins, axis=1)[:, :, None, None]
        for known in (read.standing.base, read.standing.scale)
    )
    return (made * scale + base) * unit[:, :, None, None] + begin[:, :, None, None]


def _absolute(made: Float64, true: Float64) -> Float64:
    return np.abs(made[..., len(LEVELS) // 2] - true)


def _pinball(made: Float64, true: Float64) -> Float64:
    levels, error = np.array(LEVELS), true[..., None] - made
    return np.maximum(levels * error, (levels - 1) * error).mean(axis=-1)


def _ratio(every: Float64, newest: Float64) -> Ratio:
    logs = np.log(np.maximum(every, 1e-12) / np.maximum(newest, 1e-12))
    return Ratio(float(np.exp(logs.mean())), float(logs.std() / np.sqrt(len(logs))))


def _read_hours(data: Path) -> Float64:
    """(7, N) the training, validation and test parts of ETTh1."""
    table = np.genfromtxt(data / "classic" / "ETTh1.csv", delimiter=",", skip_header=1)
    return table[:14_400, 1:].T.astype("f4")


if __name__ == "__main__":
    sys.exit(main())
