import subprocess
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.dates import date2num, num2date
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from rollcast.data.calendar import Frequency
from rollcast.data.panel import Panel
from rollcast.errors import ArgumentError
from rollcast.plots import plot_forecast, plot_history, plot_series, save_figure
from rollcast.training.history import History

DAYS = np.arange("2024-01-01", "2024-03-01", dtype="M8[D]")
WAVE = np.sin(np.arange(60) / 5.0)


def line(figure: Figure, name: str, axes: int = 0) -> Line2D:
    """The line that the legend calls so."""
    legend = figure.axes[0].get_legend()
    assert legend is not None
    names = [text.get_text() for text in legend.get_texts()]
    handle = legend.get_lines()[names.index(name)]
    same = [
        drawn
        for ax in figure.axes
        for drawn in ax.get_lines()
        if drawn.get_color() == handle.get_color()
        and drawn.get_linestyle() == handle.get_linestyle()
        and drawn.get_marker() == handle.get_marker()
    ]
    assert len(same) == 1
    return same[0]


def names(figure: Figure) -> list[str]:
    legend = figure.axes[0].get_legend()
    return [] if legend is None else [text.get_text() for text in legend.get_texts()]


def look(drawn: Line2D) -> tuple[Any, ...]:
    """What is left of a line's style in grey."""
    fill = drawn.get_markerfacecolor() == "white"
    return (drawn._unscaled_dash_pattern, drawn.get_marker(), fill, round(drawn.get_linewidth(), 1))


def grey(drawn: Line2D) -> float:
    return float(np.dot(to_rgb(drawn.get_color()), (0.299, 0.587, 0.114)))


def forecast_figure(**changes: Any) -> Figure:
    given: dict[str, Any] = {
        "tail": WAVE[:48],
        "truth": WAVE[48:],
        "forecast": WAVE[48:] + 0.1,
        "baseline": WAVE[36:48],
        "times_tail": DAYS[:48],
        "times_forecast": DAYS[48:],
        "unit": "MW",
        "name": "LSTM",
    }
    return plot_forecast(**(given | changes))


def history(epochs: int = 40, **changes: Any) -> History:
    falling = 1.0 / np.arange(1, epochs + 1)
    given: dict[str, Any] = {
        "loss": falling,
        "val_loss": falling + 0.1,
        "rmse": np.sqrt(falling),
        "val_rmse": np.sqrt(falling) + 0.1,
        "best_epoch": epochs,
    }
    return History(**(given | changes))


def test_a_forecast_lies_after_the_tail_and_over_the_truth():
    figure = forecast_figure()
    assert names(figure) == ["actual", "seasonal naive", "LSTM"]
    actual, forecast = line(figure, "actual"), line(figure, "LSTM")
    np.testing.assert_array_equal(actual.get_ydata(), WAVE)
    np.testing.assert_array_equal(forecast.get_ydata(), WAVE[48:] + 0.1)
    np.testing.assert_array_equal(forecast.get_xdata(), DAYS[48:])
    np.testing.assert_array_equal(line(figure, "seasonal naive").get_ydata(), WAVE[36:48])
    assert figure.axes[0].get_ylabel() == "value (MW)"
    assert figure.axes[0].get_xlabel() == "time"


def test_lines_can_be_told_apart_in_grey():
    figure = forecast_figure()
    drawn = [line(figure, name) for name in names(figure)]
    assert len({look(one) for one in drawn}) == 3
    assert grey(drawn[0]) < min(grey(drawn[1]), grey(drawn[2])) - 0.2
    curves = plot_history(history())
    assert len({look(line(curves, name)) for name in names(curves)}) == 5
    several = plot_series([WAVE + i for i in range(8)], names=list("abcdefgh"))
    assert len({look(line(several, name)) for name in "abcdefgh"}) == 8


def test_the_seasonal_naive_is_grey():
    color = np.array(to_rgb(line(forecast_figure(), "seasonal naive").get_color()))
    assert np.ptp(color) < 0.1


def test_truth_and_baseline_may_be_missing():
    figure = forecast_figure(truth=None, baseline=None, times_tail=None, times_forecast=None)
    assert names(figure) == ["actual", "LSTM"]
    np.testing.assert_array_equal(line(figure, "actual").get_xdata(), np.arange(-48, 0))
    np.testing.assert_array_equal(line(figure, "LSTM").get_xdata(), np.arange(12))
    assert figure.axes[0].get_xlabel() == "step"


