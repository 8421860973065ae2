"""A watch: what it keeps of rows, against a reading that anyone can follow."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from rollcast.forecasting.watch import ROWS, Step, Watch

NAN = np.nan


def step(actual: list[float], point: float = 0.0, unit: float = 2.0) -> Step:
    """A row of each series, with the intervals 0 +- 1 and 0 +- 2."""
    size = len(actual)
    ends = np.tile([1.0, 2.0], (size, 1))
    return Step(
        np.array(actual), np.full(size, point), -ends, ends, np.full(size, unit, np.float32)
    )


def begin(series: int, season: int) -> Watch:
    """A watch of series that end with 1, 2, 3 (of 3 rows)."""
    newest = np.tile(np.array([9.0, 1.0, 2.0, 3.0], np.float32), (series, 1))
    return Watch.start(newest, np.full(series, 3), season)


def test_errors_are_those_of_the_forecast_of_the_value_before_and_of_the_one_a_season_ago():
    watch = begin(1, season=2)
    for row, value in enumerate([1.5, NAN, 4.0, -3.0], start=3):
        watch.read(np.array([0]), np.array([row]), step([value], point=1.0))
    assert_allclose(
        watch.errors[0, 3:7],
        [
            [0.25, 0.75, 0.25],  # 1.5: forecast 1, last 3, two rows before it 2
            [NAN, NAN, NAN],
            [1.5, 1.25, 1.25],  # 4: last and two rows before it 1.5
            [2.0, 3.5, NAN],  # -3: nothing came two rows before it
        ],
    )
    assert np.isnan(watch.errors[0, [0, 1, 2, *range(7, ROWS)]]).all()
    assert (watch.counted.tolist(), watch.inside.tolist()) == ([3], [[0, 1]])
    assert watch.last.tolist() == [-3.0]


def test_only_the_newest_rows_are_kept_and_every_value_is_counted():
    watch = begin(2, season=0)
    for row in range(3, 3 + ROWS + 5):
        watch.read(np.array([1]), np.array([row]), step([float(row)]))
    newest = np.arange(8, 8 + ROWS)
    assert_allclose(watch.errors[1, newest % ROWS, 0], newest / 2)
    assert watch.errors.shape == (2, ROWS, 2)
    assert watch.counted.tolist() == [0, ROWS + 5]
    assert np.isnan(watch.errors[0]).all()


def test_rows_from_before_a_series_began_are_not_known():
    newest = np.array([[7.0, 8.0, 9.0]], np.float32)
    assert_array_equal(Watch.start(newest, np.array([0]), 2).last, [NAN])
    young = Watch.start(newest, np.array([1]), 3)
    assert_array_equal(young.season, [[9.0, NAN, NAN]])
    longer = Watch.start(newest, np.array([13]), 5)
    assert_array_equal(longer.season, [[7.0, 8.0, 9.0, NAN, NAN]])  # rows 10, 11 and 12


def test_series_are_taken_and_joined_with_what_is_known_of_them():
    watch = begin(2, season=2)
    watch.read(np.array([0, 1]), np.array([3, 3]), step([1.0, 0.5]))
    both = watch.take(np.array([1])).join(begin(1, season=2))
    assert both.counted.tolist() == [1, 0]
    assert both.last.tolist() == [0.5, 3.0]
    before = watch.with_each(np.array)
    before.read(np.array([0]), np.array([4]), step([1.0]))
    assert watch.counted.tolist() == [1, 1]
