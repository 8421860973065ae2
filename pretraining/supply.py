"""Batches drawn ahead by other processes, in order."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Generator
from contextlib import suppress
from multiprocessing.connection import Connection

from pretraining.batches import Batch, draw


def supply(
    seed: int,
    first: int,
    end: int,
    *,
    without: frozenset[str] = frozenset(),
    places: tuple[int, ...] = (),
    times: int = 1,
    workers: int = 1,
) -> Generator[Batch, None, None]:
    """The batches ``first`` to ``end - 1``, whoever draws them.

    Worker w draws every batch i with i % workers == w and waits with each until it is wanted, so one batch a worker is
    ready. A worker ends when nobody reads from it any more, even if this process was killed.

    Args:
        seed: of the run.
        first: the first batch.
        end: the first that is not drawn.
        without: parts of the generator that are left out.
        places: of the sizes that are drawn, see :func:`pretraining.batches.draw`.
        times: the series of a size, see there.
        workers: processes.
    """
    context = multiprocessing.get_context("spawn")
    pipes: list[Connection] = []
    processes = []
    for place in range(workers):
        begin = first + (place - first) % workers
        here, there = context.Pipe(duplex=False)
        numbers = range(begin, end, workers)
        process = context.Process(
            target=_draw_all, args=(there, seed, numbers, without, places, times), daemon=True
        )
        process.start()
        there.close()
        pipes.append(here)
        processes.append(process)
    try:
        for i in range(first, end):
            try:
                yield pipes[i % workers].recv()
            except EOFError:
                raise RuntimeError(
                    f"The process that draws batch {i:,} has ended; its own message stands above. Start again to go on."
                ) from None
    finally:
        for pipe, process in zip(pipes, processes, strict=True):
            pipe.close()
            process.join()


def _draw_all(
    pipe: Connection,
    seed: int,
    numbers: range,
    without: frozenset[str],
    places: tuple[int, ...],
    times: int,
) -> None:
    # Ctrl-C reaches all processes of a terminal; this one ends with the one that reads.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(BrokenPipeError, ConnectionResetError):
        for i in numbers:
            pipe.send(draw(seed, i, without, places, times))
