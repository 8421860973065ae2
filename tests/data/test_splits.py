from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollcast.data.origins import MOST_ORIGINS, MOST_VALUES, origins_within
from rollcast.data.splits import Split, make_split
from rollcast.errors import ArgumentError, TooShortError
from samples import panel_of


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
    begins = np.arange(0, 3_000_000, 100)
    origins = origins_within(begins, begins + 80, 28)
    assert 1 < origins.number * len(begins) * 28 <= MOST_VALUES
    assert origins_within(begins[:9], begins[:9] + 80, 28).number == 53


def test_a_series_too_short_is_named_with_the_least_length():
    with pytest.raises(TooShortError) as caught:
        split_of(100, 19)
    assert str(caught.value) == (
        "The series 'b' is too short: it has 19 rows, and at least 20 are needed (10 to train, 5 "
        "to validate, 5 to test at h = 5); give it more rows or a smaller `h`."
    )


def test_a_series_without_a_name_is_the_series():
    panel = panel_of(np.arange(5), ids=(None,))
    with pytest.raises(TooShortError, match=r"^The series is too short: it has 5 rows"):
        make_split(panel, 2, least_train=4, val_size=None, test_size=None)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(1, 20), st.integers(0, 400), st.lists(st.integers(0, 50), min_size=1, max_size=4)
)
def test_origins_lie_within_the_part_and_end_with_the_last_one(h, more, starts):
    begins = np.array(starts)
    ends = begins + h + more
    origins = origins_within(begins, ends, h)
    assert 1 <= origins.number <= MOST_ORIGINS
    newest = origins.first + (origins.number - 1) * origins.stride
    assert newest.tolist() == (ends - 1 - h).tolist()  # its whole horizon is the part's end
    assert (origins.first >= begins - 1).all()
    assert (origins.first - origins.stride < begins - 1).all()  # no further one would fit
    if more < MOST_ORIGINS:
        assert origins.stride == 1
        assert origins.number == more + 1
