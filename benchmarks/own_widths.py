"""Coverage of single series, where some are surer than their units tell: by the width of all, and by their own.

python benchmarks/own_widths.py

Each series is a random walk whose steps have a spread of its own, and all are forecast by the quantiles of a spread of
1, six steps ahead. The calibration sees as many separate windows of each as the table says, and 100 later ones are
judged. It prints, over eight draws, the coverage of the 80 % interval over all series and by how many points that of a
series is off 80 on average, by both; and of how many draws the widths are kept.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from rollcast.evaluation.central_intervals import LEVELS, ends_of_quantiles
from rollcast.evaluation.conformal import Calibration, calibrate
from rollcast.evaluation.evidence import Evidence
from rollcast.networks.distribution import QUANTILE_LEVELS, Quantiles

H, DRAWS, LATER = 6, 8, 100
NETWORK = Quantiles(QUANTILE_LEVELS)
NORMAL = np.array([NormalDist().inv_cdf(level) for level in QUANTILE_LEVELS])


def main() -> None:
    """Print a line for each number of series, how unlike they are, and windows."""
    print("series  unlike  windows  kept  all: coverage, off  own: coverage, off")
    for number in (3, 12, 60):
        for unlike in (0.0, 0.2, 0.5):
            for windows in (5, 7, 12, 30):
                print(line(number, unlike, windows), flush=True)


def line(number: int, unlike: float, windows: int) -> str:
    """One row of the table.

    Args:
        number: of series.
        unlike: standard deviation of the logarithm of their spreads.
        windows: separate ones that the calibration sees of each.
    """
    kept, rows = 0, list[list[float]]()
    for draw in range(DRAWS):
        random = np.random.default_rng(draw)
        spread = np.exp(unlike * random.normal(size=number))
        found = calibrate(walks(spread, windows, random), NETWORK)
        later = walks(spread, LATER, random)
        kept += found.own is not None
        rows.append([*held(found, later, own=False), *held(found, later, own=True)])
    all_, off, own, own_off = np.mean(rows, axis=0)
    return f"{number:6}  {unlike:6}  {windows:7}  {kept}/{DRAWS}  {all_:13.1f}, {off:4.1f}  {own:13.1f}, {own_off:4.1f}"


def walks(spread: np.ndarray, windows: int, random: np.random.Generator) -> Evidence:
    """Forecasts from every row of walks that hold so many separate windows."""
    number, rows = len(spread), windows * H
    values = np.cumsum(random.normal(size=(number, rows + H)), axis=1) * spread[:, None]
    starts = np.arange(rows)
    later = values[:, starts[:, None] + np.arange(1, H + 1)]
    actual = (later - values[:, starts, None]).reshape(-1, H)
    made = np.sqrt(np.arange(1, H + 1))[:, None] * NORMAL
    return Evidence(
        actual,
        np.broadcast_to(made, (len(actual), *made.shape)),
        np.ones(len(actual)),
        np.repeat(np.arange(number), rows),
        np.tile(starts, number),
    )


def held(found: Calibration, later: Evidence, *, own: bool) -> tuple[float, float]:
    """Percent that the 80 % interval held over all series, and how far that of one is off 80 on average."""
    ids = later.series.tolist() if own else None
    ends = ends_of_quantiles(found.quantiles(NETWORK, later.made, later.unit, ids))
    place = LEVELS.index(80)
    inside = (ends.low[..., place] <= later.actual) & (later.actual <= ends.high[..., place])
    each = 100 * inside.reshape(int(later.series.max()) + 1, -1).mean(axis=1)
    return float(each.mean()), float(np.abs(each - 80).mean())


if __name__ == "__main__":
    main()
