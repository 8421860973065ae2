"""The sections that a file holds of what live rows left in a state: intervals that adapt, and the newest errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypedDict

from rollcast.forecasting.adaptation import Adaptation
from rollcast.forecasting.watch import ROWS, WATCHED_LEVELS, Watch
from rollcast.options.level_option import check_level
from rollcast.storage.array_fields import ArrayForm
from rollcast.storage.sections import Section, SectionForm, Sections


class AdaptationFields(TypedDict):
    """The levels of intervals that adapt, in percent."""

    levels: list[float]


class WatchFields(TypedDict):
    """Nothing: what is watched is per series."""


ADAPTATION: Final = SectionForm(
    "adaptation",
    1,
    AdaptationFields,
    {"factors": ArrayForm("f8", ("S", "L"), above=0)},
    required=False,
)
"""How much wider the intervals of each level have to be; only where they adapt."""

WATCH: Final = SectionForm(
    "watch",
    1,
    WatchFields,
    {
        "counted": ArrayForm("i8", ("S",), least=0),
        "inside": ArrayForm("i8", ("S", len(WATCHED_LEVELS)), least=0),
        "last": ArrayForm("f4", ("S",), numbers="gaps"),
        "season": ArrayForm("f4", ("S", "m"), numbers="gaps"),
        "errors": ArrayForm("f4", ("S", ROWS, "K"), numbers="gaps", least=0),
    },
    required=False,
)
"""The errors of the newest rows beside those of naive forecasts; only where they are kept."""


def write_adaptation(adaptation: Adaptation | None) -> tuple[Section, ...]:
    """The section of intervals that adapt, where they do."""
    if adaptation is None:
        return ()
    levels = [float(level) for level in adaptation.levels]
    return (ADAPTATION.holding({"levels": levels}, {"factors": adaptation.factors}),)


def read_adaptation(sections: Sections, sizes: Mapping[str, int]) -> Adaptation | None:
    """By how much intervals adapt; None where they do not.

    Raises:
        ValueError: what is wrong.
    """
    held = sections.find(ADAPTATION, sizes)
    if held is None:
        return None
    levels = tuple(int(one) if one.is_integer() else one for one in held.fields["levels"])
    if not levels or len(levels) != held.arrays["factors"].shape[1]:
        raise ValueError("its intervals adapt at other levels than it names")
    if check_level("levels", levels) != levels:
        raise ValueError("the levels at which its intervals adapt must rise")
    return Adaptation(levels, held.arrays["factors"])


def write_watch(watch: Watch | None) -> tuple[Section, ...]:
    """The section of the newest errors, where they are kept."""
    return () if watch is None else (WATCH.holding({}, watch._asdict()),)


def read_watch(sections: Sections, sizes: Mapping[str, int]) -> Watch | None:
    """The newest errors; None where they are not kept.

    Raises:
        ValueError: what is wrong.
    """
    held = sections.find(WATCH, sizes)
    if held is None:
        return None
    watch = Watch(**{name: held.arrays[name] for name in Watch._fields})
    if watch.errors.shape[2] != (3 if watch.season.shape[1] else 2):
        raise ValueError("it keeps the errors of other baselines than its season has")
    if (watch.inside > watch.counted[:, None]).any():
        raise ValueError("more values lay inside of its intervals than came")
    return watch
