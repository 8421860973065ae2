"""Fields: JSON of a file becomes typed values, by the types that a class declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NamedTuple,
    NotRequired,
    TypeAlias,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from rollcast.errors import show

DAMAGE: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What plain Python raises where a value of a file is missing or of another kind."""

LARGEST: Final = 2**63 - 1
"""The largest whole number in a file, as the arrays beside it have it."""


class Least(NamedTuple):
    """The smallest value of a number, as in ``Annotated[int, Least(1)]``."""

    value: int


Count: TypeAlias = Annotated[int, Least(0)]
Size: TypeAlias = Annotated[int, Least(1)]

_WORDS: Final = {
    str: "text",
    int: "a whole number of 64 bits",
    float: "a number",
    bool: "true or false",
    NoneType: "null",
}


def decode(form: Any, value: Any, where: str) -> Any:
    """A value of JSON as the type that a form asks for.

    Args:
        form: a plain type, ``list[...]``, ``tuple[...]``, ``dict[str, ...]``, a union, a Literal, a TypedDict or a
            dataclass. Entries that a TypedDict or a dataclass does not declare pass: newer versions may write them.
        value: as ``json`` read it.
        where: the field's name, for messages.

    Raises:
        ValueError: it is of another type, or lacks an entry.
    """
    kind = get_origin(form) or form
    if kind in _READERS:
        return _READERS[kind](form, value, where)
    if is_typeddict(kind) or is_dataclass(kind):
        return _record(form, value, where)
    if isinstance(form, type) and issubclass(form, Enum):
        return _member(form, value, where)
    return _plain(form, value, where)


def _plain(form: Any, value: Any, where: str) -> Any:
    if form is Any:
        return value
    number = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST
    if form is float and (number or isinstance(value, float)):
        return float(value)
    if form is not float and (number if form is int else isinstance(value, form)):
        return value
    raise ValueError(f"`{where}` must be {_WORDS.get(form, form.__name__)}; got {show(value, 40)}")


def _member(form: type[Enum], value: Any, where: str) -> Enum:
    for member in form:
        if type(value) is type(member.value) and value == member.value:
            return member
    words = ", ".join(repr(str(member.value)) for member in form)
    raise ValueError(f"`{where}` must be one of {words}; got {show(value, 40)}")


def _annotated(form: Any, value: Any, where: str) -> Any:
    inner, *limits = get_args(form)
    found = decode(inner, value, where)
    for limit in limits:
        if isinstance(limit, Least) and found < limit.value:
            raise ValueError(f"`{where}` must be at least {limit.value}; got {found!r}")
    return found


def _not_required(form: Any, value: Any, where: str) -> Any:
    return decode(get_args(form)[0], value, where)


def _literal(form: Any, value: Any, where: str) -> Any:
    allowed = get_args(form)
    if not any(type(value) is type(word) and value == word for word in allowed):
        words = ", ".join(map(repr, allowed))
        raise ValueError(f"`{where}` must be one of {words}; got {show(value, 40)}")
    return value


def _union(form: Any, value: Any, where: str) -> Any:
    members = get_args(form)
    if value is None and NoneType in members:
        return None
    faults: list[str] = []
    for member in members:
        if member is not NoneType:
            try:
                return decode(member, value, where)
            except ValueError as error:
                faults.append(str(error))
    raise ValueError(faults[-1])


def _sequence(form: Any, value: Any, where: str) -> Any:
    kind, inner = get_origin(form), get_args(form)
    if not isinstance(value, list):
        raise ValueError(f"`{where}` must be a list; got {show(value, 40)}")
    entries: list[Any] = value
    if kind is tuple and Ellipsis not in inner:
        if len(entries) != len(inner):
            raise ValueError(f"`{where}` must have {len(inner)} entries; got {len(entries)}")
    else:
        inner = inner[:1] * len(entries)
    return kind(
        decode(each, entry, f"{where}[{i}]")
        for i, (each, entry) in enumerate(zip(inner, entries, strict=True))
    )


def _mapping(form: Any, value: Any, where: str) -> dict[str, Any]:
    _, inner = get_args(form) or (str, Any)
    return {key: decode(inner, v, f"{where}.{key}") for key, v in _object(value, where).items()}


def _record(form: Any, value: Any, where: str) -> Any:
    """A TypedDict with whatever else is there, or an instance of a dataclass."""
    given, hints = _object(value, where), _hints(form)
    optional = _optional(form)
    found = {
        name: decode(hint, given[name], f"{where}.{name}")
        for name, hint in hints.items()
        if name in given
    }
    lacking = next((name for name in hints if name not in found and name not in optional), None)
    if lacking is not None:
        raise ValueError(f"`{where}.{lacking}` is missing")
    return dict(given) | found if is_typeddict(form) else form(**found)


@cache
def _hints(form: Any) -> dict[str, Any]:
    return get_type_hints(form, include_extras=True)


@cache
def _optional(form: Any) -> frozenset[str]:
    if is_typeddict(form):
        hints = _hints(form).items()
        return frozenset(name for name, hint in hints if get_origin(hint) is NotRequired)
    return frozenset(
        f.name for f in fields(form) if (f.default, f.default_factory) != (MISSING, MISSING)
    )


def _object(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"`{where}` must be an object; got {show(value, 40)}")
    return value  # pyright: ignore[reportUnknownVariableType]


_READERS: Final[dict[Any, Callable[[Any, Any, str], Any]]] = {
    Annotated: _annotated,
    NotRequired: _not_required,
    Literal: _literal,
    Union: _union,
    UnionType: _union,
    list: _sequence,
    tuple: _sequence,
    dict: _mapping,
}
