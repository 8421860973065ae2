"""Audit: change what comes after an origin, and see that nothing before it moves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final, Unpack

import numpy as np

from rollcast._types import Bool, Fill, Int64
from rollcast.data.clock import to_wall
from rollcast.data.origins import Origins
from rollcast.data.panel import Panel
from rollcast.data.perturbation import KINDS, Kind, perturb_after
from rollcast.errors import ArgumentError, NotFittedError, TooShortError, show
from rollcast.evaluation.baselines import forecast_baselines
from rollcast.evaluation.leak_audit import Audit, AuditCheck, compare_bits
from rollcast.fitting.fit import FitOutcome
from rollcast.fitting.fit_spec import FitSpec
from rollcast.fitting.past_facts import judged_preparation, past_facts, past_forecasts
from rollcast.fitting.problem import Problem
from rollcast.forecasting.reading import read_panel
from rollcast.forecasting.state import State, weights_owner
from rollcast.forecasting.unseen_rows import UnseenRows
from rollcast.model.audited_distributions import distribution_facts
from rollcast.model.fit_inputs import read_inputs
from rollcast.model.fit_model import model_of, problem_of, run_spec
from rollcast.model.fitted import NETWORK, Fitted
from rollcast.model.forecaster import Forecaster
from rollcast.networks.distribution import Quantiles
from rollcast.networks.network import Network
from rollcast.options import FIT_ARGUMENTS, TABLE_ARGUMENTS, Config, FitArguments, Option, takes
from rollcast.options.argument_checks import instance
from rollcast.options.config import CELL_NAMES, PRETRAINED_NAME
from rollcast.options.exclude_option import time_text
from rollcast.options.other_words import refuse_unknown
from rollcast.preprocessing.preparation import Preparation
from rollcast.preprocessing.scaling import choose_logs
from rollcast.tables.excluded_times import read_span

AUDIT_ARGUMENTS: Final[dict[str, Option]] = {
    **TABLE_ARGUMENTS,
    **{name: FIT_ARGUMENTS[name] for name in ("val_size", "test_size")},
}
"""What ``audit`` takes beside a configuration and a table."""

CHANGES: Final[dict[Kind, str]] = {
    "values": "large values and other signs",
    "gaps": "missing and unavailable rows",
    "weights": "other weights",
}
"""What is changed after the origin, in words."""

MOST_HELD: Final = 16
"""Forecast starts of each series at most."""

SEED: Final = 0

_NOTHING_AFTER: Final = (
    "No series has rows on both sides of `origin`; give an origin within the table, or a longer "
    "table."
)

_is_model: Final = instance((Forecaster, Config), "a Forecaster or a Config")


@takes(AUDIT_ARGUMENTS)
def audit(
    model: Forecaster | Config,
    data: Any = None,
    origin: Any = None,
    **arguments: Unpack[FitArguments],
) -> Audit:
    """Change everything that comes after an origin, and see that nothing before it moves, to the last bit.

    Values become large, take the other sign, go missing or become unavailable, and weigh more, in all series at once.

    Of a configuration, or a model before ``fit``, the origin is the end of the validation part. It is fitted, without
    the final fit on all rows, to the table as it is and to each changed one. What was chosen, weights, scaling, losses,
    the baseline to beat and forecasts have to be the same; and the same again where only what is read after the fit was
    changed. It takes as many fits as there are changes, and one.

    Of a fitted model the weights are given: forecasts, quantiles and those of the baselines up to the origin have to be
    the same, after reading a table of which later rows were changed.

    Of both, so have sample paths of one seed after the origin, and the intervals up to the row behind it, as wide as
    they have become by adapting from row to row.

    Where ``log=True`` asks for logarithms, or a fitted model takes them, later values stay above 0: others would be
    refused.

    Args:
        model: a fitted model, one before ``fit``, or its configuration.
        data: a table as ``fit`` or ``predict`` take it; of a fitted model None for the data that it holds.
        origin: the last time that stays as it is, such as "2024-03-01". Default: the last row before the test part; of
            a fitted model the row behind which a quarter of each series lies.
        OPTIONS

    Returns:
        What was checked, and whether it passed: print it.

    Raises:
        DataError: the table can't be used; the message names column, series and row.
        ArgumentError: ``origin`` is no time, or lies where a fit may still learn.

    Example:
        >>> import rollcast as rc
        >>> print(rc.audit(rc.Config(h=12), rc.datasets.airline()))  # doctest: +SKIP
    """
    model = _is_model("model", model)
    given = {n: o.check(n, arguments.get(n, o.default)) for n, o in AUDIT_ARGUMENTS.items()}
    refuse_unknown(arguments, AUDIT_ARGUMENTS, "audit", {})
    if isinstance(model, Forecaster) and model.is_fitted:
        if arguments:
            raise ArgumentError(
                f"`{next(iter(arguments))}` is for a configuration; a fitted model knows how tables are read."
            )
        return _audit_fitted(model.fitted, data, origin)
    if data is None:
        raise ArgumentError("`data` must be a table: a configuration holds none.")
    config = model.config if isinstance(model, Forecaster) else model
    own = model.own_network if isinstance(model, Forecaster) else None
    name = PRETRAINED_NAME if config.pretrained else CELL_NAMES[config.cell]
    name = name if own is None else NETWORK
    defaults = {n: o.default for n, o in FIT_ARGUMENTS.items()}
    inputs = read_inputs(data, defaults | given | {"final_fit": False}, config, name)
    return _audit_fit(inputs.spec, inputs.panel, origin, own)


def _audit_fit(spec: FitSpec, panel: Panel, origin: Any, own: Network | None) -> Audit:
    """The audit of a configuration: of the fit and of what is read after it."""
    asked, _ = problem_of(spec, panel, own)
    ends = _ends_of_fit(asked, panel, origin)  # before a fit that may take long
    problem, outcome, _ = run_spec(spec, panel, network=own)
    positive = np.full(panel.num_series, problem.config.log is True)
    facts, preparation = past_facts(problem, outcome), judged_preparation(problem, outcome)
    fill = spec.schema.fill
    made = _forecasts_of_fit(problem, outcome, preparation, ends, fill)
    checks: list[AuditCheck] = []
    for kind in _kinds(panel):
        changed = perturb_after(panel, ends, kind, positive=positive, seed=SEED)
        again, other, _ = run_spec(spec, changed, network=own)
        read = judged_preparation(again, other)
        told = past_facts(again, other) | _forecasts_of_fit(again, other, read, ends, fill)
        checks += compare_bits(f"{CHANGES[kind]}, before fit", facts | made, told)
        later = _forecasts_of_fit(_reading(problem, again), outcome, preparation, ends, fill)
        checks += compare_bits(f"{CHANGES[kind]}, after fit", made, later)
    return _result(f"configuration of {problem.name}", panel, ends, checks, positive)


def _forecasts_of_fit(
    problem: Problem, outcome: FitOutcome, preparation: Preparation, ends: Int64, fill: Fill
) -> dict[str, Any]:
    """What a fit forecasts up to ``ends`` (S,), of the panel of its problem."""
    network, sizes = outcome.network, outcome.sizes
    panel = problem.readable(problem.panel, preparation.scaler.log)
    owner = weights_owner(network.weights)

    def read(counts: Int64) -> State:
        return read_panel(
            network,
            network.weights,
            preparation,
            panel.head(counts),
            ring=sizes.ring,
            window=sizes.window,
            owner=owner,
        )

    model = model_of(problem, outcome, read(ends), fill)
    calibration = outcome.intervals.calibration if outcome.intervals else None
    made: dict[str, Any] = past_forecasts(problem, outcome, preparation, ends)
    return made | distribution_facts(model, calibration, read, panel, ends)


def _audit_fitted(fitted: Fitted, data: Any, origin: Any) -> Audit:
    """The audit of given weights: of what they read and forecast."""
    panel = fitted.tail if data is None else fitted.read_table(data)
    if panel is None:
        raise NotFittedError(
            "This model holds no rows of the data it was fitted on; pass a table, or save the model with its data."
        )
    usual = panel.lengths - panel.lengths // 4
    ends = usual if origin is None else _rows_up_to(panel, origin)
    begins = np.maximum(ends // 2, np.minimum(ends, fitted.model.least_rows))
    held = np.flatnonzero((begins > 0) & (begins < ends) & (ends < panel.lengths))
    if not len(held):
        raise TooShortError(_NOTHING_AFTER)
    panel, begins, ends = panel.select(held), begins[held], ends[held]
    places = fitted.state.find(panel.ids)
    known = np.where(places >= 0, fitted.state.preparation.scaler.log[places], False)
    positive = known | ((places < 0) & choose_logs(fitted.model.log, panel))
    made = _fitted_facts(fitted, panel, begins, ends)
    checks: list[AuditCheck] = []
    for kind in _kinds(panel):
        changed = perturb_after(panel, ends, kind, positive=positive, seed=SEED)
        again = _fitted_facts(fitted, changed, begins, ends)
        checks += compare_bits(CHANGES[kind], made, again)
    return _result(f"fitted {fitted.name}", panel, ends, checks, positive)


def _fitted_facts(fitted: Fitted, panel: Panel, begins: Int64, ends: Int64) -> dict[str, Any]:
    """What a model reads and forecasts up to ``ends`` (S,), from a state after ``begins`` rows (S,) of each series."""
    model, h = fitted.model, fitted.model.h
    state = model.read_afresh(panel.head(begins), fitted.state)
    new = fitted.state.find(panel.ids) < 0
    unseen = UnseenRows(panel, panel.offsets[:-1] + begins, state, new)
    origins = _spread(begins - 1, ends - 1)
    baselines = forecast_baselines(panel, origins, h, fitted.config.season_length)
    scaler = state.preparation.scaler
    found: dict[str, Any] = {
        "scaling": np.stack([scaler.shift, scaler.scale]),
        "forecasts": unseen.forecast_at(model, origins, h),
        "baselines' forecasts": np.stack(list(baselines.values())),
    }
    if isinstance(model.network.distribution, Quantiles):
        rows = panel.drop(begins)
        later = Origins(origins.series, origins.row - begins[origins.series])
        found["quantiles"] = model.quantiles_at(state, rows, later, h)

    def read(counts: Int64) -> State:
        return model.read_afresh(panel.head(counts), fitted.state)

    return found | distribution_facts(model, fitted.calibration, read, panel, ends)


def _spread(first: Int64, last: Int64) -> Origins:
    """Origins from the rows ``first`` to ``last`` (S,) of each series, both among them."""
    counts = np.minimum(last - first + 1, MOST_HELD)
    series = np.repeat(np.arange(len(counts)), counts)
    number = np.arange(len(series)) - np.repeat(np.cumsum(counts) - counts, counts)
    steps = np.maximum(counts - 1, 1)[series]
    return Origins(series, first[series] + number * (last - first)[series] // steps)


def _reading(problem: Problem, other: Problem) -> Problem:
    """A fit's problem that reads another panel."""
    return replace(problem, panel=other.panel)


