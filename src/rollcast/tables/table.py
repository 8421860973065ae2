"""Any table of a person's as one pandas frame that knows how to name its rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rollcast._types import Int64
from rollcast.tables.schema import Kind, TimeParts

if TYPE_CHECKING:
    import pandas as pd

EAST_ASIAN = re.compile("[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u4e00-\u9fff\uac00-\ud7a3]")
"""A letter of Hangul, Kana or Han."""


@dataclass(frozen=True, eq=False)
class WideCells:
    """Where the rows of a table that was wide stood.

    Attributes:
        columns: the columns that were times.
        cells: (rows,) each row's cell, counted row by row over those columns.
    """

    columns: tuple[Any, ...]
    cells: Int64


@dataclass(frozen=True, eq=False)
class Table:
    """A table as it came, before any column has a meaning.

    Attributes:
        frame: the rows, numbered from 0.
        kind: the kind of frame that the caller holds.
        name: what messages call it.
        lines: (rows,) each row's line in the file; None where rows are counted from 0.
        types: what the caller's library calls each column's type, where that isn't pandas.
        remarks: sentences on how it was read.
        grouped_dots: whether a dot may group thousands, as in files with ``;`` between the fields.
        read_text: reads a column's cells once more as the text that a file holds, NaN where there is none; None where
            the caller's own types are known.
        from_index: the columns that were the index of the caller's frame.
        id_col: the column that tells series apart, where the table's layout says so.
        wide: where the rows stood in a wide table; None for a long one. Its lines are those of the wide table's rows.
        time_parts: the columns that were joined to the time; None where it stands in one.
        date_form: how the dates among them were written as text; None for others.
    """

    frame: pd.DataFrame
    kind: Kind = "pandas"
    name: str = "the table"
    lines: Int64 | None = None
    types: dict[Any, Any] = field(default_factory=dict[Any, Any])
    remarks: tuple[str, ...] = ()
    grouped_dots: bool = False
    read_text: Callable[[Any], pd.Series] | None = None
    from_index: tuple[Any, ...] = ()
    id_col: Any = None
    wide: WideCells | None = None
    time_parts: TimeParts | None = None
    date_form: str | None = None

    def column(self, name: Any) -> pd.Series:
        """One column."""
        return self.frame[name]  # pyright: ignore[reportReturnType]

    def labels(self, name: Any) -> pd.Series:
        """One column as names of series: of a file the text that stands there, else what the caller has."""
        return self.column(name) if self.read_text is None else self.read_text(name)

    def place(self, row: int) -> str:
        """How a message speaks of a row."""
        where = ""
        if self.wide is not None:
            row, column = divmod(int(self.wide.cells[row]), len(self.wide.columns))
            where = f", column {str(self.wide.columns[column])!r}"
        if self.lines is None:
            return f"row {row} (counted from 0){where}"
        return f"line {int(self.lines[row])} of {self.name}{where}"

    @property
    def columns(self) -> list[Any]:
        """The column names."""
        return list(self.frame.columns)

    @property
    def grouped_commas(self) -> bool:
        """Whether a comma that may group thousands does: where names are written in Hangul, Kana or Han."""
        return any(EAST_ASIAN.search(str(name)) for name in self.columns)

    @property
    def listing(self) -> str:
        """The column names as a message lists them."""
        return list_names(self.columns)


def list_names(names: list[Any], most: int = 12) -> str:
    """Names as a message lists them, the first dozen where there are many."""
    shown = ", ".join(repr(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
