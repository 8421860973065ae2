"""From forecasts at many cutoffs, and from their scores, to tables in the caller's names and kind of frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from rollcast._types import Float64, Int64
from rollcast.data.origins import Origins
from rollcast.data.panel import Panel
from rollcast.tables.forecast_frame import forecast_frame
from rollcast.tables.schema import STEP, Schema

CUTOFF: Final = "cutoff"
"""The column of the newest time that was known, named as in Nixtla's libraries."""

SERIES: Final = "series"

MODEL: Final = "model"
"""The column that names what is scored."""


def backtest_frame(
    panel: Panel,
    schema: Schema,
    origins: Origins,
    cutoff: Int64,
    cutoffs: Int64,
    columns: Mapping[str, Float64],
) -> Any:
    """Forecasts beside the actual values: identifier, time, cutoff, and each column.

    Args:
        panel: the series.
        schema: the caller's table.
        origins: (M,) where forecasts start.
        cutoff: (M,) the place of each one's cutoff.
        cutoffs: (C,) times.
        columns: (M, h) values by name.

    Returns:
        A frame of M * h rows of the caller's kind.
    """
    h = next(iter(columns.values())).shape[1]
    ids = tuple(panel.ids[s] for s in origins.series.tolist())
    frame = forecast_frame(
        ids, panel.starts[origins.series], columns, panel.frequency, schema, origins.row + 1
    )
    times = _take(_times(panel, schema, cutoffs), np.repeat(cutoff, h))
    at = 1 + (schema.id_col is not None)
    if schema.kind == "polars":
        return frame.insert_column(at, times.alias(CUTOFF))
    frame.insert(at, CUTOFF, times)
    return frame


def scores_frame(
    panel: Panel,
    schema: Schema,
    by: str | None,
    scores: Mapping[str, Mapping[str, Float64]],
    keys: Int64,
) -> Any:
    """Scores in long form: the key of each group, the model, and each score.

    Args:
        panel: the series.
        schema: the caller's table.
        by: "step", "series" or "cutoff"; None for the scores over all.
        scores: by model, then by name, (G,) of each group.
        keys: (G,) steps ahead, places of series, or times of cutoffs.

    Returns:
        A frame of the caller's kind with a row for each group and model, group by group.
    """
    models = list(scores)
    count = len(keys)
    order = np.arange(count * len(models)).reshape(len(models), count).T.ravel()
    each = np.repeat(np.arange(count), len(models))
    unknown = np.full(count, np.nan)
    values = {
        name: np.concatenate([scores[model].get(name, unknown) for model in models])[order]
        for name in next(iter(scores.values()))  # the judged model's, which has all of them
    }
    columns: dict[str, Any] = {}
    if by is not None and not (by == SERIES and schema.id_col is None):
        name, column = _keys(panel, schema, by, keys)
        columns[name] = _take(column, each)
    labels = [models[i] for i in np.tile(np.arange(len(models)), count).tolist()]
    if schema.kind == "polars":
        import polars as pl

        return pl.DataFrame({**columns, MODEL: labels, **values})
    import pandas as pd

    return pd.DataFrame({**columns, MODEL: labels, **values})


def counts_frame(panel: Panel, schema: Schema, cutoffs: Int64, counts: Mapping[str, Int64]) -> Any:
    """Counts by cutoff as a frame of the caller's kind.

    Args:
        panel: the series.
        schema: the caller's table.
        cutoffs: (C,) times.
        counts: (C,) by name.
    """
    columns = {CUTOFF: _times(panel, schema, cutoffs), **counts}
    if schema.kind == "polars":
        import polars as pl

        return pl.DataFrame(columns)
    import pandas as pd

    return pd.DataFrame(columns)


def stacked(tables: Mapping[str, Any]) -> Any:
    """Tables of scores below each other: ``by`` says which, and ``group`` holds their key as text.

    Args:
        tables: by what they are grouped, as :func:`scores_frame` makes them, all of one kind.
    """
    parts: list[Any] = []
    for by, table in tables.items():
        names = list(table.columns)
        key = names[0] if names[0] != MODEL else None
        if hasattr(table, "insert_column"):
            import polars as pl

            group = pl.lit("") if key is None else pl.col(key).cast(pl.String)
            found = table.select(
                pl.lit(by).alias("by"), group.alias("group"), pl.col(names[key is not None :])
            )
        else:
            found = table[names[key is not None :]].copy()
            found.insert(0, "group", "" if key is None else table[key].astype(str))
            found.insert(0, "by", by)
        parts.append(found)
    if hasattr(parts[0], "insert_column"):
        import polars as pl

        return pl.concat(parts)
    import pandas as pd

    return pd.concat(parts, ignore_index=True)


def _keys(panel: Panel, schema: Schema, by: str, keys: Int64) -> tuple[Any, Any]:
    """The name of the column of groups, and what stands there (G,)."""
    if by == SERIES:
        return schema.id_col, _identifiers(panel, schema, keys)
    if by == CUTOFF:
        return CUTOFF, _times(panel, schema, keys)
    if schema.kind == "polars":
        import polars as pl

        return by, pl.Series(keys)
    import pandas as pd

    return by, pd.Series(keys)


def _times(panel: Panel, schema: Schema, times: Int64) -> Any:
    """Times (C,) as a column of the caller's kind."""
    frame = forecast_frame(
        (panel.ids[0],) * len(times),
        times,
        {"": np.zeros((len(times), 1))},
        panel.frequency,
        schema,
    )
    return frame[STEP if schema.time_col is None else schema.time_col]


def _identifiers(panel: Panel, schema: Schema, series: Int64) -> Any:
    """Identifiers of the chosen series (S',) as a column of the caller's kind."""
    ids = tuple(panel.ids[s] for s in series.tolist())
    frame = forecast_frame(
        ids, panel.starts[series], {"": np.zeros((len(ids), 1))}, panel.frequency, schema
    )
    return frame[schema.id_col]


def _take(column: Any, rows: Int64) -> Any:
    """Rows of a column of either kind."""
    if hasattr(column, "gather"):
        return column.gather(rows)
    return column.iloc[rows].reset_index(drop=True)
