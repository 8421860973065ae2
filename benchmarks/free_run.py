"""1,280 free-running steps at batch 1, compilation apart: by both readings, and a loop of `predict`.

The network is LSTM(128), as in the tutorial. The sequence reading carries its state from step to step; the window
reading re-reads 13 values for each. The peers call `predict` in a Python loop, as the tutorial does.
"""

from __future__ import annotations

import json
import sys

from measuring import emit, median, timed, worker

STEPS = 1280
LOOPED = {"jax": 1280, "tensorflow": 200, "torch": 200}
TURNS = 3


def main() -> None:
    """Take turns, print the medians."""
    seconds: dict[str, list[float]] = {"sequence": [], "window": [], **{who: [] for who in LOOPED}}
    for _ in range(TURNS):
        for reading, values in worker(__file__, "rollcast").items():
            seconds[reading] += values
        for who in LOOPED:
            seconds[who].append(worker(__file__, who, backend=who))
    case = f"LSTM(128), {STEPS} steps, batch 1"
    for reading in ("sequence", "window"):
        emit(case, f"Rollcast, {reading} reading", median(seconds[reading]) * 1e3, "ms")
    for who, count in LOOPED.items():
        whole = median(seconds[who])
        ratios = [f"{whole / median(seconds[r]):.0f}x {r}" for r in ("sequence", "window")]
        note = "" if count == STEPS else f"{count} steps measured, scaled to {STEPS}"
        emit(
            case,
            f"Keras predict loop on {who}",
            whole * 1e3,
            "ms",
            against_rollcast=", ".join(ratios),
            note=note,
        )


def ours() -> dict[str, list[float]]:
    """Seconds of whole runs after the first."""
    from rollcast import Forecaster, datasets, tutorial

    sine = datasets.sine()
    model = Forecaster(
        h=1, hidden_size=128, output_size=1, anchor="last", log=False, max_epochs=1, batch_size=64
    )
    model.fit(sine, progress="quiet")
    fitted = model.fitted

    def sequence() -> None:
        fitted.model.forecast(fitted.state, STEPS)

    windows = tutorial.make_windows(sine["y"].to_numpy())
    network = tutorial.simple_lstm()

    def window() -> None:
        tutorial.free_run(network, windows, STEPS)

    found: dict[str, list[float]] = {}
    for name, call in (("sequence", sequence), ("window", window)):
        call()
        found[name] = [timed(call) for _ in range(9)]
    return found


def looped(count: int) -> float:
    """Seconds of 1,280 steps of a loop of `predict`, after a first call."""
    import keras
    import numpy as np

    model = keras.Sequential(
        [
            keras.layers.Input((13, 1)),
            keras.layers.LSTM(128, go_backwards=True),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(1, activation="relu"),
        ]
    )
    window = np.full((13, 1), 0.5, np.float32)
    model.predict(window[None], batch_size=1, verbose=0)

    def run() -> None:
        nonlocal window
        for _ in range(count):
            made = model.predict(window[None], batch_size=1, verbose=0)
            window = np.vstack([window[1:], made])

    return timed(run) * STEPS / count


if __name__ == "__main__":
    if "--worker" in sys.argv:
        who = sys.argv[2]
        print(json.dumps(ours() if who == "rollcast" else looped(LOOPED[who])))
    else:
        main()
