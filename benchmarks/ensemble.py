"""What the ensemble is worth: M3 and M4 hourly, each group a panel without training, beside the network alone.

Validation, which lies in the training part, chooses the members and tells whether the ensemble is preferred. The test
parts are scored once a run, whether it is or not. ``--validation`` forecasts the last rows of the training parts.

ROLLCAST_BENCH_DATA=FOLDER python benchmarks/ensemble.py [--groups Monthly Hourly] [--validation]
"""

from __future__ import annotations

import argparse

import numpy as np

from competitions import fit, scale
from group_scores import add_options, asked, case_of
from measuring import emit
from pretraining.competitions import Cut, Group, read_group
from rollcast import metrics


def main() -> None:
    """Print sMAPE and MASE of both for each group, with what validation told."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser)
    wanted = asked(parser.parse_args())
    for group in wanted.groups if wanted else ():
        cut = read_group(group, wanted.data, test=wanted.test)
        emit_both(group, cut, case_of(group, test=wanted.test))


def emit_both(group: Group, cut: Cut, case: str) -> None:
    """Score the network's column and the ensemble's of one group."""
    model = fit(group, cut.past, train=False).model
    made, told = model.predict(ensemble=True), model.ensemble
    note = f"{'preferred' if told.preferred else 'not preferred'}: {told}"
    for column in ("Rollcast", "Rollcast-ensemble"):
        forecast = np.asarray(made[column]).reshape(cut.actual.shape)
        emit(case, column, metrics.smape(cut.actual, forecast), "sMAPE, %", note=note)
        emit(case, column, metrics.mase(cut.actual, forecast, scale(group, cut)), "MASE")


if __name__ == "__main__":
    main()
