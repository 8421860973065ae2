"""The course of a fit: validation chooses, the test part judges, and a last run uses every row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

from rollcast.errors import ArgumentError
from rollcast.evaluation.comparison import CLOSE, first_of_lowest
from rollcast.evaluation.excerpt import TypicalForecast
from rollcast.fitting.calibrating import Intervals
from rollcast.fitting.candidates import Candidate
from rollcast.fitting.judging import NOTHING_WEIGHED, Verdict, Weighed, weigh_baselines
from rollcast.fitting.problem import Problem
from rollcast.fitting.trials import CandidateErrors, Judged, Start, Trial, first_network
from rollcast.forecasting.path_basis import NO_BASIS, PathBasis
from rollcast.networks.network import AnyNetwork, assign_weights
from rollcast.networks.sizes import Sizes
from rollcast.preprocessing.preparation import Preparation
from rollcast.runtime.programs import compile_seconds
from rollcast.training.checkpoint import FitCheckpoint
from rollcast.training.history import History
from rollcast.training.progress import Verbosity, make_listener
from rollcast.training.run import Run, start_run
from rollcast.training.stopping import Rules, Stop, StopReason, stop_interrupted
from rollcast.training.task import averaged
from rollcast.training.training_loop import Interrupt, train

TRIAL_EPOCHS = 10
"""Epochs that each of several candidates gets before the best of them goes on."""


_SETTLED = (
    "No epoch was better on the validation part than {anchor} alone, so the forecasts are those of {anchor}; "
    "{more}more data, another season_length or a larger network may help."
)

_UNTRAINED = (
    "No epoch was better on the validation part than the network before training, so its first weights are kept; lower "
    "the learning rate, or give it more data."
)


_INTERRUPTED_SOLVING = Stop(StopReason.INTERRUPTED, "interrupted while the readout was solved")

_NOTHING_TRAINED = Stop(StopReason.NOTHING_TO_TRAIN, "nothing is trained by gradients")


@dataclass(frozen=True, kw_only=True, eq=False)
class FitOutcome:
    """What a fit ends with.

    Attributes:
        network: with the weights to be used.
        preparation: fitted on the rows that those weights have seen.
        candidate: the choice that validation made.
        history: curves, warnings and scores of the run that was judged.
        refitted: whether the weights, or a solved readout, have seen all rows.
        typical: a typical forecast of the test part, by the weights that were judged.
        sizes: with the K of the readout.
        readout: how the last linear layer was found, in a few words.
        intervals: how they are made, and what they held of the test part; None where nothing was observed.
        basis: by what paths are drawn beside the network.
        weighed: what validation tells of the baselines.
    """

    network: AnyNetwork
    preparation: Preparation
    candidate: Candidate
    history: History
    refitted: bool
    typical: TypicalForecast | None
    sizes: Sizes
    readout: str
    intervals: Intervals | None = None
    basis: PathBasis = NO_BASIS
    weighed: Weighed = NOTHING_WEIGHED


@dataclass(frozen=True, kw_only=True)
class Course:
    """How a fit is run.

    Attributes:
        checkpoint: keeps every run.
        interrupt: whether Ctrl-C was pressed.
        callbacks: Keras callbacks for the run that is judged.
        progress: see :func:`rollcast.training.progress.make_listener`.
        final_fit: train once more on all rows.
    """

    checkpoint: FitCheckpoint
    interrupt: Interrupt
    callbacks: Sequence[Any] = ()
    progress: Verbosity | bool = "auto"
    final_fit: bool = True


@dataclass(frozen=True)
class Stage:
    """One training run of a course.

    Attributes:
        name: in the checkpoint.
        title: on the progress bar.
        rules: when it ends.
        callbacks: Keras callbacks.
    """

    name: str
    title: str
    rules: Rules
    callbacks: Sequence[Any] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Trained:
    """What training from random weights gave, before it is judged.

    Attributes:
        start: the network and its first weights.
        judged: the weights that validation chose.
        run: by which they were trained.
        compiling: seconds of compilation before it.
    """

    start: Start
    judged: Judged
    run: Run
    compiling: float

    @cached_property
    def errors(self) -> CandidateErrors:
        """On the validation part."""
        return self.judged.trial.errors(self.judged.weights)


def run_fit(problem: Problem, candidates: Sequence[Candidate], course: Course) -> FitOutcome:
    """Run the whole course from random weights."""
    return finish(problem, run_candidates(problem, candidates, course), course)


def run_candidates(problem: Problem, candidates: Sequence[Candidate], course: Course) -> Trained:
    """Train on the training part, and choose on the validation part.

    Raises:
        ArgumentError: ``callbacks`` where no epoch is trained.
    """
    if course.callbacks and problem.config.is_solved:
        raise ArgumentError(
            f"`callbacks` are called at epochs, and {problem.config.why_solved} trains none; leave them out."
        )
    compiling = compile_seconds()
    start = first_network(problem, candidates[0])
    if problem.config.is_solved:
        judged, run = _solve_only(problem, start, candidates, course.interrupt)
    else:
        judged, run = _train_and_solve(problem, start, candidates, course)
    return Trained(start=start, judged=judged, run=run, compiling=compiling)


def solve_untrained(problem: Problem, candidates: Sequence[Candidate]) -> CandidateErrors:
    """The least validation error of networks of which the readout alone is solved.

    Raises:
        ArgumentError: it can't be solved.
    """
    start = first_network(problem, candidates[0])
    found = [
        Judged(Trial.build(problem, start, candidate), start.weights).solve(required=True)
        for candidate in candidates
    ]
    errors = [judged.trial.errors(judged.weights) for judged in found]
    return errors[first_of_lowest([each.overall for each in errors])]


def finish(problem: Problem, trained: Trained, course: Course) -> FitOutcome:
    """Judge what was trained on the test part, and train it once more on all rows."""
    judged = trained.judged
    weighed = weigh_baselines(problem, trained.errors, judged.trial.preparation.bounds)
    verdict = judged.trial.judge(judged.weights, weighed)
    intervals = judged.trial.calibrate(judged.weights)
    basis = judged.trial.basis(judged.weights)
    outcome = _finish(problem, trained, course, verdict)
    return replace(outcome, intervals=intervals, basis=basis, weighed=weighed)


def _finish(problem: Problem, trained: Trained, course: Course, verdict: Verdict) -> FitOutcome:
    """Train what was judged once more on all rows, where that is wanted."""
    start, judged, run, compiling = (
        trained.start,
        trained.judged,
        trained.run,
        trained.compiling,
    )
    run = run.warn(verdict.warning) if verdict.warning else run
    history = replace(
        run.history(), scores=verdict.scores, compile_seconds=compile_seconds() - compiling
    )
    typical = verdict.typical
    if not course.final_fit or run.interrupted:
        return _outcome(judged, history, typical, refitted=False)
    if judged.choice:
        return _outcome(judged.solve_again(), history, typical, refitted=True)
    last = Trial.final(problem, start, judged.trial.candidate)
    if not run.best_epoch:
        return _outcome(Judged(last, start.weights), history, typical, refitted=True)
    final = _go_on(last, course, Stage("final", "final fit", Rules(max_epochs=run.best_epoch)))
    if final.interrupted:
        stopped = f"{final.stop.sentence} of the final fit" if final.stop else ""
        history = replace(history, stopped=stopped, stop_reason=StopReason.INTERRUPTED)
        return _outcome(judged, history, typical, refitted=False)
    if not math.isfinite(final.epochs[-1].loss):
        return _outcome(judged, history, typical, refitted=False)
    weights = averaged(last.task, final.position)
    return _outcome(Judged(last, weights), history, typical, refitted=True)


def _train_and_solve(
    problem: Problem, start: Start, candidates: Sequence[Candidate], course: Course
) -> tuple[Judged, Run]:
    """Train by gradients, then solve the readout where validation says that it helps."""
    chosen, run = _choose(problem, start, candidates, course)
    trial = Trial.build(problem, start, chosen)
    rules = Rules(max_epochs=problem.config.max_epochs, patience=problem.config.patience)
    run = _go_on(trial, course, Stage("fit", problem.name, rules, course.callbacks), run)
    settled = bool(run.epochs) and trial.settled(run)
    required = problem.config.needs_ridge
    judged = Judged(trial, start.weights if settled and not required else run.best)
    if problem.config.readout != "gradient" and not run.interrupted:
        judged = judged.solve(required=required)
    if settled:
        run = replace(run, best=start.weights, best_epoch=0)
        if not judged.choice:
            more = "more epochs, " if run.stop and run.stop.reason is StopReason.ALL_EPOCHS else ""
            settled_at = _SETTLED.format(anchor=chosen.baseline, more=more)
            run = run.warn(_UNTRAINED if problem.network else settled_at)
    return judged, run


def _solve_only(
    problem: Problem, start: Start, candidates: Sequence[Candidate], interrupt: Interrupt
) -> tuple[Judged, Run]:
    """Nothing but the readout is fitted: of the best candidate on the validation part.

    After Ctrl-C no further candidate is tried, and the best so far is kept.
    """
    found: list[tuple[CandidateErrors, Judged, Run]] = []
    for candidate in candidates:
        trial = Trial.build(problem, start, candidate)
        judged = Judged(trial, start.weights).solve(required=True)
        run = start_run(trial.task, start.weights)
        found.append((judged.trial.errors(judged.weights), judged, run))
        if interrupt.pressed:
            break
    place, reason = _select([errors for errors, _, _ in found])
    _, judged, run = found[place]
    candidate = replace(judged.trial.candidate, reason=reason)
    judged = replace(judged, trial=replace(judged.trial, candidate=candidate))
    stop = _INTERRUPTED_SOLVING if interrupt.pressed else _NOTHING_TRAINED
    return judged, replace(run, stop=stop)


def _choose(
    problem: Problem, start: Start, candidates: Sequence[Candidate], course: Course
) -> tuple[Candidate, Run | None]:
    """The candidate that does best on the validation part after some epochs, and its run so far."""
    if len(candidates) == 1:
        return candidates[0], None
    found: list[tuple[CandidateErrors, Candidate, Run]] = []
    epochs = min(TRIAL_EPOCHS, problem.config.max_epochs)
    rules = Rules(max_epochs=epochs, patience=problem.config.patience)
    for number, candidate in enumerate(candidates):
        trial = Trial.build(problem, start, candidate)
        logs = trial.preparation.scaler.log
        title = candidate.describe(problem.config.season_length, logs)
        run = _go_on(trial, course, Stage(f"try-{number}", title, rules))
        errors = trial.errors(start.weights if trial.settled(run) else run.best)
        found.append((errors, candidate, run))
        if course.interrupt.pressed:
            break
    place, reason = _select([errors for errors, _, _ in found])
    _, chosen, run = found[place]
    chosen = replace(chosen, reason=reason)
    if course.callbacks:
        return chosen, None  # callbacks see every epoch of the run that is judged
    if run.stop and run.stop.reason is StopReason.ALL_EPOCHS:
        run = replace(run, stop=None, warnings=())
    return chosen, run


def _select(found: Sequence[CandidateErrors]) -> tuple[int, str]:
    """The place of the candidate to take by :func:`first_of_lowest`, and why in a few words."""
    errors = [each.overall for each in found]
    place = first_of_lowest(errors)
    others = [k for k in range(len(found)) if k != place and math.isfinite(errors[k])]
    if not others:
        return place, ""
    next_best = min(others, key=lambda k: errors[k])
    difference = found[place].differ_from(found[next_best])
    if not difference.effect <= -CLOSE:
        return place, "validation error as low as any other's, and simpler"
    sure = "more than chance" if difference.better else "not certain"
    return place, f"validation error {-difference.effect:.0%} below the next, {sure}".replace(
        "%", " %"
    )


def _go_on(trial: Trial, course: Course, stage: Stage, run: Run | None = None) -> Run:
    """Train one stage to its end, from where the checkpoint or ``run`` left off."""
    start = start_run(trial.task, trial.start.weights)
    run = course.checkpoint.get(stage.name, start) or run or start
    if run.stop is not None:
        return run
    if course.interrupt.pressed and len(run.epochs) < stage.rules.max_epochs:
        return replace(run, stop=stop_interrupted(len(run.epochs) + 1))
    listener = make_listener(course.progress, stage.title, stage.rules.max_epochs)
    try:
        run = train(
            trial.task,
            run,
            stage.rules,
            listener=listener,
            interrupt=course.interrupt,
            keep=partial(course.checkpoint.keep, stage.name),
            callbacks=stage.callbacks,
        )
    finally:
        listener.close()
        if course.interrupt.pressed:
            course.checkpoint.write()
    if not run.interrupted:
        course.checkpoint.keep(stage.name, run)
    return run


def _outcome(
    judged: Judged, history: History, typical: TypicalForecast | None, *, refitted: bool
) -> FitOutcome:
    trial = judged.trial
    network = trial.start.network
    assign_weights(network.model, judged.weights)
    return FitOutcome(
        network=network,
        preparation=trial.preparation,
        candidate=trial.candidate,
        history=history,
        refitted=refitted,
        typical=typical,
        sizes=replace(trial.problem.sizes, steps=network.output_size),
        readout=judged.describe(),
    )
