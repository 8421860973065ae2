"""Rows at another step than the model's, or than those of the other series: they are no gaps."""

from __future__ import annotations

import numpy as np

from rollcast._types import Bool, Int64
from rollcast.data.calendar import Frequency
from rollcast.errors import DataError
from rollcast.tables.grid.frequency import infer_frequency
from rollcast.tables.table_rows import TableRows

_ALIKE = 0.15
"""The share by which steps of one length may differ: months do."""

_MOST = 0.8
"""The share of steps that have that length; the others are gaps."""

_WORDS = {
    "hour": "hourly", "day": "daily", "week": "weekly", "month": "monthly", "quarter": "quarterly",
    "year": "yearly",
}  # fmt: skip


def refuse_other_step(
    rows: TableRows,
    frequency: Frequency,
    located: tuple[Int64, Bool],
    *,
    found: Frequency | None = None,
    fitted: bool,
    filled: bool,
) -> None:
    """Refuse a table or a series whose rows have another step.

    Args:
        rows: sorted, each time of a series once.
        frequency: the model's, or that of the table.
        located: each row's place on its series' grid (N,), and whether it lies on it (N,).
        found: the step of these very rows, where that is known already.
        fitted: whether there is a model already.
        filled: whether the caller says what a gap means, so that a series may be sparse.

    Raises:
        DataError: a coarser or finer step.
    """
    at, on = located
    if found is None:
        found = infer_frequency(rows.times, rows.offsets, integer=rows.integer, tz=rows.tz)
    if found is None:
        return
    step, own = _in_words(found), _in_words(frequency)
    steps, codes = np.diff(at)[rows.inside], rows.codes[1:][rows.inside]
    if fitted and step != own and (not on.all() or _is_regular(steps, np.zeros_like(codes)).all()):
        raise DataError(
            f"The rows of {rows.table.name} are {step}, but the model was trained on {own} rows; give {own}"
            f" rows, or fit a model on {step} ones."
        )
    if not on.all():
        _refuse_series(rows, frequency, int(rows.codes[np.argmin(on)]))
    elif not filled:
        least = 3 if fitted else 2
        coarse = _is_regular(steps, codes, least_rows=least, least_step=least)
        if coarse.any():
            _refuse_series(rows, frequency, int(codes[np.argmax(coarse)]))


def _is_regular(
    steps: Int64, codes: Int64, *, least_rows: int = 2, least_step: int = 2
) -> np.ndarray:
    """(N,) whether a series' steps are all longer than one row, and nearly all of one length."""
    import pandas as pd

    if not len(steps):
        return np.zeros(1, np.bool_)
    begins = np.flatnonzero(np.diff(codes, prepend=-1))
    if (np.minimum.reduceat(steps, begins) < 2).all():
        return np.zeros(len(steps), np.bool_)  # as nearly always
    groups = pd.Series(steps).groupby(codes)
    length = groups.transform("median").to_numpy(np.float64)
    alike = pd.Series(np.abs(steps - length) <= _ALIKE * length).groupby(codes)
    return (
        (groups.transform("size").to_numpy() >= least_rows)
        & (groups.transform("min").to_numpy() >= 2)
        & (length >= least_step)
        & (alike.transform("mean").to_numpy() >= _MOST)
    )


def _refuse_series(rows: TableRows, frequency: Frequency, series: int) -> None:
    """Refuse one series whose step is another."""
    here = rows.codes == series
    times, offsets = rows.times[here], np.array([0, int(here.sum())])
    found = infer_frequency(times, offsets, integer=rows.integer, tz=rows.tz)
    if found is None or len(times) < 3 or _in_words(found) == _in_words(frequency):
        return
    if len(rows.ids) == 1:
        if not found.locate(np.full(len(times), times[0]), times)[1].all():
            return  # Times that follow no step have none of their own.
        raise DataError(
            f"The rows of {rows.table.name} are {_in_words(found)}, but freq= asks for {_in_words(frequency)} ones;"
            " leave freq= out, or give the rows between."
        )
    raise DataError(
        f"The rows{rows.series(int(np.argmax(here)))} are {_in_words(found)}, but those of others are"
        f" {_in_words(frequency)}; give all series one step, or leave this one out."
    )


def _in_words(frequency: Frequency) -> str:
    """The step as an adjective: "weekly", "30-minute"."""
    if frequency.alias is None:
        return f"{frequency.step}-step"
    if frequency.family == "B":
        return "daily"
    # Days and times that are closed make no other step.
    label = Frequency(frequency.alias.partition("[")[0]).label.partition(" (")[0]
    for noun, word in _WORDS.items():
        if label == noun or (
            frequency.family in ("M", "Q", "Y") and label.split()[-2:-1] == [noun]
        ):
            return word
    number, _, noun = label.partition(" ")
    return f"{number}-{noun.removesuffix('s')}" if noun else f"1-{label}"
