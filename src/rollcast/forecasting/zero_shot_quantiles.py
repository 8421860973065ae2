"""Quantiles and paths of every series' next rows, by the pretrained network alone."""

from __future__ import annotations

import numpy as np

from rollcast._types import BoundsOption, Float32, Float64, LogOption
from rollcast.data.panel import Panel
from rollcast.data.seasons import SeasonCycles
from rollcast.forecasting.joint_paths import sample_paths
from rollcast.forecasting.pretrained_model import pretrained_model
from rollcast.forecasting.small_tables import forecast_small, is_small
from rollcast.networks.pretrained_weights import load_pretrained
from rollcast.preprocessing.preparation import Preparation


def forecast_panel(
    panel: Panel,
    h: int,
    cycles: SeasonCycles,
    *,
    log: LogOption,
    bounds: BoundsOption,
    symmetric: bool = False,
) -> Float64:
    """(S, h, 15) quantiles of the rows after each series' last, in the data's units.

    Args:
        panel: what is known.
        h: steps ahead.
        cycles: the seasons that series may have.
        log: whether logarithms are taken first.
        bounds: that forecasts are held to.
        symmetric: whether the network reads each series upside down too, after the logarithm where one is taken; the
            forecast is the mean of both.

    Raises:
        DataError: a value that has no logarithm where those are taken, or one that lies too far from the others.
        ArgumentError: more forecasts than memory is likely to hold.
    """
    network = load_pretrained()
    model = pretrained_model(network, cycles, h, log=log, bounds=bounds)
    model.refuse_many(panel.num_series, h, quantiles=True)  # before anything is read
    preparation = model.prepare_new(panel)

    def scaled(read: Preparation) -> Float32:
        if is_small(panel, network, h):
            return forecast_small(network, read, panel, h)
        return model.scaled_quantiles(model.read_again(panel, read), h)

    made = scaled(preparation)
    if symmetric:
        mirrored = scaled(preparation.mirrored())[..., ::-1]
        made = (made - mirrored) * np.float32(0.5)
    return preparation.restore(made, np.arange(panel.num_series))


def draw_panel(
    panel: Panel,
    h: int,
    cycles: SeasonCycles,
    *,
    log: LogOption,
    bounds: BoundsOption,
    paths: int,
    seed: int,
) -> Float64:
    """(S, N, h) paths of the rows after each series' last, in the data's units.

    Args:
        panel: what is known.
        h: steps ahead.
        cycles: the seasons that series may have.
        log: whether logarithms are taken first.
        bounds: that paths are held to.
        paths: N.
        seed: of the draws.

    Raises:
        DataError: a value that has no logarithm where those are taken, or one that lies too far from the others.
        ArgumentError: more values than memory is likely to hold.
    """
    model = pretrained_model(load_pretrained(), cycles, h, log=log, bounds=bounds)
    state = model.read_again(panel, model.prepare_new(panel))
    return sample_paths(model, state, h, paths=paths, seed=seed)
