"""What a model file holds, read and checked before a network is built."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NotRequired, TypedDict

import numpy as np

from rollcast._number_format import JsonNumber
from rollcast.data.clock import check_zone
from rollcast.data.panel import Panel
from rollcast.errors import ArtifactError, BackendError
from rollcast.forecasting.state import State, weights_owner
from rollcast.forecasting.state_fields import (
    FrequencyFields,
    Identifier,
    ScalingFields,
)
from rollcast.model.card import Card, TableOptions
from rollcast.model.fitted import NETWORK
from rollcast.networks.network import Weights
from rollcast.networks.sizes import Sizes
from rollcast.networks.weight_shapes import STATES_PER_CELL, check_weights, feature_size
from rollcast.options import MODEL_OPTIONS, Config
from rollcast.preprocessing.channels import NAMES
from rollcast.storage import container
from rollcast.storage.array_fields import ArrayFields, ArrayForm
from rollcast.storage.fields import Count, decode
from rollcast.tables import Schema, forecast_frame
from rollcast.training.history import History


class HistoryFields(TypedDict):
    """What a file holds of a history; its series of numbers are read with it."""

    loss: list[JsonNumber]
    best_epoch: Count
    warnings: list[str]
    stopped: str
    defaults: str
    scores: dict[str, Any] | None
    notes: NotRequired[list[str]]  # older files lack them


class ModelFields(TypedDict):
    """What a file holds of a model beside its arrays.

    Attributes:
        sizes: how many arrays of trainable weights, of fixed ones and of states there are.
        shape: of the programs.
        layout: of the caller's table.
        tail: whether the newest rows are there.
    """

    config: dict[str, Any]
    name: str
    unit: str | None
    candidate: ScalingFields
    channels: NotRequired[list[str]]  # older files lack them and hold those of today
    shape: Sizes
    layout: dict[str, Any]
    frequency: FrequencyFields
    ids: list[Identifier]
    history: HistoryFields
    card: Card
    scaling: ScalingFields
    options: TableOptions
    sizes: tuple[Count, Count, Count]
    tail: bool


_BEFORE: Final = {"bounds": None}
"""What was true of models before an option came: their files lack it."""

_DESCRIBED: Final[dict[str, Any]] = {
    "loss": str | dict[str, Any],
    "optimizer": str | dict[str, Any],
    "learning_rate": float | dict[str, Any],
}
"""Options that take objects of Keras', as files hold them."""

TAIL_ARRAYS: Final = {
    "values": ArrayForm("f8", ("N", "F"), numbers="gaps"),
    "mask": ArrayForm("b", ("N",)),
    "offsets": ArrayForm("i8", ("E",), least=0),
    "starts": ArrayForm("i8", ("S",)),
}


_WEIGHTS: Final = ArrayForm("", ())


@dataclass(frozen=True, kw_only=True, eq=False)
class SavedModel:
    """All that a file holds of a model, its fields checked one by one and against each other.

    Attributes:
        weights: of the network, which is yet to be built.
        state: of the known series.
    """

    config: Config
    name: str
    unit: str | None
    sizes: Sizes
    weights: Weights
    state: State
    schema: Schema
    options: TableOptions
    history: History
    card: Card
    tail: Panel | None

    @property
    def own(self) -> bool:
        """Whether the network is the caller's own, which no file holds."""
        return self.name == NETWORK


def read_model(source: container.Source) -> SavedModel:
    """Read and check a file; nothing is built.

    Raises:
        ArtifactError: a file that is missing, truncated, damaged, foreign, or of a newer format.
    """
    manifest, arrays = container.read_container(source, kind="model")
    with container.naming_damage(source, "model"):
        values = decode(ModelFields, manifest, "content")
    _refuse_other_channels(container.called(source), values.get("channels", list(NAMES)))
    with container.naming_damage(source, "model"):
        return _checked(values, arrays)


def _refuse_other_channels(file: str, names: list[str]) -> None:
    """Refuse a network that was fitted on other input channels, or on these in another order.

    Raises:
        ArtifactError: it was.
    """
    if tuple(names) != NAMES:
        raise ArtifactError(
            f"The network of {file} reads the channels {', '.join(names)}, and this version of Rollcast gives "
            f"{', '.join(NAMES)}; open it with the version that wrote it, or fit again."
        )


