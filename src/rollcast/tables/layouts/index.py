"""The index of a pandas frame: one that says something becomes columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rollcast.errors import show
from rollcast.tables.dates.time_names import is_time_name
from rollcast.tables.layouts.column_names import are_dates
from rollcast.tables.layouts.content import kind_of

if TYPE_CHECKING:
    import pandas as pd

    from rollcast.tables.schema import Schema


def flat_index(
    frame: pd.DataFrame, like: Schema | None
) -> tuple[pd.DataFrame, tuple[Any, ...], tuple[str, ...]]:
    """The frame with rows numbered from 0, the columns that its index became, and sentences on what was taken.

    Numbers of rows, as filtering and sorting leave them, say nothing. Of levels without a name, the time is named
    ``ds`` and the series ``unique_id``, or as in ``like``.
    """
    import pandas as pd

    index = frame.index
    names = [name for name in index.names if name is not None]
    if isinstance(index, pd.RangeIndex) and not names and index.start == 0:
        return frame, (), ()
    plain = frame.reset_index(drop=True)
    # A name that stands twice is no name.
    named = [name if name is not None and names.count(name) == 1 else None for name in index.names]
    levels = [index.get_level_values(n).to_series(index=plain.index) for n in range(index.nlevels)]
    roles = _settle(_roles(levels), levels, plain, like)
    usual = {"series": "unique_id", "time": "ds", "step": "step"}
    if like is not None:
        usual |= {"series": like.id_col or "unique_id", "time": like.time_col or "ds"}
    renamed = like is not None and like.time_col not in (None, *plain.columns)
    remarks: list[str] = []
    columns: dict[Any, pd.Series] = {}
    for level, name, role in zip(levels, named, roles, strict=True):
        if name is not None and name in plain.columns and level.equals(_as(level, plain[name])):
            continue
        if name is None and role == "rows":
            continue
        if name is None and role == "labels":
            remarks.append(
                f"Left out the index, such as {show(level.iloc[0])}, for it names each row; make it a column if it"
                " is the time or names the series."
            )
            continue
        chosen = usual.get(role, "index") if name is None else name
        if like is not None and role == "time" and renamed and name not in _parts(like):
            chosen = like.time_col
        chosen = _free(chosen, {*plain.columns, *columns})
        columns[chosen] = level
        if chosen != name:
            called = "index, which has no name," if name is None else f"index {name!r}"
            remarks.append(f"Took the {called} as column {chosen!r}.")
    if not columns:
        return plain, (), tuple(remarks)
    return pd.concat([pd.DataFrame(columns), plain], axis=1), tuple(columns), tuple(remarks)


def _settle(
    roles: list[str], levels: list[pd.Series], plain: Any, like: Schema | None
) -> list[str]:
    """The roles of an index's levels beside the columns of its frame."""
    if like is None:
        named, lacking = are_dates(plain.columns), False
    else:
        named = like.id_col not in (None, *plain.columns)
        # A wide table lacks the target too: its times are elsewhere.
        parts = _parts(like)
        joined = len(parts) > 0 and all(name in plain.columns for name in parts)
        there = joined or like.time_col in (None, *plain.columns)
        lacking = not there and like.target_col in plain.columns
    timed = any(is_time_name(str(name)) or kind_of(plain[name]) == "time" for name in plain.columns)
    numbers = {"rows": "rows", "number": "rows" if timed else "time"}
    if lacking:
        numbers = dict.fromkeys(numbers, "time")
    elif not timed and len(levels) == 1 and len(levels[0]) > 1 and "rows" in roles:
        # From the last row to the first, numbers say which row came when.
        falling = bool((np.diff(levels[0]) == -1).all())
        numbers |= {"rows": "step"} if falling else {}
    return [numbers.get(role, "series" if named and role == "labels" else role) for role in roles]


def _parts(like: Schema | None) -> tuple[Any, ...]:
    """The columns that were joined to the model's time."""
    return () if like is None else tuple(name for name, _ in like.time_parts or ())


def _as(level: pd.Series, column: Any) -> pd.Series:
    """A column in the type of a level, as far as it goes."""
    try:
        return column.astype(level.dtype).rename(level.name)
    except (TypeError, ValueError, OverflowError):
        return column


def _free(name: Any, taken: set[Any]) -> Any:
    """The name, or one like it that isn't taken."""
    while name in taken:
        name = f"{name}_index"
    return name


def _roles(levels: list[pd.Series]) -> list[str]:
    """What each level is.

    "time", "series", "rows" (their numbers), "number" (a time where there is no other), "labels" (of single rows) or
    "other".
    """
    kinds = [kind_of(level) for level in levels]
    # Where no level is a time, the last one of numbers counts each series' rows.
    timed = "time" in kinds
    counting = len(kinds) - 1 - kinds[::-1].index("number") if "number" in kinds else None
    roles: list[str] = []
    for n, (level, kind) in enumerate(zip(levels, kinds, strict=True)):
        repeats = bool(level.duplicated().any())
        counts = n == counting and not timed
        if kind == "number" and (not repeats or counts):
            roles.append("rows" if counts_rows(level) else "number")
        elif kind == "text" and not repeats and len(levels) == 1:
            roles.append("labels")
        elif kind in ("number", "text"):
            roles.append("series" if len(levels) > 1 or kind == "text" else "rows")
        else:
            roles.append(kind)
    return roles


def counts_rows(level: pd.Series) -> bool:
    """Whether numbers are those of rows, and not years, months or days as numbers, or instants."""
    numbers = level.drop_duplicates().to_numpy(np.float64, na_value=np.nan)
    if not np.isfinite(numbers).all() or (numbers != np.round(numbers)).any() or numbers.min() < 0:
        return False
    rising = len(numbers) > 1 and bool((np.diff(numbers) > 0).all())
    dates = ((1900, 2100), (190001, 210012), (19000101, 21001231))
    looks_dated = any(low <= numbers.min() and numbers.max() <= high for low, high in dates)
    return not (rising and looks_dated) and numbers.max() < 1e8
