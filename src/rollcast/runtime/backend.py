"""Keras on JAX: loaded when first needed, and nothing written by that."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

from rollcast.errors import BackendError

FLOAT: Final = "float32"
"""The type of every network, whatever Keras' own policy is."""


@cache
def load_keras() -> Any:
    """Import Keras with JAX as its backend.

    Keras reads and writes a settings file in the home folder when it is imported; for the time of the import it is
    pointed at the null device, so that none is made and none changes the float type.

    Returns:
        The ``keras`` module.

    Raises:
        BackendError: Keras already runs on another backend in this process.
    """
    with _environment(KERAS_BACKEND="jax", KERAS_HOME=os.devnull):
        import keras

    name = keras.backend.backend()
    if name != "jax":
        shown = {"tensorflow": "TensorFlow", "torch": "PyTorch"}.get(name, name)
        raise BackendError(
            f"Keras already runs on {shown} here. Restart and import rollcast before keras, "
            "or set KERAS_BACKEND=jax."
        )
    return keras


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
