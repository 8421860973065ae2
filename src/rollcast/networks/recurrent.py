"""Recurrent Keras layers: Keras' own, by the same names, with the time loop in one fused call.

They take and give the same weights as ``keras.layers.LSTM``, ``GRU`` and ``SimpleRNN``, and work wherever those do.
What the fused call can't do (other activations, ``recurrent_dropout``, ``unroll``, other float types) is done by Keras'
own loop, and so is everything on a GPU and where the kernels are not active. The class names are the same on purpose:
the paths of the weights contain them.
"""

from __future__ import annotations

from typing import Any

from rollcast._types import Array
from rollcast.networks.kernels.library import library
from rollcast.networks.reservoir import ESN
from rollcast.options.argument_checks import whole
from rollcast.runtime.backend import load_keras

keras = load_keras()


class _Fused:
    """How a layer's time loop is run; what comes before and after it is Keras'."""

    def __init__(self, units: int, *args: Any, **options: Any) -> None:
        layer: Any = super()
        layer.__init__(whole("units", units), *args, **options)

    def inner_loop(
        self: Any, sequences: Array, initial_state: Any, mask: Any, training: bool = False
    ) -> tuple[Array, Array, list[Array]]:
        """The last output, all outputs (or the last again), the last states.

        Args:
            sequences: (B, T, F).
            initial_state: (B, H) each.
            mask: (B, T) or None.
            training: whether dropout is on.
        """
        ops = keras.ops
        if isinstance(mask, list | tuple):
            mask = mask[0]
        states = tuple(
            initial_state if isinstance(initial_state, list | tuple) else [initial_state]
        )
        kernel = _kernel_of(self)
        if kernel is None or not _is_fusible(self.cell, sequences, states, mask):
            if mask is not None and len(mask.shape) == 2:
                # A step that is not read must not touch the gradients either, and zero times NaN would.
                sequences = ops.where(mask[..., None], sequences, ops.zeros_like(sequences))
            keras_loop = super().inner_loop  # pyright: ignore[reportAttributeAccessIssue]
            return keras_loop(sequences, initial_state, mask, training)

        from rollcast.networks.kernels.recurrence import recur

        if training and 0 < self.dropout < 1:
            sequences = sequences * self.cell.get_dropout_mask(sequences[:, 0])[:, None]
        outputs, states = recur(
            kernel, sequences, states, _weights_of(self.cell), mask, reverse=self.go_backwards
        )
        last = states[0]
        if self.zero_output_for_mask and mask is not None:
            read = ops.flip(mask, axis=1) if self.go_backwards else mask
            outputs = ops.where(read[..., None], outputs, 0.0)
            last = outputs[:, -1]
        return last, outputs if self.return_sequences else last, list(states)


def _kernel_of(layer: Any) -> str | None:
    """The kernel that does what a layer is set to do; None where Keras' own loop has to."""
    if layer.unroll or layer.recurrent_dropout or layer.compute_dtype != "float32":
        return None
    if isinstance(layer, SimpleRNN):
        kernels = {"rnn_tanh": keras.activations.tanh, "rnn_relu": keras.activations.relu}
        return next((name for name, f in kernels.items() if layer.activation is f), None)
    plain = (
        layer.activation is keras.activations.tanh
        and layer.recurrent_activation is keras.activations.sigmoid
        and (not layer.dropout or layer.cell.implementation == 2)  # 1 drops for each gate apart
    )
    if not plain:
        return None
    if isinstance(layer, LSTM):
        return "lstm"
    return "gru" if layer.reset_after else "gru_reset_before"


def _weights_of(cell: Any) -> tuple[Array, Array, Array]:
    """Kernel, recurrent kernel, and a bias of zeros where the cell has none."""
    ops = keras.ops
    kernel, recurrent = map(ops.convert_to_tensor, (cell.kernel, cell.recurrent_kernel))
    if cell.use_bias:
        return kernel, recurrent, ops.convert_to_tensor(cell.bias)
    gates = kernel.shape[-1]
    shape = (2, gates) if getattr(cell, "reset_after", False) else (gates,)
    return kernel, recurrent, ops.zeros(shape, kernel.dtype)


def _is_fusible(cell: Any, sequences: Array, states: tuple[Array, ...], mask: Any) -> bool:
    """Whether the arrays are for the kernels.

    What does not fit together is for Keras to refuse or broadcast. A single step is for XLA, which is about as fast
    there and often faster (``benchmarks/kernels.py``), whatever the batch.
    """
    if not _is_native(sequences, *states):
        return False
    B, T, F = sequences.shape
    fits = (
        cell.kernel.shape[0] == F
        and all(state.shape == (B, cell.units) for state in states)
        and (mask is None or mask.shape == (B, T))
    )
    return fits and T > 1


def _is_native(*arrays: Array) -> bool:
    """Whether the kernels run here and take these arrays."""
    import jax

    return (
        library() is not None
        and jax.default_backend() == "cpu"
        and all(a.dtype == "float32" for a in arrays)
        and all(isinstance(size, int) and size > 0 for a in arrays for size in a.shape)
    )


@keras.saving.register_keras_serializable(package="rollcast")
class LSTM(_Fused, keras.layers.LSTM):
    """Long short-term memory (Hochreiter & Schmidhuber 1997), shapes (B, T, F) -> (B, T, H) or (B, H)."""


@keras.saving.register_keras_serializable(package="rollcast")
class GRU(_Fused, keras.layers.GRU):
    """Gated recurrent unit (Cho et al. 2014), shapes (B, T, F) -> (B, T, H) or (B, H)."""


@keras.saving.register_keras_serializable(package="rollcast")
class SimpleRNN(_Fused, keras.layers.SimpleRNN):
    """Elman's network (1990): h' = tanh(W x + U h + b), shapes (B, T, F) -> (B, T, H) or (B, H)."""


@keras.saving.register_keras_serializable(package="rollcast")
class Dropout(keras.layers.Dropout):
    """Dropout (Srivastava et al. 2014), any shape -> the same; it drops what Keras' own drops."""

    def call(self, inputs: Array, training: bool = False) -> Array:
        """The inputs; while training some of them zero and the others larger."""
        import jax

        fusible = (
            training
            and 0 < self.rate < 1
            and self.noise_shape is None
            and not jax.config.jax_enable_x64  # pyright: ignore[reportAttributeAccessIssue]
            and jax.config.jax_threefry_partitionable  # pyright: ignore[reportAttributeAccessIssue]
            and _is_native(inputs)
        )
        if not fusible:
            return super().call(inputs, training=training)

        from rollcast.networks.kernels.bernoulli import bernoulli

        kept = bernoulli(self.seed_generator.next(), 1 - self.rate, inputs.shape)
        return jax.numpy.where(kept, inputs / (1 - self.rate), 0.0)


CELLS: dict[str, Any] = {"lstm": LSTM, "gru": GRU, "rnn": SimpleRNN, "esn": ESN}


def to_stock(layer: Any) -> Any:
    """The layer as one of Keras' own, and so are all layers that it wraps; others are cloned as they are.

    Args:
        layer: a Keras layer or model.
    """
    kind = type(layer)
    if kind in (*CELLS.values(), Dropout):
        kind = getattr(keras.layers, kind.__name__)
    return kind.from_config(_to_stock_config(layer.get_config()))


def _to_stock_config(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_to_stock_config(item) for item in value]
    if not isinstance(value, dict):
        return value
    config = {key: _to_stock_config(item) for key, item in value.items()}
    if str(config.get("registered_name")).startswith("rollcast>"):
        config |= {"module": "keras.layers", "registered_name": None}
    return config
