"""Recurrent Keras layers: Keras' own, by the same names, with the time loop in one fused call.

They take and give the same weights as ``keras.layers.LSTM``, ``GRU`` and ``SimpleRNN``, and work wherever those do.
What the fused call can't do (other activations, ``recurrent_dropout``, ``unroll``, other float types) is done by Keras'
own loop, and so is everything on a GPU and where the kernels are not active. The class names are the same on purpose:
the paths of the weights contain them.
"""

from __future__ import annotations

from typing import Any

from rollcast._types import Array
from rollcast.backend import load_keras
from rollcast.kernels.library import library

keras = load_keras()

ONE_STEP_BATCHES = range(8, 513)
"""Batches for which a single step is no slower by the kernels than by XLA; see ``benchmarks/kernels.py``."""


class _Fused:
    """How a layer's time loop is run; what comes before and after it is Keras'."""

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
        cell = self._fused_cell()
        if cell is None or not _is_fusible(self.cell, sequences, states, mask):
            if mask is not None and len(mask.shape) == 2:
                # A step that is not read must not touch the gradients either, and zero times NaN would.
                sequences = ops.where(mask[..., None], sequences, ops.zeros_like(sequences))
            keras_loop = super().inner_loop  # pyright: ignore[reportAttributeAccessIssue]
            return keras_loop(sequences, initial_state, mask, training)

        from rollcast.kernels.recurrence import recur

        if training and 0 < self.dropout < 1:
            sequences = sequences * self.cell.get_dropout_mask(sequences[:, 0])[:, None]
        outputs, states = recur(
            cell, sequences, states, self._fused_weights(), mask, reverse=self.go_backwards
        )
        last = states[0]
        if self.zero_output_for_mask and mask is not None:
            read = ops.flip(mask, axis=1) if self.go_backwards else mask
            outputs = ops.where(read[..., None], outputs, 0.0)
            last = outputs[:, -1]
        return last, outputs if self.return_sequences else last, list(states)

    def _fused_cell(self: Any) -> str | None:
        """The kernel that does what this layer is set to do."""
        raise NotImplementedError

    def _fused_weights(self: Any) -> tuple[Array, Array, Array]:
        cell, ops = self.cell, keras.ops
        kernel, recurrent = map(ops.convert_to_tensor, (cell.kernel, cell.recurrent_kernel))
        if cell.use_bias:
            return kernel, recurrent, ops.convert_to_tensor(cell.bias)
        gates = kernel.shape[-1]
        shape = (2, gates) if getattr(cell, "reset_after", False) else (gates,)
        return kernel, recurrent, ops.zeros(shape, kernel.dtype)


def _is_fusible(cell: Any, sequences: Array, states: tuple[Array, ...], mask: Any) -> bool:
    """Whether the arrays are for the kernels; what does not fit together is for Keras to refuse or broadcast."""
    if not _is_native(sequences, *states):
        return False
    B, T, F = sequences.shape
    fits = (
        cell.kernel.shape[0] == F
        and all(state.shape == (B, cell.units) for state in states)
        and (mask is None or mask.shape == (B, T))
    )
    return fits and (T > 1 or B in ONE_STEP_BATCHES)


def _is_native(*arrays: Array) -> bool:
    """Whether the kernels run here and take these arrays."""
    import jax

    return (
        library() is not None
        and jax.default_backend() == "cpu"
        and all(a.dtype == "float32" for a in arrays)
        and all(isinstance(size, int) and size > 0 for a in arrays for size in a.shape)
    )


def _is_plain(layer: Any) -> bool:
    return not layer.unroll and not layer.recurrent_dropout and layer.compute_dtype == "float32"


def _has_gates_of_the_field(layer: Any) -> bool:
    return (
        layer.activation is keras.activations.tanh
        and layer.recurrent_activation is keras.activations.sigmoid
        and (not layer.dropout or layer.cell.implementation == 2)  # 1 drops for each gate apart
    )


@keras.saving.register_keras_serializable(package="rollcast")
class LSTM(_Fused, keras.layers.LSTM):
    """Long short-term memory (Hochreiter & Schmidhuber 1997), shapes (B, T, F) -> (B, T, H) or (B, H)."""

    def _fused_cell(self) -> str | None:
        return "lstm" if _is_plain(self) and _has_gates_of_the_field(self) else None


@keras.saving.register_keras_serializable(package="rollcast")
class GRU(_Fused, keras.layers.GRU):
    """Gated recurrent unit (Cho et al. 2014), shapes (B, T, F) -> (B, T, H) or (B, H)."""

    def _fused_cell(self) -> str | None:
        if not (_is_plain(self) and _has_gates_of_the_field(self)):
            return None
        return "gru" if self.reset_after else "gru_reset_before"


@keras.saving.register_keras_serializable(package="rollcast")
class SimpleRNN(_Fused, keras.layers.SimpleRNN):
    """Elman's network (1990): h' = tanh(W x + U h + b), shapes (B, T, F) -> (B, T, H) or (B, H)."""

    def _fused_cell(self) -> str | None:
        kernels = {keras.activations.tanh: "rnn_tanh", keras.activations.relu: "rnn_relu"}
        return kernels.get(self.activation) if _is_plain(self) else None


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

        from rollcast.kernels.bernoulli import bernoulli

        kept = bernoulli(self.seed_generator.next(), 1 - self.rate, inputs.shape)
        return jax.numpy.where(kept, inputs / (1 - self.rate), 0.0)


CELLS: dict[str, Any] = {"lstm": LSTM, "gru": GRU, "rnn": SimpleRNN}
STATES_PER_CELL = {"lstm": 2, "gru": 1, "rnn": 1}


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
