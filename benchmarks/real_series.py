"""Five real series of different frequency: without a fit, by `fit` without options, and by every baseline.

Forecasts start at some 20 to 180 rows of the last fifth, and each knows all rows before it. What `fit` has trained on
and chosen by lies before that fifth. The horizon is one season (a day's, a week's, a year's rows). The fit is compared
with no fit by the test of `rollcast.evaluation.comparison`, start by start. Its verdict comes from forecast starts of
its own, and recommends the model or the baseline beside it: counted is for how many series that has the lower MAE
here. ``--validation`` leaves the last fifth out, and forecasts the last fifth of what is left.

ROLLCAST_BENCH_DATA=FOLDER python benchmarks/real_series.py [--validation]   (the folder of classic)
"""

from __future__ import annotations

import argparse
import time
import warnings
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from measuring import FITTED, ZERO_SHOT, data_folder, emit
from rollcast import Forecaster, datasets
from rollcast.data.origins import Origins
from rollcast.data.panel import Panel
from rollcast.data.seasons import SeasonCycles
from rollcast.evaluation.baselines import NAIVE, SEASONAL_NAIVE, forecast_baselines
from rollcast.evaluation.comparison import compare
from rollcast.fitting.horizon_and_sizes import season_of
from rollcast.forecasting.pretrained_model import pretrained_model
from rollcast.forecasting.trained_model import Model
from rollcast.networks.distribution import Quantiles
from rollcast.networks.pretrained_weights import load_pretrained
from rollcast.tables import to_panel

PACKAGED = 3
STARTS = 150
"""Forecasts of a series, about."""

LAST_WEEK = "last week's values"
WEEKS = {24: 168, 48: 336}
"""Rows of a day -> of a week."""

SIMPLE = (NAIVE, SEASONAL_NAIVE, LAST_WEEK)
"""What forecasts without a fit have to be better than."""


class Judged(NamedTuple):
    """What is counted over all series.

    Attributes:
        simple: whether forecasts without a fit are better than each simple one.
        no_worse: whether those of the fit are not clearly worse than without.
        right: whether what the verdict recommends, of the fit and the baseline beside it, has the lower error.
    """

    simple: bool
    no_worse: bool
    right: bool


def real_series() -> list[tuple[str, Any, dict[str, str]]]:
    """Name, file and options of `fit`: three that are packaged, and two from the folder that is named."""
    folder = data_folder()
    series: list[tuple[str, Any, dict[str, str]]] = [
        ("airline passengers, monthly", datasets.path("airline"), {}),
        ("minimum temperatures, daily", datasets.path("temperatures"), {}),
        ("electricity demand, half-hourly", datasets.path("demand"), {"tz": "Australia/Melbourne"}),
    ]
    if folder:
        series += [
            ("milk, monthly", folder / "classic" / "monthly-milk.csv", {}),
            ("ETTh1 OT, hourly", folder / "classic" / "ETTh1.csv", {"target_col": "OT"}),
        ]
    return series


