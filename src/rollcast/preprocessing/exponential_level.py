"""The exponential level of stored series: the rates that suit each, the level after every row, and how far it errs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np

from rollcast._types import Array, Bool, Float32, Int64
from rollcast.data.segments import count_segments, sum_segments
from rollcast.preprocessing.anchors import AnchorScale, Smoothing, anchor_position
from rollcast.preprocessing.ring import look_back, ring_size
from rollcast.preprocessing.series_buffer import Levels, capacity
from rollcast.preprocessing.side_by_side import side_by_side
from rollcast.preprocessing.transform import LEVEL, Memory
from rollcast.runtime.programs import compiled

LEVEL_RATES: Final = (0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0)
"""Among these each series' rate of the level is chosen."""

SEASON_RATES: Final = (0.05, 0.2, 0.5)
"""Among these that of the season, where there is one."""

LEAST_SCORED: Final = 8
"""Rows that a series needs beyond two seasons for rates of its own; others take those that suit all series together."""

READ_ROWS: Final = 512
"""Rows that one call of a program takes."""

MOST_LANES: Final = 1024
"""Series that are read side by side, those that are tried with several rates as often."""


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
    for part in side_by_side(offsets[:-1], np.diff(offsets), MOST_LANES):
        scale = _scale(lag, smoothing.take(part.padded))
        memory = _start(scaled, offsets, part.padded, lag)
        for at, rows in _pieces(scaled, observed, part.row, part.mask):
            program = compiled(("level",), _trace, scale, memory, *rows)
            memory, found = program(scale, memory, *rows)
            there = rows[2][: len(part.series)]
            width = there.shape[1]
            index = part.row[: len(part.series), at : at + width]
            there = there[:, : index.shape[1]]
            for out, values in zip(made, found, strict=True):
                out[index[there]] = np.asarray(values)[: len(there), : index.shape[1]][there]
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
    for part in side_by_side(offsets[:-1], np.diff(offsets), max(MOST_LANES // count, 1)):
        lanes = len(part.padded)
        tried = Smoothing(np.repeat(level, lanes), np.repeat(season, lanes))
        scale = _scale(lag, tried)
        memory = _start(scaled, offsets, np.tile(part.padded, count), lag)
        for _, rows in _pieces(scaled, observed, part.row, part.mask):
            several = [np.tile(a, (count, 1)) for a in rows]
            program = compiled(("level errors",), _errors, scale, memory, *several)
            memory, found = program(scale, memory, *several)
            total, number = (
                np.asarray(a, np.float64).reshape(count, lanes)[:, : len(part.series)]
                for a in found
            )
            errors[:, part.series] += total
            scored[part.series] += number[0]
    own = errors.argmin(axis=0)
    # Each series counts alike among all together.
    together = int((errors / np.maximum(scored, 1)).sum(axis=1).argmin())
    best = np.where(scored >= LEAST_SCORED, own, together)
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
    begins = np.repeat(offsets[:-1], np.diff(offsets))
    ends = np.repeat(offsets[1:], np.diff(offsets))
    row = np.arange(len(observed))
    total = np.zeros((len(offsets) - 1,))
    known = np.zeros(len(total), np.int64)
    for ahead in range(1, steps + 1):
        source = row + int(anchor_position(np.array(ahead), np.array(lag)))
        wanted = np.minimum(row + ahead, len(row) - 1)
        counts = (row + ahead < ends) & (source >= begins) & (row + 1 >= begins + lag)
        counts &= observed[wanted]
        anchors = traced.levels.level + traced.levels.deviation[np.maximum(source, 0)]
        errors = np.where(counts, np.abs(traced.filled[wanted] - anchors), 0.0)
        number = count_segments(counts, offsets)
        total += sum_segments(errors.astype(np.float64), offsets) / np.maximum(number, 1)
        known += number > 0
    typical = (total / np.maximum(known, 1)).astype(np.float32)
    return np.where(typical > 1e-6, typical, np.float32(1.0))


def _scale(lag: int, smoothing: Smoothing) -> AnchorScale:
    """What steps of the level need; their inputs are of no use here."""
    size = len(smoothing.level)
    return AnchorScale(
        np.ones(size, np.float32),
        np.full(size, lag, np.int32),
        np.float32(1),
        smoothing=Smoothing(*(np.asarray(rate, np.float32) for rate in smoothing)),
    )


def _start(scaled: Float32, offsets: Int64, series: Int64, lag: int) -> Memory:
    first = np.zeros(len(series), np.float32)
    held = offsets[series] < offsets[series + 1]
    first[held] = scaled[offsets[series[held]]]
    return LEVEL.init(first, ring_size(lag))


def _pieces(
    scaled: Float32, observed: Bool, index: Int64, mask: Bool
) -> Iterator[tuple[int, tuple[Any, Any, Any]]]:
    """Stretches of rows (S, T) of one size: where each begins, and its values, whether observed, whether there."""
    length = index.shape[1]
    size = min(capacity(length, least=8), READ_ROWS)
    for at in range(0, length, size):
        here, there = index[:, at : at + size], mask[:, at : at + size]
        short = ((0, 0), (0, size - here.shape[1]))
        here, there = np.pad(here, short), np.pad(there, short)
        yield at, (scaled[here], observed[here].astype(np.float32), there)


def _trace(
    scale: AnchorScale, memory: Memory, values: Array, observed: Array, mask: Array
) -> tuple[Memory, tuple[Array, Array, Array]]:
    """The memory after T rows, and (S, T) the filled value, the level and the deviation after each."""
    import jax
    import jax.numpy as jnp

    def step(memory: Memory, row: tuple[Array, Array, Array]) -> tuple[Memory, Any]:
        after, _ = LEVEL.step(scale, memory, *row)
        one = jnp.ones((1,), jnp.int32)
        newest = (look_back(a, after.rows, one)[:, 0] for a in (after.values, after.deviations))
        filled, deviation = newest
        return after, (filled, after.level, deviation)

    memory, made = jax.lax.scan(step, memory, (values.T, observed.T, mask.T))
    return memory, tuple(a.T for a in made)  # pyright: ignore[reportReturnType]


def _errors(
    scale: AnchorScale, memory: Memory, values: Array, observed: Array, mask: Array
) -> tuple[Memory, tuple[Array, Array]]:
    """The memory after T rows, and (S,) the sum of the next value's absolute errors, and their number."""
    import jax
    import jax.numpy as jnp

    warm = jnp.where(scale.lag > 1, 2 * scale.lag, 1)

    def step(
        carry: tuple[Memory, Array, Array], row: tuple[Array, Array, Array]
    ) -> tuple[tuple[Memory, Array, Array], None]:
        memory, total, number = carry
        value, seen, there = row
        anchor = LEVEL.anchors(scale, memory, 1)[:, 0]
        counts = jnp.where(there & (memory.rows >= warm), seen, 0.0)
        total = total + counts * jnp.abs(value - anchor)
        memory, _ = LEVEL.step(scale, memory, value, seen, there)
        return (memory, total, number + counts), None

    zero = jnp.zeros(values.shape[0], jnp.float32)
    (memory, total, number), _ = jax.lax.scan(
        step, (memory, zero, zero), (values.T, observed.T, mask.T)
    )
    return memory, (total, number)
