"""The prototype's weights, some series of M3 and M4 hourly, and what its own code forecast for them.

``golden/prototype.npz`` has the weights under the prototype's names. Of each group of series it has the values, how
long each is, their seasons, and the quantiles of their logarithms in scales from the base, with base and scale. The
series are those that the package Mcomp and the repository M4-methods publish, a few of each group. Series where the
prototype's floor of the scale counts are left out, since the package has another one.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rollcast.networks.pretrained_network import (
    HeadWeights,
    LayerWeights,
    NetworkWeights,
    PretrainedNetwork,
)
from rollcast.preprocessing.running_seasons import FEATURES
from rollcast.preprocessing.season_anchors import ANCHORS, PLACES

GOLDEN = Path(__file__).parent / "golden" / "prototype.npz"
GROUPS = ("Yearly", "Quarterly", "Monthly", "Other", "Hourly")
LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
OLD_FEATURES, OLD_ANCHORS = 19, 7


class Group(NamedTuple):
    """Series of one group and the prototype's forecasts.

    Attributes:
        values: of each series.
        season: rows in the first season; 1 for none.
        second: rows in the second; 0 for none.
        quantiles: (S, h, 9) of the logarithms, in scales from the base.
        base: (S,)
        scale: (S,)
    """

    values: list[np.ndarray]
    season: int
    second: int
    quantiles: np.ndarray
    base: np.ndarray
    scale: np.ndarray

    @property
    def h(self) -> int:
        return self.quantiles.shape[1]


@cache
def load() -> dict[str, np.ndarray]:
    with np.load(GOLDEN, allow_pickle=False) as held:
        return dict(held)


def group_of(name: str) -> Group:
    held = {key.split("/")[1]: value for key, value in load().items() if key.startswith(name)}
    values = np.split(held["values"], np.cumsum(held["lengths"])[:-1])
    season, second = held["seasons"].tolist()
    return Group(values, season, second, held["quantiles"], held["base"], held["scale"])


def prototype_network(steps: int) -> PretrainedNetwork:
    """The prototype's network in the package's layout: what it did not know yet counts nothing."""
    held = load()
    H, A, Q = held["lstm0/recurrent"].shape[0], len(ANCHORS), len(LEVELS)
    layers = [
        LayerWeights(*(held[f"lstm{i}/{name}"] for name in ("kernel", "recurrent", "bias")))
        for i in range(2)
    ]
    layers[0] = layers[0]._replace(kernel=taller(layers[0].kernel, OLD_FEATURES, len(FEATURES)))
    step, output, bias = held["head/a"], held["head/o"], held["head/ob"]
    head = HeadWeights(
        taller(held["head/s"], H + OLD_FEATURES, H + len(FEATURES)),
        held["head/sb"],
        np.concatenate([taller(step[:OLD_ANCHORS], OLD_ANCHORS, A), step[OLD_ANCHORS:]]),
        held["head/d"],
        held["head/db"],
        taller(output.T, Q + OLD_ANCHORS, Q + A).T.copy(),
        taller(bias, Q + OLD_ANCHORS, Q + A),
    )
    assert head.step.shape == (A + len(PLACES), H)
    return PretrainedNetwork(NetworkWeights(tuple(layers), head), steps, LEVELS)


def taller(array: np.ndarray, before: int, after: int) -> np.ndarray:
    """The array with rows of zeros below, so that its ``before`` rows become ``after``."""
    assert len(array) == before
    return np.concatenate([array, np.zeros((after - before, *array.shape[1:]), array.dtype)])
