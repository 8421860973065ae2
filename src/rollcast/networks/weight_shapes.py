"""Weight shapes: by arithmetic from a configuration, so that a file is checked before a network is built."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rollcast._types import Array
from rollcast.networks.network import Weights
from rollcast.networks.sizes import UNITS
from rollcast.options import Config
from rollcast.preprocessing.ahead import AHEAD, ANCHORS
from rollcast.preprocessing.channels import INPUTS

Shape = tuple[int, ...]

STATES_PER_CELL = {"lstm": 2, "gru": 1, "rnn": 1, "esn": 1}

_GATES = {"lstm": 4, "gru": 3, "rnn": 1}
_SEED: Shape = (2,)
"""The state of a generator of random numbers."""


def feature_size(config: Config) -> int:
    """D, the features of a step."""
    return INPUTS + config.num_layers * config.hidden_size * _ways(config)


def check_weights(config: Config, weights: Weights, steps: int) -> None:
    """Refuse arrays that are not those of the network that a configuration describes.

    Args:
        config: cell, sizes, reading.
        weights: arrays of NumPy's.
        steps: K.

    Raises:
        ValueError: their number or a shape is another.
    """
    cells = 3 * config.num_layers * _ways(config)
    reservoir = config.cell == "esn"
    drawn = [array for array in weights.fixed if array.dtype.kind == "f"]
    D = feature_size(config)
    head = _head_shapes(config, D, steps)
    trained, kept = (len(head), cells) if reservoir else (cells + len(head), 0)
    if (len(weights.trainable), len(drawn)) != (trained, kept):
        raise ValueError(
            f"a network of this configuration has {trained + kept} arrays of weights; got "
            f"{len(weights.trainable) + len(drawn)}"
        )
    layers = list(_cell_shapes(config))
    _compare("trainable", weights.trainable, head if reservoir else layers + head)
    _compare("fixed", drawn, layers if reservoir else [])
    for array in weights.fixed:
        if array.dtype.kind != "f" and (array.dtype.kind, array.shape) != ("u", _SEED):
            raise ValueError("a state of random numbers must be two whole numbers")


def _head_shapes(config: Config, D: int, steps: int) -> list[Shape]:
    if config.head == "linear":
        return [(D, steps), (steps,)]
    U, emitted = UNITS, 1 + len(ANCHORS)
    return [(D, U), (U,), (len(AHEAD), U), (U, U), (U,), (U, emitted), (emitted,)]


def _cell_shapes(config: Config) -> Iterator[Shape]:
    """Kernel, recurrent kernel and bias of every cell, in Keras' order."""
    H, ways = config.hidden_size, _ways(config)
    inputs = INPUTS
    for _ in range(config.num_layers):
        for _ in range(ways):
            if config.cell == "esn":
                yield from ((inputs, H), (H, H), (H,))
            else:
                G = _GATES[config.cell] * H
                yield from ((inputs, G), (H, G), (2, G) if config.cell == "gru" else (G,))
        inputs = H * ways


def _ways(config: Config) -> int:
    return 2 if config.bidirectional else 1


def _compare(name: str, arrays: list[Array], shapes: list[Shape]) -> None:
    for i, (array, shape) in enumerate(zip(arrays, shapes, strict=True)):
        if np.shape(array) != shape:
            raise ValueError(
                f"its array '{name}/{i}' must have the shape {shape}; got {np.shape(array)}"
            )
