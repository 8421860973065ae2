"""Schedule: the updates of an epoch in their order, where pieces of several lengths take turns."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from rollcast.training.plans import Plan
from rollcast.training.task import Task

TURNS: Final = 8
"""Stretches into which the updates of each length are parted, so that none of them comes last as a whole."""


class Stretch(NamedTuple):
    """Updates that one program runs one after the other.

    Attributes:
        task: whose program.
        plan: of its updates.
        first: of them.
        begin: updates of the epoch before it.
        end: updates of the epoch up to its last.
    """

    task: Task
    plan: Plan
    first: int
    begin: int
    end: int


def schedule(task: Task, epoch: int) -> list[Stretch]:
    """The stretches of an epoch: one where all pieces have one length, else in an order drawn by the epoch's number.

    Args:
        task: with its tasks of other lengths.
        epoch: counted from 0.
    """
    parts = [(one, *one.plan(epoch)) for one in (*task.shorter, task)]
    turns = 1 if len(parts) == 1 else TURNS
    cuts = [
        (one, plan, int(first), int(last))
        for one, plan, total in parts
        for first, last in zip(*_edges(total, turns), strict=True)
        if first < last or turns == 1
    ]
    order = np.random.default_rng(epoch).permutation(len(cuts)) if turns > 1 else range(len(cuts))
    stretches: list[Stretch] = []
    begin = 0
    for i in order:
        one, plan, first, last = cuts[i]
        stretches.append(Stretch(one, plan, first, begin, begin + last - first))
        begin += last - first
    return stretches


def _edges(total: int, turns: int) -> tuple[np.ndarray, np.ndarray]:
    edges = np.arange(turns + 1) * total // turns
    return edges[:-1], edges[1:]
