"""What stands below a table in a file: totals, and notes on where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollcast._types import Bool
from rollcast.tables.dates.dates import looks_like_dates, read_date_text
from rollcast.tables.numbers import read_numbers

if TYPE_CHECKING:
    import pandas as pd

_MOST = 20
"""Lines below a table."""


def first_note(frame: pd.DataFrame, kinds: tuple[str, ...]) -> int:
    """The number of the first row below the table: those at the end whose time is no time; else the number of rows.

    The time is a column of dates, or a first column of whole numbers. A date that is only mistyped begins with a digit.

    Args:
        frame: the rows as they stand, blank ones left out.
        kinds: what most cells of each column are.
    """
    import pandas as pd

    count = len(frame)
    if len(frame.columns) < 2 or count < 3:
        return count
    least = max(2, count - _MOST)
    for name, kind in zip(frame.columns, kinds, strict=True):
        if kind not in ("date", "coded") and name != frame.columns[0]:
            continue
        column: Any = frame[name]
        rows = column.iloc[:least].dropna()
        if len(rows) < 2 or column.iloc[-1:].astype("str").str.match(r"\s*[-+]?\d").all():
            continue
        sample = rows.iloc[:200].drop_duplicates().astype("str")
        dates = looks_like_dates(sample)
        years = name == frame.columns[0] and not read_numbers(sample).bad.any()
        if dates or years:
            odd = _is_note(column.iloc[least:], blank=dates)
            if odd.any():  # Dates such as Q1 2019 have no digit in front either.
                text = column.iloc[least:].astype("str").where(column.iloc[least:].notna(), "")
                codes, unique = pd.factorize(text)
                odd &= read_date_text(pd.Series(unique).astype("str")).bad[codes]
            run = odd[::-1].cumprod().sum()
            return count - int(run)
    return count


def _is_note(cells: pd.Series, *, blank: bool) -> Bool:
    """(N,) whether a cell has no digit in front; whether one that is blank counts as such."""
    text = cells.astype("str").where(cells.notna(), "")
    odd = ~text.str.match(r"\s*[-+]?\d").to_numpy(dtype=bool)
    return odd if blank else odd & (text != "").to_numpy(dtype=bool)
