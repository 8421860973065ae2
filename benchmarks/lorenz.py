"""Lorenz-63 with its full state observed: how long a free run stays with the truth, in Lyapunov times.

The Forecaster forecasts one column; here its parts (the layers, the ridge regression) are put together for three. Valid
prediction time: until the error exceeds half of the attractor's standard deviation, mean over 50 starts, each after
reading 100 values; capped at 12 Lyapunov times.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from measuring import emit

DT, LYAPUNOV = 0.02, 0.9056
KNOWN, WARMUP, STARTS = 5000, 100, 50
CAP = round(12 / LYAPUNOV / DT)
PENALTIES = 10.0 ** np.arange(-14, -5)
CHUNK, BATCH = 100, 32
Readout = tuple[np.ndarray, np.ndarray]


def lorenz(length: int, substeps: int = 4) -> np.ndarray:
    """(length, 3) by the classic fourth-order Runge-Kutta method, after a transient."""

    def slope(u: np.ndarray) -> np.ndarray:
        x, y, z = u
        return np.array([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z])

    u, dt, found = np.array([1.0, 1.0, 1.05]), DT / substeps, []
    for step in range((length + 1000) * substeps):
        if step % substeps == 0 and step >= 1000 * substeps:
            found.append(u)
        k1 = slope(u)
        k2 = slope(u + dt / 2 * k1)
        k3 = slope(u + dt / 2 * k2)
        k4 = slope(u + dt * k3)
        u = u + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return np.array(found)


def body(cell: str, units: int, layers: int, seed: int) -> Any:
    """(B, T, 3) and states -> the input beside every layer's output, and states."""
    from rollcast.networks.recurrent import CELLS, keras
    from rollcast.networks.weight_shapes import STATES_PER_CELL

    hidden = sequence = keras.Input((None, 3))
    features, before, after = [sequence], [], []
    for layer in range(layers):
        start = [keras.Input((units,)) for _ in range(STATES_PER_CELL[cell])]
        options = (
            {"seed": seed + layer, "spectral_radius": 0.9, "leak_rate": 1.0, "input_scale": 0.1}
            if cell == "esn"
            else {
                "kernel_initializer": keras.initializers.GlorotUniform(seed=seed + layer),
                "recurrent_initializer": keras.initializers.Orthogonal(seed=seed + layer),
            }
        )
        reader = CELLS[cell](units, return_sequences=True, return_state=True, **options)
        hidden, *end = reader(hidden, initial_state=start)
        features.append(hidden)
        before += start
        after += end
    return keras.Model([sequence, *before], [keras.ops.concatenate(features, axis=-1), *after])


def train(network: Any, values: np.ndarray, updates: int, seed: int) -> Readout:
    """One-step forecasts of the change by gradients, on chunks drawn at random; the readout that gradients found."""
    from rollcast.networks.recurrent import keras

    sequence = keras.Input((CHUNK, 3))
    zeros = [
        keras.ops.zeros_like(sequence[:, 0, :1]) + keras.ops.zeros((s.shape[-1],))
        for s in network.inputs[1:]
    ]
    features = network([sequence, *zeros])[0]
    head = keras.layers.Dense(3, kernel_initializer="zeros")
    model = keras.Model(sequence, head(features))
    starts = np.random.default_rng(seed).integers(0, KNOWN - CHUNK - 1, (updates * BATCH,))
    rows = starts[:, None] + np.arange(CHUNK)
    change = np.diff(values, axis=0)
    size = change[:KNOWN].std(axis=0)
    change = change / size
    rate = keras.optimizers.schedules.CosineDecay(3e-3, updates)
    model.compile(keras.optimizers.Nadam(rate, global_clipnorm=1.0), "mse")
    model.fit(values[rows], change[rows], batch_size=BATCH, shuffle=False, verbose=0)
    kernel, bias = (np.asarray(v.value) * size.astype(np.float32) for v in head.variables)
    return kernel, bias


