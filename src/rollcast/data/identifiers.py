"""Identifiers: what names a series, and how the series of another table are known again.

Inside, an identifier is text, a number or a truth value, which every file can hold. UUIDs, decimals and dates are kept
as such a value, and written back in the caller's type.
"""

from __future__ import annotations

import datetime as dt
import decimal
import re
import unicodedata
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

Kind: TypeAlias = Literal["text", "number", "bool", "uuid", "date"]

_TEXT: frozenset[Kind] = frozenset(["text"])

_EXACT = 2**53
"""Up to here a float is the whole number that it was read from."""

_PLAIN_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")
"""A whole number that is written in no other way, and that 64 bits hold."""

_HALVES = re.compile("[\ud800-\udfff]")
"""Halves of characters, which no file can hold."""

_WHOLE = re.compile(r"(-?)0*([0-9]+)(?:\.0*)?")
"""A whole number in any way that programs write it: with zeros before it, or read as a float."""

_NAMES: dict[Kind, str] = {
    "text": "text",
    "number": "numbers",
    "bool": "truth values",
    "uuid": "UUIDs",
    "date": "dates",
}

_RESTORED: dict[str, Callable[[Any], Any]] = {
    "UUID": uuid.UUID,
    "Decimal": lambda value: decimal.Decimal(str(value)),
    "date": dt.date.fromisoformat,
    "datetime": dt.datetime.fromisoformat,
}
"""From the plain value back to Python's own types, by their names."""

_ALIASES = {
    "decimal128": "Decimal",
    "decimal256": "Decimal",
    "Date": "date",
    "Datetime": "datetime",
}
"""What other libraries call them."""

PYTHON_TYPES = frozenset(_RESTORED)
"""Names of Python's own types, in columns of objects."""


_BY_DTYPE: dict[str, Kind] = {
    "uuid": "uuid",
    "date": "date",
    "timestamp": "date",
    "bool": "bool",
    "str": "text",
    "int": "number",
    "uint": "number",
    "float": "number",
    "double": "number",
    "decimal": "number",
}
"""How the names of types begin, in all libraries, in small letters; others don't tell."""


class Plain(NamedTuple):
    """An identifier as it is held.

    Attributes:
        value: text, a number or a truth value.
        kind: what the caller had.
        type_name: Python's name of the caller's type, where the value is of another.
    """

    value: str | int | float | bool
    kind: Kind
    type_name: str | None = None


def plain_identifier(value: Any) -> Plain | str:
    """An identifier as it is held, or why it can be none, as the end of a sentence.

    Example:
        >>> plain_identifier(decimal.Decimal("7.0"))
        Plain(value=7, kind='number', type_name='Decimal')
        >>> plain_identifier((1, 2))
        'which is a tuple'
    """
    if isinstance(value, np.generic):
        value = value.item()
    for known, plain in _PLAIN.items():
        if isinstance(value, known):
            return plain(value)
    name = type(value).__name__
    return f"which is {'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def held_identifier(value: Any) -> Any:
    """An identifier of the caller's as it is held; what can be none stays as it is."""
    found = plain_identifier(value)
    return found.value if isinstance(found, Plain) else value


def is_plain(value: Any) -> bool:
    """Whether an identifier is held as it is."""
    found = plain_identifier(value)
    return isinstance(found, Plain) and found.type_name is None


def _plain_text(value: str) -> Plain | str:
    whole = value.isascii() or not _HALVES.search(value)
    return Plain(value, "text") if whole else "which holds half a character"


def _plain_float(value: float) -> Plain | str:
    if not value.is_integer():
        return Plain(value, "number") if np.isfinite(value) else "which is no number"
    if abs(value) > _EXACT:
        return "a float, which holds 15 digits and loses the others"
    return Plain(int(value), "number")


def _plain_decimal(value: decimal.Decimal) -> Plain | str:
    if not value.is_finite():
        return "which is no number"
    if value == value.to_integral_value():
        return Plain(int(value), "number", "Decimal")
    return Plain(format(value.normalize(), "f"), "number", "Decimal")


def _plain_time(value: dt.datetime) -> Plain:
    """A time as text: in UTC where it has a zone, as a date at midnight where it has none."""
    if value.tzinfo is not None:
        return Plain(value.astimezone(dt.UTC).isoformat(), "date", "datetime")
    midnight = value == value.replace(hour=0, minute=0, second=0, microsecond=0)
    return Plain((value.date() if midnight else value).isoformat(), "date", "datetime")


_PLAIN: dict[type, Callable[[Any], Plain | str]] = {
    bool: lambda value: Plain(value, "bool"),
    str: _plain_text,
    int: lambda value: Plain(value, "number"),
    float: _plain_float,
    decimal.Decimal: _plain_decimal,
    uuid.UUID: lambda value: Plain(str(value), "uuid", "UUID"),
    dt.datetime: _plain_time,
    dt.date: lambda value: Plain(value.isoformat(), "date", "date"),
}
"""What can be held, and how; a bool is an int and a datetime a date, so that they stand before them."""


def restore_identifiers(values: Iterable[Any], dtype: str | None) -> list[Any]:
    """Identifiers in the caller's type, which a schema has by its name; those of another kind stay as they are."""
    name = (dtype or "").partition("(")[0]
    restored = _RESTORED.get(name if name in _RESTORED else _ALIASES.get(name, ""))
    return list(values) if restored is None else [_restore(restored, v) for v in values]


