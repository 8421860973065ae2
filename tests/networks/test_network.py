from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rollcast.errors import ArgumentError
from rollcast.layers import LSTM
from rollcast.networks.build import build_network
from rollcast.networks.description import describe_model
from rollcast.networks.network import Network, assign_weights, check_network, weights_of
from rollcast.options import Config
from rollcast.runtime.backend import load_keras
from samples import small_network

keras = load_keras()
RANDOM = np.random.default_rng(0)
SEQUENCE = RANDOM.normal(size=(2, 6, 3)).astype(np.float32)
MASK = np.ones((2, 6), bool)

KINDS: dict[str, dict[str, Any]] = {
    "lstm": {"cell": "lstm"},
    "two grus": {"cell": "gru", "num_layers": 2},
    "window": {"cell": "rnn", "reading": "window", "num_layers": 2},
    "both ways": {"reading": "window", "bidirectional": True, "num_layers": 2},
    "backwards": {"cell": "gru", "reading": "window", "go_backwards": True},
}


def states_for(network: Network) -> list[Any]:
    random = np.random.default_rng(1)
    return [
        jax.numpy.asarray(random.normal(size=(2, n)).astype(np.float32))
        for n in network.state_sizes
    ]


def run(network: Network) -> list[np.ndarray]:
    inputs = [*map(jax.numpy.asarray, (SEQUENCE, MASK)), *states_for(network)]
    made = network.model(inputs)
    return [np.asarray(a) for a in (made if isinstance(made, list) else [made])]


@pytest.mark.parametrize(
    ("kind", "features", "states"),
    [
        ("lstm", 3 + 4, (4, 4)),
        ("two grus", 3 + 4 + 4, (4, 4)),
        ("window", 3 + 4 + 4, ()),
        ("both ways", 3 + 8 + 8, ()),
        ("backwards", 3 + 4, ()),
    ],
)
def test_the_features_are_the_input_beside_every_layers_output(kind, features, states):
    network = small_network(**KINDS[kind])
    assert network.feature_size == features
    assert network.state_sizes == states
    assert (network.num_features, network.output_size) == (3, 3)
    read, after = network.run_body(
        weights_of(network.model), [SEQUENCE, MASK, *states_for(network)]
    )
    steps = 6 if states else 1
    assert read.shape == (2, steps, features)
    assert_array_equal(read[:, :, :3], SEQUENCE[:, -steps:])
    assert [a.shape for a in after] == [(2, n) for n in states]


@pytest.mark.parametrize("kind", ["lstm", "both ways"])
def test_reading_and_emitting_is_what_the_whole_model_does(kind):
    network = small_network(**KINDS[kind])
    weights = weights_of(network.model)
    read, after = network.run_body(weights, [SEQUENCE, MASK, *states_for(network)])
    whole = run(network)
    assert_allclose(network.run_head(weights, read)[..., 0], whole[0], atol=1e-6)
    for ours, theirs in zip(after, whole[1:], strict=True):
        assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({"hidden_size": 64}, 4 * 64 * (3 + 64 + 1) + (3 + 64 + 1) * 3),
        (
            {"cell": "gru", "hidden_size": 8, "num_layers": 2},
            3 * 8 * (3 + 8 + 2) + 3 * 8 * (8 + 8 + 2) + 20 * 3,
        ),
        ({"cell": "rnn", "hidden_size": 5}, 5 * (3 + 5 + 1) + (3 + 5 + 1) * 3),
        (
            {"reading": "window", "hidden_size": 4, "bidirectional": True},
            2 * 4 * 4 * (3 + 4 + 1) + (3 + 8 + 1) * 3,
        ),
    ],
)
def test_a_network_has_the_parameters_of_the_books(options, count):
    assert build_network(Config(**options), output_size=3).model.count_params() == count


def test_with_an_anchor_the_head_starts_at_zero_else_at_the_given_bias():
    kernel, bias = build_network(Config(anchor="season"), output_size=3).head.get_weights()
    assert not kernel.any()
    assert not bias.any()
    free = build_network(Config(), output_size=3, head_bias=0.4)
    kernel, bias = free.head.get_weights()
    assert kernel.any()
    assert_allclose(bias, 0.4)


