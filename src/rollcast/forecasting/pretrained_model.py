"""The pretrained network as a model: of any series, before any fit."""

from __future__ import annotations

from typing import Final

import numpy as np

from rollcast._types import BoundsOption, Fill, LogOption, PointOption
from rollcast.data.seasons import SeasonCycles
from rollcast.forecasting.state import weights_owner
from rollcast.forecasting.trained_model import Model
from rollcast.networks.pretrained_network import MOST_STEPS, PretrainedNetwork
from rollcast.networks.sizes import Sizes
from rollcast.preprocessing.ring import ring_size
from rollcast.preprocessing.running_seasons import remembered_rows

READ: Final = 2048
"""T, rows of a series that training sees at most."""

BATCH_SIZE: Final = 64


def pretrained_sizes(cycles: SeasonCycles) -> Sizes:
    """The sizes of the network's programs, where series may have these seasons."""
    ring = ring_size(int(remembered_rows(*map(np.int64, cycles.pair))))
    return Sizes(length=READ, steps=MOST_STEPS, ring=ring, windowed=False, batch_size=BATCH_SIZE)


def pretrained_model(
    network: PretrainedNetwork,
    cycles: SeasonCycles,
    h: int,
    *,
    log: LogOption = "auto",
    bounds: BoundsOption = None,
    point: PointOption = "median",
    fill: Fill = "anchor",
) -> Model:
    """A model that forecasts by the network as it is.

    Args:
        network: with its weights.
        cycles: the seasons that series may have.
        h: horizon.
        log: whether logarithms are taken first; "auto" of those series whose values are all > 0.
        bounds: how series are held, see :class:`rollcast.Config`.
        point: what is forecast, see :class:`rollcast.Config`.
        fill: what becomes of missing values.
    """
    return Model(
        network=network,
        sizes=pretrained_sizes(cycles),
        scaling="none",
        log=log,
        lag=0,
        fill=fill,
        h=h,
        owner=weights_owner(network.weights),
        bounds=bounds,
        point=point,
        seasons=cycles,
    )
