"""Files as people have them: CSV in any dialect and encoding, and Parquet."""

from __future__ import annotations

import io
import re
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rollcast._types import Int64
from rollcast.errors import BackendError, FileError, show
from rollcast.tables.files.dialect import Dialect, find_dialect, plain_text
from rollcast.tables.files.file_bytes import LARGEST_UNPACKED, PARQUET, read_bytes, unpacked_bound
from rollcast.tables.files.footer import first_note
from rollcast.tables.files.uneven_rows import bad_line, check_short_rows, row_lines
from rollcast.tables.numbers import read_numbers
from rollcast.tables.table import Table

if TYPE_CHECKING:
    import pandas as pd

_FOREIGN = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"%PDF", "a PDF document"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x89HDF", "an HDF5 file"),
    (b"ARROW1", "an Arrow file"),
    (b"BZh", "compressed by bzip2"),
    (b"\xfd7zXZ", "compressed by xz"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd"),
    (b"{", "JSON"),
    (b"[{", "JSON"),
    (b"[[", "JSON"),
    (b"<", "HTML or XML"),
)

_BRACKETED_NAME = re.compile(rb"<[A-Z_ ]+>[,;\t|]<")
"""How a header of names in angle brackets begins, as brokers write it."""

_LONGEST_CELL = 32_767
"""Characters of a cell; spreadsheets have the same bound."""


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a CSV or Parquet file.

    A CSV may have any of ``, ; | tab`` or blanks between its fields, a decimal comma, a header or
    none, and any of the encodings UTF-8, UTF-16, cp949, cp932, gb18030, Big5 and cp1252; it may be compressed by gzip.

    Args:
        path: the file.

    Returns:
        Its rows; numbers as numbers, times as they stand.

    Raises:
        FileError: it can't be read as a table.
        BackendError: it is Parquet and pyarrow is not installed.
    """
    return open_file(Path(path)).frame


def open_file(path: Path) -> Table:
    """Read a CSV or Parquet file as a table that knows its lines; see :func:`read_table`."""
    data = read_bytes(path)
    if data.startswith(PARQUET):
        return _read_parquet(data, path.name)
    if path.suffix.lower() in (".parquet", ".pq"):
        raise FileError(
            f"{path.name} is no Parquet file, for it doesn't begin as one; write it anew."
        )
    _refuse_foreign(data, path.name)
    return _read_text(data, path.name)


def _refuse_foreign(data: bytes, name: str) -> None:
    head = data[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    if _BRACKETED_NAME.match(head):
        return
    for mark, what in _FOREIGN:
        if head.startswith(mark):
            raise FileError(f"{name} is no table but {what}; save the table as CSV or Parquet.")


def _read_parquet(data: bytes, name: str) -> Table:
    import pandas as pd

    if find_spec("pyarrow") is None:
        raise BackendError(
            f"{name} is a Parquet file, and pyarrow is not installed; run"
            ' pip install "rollcast[parquet]".'
        )
    from pyarrow import parquet

    # Of damaged bytes pyarrow and pandas raise whatever they come upon.
    try:
        parts = parquet.ParquetFile(io.BytesIO(data)).metadata
        cells = parts.num_rows * parts.num_columns
    except Exception as error:
        raise _broken_parquet(name) from error
    if 8 * cells > unpacked_bound(len(data)):
        raise FileError(
            f"{name} holds {cells:,} cells, far more than a file of its size does; write it anew, or set the"
            f" environment variable {LARGEST_UNPACKED} to a larger number."
        )
    try:
        frame = pd.read_parquet(io.BytesIO(data))
    except Exception as error:
        raise _broken_parquet(name) from error
    return Table(frame, name=name)


def _broken_parquet(name: str) -> FileError:
    return FileError(f"{name} is a Parquet file but broken or cut off; write it anew.")


def _read_text(data: bytes, name: str) -> Table:
    data, remarks = plain_text(data, name)
    dialect = find_dialect(data, name)
    if dialect is None:
        raise FileError(f"{name} is empty; give a file with rows of times and values.")
    body = _below(data, dialect.skipped)
    frame = _parse(body, dialect, name)
    lines = row_lines(body, dialect.delimiter, len(frame), name) + dialect.skipped
    kept = _filled_rows(frame)
    below = first_note(frame.iloc[kept], dialect.kinds)
    frame, kept, notes = frame.iloc[kept[:below]], kept[:below], kept[below:]
    if len(frame) == 0:
        raise FileError(f"{name} has a header but no rows; give it rows of times and values.")
    frame = frame.reset_index(drop=True)
    _refuse_endless_cells(frame, lines[kept], name)
    remarks += dialect.remarks
    if not dialect.headed:
        shown = ", ".join(dialect.names[:6]) + (", ..." if len(dialect.names) > 6 else "")
        remarks += (f"{name} has no header row; its columns are called {shown}.",)
    if len(notes):
        remarks += (_left_out(body, lines[notes] - dialect.skipped, dialect.skipped, name),)
    remarks += check_short_rows(body, dialect, frame, kept, lines, name)
    grouped = dialect.delimiter == ";"
    for column in frame.columns:
        cells: Any = frame[column]
        if _is_text(cells):
            frame[column] = _as_numbers(cells, grouped_dots=grouped)
    return Table(
        frame,
        name=name,
        lines=lines[kept],
        remarks=remarks,
        grouped_dots=grouped,
        read_text=partial(_read_labels, body, dialect, name, kept),
    )


def _refuse_endless_cells(frame: pd.DataFrame, lines: Int64, name: str) -> None:
    for column in frame.columns:
        cells: Any = frame[column]
        if _is_text(cells):
            long = (cells.astype("str").str.len() > _LONGEST_CELL).to_numpy(dtype=bool)
            if long.any():
                row = int(np.argmax(long))
                place = f"line {int(lines[row])} of {name}"
                raise FileError(
                    f"Column {column!r} holds {show(cells.iloc[row])} at {place}, a cell of more than"
                    f" {_LONGEST_CELL:,} characters, which no spreadsheet holds; shorten it."
                )


def _below(data: bytes, lines: int) -> bytes:
    """The text below so many lines."""
    start = 0
    for _ in range(lines):
        start = data.find(b"\n", start) + 1 or len(data)
    return data[start:]


def _left_out(body: bytes, lines: Int64, skipped: int, name: str) -> str:
    """A sentence on the lines below the table."""
    text = _below(body, int(lines[0]) - 1).split(b"\n", 1)[0].decode()
    which = f"line {int(lines[0]) + skipped} of {name}, {show(text)}, which has"
    if len(lines) > 1:
        which = f"the last {len(lines)} lines of {name}, the first {show(text)}, which have"
    return f"Left out {which} no date."


def _read_labels(body: bytes, dialect: Dialect, name: str, kept: Int64, column: str) -> pd.Series:
    """A column's cells (N,) as they stand; NaN where there is nothing. "NA" and "None" name things here."""
    options = {"usecols": [column], "dtype": "str", "keep_default_na": False}
    text = _parse(body, dialect, name, **options)[column].iloc[kept].reset_index(drop=True)
    text = text.str.strip()
    return text.mask(text == "")


