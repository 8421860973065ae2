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

from typing import ClassVar


def show(value: object, most: int = 60) -> str:
    """A cell, a name or an argument as a message quotes it, cut where it is long."""
    text = repr(value)
    return text if len(text) <= most + 2 else f"{text[: most - 3]}...{text[0]}"


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
