"""Echo state networks: equations, first weights, and what can be done with the layer."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rollcast.networks.reservoir import BIAS, ESN, SpectralRadius, keras

INPUTS = np.random.default_rng(0).standard_normal((3, 7, 2)).astype(np.float32)


def weights_of(layer: ESN) -> tuple[np.ndarray, ...]:
    return tuple(np.asarray(w, np.float64) for w in layer.get_weights())


def by_hand(layer: ESN, inputs: np.ndarray, leak: float, mask: np.ndarray | None = None):
    kernel, recurrent, bias = weights_of(layer)
    h, told = np.zeros((len(inputs), len(bias))), []
    for t in range(inputs.shape[1]):
        new = (1 - leak) * h + leak * np.tanh(inputs[:, t] @ kernel + h @ recurrent + bias)
        h = new if mask is None else np.where(mask[:, t, None], new, h)
        told.append(h)
    return np.stack(told, axis=1)


@pytest.mark.parametrize("leak", [1.0, 0.3])
def test_the_layer_follows_its_equation(leak: float):
    layer = ESN(5, leak_rate=leak, return_sequences=True)
    made = layer(INPUTS)
    assert_allclose(made, by_hand(layer, INPUTS.astype(float), leak), rtol=1e-4, atol=1e-6)


def test_a_masked_step_leaves_the_state_as_it_was():
    mask = np.random.default_rng(1).random((3, 7)) < 0.6
    layer = ESN(5, return_sequences=True, return_state=True)
    made, state = layer(INPUTS, mask=mask)
    expected = by_hand(layer, INPUTS.astype(float), 0.7, mask)
    assert_allclose(state, expected[:, -1], rtol=1e-4, atol=1e-6)
    assert_allclose(made[mask], expected[mask], rtol=1e-4, atol=1e-6)


def test_reading_in_pieces_equals_reading_at_once():
    layer = ESN(5, return_sequences=True, return_state=True)
    whole, last = layer(INPUTS)
    first, state = layer(INPUTS[:, :3])
    second, end = layer(INPUTS[:, 3:], initial_state=[state])
    assert_allclose(np.concatenate([first, second], axis=1), whole, rtol=1e-6)
    assert_allclose(end, last, rtol=1e-6)


def test_no_weight_is_trained():
    layer = ESN(5)
    layer(INPUTS)
    assert layer.trainable_weights == []
    assert len(layer.non_trainable_weights) == 3


@pytest.mark.parametrize("radius", [0.5, 1.1])
def test_the_recurrent_weights_have_the_spectral_radius_asked_for(radius: float):
    layer = ESN(40, spectral_radius=radius)
    layer(INPUTS)
    recurrent = weights_of(layer)[1]
    assert_allclose(np.abs(np.linalg.eigvals(recurrent)).max(), radius, rtol=1e-5)


def test_input_weights_and_biases_stay_within_their_scales():
    layer = ESN(200, input_scale=(0.5, 0.01))
    layer(INPUTS)
    kernel, _, bias = weights_of(layer)
    assert 0.4 < np.abs(kernel[0]).max() <= 0.5
    assert 0.008 < np.abs(kernel[1]).max() <= 0.01
    assert 0.4 < np.abs(bias).max() <= BIAS


def test_the_seed_decides_all_weights():
    one, same, other = (ESN(6, seed=s) for s in (3, 3, 4))
    for layer in (one, same, other):
        layer(INPUTS)
    for a, b, c in zip(*(weights_of(la) for la in (one, same, other)), strict=True):
        assert_array_equal(a, b)
        assert (a != c).any()


def test_a_layer_is_saved_and_loaded_with_its_options(tmp_path):
    read = keras.Input((None, 2))
    layer = ESN(5, leak_rate=0.4, spectral_radius=0.8, input_scale=0.3, seed=9, name="pool")
    model = keras.Model(read, layer(read))
    model.save(tmp_path / "pool.keras")
    again = keras.models.load_model(tmp_path / "pool.keras")
    assert_array_equal(again(INPUTS), model(INPUTS))
    assert again.get_layer("pool").get_config() == layer.get_config()


def test_an_initializer_is_told_by_its_options():
    made = SpectralRadius(0.9, seed=2)
    again = keras.initializers.deserialize(keras.initializers.serialize(made))
    assert_array_equal(made((6, 6)), again((6, 6)))
