"""The columns of identifiers and of the target."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from rollcast._types import Float64, Int64
from rollcast.data.identifiers import (
    KnownSeries,
    Mismatch,
    Plain,
    plain_identifier,
    read_text_identifiers,
)
from rollcast.data.panel import describe_unusable, first_unusable, name_series
from rollcast.errors import DataError, show
from rollcast.tables.numbers import Numbers, read_numbers
from rollcast.tables.table import Table


class Identified(NamedTuple):
    """The series of each row.

    Attributes:
        codes: (N,) each row's series.
        ids: (S,) the identifiers in order of appearance, as they are held.
        type_name: Python's name of the caller's type, where they are held in another.
    """

    codes: Int64
    ids: tuple[Any, ...]
    type_name: str | None = None


def read_ids(table: Table, column: Any, known: KnownSeries | None = None) -> Identified:
    """Each row's series, and the identifiers in order of appearance.

    Identifiers of a file are the text that stands there, so that what differs as text stays apart; where all of them
    are plain whole numbers, they are such numbers. Identifiers of a later table are those that the model knows,
    whatever the type they come in.

    Args:
        table: the table.
        column: the column's name; None where there is one series.
        known: the series of the model that the table is for.

    Raises:
        DataError: an identifier is missing, can name no series, or may mean several that the model knows.
    """
    import pandas as pd

    if column is None:
        return Identified(np.zeros(len(table.frame), np.int64), (None,))
    try:
        codes, unique = pd.factorize(table.labels(column))
    except TypeError as error:
        raise DataError(
            f"Column {column!r} holds cells that can't name a series; give it text or numbers."
        ) from error
    codes, given = codes.astype(np.int64), unique.tolist()
    types = set(map(type, given))
    if (
        known is not None
        and (codes >= 0).all()
        and types in ({int}, {str})
        and known.has_all(given)
    ):
        return Identified(codes, tuple(given))  # As the rest would find, one by one.
    blank = [i for i, value in enumerate(given) if isinstance(value, str) and not value.strip()]
    missing = (codes < 0) | np.isin(codes, blank)
    if missing.any():
        row = int(np.argmax(missing))
        raise DataError(
            f"Column {column!r} has no identifier at {table.place(row)}; give every row the name of"
            " its series, or drop the row."
        )
    if table.read_text is not None and known is None:
        return Identified(codes, read_text_identifiers(given))
    if known is None and (types == {int} or (types == {str} and "".join(given).isascii())):
        return Identified(codes, tuple(given))  # As the rest would find, one by one.
    held = _held(table, column, codes, given)
    type_name = _check_kinds(table, column, codes, held)
    if type_name is not None and isinstance(table.labels(column).dtype, pd.CategoricalDtype):
        raise DataError(
            f"Column {column!r} holds categories of the type {type_name}; give identifiers as text,"
            f" as by .astype({{{column!r}: str}})."
        )
    if known is None:
        return Identified(codes, tuple(one.value for one in held), type_name)
    same, ids = pd.factorize(np.array(_match(table, column, codes, held, known), object))
    return Identified(same.astype(np.int64)[codes], tuple(ids.tolist()))


def _held(table: Table, column: Any, codes: Int64, given: list[Any]) -> list[Plain]:
    """The identifiers as they are held."""
    held = [plain_identifier(value) for value in given]
    wrong = next((i for i, one in enumerate(held) if isinstance(one, str)), None)
    if wrong is not None:
        raise DataError(
            f"Column {column!r} holds {given[wrong]!r} at {table.place(int(np.argmax(codes == wrong)))},"
            f" {held[wrong]}; give identifiers as text or whole numbers, as by"
            f" .astype({{{column!r}: str}})."
        )
    return [one for one in held if not isinstance(one, str)]


def _check_kinds(table: Table, column: Any, codes: Int64, held: list[Plain]) -> str | None:
    """The caller's type, where identifiers are held in another; beside them stand no others."""
    firsts: dict[tuple[str, str | None], int] = {}
    for i, one in enumerate(held):
        firsts.setdefault((one.kind, one.type_name), i)
    texts: dict[str, int] = {}
    same = next((i for i, v in enumerate(held) if texts.setdefault(str(v.value), i) != i), None)
    mixed = {kind for kind, _ in firsts} - {"text", "number"} and len(firsts) > 1
    if same is None and not mixed:
        return next(iter(firsts))[1] if len(firsts) == 1 else None
    one = texts[str(held[same].value)] if same is not None else 0
    other = same if same is not None else list(firsts.values())[1]
    row = int(np.argmax(codes == other))
    raise DataError(
        f"Column {column!r} mixes types: {held[one].value!r} is of the kind {held[one].kind}, but"
        f" {held[other].value!r} at {table.place(row)} of the kind {held[other].kind}; write all"
        f" identifiers one way, as by .astype({{{column!r}: str}})."
    )


