"""Dates as people and their programs write them, read rightly or refused by name."""

# Characters of other scripts are what is tested.
# ruff: noqa: RUF001

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollcast.tables.dates.dates import looks_like_dates, read_date_text
from rollcast.tables.dates.times_of_day import NO_OFFSET


def strings(*texts: str) -> pd.Series:
    return pd.Series(list(texts), dtype="str")


def read(*texts: str, like: str | None = None) -> list[str]:
    """What the clock shows, in full."""
    found = read_date_text(strings(*texts), like)
    assert not found.bad.any()
    assert found.two_ways is None
    assert found.mixed is None
    stamps = pd.DatetimeIndex(found.walls.view("M8[ns]"))
    return [f"{t:%Y-%m-%d}" if t == t.normalize() else f"{t:%Y-%m-%d %H:%M}" for t in stamps]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("29-Apr-24", "2024-04-29"), ("29APR2024", "2024-04-29"), ("29-Apr-2024", "2024-04-29"),
        ("Apr-29-24", "2024-04-29"), ("Apr. 5, 2024", "2024-04-05"), ("Sept. 5, 2020", "2020-09-05"),
        ("2024-Apr-05", "2024-04-05"), ("1st January 2024", "2024-01-01"), ("Jan-49", "2049-01-01"),
        ("Jan-20", "2020-01-01"), ("Sept 2020", "2020-09-01"), ("2020 Oct", "2020-10-01"),
        ("1. Januar 2024", "2024-01-01"), ("2. Mär 2024", "2024-03-02"), ("3. Mrz. 2024", "2024-03-03"),
        ("1er février 2024", "2024-02-01"), ("2 août 2024", "2024-08-02"), ("5 juil. 2024", "2024-07-05"),
        ("1 de enero de 2024", "2024-01-01"), ("7 dic 2024", "2024-12-07"), ("3 maggio 2024", "2024-05-03"),
        ("4 out 2024", "2024-10-04"), ("5 mei 2024", "2024-05-05"), ("6 maj 2024", "2024-05-06"),
        ("mar. 2 janv. 2024", "2024-01-02"), ("Di, 2. Januar 2024", "2024-01-02"),
        ("Mon, 1 Jan 2024", "2024-01-01"), ("Monday, January 1, 2024", "2024-01-01"),
        ("Sat 13/01/2024", "2024-01-13"), ("13/01/2024 (Sat)", "2024-01-13"), ("2024-01-01 Mon", "2024-01-01"),
        ("Mon, 01 Jan 2024 13:30:00 +0000", "2024-01-01 13:30"), ("Mon Jan  1 13:30:00 2024", "2024-01-01 13:30"),
        ("01/Jan/2024:13:30:00 +0000", "2024-01-01 13:30"), ("29APR2024:13:30:00", "2024-04-29 13:30"),
        ("2024:01:31 13:30:00", "2024-01-31 13:30"), ("Q2 2020", "2020-04-01"), ("2020Q2", "2020-04-01"),
        ("2020-Q2", "2020-04-01"), ("2020:Q2", "2020-04-01"), ("2018-1st Quarter", "2018-01-01"),
        ("3rd Quarter 2018", "2018-07-01"), ("1Q20", "2020-01-01"), ("Q4-19", "2019-10-01"), ("Q3'20", "2020-07-01"),
        ("4. Quartal 2020", "2020-10-01"), ("2024년 2분기", "2024-04-01"), ("2020年第3四半期", "2020-07-01"),
        ("H2 2020", "2020-07-01"), ("2020H1", "2020-01-01"), ("2020M01", "2020-01-01"), ("2020M1", "2020-01-01"),
        ("2020:M12", "2020-12-01"), ("M03 2020", "2020-03-01"), ("2024-W05", "2024-01-29"), ("2024W05", "2024-01-29"),
        ("2024-W05-1", "2024-01-29"), ("2024W057", "2024-02-04"), ("KW 5 2024", "2024-01-29"),
        ("KW05/2024", "2024-01-29"),
        ("Week 5, 2024", "2024-01-29"), ("2024년 5주차", "2024-01-29"), ("2020-W53", "2020-12-28"),
        ("2021-W01", "2021-01-04"), ("2024-060", "2024-02-29"), ("04/2024", "2024-04-01"), ("2024", "2024-01-01"),
        ("20240101T0000Z", "2024-01-01"), ("20240101T133000", "2024-01-01 13:30"),
        ("20240101 13:30", "2024-01-01 13:30"),
        ("202401011330", "2024-01-01 13:30"), ("20240101133000", "2024-01-01 13:30"),
        ("2024-01-01T13", "2024-01-01 13:00"),
        ("2024-01-01 13h30", "2024-01-01 13:30"), ("13.1.2024 13.30", "2024-01-13 13:30"),
        ("13:30 29/04/2024", "2024-04-29 13:30"), ("1/13/2024 1 PM", "2024-01-13 13:00"),
        ("1/13/2024 12:05 a.m.", "2024-01-13 00:05"), ("2024년 1월 1일 오후 3:00", "2024-01-01 15:00"),
        ("2024년 1월 1일 13시 30분", "2024-01-01 13:30"), ("2024년 1월 1일 월요일", "2024-01-01"),
        ("2024-01-01 (월)", "2024-01-01"), ("24년 1월 1일", "2024-01-01"), ("2024-01-01 24:00", "2024-01-02"),
        ("\u00a02024-01-01\u00a0", "2024-01-01"), ("'2024-01-01", "2024-01-01"), ("2024/1/5", "2024-01-05"),
        ("２０２４－０１－０５", "2024-01-05"), ("٢٠٢٤-٠١-٠٥", "2024-01-05"), ("২০২৪-০১-০৫", "2024-01-05"),
        ("۲۰۲۴/۰۱/۰۵", "2024-01-05"), ("２０２４年１月５日", "2024-01-05"),
    ],
)  # fmt: skip
def test_one_date_is_read(text: str, expected: str) -> None:
    assert read(text) == [expected]


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("20240101T0000Z", 0), ("Mon, 01 Jan 2024 13:30:00 +0100", 60), ("2024-01-01 00:00 UTC+1", 60),
        ("Mon Jan 01 2024 00:00:00 GMT+0100 (Central European Standard Time)", 60), ("2024-01-01T00:00-03:30", -210),
        ("2024-01-01T00:00+01:00[Europe/Berlin]", 60), ("1/13/2024 1:00 PM +0900", 540),
        ("2024-01-01 00:00", NO_OFFSET),
    ],
)  # fmt: skip
def test_offsets_are_read_behind_any_form(text: str, minutes: int) -> None:
    found = read_date_text(strings(text))
    assert not found.bad.any()
    assert found.offsets.tolist() == [minutes]


