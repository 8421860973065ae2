"""Where a solved readout helps and where it backs off: the test error of five real series, by each way.

The body is the same in all three ways; `fit` chooses between them by the validation part ("auto").
"""

from __future__ import annotations

import warnings
from typing import Any

import rollcast as rc
from measuring import emit
from real_series import real_series

SEEDS = 3
WAYS = ("gradient", "auto", "ridge")


def main() -> None:
    """Print the mean test error of each way."""
    warnings.simplefilter("ignore")
    for name, data, options in real_series():
        errors = {way: [error(data, options, way, seed) for seed in range(SEEDS)] for way in WAYS}
        trained = sum(e for e, _ in errors["gradient"])
        for way, found in errors.items():
            total = sum(e for e, _ in found)
            taken = sum("solved on" in chosen for _, chosen in found)
            emit(
                name,
                f'readout="{way}"',
                total / SEEDS,
                "MAE, mean",
                note=f"{total / trained - 1:+.1%} of gradient's; solved in {taken} of {SEEDS} seeds",
            )


def error(data: Any, options: dict[str, str], way: str, seed: int) -> tuple[float, str]:
    """MAE on the test part, and what `fit` chose."""
    model = rc.Forecaster(readout=way, seed=seed, max_epochs=20)
    history = model.fit(data, progress="quiet", final_fit=False, **options)
    return history.scores.model.mae, history.defaults


if __name__ == "__main__":
    main()
