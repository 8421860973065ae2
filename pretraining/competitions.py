"""Series of the M3 and M4 competitions, of which forecasts are scored; nothing is ever trained on them."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from rollcast.data.calendar import Frequency
from rollcast.data.panel import Panel


class Group(NamedTuple):
    """A part of a competition.

    Attributes:
        name: of the group.
        competition: "M3" or "M4".
        files: of the training and of the test parts, in the folder of the data.
        frequency: of the rows.
        h: horizon.
        season: rows by which MASE is scaled.
        points: forecasts that the competition asked for, by which its average weighs the group.
    """

    name: str
    competition: str
    files: tuple[str, str]
    frequency: Frequency
    h: int
    season: int
    points: int


class Cut(NamedTuple):
    """S series and what came after them.

    Attributes:
        past: what is read of each.
        actual: (S, h)
    """

    past: list[np.ndarray]
    actual: np.ndarray


def _m3(name: str, frequency: Frequency, h: int, season: int, series: int) -> Group:
    files = (f"m3/{name}-train.csv", f"m3/{name}-test.csv")
    return Group(name, "M3", files, frequency, h, season, series * h)


GROUPS: Final = (
    _m3("Yearly", Frequency("YS"), 6, 1, 645),
    _m3("Quarterly", Frequency("QS"), 8, 4, 756),
    _m3("Monthly", Frequency("MS"), 18, 12, 1428),
    _m3("Other", Frequency(None, 1), 8, 1, 174),
    Group(
        "Hourly",
        "M4",
        ("m4_hourly/train.csv", "m4_hourly/test.csv"),
        Frequency("h"),
        48,
        24,
        414 * 48,
    ),
)
"""Of M3 all, of M4 the hourly part."""


def read_group(group: Group, data: Path, *, test: bool) -> Cut:
    """The series of a group.

    Args:
        group: of a competition.
        data: a folder with ``m3/`` and ``m4_hourly/``.
        test: the test parts; otherwise the last h rows of the training parts, of series with two horizons and a season.
    """
    train, after = (_read(data / name) for name in group.files)
    if test:
        return Cut([train[name] for name in after], np.stack(list(after.values())))
    least = 2 * group.h + max(3, group.season)
    enough = [y for y in train.values() if len(y) >= least]
    return Cut([y[: -group.h] for y in enough], np.stack([y[-group.h :] for y in enough]))


def panel_of(frequency: Frequency, past: list[np.ndarray]) -> Panel:
    """Series as a table of them would be read; all begin in 1970."""
    lengths = [len(y) for y in past]
    flat = np.concatenate(past)
    return Panel(
        target=flat,
        mask=np.ones(len(flat), bool),
        offsets=np.cumsum([0, *lengths]),
        starts=np.zeros(len(past), np.int64),
        frequency=frequency,
        ids=tuple(range(len(past))),
    )


def _read(path: Path) -> dict[str, np.ndarray]:
    """Identifier -> its values."""
    with path.open(newline="") as file:
        return {
            row[0]: np.array([float(x) for x in row[1:] if x]) for row in csv.reader(file) if row
        }
