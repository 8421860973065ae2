"""A training step of five networks against three peers, on two threads.

The whole step counts: Nadam, dropout as in the tutorial (0.2 after a single layer, 0.05 after each of several), mean
square error of one output. Rollcast trains by its own loop, and once more by its layers in Keras' `fit`. The peers are
stock Keras `fit` on JAX and on TensorFlow, and PyTorch's nn.LSTM or nn.GRU in a plain loop over batches made before,
with fused Adam (its NAdam has no fused form). All take turns, each in a process of its own; a process' first epoch,
which compiles, is given apart. Medians over all epochs of all turns.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any, NamedTuple

from measuring import emit, median, worker

TURNS = 3
THREADS = 2


class Case(NamedTuple):
    """A network and its batches: `updates` of `batch` windows of `steps` values."""

    cell: str
    layers: int
    units: int
    batch: int
    steps: int
    updates: int
    epochs: int

    @property
    def name(self) -> str:
        """As in the table."""
        count = f"{self.layers} x " if self.layers > 1 else ""
        return f"{count}{self.cell}({self.units}), {self.batch}, {self.steps}"

    @property
    def dropout(self) -> float:
        """After each layer."""
        return 0.05 if self.layers > 1 else 0.2

    @property
    def rows(self) -> int:
        """Of a series whose first four fifths give all windows."""
        return self.updates * self.batch * 5 // 4 + self.steps


CASES = [
    Case("LSTM", 1, 128, 64, 13, 80, 6),
    Case("LSTM", 4, 32, 64, 13, 80, 6),
    Case("LSTM", 2, 64, 256, 64, 10, 4),
    Case("LSTM", 2, 256, 256, 64, 4, 3),
    Case("GRU", 2, 64, 256, 64, 10, 4),
]
PEERS = {
    "Rollcast": "jax",
    "Rollcast's layers in Keras fit": "jax",
    "Keras fit on JAX": "jax",
    "PyTorch, fused Adam": "torch",
    "Keras fit on TensorFlow": "tensorflow",
}


def main() -> None:
    """Take turns, print the medians."""
    for index, case in enumerate(CASES):
        seconds: dict[str, list[list[float]]] = {who: [] for who in PEERS}
        for _ in range(TURNS):
            for who, backend in PEERS.items():
                seconds[who].append(worker(__file__, str(index), who, backend=backend))
        steps = {
            who: median([s for turn in turns for s in turn[1:]]) / case.updates * 1e3
            for who, turns in seconds.items()
        }
        for who, turns in seconds.items():
            first = f"first epoch {median([turn[0] for turn in turns]):.1f} s"
            ratio = f"{steps[who] / steps['Rollcast']:.2f}x"
            emit(case.name, who, steps[who], "ms a step", against_rollcast=ratio, note=first)


def scaled(rows: int) -> Any:
    """The tutorial's sine, 0..1."""
    import numpy as np

    return (np.sin(np.arange(rows) * 20 * np.pi / 1000).astype(np.float32) + 1) / 2


def network(case: Case, layers: Any) -> Any:
    """The case's Keras model, compiled, of stock layers or of Rollcast's."""
    import keras

    stack: list[Any] = [keras.Input((case.steps, 1))]
    for i in range(case.layers):
        more = i < case.layers - 1
        stack += [
            getattr(layers, case.cell)(case.units, return_sequences=more),
            layers.Dropout(case.dropout),
        ]
    model = keras.Sequential([*stack, keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer="nadam")
    return model


def rollcast_loop(case: Case) -> list[float]:
    """Seconds of each epoch."""
    import rollcast.layers
    from rollcast import tutorial

    windows = tutorial.make_windows(scaled(case.rows), time_step=case.steps + 1)
    history = tutorial.fit(
        network(case, rollcast.layers),
        windows,
        epochs=case.epochs + 1,
        batch_size=case.batch,
        validation_split=0,
        progress="quiet",
    )
    return list(history.seconds)


def keras_fit(case: Case, layers: Any) -> list[float]:
    """Seconds of each epoch."""
    import keras
    import numpy as np

    cut = np.lib.stride_tricks.sliding_window_view(scaled(case.rows), case.steps + 1)
    cut = cut[: case.updates * case.batch]
    model = network(case, layers)

    class Clock(keras.callbacks.Callback):
        """How long each epoch took."""

        seconds: list[float]

        def on_train_begin(self, logs: Any = None) -> None:
            self.seconds = []

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.began = time.perf_counter()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.seconds.append(time.perf_counter() - self.began)

    clock = Clock()
    model.fit(
        cut[:, :-1, None].copy(),
        cut[:, -1:].copy(),
        batch_size=case.batch,
        epochs=case.epochs + 1,
        shuffle=False,
        verbose=0,
        callbacks=[clock],
    )
    return clock.seconds


def torch_loop(case: Case) -> list[float]:
    """Seconds of each epoch."""
    import torch

    torch.set_num_threads(THREADS)
    torch.manual_seed(0)
    cut = torch.from_numpy(scaled(case.rows)).unfold(0, case.steps + 1, 1)
    cut = cut[: case.updates * case.batch].reshape(case.updates, case.batch, case.steps + 1)
    # Time comes first, as these layers like it best.
    batches = [(b[:, :-1].T[:, :, None].contiguous(), b[:, -1:].contiguous()) for b in cut]
    between = case.dropout if case.layers > 1 else 0.0
    kind = getattr(torch.nn, case.cell)
    reader = kind(1, case.units, case.layers, dropout=between)
    dropout, head = torch.nn.Dropout(case.dropout), torch.nn.Linear(case.units, 1)
    parameters = [*reader.parameters(), *head.parameters()]
    optimizer = torch.optim.Adam(parameters, fused=True)
    seconds: list[float] = []
    for _ in range(case.epochs + 1):
        began = time.perf_counter()
        for inputs, targets in batches:
            optimizer.zero_grad(set_to_none=True)
            outputs = head(dropout(reader(inputs)[0][-1]))
            torch.nn.functional.mse_loss(outputs, targets).backward()
            optimizer.step()
        seconds.append(time.perf_counter() - began)
    return seconds


def run(case: Case, who: str) -> list[float]:
    """One process' turn."""
    if who.startswith("PyTorch"):
        return torch_loop(case)
    if who == "Rollcast":
        return rollcast_loop(case)
    import keras

    if who.startswith("Rollcast"):
        from rollcast import layers
    else:
        layers = keras.layers
    return keras_fit(case, layers)


if __name__ == "__main__":
    if "--worker" in sys.argv:
        print(json.dumps(run(CASES[int(sys.argv[2])], sys.argv[3])))
    else:
        main()
