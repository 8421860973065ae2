"""From a table to a table of forecasts, around whatever forecasts the panel."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from rollcast.errors import ArgumentError, DataError
from rollcast.model.quantile_forecast import QuantileForecast
from rollcast.model.zero_shot import make_forecast
from rollcast.networks.distribution import QUANTILE_LEVELS


class LastValue:
    """Forecasts the last known value, with quantiles that lie 100 times their level around 50 from it."""

    def __init__(self) -> None:
        self.seen: dict[str, Any] = {}

    def __call__(self, panel: Any, h: int, season: Any, second: Any, **options: Any) -> Any:
        self.seen = {"panel": panel, "h": h, "season": season, "second": second, **options}
        last = [panel.target[rows][panel.mask[rows]][-1] for rows in panel]
        spread = 100 * np.array(QUANTILE_LEVELS) - 50
        return np.array(last)[:, None, None] + np.ones((1, h, 1)) * spread


def make(data: Any, h: int | None = 2, **arguments: Any) -> tuple[QuantileForecast, dict[str, Any]]:
    naive = LastValue()
    return make_forecast(data, h, arguments, naive), naive.seen


def months(number: int = 30, **columns: Any) -> pd.DataFrame:
    times = pd.date_range("2022-01-01", periods=number, freq="MS")
    return pd.DataFrame({"ds": times, "y": np.arange(1.0, number + 1), **columns})


def remarks(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


@pytest.fixture(autouse=True)
def _listen(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "rollcast")


def test_medians_and_intervals_come_in_the_callers_names_after_the_last_row():
    found, _ = make(months().rename(columns={"ds": "month", "y": "sales"}), level=[80, 97.5])
    frame = found.frame()
    ends = ("lo-97.5", "lo-80", "hi-80", "hi-97.5")
    assert list(frame) == ["month", "Rollcast", *(f"Rollcast-{end}" for end in ends)]
    assert frame["month"].dt.strftime("%Y-%m").tolist() == ["2024-07", "2024-08"]
    expected = [30.0, 30 - 48.75, 30 - 40.0, 30 + 40.0, 30 + 48.75]
    np.testing.assert_allclose(frame.iloc[:, 1:], [expected, expected], rtol=1e-12)


def test_a_polars_frame_of_several_series_gives_one():
    two = pd.concat([months(unique_id="a"), months(10, unique_id="b")])
    frame = make(pl.from_pandas(two), alias="mine")[0].frame()
    assert isinstance(frame, pl.DataFrame)
    assert frame.columns == ["unique_id", "ds", "mine"]
    assert frame["mine"].to_list() == [30.0, 30.0, 10.0, 10.0]


def test_rows_without_a_value_at_the_end_are_the_ones_to_forecast():
    data = months()
    data.loc[27:, "y"] = np.nan
    frame = make(data)[0].frame()
    assert frame["ds"].dt.strftime("%Y-%m").tolist() == ["2024-04", "2024-05"]


def test_seasons_are_the_frequencys_where_a_series_holds_two_and_a_remark_says_so(caplog: Any):
    _, seen = make(pd.concat([months(unique_id="a"), months(23, unique_id="b")]))
    assert (seen["season"].tolist(), seen["second"].tolist()) == ([12, 1], [0, 0])
    assert remarks(caplog)[-1] == (
        "A season of 12 rows is assumed, each where a series holds two of it; pass season_length= for others."
    )
    make(months(23))
    assert remarks(caplog)[-1] == (
        "No season is assumed, for no series holds two of 12 rows (the longest has 23); pass season_length= for others."
    )
    make([1.0, 2.0, 3.0])
    assert remarks(caplog)[-1] == "No season is assumed; pass season_length= for others."
    hours = pd.date_range("2024-01-01", periods=400, freq="h")
    _, seen = make(pd.DataFrame({"ds": hours, "y": np.arange(400.0)}))
    assert (seen["season"].tolist(), seen["second"].tolist()) == ([24], [168])
    assert remarks(caplog)[-1].startswith("Seasons of 24 and 168 rows are assumed; ")


def test_seasons_that_are_named_are_taken_and_a_remark_counts_the_series_that_are_too_short(
    caplog: Any,
):
    two = pd.concat([months(unique_id="a"), months(6, unique_id="b")])
    _, seen = make(two, season_length=[12, 3])
    assert (seen["season"].tolist(), seen["second"].tolist()) == ([3, 3], [12, 0])
    assert remarks(caplog)[-1] == (
        "1 series holds no whole season of 12 rows and is forecast without it (the first is 'b')."
    )


def test_without_a_horizon_one_season_is_forecast_and_a_remark_says_so(caplog: Any):
    found, seen = make(months(), None)
    assert seen["h"] == len(found.frame()) == 12
    assert remarks(caplog)[-1] == "The next 12 rows are forecast; pass h= for another horizon."


def test_log_bounds_and_the_way_to_read_are_passed_on():
    data = months().drop(index=5)
    _, seen = make(data, log=True, bounds=(0, None))
    assert (seen["log"], seen["bounds"], seen["panel"].mask.sum()) == (True, (0.0, None), 29)
    _, seen = make(data, fill="linear")
    assert (seen["log"], seen["bounds"], seen["panel"].target[5]) == ("auto", "auto", 6.0)
    assert seen["panel"].mask.all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"level": 99}, "`level` must be at most 98"),
        ({"season_length": 3000}, "`season_length` must be at most 2,016"),
        ({"log": "yes"}, "`log` must be one of 'auto', True, False; got 'yes'."),
        ({"alias": "ds"}, "`alias` must be a name of its own; 'ds' is the column of times."),
        ({"seasonality": 12}, "`seasonality` is not an option of forecast; here it is called `season_length`."),
        ({"h": 0}, "`h` must be a whole number of at least 1; got 0."),
    ],
)  # fmt: skip
def test_a_wrong_option_is_refused_in_a_sentence(options: dict[str, Any], message: str):
    with pytest.raises(ArgumentError) as caught:
        make(months(), **options)
    assert message in str(caught.value)


def test_values_outside_of_bounds_and_tables_without_a_value_are_refused():
    with pytest.raises(DataError, match="Column 'y' holds 11 in row 11"):
        make(months(), bounds=(None, 10))
    with pytest.raises(DataError, match="'y'"):
        make(months().assign(y=np.nan))


def test_a_picture_shows_the_series_that_is_asked_for_with_its_bands():
    two = pd.concat([months(unique_id="a"), months(10, unique_id="b")])
    found, _ = make(two, level=[80, 95])
    ax = found.plot("b").axes[0]
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == [
        "actual",
        "Rollcast",
        "80 %",
        "95 %",
    ]
    assert ax.get_title(loc="left") == "series b, 2 of 2: 2 steps ahead"
    with pytest.raises(ArgumentError, match="`series` must be one of the 2 identifiers; got 'c'"):
        found.plot("c")


def test_the_way_from_a_file_to_a_table_imports_neither_keras_nor_jax_nor_matplotlib(
    tmp_path: Path,
):
    months().to_csv(tmp_path / "sales.csv", index=False)
    code = f"""
import sys, numpy
from rollcast.model.zero_shot import make_forecast
before = [m for m in ("keras", "jax", "pandas", "matplotlib") if m in sys.modules]
found = make_forecast({str(tmp_path / "sales.csv")!r}, 3, {{"level": 80}}, lambda *_, **__: numpy.zeros((1, 3, 15)))
assert len(found.frame()) == 3
print(before, [m for m in ("keras", "jax", "matplotlib", "scipy") if m in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[] []\n"