def _restore(restored: Callable[[Any], Any], value: Any) -> Any:
    try:
        return restored(value)
    except (ValueError, TypeError, ArithmeticError):
        return value


class KnownSeries:
    """The identifiers that a model knows, by which those of another table are known again.

    Args:
        places: the identifiers, each with its place.
        dtype: their type as the schema has it.
        in_file: whether the other table is a file, whose cells are text whatever they mean.
    """

    def __init__(
        self, places: Mapping[Any, Any], dtype: str | None, *, in_file: bool = False
    ) -> None:
        self._places, self._in_file = places, in_file
        self._dtype = (dtype or "").lower()
        self._is_bool = self._dtype.startswith("bool")

    def __contains__(self, value: object) -> bool:
        """Whether an identifier is known as it stands."""
        plain = type(value) is str or (type(value) is int and not self._is_bool)
        return plain and value in self._places

    def has_all(self, values: list[Any]) -> bool:
        """Whether identifiers, all text or all whole numbers, are known ones as they stand, as :meth:`match` finds."""
        # Text of a file may be read as a number, a UUID or a date; True is 1 to a dictionary.
        if self._is_bool or (self._in_file and self.kinds - _TEXT):
            return False
        return values == list(self._places) or all(map(self._places.__contains__, values))

    def match(self, given: Plain) -> str | int | float | bool | Mismatch:
        """The model's identifier that is meant, or a new one of its kind.

        The same value in another type (1 and "1", 7 and 7.0) is the same series, if no other could be meant.
        """
        read = self._read(given)
        value = read.value
        if value in self._places and isinstance(value, bool) == self._is_bool:
            return value
        alike = self._alike.get(_loosely(value), [])
        if not alike:
            return self._new(read)
        if len(alike) == 1 and (str(alike[0]) == str(value) or _is_number(alike[0], value)):
            return alike[0]
        shown = " and ".join(repr(known) for known in alike[:2])
        return Mismatch(f"written as in the model, which knows {shown}")

    def _read(self, given: Plain) -> Plain:
        """The identifier; the text of a file in the kind of the model's, where it can be."""
        value = given.value
        if not (self._in_file and isinstance(value, str)):
            return given
        if "number" in self.kinds and _PLAIN_INTEGER.fullmatch(value):
            return Plain(int(value), "number")
        if self._dtype.startswith(("float", "double")):
            return Plain(_restore(float, value), "number")
        if "uuid" in self.kinds:
            read = _restore(uuid.UUID, value)
            return Plain(str(read), "text" if read is value else "uuid")
        if "date" in self.kinds and _restore(dt.datetime.fromisoformat, value) is not value:
            return Plain(value, "date")
        return given

    def _new(self, given: Plain) -> Any:
        """A new series' identifier, if it is of the model's kind."""
        kinds = self.kinds
        if self._in_file and "number" in kinds:
            kinds |= {"text"}
        fraction = given.kind == "number" and not isinstance(given.value, int)
        whole = self._dtype.startswith(("int", "uint"))
        if (given.kind in kinds or not kinds) and not (fraction and whole):
            return given.value
        return self.mismatch

    @property
    def mismatch(self) -> Mismatch:
        """What is said of an identifier of another kind."""
        names = " or ".join(_NAMES[kind] for kind in sorted(self.kinds))
        if self._dtype.startswith(("int", "uint")) and "text" not in self.kinds:
            names = "whole numbers"
        return Mismatch(f"{names} such as {next(iter(self._places), None)!r}, as in the model")

    @cached_property
    def kinds(self) -> frozenset[Kind]:
        """What the model's identifiers are."""
        held: dict[type, Kind] = {str: "text", int: "number", float: "number", bool: "bool"}
        named: set[Kind] = set()
        for begin, kind in _BY_DTYPE.items():
            if self._dtype.startswith(begin):
                named.add(kind)
        if not named or "number" in named:
            named |= {held[t] for t in {type(i) for i in self._places} if t in held}
        return frozenset(named)

    @cached_property
    def _alike(self) -> dict[str, list[Any]]:
        found: defaultdict[str, list[Any]] = defaultdict(list)
        for known in self._places:
            found[_loosely(known)].append(known)
        return found


class Mismatch(NamedTuple):
    """No series is meant without doubt.

    Attributes:
        need: what an identifier must be, as the end of a sentence.
    """

    need: str


def _is_number(known: Any, value: Any) -> bool:
    """Whether text is a known whole number that was read as a float."""
    return isinstance(known, int) and str(value).partition(".")[0] == str(known)


def _loosely(value: Any) -> str:
    """What two identifiers share that may be one: blanks around, zeros before, the fraction .0 and accents apart."""
    text = unicodedata.normalize("NFC", str(value)).strip()
    whole = _WHOLE.fullmatch(text)
    return text if whole is None else f"{whole[1]}{int(whole[2])}"


def read_text_identifiers(texts: Sequence[str]) -> tuple[Any, ...]:
    """Identifiers of a file: whole numbers where all of them are plain ones, else the text that stands there."""
    whole = all(_PLAIN_INTEGER.fullmatch(text) for text in texts)
    return tuple(map(int, texts)) if whole else tuple(texts)
