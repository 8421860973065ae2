"""Every error and warning of the package.

    RollcastError
    ├── DataError (also ValueError)       the user's table or series
    │   ├── FileError                     a table that can't be read, or is none
    │   └── TooShortError                 a series with too few rows
    ├── ArgumentError (also ValueError)   an argument outside its range
    ├── ArtifactError                     a model file that is truncated, foreign or newer
    ├── BackendError (also RuntimeError)  Keras runs on another backend, or a package is missing
    └── NotFittedError (also RuntimeError)

    RollcastWarning (UserWarning)         training health, constant series, missing values

Each message is one sentence that names what was wrong, what was got, and the fix.
"""

from __future__ import annotations

import math
import os
import reprlib
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Final
from uuid import UUID

_PLAIN: Final = (
    bool, int, float, complex, str, bytes, list, tuple, set, frozenset, dict, date, time, timedelta, Decimal, UUID,
)  # fmt: skip
"""Types whose values a message shows; of others it names the type."""

_SHORT: Final = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 60
_SHORT.maxlevel = 2


def show(value: Any, most: int = 60) -> str:
    """A cell, a name or an argument as a message quotes it: on one line, and cut where it is long, whatever it is.

    Args:
        value: anything.
        most: characters of text; of lists and the like twice as many.
    """
    if type(value).__module__ == "numpy" and not getattr(value, "shape", True):
        value = value.item()
    if isinstance(value, str):
        text = repr(value)
        return text if len(text) <= most + 2 else f"{text[: most - 3]}...{text[0]}"
    if (words := _describe(value)) is not None:
        return words
    try:
        containers = (list, tuple, set, frozenset, dict)
        text = _SHORT.repr(value) if isinstance(value, containers) else repr(value)
    except (ValueError, RecursionError, ArithmeticError):
        return f"a {type(value).__name__}"
    text = " ".join(text.split())
    return text if len(text) <= 2 * most else f"{text[: 2 * most]}..."


def _describe(value: Any) -> str | None:
    """What has no short form of its own, in a few words; None for everything else."""
    name = type(value).__name__
    if name == "ndarray":
        return f"an array of shape {value.shape}"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if isinstance(value, int) and value.bit_length() > 64:
        sign = "-" if value < 0 else ""
        return f"{sign}10**{math.floor(value.bit_length() * math.log10(2))} or so"
    if value is not None and not isinstance(value, (*_PLAIN, os.PathLike)):
        return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"
    return None


def show_cause(error: Exception) -> str:
    """What went wrong inside, as a message quotes it: one line, cut where it is long."""
    told = " ".join(str(error).rstrip(".").split())[:200]
    return told if isinstance(error, ValueError) else f"{type(error).__name__}: {told}"


class RollcastError(Exception):
    """Base of every error that Rollcast raises on purpose.

    Attributes:
        exit_code: what the command line exits with. 1 is left to unforeseen faults, 2 to wrong usage.
        http_status: what a service answers with.
    """

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500


class DataError(RollcastError, ValueError):
    """The user's table or series can't be used as it is."""

    exit_code = 3
    http_status = 422


class FileError(DataError):
    """A file can't be read as a table."""


class TooShortError(DataError):
    """A series has fewer rows than the task needs."""


class ArgumentError(RollcastError, ValueError):
    """An argument has a value outside its range."""

    exit_code = 2
    http_status = 400


class ArtifactError(RollcastError):
    """A model file is truncated, foreign, or of a newer format."""

    exit_code = 4
    http_status = 422


class BackendError(RollcastError, RuntimeError):
    """Keras runs on another backend, or an optional package is missing."""

    exit_code = 5


class NotFittedError(RollcastError, RuntimeError):
    """The model has not been fitted."""

    exit_code = 2
    http_status = 409


class RollcastWarning(UserWarning):
    """Something a person should know; the work went on."""
