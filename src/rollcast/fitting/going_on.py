"""Going on: a fit from the pretrained network trains further on newer rows, and keeps what helps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from rollcast._types import Int64
from rollcast.data.splits import Split
from rollcast.evaluation.comparison import Difference, first_of_lowest
from rollcast.fitting.calibrating import Intervals, calibrate_intervals
from rollcast.fitting.fit import Course
from rollcast.fitting.judging import errors_on_validation, validation_origins
from rollcast.fitting.pretrained_fit import PretrainedTrial, half_of
from rollcast.fitting.problem import Problem
from rollcast.networks.network import Weights
from rollcast.networks.pretrained_network import PretrainedNetwork, unpack_weights
from rollcast.preprocessing.preparation import Preparation
from rollcast.training.start_kind import StartKind

MOST_HORIZONS: Final = 12
"""Horizons of new rows on which is judged at most: as many windows as the test of "better" puts into groups."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Gone:
    """How a network has gone on.

    Attributes:
        network: with the weights that are used from here on.
        preparation: of the series, by all rows.
        start: which weights they are; None where they are those from before.
        difference: how the errors of the further trained weights differ from those of the ones before, on rows that
            neither had seen; None where nothing could be trained.
        intervals: calibrated on these rows; None where nothing was observed there.
    """

    network: PretrainedNetwork
    preparation: Preparation
    start: StartKind | None
    difference: Difference | None
    intervals: Intervals | None


def newest_cut(offsets: Int64, begins: Int64, h: int) -> Split:
    """Where new rows are cut: their second half judges, at least a horizon and at most twelve of them.

    Args:
        offsets: (S + 1,) of the panel.
        begins: (S,) the first new row of each series, in the flat series. A series that has fewer than ``h`` is not
            judged.
        h: horizon.
    """
    ends = offsets[1:]
    new = ends - begins
    judged = np.where(new >= h, np.clip(new // 2, h, MOST_HORIZONS * h), 0)
    return Split(offsets, ends - judged, ends)


def go_on_training(
    problem: Problem, network: PretrainedNetwork, course: Course, *, untrained: bool
) -> Gone:
    """Train further from a network's weights, and take what comes of it where it is better for certain.

    The weights that are trained on the rows before the cut, and those half-way to them, are held against those from
    before on the rows behind it. The one with the lower error has to pass the test of
    :mod:`rollcast.evaluation.comparison`; then the same is made of all rows.

    Args:
        problem: all rows, split by :func:`newest_cut`.
        network: with the weights that are used now.
        course: how it is run.
        untrained: whether these weights have seen no row of the data.
    """
    origins = validation_origins(problem)
    trial = PretrainedTrial.build(problem, network, problem.split.train_ends)
    first = network.weights
    tried: list[Weights] = [first]
    tuned = trial.tune(course, "update")
    if tuned.updates:
        tried += [half_of(first, tuned.weights), tuned.weights]
    errors = [
        errors_on_validation(problem, origins, trial.forecasts(weights, origins))
        for weights in tried
    ]
    place, difference = 0, None
    if len(tried) > 1:
        best = 1 + first_of_lowest([each.overall for each in errors[1:]])
        difference = errors[best].differ_from(errors[0])
        place = best if difference.worth_taking else 0
    intervals = calibrate_intervals(
        problem,
        trial.preparation,
        network.distribution,
        lambda some: trial.params(tried[place], some),
        untrained=untrained and not place,
    )
    last = PretrainedTrial.build(
        replace(problem, panel=problem.known), network, problem.split.test_ends
    )
    start = (None, StartKind.HALF_WAY, StartKind.FINE_TUNED)[place]
    if start is not None:
        weights = last.tune(course, "update, all rows").weights
        weights = half_of(first, weights) if start is StartKind.HALF_WAY else weights
        network = replace(network, held=unpack_weights(weights))
    return Gone(
        network=network,
        preparation=last.preparation,
        start=start,
        difference=difference,
        intervals=intervals,
    )
