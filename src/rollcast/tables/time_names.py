"""Names that people give to columns of times."""

from __future__ import annotations

import re
from typing import Any

COUNTED_NAMES = frozenset({
    "ds", "date", "datetime", "day", "hour", "index", "month", "period", "quarter", "step", "t",
    "time", "timestamp", "ts", "week", "year", "날짜", "년도", "년월", "시간", "일시", "일자",
})  # fmt: skip
"""Names under which whole numbers are a time, though they may only count."""

_DATES = (
    "date dates datetime timestamp datum data fecha dato dagen zeitpunkt zeitstempel horodatage"
    " dte dateutc datetimeutc"
).split()  # fmt: skip

_TIMES = (
    "ds ts time day month year week quarter period hour zeit uhrzeit tag monat jahr woche quartal stunde jour mois"
    " année annee an semaine trimestre heure hora dia día mes mese anno año ano semana giorno settimana periodo"
    " période periode dag måned maand jaar kwartaal yearmonth monthyear yearweek weekday unixtime epoch utc kw ym"
).split()  # fmt: skip

_ASIAN_DATES = ("날짜", "일자", "일시", "연월일", "년월일", "일시분", "日付", "日期", "年月日", "日時")
_ASIAN_TIMES = ("년월", "연월", "년도", "연도", "시간", "시각", "기간", "시점", "年月", "年度", "时间", "時間", "月份", "年份")


def _words(name: Any) -> list[str]:
    """A name's words: ``orderDate``, ``order_date`` and ``Order date (UTC)`` have the word "date"."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(name))
    return re.findall(r"[^\W\d_]+", parted.lower())


def is_date_name(name: Any) -> bool:
    """Whether a column is called after dates or instants, so that its numbers don't only count."""
    text = str(name)
    if any(part in text for part in _ASIAN_DATES):
        return True
    return bool(set(_words(name)) & set(_DATES))


def is_time_name(name: Any) -> bool:
    """Whether a column is called after any time."""
    text = str(name)
    if is_date_name(name) or any(part in text for part in _ASIAN_TIMES):
        return True
    words = _words(name)
    # "Delivery time" may be a duration: only a name of one word is sure to be a time.
    return len(words) > 0 and (
        (len(words) == 1 and words[0] in _TIMES)
        or (len(words) > 1 and all(w in _TIMES or w in _DATES or len(w) < 3 for w in words))
        or text.strip().lower() in COUNTED_NAMES
    )


def counts_time(name: Any) -> bool:
    """Whether whole numbers under a name are a time, though they may only count."""
    return str(name).strip().lower() in COUNTED_NAMES
