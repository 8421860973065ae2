"""Recurrent Keras layers: Keras' own, by the same names, ready for the time loop to be replaced.

They take and give the same weights as ``keras.layers.LSTM``, ``GRU`` and ``SimpleRNN``, and work wherever those do.
The class names are the same on purpose: the paths of the weights contain them.
"""

from __future__ import annotations

from typing import Any

from rollcast.backend import load_keras

keras = load_keras()


@keras.saving.register_keras_serializable(package="rollcast")
class LSTM(keras.layers.LSTM):
    """Long short-term memory (Hochreiter & Schmidhuber 1997), shapes (B, T, F) -> (B, T, H) or (B, H)."""


@keras.saving.register_keras_serializable(package="rollcast")
class GRU(keras.layers.GRU):
    """Gated recurrent unit (Cho et al. 2014), shapes (B, T, F) -> (B, T, H) or (B, H)."""


@keras.saving.register_keras_serializable(package="rollcast")
class SimpleRNN(keras.layers.SimpleRNN):
    """Elman's network (1990): h' = tanh(W x + U h + b), shapes (B, T, F) -> (B, T, H) or (B, H)."""


CELLS: dict[str, Any] = {"lstm": LSTM, "gru": GRU, "rnn": SimpleRNN}
STATES_PER_CELL = {"lstm": 2, "gru": 1, "rnn": 1}


def to_stock(layer: Any) -> Any:
    """The layer as one of Keras' own, and so are all layers that it wraps; others are cloned as they are.

    Args:
        layer: a Keras layer or model.
    """
    kind = type(layer)
    if kind in CELLS.values():
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
