"""Faults of closed loops: each is looked for beside the actual values, and told in a sentence with its remedy.

Every series is measured in units of its own history's spread. A fault of a series is one of at least half of its
origins, since noise makes any single window look like anything.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from rollcast._number_format import format_number
from rollcast._types import Bool, Float64
from rollcast.evaluation.diagnosis.findings import (
    SURE,
    Finding,
    any_of,
    by_series,
    enough,
    in_series,
    percent,
    places,
)
from rollcast.evaluation.diagnosis.loop_failure import FINE, fails_in_loop
from rollcast.evaluation.diagnosis.loops import (
    FEW_WINDOWS,
    LEAST_STEPS,
    VARIES,
    Loops,
    deviation_of,
    mean_of,
    rms_of,
)
from rollcast.evaluation.diagnosis.rhythms import (
    TWO_PERIODS,
    Rhythm,
    phase_drift,
    rhythm_of,
    wrong_period,
)

FLAT: Final = 0.1
"""A loop whose spread is below a tenth of the truth's is a line to the eye."""


SEASONAL: Final = 0.7
"""Seasonal naive predicts a truth if its error is below 0.7 of the spread; on noise it is 1.4."""

SAME: Final = 0.2
"""Forecasts copy the last value if they lie within a fifth of its usual change of it."""

NO_SKILL: Final = 0.98
"""Share of naive's error above which a forecast has no skill over it."""

LEAST_PAIRS: Final = 8
"""Values that a ratio of errors is taken from, at least."""

DRIFT: Final = 0.5
"""A drift moves the loop by half a spread more than the truth moved: less is hard to see."""

BEYOND: Final = 2.0
"""Ranges of all that was seen by which a forecast leaves it before it counts as blown up: growth stays below."""


def find_faults(loops: Loops) -> tuple[Finding, ...]:
    """All faults of the loops, the gravest first; empty where the loops hold."""
    with np.errstate(all="ignore"):
        rhythm = rhythm_of(loops)
        found = [
            blow_up(loops),
            loop_fails(loops),
            copy_of_last(loops),
            flat_line(loops, rhythm),
            drift(loops),
            wrong_period(loops, rhythm),
            phase_drift(loops, rhythm),
        ]
    return tuple(finding for finding in found if finding is not None)


def blow_up(loops: Loops) -> Finding | None:
    """Forecasts that are not finite, or far beyond all values before and after the origins."""
    low, high = loops.known[:, 2], loops.known[:, 3]
    seen = np.where(np.isfinite(loops.truth), loops.truth, loops.level[:, None, None])
    low, high = np.fmin(low, seen.min(axis=(1, 2))), np.fmax(high, seen.max(axis=(1, 2)))
    width = high - low
    margin = BEYOND * np.where(width > 0, width, np.maximum(np.abs(high), 1.0))
    finite = np.isfinite(loops.free)
    out = ~finite | (loops.free > (high + margin)[:, None, None])
    out |= loops.free < (low - margin)[:, None, None]
    broken = out.sum(axis=2) > 0
    if not broken.any():
        return None
    first = int(out.argmax(axis=2)[broken].min()) + 1
    what = "to NaN or infinity" if not finite.all() else _farthest(loops, low, high)
    return Finding(
        "blow-up",
        f"The loop blows up: forecasts run {what}, first at step {first} of {loops.h} "
        f"({places(broken, np.ones_like(broken))}); train through the loop (`rollout`) or on noisy inputs "
        "(`input_noise`), lower `learning_rate`, or emit more steps at once (`output_size`).",
    )


def loop_fails(loops: Loops) -> Finding | None:
    """One step ahead far better than naive, rolled forward no better than a constant or naive."""
    error = np.where(np.isnan(loops.truth_z), np.nan, np.abs(loops.free_z - loops.truth_z))
    constant, naive = rms_of(loops.truth_z, (1, 2)), rms_of(loops.truth_z - loops.last_z, (1, 2))
    sentence = fails_in_loop(
        one_step=rms_of(loops.one_step_z - loops.truth_z, (1, 2)),
        naive_one_step=rms_of(loops.before_z - loops.truth_z, (1, 2)),
        free=rms_of(error, (1, 2)),
        simple=np.fmin(constant, naive),
        h=loops.h,
    )
    return None if sentence is None else Finding("loop fails", sentence)


def copy_of_last(loops: Loops) -> Finding | None:
    """One-step forecasts that are the truth shifted by one, and no better than naive."""
    change = loops.truth_z - loops.before_z
    seen = ~np.isnan(change)
    known = seen.sum(axis=(1, 2)) >= LEAST_PAIRS
    naive = rms_of(change, (1, 2))
    off = rms_of(np.where(seen, loops.one_step_z - loops.before_z, np.nan), (1, 2))
    error = rms_of(np.where(seen, loops.one_step_z - loops.truth_z, np.nan), (1, 2))
    known &= naive > 0
    hit = known & (off <= SAME * naive) & (error >= NO_SKILL * naive)
    if not enough(hit, known):
        return None
    share = percent(float(np.median((error / naive)[hit])))
    return Finding(
        "copy of the last value",
        f"The forecasts copy the last value: one step ahead they are the truth shifted by one row, with {share} of "
        f"naive's error{in_series(hit, known)}; anchor the network a season back or not at all (`anchor`), give it "
        "more units or data (`hidden_size`), and if the series is a random walk, use naive: nothing beats it.",
    )


