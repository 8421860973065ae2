"""What the pretrained network reads: levels, scales, trends and up to two seasons of each series, row by row.

Each series has seasons of its own, so one program reads hourly and yearly series side by side. All is reckoned from the
past alone and in units of the series' own recent changes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias

from rollcast._types import Array
from rollcast.data.seasons import Seasons
from rollcast.preprocessing.channels import Channel

PAST_SEASONS: Final = 5
"""Seasons that are remembered of the first cycle."""

PAST_SECOND: Final = 2
"""Of the second one."""

SMALLEST_SCALE: Final = 1e-3
"""No series changes by less from row to row, in units of what is usual for it."""

FARTHEST: Final = 50
"""No value is read as farther from what was expected, in the larger of the running scale and the usual change."""

OLDEST: Final = 2048
"""Rows after which a series grows no older: it is what the network has been trained on."""

FAST_RATE: Final = 0.5
"""Of the fast level."""

SLOW_RATE: Final = 0.12
"""Of the slow one."""

SCALE_RATE: Final = 0.02
"""Of the running scales."""

FEATURES: Final = (
    Channel("value", "the newest value without its season, less the fast level", "scale"),
    Channel("change", "its change by one row", "scale"),
    Channel("slow level", "the slow level less the fast one", "two scales"),
    Channel("season's change", "the change by a season", "scale, root of the season"),
    Channel("raw value", "the newest value less the fast level", "five scales"),
    Channel("next", "what the season adds to the next row", "five scales"),
    Channel(
        "newest season", "what the last season adds to it beyond the mean of all", "two scales"
    ),
    Channel("slope", "of the last seasons, by root of a season", "half a scale"),
    Channel("drift", "the slope since the first season, by root of the age", "scale"),
    Channel("mean", "of the last season, less the fast level", "five scales"),
    Channel("age", "rows read so far", "logarithm"),
    Channel("season", "rows in a season", "logarithm"),
    Channel("seasons", "seasons read so far", "of six"),
    Channel("next of second", "what the second season adds to the next row", "five scales"),
    Channel("second there", "whether one cycle of the second season has been read", "1 or 0"),
    Channel("roughness", "usual change with the season in it", "logarithm, to the scale"),
    Channel("season's roughness", "usual change by a season", "logarithm, to the scale"),
    Channel("missing", "whether there was no value", "1 or 0"),
    Channel("first season", "whether the first season has not passed", "1 or 0"),
    Channel("second's change", "the change by a second season", "scale, root of that season"),
    Channel("second's roughness", "usual change by a second season", "logarithm, to the scale"),
    Channel(
        "second's shape", "usual difference of a change from that a second season ago", "the same"
    ),
    Channel("unchanged", "share of rows that equal the one before", "1 for all"),
    Channel("second season", "rows in it", "logarithm"),
)
"""What the network reads at each row, in this order."""


class Running(NamedTuple):
    """What moves with every row, beside the newest values themselves; (S,) each, in scaled units.

    Attributes:
        fast: level that follows the values without their season.
        slow: the same, slower.
        adjusted: the newest value without its season.
        expected: what the season adds to the next row.
        change: usual absolute change without the season.
        roughness: usual absolute change.
        season_change: usual absolute change by a season.
        second_change: the same by a second season.
        second_shape: usual difference of a change from the one a second season ago.
        unchanged: share of rows that equal the one before.
        early: mean of the first season.
        sums: (S, 7) of the newest 1..5 seasons, and of the newest 1..2 second ones.
        rests: (S, 7) what rounding left over of them.
    """

    fast: Array
    slow: Array
    adjusted: Array
    expected: Array
    change: Array
    roughness: Array
    season_change: Array
    second_change: Array
    second_shape: Array
    unchanged: Array
    early: Array
    sums: Array
    rests: Array


class Standing(NamedTuple):
    """What is known after a row of each series.

    Attributes:
        base: (...) on what the network's outputs stand.
        scale: (...) their unit.
        slope: (...) a row, of the last seasons.
        drift: (...) a row, since the first season.
        means: (..., 5) of the newest seasons, the last one first.
        second_means: (..., 2) of the second ones.
    """

    base: Array
    scale: Array
    slope: Array
    drift: Array
    means: Array
    second_means: Array


Look: TypeAlias = Callable[[Array], Array]
"""From distances (S, n) >= 0 to the values (S, n) that stand so many rows before the newest; any before a series."""


def remembered_rows(first: Array, second: Array) -> Array:
    """R that the newest values have to hold for seasons of these sizes."""
    import numpy as np

    return np.maximum(PAST_SEASONS * first, PAST_SECOND * second + first) + 1


def nothing_read(xp: Any, size: int) -> Running:
    """Before the first row of so many series."""
    zero = xp.zeros(size, xp.float32)
    none = xp.zeros((size, PAST_SEASONS + PAST_SECOND), xp.float32)
    fields = dict.fromkeys(Running._fields, zero)
    return Running(**fields | {"sums": none, "rests": none})


def pack_running(xp: Any, running: Running) -> Array:
    """(S, P) all of it side by side: a program that takes and gives one array takes less time than with thirteen."""
    columns = (x[:, None] if x.ndim == 1 else x for x in running)
    return xp.concatenate(list(columns), axis=1)


def unpack_running(packed: Array) -> Running:
    """What :func:`pack_running` took."""
    single = len(Running._fields) - 2
    cut = single + PAST_SEASONS + PAST_SECOND
    columns = (packed[:, place] for place in range(single))
    return Running(*columns, sums=packed[:, single:cut], rests=packed[:, cut:])


def clip_value(xp: Any, before: Running, row: Array, value: Array, seen: Array) -> Array:
    """(S,) what is read of a row's values, scaled.

    For a missing one the fast level with its season stands, so that the levels stay as they are. One far off is read as
    less far, so that one wrong reading does not spoil the scale of hundreds of rows; a level that moves for good is
    reached within a few rows, since the scale grows with each.

    Args:
        xp: NumPy, or JAX's.
        before: what was known.
        row: (S,) its number, counted from the series' first.
        value: (S,) scaled; anything where it is missing.
        seen: (S,) False where it is missing.
    """
    expected = before.fast + before.expected
    far = FARTHEST * xp.maximum(_scale(xp, before), 1)
    near = xp.clip(value, expected - far, expected + far)
    return xp.where(seen, xp.where(row == 0, value, near), expected)


def read_value(
    xp: Any, seasons: Seasons, before: Running, row: Array, value: Array, seen: Array, look: Look
) -> tuple[Running, Array]:
    """Read one row of S series.

    Args:
        xp: NumPy, or JAX's.
        seasons: of each series.
        before: what was known.
        row: (S,) its number, counted from the series' first.
        value: (S,) as :func:`clip_value` has it.
        seen: (S,) False where it is missing: the scales and the slow level stay as they are.
        look: distances from this row.

    Returns:
        What is known after it, and what the network reads (S, F).
    """
    first, second = seasons
    two = second > 0
    cycles = xp.arange(1, PAST_SEASONS + 1)[None] * first[:, None]
    longer = xp.arange(1, PAST_SECOND + 1)[None] * second[:, None]
    wanted = xp.concatenate(
        [
            xp.ones_like(first)[:, None],
            cycles,
            longer,
            cycles - 1,
            xp.maximum(second[:, None] + xp.asarray([-1, 1]), 0),
        ],
        axis=1,
    )
    found = xp.where(wanted <= row[:, None], look(wanted), 0)
    last, by_season, by_second = found[:, 0], found[:, 1:6], found[:, 6:8]
    next_by_season, next_by_second, last_by_second = found[:, 8:13], found[:, 13], found[:, 14]

    sums, rests = _add(
        before.sums, before.rests, xp.broadcast_to(value[:, None], before.sums.shape)
    )
    sums, rests = _add(sums, rests, -xp.concatenate([by_season, by_second], axis=1))

    start = row == 0
    adjusted = value - before.expected

    def follow(level: Array, new: Array, rate: Array | float, where: Array) -> Array:
        return xp.where(where, level + (new - level) * rate, level)

    def usual(level: Array, new: Array, since: Array) -> Array:
        """The running mean of what can be told from the row ``since`` on."""
        rate = xp.maximum(SCALE_RATE, 1 / xp.maximum(row - since + 1, 1)).astype(xp.float32)
        return follow(level, new, rate, seen & (row >= since))

    has_second = two & (row >= second)
    fast = xp.where(start, adjusted, before.fast + (adjusted - before.fast) * FAST_RATE)
    slow_rate = xp.maximum(SLOW_RATE, 1 / (row + 1)).astype(xp.float32)
    change = xp.abs(value - last)
    never = 2**30
    after = before._replace(
        fast=fast,
        slow=xp.where(start, adjusted, follow(before.slow, adjusted, slow_rate, seen)),
        adjusted=adjusted,
        change=usual(before.change, xp.abs(adjusted - before.adjusted), xp.ones_like(row)),
        roughness=usual(before.roughness, change, xp.ones_like(row)),
        season_change=usual(before.season_change, xp.abs(value - by_season[:, 0]), first),
        second_change=usual(
            before.second_change, xp.abs(value - by_second[:, 0]), xp.where(two, second, never)
        ),
        second_shape=usual(
            before.second_shape,
            xp.abs(value - last - (by_second[:, 0] - last_by_second)),
            xp.where(two, second + 1, never),
        ),
        unchanged=usual(before.unchanged, (change == 0).astype(xp.float32), xp.ones_like(row)),
        sums=sums,
        rests=rests,
    )
    mean = (sums[:, 0] + rests[:, 0]) / xp.minimum(row + 1, first)
    after = after._replace(early=xp.where(row == first - 1, mean, before.early))
    now = standing(xp, seasons, after, row)

    known = xp.logical_and(cycles <= row[:, None] + 1, first[:, None] > 1)
    own = xp.where(known, next_by_season - now.means, 0)
    count = known.sum(axis=1)
    usual_place = own.sum(axis=1) / xp.maximum(count, 1)
    adds = xp.where(count > 0, usual_place + now.slope * (first - 1) / 2, 0)
    newest = xp.where(known[:, 0], own[:, 0] - usual_place, 0)
    after = after._replace(expected=adds.astype(xp.float32))

    known_second = two & (row + 1 >= second)
    adds_second = xp.where(known_second, next_by_second - now.second_means[:, 0], 0)
    scale, age = _scale(xp, after), xp.minimum(row, OLDEST - 1)
    step = xp.where(start, 0, adjusted - before.adjusted)
    past_first = row >= first

    def apart(x: Array, most: float = 8) -> Array:
        return xp.clip(x / scale, -most, most)

    def ratio(x: Array, there: Array) -> Array:
        return xp.where(there, xp.log(xp.maximum(x, SMALLEST_SCALE) / scale), 0)

    root, root_second = xp.sqrt(first), xp.sqrt(xp.maximum(second, 1))
    made = [
        apart(adjusted - fast),
        apart(step),
        apart(after.slow - fast) / 2,
        apart(xp.where(past_first, value - by_season[:, 0], 0) / root),
        apart(value - fast, 20) / 5,
        apart(adds, 20) / 5,
        apart(newest) / 2,
        apart(now.slope * root) * 2,
        apart(now.drift * xp.sqrt(xp.maximum(age, 1))),
        apart(mean - fast, 20) / 5,
        xp.log(age + 1) / 4 - 1,
        xp.log(first) / 3,
        xp.minimum((row + 1) // first, 6) / 6 * (first > 1),
        apart(adds_second, 20) / 5,
        known_second,
        ratio(after.roughness, row >= 0),
        ratio(after.season_change, past_first),
        ~seen,
        (row < first) & (first > 1),
        apart(xp.where(has_second, value - by_second[:, 0], 0) / root_second),
        ratio(after.second_change, has_second),
        ratio(after.second_shape, two & (row > second)),
        after.unchanged,
        xp.log(xp.maximum(second, 1)) / 3,
    ]
    return after, xp.stack([x.astype(xp.float32) for x in made], axis=-1)


def standing(xp: Any, seasons: Seasons, running: Running, row: Array) -> Standing:
    """What is known after the row of that number (S,), counted from each series' first."""
    first, second = seasons
    totals = running.sums + running.rests
    shorter = xp.concatenate([xp.zeros_like(totals[:, :1]), totals[:, : PAST_SEASONS - 1]], axis=1)
    size = xp.minimum(row[:, None] + 1, first[:, None])
    means = (totals[:, :PAST_SEASONS] - shorter) / size
    size = xp.maximum(xp.minimum(row + 1, second), 1)
    newest, both = totals[:, PAST_SEASONS], totals[:, PAST_SEASONS + 1]
    second_means = xp.stack([newest / size, (both - newest) / size], axis=1)
    passed = (row + 1) // first
    back = xp.clip(xp.minimum(passed, PAST_SEASONS) - 1, 0, PAST_SEASONS - 1)
    earlier = xp.take_along_axis(means, back[:, None], axis=1)[:, 0]
    slope = xp.where(back > 0, (means[:, 0] - earlier) / xp.maximum(back * first, 1), 0)
    since = xp.maximum(row + 1 - first, 1)
    drift = xp.where(passed > 1, (means[:, 0] - running.early) / since, 0)
    # After one row nothing is known but what is usual at its level.
    scale = xp.where(row == 0, 1, _scale(xp, running))
    return Standing(
        running.fast,
        scale.astype(xp.float32),
        slope.astype(xp.float32),
        drift.astype(xp.float32),
        means.astype(xp.float32),
        second_means.astype(xp.float32),
    )


def output_scale(xp: Any, now: Standing, running: Running, row: Array) -> Array:
    """(S,) the unit of the network's outputs: the running scale; 0 where two or more rows were read and never changed.

    So a constant is forecast as itself, and nothing is said of how it may end.
    """
    return xp.where((row > 0) & (running.roughness == 0), xp.zeros_like(now.scale), now.scale)


def _scale(xp: Any, running: Running) -> Array:
    """(S,) the running scale."""
    return xp.maximum(xp.maximum(running.change, running.roughness / 10), SMALLEST_SCALE)


def _add(sums: Array, rests: Array, value: Array) -> tuple[Array, Array]:
    """Sums after one more value each, and what rounding left over (Knuth, "The art of computer programming", 4.2.2)."""
    after = sums + value
    back = after - sums
    return after, rests + ((sums - (after - back)) + (value - back))
