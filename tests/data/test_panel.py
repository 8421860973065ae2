from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from rollcast.data.calendar import Frequency
from rollcast.data.covariates import Covariates
from rollcast.data.panel import Panel, name_series
from samples import NAN, panel_of


@pytest.fixture
def panel() -> Panel:
    return panel_of([1, 2, 3], [10, 20, 30, 40, 50], [7], ids=("x", "y", "z"), starts=[100, 5, 0])


def test_it_counts_series_and_their_rows(panel: Panel):
    assert panel.num_series == 3
    assert panel.lengths.tolist() == [3, 5, 1]
    assert [panel.target[rows].tolist() for rows in panel] == [[1, 2, 3], [10, 20, 30, 40, 50], [7]]


def test_head_keeps_the_first_rows_of_each_series(panel: Panel):
    head = panel.head(np.array([2, 0, 1]))
    assert head.target.tolist() == [1, 2, 7]
    assert head.lengths.tolist() == [2, 0, 1]
    assert head.starts.tolist() == [100, 5, 0]
    assert head.ids == ("x", "y", "z")


def test_drop_moves_the_start_by_the_rows_that_went(panel: Panel):
    rest = panel.drop(np.array([1, 4, 0]))
    assert rest.target.tolist() == [2, 3, 50, 7]
    assert rest.starts.tolist() == [101, 9, 0]


def test_drop_counts_on_the_calendar():
    january = int(np.datetime64("2024-01-31", "ns").astype(np.int64))
    panel = replace(panel_of([1, 2, 3]), frequency=Frequency("ME"), starts=np.array([january]))
    dropped = panel.drop(np.array([1]))
    assert dropped.starts.view("M8[ns]").astype("M8[D]").tolist()[0].isoformat() == "2024-02-29"
    assert dropped.nexts().view("M8[ns]").astype("M8[D]").tolist()[0].isoformat() == "2024-04-30"


def test_select_takes_series_in_the_order_asked_for(panel: Panel):
    chosen = panel.select(np.array([2, 0]))
    assert chosen.target.tolist() == [7, 1, 2, 3]
    assert chosen.ids == ("z", "x")
    assert chosen.starts.tolist() == [0, 100]
    assert panel.select(np.array([], np.int64)).num_series == 0


def test_taking_nothing_and_empty_series_keeps_the_others(panel: Panel):
    assert panel.head(np.zeros(3, np.int64)).lengths.tolist() == [0, 0, 0]
    again = panel.select(np.array([2, 2, 1]))
    assert again.target.tolist() == [7, 7, 10, 20, 30, 40, 50]
    assert again.offsets.tolist() == [0, 1, 2, 7]
    assert panel.drop(panel.lengths).nexts().tolist() == panel.nexts().tolist()


