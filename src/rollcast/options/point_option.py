"""The option `point`: which one value is forecast of a distribution."""

from __future__ import annotations

from typing import Final

from rollcast.options.option import Option

POINT: Final = Option(
    group="Reading the data",
    help="The one value that the pretrained network forecasts of each distribution. median: half of what comes lies "
    "below. mean: right on average, so that sums are. auto: the mean of a series of which over 30 % of the values are "
    "zero, for its median is zero; else the median.",
    default="auto",
)
