from dataclasses import replace

import numpy as np
from numpy.testing import assert_array_equal

from rollcast.data.gaps import fill_gaps, fill_linearly
from samples import NAN, panel_of


def test_a_fill_looks_into_no_other_series():
    panel = panel_of([NAN, 2, NAN, 6, NAN], [NAN, NAN], [NAN, 9])
    held = fill_gaps(panel.target, panel.mask, panel.offsets, "ffill")
    assert_array_equal(held, [2, 2, 2, 6, 6, NAN, NAN, 9, 9])
    line = fill_gaps(panel.target, panel.mask, panel.offsets, "linear")
    assert_array_equal(line, [2, 2, 4, 6, 6, NAN, NAN, 9, 9])


def test_a_line_is_drawn_between_values_before_the_end_alone():
    panel = panel_of([NAN, 2, NAN, 6, NAN, 8], [1, NAN, 3])
    filled = fill_linearly(panel, np.array([4, 2]))
    assert_array_equal(filled.target, [NAN, 2, 4, 6, NAN, 8, 1, NAN, 3])
    assert_array_equal(filled.mask, ~np.isnan(filled.target))


def test_rows_that_were_not_available_get_no_line_and_are_none_of_its_ends():
    panel = panel_of([2, 50, NAN, NAN, 10])
    available = np.array([True, False, True, False, True])
    panel = replace(panel, available=available, mask=panel.mask & available)
    filled = fill_linearly(panel)
    assert_array_equal(filled.target, [2, 50, 6, NAN, 10])
    assert filled.mask.tolist() == [True, False, True, False, True]
