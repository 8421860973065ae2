"""Tables of forecasts as people hold them: which column is which, and which rows of two tables are the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rollcast._types import Float64, Int64
from rollcast.errors import ArgumentError, DataError, show
from rollcast.tables.layouts.opening import from_polars
from rollcast.tables.table import list_names

if TYPE_CHECKING:
    import pandas as pd

ADJUSTED: Final = "-adjusted"
"""Behind the name of forecasts: the column of those that a person changed."""

_MADE_BY: Final = "a pandas or polars frame that predict or forecast made"


@dataclass(frozen=True, eq=False)
class ForecastTable:
    """A table of forecasts.

    Attributes:
        given: as the caller holds it.
        frame: the same in pandas, rows numbered from 0.
        keys: the columns that name a row: the identifier where there is one, and the time.
        name: the column of forecasts.
    """

    given: Any
    frame: pd.DataFrame
    keys: tuple[Any, ...]
    name: str

    @property
    def adjusted_name(self) -> str:
        """The column of forecasts that a person changed."""
        return f"{self.name}{ADJUSTED}"

    @property
    def point(self) -> Float64:
        """(N,) the forecasts as they were made."""
        return numbers_of(self.frame, self.name, "forecast")

    @property
    def adjusted(self) -> Float64 | None:
        """(N,) the forecasts with a person's changes; None where there is no column of them."""
        if self.adjusted_name not in self.frame.columns:
            return None
        return numbers_of(self.frame, self.adjusted_name, "forecast")

    def with_adjusted(self, values: Float64) -> Any:
        """The caller's kind of frame with ``values`` (N,) behind the forecasts, as those that a person changed."""
        at = list(self.frame.columns).index(self.name) + 1
        if type(self.given).__module__.split(".")[0] == "polars":
            import polars as pl

            names = [name for name in self.given.columns if name != self.adjusted_name]
            order = [*names[:at], self.adjusted_name, *names[at:]]
            return self.given.with_columns(pl.Series(self.adjusted_name, values)).select(order)
        made = self.given.drop(columns=self.adjusted_name, errors="ignore")
        made.insert(at, self.adjusted_name, values)
        return made

    def places(self, other: pd.DataFrame, argument: str) -> Int64:
        """(M,) the rows that another table's rows are; -1 for those that are not here.

        Args:
            other: has the columns of the keys.
            argument: what messages call it.

        Raises:
            DataError: it lacks a key, names a row twice, or its times can't be held against these.
        """
        import pandas as pd

        here: dict[Any, Any] = {}
        there: dict[Any, Any] = {}
        for name in self.keys:
            if name not in other.columns:
                raise DataError(
                    f"`{argument}` has no column {name!r}, by which rows are found; its columns are "
                    f"{list_names(list(other.columns))}."
                )
            one: Any = self.frame[name]
            two: Any = other[name]
            if name == self.keys[-1]:
                here[name], there[name] = _same_times(one, two, argument)
            else:
                here[name], there[name] = one.astype(object), two.astype(object)
        mine, theirs = (pd.MultiIndex.from_arrays(list(side.values())) for side in (here, there))
        for index, table, called in ((mine, self.frame, "forecast"), (theirs, other, argument)):
            twice = index.duplicated()
            if twice.any():
                row = self.describe(table, int(np.argmax(twice)))
                raise DataError(f"`{called}` has {row} twice; give each row once.")
        return mine.get_indexer(theirs).astype(np.int64)

    def describe(self, table: pd.DataFrame, row: int) -> str:
        """How a message names a row of a table that has these keys."""
        return ", ".join(f"{name} {_shown(table[name].iloc[row])}" for name in self.keys)


def read_forecast_table(given: Any, name: Any = None, argument: str = "forecast") -> ForecastTable:
    """A frame of forecasts, with the parts of its columns.

    Args:
        given: the caller's frame.
        name: the column of forecasts; None to find it: those behind it begin with its name.
        argument: what messages call the frame.

    Raises:
        ArgumentError: it is no frame, or no such column is there.
    """
    frame = as_pandas(given, argument)
    columns = list(frame.columns)
    if len(set(columns)) < len(columns):
        raise ArgumentError(f"`{argument}` has two columns of one name; give each its own.")
    fits = [
        at
        for at in (1, 2)
        if at < len(columns) and all(_is_of(other, columns[at]) for other in columns[at + 1 :])
    ]
    if name is not None:
        at = columns.index(name) if isinstance(name, str) and name in columns else 0
    else:
        at = fits[0] if fits else 0
    if at not in (1, 2):
        wanted = f"`name` must be its column of forecasts; got {show(name)}."
        hint = "name its column of forecasts with name=." if name is None else wanted
        raise ArgumentError(
            f"`{argument}` must be {_MADE_BY}, with times and forecasts; its columns are "
            f"{list_names(columns)}: {hint}"
        )
    return ForecastTable(given, frame, tuple(columns[:at]), str(columns[at]))


