"""How a text file writes its table: encoding, line ends, what stands between fields, and the names of the columns."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rollcast._number_format import format_count
from rollcast.errors import FileError
from rollcast.tables.files.header import Record, column_kinds, find_header, show_fields
from rollcast.tables.files.row_names import name_columns
from rollcast.tables.numbers import is_number

_SAMPLE_BYTES = 1 << 16

_DELIMITERS = (";", "\t", "|", ",")
"""In this order: a comma between digits may be a decimal comma."""

_EAST_ASIAN = ("cp949", "cp932", "gb18030", "big5")
_TIME_WORDS = re.compile(
    "날짜|일자|일시|년월|연월|년도|연도|시간|시각|기간|日付|年月|日時|日期|時間|时间|年份|月份|年度|[0-9][년월일年月日]"
)

SPACES = r"\s+"
"""The delimiter of files with blanks between the fields."""

_PLAIN_BREAKS = bytes.maketrans(b"\r\v\f", b"\n  ")


@dataclass(frozen=True)
class Dialect:
    """How the rows of a text file are written.

    Attributes:
        delimiter: what stands between fields; ``SPACES`` for blanks; a tab where there is one
            field.
        skipped: lines before the first row.
        names: the columns.
        headed: whether a header named them.
        kinds: what most cells of each column are, by :func:`cell_kind`.
        text_columns: columns that must stay text, for digits with leading zeros stand there.
        remarks: sentences on which lines were taken for what.
    """

    delimiter: str
    skipped: int
    names: tuple[str, ...]
    headed: bool
    kinds: tuple[str, ...]
    text_columns: frozenset[str]
    remarks: tuple[str, ...] = ()


def find_encoding(data: bytes) -> str | None:
    """The encoding of a text file; None where it is no text.

    UTF-8 and UTF-16, with their marks or without, the encodings of East Asian spreadsheets, else western cp1252.
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
    if not _is_text(head):
        return None
    eastern = _find_east_asian(head)
    likely = ("utf-8", "cp1252") if eastern is None else ("utf-8", eastern, "cp1252")
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


def _is_text(data: bytes) -> bool:
    head = data[:_SAMPLE_BYTES]
    strange = sum(byte < 32 and byte not in b"\t\n\r\v\f\x1a" for byte in head)
    return strange <= 0.01 * len(head)


def _find_east_asian(head: bytes) -> str | None:
    """The encoding under which a text has the most words of time; cp949 where its letters are everyday Korean."""
    texts = {encoding: head.decode(encoding, errors="ignore") for encoding in _EAST_ASIAN}
    counts = {encoding: len(_TIME_WORDS.findall(text)) for encoding, text in texts.items()}
    best = max(counts, key=lambda encoding: counts[encoding])
    if counts[best] > counts["cp949"]:
        return best
    return "cp949" if _is_korean(texts["cp949"]) else None


def _is_korean(text: str) -> bool:
    """Whether most letters beyond ASCII are syllables of everyday Korean."""
    beyond = [letter for letter in text if ord(letter) > 127]
    common = sum(
        "\uac00" <= letter <= "\ud7a3" and len(letter.encode("euc_kr", "ignore")) == 2
        for letter in beyond
    )
    return common >= 0.5 * len(beyond)


