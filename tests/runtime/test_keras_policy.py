"""Networks are of 32 bits, whatever Keras' own policy is before or between the calls."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import rollcast as rc
from rollcast.errors import ArgumentError
from rollcast.networks.build import build_network
from rollcast.networks.network import check_network
from rollcast.options import Config
from rollcast.runtime.backend import load_keras
from rollcast.training.optimizers import make_optimizer

keras = load_keras()
POLICIES = ("mixed_float16", "mixed_bfloat16", "float64", "bfloat16")
VALUES = 100 + np.sin(np.arange(80.0))


@pytest.fixture(autouse=True)
def as_before():
    before = keras.config.dtype_policy(), keras.config.floatx()
    yield
    keras.config.set_dtype_policy(before[0])
    keras.config.set_floatx(before[1])


def types_of(*models: Any) -> set[str]:
    """Of what layers compute in, of weights, and of what goes in and out."""
    found: set[str] = set()
    for model in models:
        idle = keras.Model | keras.layers.InputLayer
        layers = [i for i in model._flatten_layers() if not isinstance(i, idle)]
        found |= {layer.compute_dtype for layer in layers}
        found |= {v.dtype for v in model.variables} | {
            t.dtype for t in (*model.inputs, *model.outputs)
        }
    return found - {"bool", "uint32"}  # masks, and the states of dropout


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(
    "options",
    [
        {"cell": "lstm", "num_layers": 2, "dropout": 0.1},
        {"cell": "gru", "reading": "window", "bidirectional": True, "dropout": 0.1},
        {"cell": "rnn", "reading": "window", "num_layers": 2},
        {"cell": "esn"},
    ],
    ids=lambda options: options["cell"],
)
def test_every_layer_and_weight_is_of_32_bits(policy, options):
    keras.config.set_dtype_policy(policy)
    keras.config.set_floatx("float16")
    network = build_network(Config(hidden_size=4, **options), output_size=2, head_bias=0.5)
    copied = network.copy()
    assert types_of(network.body, network.head, copied.body, copied.head) == {"float32"}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("make", ["simple_lstm", "stacked_lstm", "stateful_stacked_lstm"])
def test_so_are_the_networks_of_the_tutorial(policy, make):
    keras.config.set_dtype_policy(policy)
    keras.config.set_floatx("float16")
    model = getattr(rc.tutorial, make)()
    assert types_of(model) == {"float32"}
    assert type(model.optimizer) is keras.optimizers.Nadam
    assert model.optimizer.learning_rate.dtype == "float32"


def test_the_learning_rate_keeps_its_digits():
    keras.config.set_floatx("float16")
    assert make_optimizer("adam").learning_rate == np.float32(1e-3)
    assert keras.config.floatx() == "float16"


def fitted() -> Any:
    model = rc.Forecaster(cell="gru", hidden_size=4, max_epochs=1, h=3)
    model.fit(VALUES, progress="quiet")
    return model


@pytest.mark.slow
def test_forecasts_are_the_same_bits_whenever_the_policy_is_set(tmp_path):
    model = fitted()
    expected = model.predict().to_numpy()
    model.save(tmp_path / "m")
    keras.config.set_dtype_policy("mixed_float16")
    keras.config.set_floatx("float16")
    assert_array_equal(model.predict().to_numpy(), expected)
    assert_array_equal(rc.load(tmp_path / "m").predict().to_numpy(), expected)
    assert_array_equal(fitted().predict().to_numpy(), expected)


@pytest.mark.slow
def test_the_layers_themselves_follow_the_policy_as_keras_own_do():
    keras.config.set_dtype_policy("mixed_float16")
    x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    for name in ("LSTM", "GRU", "SimpleRNN"):
        ours, theirs = getattr(rc.layers, name)(4), getattr(keras.layers, name)(4)
        ours.build(x.shape), theirs.build(x.shape)
        theirs.set_weights(ours.get_weights())
        made = ours(x)
        assert made.dtype == "float16"
        assert_array_equal(made, theirs(x))


def test_a_pair_of_ones_own_that_computes_in_16_bits_is_refused_by_its_layer():
    keras.config.set_dtype_policy("mixed_float16")
    sequence, mask = keras.Input((None, 3)), keras.Input((None,), dtype="bool")
    start = keras.Input((4,))
    hidden, end = rc.layers.GRU(4, return_sequences=True, return_state=True, name="mine")(
        sequence, initial_state=start, mask=mask
    )
    read = keras.Input((None, 4))
    pair = (
        keras.Model([sequence, mask, start], [hidden, end]),
        keras.Model(read, keras.layers.Dense(2)(read)),
    )
    with pytest.raises(
        ArgumentError,
        match=r"`network` must compute in 32 bits, and its layer 'mine' computes in float16; give",
    ):
        check_network(pair, "sequence")
