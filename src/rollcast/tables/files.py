"""Files as people have them: CSV in any dialect and encoding, and Parquet."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rollcast._types import Int64
from rollcast.errors import BackendError, FileError
from rollcast.tables.dialect import Dialect, find_dialect, find_encoding
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


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a CSV or Parquet file.

    A CSV may have any of ``, ; | tab`` or blanks between its fields, a decimal comma, a header or
    none, and any of the encodings UTF-8, UTF-16, cp949 and cp1252; it may be compressed by gzip.

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
    data = _read_bytes(path)
    if data.startswith(b"\x1f\x8b"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise FileError(
                f"{path.name} is compressed by gzip but broken or cut off; fetch it again."
            ) from error
    if data.startswith(b"PAR1"):
        return _read_parquet(data, path.name)
    if path.suffix.lower() in (".parquet", ".pq"):
        raise FileError(
            f"{path.name} is no Parquet file, for it doesn't begin as one; write it anew."
        )
    _refuse_foreign(data, path.name)
    return _read_text(data, path.name)


def _read_bytes(path: Path) -> bytes:
    if "://" in str(path) or re.match(r"https?:/", str(path)):
        raise FileError(f"{path} is an address; fetch the file and give its path.")
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise FileError(f"There is no file {str(path)!r}; check its path.") from error
    except IsADirectoryError as error:
        raise FileError(f"{str(path)!r} is a folder; give the path of a file in it.") from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise FileError(f"{str(path)!r} can't be read ({why}); check the path.") from error


def _refuse_foreign(data: bytes, name: str) -> None:
    head = data[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
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
    import pyarrow as pa

    try:
        frame = pd.read_parquet(io.BytesIO(data))
    except (pa.ArrowException, OSError, ValueError, TypeError) as error:
        raise FileError(
            f"{name} is a Parquet file but broken or cut off; write it anew."
        ) from error
    return Table(frame, name=name)


def _read_text(data: bytes, name: str) -> Table:
    encoding = find_encoding(data)
    if encoding is None:
        raise FileError(f"{name} is no table, for it holds no text; give a CSV or Parquet file.")
    dialect = find_dialect(data, encoding)
    if dialect is None:
        raise FileError(f"{name} is empty; give a file with rows of times and values.")
    frame = _parse(data, dialect, name)
    lines = np.arange(len(frame), dtype=np.int64) + dialect.skipped + 1
    frame, lines = _without_blank_lines(frame, lines)
    if len(frame) == 0:
        raise FileError(f"{name} has a header but no rows; give it rows of times and values.")
    remarks = ()
    if not dialect.headed:
        shown = ", ".join(dialect.names[:6]) + (", ..." if len(dialect.names) > 6 else "")
        remarks = (f"{name} has no header row; its columns are called {shown}.",)
    grouped = dialect.delimiter == ";"
    for column in frame.columns:
        cells: Any = frame[column]
        if _is_text(cells):
            frame[column] = _as_numbers(cells, grouped_dots=grouped)
    return Table(
        frame,
        name=name,
        lines=lines,
        remarks=remarks,
        grouped_dots=grouped,
        read_text=partial(_read_labels, data, dialect, name, lines - dialect.skipped - 1),
    )


def _read_labels(data: bytes, dialect: Dialect, name: str, kept: Int64, column: str) -> pd.Series:
    """A column's cells (N,) as they stand; NaN where there is nothing. "NA" and "None" name things here."""
    options = {"usecols": [column], "dtype": "str", "keep_default_na": False}
    text = _parse(data, dialect, name, **options)[column].iloc[kept].reset_index(drop=True)
    text = text.str.strip()
    return text.mask(text == "")


def _parse(data: bytes, dialect: Dialect, name: str, **options: Any) -> pd.DataFrame:
    import warnings

    import pandas as pd

    # In files with semicolons a dot may group thousands: only the text itself tells.
    types: Any = "str" if dialect.delimiter == ";" else dict.fromkeys(dialect.text_columns, "str")
    options = {"dtype": types or None, **options}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return pd.read_csv(
                io.BytesIO(data),
                sep=dialect.delimiter,
                header=None,
                names=list(dialect.names),
                index_col=False,
                skiprows=dialect.skipped,
                encoding=dialect.encoding,
                skip_blank_lines=False,
                skipinitialspace=True,
                low_memory=False,
                **options,
            )
    except pd.errors.EmptyDataError:
        return pd.DataFrame(columns=list(dialect.names))
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise FileError(_bad_line(str(error), dialect, name)) from error
    except (UnicodeError, ValueError, OverflowError) as error:
        raise FileError(
            f"{name} can't be read as a table; check that each line holds"
            f" {len(dialect.names)} fields."
        ) from error


def _bad_line(message: str, dialect: Dialect, name: str) -> str:
    found = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", message)
    if found is not None:
        expected, line, saw = found.groups()
        return (
            f"Line {line} of {name} has {saw} fields where {expected} were expected; quote text"
            " that holds a delimiter, or mend the line."
        )
    if "EOF inside string" in message:
        return f"A quote in {name} is opened and never closed; close it or take it out."
    return (
        f"The lines of {name} have unequal numbers of fields, not {len(dialect.names)} each; quote"
        " text that holds a delimiter, or mend them."
    )


def _without_blank_lines(frame: pd.DataFrame, lines: Any) -> tuple[pd.DataFrame, Any]:
    """The rows that hold anything; in a file of one column a blank line is a missing value."""
    first = frame.iloc[:, 0].isna().to_numpy()
    if not first.any():
        return frame, lines
    if len(frame.columns) == 1:
        filled = np.flatnonzero(~first)
        keep = np.arange(len(frame)) <= (filled[-1] if len(filled) else -1)
    else:
        keep = ~frame.isna().all(axis=1).to_numpy()
    return frame.iloc[np.flatnonzero(keep)].reset_index(drop=True), lines[keep]


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
    if text.str.fullmatch(r"0\d+", na=False).any():
        return series
    whole = text.notna().all() and text.str.fullmatch(r"\s*[-+]?[0-9]{1,15}\s*").all()
    return pd.Series(read.values.astype(np.int64) if whole else read.values)