@pytest.mark.parametrize("h", [1, 2])
@pytest.mark.parametrize("n", [0, 1])
def test_the_shortest_forecasts_are_drawn(n: int, h: int):
    figure = plot_forecast(tail=WAVE[:n], forecast=WAVE[:h])
    assert line(figure, "forecast").get_marker() == "o"


def test_ticks_are_read_in_the_zone():
    hours = np.arange("2024-03-30T00", "2024-04-01T00", dtype="M8[h]")
    figure = plot_series(np.arange(48.0), hours, tz="Asia/Seoul")
    ax = figure.axes[0]
    assert ax.get_xlabel() == "time (Asia/Seoul)"
    midnights = [num2date(t, "Asia/Seoul").hour for t in ax.get_xticks()]
    assert 0 in midnights
    assert all(hour % 6 == 0 for hour in midnights)


def test_the_shaded_ground_begins_between_the_last_known_value_and_the_forecast():
    months = np.arange("2024-01", "2024-05", dtype="M8[M]")
    figure = plot_forecast(
        tail=WAVE[:3], forecast=WAVE[:1], times_tail=months[:3], times_forecast=months[3:]
    )
    start = figure.axes[0].patches[0].get_x()
    assert date2num(months[2]) < start < date2num(months[3])


def test_values_between_gaps_stay_visible():
    values = np.array([1.0, 2.0, np.nan, 3.0, np.nan, 4.0, 5.0])
    figure = plot_series(values)
    whole, dots = figure.axes[0].get_lines()
    np.testing.assert_array_equal(whole.get_ydata(), values)
    assert dots.get_marker() == "."
    np.testing.assert_array_equal(dots.get_xdata(), [3])


def test_parts_are_marked_and_named():
    figure = plot_series(WAVE, DAYS, parts={"validation": DAYS[30], "test": DAYS[45]})
    assert [t.get_text().strip() for t in figure.axes[0].texts] == ["validation", "test"]
    assert len(figure.axes[0].get_lines()) == 3


def test_a_panel_brings_its_times_names_and_gaps():
    panel = Panel(
        target=np.arange(6.0),
        mask=np.array([True, False, True, True, True, True]),
        offsets=np.array([0, 4, 6]),
        starts=DAYS[[0, 2]].astype("M8[ns]").astype(np.int64),
        frequency=Frequency("D"),
        ids=("north", 7),
    )
    figure = plot_series(panel, unit="kg", value_name="sales")
    north, south = line(figure, "north"), line(figure, "7")
    np.testing.assert_array_equal(north.get_ydata(), [0.0, np.nan, 2.0, 3.0])
    np.testing.assert_array_equal(north.get_xdata(), DAYS[:4].astype("M8[ns]"))
    np.testing.assert_array_equal(south.get_xdata(), DAYS[2:4].astype("M8[ns]"))
    assert figure.axes[0].get_ylabel() == "sales (kg)"


def test_history_has_loss_to_the_left_and_the_metric_to_the_right():
    figure = plot_history(history(best_epoch=7), unit="MW")
    left, right = figure.axes
    assert (left.get_ylabel(), right.get_ylabel()) == ("loss", "RMSE (MW)")
    assert left.get_xlabel() == "epoch"
    assert names(figure) == [
        "loss, training",
        "loss, validation",
        "RMSE, training",
        "RMSE, validation",
        "best epoch: 7",
    ]
    np.testing.assert_array_equal(line(figure, "loss, training").get_xdata(), np.arange(1, 41))
    assert line(figure, "loss, training") in left.get_lines()
    assert line(figure, "RMSE, validation") in right.get_lines()
    assert line(figure, "best epoch: 7").get_xdata() == [7, 7]


def test_only_what_is_known_is_drawn():
    figure = plot_history(History(loss=(2.0, 1.0), mae=(1.0, 0.5)), "mae")
    assert names(figure) == ["loss, training", "MAE, training"]
    assert figure.axes[1].get_ylabel() == "MAE"
    assert names(plot_history(History(loss=()))) == []


def test_a_loss_that_broke_leaves_a_gap():
    figure = plot_history(History(loss=(1.0, np.inf, np.nan), best_epoch=1))
    np.testing.assert_array_equal(line(figure, "loss, training").get_ydata(), [1.0, np.nan, np.nan])


def test_loss_and_metric_never_hide_each_other():
    loss = 10.0 ** -np.arange(1, 30)
    figure = plot_history(History(loss=loss, rmse=np.sqrt(loss)))
    left, right = figure.axes
    assert left.get_yscale() == right.get_yscale() == "log"
    heights = [
        ax.transAxes.inverted().transform(ax.transData.transform((5, value)))[1]
        for ax, value in ((left, loss[4]), (right, np.sqrt(loss[4])))
    ]
    assert heights[1] - heights[0] > 0.1