def _match(
    table: Table, column: Any, codes: Int64, held: list[Plain], known: KnownSeries
) -> tuple[Any, ...]:
    """The model's identifiers that are meant, and new ones."""
    found = [known.match(one) for one in held]
    for i, one in enumerate(found):
        if isinstance(one, Mismatch):
            row = int(np.argmax(codes == i))
            raise DataError(
                f"Column {column!r} holds {held[i].value!r} at {table.place(row)}; identifiers"
                f" must be {one.need}."
            )
    return tuple(found)


def read_target(
    table: Table, column: Any, codes: Int64, ids: tuple[Any, ...]
) -> tuple[Float64, tuple[str, ...]]:
    """The target (N,) as numbers, NaN where it is missing, and a sentence where these aren't plain.

    Raises:
        DataError: text that is no number or can be read two ways, or an infinity.
    """
    return read_number_column(
        table, column, codes, ids, advice="name the column to forecast with target_col="
    )


def read_number_column(
    table: Table,
    column: Any,
    codes: Int64,
    ids: tuple[Any, ...],
    *,
    advice: str,
    fix: str = "write a number there or leave it empty",
) -> tuple[Float64, tuple[str, ...]]:
    """A column (N,) as numbers, NaN where they are missing, and a sentence where these aren't plain.

    Args:
        table: the table.
        column: its name.
        codes: (N,) each row's series.
        ids: (S,) the identifiers.
        advice: what to do where the column holds something else.
        fix: what to do about a cell that holds no number.

    Raises:
        DataError: text that is no number or can be read two ways, or an infinity.
    """
    import pandas as pd

    series, remarks = table.column(column), ()
    dtype = series.dtype
    if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype):
        values = series.to_numpy(np.float64, na_value=np.nan)
    elif str(dtype) == "object" or pd.api.types.is_string_dtype(dtype):
        values, remarks = _from_text(table, column, codes, ids, fix)
    else:
        raise DataError(f"Column {column!r} holds {dtype} where numbers are needed; {advice}.")
    row = first_unusable(values)
    if row is not None:
        raise DataError(
            f"Column {column!r}{name_series(ids[codes[row]])} {describe_unusable(values[row])} at"
            f" {table.place(row)}; {fix}."
        )
    return values, remarks


def _from_text(
    table: Table, column: Any, codes: Int64, ids: tuple[Any, ...], fix: str
) -> tuple[Float64, tuple[str, ...]]:
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
        read = read_numbers(
            text, grouped_dots=table.grouped_dots, grouped_commas=table.grouped_commas
        )
        values[is_text] = read.values
        bad[is_text] = read.bad
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"Column {column!r}{name_series(ids[codes[row]])} holds the text {show(objects.iloc[row])}"
            f" at {table.place(row)}; {fix}."
        )
    if read is not None:
        _refuse_doubt(table, column, read)
    if read is None or read.example is None:
        return values, ()
    one, number = read.example
    return values, (
        f"Read the numbers of column {column!r} such as {one!r} as {number}; write plain numbers, as 1234.5, if that"
        " is wrong.",
    )


def _refuse_doubt(table: Table, column: Any, read: Numbers) -> None:
    if read.ambiguous is not None:
        text, one, other = read.ambiguous
        row = _row_of(table, column, text)
        raise DataError(
            f"Column {column!r} can be read two ways: {show(text)} at {table.place(row)} is {one} or"
            f" {other}; write numbers without thousands separators."
        )
    if read.mixed is not None:
        one, other = read.mixed
        row = _row_of(table, column, other)
        raise DataError(
            f"Column {column!r} mixes decimal points and commas: {show(one)}, but {show(other)} at"
            f" {table.place(row)}; write all numbers one way."
        )


def _row_of(table: Table, column: Any, text: str) -> int:
    cells = table.column(column).astype(object).map(lambda value: str(value).strip() == text)
    return int(np.argmax(cells.to_numpy(dtype=bool)))
