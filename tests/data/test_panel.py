from dataclasses import replace

import numpy as np
import pytest

from rollcast.data.calendar import Frequency
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


def test_nexts_are_the_times_behind_the_last_rows(panel: Panel):
    assert panel.nexts().tolist() == [103, 10, 1]


@pytest.mark.parametrize("change", ["value", "mask", "cut", "start", "id", "frequency"])
def test_any_change_of_the_data_changes_the_digest(panel: Panel, change: str):
    same = replace(panel, values=panel.values.copy())
    assert same.digest() == panel.digest()
    values, mask = panel.values.copy(), panel.mask.copy()
    values[4] += 1e-9
    mask[0] = False
    changed = {
        "value": replace(panel, values=values),
        "mask": replace(panel, mask=mask),
        "cut": replace(panel, offsets=np.array([0, 4, 8, 9])),
        "start": replace(panel, starts=panel.starts + 1),
        "id": replace(panel, ids=("x", "y", "Z")),
        "frequency": replace(panel, frequency=Frequency(None, 2)),
    }[change]
    assert changed.digest() != panel.digest()


def test_missing_values_are_masked():
    assert panel_of([1, NAN, 3]).mask.tolist() == [True, False, True]


def test_messages_name_a_series_only_where_there_is_an_id():
    assert name_series(None) == ""
    assert name_series("shop 3") == " of series 'shop 3'"