def plain_text(data: bytes, name: str) -> tuple[bytes, tuple[str, ...]]:
    r"""A text file's text as UTF-8 with ``\\n`` at each line's end, and what is to be said of it.

    Raises:
        FileError: it holds no text, or a character of value zero.
    """
    remarks: tuple[str, ...] = ()
    encoding = find_encoding(data)
    if b"\0" in data and not (encoding or "").startswith("utf-16"):
        text = data.rstrip(b"\0")
        if len(text) < len(data) and b"\0" not in text:
            remarks = (
                f"Left out {format_count(len(data) - len(text), 'byte')} of value zero at the end of {name}.",
            )
            data, encoding = text, find_encoding(text)
        elif 2 * text.count(b"\0") < len(text) and _is_text(text.replace(b"\0", b"")):
            line = data[: data.index(b"\0")].count(b"\n") + 1
            raise FileError(
                f"Line {line} of {name} holds a character of value zero, as a file does that was cut off while it was"
                " written; take it out or fetch the file again."
            )
    if encoding is None or (not data and remarks):
        raise FileError(f"{name} is no table, for it holds no text; give a CSV or Parquet file.")
    if encoding == "utf-8-sig":
        while data.startswith(codecs.BOM_UTF8):
            data = data.removeprefix(codecs.BOM_UTF8)
    elif encoding != "utf-8":
        data = data.decode(encoding).encode()
        if encoding in _EAST_ASIAN[1:]:
            remarks += (
                f"Read {name} as text in {encoding}; save it as UTF-8 if its names look wrong.",
            )
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    data = data.rstrip(b"\x1a").translate(_PLAIN_BREAKS)
    # Files that were joined bring their marks along.
    return data.replace(b"\n" + codecs.BOM_UTF8, b"\n"), remarks


def find_dialect(data: bytes, name: str) -> Dialect | None:
    """How the rows are written, by the file's first 64 KiB; None where there is no row.

    Args:
        data: text of :func:`plain_text`.
        name: the file's, for messages.

    Raises:
        FileError: which line names the columns, or how many there are, can't be told.
    """
    text = _sample(data)
    before, delimiter = 0, None
    lines = text.split("\n")
    for line in lines:
        hint = re.fullmatch(r'"?sep=(.)"?\s*', line.strip("\ufeff"))
        if hint is not None:
            delimiter = hint.group(1)
        elif line.strip() and not line.startswith("#"):
            break
        before += 1
    body = "\n".join(lines[before:])
    if not body.strip("\ufeff \t\n"):
        return None
    delimiter = delimiter or _find_delimiter(body, name)
    records = _records(body, delimiter, before)
    return _with_header(records, delimiter, lines, name) if records else None


def _sample(data: bytes) -> str:
    """Whole lines from the beginning, 64 KiB of them, or more where that isn't 20 lines."""
    size = _SAMPLE_BYTES
    while size < len(data) and data.count(b"\n", 0, size) < 20:
        size *= 4
    text = data[:size].decode(errors="ignore")
    if len(data) > size:
        text = text[: text.rfind("\n") + 1] or text
    return text


def _records(text: str, delimiter: str, before: int = 0) -> list[Record]:
    """The records that aren't blank; ``before`` lines stand above them."""
    if delimiter == SPACES:
        numbered = enumerate(split_blanks(text.split("\n")), before + 1)
        return [Record(n, n, cells) for n, cells in numbered if cells]
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True)
    found: list[Record] = []
    last = 0
    try:
        for fields in reader:
            cells = [cell.strip(" \t\n\ufeff\u00a0") for cell in fields]
            if any(cells):
                found.append(Record(before + last + 1, before + reader.line_num, cells))
            last = reader.line_num
    except csv.Error:  # A field of endless length: what was read until here decides.
        pass
    return found


def split_blanks(lines: Iterable[str]) -> Iterator[list[str]]:
    """The fields of lines with blanks between them; quotes may hold blanks."""
    plain = (line.replace("\t", " ").strip(" \n") for line in lines)
    return csv.reader(plain, delimiter=" ", skipinitialspace=True)


def _find_delimiter(text: str, name: str) -> str:
    """What splits nearly all records into one number of fields, of at least two.

    Lines above the table and below it, such as its title, may have fewer.
    """
    uneven: dict[str, list[Record]] = {}
    for delimiter in _DELIMITERS:
        records = _records(text, delimiter)[:200]
        counts = [len(record.cells) for record in records]
        if not counts:
            continue
        common = max(set(counts), key=lambda n: (counts.count(n), n))
        first, last = counts.index(common), len(counts) - counts[::-1].index(common)
        inside = counts[first:last]
        alone = len(inside) == 1 < len(counts)
        if common < 2 or alone or counts.count(common) < 0.8 * (len(inside) - 1):
            uneven[delimiter] = records
            continue
        decimals = delimiter == "," and common == 2 and counts[0] == 1
        if decimals and _all_digits([record.cells for record in records[1:]]):
            continue  # One column with a decimal comma under its name.
        return delimiter
    if _is_split_by_blanks(text):
        return SPACES
    for records in uneven.values():
        _refuse_uneven(records, name)
    _refuse_open_quote(text, name)
    return "\t"


