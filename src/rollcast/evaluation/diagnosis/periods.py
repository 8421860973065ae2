"""Periods: the strongest cycle in each of many short windows, and how far two windows run apart in phase."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rollcast._types import Complex128, Float64
from rollcast.evaluation.diagnosis.loops import median_of

_MOST_BRIDGED = 0.2
"""Share of a window's values that may be missing; a line drawn over more of it would make a cycle of its own."""

LEAST_ROWS = 6
"""A trend and a cycle have four parameters; with fewer rows than this they fit anything."""

CHANCE = 0.001
"""Chance at which noise alone may pass as a cycle."""

CLEAR = 0.5
"""Share of the variation that the strongest cycle explains at least, to speak of one period."""

TOGETHER = 0.5
"""Cycles by which windows with one period are measured apart at most; noise scatters over all that there are."""

_FINER = 4
"""Frequencies per step of the Fourier transform, so that the peak is found between its bins."""

_GROUP = 1024
"""Windows that are looked at together, which bounds the memory."""


class Cycles(NamedTuple):
    """The strongest cycle of each window.

    Attributes:
        number: (M,) cycles in the window; NaN where there is no clear one.
        share: (M,) of the variation about a straight line that it explains, 0 to 1; NaN where unknown.
    """

    number: Float64
    share: Float64


def bridge(values: Float64) -> Float64:
    """Draw straight lines over gaps.

    Args:
        values: (M, h) NaN where not observed.

    Returns:
        (M, h) without gaps; a window with too many is NaN throughout.
    """
    filled = values.copy()
    seen = np.isfinite(values)
    steps = np.arange(values.shape[1])
    enough = seen.mean(axis=1) >= 1 - _MOST_BRIDGED
    filled[~enough] = np.nan
    for m in np.flatnonzero(enough & ~seen.all(axis=1)):
        filled[m] = np.interp(steps, steps[seen[m]], values[m, seen[m]])
    return filled


def strongest(windows: Float64) -> Cycles:
    """The strongest cycle of each window: the highest peak of its spectrum, if it stands out of noise.

    The window is freed of its line, tapered (Hann) and transformed, and the peak is interpolated by a parabola through
    the logarithms. Whether it could be chance is asked by Fisher's test: Fisher (1929), "Tests of significance in
    harmonic analysis", Proc. R. Soc. A 125, 54-59.

    Args:
        windows: (M, h) without gaps, of moderate size; NaN throughout where a window is not to be judged.

    Returns:
        The cycles.
    """
    parts = [_strongest(windows[i : i + _GROUP]) for i in range(0, len(windows), _GROUP)]
    if not parts:
        return Cycles(np.empty(0), np.empty(0))
    return Cycles(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def common(windows: Float64, clear: float) -> tuple[Float64, Float64]:
    """The cycle that most windows of a series have in common: what noise makes differs from one to the next.

    Args:
        windows: (S, O, h) without gaps; NaN throughout where a window is not to be judged.
        clear: share of the variation that the cycle explains at least.

    Returns:
        Its number in h rows (S,), the median of the windows', and the share (S,) that it explains; NaN unless at least
        half of the windows have it, within half a cycle.
    """
    known = np.isfinite(windows).all(axis=2)
    number, share = (a.reshape(known.shape) for a in strongest(windows.reshape(known.size, -1)))
    median = median_of(number)
    alike = np.abs(number - median[:, None]) <= TOGETHER
    held = alike.sum(axis=1) >= np.maximum(known.sum(axis=1) / 2, 1)
    explained = median_of(np.where(alike, share, np.nan))
    held &= explained >= clear
    return np.where(held, median, np.nan), np.where(held, explained, np.nan)


def share_at(windows: Float64, count: Float64) -> Float64:
    """(M,) the share of each window's variation about its line that ``count`` (M,) cycles explain; NaN if none."""
    shares = np.full(len(windows), np.nan)
    for i in range(0, len(windows), _GROUP):
        shares[i : i + _GROUP] = _fit(windows[i : i + _GROUP], count[i : i + _GROUP])[1]
    return shares


def gained(windows: Float64, others: Float64, count: Float64) -> Float64:
    """How many cycles the windows gain on the others from the first half to the second.

    Args:
        windows: (M, h) without gaps.
        others: (M, h) the same.
        count: (M,) cycles in a whole window at which their phases are compared; 2 or more.

    Returns:
        (M,) between -1/2 and 1/2; below zero where the windows fall behind.
    """
    half = windows.shape[1] // 2
    turned = np.ones(len(windows), np.complex128)
    for part, way in ((slice(None, half), -1), (slice(-half, None), 1)):
        cycles = count * half / windows.shape[1]
        ours, theirs = (_fit(w[:, part], cycles)[0] for w in (windows, others))
        between = ours * theirs.conj()
        turned = turned * (between if way > 0 else between.conj())
    return np.angle(turned) / (2 * np.pi)


def _strongest(windows: Float64) -> Cycles:
    M, h = windows.shape
    none = Cycles(np.full(M, np.nan), np.full(M, np.nan))
    if h < LEAST_ROWS:
        return none
    rest = _without_line(windows)
    power = np.abs(np.fft.rfft(rest * np.hanning(h + 2)[1:-1], n=_FINER * h)) ** 2
    judged = np.isfinite(power).all(axis=1) & (power.max(axis=1, initial=0) > 0)
    rows = np.flatnonzero(judged)
    inner = power[rows, 1:-1]
    peak = inner.argmax(axis=1) + 1
    sides = [np.log(power[rows, peak + k] + np.finfo(float).tiny) for k in (-1, 0, 1)]
    bend = sides[0] - 2 * sides[1] + sides[2]
    shift = np.where(bend < 0, 0.5 * (sides[0] - sides[2]) / np.where(bend < 0, bend, 1), 0)
    none.number[rows] = (peak + np.clip(shift, -0.5, 0.5)) / _FINER
    none.share[rows] = _fit(windows[rows], none.number[rows])[1]
    m = (h - 3) / 2  # independent frequencies beside the line
    least = max(CLEAR, 1 - (CHANCE / m) ** (1 / (m - 1)))
    none.number[~(none.share >= least)] = np.nan
    return none


def _without_line(windows: Float64) -> Float64:
    steps = np.arange(windows.shape[1]) - (windows.shape[1] - 1) / 2
    slope = windows @ steps / (steps @ steps)
    return windows - windows.mean(axis=1, keepdims=True) - slope[:, None] * steps


def _fit(windows: Float64, count: Float64) -> tuple[Complex128, Float64]:
    """A line and one cycle by least squares: the cycle's phasor (M,), and its share of the variation about the line."""
    h = windows.shape[1]
    turns = 2 * np.pi * count[:, None] * np.arange(h) / h
    cosine, sine = _without_line(np.cos(turns)), _without_line(np.sin(turns))
    rest = _without_line(windows)
    # Two normal equations: what is left of cosine and sine beside the line.
    cc, ss, cs = ((a * b).sum(axis=1) for a, b in ((cosine, cosine), (sine, sine), (cosine, sine)))
    xc, xs, xx = ((rest * a).sum(axis=1) for a in (cosine, sine, rest))
    det = cc * ss - cs * cs
    safe = np.where(det > 1e-9 * h * h, det, np.nan)
    a, b = (ss * xc - cs * xs) / safe, (cc * xs - cs * xc) / safe
    share = (a * xc + b * xs) / np.where(xx > 0, xx, np.nan)
    return a - 1j * b, share
