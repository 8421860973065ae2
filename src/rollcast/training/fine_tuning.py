"""Fine-tuning: the pretrained network goes on training on the series of a panel, gently and for a short time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np

from rollcast._types import Array, Bool, Float32, Float64, Int64
from rollcast.data.gaps import fill_gaps
from rollcast.data.seasons import Seasons
from rollcast.networks.network import Weights
from rollcast.networks.pretrained_network import MOST_STEPS, pack_weights, unpack_weights
from rollcast.preprocessing.series_buffer import capacity
from rollcast.runtime.programs import compiled
from rollcast.training import adamw
from rollcast.training.origin_loss import TrainingBatch, origin_loss

RATES: Final = (3e-4, 6e-4)
"""The highest learning rate of the fewest updates, and of the most. It rises over a tenth of them, and falls along a
cosine."""

UPDATES: Final = (60, 400)
"""The fewest updates, and the most."""

ROWS_OF_UPDATE: Final = 1000
"""Rows that are trained on for each update: a small panel has little to tell, and would be learned by heart."""

AVERAGE: Final = 0.98
"""What the averaged weights keep of themselves with each update."""

DROPPED: Final = 0.1
"""Share of each layer's outputs that is dropped."""

MOST_ROWS: Final = 1024
"""Newest rows of a series that are read."""

BATCH_ROWS: Final = 2**14
"""Rows of all series of a batch, about."""

MOST_SERIES: Final = 128
"""Series of a batch."""

ORIGINS: Final = 12
"""Forecasts of each series in a batch."""

LEAST_ROWS: Final = 5
"""Rows that a series needs to teach anything."""


@dataclass(frozen=True, eq=False)
class TuningRows:
    """The series that are trained on.

    Attributes:
        scaled: (N,) values, after the logarithm where one is taken; NaN where missing.
        begins: (S,) the first row of each series in them.
        ends: (S,) one past the last that may be seen.
        seasons: (S,)
        weights: (N,) how much each value counts; None where all count alike.
        mirrored: (S,) which may be turned upside down, so that a trend which they share teaches less.
    """

    scaled: Float32
    begins: Int64
    ends: Int64
    seasons: Seasons
    weights: Float64 | None
    mirrored: Bool

    @property
    def usable(self) -> Int64:
        """Which series have rows enough."""
        return np.flatnonzero(self.ends - self.begins >= LEAST_ROWS)

    @property
    def updates(self) -> int:
        """How many updates suit so many rows; 0 where no series has rows enough."""
        lengths = np.minimum(self.ends - self.begins, MOST_ROWS)
        return int(np.clip(lengths.sum() // ROWS_OF_UPDATE, *UPDATES)) if len(self.usable) else 0


def fine_tune(
    weights: Weights,
    rows: TuningRows,
    steps: int,
    updates: int,
    *,
    seed: int,
    told: Callable[[int, float], bool] = lambda update, loss: True,
) -> Weights:
    """The averaged weights after some updates.

    Args:
        weights: of the pretrained network.
        rows: the series.
        steps: K, steps ahead that are trained, as far as the network goes.
        updates: how many.
        seed: of the batches and of dropout.
        told: hears of each update and its loss; False ends the training there.
    """
    import jax
    import jax.numpy as jnp

    random, key = np.random.default_rng(seed), jax.random.key(seed)
    longest = int(np.minimum(rows.ends - rows.begins, MOST_ROWS).max(initial=LEAST_ROWS))
    length = capacity(longest, least=16)
    size = int(np.clip(BATCH_ROWS // length, 8, MOST_SERIES))
    held = jax.tree.map(jnp.asarray, unpack_weights(weights))
    highest = np.interp(updates, UPDATES, RATES)
    moments = adamw.start(held)
    steps = min(steps, MOST_STEPS)
    run = partial(_update, length, steps)
    order: list[int] = []
    for number in range(updates):
        while len(order) < size:
            order += random.permutation(rows.usable).tolist()
        chosen, order = np.array(order[:size]), order[size:]
        batch = _draw(random, rows, chosen, length)
        rise = min(1.0, (number + 1) / (0.1 * updates))
        rate = np.float32(highest * rise * (0.5 + 0.5 * np.cos(np.pi * number / updates)))
        arguments = (held, moments, batch, rate, jax.random.fold_in(key, number))
        program = compiled(("fine-tuning", length, steps), run, *arguments)
        held, moments, loss = program(*arguments)
        if not told(number + 1, float(loss)):
            break
    return pack_weights(jax.tree.map(np.asarray, moments.averaged))


def _update(
    length: int, steps: int, held: Any, moments: Any, batch: TrainingBatch, rate: Array, key: Array
) -> tuple[Any, Any, Array]:
    import jax

    def loss(held: Any) -> Array:
        return origin_loss(held, batch, length, steps, (key, DROPPED))

    value, gradients = jax.value_and_grad(loss)(held)
    held, moments, _ = adamw.update(held, moments, gradients, rate, AVERAGE)
    return held, moments, value


def _draw(
    random: np.random.Generator, rows: TuningRows, chosen: Int64, length: int
) -> TrainingBatch:
    """The newest rows of the chosen series, with origins at random."""
    ends = rows.ends[chosen]
    begins = np.maximum(rows.begins[chosen], ends - length)
    count = ends - begins
    index = np.minimum(begins[:, None] + np.arange(length), ends[:, None] - 1)
    values = rows.scaled[index].astype(np.float64)
    observed: Bool = ~np.isnan(values)
    flat = np.arange(len(chosen) + 1) * length
    values = fill_gaps(values.reshape(-1), observed.reshape(-1), flat, "ffill").reshape(index.shape)
    values = np.nan_to_num(values)
    turned = rows.mirrored[chosen] & (random.random(len(chosen)) < 0.5)
    values = values * np.where(turned, -1, 1)[:, None]
    season = rows.seasons.take(chosen)
    last = count - 2
    first = np.minimum(np.maximum(3, np.where(season.first > 1, season.first, 3)), count // 3)
    first = np.where(random.random(len(chosen)) < 0.15, np.minimum(3, last), first)
    first = np.clip(first, 0, last)
    drawn = random.random((len(chosen), ORIGINS)) * (last - first + 1)[:, None]
    return TrainingBatch(
        values.astype(np.float32),
        observed,
        count.astype(np.int32),
        Seasons(*(each.astype(np.int32) for each in season)),
        (first[:, None] + drawn).astype(np.int32),
        None if rows.weights is None else rows.weights[index].astype(np.float32),
    )