@pytest.mark.parametrize("kind", ["lstm", "both ways"])
def test_the_seed_gives_the_weights_and_no_two_layers_share_theirs(kind):
    def weights(seed: int) -> list[np.ndarray]:
        config = Config(hidden_size=4, seed=seed, **(KINDS[kind] | {"num_layers": 3}))
        return build_network(config, output_size=3, head_bias=0.0).model.get_weights()

    for one, other in zip(weights(1), weights(1), strict=True):
        assert_array_equal(one, other)
    kernels = [w for w in weights(1) + weights(2) if w.ndim == 2]
    for i, one in enumerate(kernels):
        for other in kernels[:i]:
            assert one.shape != other.shape or not np.allclose(one, other)


def test_dropout_leaves_the_features_of_the_forecast_alone():
    dropping = small_network(dropout=0.5)
    plain = small_network()
    plain.model.set_weights(dropping.model.get_weights())
    for ours, theirs in zip(run(dropping), run(plain), strict=True):
        assert_allclose(ours, theirs, atol=1e-6)


def test_a_copy_has_the_same_weights_of_its_own():
    network = small_network(dropout=0.5)
    copy = network.copy()
    for ours, theirs in zip(run(network), run(copy), strict=True):
        assert_array_equal(ours, theirs)
    before = run(network)
    copy.model.set_weights([w + 1 for w in copy.model.get_weights()])
    assert_array_equal(run(network)[0], before[0])
    assert copy.description == network.description


def test_weights_leave_a_model_and_come_back_as_a_plain_value():
    network, other = small_network(seed=1, dropout=0.5), small_network(seed=2, dropout=0.5)
    assign_weights(other.model, weights_of(network.model))
    for ours, theirs in zip(run(network), run(other), strict=True):
        assert_array_equal(ours, theirs)
    assert len(weights_of(network.model).fixed) == 2  # the cell's and dropout's random numbers


@pytest.mark.parametrize("kind", KINDS)
def test_names_and_seeds_are_no_part_of_the_structure(kind):
    first = small_network(**KINDS[kind], dropout=0.1)
    assert small_network(**KINDS[kind], dropout=0.1, seed=7).description == first.description


@pytest.mark.parametrize(
    "change",
    [
        {"hidden_size": 5},
        {"cell": "gru"},
        {"num_layers": 2},
        {"dropout": 0.1},
        {"activation": "relu"},
        {"reading": "window"},
    ],
)
def test_every_option_that_changes_the_program_is_part_of_the_structure(change):
    assert small_network(**change).description != small_network().description


def dense(name: str, **options: Any) -> Any:
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name=name, **options)])


def functional(name: str, **options: Any) -> Any:
    start = keras.Input((3,))
    return keras.Model(start, keras.layers.Dense(2, name=name, **options)(start))


@pytest.mark.parametrize("make", [dense, functional])
def test_structures_are_told_apart_by_more_than_their_names(make):
    assert describe_model(make("a")) == describe_model(make("b"))
    # A layer may be called like its activation.
    assert describe_model(make("relu", activation="relu")) != describe_model(
        make("tanh", activation="tanh")
    )
    assert describe_model(make("a", dtype="bfloat16")) != describe_model(make("a"))


def test_a_layer_of_ones_own_is_told_by_its_class_and_a_function_by_its_model():
    def model(factor: float) -> Any:
        class Times(keras.layers.Layer):
            def call(self, x):
                return factor * x

        return keras.Sequential([keras.Input((3,)), Times()])

    assert describe_model(model(1)) != describe_model(model(2))

    def mine(x):
        return 2 * x

    assert describe_model(dense("a", activation=mine)) != describe_model(
        dense("a", activation=mine)
    )


def own_pair(**options: Any) -> tuple[Any, Any]:
    """A pair of the caller's own; options spoil it."""
    given = {"states": 2, "states_out": 2, "features": 4, "inputs": 3, "size": 4} | options
    sequence = keras.Input((None, given["inputs"]))
    mask = keras.Input((None,), dtype="bool")
    starts = [keras.Input((given["size"],)) for _ in range(given["states"])]
    initial = starts if given["states"] == 2 and given["size"] == 4 else None
    hidden, *ends = LSTM(4, return_sequences=True, return_state=True)(
        sequence, initial_state=initial, mask=mask
    )
    body = keras.Model([sequence, mask, *starts], [hidden, *ends[: given["states_out"]]])
    read = keras.Input((None, given["features"]))
    return body, keras.Model(read, keras.layers.Dense(3)(read))


