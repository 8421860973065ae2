"""How often intervals beyond 96 steps hold the values of synthetic series: ``python -m pretraining.far_ahead FILE``.

Series of 432 to 2,144 rows are forecast 200 steps ahead, as users forecast. Beside the paths stand medians that are fed
back, and paths of independent draws.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from pretraining.batches import draw_of_size
from pretraining.run_file import averaged_arrays
from pretraining.sizes import SIZES
from rollcast._types import Float64, Int64
from rollcast.data.calendar import Frequency
from rollcast.data.panel import Panel
from rollcast.data.seasons import SeasonCycles, Seasons
from rollcast.forecasting.pretrained_model import pretrained_model
from rollcast.forecasting.reading import forecast_scaled
from rollcast.forecasting.rollout import forecast_params
from rollcast.networks.pretrained_network import LEVELS, MOST_STEPS, PretrainedNetwork
from rollcast.networks.pretrained_weights import load_pretrained, weights_by_name
from rollcast.preprocessing.preparation import prepare_pretrained

BATCHES: Final = {2: 2, 3: 4, 4: 6}
"""How many are drawn of the sizes at these places."""

STEPS: Final = 200

PARTS: Final = ((1, 96), (97, 144), (145, 200))
"""First and last steps that are told apart."""

INDEPENDENT: Final = 1e3
"""A stride that no draw could reach but by knowing nothing of the one before."""

_LONGEST: Final = SeasonCycles((336, 672))
"""Seasons whose rows have room for those of all series."""


class Told(NamedTuple):
    """What is judged: B series before their last rows, and those (B, STEPS); NaN where missing."""

    panel: Panel
    seasons: Seasons
    after: Float64


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each way of going on; 2 if the file can't be read.

    Args:
        arguments: of the command line; those of this process by default.
    """
    made = argparse.ArgumentParser(prog="python -m pretraining.far_ahead", description=__doc__)
    made.add_argument("run", type=Path, nargs="?", help="of a run; default what the package has")
    made.add_argument("--seed", type=int, default=4242, help="of the series")
    options = made.parse_args(arguments)
    network = load_pretrained()
    try:
        if options.run:
            held = weights_by_name(averaged_arrays(options.run))
            network = PretrainedNetwork(held, MOST_STEPS, stride=network.stride)
    except (ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    drawn = list(draw_series(options.seed))
    for name, used, medians in (
        ("paths", network, False),
        ("independent paths", replace(network, stride=INDEPENDENT), False),
        ("medians", network, True),
    ):
        made_of = [forecast(used, each, medians=medians) for each in drawn]
        sys.stdout.write(f"{name}:{describe(drawn, made_of)}\n")
    return 0


def draw_series(seed: int) -> Iterator[Told]:
    """Batches of series that have all rows of their size."""
    for place, count in BATCHES.items():
        rows = SIZES[place].rows + SIZES[place].horizon
        for i in range(count):
            batch = draw_of_size(np.random.default_rng([seed, place, i]), place)
            at = np.flatnonzero(batch.length == rows)
            values = np.where(batch.missing, np.nan, batch.values.astype(float))[at]
            seasons = Seasons(batch.season, batch.second).take(at)
            yield Told(_panel(values[:, :-STEPS]), seasons, values[:, -STEPS:])


def forecast(network: PretrainedNetwork, told: Told, *, medians: bool) -> Float64:
    """(B, STEPS, Q) quantiles."""
    model = pretrained_model(network, _LONGEST, STEPS, log=False)
    state = model.read_again(told.panel, prepare_pretrained(told.panel, told.seasons, log=False))
    if medians:
        scaled = forecast_scaled(network, model.weights, state, STEPS, emit=forecast_params)
        return state.preparation.restore(scaled, np.arange(len(state)))
    return model.forecast_quantiles(state, STEPS)


def describe(drawn: Sequence[Told], made: Sequence[Float64]) -> str:
    """The shares of values in the intervals of 80 and 95 percent, by steps."""
    after, quantiles = np.concatenate([told.after for told in drawn]), np.concatenate(made)
    words: list[str] = []
    for first, last in PARTS:
        steps = slice(first - 1, last)
        shares = [coverage(after[:, steps], quantiles[:, steps], share) for share in (0.8, 0.95)]
        words.append(f" {first}-{last} {shares[0]:.3f} {shares[1]:.3f}")
    return ";".join(words)


def coverage(after: Float64, quantiles: Float64, share: float) -> float:
    """The share of the values that came (B, K) in the interval that is to hold so many of them."""
    ends: Int64 = np.array(
        [np.argmin(np.abs(np.subtract(LEVELS, e))) for e in (0.5 - share / 2, 0.5 + share / 2)]
    )
    low, high = (quantiles[..., end] for end in ends)
    there = ~np.isnan(after)
    return float(((after >= low) & (after <= high))[there].mean())


def _panel(values: Float64) -> Panel:
    B, N = values.shape
    return Panel(
        target=values.ravel(),
        mask=~np.isnan(values).ravel(),
        offsets=np.arange(B + 1) * N,
        starts=np.zeros(B, np.int64),
        frequency=Frequency(None, 1),
        ids=tuple(range(B)),
    )


if __name__ == "__main__":
    sys.exit(main())
