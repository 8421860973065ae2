"""Score weights zero-shot: ``python -m pretraining.evaluate DIR/run.npz --data DATA``, beside a run that goes on.

DATA has the folders ``m3`` and ``m4_hourly``. By default the last rows of the training parts are forecast, which may be
looked at as often as one likes. ``--test`` forecasts the test parts: look at them once, at the end. Forecasts are made
as users make them, from states, with the seasons that the frequency has.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from pretraining.competitions import GROUPS, Cut, Group, panel_of, read_group
from pretraining.run_file import averaged_arrays
from rollcast import metrics
from rollcast._types import Float64
from rollcast.networks.distribution import Quantiles, central_interval
from rollcast.networks.pretrained_network import PretrainedNetwork

AT_ONCE: Final = 1000
"""Series that are forecast at a time."""

INTERVALS: Final = (80.0, 95.0)
"""Percent of the intervals whose coverage is counted."""

NINE: Final = tuple(round(0.1 * i, 1) for i in range(1, 10))
"""Levels of the weighted quantile loss, as benchmarks of pretrained networks take them."""

BLOCK: Final = 6
"""Steps ahead over which coverage is counted apart, where horizons are long."""


class Scores(NamedTuple):
    """Of one group.

    Attributes:
        series: that were forecast.
        smape: percent, as the competitions have it.
        mase: mean over all series, scaled by each one's seasonal naive error in sample.
        coverage: percent of an interval -> share of values inside.
        wql: weighted quantile loss of nine quantiles.
        by_steps: percent of an interval -> share inside for each six steps ahead.
    """

    series: int
    smape: float
    mase: float
    coverage: dict[str, float]
    wql: float
    by_steps: dict[str, list[float]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the scores of each file of weights; 2 if one can't be read.

    Args:
        arguments: of the command line; those of this process by default.
    """
    options = parser().parse_args(arguments)
    groups = [group for group in GROUPS if not options.groups or group.name in options.groups]
    for path in options.weights:
        try:
            network = network_of(path)
            scores = {
                group.name: score(
                    network, group, read_group(group, options.data, test=options.test)
                )
                for group in groups
            }
        except (OSError, ValueError, KeyError) as error:
            sys.stderr.write(f"'{path}' can't be scored: {error}\n")
            return 2
        told = json.dumps(document(path, scores, test=options.test))
        sys.stdout.write(f"{told}\n" if options.json else table(path, scores))
        sys.stdout.flush()
    return 0


def parser() -> argparse.ArgumentParser:
    """The options of the command line."""
    made = argparse.ArgumentParser(prog="python -m pretraining.evaluate", description=__doc__)
    made.add_argument(
        "weights", type=Path, nargs="+", metavar="FILE", help="of weights, or of a run"
    )
    made.add_argument("--data", type=Path, required=True, help="has m3/ and m4_hourly/")
    part = made.add_mutually_exclusive_group()
    part.add_argument(
        "--validation", action="store_true", help="the training parts' last rows (default)"
    )
    part.add_argument("--test", action="store_true", help="the test parts")
    names = [group.name for group in GROUPS]
    made.add_argument("--groups", nargs="+", choices=names, default=[], help="all if none")
    made.add_argument("--json", action="store_true", help="a line of JSON for each file")
    return made


def network_of(path: Path) -> PretrainedNetwork:
    """The network with the averaged weights of a run, or with those of a file of weights."""
    from rollcast.networks.pretrained_network import MOST_STEPS
    from rollcast.networks.pretrained_weights import weights_by_name

    return PretrainedNetwork(weights_by_name(averaged_arrays(path)), MOST_STEPS)


def score(network: PretrainedNetwork, group: Group, cut: Cut) -> Scores:
    """Forecast the series of a group and compare with what came."""
    return score_quantiles(network.distribution, forecast(network, group, cut.past), group, cut)


