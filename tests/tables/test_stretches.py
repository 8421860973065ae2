"""A text column that labels stretches of one series is no identifier."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rollcast.tables import to_panel

DAYS = pd.date_range("2023-01-01", periods=60)


def labelled(labels: Any, times: Any = DAYS) -> pd.DataFrame:
    return pd.DataFrame({"date": times, "label": labels, "sales": np.arange(len(times)) + 1.0})


HALVES = ["FY23"] * 30 + ["FY24"] * 30
WEEKDAYS = [f"{day:%A}" for day in DAYS]


@pytest.mark.parametrize(
    "labels",
    [HALVES, ["train"] * 50 + ["test"] * 10, WEEKDAYS, ["warm"] * 9 + ["cold"] * 42 + ["warm"] * 9],
)
def test_labels_that_share_no_time_are_left_out_with_a_remark(labels, tmp_path: Path):
    table = labelled(labels)
    table.to_csv(tmp_path / "sales.csv", index=False)
    newest_first = table.iloc[::-1].reset_index(drop=True)
    for data in (table, newest_first, tmp_path / "sales.csv"):
        panel, _, notes = to_panel(data)
        assert panel.ids == (None,)
        assert panel.target.tolist() == table["sales"].tolist()
        assert (
            "Left out column 'label': no time comes twice, so all rows are taken as one series; pass id_col='label' if"
            " each of its values is a series." in notes.remarks
        )
    assert to_panel(table, id_col="label", fill="zero")[0].ids == tuple(dict.fromkeys(labels))


def test_blocks_whose_times_mingle_are_series():
    times = [*DAYS[::2], *DAYS[1::2]]
    assert to_panel(labelled(["even"] * 30 + ["odd"] * 30, times))[0].ids == ("even", "odd")


def test_labels_beside_an_identifier_are_left_out():
    both = pd.concat([labelled(HALVES).assign(shop=name) for name in "ab"])
    assert to_panel(both)[0].ids == ("a", "b")


def test_blocks_of_rows_that_are_only_counted_are_series():
    assert to_panel(labelled(HALVES).drop(columns="date"))[0].ids == ("FY23", "FY24")


def test_blocks_far_apart_in_time_are_series():
    times = [*DAYS[:30], *(DAYS[30:] + pd.Timedelta("90D"))]
    assert to_panel(labelled(HALVES, times))[0].ids == ("FY23", "FY24")
