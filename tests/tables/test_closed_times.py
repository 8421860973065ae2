"""Closed days and hours, and months on any day: what is found in a table, said and advised."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from rollcast.data.clock import format_time
from rollcast.errors import DataError
from rollcast.tables import to_panel

YEAR = pd.date_range("2024-01-01", "2024-12-31")
HALF_YEAR = YEAR[:182]
BUSINESS = pd.bdate_range("2024-01-01", "2024-03-29")
MONTHS = pd.period_range("2020-01", "2023-12", freq="M")
HOLIDAYS = pd.to_datetime(
    ["2024-01-01", "2024-03-29", "2024-04-01", "2024-05-01", "2024-05-09", "2024-05-20"]
)


def on(open_days: str, days: pd.DatetimeIndex = HALF_YEAR) -> pd.DatetimeIndex:
    """The days whose weekdays, Monday being 0, are named."""
    return days[[str(day) in open_days for day in days.day_of_week]]


def sessions(days: pd.DatetimeIndex, *spans: tuple[str, str], freq: str) -> pd.DatetimeIndex:
    """Times within spans of each day."""
    found = [
        pd.date_range(day + pd.Timedelta(a), day + pd.Timedelta(b), freq=freq)
        for day in days
        for a, b in spans
    ]
    return pd.DatetimeIndex(np.concatenate(found)).sort_values()


def month_days(day: int) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(
        [m.start_time + pd.Timedelta(min(day, m.days_in_month) - 1, unit="D") for m in MONTHS]
    )


def table(times: Any, ids: Any = None, y: Any = None) -> pd.DataFrame:
    values = np.arange(len(times)) % 17 + 1.0 if y is None else y
    return pd.DataFrame(({} if ids is None else {"shop": ids}) | {"date": times, "y": values})


def read(times: Any, ids: Any = None, y: Any = None, **options: Any) -> tuple[str, int, int]:
    """The frequency that is found, the rows, and how many of them are missing."""
    panel, _, _ = to_panel(table(times, ids, y), **options)
    return panel.frequency.alias or "", len(panel.mask), int((~panel.mask).sum())


def remarks(times: Any, ids: Any = None, y: Any = None, **options: Any) -> str:
    return " ".join(to_panel(table(times, ids, y), **options)[2].remarks)


def refusal(times: Any, ids: Any = None, y: Any = None, **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        to_panel(table(times, ids, y), **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("open_days", "alias"),
    [
        ("012345", "D[Mon-Sat]"), ("12345", "D[Tue-Sat]"), ("135", "D[Tue,Thu,Sat]"), ("024", "D[Mon,Wed,Fri]"),
        ("60123", "D[Sun-Thu]"), ("1234", "D[Tue-Fri]"), ("03", "D[Mon,Thu]"), ("56", "D[Sat,Sun]"), ("01234", "B"),
        ("0123456", "D"), ("6", "W-SUN"),
    ],
)  # fmt: skip
def test_weekdays_without_rows_are_closed(open_days: str, alias: str) -> None:
    days = on(open_days)
    assert read(days) == (alias, len(days), 0)


def test_closed_days_are_said_with_the_way_back() -> None:
    assert (
        "is taken as the frequency: day, Monday to Saturday. No row lies on a Sunday in 25 weeks: such days are "
        "closed, neither missing nor forecast; pass freq='D' to count them as missing."
    ) in remarks(on("012345"))
    assert read(on("012345"), freq="D") == ("D", 181, 25)
    assert "No row lies" not in remarks(on("012345"), freq="D")


def test_holidays_are_missing_rows_of_the_calendar() -> None:
    days = on("012345").difference(HOLIDAYS[1:])
    assert read(days) == ("D[Mon-Sat]", 156, 5)
    assert read(on("01234").difference(HOLIDAYS[1:])) == ("B", 130, 5)


@pytest.mark.parametrize("days", [10, 20])
def test_a_few_weeks_are_too_short_to_tell(days: int) -> None:
    shown = on("012345", YEAR[:days])
    assert read(shown)[0] == "D"
    assert "too short a time to tell: such days count as missing; pass freq='D[Mon-Sat]' if" in (
        remarks(shown)
    )
    assert read(shown, freq="D[Mon-Sat]") == ("D[Mon-Sat]", len(shown), 0)


def test_days_that_lack_by_chance_are_not_closed() -> None:
    kept = np.random.default_rng(1).random(366) < 0.3
    assert read(YEAR[kept], fill="zero")[0] == "D"
    assert read(YEAR[np.random.default_rng(2).random(366) < 0.85])[0] == "D"


def test_one_open_sunday_keeps_the_days_and_is_named() -> None:
    days = on("012345", YEAR).union(pd.DatetimeIndex(["2024-12-22"]))
    assert read(days) == ("D", 366, 51)
    assert (
        "Only 1 of 52 Sundays has a row (the first is 2024-12-22): the others count as missing and are forecast; "
        "leave it out if such days are closed."
    ) in remarks(days)
    few = on("135", YEAR).union(pd.DatetimeIndex(["2024-12-22"]))
    assert refusal(few).endswith(
        "only 1 of 52 Sundays has a row (the first is 2024-12-22): leave it out if such days are closed, or a coarser "
        "freq=."
    )


def test_the_calendar_is_common_to_all_series() -> None:
    days = on("012345")
    many = [*days, *days, *on("0123", HALF_YEAR)]
    ids = ["a"] * len(days) + ["b"] * len(days) + ["c"] * len(on("0123"))
    panel, _, notes = to_panel(table(many, ids), fill="linear")
    assert panel.frequency.alias == "D[Mon-Sat]"
    assert panel.lengths.tolist() == [156, 156, 154]
    assert (
        "1 of 3 series has no row on some weekdays, the first, 'c', on no Friday or Saturday"
        in (" ".join(notes.remarks))
    )


def test_a_shop_that_is_open_on_sundays_opens_them_for_all() -> None:
    days = on("012345")
    ids = ["a"] * len(days) + ["b"] * len(HALF_YEAR)
    assert read([*days, *HALF_YEAR], ids) == ("D", 181 + 182, 25)
    assert (
        "1 of 2 series has no row on some weekdays, the first, 'a', on no Sunday: these count"
        in (remarks([*days, *HALF_YEAR], ids))
    )


def test_series_of_other_days_are_to_be_fitted_apart() -> None:
    few = on("135")
    ids = ["a"] * len(few) + ["b"] * len(HALF_YEAR)
    sentence = refusal([*few, *HALF_YEAR], ids)
    assert sentence.endswith(
        "its rows lie on Tuesday, Thursday and Saturday only, and closed days are no zeros: fit such series apart, "
        "with freq='D[Tue,Thu,Sat]', or a coarser freq=."
    )
    assert "fill=" not in sentence


def test_closed_days_are_never_filled_on_advice() -> None:
    assert refusal(on("135"), freq="D").endswith(
        "closed days are no zeros: pass freq='D[Tue,Thu,Sat]', or a coarser freq=."
    )
    assert refusal(on("135", YEAR[:20])).endswith(
        "closed days are no zeros: pass freq='D[Tue,Thu,Sat]'."
    )


def test_blank_cells_on_closed_days_are_no_rows() -> None:
    y = np.where(HALF_YEAR.day_of_week == 6, np.nan, 5.0 + np.arange(182) % 3)
    assert read(HALF_YEAR, y=y) == ("D[Mon-Sat]", 156, 0)
    # The last day, a blank Sunday, is one to forecast.
    assert read(HALF_YEAR, y=y, fill="zero") == ("D", 181, 0)


def test_a_row_on_a_closed_day_is_refused_by_its_weekday() -> None:
    days = on("012345")
    assert refusal(days, freq="D[Tue-Sat]") == (
        "Column 'date' holds 2024-01-01 at row 0 (counted from 0), which is a Monday, closed in the calendar of the "
        "rows (day, Tuesday to Saturday); leave it out, or fit with freq='D' if such days are open."
    )
    hours = sessions(BUSINESS, ("9h", "17h"), freq="h")
    assert (
        "2024-01-01 17:00 at row 8 (counted from 0), which lies outside the open times, closed"
        in (refusal(hours, freq="h[Mon-Fri 09:00-16:00]"))
    )


def test_periods_of_days_have_closed_days_too() -> None:
    assert read(pd.PeriodIndex(on("012345"), freq="D")) == ("D[Mon-Sat]", 156, 0)


@pytest.mark.parametrize(
    ("times", "alias"),
    [
        (sessions(BUSINESS, ("9h", "17h30min"), freq="30min"), "30min[Mon-Fri 09:00-17:30]"),
        (sessions(BUSINESS[:10], ("9h", "17h30min"), freq="30min"), "30min[Mon-Fri 09:00-17:30]"),
        (sessions(HALF_YEAR[:60], ("9h", "17h"), freq="h"), "h[09:00-17:00]"),
        (
            sessions(BUSINESS, ("9h", "11h30min"), ("12h30min", "15h"), freq="30min"),
            "30min[Mon-Fri 09:00-11:30,12:30-15:00]",
        ),
        (
            sessions(BUSINESS, ("9h", "11h"), ("12h30min", "14h30min"), freq="h"),
            "h[Mon-Fri 09:00-11:00,12:30-14:30]",
        ),
        (
            sessions(BUSINESS, ("9h", "17h"), freq="h").union(
                sessions(on("5", YEAR[:89]), ("9h", "12h"), freq="h")
            ),
            "h[Mon-Fri 09:00-17:00; Sat 09:00-12:00]",
        ),
        (sessions(on("012345"), ("0h", "23h"), freq="h"), "h[Mon-Sat]"),
        (sessions(BUSINESS, ("9h30min", "16h"), freq="390min"), "390min[Mon-Fri 09:30-16:00]"),
        (sessions(BUSINESS, ("9h30min", "15h59min"), freq="min"), "min[Mon-Fri 09:30-15:59]"),
        (pd.date_range("2024-01-01", periods=2000, freq="h"), "h"),
    ],
)  # fmt: skip
def test_times_without_rows_are_closed(times: pd.DatetimeIndex, alias: str) -> None:
    assert read(times) == (alias, len(times), 0)


def test_holes_within_hours_are_missing() -> None:
    times = sessions(BUSINESS, ("9h", "17h30min"), freq="30min")
    assert read(times.delete(range(100, 118))) == ("30min[Mon-Fri 09:00-17:30]", len(times), 18)
    whole = pd.date_range("2024-01-01", periods=2000, freq="h")
    kept = np.random.default_rng(0).random(2000) < 0.9
    assert read(whole[kept])[0] == "h"


def test_hours_follow_the_local_clock() -> None:
    times = sessions(BUSINESS, ("9h30min", "16h"), freq="30min").tz_localize("America/New_York")
    assert read(times) == ("30min[Mon-Fri 09:30-16:00]", len(times), 0)
    nightly = sessions(HALF_YEAR[:60], ("0h", "3h"), ("6h", "23h"), freq="h")
    local = nightly.tz_localize("America/New_York", ambiguous="NaT", nonexistent="NaT").dropna()
    assert read(local, fill="linear")[0] == "h"


def test_a_few_days_of_hours_are_refused_with_their_calendar() -> None:
    times = sessions(BUSINESS[:4], ("9h", "17h30min"), freq="30min")
    assert refusal(times).endswith(
        "its rows lie on 09:00 to 17:30 only, and closed times are no zeros: pass freq='30min[09:00-17:30]', or a "
        "coarser freq=."
    )


@pytest.mark.parametrize(
    ("times", "alias"),
    [
        (month_days(28), "MS"), (month_days(29), "MS[29]"), (month_days(30), "MS[30]"), (month_days(31), "ME"),
        (month_days(30)[1::3], "3MS[30]"), (month_days(30).delete([5, 13]), "MS[30]"),
        (pd.date_range("2020-01-01", "2023-12-31", freq="WOM-3FRI"), "MS[any]"),
        (pd.date_range("2020-01-01", "2023-12-31", freq=pd.offsets.LastWeekOfMonth(weekday=4)), "MS[any]"),
        (pd.date_range("2020-01-26", periods=11, freq="28D"), "4W-SUN"),
        (pd.date_range("2020-01-01", periods=30, freq="30D"), "30D"),
    ],
)  # fmt: skip
def test_months_on_any_day(times: pd.DatetimeIndex, alias: str) -> None:
    panel, _, _ = to_panel(table(times))
    assert panel.frequency.alias == alias
    seen = panel.frequency.locate(np.full(len(times), panel.starts[0]), times.as_unit("ns").asi8)
    assert seen[1].all()


def test_the_last_trading_days_are_months() -> None:
    days = pd.bdate_range("2020-01-01", "2023-12-28").difference(
        pd.DatetimeIndex(["2020-12-31", "2021-05-31", "2022-05-30"])
    )
    last = pd.DatetimeIndex(days.to_series().groupby(days.to_period("M")).max())
    panel, _, notes = to_panel(table(last))
    assert (panel.frequency.alias, len(panel.mask), panel.mask.all()) == ("BME[any]", 48, True)
    assert (
        "The dates lie on different days of their months: each is read as its month, and forecasts are dated on the "
        "last business day of a month"
    ) in " ".join(notes.remarks)
    assert format_time(int(panel.nexts()[0]), None) == "2024-01-31"


def test_two_rows_of_one_month_are_refused_in_a_later_table() -> None:
    times = pd.date_range("2020-01-01", "2023-12-31", freq="WOM-3FRI")
    _, schema, _ = to_panel(table(times))
    later = pd.DatetimeIndex(["2024-01-19", "2024-02-02", "2024-02-16"])
    assert refusal(later, like=schema, freq="MS[any]") == (
        "Column 'date' holds 2024-02-02 at row 1 (counted from 0) and 2024-02-16 at row 2 (counted from 0), both in "
        "one step (month, any day read as its month); leave one out, or pass a finer freq=."
    )
