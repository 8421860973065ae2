"""Sample paths as a long table, and back; and tables with one row a series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from rollcast._types import Float64, Int64
from rollcast.data.calendar import Frequency
from rollcast.errors import ArgumentError, DataError, show
from rollcast.tables.forecast_frame import forecast_frame, refuse_taken
from rollcast.tables.schema import STEP, Schema

SAMPLE: Final = "sample"
"""The column of the paths' numbers."""


class PathTable(NamedTuple):
    """What a long table of paths holds.

    Attributes:
        values: (S, N, h)
        whole: whether they were whole numbers.
        name: of the column of values.
        ids: a frame of one column, the S identifiers; None where the table has none.
        like: the table, for its kind of frame.
    """

    values: Float64
    whole: bool
    name: str
    ids: Any
    like: Any

    @property
    def identifiers(self) -> list[Any]:
        """(S,) of the series; ``[None]`` where the table has none."""
        return [None] if self.ids is None else list(self.ids[self.ids.columns[0]])


def check_sample_name(name: str, schema: Schema) -> None:
    """Refuse columns of paths that are columns of something else.

    Raises:
        ArgumentError: it is.
    """
    if name == SAMPLE:
        raise ArgumentError(
            f"`alias` must not be {SAMPLE!r}, for paths are numbered in a column of that name."
        )
    refuse_taken((SAMPLE,), schema, "rename it")


def paths_frame(
    ids: Sequence[Any],
    first_times: Int64,
    values: np.ndarray,
    name: str,
    frequency: Frequency,
    schema: Schema,
    skipped: Int64 | None = None,
) -> Any:
    """A long table of paths as the caller writes tables.

    Args:
        ids: (S,) the identifiers.
        first_times: (S,) the time of each first forecast, or of an earlier row of its grid.
        values: (S, N, h)
        name: of their column.
        frequency: the step between forecasts.
        schema: the caller's table.
        skipped: (S,) steps from ``first_times`` to the first forecast; default none.

    Returns:
        A pandas or polars frame of S * N * h rows, path by path: the identifier where there is a column of it, the
        time, the path's number, and the value.
    """
    S, N, h = values.shape
    once = forecast_frame(
        ids, first_times, {name: np.zeros((S, h))}, frequency, schema, skipped=skipped
    )
    place = np.broadcast_to(np.arange(S * h).reshape(S, 1, h), values.shape).ravel()
    sample = np.tile(np.repeat(np.arange(N), h), S)
    if schema.kind == "polars":
        import polars as pl

        columns = [pl.Series(SAMPLE, sample), pl.Series(name, values.ravel())]
        return once.drop(name)[place].with_columns(columns)
    made = once.drop(columns=name).iloc[place].reset_index(drop=True)
    return made.assign(**{SAMPLE: sample}).assign(**{name: values.ravel()})


def series_frame(
    ids: Sequence[Any],
    times: Int64,
    columns: Mapping[str, np.ndarray],
    frequency: Frequency,
    schema: Schema,
) -> Any:
    """A table with one row a series: its identifier where there is a column of it, and what is told of it.

    Args:
        ids: (S,) the identifiers.
        times: (S,) any time of each series' grid.
        columns: (S,) by name.
        frequency: of the series.
        schema: the caller's table.
    """
    blocks = {name: values[:, None] for name, values in columns.items()}
    made = forecast_frame(ids, times, blocks, frequency, schema)
    time_col = STEP if schema.time_col is None else schema.time_col
    return made.drop(str(time_col)) if schema.kind == "polars" else made.drop(columns=time_col)


def read_paths(frame: Any) -> PathTable:
    """What :func:`paths_frame` wrote; rows may stand in any order.

    Args:
        frame: of pandas or polars, whose last column holds the values and whose others are the identifier, the time
            and ``sample``.

    Raises:
        DataError: another table, or one in which a series lacks some rows of a path.
    """
    names = list(frame.columns)
    if SAMPLE not in names or len(names) not in (3, 4) or names[-1] == SAMPLE:
        raise DataError(
            f"`paths` must be what predict(paths=...) gave: an identifier, a time, {SAMPLE!r} and a column of values; "
            f"got the columns {show(names)}."
        )
    keys, name = [column for column in names[:-1] if column != SAMPLE], names[-1]
    codes, ids = _codes(frame, keys[0]) if len(keys) == 2 else (np.zeros(len(frame), int), None)
    sample, time = _plain(frame, SAMPLE), _plain(frame, keys[-1])
    given = _plain(frame, name)
    try:
        values = np.asarray(given, np.float64)
        order = np.lexsort((time, sample, codes))
    except (TypeError, ValueError) as error:
        raise DataError(
            f"`paths` must hold numbers in its column {show(name)}, and times and samples that can be sorted."
        ) from error
    S, N = (int(codes.max()) + 1, len(np.unique(sample))) if len(values) else (0, 0)
    whole = S * N > 0 and len(values) % (S * N) == 0
    h = len(values) // (S * N) if whole else 0
    if not whole or not _is_complete(*(c[order].reshape(S, N, h) for c in (codes, sample, time))):
        raise DataError(
            f"`paths` must hold as many steps of every path of every series; its {len(values):,} rows are of {S:,} "
            f"series and {N:,} paths."
        )
    if not np.isfinite(values).all():
        raise DataError(f"`paths` lacks a value in its column {show(name)}; leave that series out.")
    whole_numbers = given.dtype.kind in "iu"
    return PathTable(values[order].reshape(S, N, h), whole_numbers, str(name), ids, frame)


def frame_like(table: PathTable, columns: Mapping[str, np.ndarray]) -> Any:
    """A frame of the table's kind with one row a series.

    Args:
        table: of paths.
        columns: (S,) by name.
    """
    if _is_polars(table.like):
        import polars as pl

        made = pl.DataFrame(dict(columns))
        return made if table.ids is None else pl.concat([table.ids, made], how="horizontal")
    import pandas as pd

    made = pd.DataFrame(dict(columns))
    return made if table.ids is None else pd.concat([table.ids, made], axis=1)


def is_frame(given: Any) -> bool:
    """Whether it is a frame of pandas or polars."""
    kind = type(given)
    return kind.__name__ == "DataFrame" and kind.__module__.split(".")[0] in ("pandas", "polars")


def _is_complete(codes: Int64, sample: np.ndarray, time: np.ndarray) -> bool:
    """Whether sorted rows (S, N, h) are one path after the other, of the same numbers and with each time once."""
    paths = (codes == codes[:, :1, :1]).all() and (sample == sample[:1, :, :1]).all()
    return bool(paths and (time[..., 1:] != time[..., :-1]).all())


def _codes(frame: Any, column: Any) -> tuple[Int64, Any]:
    """Each row's series as a number, in the order of their first rows; and a frame of the identifiers."""
    if _is_polars(frame):
        import polars as pl

        seen = frame.select(column).unique(maintain_order=True)
        numbers = seen.with_columns(pl.Series("", np.arange(len(seen))))
        joined = frame.select(column).join(numbers, on=column, how="left", maintain_order="left")
        return joined[""].to_numpy(), seen
    import pandas as pd

    codes, _ = pd.factorize(frame[column], use_na_sentinel=False)
    firsts = np.unique(codes, return_index=True)[1]
    return codes, frame[[column]].iloc[firsts].reset_index(drop=True)


def _plain(frame: Any, column: Any) -> np.ndarray:
    return frame[column].to_numpy()


def _is_polars(frame: Any) -> bool:
    return type(frame).__module__.split(".")[0] == "polars"
