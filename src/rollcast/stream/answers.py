"""Answers: forecasts as JSON lines."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from rollcast._types import Float64
from rollcast.model.fitted import Fitted
from rollcast.preprocessing.rounding import Rounding
from rollcast.stream.json_rows import LineKeys
from rollcast.stream.stream_intervals import StreamIntervals
from rollcast.stream.timeline import SharedGrid, Timeline


class AnswerWriter:
    """Writes forecasts of one model.

    Args:
        fitted: the model.
        timeline: the times of its rows.
        h: steps of a forecast.
        intervals: whose ends are written too; None for points alone.
    """

    def __init__(
        self,
        fitted: Fitted,
        timeline: Timeline,
        h: int,
        intervals: StreamIntervals | None = None,
    ) -> None:
        names_of_ends = [] if intervals is None else intervals.names(fitted.name)[1:]
        self._ends = [f",{json.dumps(name)}:[" for name in names_of_ends]
        names = LineKeys.of(fitted)
        self._identifier = None if names.identifier is None else json.dumps(names.identifier)
        self._time, self._name = json.dumps(names.time), json.dumps(fitted.name)
        self._timeline, self._h = timeline, h
        self._rounding = fitted.rounding
        # Whole numbers are written with all their digits.
        self._numbers = ",".join(["%.7g" if self._rounding is None else "%.0f"] * h)

    def opening(self, series_id: Any, grid: SharedGrid, rows: int) -> str:
        """A line up to its values.

        Args:
            series_id: whose forecast it is.
            grid: of the series.
            rows: that have been read.

        Raises:
            DataError: a time lies beyond what timestamps can hold.
        """
        who = "" if self._identifier is None else f"{self._identifier}:{json.dumps(series_id)},"
        cutoff = self._timeline.text(grid, rows - 1)
        times = self._timeline.text(grid, rows, self._h)
        return f'{{{who}"cutoff":{cutoff},{self._time}:[{times}],{self._name}:['

    def line(self, opening: str, values: Float64, *, more: str = "") -> bytes:
        """The whole line; values to seven digits, which is what the network's 32 bits hold.

        Args:
            opening: see :meth:`opening`.
            values: (h,), or (C, h) with the ends of intervals behind the points.
            more: keys behind all values.
        """
        values = values if self._rounding is None else self._rounded(values, self._rounding)
        if self._ends:
            first, *ends = (self._text(row) for row in values)
            rest = "".join(f"{name}{row}]" for name, row in zip(self._ends, ends, strict=True))
            return f"{opening}{first}]{rest}{more}}}\n".encode()
        return f"{opening}{self._text(values)}]{more}}}\n".encode()

    def _rounded(self, values: Float64, rounding: Rounding) -> Float64:
        """Whole numbers; intervals of them hold no less than before."""
        if not self._ends:
            return rounding.nearest(values)
        half = len(self._ends) // 2
        low, high = rounding.ends((values[1 : half + 1], values[half + 1 :]))
        return np.concatenate([rounding.nearest(values[:1]), low, high])

    def _text(self, values: Float64) -> str:
        if np.isfinite(values).all():
            return self._numbers % tuple(values.tolist())
        return ",".join(f"{v:.7g}" if np.isfinite(v) else "null" for v in values)


def anomaly_text(p_value: float, false_alarms: float) -> str:
    """The key of an answer that says how unusual its row was; empty where nothing was observed or judged."""
    if math.isnan(p_value):
        return ""
    flagged = "true" if p_value < false_alarms / 100 else "false"
    return f',"anomaly":{{"p_value":{p_value:.4g},"flagged":{flagged}}}'
