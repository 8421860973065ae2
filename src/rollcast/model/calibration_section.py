"""The section of a model file that holds how intervals are calibrated, and what they held of the test part."""

from __future__ import annotations

from typing import Final, TypedDict

import numpy as np

from rollcast.evaluation.conformal import LEVELS, Calibration
from rollcast.evaluation.coverage import Coverage, LevelCoverage
from rollcast.fitting.calibrating import Intervals
from rollcast.storage.array_fields import ArrayForm
from rollcast.storage.fields import Count, Size
from rollcast.storage.sections import Section, SectionForm, Sections


class CoverageFields(TypedDict):
    """What was measured on the test part; the shares are arrays.

    Attributes:
        h: steps ahead.
        series: that were judged.
        windows: separate ones.
        levels: in percent.
        calibrated: of each level, whether scores made its ends.
    """

    h: Size
    series: Size
    windows: Count
    levels: list[Size]
    calibrated: list[bool]


class CalibrationFields(TypedDict):
    """How intervals are made.

    Attributes:
        levels: in percent, those of this version.
        of_points: whether around points.
        taken: whether ends are moved.
        coverage: None where nothing was observed in the test part.
    """

    levels: list[Size]
    of_points: bool
    taken: bool
    coverage: CoverageFields | None


CALIBRATION_SECTION: Final = SectionForm(
    "calibration",
    1,
    CalibrationFields,
    {
        "lower": ArrayForm("f8", ("K", "L"), numbers="gaps"),
        "upper": ArrayForm("f8", ("K", "L"), numbers="gaps"),
        "counts": ArrayForm("f8", ("K",), least=0),
        "measured": ArrayForm("f8", ("C",), numbers="gaps"),
        "by_block": ArrayForm("f8", ("C", "B"), numbers="gaps"),
    },
    required=False,
)
"""By how much the ends of intervals are moved; files from before there was calibration lack it."""


def write_intervals(intervals: Intervals | None) -> tuple[Section, ...]:
    """The section of what a fit knows of its intervals, where it knows anything."""
    if intervals is None:
        return ()
    calibration, coverage = intervals
    told = () if coverage is None else coverage.levels
    fields: CalibrationFields = {
        "levels": list(LEVELS),
        "of_points": calibration.of_points,
        "taken": calibration.taken,
        "coverage": None
        if coverage is None
        else {
            "h": coverage.h,
            "series": coverage.series,
            "windows": coverage.windows,
            "levels": [one.level for one in told],
            "calibrated": [one.calibrated for one in told],
        },
    }
    blocks = [one.by_block for one in told]
    arrays = {
        "lower": calibration.lower,
        "upper": calibration.upper,
        "counts": calibration.counts,
        "measured": np.array([one.measured for one in told], np.float64),
        "by_block": np.array(blocks, np.float64) if blocks else np.empty((0, 0)),
    }
    return (CALIBRATION_SECTION.holding(fields, arrays),)


def read_intervals(sections: Sections) -> Intervals | None:
    """What :func:`write_intervals` gave.

    Raises:
        ValueError: what is wrong.
    """
    held = sections.find(CALIBRATION_SECTION, {"L": len(LEVELS)})
    if held is None:
        return None
    fields, arrays = held.fields, held.arrays
    if fields["levels"] != list(LEVELS):
        raise ValueError(f"its intervals are calibrated at the levels {fields['levels']}")
    if not len(arrays["counts"]):
        raise ValueError("its intervals are calibrated for no step")
    if fields["of_points"] and (arrays["lower"] > arrays["upper"]).any():
        raise ValueError("a lower end of its intervals lies above the upper one")
    calibration = Calibration(
        of_points=fields["of_points"],
        lower=arrays["lower"],
        upper=arrays["upper"],
        counts=arrays["counts"],
        taken=fields["taken"],
    )
    told = fields["coverage"]
    if told is None:
        return Intervals(calibration, None)
    measured, by_block = arrays["measured"].tolist(), arrays["by_block"].tolist()
    if not len(told["levels"]) == len(told["calibrated"]) == len(measured):
        raise ValueError("the measured coverage of its intervals is not that of its levels")
    each = zip(told["levels"], measured, by_block, told["calibrated"], strict=True)
    levels = tuple(LevelCoverage(a, b, tuple(c), d) for a, b, c, d in each)
    coverage = Coverage(told["h"], told["series"], told["windows"], levels)
    return Intervals(calibration, coverage)
