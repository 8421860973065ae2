"""Choosing the readout: which readout, of which body and with which penalty, does best when it runs freely."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rollcast._types import Int64
from rollcast.data.panel import LARGEST
from rollcast.evaluation.comparison import compare
from rollcast.fitting.readout_features import fit_moments
from rollcast.networks.linear_head import attach_readout, is_solvable, with_output_size
from rollcast.networks.network import Network, Weights
from rollcast.networks.ridge import Ridge
from rollcast.preprocessing.series_buffer import SeriesBuffer
from rollcast.training.validation import ErrorsByTime, FreeRunning

PENALTIES = tuple(10.0**power for power in range(-15, 0))
"""Ridge penalties that are tried, in units of the features' largest variance."""

NEAR = 0.01
"""Of the penalties whose errors lie within this share of the lowest, the largest is taken."""

NEGLIGIBLE = 1e-6
"""An error, in units of the anchor's own, below which all errors count as equal."""


@dataclass(frozen=True, eq=False)
class Choice:
    """A readout that was solved.

    Attributes:
        network: the body under a head of K outputs.
        weights: of ``network``.
        source: the network that ``body`` belongs to.
        body: weights of ``source``, whose recurrence is kept.
        name: of the body, "trained" or "untrained".
        penalty: of the ridge regression.
        errors: free-running, on the validation part.
    """

    network: Network
    weights: Weights
    source: Network
    body: Weights
    name: str
    penalty: float
    errors: ErrorsByTime

    @property
    def error(self) -> float:
        """Free-running MAE on the validation part."""
        return self.errors.overall

    def solve(self, rows: SeriesBuffer, offsets: Int64, window: int) -> Weights | None:
        """The weights with the readout solved on other rows; None where that is impossible."""
        moments = fit_moments(
            self.source, self.body, rows, offsets, steps=self.network.output_size, window=window
        )
        if moments is None:
            return None
        return attach_readout(
            self.network, self.body, self.source, Ridge.of(moments).solve(self.penalty)
        )

    def describe(self) -> str:
        """A few words for a person."""
        steps = self.network.output_size
        ahead = "1 step" if steps == 1 else f"{steps} steps"
        kind = "the" if self.name == "trained" else "an untrained"
        return f"readout of {ahead} solved on {kind} recurrence (penalty {self.penalty:.0e})"


def choose_readout(
    network: Network,
    bodies: Mapping[str, Weights],
    rows: SeriesBuffer,
    offsets: Int64,
    validation: FreeRunning,
    *,
    sizes: Sequence[int],
    beat: Weights | None,
) -> Choice | None:
    """The readout that does best on the validation part: of each body, with each number of outputs, by each penalty.

    Args:
        network: its structure; a head that isn't one linear layer is left alone.
        bodies: weights of ``network`` by name, in order of preference: each must be better than those before it.
        rows: scaled series; the readout is fitted up to ``rows.ends``.
        offsets: (S + 1,)
        validation: the free-running error.
        sizes: outputs K of a head, in order of preference; none larger than the network's.
        beat: weights of ``network`` to be bettered, or None.
    """
    if not is_solvable(network):
        return None
    best: Choice | None = None
    mark = None if beat is None else validation.errors(network, beat, [(network, beat)])[0]
    steps = network.output_size
    heads = [with_output_size(network, size) for size in sizes]
    for name, body in bodies.items():
        moments = fit_moments(
            network, body, rows, offsets, steps=steps, window=validation.sizes.window
        )
        if moments is None:
            continue
        ridge = Ridge.of(moments)
        readouts = {penalty: ridge.solve(penalty) for penalty in PENALTIES}
        tried = [
            (head, penalty, attach_readout(head, body, network, readout.head(head.output_size)))
            for head in heads
            for penalty, readout in readouts.items()
        ]
        errors = validation.errors(network, body, [(head, own) for head, _, own in tried])
        for head in heads:
            chosen = _safest(
                [
                    Choice(head, own, network, body, name, penalty, error)
                    for (made, penalty, own), error in zip(tried, errors, strict=True)
                    if made is head
                ]
            )
            if chosen and (mark is None or _is_better(chosen.errors, mark, validation.h)):
                best, mark = chosen, chosen.errors
    return best


def _safest(choices: list[Choice]) -> Choice | None:
    """Of those near the lowest error, the one with the largest penalty; None where no error is a number."""
    finite = [choice for choice in choices if math.isfinite(choice.error)]
    lowest = min((choice.error for choice in finite), default=math.inf)
    near = max((1 + NEAR) * lowest, NEGLIGIBLE)
    return max((c for c in finite if c.error <= near), key=lambda c: c.penalty, default=None)


def _is_better(errors: ErrorsByTime, mark: ErrorsByTime, h: int) -> bool:
    """Whether a readout is to be taken: it is better for certain, or halves the error in nearly all separate windows.

    In a noisy series a much better forecast has nearly the same error; of a clean one a few windows tell enough.
    """
    mine, others = (np.maximum(e.mean, NEGLIGIBLE) for e in (errors, mark))
    if not len(mine) or not np.isfinite(mine).all():
        return False
    others = np.minimum(others, LARGEST)  # what is no number is worse than any
    one = np.zeros(len(mine), np.int64)
    return compare(mine, others, one, mark.time, h=h, weights=mark.weight).worth_taking
