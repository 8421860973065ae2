"""What a panel costs as its series grow in number: 1,000, 10,000 and 100,000 series of 200 rows from a Parquet file.

The network is LSTM(64), one layer, that forecasts 24 days. Each size runs in a process of its own, so that its peak
memory is its own; the file is written by another. Each note says how a time has grown from the size before: ten times
the series in ten times the time is linear, and less is better.

python benchmarks/panel_scale.py [--sizes 1000,10000,100000]
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from measuring import emit, timed, worker

SIZES = (1000, 10_000, 100_000)
ROWS, HORIZON = 200, 24
WHAT = {
    "read": "read the file",
    "prepare": "prepare (scaling, anchors)",
    "first": "from the file to the first updates, programs compiled",
    "epoch": "an epoch with its validation",
    "fit": "fit of one epoch, judged and read to the end",
    "predict": f"predict(h={HORIZON}) of all, compiled before",
    "observe": "observe one row of every series, compiled before",
    "again": "predict from a table of the newest row of every series",
    "save": "save the model",
    "load": "load the model",
}
"""What a worker measures in seconds; the first update comes with those of its block, 16."""


def main() -> None:
    """Print one line for each number and size; a worker prints its own as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="by comma")
    parser.add_argument("--worker", nargs=2, metavar=("JOB", "FOLDER"))
    given = parser.parse_args()
    sizes = [int(size) for size in given.sizes.split(",")]
    if given.worker:
        job, folder = given.worker
        path = Path(folder) / "panel.parquet"
        made = write(path, sizes[0]) if job == "write" else measure(path)
        print(json.dumps(made))
        return
    before: dict[str, float] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            for job in ("write", "measure"):
                found = worker(__file__, job, folder, "--sizes", str(size))
        for name, what in WHAT.items():
            grown = f"{found[name] / before[name]:.1f} times the size before" if before else ""
            emit(f"{size:,} series of {ROWS} rows", what, found[name], "s", note=grown)
        emit(f"{size:,} series of {ROWS} rows", "peak memory", found["memory"], "GB")
        before = found


def write(path: Path, size: int) -> None:
    """Days with a yearly season and noise, each series at a level of its own."""
    random = np.random.default_rng(0)
    days = pd.date_range("2024-01-01", periods=ROWS)
    season = np.sin(np.arange(ROWS) * np.pi / 6)
    values = random.uniform(5, 50, (size, 1)) + season + random.normal(0, 0.5, (size, ROWS))
    frame = pd.DataFrame(
        {
            "unique_id": np.repeat([f"series-{s:06d}" for s in range(size)], ROWS),
            "ds": np.tile(days, size),
            "y": values.reshape(-1),
        }
    )
    frame.to_parquet(path)


def measure(path: Path) -> dict[str, float]:
    """Seconds and gigabytes of one size."""
    from rollcast import Forecaster, load
    from rollcast.preprocessing.preparation import prepare
    from rollcast.tables import to_panel

    warnings.simplefilter("ignore")
    found: dict[str, float] = {}
    began = time.perf_counter()
    panel, _, _ = to_panel(path)
    found["read"] = time.perf_counter() - began
    began = time.perf_counter()
    prepare(panel, "standard", log=False, lag=1, steps=HORIZON)
    found["prepare"] = time.perf_counter() - began
    del panel
    model = Forecaster(
        h=HORIZON, hidden_size=64, anchor="last", log=False, readout="gradient", max_epochs=1
    )
    found |= fit(model, path)
    model.predict(h=HORIZON)
    found["predict"] = timed(lambda: model.predict(h=HORIZON))
    state = model.observe(next_rows(model.state), model.state)
    rows = next_rows(state)
    found["observe"] = timed(lambda: model.observe(rows, state))
    newest = next_rows(model.state)
    found["again"] = timed(lambda: model.predict(newest, h=HORIZON))
    saved = path.with_suffix(".rollcast")
    found["save"] = timed(lambda: model.save(saved))
    found["load"] = timed(lambda: load(saved))
    found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return found


def fit(model: Any, path: Path) -> dict[str, float]:
    """Seconds until the first block of updates is over, of an epoch, and of the whole fit."""
    from rollcast.training import training_loop

    blocks: list[float] = []
    run_block = training_loop.run_block

    def watched(*arguments: Any) -> Any:
        made = run_block(*arguments)
        blocks.append(time.perf_counter())
        return made

    training_loop.run_block = watched
    began = time.perf_counter()
    history = model.fit(path, progress="quiet", final_fit=False)
    spent = time.perf_counter() - began
    training_loop.run_block = run_block
    return {"first": blocks[0] - began, "epoch": history.seconds[0], "fit": spent}


def next_rows(state: Any) -> pd.DataFrame:
    """The row that is due next of every series."""
    return pd.DataFrame({"unique_id": list(state.ids), "ds": state.nexts.view("M8[ns]"), "y": 20.0})


if __name__ == "__main__":
    main()
