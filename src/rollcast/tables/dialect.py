"""How a text file writes its table: encoding, what stands between fields, and the header."""

from __future__ import annotations

import codecs
import csv
import io
import re
from dataclasses import dataclass

from rollcast.tables.numbers import is_number

_SAMPLE_BYTES = 1 << 16

_DELIMITERS = (";", "\t", "|", ",")
"""In this order: a comma between digits may be a decimal comma."""

SPACES = r"\s+"
"""The delimiter of files with blanks between the fields."""

_DATE = re.compile(r"\d{4}[-/.]\d{1,2}([-/.]\d{1,2})?([T ].*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}( .*)?")


@dataclass(frozen=True)
class Dialect:
    """How the rows of a text file are written.

    Attributes:
        encoding: the name that Python knows it by.
        delimiter: what stands between fields; ``SPACES`` for blanks; a tab where there is one
            field.
        skipped: lines before the first row.
        names: the columns.
        headed: whether a header named them.
        text_columns: columns that must stay text, for digits with leading zeros stand there.
    """

    encoding: str
    delimiter: str
    skipped: int
    names: tuple[str, ...]
    headed: bool
    text_columns: frozenset[str]


def find_encoding(data: bytes) -> str | None:
    """The encoding of a text file; None where it is no text.

    UTF-8 and UTF-16, with their marks or without, Korean Excel's cp949, else western cp1252.
    """
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return encoding if _decodes(data, encoding) else None
    head = data[:_SAMPLE_BYTES]
    if b"\0" in head:
        return _unmarked_utf16(data)
    if _control_share(head) > 0.01:
        return None
    korean = _is_korean(head.decode("cp949", errors="ignore"))
    likely = ("utf-8", "cp949", "cp1252") if korean else ("utf-8", "cp1252")
    return next((encoding for encoding in likely if _decodes(data, encoding)), "latin-1")


def _unmarked_utf16(data: bytes) -> str | None:
    """UTF-16 by its zeros: digits and Latin letters have one in one of their two bytes."""
    head = data[:_SAMPLE_BYTES]
    for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, others = head[start::2].count(0), head[1 - start :: 2].count(0)
        if zeros > 0.7 * (len(head) // 2) > 2 * others and _decodes(data, encoding):
            return encoding
    return None


def _decodes(data: bytes, encoding: str) -> bool:
    """Whether all of it is text of that encoding, without holding the text."""
    decoder = codecs.getincrementaldecoder(encoding)()
    view = memoryview(data)
    try:
        for start in range(0, len(view), 1 << 20):
            decoder.decode(bytes(view[start : start + (1 << 20)]))
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _control_share(head: bytes) -> float:
    strange = sum(byte < 32 and byte not in b"\t\n\r\f\x1a" for byte in head)
    return strange / max(len(head), 1)


def _is_korean(text: str) -> bool:
    """Whether most letters beyond ASCII are syllables of everyday Korean."""
    beyond = [letter for letter in text if ord(letter) > 127]
    common = sum(
        "\uac00" <= letter <= "\ud7a3" and len(letter.encode("euc_kr", "ignore")) == 2
        for letter in beyond
    )
    return common >= 0.5 * len(beyond)


def find_dialect(data: bytes, encoding: str) -> Dialect | None:
    """How the rows are written, by the file's first 64 KiB; None where there is no row."""
    text = data[:_SAMPLE_BYTES].decode(encoding, errors="ignore")
    if len(data) > _SAMPLE_BYTES:
        text = text[: text.rfind("\n") + 1] or text
    before, delimiter = 0, None
    lines = text.splitlines(keepends=True)
    for line in lines:
        hint = re.fullmatch(r'"?sep=(.)"?\s*', line.strip("\ufeff"))
        if hint is not None:
            delimiter = hint.group(1)
        elif line.strip() and not line.startswith("#"):
            break
        before += 1
    body = "".join(lines[before:])
    if not body.strip():
        return None
    delimiter = delimiter or _find_delimiter(body)
    records = _records(body, delimiter)
    if not records:
        return None
    return _with_header(records, delimiter, before, encoding)


def _records(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """Lines read and fields of each record that isn't blank."""
    if delimiter == SPACES:
        lines = text.splitlines()
        return [(n + 1, line.split()) for n, line in enumerate(lines) if line.strip()]
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True)
    found: list[tuple[int, list[str]]] = []
    try:
        for fields in reader:
            cells = [cell.strip() for cell in fields]
            if any(cells):
                found.append((reader.line_num, cells))
    except csv.Error:  # A field of endless length: what was read until here decides.
        pass
    return found


def _find_delimiter(text: str) -> str:
    """What splits nearly all records into one number of fields, of at least two."""
    for delimiter in _DELIMITERS:
        records = [fields for _, fields in _records(text, delimiter)[:200]]
        counts = [len(fields) for fields in records]
        if not counts:
            continue
        common = max(set(counts), key=counts.count)
        if common < 2 or counts.count(common) < 0.8 * (len(counts) - 1):
            continue
        if delimiter == "," and common == 2 and counts[0] == 1 and _all_digits(records[1:]):
            continue  # One column with a decimal comma under its name.
        return delimiter
    lines = [line.split() for line in text.splitlines()[:200] if line.strip()]
    even = all(len(fields) == len(lines[-1]) >= 2 for fields in lines)
    return SPACES if even and all(is_number(fields[-1]) for fields in lines[1:]) else "\t"


def _all_digits(records: list[list[str]]) -> bool:
    return all(re.fullmatch(r"[-+]?\d+", fields[0]) and fields[-1].isdigit() for fields in records)


def _with_header(
    records: list[tuple[int, list[str]]], delimiter: str, before: int, encoding: str
) -> Dialect:
    line, first = records[0]
    rows = [fields for _, fields in records[1:]]
    headed = not _is_row(first, rows)
    width = max(len(first), max((len(fields) for fields in rows[:200]), default=0))
    if headed:
        names = list(first)
        wider = [fields for fields in rows if len(fields) == len(names) + 1]
        if rows and len(wider) >= 0.8 * len(rows):
            # Row names without a name of their own, or a delimiter at each line's end.
            at_end = all(fields[-1] == "" for fields in wider)
            names = [*names, ""] if at_end else ["", *names]
        names = _distinct([name or f"Unnamed: {n}" for n, name in enumerate(names)])
    else:
        rows = [first, *rows]
        names = [f"column_{n + 1}" for n in range(width)]
    text_columns = frozenset(
        name
        for n, name in enumerate(names)
        if any(len(fields) > n and re.fullmatch(r"0\d+", fields[n]) for fields in rows)
    )
    skipped = before + (line if headed else line - 1)
    return Dialect(encoding, delimiter, skipped, tuple(names), headed, text_columns)


def _is_row(first: list[str], rows: list[list[str]]) -> bool:
    """Whether the first record is a row like the next, and no header."""
    kinds = [_kind(cell) for cell in first]
    if not {"number", "date"} & set(kinds):
        return False
    if "empty" in kinds and "date" not in kinds:
        return False
    if not rows:
        return True
    pairs = zip(kinds, (_kind(cell) for cell in rows[0]), strict=False)
    return all(one == other or "empty" in (one, other) for one, other in pairs)


def _kind(cell: str) -> str:
    if not cell:
        return "empty"
    if _DATE.fullmatch(cell):
        return "date"
    return "number" if is_number(cell) else "text"


def _distinct(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    found: list[str] = []
    for name in names:
        count = seen.get(name, 0)
        seen[name] = count + 1
        found.append(name if count == 0 else f"{name}.{count}")
    return found
