"""The packaged weights without a fit: M3, M4 hourly, five real series, ETTh1 as papers score it, time and memory.

python benchmarks/pretrained.py [--only competitions,real,ett,speed] [--validation]

ROLLCAST_BENCH_DATA names the folder with ``m3``, ``m4_hourly`` and the files of the real series; without it only what
is packaged is scored. The test parts of the competitions are forecast once a run. ``--validation`` forecasts the last
rows of their training parts instead, for as long as something is still being changed. ``docs/make_pretrained.py`` puts
the rows into the page.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
import warnings
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np

from measuring import emit, median, worker
from real_series import real_series
from rollcast.data.calendar import Frequency
from rollcast.data.origins import Origins
from rollcast.data.panel import Panel
from rollcast.data.seasons import SeasonCycles
from rollcast.evaluation.baselines import SEASONAL_NAIVE, forecast_baselines
from rollcast.fitting.horizon_and_sizes import season_of, usual_horizon
from rollcast.forecasting.pretrained_model import pretrained_model
from rollcast.forecasting.reading import read_next
from rollcast.forecasting.state import State
from rollcast.networks.pretrained_weights import NEWEST, load_pretrained
from rollcast.tables import to_panel

ROOT = Path(__file__).parents[1]
WHO = "Rollcast, zero-shot"
LAST_WEEK = "last week's values"
WEEKS = {24: 168, 48: 336}
"""Rows of a day -> of a week."""

STARTS = 150
"""Forecasts of a real series, about."""

SERIES, ROWS, HORIZON = 10_000, 120, 18
TURNS = 2000
ETT_ROWS = (8640, 2880, 2880)
"""Of ETTh1: training, by which papers scale, validation and test."""


def main() -> None:
    """Print one line for each number; a worker prints its own as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parts = {"competitions": competitions, "real": real, "ett": ett, "speed": speed}
    parser.add_argument("--only", default=",".join(parts), help="by comma")
    parser.add_argument("--validation", action="store_true", help="of the competitions")
    parser.add_argument("--worker", action="store_true")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    if given.worker:
        print(json.dumps(measure_speed()))
        return
    for name in given.only.split(","):
        parts[name](*([given.validation] if name == "competitions" else []))


def data_folder() -> Path | None:
    """Where the series that are not packaged lie, if that is told."""
    named = os.environ.get("ROLLCAST_BENCH_DATA", "")
    return Path(named) if named else None


def competitions(validation: bool) -> None:
    """SMAPE, MASE and coverage of each group; M3's average; WQL; coverage by steps."""
    data, part = data_folder(), "validation" if validation else "test"
    if data is None or not (data / "m3").exists():
        emit("competitions", "left out", 0, "groups", note="no folder with m3 and m4_hourly named")
        return
    with as_file(files("rollcast").joinpath("weights", f"{NEWEST}.npz")) as weights:
        call = [sys.executable, "-m", "pretraining.evaluate", str(weights), "--data", str(data)]
        done = subprocess.run(
            [*call, "--json", f"--{part}"],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            cwd=ROOT,
        )
    told = json.loads(done.stdout)
    for name, scores in told["groups"].items():
        case = f"{'M4' if name == 'Hourly' else 'M3'} {name}, {part}"
        emit(case, WHO, scores["smape"], "sMAPE, %", note=f"{scores['series']:,} series")
        emit(case, WHO, scores["mase"], "MASE")
        emit(case, WHO, scores["wql"], "WQL of nine quantiles")
        for percent, share in scores["coverage"].items():
            emit(case, WHO, 100 * share, f"% inside of {percent} %")
        for percent, shares in scores["by_steps"].items():
            for k, share in enumerate(shares):
                steps = f"steps {6 * k + 1} to {6 * k + 6}"
                emit(case, WHO, 100 * share, f"% inside of {percent} %, {steps}")
    if told["m3_average"] is not None:
        emit(f"M3 average, {part}", WHO, told["m3_average"], "sMAPE, %")


def real() -> None:
    """MAE of rolling forecasts over the last fifth of five series, beside the baselines."""
    for name, data, options in real_series():
        panel = to_panel(data, **options)[0]
        h = usual_horizon(panel.frequency, season_of(panel.frequency) or 1)
        cycles = SeasonCycles.of(panel.frequency)
        rows = starts(int(panel.lengths[0]), h, max(cycles.lengths, default=1))
        made = roll(panel, cycles, h, rows)
        origins = Origins(np.zeros(len(rows), np.int64), rows)
        others = forecast_baselines(panel, origins, h, season_of(panel.frequency))
        week = WEEKS.get(season_of(panel.frequency) or 1)
        if week:
            weekly = forecast_baselines(panel, origins, h, week, [SEASONAL_NAIVE])
            others |= {LAST_WEEK: weekly[SEASONAL_NAIVE]}
        place = rows[:, None] + np.arange(1, h + 1)
        actual = np.where(panel.mask[place], panel.target[place], np.nan)
        error = score(actual, made[..., 7])
        inside = (actual >= made[..., 3]) & (actual <= made[..., 11])
        case = f"{name}, h {h}"
        emit(case, WHO, error, "MAE", note=f"{len(rows)} starts in the last fifth")
        share = 100 * float(inside[~np.isnan(actual)].mean())
        emit(case, WHO, share, "% inside of 80 %")
        for other, forecast in others.items():
            its = score(actual, forecast)
            emit(case, other, its, "MAE", against_rollcast=f"{its / error:.2f}x")


