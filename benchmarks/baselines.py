"""Every baseline on the four groups of the M3 competition, beside published scores; and the time for 10,000 series.

python benchmarks/baselines.py M3_FOLDER [CSV]

The folder holds ``Yearly-train.csv`` to ``Other-test.csv``: a series a line, its name and its values. Scores are means
over all values of a group, as in the competition. The Theta that is published there was its entry, of which only the
monthly part is the method as it is described: Fiorucci et al. (2016), Int. J. Forecasting 32, 1151-1161. So where
statsforecast can be imported, its standard Theta and its smoothing are run on the same series.
"""

from __future__ import annotations

import csv
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from measuring import emit
from rollcast import metrics
from rollcast.evaluation.baselines import BASELINES, INTERMITTENT, NAIVE, SEASONAL, THETA
from rollcast.evaluation.baselines.known_rows import KnownRows
from rollcast.evaluation.baselines.length_blocks import LengthBlock, forecast_blocks
from rollcast.evaluation.baselines.seasonal_indices import seasonal_indices
from run import processor

GROUPS = {"Yearly": (6, 1), "Quarterly": (8, 4), "Monthly": (18, 12), "Other": (8, 1)}
"""Horizon and season."""

NAIVE2 = "naive of adjusted values"

PUBLISHED_SMAPE = {
    (NAIVE2, "Yearly"): 17.88,
    (NAIVE2, "Quarterly"): 9.95,
    (NAIVE2, "Monthly"): 16.91,
    (NAIVE2, "Other"): 6.30,
    (NAIVE2, "all"): 15.47,
    (THETA, "Yearly"): 16.90,
    (THETA, "Quarterly"): 8.96,
    (THETA, "Monthly"): 13.85,
    (THETA, "Other"): 4.41,
    (THETA, "all"): 13.01,
}
"""Makridakis & Hibon (2000), Int. J. Forecasting 16, 451-476, as the N-BEATS paper (arXiv 1905.10437) has them."""

PUBLISHED_MASE = {
    (THETA, "Yearly"): 2.774,
    (THETA, "Quarterly"): 1.117,
    (THETA, "Monthly"): 0.864,
    (THETA, "Other"): 2.271,
}
"""Godahewa et al. (2021), Monash Time Series Forecasting Archive, by the Theta of R's forecast package."""

SERIES = 10_000


def main() -> None:
    """Score every baseline on every group, then time them; write a CSV where one is named."""
    folder = Path(sys.argv[1])
    rows: list[dict[str, Any]] = []
    smape: dict[str, list[np.ndarray]] = {}
    for group, (h, season) in GROUPS.items():
        history, actual = read(folder / f"{group}-train.csv"), read(folder / f"{group}-test.csv")
        truth = np.array(actual)
        scale = np.array([metrics.seasonal_scale(y, season) for y in history])
        made = forecasts(known_to_the_end(history), h, season) | peers(history, h, season)
        for name, forecast in made.items():
            smape.setdefault(name, []).append(errors(truth, forecast).ravel())
            rows += scored(group, name, metrics.smape(truth, forecast), "sMAPE", PUBLISHED_SMAPE)
            mase = metrics.mase(truth, forecast, scale)
            rows += scored(group, name, mase, "MASE", PUBLISHED_MASE)
    for name, parts in smape.items():
        if len(parts) < len(GROUPS):
            continue
        value = float(np.concatenate(parts).mean())
        rows += scored("all", name, value, "sMAPE", PUBLISHED_SMAPE)
    rows += timings()
    if len(sys.argv) > 2:
        write(Path(sys.argv[2]), rows)


def forecasts(known: KnownRows, h: int, season: int) -> dict[str, np.ndarray]:
    """Every baseline, and the naive of seasonally adjusted values by which the decomposition is checked."""
    made = {
        name: baseline(known, h, season)
        for name, baseline in BASELINES.items()
        if name not in INTERMITTENT and (season > 1 or name not in SEASONAL)
    }
    return made | {NAIVE2: adjusted_naive(known, h, season)}


def adjusted_naive(known: KnownRows, h: int, season: int) -> np.ndarray:
    """(S, h) M4's Naive2: the last value without its season, and the season again; naive where a test finds none."""

    def repeat(block: LengthBlock) -> np.ndarray:
        indices = seasonal_indices(block, season)
        last = indices.adjust(block.values)[block.step, block.column][:, None]
        return indices.restore(last, block.forecast_rows(h), block.column)

    return (
        forecast_blocks(known, h, season, repeat) if season > 1 else BASELINES[NAIVE](known, h, 1)
    )


def peers(history: list[np.ndarray], h: int, season: int) -> dict[str, np.ndarray]:
    """The same methods by statsforecast, if it is there."""
    try:
        from statsforecast.models import SimpleExponentialSmoothingOptimized, Theta
    except ImportError:
        return {}
    models = {
        "SES of statsforecast": SimpleExponentialSmoothingOptimized(),
        "Theta of statsforecast": Theta(season_length=season),
    }
    return {
        name: np.array([model.forecast(y, h)["mean"] for y in history])
        for name, model in models.items()
    }


def timings() -> list[dict[str, Any]]:
    """Seconds of each baseline for 10,000 monthly series of 60 to 179 rows, wall and processor."""
    random = np.random.default_rng(0)
    lengths = random.integers(60, 180, SERIES)
    series = [
        100 + 10 * np.sin(2 * np.pi * np.arange(n) / 12) + random.normal(0, 3, n) for n in lengths
    ]
    known = known_to_the_end(series)
    rows, total = [], np.zeros(2)
    for name, baseline in BASELINES.items():
        if name in INTERMITTENT:
            continue
        began = np.array([time.perf_counter(), time.process_time()])
        baseline(known, 18, 12)
        took = np.array([time.perf_counter(), time.process_time()]) - began
        total += took
        rows.append(row("10,000 monthly series", name, took[0], "s", f"processor {took[1]:.2f} s"))
    note = f"processor {total[1]:.2f} s"
    return [*rows, row("10,000 monthly series", "all", total[0], "s", note)]


def known_to_the_end(series: list[np.ndarray]) -> KnownRows:
    """All series, each to be forecast after its last row."""
    lengths = np.array([len(y) for y in series])
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return KnownRows(np.concatenate(series), offsets, np.arange(len(series)), lengths - 1)


def errors(truth: np.ndarray, forecast: np.ndarray) -> np.ndarray:
    """The terms of sMAPE."""
    return 200 * np.abs(truth - forecast) / (np.abs(truth) + np.abs(forecast))


def scored(
    group: str, name: str, value: float, unit: str, published: dict[tuple[str, str], float]
) -> list[dict[str, Any]]:
    """A row, with the published value where there is one."""
    known = published.get((name, group))
    note = "" if known is None else f"published: {known}"
    return [row(f"M3 {group}", name, value, unit, note)]


def row(case: str, who: str, value: float, unit: str, note: str) -> dict[str, Any]:
    """Print a row and keep it."""
    emit(case, who, value, unit, note=note)
    return {"case": case, "who": who, "value": f"{value:.4g}", "unit": unit, "note": note}


def read(path: Path) -> list[np.ndarray]:
    """The values of each line behind its name."""
    with path.open(newline="") as file:
        return [np.array([float(x) for x in line[1:] if x]) for line in csv.reader(file)]


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    """The rows with the processor's name."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], "processor"])
        writer.writeheader()
        writer.writerows(kept | {"processor": processor()} for kept in rows)


if __name__ == "__main__":
    main()
