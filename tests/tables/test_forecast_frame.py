"""Forecasts come back in the caller's names, types and kind of frame."""

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from rollcast import datasets
from rollcast.data.calendar import Frequency
from rollcast.errors import ArgumentError, BackendError
from rollcast.tables import Schema, forecast_frame, to_panel
from rollcast.tables.forecast_frame import check_forecast_name, forecast_columns

BERLIN = "Europe/Berlin"


def days(count: int, start: str = "2024-01-01") -> pd.DatetimeIndex:
    return pd.date_range(start, periods=count, freq="D")


def go_on(data: Any, h: int = 2, **arguments: Any) -> Any:
    """The frame of a forecast that counts 0, 1, ... after the last row of ``data``."""
    panel, schema, _ = to_panel(data, **arguments)
    schema = Schema.from_json(json.loads(json.dumps(schema.to_json())))
    first = panel.frequency.shift(panel.starts, panel.lengths)
    values = np.arange(panel.num_series * h, dtype=float).reshape(panel.num_series, h)
    forecasts = {"LSTM": values, "naive": values + 0.5}
    return forecast_frame(panel.ids, first, forecasts, panel.frequency, schema)


def two(ids: Any, times: Any, **names: str) -> pd.DataFrame:
    frame = pd.DataFrame({"unique_id": ids, "ds": times, "y": np.arange(4.0)})
    return frame.rename(columns=names)


def test_names_types_and_order_come_back() -> None:
    frame = two([7, 7, 3, 3], [*days(2), *days(2, "2024-05-01")], unique_id="shop", ds="when")
    result = go_on(frame, id_col="shop")
    expected = pd.DataFrame({
        "shop": [7, 7, 3, 3],
        "when": [*days(2, "2024-01-03"), *days(2, "2024-05-03")],
        "LSTM": [0.0, 1.0, 2.0, 3.0],
        "naive": [0.5, 1.5, 2.5, 3.5],
    })  # fmt: skip
    pd.testing.assert_frame_equal(result, expected)


@pytest.mark.parametrize(
    "ids",
    [
        np.array([1, 1, 2, 2], np.int32), np.array([1, 1, 2, 2], np.uint8), ["a", "a", "b", "b"],
        pd.Categorical(["a", "a", "b", "b"], categories=["b", "a", "c"]),
        pd.Series(["a", "a", "b", "b"], dtype=object), pd.array([1, 1, 2, 2], dtype="Int64"),
        pd.array(["a", "a", "b", "b"], dtype="string[pyarrow]"),
        pd.array(["a", "a", "b", "b"], dtype="string[python]"), [1.5, 1.5, 2.5, 2.5],
        pd.array([1, 1, 2, 2], dtype="int64[pyarrow]"), [True, True, False, False],
        pd.date_range("2024-01-01", periods=2, tz=BERLIN).repeat(2),
    ],
    ids=lambda ids: str(getattr(ids, "dtype", type(ids[0]).__name__)),
)  # fmt: skip
def test_the_type_of_identifiers_comes_back(ids: Any) -> None:
    frame = two(ids, [*days(2)] * 2)
    result = go_on(frame, id_col="unique_id")
    pd.testing.assert_series_equal(result["unique_id"], frame["unique_id"])


@pytest.mark.parametrize(
    "times",
    [
        days(6).as_unit("s"), days(6).as_unit("ms"), days(6).as_unit("us"), days(6).as_unit("ns"),
        days(6).tz_localize(BERLIN), days(6).tz_localize("UTC").as_unit("ms"),
        pd.date_range("2024-03-29", periods=6, tz=BERLIN),
        pd.date_range("2024-10-25", periods=6, tz="UTC+09:00"),
        pd.date_range("2024-01-01 22:00", periods=6, freq="30min", unit="s"),
        pd.period_range("2024-11", periods=6, freq="M"),
        pd.period_range("2024Q1", periods=6, freq="Q"),
        pd.period_range("2024-01-05", periods=6, freq="W-FRI"),
        np.arange(6, dtype=np.int32), np.arange(0.0, 6.0), pd.array(range(6), dtype="Int64"),
        [dt.date(2024, 1, day) for day in range(1, 7)],
        [20240128, 20240129, 20240130, 20240131, 20240201, 20240202],
        [202311, 202312, 202401, 202402, 202403, 202404],
        pd.Series(days(6)).astype("timestamp[us][pyarrow]"),
        pd.Series(days(6).tz_localize(BERLIN)).astype("timestamp[ns, tz=Europe/Berlin][pyarrow]"),
        pd.Series([dt.date(2024, 1, day) for day in range(1, 7)], dtype="date32[day][pyarrow]"),
    ],
    ids=lambda t: f"{getattr(t, 'dtype', type(t[0]).__name__)}-{t[0]}",
)  # fmt: skip
def test_the_type_of_times_comes_back(times: Any) -> None:
    frame = pd.DataFrame({"when": times, "y": range(6)})
    result = go_on(frame.head(4), time_col="when")
    expected = frame["when"].iloc[4:].reset_index(drop=True)
    pd.testing.assert_series_equal(result["when"], expected, check_freq=False)


