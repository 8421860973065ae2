"""Signals: one ends a wait at once, and work at its next good place."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StoppedError(Exception):
    """A signal came while there was nothing to do but wait."""


class StopSignal:
    """Whether Ctrl-C or a request to end has come; a second Ctrl-C breaks off.

    Attributes:
        signal: the number of the signal that came; 0 while none has.
    """

    def __init__(self) -> None:
        self.signal = 0
        self._waiting = False

    @contextmanager
    def watch(self) -> Generator[None]:
        """Catch the signals in the main thread for the time of the block."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._come) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def waiting(self) -> Generator[None]:
        """A block that a signal leaves at once; what it had in hand is lost.

        Raises:
            StoppedError: a signal has come.
        """
        self._waiting = True
        try:
            if self.signal:
                raise StoppedError
            yield
        finally:
            self._waiting = False

    def _come(self, number: int, frame: Any) -> None:
        if self.signal and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.signal = number
        if self._waiting:
            self._waiting = False
            raise StoppedError
