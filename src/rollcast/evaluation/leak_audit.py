"""What an audit found: whether anything before an origin moved when what comes after it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rollcast._number_format import format_count


@dataclass(frozen=True)
class AuditCheck:
    """One thing that was held against itself.

    Attributes:
        change: what was changed after the origin.
        name: what has to stay the same.
        values: how many numbers that is.
        difference: the first that is another one; empty where all bits are the same.
    """

    change: str
    name: str
    values: int
    difference: str = ""

    @property
    def passed(self) -> bool:
        """Whether all bits are the same."""
        return not self.difference


@dataclass(frozen=True)
class Audit:
    """What was changed after an origin, and what stayed the same before it.

    Attributes:
        subject: the model or the configuration.
        rows: that were changed.
        series: of which there are some.
        checks: in the order in which they were made.
        notes: sentences on what was left alone.
    """

    subject: str
    rows: int
    series: int
    checks: tuple[AuditCheck, ...]
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing moved."""
        return all(check.passed for check in self.checks)

    @property
    def first_difference(self) -> str | None:
        """The first thing that moved, by name; None where nothing did."""
        return next(
            (f"{c.name} ({c.change}): {c.difference}" for c in self.checks if not c.passed), None
        )

    @property
    def verdict(self) -> str:
        """What it comes to, in a sentence."""
        changed = f"{format_count(self.rows, 'row')} of {self.series:,} series"
        if self.passed:
            values = sum(check.values for check in self.checks)
            return (
                f"Nothing before the origin knows what comes after it: with {changed} changed, {values:,} numbers in "
                f"{format_count(len(self.checks), 'check')} are the same to the last bit."
            )
        failed = sum(not check.passed for check in self.checks)
        return (
            f"Something before the origin knows what comes after it: with {changed} changed, "
            f"{format_count(failed, 'check')} of {len(self.checks):,} failed, the first {self.first_difference}."
        )

    def table(self) -> str:
        """A line for each check: what was changed, what was compared, of how many numbers, and what came of it."""
        rows = [("changed after the origin", "compared before it", "numbers", "")]
        rows += [(c.change, c.name, f"{c.values:,}", c.difference or "same") for c in self.checks]
        widths = [max(len(row[k]) for row in rows) for k in range(3)]
        return "\n".join(
            f"{a:<{widths[0]}}  {b:<{widths[1]}}  {n:>{widths[2]}}  {end}".rstrip()
            for a, b, n, end in rows
        )

    def __str__(self) -> str:
        return "\n".join([self.table(), "", *self.notes, self.verdict])

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "subject": self.subject,
            "passed": self.passed,
            "verdict": self.verdict,
            "first_difference": self.first_difference,
            "rows": self.rows,
            "series": self.series,
            "checks": [
                {"change": c.change, "name": c.name, "values": c.values, "passed": c.passed}
                | ({} if c.passed else {"difference": c.difference})
                for c in self.checks
            ],
        }


def compare_bits(
    change: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[AuditCheck, ...]:
    """A check for each of some named arrays, numbers or texts; none where both hold no number.

    Args:
        change: what was changed between the two.
        before: by name.
        after: the same again.
    """
    found = (
        _compare(change, name, before.get(name), after.get(name)) for name in {**before, **after}
    )
    return tuple(check for check in found if check.values or not check.passed)


def _compare(change: str, name: str, one: Any, other: Any) -> AuditCheck:
    a, b = np.asarray(one), np.asarray(other)
    if a.dtype.kind in "OUS" or b.dtype.kind in "OUS":
        same = repr(one) == repr(other)
        return AuditCheck(change, name, 1, "" if same else f"{one} and {other}")
    if (a.shape, a.dtype) != (b.shape, b.dtype):
        return AuditCheck(change, name, a.size, f"{a.dtype} {a.shape} and {b.dtype} {b.shape}")
    if a.tobytes() == b.tobytes():
        return AuditCheck(change, name, a.size)
    apart = np.flatnonzero(
        (np.ravel(a) != np.ravel(b))
        & ~((np.ravel(a) != np.ravel(a)) & (np.ravel(b) != np.ravel(b)))
    )
    if not len(apart):  # zeros of two signs, or NaNs of two kinds
        return AuditCheck(change, name, a.size, "equal numbers of other bits")
    place = tuple(int(k) for k in np.unravel_index(apart[0], a.shape))
    where = f" at {list(place)}" if place else ""
    return AuditCheck(
        change,
        name,
        a.size,
        f"{len(apart):,} of {a.size:,} differ, the first{where}: {a[place]:.9g} and {b[place]:.9g}",
    )
