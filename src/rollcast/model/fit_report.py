"""Report: what a fit tells of itself, which no forecast needs."""

from __future__ import annotations

from dataclasses import dataclass

from rollcast.evaluation.excerpt import TypicalForecast
from rollcast.model.card import Card
from rollcast.training.history import History


@dataclass(frozen=True, kw_only=True, eq=False)
class Report:
    """What a fit tells of itself.

    Attributes:
        history: curves, warnings, notes and scores of the run that was judged.
        card: of the data.
        typical: a typical forecast of the test part; never saved.
    """

    history: History
    card: Card
    typical: TypicalForecast | None = None
