"""How unusual a value is by quantiles: between them, beyond them, and where several are equal."""

from statistics import NormalDist

import numpy as np
import pytest
from numpy.testing import assert_allclose

from rollcast.evaluation.anomalies import normal_scores, p_values, values_at
from rollcast.networks.distribution import QUANTILE_LEVELS

NORMAL = np.array([NormalDist().inv_cdf(level) for level in QUANTILE_LEVELS])


def test_of_normal_quantiles_the_scores_are_the_values_in_the_tails_too():
    values = np.array([-6.0, -2.5, -0.3, 0.0, 1.0, 2.326, 5.0])
    quantiles = 10 + 3 * np.tile(NORMAL, (len(values), 1))
    assert_allclose(normal_scores(QUANTILE_LEVELS, quantiles, 10 + 3 * values), values, atol=1e-9)
    assert_allclose(values_at(QUANTILE_LEVELS, quantiles, 4.0), 22.0)


def test_values_are_found_again_by_their_scores_whatever_the_quantiles():
    quantiles = np.cumsum(np.random.default_rng(0).exponential(size=(20, 15)), axis=1)
    for score in (-3.0, -1.1, 0.2, 2.9):
        values = values_at(QUANTILE_LEVELS, quantiles, score)
        assert_allclose(normal_scores(QUANTILE_LEVELS, quantiles, values), score, atol=1e-9)


def test_a_value_that_is_several_quantiles_counts_by_the_one_nearest_to_the_middle():
    levels, quantiles = (0.1, 0.3, 0.5, 0.7, 0.9), np.array([[0.0, 0.0, 1.0, 2.0, 2.0]])
    z = NormalDist().inv_cdf(0.3)
    for value, score in ((0.0, z), (2.0, -z), (-0.1, -np.inf), (2.1, np.inf)):
        assert_allclose(normal_scores(levels, quantiles, np.array([value])), score)


def test_a_missing_value_is_not_judged_and_a_flat_forecast_is_unusual_at_any_other_value():
    flat = np.zeros((3, 15))
    scores = normal_scores(QUANTILE_LEVELS, flat, np.array([np.nan, 0.0, 1e-9]))
    assert_allclose(p_values(scores)[[0, 2]], [np.nan, 0.0])
    assert p_values(scores)[1] > 0.9


def test_p_values_are_two_sided():
    assert_allclose(
        p_values(np.array([1.959964, -1.959964, 2.575829])), [0.05, 0.05, 0.01], rtol=1e-5
    )
    assert p_values(np.array([0.0]))[0] == pytest.approx(1.0)