@pytest.mark.parametrize(
    "text",
    ["1500-01-01", "2300-01-01", "1 Jan 1500", "2024-02-30", "30 Feb 2024", "2024-13", "2024-W54", "2021-W53",
     "2024-W00",
     "2023-366", "5Q20", "2020M13", "soon", "Mon", "Jan", "12:00", "1949.083", "2024-01-01 25:00", "2024-01-01 12:60",
     "1/13/2024 13:00 PM", "20 stycznia 2023", "01.01.2015 00:00 - 01.01.2015 01:00", "2024-01-01 00:00 CET", ""],
)  # fmt: skip
def test_what_is_no_date(text: str) -> None:
    assert read_date_text(strings(text)).bad.tolist() == [True]


def test_two_digit_years_are_told_by_the_order_of_the_rows() -> None:
    german = ["28.04.24", "29.04.24", "30.04.24", "01.05.24"]
    korean = ["24.04.28", "24.04.29", "24.04.30", "24.05.01"]
    expected = ["2024-04-28", "2024-04-29", "2024-04-30", "2024-05-01"]
    assert read(*german) == read(*korean) == expected
    assert read(*german[::-1]) == expected[::-1]
    short = read_date_text(strings(*german[:3]))
    assert short.two_ways == ("28.04.24", "24 April 2028", "28 April 2024")


def test_text_in_alphabetical_order_settles_nothing() -> None:
    days = pd.date_range("2023-01-01", "2024-12-31")
    found = read_date_text(strings(*sorted(days.strftime("%d.%m.%y"))))
    assert found.two_ways is not None


def test_equal_steps_of_months_settle_the_order() -> None:
    months = pd.date_range("2023-01-01", periods=13, freq="MS")
    assert read(*months.strftime("%d/%m/%Y")) == list(months.strftime("%Y-%m-%d"))
    assert read(*months.strftime("%m/%d/%Y")) == list(months.strftime("%Y-%m-%d"))
    assert read_date_text(strings(*months[:12].strftime("%m/%d/%Y"))).two_ways is not None


def test_a_number_beside_a_month_is_its_year_where_the_rows_say_so() -> None:
    assert read("Jan-20", "Feb-20", "Mar-20") == ["2020-01-01", "2020-02-01", "2020-03-01"]
    assert read("Nov-19", "Dec-19", "Jan-20") == ["2019-11-01", "2019-12-01", "2020-01-01"]
    both = read_date_text(strings("Jan-20", "Jan-21", "Jan-22"))
    assert both.two_ways == ("Jan-20", "1 January 2020", "20 January of no year")
    assert read_date_text(strings("20-Jan", "21-Jan", "22-Jan")).two_ways is not None
    days = pd.date_range("2024-01-01", periods=366)
    for form in ("%b-%d", "%d-%b", "%m/%d", "%d/%m"):
        found = read_date_text(strings(*days.strftime(form)))
        assert found.bad.all() or found.two_ways is not None
    assert read_date_text(strings("13/01", "14/01", "31/01", "01/02")).lacks_year


