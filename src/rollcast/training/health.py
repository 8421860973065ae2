"""Training health: what a person would notice in the curves, named in a sentence with its remedy."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rollcast.training.run import Epoch

DEAD_AFTER = 3
"""Epochs in a row without any deviation in the outputs before a network is called dead."""

LATELY = 5
"""Epochs at the end of a run that are looked at together, at least."""


def not_finite(epoch: Epoch, number: int) -> str | None:
    """A loss that is NaN or infinite.

    Args:
        epoch: the newest.
        number: of the epoch, counted from 1.
    """
    if math.isfinite(epoch.loss):
        return None
    return (
        f"The loss became {epoch.loss} in epoch {number}, and training stopped with the best weights before it; "
        "lower the learning rate, clip the gradient (clip_norm=1), or choose a loss that is smooth at zero error."
    )


def dead_output(epochs: Sequence[Epoch]) -> str | None:
    """Outputs that are one and the same number whatever the input, as after a `relu` that died, and wrong."""
    newest = epochs[-DEAD_AFTER:]
    if (
        len(newest) < DEAD_AFTER
        or any(e.output_deviation > 1e-6 for e in newest)
        or not newest[-1].loss
    ):
        return None
    return (
        f"The network's output is dead: it was constant for {DEAD_AFTER} epochs, whatever the input "
        f'(loss {newest[-1].loss:.4f}); use a linear head (activation="linear"), another seed, or a lower '
        "learning rate."
    )


def no_progress(epochs: Sequence[Epoch], least: int = 12) -> str | None:
    """A training loss that did not fall by a thousandth in the whole run."""
    if len(epochs) < least or epochs[0].loss <= 0:
        return None
    lowest = min(e.loss for e in epochs[1:])
    if lowest < 0.999 * epochs[0].loss:
        return None
    return (
        f"Training made no progress: the loss was {epochs[0].loss:.4g} in the first epoch and {lowest:.4g} at best "
        f"after {len(epochs)}; raise the learning rate, or there may be nothing more to learn."
    )


def overfitting(epochs: Sequence[Epoch], best_epoch: int) -> str | None:
    """A validation error that stays a third above its best while the training loss still falls.

    The last quarter of the epochs counts as one, since the error of a single one jumps about.
    """
    count = max(LATELY, len(epochs) // 4)
    if best_epoch < 1 or len(epochs) - best_epoch < count:
        return None
    best, lately = epochs[best_epoch - 1], epochs[-count:]
    error = min(e.validation.mae for e in lately)
    if not (error > 4 / 3 * best.validation.mae and lately[-1].loss < best.loss):
        return None
    return (
        f"The network overfits after epoch {best_epoch}: its validation error rose from "
        f"{best.validation.mae:.4g} to {error:.4g} while the training loss fell; the weights of "
        f"epoch {best_epoch} are the better ones: fewer units, dropout or more data would help."
    )