def flat_line(loops: Loops, rhythm: Rhythm) -> Finding | None:
    """A loop whose spread dies while the truth varies, and varies in a way that can be predicted."""
    if loops.h < LEAST_STEPS or copy_of_last(loops) is not None:
        return None
    half = loops.h // 2
    ours, theirs = deviation_of(loops.free_z[:, :, half:]), deviation_of(loops.truth_z[:, :, half:])
    judged = loops.usable & (theirs > VARIES)
    hit = judged & (ours < FLAT * theirs) & _predictable(loops, rhythm)[:, None]
    hit, judged = by_series(hit, judged)
    if not enough(any_of(hit), any_of(judged)):
        return None
    share = percent(float(np.median((ours / theirs)[hit])))
    return Finding(
        "flat line",
        f"The loop goes flat: in the second half of {loops.h} steps its spread is {share} of the truth's "
        f"({places(hit, judged)}); train through the loop (`rollout`), emit more steps at once (`output_size`), name "
        "the season (`season_length`), or train longer (`patience`) with more units (`hidden_size`).",
    )


def drift(loops: Loops) -> Finding | None:
    """A mean error that grows with the step ahead because the loop leaves its level."""
    if loops.h < LEAST_STEPS:
        return None
    quarter = loops.h // 4
    error = np.where(loops.usable[:, :, None], loops.free_z - loops.truth_z, np.nan)
    begins, ends = mean_of(error[:, :, :quarter], 2), mean_of(error[:, :, -quarter:], 2)
    moved = mean_of(loops.free_z[:, :, -quarter:], 2) - mean_of(loops.free_z[:, :, :quarter], 2)
    growth = ends - begins  # (S, O)
    known = any_of(~np.isnan(growth))
    mean, motion, end = mean_of(growth, 1), mean_of(moved, 1), mean_of(ends, 1)
    scatter = np.maximum(deviation_of(growth), 0.1)
    if loops.windows < FEW_WINDOWS:
        scatter = np.where(_fine(loops), 0.5, 1.0)
    sure = SURE * scatter / np.sqrt(loops.windows)
    hit = known & (np.abs(mean) >= np.maximum(DRIFT, sure)) & (motion * mean > 0)
    hit &= (np.abs(motion) >= DRIFT) & (end * mean > 0) & (np.abs(end) > np.abs(mean_of(begins, 1)))
    if not enough(hit, known):
        return None
    return Finding("drift", _drift_sentence(loops, hit, known, mean_of(begins, 1), end))


def _fine(loops: Loops) -> Bool:
    """(S,) series whose one-step forecasts are far better than naive."""
    error = rms_of(loops.one_step_z - loops.truth_z, (1, 2))
    return error <= FINE * rms_of(loops.truth_z - loops.before_z, (1, 2))


def _predictable(loops: Loops, rhythm: Rhythm) -> Bool:
    """(S,) series whose truth can be foretold: by one-step forecasts, by its period, or by its season."""
    possible = _fine(loops) | (rhythm.true >= TWO_PERIODS)
    if loops.seasonal_z is not None:
        missed = rms_of(loops.seasonal_z - loops.truth_z, (1, 2))
        possible |= missed < SEASONAL * mean_of(deviation_of(loops.truth_z), 1)
    return possible


def _farthest(loops: Loops, low: Float64, high: Float64) -> str:
    """The value farthest out in its series' ranges, beside that range."""
    out = np.maximum(loops.free - high[:, None, None], low[:, None, None] - loops.free)
    width = np.maximum(high - low, np.finfo(float).tiny)
    s, o, k = np.unravel_index(int((out / width[:, None, None]).argmax()), out.shape)
    span = f"{format_number(float(low[s]))} to {format_number(float(high[s]))}"
    return f"to {format_number(float(loops.free[s, o, k]))}, where all values lie in {span}"


def _drift_sentence(loops: Loops, hit: Bool, known: Bool, begins: Float64, ends: Float64) -> str:
    if len(hit) == 1:
        scale = float(loops.spread[0])
        first, last = (format_number(float(e[0]) * scale) for e in (begins, ends))
        grows = f"its mean error goes from {first} to {last}"
    else:
        first, last = (float(np.median(np.abs(e[hit]))) for e in (begins, ends))
        grows = (
            f"its mean error grows from {first:.2g} to {last:.2g} standard deviations of the series"
        )
    return (
        f"The loop drifts away from its level: {grows} between the first and the last quarter of {loops.h} steps"
        f"{in_series(hit, known)}; anchor the network at the last value or season (`anchor`), train "
        "through the loop (`rollout`), or emit more steps at once (`output_size`)."
    )
