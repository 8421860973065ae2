"""The figures of docs/closed-loop.md: `python docs/figures/make_closed_loop.py`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import rollcast as rc
from rollcast.plots import plot_forecast, save_figure

FOLDER = Path(__file__).parent
KNOWN, STEPS = 5120, 1280


def main() -> None:
    """Draw both."""
    t = np.arange(KNOWN + STEPS)
    wave = np.sin(2 * np.pi * t / 100) + np.sin(2 * np.pi * t / 61.8)
    value = (wave - wave.min()) / (wave.max() - wave.min())
    options = {"h": 128, "hidden_size": 32, "num_layers": 4, "max_epochs": 20}
    models = {
        readout: rc.Forecaster(**options, readout=readout) for readout in ("gradient", "auto")
    }
    free = {}
    for readout, model in models.items():
        model.fit(value[:KNOWN], progress="quiet")
        free[readout] = model.predict_array(h=STEPS)[0]
    error = {
        readout: float(np.sqrt(np.mean((made - value[KNOWN:]) ** 2)))
        for readout, made in free.items()
    }
    figure = plot_forecast(
        tail=value[KNOWN - 150 : KNOWN],
        truth=value[KNOWN : KNOWN + 600],
        forecast=free["auto"][:600],
        baseline=free["gradient"][:600],
        name=f"readout solved (RMSE {error['auto']:.1g})",
        baseline_name=f"gradients only (RMSE {error['gradient']:.1g})",
        value_name="value scaled to 0..1",
        title="Two sines: 4 x LSTM(32) on its own output",
    )
    save_figure(figure, FOLDER / "closed-loop.png")

    sine = 0.5 + 0.5 * np.sin(2 * np.pi * np.arange(3000) / 100)
    looped = rc.Forecaster(h=600, hidden_size=8, output_size=1, readout="gradient", max_epochs=6)
    looped.fit(sine[:1800], progress="quiet")
    save_figure(rc.diagnose(looped, sine).plot(), FOLDER / "closed-loop-diagnosis.png")


if __name__ == "__main__":
    main()
