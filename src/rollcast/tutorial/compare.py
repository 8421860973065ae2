"""One-step forecasts beside the closed loop, and a small table that shows both."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike

from rollcast import metrics
from rollcast._number_format import JsonNumber, format_number, to_json_number
from rollcast._types import Float64
from rollcast.errors import ArgumentError
from rollcast.evaluation.baselines import SEASONAL_NAIVE, seasonal_naive
from rollcast.networks.losses import weighted_loss
from rollcast.networks.network import weights_of
from rollcast.options import MOST_AHEAD
from rollcast.options.argument_checks import floats, instance, mapping, one_of, text, whole
from rollcast.tutorial.readers import make_reader
from rollcast.tutorial.sine_windows import Windows

check_windows = instance(Windows, "what make_windows gave")

PERIOD = 100
"""Rows in a period of the tutorial's sine."""

Part = Literal["train", "test"]


class Evaluation(NamedTuple):
    """One-step errors on scaled values; every input is a true value.

    Attributes:
        loss: the network's own loss.
        rmse: root mean square error.
        mae: mean absolute error.
    """

    loss: float
    rmse: float
    mae: float


def one_step(model: Any, windows: Windows, *, part: Part = "test") -> Float64:
    """Forecast every value of a part from the true values before it.

    Args:
        model: one of the tutorial's networks, or any of their form.
        windows: from ``make_windows``.
        part: "test" or "train".

    Returns:
        (test_count,) or (train_count,) scaled forecasts. A network with states has read everything
        before each value, from the first row on; one without has read the window before it.

    Raises:
        ArgumentError: another part, or a model of another form.
    """
    part = one_of("part", part, get_args(Part))
    check_windows("windows", windows)
    first = windows.inputs + (windows.train_count if part == "test" else 0)
    count = windows.test_count if part == "test" else windows.train_count
    reader = make_reader(model, windows.inputs)
    values = windows.values.astype(np.float32)
    return reader.one_step(weights_of(model), values, first, count).astype(np.float64)


def evaluate(model: Any, windows: Windows, *, part: Part = "test") -> Evaluation:
    """One-step errors of a network on a part. There is no accuracy: that counts exact hits.

    Args:
        model: one of the tutorial's networks, compiled.
        windows: from ``make_windows``.
        part: "test" or "train".

    Returns:
        loss, rmse and mae on scaled values.

    Raises:
        ArgumentError: another part, or a model of another form or not compiled.
    """
    made = one_step(model, windows, part=part)
    part = one_of("part", part, get_args(Part))
    truth = windows.test_values
    if part == "train":
        truth = windows.train_values[windows.inputs :]
    return errors(model, truth, made)


def errors(model: Any, truth: Float64, made: Float64) -> Evaluation:
    """The network's loss, RMSE and MAE of forecasts (M,) of true values (M,)."""
    pair = [a.astype(np.float32)[:, None, None] for a in (truth, made)]
    value = weighted_loss(loss_of(model))(pair[0], pair[1], np.ones_like(pair[0]))
    return Evaluation(float(value), metrics.rmse(truth, made), metrics.mae(truth, made))


def loss_of(model: Any) -> Any:
    """The loss that a model was compiled with; the first output's, where there are states.

    Raises:
        ArgumentError: a model that is not compiled.
    """
    if not getattr(model, "compiled", False):
        raise ArgumentError("`model` must be compiled with a loss and an optimizer.")
    return model.loss[0] if isinstance(model.loss, list) else model.loss


def free_run(model: Any, windows: Windows, steps: int | None = None) -> Float64:
    """Go on from the end of the training part with the network's own forecasts for input.

    This is the tutorial's closed loop. It begins with the first test window; each forecast is fed
    back as if it had been observed, and no true value of the test part is ever seen. All steps are
    one compiled program. A network with states first reads the whole training part and then its own
    forecasts, one value at a time.

    Args:
        model: one of the tutorial's networks, or any of their form.
        windows: from ``make_windows``.
        steps: how far, any number from 1 on; default the whole test part.

    Returns:
        (steps,) scaled forecasts. The first is also the first of ``one_step``.

    Raises:
        ArgumentError: fewer than 1 step, or a model of another form.
    """
    check_windows("windows", windows)
    wanted = windows.test_count if steps is None else whole("steps", steps, most=MOST_AHEAD)
    reader = make_reader(model, windows.inputs)
    first = windows.train_count + windows.inputs
    values = windows.values.astype(np.float32)
    return reader.free_run(weights_of(model), values, first, wanted).astype(np.float64)


