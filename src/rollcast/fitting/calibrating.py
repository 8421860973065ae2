"""How the intervals of a fit are calibrated: on the validation part, and measured on the test part.

The validation part is out of sample for the weights that were judged. It also chose between a few candidates, by their
points alone; that makes its residuals a little too small where they are many and it is short. The weights that are used
in the end have seen all rows, the test part among them, and keep this calibration.

A network that was pretrained and stays as it is has seen no row of the data, so it is calibrated on parts of the second
half of the training part too. They are as long as the validation part, so that the programs that judged that one serve
them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from rollcast._types import Float32, Int64
from rollcast.data.origins import Origins, of_some_series, origins_within
from rollcast.data.splits import Split
from rollcast.evaluation.conformal import Calibration, calibrate, points_of
from rollcast.evaluation.coverage import Coverage, measure_coverage
from rollcast.evaluation.evidence import Evidence
from rollcast.evaluation.expected_errors import ExpectedErrors, expect_errors
from rollcast.evaluation.judge import actual_at, times_of
from rollcast.evaluation.likelihood import choose_likelihood
from rollcast.fitting.problem import Problem
from rollcast.networks.distribution import POINT, Distribution
from rollcast.preprocessing.preparation import Preparation

MOST_CALIBRATED: Final = 2**18
"""Rows that are read to calibrate, or to measure coverage, at most, about; and forecast values at most."""

MOST_EARLIER: Final = 7
"""Parts before the validation part by which a network is calibrated that has seen no row, at most."""

ParamsAt = Callable[[Origins], Float32]
"""From M origins to the parameters (M, h, Q) of their forecasts, in scaled units."""


class Intervals(NamedTuple):
    """What a fit knows of its intervals, and of its errors.

    Attributes:
        calibration: of their ends.
        coverage: on the test part; None where nothing was observed there.
        expected: the errors one step ahead in the parts that calibrated and measured; None in older files.
        told: a few words on what the quantiles of counts are; empty where nothing was chosen, and never saved.
    """

    calibration: Calibration
    coverage: Coverage | None
    expected: ExpectedErrors | None = None
    told: str = ""


def calibrate_intervals(
    problem: Problem,
    preparation: Preparation,
    distribution: Distribution,
    params_at: ParamsAt,
    *,
    untrained: bool = False,
) -> Intervals | None:
    """Calibrate on the validation part, and measure on the test part.

    Args:
        problem: what the fit is about.
        preparation: by which its series were read.
        distribution: the network's.
        params_at: the forecasts of the weights that were judged.
        untrained: whether these weights have seen no row of the data.

    Returns:
        None where nothing was observed in the validation part.
    """
    split, option, of_network = problem.split, problem.config.likelihood, distribution
    if option == "point":
        distribution = POINT

    def forecasts(origins: Origins) -> Float32:
        made = params_at(origins)
        return points_of(of_network, made) if option == "point" else made

    parts = [
        _gather(problem, preparation, forecasts, begins, ends)
        for begins, ends in calibration_parts(split, earlier=MOST_EARLIER if untrained else 0)
    ]
    evidence = Evidence(*(np.concatenate(each) for each in zip(*parts, strict=True)))
    if np.isnan(evidence.actual).all():
        return None
    known = problem.given.head(split.val_ends - split.offsets[:-1])
    dispersion, told = choose_likelihood(option, known, evidence, distribution, preparation)
    calibration = replace(calibrate(evidence, distribution), dispersion=dispersion)
    judged = _gather(problem, preparation, forecasts, split.val_ends, split.test_ends)
    coverage = measure_coverage(calibration, distribution, judged, preparation)
    ids = problem.panel.ids
    calibration = replace(
        calibration,
        own=calibration.own and calibration.own.named(ids),
        dispersion=dispersion and dispersion.named(ids),
    )
    expected = expect_errors([evidence, judged], distribution, problem.panel.num_series)
    return Intervals(calibration, coverage, expected, told)


def calibration_parts(split: Split, earlier: int) -> list[tuple[Int64, Int64]]:
    """Where the validation part begins and ends, and parts of its length before it in the training part's second half.

    Args:
        split: of the panel.
        earlier: parts before it at most.
    """
    middle = (split.offsets[:-1] + split.train_ends) // 2
    rows = split.val_ends - split.train_ends
    found = [(split.train_ends, split.val_ends)]
    for _ in range(earlier):
        ends = found[-1][0]
        begins = np.where(ends - rows >= middle, ends - rows, ends)
        if (begins == ends).all():
            break
        found.append((begins, ends))
    return found


def _gather(
    problem: Problem,
    preparation: Preparation,
    params_at: ParamsAt,
    begins: Int64,
    ends: Int64,
) -> Evidence:
    """Forecasts from rolling origins of a part, beside what came."""
    h, panel = problem.h, problem.panel
    most = min(problem.most_judged, MOST_CALIBRATED)
    origins = origins_within(problem.split.offsets, begins, ends, h, values=most)
    origins = of_some_series(origins, MOST_CALIBRATED, max(most // h, 1))
    actual, owner = actual_at(panel, origins, h, ends), origins.series[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = preparation.scaler.forward(actual, np.broadcast_to(owner, actual.shape))
    return Evidence(
        np.where(np.isfinite(scaled), scaled, np.nan),
        params_at(origins).astype(np.float64),
        preparation.anchor_error[origins.series].astype(np.float64),
        origins.series,
        times_of(panel, origins),
    )
