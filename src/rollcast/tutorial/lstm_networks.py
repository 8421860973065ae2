"""The tutorial's three networks, as it has them: layer for layer, name for name, faults included."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from rollcast._types import Array
from rollcast.errors import ArgumentError, show
from rollcast.options.argument_checks import MOST_SEED, whole
from rollcast.runtime.backend import FLOAT, load_keras
from rollcast.training.optimizers import make_optimizer

HIDDEN: Final = 32
LAYERS: Final = 4


def simple_lstm(*, seed: int = 0) -> Any:
    """One LSTM layer that reads the window from its newest value to its oldest.

    LSTM(128, go_backwards) - Dropout(0.2) - Dense(1, relu); mean square error, Nadam; 66,689
    parameters. The ``relu`` can die and then gives 0 for every input, as in the tutorial's own log.

    Args:
        seed: of the first weights and of dropout.

    Returns:
        A compiled ``keras.Sequential``: windows (B, T, 1) -> forecasts (B, 1).
    """
    keras, seeds = load_keras(), _seeds(seed)
    layers = [
        keras.Input((None, 1), dtype=FLOAT),
        _lstm(128, "simpleLSTM00", seeds, go_backwards=True),
        _dropout(0.2, "dropout00", seeds),
        _dense("dense_1", seeds),
    ]
    model = keras.Sequential(layers, name="simple_lstm")
    _compile(model, loss="mse", metrics=_metrics())
    return model


def stacked_lstm(*, seed: int = 0) -> Any:
    """Four LSTM layers over each other.

    4 x (LSTM(32) - Dropout(0.05)) - Dense(1, relu); the tutorial's own ``rmse`` as the loss, Nadam;
    29,345 parameters. The loss has no finite gradient where the error is exactly zero.

    Args:
        seed: of the first weights and of dropout.

    Returns:
        A compiled ``keras.Sequential``: windows (B, T, 1) -> forecasts (B, 1).
    """
    keras, seeds = load_keras(), _seeds(seed)
    layers: list[Any] = [keras.Input((None, 1), dtype=FLOAT)]
    for i in range(LAYERS):
        layers += [
            _lstm(HIDDEN, f"simpleLSTM_{i:02}", seeds, return_sequences=i < LAYERS - 1),
            _dropout(0.05, _dropout_name(i), seeds),
        ]
    model = keras.Sequential([*layers, _dense("OutPut", seeds)], name="stacked_lstm")
    _compile(model, loss=rmse, metrics=_metrics())
    return model


def stateful_stacked_lstm(*, seed: int = 0) -> Any:
    """The same stack with its state in the open: the section that the tutorial left empty.

    Layers, names, first weights, loss and optimizer are those of ``stacked_lstm``. What differs is
    where reading starts: the states after one chunk are what the next chunk starts from. The caller
    holds them; nothing is kept in the layers, and nothing has to be reset. A chunk may have any
    length: 13 rows in training, a single new value in a free run.

    Args:
        seed: of the first weights and of dropout.

    Returns:
        A compiled functional ``keras.Model``: [chunk (B, T, 1), 8 states (B, 32)] ->
        [forecast (B, 1) of the row after the chunk, 8 states (B, 32)].
    """
    keras, seeds = load_keras(), _seeds(seed)
    hidden = chunk = keras.Input((None, 1), dtype=FLOAT, name="chunk")
    before: list[Any] = []
    after: list[Any] = []
    for i in range(LAYERS):
        start = [
            keras.Input((HIDDEN,), dtype=FLOAT, name=f"{part}_{i:02}")
            for part in ("hidden", "cell")
        ]
        layer = _lstm(
            HIDDEN,
            f"simpleLSTM_{i:02}",
            seeds,
            return_sequences=i < LAYERS - 1,
            return_state=True,
        )
        hidden, *end = layer(hidden, initial_state=start)
        hidden = _dropout(0.05, _dropout_name(i), seeds)(hidden)
        before += start
        after += end
    outputs = [_dense("OutPut", seeds)(hidden), *after]
    model = keras.Model([chunk, *before], outputs, name="stateful_stacked_lstm")
    _compile(model, loss=[rmse, *[None] * len(after)])
    return model


NETWORKS: Final[dict[str, Callable[..., Any]]] = {
    "simple": simple_lstm,
    "stacked": stacked_lstm,
    "stateful stacked": stateful_stacked_lstm,
}
"""The three networks by short names, in the tutorial's order."""


def rmse(y_true: Array, y_pred: Array) -> Array:
    """The tutorial's loss, its fault included: ``sqrt(mean((y_pred - y_true)^2))`` of each sample.

    With one output the mean is over one value, so this is the absolute error. Where the error is
    exactly zero the root has an infinite slope, and the gradient is NaN. ``loss="rmse"`` elsewhere
    in Rollcast is the root over the whole batch, and finite everywhere.

    Args:
        y_true: (..., K)
        y_pred: (..., K)

    Returns:
        (...) one error for each sample.
    """
    ops = load_keras().ops
    return ops.sqrt(ops.mean(ops.square(y_pred - y_true), axis=-1))


def summary(model: Any) -> None:
    """Print Keras' own table of a network.

    Args:
        model: any Keras model.
    """
    if not isinstance(model, load_keras().Model):
        raise ArgumentError(f"`model` must be a Keras model; got {show(model)}.")
    model.summary()


def _compile(model: Any, **options: Any) -> None:
    # Keras would scale the loss, and so change the optimizer, where its policy is mixed_float16.
    model.compile(optimizer=make_optimizer("nadam"), auto_scale_loss=False, **options)


def _lstm(units: int, name: str, seeds: Iterator[int], **options: Any) -> Any:
    from rollcast.networks.recurrent import LSTM

    initializers = load_keras().initializers
    return LSTM(
        units,
        kernel_initializer=initializers.GlorotUniform(seed=next(seeds)),
        recurrent_initializer=initializers.Orthogonal(seed=next(seeds)),
        seed=next(seeds),
        dtype=FLOAT,
        name=name,
        **options,
    )


def _dropout(rate: float, name: str, seeds: Iterator[int]) -> Any:
    from rollcast.networks.recurrent import Dropout

    return Dropout(rate, seed=next(seeds), dtype=FLOAT, name=name)


def _dense(name: str, seeds: Iterator[int]) -> Any:
    keras = load_keras()
    initializer = keras.initializers.GlorotUniform(seed=next(seeds))
    return keras.layers.Dense(
        1, activation="relu", kernel_initializer=initializer, dtype=FLOAT, name=name
    )


def _dropout_name(layer: int) -> str:
    return "dropout_FIN" if layer == LAYERS - 1 else f"Dropout_{layer:02}"


def _metrics() -> list[Any]:
    return [load_keras().metrics.RootMeanSquaredError(name="rmse"), "mae"]


def _seeds(seed: int) -> Iterator[int]:
    return map(
        int, np.random.SeedSequence(whole("seed", seed, 0, MOST_SEED)).generate_state(5 * LAYERS)
    )
