"""Models of shops that are closed on Sundays, and of business hours: no forecast, row or gap is for closed times."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

import rollcast as rc
from livesamples import fit
from rollcast.errors import DataError, RollcastWarning
from rollcast.stream.session import StreamPaths, run_stream
from rollcast.stream.stream_options import StreamOptions

OPEN = pd.bdate_range("2024-01-01", "2024-07-13", freq="C", weekmask="Mon Tue Wed Thu Fri Sat")
HOLIDAYS = pd.DatetimeIndex(["2024-03-29", "2024-04-01", "2024-05-01"])
SIZES_12 = {"val_size": 12, "test_size": 12}
END = pd.Timestamp("2024-06-29")  # a Saturday


def rows(days: pd.DatetimeIndex) -> pd.DataFrame:
    values = 20 + np.sin(np.arange(len(days))) + days.day_of_week.to_numpy()
    return pd.DataFrame({"ds": days, "y": values})


TABLE = rows(OPEN)
PAST, NEWER = TABLE[TABLE.ds <= END], TABLE[TABLE.ds > END]


def values_of(frame: pd.DataFrame) -> np.ndarray:
    return frame["LSTM"].to_numpy()


@pytest.fixture(scope="module")
def model() -> rc.Forecaster:
    return fit(PAST[~PAST.ds.isin(HOLIDAYS)], h=None)


def test_forecasts_are_for_open_days_and_a_season_is_their_week(model: rc.Forecaster) -> None:
    frame = model.predict()
    assert (
        frame["ds"].tolist()
        == pd.bdate_range("2024-07-01", "2024-07-06", freq="C", weekmask="1" * 6 + "0").tolist()
    )
    assert (model.fitted.model.h, model.fitted.config.season_length) == (6, 6)
    assert (model.fitted.card.rows, model.fitted.card.missing) == (156, 3)
    assert model.predict(h=14)["ds"].dt.day_of_week.max() == 5


def test_the_calendar_is_kept_in_the_file(model: rc.Forecaster, tmp_path: Path) -> None:
    model.save(tmp_path / "m.rollcast")
    again = rc.load(tmp_path / "m.rollcast")
    assert again.fitted.frequency.alias == "D[Mon-Sat]"
    pd.testing.assert_frame_equal(again.predict(h=9), model.predict(h=9))
    pd.testing.assert_frame_equal(again.predict(NEWER, h=3), model.predict(NEWER, h=3))


def test_a_newer_table_that_begins_after_a_closed_day_follows_at_once(model: rc.Forecaster) -> None:
    frame = model.predict(NEWER, h=2)
    assert frame["ds"].tolist() == [pd.Timestamp("2024-07-15"), pd.Timestamp("2024-07-16")]
    state = model.observe(NEWER, max_gap=0)
    assert_array_equal(values_of(model.predict(h=2, state=state)), values_of(frame))
    overlapping = TABLE[TABLE.ds >= "2024-06-10"]
    assert_array_equal(values_of(model.predict(overlapping, h=2)), values_of(frame))


def test_holidays_at_the_seam_are_missing_as_in_observe(model: rc.Forecaster) -> None:
    later = NEWER[NEWER.ds >= "2024-07-03"]
    frame = model.predict(later, h=2)
    assert frame["ds"].tolist() == [pd.Timestamp("2024-07-15"), pd.Timestamp("2024-07-16")]
    assert_array_equal(values_of(model.predict(h=2, state=model.observe(later))), values_of(frame))
    assert not np.array_equal(values_of(frame), values_of(model.predict(NEWER, h=2)))
    with pytest.raises(
        DataError, match=r"begin 2 rows after .*expects 2024-07-01 first, got 2024-07-03"
    ):
        model.predict(later, max_gap=1)
    assert len(model.plot(later, h=2).axes) == 1


@pytest.mark.parametrize("fill", ["zero", "ffill"])
def test_missing_rows_at_the_seam_are_filled_as_in_fit(fill: Any) -> None:
    model = fit(PAST, given={"fill": fill}, anchor="last")
    later = NEWER[NEWER.ds >= "2024-07-03"]
    state = model.observe(later)
    assert_array_equal(values_of(model.predict(later)), values_of(model.predict(state=state)))


def test_missing_rows_at_the_seam_are_refused_where_fit_refused_them() -> None:
    model = fit(PAST, given={"fill": "error"}, anchor="last")
    with pytest.raises(DataError, match=r"There is no value at 2024-07-01, .*fill=.error"):
        model.predict(NEWER[NEWER.ds >= "2024-07-03"])


def test_a_blank_row_of_a_closed_day_alone_changes_nothing(model: rc.Forecaster) -> None:
    sunday = pd.DataFrame({"ds": [END + pd.Timedelta(1, unit="D")], "y": [np.nan]})
    pd.testing.assert_frame_equal(model.predict(state=model.observe(sunday)), model.predict())


def test_forecasts_begin_on_the_first_open_day_of_the_blank_rows(model: rc.Forecaster) -> None:
    sunday = pd.Timestamp("2024-07-14")
    blank = pd.DataFrame({"ds": pd.date_range(sunday, periods=4), "y": np.nan})
    newer = pd.concat([NEWER, blank])
    assert model.predict(newer, h=2)["ds"].tolist() == list(pd.date_range("2024-07-15", periods=2))
    pd.testing.assert_frame_equal(model.predict(newer), model.predict(NEWER))


def test_shops_go_on_from_a_wide_sheet_with_blank_sundays() -> None:
    """Dates as columns, Sundays among them, blank ones at the end, and numbers where `fit` had text."""
    frames = [TABLE.assign(shop=name, y=TABLE.y + 5 * n) for n, name in enumerate("123")]
    shops = pd.concat(frames, ignore_index=True)
    past, newer = shops[shops.ds <= END], shops[shops.ds > END]
    model = fit(past, h=3)
    sheet = newer.pivot(index="shop", columns="ds", values="y")
    sheet = sheet.reindex(columns=pd.date_range("2024-07-01", "2024-07-21")).reset_index()
    sheet["shop"] = sheet["shop"].astype(int)
    sheet.columns = ["shop", *pd.date_range("2024-07-01", "2024-07-21").strftime("%Y-%m-%d")]
    pd.testing.assert_frame_equal(model.predict(sheet), model.predict(newer))
    first = model.predict(sheet).groupby("shop")["ds"].min()
    assert first.tolist() == [pd.Timestamp("2024-07-15")] * 3


def test_rows_on_closed_days_are_refused_wherever_they_come(model: rc.Forecaster) -> None:
    sunday = rows(pd.DatetimeIndex(["2024-06-30", "2024-07-01"]))
    closed = (
        r"2024-06-30.* is a Sunday, closed in the calendar of the rows \(day, Monday to Saturday\)"
    )
    for read in (model.observe, model.predict, model.evaluate):
        with pytest.raises(DataError, match=closed):
            read(sunday)
    blank = sunday.assign(y=[np.nan, 21.0])
    assert_array_equal(values_of(model.predict(blank)), values_of(model.predict(blank[1:])))
    assert_array_equal(
        values_of(model.predict(state=model.observe(blank))), values_of(model.predict(blank[1:]))
    )


def test_rows_that_were_read_are_revised_over_closed_days(model: rc.Forecaster) -> None:
    state = model.observe(NEWER)
    corrected = NEWER.assign(y=NEWER.y + 1)
    known = TABLE[~TABLE.ds.isin(HOLIDAYS)]
    revised = model.revise(corrected, state, earlier=model.state, history=known)
    expected = model.observe(corrected)
    assert_array_equal(
        values_of(model.predict(state=revised)), values_of(model.predict(state=expected))
    )


def test_new_rows_are_judged_on_open_days(model: rc.Forecaster) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RollcastWarning)
        assert "naive" in str(model.evaluate(TABLE).table())


def test_streams_step_over_closed_days(model: rc.Forecaster, tmp_path: Path) -> None:
    source, sink = tmp_path / "rows", tmp_path / "out"
    lines = [
        {"ds": "2024-07-01", "y": 20.0},
        {"ds": "2024-07-06", "y": 21.0},
        {"ds": "2024-07-07", "y": 22.0},
        {"ds": "2024-07-08", "y": 23.0},
    ]
    source.write_text("".join(json.dumps(line) + "\n" for line in lines))
    told: list[str] = []
    counts = run_stream(
        model.fitted,
        StreamOptions.of(model.fitted, h=2),
        StreamPaths(source=source, sink=sink),
        lambda _, sentence: told.append(sentence),
    ).counts
    assert (counts.rows, counts.bad) == (3, 1)
    assert any("is a Sunday, closed in the calendar of the rows" in sentence for sentence in told)
    answers = [json.loads(line) for line in sink.read_text().splitlines()]
    dates = [answer["ds"] for answer in answers if "ds" in answer]
    assert [[d[:10] for d in two] for two in dates] == [
        ["2024-07-02", "2024-07-03"],
        ["2024-07-08", "2024-07-09"],
        ["2024-07-09", "2024-07-10"],
    ]


def test_business_hours_end_and_begin() -> None:
    days = pd.bdate_range("2024-01-02", "2024-03-28")
    times = pd.DatetimeIndex(
        np.concatenate([pd.date_range(d + pd.Timedelta("9h"), periods=9, freq="h") for d in days])
    )
    table = pd.DataFrame({"ds": times, "y": 20 + np.sin(np.arange(len(times)))})
    model = fit(table, h=None, given={"tz": "Europe/Berlin", **SIZES_12})
    assert (model.fitted.model.h, model.fitted.frequency.alias) == (9, "h[Mon-Fri 09:00-17:00]")
    frame = model.predict(h=11)
    assert frame["ds"].tolist()[8:] == [
        pd.Timestamp("2024-03-29 17:00"),
        pd.Timestamp("2024-04-01 09:00"),  # after the clocks were changed
        pd.Timestamp("2024-04-01 10:00"),
    ]
    newer = pd.DataFrame(
        {"ds": pd.date_range("2024-04-02 09:00", periods=4, freq="h"), "y": [20.0, 21, 20, 19]}
    )
    assert model.predict(newer, h=1, max_gap=18)["ds"][0] == pd.Timestamp("2024-04-02 13:00")
    with pytest.raises(DataError, match="begin 18 rows after"):
        model.predict(newer)


def test_months_on_the_30th_are_forecast_on_the_30th() -> None:
    months = pd.period_range("2018-01", "2024-01", freq="M")
    days = pd.DatetimeIndex(
        [m.start_time + pd.Timedelta(min(30, m.days_in_month) - 1, unit="D") for m in months]
    )
    model = fit(rows(days), h=None, given=SIZES_12)
    assert model.predict(h=3)["ds"].dt.strftime("%Y-%m-%d").tolist() == [
        "2024-02-29",
        "2024-03-30",
        "2024-04-30",
    ]
    newer = rows(pd.DatetimeIndex(["2024-02-29", "2024-03-30"]))
    assert model.predict(newer, h=1)["ds"][0] == pd.Timestamp("2024-04-30")


def test_months_on_any_day_go_on_month_by_month() -> None:
    fridays = pd.date_range("2018-01-01", "2024-01-31", freq="WOM-3FRI")
    model = fit(rows(fridays), h=None, given=SIZES_12)
    assert model.predict(h=2)["ds"].dt.strftime("%Y-%m-%d").tolist() == ["2024-02-01", "2024-03-01"]
    newer = rows(pd.DatetimeIndex(["2024-02-16", "2024-03-15"]))
    state = model.observe(newer)
    assert model.predict(h=1, state=state)["ds"][0] == pd.Timestamp("2024-04-01")
    assert_array_equal(
        values_of(model.predict(newer, h=1)), values_of(model.predict(h=1, state=state))
    )
    with pytest.raises(DataError, match="is repeated"):
        model.observe(rows(pd.DatetimeIndex(["2024-02-16", "2024-02-23"])))