def test_weights_flags_and_covariates_go_with_their_rows(panel: Panel):
    rows = np.arange(9.0)
    whole = replace(
        panel,
        weights=rows,
        available=rows != 4,
        covariates=Covariates(
            past=rows[:, None],
            future=np.arange(12.0)[:, None],
            future_offsets=np.array([0, 4, 10, 12]),
            static=np.array([[1.0], [2.0], [3.0]]),
        ),
    )
    for part, at, ahead in (
        (whole.head(np.array([2, 0, 1])), [0, 1, 8], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
        (whole.drop(np.array([1, 4, 0])), [1, 2, 7, 8], [1, 2, 3, 8, 9, 10, 11]),
        (whole.select(np.array([2, 0])), [8, 0, 1, 2], [10, 11, 0, 1, 2, 3]),
    ):
        known = part.covariates
        assert part.weights is not None
        assert part.weights.tolist() == at
        assert part.available is not None
        assert part.available.tolist() == [row != 4 for row in at]
        assert known.past is not None
        assert known.past[:, 0].tolist() == at
        assert known.future is not None
        assert known.future[:, 0].tolist() == ahead
    assert known.future_offsets is not None
    assert known.future_offsets.tolist() == [0, 2, 6]
    assert known.static is not None
    assert known.static[:, 0].tolist() == [3, 1]


def test_what_is_known_ahead_stays_when_all_rows_are_dropped(panel: Panel):
    known = Covariates(future=np.arange(9.0)[:, None], future_offsets=panel.offsets)
    rest = replace(panel, covariates=known).drop(np.array([3, 2, 1])).covariates
    assert rest.future_offsets is not None
    assert rest.future_offsets.tolist() == [0, 0, 3, 3]


def test_nexts_are_the_times_behind_the_last_rows(panel: Panel):
    assert panel.nexts().tolist() == [103, 10, 1]


@pytest.mark.parametrize(
    "change",
    ["value", "mask", "cut", "start", "id", "frequency", "weights", "available", "covariates"],
)
def test_any_change_of_the_data_changes_the_digest(panel: Panel, change: str):
    same = replace(panel, target=panel.target.copy())
    assert same.digest() == panel.digest()
    target, mask = panel.target.copy(), panel.mask.copy()
    target[4] += 1e-9
    mask[0] = False
    changed = {
        "value": replace(panel, target=target),
        "mask": replace(panel, mask=mask),
        "cut": replace(panel, offsets=np.array([0, 4, 8, 9])),
        "start": replace(panel, starts=panel.starts + 1),
        "id": replace(panel, ids=("x", "y", "Z")),
        "frequency": replace(panel, frequency=Frequency(None, 2)),
        "weights": replace(panel, weights=np.ones(9)),
        "available": replace(panel, available=np.ones(9, bool)),
        "covariates": replace(panel, covariates=Covariates(past=np.ones((9, 1)))),
    }[change]
    assert changed.digest() != panel.digest()


def test_missing_values_are_masked():
    assert panel_of([1, NAN, 3]).mask.tolist() == [True, False, True]


def test_messages_name_a_series_only_where_there_is_an_id():
    assert name_series(None) == ""
    assert name_series("shop 3") == " of series 'shop 3'"


def test_rows_behind_earlier_ones_carry_all_that_is_known_of_either():
    """Two series; the first has two earlier rows and one missing row between, the second has none."""
    later = panel_of([3.0, 4.0], [7.0], starts=[3, 0])
    known = Covariates(
        past=np.array([[30.0], [40.0], [70.0]]),
        future=np.array([[3.5], [4.5], [5.5], [7.5]]),
        future_offsets=np.array([0, 3, 4]),
    )
    later = replace(later, covariates=known, available=np.array([True, False, True]))
    before = Covariates(
        past=np.array([[0.0], [10.0]]),
        future=np.array([[0.5], [1.5], [2.5], [9.9], [9.9]]),  # rows 3 and 4 were told otherwise
        future_offsets=np.array([0, 5, 5]),
        static=np.array([[1.0], [2.0]]),
    )
    earlier = replace(panel_of([0.0, 1.0], []), covariates=before, weights=np.array([2.0, 0.5]))
    whole = later.behind(earlier, np.array([1, 0]))
    assert whole.offsets.tolist() == [0, 5, 6]
    assert whole.starts.tolist() == [0, 0]
    assert_array_equal(whole.target, [0, 1, np.nan, 3, 4, 7])
    assert whole.mask.tolist() == [True, True, False, True, True, True]
    assert_array_equal(whole.weights, [2, 0.5, 1, 1, 1, 1])
    assert_array_equal(whole.available, [True, True, True, True, False, True])
    found = whole.covariates
    assert_array_equal(found.past, [[0], [10], [np.nan], [30], [40], [70]])
    assert_array_equal(found.future, [[0.5], [1.5], [2.5], [3.5], [4.5], [5.5], [7.5]])
    assert_array_equal(found.future_offsets, [0, 6, 7])
    assert_array_equal(found.static, before.static)
    alone = later.behind(
        replace(earlier, covariates=Covariates.none()), np.array([1, 0])
    ).covariates
    assert_array_equal(alone.future, [[np.nan]] * 3 + [[3.5], [4.5], [5.5], [7.5]])
    assert_array_equal(alone.past, [[np.nan]] * 3 + [[30], [40], [70]])
