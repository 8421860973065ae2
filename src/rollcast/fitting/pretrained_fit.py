"""A fit that starts from the pretrained network: as it is, fine-tuned, or half-way between; validation decides."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from rollcast._number_format import format_count
from rollcast._types import Float32, Float64, Int64
from rollcast.data.origins import Origins
from rollcast.data.panel import Panel
from rollcast.errors import ArgumentError
from rollcast.evaluation.comparison import CLEARLY, CLOSE, first_of_lowest
from rollcast.fitting.calibrating import calibrate_intervals
from rollcast.fitting.candidates import Candidate
from rollcast.fitting.fit import Course, FitOutcome, finish, run_candidates, solve_untrained
from rollcast.fitting.horizon_and_sizes import usual_length
from rollcast.fitting.judging import (
    CandidateErrors,
    errors_on_validation,
    judge_on_test,
    test_origins,
    validation_origins,
    weigh_baselines,
)
from rollcast.fitting.path_stride import quantiles_and_unit, stride_basis
from rollcast.fitting.problem import Problem
from rollcast.forecasting.pretrained_model import pretrained_sizes
from rollcast.forecasting.rolling_origins import (
    ForecastGroup,
    draw_group,
    draw_quantiles,
    forecast_at,
    forecast_group,
    quantile_group,
)
from rollcast.networks.distribution import point_or_mean
from rollcast.networks.network import Weights
from rollcast.networks.pretrained_network import MOST_STEPS, PretrainedNetwork, unpack_weights
from rollcast.networks.pretrained_weights import load_pretrained
from rollcast.options.config import CELL_NAMES
from rollcast.preprocessing.bounds import Bounds
from rollcast.preprocessing.preparation import Preparation, prepare_pretrained
from rollcast.runtime.programs import compile_seconds
from rollcast.training.fine_tuning import TuningRows, fine_tune
from rollcast.training.history import History
from rollcast.training.progress import say
from rollcast.training.start_kind import StartKind
from rollcast.training.stopping import StopReason

TOLD_EVERY: Final = 10
"""Updates whose mean loss is one value of the history."""

MOST_CLEAN: Final = 16
"""Series at most of which one looks for a clean signal."""

LONG: Final = 256
"""Training rows of the usual series from which on one looks for it."""


_NO_CHECKPOINT: Final = (
    "No `checkpoint` was written: fine-tuning takes a few minutes at most, and begins again."
)


class Tuned(NamedTuple):
    """What fine-tuning leaves.

    Attributes:
        weights: averaged over the updates.
        losses: the mean loss of every ten updates.
        updates: how many there were.
    """

    weights: Weights
    losses: tuple[float, ...]
    updates: int


@dataclass(frozen=True, kw_only=True, eq=False)
class PretrainedTrial:
    """How the pretrained network reads the data up to some row of each series.

    Attributes:
        problem: what it is about.
        network: its structure and first weights.
        preparation: fitted on the rows that may be known.
        ends: (S,) one past the last of these, in the flat series.
    """

    problem: Problem
    network: PretrainedNetwork
    preparation: Preparation
    ends: Int64

    @classmethod
    def build(cls, problem: Problem, network: PretrainedNetwork, ends: Int64) -> PretrainedTrial:
        """Fit the scaling on the rows before ``ends``."""
        panel, config = problem.panel, problem.config
        known = panel.head(ends - problem.split.offsets[:-1])
        preparation = prepare_pretrained(
            known,
            problem.cycles.held(known.lengths),
            log=problem.logs(config.log, ends),
            bounds=config.bounds,
            point=config.point,
        )
        return cls(problem=problem, network=network, preparation=preparation, ends=ends)

    @property
    def panel(self) -> Panel:
        """All rows, as they are read."""
        return self.problem.readable(self.problem.panel, self.preparation.scaler.log)

    def forecasts(self, weights: Weights, origins: Origins) -> Float64:
        """(M, h) forecasts in the data's units, as a fitted model would make them there."""
        means = self.preparation.means_of(origins.series)
        if means is not None and means.any():
            made = self.preparation.restore(self.params(weights, origins), origins.series)
            return point_or_mean(self.network.distribution, made, means)
        each = draw_group if self.problem.h > MOST_STEPS else forecast_group
        made = self._at(weights, origins, self.problem.h, each)
        return self.preparation.restore(made, origins.series)

    def params(self, weights: Weights, origins: Origins) -> Float32:
        """(M, h, Q) quantiles of the same forecasts in scaled units."""
        each = draw_quantiles if self.problem.h > MOST_STEPS else quantile_group
        return self._at(weights, origins, self.problem.h, each)

    def params_and_unit(self, weights: Weights, origins: Origins, steps: int) -> Float32:
        """(M, K, Q + 1) quantiles of one block and the running scale, see :mod:`rollcast.fitting.path_stride`."""
        return self._at(weights, origins, steps, quantiles_and_unit)

    def _at(self, weights: Weights, origins: Origins, h: int, each: ForecastGroup) -> Float32:
        """(M, h, ...) what ``each`` makes at the origins, in scaled units."""
        return forecast_at(
            self.network.emitting(min(h, MOST_STEPS)),
            weights,
            self.preparation.buffer(self.panel),
            origins,
            h=h,
            ring=pretrained_sizes(self.problem.cycles).ring,
            window=0,
            each=each,
        )

    def tune(self, course: Course, title: str) -> Tuned:
        """Fine-tune on what may be known; after Ctrl-C the weights are as far as they have come."""
        problem, preparation = self.problem, self.preparation
        panel = self.panel
        bounds = preparation.bounds or Bounds.none(panel.num_series)
        rows = TuningRows(
            preparation.scaler.scale_rows(panel, np.arange(panel.num_series)),
            panel.offsets[:-1],
            self.ends,
            preparation.seasons or problem.cycles.held(panel.lengths),
            panel.weights,
            np.isinf(bounds.lowest) & np.isinf(bounds.highest),
        )
        updates = rows.updates
        if not updates:
            return Tuned(self.network.weights, (), 0)
        losses: list[float] = []

        def told(number: int, loss: float) -> bool:
            losses.append(loss)
            if number % (2 * TOLD_EVERY) == 0:
                recent = float(np.mean(losses[-2 * TOLD_EVERY :]))
                say(course.progress, f"{title}: update {number}/{updates}  loss {recent:.4g}")
            return not course.interrupt.pressed

        weights = fine_tune(
            self.network.weights,
            rows,
            problem.h,
            updates,
            seed=problem.config.seed,
            told=told,
        )
        parts = [losses[i : i + TOLD_EVERY] for i in range(0, len(losses), TOLD_EVERY)]
        return Tuned(weights, tuple(float(np.mean(part)) for part in parts), len(losses))


