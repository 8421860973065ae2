"""An epoch of the tutorial's networks: 5,056 windows of 13, batch 64, Nadam, dropout as in the tutorial.

Rollcast and stock Keras `fit` on JAX, TensorFlow and PyTorch take turns, each in a process of its own; the first epoch
of a process, which compiles, is not counted. The median over all epochs of all turns is given.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from measuring import emit, median, worker

TURNS = 3
EPOCHS = {"rollcast": 12, "jax": 12, "tensorflow": 8, "torch": 4}
ROWS = 6333  # 6,320 windows, of which 5,056 are for training
NETWORKS = ("simple", "stacked")


def main() -> None:
    """Take turns, print the medians."""
    for network in NETWORKS:
        seconds: dict[str, list[float]] = {who: [] for who in EPOCHS}
        for _ in range(TURNS):
            for who in EPOCHS:
                backend = "jax" if who == "rollcast" else who
                seconds[who] += worker(__file__, network, who, backend=backend)
        ours = median(seconds["rollcast"])
        for who, values in seconds.items():
            name = "Rollcast" if who == "rollcast" else f"Keras fit on {who}"
            ratio = f"{median(values) / ours:.2f}x"
            emit(f"{network}, an epoch", name, median(values), "s", against_rollcast=ratio)


def ours(network: str) -> list[float]:
    """Seconds of each epoch after the first."""
    from rollcast import datasets, tutorial

    windows = tutorial.make_windows(datasets.sine()["y"].to_numpy()[:ROWS])
    model = tutorial.simple_lstm() if network == "simple" else tutorial.stacked_lstm()
    epochs = EPOCHS["rollcast"] + 1
    history = tutorial.fit(model, windows, epochs=epochs, validation_split=0, progress="quiet")
    return list(history.seconds[1:])


def stock(network: str, backend: str) -> list[float]:
    """Seconds of each epoch after the first, with stock layers and the same arrays."""
    import keras
    import numpy as np
    from keras import layers

    scaled = (np.sin(np.arange(ROWS) * 20 * np.pi / 1000).astype(np.float32) + 1) / 2
    cut = np.lib.stride_tricks.sliding_window_view(scaled, 14)[:5056]
    model = keras.Sequential([layers.Input((13, 1)), *stack(layers, network)])
    model.compile(loss="mse", optimizer="nadam", metrics=["mae"])

    class Clock(keras.callbacks.Callback):
        """When each epoch began and ended."""

        seconds: list[float]

        def on_train_begin(self, logs: Any = None) -> None:
            self.seconds = []

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.began = time.perf_counter()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.seconds.append(time.perf_counter() - self.began)

    clock = Clock()
    model.fit(
        cut[:, :13, None].copy(),
        cut[:, 13:].copy(),
        batch_size=64,
        epochs=EPOCHS[backend] + 1,
        shuffle=False,
        verbose=0,
        callbacks=[clock],
    )
    return clock.seconds[1:]


def stack(layers: Any, network: str) -> list[Any]:
    """The tutorial's layers."""
    if network == "simple":
        recurrent = [layers.LSTM(128, go_backwards=True), layers.Dropout(0.2)]
    else:
        recurrent = []
        for i in range(4):
            recurrent += [layers.LSTM(32, return_sequences=i < 3), layers.Dropout(0.05)]
    return [*recurrent, layers.Dense(1, activation="relu")]


if __name__ == "__main__":
    if "--worker" in sys.argv:
        network, who = sys.argv[2:4]
        print(json.dumps(ours(network) if who == "rollcast" else stock(network, who)))
    else:
        main()
