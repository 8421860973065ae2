"""The sections of a model file beside those of its state: how each is written, and how it is read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final, NamedTuple, NotRequired, TypedDict

import numpy as np

from rollcast._number_format import JsonNumber
from rollcast._types import Duplicates, Fill
from rollcast.data.clock import check_zone
from rollcast.data.panel import Panel
from rollcast.data.seasons import SeasonCycles
from rollcast.errors import ArtifactError
from rollcast.forecasting.state import State
from rollcast.forecasting.state_sections import STATE_SECTIONS
from rollcast.model.calibration_section import (
    CALIBRATION_SECTION,
    DISPERSION_SECTION,
    EXPECTED_SECTION,
    OWN_WIDTHS_SECTION,
)
from rollcast.model.card import Card
from rollcast.model.ensemble_section import ENSEMBLE_SECTION
from rollcast.model.fallback_section import FALLBACK_SECTION
from rollcast.model.path_section import PATH_SECTION, check_stride
from rollcast.networks.network import Weights
from rollcast.networks.sizes import Sizes
from rollcast.options import MODEL_OPTIONS, Config
from rollcast.options.season_option import check_seasons
from rollcast.preprocessing.channels import NAMES
from rollcast.preprocessing.running_seasons import FEATURES
from rollcast.storage.array_fields import ArrayForm
from rollcast.storage.fields import Count, Size, decode
from rollcast.storage.sections import Section, SectionForm, Sections
from rollcast.tables import Schema
from rollcast.tables.excluded_times import read_span
from rollcast.training.history import History


class CycleFields(TypedDict):
    """The seasons in which the pretrained network reads."""

    lengths: list[Size]


class NetworkFields(TypedDict):
    """What the network is.

    Attributes:
        config: the options, with season and horizon settled.
        name: of the model.
        channels: names of what it reads at each step.
        log: whether logarithms are taken, as validation chose.
        sizes: of its programs.
        cycles: the seasons in which the pretrained network reads; None for another one.
        stride: by which its paths are drawn; None for another one.
    """

    config: dict[str, Any]
    name: str
    channels: list[str]
    log: bool
    sizes: Sizes
    cycles: NotRequired[
        CycleFields | None
    ]  # files from before there was a pretrained network lack them
    stride: NotRequired[float | None]  # the same


class WeightFields(TypedDict):
    """How many arrays of weights there are."""

    trainable: Count
    fixed: Count


class ReadingFields(TypedDict):
    """How tables are read, as the schema has it."""

    tz: str | None
    duplicates: Duplicates
    fill: Fill


class SchemaFields(TypedDict):
    """The caller's table.

    Attributes:
        table: the schema's names and types.
        options: what else is in it.
        unit: of the target.
    """

    table: dict[str, Any]
    options: ReadingFields
    unit: str | None


class HistoryFields(TypedDict):
    """What a file holds of a history; its series of numbers are read with it."""

    loss: list[JsonNumber]
    best_epoch: Count
    updates: NotRequired[Count]  # files from before fits began with the pretrained network lack it
    warnings: list[str]
    stopped: str
    defaults: str
    scores: dict[str, Any] | None
    notes: NotRequired[list[str]]  # files from before there were sections lack them


class ReportFields(TypedDict):
    """How the fit went, with its scores."""

    history: HistoryFields


class CardFields(TypedDict):
    """What is known of the data."""

    card: Card


class DataFields(TypedDict):
    """Nothing: the newest rows are arrays."""


NETWORK_SECTION: Final = SectionForm("network", 1, NetworkFields)
"""What the network is."""

WEIGHTS_SECTION: Final = SectionForm("weights", 1, WeightFields)
"""Its weights: ``trainable/0`` ... and ``fixed/0`` ..."""

SCHEMA_SECTION: Final = SectionForm("schema", 1, SchemaFields)
"""The caller's table."""

REPORT_SECTION: Final = SectionForm("report", 1, ReportFields)
"""How the fit went, and the scores of the test part."""

CARD_SECTION: Final = SectionForm("card", 1, CardFields)
"""The data and the packages of the fit."""

DATA_SECTION: Final = SectionForm(
    "data",
    1,
    DataFields,
    {
        "target": ArrayForm("f8", ("N",), numbers="gaps"),
        "mask": ArrayForm("b", ("N",)),
        "offsets": ArrayForm("i8", ("E",), least=0),
        "starts": ArrayForm("i8", ("S",)),
    },
    required=False,
)
"""The newest rows, where the caller asked for them."""

MODEL_SECTIONS: Final = (
    NETWORK_SECTION,
    WEIGHTS_SECTION,
    SCHEMA_SECTION,
    REPORT_SECTION,
    CARD_SECTION,
    DATA_SECTION,
    CALIBRATION_SECTION,
    DISPERSION_SECTION,
    OWN_WIDTHS_SECTION,
    EXPECTED_SECTION,
    PATH_SECTION,
    FALLBACK_SECTION,
    ENSEMBLE_SECTION,
    *STATE_SECTIONS,
)
"""All that a model file may hold."""

_WEIGHT: Final = ArrayForm("", ())

_DESCRIBED: Final[dict[str, Any]] = {
    "loss": str | dict[str, Any],
    "optimizer": str | dict[str, Any],
    "learning_rate": float | dict[str, Any],
}
"""Options that take objects of Keras', as files hold them."""


class NamedNetwork(NamedTuple):
    """What a network is before it is built."""

    config: Config
    name: str
    channels: tuple[str, ...]
    log: bool
    sizes: Sizes
    cycles: SeasonCycles | None = None
    stride: float | None = None


class SavedTable(NamedTuple):
    """The caller's table, and the target's unit."""

    schema: Schema
    unit: str | None


