"""Frequencies: counting, inference, and both daylight-saving changes."""

import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollcast.data.calendar import Frequency
from rollcast.data.clock import both_instants, check_zone, format_time, to_utc, to_wall
from rollcast.errors import ArgumentError, DataError
from rollcast.tables.grid.frequency import infer_frequency

BERLIN = "Europe/Berlin"

SEASONS = {
    "10min": 144, "15min": 96, "30min": 48, "h": 24, "6h": 4, "7h": None, "D": 7, "2D": None,
    "7D": None, "B": 5, "W-SUN": 52, "W-WED": 52, "2W-SUN": 26, "4W-SUN": 13, "MS": 12, "ME": 12,
    "BMS": 12, "BME": 12, "3MS": 4, "12MS": None, "QS-OCT": 4, "QE-DEC": 4, "BQE-DEC": 4,
    "YS": None, "YE": None, "YS-APR": None,
}  # fmt: skip

LABELS = {
    "10min": "10 minutes", "30min": "30 minutes", "90min": "90 minutes", "h": "hour",
    "6h": "6 hours", "15s": "15 seconds", "D": "day", "2D": "2 days", "B": "business day",
    "W-SUN": "week (Sunday)", "2W-MON": "2 weeks", "MS": "month start", "ME": "month end",
    "BME": "business month end", "QS-OCT": "quarter start", "QE-DEC": "quarter end",
    "YS": "year start", "YE": "year end", "6MS": "6 months",
}  # fmt: skip

GRIDS = [
    "10min", "15min", "30min", "h", "6h", "36h", "D", "2D", "10D", "B", "W-SUN", "W-MON", "W-WED",
    "2W-SUN", "4W-FRI", "MS", "ME", "BMS", "BME", "2MS", "6ME", "QS-OCT", "QS-NOV", "QE-DEC",
    "QE-OCT", "BQS-OCT", "BQE-DEC", "YS", "YE", "YS-APR", "YE-MAR", "BYE",
]  # fmt: skip


def ns(*texts: str, tz: str | None = None) -> np.ndarray:
    return pd.DatetimeIndex(list(texts), tz=tz).as_unit("ns").asi8


def shown(times: np.ndarray, tz: str | None = None) -> list[str]:
    return [format_time(int(t), tz) for t in times]


def grid(alias: str, count: int = 60, start: str = "2023-01-31 00:00") -> np.ndarray:
    return pd.date_range(start, periods=count, freq=alias).as_unit("ns").asi8


@pytest.mark.parametrize(("alias", "length"), SEASONS.items())
def test_season_length(alias: str, length: int | None) -> None:
    assert Frequency(alias).season_length == length


def test_integers_have_no_season() -> None:
    assert Frequency(None, 5).season_length is None


@pytest.mark.parametrize(("alias", "label"), LABELS.items())
def test_label(alias: str, label: str) -> None:
    assert Frequency(alias).label == label


def test_label_of_an_integer_step() -> None:
    assert Frequency(None).label == "step of 1"
    assert Frequency(None, 3).describe == "step of 3"


def test_describe_names_the_zone() -> None:
    assert Frequency("h", tz=BERLIN).describe == "hour, Europe/Berlin time"


@pytest.mark.parametrize("alias", GRIDS)
def test_times_are_those_of_pandas(alias: str) -> None:
    expected = grid(alias)
    np.testing.assert_array_equal(Frequency(alias).times(int(expected[0]), 60), expected)


@pytest.mark.parametrize("alias", GRIDS)
def test_advance_goes_both_ways(alias: str) -> None:
    times = grid(alias)
    frequency = Frequency(alias)
    assert frequency.advance(int(times[3]), 40) == times[43]
    assert frequency.advance(int(times[43]), -40) == times[3]


@pytest.mark.parametrize("alias", GRIDS)
def test_position_counts_rows(alias: str) -> None:
    times = grid(alias)
    rows = Frequency(alias).position(int(times[0]), times[[0, 7, 3, 59]])
    assert rows.tolist() == [0, 7, 3, 59]


