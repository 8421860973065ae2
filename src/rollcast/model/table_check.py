"""How a table is understood: its columns, its step and its series, as data and as text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rollcast._number_format import format_count, format_number, to_json_number
from rollcast._types import Bool, Float64, Int64
from rollcast.data.calendar import Frequency
from rollcast.data.clock import to_wall
from rollcast.data.panel import Panel

if TYPE_CHECKING:
    import pandas as pd

MOST_SHOWN: Final = 10
"""Series that are listed; of columns twice as many."""

_COUNTS: Final = ("rows", "missing", "longest_gap", "zeros", "negative")


@dataclass(frozen=True)
class ColumnCheck:
    """One column of a table.

    Attributes:
        name: as the table has it.
        role: "series", "time", "to forecast", "available", "weights" or "left out".
        holds: what stands there, in words.
    """

    name: Any
    role: str
    holds: str


@dataclass(frozen=True, eq=False)
class SeriesCheck:
    """Every series on its grid.

    Attributes:
        names: (S,) the identifiers; ``(None,)`` where the table has no column of them.
        first: (S,) each first time, as a panel has it.
        last: (S,) each last time.
        rows: (S,) from the first to the last, those that the table lacks included.
        missing: (S,) rows without a value.
        longest_gap: (S,) missing rows that follow one another, at most.
        zeros: (S,) values that are 0.
        negative: (S,) values below 0.
        least: (S,) the least value; NaN where there is none.
        greatest: (S,) the greatest value.
        frequency: the step between rows.
    """

    names: tuple[Any, ...]
    first: Int64
    last: Int64
    rows: Int64
    missing: Int64
    longest_gap: Int64
    zeros: Int64
    negative: Int64
    least: Float64
    greatest: Float64
    frequency: Frequency

    @classmethod
    def of(cls, panel: Panel) -> SeriesCheck:
        """Count what there is to be known of a panel's series."""
        offsets, values = panel.offsets[:-1], np.where(panel.mask, panel.target, np.nan)

        def count(marked: Bool) -> Int64:
            return np.add.reduceat(marked.astype(np.int64), offsets)

        return cls(
            names=panel.ids,
            first=panel.starts,
            last=panel.frequency.shift(panel.starts, panel.lengths - 1),
            rows=panel.lengths,
            missing=count(~panel.mask),
            longest_gap=_longest_gaps(panel),
            zeros=count(values == 0),
            negative=count(values < 0),
            least=np.fmin.reduceat(values, offsets),
            greatest=np.fmax.reduceat(values, offsets),
            frequency=panel.frequency,
        )

    def __len__(self) -> int:
        return len(self.names)

    def to_frame(self) -> pd.DataFrame:
        """Give a pandas frame with a row for each series; times as the calendar's clock shows them."""
        import pandas as pd

        columns: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)[:-1]}
        columns["series"] = pd.Series(list(columns.pop("names")), dtype=object).infer_objects()
        if not self.frequency.is_integer:
            for name in ("first", "last"):
                columns[name] = to_wall(columns[name], self.frequency.tz).view("M8[ns]")
        order = ["series", *(name for name in columns if name != "series")]
        return pd.DataFrame({name: columns[name] for name in order})

    def to_json(self) -> list[dict[str, Any]]:
        """Give plain values for ``json.dumps``, a mapping for each series; NaN becomes null."""
        frame = self.to_frame()
        if not self.frequency.is_integer:
            for name in ("first", "last"):
                frame[name] = frame[name].astype("str")
        return [
            one
            | {
                "series": _plain_name(one["series"]),
                "least": to_json_number(one["least"]),
                "greatest": to_json_number(one["greatest"]),
            }
            for one in frame.to_dict(orient="records")
        ]

    def lines(self) -> list[str]:
        """The first series as lines under one another."""
        heads = (
            "series",
            "first",
            "last",
            *(n.replace("_", " ") for n in _COUNTS),
            "least",
            "greatest",
        )
        show = self.frequency.format
        cells = [
            (
                "" if self.names[s] is None else shorten(self.names[s]),
                show(int(self.first[s])),
                show(int(self.last[s])),
                *(f"{int(getattr(self, name)[s]):,}" for name in _COUNTS),
                format_number(float(self.least[s])),
                format_number(float(self.greatest[s])),
            )
            for s in range(min(len(self), MOST_SHOWN))
        ]
        lines = ["", *_aligned([heads, *cells], right_from=3)]
        if len(self) > MOST_SHOWN:
            lines.append(f"and {len(self) - MOST_SHOWN:,} more")
        return [*lines, ""]


