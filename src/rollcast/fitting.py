"""The course of a fit: validation chooses, the test part judges, and a last run uses every row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from rollcast.defaults import Candidate
from rollcast.excerpt import Excerpt
from rollcast.networks import Network, assign
from rollcast.preparation import Preparation
from rollcast.problem import Problem
from rollcast.programs import compile_seconds
from rollcast.training.checkpoint import Journal
from rollcast.training.forecasting import Shape
from rollcast.training.history import History
from rollcast.training.loop import INTERRUPTED, Interrupt, Rules, train
from rollcast.training.progress import Verbosity, make_listener
from rollcast.training.run import Run, start_run
from rollcast.training.task import averaged
from rollcast.trials import Judged, Start, Trial, first_network

TRIAL_EPOCHS = 10
"""Epochs that each of several candidates gets before the best of them goes on."""


_SETTLED = (
    "No epoch was better on the validation part than the anchor alone, so the forecasts are those of (seasonal) naive; "
    "more data, another season_length or a larger network may help."
)

_UNTRAINED = (
    "No epoch was better on the validation part than the network before training, so its first weights are kept; lower "
    "the learning rate, or give it more data."
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """What a fit ends with.

    Attributes:
        network: with the weights to be used.
        preparation: fitted on the rows that those weights have seen.
        candidate: the choice that validation made.
        history: curves, warnings and scores of the run that was judged.
        refitted: whether the weights, or a solved readout, have seen all rows.
        excerpt: a typical forecast of the test part, by the weights that were judged.
        shape: sizes, with the K of the readout.
        readout: how the last linear layer was found, in a few words.
    """

    network: Network
    preparation: Preparation
    candidate: Candidate
    history: History
    refitted: bool
    excerpt: Excerpt | None
    shape: Shape
    readout: str


@dataclass(frozen=True, kw_only=True)
class Course:
    """How a fit is run.

    Attributes:
        journal: keeps every run.
        interrupt: whether Ctrl-C was pressed.
        callbacks: Keras callbacks for the run that is judged.
        progress: see :func:`rollcast.training.progress.make_listener`.
        final_fit: train once more on all rows.
    """

    journal: Journal
    interrupt: Interrupt
    callbacks: Sequence[Any] = ()
    progress: Verbosity | bool = "auto"
    final_fit: bool = True


@dataclass(frozen=True)
class Stage:
    """One training run of a course.

    Attributes:
        name: in the journal.
        title: on the progress bar.
        rules: when it ends.
        callbacks: Keras callbacks.
    """

    name: str
    title: str
    rules: Rules
    callbacks: Sequence[Any] = ()


def fit(problem: Problem, candidates: Sequence[Candidate], course: Course) -> Outcome:
    """Run the whole course."""
    compiling = compile_seconds()
    start = first_network(problem, candidates[0])
    if problem.config.is_solved:
        judged, run = _solve_only(problem, start, candidates)
    else:
        judged, run = _train_and_solve(problem, start, candidates, course)
    verdict = judged.trial.judge(judged.weights)
    run = run.warn(verdict.warning) if verdict.warning else run
    history = replace(
        run.history(), scores=verdict.scores, compile_seconds=compile_seconds() - compiling
    )
    excerpt = verdict.excerpt
    if not course.final_fit or run.stopped.startswith(INTERRUPTED):
        return _outcome(judged, history, excerpt, refitted=False)
    if judged.choice:
        return _outcome(judged.solve_again(), history, excerpt, refitted=True)
    last = Trial.final(problem, start, judged.trial.candidate)
    if not run.best_epoch:
        return _outcome(Judged(last, start.weights), history, excerpt, refitted=True)
    final = _go_on(last, course, Stage("final", "final fit", Rules(max_epochs=run.best_epoch)))
    if final.stopped.startswith(INTERRUPTED):
        history = replace(history, stopped=f"{final.stopped} of the final fit")
        return _outcome(judged, history, excerpt, refitted=False)
    if not math.isfinite(final.epochs[-1].loss):
        return _outcome(judged, history, excerpt, refitted=False)
    weights = averaged(last.task, final.position)
    return _outcome(Judged(last, weights), history, excerpt, refitted=True)


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
    if problem.config.readout != "gradient" and not run.stopped.startswith(INTERRUPTED):
        judged = judged.solve(required=required)
    if settled:
        run = replace(run, best=start.weights, best_epoch=0)
        if not judged.choice:
            run = run.warn(_UNTRAINED if problem.network else _SETTLED)
    return judged, run


def _solve_only(
    problem: Problem, start: Start, candidates: Sequence[Candidate]
) -> tuple[Judged, Run]:
    """Nothing but the readout is fitted: of the best candidate on the validation part."""
    found: list[tuple[float, Judged, Run]] = []
    for candidate in candidates:
        trial = Trial.build(problem, start, candidate)
        judged = Judged(trial, start.weights).solve(required=True)
        run = replace(
            start_run(trial.task, start.weights), stopped="nothing is trained by gradients"
        )
        found.append((judged.trial.error(judged.weights), judged, run))
    _, judged, run = min(found, key=lambda entry: entry[0])
    return judged, run


def _choose(
    problem: Problem, start: Start, candidates: Sequence[Candidate], course: Course
) -> tuple[Candidate, Run | None]:
    """The candidate that does best on the validation part after some epochs, and its run so far."""
    if len(candidates) == 1:
        return candidates[0], None
    best: tuple[float, Candidate, Run] | None = None
    epochs = min(TRIAL_EPOCHS, problem.config.max_epochs)
    rules = Rules(max_epochs=epochs, patience=problem.config.patience)
    for number, candidate in enumerate(candidates):
        trial = Trial.build(problem, start, candidate)
        title = candidate.describe(problem.config.season_length)
        run = _go_on(trial, course, Stage(f"try-{number}", title, rules))
        error = trial.error(start.weights if trial.settled(run) else run.best)
        if best is None or error < best[0]:
            best = (error, candidate, run)
        if course.interrupt.pressed:
            break
    chosen, run = (best[1], best[2]) if best else (candidates[0], None)
    if course.callbacks:
        return chosen, None  # callbacks see every epoch of the run that is judged
    finished = run is not None and run.stopped.startswith("all ")
    return chosen, replace(run, stopped="", warnings=()) if run and finished else run


def _go_on(trial: Trial, course: Course, stage: Stage, run: Run | None = None) -> Run:
    """Train one stage to its end, from where the journal or ``run`` left off."""
    run = course.journal.get(stage.name) or run or start_run(trial.task, trial.start.weights)
    if run.stopped:
        return run
    if course.interrupt.pressed and len(run.epochs) < stage.rules.max_epochs:
        return replace(run, stopped=f"{INTERRUPTED} in epoch {len(run.epochs) + 1}")
    listener = make_listener(course.progress, stage.title, stage.rules.max_epochs)
    try:
        run = train(
            trial.task,
            run,
            stage.rules,
            listener=listener,
            interrupt=course.interrupt,
            keep=partial(course.journal.keep, stage.name),
            callbacks=stage.callbacks,
        )
    finally:
        listener.close()
        if course.interrupt.pressed:
            course.journal.write()
    if not run.stopped.startswith(INTERRUPTED):
        course.journal.keep(stage.name, run)
    return run


def _outcome(
    judged: Judged, history: History, excerpt: Excerpt | None, *, refitted: bool
) -> Outcome:
    trial = judged.trial
    network = trial.start.network
    assign(network.model, judged.weights)
    return Outcome(
        network=network,
        preparation=trial.preparation,
        candidate=trial.candidate,
        history=history,
        refitted=refitted,
        excerpt=excerpt,
        shape=replace(trial.problem.shape, steps=network.output_size),
        readout=judged.describe(),
    )
