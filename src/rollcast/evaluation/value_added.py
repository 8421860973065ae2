"""Forecast value added: whether a person's changes made forecasts better.

The error of the forecasts as they were made stands beside that of the changed ones, on the rows that were changed:
Gilliland (2010), "The Business Forecasting Deal", chapter 4. Changes upwards and downwards are told apart, for they
tend to differ: Fildes, Goodwin, Lawrence & Nikolopoulos (2009), "Effective forecasting and judgmental adjustments",
Int. J. Forecasting 25, 3-23.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from rollcast._number_format import format_count, format_number
from rollcast._types import Bool, Float64


@dataclass(frozen=True)
class Changes:
    """What some changes did.

    Attributes:
        count: of changed rows of which the actual value is known.
        mae_before: mean absolute error of the forecasts as they were made; NaN where there are none.
        mae_after: of the changed ones.
        helped: changes that brought the forecast nearer.
        hurt: changes that took it further away.
    """

    count: int
    mae_before: float
    mae_after: float
    helped: int
    hurt: int

    @property
    def added(self) -> float:
        """By how much the changes lowered the mean absolute error; negative where they raised it."""
        return self.mae_before - self.mae_after


@dataclass(frozen=True)
class ValueAdded:
    """What a person's changes added to forecasts.

    Attributes:
        all: of the changes.
        up: those that raised a forecast.
        down: those that lowered one.
        rows: of the forecasts, changed or not.
        waiting: changed rows whose actual value is not known.
    """

    all: Changes
    up: Changes
    down: Changes
    rows: int
    waiting: int

    def __str__(self) -> str:
        return f"{self.table()}\n\n{self.verdict}" if self.all.count else self.verdict

    @property
    def verdict(self) -> str:
        """What it comes to, in one or two sentences."""
        waiting = f" {format_count(self.waiting, 'more change')} can't be judged yet."
        later = waiting if self.waiting else ""
        if not self.all.count:
            return f"No changed row has an actual value to judge it by.{later}"
        before, after = (format_number(e) for e in (self.all.mae_before, self.all.mae_after))
        if self.all.added > 0:
            did = "made the forecasts better"
        else:
            did = "made the forecasts worse" if self.all.added < 0 else "neither helped nor hurt"
        size = _percent(self.all)
        return (
            f"{format_count(self.all.count, 'change')} {did}: MAE {before} before and {after} after{size};"
            f" {self.all.helped:,} helped and {self.all.hurt:,} hurt.{later}"
        )

    def table(self) -> str:
        """A line for all changes, for those upwards and for those downwards."""
        heads = ("", "changes", "MAE before", "MAE after", "helped", "hurt")
        rows: list[tuple[str, ...]] = [heads]
        for name, part in (("all", self.all), ("upwards", self.up), ("downwards", self.down)):
            errors = [
                "" if math.isnan(e) else format_number(e) for e in (part.mae_before, part.mae_after)
            ]
            rows.append((name, f"{part.count:,}", *errors, f"{part.helped:,}", f"{part.hurt:,}"))
        widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
        return "\n".join(
            "  ".join(
                [
                    row[0].ljust(widths[0]),
                    *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)),
                ]
            ).rstrip()
            for row in rows
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values; null where there is no error."""
        told = asdict(self)
        for part in ("all", "up", "down"):
            for name in ("mae_before", "mae_after"):
                told[part][name] = None if math.isnan(told[part][name]) else told[part][name]
        return told | {"verdict": self.verdict}


def measure_value_added(actual: Float64, before: Float64, after: Float64) -> ValueAdded:
    """What changes added.

    Args:
        actual: (N,) NaN where it is not known.
        before: (N,) the forecasts as they were made.
        after: (N,) those with the changes; others are as they were made.
    """
    changed = before != after
    known = changed & ~np.isnan(actual)
    return ValueAdded(
        all=_measure(actual, before, after, known),
        up=_measure(actual, before, after, known & (after > before)),
        down=_measure(actual, before, after, known & (after < before)),
        rows=len(actual),
        waiting=int((changed & np.isnan(actual)).sum()),
    )


def _measure(actual: Float64, before: Float64, after: Float64, rows: Bool) -> Changes:
    one, two = (np.abs(actual[rows] - made[rows]) for made in (before, after))
    count = int(rows.sum())
    return Changes(
        count=count,
        mae_before=float(one.mean()) if count else math.nan,
        mae_after=float(two.mean()) if count else math.nan,
        helped=int((two < one).sum()),
        hurt=int((two > one).sum()),
    )


def _percent(changes: Changes) -> str:
    """The change of the error in percent, in brackets; empty where it was zero."""
    if not changes.mae_before or not changes.added:
        return ""
    share = abs(changes.added) / changes.mae_before
    return f" ({100 * share:.0f} % {'lower' if changes.added > 0 else 'higher'})"
