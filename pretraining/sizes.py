"""The sizes of batches: how long their series are, which seasons they have, and how often each is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np


class Size(NamedTuple):
    """What the batches of one size have in common.

    Attributes:
        rows: that are read, T.
        horizon: rows after the newest that is read, K.
        series: in a batch, B.
        seasons: how often each season length is drawn; 1 is none.
        seconds: the second season of a season length, where there is one.
        share: of all batches.
        origins: forecasts of each series, O.
    """

    rows: int
    horizon: int
    series: int
    seasons: Mapping[int, float]
    seconds: Mapping[int, int]
    share: float
    origins: int


# fmt: off
SIZES: Final = (
    Size(48, 18, 256, {1: 0.50, 4: 0.32, 12: 0.08, 7: 0.05, 5: 0.03, 6: 0.02}, {}, 0.28, 10),
    Size(
        128, 24, 128,
        {
            1: 0.14, 4: 0.16, 12: 0.45, 7: 0.10, 13: 0.02, 24: 0.07, 5: 0.03, 8: 0.02, 10: 0.01,
        },
        {}, 0.32, 12,
    ),
    Size(
        384, 48, 64,
        {
            24: 0.33, 12: 0.08, 7: 0.18, 52: 0.13, 48: 0.05, 96: 0.04, 1: 0.14, 8: 0.03, 20: 0.02,
        },
        {24: 168}, 0.18, 12,
    ),
    Size(
        1024, 64, 24,
        {
            24: 0.41, 48: 0.14, 7: 0.15, 1: 0.08, 52: 0.06, 12: 0.04, 5: 0.04, 96: 0.04, 8: 0.02, 36: 0.02,
        },
        {24: 168, 48: 336, 7: 365, 5: 260}, 0.12, 16,
    ),
    Size(
        2048, 96, 12,
        {
            24: 0.27, 48: 0.26, 96: 0.17, 7: 0.11, 1: 0.06, 5: 0.03, 288: 0.03, 60: 0.02, 52: 0.02, 8: 0.02, 12: 0.01,
        },
        {24: 168, 48: 336, 96: 672, 7: 365, 5: 260}, 0.10, 16,
    ),
)
# fmt: on


def size_of(seed: int, i: int, places: tuple[int, ...] = ()) -> int:
    """The place in ``SIZES`` of batch ``i``, among ``places`` only where some are named."""
    return draw_size(np.random.default_rng([seed, i]), places)


def draw_size(rng: np.random.Generator, places: tuple[int, ...] = ()) -> int:
    """A place in ``SIZES``, by their shares."""
    places = places or tuple(range(len(SIZES)))
    ends = np.cumsum([SIZES[place].share for place in places])
    return places[int(np.searchsorted(ends, rng.random() * ends[-1], side="right"))]
