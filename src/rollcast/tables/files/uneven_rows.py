"""The lines of a text file's rows, and rows with fewer or more fields than there are columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from rollcast._types import Int64
from rollcast.errors import FileError
from rollcast.tables.files.dialect import SPACES, Dialect, split_blanks
from rollcast.tables.files.header import cell_kind, show_fields

if TYPE_CHECKING:
    import pandas as pd


def row_lines(body: bytes, delimiter: str, rows: int, name: str) -> Int64:
    """(rows,) the line on which each row begins, counted from 1 at the first.

    Rows and lines are the same unless a quoted cell holds a line break.

    Args:
        body: the lines of all rows.
        delimiter: what stands between fields.
        rows: how many rows there are.
        name: the file's, for messages.

    Raises:
        FileError: a cell has no end.
    """
    lines = np.arange(1, rows + 1, dtype=np.int64)
    if b'"' not in body or body.count(b"\n") + (not body.endswith(b"\n")) == rows:
        return lines
    ends = np.fromiter((line for line, _ in _records(body, delimiter, name)), np.int64)
    return np.concatenate([[1], ends[:-1] + 1]) if len(ends) == rows else lines


def bad_line(body: bytes, dialect: Dialect, name: str, *, unclosed: bool) -> str:
    """How a message speaks of the first row with more fields than there are columns."""
    width = len(dialect.names)
    before = 0
    for line, cells in _records(body, dialect.delimiter, name):
        if len(cells) > width:
            place = f"Line {before + 1 + dialect.skipped} of {name}"
            return (
                f"{place} has {len(cells)} fields where {width} were expected; quote text and decimal commas that hold"
                f" the delimiter, or mend the line: {show_fields(cells)}."
            )
        before = line
    if unclosed:
        return f"A quote in {name} is opened and never closed; close it or take it out."
    return (
        f"The lines of {name} have unequal numbers of fields, not {width} each; quote text that holds a delimiter, or"
        " mend them."
    )


def check_short_rows(
    body: bytes, dialect: Dialect, frame: pd.DataFrame, kept: Int64, lines: Int64, name: str
) -> tuple[str, ...]:
    """What is to be said of rows that lack their last fields.

    Args:
        body: the lines of all rows.
        dialect: how they are written.
        frame: the rows that are kept, (N, columns).
        kept: (N,) their numbers among all rows.
        lines: each row's line in the file.
        name: the file's, for messages.

    Raises:
        FileError: the fields that are there are of other kinds than their columns: one in the middle is lacking.
    """
    width = len(dialect.names)
    ends = frame.iloc[:, -1].isna().to_numpy()
    if width < 3 or not ends.any() or ends.all():
        return ()
    short = kept[ends & (_field_counts(body, dialect.delimiter, name)[kept] < width)]
    if not len(short):
        return ()
    wanted = set(short[:1000].tolist())
    for row, (_, cells) in enumerate(_records(body, dialect.delimiter, name)):
        if row in wanted and len(cells) > 1 and _is_shifted(cells, dialect):
            place = f"Line {int(lines[row])} of {name}"
            raise FileError(
                f"{place} has {len(cells)} fields under {width} names: {show_fields(cells)}; write all of its fields,"
                " the empty ones too."
            )
    more = " has" if len(short) == 1 else f" and {len(short) - 1:,} more have"
    return (
        f"Line {int(lines[short[0]])} of {name}{more} fewer fields than the header: those that lack are missing"
        " values.",
    )


def _is_shifted(cells: list[str], dialect: Dialect) -> bool:
    """Whether some field is of another kind than its column."""
    if dialect.delimiter == SPACES:
        return True
    pairs = zip((cell_kind(cell.strip()) for cell in cells), dialect.kinds, strict=False)
    return any(
        one not in (other, "empty") and {one, other} & {"number", "date"} for one, other in pairs
    )


def _field_counts(body: bytes, delimiter: str, name: str) -> Int64:
    """(rows,) the fields of each row."""
    if b'"' in body or delimiter == SPACES or not delimiter.isascii():
        return np.fromiter((len(f) for _, f in _records(body, delimiter, name)), np.int64)
    characters = np.frombuffer(body, np.uint8)
    starts = np.concatenate([[0], np.flatnonzero(characters == 10) + 1])
    starts = starts[starts < len(characters)]
    found = np.add.reduceat(characters == ord(delimiter), starts, dtype=np.int64)
    return found + 1


def _records(body: bytes, delimiter: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """The last line of each row, counted from 1, and its fields."""
    text = io.TextIOWrapper(io.BytesIO(body), "utf-8", newline="\n")
    if delimiter == SPACES:
        yield from enumerate(split_blanks(text), 1)
        return
    reader = csv.reader(text, delimiter=delimiter, skipinitialspace=True)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise FileError(
            f"A cell of {name} is longer than {csv.field_size_limit():,} characters; check that each quote is closed."
        ) from error
