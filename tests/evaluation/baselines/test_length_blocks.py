from __future__ import annotations

import numpy as np
from numpy.testing import assert_array_equal
from slow_baselines import known_rows

from rollcast.evaluation.baselines.length_blocks import MOST_FITTED, MOST_VALUES, length_blocks
from samples import NAN


def test_every_forecast_is_in_one_block_beside_its_newest_known_value():
    random = np.random.default_rng(0)
    series = [random.normal(0, 1, n) for n in random.integers(1, 200, 150)]
    origins = [
        (s, int(row))
        for s, y in enumerate(series)
        for row in np.unique(random.integers(0, len(y), 3))
    ]
    known = known_rows(*series, origins=[*origins, (0, -1)])
    seen: list[int] = []
    for block in length_blocks(known, 1):
        values = np.ldexp(block.values, block.exponent)[block.step, block.column]
        assert_array_equal(values, known.values[known.place[block.forecasts]])
        seen += block.forecasts.tolist()
    assert sorted(seen) == list(range(len(origins)))


def test_little_of_a_block_is_padding_and_no_block_is_large():
    random = np.random.default_rng(0)
    series = [np.ones(n) for n in random.integers(10, 400, 3000)]
    blocks = list(length_blocks(known_rows(*series), 1))
    rows = sum(block.values.size for block in blocks)
    assert sum(block.seen.sum() for block in blocks) > 0.8 * rows
    assert max(block.values.size for block in blocks) <= MOST_VALUES


def test_rows_are_fitted_up_to_the_first_origin_alone():
    known = known_rows([1.0, NAN, 3.0, 4.0, 5.0], origins=[(0, 2), (0, 4)])
    (block,) = length_blocks(known, 1)
    assert block.fitted[:, 0].tolist() == [True, False, True, False, False]
    assert block.seen[:, 0].tolist() == [True, False, True, True, True]


def test_a_long_series_is_read_from_the_beginning_of_a_season_some_thousand_rows_back():
    y = np.arange(10_000.0)
    known = known_rows(y, origins=[(0, 8999), (0, 9999)])
    (block,) = length_blocks(known, 7)
    first = 9999 - int(block.step[1])
    assert first % 7 == 0
    assert 9000 - MOST_FITTED <= first < 9000 - MOST_FITTED + 7
    assert block.values[0, 0] == np.ldexp(y[first], -block.exponent[0])
