"""A backtest of 100 cutoffs on 1,000 series of 500 hours, 24 steps ahead, without refit: seconds after compilation.

Three rows are ours: a network of random weights (LSTM of 64 units) that has been fitted, the pretrained network as it
is with its quantiles, and what the baselines and scores take of either. The peer is LSTM of neuralforecast, with 64
units too, whose ``cross_validation`` has the same cutoffs; it runs in the environment of ``peers.py``. Training is no
part of the seconds: ours is fitted before, and the peer's is timed with one update alone, once for few cutoffs and once
for all, so that what training and loading take falls out of the difference.

python benchmarks/backtest.py [--only Rollcast LSTM] [--series 1000] [--cutoffs 100]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
ROWS, H, SEASON = 500, 24, 24
US, PEER = "Rollcast", "LSTM"
FEW = 2
"""Cutoffs of the peer's shorter run."""


def main() -> None:
    """Print the rows of each; a worker writes its seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    if "--worker" in sys.argv:
        parser.add_argument("--worker", nargs=2, metavar=("WHO", "FOLDER"))
        work(*parser.parse_args().worker)
        return
    from measuring import emit
    from run import install

    parser.add_argument("--only", nargs="+", choices=(US, PEER), default=(US, PEER))
    parser.add_argument("--environment", type=Path, default=HERE.parent / ".venv-peers")
    parser.add_argument("--series", type=int, default=1000)
    parser.add_argument("--cutoffs", type=int, default=100)
    given = parser.parse_args()
    case = f"{given.cutoffs} cutoffs, {given.series:,} series of {ROWS}, h {H}"
    seconds: dict[str, float] = {}
    for who in given.only:
        python = (
            sys.executable if who == US else install(given.environment, "requirements-peers.txt")
        )
        with tempfile.TemporaryDirectory() as folder:
            series(given.series).to_csv(Path(folder) / "series.csv", index=False)
            (Path(folder) / "about.json").write_text(json.dumps({"cutoffs": given.cutoffs}))
            call = [python, __file__, "--worker", who, folder]
            subprocess.run(call, stdout=sys.stderr, check=True)
            made = json.loads((Path(folder) / "made.json").read_text())
        for name, row in made.items():
            seconds[name] = row["value"]
            ratio = seconds.get(f"{US}, LSTM(64)")
            against = f"{row['value'] / ratio:.1f}x" if ratio and who == PEER else ""
            emit(case, name, row["value"], row["unit"], against_rollcast=against, note=row["note"])


def series(count: int) -> object:
    """Random walks under a daily season, that all end together."""
    import pandas as pd

    random = np.random.default_rng(0)
    t = np.arange(ROWS)
    season = 5 * np.sin(2 * np.pi * (t / SEASON + random.random((count, 1))))
    values = 50 + season + np.cumsum(random.normal(0, 0.5, (count, ROWS)), axis=1)
    return pd.DataFrame(
        {
            "unique_id": np.repeat([f"s{i:04d}" for i in range(count)], ROWS),
            "ds": np.tile(pd.date_range("2024-01-01", periods=ROWS, freq="h"), count),
            "y": values.ravel(),
        }
    )


def work(who: str, given: str) -> None:
    """Time one of them, and write its rows."""
    import pandas as pd

    warnings.simplefilter("ignore")
    folder = Path(given)
    cutoffs = json.loads((folder / "about.json").read_text())["cutoffs"]
    table = pd.read_csv(folder / "series.csv", parse_dates=["ds"])
    made = ours(table, cutoffs) if who == US else neural(table, cutoffs)
    (folder / "made.json").write_text(json.dumps(made))


def ours(table: object, cutoffs: int) -> dict:
    """A fitted LSTM on rows that it has not seen, and the pretrained network as it is."""
    import rollcast as rc

    first = ROWS - H - cutoffs  # the newest row at the first cutoff, its place
    old = table[table.groupby("unique_id").cumcount() < first + 1]
    model = rc.Forecaster(cell="lstm", hidden_size=64, h=H, max_epochs=1, log=False)
    model.fit(old, progress="quiet")
    options = {"n_windows": cutoffs, "step_size": 1, "progress": "quiet"}
    calls = {
        f"{US}, LSTM(64)": lambda: rc.backtest(model, table, H, **options),
        f"{US}, zero-shot with quantiles": lambda: rc.backtest(
            rc.Config(train=False, h=H), table, level=[80, 95], **options
        ),
    }
    rows: dict = {}
    for name, call in calls.items():
        first_time, found = timed(call)
        again, found = timed(call)
        tables, _ = timed(lambda found=found: (found.scores(), found.by_step(), found.by_cutoff()))
        note = (
            f"{first_time:.1f} s the first time, with compilation; {len(found.origins):,} forecast starts, seven "
            f"baselines and the verdict included; tables of scores {tables:.1f} s more"
        )
        rows[name] = {"value": again, "unit": "s", "note": note}
    return rows


def neural(table: object, cutoffs: int) -> dict:
    """``cross_validation`` of LSTM without refit, for few cutoffs and for all."""
    import logging

    import neuralforecast
    from neuralforecast import models

    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    network = models.LSTM(
        h=H,
        input_size=2 * H,
        encoder_hidden_size=64,
        max_steps=1,
        accelerator="cpu",
        enable_progress_bar=False,
        logger=False,
        enable_checkpointing=False,
        enable_model_summary=False,
    )

    def run(number: int) -> object:
        forecaster = neuralforecast.NeuralForecast(models=[network], freq="h")
        return forecaster.cross_validation(table, n_windows=number, step_size=1, refit=False)

    run(FEW)
    few, _ = timed(lambda: run(FEW))
    every, _ = timed(lambda: run(cutoffs))
    seconds = (every - few) * cutoffs / (cutoffs - FEW)
    note = (
        f"{neuralforecast.__version__}; {every:.1f} s for all, {few:.1f} s for {FEW}, with an update and loading in "
        "both; no baseline and no score"
    )
    return {f"{PEER} of neuralforecast": {"value": seconds, "unit": "s", "note": note}}


def timed(call: object) -> tuple:
    """Seconds of one call, and what it gave."""
    began = time.perf_counter()
    given = call()
    return time.perf_counter() - began, given


if __name__ == "__main__":
    main()
