"""Rows at another step than the model's are refused by both steps' names; they are no gaps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from rollcast.data.calendar import Frequency
from rollcast.errors import DataError
from rollcast.tables import to_panel
from rollcast.tables.schema import Schema


def table(freq: str | int, rows: int = 12, name: str = "a", start: str = "2024-01-01") -> Any:
    times = (
        np.arange(rows) * freq
        if isinstance(freq, int)
        else pd.date_range(start, periods=rows, freq=freq)
    )
    return pd.DataFrame({"unique_id": name, "ds": times, "y": np.arange(rows) + 1.0})


def refusal(data: Any, like: str | int | None = None, **options: Any) -> str:
    schema: Schema | None = None
    if like is not None:
        panel, schema, _ = to_panel(table(like), **options)
        options["freq"] = panel.frequency
    with pytest.raises(DataError) as caught:
        to_panel(data, like=schema, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("newer", "like", "step", "own"),
    [
        ("7D", "D", "weekly", "daily"),
        ("MS", "D", "monthly", "daily"),
        ("ME", "D", "monthly", "daily"),
        ("QS", "MS", "quarterly", "monthly"),
        ("YS", "MS", "yearly", "monthly"),
        ("D", "h", "daily", "hourly"),
        ("h", "30min", "hourly", "30-minute"),
        ("2D", "D", "2-day", "daily"),
        ("h", "D", "hourly", "daily"),
        ("D", "W-MON", "daily", "weekly"),
        ("D", "MS", "daily", "monthly"),
        (7, 1, "7-step", "1-step"),
        (1, 7, "1-step", "7-step"),
    ],
)
@pytest.mark.parametrize("fill", ["anchor", "zero"])
def test_another_step_than_the_model_s_is_named(newer, like, step, own, fill):
    assert refusal(table(newer), like, fill=fill) == (
        f"The rows of the table are {step}, but the model was trained on {own} rows; give {own} rows, or fit a model"
        f" on {step} ones."
    )


@pytest.mark.parametrize("kept", [[0, 1, 5], [0, 4, 5], [0, 7], [0, 2, 7, 9, 20], [0, 1, 2, 9]])
def test_sparse_rows_are_no_coarser_step(kept):
    panel, schema, _ = to_panel(table("D"))
    found, _, _ = to_panel(table("D", 30).iloc[kept], like=schema, freq=panel.frequency)
    assert found.mask.sum() == len(kept)


def test_a_coarser_series_among_others_is_named():
    both = pd.concat([table("D", 60), table("MS", 8, "m")])
    assert refusal(both) == (
        "The rows of series 'm' are monthly, but those of others are daily; give all series one step, or leave this one"
        " out."
    )
    assert "The rows of series 'm' are monthly" in refusal(both, "D")
    assert to_panel(both, fill="ffill")[0].num_series == 2  # the caller says what a gap means


def test_a_finer_series_among_others_is_named():
    assert "The rows of series 'h' are hourly, but those of others are daily" in refusal(
        pd.concat([table("D", 60), table("h", 8, "h")])
    )


def test_a_step_that_was_asked_for():
    assert refusal(table("MS"), freq="D") == (
        "The rows of the table are monthly, but freq= asks for daily ones; leave freq= out, or give the rows between."
    )


def test_another_day_of_the_week_is_no_other_step():
    panel, schema, _ = to_panel(table("W-MON"))
    shifted = pd.concat([table("W-MON", 4), table("W-TUE", 3, start="2024-02-01")])
    with pytest.raises(DataError, match="no whole number of steps"):
        to_panel(shifted, like=schema, freq=Frequency(panel.frequency.alias))


def jittered() -> pd.DataFrame:
    """Minutes, each late by up to 0.9 seconds."""
    late = pd.to_timedelta(np.random.default_rng(0).integers(0, 900, 300), unit="ms")
    minutes = pd.date_range("2024-01-01", periods=300, freq="min")
    return pd.DataFrame({"time": minutes + late, "y": np.arange(300.0)})


@pytest.mark.parametrize("freq", [None, "min"])
def test_times_that_follow_no_step_are_refused_with_the_rounding(freq: str | None) -> None:
    frame = jittered()
    with pytest.raises(
        DataError, match=r"rows lie off such steps; round the times.*round\('60s'\)"
    ):
        to_panel(frame, freq=freq)
    panel, _, _ = to_panel(frame.assign(time=frame["time"].dt.round("60s")), freq=freq)
    assert (panel.frequency.describe, len(panel.target)) == ("minute", 300)


def test_rows_of_twice_a_month_are_refused_with_the_monthly_sums() -> None:
    frame = pd.DataFrame({"ds": pd.date_range("2000-01-01", periods=48, freq="SMS"), "y": 1.0})
    with pytest.raises(DataError, match=r"monthly sums: table\.resample\('MS', on='ds'\)\.sum\(\)"):
        to_panel(frame)
    panel, _, _ = to_panel(frame.resample("MS", on="ds").sum())
    assert panel.target.tolist() == [2.0] * 24
