from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from rollcast.data.origins import (
    MOST_JUDGED,
    MOST_ORIGINS,
    Origins,
    mean_by_series,
    of_some_series,
    origins_within,
    rectangle,
)
from rollcast.data.splits import Split, make_split
from rollcast.errors import ArgumentError, TooShortError
from samples import NAN, panel_of, rolling


def split_of(*lengths: int, h: int = 5, **options: int | None) -> Split:
    chosen = {"least_train": 10, "val_size": None, "test_size": None} | options
    panel = panel_of(*(np.arange(n) for n in lengths), ids=tuple("abcdef"[: len(lengths)]))
    return make_split(panel, h, **chosen)


def test_by_default_a_fifth_each_validates_and_tests():
    assert split_of(100).lengths() == (60, 20, 20)


def test_each_part_holds_at_least_the_horizon():
    assert split_of(40, h=12).lengths() == (16, 12, 12)


def test_a_short_series_keeps_the_rows_that_training_needs():
    assert split_of(30, h=3, least_train=22).lengths() == (22, 4, 4)


def test_given_sizes_are_taken():
    assert split_of(100, val_size=7, test_size=30).lengths() == (63, 7, 30)


def test_every_series_is_cut_by_the_shortest_ones_sizes_at_its_end():
    split = split_of(100, 50, h=5)
    assert split.train_ends.tolist() == [80, 130]
    assert split.val_ends.tolist() == [90, 140]
    assert split.test_ends.tolist() == [100, 150]


def test_one_row_is_counted_as_one():
    with pytest.raises(TooShortError, match="is too short: it has 1 row, and at least"):
        split_of(1)


@pytest.mark.parametrize("name", ["val_size", "test_size"])
def test_a_part_below_the_horizon_is_refused(name: str):
    with pytest.raises(ArgumentError) as caught:
        split_of(100, **{name: 4})
    assert str(caught.value) == f"`{name}` must be at least the horizon, 5 rows; got 4."


@pytest.mark.parametrize("size", [20.0, "20", True])
def test_a_part_that_is_no_whole_number_is_refused(size: Any):
    with pytest.raises(ArgumentError, match="`val_size` must be a whole number"):
        split_of(100, val_size=size)


def test_of_very_many_series_fewer_origins_are_judged():
    offsets = np.arange(0, 3_000_001, 100)
    begins = offsets[:-1] + 20
    origins = origins_within(offsets, begins, begins + 80, 28)
    assert len(begins) < len(origins)
    assert len(origins) * 28 <= MOST_JUDGED
    assert len(origins_within(offsets[:10], begins[:9], begins[:9] + 80, 28)) == 9 * 53
    few = origins_within(offsets[:10], begins[:9], begins[:9] + 80, 28, values=9 * 28 * 2)
    assert len(few) == 9 * 2
    assert len(origins_within(offsets[:10], begins[:9], begins[:9] + 80, 28, values=1)) == 9


def parts_of(split: Split) -> list[tuple[int, int, int]]:
    edges = (split.offsets[:-1], split.train_ends, split.val_ends, split.test_ends)
    return list(zip(*(np.diff(np.stack(edges), axis=0)).tolist(), strict=True))


def test_one_young_series_cuts_nothing_from_the_others():
    alone = parts_of(split_of(100, 100, 100))
    assert parts_of(split_of(100, 100, 100, 12)) == [*alone, (12, 0, 0)]
    assert split_of(100, 100, 100, 12).is_cut.tolist() == [True, True, True, False]
    # One between gives what its training leaves.
    assert parts_of(split_of(100, 100, 100, 30)) == [*alone, (10, 10, 10)]


def test_one_long_series_takes_nothing_from_the_others():
    assert parts_of(split_of(50, 50, 50, 5_000))[:3] == parts_of(split_of(50, 50, 50))


def test_series_below_three_horizons_are_cut_into_thirds():
    assert parts_of(split_of(19, 9, h=8, least_train=12, least_read=3)) == [(7, 6, 6), (3, 3, 3)]
    assert parts_of(split_of(27, 9, h=8, least_train=12, least_read=3)) == [(11, 8, 8), (3, 3, 3)]
    assert parts_of(split_of(28, 9, h=8, least_train=12)) == [(12, 8, 8), (9, 0, 0)]


