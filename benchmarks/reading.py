"""Time to the same one-step validation error: every value read once, against windows of 13 re-read for each forecast.

The tutorial's sine and its LSTM(128), trained by gradients alone from the same first weights. Each reading has a batch
size that suits it: 2 chunks of 96 rows; the tutorial's 64 windows, and 32.
"""

from __future__ import annotations

import argparse
import warnings
from typing import Any

import numpy as np

from measuring import emit

TARGET = 0.005
"""One-step validation RMSE, in units of the last value's own mean absolute error."""

READINGS: dict[str, dict[str, Any]] = {
    "sequence, 2 chunks of 96": {"input_size": 96, "batch_size": 2, "max_epochs": 60},
    "window, 64 of 13": {
        "reading": "window",
        "input_size": 13,
        "batch_size": 64,
        "max_epochs": 30,
    },
    "window, 32 of 13": {
        "reading": "window",
        "input_size": 13,
        "batch_size": 32,
        "max_epochs": 30,
    },
}


def measure(options: dict[str, Any], seed: int) -> tuple[float, int]:
    """Seconds of training until the target, and epochs."""
    import rollcast as rc

    values = 0.5 + 0.5 * np.sin(2 * np.pi * np.arange(5120) / 100)
    model = rc.Forecaster(
        h=1,
        hidden_size=128,
        output_size=1,
        readout="gradient",
        patience=None,
        seed=seed,
        **options,
    )
    history = model.fit(values, progress="quiet", final_fit=False)
    reached = np.flatnonzero(np.array(history.val_rmse) <= TARGET)
    if not len(reached):
        return np.inf, len(history)
    return float(np.sum(history.seconds[: reached[0] + 1])), int(reached[0]) + 1


def updates(options: dict[str, Any]) -> int:
    """In an epoch over the 3,072 rows of the training part."""
    if "reading" in options:
        return -(-(3072 - 13) // options["batch_size"])
    chunks = -(-3072 // options["input_size"])
    passes = max(-(-16 * options["batch_size"] // chunks), 1)
    return passes * chunks // options["batch_size"]


def main() -> None:
    """Print the medians and their ratio to the first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    seeds = parser.parse_args().seeds
    warnings.simplefilter("ignore")
    first = None
    for who, options in READINGS.items():
        measure(options | {"max_epochs": 1}, 0)
        found = [measure(options, seed) for seed in range(seeds)]
        seconds = float(np.median([s for s, _ in found]))
        first = first or seconds
        emit(
            "time to one-step RMSE",
            who,
            seconds,
            "s, median",
            against_rollcast=f"{seconds / first:.1f}x",
            note=f"{int(np.median([e for _, e in found]))} epochs of {updates(options)} updates",
        )


if __name__ == "__main__":
    main()
