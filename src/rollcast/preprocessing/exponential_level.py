"""The exponential level of stored series: the rates that suit each, the level after every row, and how far it errs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import numpy as np

from rollcast._types import Array, Bool, Float32, Float64, Int64
from rollcast.data.segments import series_blocks
from rollcast.preprocessing.anchors import Smoothing, anchor_position
from rollcast.preprocessing.series_buffer import Levels, capacity
from rollcast.preprocessing.side_by_side import SideBySide, side_by_side
from rollcast.preprocessing.transform import follow
from rollcast.runtime.programs import compiled

LEVEL_RATES: Final = (0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0)
"""Among these each series' rate of the level is chosen."""

SEASON_RATES: Final = (0.05, 0.2, 0.5)
"""Among these that of the season, where there is one."""

LEAST_SCORED: Final = 8
"""Rows that a series needs beyond two seasons for rates of its own; others take those that suit all series together."""

READ_ROWS: Final = 128
"""Rows that one call of a program takes."""

MOST_LANES: Final = 2**13
"""Levels that are followed side by side where there is no season; with one as many as there is room for."""

LEAST_LANES: Final = 64


class Traced(NamedTuple):
    """Stored series with their level.

    Attributes:
        filled: (N,) scaled values, missing ones replaced by their anchor.
        levels: after every row.
    """

    filled: Float32
    levels: Levels


def trace_levels(
    scaled: Float32, observed: Bool, offsets: Int64, lag: int, smoothing: Smoothing
) -> Traced:
    """The level after every row, by the very steps that a state takes.

    Args:
        scaled: (N,) 0 where not observed.
        observed: (N,)
        offsets: (S + 1,)
        lag: the season's length; 1 for no season.
        smoothing: of each series.
    """
    made = np.zeros((3, len(scaled)), np.float32)
    for part in side_by_side(offsets[:-1], np.diff(offsets), _most_lanes(lag)):
        rates, followed = smoothing.take(part.padded), _start(scaled, part, lag)
        for at, values, seen in _pieces(scaled, observed, part):
            program = compiled(("level",), _trace, rates, followed, values, seen)
            followed, found = program(rates, followed, values, seen)
            rows = part.row[: len(part.series), at : at + len(values)]
            there = part.mask[: len(part.series), at : at + len(values)]
            for out, by_row in zip(made, found, strict=True):
                out[rows[there]] = np.asarray(by_row).T[: len(rows), : rows.shape[1]][there]
    filled, level, deviation = made
    return Traced(filled, Levels(level, deviation, smoothing))


