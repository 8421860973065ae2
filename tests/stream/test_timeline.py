"""Times of rows, looked up: series that begin at other rows of one calendar share their times."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rollcast.data.calendar import Frequency
from rollcast.stream.timeline import Timeline
from rollcast.tables import to_panel

COUNT = 70


def timeline_of(freq: Any, tz: str | None = None) -> tuple[Timeline, Frequency]:
    times = pd.date_range("2001-01-01", periods=30, freq="D", tz=tz)
    _, schema, _ = to_panel(pd.DataFrame({"ds": times, "y": np.arange(30.0)}))
    frequency = Frequency.parse(freq, tz)
    return Timeline(frequency, schema), frequency


@pytest.mark.parametrize("tz", [None, "Europe/Berlin"])
@pytest.mark.parametrize("freq", ["D", "2D", "B", "W-SUN", "MS", "ME", "2QS", "D[Mon-Sat]", "h"])
def test_times_are_those_of_each_series_own_grid(freq: str, tz: str | None):
    timeline, frequency = timeline_of(freq, tz)
    first = int(pd.Timestamp("2001-01-01 02:30", tz=tz).as_unit("ns").value)
    if freq in ("W-SUN", "ME"):
        first = int(pd.Timestamp("2001-01-31 02:30", tz=tz).as_unit("ns").value)
    starts = frequency.times(first, 12)[[0, 5, 3, 11, 1]].tolist()
    starts += [starts[0] + 3600 * 10**9]  # of another phase
    for start in starts:
        grid, alone = timeline.grid(start), frequency.times(start, COUNT)
        assert [timeline.instant(grid, row) for row in range(COUNT)] == alone.tolist()
        shown = json.loads(f"[{timeline.text(grid, 0, COUNT)}]")
        assert [pd.Timestamp(text).as_unit("ns").value for text in shown] == alone.tolist()


@pytest.mark.parametrize("freq", ["D", "MS", "h"])
def test_series_that_begin_late_make_no_blocks_of_their_own(freq: str, monkeypatch):
    made: list[tuple[int, int]] = []
    make = Timeline._make

    def counted(self: Timeline, start: int, number: int) -> Any:
        made.append((start, number))
        return make(self, start, number)

    monkeypatch.setattr(Timeline, "_make", counted)
    timeline, frequency = timeline_of(freq)
    newest = frequency.times(int(pd.Timestamp("1990-01-01").value), 1500)
    for _ in range(2):
        for row, start in enumerate(newest.tolist()):
            grid = timeline.grid(start)
            assert timeline.instant(grid, 1499 - row) == newest[-1]
    assert len(made) <= 2
