"""How often an update is advised without a cause, and how many rows after a change it is.

Run: ``python benchmarks/health.py [KIND ...]``. Series of several kinds are read by the packaged weights as they are,
one by one and in panels, and watched for hundreds of rows. It prints of each kind for how many models an update was
advised while nothing changed, and of each change for how many it was, and after how many rows.
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd

import rollcast as rc
from rollcast.evaluation.running_comparison import NewestErrors, compare_newest
from rollcast.forecasting.watch import ROWS
from rollcast.model.live import watching
from rollcast.model.model_health import newest_errors

FITTED, CLEAN, AFTER, TOGETHER, EVERY = 300, 400, 160, 20, 4
ALONE, PANELS = 24, 6
CYCLE = 2 * np.pi * np.arange(FITTED + CLEAN) / 12


def noise(random: np.random.Generator, count: int, rows: int = FITTED + CLEAN) -> Any:
    """(count, rows) of standard normal values."""
    return random.normal(size=(count, rows))


def autoregressive(shocks: Any, share: float | Any = 0.7) -> Any:
    """(S, T) values of which each keeps a share of the one before, one number or (T,)."""
    values, kept = shocks.copy(), np.broadcast_to(share, shocks.shape[1:])
    for i in range(1, values.shape[1]):
        values[:, i] += kept[i] * values[:, i - 1]
    return values


Maker = Callable[[np.random.Generator, int], Any]
"""From a generator and a number of series to their values (S, FITTED + CLEAN)."""

KINDS: Final[dict[str, Maker]] = {
    "white noise": lambda random, n: 50 + noise(random, n),
    "random walk": lambda random, n: 100 + noise(random, n).cumsum(axis=1),
    "autoregressive, 0.7": lambda random, n: 20 + autoregressive(noise(random, n)),
    "sine and noise": lambda random, n: 50 + 10 * np.sin(CYCLE) + noise(random, n),
    "trend and noise": lambda random, n: 10 + 0.1 * np.arange(FITTED + CLEAN) + noise(random, n),
    "Poisson counts of mean 5": lambda random, n: random.poisson(5.0, size=(n, FITTED + CLEAN)),
    "Student's t, 4": lambda random, n: 50 + random.standard_t(4, size=(n, FITTED + CLEAN)),
}
"""Series that never change."""

_LATER = np.arange(FITTED + CLEAN) >= FITTED + 100

CHANGES: Final[dict[str, Maker]] = {
    "the noise doubles": lambda random, n: 20 + autoregressive(noise(random, n) * (1 + _LATER)),
    "the noise is three times as large": lambda random, n: (
        20 + autoregressive(noise(random, n) * (1 + 2 * _LATER))
    ),
    "the level begins to wander": lambda random, n: (
        50 + noise(random, n) + (noise(random, n) * 2 * _LATER).cumsum(axis=1)
    ),
    "the season flips": lambda random, n: (
        50 + 10 * np.sin(CYCLE + np.pi * _LATER) + noise(random, n)
    ),
}
"""Series that change 100 rows after the fit."""


def table(values: Any, first: int, last: int) -> pd.DataFrame:
    """The rows of all series from ``first`` on, up to ``last``."""
    times = pd.date_range("1980-01-01", periods=FITTED + CLEAN, freq="MS")[first:last]
    count = len(values)
    names, cells = np.repeat(np.arange(count), last - first), values[:, first:last].ravel()
    return pd.DataFrame({"unique_id": names, "ds": np.tile(times, count), "y": cells})


def first_advice(values: Any, begin: int, end: int) -> float:
    """Rows after ``begin`` until an update is advised to a model of all series together; infinite where none is."""
    model = rc.Forecaster(h=12, train=False, log=False)
    model.fit(table(values, 0, FITTED), progress="quiet")
    state = watching(model.fitted, model.state)
    kept, newest = list[Any](), newest_of(model, state)
    for row in range(FITTED, end, ROWS):  # as many at once as are kept
        last = min(row + ROWS, end)
        state = model.observe(table(values, row, last), state)
        newest = newest_of(model, state)
        kept.append(newest.errors[:, np.arange(row, last) % ROWS])
    errors = np.concatenate(kept, axis=1)  # (S, end - FITTED, K)
    for row in range(begin + EVERY, end + 1, EVERY):
        rows = np.arange(max(row - ROWS, FITTED), row)
        ring = np.full((len(errors), ROWS, errors.shape[2]), np.nan, np.float32)
        ring[:, rows % ROWS] = errors[:, rows - FITTED]
        read = np.full(len(errors), row)
        if compare_newest(newest._replace(errors=ring, rows=read)).advice == "update":
            return float(row - begin)
    return float("inf")


def newest_of(model: rc.Forecaster, state: rc.State) -> NewestErrors:
    """What a state keeps of the newest rows."""
    watch = state.watch or state.watch_from(1)
    return newest_errors(model.fitted, state.ids, state.starts, state.rows, watch)


def describe(name: str, found: dict[str, list[float]]) -> str:
    """A line on the rows until an advice, by size of the model."""
    parts: list[str] = []
    for size, each in found.items():
        advised = np.array([rows for rows in each if np.isfinite(rows)])
        median = f", median {np.median(each):.0f} rows" if 2 * len(advised) > len(each) else ""
        parts.append(f"{size}: {len(advised)} of {len(each)} advised{median}")
    return f"{name:<34} {'; '.join(parts)}"


def main(chosen: list[str]) -> None:
    """Print a line for each kind and each change."""
    logging.disable(logging.INFO)
    warnings.simplefilter("ignore")
    for makers, begin, end in (
        (KINDS, FITTED, FITTED + CLEAN),
        (CHANGES, FITTED + 100, FITTED + 100 + AFTER),
    ):
        for name, make in makers.items():
            if chosen and name not in chosen:
                continue
            random = np.random.default_rng(1)
            alone = [first_advice(make(random, 1), begin, end) for _ in range(ALONE)]
            panels = [first_advice(make(random, TOGETHER), begin, end) for _ in range(PANELS)]
            found = {"one series": alone, f"{TOGETHER} series": panels}
            sys.stdout.write(f"{describe(name, found)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
