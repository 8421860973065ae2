"""Blank rows after a series' last value are rows to forecast; before its first one it has not begun."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import rollcast as rc
from rollcast.errors import DataError, RollcastWarning
from rollcast.tables import to_panel

DAYS = pd.date_range("2023-01-01", periods=60)
nan = np.nan


def wide(**columns: Any) -> pd.DataFrame:
    """A sheet with a column a series, melted."""
    n = max(map(len, columns.values()))
    return pd.DataFrame({"ds": DAYS[:n], **columns}).melt(
        "ds", var_name="unique_id", value_name="y"
    )


@pytest.mark.parametrize("fill", ["anchor", "zero", "ffill", "linear", "error"])
def test_blank_rows_at_the_ends_are_taken_off(fill):
    values = [nan, nan, 1.0, 2.0, 3.0, nan, nan, nan]
    panel, _, notes = to_panel(pd.DataFrame({"ds": DAYS[:8], "y": values}), fill=fill)
    assert panel.target.tolist() == [1, 2, 3]
    assert panel.mask.all()
    assert panel.frequency.format(int(panel.starts[0])) == "2023-01-03"
    assert panel.frequency.format(int(panel.nexts()[0])) == "2023-01-06"
    assert notes.missing == 0
    assert (
        "2 rows before the first value are left out: the series begins at 2023-01-03."
        in notes.remarks
    )
    assert (
        "3 rows without a value at the end are to be forecast, from 2023-01-06 on: forecasts begin there; write 0 "
        "where a blank means 0." in notes.remarks
    )


def test_rows_that_are_only_counted():
    panel, _, notes = to_panel([1.0, 2.0, nan, 4.0, 5.0, 6.0, nan, nan])
    assert panel.lengths.tolist() == [6]
    assert notes.missing == 1
    assert any("from 6 on: forecasts begin there" in remark for remark in notes.remarks)


def test_each_series_has_ends_of_its_own():
    table = wide(a=[1.0, 2, 3, 4, 5, 6], b=[nan, nan, 3, 4, 5, nan], c=[nan, 2, 3, 4, nan, nan])
    panel, _, notes = to_panel(table)
    assert panel.lengths.tolist() == [6, 3, 3]
    assert panel.mask.all()
    shown = [panel.frequency.format(int(time)) for time in panel.nexts()]
    assert shown == ["2023-01-07", "2023-01-06", "2023-01-05"]
    assert (
        "3 rows before the first value are left out: series 'b' begins at 2023-01-03, and 1 more begins "
        "late." in notes.remarks
    )
    assert (
        "3 rows without a value at the end are to be forecast, from 2023-01-06 of series 'b' on (and of 1 more "
        "series): forecasts begin there; write 0 where a blank means 0." in notes.remarks
    )


def test_a_late_launch_is_no_gap():
    """Half of the rows of the younger product are blank, and none of its values is missing."""
    table = wide(A=np.arange(60.0), B=[nan] * 30 + [*range(30)])
    panel, _, notes = to_panel(table)
    assert panel.lengths.tolist() == [60, 30]
    assert notes.missing == 0


def test_one_blank_row_is_told_in_the_singular():
    _, _, notes = to_panel(pd.DataFrame({"ds": DAYS[:5], "y": [nan, 1.0, 2.0, 3.0, nan]}))
    assert notes.remarks[-2:] == (
        "1 row before the first value is left out: the series begins at 2023-01-02.",
        "1 row without a value at the end is to be forecast, from 2023-01-05 on: forecasts begin there; write 0 where "
        "a blank means 0.",
    )


def test_a_series_without_any_value_is_left_out_with_a_warning():
    panel, _, notes = to_panel(wide(a=[nan] * 4, b=[1.0, 2, 3, 4], c=[nan] * 4))
    assert panel.ids == ("b",)
    assert panel.target.tolist() == [1, 2, 3, 4]
    assert notes.warnings == ("Left out 2 series without any value: 'a', 'c'.",)


def test_a_table_without_any_value_is_refused():
    with pytest.raises(DataError, match=r"lacks (4|8) of (4|8) values"):
        to_panel(wide(a=[nan] * 4, b=[nan] * 4))


def test_gaps_are_counted_without_the_ends():
    values = [nan] * 5 + [1.0, 2, nan, 4, 5] + [nan] * 5
    assert to_panel(values)[0].mask.tolist() == [True, True, False, True, True]
    with pytest.raises(DataError, match=r"lacks 2 of 5 values .*, the first at 6; more than 20 %"):
        to_panel([*values[:6], nan, nan, 4, 5, nan])


@pytest.fixture(scope="module")
def model() -> rc.Forecaster:
    made = rc.Forecaster(
        cell="gru", hidden_size=4, max_epochs=1, h=3, log=False, anchor="last", readout="gradient"
    )
    made.fit(
        wide(a=np.sin(np.arange(40.0)), b=[nan] * 10 + [*np.cos(np.arange(30.0))]), progress="quiet"
    )
    return made


def first_days(frame: pd.DataFrame) -> list[str]:
    return [f"{day:%m-%d}" for day in frame.groupby("unique_id")["ds"].min()]


@pytest.mark.slow
def test_forecasts_begin_on_the_first_blank_row(model, tmp_path: Path):
    values = {"a": [1.0, 2, nan, nan], "b": [1.0, nan, nan, nan]}
    newer = pd.DataFrame({"ds": DAYS[40:44], **values}).melt(
        "ds", var_name="unique_id", value_name="y"
    )
    assert first_days(model.predict(newer, h=1)) == ["02-12", "02-11"]
    newer.to_csv(tmp_path / "newer.csv", index=False)
    assert first_days(model.predict(tmp_path / "newer.csv", h=1)) == ["02-12", "02-11"]
    pd.testing.assert_frame_equal(model.predict(newer), model.predict(newer.dropna()))


def test_a_sheet_of_nothing_but_rows_to_forecast_goes_on_from_the_data_of_fit(model):
    newer = pd.DataFrame({"ds": DAYS[40:43], "unique_id": "b", "y": nan})
    pd.testing.assert_frame_equal(
        model.predict(newer), model.predict().query("unique_id == 'b'").reset_index(drop=True)
    )


def test_the_table_of_fit_with_its_blank_rows_goes_on_where_fit_ended(model):
    later = wide(a=np.sin(np.arange(41.0)), b=[nan] * 10 + [*np.cos(np.arange(31.0))])
    with warnings.catch_warnings():
        warnings.simplefilter("error", RollcastWarning)
        found = model.predict(later)
    newest = later[later["ds"] == DAYS[40]]
    pd.testing.assert_frame_equal(found, model.predict(newest))


def test_blank_rows_right_after_fit_are_missing_values(model):
    newer = pd.DataFrame({"ds": DAYS[40:43], "unique_id": "a", "y": [nan, 1.0, 2.0]})
    expected = model.predict(state=model.observe(newer)).query("unique_id == 'a'")
    pd.testing.assert_frame_equal(model.predict(newer), expected.reset_index(drop=True))


def test_an_evaluation_ends_with_the_last_value(model):
    values = np.sin(np.arange(50.0))
    with_values = pd.DataFrame({"ds": DAYS[:50], "unique_id": "a", "y": values})
    blank = pd.DataFrame({"ds": DAYS[50:55], "unique_id": "a", "y": nan})
    scores = model.evaluate(pd.concat([with_values, blank]))
    assert scores.verdict == model.evaluate(with_values).verdict


def test_what_is_observed_blank_is_missing(model):
    """A row that is passed on as it comes says that its time is over."""
    newer = pd.DataFrame({"ds": DAYS[40:42], "unique_id": "a", "y": [1.0, nan]})
    assert model.observe(newer).rows.tolist() == [42, 30]
