"""Which column tells series apart, where nobody named one."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import numpy as np

from rollcast.errors import DataError
from rollcast.tables.dates.times import read_times
from rollcast.tables.identifier_names import is_identifier_name, is_thing_name
from rollcast.tables.table import Table, list_names

if TYPE_CHECKING:
    import pandas as pd

_SAMPLE = 1000
"""Cells that tell whether a column's can be told apart."""

_MOST_APART = 0.2
"""The share of a table's time that may lie between stretches of one series: more can't be learned from."""


def is_named_identifier(table: Table, name: Any, time_col: Any) -> bool:
    """Whether whole numbers are identifiers by the column's name.

    Where that names a thing, as ``store``, times repeat too, or the number is the same in every row.
    """
    import pandas as pd

    numbers = table.column(name)
    if is_identifier_name(name):
        return True
    if not is_thing_name(name) or not pd.api.types.is_integer_dtype(numbers.dtype):
        return False
    return numbers.nunique() == 1 or (time_col is not None and _repeats(table, time_col))


def _repeats(table: Table, time_col: Any) -> bool:
    """Whether a time stands in several rows."""
    return bool(_plain(table.column(time_col)).duplicated().any())


def find_identifier(
    table: Table, kinds: dict[Any, str], time_col: Any
) -> tuple[Any, tuple[str, ...]]:
    """The only column of names that tells series apart, None where none is needed; and remarks on those left out.

    Numbers are names where their column is called so, and no text does without them.

    Where no time stands beside two of a column's values, and the values follow one another in time, the column labels
    stretches of one series.
    """
    repeats = time_col is not None and _repeats(table, time_col)
    texts = [name for name, kind in kinds.items() if kind in ("text", "digits")]
    fits = [name for name in texts if _tells_apart(table, name, time_col)]
    called = [
        name
        for name, kind in kinds.items()
        if kind == "number" and is_named_identifier(table, name, time_col)
    ]
    if called and not any(_is_enough(table, name, time_col) for name in fits):
        fits += [name for name in called if _numbers_series(table, name, time_col)]
    if len(fits) > 1 and repeats:
        raise DataError(_several_ids(table, fits, time_col))
    if len(fits) == 1 or time_col is None:
        return (fits[0] if len(fits) == 1 else None), ()
    labels = [name for name in [*texts, *called] if table.column(name).nunique() > 1]
    if not labels or repeats:
        return None, ()
    names = list_names(labels)
    return None, (
        f"Left out column{'s' if len(labels) > 1 else ''} {names}: no time comes twice, so all rows are taken as one"
        f" series; pass id_col={labels[0]!r} if each of its values is a series.",
    )


def _is_enough(table: Table, name: Any, time_col: Any) -> bool:
    """Whether no value of a column stands twice beside one time."""
    return time_col is None or not table.frame[[name, time_col]].astype(str).duplicated().any()


def _numbers_series(table: Table, name: Any, time_col: Any) -> bool:
    """Whether numbers tell series apart; those that count the rows don't."""
    return bool(table.column(name).duplicated().any()) and _tells_apart(table, name, time_col)


def _tells_apart(table: Table, name: Any, time_col: Any) -> bool:
    """Whether a column's values share times, or else stand in blocks of rows that don't follow one another."""
    import pandas as pd

    if time_col is None:
        return _in_blocks(table, name)
    pairs = pd.DataFrame(
        {"time": _plain(table.column(time_col)), "name": _plain(table.labels(name))}
    )
    pairs = pairs.drop_duplicates()
    if pairs["time"].duplicated().any():
        return True
    if table.column(name).nunique() < 2:
        return _in_blocks(table, name)
    return _in_blocks(table, name) and not _follow_one_another(table, name, time_col)


def _follow_one_another(table: Table, name: Any, time_col: Any) -> bool:
    """Whether each of a column's values stands in one stretch of time close to the next, or times can't be read."""
    import pandas as pd

    try:
        times = read_times(table, time_col, "UTC").values
    except DataError:
        return True
    order = np.argsort(times, kind="stable")
    codes, unique = pd.factorize(table.labels(name).iloc[order])
    seams, steps = np.diff(codes) != 0, np.diff(times[order]).astype(np.float64)
    apart = np.maximum(steps[seams] - np.median(steps), 0).sum()
    return 1 + int(seams.sum()) == len(unique) and apart <= _MOST_APART * steps.sum()


def _several_ids(table: Table, names: list[Any], time_col: Any) -> str:
    """The sentence on several columns that may be the identifier, with the one that does, or how to join them."""
    alone = [n for n in names if _is_enough(table, n, time_col)]
    fix = f"name one with id_col=, such as id_col={alone[0]!r}" if alone else _joining(names)
    return f"Several columns may tell the series apart: {list_names(names)}; {fix}."


def _joining(names: list[Any]) -> str:
    joined = ' + "/" + '.join(f"table[{name!r}].astype(str)" for name in names)
    return f'join them by table["series"] = {joined}, and name that with id_col="series"'


def _plain(series: pd.Series) -> pd.Series:
    """A column whose cells can be told apart: as text where they hold lists and the like."""
    hashable = all(isinstance(value, Hashable) for value in series.head(_SAMPLE))
    return series if hashable else series.astype(str)


def _in_blocks(table: Table, name: Any) -> bool:
    """Whether each value of a column stands in one run of rows, and some run has several."""
    import pandas as pd

    codes, unique = pd.factorize(table.labels(name))
    runs = 1 + int((np.diff(codes) != 0).sum())
    return runs == len(unique) and len(codes) > len(unique)
