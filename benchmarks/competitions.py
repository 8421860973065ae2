"""M3 and M4 hourly, each group fitted as one panel with no option but the horizon, beside the baselines.

Nothing is tuned here: the test parts are scored once a run. ``--validation`` forecasts the last rows of the training
parts instead. Dates are made up, since the files have none: every series of a group begins at the same time, and its
step tells the season.

ROLLCAST_BENCH_DATA=FOLDER python benchmarks/competitions.py [--groups Monthly Hourly] [--validation]
"""

from __future__ import annotations

import argparse
import time
import warnings
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from group_scores import add_options, asked, case_of, emit_average, emit_scores
from measuring import FITTED, emit
from pretraining.competitions import Cut, Group, panel_of, read_group
from pretraining.evaluate import Scores, score_quantiles
from rollcast import metrics
from rollcast.data.origins import Origins
from rollcast.evaluation.baselines import forecast_baselines
from rollcast.networks.distribution import Quantiles

if TYPE_CHECKING:
    from rollcast import Forecaster

START = pd.Timestamp("1800-01-01")


def main() -> None:
    """Print the scores and seconds of the fit, and the scores of the baselines, for each group."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser)
    wanted, scores = asked(parser.parse_args()), {}
    for group in wanted.groups if wanted else ():
        cut = read_group(group, wanted.data, test=wanted.test)
        case = case_of(group, test=wanted.test)
        scores |= fit_and_emit(group, cut, case)
        emit_baselines(group, cut, case)
    if wanted:
        emit_average(FITTED, scores, test=wanted.test)


def fit_and_emit(group: Group, cut: Cut, case: str) -> dict[str, Scores]:
    """Fit one group and print its rows; its scores, if the fit left quantiles."""
    fitted = fit(group, cut.past)
    model = fitted.model
    chosen = model.history.defaults
    note = f"{model.history.compile_seconds:.0f} s of {fitted.seconds:.0f} compiling; {chosen}"
    emit(case, FITTED, fitted.seconds, "s to fit, compiling included")
    made = quantiles(model)
    if made is None:
        forecast = model.predict_array()
        emit(case, FITTED, metrics.smape(cut.actual, forecast), "sMAPE, %", note=note)
        emit(case, FITTED, metrics.mase(cut.actual, forecast, scale(group, cut)), "MASE")
        return {}
    scores = score_quantiles(model.fitted.model.network.distribution, made, group, cut)
    emit_scores(case, FITTED, scores, group.h, note)
    return {group.name: scores}


class Timed(NamedTuple):
    """A fitted model, and how long it took."""

    model: Forecaster
    seconds: float


def fit(group: Group, past: list[np.ndarray], **options: object) -> Timed:
    """`fit` of a table of these series."""
    import rollcast as rc

    table = frame(group, past)
    model = rc.Forecaster(h=group.h, **options)
    began = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(table, progress="quiet")
    return Timed(model, time.perf_counter() - began)


def quantiles(model: Forecaster) -> np.ndarray | None:
    """(S, h, Q) after the rows of the fit; None where it chose a network that forecasts points."""
    inside, state = model.fitted.model, model.state
    if not isinstance(inside.network.distribution, Quantiles):
        return None
    return inside.forecast_quantiles(state, inside.h)


def frame(group: Group, past: list[np.ndarray]) -> pd.DataFrame:
    """The series as a table, in their order."""
    parts = (
        pd.DataFrame({"unique_id": f"s{place:04}", "ds": times(group, len(y)), "y": y})
        for place, y in enumerate(past)
    )
    return pd.concat(parts, ignore_index=True)


def times(group: Group, rows: int) -> pd.Index:
    """Dates that tell the season of a group; numbers where it has none."""
    alias = group.frequency.alias
    return pd.date_range(START, periods=rows, freq=alias) if alias else pd.RangeIndex(rows)


def scale(group: Group, cut: Cut) -> np.ndarray:
    """(S,) by which MASE divides."""
    return np.array([metrics.seasonal_scale(y, group.season) for y in cut.past])


def emit_baselines(group: Group, cut: Cut, case: str) -> None:
    """Every baseline's errors after the last rows."""
    panel = panel_of(group.frequency, cut.past)
    last = Origins(np.arange(panel.num_series), panel.lengths - 1)
    for name, made in forecast_baselines(panel, last, group.h, group.season).items():
        emit(case, name, metrics.smape(cut.actual, made), "sMAPE, %")
        emit(case, name, metrics.mase(cut.actual, made, scale(group, cut)), "MASE")


if __name__ == "__main__":
    main()
