"""The columns of identifiers and of the target."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from rollcast._types import Float64, Int64
from rollcast.data.panel import describe_unusable, first_unusable, name_series
from rollcast.errors import DataError
from rollcast.tables.numbers import Numbers, read_numbers
from rollcast.tables.schema import Schema
from rollcast.tables.table import Table

_PLAIN_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")
"""A whole number that is written in no other way, and that 64 bits hold."""


def read_ids(
    table: Table, column: Any, like: Schema | None = None
) -> tuple[Int64, tuple[Any, ...]]:
    """Each row's series, and the identifiers in order of appearance.

    Identifiers of a file are the text that stands there, so that what differs as text stays apart; where all of them
    are plain whole numbers, they are such numbers.

    Args:
        table: the table.
        column: the column's name; None where there is one series.
        like: the table that a model was fitted on, whose identifiers' type decides.

    Returns:
        Codes (N,) and identifiers (S,).

    Raises:
        DataError: an identifier is missing.
    """
    import pandas as pd

    if column is None:
        return np.zeros(len(table.frame), np.int64), (None,)
    try:
        codes, unique = pd.factorize(table.labels(column))
    except TypeError as error:
        raise DataError(
            f"Column {column!r} holds cells that can't name a series; give it text or numbers."
        ) from error
    if (codes < 0).any():
        row = int(np.argmax(codes < 0))
        raise DataError(
            f"Column {column!r} has no identifier at {table.place(row)}; give every row the name of"
            " its series, or drop the row."
        )
    ids = tuple(unique.tolist())
    if table.read_text is not None:
        ids = _name_series(ids, None if like is None else like.id_dtype)
    return codes.astype(np.int64), ids


def _name_series(texts: tuple[str, ...], known: str | None) -> tuple[Any, ...]:
    """Identifiers of a file: whole numbers where all are plain ones, or where those of ``fit`` were."""
    plain = [_PLAIN_INTEGER.fullmatch(text) is not None for text in texts]
    if known is None:
        return tuple(map(int, texts)) if all(plain) else texts
    if known.lower().startswith(("int", "uint")):
        return tuple(int(t) if whole else t for t, whole in zip(texts, plain, strict=True))
    if known.lower().startswith(("float", "double")):
        return tuple(_as_float(text) for text in texts)
    return texts


def _as_float(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def read_target(table: Table, column: Any, codes: Int64, ids: tuple[Any, ...]) -> Float64:
    """The target (N,) as numbers; NaN where it is missing.

    Raises:
        DataError: text that is no number or can be read two ways, or an infinity.
    """
    import pandas as pd

    series = table.column(column)
    dtype = series.dtype
    if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype):
        values = series.to_numpy(np.float64, na_value=np.nan)
    elif str(dtype) == "object" or pd.api.types.is_string_dtype(dtype):
        values = _from_text(table, column, codes, ids)
    else:
        raise DataError(
            f"Column {column!r} holds {dtype} where numbers are needed; name the column to forecast"
            " with target_col=."
        )
    row = first_unusable(values)
    if row is not None:
        raise DataError(
            f"Column {column!r}{name_series(ids[codes[row]])} {describe_unusable(values[row])} at"
            f" {table.place(row)}; write a number there or leave it empty."
        )
    return values


def _from_text(table: Table, column: Any, codes: Int64, ids: tuple[Any, ...]) -> Float64:
    import pandas as pd

    objects: Any = table.column(column).astype(object)
    is_text = objects.map(lambda value: isinstance(value, str)).to_numpy(dtype=bool)
    known = objects.notna().to_numpy()
    coerced: Any = pd.to_numeric(objects.where(known & ~is_text), errors="coerce")
    values: Float64 = coerced.to_numpy(np.float64, na_value=np.nan).copy()
    bad = known & ~is_text & np.isnan(values)
    read: Numbers | None = None
    if is_text.any():
        text = objects[is_text].astype("str")
        read = read_numbers(text, grouped_dots=table.grouped_dots)
        values[is_text] = read.values
        bad[is_text] = read.bad
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"Column {column!r}{name_series(ids[codes[row]])} holds the text {objects.iloc[row]!r}"
            f" at {table.place(row)}; write a number there or leave it empty."
        )
    if read is not None:
        _refuse_doubt(table, column, read)
    return values


def _refuse_doubt(table: Table, column: Any, read: Numbers) -> None:
    if read.ambiguous is not None:
        text, one, other = read.ambiguous
        row = _row_of(table, column, text)
        raise DataError(
            f"Column {column!r} can be read two ways: {text!r} at {table.place(row)} is {one} or"
            f" {other}; write numbers without thousands separators."
        )
    if read.mixed is not None:
        one, other = read.mixed
        row = _row_of(table, column, other)
        raise DataError(
            f"Column {column!r} mixes decimal points and commas: {one!r}, but {other!r} at"
            f" {table.place(row)}; write all numbers one way."
        )


def _row_of(table: Table, column: Any, text: str) -> int:
    cells = table.column(column).astype(object).map(lambda value: str(value).strip() == text)
    return int(np.argmax(cells.to_numpy(dtype=bool)))