def test_a_pair_of_ones_own_is_taken_as_a_network():
    network = check_network(own_pair(), "sequence")
    assert network.state_sizes == (4, 4)
    assert (network.feature_size, network.output_size) == (4, 3)
    assert check_network(network, "sequence") is network


def unbuilt() -> Any:
    class Subclassed(keras.Model):
        pass

    return Subclassed()


@pytest.mark.parametrize(
    ("pair", "reading", "message"),
    [
        (lambda: 3, "sequence", r"`network` must be a pair \(body, head\) of Keras models"),
        (lambda: own_pair()[:1], "sequence", "must be a pair"),
        (lambda: (own_pair()[0], abs), "sequence", "must hold two functional Keras models"),
        (lambda: (unbuilt(), own_pair()[1]), "sequence", "must hold two functional Keras models"),
        (lambda: own_pair(states_out=1), "sequence", "the body takes 2 states and gives 1"),
        (
            lambda: own_pair(features=5),
            "sequence",
            "the body gives 4 features and the head takes 5",
        ),
        (lambda: own_pair(inputs=2), "sequence", "the body reads 2 inputs a step, and is given 3"),
        (lambda: own_pair(size=5), "sequence", r"states of the sizes \(5, 5\) and gives \(4, 4\)"),
        (
            lambda: own_pair(states=0, states_out=0),
            "sequence",
            "carries no states, so it would forget at every step; pass them or use reading=",
        ),
        (own_pair, "window", 'carries states, which reading="window" starts from zero; drop them'),
        (
            lambda: own_pair(states=0, states_out=0),
            "window",
            r"must give the features of the whole window, \(B, 1, D\)",
        ),
    ],
)
def test_each_misfit_of_a_pair_has_its_sentence(pair, reading, message):
    with pytest.raises(ArgumentError, match=message) as caught:
        check_network(pair(), reading)
    assert str(caught.value).startswith("`network`")


def test_an_unknown_activation_is_refused_in_a_sentence():
    with pytest.raises(ArgumentError, match="`activation` must be one of Keras' such as 'linear'"):
        build_network(Config(activation="rellu"), output_size=3)


def test_only_a_keras_file_is_exported(tmp_path):
    with pytest.raises(ArgumentError, match=r"`path` must end in \.keras"):
        small_network().export_keras(tmp_path / "model.h5")


OPEN = """
import sys, numpy as np, keras
given = np.load(sys.argv[1])
made = {}
for name in sys.argv[2:]:
    model = keras.models.load_model(name)
    count = len(model.inputs) - 2
    inputs = [given["sequence"], given["mask"], *[given[f"state{i}"] for i in range(count)]]
    result = model(inputs)
    for i, array in enumerate(result if isinstance(result, list) else [result]):
        made[f"{name}:{i}"] = np.asarray(array)
assert not [m for m in sys.modules if m.startswith("rollcast")]
np.savez("made.npz", **made)
"""


@pytest.mark.slow
def test_exported_files_open_without_rollcast_and_give_the_same(tmp_path: Path):
    kinds = ("two grus", "both ways", "backwards")
    networks = {f"{i}.keras": small_network(**KINDS[kind]) for i, kind in enumerate(kinds)}
    for name, network in networks.items():
        network.export_keras(tmp_path / name)
    states = {f"state{i}": s for i, s in enumerate(states_for(small_network()))}
    np.savez(tmp_path / "given.npz", sequence=SEQUENCE, mask=MASK, **states)
    done = subprocess.run(
        [sys.executable, "-c", OPEN, "given.npz", *networks],
        cwd=tmp_path,
        env={**os.environ, "KERAS_BACKEND": "jax", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    made = np.load(tmp_path / "made.npz")
    for name, network in networks.items():
        for i, array in enumerate(run(network)):
            assert_allclose(made[f"{name}:{i}"], array, atol=1e-6)


def test_the_summary_is_keras_own_table(capsys):
    small_network().summary()
    printed = capsys.readouterr().out
    assert "lstm_0" in printed
    assert "Total params" in printed
