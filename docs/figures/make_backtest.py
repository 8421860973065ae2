"""The figure of docs/backtest.md, and backtest.txt with its numbers: `python docs/figures/make_backtest.py`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

import rollcast as rc
from rollcast.plots import save_figure
from rollcast.plots.bands import draw_bands, read_bands
from rollcast.plots.canvas import (
    BASELINE,
    FORECAST,
    INK,
    add_legend,
    add_title,
    canvas_pair,
    label_x,
    label_y,
    lay_out,
    style,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FOLDER = Path(__file__).parent
DAY = "2014-12-25"


def main() -> None:
    """Draw the figure, and write down what the page quotes."""
    demand, config = rc.datasets.demand(), rc.Config(train=False)
    options = {"h": 48, "level": [80, 95], "unit": "MW"}
    weekly = rc.backtest(config, demand, n_windows=12, step_size=7 * 48, **options)
    daily = rc.backtest(config, demand, n_windows=84, step_size=48, **options)
    days = daily.by_cutoff().query("model == 'Rollcast'").nlargest(3, "mae")
    steps = daily.by_step().query("model == 'Rollcast'").iloc[[0, 11, 23, 35, 47]]
    shops = rc.backtest(
        config, rc.datasets.shops(), h=6, n_windows=8, step_size=3, available="available"
    )
    told = [
        str(weekly),
        weekly.frame().iloc[:3, :6].to_string(),
        str(daily),
        days[["cutoff", "mae", "coverage-95"]].to_string(),
        steps[["step", "mae", "coverage-80", "width-80"]].to_string(),
        shops.left_out.to_string(),
        shops.verdict,
    ]
    (FOLDER / "backtest.txt").write_text("\n\n".join(told) + "\n", encoding="utf-8")
    with style():
        figure, left, right = canvas_pair()
        draw_errors(left, daily)
        draw_day(right, daily.frame())
        lay_out(figure)
    save_figure(figure, FOLDER / "backtest.png")


def draw_errors(ax: Axes, test: rc.Backtest) -> None:
    """The error of each day, of the model and of seasonal naive."""
    errors = test.by_cutoff()
    lines = []
    for name, color in (("seasonal naive", BASELINE), ("Rollcast", FORECAST)):
        own = errors[errors["model"] == name]
        times = own["cutoff"].dt.tz_localize(None).to_numpy(dtype="M8[ns]")
        lines += [(name, ax.plot(times, own["mae"], color=color, linewidth=1.5)[0])]
        label_x(ax, times, "cutoff")
    label_y(ax, "MAE of the next day (MW)", INK)
    add_title(ax, "Error at each of 84 cutoffs", add_legend(ax, lines), 40)


def draw_day(ax: Axes, frame: pd.DataFrame) -> None:
    """The forecast of one day with its intervals, beside what came."""
    day = frame[frame["ds"].dt.strftime("%Y-%m-%d") == DAY]
    times = day["ds"].dt.tz_localize(None).to_numpy(dtype="M8[ns]")
    bands = {
        level: (day[f"Rollcast-lo-{level}"].to_numpy(), day[f"Rollcast-hi-{level}"].to_numpy())
        for level in (80, 95)
    }
    lines = draw_bands(ax, times, read_bands("intervals", bands, len(times)))
    for name, column, color in (
        ("actual", "y", INK),
        ("seasonal naive", "seasonal naive", BASELINE),
        ("Rollcast", "Rollcast", FORECAST),
    ):
        lines += [(name, ax.plot(times, day[column], color=color, linewidth=1.8)[0])]
    label_x(ax, times, "time")
    label_y(ax, "demand (MW)", INK)
    add_title(ax, "Christmas Day, forecast the midnight before", add_legend(ax, lines), 60)


if __name__ == "__main__":
    main()
