"""Scores of a model beside its baselines, and the verdict in one sentence."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rollcast import metrics
from rollcast._number_format import JsonNumber, format_number, from_json_number, to_json_number
from rollcast._types import Bool, Float64
from rollcast.errors import ArgumentError, ArtifactError, show_cause
from rollcast.evaluation.baselines import NAIVE, SEASONAL_NAIVE
from rollcast.evaluation.verdict import CLOSE, verdict_of
from rollcast.options.argument_checks import (
    Check,
    instance,
    items,
    number,
    optional,
    text,
    whole,
)
from rollcast.storage.fields import DAMAGE

if TYPE_CHECKING:
    import pandas as pd

BASELINES: Final = (NAIVE, SEASONAL_NAIVE)


@dataclass(frozen=True)
class ModelScores:
    """The errors of one model or baseline, rolled forward freely unless a name says ``one_step``.

    Attributes:
        name: of the model.
        mae: mean absolute error over the steps 1..h, in the data's unit.
        rmse: root mean square error, in the data's unit.
        mape: percent; NaN where undefined (``Scores.zeros`` says by how many zeros).
        smape: percent, 0 to 200.
        mase: ratio to the in-sample error of the (seasonal) naive forecast.
        wape: percent.
        bias: mean of forecast minus actual, in the data's unit.
        mae_by_step: (h,) the MAE of each step ahead.
        one_step_mae: MAE one step ahead, every input a true value; NaN if not known.
        one_step_rmse: RMSE one step ahead, every input a true value; NaN if not known.
        beaten: share of the forecast starts, 0 to 1, at which the judged model's MAE is lower than
            this one's; a tie counts half. NaN for the judged model itself.
    """

    name: str
    mae: float
    rmse: float
    mape: float
    smape: float
    mase: float
    wape: float
    bias: float
    mae_by_step: tuple[float, ...]
    one_step_mae: float
    one_step_rmse: float
    beaten: float = math.nan


_CHECKS: Final[Mapping[str, Check]] = {
    "h": whole,
    "origins": partial(whole, least=0),
    "unit": optional(text),
    "season": optional(whole),
    "zeros": partial(whole, least=0),
    "models": partial(items, each=instance(ModelScores, "ModelScores")),
}


@dataclass(frozen=True)
class Scores:
    """The judged model and its baselines, all judged on the same values.

    Attributes:
        h: steps ahead.
        origins: forecast starts over all series; those with no observed value after them don't count.
        unit: the data's unit, or None.
        season: rows in a season, or None where no season is known.
        zeros: observed values that are exactly zero, which leave MAPE undefined.
        models: the scores of the judged model, which comes first, and of each baseline.
    """

    h: int
    origins: int
    unit: str | None
    season: int | None
    zeros: int
    models: tuple[ModelScores, ...]

    def __post_init__(self) -> None:
        for name, check in _CHECKS.items():
            object.__setattr__(self, name, check(name, getattr(self, name)))
        if not self.models:
            raise ArgumentError("`models` must hold the judged model's scores; got none.")

    def __getitem__(self, name: str) -> ModelScores:
        name = text("name", name)
        for model in self.models:
            if model.name == name:
                return model
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the models, the judged one first."""
        return tuple(model.name for model in self.models)

    @property
    def model(self) -> ModelScores:
        """The judged model."""
        return self.models[0]

    @property
    def best_baseline(self) -> ModelScores | None:
        """The baseline with the lowest MAE, or None where no baseline could be scored."""
        known = [m for m in self.models[1:] if m.name in BASELINES and not math.isnan(m.mae)]
        return min(known, key=lambda m: m.mae, default=None)

    @property
    def skill(self) -> float:
        """``1 - MAE / MAE of the better baseline``: above 0 is better; NaN if unknown."""
        best = self.best_baseline
        if best is None or math.isnan(self.model.mae):
            return math.nan
        if best.mae == 0:
            return 0.0 if self.model.mae == 0 else -math.inf
        return 1 - self.model.mae / best.mae

    @property
    def wins(self) -> bool:
        """Whether the model's MAE is below the better baseline's, by over a hundredth of it."""
        return self.skill > CLOSE

    @property
    def verdict(self) -> str:
        """Whether the model earns its keep, in one sentence.

        For instance ``LSTM beats seasonal naive by 43 % at h = 48 (MAE 212 against 371 MW, better at 55 of 60 forecast
        starts).``
        """
        return verdict_of(self)

    @property
    def starts_in_words(self) -> str:
        """How many forecast starts there are."""
        return f"{self.origins:,} forecast start" + ("" if self.origins == 1 else "s")

    def with_unit(self, value: float) -> str:
        """A number with the data's unit."""
        return format_number(number("value", value, finite=False)) + (
            f" {self.unit}" if self.unit else ""
        )

    def table(self) -> str:
        """Write the scores as an aligned table of plain text, a column for each model."""
        unit = f", {self.unit}" if self.unit else ""
        by_step = [(f"  at step {k + 1}", k) for k in sorted({0, self.h - 1})] if self.h > 1 else []
        rows: list[tuple[str, list[str]]] = [("", list(self.names))]
        rows += [(f"MAE{unit}", self._row("mae"))]
        rows += [
            (label, [format_number(m.mae_by_step[k]) for m in self.models]) for label, k in by_step
        ]
        rows += [(f"RMSE{unit}", self._row("rmse")), (f"bias{unit}", self._row("bias"))]
        rows += [("MASE", self._row("mase")), ("sMAPE, %", self._row("smape"))]
        rows += [("WAPE, %", self._row("wape")), ("MAPE, %", self._mape_row())]
        if any(not math.isnan(m.one_step_mae) for m in self.models):
            rows += [(f"one-step MAE{unit}", self._row("one_step_mae"))]
            rows += [(f"one-step RMSE{unit}", self._row("one_step_rmse"))]
        title = f"Error of {self.h} steps rolled forward, averaged over {self.starts_in_words}"
        if self.h == 1:
            title = f"Error of 1 step ahead, averaged over {self.starts_in_words}"
        return "\n".join([title, *aligned(rows)])

    def _row(self, name: str) -> list[str]:
        return [format_number(getattr(m, name)) for m in self.models]

    def _mape_row(self) -> list[str]:
        if self.zeros:
            return [f"undefined ({_counted(self.zeros, 'zero')})" for _ in self.models]
        return self._row("mape")

    def to_frame(self) -> pd.DataFrame:
        """Give the scores as a pandas frame: a row for each model, a column for each metric."""
        import pandas as pd

        columns = [f.name for f in fields(ModelScores) if f.name not in {"name", "mae_by_step"}]
        return pd.DataFrame(
            {c: [getattr(m, c) for m in self.models] for c in columns},
            index=pd.Index(self.names, name="model"),
        )

    def to_json(self) -> dict[str, Any]:
        """Give the scores as plain values for ``json.dumps``; NaN becomes null."""
        return {
            "h": self.h,
            "origins": self.origins,
            "unit": self.unit,
            "season": self.season,
            "zeros": self.zeros,
            "verdict": self.verdict,
            "wins": self.wins,
            "models": [_model_to_json(m) for m in self.models],
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Scores:
        """Read what ``to_json`` gave.

        Raises:
            ArtifactError: if a value is missing or of the wrong kind.
        """
        try:
            return cls(
                h=int(values["h"]),
                origins=int(values["origins"]),
                unit=values["unit"],
                season=values["season"],
                zeros=int(values["zeros"]),
                models=tuple(_model_from_json(m) for m in values["models"]),
            )
        except DAMAGE as error:
            raise ArtifactError(f"The saved scores can't be read: {show_cause(error)}.") from error


def score(
    actual: Float64,
    forecasts: Mapping[str, Float64],
    *,
    scale: Float64,
    season: int | None = None,
    one_step: Mapping[str, tuple[Float64, Float64]] | None = None,
    unit: str | None = None,
) -> Scores:
    """Score a model and its baselines on rolling origins.

    All are judged on the same values: places where a baseline has no forecast, since nothing was
    observed before the origin, are left out for all.

    Args:
        actual: (O, h) the actual values; NaN where not observed.
        forecasts: name -> (O, h). The judged model is the first that is not named ``naive`` or
            ``seasonal naive``.
        scale: (O,) each origin's series' in-sample error, from ``metrics.seasonal_scale``.
        season: rows in a season, or None.
        one_step: name -> the actual values (M,) and their forecasts (M,) one step ahead.
        unit: the data's unit.

    Returns:
        The scores, the judged model first.

    Raises:
        ArgumentError: if shapes differ or there is nothing to judge.
    """
    y, names = _checked(actual, forecasts)
    h = y.shape[1]
    arrays = {name: np.asarray(forecasts[name], dtype=np.float64) for name in names}
    for name in names[1:]:
        if name in BASELINES:
            y = np.where(np.isnan(arrays[name]), np.nan, y)
    judged = _mae_by_origin(y, arrays[names[0]])
    scores: list[ModelScores] = []
    for name in names:
        f = arrays[name]
        pair = (one_step or {}).get(name)
        beaten = math.nan if name == names[0] else _share_better(judged, _mae_by_origin(y, f))
        scores.append(
            ModelScores(
                name=name,
                mae=metrics.mae(y, f),
                rmse=metrics.rmse(y, f),
                mape=metrics.mape(y, f),
                smape=metrics.smape(y, f),
                mase=metrics.mase(y, f, scale),
                wape=metrics.wape(y, f),
                bias=metrics.bias(y, f),
                mae_by_step=tuple(metrics.mae(y[:, k], f[:, k]) for k in range(h)),
                one_step_mae=metrics.mae(*pair) if pair else math.nan,
                one_step_rmse=metrics.rmse(*pair) if pair else math.nan,
                beaten=beaten,
            )
        )
    return Scores(
        h=h,
        origins=int(np.count_nonzero(~np.isnan(y).all(axis=1))),
        unit=unit,
        season=season,
        zeros=metrics.count_zeros(y),
        models=tuple(scores),
    )


def _checked(actual: Float64, forecasts: Mapping[str, Float64]) -> tuple[Float64, list[str]]:
    """The actual values as floats, and the names with the judged model first."""
    y = np.asarray(actual, dtype=np.float64)
    if y.ndim != 2 or y.shape[1] < 1:
        raise ArgumentError(f"`actual` must have the shape (origins, h); got {y.shape}.")
    for name, f in forecasts.items():
        if np.shape(f) != y.shape:
            raise ArgumentError(
                f"`forecasts` of {name!r} must have the shape {y.shape}; got {np.shape(f)}."
            )
    judged = next((name for name in forecasts if name not in BASELINES), None)
    if judged is None:
        raise ArgumentError("`forecasts` must hold a model beside the baselines; got none.")
    return y, [judged, *(name for name in forecasts if name != judged)]


def _mae_by_origin(actual: Float64, forecast: Float64) -> Float64:
    """(O,) the MAE of each origin; NaN where nothing was observed behind it."""
    kept: Bool = ~np.isnan(actual)
    count = kept.sum(axis=1)
    total = np.where(kept, np.abs(actual - forecast), 0.0).sum(axis=1)
    return np.divide(total, count, out=np.full(len(actual), np.nan), where=count > 0)


def _share_better(ours: Float64, theirs: Float64) -> float:
    """Share of the origins at which our error is lower; a tie counts half."""
    kept = ~np.isnan(ours) & ~np.isnan(theirs)
    if not kept.any():
        return math.nan
    a, b = ours[kept], theirs[kept]
    return float(np.mean((a < b) + 0.5 * (a == b)))


def aligned(rows: list[tuple[str, list[str]]]) -> list[str]:
    """Lines of labels and cells, with the labels to the left and every column to the right."""
    width = max(len(label) for label, _ in rows)
    columns = [max(map(len, column)) for column in zip(*(cells for _, cells in rows), strict=True)]
    return [
        "  ".join([label.ljust(width), *(c.rjust(w) for c, w in zip(cells, columns, strict=True))])
        for label, cells in rows
    ]


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def _model_to_json(model: ModelScores) -> dict[str, str | JsonNumber | list[JsonNumber]]:
    result: dict[str, str | JsonNumber | list[JsonNumber]] = {}
    for field in fields(ModelScores):
        value = getattr(model, field.name)
        if isinstance(value, tuple):
            result[field.name] = [to_json_number(v) for v in model.mae_by_step]
        else:
            result[field.name] = value if isinstance(value, str) else to_json_number(value)
    return result


def _model_from_json(values: Mapping[str, Any]) -> ModelScores:
    numbers = {
        f.name: from_json_number(values[f.name])
        for f in fields(ModelScores)
        if f.name not in {"name", "mae_by_step"}
    }
    steps = tuple(from_json_number(v) for v in values["mae_by_step"])
    return ModelScores(name=str(values["name"]), mae_by_step=steps, **numbers)
