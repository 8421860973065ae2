"""Batches of synthetic series: batch i is a function of the seed and i alone."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from pretraining.chances import Flags, Floats, Generator, Integers, lognormal, some, uniform
from pretraining.curves import curves
from pretraining.disturbances import noise, outliers, seasonal_noise, shifts, wrong
from pretraining.levels import levels
from pretraining.missing import closed, scattered, stretches
from pretraining.origins import lengths, origins
from pretraining.readings import SHARES, last_true, read
from pretraining.seasons import season, weather
from pretraining.sizes import SIZES, Size, draw_size
from pretraining.steady import steady
from pretraining.weeks import calendar_weeks, free_weeks
from pretraining.years import events, year

GENERATOR: Final = 6
"""Raised whenever other series are drawn from the same seed: a run goes on with the generator that it began with."""

_ROOTS: Final = (
    "seasons",
    "levels",
    "curves",
    "noise",
    "seasonal_noise",
    "weather",
    "calendar",
    "weeks",
    "years",
    "events",
    "untold",
    "shifts",
    "outliers",
    "mirror",
    "readings",
    "scattered",
    "stretches",
    "closed",
    "lengths",
    "origins",
    "wrong",
    "steady",
)
"""What has random numbers of its own, so that leaving out one part changes nothing else. New ones go to the end."""

_NEVER_LEFT_OUT: Final = {"seasons", "levels", "mirror", "readings", "origins"}

PARTS: Final = frozenset(_ROOTS) - _NEVER_LEFT_OUT | frozenset(SHARES) | {"volatility"}
"""What can be left out, to learn what it is good for."""


class Batch(NamedTuple):
    """Series of one size, aligned at their first rows.

    Attributes:
        size: the place of their size in ``SIZES``.
        values: (B, N) float32 as the network reads them, N = rows + horizon; a missing one repeats the newest
            before it, and so do rows behind a series' end.
        missing: (B, N) bool; never the first row.
        season: (B,) int32, 1 for none.
        second: (B,) int32 the second season, longer than the first; 0 for none.
        length: (B,) int32 how many of the N rows there are.
        origins: (B, O) int32 the newest row that each forecast reads.
    """

    size: int
    values: Floats
    missing: Flags
    season: Integers
    second: Integers
    length: Integers
    origins: Integers


class Seasonal(NamedTuple):
    """The seasonal part of a batch: its rows (B, N), and the second seasons (B,) that are told."""

    values: Floats
    second: Integers


def draw(
    seed: int,
    i: int,
    without: frozenset[str] = frozenset(),
    places: tuple[int, ...] = (),
    times: int = 1,
) -> Batch:
    """Batch ``i``.

    Args:
        seed: of the run.
        i: 0, 1, ...
        without: parts that are left out, of ``PARTS``; what remains is as it was.
        places: of the sizes that are drawn; of all if empty.
        times: so many times the series of its size.

    Raises:
        ValueError: ``without`` names an unknown part.
    """
    if unknown := without - PARTS:
        raise ValueError(
            f"`without` holds parts of the generator ({', '.join(sorted(PARTS))}); got {min(unknown)!r}."
        )
    rng = np.random.default_rng([seed, i])
    place = draw_size(rng, places)
    return draw_of_size(rng, place, without, times)


def draw_of_size(
    rng: Generator, place: int, without: frozenset[str] = frozenset(), times: int = 1
) -> Batch:
    """A batch of the size at a place of ``SIZES``, as :func:`draw` draws it."""
    size = SIZES[place]
    size = size._replace(series=times * size.series)
    return draw_sized(rng, size, without)._replace(size=place)


def draw_sized(rng: Generator, size: Size, without: frozenset[str] = frozenset()) -> Batch:
    """A batch of any size, whose place is told as -1."""
    roots: dict[str, Generator] = dict(zip(_ROOTS, rng.spawn(len(_ROOTS)), strict=True))
    B, N = size.series, size.rows + size.horizon
    menu = np.array(list(size.seasons))
    share = np.array(list(size.seasons.values()))
    m = np.sort(roots["seasons"].choice(menu, B, p=share / share.sum()))

    z = levels(roots["levels"], m, N, volatility="volatility" not in without)
    seasonal = seasons(roots, m, size, without)
    z += seasonal.values
    for name, part in (
        ("curves", curves),
        ("noise", noise),
        ("shifts", shifts),
        ("outliers", outliers),
    ):
        if name not in without:
            z += part(roots[name], B, N)
    if "seasonal_noise" not in without:
        z += seasonal_noise(roots["seasonal_noise"], m, N)
    if "steady" not in without:
        at, of_steady = steady(roots["steady"], m, N)
        z[at] = of_steady
    z *= np.where(roots["mirror"].random(B) < 0.2, -1, 1).astype("f4")[:, None]
    values = read(roots["readings"], z, without)
    if "wrong" not in without:
        values += wrong(roots["wrong"], values)

    missing = np.zeros((B, N), bool)
    for name, gaps in (("scattered", scattered), ("stretches", stretches)):
        if name not in without:
            missing |= gaps(roots[name], B, N)
    if "closed" not in without:
        missing |= closed(roots["closed"], m, N)
    missing[:, 0] = False
    length = np.full(B, N, "i4")
    if "lengths" not in without:
        length = lengths(roots["lengths"], size)
    there = np.arange(N) < length[:, None]
    missing &= there
    return Batch(
        -1,
        np.take_along_axis(values, last_true(there & ~missing), 1).astype("f4"),
        missing,
        m.astype("i4"),
        seasonal.second,
        length,
        origins(roots["origins"], size, m, length),
    )


def seasons(
    roots: dict[str, Generator], m: Integers, size: Size, without: frozenset[str]
) -> Seasonal:
    """The seasons of a batch, drawn for all series of one season length at once.

    Args:
        roots: randomness by name.
        m: (B,) season lengths.
        size: of the batch.
        without: parts that are left out.
    """
    B, N = len(m), size.rows + size.horizon
    values, second = np.zeros((B, N), "f4"), np.zeros(B, "i4")
    for length in np.unique(m).tolist():
        at = np.flatnonzero(m == length)
        if length > 1:
            values[at], second[at] = season_of(roots, len(at), length, size, without)
        elif size.rows > 40:
            values[at] = untold(roots["untold"], len(at), N, there="untold" not in without)
    return Seasonal(values, second)


def season_of(
    roots: dict[str, Generator], n: int, m: int, size: Size, without: frozenset[str]
) -> Seasonal:
    """The seasons of ``n`` series of one season length: the season, its weather, and the second one over it."""
    rng, N = roots["seasons"], size.rows + size.horizon
    fast = m >= 24 and m != 52
    two = size.seconds.get(m, 0)
    strength = lognormal(rng, 8.0 if fast else 2.0, 1.1 if fast else 1.0, n)
    strength *= some(rng, 0.95 if fast else 0.82, n)
    values = season(rng, N, m, strength)
    second = np.zeros(n, "i4")
    if fast and two:
        values, second = with_weeks(roots, values, strength, m, without)
    if (fast or m == 7) and "weather" not in without:
        rng = roots["weather"]
        change = strength * np.minimum(lognormal(rng, 0.15, 0.9, n), 1) * some(rng, 0.5, n)
        if fast:  # on hot days all hours of the day rise, the more so the higher they are
            height = uniform(rng, 0.05, 0.35, n) * some(rng, 0.4, n)
            values *= np.exp(height[:, None] * np.clip(weather(rng, n, N, m), -2.5, 2.5))
        values += weather(rng, n, N, m) * change[:, None]
    if two and not fast:
        values, second = with_years(roots, values, two, without)
    return Seasonal(values, second)


def with_weeks(
    roots: dict[str, Generator], day: Floats, strength: Floats, m: int, without: frozenset[str]
) -> Seasonal:
    """Days and the weeks over them: none, seven free days, or working days and weekends.

    Args:
        roots: randomness by name.
        day: (n, N) the season of a day.
        strength: (n,) of that season.
        m: rows of a day.
        without: parts that are left out.
    """
    n, N = day.shape
    rng, of_weeks = roots["weeks"].spawn(2)
    kind, told = rng.random(n), rng.random(n) < 0.6
    free, calendar = kind < 0.25, (kind >= 0.25) & (kind < 0.85)
    if "weeks" in without:
        free[:] = False
    if "calendar" in without:
        calendar[:] = False
    values = day.copy()
    at = np.flatnonzero(free)
    values[at] += free_weeks(of_weeks, day[at], strength[at], m)
    at = np.flatnonzero(calendar)
    rng = roots["calendar"]
    # Where people set the rhythm, it stands far above what nobody foresees.
    size = np.maximum(strength[at], 0.5) * lognormal(rng, 3.0, 0.9, len(at))
    values[at] = calendar_weeks(rng, size, N, m)
    # Whoever has two cycles of each tells both; the network judges.
    told |= free | calendar
    return Seasonal(values, np.where(told, 7 * m, 0).astype("i4"))


def with_years(
    roots: dict[str, Generator], week: Floats, days: int, without: frozenset[str]
) -> Seasonal:
    """Weeks (n, N), and the years of ``days`` rows over them, with their events."""
    n, N = week.shape
    rng, of_years = roots["years"].spawn(2)
    there = rng.random(n) < (0.8 if days == 365 else 0.4)
    told = np.where(there, 0.92, 0.7) > rng.random(n)
    if "years" in without:
        there[:] = False
    at = np.flatnonzero(there)
    values = week.copy()
    size = lognormal(of_years, 7.0, 1.0, len(at))
    values[at] += size[:, None] * year(of_years, len(at), N, days)
    if "events" not in without:
        more = roots["events"]
        height = size * uniform(more, 0.2, 1.5, len(at)) * some(more, 0.6, len(at))
        values[at] += height[:, None] * events(more, len(at), N, days)
    return Seasonal(values, np.where(told, days, 0).astype("i4"))


def untold(rng: Generator, n: int, N: int, *, there: bool) -> Floats:
    """(n, N) a season that nobody told the network of, in a tenth of the series without one."""
    values = np.zeros((n, N), "f4")
    at = np.flatnonzero(rng.random(n) < 0.1)
    m = int(rng.choice([4, 5, 7, 12]))
    if there and len(at):
        values[at] = season(rng, N, m, lognormal(rng, 1.5, 1.0, len(at)))
    return values
