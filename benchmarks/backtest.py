"""A backtest of 100 cutoffs on 1,000 series of 500 hours, 24 steps ahead, without refit: seconds after compilation.

Ours are an LSTM of 64 units that has been fitted, which forecasts 24 steps at once or is rolled one step at a time, and
the pretrained network as it is with its quantiles. Their seconds include the baselines and the scores. The peers are
LSTMs of one layer and 64 units, by the same cutoffs: ``cross_validation`` of neuralforecast, and
``historical_forecasts`` of darts without retraining, both at once and rolled, in the environment of ``peers.py``. They
make forecasts alone. They read a window anew at each cutoff: of two days, and, on a tenth of the series, of two weeks.
Ours has read all rows up to the cutoff. Batches of 4,096 windows were the fastest for both peers.

Training is no part of the seconds. Ours and that of darts are fitted before; darts is given its series ready-made.
neuralforecast fits in the same call, so it is timed with one update alone, once for few cutoffs and once for all: what
training and loading take falls out of the difference.

python benchmarks/backtest.py [--only Rollcast darts] [--series 1000] [--cutoffs 100]
"""

from __future__ import annotations

import argparse
import json
import logging
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
ROWS, H, SEASON, UNITS = 500, 24, 24, 64
US, NIXTLA, DARTS = "Rollcast", "neuralforecast", "darts"
AT_ONCE, ROLLED = f"LSTM({UNITS}), {H} at once", f"LSTM({UNITS}), rolled"
SHORT, LONG = 2 * SEASON, 14 * SEASON
"""Rows that peers read at each cutoff."""

FEW = 2
"""Cutoffs of neuralforecast's shorter run."""

BATCH = 4096
"""Windows that peers forecast side by side."""

TRAINER = {
    "accelerator": "cpu",
    "enable_progress_bar": False,
    "logger": False,
    "enable_checkpointing": False,
    "enable_model_summary": False,
}
"""What PyTorch Lightning would print and write otherwise."""