def test_text_comes_back_as_timestamps() -> None:
    for texts in (["2024-01-01", "2024-01-02"], ["01.01.2024", "02.01.2024"]):
        result = go_on(pd.DataFrame({"when": texts, "y": [1, 2]}))
        assert result["when"].tolist() == [*days(2, "2024-01-03")]


def test_text_with_offsets_comes_back_with_a_zone() -> None:
    result = go_on(datasets.path("demand"))
    assert result.columns.tolist() == ["Time", "LSTM", "naive"]
    assert result["Time"].iloc[0] == pd.Timestamp("2014-12-31 13:00", tz="UTC")
    local = go_on(datasets.path("demand"), tz="Australia/Melbourne")
    assert local["Time"].iloc[0] == pd.Timestamp("2015-01-01", tz="Australia/Melbourne")


def test_clock_time_comes_back_as_clock_time() -> None:
    times = pd.date_range("2024-10-27", periods=4, freq="h", tz=BERLIN).tz_localize(None)
    result = go_on(pd.DataFrame({"ds": times, "y": range(4)}), tz=BERLIN)
    assert result["ds"].tolist() == [*pd.date_range("2024-10-27 03:00", periods=2, freq="h")]


def test_no_identifier_and_no_time_in_none_out() -> None:
    result = go_on(np.arange(5.0), h=3)
    expected = pd.DataFrame({"step": [5, 6, 7], "LSTM": [0.0, 1, 2], "naive": [0.5, 1.5, 2.5]})
    pd.testing.assert_frame_equal(result, expected)


def test_polars_comes_back_as_polars() -> None:
    frame = pl.DataFrame({
        "shop": pl.Series([7, 7, 3, 3], dtype=pl.Int16),
        "when": [*days(2), *days(2, "2024-05-01")],
        "sold": [1.0, 2, 3, 4],
    })  # fmt: skip
    result = go_on(frame, id_col="shop")
    assert isinstance(result, pl.DataFrame)
    assert result.columns == ["shop", "when", "LSTM", "naive"]
    assert result.schema["shop"] == pl.Int16
    assert result.schema["when"] == frame.schema["when"]
    assert result["shop"].to_list() == [7, 7, 3, 3]
    assert result["when"].to_list() == [*days(2, "2024-01-03"), *days(2, "2024-05-03")]
    assert result["LSTM"].to_list() == [0, 1, 2, 3]


@pytest.mark.parametrize("dtype", [pl.String, pl.Categorical, pl.Enum(["b", "a"]), pl.UInt8])
def test_the_type_of_identifiers_comes_back_in_polars(dtype: Any) -> None:
    ids = [1, 1, 2, 2] if dtype == pl.UInt8 else ["a", "a", "b", "b"]
    frame = pl.DataFrame({"id": pl.Series(ids, dtype=dtype), "ds": [*days(2)] * 2, "y": range(4)})
    result = go_on(frame, id_col="id")
    assert result["id"].dtype == frame["id"].dtype
    assert result["id"].to_list() == ids


@pytest.mark.parametrize(
    "times",
    [
        pl.Series(days(6)).cast(pl.Datetime("ms")), pl.Series(days(6)).cast(pl.Datetime("ns")),
        pl.Series(days(6)).cast(pl.Date), pl.Series(range(6), dtype=pl.Int32),
        pl.Series(pd.date_range("2024-03-29", periods=6, tz=BERLIN)),
        pl.Series([202311, 202312, 202401, 202402, 202403, 202404]),
    ],
    ids=lambda t: str(t.dtype),
)  # fmt: skip
def test_the_type_of_times_comes_back_in_polars(times: pl.Series) -> None:
    frame = pl.DataFrame({"when": times, "y": range(6)})
    result = go_on(frame.head(4), time_col="when")
    assert result["when"].dtype == times.dtype
    assert result["when"].to_list() == times.tail(2).to_list()


def test_polars_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    schema = Schema(None, None, "y", kind="polars")
    panel, _, _ = to_panel(np.arange(3))
    with pytest.raises(BackendError, match=r'pip install "rollcast\[polars\]"'):
        forecast_frame((None,), np.array([3]), {"LSTM": np.zeros((1, 2))}, panel.frequency, schema)


