"""New series: those that the model has not seen, whose rows are held until it can read them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from rollcast.data.panel import Panel
from rollcast.forecasting.observe import fill_missing
from rollcast.forecasting.state import State
from rollcast.model.fitted import Fitted
from rollcast.storage import container
from rollcast.storage.array_fields import ArrayFields, ArrayForm

_ARRAYS: Final = {
    "starts": ArrayForm("i8", ("U",)),
    "lengths": ArrayForm("i8", ("U",), least=1),
    "values": ArrayForm("f8", ("N",), numbers="gaps"),
}


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
        return fitted.model.read_afresh(fill_missing(fitted.model, panel, np.full(1, np.nan)))


def to_arrays(newcomers: Mapping[Any, NewSeries]) -> dict[str, Any]:
    """Starts (U,), numbers of rows (U,), and all their values, one series after the other."""
    held = list(newcomers.values())
    return {
        "starts": np.array([n.start for n in held], np.int64),
        "lengths": np.array([len(n.values) for n in held], np.int64),
        "values": np.array([v for n in held for v in n.values], np.float64),
    }


def from_file(
    ids: Sequence[Any], arrays: container.Arrays, *, group: str = ""
) -> dict[Any, NewSeries]:
    """What :func:`to_arrays` gave, of these identifiers, with types and shapes checked.

    Args:
        ids: of the series.
        arrays: of the file.
        group: the beginning of the names among them.

    Raises:
        ValueError: what is wrong.
    """
    given = ArrayFields(arrays, {"U": len(ids)}, group)
    starts, lengths, values = (given.take(name, form) for name, form in _ARRAYS.items())
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
