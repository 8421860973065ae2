"""Forecast origins: the rows after which forecasts start."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rollcast._types import Int64


class Origins(NamedTuple):
    """Rolling forecast origins: after reading row ``first + i * stride`` of a series, i = 0 .. number - 1.

    Attributes:
        first: (S,) newest row known at the first origin, in the flat series.
        stride: rows between two origins.
        number: O.
    """

    first: np.ndarray
    stride: int
    number: int


MOST_ORIGINS = 64
"""Rolling origins of a part at most; where there are more, they are spread evenly."""


MOST_VALUES = 2**25
"""Forecast values of a part at most, so that of very many series fewer origins are judged."""


def origins_within(begins: Int64, ends: Int64, h: int, most: int = MOST_ORIGINS) -> Origins:
    """Rolling origins whose whole horizon lies in ``begins`` .. ``ends`` - 1 of every series, the last one among them.

    Args:
        begins: (S,) first row of the part, in the flat series.
        ends: (S,) one past its last row; equally far from ``begins`` in every series.
        h: horizon.
        most: origins of a series at most; fewer where all forecasts together had more than ``MOST_VALUES`` values.
    """
    most = max(min(most, MOST_VALUES // (len(ends) * h)), 1)
    possible = int((ends - begins).min()) - h + 1
    stride = -(-possible // most)
    count = (possible - 1) // stride + 1
    return Origins(np.asarray(ends - h - 1 - (count - 1) * stride), stride, count)
