"""Width and coverage of our intervals beside those of statsforecast's AutoETS, its own and its conformal ones.

Ours are those of ``fit`` with no option but the horizon. AutoETS has its defaults and the season of the group; its
conformal intervals come from two windows, its package's default. Widths are compared at equal coverage: the other's
intervals are stretched around their middle by the one factor that lets them hold as many values as ours do, counted on
the same values. Series that have too few rows for two windows are left out for all three. The weighted quantile loss is
that of nine quantiles. Seconds are not compared here.

ROLLCAST_BENCH_DATA=FOLDER python benchmarks/widths.py [--groups Monthly Hourly] [--validation]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
LEVELS = (80, 95)
NINE = (20, 40, 60, 80)
"""Central intervals whose ends are eight of the nine quantiles; the point is the ninth."""
WINDOWS = 2
LEAST = 8
"""Rows that AutoETS has before the windows at least."""
OWN, CONFORMAL = "AutoETS", "AutoETS-conformal"


def main() -> None:
    """Print the rows of each group; a worker writes forecasts of AutoETS."""
    parser = argparse.ArgumentParser(description=__doc__)
    if "--worker" in sys.argv:
        parser.add_argument("--worker", type=Path)
        work(parser.parse_args().worker)
        return
    from group_scores import add_options, asked, case_of
    from pretraining.competitions import read_group

    parser.add_argument("--environment", type=Path, default=HERE.parent / ".venv-peers")
    add_options(parser)
    given = parser.parse_args()
    wanted = asked(given)
    for group in wanted.groups if wanted else ():
        cut = read_group(group, wanted.data, test=wanted.test)
        measure(given.environment, group, cut, case_of(group, test=wanted.test))


def measure(environment: Path, group: object, cut: object, case: str) -> None:
    """Our intervals of one group, and those of AutoETS, on the series that both can forecast."""
    from competitions import fit, frame, scale
    from measuring import FITTED, emit
    from rollcast import metrics
    from rollcast.metrics.quantile_scores import NINE_LEVELS
    from rollcast.model.intervals import CALIBRATED
    from rollcast.networks.distribution import central_interval

    enough = [len(y) >= WINDOWS * group.h + max(LEAST, group.season + 1) for y in cut.past]
    actual, size = cut.actual[enough], scale(group, cut)[enough]
    left = f"{len(actual):,} of {len(cut.past):,} series"
    model = fit(group, cut.past).model
    made = model.fitted.forecast_quantiles(model.state, group.h, LEVELS)[enough]
    nine = np.stack([CALIBRATED.quantile(made, level) for level in NINE_LEVELS], axis=-1)
    emit(case, FITTED, metrics.wql(actual, nine), "WQL of nine quantiles", note=left)
    ours = {level: central_interval(CALIBRATED, made, level) for level in LEVELS}
    for level in LEVELS:
        emit_interval(case, FITTED, level, actual, size, *ours[level])
    past = frame(group, cut.past)
    names = past["unique_id"].unique()[enough]
    table = autoets(environment, group, past[past["unique_id"].isin(names)])
    told = str(table["told"].iloc[0])
    columns = {
        name: table[name].to_numpy().reshape(actual.shape) for name in table if name.startswith(OWN)
    }
    for who in (OWN, CONFORMAL):
        ranks = [columns[f"{who}-lo-{level}"] for level in reversed(NINE)]
        ranks += [columns[who], *(columns[f"{who}-hi-{level}"] for level in NINE)]
        value = metrics.wql(actual, np.stack(ranks, axis=-1))
        emit(case, who, value, "WQL of nine quantiles", note=f"{left}; {told}")
        for level in LEVELS:
            low, high = columns[f"{who}-lo-{level}"], columns[f"{who}-hi-{level}"]
            emit_interval(case, who, level, actual, size, low, high)
            emit_ratio(case, who, level, actual, size, (low, high), ours[level])


def emit_interval(
    case: str,
    who: str,
    level: int,
    actual: np.ndarray,
    size: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
) -> None:
    """What an interval held, and its mean width in units of MASE's scale."""
    from measuring import emit

    emit(case, who, share(actual, low, high), f"% inside of {level} %")
    emit(case, who, width(size, low, high), f"width of {level} %, in units of MASE's scale")


