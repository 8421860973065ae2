"""Progress: a bar on a terminal, lines elsewhere, or silence."""

from __future__ import annotations

import logging
import math
import sys
import time
from contextlib import suppress
from typing import Any, get_args

from rollcast._types import Verbosity
from rollcast.options.argument_checks import one_of
from rollcast.training.run import Epoch


class Quiet:
    """Says nothing."""

    def block(self, epoch: int, done: int, total: int) -> None:
        """See :class:`rollcast.training.training_loop.Listener`."""

    def epoch(self, number: int, record: Epoch) -> None:
        """See :class:`rollcast.training.training_loop.Listener`."""

    def close(self) -> None:
        """Training is over."""


class ProgressLines(Quiet):
    """A line for the first epoch and then one every few seconds, on stderr."""

    def __init__(self, title: str, epochs: int, every_s: float = 5.0) -> None:
        self._title, self._epochs, self._every = title, epochs, every_s
        self._last = -math.inf

    def epoch(self, number: int, record: Epoch) -> None:
        """Write a line if the last one is long enough ago."""
        if time.monotonic() - self._last < self._every:
            return
        self._last = time.monotonic()
        _tell(f"{self._title}: epoch {number}/{self._epochs}  {_numbers(record)}")


class ProgressBar(Quiet):
    """A bar with epoch, losses and the time left at most."""

    def __init__(self, title: str, epochs: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress: Any = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("epoch {task.fields[number]}/{task.fields[epochs]}"),
            TextColumn("{task.fields[numbers]}"),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=Console(stderr=True),
        )
        self._progress.start()
        self._bar = self._progress.add_task(
            title, total=float(epochs), number=0, epochs=epochs, numbers=""
        )

    def block(self, epoch: int, done: int, total: int) -> None:
        """Move the bar within an epoch."""
        self._progress.update(self._bar, completed=epoch - 1 + done / max(total, 1), number=epoch)

    def epoch(self, number: int, record: Epoch) -> None:
        """Show the epoch's losses."""
        self._progress.update(self._bar, completed=number, number=number, numbers=_numbers(record))

    def close(self) -> None:
        """Leave the bar as it stands."""
        self._progress.stop()


def make_listener(progress: Verbosity | bool, title: str, epochs: int) -> Quiet:
    """The listener for a terminal or for none.

    Args:
        progress: "auto" for a bar on a terminal and lines elsewhere; True is "auto", False "quiet".
        title: what is being trained.
        epochs: how many at most.

    Raises:
        ArgumentError: another word.
    """
    wanted = ("quiet", "auto")[progress] if isinstance(progress, bool) else progress
    wanted = one_of("progress", wanted, get_args(Verbosity))
    if wanted == "auto":
        wanted = "bar" if sys.stderr is not None and sys.stderr.isatty() else "lines"  # pyright: ignore[reportUnnecessaryComparison]
    if wanted == "quiet":
        return Quiet()
    return ProgressBar(title, epochs) if wanted == "bar" else ProgressLines(title, epochs)


def _numbers(record: Epoch) -> str:
    text = f"loss {record.loss:.4g}"
    return (
        text
        if record.validation.loss != record.validation.loss
        else f"{text}  val_loss {record.validation.loss:.4g}"
    )


def say(progress: Verbosity | bool, *sentences: str) -> None:
    """Write lines beside the progress, unless that is quiet or the application listens to the package's log itself."""
    if progress in ("quiet", False) or logging.getLogger("rollcast").handlers:
        return
    for sentence in sentences:
        _tell(sentence)


def _tell(line: str) -> None:
    """A line on stderr, if it is there and takes it: no training ends because nobody reads of it."""
    with suppress(AttributeError, OSError, ValueError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
