"""The intervals of a forecast, drawn as bands."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from rollcast.errors import ArgumentError
from rollcast.plots import plot_forecast

FORECAST = np.array([3.0, 4.0, 5.0])
ENDS = {95: (FORECAST - 2, FORECAST + 2), 80: (FORECAST - 1, FORECAST + 1)}
GREY = (0.299, 0.587, 0.114)


def drawn(h: int = 3, **changes: Any) -> Figure:
    intervals = {level: (low[:h], high[:h]) for level, (low, high) in ENDS.items()}
    given: dict[str, Any] = {"tail": [1.0, 2.0], "forecast": FORECAST[:h], "intervals": intervals}
    return plot_forecast(**(given | changes))


def bands(figure: Figure) -> list[PolyCollection]:
    found = [c for c in figure.axes[0].collections if isinstance(c, PolyCollection)]
    return sorted(found, key=lambda band: np.ptp(band.get_paths()[0].vertices[:, 1]))


def legend(figure: Figure) -> list[str]:
    known = figure.axes[0].get_legend()
    assert known is not None
    return [text.get_text() for text in known.get_texts()]


def test_bands_reach_from_the_lower_ends_to_the_upper_and_the_legend_names_the_narrowest_first():
    figure = drawn()
    assert legend(figure) == ["actual", "forecast", "80 %", "95 %"]
    narrow, wide = bands(figure)
    for band, width in ((narrow, 1.0), (wide, 2.0)):
        corners = {tuple(corner) for corner in band.get_paths()[0].vertices.tolist()}
        assert {(float(k), 3.0 + k + side) for k in range(3) for side in (-width, width)} <= corners
        assert np.abs(np.array(sorted(corners))[:, 1] - 4.0).max() == 1.0 + width


def test_the_wider_band_is_lighter_and_lies_behind_the_narrower_and_both_behind_the_lines():
    figure = drawn()
    narrow, wide = bands(figure)
    shades = [float(np.dot(to_rgb(band.get_facecolor()[0]), GREY)) for band in (narrow, wide)]  # pyright: ignore
    assert shades[0] < shades[1] - 0.05
    order = figure.axes[0].collections
    assert list(order).index(wide) < list(order).index(narrow)
    lines = [line.get_zorder() for line in figure.axes[0].get_lines()]
    assert max(narrow.get_zorder(), wide.get_zorder()) < min(lines)


def test_the_band_of_a_single_step_is_an_upright_line():
    (wide, narrow) = (c for c in drawn(h=1).axes[0].collections if isinstance(c, LineCollection))
    assert wide.get_segments()[0][:, 1].tolist() == [1.0, 5.0]
    assert narrow.get_segments()[0][:, 1].tolist() == [2.0, 4.0]


def test_missing_ends_leave_a_gap_and_no_intervals_leave_the_picture_as_it_was():
    low = np.array([1.0, np.nan, 1.0])
    (band,) = bands(drawn(intervals={97.5: (low, low + 1)}))
    assert np.isfinite(band.get_paths()[0].vertices).all()
    assert legend(drawn(intervals={97.5: (low, low + 1)}))[-1] == "97.5 %"
    assert legend(drawn(intervals=None)) == legend(drawn(intervals={})) == ["actual", "forecast"]


@pytest.mark.parametrize(
    ("intervals", "message"),
    [
        ({"80": ENDS[80]}, "`intervals` must have percentages as keys, such as 80; got '80'."),
        ({100: ENDS[80]}, "`intervals` must have percentages as keys, such as 80; got 100."),
        ({80: FORECAST}, "`intervals` at 80 must be the lower and the upper ends; got an array of shape (3,)."),
        ({80: None}, "`intervals` at 80 must be the lower and the upper ends; got None."),
        (
            {80: (FORECAST[:2], FORECAST)},
            "`intervals` at 80 must have ends of the shape (3,), as the forecast; got the shape (2,).",
        ),
        (
            {80: (FORECAST, [3.0, 3.5, 6.0])},
            "`intervals` at 80 must be the lower and the upper ends in this order; at step 2 got 4 and 3.5.",
        ),
        ([1, 2], "`intervals` must be a mapping, such as a dict; got [1, 2]."),
    ],
)  # fmt: skip
def test_what_are_no_intervals_is_refused_in_a_sentence(intervals: Any, message: str):
    with pytest.raises(ArgumentError) as caught:
        drawn(intervals=intervals)
    assert str(caught.value) == message
