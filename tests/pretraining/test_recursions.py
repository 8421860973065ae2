import numpy as np

from pretraining.recursions import decaying_sum, moving_mean


def test_a_decaying_sum_is_what_the_loop_gives() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((5, 301))
    rate = np.array([0.0, -0.4, 0.5, 0.97, 1.0])
    y, state = np.empty_like(x), np.zeros(5)
    for t in range(x.shape[1]):
        state = rate * state + x[:, t]
        y[:, t] = state
    np.testing.assert_allclose(decaying_sum(x, rate), y, rtol=1e-9, atol=1e-9)


def test_a_moving_mean_is_centred_and_keeps_constants_and_the_number_of_rows() -> None:
    x = np.array([[0.0, 0, 0, 3, 0, 0, 0], [2, 2, 2, 2, 2, 2, 2]])
    expected = [[0, 0, 1, 1, 1, 0, 0], [2] * 7]
    np.testing.assert_allclose(moving_mean(x, 3), expected, atol=1e-12)
    np.testing.assert_allclose(moving_mean(x, 1), x, atol=1e-12)
    assert moving_mean(x, 4).shape == x.shape
