"""Trials: a way of reading the data, the network and data that are trained by it, and how they do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

from rollcast._types import Bool, Float32, Float64
from rollcast.data.origins import Origins
from rollcast.data.panel import Panel
from rollcast.errors import ArgumentError
from rollcast.evaluation.judge import (
    times_of,
)
from rollcast.fitting.calibrating import Intervals, calibrate_intervals
from rollcast.fitting.candidates import Candidate
from rollcast.fitting.choose_readout import Choice, choose_readout
from rollcast.fitting.judging import (
    CandidateErrors,
    Verdict,
    Weighed,
    errors_on_validation,
    judge_on_test,
    test_origins,
    validation_origins,
)
from rollcast.fitting.path_residuals import residual_basis
from rollcast.fitting.problem import Problem
from rollcast.forecasting.path_basis import PathBasis
from rollcast.forecasting.rolling_origins import forecast_at
from rollcast.networks.build import build_network
from rollcast.networks.distribution import Point
from rollcast.networks.linear_head import is_solvable
from rollcast.networks.network import Network, Weights, weights_of
from rollcast.networks.shared_head import make_ahead
from rollcast.preprocessing.preparation import Preparation, prepare
from rollcast.preprocessing.series_buffer import SeriesBuffer
from rollcast.training.forecast_task import TrainingMode, forecast_task
from rollcast.training.optimizers import make_optimizer
from rollcast.training.run import Run
from rollcast.training.task import Task
from rollcast.training.validation import FreeRunning

_UNSOLVED = (
    "The readout can't be solved: the head must be one linear Dense layer with a bias, and the training part must hold "
    'rows whose next values are all known; use readout="gradient".'
)


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
    rows: SeriesBuffer
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
        config, split, sizes = problem.config, problem.split, problem.sizes
        panel = problem.panel if validated else problem.known
        ends = split.train_ends if validated else split.test_ends
        logs = problem.logs(candidate.log, ends)
        preparation = _prepare(problem, candidate, panel.head(ends - split.offsets[:-1]), logs)
        rows = preparation.buffer(problem.readable(panel, logs), ends)
        optimizer = make_optimizer(
            config.optimizer,
            learning_rate=config.learning_rate,
            clip_norm=config.clip_norm,
        )
        mode = TrainingMode(
            seed=config.seed,
            stateful=config.stateful,
            rollout=config.rollout,
            input_noise=config.input_noise,
        )
        origins = validation_origins(problem)
        validation = FreeRunning(
            rows=rows,
            origins=origins,
            ends=split.val_ends,
            sizes=sizes,
            h=problem.h,
            time=times_of(panel, origins),
            squared=problem.squared_scales is not None,
        )
        task = forecast_task(
            start.network,
            optimizer,
            rows,
            split.offsets,
            sizes,
            mode,
            validate=partial(validation.validate, start.network) if validated else None,
            squared=validation.squared,
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
        return bool(self.task.deciding(self.task.validate(self.start.weights)) <= run.best_value)

    def forecasts(self, weights: Weights, origins: Origins) -> Float64:
        """(M, h) free-running forecasts in the data's units."""
        made = self.scaled_forecasts(weights, origins, self.problem.h)
        return self.preparation.restore(made, origins.series)

    def scaled_forecasts(self, weights: Weights, origins: Origins, h: int) -> Float32:
        """(M, h) the same in scaled units."""
        problem, sizes = self.problem, self.problem.sizes
        panel = problem.readable(problem.panel, self.preparation.scaler.log)
        return forecast_at(
            self.start.network,
            weights,
            self.preparation.buffer(panel),
            origins,
            h=h,
            ring=sizes.ring,
            window=sizes.window,
        )

    def calibrate(self, weights: Weights) -> Intervals | None:
        """How intervals are made around the forecasts of these weights."""
        return calibrate_intervals(
            self.problem,
            self.preparation,
            self.start.network.distribution,
            lambda origins: self.scaled_forecasts(weights, origins, self.problem.h)[..., None],
        )

    def basis(self, weights: Weights) -> PathBasis:
        """By what paths are drawn, from the validation part."""
        steps = self.start.network.output_size
        return residual_basis(
            self.problem,
            self.preparation,
            steps,
            lambda origins: self.scaled_forecasts(weights, origins, steps),
        )

    def errors(self, weights: Weights) -> CandidateErrors:
        """How the weights do on the validation part, in units by which candidates of any scaling can be compared."""
        made = self.forecasts(weights, self.validation.origins)
        return errors_on_validation(self.problem, self.validation.origins, made)

    def judge(self, weights: Weights, weighed: Weighed) -> Verdict:
        """How the weights do on the untouched test part, beside the baselines that validation has weighed."""
        problem = self.problem
        origins = test_origins(problem)
        made = self.forecasts(weights, origins)
        rolled = problem.h > self.start.network.output_size
        bounds = self.preparation.bounds
        return judge_on_test(problem, origins, made, bounds, weighed, rolled=rolled)