def emit_ratio(
    case: str,
    who: str,
    level: int,
    actual: np.ndarray,
    size: np.ndarray,
    theirs: tuple[np.ndarray, np.ndarray],
    ours: tuple[np.ndarray, np.ndarray],
) -> None:
    """Our width over theirs, once theirs are stretched so that they hold as many values as ours."""
    from measuring import emit

    aim = share(actual, *ours)
    few, many = 0.0, 16.0
    for _ in range(40):
        factor = (few + many) / 2
        few, many = (
            (few, factor) if share(actual, *stretch(*theirs, factor)) >= aim else (factor, many)
        )
    equal = stretch(*theirs, many)
    value = width(size, *ours) / width(size, *equal)
    note = f"theirs stretched by {many:.3f} to hold {aim:.1f} % as well"
    emit(case, who, value, f"our width of {level} % over theirs at equal coverage", note=note)


def share(actual: np.ndarray, low: np.ndarray, high: np.ndarray) -> float:
    """Percent of the values inside."""
    return 100 * float(((low <= actual) & (actual <= high)).mean())


def width(size: np.ndarray, low: np.ndarray, high: np.ndarray) -> float:
    """Mean width over the scale (S,) of each series."""
    some = size > 0
    return float(((high - low)[some] / size[some, None]).mean())


def stretch(low: np.ndarray, high: np.ndarray, factor: float) -> tuple[np.ndarray, np.ndarray]:
    """The same interval, wider by a factor around its middle."""
    middle, half = (low + high) / 2, (high - low) / 2
    return middle - factor * half, middle + factor * half


def autoets(environment: Path, group: object, table: pd.DataFrame) -> pd.DataFrame:
    """What AutoETS forecasts in a process of its own."""
    from run import install

    python = install(environment, "requirements-peers.txt")
    with tempfile.TemporaryDirectory() as folder:
        about = {"h": group.h, "season": group.season, "freq": group.frequency.alias or 1}
        (Path(folder) / "about.json").write_text(json.dumps(about))
        table.to_csv(Path(folder) / "series.csv", index=False)
        subprocess.run([python, __file__, "--worker", folder], stdout=sys.stderr, check=True)
        return pd.read_csv(Path(folder) / "made.csv")


def work(folder: Path) -> None:
    """Forecast the table of a folder, and write what came."""
    import statsforecast
    from statsforecast.models import AutoETS, SeasonalNaive
    from statsforecast.utils import ConformalIntervals

    warnings.simplefilter("ignore")
    about = json.loads((folder / "about.json").read_text())
    table = pd.read_csv(folder / "series.csv")
    if about["freq"] != 1:
        table["ds"] = pd.to_datetime(table["ds"])
    season, h = about["season"], about["h"]
    windows = ConformalIntervals(n_windows=WINDOWS, h=h)
    models = [
        AutoETS(season_length=season, alias=OWN),
        AutoETS(season_length=season, alias=CONFORMAL, prediction_intervals=windows),
    ]
    forecaster = statsforecast.StatsForecast(
        models=models,
        freq=about["freq"],
        n_jobs=-1,
        fallback_model=SeasonalNaive(season_length=season),
    )
    made = forecaster.forecast(df=table, h=h, level=sorted({*NINE, *LEVELS}))
    told = f"{statsforecast.__version__}, defaults, season {season}, {WINDOWS} windows"
    made.sort_values(["unique_id", "ds"]).assign(told=told).to_csv(folder / "made.csv", index=False)


if __name__ == "__main__":
    main()
