"""Totals, peaks and times of sample paths: what a person asks of a whole horizon, with intervals that are right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

import numpy as np

from rollcast._types import Float64
from rollcast.errors import ArgumentError, show
from rollcast.model.sample_paths import SamplePaths
from rollcast.options.argument_checks import floats, is_number
from rollcast.options.level_option import check_level, ends_of
from rollcast.options.quantiles_option import check_quantiles
from rollcast.preprocessing.rounding import as_whole
from rollcast.tables.forecast_frame import forecast_columns, quantile_column
from rollcast.tables.paths_frame import PathTable, frame_like, is_frame, read_paths, series_frame

if TYPE_CHECKING:
    import pandas as pd

How: TypeAlias = Literal["sum", "mean", "max", "min", "runout"]

Summary: TypeAlias = Callable[[Float64], Float64]
"""From paths (S, N, h) to a number of each, (S, N)."""

SUMMARIES: Final[Mapping[str, Summary]] = {
    "sum": lambda values: values.sum(axis=2),
    "mean": lambda values: values.mean(axis=2),
    "max": lambda values: values.max(axis=2),
    "min": lambda values: values.min(axis=2),
}

RUNOUT: Final = "runout"

VALUE: Final = "value"
"""The column where an array is given."""


class Asked(NamedTuple):
    """What is told of each path, and which quantiles of that.

    Attributes:
        how: a word, or a function of the caller's.
        levels: of intervals, in percent.
        quantiles: shares.
        stock: a number, or one by identifier; None where no stock runs out.
    """

    how: Any
    levels: tuple[float, ...]
    quantiles: tuple[float, ...]
    stock: Any


def aggregate(
    paths: Any,
    how: How | Summary | None = None,
    *,
    level: float | Sequence[float] | None = (80,),
    quantiles: float | Sequence[float] | None = None,
    stock: float | Mapping[Any, float] | pd.Series | None = None,
) -> Any:
    """Tell one number of each path and how it is spread: totals, peaks, the time until a stock is empty.

    Quantiles of steps can't be added, for not all days are bad ones at once. Those of totals follow from paths, whose
    steps belong together.

    Args:
        paths: the table that ``predict(paths=...)`` or ``rollcast.forecast(paths=...)`` gave, or an array (S, N, h)
            such as ``sample_array`` gives.
        how: "sum", "mean", "max" or "min" over the steps; a function that takes all paths (S, N, h) and gives a number
            for each, (S, N); or "runout", the step at which the values so far exceed ``stock``. Default: the sum, or
            "runout" where there is a stock.
        level: percentages of intervals, 98 at most; None for none.
        quantiles: shares such as 0.95; the value below which the number lies with that probability.
        stock: what is there before the first step, at least 0: a number, or a mapping or Series of pandas from
            identifiers to numbers, one for each series. Where it lasts beyond the last step, the step is h + 1.

    Returns:
        A frame of the same kind with one row a series: the identifier, the median, the lower and upper ends of the
        intervals as ``predict`` names them, and a column such as ``Rollcast-q-95`` for each quantile. With a stock, a
        column ``-lasts`` too: the share of paths in which it lasts beyond the last step.

    Raises:
        ArgumentError: an option has a value outside its range, a series has no stock or a stock no series, or there are
            too few paths for a quantile so far out.
        DataError: the table is no complete one of paths.

    Example:
        >>> import numpy as np, rollcast as rc
        >>> paths = np.random.default_rng(0).normal(10, 1, size=(1, 2000, 4))
        >>> rc.aggregate(paths, "sum", level=80, quantiles=0.95).round(0).values.tolist()
        [[0.0, 40.0, 37.0, 43.0, 43.0]]
        >>> rc.aggregate(paths, stock=35)["value"].tolist()
        [4]
    """
    asked = ask(how, level, quantiles, stock)
    if isinstance(paths, SamplePaths):
        return aggregate_paths(paths, asked)
    if is_frame(paths):
        table = read_paths(paths)
        columns = summarise(
            table.values, table.identifiers, asked, name=table.name, whole=table.whole
        )
        return frame_like(table, columns)
    values = floats("paths", paths, ndim=3)
    if not values.size or not np.isfinite(values).all():
        raise ArgumentError(
            f"`paths` must hold finite numbers (S, N, h), at least one; got the shape {values.shape}."
        )
    import pandas as pd

    ids = np.arange(len(values))
    columns = summarise(values, ids.tolist(), asked, name=VALUE, whole=False)
    table = PathTable(values, False, VALUE, pd.DataFrame({"unique_id": ids}), pd.DataFrame())
    return frame_like(table, columns)


def aggregate_paths(paths: SamplePaths, asked: Asked) -> Any:
    """One row for each series of paths, in the caller's names and kind of frame."""
    columns = summarise(paths.values, list(paths.ids), asked, name=paths.name, whole=paths.whole)
    return series_frame(paths.ids, paths.starts, columns, paths.frequency, paths.schema)


