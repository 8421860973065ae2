"""Keras on JAX: loaded when first needed, and nothing written by that."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

from rollcast.errors import BackendError

FLOAT: Final = "float32"
"""The type of every network, whatever Keras' own policy is."""

_forked = threading.Event()
"""Set in a process that was forked after JAX had started."""


@cache
def load_keras() -> Any:
    """Import Keras with JAX as its backend.

    Keras reads and writes a settings file in the home folder when it is imported; for the time of the import it is
    pointed at the null device, so that none is made and none changes the float type.

    Returns:
        The ``keras`` module.

    Raises:
        BackendError: Keras already runs on another backend in this process, or JAX can't run in it.
    """
    refuse_forked()
    with _environment(KERAS_BACKEND="jax", KERAS_HOME=os.devnull):
        import keras

    name = keras.backend.backend()
    if name != "jax":
        shown = {"tensorflow": "TensorFlow", "torch": "PyTorch"}.get(name, name)
        raise BackendError(
            f"Keras already runs on {shown} here. Restart and import rollcast before keras, "
            "or set KERAS_BACKEND=jax."
        )
    start_jax()
    return keras


def start_jax() -> Any:
    """Import JAX and have it find its devices.

    Returns:
        The ``jax`` module.

    Raises:
        BackendError: it finds none, such as where ``JAX_PLATFORMS`` asks for a GPU that isn't there.
    """
    import jax

    try:
        jax.devices()
    except (
        RuntimeError,
        ValueError,
        AssertionError,
    ) as error:  # the last, without a word, where a plugin is missing
        reason = str(error).split("\n")[0].split(" (")[0].rstrip(".") or "it has no such backend"
        name = "JAX_PLATFORM_NAME" if os.environ.get("JAX_PLATFORM_NAME") else "JAX_PLATFORMS"
        asked = getattr(jax.config, "jax_platforms", None) or os.environ.get(name) or "any device"
        raise BackendError(
            f"JAX can't run on {asked}, as {name} asks ({reason}); set {name}=cpu, or unset it, and start again."
        ) from error
    return jax


def refuse_forked() -> None:
    """Refuse to go on in a process that was forked after JAX had started: its threads are missing, so it would wait.

    Raises:
        BackendError: this is such a process.
    """
    if _forked.is_set():
        raise BackendError(
            "This process was forked after JAX had started, and JAX would hang in it; start workers by spawn instead: "
            'multiprocessing.get_context("spawn").'
        )


def _jax_started() -> bool:
    # JAX may have been started by the caller's own code. Its own question for that takes a lock, which a fork may
    # have left locked for good.
    return bool(getattr(sys.modules.get("jax._src.xla_bridge"), "_backends", None))


def _notice_fork() -> None:
    if load_keras.cache_info().currsize or _jax_started():
        _forked.set()
        load_keras.cache_clear()


def _notice_earlier_fork() -> None:
    """Notice on Linux that the caller forked before this was imported: JAX has started, and its threads are missing."""
    tasks = Path("/proc/self/task")
    if _jax_started() and tasks.is_dir() and len(list(tasks.iterdir())) <= threading.active_count():
        _forked.set()


_notice_earlier_fork()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_notice_fork)


def prefer_jax() -> None:
    """Let a later ``import keras`` by the user find JAX, unless the user chose a backend or Keras is already there."""
    if "keras" not in sys.modules:
        os.environ.setdefault("KERAS_BACKEND", "jax")


@contextmanager
def float_by_default() -> Generator[Any]:
    """Keras with its usual type for the time of the block: for what takes no type of its own, as optimizers don't."""
    keras = load_keras()
    before = keras.config.floatx()
    keras.config.set_floatx(FLOAT)
    try:
        yield keras
    finally:
        keras.config.set_floatx(before)


@contextmanager
def _environment(**values: str) -> Generator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
