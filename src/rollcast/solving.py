"""Solving: which readout, of which body and with which penalty, does best when it runs freely."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from rollcast._types import Int64
from rollcast.networks import Network, Weights
from rollcast.readout import (
    PENALTIES,
    Ridge,
    attach,
    fit_moments,
    is_solvable,
    with_output_size,
)
from rollcast.training.forecasting import FreeRunning
from rollcast.windows import Rows

MARGIN = 0.02
"""Share by which a solved readout must be better on the validation part than what is there: less may be chance."""

NEAR = 0.01
"""Of the penalties whose errors lie within this share of the lowest, the largest is taken."""


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
        error: free-running MAE on the validation part, in units of the anchor's own.
    """

    network: Network
    weights: Weights
    source: Network
    body: Weights
    name: str
    penalty: float
    error: float

    def solve(self, rows: Rows, offsets: Int64, window: int) -> Weights | None:
        """The weights with the readout solved on other rows; None where that is impossible."""
        moments = fit_moments(
            self.source, self.body, rows, offsets, steps=self.network.output_size, window=window
        )
        if moments is None:
            return None
        return attach(self.network, self.body, self.source, Ridge.of(moments).solve(self.penalty))

    def describe(self) -> str:
        """A few words for a person."""
        steps = self.network.output_size
        ahead = "1 step" if steps == 1 else f"{steps} steps"
        kind = "the" if self.name == "trained" else "an untrained"
        return f"readout of {ahead} solved on {kind} recurrence (penalty {self.penalty:.0e})"


def choose_readout(
    network: Network,
    bodies: Mapping[str, Weights],
    rows: Rows,
    offsets: Int64,
    validation: FreeRunning,
    *,
    beat: float,
) -> Choice | None:
    """The readout that does best on the validation part: of each body, for K outputs and for one, by each penalty.

    Args:
        network: its structure; a head that isn't one linear layer is left alone.
        bodies: weights of ``network`` by name, in order of preference: each must beat those before it by the margin.
        rows: scaled series; the readout is fitted up to ``rows.ends``.
        offsets: (S + 1,)
        validation: the free-running error.
        beat: the error to be bettered.
    """
    best: Choice | None = None
    if not is_solvable(network):
        return None
    shape = validation.shape
    heads = [with_output_size(network, steps) for steps in sorted({shape.steps, 1}, reverse=True)]
    for name, body in bodies.items():
        moments = fit_moments(network, body, rows, offsets, steps=shape.steps, window=shape.window)
        if moments is None:
            continue
        ridge = Ridge.of(moments)
        readouts = {p: ridge.solve(p) for p in PENALTIES}
        tried = [
            (head, p, attach(head, body, network, readout.head(head.output_size)))
            for head in heads
            for p, readout in readouts.items()
        ]
        errors = validation.errors(network, body, [(head, own) for head, _, own in tried])
        for head in heads:
            chosen = _safest(
                [
                    Choice(head, own, network, body, name, penalty, float(error))
                    for (made, penalty, own), error in zip(tried, errors, strict=True)
                    if made is head and math.isfinite(error)
                ]
            )
            if chosen and chosen.error < (1 - MARGIN) * (best.error if best else beat):
                best = chosen
    return best


def _safest(choices: list[Choice]) -> Choice | None:
    """Of those near the lowest error, the one with the largest penalty."""
    lowest = min((choice.error for choice in choices), default=math.inf)
    near = [choice for choice in choices if choice.error <= (1 + NEAR) * lowest]
    return max(near, key=lambda choice: choice.penalty, default=None)
