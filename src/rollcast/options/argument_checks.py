"""Checks of arguments: a value of any type is what is wanted, or an ArgumentError says in one sentence what is.

Each check takes the argument's name and the value, and gives the value as it is kept: numbers and texts of NumPy as
plain ones. :func:`checked` puts them before a function's arguments.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import wraps
from inspect import signature
from typing import Any, Final, ParamSpec, TypeAlias, TypeVar

import numpy as np

from rollcast._types import Float64
from rollcast.errors import ArgumentError, show

P = ParamSpec("P")
R = TypeVar("R")

Check: TypeAlias = Callable[[str, Any], Any]
"""From an argument's name and its value to the value as it is kept."""

MOST_WHOLE: Final = 2**31 - 1
"""The largest whole number that any argument takes: programs count in 32 bits."""

MOST_SEED: Final = 2**64 - 1
"""The largest seed."""

_SURROGATES: Final = re.compile("[\ud800-\udfff]")


def whole(name: str, value: object, least: int = 1, most: int = MOST_WHOLE) -> int:
    """A whole number from ``least`` to ``most``.

    Raises:
        ArgumentError: anything else.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise _wrong(name, f"a whole number of at least {least}", value)
    if value > most:
        raise ArgumentError(f"`{name}` must be at most {most:,}; got {show(value)}.")
    return int(value)


def is_number(value: object) -> bool:
    """Whether it is a number that a float can hold, NaN and infinities too, and no truth value."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        return False
    return not isinstance(value, int) or value.bit_length() <= 1023


def number(name: str, value: Any, *, finite: bool = True) -> float:
    """A number.

    Raises:
        ArgumentError: anything else, a truth value and text among it; an infinity or NaN where it is to be finite.
    """
    if not is_number(value) or (finite and not math.isfinite(value)):
        raise _wrong(name, "a finite number" if finite else "a number", value)
    return float(value)


def switch(name: str, value: object) -> bool:
    """True or False.

    Raises:
        ArgumentError: anything else, 0 and 1 among it.
    """
    if not isinstance(value, bool | np.bool_):
        raise _wrong(name, "True or False", value)
    return bool(value)


def text(name: str, value: object) -> str:
    """Text that can be written down in UTF-8.

    Raises:
        ArgumentError: anything else.
    """
    if not isinstance(value, str):
        raise _wrong(name, "text", value)
    if _SURROGATES.search(value):
        raise ArgumentError(f"`{name}` holds half a character; got {show(value)}.")
    return str(value)


def one_of(name: str, value: object, allowed: Sequence[Any]) -> Any:
    """One of a few words, or a truth value where they are among them.

    Raises:
        ArgumentError: anything else.
    """
    if isinstance(value, str | bool | np.bool_):
        plain = value if isinstance(value, str) else bool(value)
        for word in allowed:
            if (type(word) is type(plain) and word == plain) or (
                isinstance(word, str) and word == plain
            ):
                return word
    known = ", ".join(repr(word) for word in allowed)
    raise ArgumentError(f"`{name}` must be one of {known}; got {show(value)}.")


def path(name: str, value: Any) -> Any:
    """A path as text or as an object such as ``pathlib.Path``, as it was given.

    Raises:
        ArgumentError: anything else, or a name that no file can have.
    """
    place = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not isinstance(place, str):
        raise _wrong(name, "a path, as text or a pathlib.Path", value)
    if not place or "\0" in place or _SURROGATES.search(place):
        raise ArgumentError(f"`{name}` must be a name that a file can have; got {show(value)}.")
    return value


def floats(name: str, value: Any, ndim: int | None = None) -> Float64:
    """An array of numbers; what is masked or None is NaN.

    Args:
        name: of the argument.
        value: an array, a list, a series or one number.
        ndim: how many dimensions it is to have; None for any.

    Raises:
        ArgumentError: no numbers, or another number of dimensions.
    """
    array = None
    with suppress(TypeError, ValueError, ArithmeticError, RecursionError):
        array = _as_array(value)
    if value is None or array is None:
        raise _wrong(name, "an array of numbers", value)
    if ndim is not None and array.ndim != ndim:
        wanted = "one dimension" if ndim == 1 else f"{ndim} dimensions"
        raise ArgumentError(f"`{name}` must have {wanted}; got the shape {array.shape}.")
    return array


