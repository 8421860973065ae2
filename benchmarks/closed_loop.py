"""Closed loops that hold: noiseless and noisy sines, Mackey-Glass and Lorenz, over many seeds.

Each network stands in columns: trained by gradients alone, one step ahead and through the loop; untrained under a
solved readout; trained under a solved readout; and as `fit` chooses. Beside them are seasonal naive, which is told the
period, and ridge autoregression. On noiseless sines these two are exact: such signals test the loop, and are no
evidence of forecasting skill.

    python benchmarks/closed_loop.py --case sine --seeds 20
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from measuring import emit

KNOWN, STEPS = 5120, 1280
RECIPE: dict[str, Any] = {"h": 128, "max_epochs": 20}
"""The same for every shape and signal; all else is chosen by `fit`."""

LOOPED: dict[str, Any] = {
    "h": 12,
    "readout": "gradient",
    "rollout": 96,
    "max_epochs": 40,
    "input_size": 120,
    "patience": None,
    "optimizer": "nadam",
}
"""Training through the closed loop, for gradients alone, at a learning rate that falls to zero."""

UPDATES = 16 * 40
"""Of the 40 epochs of such a training; one lane has more updates in an epoch."""

SHAPES: dict[str, dict[str, Any]] = {
    "LSTM(128)": {"hidden_size": 128},
    "4 x LSTM(32)": {"hidden_size": 32, "num_layers": 4},
    "4 x LSTM(32), stateful, one lane": {
        "hidden_size": 32,
        "num_layers": 4,
        "stateful": True,
        "batch_size": 1,
    },
}
THROUGH_LOOP = "gradients only, through the loop"
WAYS: dict[str, dict[str, Any]] = {
    "gradients only": {"readout": "gradient"},
    "untrained + readout": {"max_epochs": 0},
    "trained + readout": {"readout": "ridge"},
    "as fit chooses": {},
}


def scaled(values: np.ndarray) -> np.ndarray:
    """Values between 0 and 1."""
    return (values - values.min()) / (values.max() - values.min())


class Signal(NamedTuple):
    """What is known, and how it goes on.

    Attributes:
        known: that a network is trained on.
        history: of the series that it continues, the same one but for the unseen sine.
        truth: the clean continuation of ``history``.
        period: rows after which the first component repeats.
    """

    known: np.ndarray
    history: np.ndarray
    truth: np.ndarray
    period: int


def signal(case: str, seed: int) -> Signal:
    """A case, drawn anew for each seed where it has chance in it."""
    t, random = 2 * np.pi * np.arange(KNOWN + STEPS), np.random.default_rng(seed)
    if case == "unseen sine":
        size, phase = random.uniform(0.1, 0.45), random.uniform(0, 2 * np.pi)
        y, other = 0.5 + 0.5 * np.sin(t / 73.3), 0.5 + size * np.sin(t / 73.3 + phase)
        return Signal(y[:KNOWN], other[:KNOWN], other[KNOWN:], 733)
    if case == "two sines":
        y = scaled(np.sin(t / 100) + np.sin(t / 61.8))
    elif case == "modulated sine":
        y = scaled((1 + 0.3 * np.sin(t / 1370)) * np.sin(t / 100))
    else:
        y = scaled(np.sin(t / 100))
    clean = y[KNOWN:]
    if case == "noisy sine":
        y = y + 0.05 * random.standard_normal(len(y))
    known = y[:KNOWN]
    return Signal(known, known, clean, 100)


def rmse(made: np.ndarray, truth: np.ndarray) -> float:
    """Root mean square error; infinite where the loop blew up."""
    return float(np.sqrt(np.mean((made - truth) ** 2))) if np.isfinite(made).all() else np.inf


def autoregression(
    known: np.ndarray, history: np.ndarray, steps: int, lags: int = 200, penalty: float = 1e-9
) -> np.ndarray:
    """Ridge autoregression of a series, rolled forward on its own output after a history."""
    mean = known.mean()
    y = known - mean
    past = np.lib.stride_tricks.sliding_window_view(y, lags)[:-1]
    scatter = past.T @ past
    damped = scatter + penalty * np.trace(scatter) / lags * np.eye(lags)
    weights = np.linalg.solve(damped, past.T @ y[lags:])
    rolled = list(history[-lags:] - mean)
    for _ in range(steps):
        rolled.append(float(np.dot(weights, rolled[-lags:])))
    return np.array(rolled[lags:]) + mean


def table(name: str, values: np.ndarray) -> Any:
    """One series with an identifier, by which another one is told from it and scaled by itself."""
    import pandas as pd

    return pd.DataFrame({"unique_id": name, "ds": np.arange(len(values)), "y": values})


def once(case: str, options: dict[str, Any], seed: int) -> tuple[float, float]:
    """RMSE of the free run, and seconds of `fit` without compilation."""
    import rollcast as rc

    drawn = signal(case, seed)
    model = rc.Forecaster(**{**RECIPE, **options, "seed": seed})
    began = time.perf_counter()
    fitted = model.fit(table("known", drawn.known), progress="quiet")
    seconds = time.perf_counter() - began - fitted.compile_seconds
    later = None if drawn.history is drawn.known else table("other", drawn.history)
    return rmse(model.predict(later, h=STEPS).iloc[:, -1].to_numpy(), drawn.truth), seconds


def run(case: str, who: str, seeds: range, measured: Callable[[int], tuple[float, float]]) -> None:
    """Print the median and the worst of all seeds."""
    found = [measured(seed) for seed in seeds]
    errors, seconds = (sorted(column) for column in zip(*found, strict=True))
    emit(
        case,
        who,
        float(np.median(errors)),
        "RMSE, median",
        note=f"worst {errors[-1]:.2g}, fit {np.median(seconds):.1f} s, slowest {seconds[-1]:.1f} s, {len(seeds)} seeds",
    )
    sys.stdout.flush()


def falling(lanes: int | None) -> Any:
    """Keras' cosine decay over all updates of a training through the loop."""
    from rollcast.runtime.backend import load_keras
    from rollcast.training.plans import cut_pieces

    chunks = cut_pieces(np.array([0, KNOWN]), np.array([KNOWN]), 120, 0, 1).chunks.sum()
    updates = UPDATES if lanes is None else 40 * int(chunks)
    return load_keras().optimizers.schedules.CosineDecay(3e-3, updates)


