"""The negative binomial, held against SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import nbinom, poisson

from rollcast.networks.distribution import QUANTILE_LEVELS
from rollcast.networks.negative_binomial import COUNTED, NegativeBinomial

LEVELS = np.array(QUANTILE_LEVELS)


def drawn(number: int, *, most: float) -> NegativeBinomial:
    random = np.random.default_rng(0)
    mean = np.exp(random.uniform(np.log(1e-3), np.log(most), number))
    return NegativeBinomial(mean, np.exp(random.uniform(np.log(1e-3), np.log(300), number)))


def test_quantiles_are_scipys_of_few_counts_and_of_many():
    some = drawn(2000, most=200)
    r = 1 / some.alpha
    made = some.quantiles(QUANTILE_LEVELS)
    assert_array_equal(made, nbinom.ppf(LEVELS, r[:, None], (r / (r + some.mean))[:, None]))
    # Both by sums and, where a quantile may lie beyond what is summed, by SciPy's inverse.
    furthest = some.mean + 10 * np.sqrt(some.variance)
    assert {(furthest < COUNTED[0]).any(), (furthest > 2 * COUNTED[-1]).any()} == {True}


def test_without_more_spread_it_is_poissons():
    mean = np.array([0.001, 0.7, 3.0, 40.0, 900.0])
    made = NegativeBinomial(mean, np.zeros(5))
    assert_array_equal(made.quantiles(QUANTILE_LEVELS), poisson.ppf(LEVELS, mean[:, None]))
    assert_allclose(made.log_probability(np.full(5, 2.0)), poisson.logpmf(2, mean), rtol=1e-3)
    assert_array_equal(made.variance, mean)


@pytest.mark.parametrize("of_each", [True, False])
def test_probabilities_are_scipys_with_one_alpha_and_with_many(of_each):
    some = drawn(500, most=50)
    alpha = some.alpha if of_each else np.float64(0.4)
    r = 1 / np.broadcast_to(alpha, some.mean.shape)
    y = nbinom.rvs(r, r / (r + some.mean), random_state=1).astype(float)
    made = NegativeBinomial(some.mean, alpha).log_probability(y)
    assert_allclose(made, nbinom.logpmf(y, r, r / (r + some.mean)), rtol=1e-8, atol=1e-9)


def test_a_value_that_is_not_known_has_no_probability():
    made = NegativeBinomial(np.ones(3), np.float64(1.0)).log_probability(np.array([1, np.nan, 0.0]))
    assert np.isnan(made).tolist() == [False, True, False]


def test_the_shape_is_that_of_means_and_alphas_together():
    made = NegativeBinomial(np.full((2, 3), 4.0), np.array([[0.0], [2.0]]))
    assert made.quantiles((0.1, 0.9)).shape == (2, 3, 2)
    assert made.variance.tolist() == [[4.0] * 3, [36.0] * 3]
