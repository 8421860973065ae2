"""Scores of a model beside its baselines, and the verdict in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from rollcast._number_format import (
    JsonNumber,
    format_count,
    format_number,
    from_json_number,
    to_json_number,
)
from rollcast.errors import ArgumentError, ArtifactError, show_cause
from rollcast.evaluation.baselines import BASELINES, NAIVE, SEASONAL_NAIVE
from rollcast.evaluation.verdict import is_certain, recommend, verdict_of
from rollcast.options.argument_checks import (
    Check,
    instance,
    items,
    number,
    optional,
    switch,
    text,
    whole,
)
from rollcast.storage.fields import DAMAGE

if TYPE_CHECKING:
    import pandas as pd

_NEWER: Final = ("p_value", "series_beaten", "rmsse")
"""Fields of a model's scores that older files lack."""


@dataclass(frozen=True)
class ModelScores:
    """The errors of one model or baseline, rolled forward freely unless a name says ``one_step``.

    Attributes:
        name: of the model.
        mae: mean absolute error over the steps 1..h, in the data's unit.
        rmse: root mean square error, in the data's unit.
        mape: percent; NaN where undefined (``Scores.zeros`` says by how many zeros).
        smape: percent, 0 to 200.
        mase: the mean over the series of each one's mean error, divided by the in-sample error of the seasonal naive
            forecast (of the naive one where there is no season, or no two training values lie one apart); series weigh
            the same.
        wape: percent.
        bias: mean of forecast minus actual, in the data's unit.
        mae_by_step: (h,) the MAE of each step ahead.
        one_step_mae: MAE one step ahead, every input a true value; NaN if not known.
        one_step_rmse: RMSE one step ahead, every input a true value; NaN if not known.
        beaten: share of the forecast starts, 0 to 1, at which the judged model's MAE is lower than
            this one's; a tie counts half. NaN for the judged model itself.
        p_value: how often chance alone would make the judged model's error and this one's differ as much, see
            :mod:`rollcast.evaluation.comparison`. NaN for the judged model itself, and with fewer than two windows.
        series_beaten: share of the series, 0 to 1, for which the judged model's error is lower than this one's; a tie
            tie counts half. NaN for the judged model itself.
        rmsse: the mean over the series of each one's root mean square error, divided by the in-sample one of naive from
            the first value on that is not zero; NaN unless squared errors decide.
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
    p_value: float = math.nan
    series_beaten: float = math.nan
    rmsse: float = math.nan


_WHY_SQUARED: Final = (
    "Squared errors decide: most series have over 30 % zeros, "
    "where the absolute error prefers a forecast of zero."
)

_CHECKS: Final[Mapping[str, Check]] = {
    "h": whole,
    "origins": partial(whole, least=0),
    "unit": optional(text),
    "season": optional(whole),
    "zeros": partial(whole, least=0),
    "models": partial(items, each=instance(ModelScores, "ModelScores")),
    "series": whole,
    "windows": partial(whole, least=0),
    "opponent": optional(text),
    "step": optional(text),
    "compared": partial(whole, least=0),
    "remembered": optional(whole),
    "squared": switch,
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
        series: series that were judged.
        windows: separate windows: the most forecast starts of which any two lie ``h`` steps or more apart; 0 where that
            is not known.
        opponent: the baseline to beat: the one that did best on the validation part. None where none was chosen.
        step: of the frequency in words, "month" or "30 minutes"; None where there is no word for it.
        compared: series that have an error by which they are judged: of several all but those without a scale. 0 in
            older files, where it is not known.
        remembered: rows of each series that the baselines know at most before the judged ones, where the model was
            saved without its data; nothing is claimed then. None where they know all.
        squared: whether squared errors decide, since most series have many zeros.
    """

    h: int
    origins: int
    unit: str | None
    season: int | None
    zeros: int
    models: tuple[ModelScores, ...]
    series: int = 1
    windows: int = 0
    opponent: str | None = None
    step: str | None = None
    compared: int = 0
    remembered: int | None = None
    squared: bool = False

    def __post_init__(self) -> None:
        for name, check in _CHECKS.items():
            object.__setattr__(self, name, check(name, getattr(self, name)))
        if not self.models:
            raise ArgumentError("`models` must hold the judged model's scores; got none.")

    def __str__(self) -> str:
        return f"{self.table()}\n\n{self.verdict}"

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
    def steps_judged(self) -> int:
        """Steps ahead of which something was observed: ``h``, or fewer where every judged part is shorter."""
        known = [k for k, error in enumerate(self.model.mae_by_step, 1) if not math.isnan(error)]
        return max(known, default=self.h)

    @property
    def best_baseline(self) -> ModelScores | None:
        """The baseline to beat, or None where no baseline could be scored.

        It is the one that was best on the validation part. Where there was no such part it is the better one of naive
        and seasonal naive.
        """
        known = [
            m
            for m in self.models[1:]
            if m.name in {*BASELINES, self.opponent} and not math.isnan(self.error(m))
        ]
        chosen = [m for m in known if m.name == self.opponent]
        naive = [m for m in known if m.name in {NAIVE, SEASONAL_NAIVE}]
        return min(chosen or naive or known, key=self.error, default=None)

    @property
    def deciding(self) -> str:
        """The error that decides: ``MAE`` of one series, ``MASE`` of several, so that none of them decides alone.

        Where most series have many zeros it is ``RMSE`` or ``RMSSE``: the absolute error prefers a forecast of nothing
        but zeros.
        """
        scaled = self.model.rmsse if self.squared else self.model.mase
        alone = self.series == 1 or math.isnan(scaled)
        if self.squared:
            return "RMSE" if alone else "RMSSE"
        return "MAE" if alone else "MASE"

    def error(self, model: ModelScores) -> float:
        """A model's error by which it is judged, see ``deciding``."""
        model = instance(ModelScores, "ModelScores")("model", model)
        return float(getattr(model, self.deciding.lower()))

    @property
    def skill(self) -> float:
        """``1 - error / error of the baseline to beat``: above 0 is better; NaN if unknown."""
        best, ours = self.best_baseline, self.error(self.model)
        if best is None or math.isnan(ours):
            return math.nan
        theirs = self.error(best)
        if theirs == 0:
            return 0.0 if ours == 0 else -math.inf
        return 1 - ours / theirs

    @property
    def wins(self) -> bool:
        """Whether the model's error is below that of the baseline to beat, by more than chance and rounding."""
        return self.skill > 0 and is_certain(self)

    @property
    def recommended(self) -> str:
        """The name of what to use.

        The model, where its error is lower and that is certain or at least promising: chance alone would give it in at
        most one of five trials, or too few separate windows tell. Otherwise the baseline, which is simpler.
        """
        return recommend(self)

    @property
    def verdict(self) -> str:
        """How much better the model is than the baseline to beat, how certain that is, and what to use.

        For instance ``Over 48 steps of 30 minutes the LSTM's error is 26 % below seasonal naive's (MAE 237 against 321
        MW). 63 separate test windows: more than chance.``
        """
        return verdict_of(self)

    @property
    def starts_in_words(self) -> str:
        """How many forecast starts there are."""
        return format_count(self.origins, "forecast start")

    def with_unit(self, value: float) -> str:
        """A number with the data's unit."""
        return format_number(number("value", value, finite=False)) + (
            f" {self.unit}" if self.unit else ""
        )

    def table(self) -> str:
        """Write the scores as an aligned table of plain text, a column for each model."""
        unit, last = f", {self.unit}" if self.unit else "", self.steps_judged
        by_step = [(f"  at step {k + 1}", k) for k in sorted({0, last - 1})] if last > 1 else []
        rows: list[tuple[str, list[str]]] = [("", list(self.names))]
        rows += [(f"MAE{unit}", self._row("mae"))]
        rows += [
            (label, [format_number(m.mae_by_step[k]) for m in self.models]) for label, k in by_step
        ]
        rows += [(f"RMSE{unit}", self._row("rmse")), (f"bias{unit}", self._row("bias"))]
        if self.squared:
            rows += [("RMSSE", self._row("rmsse"))]
        rows += [("MASE", self._row("mase")), ("sMAPE, %", self._row("smape"))]
        rows += [("WAPE, %", self._row("wape")), ("MAPE, %", self._mape_row())]
        if any(not math.isnan(m.one_step_mae) for m in self.models):
            rows += [(f"one-step MAE{unit}", self._row("one_step_mae"))]
            rows += [(f"one-step RMSE{unit}", self._row("one_step_rmse"))]
        title = f"Error of {last} steps rolled forward, averaged over {self.starts_in_words}"
        if last == 1:
            title = f"Error of 1 step ahead, averaged over {self.starts_in_words}"
        return "\n".join([title, *aligned(rows), *([_WHY_SQUARED] if self.squared else [])])

    def _row(self, name: str) -> list[str]:
        return [format_number(getattr(m, name)) for m in self.models]

    def _mape_row(self) -> list[str]:
        if self.zeros:
            return [f"undefined ({format_count(self.zeros, 'zero')})" for _ in self.models]
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
            "recommended": self.recommended,
            "series": self.series,
            "windows": self.windows,
            "opponent": self.opponent,
            "step": self.step,
            "compared": self.compared,
            "remembered": self.remembered,
            "squared": self.squared,
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
                series=int(values.get("series", 1)),
                windows=int(values.get("windows", 0)),
                opponent=values.get("opponent"),
                step=values.get("step"),
                compared=int(values.get("compared", 0)),
                remembered=values.get("remembered"),
                squared=values.get("squared", False),
            )
        except DAMAGE as error:
            raise ArtifactError(f"The saved scores can't be read: {show_cause(error)}.") from error


def aligned(rows: list[tuple[str, list[str]]]) -> list[str]:
    """Lines of labels and cells, with the labels to the left and every column to the right."""
    width = max(len(label) for label, _ in rows)
    columns = [max(map(len, column)) for column in zip(*(cells for _, cells in rows), strict=True)]
    return [
        "  ".join([label.ljust(width), *(c.rjust(w) for c, w in zip(cells, columns, strict=True))])
        for label, cells in rows
    ]


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
        f.name: from_json_number(values.get(f.name) if f.name in _NEWER else values[f.name])
        for f in fields(ModelScores)
        if f.name not in {"name", "mae_by_step"}
    }
    steps = tuple(from_json_number(v) for v in values["mae_by_step"])
    return ModelScores(name=str(values["name"]), mae_by_step=steps, **numbers)