def test_where_no_series_can_be_cut_the_least_length_is_said():
    with pytest.raises(TooShortError) as caught:
        split_of(3, least_read=3)
    assert str(caught.value) == (
        "The series 'a' is too short: it has 3 rows, and at least 5 are needed (3 to train, 1 to validate, 1 to test "
        "at h = 5); give it more rows."
    )
    assert split_of(5, least_read=3).is_cut.all()
    with pytest.raises(TooShortError) as caught:
        split_of(50, 66, val_size=30, test_size=30)
    assert str(caught.value) == (
        "Every series is too short, also the longest: series 'b' has 66 rows, and at least 70 are needed (10 to train, "
        "30 to validate, 30 to test at h = 5); give it more rows or a smaller `h`."
    )


def test_splits_with_as_many_rows_in_all_are_told_apart_by_their_cuts():
    offsets = np.array([0, 20, 40])
    one = Split(offsets, np.array([10, 34]), np.array([15, 37]))
    other = Split(offsets, np.array([14, 30]), np.array([17, 35]))
    assert one.lengths() == other.lengths()
    assert one.digest() != other.digest()


def test_a_series_without_a_name_is_the_series():
    panel = panel_of(np.arange(3), ids=(None,))
    with pytest.raises(TooShortError, match=r"^The series is too short: it has 3 rows"):
        make_split(panel, 2, least_train=4, val_size=None, test_size=None, least_read=2)


@settings(max_examples=100)
@given(
    st.integers(1, 20),
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 400)), min_size=1, max_size=4),
)
def test_origins_lie_within_the_part_and_end_with_the_last_one(h, parts):
    before, rows = np.array(parts).T
    offsets = np.concatenate([[0], np.cumsum(before + rows)])
    begins = offsets[:-1] + before
    origins = origins_within(offsets, begins, begins + rows, h)
    strides = set()
    for s, (known, size) in enumerate(zip(before, rows, strict=True)):
        newest = origins.row[origins.series == s]
        if size < h:  # one origin whose horizon reaches beyond, none for a part without a row
            assert newest.tolist() == [known - 1][: min(size, 1)]
            continue
        assert 1 <= len(newest) <= MOST_ORIGINS
        assert newest[-1] == known + size - 1 - h  # its whole horizon is the part's end
        assert newest[0] >= known - 1
        strides |= set(np.diff(newest).tolist())
        if rows.max() - h < MOST_ORIGINS:
            assert len(newest) == size - h + 1
    assert len(strides) <= 1  # the same for all, so that they meet in time


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 9)), max_size=12, unique=True))
def test_what_belongs_to_origins_is_laid_out_and_averaged_by_series(pairs):
    series, row = np.array(pairs, np.int64).reshape(-1, 2).T
    origins, values = Origins(series, row), np.array([10.0 * s + r for s, r in pairs])
    laid, means = (
        rectangle(origins, values, 4),
        mean_by_series(origins.series, values, num_series=4),
    )
    for s in range(4):
        own = sorted(10.0 * s + r for owner, r in pairs if owner == s)
        assert laid[s][~np.isnan(laid[s])].tolist() == own
        assert_allclose(means[s], np.mean(own) if own else np.nan)


def test_means_by_series_are_weighed():
    series, values = np.array([2, 0, 2]), np.array([[1.0, NAN], [5.0, 7.0], [4.0, np.inf]])
    weights = np.array([[2.0, 1], [0, 0], [1, 0]])
    assert_array_equal(mean_by_series(series, values, weights), [NAN, NAN, 2.0])
    assert_array_equal(mean_by_series(series, values, num_series=4), [6.0, NAN, np.inf, NAN])


def test_of_many_rows_every_nth_series_is_kept_with_all_its_origins():
    origins = rolling([9] * 10, 5, 3)  # 20 rows up to the last of each
    assert len(of_some_series(origins, 200)) == 30
    kept = of_some_series(origins, 100)
    assert kept.series.tolist() == np.repeat([0, 2, 4, 6, 8], 3).tolist()
    assert kept.row.tolist() == [9, 14, 19] * 5
    assert of_some_series(origins, 1).series.tolist() == [0, 0, 0]
    assert of_some_series(origins, 200, 15).series.tolist() == kept.series.tolist()
    assert len(of_some_series(origins.take(np.array([], np.int64)), 1)) == 0
