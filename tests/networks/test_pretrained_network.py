"""The pretrained network emits quantiles at its levels, in order."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from numpy.testing import assert_allclose

from rollcast.errors import ArgumentError
from rollcast.networks.distribution import QUANTILE_LEVELS
from rollcast.networks.pretrained_network import PretrainedNetwork, init_weights
from rollcast.networks.pretrained_weights import load_pretrained

NINE = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def test_quantiles_never_cross_and_the_middle_one_is_the_point():
    weights = init_weights(jax.random.key(0), levels=len(QUANTILE_LEVELS), hidden_size=8)
    network = PretrainedNetwork(weights, 12)
    random = np.random.default_rng(0)
    features = random.normal(size=(5, network.feature_size)).astype(np.float32)
    ahead = random.normal(0, 9, (5, 12, weights.head.step.shape[0])).astype(np.float32)
    ahead[..., -5] = np.log(np.arange(1, 13)) / 3
    made = np.asarray(network.run_head(network.weights, features, ahead))
    assert made.shape == (5, 12, 15)
    assert (np.diff(made, axis=-1) > 0).all()
    assert_allclose(network.distribution.point(made), made[..., 7])
    assert network.distribution.levels == QUANTILE_LEVELS


def test_levels_that_the_weights_do_not_emit_are_refused():
    weights = init_weights(jax.random.key(0), levels=15, hidden_size=4)
    with pytest.raises(ArgumentError) as caught:
        PretrainedNetwork(weights, 12, NINE)
    assert str(caught.value) == (
        "`levels` must name each quantile that the weights emit, 15 of them; got 9."
    )


def test_networks_of_other_levels_share_no_program():
    weights = init_weights(jax.random.key(0), levels=9, hidden_size=4)
    nine = PretrainedNetwork(weights, 6, NINE)
    assert nine.distribution.levels == NINE
    assert nine.description != PretrainedNetwork(weights, 6, (*NINE[:8], 0.95)).description
    assert nine.emitting(7).levels == NINE


@pytest.mark.parametrize("steps", [9, 24])
def test_a_single_origin_is_given_what_it_is_given_among_others(steps):
    network = load_pretrained().emitting(steps)
    random = np.random.default_rng(1)
    features = random.normal(size=(3, network.feature_size)).astype(np.float32)
    ahead = random.normal(size=(3, steps, 14)).astype(np.float32)
    together = network.run_head(network.weights, features, ahead)
    alone = [
        network.run_head(network.weights, features[i : i + 1], ahead[i : i + 1]) for i in (1, 2)
    ]
    assert_allclose(np.concatenate(alone), together[1:], rtol=1e-5, atol=1e-5)
    assert np.ptp(together) > 1