def _ends_of_fit(problem: Problem, panel: Panel, origin: Any) -> Int64:
    """(S,) rows of each series that stay as they are: those before the test part, or up to a later origin.

    Raises:
        ArgumentError: a fit may learn from rows after the origin.
    """
    learned = problem.split.val_ends - panel.offsets[:-1]
    if origin is None:
        return learned
    ends = np.where(problem.split.is_cut, _rows_up_to(panel, origin), panel.lengths)
    if (ends < learned).any():
        s = int(np.argmax(ends < learned))
        last = panel.frequency.format(
            panel.frequency.advance(int(panel.starts[s]), int(learned[s]) - 1)
        )
        raise ArgumentError(
            f"`origin` must not lie before {last}, up to which the fit may learn; give a later one, or a larger "
            "`test_size`."
        )
    if (ends >= panel.lengths).all():
        raise TooShortError(_NOTHING_AFTER)
    return ends


def _rows_up_to(panel: Panel, origin: Any) -> Int64:
    """(S,) rows of each series up to a time, which is among them.

    Raises:
        ArgumentError: it is no time.
    """
    frequency = panel.frequency
    try:
        span = read_span(time_text("origin", origin), integer=frequency.is_integer)
    except ArgumentError as error:
        known = "a whole number such as 5" if frequency.is_integer else "a time such as 2024-03-01"
        raise ArgumentError(
            f"`origin` must be {known}, the last that stays as it is; got {show(origin)}."
        ) from error
    series = np.repeat(np.arange(panel.num_series), panel.lengths)
    rows = np.arange(len(series)) - panel.offsets[series]
    times = frequency.shift(panel.starts[series], rows)
    if not (frequency.is_integer or span.is_instant):
        times = to_wall(times, frequency.tz)
    return np.bincount(series[times < span.end], minlength=panel.num_series)


def _kinds(panel: Panel) -> tuple[Kind, ...]:
    return tuple(kind for kind in KINDS if kind != "weights" or panel.weights is not None)


def _result(
    subject: str, panel: Panel, ends: Int64, checks: list[AuditCheck], positive: Bool
) -> Audit:
    changed = panel.lengths - ends
    kept = int((positive & (changed > 0)).sum())
    notes: tuple[str, ...] = ()
    if kept:
        notes = (
            f"{kept:,} series kept values above 0: their logarithm is taken, and other values would be refused.",
        )
    return Audit(
        subject=subject,
        rows=int(changed.sum()),
        series=int((changed > 0).sum()),
        checks=tuple(checks),
        notes=notes,
    )