def test_an_error_has_no_ticks_below_zero():
    figure = plot_history(History(loss=(3.0, 0.0), rmse=(3.0, 0.0)))
    assert all(tick >= 0 for ax in figure.axes for tick in ax.get_yticks())


def test_a_legend_lies_above_the_data_and_below_the_title():
    figure = forecast_figure(title="Demand")
    figure.draw_without_rendering()
    ax = figure.axes[0]
    legend = ax.get_legend()
    assert legend is not None
    box, title = legend.get_window_extent(), ax._left_title.get_window_extent()
    assert box.y0 >= ax.get_window_extent().y1 - 1
    assert title.y0 >= box.y1 - 1
    assert title.y1 <= figure.bbox.y1


def test_names_are_taken_as_they_are(tmp_path: Path):
    odd = ["_hidden", "a $x^{$ b", "서울"]
    figure = plot_series([WAVE] * 3, names=odd, title="US$ and $", unit="$ $")
    assert names(figure) == odd
    save_figure(figure, tmp_path / "odd.png")  # a letter that no font has is a box, not a warning


def test_settings_and_pyplot_are_left_alone():
    import matplotlib.pyplot as plt

    before = dict(mpl.rcParams)
    forecast_figure()
    plot_history(history())
    assert dict(mpl.rcParams) == before
    assert plt.get_fignums() == []


def test_nothing_heavy_is_imported_before_a_picture_is_asked_for():
    code = (
        "import sys, rollcast.plots, rollcast.storage.container, rollcast.training.history;"
        "print(*sorted({'pandas', 'matplotlib', 'seaborn', 'keras', 'jax'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.strip() == b""


def test_a_notebook_shows_the_figure():
    assert forecast_figure()._repr_png_().startswith(b"\x89PNG")


def test_given_axes_are_drawn_on():
    figure = Figure(figsize=(8, 6))
    top, bottom = figure.subplots(2)
    assert plot_series(WAVE, ax=top) is figure
    assert plot_history(history(), ax=bottom) is figure
    assert len(figure.axes) == 3


@pytest.mark.parametrize(
    ("ending", "start"), [("png", b"\x89PNG"), ("SVG", b"<?xml"), ("pdf", b"%PDF")]
)
def test_figures_are_saved_whole_and_the_same_each_time(tmp_path: Path, ending: str, start: bytes):
    first, second = tmp_path / f"a.{ending}", tmp_path / f"b.{ending}"
    save_figure(forecast_figure(), first)
    save_figure(forecast_figure(), second)
    assert first.read_bytes().startswith(start)
    assert first.read_bytes() == second.read_bytes()
    assert sorted(tmp_path.iterdir()) == [first, second]


def test_png_has_the_asked_resolution(tmp_path: Path):
    from PIL import Image

    save_figure(forecast_figure(), tmp_path / "a.png", dpi=50)
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (500, 230)


def test_another_ending_is_refused(tmp_path: Path):
    figure = forecast_figure()
    for name in ("a.gif", "a", "png"):
        with pytest.raises(ArgumentError, match=r"`path` must end in one of \.png, \.svg, \.pdf"):
            save_figure(figure, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_what_does_not_fit_is_refused():
    with pytest.raises(ArgumentError, match=r"`truth` must have the shape \(12,\); got"):
        forecast_figure(truth=WAVE[:5])
    with pytest.raises(ArgumentError, match=r"`times_tail` must have the shape \(48,\)"):
        forecast_figure(times_tail=DAYS[:4])
    with pytest.raises(ArgumentError, match="go together; got one of them"):
        forecast_figure(times_tail=None)
    with pytest.raises(ArgumentError, match="`values` must hold 1 to 8 series; got 9"):
        plot_series([WAVE] * 9)
    with pytest.raises(ArgumentError, match="`names` must name each of 2 series; got 1"):
        plot_series([WAVE] * 2, names=["a"])
    with pytest.raises(ArgumentError, match="`times` must hold 2 series; got 1"):
        plot_series([WAVE] * 2, [DAYS])
    with pytest.raises(ArgumentError, match="`values` must have one dimension"):
        plot_series(np.ones((2, 2)))
    with pytest.raises(
        ArgumentError, match="`metric` must be one of 'rmse', 'mae'; got 'accuracy'"
    ):
        plot_history(history(), "accuracy")
