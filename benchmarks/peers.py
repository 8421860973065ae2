"""Our fit of M3 monthly beside AutoETS, AutoTheta, NHITS and LSTM of other packages: errors, coverage and seconds.

The others run in an environment of their own, which is made in ``--environment`` where it is not there yet. All are
given the same series, and nobody is tuned. Rollcast has no option but the horizon. AutoETS and AutoTheta have their
defaults and a season of 12. NHITS and LSTM are global models with their defaults, 1,000 updates among them, but for
the quantile loss that gives intervals, and for padding, without which short series are refused; NHITS, which has no
default for it, reads two horizons, and it scales robustly, as LSTM does. Seconds are those of fit and forecast, after
imports and a first run on ten series, for which programs may be compiled. The first run of NHITS and LSTM has two
updates. Rollcast's is a whole fit, and what it compiles for the shapes of all series counts among its seconds; the
note has both. Each runs in a process of its own, on as many cores as it likes: ``taskset`` sets the same for all.

ROLLCAST_BENCH_DATA=FOLDER python benchmarks/peers.py [--only Rollcast AutoETS] [--groups Monthly] [--validation]
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

PERCENT = 80
UPDATES = 1000
FIRST = 10
"""Series of the first run."""

STATISTICAL = ("AutoETS", "AutoTheta")
NEURAL = ("NHITS", "LSTM")
US = "Rollcast"
HERE = Path(__file__).parent


def main() -> None:
    """Print the rows of each forecaster; a worker writes forecasts."""
    parser = argparse.ArgumentParser(description=__doc__)
    if "--worker" in sys.argv:
        parser.add_argument("--worker", nargs=2, metavar=("WHO", "FOLDER"))
        work(*parser.parse_args().worker)
        return
    from group_scores import add_options, asked, case_of
    from pretraining.competitions import read_group

    everyone = (US, *STATISTICAL, *NEURAL)
    parser.add_argument("--only", nargs="+", choices=everyone, default=everyone)
    parser.add_argument("--environment", type=Path, default=HERE.parent / ".venv-peers")
    add_options(parser)
    parser.set_defaults(groups=["Monthly"])
    given = parser.parse_args()
    wanted = asked(given)
    for group in wanted.groups if wanted else ():
        cut = read_group(group, wanted.data, test=wanted.test)
        case = case_of(group, test=wanted.test)
        for who in given.only:
            measure(given.environment, who, group, cut, case)


def measure(environment: Path, who: str, group: object, cut: object, case: str) -> None:
    """Let one of them forecast in a process of its own, the others in their environment, and print its rows."""
    from competitions import frame, scale
    from group_scores import band
    from measuring import FITTED, emit
    from rollcast import metrics
    from run import install

    python = sys.executable if who == US else install(environment, "requirements-peers.txt")
    with tempfile.TemporaryDirectory() as folder:
        about = {"h": group.h, "season": group.season, "freq": group.frequency.alias or 1}
        (Path(folder) / "about.json").write_text(json.dumps(about))
        frame(group, cut.past).to_csv(Path(folder) / "series.csv", index=False)
        call = [python, __file__, "--worker", who, folder]
        subprocess.run(call, stdout=sys.stderr, check=True)
        with np.load(Path(folder) / "made.npz") as made:
            point, ends = made["point"], [made[end] for end in ("low", "high") if end in made]
            seconds, first = made["seconds"]
            note = f"{made['told']}; {first:.0f} s before, for the first run"
    package = "statsforecast" if who in STATISTICAL else "neuralforecast"
    name = FITTED if who == US else f"{who} of {package}"
    emit(case, name, seconds, "s to fit and forecast", note=note)
    emit(case, name, metrics.smape(cut.actual, point), "sMAPE, %")
    emit(case, name, metrics.mase(cut.actual, point, scale(group, cut)), "MASE")
    if ends:
        inside = 100 * float(((cut.actual >= ends[0]) & (cut.actual <= ends[1])).mean())
        emit(case, name, inside, f"% inside of {PERCENT} %", note=band(PERCENT, cut.actual.size))


def work(who: str, given: str) -> None:
    """Forecast the table of a folder, and write forecasts and seconds there."""
    import pandas as pd

    warnings.simplefilter("ignore")
    folder = Path(given)
    about = json.loads((folder / "about.json").read_text())
    table = pd.read_csv(folder / "series.csv")
    if about["freq"] != 1:
        table["ds"] = pd.to_datetime(table["ds"])
    call = ours if who == US else statistical if who in STATISTICAL else neural
    began = time.perf_counter()
    few = table["unique_id"].unique()[:FIRST]
    call(who, table[table["unique_id"].isin(few)], about, 2)
    first = time.perf_counter() - began
    began = time.perf_counter()
    made, told = call(who, table, about, UPDATES)
    seconds = [time.perf_counter() - began, first]
    made = made.sort_values(["unique_id", "ds"])
    point = who if who in made else f"{who}-median"
    columns = {"point": point, "low": f"{who}-lo-{PERCENT}", "high": f"{who}-hi-{PERCENT}"}
    arrays = {
        key: made[name].to_numpy().reshape(-1, about["h"])
        for key, name in columns.items()
        if name in made  # a network that a fit chose may forecast points alone
    }
    np.savez(folder / "made.npz", seconds=seconds, told=told, **arrays)


def ours(who: str, table: object, about: dict, _: int) -> tuple:
    """One model for all series, by `fit` with no option but the horizon."""
    import rollcast as rc

    model = rc.Forecaster(h=about["h"])
    history = model.fit(table, progress="quiet")
    level = (
        [PERCENT] if history.start else None
    )  # only what began with the pretrained network knows intervals
    made = model.predict(level=level, alias=who)
    return made, f"{history.compile_seconds:.0f} s of it compiling; {history.defaults}"


def statistical(who: str, table: object, about: dict, _: int) -> tuple:
    """A model for each series."""
    import statsforecast
    from statsforecast import models

    model = getattr(models, who)(season_length=about["season"])
    forecaster = statsforecast.StatsForecast(models=[model], freq=about["freq"], n_jobs=-1)
    made = forecaster.forecast(df=table, h=about["h"], level=[PERCENT])
    return made, f"{statsforecast.__version__}, defaults, season {about['season']}"


def neural(who: str, table: object, about: dict, updates: int) -> tuple:
    """One model for all series."""
    import logging

    import neuralforecast
    from neuralforecast import models
    from neuralforecast.losses.pytorch import MQLoss

    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    options = {"input_size": 2 * about["h"], "scaler_type": "robust"} if who == "NHITS" else {}
    model = getattr(models, who)(
        h=about["h"],
        loss=MQLoss(level=[PERCENT]),
        max_steps=updates,
        start_padding_enabled=True,
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_checkpointing=False,
        **options,
    )
    forecaster = neuralforecast.NeuralForecast(models=[model], freq=about["freq"])
    forecaster.fit(df=table)
    made = forecaster.predict()
    return made, f"{neuralforecast.__version__}, max_steps {updates:,}, quantile loss"


if __name__ == "__main__":
    main()
