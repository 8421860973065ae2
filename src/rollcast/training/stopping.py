"""Stopping: the rules by which a training run ends, and why it ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from rollcast._number_format import format_count


class StopReason(StrEnum):
    """Why a training run ended; each value is what files hold."""

    ALL_EPOCHS = "all epochs"
    NO_BETTER = "no better validation error"
    NOT_FINITE = "loss not finite"
    CALLBACK = "callback"
    INTERRUPTED = "interrupted"
    NOTHING_TO_TRAIN = "nothing to train"


class Stop(NamedTuple):
    """How a training run ended.

    Attributes:
        reason: of the few that there are.
        sentence: for a person, with the epoch.
    """

    reason: StopReason
    sentence: str


def stop_interrupted(epoch: int) -> Stop:
    """Ctrl-C in an epoch, counted from 1."""
    return Stop(StopReason.INTERRUPTED, f"interrupted in epoch {epoch}")


@dataclass(frozen=True, kw_only=True)
class Rules:
    """When a run ends.

    Attributes:
        max_epochs: epochs at most.
        patience: epochs without a better error before it stops; None to go on.
    """

    max_epochs: int
    patience: int | None = None

    def out_of_patience(self, epochs: int, best_epoch: int) -> Stop | None:
        """The stop after so many epochs without a better error; None to go on."""
        if self.patience is None or epochs - best_epoch < self.patience:
            return None
        sentence = f"no better validation error for {format_count(self.patience, 'epoch')} after {best_epoch}"
        return Stop(StopReason.NO_BETTER, sentence)

    def all_done(self) -> Stop:
        """The stop after the last epoch."""
        return Stop(
            StopReason.ALL_EPOCHS,
            f"all {format_count(self.max_epochs, 'epoch')} done"
            if self.max_epochs > 1
            else "the only epoch done",
        )