def _checked(values: ModelFields, arrays: container.Arrays) -> SavedModel:
    config, sizes = _config(values["config"]), values["shape"]
    trainable, fixed, cells = values["sizes"]
    given = ArrayFields(arrays, {})
    weights = Weights(
        given.take_all("trainable", trainable, _WEIGHTS), given.take_all("fixed", fixed, _WEIGHTS)
    )
    if values["name"] != NETWORK:
        check_weights(config, weights, sizes.steps)
    state = State.from_file(
        {
            "ids": values["ids"],
            "scaling": values["scaling"],
            "frequency": values["frequency"],
            "owner": weights_owner(weights),
            "cells": cells,
        },
        arrays,
    )
    decode(Schema, values["layout"], "layout")
    options, schema = values["options"], Schema.from_json(values["layout"])
    for zone in (options.tz, schema.time_zone):
        if zone is not None:
            check_zone(zone)
    saved = SavedModel(
        config=config,
        name=values["name"],
        unit=values["unit"],
        sizes=sizes,
        weights=weights,
        state=state,
        schema=schema,
        options=options,
        history=History.from_json(values["history"]),
        card=values["card"],
        tail=_read_tail(arrays, state) if values["tail"] else None,
    )
    for fault in _contradictions(values, saved):
        raise ValueError(fault)
    _try_table(saved)
    return saved


def _config(values: dict[str, Any]) -> Config:
    found = {
        name: decode(_DESCRIBED.get(name, option.annotation), values[name], f"config.{name}")
        for name, option in MODEL_OPTIONS.items()
        if name in values
    }
    return Config.from_json(_BEFORE | found)


def _contradictions(values: ModelFields, saved: SavedModel) -> Iterator[str]:
    """What does not go together in a file, as sentences; the first is to be told."""
    config, sizes, state = saved.config, saved.sizes, saved.state
    if min(sizes.length, sizes.steps, sizes.ring, sizes.batch_size) < 1:
        yield "the sizes of its programs must be at least 1"
    if sizes.windowed != (config.reading == "window"):
        yield f"`shape.windowed` must go with `config.reading`; got {sizes.windowed}"
    if values["candidate"] != values["scaling"]:
        yield "`candidate` and `scaling` must be equal"
    if not state.ids:
        yield "it has no series"
    known = state.network_state
    kept = (known.ring.shape[1], known.window.shape[1])
    if kept != (sizes.ring, sizes.window):
        yield f"its state keeps {kept} newest values and inputs instead of {(sizes.ring, sizes.window)}"
    if not saved.own:
        cells = 0 if sizes.windowed else config.num_layers * STATES_PER_CELL[config.cell]
        if [cell.shape[1] for cell in known.cells] != [config.hidden_size] * cells:
            yield f"its state must have {cells} arrays for {config.hidden_size} units"
        if known.features.shape[1] != feature_size(config):
            yield f"its state must have {feature_size(config)} features"
    scores, h = saved.history.scores, config.h or 1
    if scores is not None and {h} != {scores.h, *(len(m.mae_by_step) for m in scores.models)}:
        yield f"its scores are not those of {h} steps"
    if h > known.rows.max():
        yield f"a horizon of {h} is longer than its series"


def _read_tail(arrays: container.Arrays, state: State) -> Panel:
    given = ArrayFields(arrays, {"S": len(state), "E": len(state) + 1}, "tail/")
    values, mask, offsets, starts = (given.take(name, form) for name, form in TAIL_ARRAYS.items())
    lengths = np.diff(offsets)
    if offsets[0] != 0 or offsets[-1] != len(mask) or (lengths < 0).any():
        raise ValueError("the rows of its series do not follow each other")
    if not values.shape[1] or np.isnan(values[mask, 0]).any():
        raise ValueError("a value of its rows is missing that is said to be there")
    tail = Panel(values[:, 0], mask, offsets, starts, state.frequency, state.ids)
    if state.frequency.tz is None and (tail.nexts() != state.nexts).any():
        raise ValueError("its rows do not end where its state does")
    return tail


def _try_table(saved: SavedModel) -> None:
    """Refuse names, types and times of a table in which no forecast could be given."""
    state = saved.state
    steps = {saved.name: np.zeros((len(state), 1))}
    try:
        forecast_frame(state.ids, state.starts, steps, state.frequency, saved.schema, state.rows)
    except BackendError:  # polars is not here, and predict says so
        return
