"""How often the verdict is wrong of noise, and how often it sees that a model errs 10 % less.

Two forecasters try to forecast noise that nobody can: their errors are their own. They start at every row of a test
part, so that forecasts overlap. In the first case both are equally good, and "better for certain" is an error. In the
second the errors of one are a tenth smaller. Errors depend on each other from row to row (autoregression of .5), and a
fifth of their variance is shared by all series.
"""

from __future__ import annotations

import argparse

import numpy as np

from measuring import emit
from rollcast.evaluation.comparison import compare

HORIZON, CARRIED, SHARED = 12, 0.5, 0.2


def main() -> None:
    """Print one row for each number of windows and of series."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=1000)
    trials = parser.parse_args().trials
    for windows in (6, 12, 24):
        for series in (1, 20, 200):
            case = f"{windows} separate windows of {HORIZON} steps, {series} series"
            for who, size in (("equally good", 1.0), ("10 % better", 0.9)):
                random = np.random.default_rng([windows, series])
                found = [certain(random, windows, series, size) for _ in range(trials)]
                ours, theirs = np.mean(found, axis=0) * 100
                emit(case, who, float(ours), "% called better for certain", note=f"{trials} trials")
                emit(
                    case, who, float(theirs), "% called worse for certain", note=f"{trials} trials"
                )


def certain(
    random: np.random.Generator, windows: int, series: int, size: float
) -> tuple[bool, bool]:
    """Whether the first of two forecasters is called better, and whether it is called worse."""
    rows = windows * HORIZON
    ours, theirs = errors(random, series, rows) * size, errors(random, series, rows)
    origins = np.arange(rows - HORIZON + 1)
    losses = [
        np.abs(np.lib.stride_tricks.sliding_window_view(each, HORIZON, axis=1)).reshape(-1, HORIZON)
        for each in (ours, theirs)
    ]
    owner, start = np.repeat(np.arange(series), len(origins)), np.tile(origins, series)
    found = compare(*losses, owner, start, h=HORIZON)
    return found.better, found.worse


def errors(random: np.random.Generator, series: int, rows: int) -> np.ndarray:
    """(S, rows) of one forecaster, each series with a unit variance."""
    own, common = random.standard_normal((series, rows)), random.standard_normal(rows)
    shocks = np.sqrt(1 - SHARED) * own + np.sqrt(SHARED) * common
    made = shocks.copy()
    for t in range(1, rows):
        made[:, t] = CARRIED * made[:, t - 1] + np.sqrt(1 - CARRIED**2) * shocks[:, t]
    return made


if __name__ == "__main__":
    main()
