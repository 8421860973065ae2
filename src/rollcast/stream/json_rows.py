"""Rows of a stream: one JSON object a line, by the names of the table that the model was fitted on."""

from __future__ import annotations

import json
import math
from typing import Any, Final, NamedTuple

from rollcast.data.identifiers import KnownSeries, Mismatch, plain_identifier
from rollcast.data.panel import LARGEST
from rollcast.errors import DataError, show
from rollcast.model.fitted import Fitted
from rollcast.preprocessing.scaling import MOST_SCALED
from rollcast.stream.excluded_lines import ExcludedLines
from rollcast.stream.row_times import RowTimes
from rollcast.tables.availability_and_weights import find_flag


class NotJsonError(DataError):
    """A line is no JSON."""


class StreamRow(NamedTuple):
    """One row.

    Attributes:
        series_id: None where the model knows one series without a name.
        first: its instant or number; None where the model only counts rows and the line gave none.
        second: the later instant of a time that the clock shows twice, else ``first``.
        value: NaN where it is missing or was not available.
        available: whether the row counts.
    """

    series_id: Any
    first: int | None
    second: int | None
    value: float
    available: bool = True


class LineKeys(NamedTuple):
    """The keys of a line; ``identifier`` is None where there is one series without a name."""

    identifier: str | None
    time: str
    value: str

    @classmethod
    def of(cls, fitted: Fitted) -> LineKeys:
        """Those of the model's table; a table that only counted its rows has the time ``ds``."""
        schema = fitted.schema
        return cls(
            None if schema.id_col is None else str(schema.id_col),
            "ds" if schema.time_col is None else str(schema.time_col),
            str(schema.target_col),
        )


class RowReader:
    """Reads rows for one model.

    Args:
        fitted: the model.
    """

    def __init__(self, fitted: Fitted) -> None:
        self.names = LineKeys.of(fitted)
        self._times = RowTimes(fitted.schema, fitted.frequency)
        self._counted = fitted.schema.time_col is None
        self._parts = tuple(str(name) for name, _ in fitted.schema.time_parts or ())
        # A new series is only scaled when it has enough rows; unscaled values can be refused at once.
        unscaled = fitted.model.scaling == "none" and not fitted.model.log
        self._largest = MOST_SCALED if unscaled else LARGEST
        self._complete = fitted.schema.fill == "error"
        available = fitted.schema.available
        self._available = None if available is None else str(available)
        self._known = KnownSeries(fitted.state.places, fitted.schema.id_dtype)
        self._excluded = ExcludedLines(fitted)

    def parse(self, text: bytes) -> StreamRow:
        """One line.

        Raises:
            NotJsonError: it is no JSON; a line may be cut off.
            DataError: what else is wrong with it, as the end of a sentence that begins with its number.
        """
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise NotJsonError("it is no JSON; write one object a line.") from error
        if type(found) is not dict:
            raise DataError("it is no JSON object; write one as {" + f'"{self.names.time}": ...}}.')
        identifier, time, value = self.names
        series_id = None if identifier is None else self._identifier(found, identifier)
        first = second = None
        if any(part in found for part in self._parts if part != time):
            raise DataError(
                f"it has the time in {' and '.join(map(repr, self._parts))}; write all of it in {time!r}, as forecasts"
                " have it."
            )
        if time in found or not self._counted:
            first, second = self._times.parse(self._cell(found, time))
        cell = self._cell(found, value)
        if self._counts(found, cell) and not self._excluded.has(found, series_id, first):
            return StreamRow(series_id, first, second, self._value(cell))
        return StreamRow(series_id, first, second, math.nan, available=False)

    def _counts(self, found: dict[str, Any], value: Any) -> bool:
        """Whether the row was available, as in tables: a line may leave the flag out, and null goes with no value."""
        name = self._available
        missing = value is None or (isinstance(value, float) and math.isnan(value))
        if name is None or name not in found or (found[name] is None and missing):
            return True
        flag = find_flag(found[name])
        if flag is None:
            raise DataError(f"its {name!r} must be true or false; got {show(found[name])}.")
        return flag

    @staticmethod
    def _cell(found: dict[str, Any], name: str) -> Any:
        try:
            return found[name]
        except KeyError:
            raise DataError(f"it has no {name!r}.") from None

    def _identifier(self, found: dict[str, Any], name: str) -> Any:
        series_id = self._cell(found, name)
        if series_id in self._known:
            return series_id
        given = plain_identifier(series_id)
        if isinstance(given, str) and isinstance(series_id, str):
            raise DataError(f"its {name!r} is text {given}; got {show(series_id)}.")
        match = self._known.mismatch if isinstance(given, str) else self._known.match(given)
        if isinstance(match, Mismatch):
            raise DataError(f"its {name!r} must be {match.need}; got {show(series_id)}.")
        return match

    def _value(self, cell: Any) -> float:
        name = self.names.value
        # Python's own writer puts NaN where JSON has null.
        if cell is None or (type(cell) is float and math.isnan(cell)):
            if self._complete:
                raise DataError(
                    f'its {name!r} is missing, and the model was fitted with fill="error".'
                )
            return math.nan
        if type(cell) not in (int, float):
            raise DataError(f"its {name!r} must be a number or null; got {_NAMES.get(type(cell))}.")
        if not abs(cell) <= self._largest:
            raise DataError(f"its {name!r} is infinite or too large.")
        return float(cell)


_NAMES: Final[dict[type, str]] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
}