@pytest.mark.parametrize("alias", GRIDS)
def test_the_frequency_is_inferred_with_rows_missing(alias: str) -> None:
    times = np.delete(grid(alias, 80), [5, 6, 17, 40, 41, 42])
    found = infer_frequency(times, np.array([0, len(times)]))
    assert found is not None
    assert found.times(int(times[0]), 80).tolist() == grid(alias, 80).tolist()


@pytest.mark.parametrize("alias", [a for a in GRIDS if a not in ("36h", "BYE")])
def test_the_inferred_alias_is_the_one_that_pandas_uses(alias: str) -> None:
    times = grid(alias, 80)
    assert infer_frequency(times, np.array([0, 80])) == Frequency(alias)


def test_mid_month_rows_are_monthly() -> None:
    times = ns(*[f"2023-{month:02d}-15 12:00" for month in range(1, 13)])
    frequency = infer_frequency(times, np.array([0, 12]))
    assert frequency == Frequency("MS")
    assert shown(frequency.times(int(times[11]), 3)) == [
        "2023-12-15 12:00",
        "2024-01-15 12:00",
        "2024-02-15 12:00",
    ]


def test_months_of_31_days_in_a_row_are_months() -> None:
    times = ns("2023-07-01", "2023-08-01", "2023-09-01")
    assert infer_frequency(times, np.array([0, 3])) == Frequency("MS")
    times = ns("2023-07-31", "2023-08-31", "2023-10-31")
    assert infer_frequency(times, np.array([0, 3])) == Frequency("ME")


def test_business_days_without_holidays_are_business_days() -> None:
    days = pd.bdate_range("2023-11-01", "2024-02-28").difference(
        pd.DatetimeIndex(["2023-12-25", "2023-12-26", "2024-01-01"])
    )
    times = days.as_unit("ns").asi8
    assert infer_frequency(times, np.array([0, len(times)])) == Frequency("B")


def test_one_working_week_is_daily() -> None:
    times = ns(*[f"2024-01-{day:02d}" for day in range(8, 13)])
    assert infer_frequency(times, np.array([0, 5])) == Frequency("D")


def test_the_step_is_common_to_all_series() -> None:
    one, other = grid("h", 30), grid("h", 20, "2024-05-01")[[0, 1, 2, 7, 9, 11, 13, 19]]
    times = np.concatenate([one, other])
    assert infer_frequency(times, np.array([0, 30, 38])) == Frequency("h")


def test_steps_between_series_are_not_steps() -> None:
    times = np.concatenate([ns("2024-01-01", "2024-01-02"), ns("2024-01-05", "2024-01-06")])
    assert infer_frequency(times, np.array([0, 2, 4])) == Frequency("D")


def test_integers_step_by_their_commonest_difference() -> None:
    times = np.array([0, 5, 10, 20, 25, 31])
    assert infer_frequency(times, np.array([0, 6]), integer=True) == Frequency(None, 5)
    assert Frequency(None, 5).times(25, 3).tolist() == [25, 30, 35]


def test_single_rows_have_no_step() -> None:
    assert infer_frequency(np.array([5, 6]), np.array([0, 1, 2])) is None


def test_days_stay_at_midnight_through_both_changes() -> None:
    frequency = Frequency("D", tz=BERLIN)
    for first in ("2024-03-30", "2024-10-26"):
        times = frequency.times(int(ns(first, tz=BERLIN)[0]), 4)
        expected = pd.date_range(first, periods=4, freq="D", tz=BERLIN).as_unit("ns").asi8
        assert times.tolist() == expected.tolist()
        assert frequency.position(int(times[0]), times).tolist() == [0, 1, 2, 3]
        assert infer_frequency(times, np.array([0, 4]), tz=BERLIN) == frequency


def test_hours_step_in_absolute_time_through_both_changes() -> None:
    frequency = Frequency("h", tz=BERLIN)
    spring = frequency.times(int(ns("2024-03-31 01:00", tz=BERLIN)[0]), 3)
    assert shown(spring, BERLIN) == [
        "2024-03-31 01:00+0100",
        "2024-03-31 03:00+0200",
        "2024-03-31 04:00+0200",
    ]
    autumn = frequency.times(int(ns("2024-10-27 01:00", tz=BERLIN)[0]), 4)
    assert shown(autumn, BERLIN) == [
        "2024-10-27 01:00+0200",
        "2024-10-27 02:00+0200",
        "2024-10-27 02:00+0100",
        "2024-10-27 03:00+0100",
    ]


