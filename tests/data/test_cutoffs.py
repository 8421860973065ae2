"""Cutoffs of the calendar, and where they fall in series of unequal ends."""

from __future__ import annotations

import numpy as np
import pytest

from rollcast.data.calendar import Frequency
from rollcast.data.cutoffs import first_rows, origins_at, rows_at, usual_cutoffs
from rollcast.data.origins import Origins
from rollcast.errors import TooShortError
from samples import NAN, panel_of

RAGGED = panel_of(range(30), range(10), [NAN, NAN, 3.0, 4.0], starts=[0, 15, 24], ids="abc")


def test_the_last_cutoff_has_one_horizon_after_it_in_the_series_that_ends_last():
    assert usual_cutoffs(RAGGED, 4, windows=3, step=2).tolist() == [21, 23, 25]
    assert usual_cutoffs(RAGGED, 4, windows=1, step=9).tolist() == [25]


def test_where_no_number_is_named_cutoffs_stay_in_the_newer_half():
    assert usual_cutoffs(RAGGED, 3, windows=None, step=3).tolist() == [14, 17, 20, 23, 26]
    assert len(usual_cutoffs(panel_of(range(100)), 2, windows=None, step=2)) == 10
    assert usual_cutoffs(RAGGED, 3, windows=None, step=3, earliest=20).tolist() == [20, 23, 26]
    assert usual_cutoffs(RAGGED, 29, windows=None, step=1).tolist() == [0]


def test_cutoffs_are_counted_in_the_calendar():
    months = panel_of(range(24))
    start = int(np.datetime64("2023-01-31", "ns").astype(np.int64))
    months = type(months)(
        **{**vars(months), "starts": np.array([start]), "frequency": Frequency("ME")}
    )
    times = usual_cutoffs(months, 6, windows=2, step=4).view("M8[ns]").astype("M8[D]").astype(str)
    assert times.tolist() == ["2024-02-29", "2024-06-30"]
    between = np.array([np.datetime64("2024-03-01", "ns")]).view(np.int64)
    assert rows_at(months, between).tolist() == [[13]]


@pytest.mark.parametrize(
    ("h", "windows", "step", "message"),
    [
        (
            30,
            None,
            1,
            "A cutoff at h = 30 needs 31 rows, and the newest series has 30; pass a smaller `h`",
        ),
        (
            5,
            9,
            4,
            r"9 cutoffs at h = 5, each 4 rows after the one before, need 38 rows, .* `n_windows`",
        ),
    ],
)
def test_too_few_rows_are_told_with_the_number_needed(h, windows, step, message):
    with pytest.raises(TooShortError, match=message):
        usual_cutoffs(RAGGED, h, windows=windows, step=step)


def test_of_a_series_alone_none_is_the_newest():
    with pytest.raises(TooShortError, match="needs 31 rows, and the series has 30;"):
        usual_cutoffs(panel_of(range(30)), 30, windows=None, step=1)


def test_each_series_knows_its_rows_up_to_the_cutoff():
    rows = rows_at(RAGGED, np.array([14, 16, 27]))
    assert rows.tolist() == [[14, -1, -1], [16, 1, -1], [27, 9, 3]]


def test_series_that_are_too_short_or_over_at_a_cutoff_are_left_out_and_counted():
    rows = rows_at(RAGGED, np.array([16, 25, 26]))
    found = origins_at(RAGGED, rows, 3, 2, np.zeros(3, np.int64))
    # b has two rows at 16 and ends at 24; c begins with two missing values at 24
    assert list(zip(found.origins.series.tolist(), found.cutoff.tolist(), strict=True)) == [
        *((0, 0), (0, 1), (0, 2)),
        (1, 0),
        (2, 2),
    ]
    assert found.origins.row.tolist() == [16, 25, 26, 1, 2]
    assert found.too_short.tolist() == [1, 1, 0]
    assert found.nothing_after.tolist() == [0, 1, 1]
    assert len(origins_at(RAGGED, rows, 3, 2, np.array([27, 0, 0])).origins) == 3


def test_first_rows_reach_to_the_first_origin():
    origins = Origins(np.array([0, 0, 2]), np.array([4, 9, 7]))
    assert first_rows(origins, 4).tolist() == [5, 0, 8, 0]
