import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose

from rollcast.errors import ArgumentError
from rollcast.networks.losses import describe_loss, weighted_loss
from rollcast.runtime.backend import load_keras

keras = load_keras()
RANDOM = np.random.default_rng(0)
TARGETS = RANDOM.uniform(0.1, 1, (2, 4, 3)).astype(np.float32)
OUTPUTS = RANDOM.uniform(0.1, 1, (2, 4, 3)).astype(np.float32)
WEIGHTS = np.ones((2, 4, 3), np.float32)
HALF = WEIGHTS.copy()
HALF[0, :2] = 0


def absolute(y, p):
    return keras.ops.mean(keras.ops.abs(y - p), axis=-1)


@pytest.mark.parametrize(
    ("loss", "each"),
    [
        ("mse", lambda e: e**2),
        ("mae", abs),
        ("huber", lambda e: np.where(abs(e) < 1, e**2 / 2, abs(e) - 0.5)),
        (
            keras.losses.Huber(delta=0.2),
            lambda e: np.where(abs(e) < 0.2, e**2 / 2, 0.2 * abs(e) - 0.02),
        ),
        (keras.losses.mean_squared_error, lambda e: e**2),
        (absolute, abs),
        ("log_cosh", lambda e: np.log(np.cosh(e))),
    ],
)
def test_a_loss_is_the_mean_over_the_values_that_count(loss, each):
    error = 5 * OUTPUTS.astype(np.float64) - TARGETS
    for weights in (WEIGHTS, HALF):
        value = weighted_loss(loss)(TARGETS, 5 * OUTPUTS, weights)
        assert_allclose(value, (each(error) * weights).sum() / weights.sum(), rtol=1e-5)


def test_rmse_is_the_root_of_the_mean_over_the_batch():
    for weights in (WEIGHTS, HALF):
        value = weighted_loss("rmse")(TARGETS, OUTPUTS, weights)
        square = ((OUTPUTS - TARGETS) ** 2 * weights).sum() / weights.sum()
        assert_allclose(value, np.sqrt(square), rtol=1e-6)


@pytest.mark.parametrize("loss", ["rmse", "mse", "huber", "mae"])
def test_the_gradient_is_finite_where_the_error_is_zero(loss):
    gradient = jax.grad(lambda p: weighted_loss(loss)(TARGETS, p, WEIGHTS))
    assert np.isfinite(gradient(jnp.asarray(TARGETS))).all()
    assert np.isfinite(gradient(jnp.asarray(TARGETS + 1e-30))).all()
    if loss != "mae":
        assert not np.asarray(gradient(jnp.asarray(TARGETS))).any()


@pytest.mark.parametrize("loss", ["rmse", "huber", "mse"])
def test_a_batch_without_any_weight_is_no_error_and_moves_nothing(loss):
    total = weighted_loss(loss)
    nothing = np.zeros_like(WEIGHTS)
    assert float(total(TARGETS, OUTPUTS, nothing)) == 0
    assert not np.asarray(jax.grad(lambda p: total(TARGETS, p, nothing))(OUTPUTS)).any()


def test_values_without_weight_have_no_gradient():
    gradient = jax.grad(lambda p: weighted_loss("huber")(TARGETS, p, HALF))(jnp.asarray(OUTPUTS))
    assert not np.asarray(gradient)[0, :2].any()
    assert np.asarray(gradient)[0, 2:].all()


UNKNOWN = {"module": "elsewhere", "class_name": "Mine", "config": {}, "registered_name": "Mine"}


@pytest.mark.parametrize("loss", ["hubr", None, 3, UNKNOWN])
def test_an_unknown_loss_is_refused(loss):
    with pytest.raises(ArgumentError, match=r'`loss` must be "rmse" or a Keras loss'):
        weighted_loss(loss)


def test_a_loss_that_is_one_number_for_the_whole_batch_is_refused():
    """It could not leave out missing and padded values."""

    def whole(y, p):
        return keras.ops.mean(keras.ops.square(y - p))

    with pytest.raises(ArgumentError, match="`loss` must give one value for each target"):
        weighted_loss(whole)(TARGETS, OUTPUTS, WEIGHTS)


def test_equal_losses_are_described_alike_and_others_apart():
    huber = keras.losses.Huber
    assert describe_loss(huber(delta=0.2)) == describe_loss(huber(delta=0.2))
    assert describe_loss(huber(delta=0.2)) != describe_loss(huber(delta=0.3))
    assert describe_loss("huber") == "huber"
    assert describe_loss(absolute) == describe_loss(absolute)


def test_a_loss_defined_anew_under_its_old_name_is_another():
    def define(factor):
        def mine(y, p):
            return factor * absolute(y, p)

        class Mine(keras.losses.Loss):
            def call(self, y, p):
                return mine(y, p)

        return mine, Mine()

    one, other = define(1), define(2)
    for first, second in zip(one, other, strict=True):
        assert describe_loss(first) != describe_loss(second)
