"""Model files from before there were sections, parted into the first version of each."""

from __future__ import annotations

from typing import Any, Final, NotRequired, TypedDict

from rollcast.forecasting.state import weights_owner
from rollcast.forecasting.state_before_sections import (
    SharedScalingFields,
    part_state,
    renamed,
)
from rollcast.networks.network import Weights
from rollcast.storage.array_fields import ArrayFields, ArrayForm
from rollcast.storage.container import Arrays
from rollcast.storage.fields import Count, decode
from rollcast.storage.sections import PlainSection


class WholeModelFields(TypedDict):
    """What a file held of a model beside its arrays.

    Attributes:
        sizes: how many arrays of trainable weights, of fixed ones and of states there are.
        shape: of the programs.
        layout: of the caller's table.
        tail: whether the newest rows are there.
    """

    config: dict[str, Any]
    name: str
    unit: str | None
    candidate: SharedScalingFields
    channels: NotRequired[list[str]]
    shape: dict[str, Any]
    layout: dict[str, Any]
    frequency: dict[str, Any]
    ids: list[Any]
    history: dict[str, Any]
    card: dict[str, Any]
    scaling: SharedScalingFields
    options: dict[str, Any]
    sizes: tuple[Count, Count, Count]
    tail: bool


_LATER_OPTIONS: Final = {"bounds": None}
"""What was true of models before an option came: the oldest files lack it."""

_CHANNELS: Final = ["value", "difference", "missing"]
"""What every network read before files named it."""

_WEIGHT: Final = ArrayForm("", ())
_ROWS: Final = ArrayForm("f8", ("N", "F"), numbers="gaps")


def part_model(manifest: Any, arrays: Arrays) -> dict[str, PlainSection]:
    """The sections of a model.

    Raises:
        ValueError: a field or an array is missing or of another type.
    """
    values: WholeModelFields = decode(WholeModelFields, manifest, "content")
    if values["candidate"] != values["scaling"]:
        raise ValueError("`candidate` and `scaling` must be equal")
    trainable, fixed, cells = values["sizes"]
    given = ArrayFields(arrays, {})
    weights = Weights(
        given.take_all("trainable", trainable, _WEIGHT), given.take_all("fixed", fixed, _WEIGHT)
    )
    network = {
        "config": _LATER_OPTIONS | values["config"],
        "name": values["name"],
        "channels": values.get("channels", _CHANNELS),
        "log": values["candidate"]["log"],
        "sizes": values["shape"],
    }
    schema = {"table": values["layout"], "options": values["options"], "unit": values["unit"]}
    kept = {
        f"{kind}/{i}": a for kind, some in weights._asdict().items() for i, a in enumerate(some)
    }
    state = {"owner": weights_owner(weights), "cells": cells}
    return {
        "network": PlainSection(network, {}),
        "weights": PlainSection({"trainable": trainable, "fixed": fixed}, kept),
        "schema": PlainSection(schema, {}),
        "report": PlainSection({"history": values["history"]}, {}),
        "card": PlainSection({"card": values["card"]}, {}),
        **part_state(manifest | state, arrays),
        **({"data": _rows(arrays)} if values["tail"] else {}),
    }


def _rows(arrays: Arrays) -> PlainSection:
    values = ArrayFields(arrays, {}, "tail/").take("values", _ROWS)
    if not values.shape[1]:
        raise ValueError("its array 'tail/values' has no column")
    others = {f"tail/{name}": name for name in ("mask", "offsets", "starts")}
    return PlainSection({}, {"target": values[:, 0], **renamed(arrays, others)})
