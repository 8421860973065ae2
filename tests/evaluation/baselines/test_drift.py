from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal
from slow_baselines import known_rows

from rollcast.evaluation.baselines.drift import extend_line
from samples import NAN


def test_the_line_from_the_first_to_the_last_value_goes_on():
    made = extend_line(known_rows([1.0, 9.0, 5.0], [4.0, 1.0, 0.0, 1.0]), 3)
    assert_allclose(made, [[7.0, 9.0, 11.0], [0.0, -1.0, -2.0]])


def test_steps_are_counted_from_the_last_observed_row():
    made = extend_line(known_rows([NAN, 1.0, NAN, 5.0, NAN, NAN]), 2)
    assert_allclose(made, [[11.0, 13.0]])


def test_one_value_is_repeated_and_none_gives_nan():
    made = extend_line(known_rows([NAN, 2.0, NAN], [NAN, NAN], [3.0]), 2)
    assert_array_equal(made, [[2.0, 2.0], [NAN, NAN], [3.0, 3.0]])


def test_each_origin_has_a_line_of_its_own():
    y = [0.0, 1.0, 4.0, 9.0]
    made = extend_line(known_rows(y, origins=[(0, row) for row in range(4)]), 1)
    assert_allclose(made[:, 0], [0.0, 2.0, 6.0, 12.0])


def test_nothing_known_gives_nan():
    made = extend_line(known_rows([1.0], [NAN, 2.0], origins=[(0, -1), (1, 0), (1, 1)]), 1)
    assert np.isnan(made[:2]).all()
    assert made[2] == 2.0
