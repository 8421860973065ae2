"""The shared head: one small network for every step ahead, which reads what is known of that step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rollcast.networks.distribution import Distribution
from rollcast.networks.sizes import UNITS
from rollcast.options import Config
from rollcast.preprocessing.ahead import AHEAD, ANCHORS, Ahead
from rollcast.runtime.backend import FLOAT, load_keras


def make_ahead(config: Config, *, steps: int, ring: int) -> Ahead | None:
    """What a head reads of each step ahead; None for the linear one, which reads nothing.

    Args:
        config: with the season settled.
        steps: K.
        ring: R, the newest values that a state remembers; a longer season is left out.
    """
    if config.head == "linear":
        return None
    season = config.season_length or 1
    return Ahead(steps, season if season <= ring else 1)


def build_shared_head(
    feature_size: int, distribution: Distribution, seeds: Sequence[int], bias: float = 0.0
) -> Any:
    """A Keras model: features (B, O, D) and what is known ahead (B, O, K, P) -> outputs (B, O, K, Q).

    The outputs start at zero, so that an untrained network equals its anchor. Each of the two anchors moves them by a
    share that the network gives.

    Args:
        feature_size: D.
        distribution: what is emitted.
        seeds: three, of the weights.
        bias: where the outputs start.
    """
    keras = load_keras()
    Q, A = distribution.num_params, len(ANCHORS)
    features = keras.Input((None, feature_size), dtype=FLOAT, name="features")
    ahead = keras.Input((None, None, len(AHEAD)), dtype=FLOAT, name="ahead")

    def dense(units: int, name: str, **options: Any) -> Any:
        return keras.layers.Dense(units, dtype=FLOAT, name=name, **options)

    first, second, third = (keras.initializers.GlorotUniform(seed=seed) for seed in seeds)
    origin = dense(UNITS, "origin", kernel_initializer=first)(features)
    step = dense(UNITS, "step", kernel_initializer=second, use_bias=False)(ahead)
    hidden = keras.ops.tanh(keras.ops.expand_dims(origin, 2) + step)
    hidden = dense(UNITS, "both", kernel_initializer=third, activation="tanh")(hidden)
    start = np.zeros(Q + A, np.float32)
    start[distribution.location] = bias
    emitted = dense(
        Q + A,
        "outputs",
        kernel_initializer="zeros",
        bias_initializer=keras.initializers.Constant(start),
    )(hidden)
    moved = keras.ops.sum(emitted[..., Q:] * ahead[..., :A], axis=-1, keepdims=True)
    place = np.eye(Q, dtype=np.float32)[distribution.location]
    outputs = emitted[..., :Q] + moved * place
    return keras.Model([features, ahead], outputs, name="head")