@dataclass(frozen=True, kw_only=True, eq=False)
class ChosenStart:
    """The weights that validation chose.

    Attributes:
        trial: how the data are read up to the end of the training part.
        start: which weights they are.
        weights: themselves.
        reason: why, in a few words.
        errors: on the validation part.
        tuned: by fine-tuning, whatever became of it.
        compiling: seconds of compilation before it.
    """

    trial: PretrainedTrial
    start: StartKind
    weights: Weights
    reason: str
    errors: CandidateErrors
    tuned: Tuned
    compiling: float


def fit_pretrained(
    problem: Problem, candidates: Sequence[Candidate], course: Course
) -> tuple[Problem, FitOutcome]:
    """Choose between the pretrained network and what training makes of it, judge it, and train it on all rows.

    A network of random weights is trained as well where all is searched; and where its readout alone, solved on a long
    history, forecasts the validation part so much better that the signal must be a clean one. It is taken where it does
    better.

    Args:
        problem: what the fit is about.
        candidates: of a network of random weights.
        course: how it is run.

    Returns:
        The problem, in which the network of random weights stands if that was taken; and the outcome.

    Raises:
        ArgumentError: ``callbacks``, which only the training of random weights calls.
    """
    if course.callbacks:
        raise ArgumentError(
            "`callbacks` are called at epochs, and the pretrained network is trained for some updates only; leave them "
            "out, or fit with `pretrained=False`."
        )
    chosen = choose_pretrained(problem, course)
    config = problem.config
    other = replace(
        problem, config=config.replace(pretrained=False, train=True), name=CELL_NAMES[config.cell]
    )
    wanted = config.train and (config.search == "full" or _is_clean(other, candidates, chosen))
    if wanted and not course.interrupt.pressed:
        trained = run_candidates(other, candidates, course)
        if not trained.run.interrupted and _is_better(trained.errors, chosen.errors):
            return other, finish(other, trained, course)
    return problem, finish_pretrained(problem, chosen, course)


def choose_pretrained(problem: Problem, course: Course) -> ChosenStart:
    """Fine-tune on the training part, and choose on the validation part."""
    compiling = compile_seconds()
    network = load_pretrained(str(problem.config.pretrained))
    origins = validation_origins(problem)
    trial = PretrainedTrial.build(problem, network, problem.split.train_ends)

    def errors(weights: Weights) -> CandidateErrors:
        return errors_on_validation(problem, origins, trial.forecasts(weights, origins))

    first = network.weights
    starts: list[tuple[StartKind, Weights]] = [(StartKind.ZERO_SHOT, first)]
    found, tuned = [errors(first)], Tuned(first, (), 0)
    if problem.config.train and not course.interrupt.pressed:
        tuned = trial.tune(course, "fine-tuning")
        starts.append((StartKind.HALF_WAY, half_of(first, tuned.weights)))
        starts.append((StartKind.FINE_TUNED, tuned.weights))
        found += [errors(weights) for _, weights in starts[1:]]
    place, reason = choose_start(found)
    start, weights = starts[place]
    return ChosenStart(
        trial=trial,
        start=start,
        weights=weights,
        reason=reason,
        errors=found[place],
        tuned=tuned,
        compiling=compiling,
    )


