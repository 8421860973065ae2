"""New series: those that the model has not seen, whose rows are held until it can read them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypedDict

import numpy as np

from rollcast.data.panel import Panel
from rollcast.forecasting.observe import fill_missing
from rollcast.forecasting.state import State
from rollcast.forecasting.state_fields import Identifier, plain_id
from rollcast.model.fitted import Fitted
from rollcast.storage.array_fields import ArrayForm
from rollcast.storage.sections import Section, SectionForm, Sections


class HeldFields(TypedDict):
    """Identifiers of new series."""

    ids: list[Identifier]


HELD: Final = SectionForm(
    "held",
    1,
    HeldFields,
    {
        "starts": ArrayForm("i8", ("U",)),
        "lengths": ArrayForm("i8", ("U",), least=1),
        "values": ArrayForm("f8", ("N",), numbers="gaps"),
    },
)
"""New series of a stream: starts and numbers of rows, and all their values, one series after the other."""


@dataclass
class NewSeries:
    """The rows of one new series so far.

    Attributes:
        start: the time of its first row.
        values: of its rows; NaN where missing. The first is there.
        known: how many of them a checkpoint has held.
    """

    start: int
    values: list[float] = field(default_factory=list[float])
    known: int = 0

    def add(self, value: float, missing: int) -> None:
        """One more row, behind some that are missing."""
        self.values += [math.nan] * missing
        self.values.append(value)

    def state_after(self, fitted: Fitted, series_id: Any) -> State:
        """The state after its rows, which give it its scaling."""
        values = np.array(self.values)
        panel = Panel(
            values,
            ~np.isnan(values),
            np.array([0, len(values)]),
            np.array([self.start]),
            fitted.frequency,
            (series_id,),
        )
        filled = fill_missing(fitted.model, panel, np.full(1, np.nan))
        return fitted.model.read_afresh(filled, fitted.state)


def write_held(newcomers: Mapping[Any, NewSeries]) -> Section:
    """The section of new series.

    Raises:
        ArtifactError: an identifier is neither text nor a whole number.
    """
    held = list(newcomers.values())
    return HELD.holding(
        {"ids": [plain_id(i) for i in newcomers]},
        {
            "starts": np.array([n.start for n in held], np.int64),
            "lengths": np.array([len(n.values) for n in held], np.int64),
            "values": np.array([v for n in held for v in n.values], np.float64),
        },
    )


def read_held(sections: Sections) -> dict[Any, NewSeries]:
    """What :func:`write_held` gave, with types and shapes checked.

    Raises:
        ValueError: what is wrong.
    """
    ids = sections.take(HELD).fields["ids"]
    starts, lengths, values = sections.take(HELD, {"U": len(ids)}).arrays.values()
    fitting = (lengths <= len(values)).all() and lengths.sum() == len(values)
    if len(set(ids)) != len(ids) or not fitting:
        raise ValueError("the rows of new series are not those of their names")
    firsts = np.cumsum(lengths) - lengths
    if np.isnan(values[firsts]).any():
        raise ValueError("the first row of a new series is missing")
    pieces = np.split(values, firsts[1:]) if ids else []
    return {
        series_id: NewSeries(int(start), piece.tolist(), len(piece))
        for series_id, start, piece in zip(ids, starts, pieces, strict=True)
    }