def fit_smoothing(scaled: Float32, observed: Bool, offsets: Int64, lag: int) -> Smoothing:
    """The rates (S,) with the least mean absolute error of the next value: pass the training part alone.

    Args:
        scaled: (N,) 0 where not observed.
        observed: (N,)
        offsets: (S + 1,)
        lag: the season's length; 1 for no season.
    """
    level, season = (
        a.reshape(-1).astype(np.float32)
        for a in np.meshgrid(LEVEL_RATES, SEASON_RATES if lag > 1 else (0.0,), indexing="ij")
    )
    count, size = len(level), len(offsets) - 1
    errors, scored = np.zeros((count, size)), np.zeros(size)
    tried = Smoothing(level[:, None], season[:, None])
    most = max(_most_lanes(lag) // count, 1)
    for part in side_by_side(offsets[:-1], np.diff(offsets), most):
        own = len(part.series)
        start = _start(scaled, part, lag)
        followed = Followed(
            np.broadcast_to(start.level, (count, len(part.padded))),
            np.zeros((lag, count, len(part.padded)), np.float32),
            start.rows,
        )
        for _, values, seen in _pieces(scaled, observed, part):
            program = compiled(("level errors",), _errors, tried, followed, values, seen)
            followed, (total, number) = program(tried, followed, values, seen)
            errors[:, part.series] += np.asarray(total)[:, :own]
            scored[part.series] += np.asarray(number)[:own]
    # Each series counts alike among all together.
    together = int((errors / np.maximum(scored, 1)).sum(axis=1).argmin())
    best = np.where(scored >= LEAST_SCORED, errors.argmin(axis=0), together)
    return Smoothing(level[best], season[best])


def level_error(traced: Traced, observed: Bool, offsets: Int64, lag: int, steps: int) -> Float32:
    """(S,) how far the level typically errs as an anchor: its mean absolute error over 1..``steps`` steps ahead.

    Args:
        traced: the training part.
        observed: (N,)
        offsets: (S + 1,)
        lag: the season's length; 1 for no season.
        steps: K.

    Returns:
        (S,) > 0, in scaled units; 1 where nothing can be compared.
    """
    typical = np.zeros(len(offsets) - 1, np.float32)
    (filled, (level, deviation, smoothing)) = traced
    for series, rows, own in series_blocks(offsets):
        before = np.concatenate([[0], np.cumsum(observed[rows])])  # observed rows before each row
        block = Traced(filled[rows], Levels(level[rows], deviation[rows], smoothing))
        found = [
            _errors_ahead(block, observed[rows], before, own, lag, ahead)
            for ahead in range(1, steps + 1)
        ]
        errors, known = (np.stack(part) for part in zip(*found, strict=True))
        typical[series] = errors.sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.where(typical > 1e-6, typical, np.float32(1.0))


def _errors_ahead(
    traced: Traced, observed: Bool, before: Int64, offsets: Int64, lag: int, ahead: int
) -> tuple[Float64, Bool]:
    """(S,) the mean absolute error so many steps ahead, 0 where nothing can be compared, and where it can.

    The first season of a series does not count.
    """
    filled, (level, deviation, _) = traced
    errors, known = np.zeros(len(offsets) - 1), np.zeros(len(offsets) - 1, bool)
    firsts, ends = offsets[:-1] + lag - 1, offsets[1:] - ahead
    long = np.flatnonzero(firsts < ends)
    if not len(long):
        return errors, known
    firsts, ends = firsts[long], ends[long]
    back = -int(anchor_position(np.array(ahead), np.array(lag)))
    apart = np.zeros(len(filled) - ahead + 1, np.float32)  # one more, where a sum may end
    made = apart[back:-1]
    np.subtract(filled[ahead + back :], level[back : len(level) - ahead], out=made)
    np.abs(np.subtract(made, deviation[: len(made)], out=made), out=made)
    made *= observed[ahead + back :]
    totals = np.add.reduceat(apart, np.stack([firsts, ends], axis=1).reshape(-1))[::2]
    counts = before[ends + ahead] - before[firsts + ahead]
    errors[long], known[long] = totals / np.maximum(counts, 1), counts > 0
    return errors, known


class Followed(NamedTuple):
    """Where levels stand that are followed side by side from their first rows.

    Attributes:
        level: (..., S)
        deviations: (season, ..., S) of each place in the season.
        rows: () how many rows they have followed.
    """

    level: Array
    deviations: Array
    rows: Array


def _most_lanes(lag: int) -> int:
    """Levels that are followed side by side, so many that their seasons stay in a processor's cache."""
    return max(MOST_LANES // lag, LEAST_LANES)


def _start(scaled: Float32, part: SideBySide, lag: int) -> Followed:
    """Before the first rows, which may be none: 0 where the first value is missing."""
    first = np.zeros(len(part.padded), np.float32)
    if part.row.shape[1]:
        first = np.where(part.mask[:, 0], scaled[part.row[:, 0]], np.float32(0))
    return Followed(first, np.zeros((lag, len(first)), np.float32), np.int32(0))


def _pieces(
    scaled: Float32, observed: Bool, part: SideBySide
) -> Iterator[tuple[int, Float32, Bool]]:
    """Stretches of rows of one size: where each begins, its values (T, S), and whether they were observed (T, S).

    Behind a series' last row nothing was observed, so its level stays.
    """
    length = part.row.shape[1]
    size = min(capacity(length, least=8), READ_ROWS)
    for at in range(0, length, size):
        rows, mask = part.row[:, at : at + size], part.mask[:, at : at + size]
        short = ((0, 0), (0, size - rows.shape[1]))
        rows, mask = np.pad(rows, short).T, np.pad(mask, short).T
        yield at, scaled[rows], observed[rows] & mask


def _follow_rows(
    rates: Smoothing, followed: Followed, values: Array, seen: Array, made: Callable[..., Any]
) -> tuple[Followed, Any]:
    """After T rows (T, S): where the levels stand, and what ``made`` is of each row.

    ``made`` is given the row's number, the filled value, its anchor, and the level and the deviation after it.
    """
    import jax
    import jax.numpy as jnp

    lag = followed.deviations.shape[0]

    def step(followed: Followed, row: tuple[Array, Array]) -> tuple[Followed, Any]:
        level, deviations, rows = followed
        value, there = row
        place = rows % lag
        before = deviations[place]
        anchor = level + before
        value = jnp.where(there, value, anchor)
        level, deviation = follow(rates, lag, rows, (level, before), value)
        after = Followed(level, deviations.at[place].set(deviation), rows + 1)
        return after, made(rows, value, anchor, level, deviation)

    return jax.lax.scan(step, followed, (values, seen))


def _trace(
    rates: Smoothing, followed: Followed, values: Array, seen: Array
) -> tuple[Followed, tuple[Array, Array, Array]]:
    """Where the levels stand after T rows, and (T, S) the filled value, the level and the deviation after each."""

    def made(rows: Array, value: Array, anchor: Array, level: Array, deviation: Array) -> Any:
        return value, level, deviation

    return _follow_rows(rates, followed, values, seen, made)


def _errors(
    rates: Smoothing, followed: Followed, values: Array, seen: Array
) -> tuple[Followed, tuple[Array, Array]]:
    """Where levels of several rates stand after T rows; the next values' absolute errors (G, S), and their number (S,).

    The first two seasons do not count.
    """
    import jax.numpy as jnp

    lag = followed.deviations.shape[0]
    number = followed.rows + jnp.arange(len(values))
    scored = seen & (number >= (2 * lag if lag > 1 else 1))[:, None]

    def made(rows: Array, value: Array, anchor: Array, level: Array, deviation: Array) -> Array:
        return jnp.abs(value - anchor)  # 0 where the value is missing

    after, errors = _follow_rows(rates, followed, values, seen, made)
    return after, ((errors * scored[:, None]).sum(axis=0), scored.sum(axis=0))
