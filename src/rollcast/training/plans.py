"""Plans: which windows or chunks of the series an epoch's updates read, and in which order."""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np

from rollcast._types import Array, Float32, Int32, Int64
from rollcast.preprocessing.series_buffer import capacity, pad


class Plan(NamedTuple):
    """The batches of an epoch.

    Attributes:
        starts: (M, B) first row of each window; it may lie before its series, where rows are masked.
        series: (M, B) whose rows these are.
        weights: (M, B) 1.0, and 0.0 where there is no window: a partial last batch or a lane that ended.
        fresh: (M, B) 1.0 where a window is read from a zero state, 0.0 where it goes on from the batch before.
        epoch: () counted from 0.
    """

    starts: Int32
    series: Int32
    weights: Float32
    fresh: Float32
    epoch: Array


def make_plan(
    starts: Int64,
    series: Int64,
    batch_size: int,
    order: Int64,
    *,
    room: int = 0,
    epoch: int = 0,
) -> tuple[Plan, int]:
    """Batches of windows in the given order; a partial last batch is padded with weight 0, never dropped.

    Args:
        starts: (W,) first rows.
        series: (W,)
        batch_size: B.
        order: (W,) a permutation, or any choice.
        room: windows for which there is to be room at least, so that plans of different epochs have one size.
        epoch: counted from 0.

    Returns:
        The plan, its number of batches rounded up to a capacity, and how many of them are to be run.
    """
    count = -(-len(order) // batch_size)
    size = capacity(max(count, -(-room // batch_size)), least=4) * batch_size
    return (
        Plan(
            pad(starts[order], size, np.int32).reshape(-1, batch_size),
            pad(series[order], size, np.int32).reshape(-1, batch_size),
            pad(np.ones(len(order)), size, np.float32).reshape(-1, batch_size),
            np.ones((size // batch_size, batch_size), np.float32),
            np.int32(epoch),
        ),
        count,
    )


def window_starts(offsets: Int64, ends: Int64, length: int) -> tuple[Int64, Int64]:
    """Every whole window of ``length`` rows that has a row after it: first rows (W,) and series (W,).

    A series of N rows gives N - length windows.
    """
    counts = np.maximum(ends - offsets[:-1] - length, 0)
    return _runs(offsets[:-1], counts, 1)


def chunk_starts(offsets: Int64, ends: Int64, length: int, phase: int) -> tuple[Int64, Int64]:
    """Chunks of ``length`` rows, one after the other: each row of each series is in exactly one.

    Args:
        offsets: (S + 1,)
        ends: (S,)
        length: T.
        phase: 0..T - 1, rows by which the first chunk reaches back before the series begins.

    Returns:
        First rows (W,) and series (W,).
    """
    counts = -(-(ends - 1 - offsets[:-1] + phase) // length)
    return _runs(offsets[:-1] - phase, np.maximum(counts, 0), length)


class Pieces(NamedTuple):
    """Stretches of series, each to be read from a zero state by chunks that follow one another.

    Attributes:
        starts: (P,) first row of the first chunk; it may lie before its series.
        series: (P,)
        chunks: (P,) how many.
    """

    starts: Int64
    series: Int64
    chunks: Int64


def cut_pieces(offsets: Int64, ends: Int64, length: int, phase: int, lanes: int) -> Pieces:
    """Cut long series into pieces, so that ``lanes`` of them can be read side by side in about the same time.

    Args:
        offsets: (S + 1,)
        ends: (S,)
        length: T, rows of a chunk.
        phase: 0..T - 1, rows by which the first chunk reaches back before its series begins.
        lanes: B.
    """
    begins = offsets[:-1] - phase
    counts = np.maximum(-(-(ends - 1 - begins) // length), 0)
    longest = max(-(-int(counts.sum()) // lanes), 1)
    series, within = _enumerate(-(-counts // longest))
    chunks = np.minimum(counts[series] - within * longest, longest)
    return Pieces(begins[series] + within * longest * length, series, chunks)


def lane_plan(
    pieces: Pieces, length: int, lanes: int, order: Int64, *, room: int = 0, epoch: int = 0
) -> tuple[Plan, int]:
    """Pieces in parallel lanes: each batch's chunks continue those of the batch before.

    A lane whose piece ends is refilled with the next piece, from a zero state.

    Args:
        pieces: of all series.
        length: T.
        lanes: B.
        order: (P,) in which pieces are handed out, each to the lane that ends first.
        room: chunks of a lane for which there is to be room at least.
        epoch: counted from 0.

    Returns:
        The plan, its number of batches rounded up to a capacity, and how many of them are to be run.
    """
    ends = [(0, lane) for lane in range(lanes)]
    place = np.empty((len(order), 2), np.int64)  # first batch and lane of each piece, in this order
    for i, count in enumerate(pieces.chunks[order].tolist()):
        first, lane = ends[0]
        place[i] = first, lane
        heapq.heapreplace(ends, (first + count, lane))
    total = max(end for end, _ in ends)
    chunks = pieces.chunks[order]
    piece, within = _enumerate(chunks)
    batch, lane = place[piece, 0] + within, place[piece, 1]
    size = (capacity(max(total, room), least=4), lanes)
    plan = Plan(
        np.zeros(size, np.int32),
        np.zeros(size, np.int32),
        np.zeros(size, np.float32),
        np.ones(size, np.float32),
        np.int32(epoch),
    )
    plan.starts[batch, lane] = pieces.starts[order][piece] + within * length
    plan.series[batch, lane] = pieces.series[order][piece]
    plan.weights[batch, lane] = 1.0
    plan.fresh[batch, lane] = within == 0
    return plan, total


def _runs(firsts: Int64, counts: Int64, step: int) -> tuple[Int64, Int64]:
    series, within = _enumerate(counts)
    return firsts[series] + within * step, series


def _enumerate(counts: Int64) -> tuple[Int64, Int64]:
    """0 .. counts[i] - 1 for every i, one after the other: whose they are, and which."""
    owner = np.repeat(np.arange(len(counts)), counts)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