def _is_split_by_blanks(text: str) -> bool:
    """Whether blanks split all lines into one number of fields; rows may have names that the header doesn't name."""
    try:
        header, *rows = filter(None, split_blanks(text.split("\n")[:200]))
    except (ValueError, csv.Error):
        return False
    width = len(rows[-1]) if rows else len(header)
    even = width >= 2 and all(len(fields) == width for fields in rows)
    return even and width - len(header) in (0, 1) and all(is_number(f[-1]) for f in rows)


def _refuse_open_quote(text: str, name: str) -> None:
    """Refuse a cell that takes in most lines of the file."""
    longest = max(_records(text, ","), key=lambda record: record.last - record.first, default=None)
    if longest is not None and longest.last - longest.first > max(20, text.count("\n") // 2):
        raise FileError(
            f"A quote in {name} is opened on line {longest.first} and never closed; close it or take it out."
        )


def _refuse_uneven(records: list[Record], name: str) -> None:
    """Refuse rows that begin with one number of fields, as their header does, and go on with others."""
    width = len(records[0].cells)
    counts = Counter(len(record.cells) for record in records)
    if width < 2 or set(counts) - {width, width + 1} or not all(records[0].cells):
        return
    odd = next(record for record in records if len(record.cells) != width)
    raise FileError(_too_many_fields(odd.first, odd.cells, width, name))


def _too_many_fields(line: int, cells: list[str], width: int, name: str) -> str:
    """How a message speaks of a line with more fields than there are names."""
    names = f"{width} name{'s' * (width > 1)}"
    return (
        f"Line {line} of {name} has {len(cells)} fields under {names}: {show_fields(cells)}; quote text and decimal"
        " commas that hold the delimiter, separate fields by semicolons, or name every column."
    )


def _all_digits(records: list[list[str]]) -> bool:
    return all(re.fullmatch(r"[-+]?\d+", fields[0]) and fields[-1].isdigit() for fields in records)


def _with_header(records: list[Record], delimiter: str, lines: list[str], name: str) -> Dialect:
    header = find_header(records, name)
    rows = records[header.first_row :]
    cells = [row.cells for row in rows]
    width = max((len(fields) for fields in cells[:200]), default=0)
    if header.at is None:
        names = [f"column_{n + 1}" for n in range(width)]
    else:
        quoted = bool(rows) and lines[rows[0].first - 1].lstrip().startswith('"')
        named = name_columns(records[header.at].cells, cells, delimiter, first_quoted=quoted)
        if named is None:
            odd = next(row for row in rows if len(row.cells) > len(records[header.at].cells))
            raise FileError(_too_many_fields(odd.first, odd.cells, len(odd.cells) - 1, name))
        names = _distinct([text or f"Unnamed: {n}" for n, text in enumerate(named)])
    text_columns = frozenset(
        text
        for n, text in enumerate(names)
        if any(len(fields) > n and re.fullmatch(r"0\d+", fields[n]) for fields in cells)
    )
    skipped = rows[0].first - 1 if rows else records[header.first_row - 1].last
    kinds = column_kinds(rows[:200], len(names))
    return Dialect(
        delimiter, skipped, tuple(names), header.at is not None, kinds, text_columns, header.remarks
    )


def _distinct(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    found: list[str] = []
    for name in names:
        count = seen.get(name, 0)
        seen[name] = count + 1
        found.append(name if count == 0 else f"{name}.{count}")
    return found
