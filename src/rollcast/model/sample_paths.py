"""Sample paths of series, with what it takes to write them as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rollcast._types import Float64, Int64
from rollcast.data.calendar import Frequency
from rollcast.preprocessing.rounding import as_whole
from rollcast.tables import Schema
from rollcast.tables.paths_frame import check_sample_name, paths_frame


@dataclass(frozen=True, kw_only=True, eq=False)
class SamplePaths:
    """Futures of S series.

    Attributes:
        name: of the column of values.
        ids: (S,) the identifiers.
        starts: (S,) the time of a row of each series' grid.
        skipped: (S,) steps from there to the first of a path; None for none.
        frequency: the step between rows.
        schema: the caller's table.
        values: (S, N, h) in the data's units.
        whole: whether they are whole numbers.
    """

    name: str
    ids: tuple[Any, ...]
    starts: Int64
    skipped: Int64 | None
    frequency: Frequency
    schema: Schema
    values: Float64
    whole: bool = False

    def frame(self) -> Any:
        """A row for each step of each path, in the caller's names and kind of frame.

        Raises:
            ArgumentError: another column is called as that of the paths' numbers.
        """
        check_sample_name(self.name, self.schema)
        values = as_whole(self.values) if self.whole else self.values
        place = (self.frequency, self.schema, self.skipped)
        return paths_frame(self.ids, self.starts, values, self.name, *place)
