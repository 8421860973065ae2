"""The demo's third part: the tutorial on its three networks, as written and as Rollcast would."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rollcast._number_format import format_number, to_json_number
from rollcast._types import Float64
from rollcast.cli.console import Console
from rollcast.tutorial import Comparison, Evaluation, Windows
from rollcast.tutorial import compare as compare_runs

if TYPE_CHECKING:
    from rollcast.training.history import History
    from rollcast.training.progress import Verbosity

EPOCHS: Final = {"simple": 12, "stacked": 12, "stateful stacked": 60}
"""The tutorial trains 300. An epoch of the stateful network is one pass over chunks that do not overlap: 13 times less
work."""

SEED: Final = 1

OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "simple": {"hidden_size": 128},
    "stacked": {"hidden_size": 32, "num_layers": 4},
    "stateful stacked": {"hidden_size": 32, "num_layers": 4, "stateful": True, "batch_size": 1},
}
"""Network -> all that Rollcast keeps of it: width, depth, and whether the state goes on through the series."""

WRITTEN: Final = "as the tutorial wrote it"
WOULD: Final = "as Rollcast would"


@dataclass(frozen=True, eq=False)
class DemoRun:
    """Forecasts of the whole test part, scaled to 0..1.

    Attributes:
        one_step: (test_count,) each from true values.
        free: (test_count,) rolled forward on its own output from the end of the training part.
    """

    one_step: Float64
    free: Float64


def show_tutorial(console: Console, folder: Path, progress: Verbosity) -> dict[str, Any]:
    """Train, judge and draw the three networks beside the Forecaster, and tell of each step.

    Args:
        console: where it is told.
        folder: for pictures.
        progress: of training.

    Returns:
        What was measured, as plain values.
    """
    import rollcast as rc
    from rollcast import tutorial

    windows = tutorial.make_windows(rc.datasets.sine()["y"])
    _introduce(console, windows)
    written: dict[str, DemoRun] = {}
    would: dict[str, DemoRun] = {}
    told: dict[str, Any] = {}
    for name, make in tutorial.NETWORKS.items():
        model = make(seed=SEED)
        console.say(f"\n{name.capitalize()}, {WRITTEN}:")
        model.summary(print_fn=console.say, line_length=78)
        began = time.monotonic()
        history = tutorial.fit(model, windows, epochs=EPOCHS[name], progress=progress)
        seconds = time.monotonic() - began
        score = tutorial.evaluate(model, windows)
        written[name] = DemoRun(
            tutorial.one_step(model, windows), tutorial.free_run(model, windows)
        )
        told[name] = _tell_training(console, history, score, seconds)
        would[name] = _as_rollcast_would(console, windows, OPTIONS[name], progress)
        _draw(folder, name, history, windows, written[name], would[name])
    comparison = compare_demo(windows, written, would)
    _conclude(console, comparison)
    return {
        "seed": SEED,
        "networks": told,
        "steps": comparison.steps,
        "comparison": comparison.to_json(),
    }


def compare_demo(
    windows: Windows, written: dict[str, DemoRun], would: dict[str, DemoRun]
) -> Comparison:
    """Both ways of each network in one table, with the constant mean and seasonal naive."""
    runs: dict[str, DemoRun] = {}
    for name, run in written.items():
        runs[f"{name}, {WRITTEN}"] = run
        runs[f"{name}, {WOULD}"] = would[name]
    return compare_runs(
        windows,
        {name: run.free for name, run in runs.items()},
        one_step={name: run.one_step for name, run in runs.items()},
    )


def _introduce(console: Console, windows: Windows) -> None:
    console.say(
        f"\n3. The tutorial: a sine of {len(windows.values):,} points and three LSTM networks\n"
    )
    for part in ("train", "test"):
        x, y = getattr(windows, f"x_{part}"), getattr(windows, f"y_{part}")
        console.say(f"x_{part} {x.shape}, y_{part} {y.shape}")


def _tell_training(
    console: Console, history: History, score: Evaluation, seconds: float
) -> dict[str, Any]:
    loss, val_loss = format_number(history.loss[-1]), format_number(history.val_loss[-1])
    console.say(
        f"{len(history)} epochs in {seconds:.1f} s (the tutorial takes 300): loss {loss},"
        f" val_loss {val_loss}."
    )
    told = ", ".join(f"{name} {format_number(value)}" for name, value in score._asdict().items())
    console.say(f"Test part, one step ahead: {told}.")
    return {
        "epochs": len(history),
        "seconds": seconds,
        "loss": to_json_number(history.loss[-1]),
        "val_loss": to_json_number(history.val_loss[-1]),
        "test": {name: to_json_number(value) for name, value in score._asdict().items()},
        "training_warnings": list(history.warnings),
    }


def _as_rollcast_would(
    console: Console, windows: Windows, options: dict[str, Any], progress: Verbosity
) -> DemoRun:
    """A Forecaster of the same form, with defaults for all else; it isn't told the period."""
    import rollcast as rc
    from rollcast.data.origins import Origins
    from rollcast.forecasting.rolling_origins import forecast_at
    from rollcast.tables import to_panel

    values = windows.restore(windows.values)
    known = len(windows.train_values)
    model = rc.Forecaster(**options, max_epochs=EPOCHS["simple"], seed=SEED)
    began = time.monotonic()
    history = model.fit(values[:known], freq=1, progress=progress)
    console.say(
        f"As Rollcast would: Forecaster({', '.join(f'{k}={v}' for k, v in options.items())}),"
        f" {len(history)} epochs in {time.monotonic() - began:.1f} s: {history.defaults}."
    )
    fitted = model.fitted
    preparation = fitted.state.preparation
    made = forecast_at(
        fitted.model.network,
        fitted.model.weights,
        preparation.buffer(to_panel(values)[0]),
        Origins(np.zeros(windows.test_count, np.int64), known - 1 + np.arange(windows.test_count)),
        h=1,
        ring=fitted.model.sizes.ring,
        window=fitted.model.sizes.window,
    )
    one_step = preparation.restore(made, np.zeros(len(made), np.int64))[:, 0]
    free = fitted.model.forecast(fitted.state, windows.test_count)[0]
    return DemoRun(windows.scale(one_step), windows.scale(free))


