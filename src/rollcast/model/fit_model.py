"""Fit a model from a spec and a panel alone: the same two give the same model, on whatever machine they meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rollcast._number_format import format_count
from rollcast._types import Fill, Verbosity
from rollcast.data.panel import Panel
from rollcast.errors import ArgumentError
from rollcast.fitting.candidates import Candidate
from rollcast.fitting.fit import Course, FitOutcome, run_fit
from rollcast.fitting.fit_spec import FitSpec
from rollcast.fitting.pretrained_fit import fit_pretrained
from rollcast.fitting.problem import Problem, describe_short, make_problem
from rollcast.forecasting.reading import read_panel
from rollcast.forecasting.state import State, weights_owner
from rollcast.forecasting.trained_model import Model
from rollcast.model.fit_report import make_report
from rollcast.model.fitted import NETWORK, Fitted
from rollcast.model.warnings_and_notes import emit_notes
from rollcast.networks.network import Network
from rollcast.tables import Notes
from rollcast.training.checkpoint import FitCheckpoint
from rollcast.training.progress import say
from rollcast.training.training_loop import Interrupt


def fit_model(
    spec: FitSpec,
    panel: Panel,
    *,
    network: Network | None = None,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    callbacks: Sequence[Any] = (),
    progress: Verbosity | bool = "quiet",
) -> Fitted:
    """Fit a model.

    Args:
        spec: all that decides the fit beside the panel.
        panel: all rows.
        network: the caller's own pair of models, where the spec is of one.
        checkpoint: the file in which progress is saved.
        resume: go on from it.
        callbacks: Keras callbacks for the run that is judged.
        progress: see :func:`rollcast.training.progress.make_listener`.

    Raises:
        ArgumentError: the spec is of a network of the caller's own, and none was passed.
        TooShortError: too few rows.
    """
    problem, outcome, short = run_spec(
        spec,
        panel,
        network=network,
        checkpoint=checkpoint,
        resume=resume,
        callbacks=callbacks,
        progress=progress,
    )
    return _make_fitted(problem, outcome, replace(spec, notes=spec.notes + short))


def run_spec(
    spec: FitSpec,
    panel: Panel,
    *,
    network: Network | None = None,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    callbacks: Sequence[Any] = (),
    progress: Verbosity | bool = "quiet",
) -> tuple[Problem, FitOutcome, tuple[str, ...]]:
    """Run the course of a fit; arguments and errors are those of :func:`fit_model`.

    Returns:
        What the fit was about, what it ended with, and sentences on series that are too short.
    """
    if (spec.name == NETWORK) != (network is not None):
        raise ArgumentError(
            "A spec holds no network: pass the pair of Keras models that it was made with, and none where it was made "
            "without."
        )
    problem, candidates = problem_of(spec, panel, network)
    short = describe_short(problem)
    emit_notes(Notes(remarks=short))
    say(progress, *short)
    kept = FitCheckpoint(checkpoint, problem.fingerprint, resume=resume)
    with Interrupt().watch() as interrupt:
        course = Course(
            checkpoint=kept,
            interrupt=interrupt,
            callbacks=callbacks,
            progress=progress,
            final_fit=spec.final_fit,
        )
        problem, outcome = _run(problem, candidates, course)
    return problem, outcome, short


def problem_of(
    spec: FitSpec, panel: Panel, network: Network | None
) -> tuple[Problem, Sequence[Candidate]]:
    """What a fit is about, and what it may choose from; see :func:`rollcast.fitting.problem.make_problem`."""
    return make_problem(
        panel,
        spec.config,
        network=network,
        name=spec.name,
        unit=spec.unit,
        val_size=spec.val_size,
        test_size=spec.test_size,
        interpolate=spec.schema.fill == "linear",
    )


def _run(
    problem: Problem, candidates: Sequence[Candidate], course: Course
) -> tuple[Problem, FitOutcome]:
    """From the pretrained network, or from random weights."""
    if problem.config.pretrained:
        return fit_pretrained(problem, candidates, course)
    return problem, run_fit(problem, candidates, course)


def _say_unreadable(panel: Panel, read: Panel) -> None:
    """Say of how many values no logarithm can be taken."""
    count = int((panel.mask & ~read.mask).sum())
    if count:
        values = format_count(count, "value")
        remark = (
            f"{values} <= 0 of the test part {'is' if count == 1 else 'are'} read as missing: before it logarithms are "
            "taken, and there was no final fit."
        )
        emit_notes(Notes(remarks=(remark,)))


def _make_fitted(problem: Problem, outcome: FitOutcome, spec: FitSpec) -> Fitted:
    """Read every row with the final weights, and keep what is to be known of the data."""
    panel, sizes, config = problem.known, outcome.sizes, problem.config
    # Weights that were judged and not fitted again have logarithms by the rows before the test part.
    read = problem.readable(panel, outcome.preparation.scaler.log)
    _say_unreadable(panel, read)
    weights = outcome.network.weights
    state = read_panel(
        outcome.network,
        weights,
        # Forecasts start after all of these rows.
        outcome.preparation.hold(config.bounds, config.point, panel),
        read,
        ring=sizes.ring,
        window=sizes.window,
        owner=weights_owner(weights),
    )
    return Fitted(
        config=config,
        name=problem.name,
        unit=problem.unit,
        model=model_of(problem, outcome, state, spec.schema.fill),
        state=state,
        schema=spec.schema,
        report=make_report(problem, outcome, state, spec.notes),
        intervals=outcome.intervals,
        fallback=outcome.weighed.fallback,
        ensemble=outcome.weighed.ensemble,
        tail=problem.given,  # what was missing is missing in every later judgement, and filled where it is read
    )


def model_of(problem: Problem, outcome: FitOutcome, state: State, fill: Fill) -> Model:
    """The model of a fit, without its series.

    Args:
        problem: what the fit was about.
        outcome: what it ended with.
        state: of series that were read by its weights.
        fill: how gaps are filled.
    """
    bounds = problem.config.bounds
    return Model(
        network=outcome.network,
        sizes=outcome.sizes,
        scaling=problem.config.scaling,
        log=outcome.candidate.log,
        lag=outcome.candidate.lag,
        level=outcome.candidate.level,
        fill=fill,
        h=problem.h,
        owner=state.owner,
        bounds=bounds if state.preparation.bounds else None,
        seasons=problem.cycles if problem.config.pretrained else None,
        basis=outcome.basis,
        point=problem.config.point,
    )
