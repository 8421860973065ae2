"""What scripts on the competitions share: options that choose groups and part, and the rows of one group's scores."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from measuring import data_folder, emit
from pretraining.competitions import GROUPS, Group
from pretraining.evaluate import BLOCK, Scores, m3_average

WIDER = 2.0
"""Percent points by which coverage may miss its level beside what chance allows."""

CERTAIN = 1.96
"""Standard deviations within which chance lies 95 times of 100."""


class Asked(NamedTuple):
    """What a script is to forecast.

    Attributes:
        groups: of the competitions.
        data: folder with ``m3`` and ``m4_hourly``.
        test: the test parts; otherwise the last rows of the training parts.
    """

    groups: Sequence[Group]
    data: Path
    test: bool


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which groups, and which part of them."""
    names = [group.name for group in GROUPS]
    parser.add_argument("--groups", nargs="+", choices=names, default=names, help="all if none")
    parser.add_argument(
        "--validation", action="store_true", help="the last rows of the training parts"
    )


def asked(given: argparse.Namespace) -> Asked | None:
    """What the options ask for; None, and a row that says so, without the folder."""
    data = data_folder()
    if data is None or not (data / "m3").exists():
        emit("all", "left out", 0, "groups", note="no folder with m3 and m4_hourly was named")
        return None
    return Asked([g for g in GROUPS if g.name in given.groups], data, not given.validation)


def part(*, test: bool) -> str:
    """The word for it in a case."""
    return "test" if test else "validation"


def case_of(group: Group, *, test: bool) -> str:
    """What a group's rows are called."""
    return f"{group.competition} {group.name}, {part(test=test)}"


def emit_scores(case: str, who: str, scores: Scores, h: int, note: str = "") -> None:
    """The errors of one group; coverage, with the band in which it may lie, also by blocks of steps."""
    series = f"{scores.series:,} series"
    emit(case, who, scores.smape, "sMAPE, %", note=f"{series}; {note}" if note else series)
    emit(case, who, scores.mase, "MASE")
    emit(case, who, scores.wql, "WQL of nine quantiles")
    for percent, share in scores.coverage.items():
        allowed = band(float(percent), scores.series * h)
        emit(case, who, 100 * share, f"% inside of {percent} %", note=allowed)
    for percent, shares in scores.by_steps.items():
        allowed = band(float(percent), scores.series * BLOCK)
        for k, share in enumerate(shares):
            steps = f"steps {BLOCK * k + 1} to {BLOCK * (k + 1)}"
            emit(case, who, 100 * share, f"% inside of {percent} %, {steps}", note=allowed)


def emit_average(who: str, scores: dict[str, Scores], *, test: bool) -> None:
    """M3's average, if all of its groups are there."""
    average = m3_average(scores)
    if average is not None:
        emit(f"M3 average, {part(test=test)}", who, average, "sMAPE, %")


def band(percent: float, values: int) -> str:
    """Where coverage may lie: within what chance allows of so many independent values, and two points."""
    off = CERTAIN * math.sqrt(percent * (100 - percent) / values) + WIDER
    return f"{percent - off:.1f} to {min(percent + off, 100):.1f}"
