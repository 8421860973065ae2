"""Closed loops that hold: noiseless and noisy sines, Mackey-Glass and Lorenz, over many seeds.

Each network stands in four columns: trained by gradients alone, its untrained recurrence under a solved readout, the
trained one under a solved readout, and what `fit` chooses by itself. Beside them are seasonal naive, which is told the
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
from typing import Any

import numpy as np

from measuring import emit

KNOWN, STEPS = 5120, 1280
RECIPE: dict[str, Any] = {"h": 128}
"""The same for every shape and signal; all else is chosen by `fit`."""

LOOPED: dict[str, Any] = {"readout": "gradient", "rollout": 96, "max_epochs": 30, "input_size": 120}
"""Training through the closed loop, for gradients alone."""

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
WAYS: dict[str, dict[str, Any]] = {
    "gradients only": {"readout": "gradient"},
    "untrained + readout": {"max_epochs": 0},
    "trained + readout": {"readout": "ridge"},
    "as fit chooses": {},
}


def scaled(values: np.ndarray) -> np.ndarray:
    """Values between 0 and 1."""
    return (values - values.min()) / (values.max() - values.min())


def signal(case: str, seed: int) -> tuple[np.ndarray, np.ndarray, int]:
    """A series, its clean continuation, and its true period (of the first component)."""
    t = np.arange(KNOWN + STEPS)
    if case == "two sines":
        y = scaled(np.sin(2 * np.pi * t / 100) + np.sin(2 * np.pi * t / 61.8))
    elif case == "modulated sine":
        y = scaled((1 + 0.3 * np.sin(2 * np.pi * t / 1370)) * np.sin(2 * np.pi * t / 100))
    else:
        y = scaled(np.sin(2 * np.pi * t / 100))
    clean = y[KNOWN:]
    if case == "noisy sine":
        y = y + 0.05 * np.random.default_rng(seed).standard_normal(len(y))
    return y[:KNOWN], clean, 100


def rmse(made: np.ndarray, truth: np.ndarray) -> float:
    """Root mean square error; infinite where the loop blew up."""
    return float(np.sqrt(np.mean((made - truth) ** 2))) if np.isfinite(made).all() else np.inf


def autoregression(known: np.ndarray, steps: int, lags: int = 200, penalty: float = 1e-9) -> Any:
    """Ridge autoregression, rolled forward on its own output."""
    mean = known.mean()
    y = known - mean
    past = np.lib.stride_tricks.sliding_window_view(y, lags)[:-1]
    scatter = past.T @ past
    damped = scatter + penalty * np.trace(scatter) / lags * np.eye(lags)
    weights = np.linalg.solve(damped, past.T @ y[lags:])
    rolled = list(y[-lags:])
    for _ in range(steps):
        rolled.append(float(np.dot(weights, rolled[-lags:])))
    return np.array(rolled[lags:]) + mean


def fit_and_roll(
    known: np.ndarray, options: dict[str, Any], other: Any = None
) -> tuple[Any, float]:
    """Forecasts of the next 1,280 values, and seconds of `fit` without compilation."""
    import rollcast as rc

    model = rc.Forecaster(**{**RECIPE, **options})
    began = time.perf_counter()
    history = model.fit(known, progress="quiet")
    seconds = time.perf_counter() - began - history.compile_seconds
    if other is not None:
        return model.predict(other, h=STEPS).iloc[:, -1].to_numpy(), seconds
    return model.predict(h=STEPS).iloc[:, -1].to_numpy(), seconds


def run(case: str, who: str, seeds: range, once: Callable[[int], tuple[float, float]]) -> None:
    """Print the median and the worst of all seeds."""
    found = [once(seed) for seed in seeds]
    errors, seconds = (sorted(column) for column in zip(*found, strict=True))
    emit(
        case,
        who,
        float(np.median(errors)),
        "RMSE, median",
        worst=f"{errors[-1]:.2g}",
        seconds=f"{np.median(seconds):.1f}",
        slowest=f"{seconds[-1]:.1f}",
        seeds=len(seeds),
    )
    sys.stdout.flush()


def sines(case: str, seeds: range, shapes: list[str]) -> None:
    """One signal, all shapes and ways."""
    for shape in shapes:
        ways = dict(WAYS)
        if case == "sine":
            ways["gradients only, closed-loop training"] = LOOPED
        for way, options in ways.items():

            def once(seed: int, shape: str = shape, options: Any = options) -> tuple[float, float]:
                known, truth, _ = signal(case, seed)
                chosen = {**SHAPES[shape], **options, "seed": seed}
                if case == "unseen sine":
                    t = np.arange(KNOWN + STEPS)
                    known = 0.5 + 0.5 * np.sin(2 * np.pi * t[:KNOWN] / 73.3)
                    random = np.random.default_rng(seed)
                    phase, size = random.uniform(0, 2 * np.pi), random.uniform(0.2, 0.45)
                    other = 0.5 + size * np.sin(2 * np.pi * t / 73.3 + phase)
                    made, seconds = fit_and_roll(known, chosen, other[:KNOWN])
                    return rmse(made, other[KNOWN:]), seconds
                made, seconds = fit_and_roll(known, chosen)
                return rmse(made, truth), seconds

            run(case, f"{shape}: {way}", seeds, once)

    def naive(seed: int) -> tuple[float, float]:
        known, truth, period = signal(case, seed)
        return rmse(np.resize(known[-period:], STEPS), truth), 0.0

    def linear(seed: int) -> tuple[float, float]:
        known, truth, _ = signal(case, seed)
        began = time.perf_counter()
        made = autoregression(known, STEPS)
        return rmse(made, truth), time.perf_counter() - began

    some = seeds if case == "noisy sine" else range(1)
    if case != "unseen sine":
        run(case, "seasonal naive (true period)", some, naive)
        run(case, "ridge autoregression", some, linear)


CASES = ("sine", "unseen sine", "two sines", "modulated sine", "noisy sine")


def main() -> None:
    """Run the cases that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", choices=CASES, action="append")
    parser.add_argument("--shape", choices=list(SHAPES), action="append")
    parser.add_argument("--seeds", type=int, default=20)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    for case in arguments.case or CASES:
        sines(case, range(arguments.seeds), arguments.shape or list(SHAPES))


if __name__ == "__main__":
    main()
