"""Rhythms: whether a loop keeps the period and the phase of the actual values."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from rollcast._number_format import format_number
from rollcast._types import Bool, Float64
from rollcast.evaluation.diagnosis.findings import SURE, Finding, enough, in_series
from rollcast.evaluation.diagnosis.loops import (
    FEW_WINDOWS,
    LEAST_STEPS,
    VARIES,
    Loops,
    deviation_of,
    mean_of,
    median_of,
)
from rollcast.evaluation.diagnosis.periods import CLEAR, bridge, common, gained, share_at

TWO_PERIODS: Final = 1.8
"""Two periods in a window, less what a short window's spectrum is uncertain by."""

CLEAR_ALONE: Final = 0.8
"""Share that the truth's cycle explains where there are few windows: in one, a random walk looks like a cycle too."""

OTHER_PERIOD: Final = 0.05
"""Relative difference from which on a period is another one: it turns the phase round within ten periods."""

BINS: Final = 0.35
"""Cycles in a window by which two periods differ at least: closer ones can't be told apart in it."""

LAG: Final = 1 / 6
"""Share of a period gained or lost over the loop: two sines that far apart differ as one does from a constant."""

MOST: Final = 0.75
"""Share of the origins at which a phase goes the same way: by chance it is half."""


class Rhythm(NamedTuple):
    """Periods of the truth and of the loops, as cycles in h rows; each (S,).

    Attributes:
        true: of the truth; NaN where it has no clear one.
        own: of the loops; NaN where they have none.
        alike: share of the loops' variation that a cycle of the truth's period explains.
        unsure: cycles by which noise moves what is measured.
        known: where periods can be compared.
    """

    true: Float64
    own: Float64
    alike: Float64
    unsure: Float64
    known: Bool


def wrong_period(loops: Loops, rhythm: Rhythm) -> Finding | None:
    """Loops whose dominant period is another than the truth's."""
    apart = rhythm.own - rhythm.true
    bar = np.maximum(BINS, np.maximum(OTHER_PERIOD * rhythm.true, SURE * 0.8 * rhythm.unsure))
    # A loop that also has the truth's period, and only more of a harmonic, has no wrong one.
    lacks = (np.abs(apart) < 1) | (rhythm.alike < 0.25)
    hit = rhythm.known & (rhythm.own >= 1) & (np.abs(apart) > bar) & lacks
    if not enough(hit, rhythm.known):
        return None
    own, true = (loops.h / float(np.median(n[hit])) for n in (rhythm.own, rhythm.true))
    chunk = float(f"{3 * true:.1e}")  # three periods, in round figures
    return Finding(
        "wrong period",
        f"The loop has a wrong period: {format_number(own)} rows, where the truth has {format_number(true)}"
        f"{in_series(hit, rhythm.known)}; solve the last layer (`readout`), read longer chunks (`input_size` of some "
        f"{chunk:.0f} rows), or name the season (`season_length`).",
    )


def phase_drift(loops: Loops, rhythm: Rhythm) -> Finding | None:
    """Loops of the truth's period and shape whose phase runs away from it."""
    known = rhythm.known & (rhythm.alike >= CLEAR)
    if not known.any() or wrong_period(loops, rhythm) is not None:
        return None
    number = np.broadcast_to(rhythm.true[:, None], loops.usable.shape).ravel()
    ours, theirs = (w.reshape(-1, loops.h) for w in _windows(loops))
    turns = gained(ours, theirs, number)
    # Between the middles of two halves lies half of the loop.
    turns = 2 * turns.reshape(loops.usable.shape)
    turn = median_of(turns)
    agree = mean_of(np.where(np.isnan(turns), np.nan, np.sign(turns) == np.sign(turn)[:, None]), 1)
    hit = known & (np.abs(turn) > np.maximum(LAG, SURE * rhythm.unsure)) & (agree >= MOST)
    if not enough(hit, known):
        return None
    way = "runs ahead of" if float(np.median(turn[hit])) > 0 else "falls behind"
    share = float(np.median(np.abs(turn[hit])))
    return Finding(
        "phase drift",
        f"The loop's phase drifts: it has the truth's shape and {way} it by {share:.2g} of a "
        f"period over {loops.h} steps{in_series(hit, known)}; solve the last layer (`readout`), train longer "
        "(`patience`) or through the loop (`rollout`), or anchor the network one season back (`anchor`).",
    )


def rhythm_of(loops: Loops) -> Rhythm:
    """Measure the periods of a loop and of the actual values, as far as most windows of a series agree."""
    ours, theirs = _windows(loops)
    clear = CLEAR if loops.windows >= FEW_WINDOWS else CLEAR_ALONE
    true, share = common(theirs, clear)
    own, _ = common(ours, CLEAR)
    number = np.broadcast_to(true[:, None], ours.shape[:2]).ravel()
    alike = share_at(ours.reshape(-1, loops.h), number).reshape(ours.shape[:2])
    unsure = np.sqrt(np.maximum(1 - share, 0) / share / (loops.h * loops.windows))
    lively = median_of(deviation_of(ours)) >= VARIES * median_of(deviation_of(theirs))
    return Rhythm(true, own, median_of(alike), unsure, (true >= TWO_PERIODS) & lively)


def _windows(loops: Loops) -> tuple[Float64, Float64]:
    """The usable loops and the actual values, (S, O, h) each, without gaps; NaN throughout where not usable."""
    use = loops.usable[:, :, None] & (loops.h >= LEAST_STEPS)
    truth = np.where(use, loops.truth_z, np.nan)
    return np.where(use, loops.free_z, np.nan), bridge(truth.reshape(-1, loops.h)).reshape(
        truth.shape
    )
