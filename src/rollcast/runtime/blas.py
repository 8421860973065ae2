"""NumPy's linear algebra on one thread, where its sums are to come in one order."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


def one_thread() -> AbstractContextManager[Any]:
    """Within it, linear algebra runs on one thread: one order of sums, so the same bits."""
    return _libraries().limit(limits=1, user_api="blas")


@cache
def _libraries() -> ThreadpoolController:
    """The libraries of this process, NumPy among them; to look for them takes longer than a small solve."""
    return ThreadpoolController()