def _draw(
    folder: Path, name: str, history: History, windows: Windows, written: DemoRun, would: DemoRun
) -> None:
    from rollcast.plots.forecast import plot_forecast
    from rollcast.plots.saving import save_figure

    stem = f"tutorial-{name.replace(' ', '-')}"
    save_figure(history.plot(title=f"{name}, {WRITTEN}"), folder / f"{stem}-history.png")
    figure = plot_forecast(
        tail=windows.train_values[-150:],
        truth=windows.test_values,
        forecast=would.free,
        baseline=written.free,
        name=WOULD,
        baseline_name=WRITTEN,
        value_name="value scaled to 0..1",
        title=f"{name}: {windows.test_count:,} steps, each fed back",
    )
    save_figure(figure, folder / f"{stem}.png")


def _conclude(console: Console, comparison: Comparison) -> None:
    constant = comparison["constant mean"].free_rmse
    written, would = (
        [row for row in comparison.rows if row.name.endswith(way)] for way in (WRITTEN, WOULD)
    )
    better = [sum(row.free_rmse < 0.9 * constant for row in rows) for rows in (written, would)]
    worst = max(row.one_step_rmse for row in (*written, *would))
    console.say(f"\n{comparison.table()}\n")
    console.say(
        f"One step ahead the worst of them has an RMSE of {worst:.2g}. Rolled forward on their own"
        f" output, {better[0]} of {len(written)} beat the constant mean by a tenth or more {WRITTEN},"
        f" and {better[1]} of {len(would)} {WOULD}."
    )
    console.say(
        "Seasonal naive is told the period (100) and continues the sine without error: a sine tests"
        " the loop, and is no evidence of forecasting skill."
    )
