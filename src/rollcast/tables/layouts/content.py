"""What a column or a level of an index holds, before it has a meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollcast.tables.dates.dates import looks_like_dates

if TYPE_CHECKING:
    import pandas as pd

_READ = 100_000
"""Cells that decide what a column holds."""


def kind_of(series: pd.Series) -> str:
    """What a column or a level of an index holds: "time", "number", "text" or "other"."""
    import datetime as dt

    import pandas as pd

    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return kind_of(pd.Series(dtype.categories))
    if pd.api.types.is_timedelta64_dtype(dtype):
        return "time"
    kind = kind_of_type(dtype)
    if kind is not None:
        return kind
    sample = series.dropna().head(_READ).drop_duplicates().iloc[:1000].astype(object)
    if len(sample) and all(isinstance(value, dt.date) for value in sample):
        return "time"
    texts = len(sample) > 0 and all(isinstance(value, str) for value in sample)
    return "time" if texts and looks_like_dates(sample.astype("str")) else "text"


def kind_of_type(dtype: Any) -> str | None:
    """What a column holds by its type alone; None where that doesn't say."""
    import pandas as pd

    types = pd.api.types
    if types.is_bool_dtype(dtype) or types.is_complex_dtype(dtype):
        return "other"
    if types.is_datetime64_any_dtype(dtype) or isinstance(dtype, pd.PeriodDtype):
        return "time"
    if str(dtype).startswith(("timestamp", "date32", "date64")):
        return "time"
    if types.is_timedelta64_dtype(dtype):
        return "other"
    return "number" if types.is_numeric_dtype(dtype) else None
