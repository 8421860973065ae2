"""How well the next row is told, and how often its 80 % interval holds it: ``python -m pretraining.near_ahead FILE``.

Steady signals of a season are drawn, which the generator has too, and electricity demand and temperatures, which are
packaged, are forecast from rows of their first four fifths. Beside the network stands seasonal exponential smoothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from pretraining.competitions import panel_of
from pretraining.evaluate import network_of
from rollcast import datasets
from rollcast._types import Float64
from rollcast.data.calendar import Frequency
from rollcast.data.origins import Origins
from rollcast.data.panel import Panel
from rollcast.data.seasons import SeasonCycles
from rollcast.evaluation.baselines.all_baselines import forecast_baselines
from rollcast.evaluation.baselines.exponential_smoothing import SEASONAL_ES
from rollcast.forecasting.pretrained_model import pretrained_model
from rollcast.networks.pretrained_network import PretrainedNetwork
from rollcast.networks.pretrained_weights import load_pretrained

COUNT: Final = 300
"""Series of each kind, or starts in a real one."""

READ: Final = 1500
"""Rows of a real series before each start."""

H: Final = 8
"""Steps ahead."""


class Kind(NamedTuple):
    """Series of one kind and what came after them.

    Attributes:
        name: of the kind.
        past: (S, T)
        actual: (S, H)
        frequency: of the rows.
        seasons: that the network is told; none for what the frequency tells.
        season: of the smoothing.
    """

    name: str
    past: Float64
    actual: Float64
    frequency: Frequency
    seasons: tuple[int, ...] | None
    season: int


class Judged(NamedTuple):
    """Of some steps.

    Attributes:
        error: mean absolute error of the network.
        smoothed: that of seasonal exponential smoothing.
        inside: share of the values in the network's 80 % interval.
    """

    error: float
    smoothed: float
    inside: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each kind of series; 2 if a file can't be read.

    Args:
        arguments: of the command line; those of this process by default.
    """
    made = argparse.ArgumentParser(prog="python -m pretraining.near_ahead", description=__doc__)
    made.add_argument(
        "weights", type=Path, nargs="?", help="or a run; default what the package has"
    )
    made.add_argument("--seed", type=int, default=5)
    options = made.parse_args(arguments)
    try:
        network = network_of(options.weights) if options.weights else load_pretrained()
    except (OSError, ValueError, KeyError) as error:
        sys.stderr.write(f"'{options.weights}' can't be read: {error}\n")
        return 2
    for kind in (*steady_kinds(options.seed), *real_kinds()):
        sys.stdout.write(describe(kind.name, judge(network, kind)))
        sys.stdout.flush()
    return 0


def steady_kinds(seed: int) -> list[Kind]:
    """A sine or a free season of 8 or 24 rows under normal noise, after few rows and many."""
    rng = np.random.default_rng(seed)
    kinds: list[Kind] = []
    for rows, season in ((100, 8), (600, 8), (600, 24)):
        t = np.arange(rows + H)
        turns = t / season + rng.random((COUNT, 1))
        shapes = {
            "sine": np.sin(2 * np.pi * turns),
            "free season": 0.7 * rng.normal(size=(COUNT, season))[:, t % season],
        }
        for name, shape in shapes.items():
            values = 50 + 10 * shape + rng.normal(0, 0.5, (COUNT, rows + H))
            past, actual = values[:, :rows], values[:, rows:]
            hours, title = Frequency("h"), f"{name} of {season}, {rows} rows"
            kinds.append(Kind(title, past, actual, hours, (season,), season))
            if name == "sine":
                kinds.append(Kind(f"{title}, untold", past, actual, hours, (), season))
    return kinds


def real_kinds() -> list[Kind]:
    """The demand of half hours, and the temperatures of days."""
    told = (
        ("demand", datasets.demand(), "30min", 48),
        ("temperatures", datasets.temperatures(), "D", 7),
    )
    kinds: list[Kind] = []
    for name, table, frequency, season in told:
        values = table["y"].to_numpy()
        start = np.linspace(READ, int(len(values) * 0.8) - H, COUNT).astype(int)
        rows = start[:, None] + np.arange(-READ, H)
        past, actual = values[rows[:, :READ]], values[rows[:, READ:]]
        kinds.append(Kind(name, past, actual, Frequency(frequency), None, season))
    return kinds


def judge(network: PretrainedNetwork, kind: Kind) -> tuple[Judged, Judged]:
    """The first step, and all eight."""
    panel = panel_of(kind.frequency, list(kind.past))
    cycles = SeasonCycles.of(kind.frequency, kind.seasons)
    model = pretrained_model(network, cycles, H)
    state = model.read_again(panel, model.prepare_new(panel))
    made = model.forecast_quantiles(state, H)
    levels = network.distribution
    low, high = (levels.quantile(made, level) for level in (0.1, 0.9))
    inside = (low <= kind.actual) & (kind.actual <= high)
    error = np.abs(levels.point(made) - kind.actual)
    smoothed = np.abs(smooth(panel, kind.season) - kind.actual)
    first, every = (
        Judged(*(float(each[:, :steps].mean()) for each in (error, smoothed, inside)))
        for steps in (1, H)
    )
    return first, every


def describe(name: str, judged: Sequence[Judged]) -> str:
    """A line of text."""
    parts = [
        f"MAE {each.error:.3g} (seasonal ES {each.smoothed:.3g}), {each.inside:.1%} inside"
        for each in judged
    ]
    return f"{name}: first step {parts[0]}; {H} steps {parts[1]}\n"


def smooth(panel: Panel, season: int) -> Float64:
    """(S, H) by seasonal exponential smoothing."""
    S = len(panel.offsets) - 1
    origins = Origins(np.arange(S), np.diff(panel.offsets) - 1)
    return forecast_baselines(panel, origins, H, season, [SEASONAL_ES])[SEASONAL_ES]


if __name__ == "__main__":
    sys.exit(main())
