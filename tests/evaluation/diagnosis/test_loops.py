from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rollcast.evaluation.diagnosis.loops import Loops, deviation_of, mean_of, median_of, rms_of

NAN = float("nan")


def small(stride: int = 1, **changes: np.ndarray) -> Loops:
    given = {
        "free": np.array([[[12.0, 14.0], [NAN, 10.0]]]),
        "one_step": np.array([[[12.0, 12.0], [12.0, 12.0]]]),
        "truth": np.array([[[11.0, 13.0], [NAN, 13.0]]]),
        "last": np.array([[10.0, 11.0]]),
        "known": np.array([[10.0, 2.0, 5.0, 15.0]]),
    } | changes
    return Loops(seasonal=None, stride=stride, **given)


def test_values_are_measured_in_spreads_from_the_level():
    found = small()
    assert_array_equal(found.truth_z, [[[0.5, 1.5], [NAN, 1.5]]])
    assert_array_equal(found.free_z, [[[1.0, 2.0], [NAN, NAN]]])
    assert_array_equal(found.before_z, [[[0.0, 0.5], [0.5, NAN]]])
    assert_array_equal(found.usable, [[True, False]])


def test_a_constant_history_has_no_spread():
    for level, spread in ((0.0, 0.0), (3.0, 1e-14), (NAN, NAN)):
        known = np.array([[level, spread, level, level]])
        assert np.isnan(small(known=known).spread).all()
    tiny = np.array([[1e-7, 1e-8, 0.0, 2e-7]])
    assert_array_equal(small(known=tiny).spread, [1e-8])


@pytest.mark.parametrize(("stride", "windows"), [(1, 1), (2, 2), (9, 2)])
def test_windows_that_overlap_are_counted_once(stride, windows):
    assert small(stride).windows == windows


def test_statistics_leave_out_what_is_not_known():
    values = np.array([[3.0, NAN, 1.0, 5.0], [NAN] * 4])
    assert_array_equal(mean_of(values, 1), [3.0, NAN])
    assert_array_equal(median_of(values), [3.0, NAN])
    assert_allclose(deviation_of(values)[0], np.std([3, 1, 5]))
    assert_allclose(rms_of(values, 1)[0], np.sqrt(35 / 3))
