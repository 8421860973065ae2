"""Problem: gaps, parts and sizes are settled by what may be known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from rollcast.data.gaps import fill_linearly
from rollcast.fitting.judging import test_origins as origins_of_test
from rollcast.fitting.judging import validation_origins
from rollcast.fitting.problem import Problem, describe_short, make_problem
from rollcast.options import Config
from samples import NAN, panel_of, wavy


def posed(panel: Any, *, interpolate: bool = False, **options: Any) -> Problem:
    problem, _ = make_problem(
        panel,
        Config(**{"h": 3} | options),
        network=None,
        name="LSTM",
        unit=None,
        val_size=8,
        test_size=8,
        interpolate=interpolate,
    )
    return problem


def test_a_straight_line_joins_neighbours_and_never_reaches_a_parts_end():
    panel = panel_of([NAN, 1, NAN, 3, NAN, NAN, 9], [5, NAN, 7, NAN, 11], [NAN, NAN])
    filled = fill_linearly(panel, np.array([4, 12, 14]))
    assert_array_equal(filled.target, [NAN, 1, 2, 3, NAN, NAN, 9, 5, 6, 7, 9, 11, NAN, NAN])
    assert_array_equal(filled.mask, ~np.isnan(filled.target))


def test_no_row_that_is_judged_is_made_up_and_none_tells_of_later_ones():
    gaps = (10, 43, 44, 52)  # training ends with row 43
    before = posed(panel_of(wavy(60, gaps=gaps)), interpolate=True)
    changed = wavy(60, gaps=gaps)
    changed[45:] += 100
    after = posed(panel_of(changed), interpolate=True)
    assert_array_equal(np.flatnonzero(~before.panel.mask), [43, 44, 52])
    assert_array_equal(before.panel.target[:45], after.panel.target[:45])


def test_gaps_stay_gaps_by_default():
    assert not posed(panel_of(wavy(60, gaps=(10,)))).panel.mask[10]


@pytest.mark.parametrize(
    ("options", "ring"),
    [
        ({"season_length": 5}, 6),
        ({"season_length": 30}, 1),  # three seasons are not there
        ({"season_length": 5, "anchor": "last"}, 1),
        ({"season_length": 5, "anchor": "none"}, 1),
    ],
)
def test_a_state_remembers_no_more_rows_than_an_anchor_can_need_or_half_as_many_again(
    options, ring
):
    assert posed(panel_of(wavy(60)), **options).sizes.ring == ring


@pytest.mark.parametrize(
    ("young", "told"),
    [
        ([[7.0]], "1 of 2 series is too short {cut}. It is 1 with 1 row. It is only forecast"),
        ([wavy(9)], "1 of 2 series is too short {cut}. It is 1 with 9 rows. It trains and is"),
        (
            [[7.0], [7.0, 8.0]],
            "2 of 3 series are too short {cut}. The shortest is 1 with 1 row. They are forecast, but",
        ),
    ],
)
def test_series_too_short_to_be_judged_are_counted_in_words(young: list[Any], told: str):
    (said,) = describe_short(posed(panel_of(wavy(60), *young), season_length=1))
    assert said.startswith(told.format(cut="to be cut into training, validation and test"))


@pytest.mark.parametrize(("rows", "steps"), [(5, "step"), (12, "4 steps")])
def test_the_steps_that_short_series_are_judged_over_are_counted_in_words(rows: int, steps: str):
    problem, _ = make_problem(
        panel_of(wavy(rows)),
        Config(h=6, season_length=1),
        network=None,
        name="LSTM",
        unit=None,
        val_size=None,
        test_size=None,
    )
    (said,) = describe_short(problem)
    assert said.endswith(f"forecasts are judged over their first {steps} alone.")


def test_fewer_forecasts_are_judged_where_each_takes_paths_of_its_own():
    panel = panel_of(*(wavy(2000, seed=s) for s in range(3)))
    near, far, other = (
        make_problem(
            panel,
            Config(h=h, pretrained=version),
            network=None,
            name="any",
            unit=None,
            val_size=300,
            test_size=300,
        )[0]
        for h, version in ((96, "2026-1"), (250, "2026-1"), (250, False))
    )
    assert [len(origins_of_test(each)) for each in (near, far, other)] == [3 * 52, 3 * 26, 3 * 51]
    many = replace(far, most_judged=2 * 250)
    assert len(origins_of_test(many)) == 3
    assert validation_origins(many).series.tolist() == [0, 2]


def test_squared_errors_decide_and_are_trained_by_where_most_series_have_many_zeros_in_training():
    rare, full = np.where(np.arange(60) % 3 == 0, 2.0, 0.0), wavy(60)
    rare_at_last = np.where(np.arange(60) < 44, full, 0.0)
    sparse = posed(panel_of(rare, rare, full), pretrained=False)
    assert sparse.squared_scales is not None
    assert sparse.loss == "mse"
    assert posed(panel_of(rare, rare, full), pretrained=False, loss="mae").loss == "mae"
    for usual in (panel_of(rare, full), panel_of(rare_at_last)):
        problem = posed(usual, pretrained=False)
        assert problem.squared_scales is None
        assert problem.loss == "huber"
