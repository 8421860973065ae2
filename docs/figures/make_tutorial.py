"""Make the figures and the numbers of the tutorial pages.

    ROLLCAST_KERNELS=xla python docs/figures/make_tutorial.py [--quick] [PART ...]

Writes tutorial-*.png and tutorial.json beside this file, those of the named parts or all. All parts
together take about twenty minutes on two cores. With --quick it is a minute or two, for a look at
whether they still run, and nothing is written. A part that ran with the fused kernels is kept beside
the other, under a name that says so, and draws nothing.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import rollcast as rc
from rollcast import metrics, tutorial
from rollcast.networks import kernels

HERE = Path(__file__).parent
NUMBERS = HERE / "tutorial.json"
QUICK = "--quick" in sys.argv
EPOCHS = 2 if QUICK else 300
SEEDS = range(1, 3) if QUICK else range(5)
MANY_SEEDS = range(5) if QUICK else range(100)
SHOWN = 1
"""The seed of the tutorial's networks in the figures; of a Forecaster it is 0, the default."""
FUSED = kernels.status().active
STATEFUL: dict[str, Any] = {"hidden_size": 32, "num_layers": 4, "stateful": True, "batch_size": 1}
"""The schema of the tutorial's third network, for a Forecaster."""

FRAME = rc.datasets.sine()
SERIES = FRAME["y"].to_numpy()
WINDOWS = tutorial.make_windows(SERIES)
KNOWN = len(WINDOWS.train_values)


def networks() -> dict[str, Any]:
    """The three networks, each with several seeds, and the pictures of one."""
    numbers: dict[str, Any] = {}
    for name, make in tutorial.NETWORKS.items():
        for seed in SEEDS:
            model = make(seed=seed)
            history = tutorial.fit(model, WINDOWS, epochs=EPOCHS, progress="quiet")
            made = tutorial.free_run(model, WINDOWS)
            numbers[f"{name}, seed {seed}"] = {
                "stopped": history.stopped,
                "loss": history.to_json()["loss"][-1],  # null where NaN
                "one_step_rmse": tutorial.evaluate(model, WINDOWS).rmse,
                "free_rmse": metrics.rmse(WINDOWS.test_values, made),
                "seconds": history.total_seconds,
                "warnings": history.warnings,
            }
            if seed == SHOWN:
                file = name.replace(" ", "-")
                title = f"{name.capitalize()} network: training"
                save(rc.plot_history(history, title=title), f"{file}-training")
                save(draw_free_run(name, made), f"{file}-free")
    return numbers


def series() -> dict[str, Any]:
    """The sine, and two ways to continue it that need no network."""
    truth = SERIES[KNOWN:]
    two_terms = list(SERIES[KNOWN - 2 : KNOWN])
    for _ in truth:
        two_terms.append(2 * np.cos(np.pi / 50) * two_terms[-1] - two_terms[-2])
    season = np.resize(SERIES[KNOWN - 100 : KNOWN], len(truth))
    parts = {"validation": WINDOWS.inputs + int(WINDOWS.train_count * 0.8), "test": KNOWN}
    save(rc.plot_series(WINDOWS.values, parts=parts, value_name="scaled value"), "sine")
    return {
        "constant_free_rmse": tutorial.compare(WINDOWS, {})["constant mean"].free_rmse,
        "seasonal_naive_worst": float(np.abs(season - truth).max()),
        "two_terms_worst": float(np.abs(np.array(two_terms[2:]) - truth).max()),
    }


def holds() -> dict[str, Any]:
    """The stateful stack as a Forecaster, and what becomes of it without either half of its training."""
    numbers: dict[str, Any] = {}
    for name, options in {
        "as fit chooses": {},
        "gradients alone": {"readout": "gradient"},
        "readout alone": {"max_epochs": 0},
    }.items():
        for seed in SEEDS:
            made, numbers[f"{name}, seed {seed}"] = continued(**STATEFUL, **options, seed=seed)
            if not options and seed == 0:
                model = tutorial.stateful_stacked_lstm(seed=SHOWN)
                tutorial.fit(model, WINDOWS, epochs=EPOCHS, progress="quiet")
                save(draw_both(made, tutorial.free_run(model, WINDOWS)), "stateful-holds")
    return numbers


def rollcast() -> dict[str, Any]:
    """The Forecaster with the width and depth of the simple and of the stacked network, and told the season."""
    numbers: dict[str, Any] = {}
    for options in (
        *({"hidden_size": 128, "seed": seed} for seed in range(3)),
        *({"hidden_size": 32, "num_layers": 4, "seed": seed} for seed in range(3)),
        {"hidden_size": 128, "seed": 0, "season_length": 100},
    ):
        made, numbers[str(options)] = continued(**options)
        if options == {"hidden_size": 128, "seed": 0}:
            save(draw_free_run("Rollcast", made), "rollcast-free")
    return numbers


def continued(**options: Any) -> tuple[np.ndarray, dict[str, Any]]:
    """A Forecaster's free run over the test part, scaled, and its numbers."""
    began = time.perf_counter()
    quick = {"max_epochs": EPOCHS} if QUICK else {}
    model = rc.Forecaster(**(quick | options))
    history = model.fit(FRAME.iloc[:KNOWN], progress="quiet")
    seconds = time.perf_counter() - began
    made = WINDOWS.scale(model.predict(h=WINDOWS.test_count)[model.name])
    return made, {
        "free_rmse": metrics.rmse(WINDOWS.test_values, made),
        "worst": float(np.abs(WINDOWS.test_values - made).max()),
        "seconds": seconds,
        "verdict": history.verdict,
        "defaults": history.defaults,
    }


