"""Checkpoints of fits from before files had sections: what they held becomes the first version of the section."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from rollcast.storage.container import Arrays
from rollcast.storage.fields import Count, decode
from rollcast.storage.sections import PlainSection
from rollcast.training.stopping import Stop, StopReason


class WholeRunFields(TypedDict):
    """What a file held of a run beside its arrays; the oldest have ``stopped``, a sentence, in place of ``stop``."""

    batch: Count
    best_epoch: Count
    stop: NotRequired[tuple[StopReason, str] | None]
    stopped: NotRequired[str]
    warnings: list[str]
    sizes: tuple[Count, Count, Count, Count, Count, Count]


class WholeCheckpointFields(TypedDict):
    """What a file held of a fit beside its arrays."""

    fingerprint: str
    runs: dict[str, WholeRunFields]


def part_checkpoint(manifest: Any, arrays: Arrays) -> dict[str, PlainSection]:
    """The section of a fit.

    Raises:
        ValueError: a field is missing or of another type.
    """
    values: WholeCheckpointFields = decode(WholeCheckpointFields, manifest, "content")
    runs: dict[str, Any] = {}
    for name, fields in values["runs"].items():
        stop = read_stop(fields)
        runs[name] = {**manifest["runs"][name], "stop": stop and list(stop)}
    return {"fit": PlainSection({"fingerprint": values["fingerprint"], "runs": runs}, arrays)}


def read_stop(fields: WholeRunFields) -> Stop | None:
    """How a run ended; None where it goes on.

    Raises:
        ValueError: nothing tells.
    """
    if "stop" in fields:
        return fields["stop"] and Stop(*fields["stop"])
    if "stopped" not in fields:
        raise ValueError("`stop` is missing")
    sentence = fields["stopped"]
    begins = {
        "all ": StopReason.ALL_EPOCHS,
        "no better": StopReason.NO_BETTER,
        "loss ": StopReason.NOT_FINITE,
        "a callback": StopReason.CALLBACK,
    }
    found = [reason for begin, reason in begins.items() if sentence.startswith(begin)]
    return Stop(found[0], sentence) if found else None
