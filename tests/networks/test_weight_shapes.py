"""Shapes by arithmetic are those of the network that is built."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rollcast.networks.build import build_network
from rollcast.networks.network import Weights, weights_of
from rollcast.networks.shared_head import make_ahead
from rollcast.networks.weight_shapes import STATES_PER_CELL, check_weights, feature_size
from rollcast.options import Config

WINDOW = {"reading": "window"}
KINDS: list[dict[str, Any]] = [
    *({"cell": cell} for cell in STATES_PER_CELL),
    {"cell": "gru", "num_layers": 3, "dropout": 0.2},
    {"cell": "esn", "num_layers": 2, "dropout": 0.1},
    {**WINDOW, "cell": "lstm", "bidirectional": True, "num_layers": 2, "dropout": 0.2},
    {**WINDOW, "cell": "esn", "bidirectional": True, "num_layers": 2},
    {**WINDOW, "cell": "rnn", "num_layers": 2},
    {"cell": "gru", "head": "shared"},
]


def built(kind: dict[str, Any]) -> tuple[Config, Any, Weights]:
    config = Config(hidden_size=4, **kind)
    network = build_network(config, output_size=5, ahead=make_ahead(config, steps=5, ring=1))
    found = weights_of(network.model)
    return config, network, Weights(*([np.asarray(a) for a in part] for part in found))


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_they_are_those_of_the_network_that_is_built(kind: dict[str, Any]):
    config, network, weights = built(kind)
    check_weights(config, weights, 5)
    assert feature_size(config) == network.feature_size
    assert network.state_sizes == (4,) * len(network.state_sizes)
    if config.reading == "sequence":
        assert len(network.state_sizes) == config.num_layers * STATES_PER_CELL[config.cell]
    for other in (config.replace(hidden_size=5), config.replace(num_layers=99)):
        with pytest.raises(ValueError, match=r"arrays of weights|must have the shape"):
            check_weights(other, weights, 5)
    if config.head == "linear":
        with pytest.raises(ValueError, match="must have the shape"):
            check_weights(config, weights, 6)
    else:  # its weights serve any number of steps
        check_weights(config, weights, 6)


@pytest.mark.parametrize("kind", [{"cell": "lstm"}, {"cell": "gru", "dropout": 0.5}], ids=str)
def test_random_numbers_begin_from_the_seed_also_where_none_are_drawn(kind: dict[str, Any]):
    one, two, other = built(kind)[2], built(kind)[2], built(kind | {"seed": 1})[2]
    for mine, again in zip(one.fixed, two.fixed, strict=True):
        np.testing.assert_array_equal(mine, again)
    assert any((a != b).any() for a, b in zip(one.fixed, other.fixed, strict=True))