def score_quantiles(levels: Quantiles, made: Float64, group: Group, cut: Cut) -> Scores:
    """Compare quantiles (S, h, Q) with what came."""
    point = levels.point(made)
    scale = np.array([metrics.seasonal_scale(y, group.season) for y in cut.past])
    inside = {
        f"{percent:g}": _inside(levels, made, cut.actual, percent)
        for percent in INTERVALS
        if percent / 100 <= levels.levels[-1] - levels.levels[0] + 1e-9
    }
    h = cut.actual.shape[1]
    blocks = [slice(k, k + BLOCK) for k in range(0, h, BLOCK)] if h >= 2 * BLOCK else []
    return Scores(
        len(cut.past),
        metrics.smape(cut.actual, point),
        metrics.mase(cut.actual, point, scale),
        {percent: float(each.mean()) for percent, each in inside.items()},
        weighted_quantile_loss(levels, made, cut.actual),
        {
            percent: [float(each[:, block].mean()) for block in blocks]
            for percent, each in inside.items()
        },
    )


def forecast(network: PretrainedNetwork, group: Group, past: list[np.ndarray]) -> Float64:
    """(S, h, Q) quantiles of what follows each series."""
    from rollcast.data.seasons import SeasonCycles
    from rollcast.forecasting.pretrained_model import pretrained_model

    model = pretrained_model(network, SeasonCycles.of(group.frequency), group.h)
    parts: list[Float64] = []
    for first in range(0, len(past), AT_ONCE):
        panel = panel_of(group.frequency, past[first : first + AT_ONCE])
        state = model.read_again(panel, model.prepare_new(panel))
        parts.append(model.forecast_quantiles(state, group.h))
    return np.concatenate(parts)


def weighted_quantile_loss(levels: Quantiles, made: Float64, actual: Float64) -> float:
    """Twice the pinball loss of nine quantiles over the sum of all absolute values.

    Args:
        levels: of the quantiles.
        made: (S, h, Q)
        actual: (S, h)
    """
    total = 0.0
    for level in NINE:
        error = actual - levels.quantile(made, level)
        total += 2 * float(np.maximum(level * error, (level - 1) * error).sum()) / len(NINE)
    return total / float(np.abs(actual).sum())


def m3_average(scores: dict[str, Scores]) -> float | None:
    """M3's published average of sMAPE, which weighs every forecast of the competition alike; None without all groups.

    Where short series are left out, the groups weigh as they do with them.
    """
    groups = [group for group in GROUPS if group.competition == "M3"]
    if not all(group.name in scores for group in groups):
        return None
    points = [group.points for group in groups]
    return float(np.average([scores[group.name].smape for group in groups], weights=points))


def document(path: Path, scores: dict[str, Scores], *, test: bool) -> dict[str, Any]:
    """The scores of a file as a line of JSON holds them."""
    return {
        "file": str(path),
        "part": "test" if test else "validation",
        "groups": {name: each._asdict() for name, each in scores.items()},
        "m3_average": m3_average(scores),
    }


def table(path: Path, scores: dict[str, Scores]) -> str:
    """The scores of a file in a few lines."""
    lines = [
        str(path),
        f"{'':<10}{'series':>7}{'sMAPE':>8}{'MASE':>8}{'80 %':>7}{'95 %':>7}{'WQL':>8}",
    ]
    for name, each in scores.items():
        inside = "".join(f"{each.coverage.get(f'{p:g}', np.nan):>7.3f}" for p in INTERVALS)
        numbers = f"{each.series:>7,}{each.smape:>8.2f}{each.mase:>8.3f}{inside}{each.wql:>8.4f}"
        lines.append(f"{name:<10}{numbers}")
    average = m3_average(scores)
    if average is not None:
        lines.append(f"{'M3':<10}{'':>7}{average:>8.3f}")
    for name, each in scores.items():
        for percent, shares in each.by_steps.items():
            told = " ".join(f"{share:.2f}" for share in shares)
            lines += [f"{name}, {percent} %, by {BLOCK} steps: {told}"] if shares else []
    return "\n".join(lines) + "\n"


def _inside(levels: Quantiles, made: Float64, actual: Float64, percent: float) -> np.ndarray:
    """(S, h) whether values lie in their interval."""
    low, high = central_interval(levels, made, percent)
    return (actual >= low) & (actual <= high)


if __name__ == "__main__":
    sys.exit(main())