def test_polars_needs_no_arrow() -> None:
    code = """if True:
        import sys
        sys.modules["pyarrow"] = None
        import polars as pl
        from rollcast.tables import forecast_frame, to_panel
        frame = pl.DataFrame({
            "id": ["a", "a", "a", "b", "b", "b"],
            "ds": pl.datetime_range(pl.datetime(2024, 1, 1), pl.datetime(2024, 1, 6), eager=True)
            .dt.replace_time_zone("Europe/Berlin"),
            "y": [1, 5, 2, 3, None, 3],
        })
        panel, schema, _ = to_panel(frame, fill="ffill", id_col="id")
        first = panel.frequency.shift(panel.starts, panel.lengths)
        forecasts = {"LSTM": panel.target.reshape(2, 3)[:, ::2]}
        result = forecast_frame(panel.ids, first, forecasts, panel.frequency, schema)
        print(result["id"].to_list(), result["ds"].dtype.time_zone, result["LSTM"].to_list())
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout == "['a', 'a', 'b', 'b'] Europe/Berlin [1.0, 2.0, 3.0, 3.0]\n"


def test_a_forecast_written_as_csv_is_a_table_again(tmp_path: Path) -> None:
    go_on(datasets.demand().tail(100), h=5).to_csv(tmp_path / "forecast.csv", index=False)
    panel, schema, _ = to_panel(tmp_path / "forecast.csv", target_col="LSTM")
    assert (schema.id_col, schema.time_col) == ("unique_id", "ds")
    assert panel.frequency.alias == "30min"
    assert panel.target.tolist() == [0, 1, 2, 3, 4]


INTERVAL_COLUMNS = [
    "Rollcast",
    *(f"Rollcast-{end}" for end in ("lo-95", "lo-80", "hi-80", "hi-95")),
]


def with_intervals(data: Any, **arguments: Any) -> Any:
    """Two steps of forecasts 10, 11, ... after ``data`` with an 80 and a 95 % interval."""
    panel, schema, _ = to_panel(data, **arguments)
    first = panel.frequency.shift(panel.starts, panel.lengths)
    point = 10 + np.arange(panel.num_series * 2, dtype=float).reshape(-1, 2)
    columns = forecast_columns(
        "Rollcast", point, {80: (point - 1, point + 1), 95: (point - 2, point + 2)}
    )
    return forecast_frame(panel.ids, first, columns, panel.frequency, schema)


def test_intervals_follow_the_forecast_from_the_lowest_end_to_the_highest() -> None:
    frame = two([7, 7, 3, 3], [*days(2), *days(2)], unique_id="shop")
    result = with_intervals(frame, id_col="shop")
    assert list(result) == ["shop", "ds", *INTERVAL_COLUMNS]
    assert result.iloc[3, 2:].tolist() == [13.0, 11.0, 12.0, 14.0, 15.0]
    polars = with_intervals(pl.from_pandas(frame), id_col="shop")
    assert isinstance(polars, pl.DataFrame)
    assert polars.columns == list(result)
    assert polars.row(3)[2:] == (13.0, 11.0, 12.0, 14.0, 15.0)


def test_a_wide_table_has_its_intervals_in_a_long_one() -> None:
    months = {f"2024-{month:02d}": [1.0 * month, 2.0 * month] for month in range(1, 7)}
    result = with_intervals(pd.DataFrame({"shop": ["north", "south"], **months}))
    assert list(result) == ["shop", "ds", *INTERVAL_COLUMNS]
    assert result["shop"].tolist() == ["north", "north", "south", "south"]
    assert result["ds"].dt.month.tolist() == [7, 8, 7, 8]
    assert result["Rollcast-lo-95"].tolist() == [8.0, 9.0, 10.0, 11.0]


def test_levels_between_whole_numbers_keep_their_digits() -> None:
    one = np.ones((1, 1))
    assert list(forecast_columns("x", one, {97.5: (one, one)})) == ["x", "x-lo-97.5", "x-hi-97.5"]


@pytest.mark.parametrize("name", ["", " ", 3, None])
def test_the_column_of_forecasts_needs_a_name(name: Any) -> None:
    with pytest.raises(ArgumentError, match="`alias` must be"):
        check_forecast_name(name, Schema("shop", "ds", "y"))


def test_neither_the_forecast_nor_an_interval_takes_the_name_of_another_column() -> None:
    schema = Schema("x-lo-80", None, "y")
    assert check_forecast_name("y", schema, (80,)) == "y"
    assert check_forecast_name("x", schema, (95,)) == "x"
    with pytest.raises(ArgumentError) as caught:
        check_forecast_name("x", schema, (80, 95))
    assert str(caught.value) == (
        "The column of series is called 'x-lo-80', as a column of the result is; rename it, or pass another `alias`."
    )
    with pytest.raises(ArgumentError, match="The column of times is called 'step', as a column of"):
        check_forecast_name("step", schema)
    with pytest.raises(ArgumentError, match="The column of series is called 'x-lo-80'"):
        check_forecast_name("x-lo-80", schema)
    with pytest.raises(ArgumentError, match="The column of series is called 'x-by'"):
        check_forecast_name("x", Schema("x-by", None, "y"), by=True)


def test_no_table_is_made_in_which_a_column_would_stand_for_two_things() -> None:
    made = {"y": np.ones((1, 1)), "a-lasts": np.ones((1, 1))}
    with pytest.raises(
        ArgumentError, match="The column of series is called 'a-lasts', as a column"
    ):
        forecast_frame(["a"], np.zeros(1), made, Frequency(1), Schema("a-lasts", None, "y"))