def sines(case: str, seeds: range, shapes: list[str], ways: list[str]) -> None:
    """One signal, all shapes and ways."""
    for shape in shapes:
        for way in ways:
            options = {**SHAPES[shape], **(LOOPED if way == THROUGH_LOOP else WAYS[way])}
            if way == THROUGH_LOOP:
                options["learning_rate"] = falling(options.get("batch_size"))
            run(case, f"{shape}: {way}", seeds, partial(once, case, options))

    def naive(seed: int) -> tuple[float, float]:
        _, history, truth, period = signal(case, seed)
        return rmse(np.resize(history[-period:], STEPS), truth), 0.0

    def linear(seed: int) -> tuple[float, float]:
        known, history, truth, _ = signal(case, seed)
        began = time.perf_counter()
        made = autoregression(known, history, STEPS)
        return rmse(made, truth), time.perf_counter() - began

    some = seeds if case in ("noisy sine", "unseen sine") else range(1)
    run(case, "seasonal naive (true period)", some, naive)
    run(case, "ridge autoregression", some, linear)


CASES = ("sine", "unseen sine", "two sines", "modulated sine", "noisy sine")


def main() -> None:
    """Run the cases that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", choices=CASES, action="append")
    parser.add_argument("--shape", choices=list(SHAPES), action="append")
    parser.add_argument("--way", choices=[*WAYS, THROUGH_LOOP], action="append")
    parser.add_argument("--seeds", type=int, default=20)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    for case in arguments.case or CASES:
        ways = arguments.way or [*WAYS, THROUGH_LOOP]
        sines(case, range(arguments.seeds), arguments.shape or list(SHAPES), ways)


if __name__ == "__main__":
    main()