def main() -> None:
    """Print the rows of each series, and what holds over all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--validation", action="store_true", help="leave the last fifth out")
    validation = parser.parse_args().validation
    warnings.simplefilter("ignore")
    series = real_series()
    judged = []
    for name, data, options in series:
        table = pd.read_csv(data)
        if validation:
            table = table.head(len(table) - len(table) // 5)
        judged.append(measure(f"{name}{', validation' if validation else ''}", table, options))
    note = "" if len(series) > PACKAGED else "milk and ETTh1 left out: no data folder was named"
    case, of = "all, validation" if validation else "all", f"of {len(series)}"
    simple, no_worse, right = (sum(each) for each in zip(*judged, strict=True))
    emit(case, ZERO_SHOT, simple, f"{of} better than {', '.join(SIMPLE)}", note=note)
    emit(case, FITTED, no_worse, f"{of} not clearly worse than without a fit", note=note)
    emit(case, FITTED, right, f"{of} whose verdict recommends what has the lower MAE", note=note)


def measure(name: str, table: pd.DataFrame, options: dict[str, str]) -> Judged:
    """One series."""
    began = time.perf_counter()
    model = Forecaster()
    history = model.fit(table, progress="quiet", final_fit=False, **options)
    seconds, scores = time.perf_counter() - began, history.scores
    panel, h = to_panel(table, **options)[0], scores.h
    cycles = SeasonCycles.of(panel.frequency)
    rows = starts(int(panel.lengths[0]), h, max(cycles.lengths, default=1))
    place = rows[:, None] + np.arange(1, h + 1)
    actual = np.where(panel.mask[place], panel.target[place], np.nan)
    case = f"{name}, h {h}"
    note = f"{scores.verdict} Fit {seconds:.0f} s; {history.defaults}"
    ours = {
        ZERO_SHOT: (pretrained_model(load_pretrained(), cycles, h), f"{len(rows)} starts"),
        FITTED: (model.fitted.model, note),
    }
    errors = {}
    for who, (by, told) in ours.items():
        made = roll(by, panel, h, rows)
        errors[who] = np.abs(actual - made.point)
        emit(case, who, float(np.nanmean(errors[who])), "MAE", note=told)
        if made.low is not None:
            inside = ((actual >= made.low) & (actual <= made.high))[~np.isnan(actual)]
            emit(case, who, 100 * float(inside.mean()), "% inside of 80 %")
    gain = compare(errors[FITTED], errors[ZERO_SHOT], np.zeros_like(rows), rows, h=h)
    told = f"{'clearly' if gain.certain else 'no'} difference, p {gain.p_value:.2g}"
    told += f", {gain.windows} separate windows"
    emit(case, FITTED, 100 * gain.effect, "% above the MAE without a fit", note=told)
    own = float(np.nanmean(errors[ZERO_SHOT]))
    others = {
        other: float(np.nanmean(np.abs(actual - made)))
        for other, made in simple_forecasts(panel, rows, h).items()
    }
    for other, error in others.items():
        emit(case, other, error, "MAE", against_rollcast=f"{error / own:.2f}x")
    beside = scores.best_baseline.name
    better = float(np.nanmean(errors[FITTED])) < others[beside]
    return Judged(
        all(own < others[other] for other in SIMPLE if other in others),
        not gain.worse,
        (scores.recommended != beside) == better,
    )


def starts(rows: int, h: int, season: int) -> np.ndarray:
    """The newest known rows of about ``STARTS`` forecasts in the last fifth, at any place in the season."""
    first, last = rows - rows // 5 - 1, rows - h - 1
    stride = max((last - first) // STARTS, 1)
    while stride > 1 and np.gcd(stride, season) > 1:
        stride += 1
    return np.arange(first, last + 1, stride)


class Made(NamedTuple):
    """Forecasts (M, h) from some rows, and the ends of their intervals of 80 % where the network knows them."""

    point: np.ndarray
    low: np.ndarray | None
    high: np.ndarray | None


def roll(model: Model, panel: Panel, h: int, rows: np.ndarray) -> Made:
    """Forecasts after some rows of the only series, each from the state that has read up to there."""
    known = panel.head(rows[:1] + 1)
    state = model.read_again(known, model.prepare_new(known))
    levels, made = model.network.distribution, []
    for row in rows:
        if row > rows[0]:
            state = model.read_on(state, panel.head(np.array([row + 1])).drop(state.rows))
        made.append(model.forecast_quantiles(state, h)[0])
    found = np.stack(made)
    if not isinstance(levels, Quantiles):
        return Made(np.asarray(levels.point(found)), None, None)
    return Made(*(np.asarray(levels.quantile(found, level)) for level in (0.5, 0.1, 0.9)))


def simple_forecasts(panel: Panel, rows: np.ndarray, h: int) -> dict[str, np.ndarray]:
    """Every baseline's forecasts after the same rows, and last week's values of hours and half hours."""
    origins, season = Origins(np.zeros(len(rows), np.int64), rows), season_of(panel.frequency)
    made = dict(forecast_baselines(panel, origins, h, season))
    week = WEEKS.get(season or 1)
    if week:
        weekly = forecast_baselines(panel, origins, h, week, [SEASONAL_NAIVE])
        made[LAST_WEEK] = weekly[SEASONAL_NAIVE]
    return made


if __name__ == "__main__":
    main()