def as_pandas(given: Any, argument: str) -> pd.DataFrame:
    """A frame of the caller's in pandas, its rows numbered from 0.

    Raises:
        ArgumentError: it is no frame, or has no rows.
    """
    import pandas as pd

    if type(given).__module__.split(".")[0] == "polars" and hasattr(given, "columns"):
        found = from_polars(given).frame
    elif isinstance(given, pd.DataFrame):
        found = given.reset_index(drop=True)
    else:
        raise ArgumentError(f"`{argument}` must be a pandas or polars frame; got {show(given)}.")
    if found.columns.nlevels > 1 or not len(found):
        raise ArgumentError(f"`{argument}` must be a frame with rows and plain columns.")
    return found


def from_mapping(given: Mapping[Any, Any], table: ForecastTable, argument: str) -> pd.DataFrame:
    """A mapping from rows to values as a frame with the keys of a table and a column ``value``.

    Args:
        given: from times, or from pairs of series and time, to values; or from series to such mappings.
        table: the forecasts.
        argument: what messages call it.

    Raises:
        ArgumentError: a key is no time, or no pair of series and time.
    """
    import pandas as pd

    flat: dict[Any, Any] = {}
    for key, value in given.items():
        if isinstance(value, Mapping):
            flat |= {(key, time): one for time, one in value.items()}
        else:
            flat[key] = value
    if not flat:
        raise ArgumentError(f"`{argument}` is empty; give a row with its new value.")
    two = len(table.keys) == 2
    alone = tuple(table.frame[table.keys[0]].unique()) if two else ()
    rows = [key if isinstance(key, tuple) else (key,) for key in flat]
    if len(alone) == 1:  # whose name needs not be said
        rows = [(*alone, *row) if len(row) == 1 else row for row in rows]
    if any(len(row) != len(table.keys) for row in rows):
        wanted = "(series, time), such as ('a', '2024-03-01')" if two else "a time"
        wrong = next(row for row in rows if len(row) != len(table.keys))
        got = show(wrong[0] if len(wrong) == 1 else wrong)
        raise ArgumentError(f"`{argument}` must map {wanted} to new values; got {got}.")
    columns = {name: [row[k] for row in rows] for k, name in enumerate(table.keys)}
    return pd.DataFrame({**columns, "value": list(flat.values())})


def numbers_of(frame: pd.DataFrame, column: Any, argument: str) -> Float64:
    """(N,) a column of numbers, NaN where nothing stands.

    Raises:
        DataError: it holds something else.
    """
    import pandas as pd

    try:
        found: Any = pd.to_numeric(frame[column])
        return found.to_numpy(np.float64, na_value=np.nan)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise DataError(
            f"Column {column!r} of `{argument}` must hold numbers; got {frame[column].dtype}."
        ) from error


def _is_of(column: Any, name: Any) -> bool:
    """Whether a column belongs to the forecasts of a name, as the end of an interval does."""
    return isinstance(column, str) and column.startswith(f"{name}-")


def _same_times(here: pd.Series, there: pd.Series, argument: str) -> tuple[Any, Any]:
    """Two columns of times as whole numbers, or as instants of UTC where the first has a zone.

    Raises:
        DataError: they are of two kinds, or one holds no times.
    """
    import pandas as pd

    counted = pd.api.types.is_numeric_dtype(here.dtype)
    if counted != (pd.api.types.is_numeric_dtype(there.dtype) or _all_whole(there)):
        kind, other = ("whole numbers", "times")[:: 1 if counted else -1]
        raise DataError(
            f"Column {there.name!r} of `{argument}` holds {other}, and `forecast` has {kind}."
        )
    if counted:
        return here.astype(np.float64), there.astype(np.float64)
    one, two = _stamps(here, "forecast"), _stamps(there, argument)
    zone = one.dt.tz
    if (zone is None) != (two.dt.tz is None):
        if zone is None:
            raise DataError(
                f"The times of `{argument}` have the zone {two.dt.tz}, and those of `forecast` have none; take it off."
            )
        try:
            two = two.dt.tz_localize(zone)
        except ValueError as error:
            raise DataError(
                f"`{argument}` names an hour that the clock of {zone} skips or shows twice; give times with their zone."
            ) from error
    return (one, two) if zone is None else (_in_utc(one), _in_utc(two))


def _in_utc(stamps: pd.Series) -> pd.Series:
    return stamps.dt.tz_convert("UTC").dt.tz_localize(None)


def _all_whole(cells: pd.Series) -> bool:
    return all(isinstance(v, int | np.integer) and not isinstance(v, bool) for v in cells)


def _stamps(cells: pd.Series, argument: str) -> pd.Series:
    import pandas as pd

    if isinstance(cells.dtype, pd.PeriodDtype):
        return cells.dt.to_timestamp().dt.as_unit("ns")
    try:
        found: Any = pd.to_datetime(cells)
        if found.isna().any():
            raise ValueError("a time is missing")
        return found.dt.as_unit("ns")
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise DataError(
            f"Column {cells.name!r} of `{argument}` must hold times such as 2024-03-01; got"
            f" {show(cells.iloc[0])} first."
        ) from error


def _shown(value: Any) -> str:
    """A key as a message shows it: midnight is a date."""
    import pandas as pd

    if isinstance(value, pd.Timestamp) and value == value.normalize():
        return f"{value:%Y-%m-%d}"
    return str(value) if isinstance(value, pd.Timestamp) else show(value)