def starts(rows: int, h: int, season: int) -> np.ndarray:
    """The newest known rows of about ``STARTS`` forecasts in the last fifth, at any place in the season."""
    first, last = rows - rows // 5 - 1, rows - h - 1
    stride = max((last - first) // STARTS, 1)
    while stride > 1 and np.gcd(stride, season) > 1:
        stride += 1
    return np.arange(first, last + 1, stride)


def roll(panel: Panel, cycles: SeasonCycles, h: int, rows: np.ndarray) -> np.ndarray:
    """(M, h, Q) quantiles after some rows of the only series, each from the state that has read up to there."""
    model = pretrained_model(load_pretrained(), cycles, h)
    known = panel.head(rows[:1] + 1)
    state = model.read_again(known, model.prepare_new(known))
    made = [model.forecast_quantiles(state, h)[0]]
    for row in rows[1:]:
        state = model.read_on(state, panel.head(np.array([row + 1])).drop(state.rows))
        made.append(model.forecast_quantiles(state, h)[0])
    return np.stack(made)


def score(actual: np.ndarray, forecast: np.ndarray) -> float:
    """Mean absolute error where a value was observed."""
    return float(np.nanmean(np.abs(actual - forecast)))


def ett() -> None:
    """ETTh1, seven series, 96 ahead from every hour of the test part, scaled by the training part as in papers."""
    import pandas as pd

    data = data_folder()
    if data is None:
        return
    table = pd.read_csv(data / "ETTh1.csv").drop(columns="date").to_numpy()[: sum(ETT_ROWS)]
    train = table[: ETT_ROWS[0]]
    values = ((table - train.mean(axis=0)) / train.std(axis=0)).T
    count, rows = values.shape
    begin = rows - ETT_ROWS[2]
    known = Panel(
        target=values[:, :begin].ravel(),
        mask=np.ones(count * begin, bool),
        offsets=begin * np.arange(count + 1),
        starts=np.zeros(count, np.int64),
        frequency=Frequency("h"),
        ids=tuple(range(count)),
    )
    model = pretrained_model(load_pretrained(), SeasonCycles.of(known.frequency), 96)
    state = model.read_again(known, model.prepare_new(known))
    squared, absolute = [], []
    for row in range(begin, rows - 96 + 1):
        error = model.forecast(state, 96) - values[:, row : row + 96]
        squared.append((error**2).mean())
        absolute.append(np.abs(error).mean())
        state = read_next(model.network, model.weights, state, np.arange(count), values[:, row])
    note = f"{len(squared):,} starts"
    emit("ETTh1, seven series, h 96", WHO, float(np.mean(squared)), "MSE, z-scored", note=note)
    emit("ETTh1, seven series, h 96", WHO, float(np.mean(absolute)), "MAE, z-scored", note=note)


def speed() -> None:
    """Time and memory of many series, and of a row and its forecast."""
    found = worker(__file__)
    case = f"{SERIES:,} monthly series of {ROWS} rows, h {HORIZON}"
    for name, what in (
        ("arrays", "read and forecast, compiled before"),
        ("frame", "rc.forecast of a frame, compiled before"),
        ("first", "rc.forecast of a frame, compiled for it"),
    ):
        work = f"processor {found[f'{name}_work']:.1f} s"
        emit(case, WHO, found[name], f"s, {what}", note=work)
    emit(case, WHO, found["memory"], "GB at most")
    emit("one series, arrays", WHO, found["turn"], "ms, observe and predict(24)")


def measure_speed() -> dict[str, float]:
    """What a worker measures, in seconds but for memory and turns."""
    import pandas as pd

    import rollcast as rc

    random = np.random.default_rng(0)
    months = pd.date_range("2015-01-01", periods=ROWS, freq="MS")
    season = 1 + 0.2 * np.sin(np.arange(ROWS) * np.pi / 6)
    level = np.exp(np.cumsum(random.normal(0, 0.03, (SERIES, ROWS)), axis=1))
    values = random.uniform(10, 500, (SERIES, 1)) * season * level
    names = np.repeat([f"s{i:05}" for i in range(SERIES)], ROWS)
    frame = pd.DataFrame({"unique_id": names, "ds": np.tile(months, SERIES), "y": values.ravel()})
    panel = to_panel(frame)[0]
    model = pretrained_model(load_pretrained(), SeasonCycles.of(panel.frequency), HORIZON)

    def from_arrays() -> State:
        state = model.read_again(panel, model.prepare_new(panel))
        model.forecast_quantiles(state, HORIZON)
        return state

    def from_frame() -> Any:
        return rc.forecast(frame, HORIZON, level=[80, 95])

    from_arrays()
    found: dict[str, float] = {}
    for name, call in (("first", from_frame), ("frame", from_frame), ("arrays", from_arrays)):
        began, worked = time.perf_counter(), time.process_time()
        call()
        found[name] = time.perf_counter() - began
        found[f"{name}_work"] = time.process_time() - worked
    found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    found["turn"] = turn(values[0])
    return found


def turn(values: np.ndarray) -> float:
    """Milliseconds of one row and the forecast after it, in the middle of many."""
    import rollcast as rc

    model = rc.Forecaster(h=24, train=False)
    model.fit(values, progress="quiet")
    state, times = model.state, []
    for i in range(TURNS + 20):
        row = np.array([100.0 + i % 12])
        began = time.perf_counter()
        state = model.observe(row, state)
        model.predict_array(h=24, state=state)
        times.append(1e3 * (time.perf_counter() - began))
    return median(times[20:])


if __name__ == "__main__":
    main()
