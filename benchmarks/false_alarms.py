"""How many ordinary values are flagged as anomalies: series of several kinds, which never change.

Run: ``python benchmarks/false_alarms.py [KIND ...]``. It prints, for the packaged weights as they are, the share of new
rows that are flagged at 5 and at 1 %, and between which shares four fifths of the series lie, beside what chance alone
gives so many rows.
"""

from __future__ import annotations

import logging
import sys
import warnings
from typing import Any

import numpy as np
import pandas as pd

import rollcast as rc

SERIES, FITTED, NEW = 200, 300, 300
RATES = (0.05, 0.01)


def kinds(random: np.random.Generator) -> dict[str, Any]:
    """(S, T) values of each kind."""
    t = np.arange(FITTED + NEW)
    noise = random.normal(size=(SERIES, len(t)))
    autoregressive = noise.copy()
    for i in range(1, len(t)):
        autoregressive[:, i] += 0.7 * autoregressive[:, i - 1]
    return {
        "white": 50 + noise,
        "walk": 100 + noise.cumsum(axis=1),
        "autoregressive": 20 + autoregressive,
        "season": 50 + 10 * np.sin(2 * np.pi * t / 12) + noise,
        "trend": 10 + 0.1 * t + noise,
        "poisson": random.poisson(5, size=noise.shape).astype(float),
        "student": 50 + random.standard_t(4, size=noise.shape),
    }


def table(values: Any, first: int, last: int) -> pd.DataFrame:
    """The rows of all series from ``first`` on, up to ``last``."""
    times = pd.date_range("1980-01-01", periods=FITTED + NEW, freq="MS")[first:last]
    return pd.DataFrame(
        {
            "unique_id": np.repeat(np.arange(SERIES), last - first),
            "ds": np.tile(times, SERIES),
            "y": values[:, first:last].ravel(),
        }
    )


def describe(name: str, p_values: Any, random: np.random.Generator) -> str:
    """A line on p-values (S, T)."""
    parts: list[str] = []
    for rate in RATES:
        shares = (p_values < rate).mean(axis=1)
        low, high = np.quantile(shares, [0.1, 0.9])
        least, most = np.quantile(random.binomial(NEW, rate, 20_000) / NEW, [0.1, 0.9])
        parts.append(
            f"{rate:.0%}: {shares.mean():.4f}, series {low:.3f} to {high:.3f} (chance {least:.3f} to {most:.3f})"
        )
    return f"{name:<24} {'; '.join(parts)}"


def main(chosen: list[str]) -> None:
    """Print a line for each kind, with a state that does not adapt and with one that does."""
    logging.disable(logging.INFO)
    warnings.simplefilter("ignore")
    random = np.random.default_rng(1)
    for name, values in kinds(random).items():
        if chosen and name not in chosen:
            continue
        model = rc.Forecaster(h=12, train=False, log=False)
        model.fit(table(values, 0, FITTED), progress="quiet")
        rows = table(values, FITTED, FITTED + NEW)
        adapting = model.observe(rows.iloc[:0], adapt=[90, 98])
        for words, state in (("", model.state), (", adapting", adapting)):
            found = model.anomalies(rows, state)
            p_values = found["p_value"].to_numpy().reshape(SERIES, NEW)
            sys.stdout.write(f"{describe(name + words, p_values, random)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
