"""M3 and M4 hourly, each group fitted as one panel with no option but the horizon, beside the baselines.

Nothing is tuned here: the test parts are scored once a run. Dates are made up, since the files have none: every series
of a group begins at the same time, and its step tells the season.

ROLLCAST_BENCH_DATA=FOLDER python benchmarks/competitions.py [--only Monthly,Hourly]   (the folder of m3 and m4_hourly)
"""

from __future__ import annotations

import argparse
import csv
import os
import time
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from measuring import emit
from rollcast import metrics


class Group(NamedTuple):
    """A part of a competition."""

    name: str
    folder: str
    files: tuple[str, str]
    freq: str
    h: int
    season: int


GROUPS = (
    *(
        Group(name, "m3", (f"{name}-train.csv", f"{name}-test.csv"), freq, h, season)
        for name, freq, h, season in (
            ("Yearly", "YS", 6, 1),
            ("Quarterly", "QS", 8, 4),
            ("Monthly", "MS", 18, 12),
            ("Other", "", 8, 1),
        )
    ),
    Group("Hourly", "m4_hourly", ("train.csv", "test.csv"), "h", 48, 24),
)
START = pd.Timestamp("1800-01-01")


def main() -> None:
    """Print sMAPE, MASE and seconds of the network, and of the baselines, for each group."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="groups, by comma")
    only = parser.parse_args().only
    data = Path(os.environ.get("ROLLCAST_BENCH_DATA", ""))
    if not (data / "m3").exists():
        emit("all", "left out", 0, "groups", note="no folder with m3 and m4_hourly was named")
        return
    for group in GROUPS:
        if not only or group.name in only.split(","):
            measure(group, data / group.folder)


def measure(group: Group, folder: Path) -> None:
    """One group."""
    import rollcast as rc

    past, future = (read(folder / name) for name in group.files)
    frame = pd.concat(
        pd.DataFrame({"unique_id": name, "ds": times(group.freq, len(y)), "y": y})
        for name, y in past.items()
    )
    actual = np.stack([future[name] for name in past])
    scale = np.array([metrics.seasonal_scale(y, group.season) for y in past.values()])
    began = time.perf_counter()
    model = rc.Forecaster(h=group.h)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        history = model.fit(frame, progress="quiet")
    seconds = time.perf_counter() - began
    forecasts = {f"{model.name} (Forecaster(h={group.h}))": model.predict_array()}
    forecasts |= baselines(model, group)
    compiled = f"{history.compile_seconds:.0f} s of {seconds:.0f} compiling; {history.defaults}"
    case = f"{'M4' if group.name == 'Hourly' else 'M3'} {group.name.lower()}, {len(past):,} series, h {group.h}"
    for name, made in forecasts.items():
        note = compiled if name.startswith(model.name) else ""
        emit(case, name, metrics.smape(actual, made), "sMAPE, %", note=note)
        emit(case, name, metrics.mase(actual, made, scale), "MASE")
    emit(case, model.name, seconds, "s to fit, compiling included")


def times(freq: str, rows: int) -> pd.Index:
    """Dates that tell the season of a group; numbers where it has none."""
    return pd.date_range(START, periods=rows, freq=freq) if freq else pd.RangeIndex(rows)


def baselines(model: object, group: Group) -> dict[str, np.ndarray]:
    """Every baseline's forecasts after the last rows of ``fit``."""
    from rollcast.data.origins import Origins
    from rollcast.evaluation.baselines import forecast_baselines

    panel = model.fitted.tail  # pyright: ignore[reportAttributeAccessIssue]
    last = Origins(np.arange(panel.num_series), panel.lengths - 1)
    return forecast_baselines(panel, last, group.h, group.season)


def read(path: Path) -> dict[str, np.ndarray]:
    """Identifier -> its values."""
    with path.open(newline="") as file:
        rows = [row for row in csv.reader(file) if row]
    return {row[0]: np.array([float(cell) for cell in row[1:] if cell]) for row in rows}


if __name__ == "__main__":
    main()