def trained_on_test() -> dict[str, float]:
    """Train on x_test and judge on x_test, as the tutorial's code does."""
    rows = WINDOWS.values[WINDOWS.train_count :]
    test_alone = tutorial.Windows(
        rows, WINDOWS.inputs, WINDOWS.test_count, 0, WINDOWS.low, WINDOWS.high
    )
    numbers: dict[str, Any] = {}
    for seed in SEEDS:
        model = tutorial.simple_lstm(seed=seed)
        tutorial.fit(model, test_alone, epochs=EPOCHS, progress="quiet")
        made = tutorial.free_run(model, WINDOWS)
        numbers[f"seed {seed}"] = {
            "one_step_rmse": tutorial.evaluate(model, WINDOWS).rmse,
            "free_rmse": metrics.rmse(WINDOWS.test_values, made),
        }
    return numbers


def lanes() -> dict[str, Any]:
    """The stateful network read in one lane, and in 64."""
    numbers: dict[str, Any] = {}
    for count in (1, 64):
        for seed in range(1, 4):
            model = tutorial.stateful_stacked_lstm(seed=seed)
            history = tutorial.fit(
                model, WINDOWS, epochs=EPOCHS, batch_size=count, progress="quiet"
            )
            numbers[f"{count} lanes, seed {seed}"] = {
                "one_step_rmse": tutorial.evaluate(model, WINDOWS).rmse,
                "seconds": sum(history.seconds),
            }
    return numbers


def seconds() -> dict[str, float]:
    """Seconds of a step of the closed loop: ``predict`` in a Python loop, and one program."""
    model = tutorial.simple_lstm(seed=SHOWN)
    window = WINDOWS.x_test[0]
    model.predict(window[None], verbose=0)
    began = time.perf_counter()
    for _ in range(500):
        made = model.predict(window[None], batch_size=1, verbose=0)
        window = np.vstack([window[1:], made])
    numbers = {"predict_in_a_loop": (time.perf_counter() - began) / 500}
    for name, make in tutorial.NETWORKS.items():
        model, taken = make(seed=SHOWN), []
        for _ in range(8):
            began = time.perf_counter()
            tutorial.free_run(model, WINDOWS, 1280)
            taken.append((time.perf_counter() - began) / 1280)
        numbers[name] = float(np.median(taken[1:]))
    return numbers


def dead() -> dict[str, Any]:
    """Seeds whose output is 0 for every window, at the start and after three epochs."""
    found: dict[str, Any] = {}
    for name in ("simple", "stacked"):
        start, stayed = [], []
        for seed in MANY_SEEDS:
            model = tutorial.NETWORKS[name](seed=seed)
            if not tutorial.one_step(model, WINDOWS, part="train").any():
                start.append(seed)
            history = tutorial.fit(model, WINDOWS, epochs=3, progress="quiet")
            if any("dead" in sentence for sentence in history.warnings):
                stayed.append((seed, round(history.loss[-1], 4)))
        found[name] = {"seeds": len(MANY_SEEDS), "at_start": len(start), "after_3_epochs": stayed}
    return found


def airline() -> dict[str, float]:
    """What a scaling fitted on the training part makes of a series that grows."""
    windows = tutorial.make_windows(rc.datasets.airline()["y"])
    return {"train_high": windows.high, "test_high_scaled": float(windows.test_values.max())}


PARTS: tuple[Callable[[], dict[str, Any]], ...] = (
    *(series, networks, holds, rollcast, trained_on_test),
    *(lanes, seconds, dead, airline),
)


def draw_free_run(name: str, made: np.ndarray) -> Any:
    """One free run over the whole test part."""
    truth = WINDOWS.test_values
    error = f"{len(truth):,} steps on its own output, RMSE {metrics.rmse(truth, made):.3g}"
    return rc.plot_forecast(
        tail=WINDOWS.train_values[-250:],
        forecast=made,
        truth=truth,
        baseline=np.resize(WINDOWS.train_values[-100:], len(truth)),
        value_name="scaled value",
        name=name,
        title=f"{name[0].upper()}{name[1:]}: {error}",
    )


def draw_both(held: np.ndarray, lost: np.ndarray) -> Any:
    """The free runs of the stateful stack as a Forecaster and as in the tutorial."""
    truth = WINDOWS.test_values
    errors = [f"{metrics.rmse(truth, made):.2g}" for made in (held, lost)]
    return rc.plot_forecast(
        tail=WINDOWS.train_values[-250:],
        forecast=held,
        truth=truth,
        baseline=lost,
        value_name="scaled value",
        name="Forecaster",
        baseline_name="tutorial",
        title=f"{len(truth):,} steps on its own output, RMSE {errors[0]}; the tutorial's {errors[1]}",
    )


def save(figure: Any, name: str) -> None:
    """Write a picture, unless it is a quick run or one with the fused kernels."""
    if not (QUICK or FUSED):
        rc.plots.save_figure(figure, HERE / f"tutorial-{name}.png", dpi=80)


def main() -> None:
    """Run the named parts, or all; those that are not run keep their numbers."""
    warnings.simplefilter("ignore", rc.RollcastWarning)
    named = [a for a in sys.argv[1:] if not a.startswith("--")]
    numbers = json.loads(NUMBERS.read_text("utf-8")) if NUMBERS.exists() else {}
    for part in PARTS:
        if named and part.__name__ not in named:
            continue
        name = part.__name__ + (", fused kernels" if FUSED else "")
        numbers[name] = part()
        sys.stdout.write(f"{name}: {json.dumps(numbers[name], indent=1)}\n")
        sys.stdout.flush()
        if not QUICK:
            NUMBERS.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
