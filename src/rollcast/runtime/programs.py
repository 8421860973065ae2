"""Compiled programs, kept by what they compute so that two hundred models of one form compile once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count as count_up
from typing import Any, Final
from weakref import WeakKeyDictionary

import numpy as np

from rollcast.runtime.backend import refuse_forked

CAPACITY = 64
"""Programs kept; the one unused for longest is dropped, and the memory of its machine code with it."""

IN_TURN: Final[dict[str, str | bool]] = {"xla_cpu_enable_concurrency_optimized_scheduler": False}
"""Options of the compiler: what a program computes is done in an order that spares memory, since most of it depends on
what came before, and a forecast of one series takes an eighth less time."""


@dataclass
class _Kept:
    """A program, and when it was last asked for."""

    program: Any
    used: int


_store: dict[Any, _Kept] = {}
_uses = count_up()
_lock = threading.Lock()
_numbers: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
_unused = count_up()
_compile_seconds = threading.local()


def compiled(key: tuple[Any, ...], function: Callable[..., Any], *arguments: Any) -> Any:
    """The compiled form of a pure function for arguments of these shapes.

    Args:
        key: everything that ``function`` closes over and that shapes don't tell: a network's description, sizes.
        function: closes over the structure of a model and never over its weights.
        arguments: example arguments; only their shapes and types count.

    Returns:
        A program to be called with arguments of the same shapes.

    Raises:
        BackendError: this process was forked after JAX had started.
    """
    import jax

    refuse_forked()
    leaves, structure = jax.tree.flatten(arguments)
    try:
        forms = [(leaf.shape, leaf.dtype) for leaf in leaves]
    except AttributeError:  # a plain number
        forms = [(np.shape(leaf), np.result_type(leaf)) for leaf in leaves]
    full_key = (key, structure, *forms)
    kept = _store.get(full_key)
    if kept is not None:
        kept.used = next(_uses)
        return kept.program
    began = time.perf_counter()

    def fresh(*values: Any) -> Any:
        return function(*values)

    # JAX keeps what it traced by the function object, not by what that closes over, so each gets one of its own.
    program = jax.jit(fresh).lower(*arguments).compile(IN_TURN)
    _compile_seconds.total = compile_seconds() + time.perf_counter() - began
    with _lock:
        _store[full_key] = _Kept(program, next(_uses))
        while len(_store) > CAPACITY:
            del _store[min(_store, key=lambda held: _store[held].used)]
    return program


def compile_seconds() -> float:
    """Seconds that this thread has spent compiling."""
    return getattr(_compile_seconds, "total", 0.0)


def count() -> int:
    """Programs kept now."""
    return len(_store)


def identity(thing: Any) -> str:
    """Text for this very object. Unlike ``id()``, it is never given again once the object is gone."""
    with _lock:
        if thing not in _numbers:
            _numbers[thing] = next(_unused)
        return f"{getattr(thing, '__qualname__', type(thing).__qualname__)}#{_numbers[thing]}"


def describe_class(kind: type) -> str:
    """A class as text: its name where Keras or Rollcast defines it, else its identity too.

    A class of the caller's own may be defined again under the same name, with other code.
    """
    known = kind.__module__.split(".")[0] in ("keras", "rollcast")
    return kind.__qualname__ if known else identity(kind)
