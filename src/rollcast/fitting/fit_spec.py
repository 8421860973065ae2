"""FitSpec: what a fit starts from beside the panel, as a plain value that can be sent to another machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypedDict

from rollcast.errors import ArgumentError, ArtifactError, show, show_cause
from rollcast.options import Config
from rollcast.storage.fields import DAMAGE, Size, decode
from rollcast.tables import Schema

SENT_BY_NAME: Final = ("loss", "optimizer", "learning_rate")
"""Options that take objects, of which Keras' own alone can be sent."""


class SpecFields(TypedDict):
    """What JSON holds of a spec."""

    config: dict[str, Any]
    schema: dict[str, Any]
    name: str
    unit: str | None
    val_size: Size | None
    test_size: Size | None
    final_fit: bool
    notes: list[str]


@dataclass(frozen=True, kw_only=True)
class FitSpec:
    """All that decides a fit beside the panel: plain values, with neither arrays nor networks.

    Where it runs is no part of it: checkpoint, callbacks and progress belong to a course.

    Attributes:
        config: the options of the model.
        schema: the caller's names and types, and how tables are read; the model keeps it.
        name: what the model is called in scores and frames.
        unit: of the target, or None.
        val_size: validation rows of each series; None for a fifth.
        test_size: test rows; None for a fifth.
        final_fit: train once more on all rows after the verdict.
        notes: how the table was read, in sentences that the history keeps.
    """

    config: Config
    schema: Schema
    name: str
    unit: str | None = None
    val_size: int | None = None
    test_size: int | None = None
    final_fit: bool = True
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``json.dumps``, which :meth:`from_json` reads on any machine.

        Raises:
            ArgumentError: an option is an object or a function of the caller's own.
        """
        for name in SENT_BY_NAME:
            _refuse_own(name, getattr(self.config, name))
        return {
            "config": self.config.to_json(),
            "schema": self.schema.to_json(),
            "name": self.name,
            "unit": self.unit,
            "val_size": self.val_size,
            "test_size": self.test_size,
            "final_fit": self.final_fit,
            "notes": list(self.notes),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> FitSpec:
        """The spec that :meth:`to_json` described.

        Raises:
            ArtifactError: a value is missing or of another type.
            ArgumentError: an option has a value outside its range.
        """
        try:
            fields: SpecFields = decode(SpecFields, values, "spec")
            decode(Schema, fields["schema"], "spec.schema")
        except DAMAGE as error:
            raise ArtifactError(f"The spec of a fit can't be read: {show_cause(error)}.") from error
        plain: dict[str, Any] = {
            **fields,
            "config": Config.from_json(fields["config"]),
            "schema": Schema.from_json(fields["schema"]),
            "notes": tuple(fields["notes"]),
        }
        return cls(**{name: plain[name] for name in SpecFields.__annotations__})


def _refuse_own(name: str, value: Any) -> None:
    """Refuse what only this process has the code of.

    Raises:
        ArgumentError: it is so.
    """
    if value is None or isinstance(value, bool | int | float | str | dict):
        return
    kind: Any = value if hasattr(value, "__qualname__") else type(value)
    if kind.__module__.partition(".")[0] != "keras":
        raise ArgumentError(
            f"`{name}` is {show(kind.__name__)} of your own, and its code can't be sent to another machine: pass one "
            "of Keras' own, or fit here."
        )
