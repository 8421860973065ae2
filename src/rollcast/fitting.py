"""The course of a fit: validation chooses, the test part judges, and a last run uses every row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from rollcast._types import Float64
from rollcast.building import build_network
from rollcast.config import Config
from rollcast.defaults import Candidate
from rollcast.errors import ArgumentError
from rollcast.evaluation import Scores
from rollcast.excerpt import Excerpt, typical
from rollcast.judging import actual_at, divisors, in_sample_scales, judge
from rollcast.networks import Network, Weights, assign, weights_of
from rollcast.panel import Panel
from rollcast.preparation import Preparation, prepare
from rollcast.programs import compile_seconds
from rollcast.rollout import Origins, forecast_at
from rollcast.solving import Choice, choose_readout
from rollcast.splits import Split, origins_within
from rollcast.training.checkpoint import Journal
from rollcast.training.forecasting import FreeRunning, Regime, Shape, forecast_task
from rollcast.training.history import History
from rollcast.training.loop import INTERRUPTED, Interrupt, Rules, train
from rollcast.training.optimizers import make_optimizer
from rollcast.training.progress import Verbosity, make_listener
from rollcast.training.run import Run, start_run
from rollcast.training.task import Task, averaged
from rollcast.windows import Rows

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

_UNSOLVED = (
    "The readout can't be solved: the head must be one linear Dense layer with a bias, and the training part must hold "
    'rows whose next values are all known; use readout="gradient".'
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """What a fit is about.

    Attributes:
        panel: all rows.
        split: training, validation and test.
        config: with season and horizon settled.
        shape: sizes.
        network: the user's own network, or None.
        name: what the model is called in scores and frames.
        unit: the target's unit, or None.
    """

    panel: Panel
    split: Split
    config: Config
    shape: Shape
    network: Network | None
    name: str
    unit: str | None

    @property
    def h(self) -> int:
        """The horizon."""
        return int(self.config.h or 1)


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
    start = _first_network(problem, candidates[0])
    if problem.config.is_solved:
        judged, run = _solve_only(problem, start, candidates)
    else:
        judged, run = _train_and_solve(problem, start, candidates, course)
    scores, excerpt = judged.trial.judge(judged.weights)
    history = replace(run.history(), scores=scores, compile_seconds=compile_seconds() - compiling)
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
    settled = run.epochs and trial.settled(run)
    weights = start.weights if settled else run.best
    judged = Judged(trial, weights)
    if problem.config.readout != "gradient" and not run.stopped.startswith(INTERRUPTED):
        judged = judged.solve(required=problem.config.needs_ridge)
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


class Start(NamedTuple):
    """The network that every run of a fit begins with.

    Attributes:
        network: its structure; the model's own variables are set when the fit ends.
        weights: the first ones. With an anchor they forecast exactly the anchor.
    """

    network: Network
    weights: Weights


@dataclass(frozen=True, kw_only=True, eq=False)
class Trial:
    """One candidate's network, data and training task.

    Attributes:
        problem: what it is about.
        start: the network and its first weights.
        candidate: the way the data are read.
        preparation: fitted on the rows that are trained on.
        rows: as the compiled programs take them.
        validation: the free-running error on the validation part.
        task: of training.
    """

    problem: Problem
    start: Start
    candidate: Candidate
    preparation: Preparation
    rows: Rows
    validation: FreeRunning
    task: Task

    @classmethod
    def build(cls, problem: Problem, start: Start, candidate: Candidate) -> Trial:
        """Train on the training part, validate on the validation part."""
        return cls._make(problem, start, candidate, validated=True)

    @classmethod
    def final(cls, problem: Problem, start: Start, candidate: Candidate) -> Trial:
        """Train on all rows."""
        return cls._make(problem, start, candidate, validated=False)

    @classmethod
    def _make(
        cls, problem: Problem, start: Start, candidate: Candidate, *, validated: bool
    ) -> Trial:
        config, panel, split, shape = problem.config, problem.panel, problem.split, problem.shape
        ends = split.train_ends if validated else split.test_ends
        preparation = prepare(
            panel.head(ends - split.offsets[:-1]),
            config.scaling,
            log=candidate.log,
            lag=candidate.lag,
            steps=shape.steps,
        )
        rows = preparation.rows(panel, ends)
        optimizer = make_optimizer(
            config.optimizer,
            learning_rate=config.learning_rate,
            clip_norm=config.clip_norm,
        )
        regime = Regime(
            seed=config.seed,
            stateful=config.stateful,
            rollout=config.rollout,
            input_noise=config.input_noise,
        )
        validation = FreeRunning(
            rows=rows,
            origins=origins_within(split.train_ends, split.val_ends, problem.h),
            shape=shape,
            h=problem.h,
            loss=config.loss,
        )
        task = forecast_task(
            start.network,
            optimizer,
            config.loss,
            rows,
            split.offsets,
            shape,
            regime,
            validate=partial(validation.validate, start.network) if validated else None,
        )
        return cls(
            problem=problem,
            start=start,
            candidate=candidate,
            preparation=preparation,
            rows=rows,
            validation=validation,
            task=task,
        )

    def settled(self, run: Run) -> bool:
        """Whether no epoch was better on the validation part than the untrained network; ours equals its anchor."""
        if self.preparation.lag == 0 or self.task.validate is None:
            return False
        return bool(self.task.validate(self.start.weights).mae <= run.best_value)

    def forecasts(self, weights: Weights, origins: Origins) -> Float64:
        """(S, O, h) free-running forecasts in the data's units."""
        panel, shape = self.problem.panel, self.problem.shape
        made = forecast_at(
            self.start.network,
            weights,
            self.preparation.rows(panel),
            origins,
            h=self.problem.h,
            ring=shape.ring,
            window=shape.window,
        )
        return self.preparation.restore(made, np.arange(panel.num_series))

    def error(self, weights: Weights) -> float:
        """Validation error in units of naive's own, by which candidates of any scaling can be compared."""
        split = self.problem.split
        origins = origins_within(split.train_ends, split.val_ends, self.problem.h)
        made = self.forecasts(weights, origins)
        actual = actual_at(self.problem.panel, origins, self.problem.h)
        scale = in_sample_scales(
            self.problem.panel, split.train_ends, self.problem.config.season_length
        )
        errors = np.abs(made - actual) / divisors(scale)[:, None, None]
        known = errors[~np.isnan(actual)]  # a forecast that is no number is a fault, not a gap
        return float(known.mean()) if len(known) and np.isfinite(known).all() else math.inf

    def judge(self, weights: Weights) -> tuple[Scores, Excerpt | None]:
        """The verdict from the untouched test part, and a typical forecast of it."""
        problem = self.problem
        origins = origins_within(problem.split.val_ends, problem.split.test_ends, problem.h)
        scale = in_sample_scales(
            problem.panel, problem.split.train_ends, problem.config.season_length
        )
        made = self.forecasts(weights, origins)
        actual = actual_at(problem.panel, origins, problem.h)
        judged = partial(
            judge, name=problem.name, season=problem.config.season_length, unit=problem.unit
        )
        return judged(problem.panel, origins, made, scale), typical(
            problem.panel,
            origins,
            made,
            actual,
            divisors(scale),
            name=problem.name,
            season=problem.config.season_length,
            unit=problem.unit,
        )


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