def finish_pretrained(problem: Problem, chosen: ChosenStart, course: Course) -> FitOutcome:
    """Judge what was chosen on the test part, and make the same of all rows."""
    network, start, weights = chosen.trial.network, chosen.start, chosen.weights
    losses = chosen.tuned.losses
    judged, bounds = test_origins(problem), chosen.trial.preparation.bounds
    weighed = weigh_baselines(problem, chosen.errors, bounds)
    verdict = judge_on_test(
        problem,
        judged,
        chosen.trial.forecasts(weights, judged),
        bounds,
        weighed,
        rolled=False,  # paths are drawn, whose remedies are not those of a loop of points
    )
    intervals = calibrate_intervals(
        problem,
        chosen.trial.preparation,
        network.distribution,
        lambda origins: chosen.trial.params(chosen.weights, origins),
        untrained=start is StartKind.ZERO_SHOT,
    )
    basis = stride_basis(
        problem,
        network,
        chosen.trial.preparation,
        lambda origins, steps: chosen.trial.params_and_unit(weights, origins, steps),
        untrained=start is StartKind.ZERO_SHOT,
    )
    everything = replace(problem, panel=problem.known)
    last = PretrainedTrial.build(everything, network, problem.split.test_ends)
    refitted = start is StartKind.ZERO_SHOT
    if not refitted and course.final_fit and not course.interrupt.pressed:
        tuned = last.tune(course, "final fit").weights
        if not course.interrupt.pressed:
            first, refitted = network.weights, True
            weights = tuned if start is StartKind.FINE_TUNED else half_of(first, tuned)
    interrupted = course.interrupt.pressed
    said = (verdict.warning, _NO_CHECKPOINT if course.checkpoint.is_kept else None)
    history = History(
        loss=losses,
        best_epoch=0 if start is StartKind.ZERO_SHOT else len(losses),
        updates=chosen.tuned.updates,
        start=start,
        warnings=tuple(sentence for sentence in said if sentence),
        stopped="interrupted" if interrupted else _describe_end(problem, chosen),
        stop_reason=StopReason.INTERRUPTED if interrupted else _reason_of_end(losses),
        scores=verdict.scores,
        compile_seconds=compile_seconds() - chosen.compiling,
    )
    return FitOutcome(
        network=replace(network, held=unpack_weights(weights)),
        preparation=last.preparation,
        candidate=Candidate(log=problem.config.log, lag=0, start=start, reason=chosen.reason),
        history=history,
        refitted=refitted,
        typical=verdict.typical,
        sizes=pretrained_sizes(problem.cycles),
        readout="",
        intervals=intervals,
        weighed=weighed,
        basis=basis,
    )


def choose_start(found: Sequence[CandidateErrors]) -> tuple[int, str]:
    """The place of the start to take, and why in a few words.

    The first is the network as it is. Another one is taken where its error is lower by a hundredth at least, and that
    is no chance: by the test of :mod:`rollcast.evaluation.comparison`, or since more series gain by it than a coin
    would give.

    Args:
        found: errors on the validation part; the network as it is stands first.
    """
    if len(found) == 1:
        return 0, ""
    place = first_of_lowest([each.overall for each in found])
    best = min(range(1, len(found)), key=lambda k: _or_infinite(found[k].overall))
    difference = found[place or best].differ_from(found[0])
    if math.isnan(difference.effect):
        return 0, "nothing to validate on"
    change = f"{abs(difference.effect):.1%} {'lower' if difference.effect < 0 else 'higher'}"
    change = f"fine-tuning's validation error is {change}".replace("%", " %")
    if not place:
        return 0, change
    if difference.more_than_chance:
        return place, change
    return 0, f"{change}, which may be chance"


def _is_better(one: CandidateErrors, other: CandidateErrors) -> bool:
    difference = one.differ_from(other)
    return difference.effect <= -CLOSE and difference.more_than_chance


def _is_clean(problem: Problem, candidates: Sequence[Candidate], chosen: ChosenStart) -> bool:
    """Whether a readout that is solved for a random recurrence forecasts a long history far better."""
    lengths = problem.split.train_ends - problem.split.offsets[:-1]
    if len(lengths) > MOST_CLEAN or usual_length(lengths) < LONG or problem.config.needs_ridge:
        return False
    solved = solve_untrained(problem, candidates)
    return bool(solved.differ_from(chosen.errors).effect <= CLEARLY - 1)


def half_of(first: Weights, tuned: Weights) -> Weights:
    """The mean of both."""
    pairs = zip(first.trainable, tuned.trainable, strict=True)
    return Weights([(np.asarray(a) + np.asarray(b)) / 2 for a, b in pairs], [])


def _or_infinite(error: float) -> float:
    return math.inf if math.isnan(error) else error


def _describe_end(problem: Problem, chosen: ChosenStart) -> str:
    if not problem.config.train:
        return "nothing was trained, as `train=False` asks"
    if not chosen.tuned.updates:
        return "nothing was trained: no series has rows enough"
    done = f"{format_count(chosen.tuned.updates, 'update')} of fine-tuning"
    return f"{done}, of which nothing was kept" if chosen.start is StartKind.ZERO_SHOT else done


def _reason_of_end(losses: Sequence[float]) -> StopReason:
    return StopReason.ALL_EPOCHS if losses else StopReason.NOTHING_TO_TRAIN
