"""The sections that a file holds of a state: how each is written, and how it is read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypedDict

import numpy as np

from rollcast._types import Bool, Float32, Int64
from rollcast.data.calendar import Frequency
from rollcast.data.seasons import Seasons
from rollcast.forecasting.live_sections import ADAPTATION, WATCH
from rollcast.forecasting.network_state import NetworkState
from rollcast.forecasting.state_fields import (
    FrequencyFields,
    Identifier,
    read_frequency,
)
from rollcast.preprocessing.anchors import Smoothing
from rollcast.preprocessing.bounds import Bounds
from rollcast.preprocessing.channels import INPUTS
from rollcast.preprocessing.preparation import Preparation
from rollcast.preprocessing.ring import from_oldest_first, oldest_first
from rollcast.preprocessing.running_seasons import (
    PAST_SEASONS,
    PAST_SECOND,
    Running,
    pack_running,
    remembered_rows,
    unpack_running,
)
from rollcast.preprocessing.scaling import Scaler
from rollcast.preprocessing.transform import Memory
from rollcast.storage.array_fields import ArrayForm
from rollcast.storage.fields import Count
from rollcast.storage.sections import Section, SectionForm, Sections


class ClockFields(TypedDict):
    """Whose rows, and how far apart."""

    ids: list[Identifier]
    frequency: FrequencyFields


class CellFields(TypedDict):
    """How many arrays of states there are, and a hash of the weights that they belong to."""

    count: Count
    owner: str


class ScalingFields(TypedDict):
    """Nothing: all of a scaling is per series."""


class MemoryFields(TypedDict):
    """Rows back to the anchor; 0 for none."""

    lag: Count


class LevelFields(TypedDict):
    """Nothing: levels are per series."""


class SeasonsFields(TypedDict):
    """Nothing: seasons are per series."""


class BoundsFields(TypedDict):
    """Nothing: bounds are per series."""


class MeansFields(TypedDict):
    """Nothing: whether the mean is forecast is per series."""


class CountsFields(TypedDict):
    """Nothing: whether its rows are counts is per series."""


_SUMS: Final = ("sums", "rests")

_EDGE: Final = ArrayForm("f8", ("S",), numbers="any")

CLOCK: Final = SectionForm(
    "clock",
    1,
    ClockFields,
    {
        "starts": ArrayForm("i8", ("S",)),
        "nexts": ArrayForm("i8", ("S",)),
        "rows": ArrayForm("i", ("S",), least=0),
    },
)
"""Which series there are, when each began, and when its next row is due."""

CELLS: Final = SectionForm("cells", 1, CellFields, {"features": ArrayForm("f", ("S", "D"))})
"""What the network knows: the body's states ``0``, ``1`` ... (S, H) and its newest features."""

SCALING: Final = SectionForm(
    "scaling",
    1,
    ScalingFields,
    {
        "shift": ArrayForm("f8", ("S",)),
        "scale": ArrayForm("f8", ("S",), above=0),
        "log": ArrayForm("b", ("S",)),
        "spread": ArrayForm("f4", ("S",), above=0),
    },
)
"""How each series is scaled, and how far its anchor typically errs."""

MEMORY: Final = SectionForm(
    "memory",
    1,
    MemoryFields,
    {"recent": ArrayForm("f4", ("S", "R")), "window": ArrayForm("f4", ("S", "W", INPUTS))},
)
"""The newest values, and in the window reading the newest inputs."""

LEVEL_SECTION: Final = SectionForm(
    "level",
    1,
    LevelFields,
    {
        "level": ArrayForm("f4", ("S",)),
        "deviations": ArrayForm("f4", ("S", "R")),
        "level_rate": ArrayForm("f4", ("S",), least=0),
        "season_rate": ArrayForm("f4", ("S",), least=0),
    },
)
"""The exponential level with its season, oldest first, and how fast they follow the values; only where one anchors."""

SEASONS_SECTION: Final = SectionForm(
    "seasons",
    1,
    SeasonsFields,
    {
        "first": ArrayForm("i4", ("S",), least=1),
        "second": ArrayForm("i4", ("S",), least=0),
        **{name: ArrayForm("f4", ("S",)) for name in Running._fields if name not in _SUMS},
        **{name: ArrayForm("f4", ("S", "sums")) for name in _SUMS},
    },
)
"""The seasons of each series, and what the pretrained network knows of it beside the newest values."""

