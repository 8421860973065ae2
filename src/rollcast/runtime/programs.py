"""Compiled programs, kept by what they compute so that two hundred models of one form compile once."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from itertools import count as count_up
from typing import Any
from weakref import WeakKeyDictionary

from rollcast.runtime.backend import refuse_forked

CAPACITY = 64
"""Programs kept; the one unused for longest is dropped, and the memory of its machine code with it."""

_store: OrderedDict[Any, Any] = OrderedDict()
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
    full_key = (key, structure, tuple(_form(leaf) for leaf in leaves))
    with _lock:
        if full_key in _store:
            _store.move_to_end(full_key)
            return _store[full_key]
    began = time.perf_counter()

    def fresh(*values: Any) -> Any:
        return function(*values)

    # JAX keeps what it traced by the function object, not by what that closes over, so each gets one of its own.
    program = jax.jit(fresh).lower(*arguments).compile()
    _compile_seconds.total = compile_seconds() + time.perf_counter() - began
    with _lock:
        _store[full_key] = program
        while len(_store) > CAPACITY:
            _store.popitem(last=False)
    return program


def _form(leaf: Any) -> tuple[Any, Any]:
    """Shape and type of an argument; asked for at every call, so without a detour."""
    dtype = getattr(leaf, "dtype", None)
    return ((), type(leaf)) if dtype is None else (leaf.shape, dtype)


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
