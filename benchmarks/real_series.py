"""`fit` without options on five real series of different frequency, beside every baseline.

The horizon is one season (a day's, a week's, a year's rows), the scores those of the untouched test part. The
verdict is checked against the errors themselves.
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from pathlib import Path
from typing import Any

from measuring import emit
from rollcast import Forecaster, datasets

PACKAGED = 3


def real_series() -> list[tuple[str, Any, dict[str, str]]]:
    """Name, file and options of `fit`: three that are packaged, and two from the folder that is named."""
    folder = os.environ.get("ROLLCAST_BENCH_DATA", "")
    series: list[tuple[str, Any, dict[str, str]]] = [
        ("airline passengers, monthly", datasets.path("airline"), {}),
        ("minimum temperatures, daily", datasets.path("temperatures"), {}),
        ("electricity demand, half-hourly", datasets.path("demand"), {"tz": "Australia/Melbourne"}),
    ]
    if folder:
        series += [
            ("milk, monthly", Path(folder) / "monthly-milk.csv", {}),
            ("ETTh1 OT, hourly", Path(folder) / "ETTh1.csv", {"target_col": "OT"}),
        ]
    return series


def main() -> None:
    """Fit each series and print its row."""
    warnings.simplefilter("ignore")
    series = real_series()
    won = right = 0
    for name, data, options in series:
        began = time.perf_counter()
        model = Forecaster()
        scores = model.fit(data, progress="quiet", **options).scores
        seconds = time.perf_counter() - began
        better = scores.best_baseline.mae
        says_wins = " below " in scores.verdict
        won += scores.model.mae <= better
        right += says_wins == (scores.model.mae < 0.99 * better)
        note = f"{scores.verdict} Fit {seconds:.0f} s."
        emit(f"{name}, h {scores.h}", scores.model.name, scores.model.mae, "MAE", note=note)
        for other in scores.models[1:]:
            ratio = f"{other.mae / scores.model.mae:.2f}x"
            emit(f"{name}, h {scores.h}", other.name, other.mae, "MAE", against_rollcast=ratio)
    missing = "" if len(series) > PACKAGED else "milk and ETTh1 left out: no data folder was named"
    emit(
        "all",
        "no worse than the best baseline of validation",
        won,
        f"of {len(series)}",
        note=missing,
    )
    emit("all", "verdict right", right, f"of {len(series)}", note=missing)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
