"""Which line of a text file names the columns: titles may stand above it, and units below."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from rollcast.errors import FileError, show
from rollcast.tables.dates.time_names import is_time_name
from rollcast.tables.numbers import is_number

_MOST_TITLES = 60
"""Records above the rows, the header among them."""

_DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}([-/.]\d{1,2})?([T ].*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2}(\d{2})?( .*)?"
)

_DATE_FORM = re.compile(r"[dmyhs]{1,4}(?:[-./:, ]+[dmyhs]{1,4})+", re.IGNORECASE)
"""How a date is written, as in a line of units."""


class Record(NamedTuple):
    """One record of a text file, which may span lines.

    Attributes:
        first: its first line, counted from 1.
        last: its last line.
        cells: its fields without blanks around them.
    """

    first: int
    last: int
    cells: list[str]

    @property
    def filled(self) -> int:
        """Cells that hold anything."""
        return sum(map(bool, self.cells))

    @property
    def shown(self) -> str:
        """How a message shows it."""
        return show(", ".join(filter(None, self.cells)))


class Header(NamedTuple):
    """Where the header is.

    Attributes:
        at: its number among the records; None where there is none.
        first_row: the number of the first record that is a row.
        remarks: sentences on the lines that were left out.
    """

    at: int | None
    first_row: int
    remarks: tuple[str, ...] = ()


def show_fields(cells: list[str]) -> str:
    """Fields as a message shows them, the first six."""
    return ", ".join(show(cell) for cell in cells[:6]) + (", ..." if len(cells) > 6 else "")


@lru_cache(1 << 16)
def cell_kind(cell: str) -> str:
    """What a cell is by its form: "empty", "date", "number", "coded" (text with digits) or "text"."""
    if not cell:
        return "empty"
    if _DATE.fullmatch(cell):
        return "date"
    if is_number(cell):
        return "number"
    return "coded" if re.search(r"\d", cell) else "text"


def column_kinds(records: list[Record], width: int) -> tuple[str, ...]:
    """What most filled cells of each column are; "empty" where none is filled."""
    kinds: list[str] = []
    for n in range(width):
        cells = (record.cells[n] for record in records if len(record.cells) > n)
        counts = Counter(kind for kind in map(cell_kind, cells) if kind != "empty")
        kinds.append(max(counts, key=lambda kind: (counts[kind], kind != "text"), default="empty"))
    return tuple(kinds)


def find_header(records: list[Record], name: str) -> Header:
    """The header among the records.

    Raises:
        FileError: two lines may be it.
    """
    widths = Counter(len(record.cells) for record in records[:200])
    width = max(widths, key=lambda n: (widths[n], n))
    kinds = column_kinds([r for r in records[:200] if len(r.cells) == width], width)
    titles = next((n for n, record in enumerate(records) if 2 * record.filled > width), 0)
    likely = [
        _is_like_rows(record, kinds) and not (n == titles and _counts_up(record, records[n + 1 :]))
        for n, record in enumerate(records[:_MOST_TITLES])
    ]
    if width < 2 or not any(likely):
        return _first_line(records)
    first = likely.index(True)
    if first == 0:
        return _first_line(records)
    above = records[:first]
    at = _choose(above, width, name)
    if at is None:
        return Header(None, first, _left_out(above, name, "above the table, which has no header"))
    # A row whose first values are missing is a row all the same, and units are none.
    row = next(n for n in range(at + 1, first + 1) if n == first or _agreeing(records[n], kinds))
    remarks = ()
    if at > 0:
        taken = f"above line {records[at].first}, which was taken as the header"
        remarks = _left_out(records[:at], name, taken)
    return Header(
        at, row, remarks + _left_out(records[at + 1 : row], name, "between header and rows")
    )


def _first_line(records: list[Record]) -> Header:
    """The first record as the header, unless it is a row like the next."""
    headed = not _is_row(records[0].cells, [record.cells for record in records[1:3]])
    return Header(0, 1) if headed else Header(None, 0)


def _choose(above: list[Record], width: int, name: str) -> int | None:
    """The header among the records above the rows; None where all are titles."""
    full = [n for n, record in enumerate(above) if record.filled == width == len(record.cells)]
    if len(full) > 1:
        timed = [n for n in full if any(map(_names_time, above[n].cells))]
        if len(timed) != 1:
            raise FileError(
                f"Lines {above[full[0]].first} and {above[full[1]].first} of {name}, {above[full[0]].shown} and"
                f" {above[full[1]].shown}, may both name the columns; delete the one that doesn't."
            )
        full = timed
    if full:
        return full[0]
    best = max(range(len(above)), key=lambda n: (above[n].filled, n))
    return best if 2 * above[best].filled >= width else None


def _names_time(cell: str) -> bool:
    """Whether a cell is the name of a time, and no form such as dd.mm.yyyy."""
    return is_time_name(cell) and _DATE_FORM.fullmatch(cell) is None


def _left_out(records: list[Record], name: str, where: str) -> tuple[str, ...]:
    if not records:
        return ()
    count = "one line" if len(records) == 1 else f"{len(records)} lines"
    return (
        f"Left out {count} of {name} {where}: {records[0].shown}{', ...' * (len(records) > 1)}.",
    )


def _agreeing(record: Record, kinds: tuple[str, ...]) -> int:
    """Cells that are of their column's kind, where that isn't plain text."""
    pairs = zip(map(cell_kind, record.cells), kinds, strict=False)
    return sum(one == other != "text" and one != "empty" for one, other in pairs)


def _is_like_rows(record: Record, kinds: tuple[str, ...]) -> bool:
    """Whether a record is of the kinds that the columns are."""
    if len(record.cells) > len(kinds):
        return False
    dates = tuple(kind if kind == "date" else "text" for kind in kinds)
    if any(kind == "date" for kind in kinds):
        return _agreeing(record, dates) > 0
    telling = sum(
        bool(c) and k not in ("text", "empty") for c, k in zip(record.cells, kinds, strict=False)
    )
    return 2 * _agreeing(record, kinds) > telling > 0


def _counts_up(record: Record, below: list[Record]) -> bool:
    """Whether the names of the columns are numbers that count up, as years, days, months and hours do."""

    def scale(cells: list[str]) -> str | None:
        texts = [cell for cell in cells if re.fullmatch(r"\d{1,8}", cell)]
        numbers = [int(text) for text in texts]
        if not 3 <= len(texts) < len(cells) or any(b <= a for a, b in pairwise(numbers)):
            return None
        if all(re.fullmatch(r"(19|20)\d\d((0[1-9]|1[0-2])([0-3]\d)?)?", text) for text in texts):
            return "dates"
        even = all(b - a == 1 for a, b in pairwise(numbers))
        return "numbers" if even and numbers[0] in (0, 1) else None

    found = scale(record.cells)
    return found is not None and bool(below) and scale(below[0].cells) != found


def _is_row(first: list[str], rows: list[list[str]]) -> bool:
    """Whether the first record is a row like the next, and no header."""
    if _counts_up(Record(1, 1, first), [Record(2, 2, cells) for cells in rows]):
        return False
    kinds = [_plain_kind(cell) for cell in first]
    if not {"number", "date"} & set(kinds):
        return False
    if "empty" in kinds and "date" not in kinds:
        return False
    if not rows:
        return True
    pairs = zip(kinds, (_plain_kind(cell) for cell in rows[0]), strict=False)
    return all(one == other or "empty" in (one, other) for one, other in pairs)


def _plain_kind(cell: str) -> str:
    kind = cell_kind(cell)
    return "text" if kind == "coded" else kind
