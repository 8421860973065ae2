"""The compiled library: found, loaded once, and told which instruction set to use."""

from __future__ import annotations

import ctypes
import logging
import os
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from rollcast.errors import BackendError
from rollcast.networks.kernels.library_path import find_library

CELLS = ("lstm", "gru", "gru_reset_before", "rnn_tanh", "rnn_relu")
"""By their numbers in the library."""

INSTRUCTION_SETS = ("portable", "avx2", "avx512")
"""By their numbers in the library, the best last."""

_LABELS = {"portable": "portable", "avx2": "AVX2", "avx512": "AVX-512"}


@dataclass(frozen=True)
class Status:
    """Which implementation of the recurrence runs.

    Attributes:
        active: whether the fused kernels do.
        instruction_set: ``avx512``, ``avx2`` or ``portable``; empty where they don't.
        reason: in a sentence for a person.
    """

    active: bool
    instruction_set: str
    reason: str


class Workspace(NamedTuple):
    """Numbers of floats beside a call's results.

    Attributes:
        saved: activations kept for the gradient.
        forward: work space.
        backward: work space.
    """

    saved: int
    forward: int
    backward: int


@dataclass(frozen=True, eq=False)
class Library:
    """The loaded library and the instruction set in use."""

    handle: ctypes.CDLL
    instruction_set: int

    def sizes(self, cell: str, B: int, T: int, features: int, units: int) -> Workspace:
        """What a call needs: batch B, T steps, features and units of the layer."""
        result = (ctypes.c_int64 * 3)()
        numbers = (self.instruction_set, CELLS.index(cell), B, T, features, units)
        self.handle.rollcast_sizes(*map(ctypes.c_int64, numbers), result)
        return Workspace(*result)


def status() -> Status:
    """Which implementation runs here, and why."""
    return _chosen()[1]


def library() -> Library | None:
    """The library; None where Keras' own loops run.

    Raises:
        BackendError: ``ROLLCAST_KERNELS`` or ``ROLLCAST_ISA`` asks for what cannot be had.
    """
    return _chosen()[0]


@cache
def registered() -> Library:
    """The library, its calls known to XLA.

    Raises:
        BackendError: the kernels are not active.
    """
    import jax

    native = library()
    if native is None:
        raise BackendError("The fused kernels are not active; `rollcast info` tells why.")
    for name in ("forward", "backward", "bernoulli"):
        function = jax.ffi.pycapsule(getattr(native.handle, f"rollcast_xla_{name}"))
        jax.ffi.register_ffi_target(f"rollcast_{name}", function, platform="cpu")
    return native


@cache
def _chosen() -> tuple[Library | None, Status]:
    wanted = _setting("ROLLCAST_KERNELS", ("auto", "native", "xla"))
    if wanted == "xla":
        return _off("Keras' own loops, since ROLLCAST_KERNELS=xla asks for them.")
    try:
        library = _load()
    except OSError as error:
        reason = str(error)
        if wanted == "native":
            raise BackendError(
                f"ROLLCAST_KERNELS=native asks for the fused kernels: {reason}"
            ) from None
        logging.getLogger("rollcast").warning("Recurrent layers run on the slower path: %s", reason)
        return _off(f"Keras' own loops: {reason}")
    name = INSTRUCTION_SETS[library.instruction_set]
    how = "ROLLCAST_ISA asks for it" if "ROLLCAST_ISA" in os.environ else "the best that runs here"
    return library, Status(True, name, f"fused kernels, {_LABELS[name]} ({how}).")


def _off(reason: str) -> tuple[None, Status]:
    return None, Status(False, "", reason)


def _load() -> Library:
    path = find_library()
    if path is None:
        raise OSError(
            "the fused kernels were not built; install a C++ compiler, then rollcast again."
        )
    handle = ctypes.CDLL(str(path))
    return Library(handle, _instruction_set(handle))


def _instruction_set(handle: ctypes.CDLL) -> int:
    here = [i for i in range(len(INSTRUCTION_SETS)) if handle.rollcast_supports(ctypes.c_int64(i))]
    if "ROLLCAST_ISA" not in os.environ:
        return here[-1]
    chosen = INSTRUCTION_SETS.index(_setting("ROLLCAST_ISA", INSTRUCTION_SETS))
    if chosen not in here:
        names = ", ".join(INSTRUCTION_SETS[i] for i in here)
        raise BackendError(
            f"ROLLCAST_ISA asks for {INSTRUCTION_SETS[chosen]}, which does not run here; choose among: {names}."
        )
    return chosen


def _setting(name: str, allowed: tuple[str, ...]) -> str:
    value = os.environ.get(name, allowed[0])
    if value not in allowed:
        raise BackendError(f"{name} must be one of {', '.join(allowed)}; got {value!r}.")
    return value