@dataclass(frozen=True, eq=False)
class Judged:
    """The weights of a trial that are judged, and how their readout was found.

    Attributes:
        trial: its network gives the structure.
        weights: of the trial's network.
        choice: the readout that was solved, or None where it was trained.
    """

    trial: Trial
    weights: Weights
    choice: Choice | None = None

    def solve(self, *, required: bool) -> Judged:
        """The same body under the readout that does best on the validation part.

        Args:
            required: solve it even where validation is against it.

        Raises:
            ArgumentError: ``required``, and it can't be solved.
        """
        trial = self.trial
        bodies = {"trained": self.weights, "untrained": trial.start.weights}
        if self.weights is trial.start.weights:
            del bodies["trained"]
        elif required:
            del bodies["untrained"]
        choice = choose_readout(
            trial.start.network,
            bodies,
            trial.rows,
            trial.problem.split.offsets,
            trial.validation,
            beat=None if required else self.weights,
        )
        if choice is None:
            if required:
                raise ArgumentError(_UNSOLVED)
            return self
        start = Start(choice.network, choice.weights)
        return Judged(replace(trial, start=start), choice.weights, choice)

    def solve_again(self) -> Judged:
        """The readout solved again on all rows, with the penalty that validation chose."""
        choice, split = self.choice, self.trial.problem.split
        if choice is None:
            return self
        rows = self.trial.preparation.rows(self.trial.problem.panel, split.test_ends)
        weights = choice.solve(rows, split.offsets, self.trial.problem.shape.window)
        return replace(self, weights=weights or self.weights)

    def describe(self) -> str:
        """How the last linear layer was found, in a few words; empty where it was trained."""
        return self.choice.describe() if self.choice else ""


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


def _first_network(problem: Problem, candidate: Candidate) -> Start:
    """The caller's own network, copied, or one built from the configuration."""
    config, panel, split = problem.config, problem.panel, problem.split
    if problem.network:
        network = problem.network.copy()
    elif candidate.lag:
        network = build_network(config, output_size=problem.shape.steps)
    else:
        train = panel.head(split.train_ends - split.offsets[:-1])
        filled, observed = prepare(
            train, config.scaling, log=candidate.log, lag=0, steps=problem.shape.steps
        ).scale(train)
        mean = float(filled[observed].mean())
        network = build_network(config, output_size=problem.shape.steps, head_bias=mean)
    return Start(network, weights_of(network.model))
