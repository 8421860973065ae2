"""What a table looks like and how it is read, and what was noticed in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

from rollcast._types import Duplicates, Fill
from rollcast.options.exclude_option import Exclusion

Kind: TypeAlias = Literal["pandas", "polars"]

TimeKind: TypeAlias = Literal[
    "integer", "timestamp", "date", "period", "yyyymmdd", "yyyymm", "yyyymmddhh", "yyyymmddhhmm",
    "yyyymmddhhmmss", "yyyyww", "yyyyddd", "unix s", "unix ms", "unix us", "unix ns", "excel",
]  # fmt: skip
"""How the caller writes time: whole numbers, instants, days, pandas periods, digits such as 20240131, 202401 and
2024013113, weeks (202405), days of the year (2024031), seconds and their parts since 1970, and Excel's days."""

TimeParts: TypeAlias = tuple[tuple[str, str], ...]
"""Columns that together are the time, each with its part: ("year", "year"), ("month", "month")."""

STEP = "step"
"""The time column of a forecast whose table had none: it counts rows on."""


@dataclass(frozen=True)
class Schema:
    """The caller's table: its names and types, so that forecasts come back in them, and how it is read.

    Attributes:
        id_col: the column of identifiers; None where there is none.
        time_col: the column of times; None where rows are only counted.
        target_col: the column that is forecast.
        kind: the kind of frame.
        id_dtype: the identifiers' type as the frame's library writes it.
        id_categories: the categories, where the identifiers are a categorical.
        time_kind: how time is written.
        time_dtype: the type of the time column as the frame's library writes it; None for text.
        time_unit: "s", "ms", "us" or "ns".
        time_zone: the zone of zone-aware timestamps; None for those without.
        time_form: the form and order of dates that are text; None for others.
        time_parts: the columns that were joined to the time; None where it stands in one.
        available: the column that says which rows count; None where all do.
        weights: the column that says how much they count; None where all count alike.
        tz: the IANA zone of local clock times, where the caller named one.
        duplicates: what rows of one series and time become.
        fill: what missing values become.
        exclude: one-off rows that don't count.
    """

    id_col: str | int | None
    time_col: str | int | None
    target_col: str | int
    kind: Kind = "pandas"
    id_dtype: str | None = None
    id_categories: tuple[Any, ...] | None = None
    time_kind: TimeKind = "integer"
    time_dtype: str | None = None
    time_unit: str = "ns"
    time_zone: str | None = None
    time_form: str | None = None
    time_parts: TimeParts | None = None
    available: str | int | None = None
    weights: str | int | None = None
    tz: str | None = None
    duplicates: Duplicates = "error"
    fill: Fill = "anchor"
    exclude: tuple[Exclusion, ...] = ()

    def names(
        self, id_col: Any = None, time_col: Any = None, target_col: Any = None
    ) -> tuple[Any, Any, Any]:
        """The columns that the caller named, else those of this table."""
        return (
            self.id_col if id_col is None else id_col,
            self.time_col if time_col is None else time_col,
            self.target_col if target_col is None else target_col,
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values that :meth:`from_json` reads."""
        values: dict[str, Any] = asdict(self)
        if self.id_categories is not None:
            values["id_categories"] = list(self.id_categories)
        if self.time_parts is not None:
            values["time_parts"] = [list(part) for part in self.time_parts]
        left_out = values.pop("exclude")
        if left_out:  # which a Rollcast from before there was the option can't read
            values["exclude"] = list(left_out)
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Schema:
        """The schema that :meth:`to_json` wrote."""
        plain: dict[str, Any] = dict(values)
        if plain.get("id_categories") is not None:
            plain["id_categories"] = tuple(plain["id_categories"])
        if plain.get("time_parts") is not None:
            plain["time_parts"] = tuple((name, part) for name, part in plain["time_parts"])
        plain["exclude"] = tuple(
            one if isinstance(one, Exclusion) else Exclusion(**one)
            for one in plain.get("exclude", ())
        )
        return cls(**plain)


@dataclass(frozen=True)
class Notes:
    """What a person should know of how their table was read.

    Attributes:
        remarks: sentences for a person to read: what was inferred, how many values are missing.
        warnings: sentences that deserve a warning.
        inserted: rows that the table lacked.
        blank: rows whose value was missing.
        first_missing: the time of the first missing value of all series; None where none is.
        constant: the identifiers of constant series.
    """

    remarks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    inserted: int = 0
    blank: int = 0
    first_missing: str | None = None
    constant: tuple[Any, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """Remarks and warnings."""
        return self.remarks + self.warnings

    @property
    def missing(self) -> int:
        """Values that were not observed, the lacking rows included."""
        return self.inserted + self.blank
