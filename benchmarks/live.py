"""Live forecasting: a new row and the next forecast, by frames and by arrays, for one series and for 1,000.

The network is LSTM(64) that forecasts 24 hours, and the pretrained one beside it. Compilation is over before anything
is timed, and counted apart while series come and go. Memory is the process' resident set before and after 100,000 rows.
"""

from __future__ import annotations

import gc
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from measuring import emit, timed
from rollcast import Forecaster
from rollcast.runtime import programs

ROWS, SERIES, HORIZON = 600, 1000, 24
TURNS, LONG = 5000, 100_000
HOUR = pd.Timedelta("1h")


def main() -> None:
    """Print one line for each number."""
    random = np.random.default_rng(0)
    one, many = fit(random, 1), fit(random, SERIES)
    emit_times("one row and its forecast, one series, frames", frames(one), TURNS)
    emit_times("one row and its forecast, one series, arrays", arrays(one), TURNS)
    emit_parts("pretrained, one series, arrays", pretrained(random, 1), 3000)
    emit_parts(f"pretrained, {SERIES:,} series", pretrained(random, SERIES), 100)
    emit_times("one row of 1,000 series, frames: observe", frames(many, forecast=False), 200)
    emit_times("one row of 1,000 series, frames: observe and predict", frames(many), 200)
    history = table(np.random.default_rng(0), 1, 10_000)  # begins with the rows of the fit
    one.predict(history)
    emit(
        "the same, 10,000 rows read again",
        "predict",
        timed(lambda: one.predict(history)) * 1e3,
        "ms",
    )
    memory(one)
    compilations(many, random)


def table(random: np.random.Generator, series: int, rows: int = ROWS) -> pd.DataFrame:
    """Series of hours with a day's season and noise."""
    hours = np.tile(np.arange(rows), series)
    values = 10 + np.sin(hours * np.pi / 12) + random.normal(0, 0.1, len(hours))
    begin = pd.Timestamp("2024-01-01")
    frame = pd.DataFrame({"ds": begin + pd.to_timedelta(hours, "h"), "y": values})
    if series > 1:
        frame.insert(0, "unique_id", np.repeat([f"s{i}" for i in range(series)], rows))
    return frame


def fit(random: np.random.Generator, series: int) -> Forecaster:
    """A model after one epoch: what it has learned does not matter here."""
    rows = ROWS if series == 1 else 100
    model = Forecaster(h=HORIZON, hidden_size=64, anchor="season", log=False, max_epochs=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(table(random, series, rows), progress="quiet", final_fit=False)
    return model


def pretrained(random: np.random.Generator, series: int) -> Forecaster:
    """The packaged weights, untrained."""
    model = Forecaster(h=HORIZON, train=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(table(random, series), progress="quiet")
    return model


def frames(model: Forecaster, *, forecast: bool = True) -> Callable[[], None]:
    """A turn that takes a pandas frame of one row for each series and gives one of forecasts."""
    state = model.state
    due = pd.Timestamp(int(state.nexts[0]))
    names = {} if state.ids == (None,) else {"unique_id": list(state.ids)}

    def turn() -> None:
        nonlocal state, due
        rows = pd.DataFrame({**names, "ds": [due] * len(state), "y": [10.0] * len(state)})
        state = model.observe(rows, state)
        if forecast:
            model.predict(h=HORIZON, state=state)
        due += HOUR

    return turn


def arrays(model: Forecaster) -> Callable[[], None]:
    """A turn that takes and gives arrays."""
    state = model.state
    value = np.array([10.0])

    def turn() -> None:
        nonlocal state
        state = model.observe(value, state)
        model.predict_array(h=HORIZON, state=state)

    return turn


def emit_times(case: str, turn: Callable[[], None], turns: int) -> None:
    """Median and 99th percentile of a turn after the first ten."""
    for _ in range(10):
        turn()
    seconds = [timed(turn) for _ in range(turns)]
    for name, share in (("median", 0.5), ("p99", 0.99)):
        emit(case, name, float(np.quantile(seconds, share)) * 1e3, "ms", note=f"{turns} turns")


def emit_parts(case: str, model: Forecaster, turns: int) -> None:
    """Medians of observe, of predict, and of both after the first ten."""
    state, value = model.state, np.full(len(model.state), 10.0)
    seconds: list[tuple[float, float]] = []
    for _ in range(turns + 10):
        due = state.nexts.view("M8[ns]")
        one = len(state) == 1
        rows = value if one else {"unique_id": list(state.ids), "ds": due, "y": value}
        began = time.perf_counter()
        state = model.observe(rows, state)
        observed = time.perf_counter()
        model.predict_array(h=HORIZON, state=state)
        seconds.append((observed - began, time.perf_counter() - observed))
    each = np.array(seconds[10:])
    parts = {"observe": each[:, 0], f"predict({HORIZON})": each[:, 1], "both": each.sum(axis=1)}
    for name, taken in parts.items():
        emit(case, name, float(np.median(taken)) * 1e3, "ms", note=f"median of {turns} turns")


def memory(model: Forecaster) -> None:
    """Resident memory before and after many rows."""
    turn = arrays(model)
    for _ in range(1000):
        turn()
    gc.collect()
    before, began = resident(), time.perf_counter()
    for _ in range(LONG):
        turn()
    gc.collect()
    spent = time.perf_counter() - began
    case = f"{LONG:,} rows and forecasts of one series"
    emit(case, "memory before", before, "MB")
    emit(case, "memory after", resident(), "MB", note=f"{spent:.0f} s")


def resident() -> float:
    """The process' memory in MB, on Linux."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def compilations(model: Forecaster, random: np.random.Generator) -> None:
    """Programs compiled while 1 to 300 series come and go, 500 times."""
    before, state = programs.count(), model.state
    places = np.arange(SERIES)
    sizes: set[int] = set()
    for _ in range(500):
        chosen = random.choice(places, int(random.integers(1, 301)), replace=False)
        sizes.add(len(chosen))
        part = state.select([state.ids[s] for s in chosen])
        rows: dict[str, Any] = {"unique_id": list(part.ids), "y": np.full(len(part), 10.0)}
        rows["ds"] = part.nexts.view("M8[ns]")
        model.predict_array(h=HORIZON, state=model.observe(rows, part))
    emit(
        "500 turns with 1 to 300 series",
        "programs compiled",
        programs.count() - before,
        "",
        note=f"{len(sizes)} different numbers of series; observe and predict",
    )


if __name__ == "__main__":
    main()
