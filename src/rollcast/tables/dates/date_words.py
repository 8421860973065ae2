"""Words in dates: months, weekdays, quarters and weeks, in the languages that spreadsheets write."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_MONTHS = (
    "january february march april may june july august september october november december",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "jänner feber mrz april mai juni juli august september oktober november dezember",
    "januar februar maerz april mai juni juli august september oktober november dezember",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "januari februari mrt april maj juni juli augusti september oktober november december",
    "januar februar marts april maj juni juli august september oktober november desember",
)
"""English, German and Austrian, French, Spanish, Italian, Portuguese, Dutch, Swedish, Danish and Norwegian."""

_WEEKDAYS = (
    "monday tuesday wednesday thursday friday saturday sunday thur thurs"
    " montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag"
    " lundi mardi mercredi jeudi vendredi samedi dimanche"
    " lunes martes miércoles jueves viernes sábado domingo"
    " lunedì martedì mercoledì giovedì venerdì sabato domenica"
    " segunda terça quarta quinta sexta feira"
    " maandag dinsdag woensdag donderdag vrijdag zaterdag zondag"
    " måndag tisdag onsdag torsdag fredag lördag söndag mandag tirsdag lørdag"
)

_SAME = {
    "q": "q quarter quarters quartal qtr trimestre trimester trim kwartaal kvartal 분기 四半期 季度",
    "h": "h half halbjahr hj semestre semester",
    "w": "w wk week weeks kw woche semaine semana sem settimana vecka uge uke 주 주차 週 周",
    "m": "m",
    "t": "t",
    "am": "am 오전 午前 上午",
    "pm": "pm 오후 午後 下午",
    "": "st nd rd th er re º ª de of the del den der le el um at à of uhr",
}

_WORD = re.compile(r"[^\W\d_]+\.?")
_ASIAN_WEEKDAY = re.compile(
    r"\(\s*[월화수목금토일月火水木金土日]\s*\)|[월화수목금토일]요일|[月火水木金土日]曜日?|(?:星期|周|礼拜)[一二三四五六日天]"
)
_ASIAN_CLOCK = re.compile(
    r"(\d{1,2})\s*[시時时点](?:\s*(\d{1,2})\s*[분分])?(?:\s*(\d{1,2})\s*[초秒])?"
)


def _bare(word: str) -> str:
    """A word in small letters without accents."""
    letters = unicodedata.normalize("NFKD", word.lower().rstrip("."))
    return unicodedata.normalize("NFC", "".join(c for c in letters if not unicodedata.combining(c)))


@cache
def _months() -> dict[str, int]:
    """Every beginning of at least three letters that means one month."""
    found: dict[str, set[int]] = {}
    for names in _MONTHS:
        for month, name in enumerate(names.split(), 1):
            word = _bare(name)
            for length in range(3, len(word) + 1):
                found.setdefault(word[:length], set()).add(month)
    return {start: months.pop() for start, months in found.items() if len(months) == 1}


@cache
def _others() -> dict[str, str]:
    weekdays = {
        word[:n]: "" for word in map(_bare, _WEEKDAYS.split()) for n in range(2, len(word) + 1)
    }
    same = {_bare(word): letter for letter, words in _SAME.items() for word in words.split()}
    return weekdays | same


def month_number(word: str) -> int | None:
    """The month that a word names; None where it names none."""
    return _months().get(_bare(word))


def is_weekday(word: str) -> bool:
    """Whether a word is the name of a weekday."""
    return len(_bare(word)) > 1 and _others().get(_bare(word)) == "" and month_number(word) is None


def unknown_word(text: str) -> str | None:
    """The first word of a text that has no meaning in a date; None where all have one."""
    for word in re.findall(r"[^\W\d_]{2,}", text):
        if month_number(word) is None and _bare(word) not in _others():
            return word
    return None


def without_words(text: str) -> str:
    """A date with its words as marks: months as {04}, weekdays left out.

    Quarters, halves, weeks and months that are counted become "q", "h", "w" and "m"; before and after
    noon "am" and "pm".
    """
    text = text.lower().replace("第", "").replace("a.m.", "am").replace("p.m.", "pm")
    text = _ASIAN_WEEKDAY.sub(" ", text)
    text = _ASIAN_CLOCK.sub(lambda m: f" {m[1]}:{m[2] or '00'}:{m[3] or '00'}", text)
    words = [_bare(word) for word in _WORD.findall(text)]
    # In French and Spanish "mar" is Tuesday where another month stands beside it.
    twice = sum(word in _months() for word in words) > 1 or bool(
        re.search(r"\d[-/.]\d+[-/.]\d", text)
    )

    def mark(found: re.Match[str]) -> str:
        word = _bare(found[0])
        if word == "mar" and twice:
            return ""
        month = _months().get(word)
        if month is not None:
            return f"{{{month:02d}}}"
        kept = _others().get(word)
        return found[0] if kept is None else kept

    text = re.sub(r"\s*-?feira\b", " ", text)
    text = re.sub(r"[(\[]\s*[)\]]", " ", _WORD.sub(mark, text))
    return re.sub(r"\s+", " ", text).strip(" ,;'\"")
