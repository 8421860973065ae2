"""Names that people give to columns of times, and to parts of times."""

from __future__ import annotations

import re
from typing import Any

_PARTS = {
    "year": "year yr yyyy jahr année annee an año ano anno jaar år 년 년도 연도 年 年份 年度",
    "quarter": "quarter qtr quartal trimestre kwartaal 분기 季度",
    "month": "month mon mo mm mnth monat mois mes mês mese maand måned 월 月 月份",
    "week": "week wk weekno weeknumber kw woche semaine semana settimana 주 주차 週",
    "day": "day dd tag jour dia día giorno dag 일 日",
    "hour": "hour hr hh stunde heure hora ora uur 시 時",
    "hour ending": "hourending hourend he",
    "minute": "minute min 분",
    "second": "second sec",
}

_ROLES = {word: role for role, words in _PARTS.items() for word in words.split()}

_COUNTED = frozenset({
    "ds", "datetime", "date", "index", "period", "step", "t", "time", "timestamp", "ts", "datum", "fecha", "zeit",
    "zeitpunkt", "zeitstempel", "날짜", "년월", "연월", "시간", "일시", "일자", "시각",
})  # fmt: skip

_CLOCKS = frozenset({"time", "hhmm", "clock", "uhrzeit", "zeit", "시간", "시각"})

_DATES = frozenset({
    "date", "dates", "datetime", "timestamp", "datum", "fecha", "zeitpunkt", "zeitstempel", "horodatage", "dteday",
    "dateutc", "datetimeutc",
})  # fmt: skip
_TIMES = _DATES | {
    "ds", "ts", "time", "zeit", "uhrzeit", "period", "periodo", "período", "periode", "période", "epoch", "unixtime",
    "yearmonth", "monthyear", "yearweek",
}  # fmt: skip
_ASIAN_DATES = ("날짜", "일자", "일시", "년월일", "연월일", "日付", "日期", "年月日", "日時")
_ASIAN_TIMES = (
    "년월",
    "연월",
    "년도",
    "연도",
    "시간",
    "시각",
    "기간",
    "年月",
    "时间",
    "時間",
    "月份",
    "年份",
)


def part_of_time(name: Any) -> str | None:
    """Which part of a time a column's name names, such as "month"; None where none."""
    return _ROLES.get(re.sub(r"[\W_]+", "", str(name)).lower())


def is_clock_name(name: Any) -> bool:
    """Whether a column is called after the time of day."""
    return str(name).strip().lower() in _CLOCKS


def counts_time(name: Any) -> bool:
    """Whether whole numbers under a name are a time, though they may only count."""
    return str(name).strip().lower() in _COUNTED or part_of_time(name) is not None


def is_date_name(name: Any) -> bool:
    """Whether a column is called after dates or instants, so that its numbers don't only count."""
    return any(part in str(name) for part in _ASIAN_DATES) or bool(_DATES & set(_words(name)))


def is_time_name(name: Any) -> bool:
    """Whether a column is called after any time, so that it isn't left out without a word.

    One word of several will do for a date, as in "order_date"; "delivery time" may be a duration.
    """
    if is_date_name(name) or any(part in str(name) for part in _ASIAN_TIMES):
        return True
    words = _words(name)
    return bool(words) and (
        part_of_time(name) is not None
        or all(word in _TIMES or part_of_time(word) is not None for word in words)
    )


def names_time(name: Any) -> bool:
    """Whether any word of a name is of times: enough for numbers that are dates by their digits."""
    return is_time_name(name) or bool(set(_words(name)) & (_TIMES | {"at", "on", "utc"}))


def _words(name: Any) -> list[str]:
    """A name's words: ``orderDate``, ``order_date`` and ``Order date (UTC)`` all have the word "date"."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(name))
    return re.findall(r"[^\W\d_]+", parted.lower())