def _prepare(problem: Problem, candidate: Candidate, panel: Panel, logs: Bool) -> Preparation:
    """How a candidate reads the data, fitted on the rows of a panel, with logarithms of some series (S,)."""
    return prepare(
        panel,
        problem.config.scaling,
        log=logs,
        lag=candidate.lag,
        level=candidate.level,
        steps=problem.sizes.steps,
        bounds=problem.config.bounds,
    )


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
        steps = trial.start.network.output_size
        choice = choose_readout(
            trial.start.network,
            bodies,
            trial.rows,
            trial.problem.split.offsets,
            trial.validation,
            # The caller's own head is kept, since loading expects it.
            sizes=[steps] if steps == 1 or trial.problem.network else [steps, 1],
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
        choice, trial = self.choice, self.trial
        if choice is None:
            return self
        problem, split = trial.problem, trial.problem.split
        preparation = trial.preparation
        logs = problem.logs(trial.candidate.log, split.test_ends)
        if (
            logs != preparation.scaler.log
        ).any():  # by values <= 0 in the test part, which is judged now
            train = problem.panel.head(split.train_ends - split.offsets[:-1])
            preparation = _prepare(problem, trial.candidate, train, logs)
        rows = preparation.buffer(problem.known, split.test_ends)
        weights = choice.solve(rows, split.offsets, problem.sizes.window)
        if weights is None:
            return self
        return replace(self, trial=replace(trial, preparation=preparation), weights=weights)

    def describe(self) -> str:
        """How the last linear layer was found, in a few words; empty where it was trained."""
        return self.choice.describe() if self.choice else ""


def first_network(problem: Problem, candidate: Candidate) -> Start:
    """The caller's own network, copied, or one built from the configuration.

    Raises:
        ArgumentError: its readout is to be solved, and can't be.
    """
    config, panel, split = problem.config, problem.panel, problem.split
    sizes = problem.sizes
    ahead = make_ahead(config, steps=sizes.steps, ring=sizes.ring)
    emitted = Point(problem.loss)
    if problem.network:
        network = replace(problem.network.copy(), distribution=emitted)
    elif candidate.lag:
        network = build_network(config, output_size=sizes.steps, ahead=ahead, distribution=emitted)
    else:
        train = panel.head(split.train_ends - split.offsets[:-1])
        filled, observed = prepare(
            train,
            config.scaling,
            log=problem.logs(candidate.log, split.train_ends),
            lag=0,
            steps=problem.sizes.steps,
        ).scale(train)
        mean = float(filled[observed].mean())
        network = build_network(
            config,
            output_size=sizes.steps,
            head_bias=mean,
            ahead=ahead,
            distribution=emitted,
        )
    if config.needs_ridge and not is_solvable(network):
        raise ArgumentError(_UNSOLVED)
    return Start(network, weights_of(network.model))
