"""Option: what one option is called, what it does, which values it takes, and where it belongs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from inspect import Parameter, Signature, signature
from textwrap import fill
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    TypeAlias,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from rollcast.errors import ArgumentError, show
from rollcast.options.argument_checks import MOST_WHOLE, Check, is_number, one_of, text, whole

F = TypeVar("F", bound=Callable[..., Any])

Group: TypeAlias = Literal[
    "Columns and time",
    "Reading the data",
    "Forecast",
    "Network",
    "Training and judging",
    "Backtest",
    "Files and output",
]

GROUPS: Final = get_args(Group)
"""The groups in the order of help and docs."""


@dataclass(frozen=True)
class Range:
    """Numbers that an option takes.

    Attributes:
        words: as they follow "must be" in a message.
        holds: whether a number is one of them.
    """

    words: str
    holds: Callable[[float], bool]


ABOVE_ZERO: Final = Range("a number above 0", lambda value: value > 0)
FROM_ZERO: Final = Range("a number of at least 0", lambda value: value >= 0)
SHARE: Final = Range("at least 0 and below 1", lambda value: 0 <= value < 1)
RATE: Final = Range("above 0 and at most 1", lambda value: 0 < value <= 1)


@dataclass(frozen=True, kw_only=True)
class Option:
    """One option, as it is declared behind its type.

    Attributes:
        group: where help and docs show it.
        help: what it does, in one or two sentences.
        default: of its value.
        least: for whole numbers, the smallest.
        most: for whole numbers, the largest.
        range: for other numbers.
        takes: the check of values that no type and no range tells.
        flag: on the command line; "" for the name with dashes, None for none.
        also: further flags.
        shell_type: type on the command line, where it is another.
        shell_help: what help says there beyond ``help``.
        annotation: the type, filled in by :func:`declared`.
    """

    group: Group
    help: str
    default: Any = None
    least: int | None = None
    most: int = MOST_WHOLE
    range: Range | None = None
    takes: Check | None = None
    flag: str | None = ""
    also: tuple[str, ...] = ()
    shell_type: Any = None
    shell_help: str = ""
    annotation: Any = None

    @property
    def optional(self) -> bool:
        """Whether None is a value of its own."""
        return NoneType in _members(self.annotation)

    def check(self, name: str, value: Any) -> Any:
        """The value as it is kept: numbers of NumPy as plain ones.

        Raises:
            ArgumentError: a value outside its range.
        """
        if value is None and self.optional:
            return None
        if self.least is not None:
            return whole(name, value, self.least, self.most)
        if self.range is not None:
            return self._number(name, value, self.range)
        if self.takes is not None:
            return self.takes(name, value)
        if self.choices:
            return one_of(name, value, self.choices)
        return text(name, value) if str in _members(self.annotation) else value

    def _number(self, name: str, value: Any, limits: Range) -> Any:
        if not (is_number(value) and math.isfinite(value) and limits.holds(value)):
            none = ", or None" if self.optional else ""
            raise ArgumentError(f"`{name}` must be {limits.words}{none}; got {show(value)}.")
        return float(value)

    @property
    def choices(self) -> tuple[Any, ...]:
        """The values where there are only some; empty where there are many."""
        members = [m for m in _members(self.annotation) if m is not NoneType]
        words = tuple(a for m in members if get_origin(m) is Literal for a in get_args(m))
        switch = (True, False) if bool in members else ()
        return (*words, *switch) if len(members) == bool(words) + bool(switch) else ()


def declared(options: type) -> dict[str, Option]:
    """The options that a TypedDict declares, by name, with their types.

    Args:
        options: its values are ``Annotated[type, Option(...)]``.
    """
    found: dict[str, Option] = {}
    for name, hint in get_type_hints(options, include_extras=True).items():
        kind, option = get_args(hint)
        found[name] = replace(option, annotation=kind)
    return found


def takes(options: Mapping[str, Option]) -> Callable[[F], F]:
    """Show the options that a function takes in its signature and, in place of ``OPTIONS``, in its docstring.

    Args:
        options: by name; the function has them as ``**keywords``.
    """

    def shown(function: F) -> F:
        plain = [p for p in signature(function).parameters.values() if p.kind is not p.VAR_KEYWORD]
        own = [
            Parameter(name, Parameter.KEYWORD_ONLY, default=o.default, annotation=o.annotation)
            for name, o in options.items()
        ]
        function.__signature__ = Signature([*plain, *own])  # pyright: ignore[reportFunctionMemberAccess]
        if function.__doc__ is not None:
            before, _, after = function.__doc__.partition("OPTIONS")
            indent = before.rpartition("\n")[2]
            function.__doc__ = before + explain(options, indent) + after
        return function

    return shown


def explain(options: Mapping[str, Option], indent: str) -> str:
    """A line for each option, as docstrings list them."""
    lines = [
        fill(f"{name}: {option.help}", 108, subsequent_indent=f"{indent}    ")
        for name, option in options.items()
    ]
    return f"\n{indent}".join(lines)


def _members(annotation: Any) -> tuple[Any, ...]:
    """The types of a union, or the one type."""
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
