"""Calendars of open days and hours, and of days of the month: counting, spelling, and what is closed."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollcast.data.calendar import Frequency
from rollcast.data.clock import format_time, to_utc
from rollcast.errors import ArgumentError, DataError

BERLIN = "Europe/Berlin"

SPELLINGS = {
    "D[mon-sat]": "D[Mon-Sat]",
    "D[Monday, Tuesday,Wednesday,Thu,Fri,Sat]": "D[Mon-Sat]",
    "D[Sun - Thu]": "D[Sun-Thu]",
    "D[Thu,Tue,Sat]": "D[Tue,Thu,Sat]",
    "D[Fri-Tue]": "D[Fri-Tue]",
    "1D[Mon-Sat]": "D[Mon-Sat]",
    "24h[Mon-Sat]": "D[Mon-Sat]",
    "D[Mon-Fri]": "B",
    "D[Mon-Sun]": "D",
    "D[Sun]": "W-SUN",
    "H[9:00-17:00]": "h[09:00-17:00]",
    "h[00:00-23:00]": "h",
    "30min[Mon-Fri 09:00-17:30]": "30min[Mon-Fri 09:00-17:30]",
    "30T[Mon-Fri 09:00-11:30, 12:30 - 15:00]": "30min[Mon-Fri 09:00-11:30,12:30-15:00]",
    "h[Sat 09:00-12:00; Mon-Fri 09:00-17:00]": "h[Mon-Fri 09:00-17:00; Sat 09:00-12:00]",
    "h[Fri 00:00-16:00; Mon-Thu; Sun 17:00-23:00]": "h[Mon-Thu; Fri 00:00-16:00; Sun 17:00-23:00]",
    "MS[30]": "MS[30]",
    "3MS[29]": "3MS[29]",
    "BME[ANY]": "BME[any]",
    "MS[15 any]": "MS[15 any]",
}

SEASONS = {
    "D[Mon-Sat]": 6, "D[Tue,Thu,Sat]": 3, "D[Sun-Thu]": 5, "30min[Mon-Fri 09:00-17:30]": 18,
    "h[Mon-Fri 09:00-11:00,12:30-14:30]": 6, "h[Mon-Fri 09:00-17:00; Sat 09:00-12:00]": 49,
    "h[Mon-Sat]": 24, "MS[30]": 12, "3MS[30]": 4, "BME[any]": 12, "12MS[29]": None,
}  # fmt: skip

LABELS = {
    "D[Mon-Sat]": "day, Monday to Saturday",
    "D[Tue,Thu,Sat]": "day, Tuesday, Thursday and Saturday",
    "30min[Mon-Fri 09:00-17:30]": "30 minutes, Monday to Friday 09:00 to 17:30",
    "h[09:00-17:00]": "hour, 09:00 to 17:00",
    "MS[30]": "month, on the 30th",
    "BME[any]": "business month, any day read as its month",
}

GRIDS = [alias for alias in dict.fromkeys(SPELLINGS.values()) if "[" in alias]

WRONG = [
    "D[]", "D[Foo]", "D[M]", "D[Mon-Wed-Fri]", "D[Mon 09:00]", "D[Mon", "2D[Mon,Tue]", "B[Mon]", "W[Mon]",
    "h[17:00-09:00]", "h[25:00]", "h[09:61]", "h[09:00-10:00-11:00]", "ns[Mon]", "MS[0]", "MS[32]", "ME[30]", "QS[any]",
]  # fmt: skip


def ns(*texts: str, tz: str | None = None) -> np.ndarray:
    return pd.DatetimeIndex(list(texts), tz=tz).as_unit("ns").asi8


def shown(times: np.ndarray, tz: str | None = None) -> list[str]:
    return [format_time(int(t), tz) for t in times]


@pytest.mark.parametrize(("given_as", "alias"), SPELLINGS.items())
def test_a_calendar_has_one_spelling(given_as: str, alias: str) -> None:
    found = Frequency.parse(given_as)
    assert found.alias == alias
    assert Frequency.parse(alias) == found


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_calendar_is_refused(wrong: str) -> None:
    with pytest.raises(ArgumentError, match=r"`freq` must .*; got "):
        Frequency.parse(wrong)


def test_custom_business_days_of_pandas_are_calendars() -> None:
    offset = pd.offsets.CustomBusinessDay(weekmask="Tue Wed Thu Fri Sat")
    assert Frequency.parse(offset) == Frequency("D[Tue-Sat]")
    offset = pd.offsets.CustomBusinessDay(weekmask="1111110", holidays=["2024-12-25"])
    assert Frequency.parse(offset) == Frequency("D[Mon-Sat]")
    assert Frequency.parse(pd.offsets.CustomBusinessDay()) == Frequency("B")


@pytest.mark.parametrize(("alias", "length"), SEASONS.items())
def test_season_length(alias: str, length: int | None) -> None:
    assert Frequency(alias).season_length == length


@pytest.mark.parametrize(("alias", "label"), LABELS.items())
def test_label(alias: str, label: str) -> None:
    assert Frequency(alias).label == label


@pytest.mark.parametrize("alias", GRIDS)
def test_json_returns_the_same(alias: str) -> None:
    frequency = Frequency(alias, tz=BERLIN)
    assert Frequency.from_json(json.loads(json.dumps(frequency.to_json()))) == frequency


def test_open_days_follow_each_other() -> None:
    expected = pd.bdate_range("2024-01-02", periods=60, freq="C", weekmask="Mon Tue Thu Sat")
    times = expected.as_unit("ns").asi8
    frequency = Frequency.parse("D[Mon,Tue,Thu,Sat]")
    np.testing.assert_array_equal(frequency.times(int(times[0]), 60), times)
    assert frequency.advance(int(times[59]), -59) == times[0]
    assert frequency.position(int(times[0]), times[[5, 59, 0]]).tolist() == [5, 59, 0]


def test_rows_at_noon_stay_at_noon() -> None:
    times = Frequency("D[Mon-Sat]").times(int(ns("2024-01-05 12:00")[0]), 3)
    assert shown(times) == ["2024-01-05 12:00", "2024-01-06 12:00", "2024-01-08 12:00"]


def test_a_closed_day_is_off_the_grid_and_named() -> None:
    frequency = Frequency("D[Mon-Sat]")
    start, sunday = ns("2024-01-05", "2024-01-07")
    rows, on = frequency.locate(np.array([start]), np.array([sunday]))
    assert (rows.tolist(), on.tolist()) == ([1], [False])
    assert not frequency.locate(np.array([sunday]), np.array([sunday]))[1][0]
    assert frequency.why_off(int(start), int(sunday)) == (
        "is a Sunday, closed in the calendar of the rows (day, Monday to Saturday)"
    )
    assert Frequency("B").why_closed(int(sunday)) == (
        "is a Sunday, closed in the calendar of the rows (business day)"
    )


def test_hours_go_on_after_lunch_night_and_weekend() -> None:
    frequency = Frequency("h[Mon-Fri 09:00-11:00,12:30-14:30]")
    friday = int(ns("2024-01-05 10:00")[0])
    assert shown(frequency.times(friday, 7)) == [
        "2024-01-05 10:00", "2024-01-05 11:00", "2024-01-05 12:30", "2024-01-05 13:30", "2024-01-05 14:30",
        "2024-01-08 09:00", "2024-01-08 10:00",
    ]  # fmt: skip
    evening = int(ns("2024-01-05 20:00")[0])
    assert "lies outside the open times" in (frequency.why_closed(evening) or "")
    assert frequency.is_open(ns("2024-01-05 14:30", "2024-01-05 15:30")).tolist() == [True, False]


def test_open_hours_are_those_of_the_local_clock() -> None:
    frequency = Frequency("30min[Mon-Fri 09:00-17:30]", tz=BERLIN)
    friday = int(ns("2024-03-29 17:30", tz=BERLIN)[0])
    times = frequency.times(friday, 2)
    assert shown(times, BERLIN) == ["2024-03-29 17:30+0100", "2024-04-01 09:00+0200"]
    assert frequency.position(friday, times).tolist() == [0, 1]


def test_the_second_of_two_equal_clock_times_is_off_the_grid() -> None:
    frequency = Frequency("h[01:00-12:00]", tz=BERLIN)
    twice = pd.date_range("2024-10-27 01:00", periods=3, freq="h", tz=BERLIN).as_unit("ns").asi8
    _, on = frequency.locate(np.full(3, twice[0]), twice)
    assert on.tolist() == [True, True, False]


def test_months_are_clipped_and_remember_their_day() -> None:
    frequency = Frequency("MS[30]")
    start = int(ns("2023-12-30")[0])
    times = frequency.times(start, 4)
    assert shown(times) == ["2023-12-30", "2024-01-30", "2024-02-29", "2024-03-30"]
    # A grid that begins in February goes on with the 30ths.
    assert frequency.advance(int(times[2]), 1) == times[3]
    assert frequency.position(start, times).tolist() == [0, 1, 2, 3]
    assert shown(Frequency("3MS[29]").times(int(ns("2022-11-29")[0]), 3)) == [
        "2022-11-29",
        "2023-02-28",
        "2023-05-29",
    ]


def test_any_day_is_its_month() -> None:
    frequency = Frequency("BME[any]")
    start, later = ns("2024-01-17", "2024-03-02")
    rows, on = frequency.locate(np.array([start]), np.array([later]))
    assert (rows.tolist(), on.tolist()) == ([2], [True])
    assert shown(frequency.times(int(start), 4)) == [
        "2024-01-17",
        "2024-02-29",
        "2024-03-29",
        "2024-04-30",
    ]
    assert shown(Frequency("MS[15 any]").times(int(start), 2)) == ["2024-01-17", "2024-02-15"]


@pytest.mark.parametrize("alias", GRIDS)
def test_times_beyond_what_timestamps_hold_are_refused(alias: str) -> None:
    frequency = Frequency(alias)
    start = frequency.advance(int(ns("2024-01-01")[0]), 1)
    for steps in (10**8, -(10**8), 2**62):
        with pytest.raises(DataError, match="outside the years 1678 to 2261"):
            frequency.advance(start, steps)


@settings(max_examples=80)
@given(
    alias=st.sampled_from([alias for alias in GRIDS if "any" not in alias]),
    tz=st.sampled_from([None, BERLIN, "America/Sao_Paulo", "Asia/Tokyo"]),
    first=st.integers(300, 2500),
    steps=st.lists(st.integers(-200, 200), min_size=1, max_size=8),
)
def test_times_and_rows_are_inverse(
    alias: str, tz: str | None, first: int, steps: list[int]
) -> None:
    frequency = Frequency(alias, tz=tz)
    assert frequency.form is not None
    start = to_utc(frequency.form.time(np.array([first])), tz)
    starts = np.repeat(start, len(steps))
    times = frequency.shift(starts, np.array(steps))
    rows, on = frequency.locate(starts, times)
    assert rows[on].tolist() == np.array(steps)[on].tolist()
    if tz in (None, "Asia/Tokyo"):
        assert on.all()