BOUNDS: Final = SectionForm("bounds", 1, BoundsFields, {"low": _EDGE, "high": _EDGE})
"""Between which forecasts are held; only where some series has bounds."""

MEANS: Final = SectionForm("means", 1, MeansFields, {"means": ArrayForm("b", ("S",))})
"""Of which series the mean is forecast and not the median; only where it is of some."""

COUNTS: Final = SectionForm("counts", 1, CountsFields, {"counts": ArrayForm("b", ("S",))})
"""Of which series the rows are counts; only where some are."""

STATE_SECTIONS: Final = (
    CLOCK,
    CELLS,
    SCALING,
    MEMORY,
    LEVEL_SECTION,
    SEASONS_SECTION,
    BOUNDS,
    MEANS,
    COUNTS,
    ADAPTATION,
    WATCH,
)
"""All that a file may hold of a state."""


class Clock(NamedTuple):
    """Which series there are, and how far each is.

    Attributes:
        ids: (S,) identifiers.
        starts: (S,) the time of each first row.
        rows: (S,) how many have been read.
        frequency: of the rows.
    """

    ids: tuple[Any, ...]
    starts: Int64
    rows: Any
    frequency: Frequency


def write_clock(clock: Clock, nexts: Int64) -> Section:
    """The section of a clock, whose identifiers are plain."""
    fields: ClockFields = {
        "ids": list(clock.ids),
        "frequency": clock.frequency.to_json(),  # pyright: ignore[reportAssignmentType]
    }
    return CLOCK.holding(fields, {"starts": clock.starts, "nexts": nexts, "rows": clock.rows})


def read_clock(sections: Sections) -> Clock:
    """What :func:`write_clock` gave.

    Raises:
        ValueError: what is wrong.
    """
    fields = sections.take(CLOCK).fields
    ids, frequency = tuple(fields["ids"]), read_frequency(fields["frequency"])
    if len(set(ids)) != len(ids):
        raise ValueError("a series is named twice")
    arrays = sections.take(CLOCK, {"S": len(ids)}).arrays
    starts, rows = arrays["starts"], arrays["rows"]
    # A zone's rules change with time; elsewhere the one time follows from the other.
    if frequency.tz is None and (
        (frequency.shift(starts, rows.astype(np.int64)) != arrays["nexts"]).any()
    ):
        raise ValueError("the times of a series do not go with its rows")
    return Clock(ids, starts, rows, frequency)


def write_cells(known: NetworkState, owner: str) -> Section:
    """The section of what a network with the weights of that hash knows."""
    cells = {str(i): cell for i, cell in enumerate(known.cells)}
    return CELLS.holding(
        {"count": len(cells), "owner": owner}, {**cells, "features": known.features}
    )


def read_cells(sections: Sections, sizes: Mapping[str, int]) -> tuple[tuple[Any, ...], Any, str]:
    """The body's states, its features, and the hash of its weights.

    Raises:
        ValueError: what is wrong.
    """
    held = sections.take(CELLS, sizes)
    count = held.fields["count"]
    if count > len(held.given):
        raise ValueError(f"`cells.count` must be the number of arrays; got {count}")
    cells = tuple(held.given.take(str(i), ArrayForm("f", ("S", f"H{i}"))) for i in range(count))
    return cells, held.arrays["features"], held.fields["owner"]


def write_scaling(scaler: Scaler, spread: Float32) -> Section:
    """The section of the scaling of each series."""
    arrays = {"shift": scaler.shift, "scale": scaler.scale, "log": scaler.log}
    return SCALING.holding({}, {**arrays, "spread": spread})


def read_scaling(sections: Sections, sizes: Mapping[str, int]) -> tuple[Scaler, Float32]:
    """The scaling of each series, and its anchor's typical error.

    Raises:
        ValueError: what is wrong.
    """
    arrays = sections.take(SCALING, sizes).arrays
    return Scaler(arrays["shift"], arrays["scale"], arrays["log"]), arrays["spread"]


def write_memory(known: NetworkState, lag: int) -> Section:
    """The section of the newest values, oldest first."""
    recent = oldest_first(known.memory.values, known.rows)
    return MEMORY.holding({"lag": lag}, {"recent": recent, "window": known.window})