@dataclass(frozen=True)
class Row:
    """One line of a comparison, on scaled values.

    Attributes:
        name: of the network or baseline.
        one_step_rmse: RMSE one step ahead, every input a true value; NaN if not given.
        free_rmse: RMSE of the free run over the test part.
    """

    name: str
    one_step_rmse: float
    free_rmse: float


@dataclass(frozen=True)
class Comparison:
    """Free runs over the test part beside the baselines.

    Attributes:
        steps: rows of the test part.
        rows: as given, then the constant mean of the training part and seasonal naive.
    """

    steps: int
    rows: tuple[Row, ...]

    def __getitem__(self, name: str) -> Row:
        name = text("name", name)
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(name)

    def table(self) -> str:
        """An aligned table of plain text."""
        head = ("RMSE, values scaled to 0..1", "one step", f"{self.steps:,} steps, free")
        cells = [
            (r.name, format_number(r.one_step_rmse), format_number(r.free_rmse)) for r in self.rows
        ]
        cells = [(a, "" if b == "n/a" else b, c) for a, b, c in cells]
        wide = [max(len(row[i]) for row in (head, *cells)) for i in range(3)]
        return "\n".join(
            f"{a.ljust(wide[0])}  {b.rjust(wide[1])}  {c.rjust(wide[2])}".rstrip()
            for a, b, c in (head, *cells)
        )

    def to_json(self) -> list[dict[str, str | JsonNumber]]:
        """Plain values for ``json.dumps``; NaN becomes null."""
        return [
            {
                "name": r.name,
                "one_step_rmse": to_json_number(r.one_step_rmse),
                "free_rmse": to_json_number(r.free_rmse),
            }
            for r in self.rows
        ]


def compare(
    windows: Windows,
    free: Mapping[str, ArrayLike],
    *,
    one_step: Mapping[str, ArrayLike] | None = None,
    period: int = PERIOD,
) -> Comparison:
    """Set free runs beside each other, a constant, and seasonal naive.

    Args:
        windows: from ``make_windows``.
        free: name -> (test_count,) scaled forecasts of the whole test part, from training data
            alone. Forecasts in the data's unit become scaled ones by ``windows.scale``.
        one_step: name -> (test_count,) scaled forecasts, each from true values; for some names or
            none.
        period: rows in a season, for seasonal naive.

    Returns:
        A row for each name of ``free``, and for each baseline.

    Raises:
        ArgumentError: forecasts of another length, one-step forecasts without a free run, or a
            season longer than the training part.
    """
    check_windows("windows", windows)
    free, one_step = (
        mapping("free", free),
        mapping("one_step", {} if one_step is None else one_step),
    )
    truth, known, steps = windows.test_values, windows.train_values, windows.test_count
    if not 1 <= whole("period", period) <= len(known):
        raise ArgumentError(
            f"`period` must lie in 1..{len(known)}, the training rows; got {period!r}."
        )
    near = {text("one_step", name): made for name, made in one_step.items()}
    if unknown := [name for name in near if name not in free]:
        raise ArgumentError(f"`one_step` names {unknown[0]!r}, which `free` has no run of.")
    rows = [
        Row(
            text("free", name),
            _rmse(name, truth, near[name]) if name in near else math.nan,
            _rmse(name, truth, made),
        )
        for name, made in free.items()
    ]
    constant = np.full(steps, known.mean())
    rows.append(Row("constant mean", metrics.rmse(truth, constant), metrics.rmse(truth, constant)))
    season = metrics.rmse(truth, seasonal_naive(known, steps, period))
    stepwise = windows.values[len(known) - period : len(windows.values) - period]
    rows.append(Row(SEASONAL_NAIVE, metrics.rmse(truth, stepwise), season))
    return Comparison(steps, tuple(rows))


def _rmse(name: str, truth: Float64, made: ArrayLike) -> float:
    array = floats(name, made)
    if array.shape != truth.shape:
        raise ArgumentError(
            f"`{name}` must have {len(truth)} forecasts, one for each row of the test part; "
            f"got the shape {array.shape}."
        )
    return metrics.rmse(truth, array)
