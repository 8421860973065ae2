"""Mackey-Glass, tau = 17: the error 84 steps ahead after 3,000 training points, and what `fit` takes for it.

NRMSE84 over 50 starts behind the training points, each after reading all values before it; a network trained by
gradients, alone and under a solved readout, the same one untrained, an echo state network, and ridge autoregression.
"""

from __future__ import annotations

import argparse
import time
import warnings
from typing import Any

import numpy as np

from closed_loop import autoregression
from measuring import emit

KNOWN, STARTS, H = 3000, 50, 84
FIRST = KNOWN + 499
TRAINED: dict[str, Any] = {
    "num_layers": 4,
    "hidden_size": 128,
    "output_size": 1,
    "max_epochs": 40,
}
NETWORKS: dict[str, dict[str, Any]] = {
    "ESN(500)": {"cell": "esn"},
    "4 x LSTM(128), untrained": {"num_layers": 4, "hidden_size": 128, "max_epochs": 0},
    "4 x LSTM(128), trained": {**TRAINED, "readout": "ridge"},
    "4 x LSTM(128), gradients only": {**TRAINED, "readout": "gradient"},
}


def measure(options: dict[str, Any], seed: int) -> tuple[float, float]:
    """NRMSE84 and seconds of `fit` without compilation."""
    import rollcast as rc
    from rollcast.data.origins import Origins
    from rollcast.tables import to_panel

    values = series()
    model = rc.Forecaster(h=H, seed=seed, **options)
    began = time.perf_counter()
    history = model.fit(values[:KNOWN], progress="quiet")
    seconds = time.perf_counter() - began - history.compile_seconds
    origins = Origins(np.zeros(STARTS, np.int64), FIRST - KNOWN + H * np.arange(STARTS))
    rows = to_panel(values)[0].drop(np.array([KNOWN]))
    made = model.fitted.model.forecast_at(model.state, rows, origins, H)[:, -1]
    return nrmse(made, values), seconds


def series() -> np.ndarray:
    """The training points, and what the starts need behind them."""
    import rollcast as rc

    return rc.datasets.mackey_glass(length=FIRST + H * (STARTS + 1))["y"].to_numpy()


def nrmse(made: np.ndarray, values: np.ndarray) -> float:
    """Error of the forecasts (STARTS,) of the value 84 steps ahead, in standard deviations."""
    truth = values[FIRST + H * np.arange(STARTS) + H]
    return float(np.sqrt(np.mean((made - truth) ** 2) / values.var()))


def linear() -> float:
    """NRMSE84 of ridge autoregression."""
    values = series()
    made = [
        autoregression(values[:KNOWN], values[: FIRST + H * i + 1], H)[-1] for i in range(STARTS)
    ]
    return nrmse(np.array(made), values)


def main() -> None:
    """Print the median over seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--network", choices=list(NETWORKS), action="append")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    for who in arguments.network or NETWORKS:
        found = [measure(NETWORKS[who], seed) for seed in range(arguments.seeds)]
        errors, seconds = zip(*found, strict=True)
        emit(
            "Mackey-Glass, tau = 17",
            who,
            float(np.median(errors)),
            "NRMSE84, median",
            note=f"worst {max(errors):.2g}, fit {np.median(seconds):.1f} s, {arguments.seeds} seeds",
        )
    emit("Mackey-Glass, tau = 17", "ridge autoregression", linear(), "NRMSE84")


if __name__ == "__main__":
    main()