def test_a_skipped_clock_time_stands_after_the_gap_and_on_the_grid() -> None:
    frequency = Frequency("D", tz=BERLIN)
    times = frequency.times(int(ns("2024-03-30 02:30", tz=BERLIN)[0]), 3)
    assert shown(times, BERLIN) == [
        "2024-03-30 02:30+0100",
        "2024-03-31 03:00+0200",
        "2024-04-01 02:30+0200",
    ]
    assert frequency.position(int(times[0]), times).tolist() == [0, 1, 2]


def test_weeks_and_months_in_a_zone() -> None:
    for alias in ("W-SUN", "MS", "ME", "QE-DEC", "YS"):
        expected = pd.date_range("2023-01-01", periods=40, freq=alias, tz=BERLIN)
        times = expected.as_unit("ns").asi8
        assert Frequency(alias, tz=BERLIN).times(int(times[0]), 40).tolist() == times.tolist()
        found = infer_frequency(times, np.array([0, 40]), tz=BERLIN)
        assert found == Frequency(alias, tz=BERLIN)


def test_wall_time_and_back() -> None:
    times = ns("2024-07-01 12:00", "2024-12-01 12:00", tz=BERLIN)
    walls = to_wall(times, BERLIN)
    assert shown(walls) == ["2024-07-01 12:00", "2024-12-01 12:00"]
    assert to_utc(walls, BERLIN).tolist() == times.tolist()


def test_a_clock_time_may_mean_two_instants_or_none() -> None:
    walls = ns("2024-10-27 01:59", "2024-10-27 02:00", "2024-03-31 02:30", "2024-03-31 03:00")
    first, second, skipped = both_instants(walls, BERLIN)
    assert shown(first, BERLIN) == [
        "2024-10-27 01:59+0200",
        "2024-10-27 02:00+0200",
        "2024-03-31 03:00+0200",
        "2024-03-31 03:00+0200",
    ]
    assert np.flatnonzero(first != second).tolist() == [1]
    assert format_time(int(second[1]), BERLIN) == "2024-10-27 02:00+0100"
    assert skipped.tolist() == [False, False, True, False]


def test_a_time_off_the_grid_is_named() -> None:
    times = ns("2024-01-01", "2024-01-02 12:00")
    with pytest.raises(DataError, match=r"Time 2024-01-02 12:00 .*\(day\) from 2024-01-01; corr"):
        Frequency("D").position(int(times[0]), times)


def test_a_weekend_is_off_the_grid_of_business_days() -> None:
    rows, on = Frequency("B").locate(ns("2024-01-01", "2024-01-01"), ns("2024-01-06", "2024-01-08"))
    assert on.tolist() == [False, True]
    assert rows.tolist() == [4, 5]


def test_every_second_week_alone_is_on_the_grid_of_two_weeks() -> None:
    start = ns("2024-01-07")
    times = ns("2024-01-14", "2024-01-21")
    _, on = Frequency("2W-SUN").locate(np.repeat(start, 2), times)
    assert on.tolist() == [False, True]


def test_times_beyond_what_timestamps_hold_are_refused() -> None:
    start = int(ns("2250-01-01")[0])
    for alias in ("h", "D", "MS", "YS"):
        with pytest.raises(DataError, match="outside the years 1678 to 2261"):
            Frequency(alias).advance(start, 10**6)


def test_one_series_at_the_end_of_time_does_not_shorten_another() -> None:
    starts = ns("1700-01-01", "2250-01-01")
    moved = Frequency("YS").shift(starts, np.array([500, 3]))
    assert shown(moved) == ["2200-01-01", "2253-01-01"]


