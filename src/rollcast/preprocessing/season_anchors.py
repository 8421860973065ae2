"""What the pretrained network knows of each step ahead without any network: its anchors, and the place of the step."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from rollcast._types import Array
from rollcast.data.seasons import Seasons
from rollcast.preprocessing.running_seasons import PAST_SEASONS, PAST_SECOND, Look, Standing

ANCHORS: Final = (
    "mean season",
    "last season",
    "season before",
    "second season",
    "slope",
    "drift",
    "level of the season",
    "last second season",
    "smooth second season",
)
"""The known quantities by which a forecast may be moved as they are, each for every step ahead; in scales."""

PLACES: Final = ("steps ahead", "seasons ahead", "seasons known", "season", "second season known")
"""What else is known of a step ahead; they stand behind the anchors."""


class RunningSums(NamedTuple):
    """Sums of the values, each less something near them, since those of many large values have lost their last places.

    Attributes:
        look: from distances to the sums of all values up to there, from any row on.
        less: (S,) what each value is less.
    """

    look: Look
    less: Array


def describe_ahead(
    xp: Any, seasons: Seasons, now: Standing, row: Array, look: Look, sums: RunningSums, steps: int
) -> Array:
    """(S, K, A + 5) the anchors of each of the next K steps, and its place; of S series, each at one origin.

    Args:
        xp: NumPy, or JAX's.
        seasons: (S,) of each.
        now: (S, ...) at the origins.
        row: (S,) the origins, counted from each series' first row.
        look: distances from the origins to values.
        sums: of the values up to there.
        steps: K.
    """
    first, second = (s[:, None] for s in seasons)
    ahead = xp.arange(1, steps + 1)[None]
    place = (ahead - 1) % first + 1
    own: list[Any] = []
    known: list[Any] = []
    for j in range(1, PAST_SEASONS + 1):
        there = (row[:, None] + 1 >= j * first) & (first > 1)
        own.append(xp.where(there, look(j * first - place) - now.means[:, j - 1, None], 0))
        known.append(there)
    count = sum(there.astype(xp.float32) for there in known)
    tilt = now.slope[:, None] * (place - (first + 1) / 2)
    mean = xp.where(known[0], sum(own) / xp.maximum(count, 1) - tilt, 0)
    last, before = (
        xp.where(there, d - tilt, 0) for d, there in zip(own[:2], known[:2], strict=True)
    )
    by_second, smooth = _second_season(xp, (first, second), now, row, look, sums, ahead)
    zero = xp.zeros_like(mean)
    anchors = [
        mean,
        last,
        before,
        by_second[0],
        now.slope[:, None] * ahead,
        now.drift[:, None] * ahead,
        (now.means[:, 0] - now.base)[:, None] + zero,
        by_second[1],
        smooth,
    ]
    places = [
        xp.log(ahead) / 3 + zero,
        xp.minimum(ahead / first, 3) / 2 * (first > 1),
        count / PAST_SEASONS + zero,
        (first > 1) + zero,
        (second > 0) & (row[:, None] + 1 >= second) & (zero == 0),
    ]
    scaled = [xp.clip(anchor / now.scale[:, None], -1000, 1000) for anchor in anchors]
    return xp.stack([x.astype(xp.float32) for x in (*scaled, *places)], axis=-1)


def _second_season(
    xp: Any,
    seasons: tuple[Array, Array],
    now: Standing,
    row: Array,
    look: Look,
    sums: RunningSums,
    ahead: Array,
) -> tuple[tuple[Array, Array], Array]:
    """What the second season adds to each step (S, K): its mean and its last, and smoothed over a first season."""
    first, second = seasons
    place = (ahead - 1) % xp.maximum(second, 1) + 1
    newest = row[:, None]
    single: list[Any] = []
    smooth: list[Any] = []
    known: list[Any] = []
    for j in range(1, PAST_SECOND + 1):
        there = (second > 0) & (newest + 1 >= j * second)
        distance = xp.maximum(j * second - place, 0)
        mean = now.second_means[:, j - 1, None]
        single.append(xp.where(there, look(distance) - mean, 0))
        near = xp.maximum(
            distance - first // 2, 0
        )  # a season's rows around it, none behind the newest
        far = xp.minimum(near + first, newest + 1)
        before = xp.where(far > newest, 0, sums.look(xp.minimum(far, newest)))
        usual = (sums.look(near) - before) / xp.maximum(far - near, 1)
        smooth.append(xp.where(there, usual + (sums.less[:, None] - mean), 0))
        known.append(there)

    def average(found: list[Any]) -> Array:
        return xp.where(known[1], (found[0] + found[1]) / 2, found[0])

    return (average(single), single[0]), average(smooth)
