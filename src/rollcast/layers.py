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
    """The layer as one of Keras' own; any other layer as it is, cloned from its configuration.

    Args:
        layer: a Keras layer, wrapped or not.
    """
    if type(layer) in CELLS.values():
        stock = getattr(keras.layers, type(layer).__name__)
        return stock.from_config(layer.get_config())
    if isinstance(layer, keras.layers.Wrapper) and type(layer.layer) in CELLS.values():
        config = layer.get_config()
        config["layer"] = keras.saving.serialize_keras_object(to_stock(layer.layer))
        if config.get("backward_layer"):
            config["backward_layer"] = keras.saving.serialize_keras_object(
                to_stock(layer.backward_layer)
            )
        return type(layer).from_config(config)
    return type(layer).from_config(layer.get_config())
