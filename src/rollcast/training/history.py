"""What happened while a network was trained."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from rollcast._number_format import format_count, format_number, from_json_number, to_json_number
from rollcast.errors import ArgumentError, ArtifactError, show_cause
from rollcast.evaluation.scores import Scores
from rollcast.options.argument_checks import (
    Check,
    floats,
    instance,
    items,
    number,
    optional,
    text,
    whole,
)
from rollcast.storage.fields import DAMAGE
from rollcast.training.start_kind import StartKind
from rollcast.training.stopping import StopReason

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SERIES: Final = ("loss", "val_loss", "rmse", "val_rmse", "mae", "val_mae", "seconds")
"""The fields with one value for each epoch."""

_NEWER: Final = ("stop_reason", "notes", "updates", "start")
"""Fields that older files lack."""


_CHECKS: Final[Mapping[str, Check]] = {
    "best_epoch": partial(whole, least=0),
    "updates": partial(whole, least=0),
    "warnings": partial(items, each=text),
    "notes": partial(items, each=text),
    "stopped": text,
    "defaults": text,
    "scores": optional(instance(Scores, "Scores, or None")),
    "compile_seconds": partial(number, finite=False),
    "stop_reason": optional(instance(StopReason, "a StopReason, or None")),
    "start": optional(instance(StartKind, "a StartKind, or None")),
}


@dataclass(frozen=True, repr=False)
class History:
    """Every epoch of a training run, its warnings, and how it was judged.

    Fine-tuning the pretrained network has no epochs: there the ``loss`` has the mean of every ten updates, and nothing
    else is measured.

    Sequences and arrays are taken and kept as tuples; one that is not given is NaN throughout.

    Attributes:
        loss: (epochs,) the training loss, in the loss' own scale.
        val_loss: (epochs,) the same on the validation part; NaN where it was not computed.
        rmse: (epochs,) root mean square error in training, one step ahead.
        val_rmse: (epochs,) the same on the validation part.
        mae: (epochs,) mean absolute error in training, one step ahead.
        val_mae: (epochs,) the same on the validation part.
        seconds: (epochs,) wall-clock time of each epoch, without compilation; NaN in a model that was loaded.
        best_epoch: counted from 1, the epoch whose weights were kept; 0 where none was.
        updates: of fine-tuning; 0 where a network of random weights was trained, or nothing.
        start: which weights a fit took that started from the pretrained network: "zero-shot" as it is, "fine-tuned", or
            "half-way" between; None where a network of random weights was trained.
        notes: how the table was read: what was assumed, and what was noticed; one sentence each.
        warnings: one sentence each, with the remedy.
        stopped: why training ended, in a sentence.
        stop_reason: the same as one of a few values; None where it is not known.
        scores: how the model did on the untouched test part; None if nothing was held out.
        defaults: what ``fit`` chose from the data, in one line.
        compile_seconds: time that compilation took; NaN in a model that was loaded.

    Times differ from one fit to its equal, so they count for nothing where histories are compared.
    """

    loss: tuple[float, ...]
    val_loss: tuple[float, ...] = ()
    rmse: tuple[float, ...] = ()
    val_rmse: tuple[float, ...] = ()
    mae: tuple[float, ...] = ()
    val_mae: tuple[float, ...] = ()
    seconds: tuple[float, ...] = field(default=(), compare=False)
    best_epoch: int = 0
    warnings: tuple[str, ...] = ()
    stopped: str = ""
    scores: Scores | None = None
    defaults: str = ""
    compile_seconds: float = field(default=math.nan, compare=False)
    stop_reason: StopReason | None = None
    notes: tuple[str, ...] = ()
    updates: int = 0
    start: StartKind | None = None

    def __post_init__(self) -> None:
        epochs = len(floats("loss", self.loss, 1))
        for name in SERIES:
            values = floats(name, getattr(self, name), 1)
            if len(values) not in {0, epochs}:
                raise ArgumentError(
                    f"`{name}` must have a value for each of {format_count(epochs, 'epoch')}; got {len(values)}."
                )
            kept = tuple(values.tolist()) if len(values) else (math.nan,) * epochs
            object.__setattr__(self, name, kept)
        for name, check in _CHECKS.items():
            object.__setattr__(self, name, check(name, getattr(self, name)))
        if self.best_epoch > epochs:
            raise ArgumentError(f"`best_epoch` must lie in 0..{epochs}; got {self.best_epoch}.")

    def __len__(self) -> int:
        """How many epochs were trained."""
        return len(self.loss)

    def __bool__(self) -> bool:
        """True, also where no epoch was trained."""
        return True

    def __repr__(self) -> str:
        parts = [self._how_long]
        if self.updates:
            parts.append(
                "none of it kept" if self.start is StartKind.ZERO_SHOT else self._last_loss
            )
        elif self.best_epoch:
            i = self.best_epoch - 1
            name = "loss" if math.isnan(self.val_loss[i]) else "val_loss"
            value = format_number(getattr(self, name)[i])
            parts.append(f"best {self.best_epoch} ({name} {value})")
        if not math.isnan(self.total_seconds):
            parts.append(f"{format_number(self.total_seconds)} s")
        if self.warnings:
            parts.append(format_count(len(self.warnings), "warning"))
        lines = [f"History: {', '.join(parts)}", *([self.verdict] if self.scores else [])]
        return "\n".join(lines)

    @property
    def _last_loss(self) -> str:
        loss = f"loss {format_number(self.loss[-1])}"
        return f"{loss}, kept half-way" if self.start is StartKind.HALF_WAY else loss

    @property
    def _how_long(self) -> str:
        if self.updates:
            return f"{format_count(self.updates, 'update')} of fine-tuning"
        if self.start is StartKind.ZERO_SHOT:
            return self.start.described
        if self.stop_reason is StopReason.NOTHING_TO_TRAIN:
            return "nothing trained by gradients"
        return format_count(len(self), "epoch")

    @property
    def total_seconds(self) -> float:
        """Time of all epochs and of compilation where known; NaN where no time was taken."""
        known = [s for s in (*self.seconds, self.compile_seconds) if not math.isnan(s)]
        return sum(known) if known else math.nan

    @property
    def verdict(self) -> str:
        """How the model did beside the baseline to beat, as ``Scores.verdict`` has it."""
        if self.scores is None:
            return "Not judged: no test part was held out."
        return self.scores.verdict

    def to_frame(self) -> pd.DataFrame:
        """Give a pandas frame with a row for each epoch: ``epoch`` from 1, then every series."""
        import pandas as pd

        return pd.DataFrame(
            {"epoch": range(1, len(self) + 1), **{name: getattr(self, name) for name in SERIES}}
        )

    def to_json(self) -> dict[str, Any]:
        """Give plain values for ``json.dumps``; NaN becomes null."""
        result: dict[str, Any] = {
            name: [to_json_number(v) for v in getattr(self, name)] for name in SERIES
        }
        return {
            **result,
            "best_epoch": self.best_epoch,
            "updates": self.updates,
            "start": self.start,
            "notes": list(self.notes),
            "warnings": list(self.warnings),
            "stopped": self.stopped,
            "stop_reason": self.stop_reason,
            "verdict": self.verdict,
            "scores": None if self.scores is None else self.scores.to_json(),
            "defaults": self.defaults,
            "compile_seconds": to_json_number(self.compile_seconds),
        }

    def to_file(self) -> dict[str, Any]:
        """Give what a model file holds: equal for equal fits, so without times."""
        return self.to_json() | {"seconds": [], "compile_seconds": None}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> History:
        """Read what ``to_json`` gave.

        Raises:
            ArtifactError: if a value is missing or of the wrong kind.
        """
        try:
            given: dict[str, Any] = {
                f.name: values[f.name] for f in fields(cls) if f.name not in _NEWER
            }
            for name in SERIES:
                given[name] = tuple(from_json_number(v) for v in values[name])
            given["warnings"] = tuple(str(w) for w in values["warnings"])
            given["updates"] = values.get("updates", 0)
            given["notes"] = tuple(str(note) for note in values.get("notes", ()))
            reason = values.get("stop_reason")
            given["stop_reason"] = None if reason is None else StopReason(reason)
            start = values.get("start")
            given["start"] = None if start is None else StartKind(start)
            given["compile_seconds"] = from_json_number(values["compile_seconds"])
            if values["scores"] is not None:
                given["scores"] = Scores.from_json(values["scores"])
            return cls(**given)
        except DAMAGE as error:
            raise ArtifactError(f"The saved history can't be read: {show_cause(error)}.") from error

    def plot(
        self,
        metric: str = "rmse",
        *,
        unit: str | None = None,
        title: str = "",
        ax: Axes | None = None,
    ) -> Figure:
        """Draw the loss to the left and a metric to the right, by epoch.

        Args:
            metric: ``rmse`` or ``mae``.
            unit: the metric's.
            title: above the picture.
            ax: where to draw; None makes a figure.

        Returns:
            The figure.

        Raises:
            ArgumentError: if the metric is neither.
        """
        from rollcast.plots.learning_curves import plot_history

        return plot_history(self, metric, unit=unit, title=title, ax=ax)