def read_memory(sections: Sections, sizes: Mapping[str, int]) -> tuple[Any, Any, int]:
    """The newest values, oldest first, the newest inputs, and the lag.

    Raises:
        ValueError: what is wrong.
    """
    held = sections.take(MEMORY, sizes)
    recent, lag = held.arrays["recent"], held.fields["lag"]
    if recent.shape[1] < max(lag, 1):
        raise ValueError(f"{recent.shape[1]} newest values are too few for a lag of {lag}")
    return recent, held.arrays["window"], lag


def write_level(known: NetworkState, smoothing: Smoothing | None) -> tuple[Section, ...]:
    """The section of an exponential level, where one anchors."""
    memory = known.memory
    if smoothing is None:
        return ()
    arrays = {
        "level": memory.level,
        "deviations": oldest_first(memory.deviations, memory.rows),
        "level_rate": smoothing.level,
        "season_rate": smoothing.season,
    }
    return (LEVEL_SECTION.holding({}, arrays),)


def read_level(
    sections: Sections, sizes: Mapping[str, int], memory: Memory
) -> tuple[Memory, Smoothing | None]:
    """The memory with the level, and its rates; as it was where there is none.

    Raises:
        ValueError: what is wrong.
    """
    held = sections.find(LEVEL_SECTION, sizes)
    if held is None:
        return memory, None
    arrays = held.arrays
    rates = Smoothing(arrays["level_rate"], arrays["season_rate"])
    if any((rate > 1).any() for rate in rates):
        raise ValueError("a rate of its exponential level is above 1")
    deviations = from_oldest_first(arrays["deviations"], memory.rows)
    return memory._replace(level=arrays["level"], deviations=deviations), rates


def write_seasons(known: NetworkState, seasons: Seasons | None) -> tuple[Section, ...]:
    """The section of the seasons, where the pretrained network reads."""
    packed = known.memory.running
    if seasons is None or packed is None:
        return ()
    running = unpack_running(np.asarray(packed))
    return (SEASONS_SECTION.holding({}, {**seasons._asdict(), **running._asdict()}),)


def read_seasons(
    sections: Sections, sizes: Mapping[str, int], memory: Memory
) -> tuple[Memory, Seasons | None]:
    """The memory with what the pretrained network knows, and the seasons; as it was where another one reads.

    Raises:
        ValueError: what is wrong.
    """
    held = sections.find(SEASONS_SECTION, {**sizes, "sums": PAST_SEASONS + PAST_SECOND})
    if held is None:
        return memory, None
    seasons = Seasons(held.arrays["first"], held.arrays["second"])
    if (remembered_rows(*seasons) > memory.values.shape[1]).any():
        raise ValueError(f"{memory.values.shape[1]} newest values are too few for its seasons")
    running = Running(*(held.arrays[name] for name in Running._fields))
    return memory._replace(running=pack_running(np, running)), seasons


def write_bounds(bounds: Bounds | None) -> tuple[Section, ...]:
    """The section of bounds, where there are any."""
    return () if bounds is None else (BOUNDS.holding({}, {"low": bounds.low, "high": bounds.high}),)


def read_bounds(sections: Sections, sizes: Mapping[str, int], scaler: Scaler) -> Bounds | None:
    """The bounds of each series; None where there are none.

    Raises:
        ValueError: what is wrong.
    """
    held = sections.find(BOUNDS, sizes)
    if held is None:
        return None
    low, high = held.arrays["low"], held.arrays["high"]
    if not (low < high).all():
        raise ValueError("a lower bound is not below the upper one")
    return Bounds.of(low, high, scaler)


def write_flags(preparation: Preparation) -> tuple[Section, ...]:
    """The sections of means and of counts, where there are any."""
    means, counts = preparation.means, preparation.counts
    written: list[Section] = []
    if means is not None and means.any():
        written.append(MEANS.holding({}, {"means": means}))
    if counts is not None and counts.any():
        written.append(COUNTS.holding({}, {"counts": counts}))
    return tuple(written)


def read_flags(
    sections: Sections, sizes: Mapping[str, int], seasons: Seasons | None
) -> tuple[Bool | None, Bool | None]:
    """(S,) of which series the mean is forecast, and which are counts; None where the pretrained network does not read.

    Raises:
        ValueError: what is wrong.
    """
    means, counts = sections.find(MEANS, sizes), sections.find(COUNTS, sizes)
    if seasons is None:
        return None, None
    none = np.zeros(sizes["S"], np.bool_)
    return (
        none if means is None else means.arrays["means"],
        none.copy() if counts is None else counts.arrays["counts"],
    )