@dataclass(frozen=True, kw_only=True, repr=False)
class TableCheck:
    """How a table is understood.

    Attributes:
        source: what messages call the table.
        rows: rows of the table.
        columns: every column and its role.
        frequency: the step between rows, in words; None where it could not be found.
        season_length: rows of a season; None where there is none.
        duplicates: rows whose series and time stood there before.
        series: every series on its grid, in order of appearance; None where the table can't be laid on one.
        parts: rows to train, to validate and to test, as ``fit`` would cut them; None where it would refuse.
        h: the horizon that ``fit`` would take; None where it would refuse.
        notes: what was assumed and noticed, a sentence each.
        problems: what ``fit`` would refuse, each with the fix; empty where it would not.
        fit_command: the command line that fits it; None where ``fit`` would refuse or the table is no file.
        fit_call: the same in Python; None where ``fit`` would refuse.
    """

    source: str
    rows: int = 0
    columns: tuple[ColumnCheck, ...] = ()
    frequency: str | None = None
    season_length: int | None = None
    duplicates: int = 0
    series: SeriesCheck | None = None
    parts: tuple[int, int, int] | None = None
    h: int | None = None
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    fit_command: str | None = None
    fit_call: str | None = None

    @property
    def accepted(self) -> bool:
        """Whether ``fit`` takes the table as it is."""
        return not self.problems

    def to_json(self) -> dict[str, Any]:
        """Give plain values for ``json.dumps``; NaN becomes null."""
        return {
            **vars(self),
            "accepted": self.accepted,
            "columns": [vars(one) | {"name": str(one.name)} for one in self.columns],
            "series": [] if self.series is None else self.series.to_json(),
            "parts": None if self.parts is None else list(self.parts),
            "notes": list(self.notes),
            "problems": list(self.problems),
        }

    def __repr__(self) -> str:
        return self.text()

    def text(self, reword: Callable[[str], str] = str) -> str:
        """Write the check for a person.

        Args:
            reword: how sentences that name arguments are told; the command line names its options instead.
        """
        blocks = [self._head(), *_column_lines(self.columns)]
        blocks += [""] if self.series is None else self.series.lines()
        blocks += [f"note: {reword(sentence)}" for sentence in self.notes]
        blocks += [f"fit would refuse it: {reword(sentence)}" for sentence in self.problems]
        if self.parts is not None:
            train, val, test = self.parts
            blocks.append(
                f"fit takes it: {format_count(train, 'row')} to train, {val:,} to validate, {test:,} to test, "
                f"h {self.h}."
            )
        return "\n".join(
            [*blocks, *(line for line in (self.fit_command or self.fit_call,) if line)]
        )

    def _head(self) -> str:
        if not self.rows:
            return self.source
        parts = [format_count(self.rows, "row")]
        if self.frequency is not None:
            season = f", season of {self.season_length}" if self.season_length else ""
            parts.append(f"step: {self.frequency}{season}")
        if self.duplicates:
            parts.append(f"{format_count(self.duplicates, 'row')} twice")
        return f"{self.source}: {'; '.join(parts)}"


def shorten(value: Any) -> str:
    """A cell or a name, cut where it is long; of 40 characters it is whole, for UUIDs may begin alike."""
    text = str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _longest_gaps(panel: Panel) -> Int64:
    """(S,) missing rows that follow one another, at most."""
    rows = np.arange(len(panel.mask))
    starts = np.repeat(panel.offsets[:-1], panel.lengths)
    seen = np.maximum.accumulate(np.where(panel.mask, rows, -1))
    return np.maximum.reduceat(rows - np.maximum(seen, starts - 1), panel.offsets[:-1])


def _column_lines(columns: tuple[ColumnCheck, ...]) -> list[str]:
    if not columns:
        return []
    cells = [("column", "read as", "holds")]
    cells += [(str(one.name), one.role, one.holds) for one in columns[: 2 * MOST_SHOWN]]
    lines = ["", *_aligned(cells)]
    if len(columns) > 2 * MOST_SHOWN:
        lines.append(f"and {len(columns) - 2 * MOST_SHOWN:,} more")
    return lines


def _aligned(rows: list[tuple[str, ...]], right_from: int = 99) -> list[str]:
    """Rows of cells under one another; cells from ``right_from`` on end at one edge, as numbers do."""
    from rich.cells import cell_len  # letters of Korean and other scripts are two columns wide

    widths = [max(cell_len(row[i]) for row in rows) for i in range(len(rows[0]))]

    def padded(cell: str, width: int, *, right: bool) -> str:
        blanks = " " * (width - cell_len(cell))
        return blanks + cell if right else cell + blanks

    return [
        "  ".join(
            padded(cell, width, right=i >= right_from)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _plain_name(name: Any) -> Any:
    return name if name is None or isinstance(name, str | int | float) else str(name)
