"""The packaged weights without a fit: M3 and M4 hourly with coverage; time and memory.

python benchmarks/pretrained.py [--only competitions,speed] [--groups Monthly Hourly] [--validation]

ROLLCAST_BENCH_DATA names the folder with ``m3`` and ``m4_hourly``. The test parts of the competitions are forecast once
a run. ``--validation`` forecasts the last rows of their training parts instead, for as long as something is still being
changed.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
import warnings
from typing import Any

import numpy as np

from group_scores import add_options, asked, case_of, emit_average, emit_scores
from measuring import ZERO_SHOT, emit, median, worker
from pretraining.competitions import read_group
from pretraining.evaluate import score
from rollcast.data.seasons import SeasonCycles
from rollcast.forecasting.pretrained_model import pretrained_model
from rollcast.forecasting.state import State
from rollcast.networks.pretrained_weights import load_pretrained
from rollcast.tables import to_panel

SERIES, ROWS, HORIZON = 10_000, 120, 18
TURNS = 2000


def main() -> None:
    """Print one line for each number; a worker prints its own as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parts = {"competitions": competitions, "speed": speed}
    parser.add_argument("--only", default=",".join(parts), help="by comma")
    add_options(parser)
    parser.add_argument("--worker", action="store_true")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    if given.worker:
        print(json.dumps(measure_speed()))
        return
    for name in given.only.split(","):
        parts[name](given)


def competitions(given: argparse.Namespace) -> None:
    """SMAPE, MASE, WQL and coverage of each group; M3's average."""
    wanted, scores = asked(given), {}
    for group in wanted.groups if wanted else ():
        cut = read_group(group, wanted.data, test=wanted.test)
        scores[group.name] = score(load_pretrained(), group, cut)
        case = case_of(group, test=wanted.test)
        emit_scores(case, ZERO_SHOT, scores[group.name], group.h)
    if wanted:
        emit_average(ZERO_SHOT, scores, test=wanted.test)


def speed(_: argparse.Namespace) -> None:
    """Time and memory of many series, and of a row and its forecast."""
    found = worker(__file__)
    case = f"{SERIES:,} monthly series of {ROWS} rows, h {HORIZON}"
    for name, what in (
        ("arrays", "read and forecast, compiled before"),
        ("frame", "rc.forecast of a frame, compiled before"),
        ("first", "rc.forecast of a frame, compiled for it"),
    ):
        work = f"processor {found[f'{name}_work']:.1f} s"
        emit(case, ZERO_SHOT, found[name], f"s, {what}", note=work)
    emit(case, ZERO_SHOT, found["memory"], "GB at most")
    emit("one series, arrays", ZERO_SHOT, found["turn"], "ms, observe and predict(24)")


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
