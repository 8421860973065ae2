"""Excluded lines: rows of a stream that a model leaves out, as it does in tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rollcast.errors import DataError, show
from rollcast.model.fitted import Fitted
from rollcast.tables.availability_and_weights import find_flag
from rollcast.tables.excluded_times import find_times


class ExcludedLines:
    """What a model's fit was told to leave out.

    Args:
        fitted: the model.
    """

    def __init__(self, fitted: Fitted) -> None:
        named = fitted.schema.exclude
        self._columns = [one.text for one in named if one.is_column]
        self._times, _ = find_times(
            tuple(one for one in named if not one.is_column),
            fitted.state.ids,
            integer=fitted.schema.time_kind == "integer",
            tz=fitted.schema.tz or fitted.frequency.tz,
            later=True,
        )

    def has(self, found: Mapping[str, Any], series_id: Any, time: int | None) -> bool:
        """Whether a row is left out.

        Args:
            found: the line.
            series_id: whose row it is.
            time: its instant or number; None where the line gave none.

        Raises:
            DataError: a column that tells says neither yes nor no, as the end of a sentence.
        """
        for name in self._columns:
            cell = found.get(name)
            flag = None if cell is None else find_flag(cell)
            if cell is not None and flag is None:
                raise DataError(f"its {name!r} must be true or false; got {show(cell)}.")
            if flag:
                return True
        if time is None or not self._times.spans:
            return False
        return bool(self._times.cover((series_id,), np.zeros(1, np.int64), np.array([time]))[0])
