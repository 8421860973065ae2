"""Exponential smoothing, decomposition and Theta, one series and one value at a time, as the papers have them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from rollcast import datasets
from rollcast.evaluation.baselines.known_rows import KnownRows
from samples import NAN

AIRLINE = np.loadtxt(datasets.path("airline"), delimiter=",", skiprows=1, usecols=1)

Series = Sequence[float]
Forecast = Callable[[Series, int, int], list[float]]


def known_rows(*series: Series, origins: Sequence[tuple[int, int]] | None = None) -> KnownRows:
    """All series one after the other; without origins each is known to its end."""
    lengths = [len(y) for y in series]
    chosen = origins or [(s, n - 1) for s, n in enumerate(lengths)]
    return KnownRows(
        np.concatenate([np.asarray(y, np.float64) for y in series]),
        np.concatenate([[0], np.cumsum(lengths)]),
        np.array([s for s, _ in chosen]),
        np.array([row for _, row in chosen]),
    )


def observed(y: Series) -> list[tuple[int, float]]:
    return [(t, value) for t, value in enumerate(y) if not math.isnan(value)]


def last_level(y: Series, alpha: float, first: float) -> tuple[float, float]:
    """The level at the end, and the squared errors on the way."""
    level, squares = first, 0.0
    for _, value in observed(y):
        squares += (value - level) ** 2
        level += alpha * (value - level)
    return level, squares


def best_first(y: Series, alpha: float) -> float:
    """The first level with the least squared error, which is a parabola in it."""
    scale = max(abs(value) for _, value in observed(y)) or 1.0
    below, middle, above = (last_level(y, alpha, first)[1] for first in (-scale, 0.0, scale))
    curve, slope = (above + below - 2 * middle) / 2, (above - below) / 2
    return -slope / (2 * curve) * scale


def fit(y: Series) -> tuple[float, float]:
    """``alpha`` of a fine grid, and the first level."""
    if len(observed(y)) < 4:
        return 1.0, 0.0
    grid = np.linspace(0.01, 1, 1000) ** 2
    alpha = min(grid, key=lambda a: last_level(y, a, best_first(y, a))[1])
    return float(alpha), best_first(y, alpha)


def seasonal(y: Series, season: int) -> bool:
    """The test of a series without gaps."""
    n = len(y)
    if n < 3 * season:
        return False
    x = np.asarray(y) - np.mean(y)
    r = [float(x[k:] @ x[:-k] / (x @ x)) for k in range(1, season + 1)]
    return abs(r[-1]) > 1.645 * math.sqrt((1 + 2 * sum(a * a for a in r[:-1])) / n)


def indices(y: Series, season: int, multiplies: bool) -> list[float]:
    """Classical decomposition; a gap takes the last value of its phase, for the trend alone."""
    known = [NAN] * len(y)
    for t, value in enumerate(y):
        phase = [y[i] for i in range(t % season, len(y), season) if not math.isnan(y[i])]
        before = [y[i] for i in range(t % season, t + 1, season) if not math.isnan(y[i])]
        known[t] = value if not math.isnan(value) else (before[-1] if before else phase[0])
    half, parts = season // 2, [[] for _ in range(season)]
    rows = [t for t, _ in observed(y)]
    for t in range(rows[0] + half, rows[-1] - half + 1):
        window = known[t - half : t + half + 1]
        ends = (window[0] + window[-1]) / 2 if season % 2 == 0 else 0.0
        trend = (sum(window) - ends) / season
        if not math.isnan(y[t]):
            parts[t % season].append(y[t] / trend if multiplies else y[t] - trend)
    means = [sum(part) / len(part) for part in parts]
    overall = sum(means) / season
    return [m / overall if multiplies else m - overall for m in means]


def adjusted(y: Series, season: int, index: Series, multiplies: bool) -> list[float]:
    return [v / index[t % season] if multiplies else v - index[t % season] for t, v in enumerate(y)]


def restored(y: Series, begin: int, season: int, index: Series, multiplies: bool) -> list[float]:
    return [
        v * index[(begin + j) % season] if multiplies else v + index[(begin + j) % season]
        for j, v in enumerate(y)
    ]


def ses(y: Series, fitted: int, h: int) -> list[float]:
    """The parameters of the first ``fitted`` rows, the level of all."""
    return [last_level(y, *fit(y[:fitted]))[0]] * h


def line(y: Series) -> tuple[float, float]:
    """Slope and intercept."""
    rows = observed(y)
    if len(rows) < 4:
        return 0.0, sum(v for _, v in rows) / len(rows)
    slope, intercept = np.polyfit([t for t, _ in rows], [v for _, v in rows], 1)
    return float(slope), float(intercept)


def theta(y: Series, fitted: int, h: int) -> list[float]:
    """The parameters of the first ``fitted`` rows, the line and the level of all."""

    def bent(part: Series, slope: float, intercept: float) -> list[float]:
        return [2 * v - (intercept + slope * t) for t, v in enumerate(part)]

    alpha, first = fit(bent(y[:fitted], *line(y[:fitted])))
    slope, intercept = line(y)
    level, _ = last_level(bent(y, slope, intercept), alpha, first)
    return [(level + intercept + slope * (len(y) + j)) / 2 for j in range(h)]


def with_season(y: Series, fitted: int, h: int, season: int, forecast: Forecast) -> list[float]:
    """A forecast of adjusted values; the season multiplies."""
    index = indices(y[:fitted], season, True)
    made = forecast(adjusted(y, season, index, True), fitted, h)
    return restored(made, len(y), season, index, True)


def demand_rate(y: Series, fitted: int, rule: str) -> float:
    """What Croston's method with the correction SBA, or TSB, forecasts after ``y``."""
    first = [value for _, value in observed(y[:fitted])]
    sizes = [value for value in first if value != 0]
    if not sizes:
        return 0.0
    constants = [(a, b) for a in (0.05, 0.1, 0.15, 0.2, 0.3) for b in (0.02, 0.05, 0.1, 0.2, 0.3)]
    if rule == "Croston SBA":
        constants = constants[::5]
    size, share = sum(sizes) / len(sizes), len(sizes) / len(first)

    def roll(part: Series, alpha: float, beta: float) -> tuple[float, float]:
        """The forecast at the end, and the squared errors on the way."""
        z, d, p, q, squares = size, share, 1 / share, 1, 0.0
        for value in [v for _, v in observed(part)] + [NAN]:
            made = d * z if rule == "TSB" else (1 - alpha / 2) * z / p
            if math.isnan(value):
                return made, squares
            squares += (value - made) ** 2
            d += beta * ((value != 0) - d)
            if value != 0:
                z, p, q = z + alpha * (value - z), p + alpha * (q - p), 1
            else:
                q += 1
        raise AssertionError

    best = min(constants, key=lambda pair: roll(y[:fitted], *pair)[1])
    return roll(y, *(best if len(sizes) >= 4 else constants[0]))[0]
