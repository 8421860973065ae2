"""States in files from before there were sections, parted into the first version of each."""

from __future__ import annotations

from typing import Any, Final, TypedDict

import numpy as np

from rollcast.forecasting.state_fields import FrequencyFields, Identifier, read_frequency
from rollcast.storage.array_fields import ArrayFields, ArrayForm
from rollcast.storage.container import Arrays
from rollcast.storage.fields import Count, decode
from rollcast.storage.sections import PlainSection


class SharedScalingFields(TypedDict):
    """What all series shared of their scaling."""

    log: bool
    lag: Count


class WholeStateFields(TypedDict):
    """What a file held of a state beside its arrays."""

    ids: list[Identifier]
    scaling: SharedScalingFields
    frequency: FrequencyFields
    owner: str
    cells: Count


_TIMES: Final = ArrayForm("i8", ("S",))
_ROWS: Final = ArrayForm("i", ("S",), least=0)


def part_state(manifest: Any, arrays: Arrays, group: str = "") -> dict[str, PlainSection]:
    """The sections of a state.

    Args:
        manifest: of the file.
        arrays: of the file.
        group: the beginning of the state's names among them.

    Raises:
        ValueError: a field or an array is missing or of another type.
    """
    values: WholeStateFields = decode(WholeStateFields, manifest, "content")
    found = {n[len(group) :]: array for n, array in arrays.items() if n.startswith(group)}
    size, scaling = len(values["ids"]), values["scaling"]
    if values["cells"] > len(found):
        raise ValueError(f"`cells` must be the number of arrays; got {values['cells']}")
    cells = {f"cells/{i}": str(i) for i in range(values["cells"])}
    given = ArrayFields(found, {"S": size})
    rows, nexts = given.take("state/rows", _ROWS), given.take("nexts", _TIMES)
    clock = {"starts": _starts(values, given), "nexts": nexts, "rows": rows}
    log = {"log": np.full(size, scaling["log"])}
    parts = {
        "clock": PlainSection(
            {"ids": values["ids"], "frequency": dict(values["frequency"])}, clock
        ),
        "cells": PlainSection(
            {"count": values["cells"], "owner": values["owner"]},
            renamed(found, cells | {"state/features": "features"}),
        ),
        "scaling": PlainSection(
            {}, renamed(found, {n: n for n in ("shift", "scale", "spread")}) | log
        ),
        "memory": PlainSection(
            {"lag": scaling["lag"]},
            renamed(found, {"state/recent": "recent", "state/window": "window"}),
        ),
    }
    if "low" in found:
        parts["bounds"] = PlainSection({}, renamed(found, {"low": "low", "high": "high"}))
    return parts


def renamed(arrays: Arrays, names: dict[str, str]) -> Arrays:
    """Arrays by their new names.

    Args:
        arrays: of the file.
        names: old -> new.

    Raises:
        ValueError: one is missing.
    """
    lacking = next((name for name in names if name not in arrays), None)
    if lacking is not None:
        raise ValueError(f"its array {lacking!r} is missing")
    return {new: arrays[old] for old, new in names.items()}


def _starts(values: WholeStateFields, given: ArrayFields) -> Any:
    """The first rows' times, which the oldest files hold by the next ones' alone."""
    if "starts" in given:
        return given.take("starts", _TIMES)
    rows, nexts = given.take("state/rows", _ROWS), given.take("nexts", _TIMES)
    return read_frequency(values["frequency"]).shift(nexts, -rows.astype(np.int64))
