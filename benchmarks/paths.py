"""Sample paths through two layers of LSTM(64), and the time of one interval from a state.

10 series of hours are fitted for one epoch, which leaves points and the residuals of their validation part. 1,000 paths
of each are rolled 1,000 steps on, 24 at a time. Beside them: paths of the pretrained network for one day, and the
forecast of a day with its 80 % interval, by arrays. Compilation is over before anything is timed.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from measuring import emit, median, timed
from rollcast import Forecaster, aggregate

SERIES, ROWS, DAY = 10, 600, 24
PATHS, STEPS = 1000, 1000


def main() -> None:
    """Print one line for each number."""
    classic = fitted(SERIES, hidden_size=64, num_layers=2, anchor="season", log=False, max_epochs=1)
    name = f"{PATHS:,} paths of {SERIES} series"
    emit_seconds(
        f"{name}, {STEPS:,} steps", "2 x LSTM(64)", lambda: classic.sample_array(STEPS, PATHS), 3
    )
    pretrained = fitted(SERIES, train=False)
    emit_seconds(
        f"{name}, {DAY} steps", "pretrained", lambda: pretrained.sample_array(DAY, PATHS), 9
    )
    paths = pretrained.predict(h=DAY, paths=PATHS)
    emit_seconds(f"{name}, {DAY} steps: aggregate", "a table", lambda: aggregate(paths, "sum"), 5)
    for who, model in (("2 x LSTM(64)", single(classic)), ("pretrained", single(pretrained))):
        emit_interval(who, model)


def table(series: int) -> pd.DataFrame:
    """Series of hours with a day's season and noise."""
    random = np.random.default_rng(0)
    hours = np.tile(np.arange(ROWS), series)
    values = 10 + np.sin(hours * np.pi / 12) + random.normal(0, 0.1, len(hours))
    times = pd.Timestamp("2024-01-01") + pd.to_timedelta(hours, "h")
    names = np.repeat([f"s{i}" for i in range(series)], ROWS)
    return pd.DataFrame({"unique_id": names, "ds": times, "y": values})


def fitted(series: int, **options: Any) -> Forecaster:
    """A model of so many series: what it has learned does not matter here."""
    model = Forecaster(h=DAY, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(table(series), progress="quiet", final_fit=False)
    return model


def single(model: Forecaster) -> Callable[[], Any]:
    """The forecast of a day of one series with its 80 % interval, as arrays."""
    found, state = model.fitted, model.state.select("s0")
    return lambda: found.forecast(state, DAY, (80,))


def emit_seconds(case: str, who: str, call: Callable[[], Any], turns: int) -> None:
    """The median of some calls after the first."""
    call()
    seconds = [timed(call) for _ in range(turns)]
    emit(case, who, median(seconds), "s", note=f"median of {turns}")


def emit_interval(who: str, call: Callable[[], Any], turns: int = 2000) -> None:
    """Median and 99th percentile of a call after the first ten."""
    for _ in range(10):
        call()
    seconds = [timed(call) for _ in range(turns)]
    for name, share in (("median", 0.5), ("p99", 0.99)):
        case = f"forecast({DAY}) with its 80 % interval from a state, one series, arrays: {name}"
        emit(case, who, float(np.quantile(seconds, share)) * 1e3, "ms", note=f"{turns} turns")


if __name__ == "__main__":
    main()
