"""How a table would be read by `fit`: its columns, times, step and series, and what would be refused."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, Unpack

import numpy as np

from rollcast._number_format import format_number, to_json_number
from rollcast._types import Bool, Float64, Int64
from rollcast.data.calendar import Frequency
from rollcast.data.clock import check_zone, to_wall
from rollcast.data.panel import Panel
from rollcast.errors import DataError
from rollcast.fitting.problem import describe_short, make_problem
from rollcast.options import TABLE_ARGUMENTS, Config, TableArguments, takes
from rollcast.options.other_words import refuse_unknown
from rollcast.tables.columns import Columns, column_kind, with_one_time
from rollcast.tables.layouts.opening import open_table
from rollcast.tables.table import Table
from rollcast.tables.table_rows import TableRows
from rollcast.tables.to_panel import join_duplicates, lay_rows, name_columns, read_rows

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")

MOST_SHOWN: Final = 10
"""Series that are listed; of columns twice as many."""

_COUNTS: Final = ("rows", "missing", "longest_gap", "zeros", "negative")


@dataclass(frozen=True)
class ColumnCheck:
    """One column of a table.

    Attributes:
        name: as the table has it.
        role: "series", "time", "to forecast" or "left out".
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
        offsets, values = panel.offsets[:-1], panel.target

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
                "" if self.names[s] is None else _short(self.names[s]),
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
                f"fit takes it: {train:,} rows to train, {val:,} to validate, {test:,} to test, h {self.h}."
            )
        return "\n".join(
            [*blocks, *(line for line in (self.fit_command or self.fit_call,) if line)]
        )

    def _head(self) -> str:
        if not self.rows:
            return self.source
        plural = "" if self.rows == 1 else "s"
        parts = [f"{self.rows:,} row{plural}"]
        if self.frequency is not None:
            season = f", season of {self.season_length}" if self.season_length else ""
            parts.append(f"step: {self.frequency}{season}")
        if self.duplicates:
            parts.append(f"{self.duplicates:,} rows twice")
        return f"{self.source}: {'; '.join(parts)}"


@takes(TABLE_ARGUMENTS)
def check(data: Any, h: int | None = None, **arguments: Unpack[TableArguments]) -> TableCheck:
    """Read a table as ``fit`` would, and say how it was understood. Nothing is fitted.

    Args:
        data: a path to a CSV or Parquet file, a pandas or polars frame, or one series as an array.
        h: horizon; default as in ``fit``.
        OPTIONS

    Returns:
        The columns and their roles, the step, every series, and what ``fit`` would refuse, with the fix.

    Raises:
        ArgumentError: an option has a value outside its range.

    Example:
        >>> import rollcast as rc
        >>> found = rc.check(rc.datasets.airline())
        >>> found.frequency, found.season_length, found.problems
        ('month start', 12, ())
    """
    refuse_unknown(arguments, [*TABLE_ARGUMENTS, "h"], "check", {})
    given = {n: o.check(n, arguments.get(n, o.default)) for n, o in TABLE_ARGUMENTS.items()}
    if given["tz"] is not None:
        check_zone(given["tz"])
    config = Config(h=h)
    source = Path(data).name if isinstance(data, str | Path) else "the table"
    try:
        table = open_table(data, given["id_col"], given["time_col"], given["target_col"])
    except DataError as error:
        return TableCheck(source=source, problems=(str(error),))
    found = TableCheck(source=table.name, rows=len(table.frame), notes=table.remarks)
    found = _understand(replace(found, columns=_columns(table, None)), table, given, config)
    return found if found.problems else _with_calls(found, data, given)


def _understand(
    found: TableCheck, table: Table, given: dict[str, Any], config: Config
) -> TableCheck:
    """As much as can be said of a table: a refusal that hides nothing else lets the reading go on."""
    named = {name: given[name] for name in ("id_col", "time_col", "target_col")}
    how = {name: given[name] for name in ("freq", "tz")}
    problems: list[str] = []
    try:
        table = with_one_time(table, **named)
        columns = name_columns(table, **named)
        found = replace(found, columns=_columns(table, columns))
        rows, times = read_rows(table, columns, **how)
        twice = rows.inside & (rows.times[1:] == rows.times[:-1])
        found = replace(found, duplicates=int(twice.sum()), columns=_columns(table, columns, rows))
        rows = _go_on(
            problems, lambda word: join_duplicates(rows, times, word), given["duplicates"], "last"
        )
        panel, notes = _go_on(
            problems,
            lambda word: lay_rows(rows, times, freq=given["freq"], fill=word),
            given["fill"],
            "linear",
        )
        found = replace(
            found,
            frequency=panel.frequency.describe,
            season_length=panel.frequency.season_length,
            series=SeriesCheck.of(panel),
            notes=notes.sentences + describe_short(panel),
        )
        if not problems:
            found = _with_parts(found, panel, config)
    except DataError as error:
        problems.append(str(error))
    return replace(found, problems=tuple(problems))