def write_network(network: NamedNetwork) -> Section:
    """The section of a network."""
    cycles = network.cycles
    fields = {
        "config": network.config.to_json(),
        "name": network.name,
        "channels": list(network.channels),
        "log": bool(network.log),
        "sizes": asdict(network.sizes),
        "cycles": cycles and {"lengths": list(cycles.lengths)},
        "stride": network.stride,
    }
    return Section(NETWORK_SECTION, fields, {})


def channels_of(config: Config) -> tuple[str, ...]:
    """Names of what a network reads at each step."""
    return tuple(channel.name for channel in FEATURES) if config.pretrained else NAMES


def read_network(sections: Sections) -> NamedNetwork:
    """What :func:`write_network` gave.

    Raises:
        ValueError: what is wrong.
    """
    fields = sections.take(NETWORK_SECTION).fields
    values = {
        name: decode(
            _DESCRIBED.get(name, option.annotation), fields["config"][name], f"config.{name}"
        )
        for name, option in MODEL_OPTIONS.items()
        if name in fields["config"]
    }
    config, channels = Config.from_json(values), tuple(fields["channels"])
    cycles = _read_cycles(fields.get("cycles"))
    if (cycles is None) != (not config.pretrained):
        raise ValueError("seasons to read in belong to the pretrained network alone")
    stride = fields.get("stride")
    check_stride(stride)
    return NamedNetwork(
        config, fields["name"], channels, fields["log"], fields["sizes"], cycles, stride
    )


def _read_cycles(fields: CycleFields | None) -> SeasonCycles | None:
    if fields is None:
        return None
    lengths = tuple(fields["lengths"])
    if lengths and check_seasons("lengths", lengths) != lengths:
        raise ValueError("its seasons must rise")
    return SeasonCycles(lengths)


def write_weights(weights: Weights) -> Section:
    """The section of a network's weights.

    Raises:
        ArtifactError: a weight is NaN or infinite, and nothing could be forecast by it.
    """
    arrays = {
        f"{kind}/{i}": np.asarray(value)
        for kind, values in (("trainable", weights.trainable), ("fixed", weights.fixed))
        for i, value in enumerate(values)
    }
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ArtifactError(
                f"The model can't be saved: its weights {name!r} are not all numbers; fit it again with a lower "
                "learning_rate."
            )
    counts: WeightFields = {"trainable": len(weights.trainable), "fixed": len(weights.fixed)}
    return WEIGHTS_SECTION.holding(counts, arrays)


def read_weights(sections: Sections) -> Weights:
    """What :func:`write_weights` gave; whether they are those of the network is asked elsewhere.

    Raises:
        ValueError: what is wrong.
    """
    fields, _, given = sections.take(WEIGHTS_SECTION)
    trainable = given.take_all("trainable", fields["trainable"], _WEIGHT)
    return Weights(trainable, given.take_all("fixed", fields["fixed"], _WEIGHT))


def write_schema(table: SavedTable) -> Section:
    """The section of the caller's table."""
    names = table.schema.to_json()
    options = {name: names.pop(name) for name in ReadingFields.__annotations__}
    return Section(SCHEMA_SECTION, {"table": names, "options": options, "unit": table.unit}, {})


def read_schema(sections: Sections) -> SavedTable:
    """What :func:`write_schema` gave.

    Raises:
        ValueError: what is wrong.
    """
    fields = sections.take(SCHEMA_SECTION).fields
    decode(Schema, fields["table"], "schema.table")
    options: Mapping[str, Any] = fields["options"]
    read = {name: options[name] for name in ReadingFields.__annotations__}
    schema = Schema.from_json(fields["table"] | read)
    for zone in (schema.tz, schema.time_zone):
        if zone is not None:
            check_zone(zone)
    for one in schema.exclude:
        if not one.is_column:
            read_span(one.text, integer=schema.time_kind == "integer")
    return SavedTable(schema, fields["unit"])


def write_report(history: History, card: Card) -> tuple[Section, Section]:
    """The sections of how a fit went, and of its data."""
    return (
        Section(REPORT_SECTION, {"history": history.to_file()}, {}),
        Section(CARD_SECTION, {"card": asdict(card)}, {}),
    )


def read_report(sections: Sections) -> tuple[History, Card]:
    """What :func:`write_report` gave.

    Raises:
        ValueError: what is wrong.
    """
    history: Any = sections.take(REPORT_SECTION).fields["history"]
    return History.from_json(history), sections.take(CARD_SECTION).fields["card"]


def write_data(panel: Panel | None) -> tuple[Section, ...]:
    """The section of the newest rows, where there are any."""
    if panel is None:
        return ()
    return (DATA_SECTION.holding({}, {n: getattr(panel, n) for n in DATA_SECTION.arrays}),)


def read_data(sections: Sections, state: State) -> Panel | None:
    """What :func:`write_data` gave, of the series of a state.

    Raises:
        ValueError: what is wrong.
    """
    held = sections.find(DATA_SECTION, {"S": len(state), "E": len(state) + 1})
    if held is None:
        return None
    target, mask, offsets, starts = (
        held.arrays[n] for n in ("target", "mask", "offsets", "starts")
    )
    lengths = np.diff(offsets)
    if offsets[0] != 0 or offsets[-1] != len(mask) or (lengths < 0).any():
        raise ValueError("the rows of its series do not follow each other")
    if np.isnan(target[mask]).any():
        raise ValueError("a value of its rows is missing that is said to be there")
    # What is recorded and does not count was not available.
    available = None if (there := mask | np.isnan(target)).all() else there
    data = Panel(target, mask, offsets, starts, state.frequency, state.ids, available=available)
    if state.frequency.tz is None and (data.nexts() != state.nexts).any():
        raise ValueError("its rows do not end where its state does")
    return data
