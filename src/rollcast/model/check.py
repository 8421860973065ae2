"""Read a table as `fit` would, and say how it was understood and what would be refused."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, Unpack

import numpy as np

from rollcast._number_format import format_number
from rollcast.data.clock import check_zone
from rollcast.data.panel import Panel
from rollcast.errors import DataError
from rollcast.fitting.problem import describe_short, make_problem
from rollcast.model.table_check import ColumnCheck, SeriesCheck, TableCheck, shorten
from rollcast.options import TABLE_ARGUMENTS, Config, TableArguments, takes
from rollcast.options.other_words import refuse_unknown
from rollcast.tables.columns import Columns, column_kind, with_one_time
from rollcast.tables.excluded_rows import find_columns
from rollcast.tables.layouts.opening import open_table
from rollcast.tables.table import Table
from rollcast.tables.table_rows import TableRows
from rollcast.tables.to_panel import join_duplicates, lay_rows, name_columns, read_rows

T = TypeVar("T")


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
        left_out, flags = find_columns(given["exclude"], table)
        marks = {name: given[name] for name in ("available", "weights")}
        columns = name_columns(table, **named, **marks, exclude=flags)
        found = replace(found, columns=_columns(table, columns))
        rows, times = read_rows(table, columns, **how, exclude=left_out)
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
            notes=notes.sentences,
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
    notes = found.notes + describe_short(problem)
    return replace(found, h=problem.h, parts=problem.split.lengths(), notes=notes)


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
            columns.available: "available",
            columns.weights: "weights",
            **dict.fromkeys(columns.exclude, "leaves out"),
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
        replace(one, holds=f"times: {shorten(cell)} is {shown}")
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
        return f"{label[kind]} such as {shorten(unique[0])}{empty}"
    shown = ", ".join(shorten(value) for value in unique[:3])
    more = ", ..." if len(unique) > 3 else ""
    names = "name" if len(unique) == 1 else "names"
    return f"{len(unique):,} {names}: {shown}{more}{empty}"


def _with_calls(found: TableCheck, data: Any, given: dict[str, Any]) -> TableCheck:
    """The call and the command that fit this table, every column named."""
    names = {
        "series": "id_col",
        "time": "time_col",
        "to forecast": "target_col",
        "available": "available",
        "weights": "weights",
    }
    arguments = {names[c.role]: c.name for c in found.columns if c.role in names}
    if len(found.columns) == 1:
        arguments = {}
    for name, option in TABLE_ARGUMENTS.items():
        if name not in names.values() and given[name] != option.default:
            arguments[name] = given[name]
    left_out = [one.written for one in arguments.pop("exclude", ())]
    shown = str(data) if isinstance(data, str | Path) else None
    first = "df" if shown is None else repr(shown)
    options = "".join(f", {name}={value!r}" for name, value in arguments.items())
    options += f", exclude={left_out!r}" if left_out else ""
    call = f"rc.Forecaster(h={found.h}).fit({first}{options})"
    if shown is None:
        return replace(found, fit_call=call)
    flags = [
        f"{TABLE_ARGUMENTS[name].flag or '--' + name} {shlex.quote(str(value))}"
        for name, value in arguments.items()
    ]
    flags += [f"--exclude {shlex.quote(one)}" for one in left_out]
    output = shlex.quote(Path(shown).with_suffix(".rollcast").name)
    parts = ["rollcast fit", shlex.quote(shown), *flags, f"--horizon {found.h} -o {output}"]
    return replace(found, fit_call=call, fit_command=" ".join(parts))