def _parse(body: bytes, dialect: Dialect, name: str, **options: Any) -> pd.DataFrame:
    import warnings

    import pandas as pd

    # In files with semicolons a dot may group thousands: only the text itself tells.
    types: Any = "str" if dialect.delimiter == ";" else dict.fromkeys(dialect.text_columns, "str")
    options = {"dtype": types or None, **options}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return pd.read_csv(
                io.BytesIO(body),
                sep=dialect.delimiter,
                header=None,
                names=list(dialect.names),
                index_col=False,
                encoding="utf-8",
                skip_blank_lines=False,
                skipinitialspace=True,
                low_memory=False,
                **options,
            )
    except pd.errors.EmptyDataError:
        return pd.DataFrame(columns=list(dialect.names))
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise FileError(
            bad_line(body, dialect, name, unclosed="EOF inside" in str(error))
        ) from error
    except (UnicodeError, ValueError, OverflowError) as error:
        raise FileError(
            f"{name} can't be read as a table; check that each line holds"
            f" {len(dialect.names)} fields."
        ) from error


def _filled_rows(frame: pd.DataFrame) -> Int64:
    """The rows that hold anything; in a file of one column a blank line is a missing value."""
    first = frame.iloc[:, 0].isna().to_numpy()
    if not first.any():
        return np.arange(len(frame), dtype=np.int64)
    if len(frame.columns) == 1:
        filled = np.flatnonzero(~first)
        return np.arange(filled[-1] + 1 if len(filled) else 0, dtype=np.int64)
    return np.flatnonzero(~frame.isna().all(axis=1).to_numpy()).astype(np.int64)


def _is_text(series: pd.Series) -> bool:
    """Whether a column holds text."""
    import pandas as pd

    return isinstance(series.dtype, pd.StringDtype) or series.dtype == object


def _as_numbers(series: pd.Series, *, grouped_dots: bool) -> pd.Series:
    """A column of text as numbers, where all of it is numbers without a doubt."""
    import pandas as pd

    text = series.astype("str").where(series.notna())  # pandas 2 writes what is missing as "nan"
    sample = text.dropna().head(1000)
    if len(sample) == 0:
        return series
    if sample.str.fullmatch(r"0\d+").any() or read_numbers(sample).bad.any():
        return series
    read = read_numbers(text, grouped_dots=grouped_dots)
    if read.bad.any() or read.ambiguous is not None or read.mixed is not None:
        return series
    if read.example is not None:  # Whoever reads the column says how.
        return series
    if text.str.fullmatch(r"0\d+", na=False).any():
        return series
    whole = text.notna().all() and text.str.fullmatch(r"\s*[-+]?[0-9]{1,15}\s*").all()
    return pd.Series(read.values.astype(np.int64) if whole else read.values)