def main() -> None:
    """Print the rows of each; a worker writes its seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    if "--worker" in sys.argv:
        parser.add_argument("--worker", nargs=2, metavar=("WHO", "FOLDER"))
        work(*parser.parse_args().worker)
        return
    everyone = (US, NIXTLA, DARTS)
    parser.add_argument("--only", nargs="+", choices=everyone, default=everyone)
    parser.add_argument("--environment", type=Path, default=HERE.parent / ".venv-peers")
    parser.add_argument("--series", type=int, default=1000)
    parser.add_argument("--cutoffs", type=int, default=100)
    given = parser.parse_args()
    for count, window in ((given.series, SHORT), (max(given.series // 10, 1), LONG)):
        measure(given, count, window)


def measure(given: argparse.Namespace, count: int, window: int) -> None:
    """Run everyone on the same series, and print the rows."""
    from measuring import emit
    from run import install

    case = f"{given.cutoffs} cutoffs, {count:,} series of {ROWS}, h {H}"
    about = {"cutoffs": given.cutoffs, "window": window}
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        series(count).to_csv(Path(folder) / "series.csv", index=False)
        (Path(folder) / "about.json").write_text(json.dumps(about))
        for who in given.only:
            ours = who == US
            python = sys.executable
            if not ours:
                python = install(given.environment, "requirements-peers.txt")
            call = [python, __file__, "--worker", who, folder]
            subprocess.run(call, stdout=sys.stderr, check=True)
            for name, row in json.loads((Path(folder) / "made.json").read_text()).items():
                if ours:
                    seconds[name] = row["value"]
                ratio = (
                    "" if ours or name not in seconds else f"{row['value'] / seconds[name]:.1f}x"
                )
                shown = f"{who}, {name}" if ours else f"{who}, {name}, windows of {window}"
                emit(case, shown, row["value"], "s", against_rollcast=ratio, note=row["note"])


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
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    folder = Path(given)
    about = json.loads((folder / "about.json").read_text())
    table = pd.read_csv(folder / "series.csv", parse_dates=["ds"])
    run = {US: rollcast, NIXTLA: neuralforecast, DARTS: darts}[who]
    (folder / "made.json").write_text(json.dumps(run(table, **about)))


def rollcast(table: object, cutoffs: int, window: int) -> dict:
    """A fitted LSTM on rows that it has not seen, and the pretrained network as it is."""
    import rollcast as rc

    old = table[table.groupby("unique_id").cumcount() < ROWS - H - cutoffs + 1]
    options = {"n_windows": cutoffs, "step_size": 1, "progress": "quiet"}

    def fitted(steps: int) -> object:
        model = rc.Forecaster(
            cell="lstm", hidden_size=UNITS, output_size=steps, h=H, max_epochs=1, log=False
        )
        model.fit(old, progress="quiet")
        return lambda: rc.backtest(model, table, H, **options)

    calls = {AT_ONCE: fitted(H), ROLLED: fitted(1)}
    if window == SHORT:
        zero_shot = rc.Config(train=False, h=H)
        calls["zero-shot with quantiles"] = lambda: rc.backtest(
            zero_shot, table, level=[80, 95], **options
        )
    rows: dict = {}
    for name, call in calls.items():
        first_time, _ = timed(call)
        again, found = timed(call)
        tables, _ = timed(lambda found=found: (found.scores(), found.by_step(), found.by_cutoff()))
        note = (
            f"{first_time:.1f} s the first time, with compilation; {len(found.origins):,} forecast starts, "
            f"{len(found.made) - 1} baselines and the verdict included; tables of scores {tables:.1f} s more"
        )
        rows[name] = {"value": again, "note": note}
    return rows


def neuralforecast(table: object, cutoffs: int, window: int) -> dict:
    """``cross_validation`` of LSTM without refit, for few cutoffs and for all."""
    import neuralforecast
    from neuralforecast import models

    rows: dict = {}
    for name, rolled in ((AT_ONCE, False), (ROLLED, True)):
        network = models.LSTM(
            h=H,
            input_size=window,
            encoder_n_layers=1,
            encoder_hidden_size=UNITS,
            decoder_layers=1,
            recurrent=rolled,
            max_steps=1,
            valid_batch_size=table["unique_id"].nunique(),
            inference_windows_batch_size=BATCH,
            **TRAINER,
        )

        def run(number: int, network: object = network) -> object:
            forecaster = neuralforecast.NeuralForecast(models=[network], freq="h")
            return forecaster.cross_validation(table, n_windows=number, step_size=1, refit=False)

        run(FEW)
        few, _ = timed(lambda run=run: run(FEW))
        every, made = timed(lambda run=run: run(cutoffs))
        note = (
            f"{neuralforecast.__version__}; {len(made) // H:,} forecast starts; {every:.1f} s for all, {few:.1f} s for "
            f"{FEW} cutoffs, with an update and loading in both; no baseline and no score"
        )
        rows[name] = {"value": (every - few) * cutoffs / (cutoffs - FEW), "note": note}
    return rows


def darts(table: object, cutoffs: int, window: int) -> dict:
    """``historical_forecasts`` of BlockRNNModel and of RNNModel without retraining, all series in one call."""
    import darts
    from darts.models import BlockRNNModel, RNNModel

    every = darts.TimeSeries.from_group_dataframe(
        table, group_cols="unique_id", time_col="ds", value_cols="y", drop_group_cols="unique_id"
    )
    every = [one.astype(np.float32) for one in every]
    options = {
        "model": "LSTM",
        "hidden_dim": UNITS,
        "n_rnn_layers": 1,
        "n_epochs": 1,
        "batch_size": BATCH,
        "pl_trainer_kwargs": TRAINER,
    }
    block = BlockRNNModel(window, H, **options)
    rolled = RNNModel(window, training_length=window + H, **options)
    rows: dict = {}
    for name, model in ((AT_ONCE, block), (ROLLED, rolled)):
        model.fit(every[:FEW])

        def run(some: list, model: object = model) -> list:
            return model.historical_forecasts(
                some,
                start=ROWS - H - cutoffs + 1,
                start_format="position",
                forecast_horizon=H,
                retrain=False,
                last_points_only=False,
            )

        run(every[:FEW])
        seconds, made = timed(lambda run=run: run(every))
        note = (
            f"{darts.__version__}, {type(model).__name__}; {sum(map(len, made)):,} forecast starts; no baseline and no "
            "score"
        )
        rows[name] = {"value": seconds, "note": note}
    return rows


def timed(call: object) -> tuple:
    """Seconds of one call, and what it gave."""
    began = time.perf_counter()
    given = call()
    return time.perf_counter() - began, given


if __name__ == "__main__":
    main()