def summarise(
    values: Float64, ids: Sequence[Any], asked: Asked, *, name: str, whole: bool
) -> dict[str, np.ndarray]:
    """(S,) columns by name.

    Each quantile is a number that came out of some path, so those of whole numbers are whole.

    Args:
        values: (S, N, h) of the paths.
        ids: (S,) identifiers.
        asked: what is told of them.
        name: of the column of medians.
        whole: whether the values are whole numbers.

    Raises:
        ArgumentError: a series has no stock, too few paths, or a function that gives something else than (S, N).
    """
    h = values.shape[2]
    if asked.how == RUNOUT:
        told = steps_until_empty(values, _stocks(asked.stock, ids))
    elif isinstance(asked.how, str):
        told = SUMMARIES[asked.how](values)
    else:
        told = _call(asked.how, values)
    shares = [0.5, *asked.quantiles, *(end for level in asked.levels for end in ends_of(level))]
    found = dict(zip(shares, _quantiles(told, shares), strict=True))
    intervals = {
        level: (found[ends_of(level)[0]], found[ends_of(level)[1]]) for level in asked.levels
    }
    columns: dict[str, np.ndarray] = dict(forecast_columns(name, found[0.5], intervals))
    columns |= {quantile_column(name, share): found[share] for share in asked.quantiles}
    if asked.how == RUNOUT or (whole and asked.how in ("sum", "max", "min")):
        columns = {column: as_whole(numbers) for column, numbers in columns.items()}
    if asked.how == RUNOUT:
        columns[f"{name}-lasts"] = (told > h).mean(axis=1)
    return columns


def steps_until_empty(values: Float64, stock: Float64) -> Float64:
    """(S, N) the first step, from 1 on, after which the values so far exceed the stock; h + 1 where none does.

    Args:
        values: (S, N, h)
        stock: (S,)
    """
    beyond = np.cumsum(values, axis=2) > stock[:, None, None]
    return np.where(beyond.any(axis=2), beyond.argmax(axis=2) + 1.0, values.shape[2] + 1.0)


def ask(
    how: Any, level: Any, quantiles: Any, stock: Any = None, *, quantiles_word: str = "quantiles"
) -> Asked:
    """What is told of paths, checked; see :func:`aggregate`.

    Args:
        how: what is told of each.
        level: of intervals.
        quantiles: shares.
        stock: that runs out.
        quantiles_word: what messages call the quantiles.

    Raises:
        ArgumentError: a value outside its range, or a stock that nothing is asked of.
    """
    if how is None:
        how = "sum" if stock is None else RUNOUT
    words = (*SUMMARIES, RUNOUT)
    is_function = callable(how) and not isinstance(how, type)
    if not is_function and not (isinstance(how, str) and how in words):
        raise ArgumentError(
            f"`how` must be one of {', '.join(map(repr, words))}, or a function of all paths (S, N, h); got "
            f"{show(how)}."
        )
    if (how == RUNOUT) != (stock is not None):
        if stock is None:
            raise ArgumentError(
                '`stock` must say what is there before the first step, for `how="runout"`; got None.'
            )
        raise ArgumentError(
            f'`stock` runs out, and `how` = {show(how)} asks for something else; pass how="runout".'
        )
    levels = () if level is None else check_level("level", level)
    shares = () if quantiles is None else check_quantiles(quantiles_word, quantiles)
    return Asked(how, levels, shares, stock)


def _stocks(stock: Any, ids: Sequence[Any]) -> Float64:
    """(S,) what is there of each series before the first step.

    Raises:
        ArgumentError: no number of at least 0, none for a series, or one for a series without paths.
    """
    by_series = _by_series(stock)
    given: list[Any] = [stock] * len(ids)
    if by_series is not None:
        given = [by_series.get(one) for one in ids]
    for one, found in zip(ids, given, strict=True):
        if not is_number(found) or not np.isfinite(found) or found < 0:
            whose = "" if by_series is None else f" of series {show(one)}"
            raise ArgumentError(
                f"`stock`{whose} must be a finite number of at least 0, or a mapping or Series that has one for each "
                f"series; got {show(found)}."
            )
    unknown = [name for name in by_series or () if name not in set(ids)]
    if unknown:
        raise ArgumentError(
            f"`stock` names series {show(unknown[0])}, of which there are no paths; leave it out, or draw its paths."
        )
    return np.array(given, np.float64)


def _by_series(stock: Any) -> Mapping[Any, Any] | None:
    """A number by identifier; None where one is given for all.

    Raises:
        ArgumentError: a series stands twice.
    """
    if isinstance(stock, Mapping):
        return stock
    if type(stock).__name__ != "Series" or not hasattr(stock, "index"):
        return None
    twice = stock.index.duplicated()
    if twice.any():
        raise ArgumentError(
            f"`stock` names series {show(stock.index[twice][0])} twice; give each series once."
        )
    return stock.to_dict()


def _call(how: Summary, values: Float64) -> Float64:
    told = floats("how", how(values))
    if told.shape != values.shape[:2] or not np.isfinite(told).all():
        raise ArgumentError(
            f"`how` must give a finite number for each path, in the shape {values.shape[:2]}; got the shape "
            f"{told.shape}."
        )
    return told


def _quantiles(told: Float64, shares: Sequence[float]) -> Float64:
    """(len(shares), S) of numbers (S, N)."""
    N = told.shape[1]
    farthest = min(min(share, 1 - share) for share in shares)
    if N * farthest < 1 - 1e-9:
        far = max(shares, key=lambda share: abs(share - 0.5))
        raise ArgumentError(
            f"`paths` are {N:,}, and the quantile {far:g} needs {int(np.ceil((1 - 1e-9) / farthest)):,} at least; draw "
            "more paths."
        )
    return np.quantile(told, shares, axis=1, method="inverted_cdf")
