"""The sections of a model file on its intervals: how they are calibrated, what they held, and how large errors were."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final, TypedDict

import numpy as np

from rollcast.evaluation.central_intervals import LEVELS
from rollcast.evaluation.conformal import Calibration
from rollcast.evaluation.coverage import Coverage, LevelCoverage
from rollcast.evaluation.dispersion import Dispersion
from rollcast.evaluation.expected_errors import ExpectedErrors
from rollcast.evaluation.own_widths import OwnWidths
from rollcast.fitting.calibrating import Intervals
from rollcast.forecasting.adaptation import MOST_FACTOR
from rollcast.forecasting.state import State
from rollcast.storage.array_fields import ArrayForm
from rollcast.storage.fields import Count, Size
from rollcast.storage.sections import Held, Section, SectionForm, Sections


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


class OwnWidthFields(TypedDict):
    """What is no array.

    Attributes:
        levels: in percent, those of this version.
        judged: series of the test part that have some.
    """

    levels: list[Size]
    judged: Count


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

OWN_WIDTHS_SECTION: Final = SectionForm(
    "own_widths",
    1,
    OwnWidthFields,
    {
        "series": ArrayForm("i8", ("P",), least=0),
        "factors": ArrayForm("f8", ("P", "L"), least=1 / MOST_FACTOR),
    },
    required=False,
)
"""By how much single series are wider, told by their places; files in which none is lack it."""


class DispersionFields(TypedDict):
    """What is no array.

    Attributes:
        pooled: alpha of all series together.
        every: whether all series are counts.
        judged: series of the test part whose intervals are the negative binomial's.
    """

    pooled: float
    every: bool
    judged: Count


DISPERSION_SECTION: Final = SectionForm(
    "dispersion",
    1,
    DispersionFields,
    {
        "series": ArrayForm("i8", ("P",), least=0),
        "alpha": ArrayForm("f8", ("P",), least=0),
    },
    required=False,
)
"""How far counts are spread, by their places; files in which no quantiles are the negative binomial's lack it."""


class ExpectedFields(TypedDict):
    """What is not by series.

    Attributes:
        uncertainty: relative standard error of the mean over all series; None where there are too few times.
    """

    uncertainty: float | None


EXPECTED_SECTION: Final = SectionForm(
    "expected",
    1,
    ExpectedFields,
    {
        "mean": ArrayForm("f8", ("S",), numbers="gaps", least=0),
        "rows": ArrayForm("i8", ("S",), least=0),
    },
    required=False,
)
"""The errors one step ahead when the model was judged; files from before they were kept lack it."""


def write_intervals(intervals: Intervals | None, state: State) -> tuple[Section, ...]:
    """The sections of what a fit knows of its intervals, where it knows anything.

    Args:
        intervals: of the fit.
        state: of the model, among whose series those with a width of their own are told.
    """
    if intervals is None:
        return ()
    calibration, coverage, expected, _ = intervals
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
    written = [CALIBRATION_SECTION.holding(fields, arrays)]
    if (own := calibration.own) is not None:
        places = state.find(own.ids)
        kept = {"series": places[places >= 0], "factors": own.factors[places >= 0]}
        told_own: OwnWidthFields = {
            "levels": list(LEVELS),
            "judged": 0 if coverage is None else coverage.own,
        }
        written.append(OWN_WIDTHS_SECTION.holding(told_own, kept))
    if (dispersion := calibration.dispersion) is not None:
        places = state.find(dispersion.ids)
        kept = {"series": places[places >= 0], "alpha": dispersion.alpha[places >= 0]}
        told_dispersion: DispersionFields = {
            "pooled": dispersion.pooled,
            "every": dispersion.every,
            "judged": 0 if coverage is None else coverage.counts,
        }
        written.append(DISPERSION_SECTION.holding(told_dispersion, kept))
    return (*written, *_write_expected(expected))


def _write_expected(expected: ExpectedErrors | None) -> tuple[Section, ...]:
    if expected is None:
        return ()
    unknown = math.isnan(expected.uncertainty)
    fields: ExpectedFields = {"uncertainty": None if unknown else expected.uncertainty}
    return (EXPECTED_SECTION.holding(fields, {"mean": expected.mean, "rows": expected.rows}),)


def _read_expected(sections: Sections, num_series: int) -> ExpectedErrors | None:
    held = sections.find(EXPECTED_SECTION, {"S": num_series})
    if held is None:
        return None
    known = held.fields["uncertainty"]
    if known is not None and not known >= 0:
        raise ValueError("the uncertainty of its expected errors is below 0")
    mean, rows = held.arrays["mean"], held.arrays["rows"]
    if (np.isnan(mean) != (rows == 0)).any():
        raise ValueError("its expected errors are not those of the rows that it counts")
    return ExpectedErrors(mean, rows, math.nan if known is None else known)


def read_intervals(sections: Sections, state: State) -> Intervals | None:
    """What :func:`write_intervals` gave.

    Args:
        sections: of the file.
        state: of the model.

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
    widths = sections.find(OWN_WIDTHS_SECTION, {"L": len(LEVELS)})
    if widths is not None:
        calibration = replace(calibration, own=_read_own(widths, state))
    counted = sections.find(DISPERSION_SECTION)
    if counted is not None:
        calibration = replace(calibration, dispersion=_read_dispersion(counted, state))
    expected, told = _read_expected(sections, len(state)), fields["coverage"]
    if told is None:
        return Intervals(calibration, None, expected)
    measured, by_block = arrays["measured"].tolist(), arrays["by_block"].tolist()
    if not len(told["levels"]) == len(told["calibrated"]) == len(measured):
        raise ValueError("the measured coverage of its intervals is not that of its levels")
    each = zip(told["levels"], measured, by_block, told["calibrated"], strict=True)
    levels = tuple(LevelCoverage(a, b, tuple(c), d) for a, b, c, d in each)
    own = 0 if widths is None else widths.fields["judged"]
    counts = 0 if counted is None else counted.fields["judged"]
    coverage = Coverage(told["h"], told["series"], told["windows"], levels, own, counts)
    return Intervals(calibration, coverage, expected)


def _read_own(held: Held[OwnWidthFields], state: State) -> OwnWidths:
    """The series that have a width of their own, by their identifiers.

    Raises:
        ValueError: what is wrong.
    """
    places = held.arrays["series"]
    if held.fields["levels"] != list(LEVELS):
        raise ValueError(f"it has widths of single series at the levels {held.fields['levels']}")
    if len(np.unique(places)) < len(places) or (places >= len(state)).any():
        raise ValueError("it has widths of series that it does not hold, or twice of one")
    factors = held.arrays["factors"]
    if (factors > MOST_FACTOR).any():
        raise ValueError(f"it has widths of series of more than {MOST_FACTOR:g} times those of all")
    return OwnWidths(tuple(state.ids[place] for place in places), factors)


def _read_dispersion(held: Held[DispersionFields], state: State) -> Dispersion:
    """How far counts are spread, by their identifiers.

    Raises:
        ValueError: what is wrong.
    """
    places, fields = held.arrays["series"], held.fields
    if len(np.unique(places)) < len(places) or (places >= len(state)).any():
        raise ValueError("it has the dispersion of series that it does not hold, or twice of one")
    if not 0 <= fields["pooled"] < math.inf:
        raise ValueError(f"the dispersion of its series is {fields['pooled']}")
    ids = tuple(state.ids[place] for place in places)
    return Dispersion(ids, held.arrays["alpha"], fields["pooled"], fields["every"])