def _go_on(problems: list[str], read: Callable[[Any], T], asked: str, lenient: str) -> T:
    """What is read as asked; where that is refused, the sentence is kept and the reading is lenient."""
    try:
        return read(asked)
    except DataError as error:
        found = read(lenient)
        problems.append(str(error))
        return found


def _with_parts(found: TableCheck, panel: Panel, config: Config) -> TableCheck:
    """What ``fit`` would take for its horizon and its parts."""
    problem, _ = make_problem(
        panel, config, network=None, name="", unit=None, val_size=None, test_size=None
    )
    return replace(found, h=problem.h, parts=problem.split.lengths())


def _longest_gaps(panel: Panel) -> Int64:
    """(S,) missing rows that follow one another, at most."""
    rows = np.arange(len(panel.mask))
    starts = np.repeat(panel.offsets[:-1], panel.lengths)
    seen = np.maximum.accumulate(np.where(panel.mask, rows, -1))
    return np.maximum.reduceat(rows - np.maximum(seen, starts - 1), panel.offsets[:-1])


def _columns(
    table: Table, columns: Columns | None, rows: TableRows | None = None
) -> tuple[ColumnCheck, ...]:
    roles = (
        {}
        if columns is None
        else {
            columns.id_col: "series",
            columns.time_col: "time",
            columns.target_col: "to forecast",
        }
    )
    checks = [
        _check_column(table, name, roles.get(name, "left out" if roles else ""))
        for name in table.columns
    ]
    if rows is None or columns is None or columns.time_col is None:
        return tuple(checks)
    first = int(np.argmin(rows.origin))
    cell, shown = str(table.column(columns.time_col).iloc[0]), rows.show(int(rows.times[first]))
    return tuple(
        replace(one, holds=f"times: {_short(cell)} is {shown}")
        if one.role == "time" and not cell.startswith(shown)
        else one
        for one in checks
    )


def _check_column(table: Table, name: Any, role: str) -> ColumnCheck:
    """A column with its role and what stands there, in words."""
    return ColumnCheck(name, role, _holds(table, name, "text" if role == "series" else None))


def _holds(table: Table, name: Any, kind: str | None) -> str:
    import pandas as pd

    kind, series = kind or column_kind(table, name), table.column(name)
    known = series.dropna()
    empty = f", {len(series) - len(known):,} empty" if len(known) < len(series) else ""
    if len(known) == 0:
        return "nothing"
    if kind == "number" and pd.api.types.is_numeric_dtype(series.dtype):
        low, high = format_number(float(known.min())), format_number(float(known.max()))
        return f"numbers from {low} to {high}{empty}"
    label = {"time": "times", "clock": "times of day", "number": "numbers", "digits": "numbers"}
    labels = known if kind in ("time", "clock") else table.labels(name).dropna()
    try:
        unique = labels.unique()
    except TypeError:
        return f"{series.dtype}{empty}"
    if kind in label:
        return f"{label[kind]} such as {_short(unique[0])}{empty}"
    shown = ", ".join(_short(value) for value in unique[:3])
    more = ", ..." if len(unique) > 3 else ""
    names = "name" if len(unique) == 1 else "names"
    return f"{len(unique):,} {names}: {shown}{more}{empty}"


def _short(value: Any) -> str:
    """A value's text; names up to 40 characters are whole, for those of UUIDs may begin alike."""
    text = str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _with_calls(found: TableCheck, data: Any, given: dict[str, Any]) -> TableCheck:
    """The call and the command that fit this table, every column named."""
    names = {"series": "id_col", "time": "time_col", "to forecast": "target_col"}
    arguments = {names[c.role]: c.name for c in found.columns if c.role in names}
    if len(found.columns) == 1:
        arguments = {}
    for name, option in TABLE_ARGUMENTS.items():
        if name not in names.values() and given[name] != option.default:
            arguments[name] = given[name]
    shown = str(data) if isinstance(data, str | Path) else None
    first = "df" if shown is None else repr(shown)
    options = "".join(f", {name}={value!r}" for name, value in arguments.items())
    call = f"rc.Forecaster(h={found.h}).fit({first}{options})"
    if shown is None:
        return replace(found, fit_call=call)
    flags = [
        f"{TABLE_ARGUMENTS[name].flag or '--' + name} {shlex.quote(str(value))}"
        for name, value in arguments.items()
    ]
    output = shlex.quote(Path(shown).with_suffix(".rollcast").name)
    parts = ["rollcast fit", shlex.quote(shown), *flags, f"--horizon {found.h} -o {output}"]
    return replace(found, fit_call=call, fit_command=" ".join(parts))


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
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell.rjust(width) if i >= right_from else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _plain_name(name: Any) -> Any:
    return name if name is None or isinstance(name, str | int | float) else str(name)
