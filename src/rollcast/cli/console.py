"""Console: results go to stdout, all else to stderr; with ``--json`` stdout is one JSON document."""

from __future__ import annotations

import json
import logging
import sys
import warnings
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import typer

from rollcast.cli.wording import as_options
from rollcast.errors import RollcastWarning


@dataclass(eq=False)
class Console:
    """How one command speaks.

    Attributes:
        as_json: whether stdout is to be one JSON document.
        options: argument of Python -> option of the command line, for messages.
        notes: what was noticed in the data.
        warnings: what a person should know.
    """

    as_json: bool
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def say(self, text: str = "") -> None:
        """A line of the result for a person; none where JSON is wanted."""
        if not self.as_json:
            self._write(text)

    def document(self, content: Mapping[str, Any]) -> None:
        """The result for a machine, with notes and warnings; nothing where a person reads."""
        if self.as_json:
            whole = {**content, "notes": self.notes, "warnings": self.warnings}
            self._write(json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False))

    def note(self, sentence: str) -> None:
        """Something that was noticed in the data."""
        self._keep("note", self.notes, sentence)

    def warn(self, sentence: str) -> None:
        """Something that a person should know."""
        self._keep("warning", self.warnings, sentence)

    def reword(self, sentence: str) -> str:
        """A sentence that names options where Python has arguments."""
        return as_options(sentence, self.options) if self.options else sentence

    def fail(self, sentence: str, kind: str, exit_code: int) -> int:
        """Say what was wrong and give the exit code back."""
        sentence = self.reword(sentence)
        typer.echo(f"error: {sentence}", err=True)
        with suppress(OSError):  # a stdout that is broken too is no news beside this
            self.document({"error": sentence, "kind": kind, "exit_code": exit_code})
        return exit_code

    @contextmanager
    def listening(self) -> Generator[None]:
        """Take up the package's warnings and remarks, and leave those of other packages unsaid."""
        listener = _Listener(self)
        logger = logging.getLogger("rollcast")
        level = logger.level
        logger.addHandler(listener)
        logger.setLevel(logging.INFO)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                warnings.simplefilter("always", RollcastWarning)
                warnings.showwarning = self._show_warning
                yield
        finally:
            logger.removeHandler(listener)
            logger.setLevel(level)

    def _show_warning(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: Any = None,
        line: str | None = None,
    ) -> None:
        self.warn(str(message))

    def _keep(self, word: str, kept: list[str], sentence: str) -> None:
        sentence = self.reword(sentence)
        if sentence in kept:  # the same table may be read twice, for numbers and for a picture
            return
        kept.append(sentence)
        if not self.as_json:
            typer.echo(f"{word}: {sentence}", err=True)

    def _write(self, text: str) -> None:
        typer.echo(text)
        sys.stdout.flush()


class _Listener(logging.Handler):
    """Passes log records on as notes."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        self._console.note(record.getMessage())


def console_of(context: typer.Context) -> Console:
    """The console that the application gave to its commands."""
    found = context.obj
    return found if isinstance(found, Console) else Console(as_json=False)
