"""Building: the network that a configuration describes."""

from __future__ import annotations

from typing import Any

import numpy as np

from rollcast.errors import ArgumentError
from rollcast.networks.distribution import Distribution, Point
from rollcast.networks.network import Network
from rollcast.networks.shared_head import build_shared_head
from rollcast.networks.weight_shapes import STATES_PER_CELL
from rollcast.options import Config
from rollcast.preprocessing.ahead import Ahead
from rollcast.preprocessing.channels import INPUTS, NAMES
from rollcast.runtime.backend import FLOAT, load_keras

INPUT_SCALES = {"value": 0.2, "difference": 0.02, "missing": 0.2}
"""Of an echo state network's weights for each input channel.

The difference comes in units of the anchor's typical error; at the value's own scale it would drown the memory.
"""

HIDDEN_SCALE = 0.1
"""Of the weights between the layers of an echo state network."""


def build_network(
    config: Config,
    *,
    output_size: int,
    head_bias: float | None = None,
    num_features: int = INPUTS,
    distribution: Distribution | None = None,
    ahead: Ahead | None = None,
) -> Network:
    """The network that a configuration describes, with weights drawn from its seed.

    With an anchor the head starts at zero, so that an untrained network equals naive or seasonal naive; without one its
    bias starts at ``head_bias``, the mean of the scaled target.

    Args:
        config: cell, sizes, reading, activation, seed.
        output_size: K.
        head_bias: where there is no anchor, the start of the head's bias.
        num_features: F.
        distribution: what is emitted for each step ahead; default a point, trained by ``config.loss``.
        ahead: what a shared head reads; None for a linear head.

    Raises:
        ArgumentError: an activation that Keras does not know.
    """
    keras = load_keras()
    try:
        keras.activations.get(config.activation)
    except ValueError:
        raise ArgumentError(
            f"`activation` must be one of Keras' such as 'linear' or 'tanh'; got {config.activation!r}."
        ) from None
    seeds = iter(np.random.SeedSequence(config.seed).generate_state(6 * config.num_layers + 1))
    sequence = keras.Input((None, num_features), dtype=FLOAT, name="sequence")
    mask = keras.Input((None,), dtype="bool", name="mask")
    if config.reading == "sequence":
        states_in, features, states_out = _read_once(config, sequence, mask, seeds)
    else:
        states_in, features, states_out = [], _read_window(config, sequence, mask, seeds), []
    body = keras.Model([sequence, mask, *states_in], [features, *states_out], name="body")
    anchored = head_bias is None
    emitted = distribution or Point("huber" if config.loss == "auto" else config.loss)
    if ahead is not None:
        drawn = [int(seed) for seed in np.random.SeedSequence([config.seed, 1]).generate_state(3)]
        head = build_shared_head(int(features.shape[-1]), emitted, drawn, head_bias or 0.0)
        return Network(body, head, emitted, ahead)
    head = build_head(
        int(features.shape[-1]),
        output_size * emitted.num_params,
        activation=config.activation,
        kernel_initializer="zeros"
        if anchored
        else keras.initializers.GlorotUniform(seed=int(next(seeds))),
        bias_initializer="zeros" if anchored else keras.initializers.Constant(head_bias),
    )
    return Network(body, head, emitted)


def build_head(feature_size: int, output_size: int, **options: Any) -> Any:
    """A head of one Dense layer: features (B, T, D) -> outputs (B, T, K * Q).

    Args:
        feature_size: D.
        output_size: K * Q.
        options: of ``keras.layers.Dense``.
    """
    keras = load_keras()
    read = keras.Input((None, feature_size), dtype=FLOAT, name="features")
    outputs = keras.layers.Dense(output_size, dtype=FLOAT, name="outputs", **options)(read)
    return keras.Model(read, outputs, name="head")


def _read_once(
    config: Config, sequence: Any, mask: Any, seeds: Any
) -> tuple[list[Any], Any, list[Any]]:
    keras = load_keras()
    states_in: list[Any] = []
    states_out: list[Any] = []
    hidden, features = sequence, [sequence]
    for layer in range(config.num_layers):
        start = [
            keras.Input((config.hidden_size,), dtype=FLOAT, name=f"state_{layer}_{i}")
            for i in range(STATES_PER_CELL[config.cell])
        ]
        hidden, *end = _cell(config, layer, seeds)(hidden, initial_state=start, mask=mask)
        hidden = _dropout(config, str(layer), seeds, hidden)
        features.append(hidden)
        states_in += start
        states_out += end
    # An operation and no layer: it passes no mask on, which the head could not use.
    return states_in, keras.ops.concatenate(features, axis=-1), states_out


def _read_window(config: Config, sequence: Any, mask: Any, seeds: Any) -> Any:
    keras = load_keras()
    hidden, features = sequence, [sequence[:, -1, :]]
    ways = 2 if config.bidirectional else 1
    for layer in range(config.num_layers):
        reader = _cell(config, layer, seeds)
        if config.bidirectional:
            other = _cell(config, layer, seeds, go_backwards=not config.go_backwards)
            reader = keras.layers.Bidirectional(
                reader, backward_layer=other, dtype=FLOAT, name=f"both_ways_{layer}"
            )
        hidden, *end = reader(hidden, mask=mask)
        last = end[:: len(end) // ways]
        last = (
            keras.layers.Concatenate(dtype=FLOAT, name=f"last_{layer}")(last)
            if ways > 1
            else last[0]
        )
        features.append(_dropout(config, f"last_{layer}", seeds, last))
        if layer < config.num_layers - 1:
            hidden = _dropout(config, str(layer), seeds, hidden)
    beside = keras.layers.Concatenate(dtype=FLOAT, name="beside")(features)
    return keras.layers.Reshape((1, -1), dtype=FLOAT, name="one_step")(beside)


def _cell(config: Config, layer: int, seeds: Any, *, go_backwards: bool | None = None) -> Any:
    from rollcast.networks.recurrent import CELLS, ESN

    keras = load_keras()
    options = {
        "return_sequences": True,
        "return_state": True,
        "go_backwards": config.go_backwards if go_backwards is None else go_backwards,
        "dtype": FLOAT,
        "name": f"{config.cell}_{layer}",
    }
    first, second = int(next(seeds)), int(next(seeds))
    if config.cell == "esn":
        return ESN(
            config.hidden_size,
            config.leak_rate,
            config.spectral_radius,
            [INPUT_SCALES[name] for name in NAMES] if layer == 0 else HIDDEN_SCALE,
            seed=first,
            **options,
        )
    return CELLS[
        config.cell
    ](
        config.hidden_size,
        kernel_initializer=keras.initializers.GlorotUniform(seed=first),
        recurrent_initializer=keras.initializers.Orthogonal(seed=second),
        seed=first,  # of its own dropout, which is not used; without one it would differ by the clock
        **options,
    )


def _dropout(config: Config, name: str, seeds: Any, hidden: Any) -> Any:
    from rollcast.networks.recurrent import Dropout

    seed = int(next(seeds))
    if not config.dropout:
        return hidden
    return Dropout(config.dropout, seed=seed, dtype=FLOAT, name=f"dropout_{name}")(hidden)