def solve(network: Any, values: np.ndarray) -> Callable[[float], Readout]:
    """Penalty -> the readout of the change, by ridge regression on all known values."""
    from rollcast.networks.ridge import FeatureMoments, Ridge

    known = values[:KNOWN].astype(np.float32)
    zeros = [np.zeros((1, s.shape[-1]), np.float32) for s in network.inputs[1:]]
    features = np.asarray(network([known[None], *zeros])[0])[0].astype(float)
    x, y = features[WARMUP:-1], np.diff(values[:KNOWN], axis=0)[WARMUP:]
    scatter = (x - x.mean(0)).T @ (x - x.mean(0)) / len(x)
    cross = (x - x.mean(0)).T @ (y - y.mean(0)) / len(x)
    return Ridge.of(FeatureMoments(len(x), x.mean(0), y.mean(0), scatter, cross)).solve


def valid_steps(
    network: Any, readout: Readout, values: np.ndarray, starts: np.ndarray
) -> np.ndarray:
    """(S,) steps until the error is too large, of free runs from many starts."""
    import jax

    kernel, bias = readout
    index = starts[:, None] + np.arange(WARMUP)
    zeros = [np.zeros((len(starts), s.shape[-1]), np.float32) for s in network.inputs[1:]]
    weights = [
        [v.value for v in group]
        for group in (network.trainable_variables, network.non_trainable_variables)
    ]

    @jax.jit
    def run(weights: Any, read: Any, states: Any, kernel: Any, bias: Any) -> Any:
        def step(carry: Any, _: None) -> Any:
            value, features, states = carry
            value = value + features[:, -1] @ kernel + bias
            (features, *states), _ = network.stateless_call(*weights, [value[:, None], *states])
            return (value, features[:, -1:], states), value

        (features, *states), _ = network.stateless_call(*weights, [read, *states])
        return jax.lax.scan(step, (read[:, -1], features[:, -1:], states), length=CAP)[1]

    made = np.asarray(run(weights, values[index].astype(np.float32), zeros, kernel, bias)).swapaxes(
        0, 1
    )
    truth = values[(starts + WARMUP)[:, None] + np.arange(CAP)]
    scale = np.sqrt(((values - values.mean(0)) ** 2).sum(-1).mean())
    error = np.sqrt(((made - truth) ** 2).sum(-1)) / scale
    wrong = ~(error <= 0.5)
    return np.where(wrong.any(1), wrong.argmax(1), CAP)


def measure(
    cell: str, units: int, layers: int, updates: int, solved: bool, seed: int
) -> tuple[float, float]:
    """Mean valid prediction time in Lyapunov times, and seconds to fit."""
    values = lorenz(KNOWN + 1000 + STARTS * 300 + CAP)
    values = (values - values[:KNOWN].mean(0)) / values[:KNOWN].std(0)
    began = time.perf_counter()
    network = body(cell, units, layers, seed)
    readout = train(network, values, updates, seed) if updates else None
    if solved or readout is None:
        readout = choose(network, values)
    seconds = time.perf_counter() - began
    outer = KNOWN + 500 + 300 * np.arange(STARTS)
    steps = valid_steps(network, readout, values, outer)
    return float(steps.mean() * DT * LYAPUNOV), seconds


def choose(network: Any, values: np.ndarray) -> Readout:
    """The readout of the penalty with which free runs inside the known part hold longest."""
    readouts = solve(network, values)
    inner = np.linspace(0, KNOWN - WARMUP - CAP, 20).astype(int)
    held = {p: valid_steps(network, readouts(p), values, inner).mean() for p in PENALTIES}
    return readouts(max(held, key=held.__getitem__))


NETWORKS = {
    "ESN(500)": ("esn", 500, 1, 0, True),
    "2 x LSTM(128), untrained": ("lstm", 128, 2, 0, True),
    "2 x LSTM(128), trained": ("lstm", 128, 2, 600, True),
    "2 x LSTM(128), gradients only": ("lstm", 128, 2, 600, False),
}


def main() -> None:
    """Print the mean over seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    seeds = range(parser.parse_args().seeds)
    for who, options in NETWORKS.items():
        found = [measure(*options, seed) for seed in seeds]
        times, seconds = zip(*found, strict=True)
        emit(
            "Lorenz-63, full state",
            who,
            float(np.median(times)),
            "Lyapunov times, mean over starts, median over seeds",
            note=f"worst {min(times):.3g}, fit {np.median(seconds):.1f} s, {len(times)} seeds",
        )


if __name__ == "__main__":
    main()