@pytest.mark.parametrize(
    ("given_as", "alias"),
    [
        ("M", "ME"), ("MS", "MS"), ("Q", "QE-DEC"), ("A", "YE-DEC"), ("H", "h"), ("T", "min"),
        ("15T", "15min"), ("30min", "30min"), ("W", "W-SUN"), ("W-FRI", "W-FRI"), ("2W", "2W-SUN"),
        ("AS", "YS-JAN"), ("2BM", "2BME"), ("100L", "100ms"),
        ("1D", "D"), ("Q-MAR", "QE-MAR"), ("60min", "60min"), (pd.offsets.MonthEnd(), "ME"),
        (pd.offsets.Hour(2), "2h"), (pd.Timedelta(30, unit="min"), "30min"),
        (dt.timedelta(days=1), "D"), ("24h", "D"), ("48h", "2D"),
    ],
)  # fmt: skip
def test_parse_takes_aliases_old_and_new(given_as: object, alias: str) -> None:
    assert Frequency.parse(given_as) == Frequency(alias)


def test_parse_takes_integers_and_frequencies() -> None:
    assert Frequency.parse(3) == Frequency(None, 3)
    assert Frequency.parse(np.int64(2)) == Frequency(None, 2)
    assert Frequency.parse(Frequency("D"), BERLIN) == Frequency("D", tz=BERLIN)


@pytest.mark.parametrize(
    "wrong", ["foo", "", pd.Timedelta(0), "-1D", "0h", "W-XXX", 1.5, None, 0, -1, True, "SME"]
)
def test_parse_refuses_what_is_no_frequency(wrong: object) -> None:
    with pytest.raises(ArgumentError, match=r"`freq` must be .*; got "):
        Frequency.parse(wrong)


def test_an_unknown_zone_is_refused_with_a_near_one() -> None:
    with pytest.raises(ArgumentError, match=r"such as 'Europe/Berlin'; got 'Europe/Berln'"):
        check_zone("Europe/Berln")
    with pytest.raises(ArgumentError, match="got ''"):
        check_zone("")
    assert check_zone("Asia/Seoul") == "Asia/Seoul"


def test_a_step_below_one_is_refused() -> None:
    with pytest.raises(ArgumentError, match="`step` must be an integer >= 1"):
        Frequency(None, 0)
    with pytest.raises(ArgumentError, match="1 beside an alias; got 2"):
        Frequency("D", 2)


@pytest.mark.parametrize("frequency", [Frequency(None, 3), Frequency("W-MON", tz=BERLIN)])
def test_json_returns_the_same(frequency: Frequency) -> None:
    assert Frequency.from_json(json.loads(json.dumps(frequency.to_json()))) == frequency
    assert hash(frequency) == hash(Frequency.from_json(frequency.to_json()))


def test_nothing_in_nothing_out() -> None:
    empty = np.empty(0, np.int64)
    assert Frequency("D").times(0, 0).tolist() == []
    assert Frequency("D").shift(empty, empty).tolist() == []
    assert Frequency("D").position(0, empty).tolist() == []


@settings(max_examples=60)
@given(
    alias=st.sampled_from(GRIDS),
    tz=st.sampled_from([None, BERLIN, "Australia/Melbourne", "America/Sao_Paulo", "Asia/Seoul"]),
    day=st.integers(0, 9000),
    steps=st.lists(st.integers(0, 200), min_size=1, max_size=8),
)
def test_times_and_rows_are_inverse(alias: str, tz: str | None, day: int, steps: list[int]) -> None:
    first = pd.Timestamp("2000-01-01") + pd.Timedelta(day, unit="D")
    start = pd.date_range(first, periods=1, freq=alias).as_unit("ns").asi8
    frequency = Frequency(alias, tz=tz)
    starts = np.repeat(to_utc(start, tz), len(steps))
    times = frequency.shift(starts, np.array(steps, np.int64))
    rows, on = frequency.locate(starts, times)
    assert on.all()
    assert rows.tolist() == steps


@pytest.mark.parametrize("tz", [None, BERLIN])
@pytest.mark.parametrize("freq", ["D", "2D", "7D"])
def test_days_are_counted_by_division_as_by_search(freq: str, tz: str | None) -> None:
    frequency = Frequency.parse(freq, tz)
    start = int(pd.Timestamp("2024-02-20 02:30", tz=tz).as_unit("ns").value)
    rows = np.arange(60)
    on_grid = frequency.shift(np.full(60, start), rows)
    for times in (on_grid, on_grid + 10**9 * (rows % 7 == 3)):
        found, on = frequency.locate(np.full(60, start), times)
        assert found.tolist() == rows.tolist()
        assert on.tolist() == (times == on_grid).tolist()
