"""Answers: forecasts as JSON lines."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from rollcast._types import Float64
from rollcast.model.fitted import Fitted
from rollcast.stream.json_rows import LineKeys
from rollcast.stream.timeline import SharedGrid, Timeline


class AnswerWriter:
    """Writes forecasts of one model.

    Args:
        fitted: the model.
        timeline: the times of its rows.
        h: steps of a forecast.
    """

    def __init__(self, fitted: Fitted, timeline: Timeline, h: int) -> None:
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

    def line(self, opening: str, values: Float64) -> bytes:
        """The whole line; values (h,) to seven digits, which is what the network's 32 bits hold."""
        if self._rounding is not None:
            values = self._rounding.nearest(values)
        if np.isfinite(values).all():
            numbers = self._numbers % tuple(values.tolist())
        else:
            numbers = ",".join(f"{v:.7g}" if np.isfinite(v) else "null" for v in values)
        return f"{opening}{numbers}]}}\n".encode()