def test_years_that_are_only_counted() -> None:
    texts = [f"{year}-{month:02d}" for year in (1, 2, 3) for month in range(1, 13)]
    found = read_date_text(strings(*texts))
    assert read(*texts)[:13] == [*(f"2001-{m:02d}-01" for m in range(1, 13)), "2002-01-01"]
    assert found.example == ("1-02", "1 February 2001")


def test_two_years_in_a_row_are_no_month() -> None:
    assert read("2009-10", "2010-11", "2012-13") == ["2009-01-01", "2010-01-01", "2012-01-01"]
    assert read("2009-10", "2009-11", "2009-12")[0] == "2009-10-01"
    found = read_date_text(strings("2009-10", "2010-11", "2011-12"))
    assert found.two_ways == ("2009-10", "1 October 2009", "1 January 2009")


def test_two_forms_are_named() -> None:
    found = read_date_text(strings("2024-01-01", "2024-01-02", "Jan 3, 2024"))
    assert found.mixed == ("2024-01-01", "Jan 3, 2024", "forms")
    assert read_date_text(strings("2024-01", "2024-01-02")).mixed == (
        "2024-01",
        "2024-01-02",
        "forms",
    )


def test_the_form_of_earlier_dates_is_taken_where_it_fits() -> None:
    first = read_date_text(strings("13/04/2024", "14/04/2024"))
    assert read("03/04/2024", like=first.form) == ["2024-04-03"]
    assert read("2024-05-06", like=first.form) == ["2024-05-06"]
    assert read_date_text(strings("03/04/2024")).two_ways is not None


@pytest.mark.parametrize(
    ("texts", "dates"),
    [
        (["1-01", "1-02"], False), (["18-24", "25-34"], False), (["2-1", "0-0"], False), (["1.5", "2.5"], False),
        (["1.234.567", "2.345.678"], False), (["INV-0001", "INV-0002"], False), (["2024", "2025"], False),
        (["20240101", "20240102"], False), (["Jan-20", "Feb-20"], True), (["1Q20", "2Q20"], True),
        (["2024-W05", "2024-W06"], True), (["Mon", "Tue"], False), (["5²", "6²"], False),
    ],
)  # fmt: skip
def test_columns_of_dates_are_known_by_their_text(texts: list[str], dates: bool) -> None:
    assert looks_like_dates(strings(*texts)) == dates


FORMS = [
    "%d-%b-%y", "%d %B %Y", "%B %d, %Y", "%a, %d %b %Y", "%A %d/%m/%Y", "%Y%m%dT%H%M%SZ", "%Y-%m-%dT%H:%M", "%G-W%V-%u",
    "%Y-%j", "%d%b%Y:%H:%M:%S", "%d.%m.%y", "%y.%m.%d", "%m/%d/%y", "%d/%m/%Y %I:%M %p", "%m/%d/%Y", "%Y.%m.%d",
    "%a %b %d %H:%M:%S %Y", "%d.%m.%Y %H.%M", "%Y년 %m월 %d일", "%b-%d", "%d/%m", "%d-%b",
]  # fmt: skip


@settings(max_examples=150)
@given(
    form=st.sampled_from(FORMS),
    start=st.dates(dt.date(1972, 1, 1), dt.date(2060, 1, 1)),
    count=st.integers(1, 60),
    order=st.sampled_from(["up", "down", "any"]),
    step=st.sampled_from(["D", "B", "W", "MS"]),
)
def test_days_are_read_as_written_or_not_at_all(
    form: str, start: dt.date, count: int, order: str, step: str
) -> None:
    days = pd.date_range(
        start, periods=max(count, 3) if "%y" not in form.lower() else count, freq=step
    )
    if order != "up":
        days = (
            days[::-1]
            if order == "down"
            else days[np.random.default_rng(count).permutation(len(days))]
        )
    found = read_date_text(strings(*days.strftime(form)).drop_duplicates())
    if not found.bad.any() and found.two_ways is None and found.mixed is None:
        assert found.walls.tolist() == days.as_unit("ns").asi8.tolist()
    else:
        assert form in {"%d.%m.%y", "%y.%m.%d", "%m/%d/%y", "%d/%m/%Y %I:%M %p", "%m/%d/%Y", "%b-%d", "%d/%m", "%d-%b",
                        "%A %d/%m/%Y"}  # fmt: skip


@settings(max_examples=100)
@given(
    texts=st.lists(
        st.text("0123456789-/.: TZWQqAPMJanFebMon월일,+'²１٣", max_size=14), min_size=1, max_size=4
    )
)
def test_any_text_is_read_or_bad(texts: list[Any]) -> None:
    found = read_date_text(strings(*dict.fromkeys(texts)))
    years = found.walls[~found.bad].view("M8[ns]").astype("M8[Y]").astype(int) + 1970
    assert ((years >= 1678) & (years <= 2262)).all()
