"""Diagnosis: a loop's errors by step ahead beside those one step ahead, what is wrong with it, and the remedy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rollcast import metrics
from rollcast._number_format import JsonNumber, format_number, to_json_number
from rollcast._types import Float64
from rollcast.evaluation.diagnosis.findings import Finding
from rollcast.evaluation.excerpt import Excerpt
from rollcast.evaluation.scores import aligned
from rollcast.options.argument_checks import (
    Check,
    instance,
    items,
    optional,
    switch,
    text,
    whole,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

CURVES: Final = {"free": "free-running", "one_step": "one step", "naive": "naive"}
"""Field of a diagnosis -> what its errors are called."""


class ErrorCurve(NamedTuple):
    """Errors by step ahead, over all origins and series.

    Attributes:
        rmse: (h,) root mean square error, in the data's unit; NaN where nothing was observed.
        mae: (h,) mean absolute error, in the data's unit.
        overall: RMSE and MAE of all steps together.
    """

    rmse: tuple[float, ...]
    mae: tuple[float, ...]
    overall: tuple[float, float]


_curve = instance(ErrorCurve, "an ErrorCurve")

_CHECKS: Final[Mapping[str, Check]] = {
    "name": text,
    "h": whole,
    "origins": partial(whole, least=0),
    "series": whole,
    "unit": optional(text),
    "seen": switch,
    "free": _curve,
    "one_step": _curve,
    "naive": _curve,
    "findings": partial(items, each=instance(Finding, "a Finding")),
    "notes": partial(items, each=text),
    "excerpt": optional(instance(Excerpt, "an Excerpt, or None")),
}


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """How a model's closed loop does.

    Attributes:
        name: of the model.
        h: steps ahead.
        origins: forecast starts over all series; those with no observed value after them don't count.
        series: how many series were judged.
        unit: of the data, or None.
        seen: whether the weights were trained on these rows, which flatters them.
        free: errors of forecasts that were rolled forward on the network's own output.
        one_step: errors of the same rows' forecasts one step ahead, with every input a true value.
        naive: errors of the last value before each forecast start, for scale.
        findings: what is wrong with the loop, the gravest first; empty where it holds.
        notes: what else is to be known of this diagnosis.
        excerpt: a typical loop; None where nothing was observed.
    """

    name: str
    h: int
    origins: int
    series: int
    unit: str | None
    seen: bool
    free: ErrorCurve
    one_step: ErrorCurve
    naive: ErrorCurve
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    excerpt: Excerpt | None = None

    def __post_init__(self) -> None:
        for name, check in _CHECKS.items():
            object.__setattr__(self, name, check(name, getattr(self, name)))

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong with the loop."""
        return not self.findings

    @property
    def verdict(self) -> str:
        """Say in one sentence whether the loop holds.

        For instance ``The loop does not hold over 48 steps: flat line (RMSE 212 MW free-running, 31 one step ahead, 60
        origins).``
        """
        if self.origins == 0:
            return f"{self.name} can't be diagnosed: nothing that counts was observed after a forecast start."
        unit = f" {self.unit}" if self.unit else ""
        free, one = (format_number(c.overall[0]) for c in (self.free, self.one_step))
        errors = f"(RMSE {free}{unit} free-running, {one} one step ahead, {self._where})"
        steps = f"{self.h} step" + ("" if self.h == 1 else "s")
        if self.holds:
            return f"No fault was found in {self.name} over {steps} {errors}."
        names = ", ".join(finding.name for finding in self.findings)
        return f"The loop of {self.name} does not hold over {steps}: {names} {errors}."

    @property
    def _where(self) -> str:
        return f"{self.origins:,} forecast start" + ("" if self.origins == 1 else "s")

    def table(self) -> str:
        """Write the errors of a handful of steps ahead as an aligned table of plain text."""
        unit = f", {self.unit}" if self.unit else ""
        curves = {word: getattr(self, field) for field, word in CURVES.items()}
        rows = [
            ("", [w for word in curves for w in (word, "")]),
            ("step ahead", [f"RMSE{unit}", f"MAE{unit}"] * len(curves)),
        ]
        for k in steps_shown(self.h):
            pairs = [(c.rmse[k - 1], c.mae[k - 1]) for c in curves.values()]
            rows.append((str(k), [format_number(e) for pair in pairs for e in pair]))
        if self.h > 1:
            pairs = [c.overall for c in curves.values()]
            rows.append(("all", [format_number(e) for pair in pairs for e in pair]))
        where = self._where + (f" of {self.series:,} series" if self.series > 1 else "")
        title = f"Error by step ahead, over {where}"
        return "\n".join(line.rstrip() for line in [title, *aligned(rows)])

    def text(self) -> str:
        """The whole diagnosis for a person: the table, each finding, the notes, and the verdict last."""
        lines = [self.table(), ""]
        for finding in self.findings:
            lines += [finding.sentence, ""]
        for note in self.notes:
            lines += [note, ""]
        return "\n".join([*lines, self.verdict])

    def to_frame(self) -> pd.DataFrame:
        """Give the errors as a pandas frame: a row for each step ahead from 1 on, a column for each error."""
        import pandas as pd

        columns = {
            f"{field}_{metric}": getattr(getattr(self, field), metric)
            for field in CURVES
            for metric in ("rmse", "mae")
        }
        return pd.DataFrame(columns, index=pd.RangeIndex(1, self.h + 1, name="step"))

    def to_json(self) -> dict[str, Any]:
        """Give the diagnosis as plain values for ``json.dumps``; NaN becomes null."""
        plain = ("name", "h", "origins", "series", "unit", "seen")
        return {
            **{field: getattr(self, field) for field in plain},
            "verdict": self.verdict,
            "holds": self.holds,
            "findings": [finding._asdict() for finding in self.findings],
            "notes": list(self.notes),
            "errors": {field: _curve_to_json(getattr(self, field)) for field in CURVES},
        }

    def plot(self, *, metric: str = "rmse") -> Figure:
        """Draw the errors by step ahead, and beside them a typical loop over the actual values.

        Args:
            metric: ``rmse`` or ``mae``.

        Returns:
            The figure.

        Raises:
            ArgumentError: if the metric is neither.
        """
        from rollcast.plots.loop_errors import plot_diagnosis

        return plot_diagnosis(self, metric)


def steps_shown(h: int) -> list[int]:
    """1, 2, 3, 5, 10, 20, 30, 50, 100 ... below ``h``, and ``h`` itself."""
    round_steps = [m * 10**e for e in range(len(str(h))) for m in (1, 2, 3, 5)]
    return [*(k for k in round_steps if k < h), h]


def error_curve(truth: Float64, forecast: Float64) -> ErrorCurve:
    """Errors by step ahead.

    Args:
        truth: (S, O, h) NaN where not observed.
        forecast: (S, O, h) in the same unit.
    """
    pairs = [(truth[:, :, k], forecast[:, :, k]) for k in range(truth.shape[2])]
    return ErrorCurve(
        rmse=tuple(metrics.rmse(y, f) for y, f in pairs),
        mae=tuple(metrics.mae(y, f) for y, f in pairs),
        overall=(metrics.rmse(truth, forecast), metrics.mae(truth, forecast)),
    )


def _curve_to_json(curve: ErrorCurve) -> dict[str, JsonNumber | list[JsonNumber]]:
    rmse, mae = curve.overall
    return {
        "rmse": to_json_number(rmse),
        "mae": to_json_number(mae),
        "rmse_by_step": [to_json_number(e) for e in curve.rmse],
        "mae_by_step": [to_json_number(e) for e in curve.mae],
    }
