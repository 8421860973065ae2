"""The recurrence as one JAX operation per cell, with a gradient of its own.

It works under ``jit``, ``grad``, ``vmap`` (in either order), ``scan`` and ``remat``. There is no forward mode and no
second derivative.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero

from rollcast._types import Array
from rollcast.errors import ArgumentError
from rollcast.networks.kernels.library import CELLS, Library, registered


class CellWeights(NamedTuple):
    """A layer's weights in Keras' layouts; G gates of H units side by side.

    Attributes:
        kernel: (F, G H).
        recurrent_kernel: (H, G H).
        bias: (G H), or (2, 3 H) of a GRU that resets after the product.
    """

    kernel: Array
    recurrent_kernel: Array
    bias: Array


def recur(
    cell: str,
    inputs: Array,
    states: tuple[Array, ...],
    weights: CellWeights | tuple[Array, Array, Array],
    mask: Array | None = None,
    *,
    reverse: bool = False,
) -> tuple[Array, tuple[Array, ...]]:
    """A recurrent layer over a whole sequence, all in 32-bit floats. Any size may be 0.

    Args:
        cell: ``lstm``, ``gru`` (reset after the product), ``gru_reset_before``, ``rnn_tanh``, ``rnn_relu``.
        inputs: (B, T, F).
        states: before the first step: (B, H) h, and of an LSTM c.
        weights: kernel, recurrent kernel, bias.
        mask: (B, T) False, or 0, on steps that leave the state as it was; default none.
        reverse: read the inputs from their end.

    Returns:
        (B, T, H) h after each step in the order in which they are read, and the states after the last.

    Raises:
        ArgumentError: arrays that do not fit together, or are of another type.
        BackendError: the kernels are not active; see :func:`rollcast.networks.kernels.status`.
    """
    _check(cell, inputs, states, weights, mask)
    weights = CellWeights(*weights)
    nothing = jnp.zeros(0, jnp.float32)
    read = jnp.zeros(0, bool) if mask is None else mask.astype(bool)
    h, c = states if cell == "lstm" else (*states, nothing)
    results: Any = _recur(cell, reverse, inputs, read, h, c, *weights)
    hs, h, c = results
    return hs, ((h, c) if cell == "lstm" else (h,))


def _check(cell: Any, inputs: Any, states: Any, weights: Any, mask: Any) -> None:
    """The kernels trust the shapes that they are given."""
    if not (isinstance(cell, str) and cell in CELLS):
        raise ArgumentError(f"`cell` must be one of {', '.join(CELLS)}; got {cell!r}.")
    kept = ("h", "c") if cell == "lstm" else ("h",)
    for name, parts, wanted in (
        ("states", states, kept),
        ("weights", weights, CellWeights._fields),
    ):
        if not isinstance(parts, list | tuple) or len(parts) != len(wanted):
            got = f"{len(parts)} arrays" if isinstance(parts, list | tuple) else repr(parts)
            raise ArgumentError(
                f"`{name}` of the cell {cell!r} must be ({', '.join(wanted)}); got {got}."
            )
    arrays = {"inputs": inputs, **{f"state {n}": s for n, s in zip(kept, states, strict=True)}}
    arrays |= dict(zip(CellWeights._fields, weights, strict=True))
    for name, array in arrays.items():
        _check_type(name, array)
    if inputs.ndim != 3 or states[0].ndim != 2:
        raise ArgumentError(
            "`inputs` must be of shape (B, T, F) and `states` of (B, H); "
            f"got {inputs.shape} and {states[0].shape}."
        )
    (B, T, F), H = inputs.shape, states[0].shape[-1]
    wide = H * (4 if cell == "lstm" else 3 if cell.startswith("gru") else 1)
    expected = {f"state {name}": (B, H) for name in kept} | {
        "kernel": (F, wide),
        "recurrent_kernel": (H, wide),
        "bias": (2, wide) if cell == "gru" else (wide,),
    }
    if mask is not None:
        arrays["mask"], expected["mask"] = mask, (B, T)
    for name, wanted in expected.items():
        got = getattr(arrays[name], "shape", type(arrays[name]).__name__)
        if got != wanted:
            raise ArgumentError(
                f"`{name}` must be of shape {wanted} beside inputs {inputs.shape}; got {got}."
            )


def _check_type(name: str, array: Any) -> None:
    dtype = getattr(array, "dtype", None)
    if dtype != jnp.float32:
        got = type(array).__name__ if dtype is None else dtype
        raise ArgumentError(
            f'`{name}` must be an array of 32-bit floats; got {got}: give it as .astype("float32").'
        )


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _recur(cell: str, reverse: bool, *arguments: Array) -> tuple[Array, ...]:
    return _forward(cell, reverse, False, *arguments)[:3]


def _recur_forward(cell: str, reverse: bool, *arguments: Any) -> tuple[tuple[Array, ...], Any]:
    values = tuple(argument.value for argument in arguments)
    hs, h, c, saved = _forward(cell, reverse, True, *values)
    # Whether the inputs' gradient is wanted is told by the structure, which a compiled program knows.
    inputs_wanted = () if arguments[0].perturbed else None
    return (hs, h, c), (values, hs, saved, inputs_wanted)


def _recur_backward(
    cell: str, reverse: bool, kept: Any, gradients: tuple[Any, ...]
) -> tuple[Array | None, ...]:
    values, hs, saved, inputs_wanted = kept
    given = [
        jnp.zeros(0, jnp.float32) if isinstance(gradient, SymbolicZero) else gradient
        for gradient in gradients
    ]
    d_inputs, d_h, d_c, *d_weights = _backward(
        cell, reverse, inputs_wanted is not None, *values, hs, saved, *given
    )
    is_lstm = cell == "lstm"
    return (
        None if inputs_wanted is None else d_inputs,
        None,
        d_h,
        d_c if is_lstm else None,
        *d_weights,
    )


_recur.defvjp(_recur_forward, _recur_backward, symbolic_zeros=True)


@partial(jax.custom_jvp, nondiff_argnums=(0, 1, 2))
def _forward(cell: str, reverse: bool, save: bool, *arguments: Array) -> tuple[Array, ...]:
    inputs, _, h, c, *_ = arguments
    B, T, F = inputs.shape
    H = h.shape[-1]
    native = registered()
    sizes = native.sizes(cell, B, T, F, H)
    results = [(B, T, H), (B, H), c.shape, (sizes.saved if save else 0,), (sizes.forward,)]
    *outputs, _ = _call(
        native, "rollcast_forward", cell, reverse, results, arguments, save=np.bool_(save)
    )
    return tuple(outputs)


@partial(jax.custom_jvp, nondiff_argnums=(0, 1, 2))
def _backward(cell: str, reverse: bool, d_inputs: bool, *arguments: Array) -> tuple[Array, ...]:
    inputs, _, h, c, *weights = arguments[:7]
    B, T, F = inputs.shape
    H = h.shape[-1]
    native = registered()
    work = native.sizes(cell, B, T, F, H).backward
    shapes = [inputs.shape if d_inputs else (0,), h.shape, c.shape, *[w.shape for w in weights]]
    *gradients, _ = _call(native, "rollcast_backward", cell, reverse, [*shapes, (work,)], arguments)
    return tuple(gradients)


@_forward.defjvp
@_backward.defjvp
def _refuse(*_: Any) -> Any:
    # What JAX raises too where an operation has no rule for a transformation.
    raise NotImplementedError(
        "The fused kernels have first derivatives in reverse mode only; for others set ROLLCAST_KERNELS=xla "
        "or use keras.layers."
    )


def _call(
    native: Library,
    target: str,
    cell: str,
    reverse: bool,
    results: list[tuple[int, ...]],
    arguments: tuple[Array, ...],
    **attributes: Any,
) -> tuple[Array, ...]:
    shapes = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in results]
    call = jax.ffi.ffi_call(target, shapes, vmap_method="expand_dims")
    outputs = call(
        *arguments,
        isa=np.int64(native.instruction_set),
        cell=np.int64(CELLS.index(cell)),
        reverse=np.bool_(reverse),
        **attributes,
    )
    return tuple(outputs)
