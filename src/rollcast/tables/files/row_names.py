"""The names of a text file's columns where rows have one field more than the header."""

from __future__ import annotations

import itertools
import re

from rollcast.tables.dates.time_names import is_time_name
from rollcast.tables.files.header import cell_kind
from rollcast.tables.numbers import is_number


def name_columns(
    header: list[str], rows: list[list[str]], delimiter: str, *, first_quoted: bool
) -> list[str] | None:
    """The columns' names, "" for one without; None where rows have more fields and it isn't clear which lacks its name.

    Args:
        header: the fields of the header.
        rows: the fields of each row.
        delimiter: what stands between fields.
        first_quoted: whether the first row begins with a quoted field, as R writes the names of rows.
    """
    wider = [fields for fields in rows if len(fields) == len(header) + 1]
    if not rows or len(wider) < 0.8 * len(rows):
        return header
    if all(fields[-1] == "" for fields in wider):
        return [*header, ""]
    return ["", *header] if _begin_with_names(header, wider, delimiter, first_quoted) else None


def _begin_with_names(
    header: list[str], rows: list[list[str]], delimiter: str, quoted: bool
) -> bool:
    """Whether the first field of each row is the row's name: its number, its date, or text of its own."""
    if delimiter == "," and not quoted and _may_hold_decimal_commas(rows):
        return False
    first = [fields[0] for fields in rows]
    if len(set(first)) < len(first):
        return False
    columns = [[fields[n] for fields in rows] for n in range(1, len(header) + 1)]
    times = [cells for name, cells in zip(header, columns, strict=True) if is_time_name(name)]
    if all(cell_kind(cell) == "date" for cell in first):
        return not times
    if all(map(is_number, first)) and not _counts(first):
        return False
    return all(_counts(cells) or not all(map(is_number, cells)) for cells in times)


def _may_hold_decimal_commas(rows: list[list[str]]) -> bool:
    """Whether two neighbouring columns may be the two halves of one number."""
    width = len(rows[0])
    return any(
        all(re.fullmatch(r"[-+]?\d+", f[n]) and re.fullmatch(r"\d+", f[n + 1]) for f in rows)
        for n in range(1, width - 1)
    )


def _counts(cells: list[str]) -> bool:
    """Whether whole numbers follow each other by one."""
    if not all(re.fullmatch(r"\d{1,15}", cell) for cell in cells):
        return False
    numbers = [int(cell) for cell in cells]
    return all(later - earlier == 1 for earlier, later in itertools.pairwise(numbers))