def items(name: str, value: Any, each: Check | None = None) -> tuple[Any, ...]:
    """Several values in order, as a tuple.

    Args:
        name: of the argument.
        value: a list, a tuple, an array or anything else that has an order.
        each: the check of every value.

    Raises:
        ArgumentError: text, a mapping, a set, or nothing that can be gone through.
    """
    if isinstance(value, str | bytes | Mapping | set | frozenset) or not isinstance(
        value, Iterable
    ):
        raise _wrong(name, "a list", value)
    try:
        found: tuple[Any, ...] = tuple(value)
    except TypeError:  # an array without a dimension
        raise _wrong(name, "a list", value) from None
    return found if each is None else tuple(each(name, one) for one in found)


def mapping(name: str, value: Any) -> Mapping[Any, Any]:
    """A mapping.

    Raises:
        ArgumentError: anything else.
    """
    if not isinstance(value, Mapping):
        raise _wrong(name, "a mapping, such as a dict", value)
    return value


def label(name: str, value: Any) -> Any:
    """What names a column or a series: text, a number, a time, or anything else that can be looked up.

    Raises:
        ArgumentError: a list, an array or anything else that can't.
    """
    try:
        hash(value)
        unfit = value not in ("", value)  # compared with another first, which NA can't be
        unfit |= isinstance(value, int) and value.bit_length() > 64
    except (TypeError, ValueError):
        unfit = True
    if unfit:
        raise _wrong(name, "one name", value)
    return value


def keras_object(name: str, value: Any) -> Any:
    """One of Keras' objects, its name, or its description as a dict; whether Keras knows it is asked when it is used.

    Raises:
        ArgumentError: anything else.
    """
    if isinstance(value, str | dict) or hasattr(value, "get_config"):
        return value
    raise _wrong(name, "a name that Keras knows, or one of its objects", value)


def keras_loss(name: str, value: Any) -> Any:
    """A loss of Keras' by name or object, or a function of its form.

    Raises:
        ArgumentError: anything else.
    """
    return value if callable(value) else keras_object(name, value)


def learning_rate(name: str, value: Any) -> Any:
    """A number above 0, a schedule of Keras', or its description as a dict.

    Raises:
        ArgumentError: anything else.
    """
    if is_number(value) and math.isfinite(value) and value > 0:
        return float(value)
    if isinstance(value, dict) or (hasattr(value, "get_config") and not isinstance(value, type)):
        return value
    raise _wrong(name, "a number above 0 or a Keras schedule", value)


def axes(name: str, value: Any) -> Any:
    """Axes of matplotlib's.

    Raises:
        ArgumentError: anything else.
    """
    from matplotlib.axes import Axes

    return instance(Axes, "axes of matplotlib")(name, value)


def instance(kind: type | tuple[type, ...], words: str) -> Check:
    """The check that a value is of a type.

    Args:
        kind: the type, or several.
        words: as they follow "must be" in a message.
    """

    def check(name: str, value: Any) -> Any:
        if not isinstance(value, kind):
            raise _wrong(name, words, value)
        return value

    return check


def optional(check: Check) -> Check:
    """The check that takes None too."""

    def check_unless_none(name: str, value: Any) -> Any:
        return None if value is None else check(name, value)

    return check_unless_none


def checked(**checks: Check) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Check a function's arguments before it runs.

    Args:
        checks: by argument; those that are left to their defaults are not asked.
    """

    def guard(function: Callable[P, R]) -> Callable[P, R]:
        form = signature(function)

        @wraps(function)
        def guarded(*args: P.args, **options: P.kwargs) -> R:
            bound = form.bind(*args, **options)
            for name, value in bound.arguments.items():
                if name in checks:
                    bound.arguments[name] = checks[name](name, value)
            return function(*bound.args, **bound.kwargs)

        return guarded

    return guard


def _wrong(name: str, words: str, value: object) -> ArgumentError:
    return ArgumentError(f"`{name}` must be {words}; got {show(value)}.")


def _as_array(value: Any) -> Float64 | None:
    """The value as floats; None where it holds text, times or complex numbers."""
    if isinstance(value, np.ma.MaskedArray):
        masked: Any = value.astype(np.float64)
        return masked.filled(np.nan)
    if type(value).__module__.startswith("pandas.") and hasattr(value, "to_numpy"):
        value = value.to_numpy(np.float64, na_value=np.nan)
    array = np.asarray(value)
    return array.astype(np.float64) if array.dtype.kind in "biufO" else None
