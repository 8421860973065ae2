"""Characters that people's programs write where ASCII is meant: digits of other scripts, wide letters, blanks."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_MARKS = {
    "\u066b": ".",  # Arabic decimal separator
    "\u066c": ",",  # Arabic thousands separator
    "\u2010": "-",
    "\u2011": "-",
    "\u2012": "-",
    "\u2013": "-",
    "\u2212": "-",
    "\u2044": "/",
}


def plain_characters(text: pd.Series) -> pd.Series:
    """Texts (N,) with decimal digits, wide letters, dashes and blanks of all scripts as ASCII.

    Only digits that count in tens are digits: a superscript, a fraction or a number in a circle stays
    what it is, so that 5² is not 52.
    """
    if "".join(text).isascii():  # Far quicker than letter by letter, and true of most columns.
        return text
    strange = {letter for cell in text if not cell.isascii() for letter in cell if letter > "\x7f"}
    plain = str.maketrans({letter: _plain(letter) for letter in strange})
    return text.map(lambda cell: cell.translate(plain))


def plain_text(text: str) -> str:
    """One text as :func:`plain_characters` writes it."""
    return text if text.isascii() else "".join(c if c <= "\x7f" else _plain(c) for c in text)


def _plain(letter: str) -> str:
    kind = unicodedata.category(letter)
    if letter in _MARKS:
        return _MARKS[letter]
    if kind == "Nd":
        return str(unicodedata.decimal(letter))
    if kind == "Zs":
        return " "
    if kind == "Cf":  # Marks of direction, joiners, the byte-order mark.
        return ""
    return chr(ord(letter) - 0xFEE0) if "\uff01" <= letter <= "\uff5e" else letter
