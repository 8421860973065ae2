"""The card of packaged weights: how they were made, on what, what was looked at, and what they are bad at."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from pretraining.batches import PARTS
from pretraining.run_file import Asked, read_about
from pretraining.sizes import SIZES, size_of
from pretraining.training import WEIGHTS_FILE, places_of

LICENCE: Final = "Apache-2.0"
"""That of the package."""

FAMILIES: Final[Mapping[str, str]] = {
    "volatility": "levels by exponential smoothing, random walks with drift, momentum and mean reversion, with normal "
    "and heavy-tailed innovations, and innovations whose size wanders",
    "curves": "draws from Gaussian processes, business cycles, bent lines, growth to saturation",
    "weeks": "days with a second season of seven free days",
    "calendar": "days by their kind: working days, Saturdays, Sundays, holidays",
    "weather": "slow weather that moves and magnifies the days",
    "years": "a yearly curve over weeks, in daily rows",
    "events": "sales and holidays that return every year",
    "untold": "seasons that nobody tells of",
    "steady": "seasons and sines that never change, under noise that never does either",
    "noise": "errors of measurement",
    "seasonal_noise": "noise that depends on the place in the season",
    "shifts": "steps of the level",
    "outliers": "single rows far off",
    "wrong": "wrong readings, up to a million times the usual change away",
    "scattered": "single missing rows",
    "stretches": "missing stretches",
    "closed": "closed days, nights and weekends as missing rows",
    "lengths": "short series, from eight rows on",
    "additive": "positive values whose seasons add up, read as logarithms",
    "multiplicative": "values whose seasons multiply, read as they are",
    "counts": "Poisson counts and ones with wider spread",
    "intermittent": "demand that comes now and then",
    "floors": "values above a floor",
    "rounded": "values of few digits",
    "bounded": "shares between two bounds",
    "stuck": "rows that repeat the one before",
}
"""Part of the generator -> which series it makes; seasons of random shape that wander are always there."""

LOOKED_AT: Final = (
    "The last h rows of the training parts of M3 and M4 hourly were forecast while training went on and between runs. "
    "Where they showed a weakness, the generator was changed; no value of theirs was trained on.",
    "How much a week adds to its days was set after looking at Victorian electricity demand, which is packaged, and at "
    "the training part of M4 hourly.",
    "Steady signals were added to the generator, and a share of the loss given to the nearest steps, when the first "
    "four fifths of Victorian electricity demand and drawn sines showed that the next row was told badly. Earlier "
    "weights had forecast the test parts by then; what came of it had no part in this. Whether to ship what was "
    "trained on so was decided by the same rows, by the first 8,640 of ETTh1, and by the training parts of M3 and M4 "
    "hourly.",
    "The prototype from which the generator comes had been watched on the test parts of M3 and M4 hourly, and two of "
    "its parts were changed for what M4 hourly showed.",
)
"""Real series on which weights or generator were judged."""

TESTED: Final = (
    "The test parts of M3 and M4 hourly were forecast at the end, by these weights and by fits that start from them; "
    "no weight, option or part of the generator was chosen by what came of it."
)
"""Where the scores hold it."""

NOT_TESTED: Final = "These weights have not forecast the test parts of M3 and M4 hourly."
"""Elsewhere."""

BAD_AT: Final = (
    "It reads nothing but the series itself: no prices, holidays, weather or other series.",
    "It knows at most two seasons of each series, of whole numbers of rows, the longer one by its last two cycles "
    "alone. A yearly season of hours is none of them.",
    "A weekly rhythm that has just changed, and holidays that fall into it, are forecast as the last two weeks were.",
    "It was trained for 96 steps ahead, and on at most 2,048 rows of a series.",
    "Quantiles of counts and intermittent demand are not whole numbers. Demand in fewer than one row of a hundred is "
    "read as smaller than it is.",
    "Noise-free and chaotic signals: a fit reads them far better.",
)
"""What to use something else for, or to check first."""


class Shipped(NamedTuple):
    """Packaged weights with which the first leg began.

    Attributes:
        made: how, by their card.
        digest: of their file.
    """

    made: Mapping[str, Any]
    digest: str


class Leg(NamedTuple):
    """A run, or the part of one from which the next went on.

    Attributes:
        asked: for what.
        updates: that were made.
        seconds: they took.
        digest: of its file.
    """

    asked: Asked
    updates: int
    seconds: float
    digest: str

    @property
    def series(self) -> int:
        """Synthetic series that were drawn."""
        asked = self.asked
        places = places_of(asked.sizes)
        drawn = (SIZES[size_of(asked.seed, i, places)].series for i in range(self.updates))
        return asked.times * sum(drawn)


def read_shipped(path: Path) -> Shipped | None:
    """Packaged weights, which have their card beside them; None where the file is that of a run.

    Raises:
        ValueError: the card beside them is that of others.
    """
    card = path.with_suffix(".json")
    told = json.loads(card.read_text()) if card.exists() else None
    if not isinstance(told, dict) or "version" not in told:
        return None
    digest = _digest(path)
    if told["sha256"] != digest:
        raise ValueError(f"'{card}' must be the card of '{path}'; it is that of another file.")
    return Shipped(told["made"], digest)


def read_legs(paths: Sequence[Path], shipped: Shipped | None = None) -> list[Leg]:
    """The runs in some files, each of which began with the weights of the one before.

    Those are in the run's own file, and, once it is done, in the one of weights beside it.

    Args:
        paths: of the files, in order.
        shipped: what the first began with; None for random weights.

    Raises:
        ValueError: a run began with other weights, or there is none.
    """
    legs: list[Leg] = []
    before = {shipped.digest if shipped else ""}
    for path in paths:
        leg = Leg(*read_about(path), _digest(path))
        if leg.asked.init not in before:
            began = f"the file with the sha256 {leg.asked.init}" if leg.asked.init else "nothing"
            raise ValueError(
                f"The run in '{path}' began with {began}; name the files of all legs in order, each the one that the "
                "next began with."
            )
        legs.append(leg)
        beside = path.with_name(WEIGHTS_FILE)
        before = {leg.digest, _digest(beside)} if beside.exists() else {leg.digest}
    if not legs:
        raise ValueError("Name a run's file; packaged weights may only be what it began with.")
    return legs


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_card(
    version: str,
    legs: Sequence[Leg],
    content: bytes,
    *,
    parameters: int,
    processor: str,
    scores: Sequence[Mapping[str, Any]] = (),
    shipped: Shipped | None = None,
) -> dict[str, Any]:
    """The card of packaged weights.

    Args:
        version: of the weights.
        legs: the runs that made them.
        content: of the file of weights.
        parameters: numbers in it.
        processor: on which the runs were made.
        scores: lines of :mod:`pretraining.evaluate`.
        shipped: packaged weights with which the first run began.
    """
    made = _made(legs)
    if shipped:
        made = {name: shipped.made[name] + added for name, added in made.items()}
        made["hours"] = round(made["hours"], 2)
    newest = legs[-1].asked
    left_out = sorted(set(newest.without))
    return {
        "version": version,
        "licence": LICENCE,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "parameters": parameters,
        "network": newest.network,
        "made": made | {"processor": processor},
        "trained_on": {
            "real_series": 0,
            "synthetic_families": [FAMILIES[name] for name in FAMILIES if name not in left_out],
            "left_out": left_out,
            "rows": [size.rows for size in SIZES],
            "horizons": [size.horizon for size in SIZES],
            "seasons": sorted({m for size in SIZES for m in size.seasons if m > 1}),
            "two_seasons": sorted({pair for size in SIZES for pair in size.seconds.items()}),
        },
        "looked_at": [*LOOKED_AT, TESTED if _are_tested(scores) else NOT_TESTED],
        "scores": [
            {name: value for name, value in line.items() if name != "file"} for line in scores
        ],
        "bad_at": list(BAD_AT),
    }


def _are_tested(scores: Sequence[Mapping[str, Any]]) -> bool:
    return any(line.get("part") == "test" for line in scores)


def _made(legs: Sequence[Leg]) -> dict[str, Any]:
    return {
        "updates": sum(leg.updates for leg in legs),
        "hours": round(sum(leg.seconds for leg in legs) / 3600, 2),
        "series": sum(leg.series for leg in legs),
        "legs": [_describe_leg(leg) for leg in legs],
    }


def _describe_leg(leg: Leg) -> dict[str, Any]:
    asked = leg.asked
    return {
        "seed": asked.seed,
        "updates": leg.updates,
        "of": asked.updates,
        "hours": round(leg.seconds / 3600, 2),
        "highest_rate": asked.rate,
        "generator": asked.generator,
        "series": leg.series,
        "began_with": f"sha256 {asked.init}" if asked.init else "random weights",
    }


def undescribed() -> frozenset[str]:
    """Parts of the generator of which the card would say nothing."""
    return PARTS - FAMILIES.keys()
