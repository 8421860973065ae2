"""How far counts are spread, and whether validation prefers a negative binomial to calibrated quantiles."""

from __future__ import annotations

from dataclasses import replace
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rollcast._types import Float64
from rollcast.errors import DataError
from rollcast.evaluation.dispersion import Dispersion, fit_dispersion, whole_counts
from rollcast.evaluation.evidence import Evidence
from rollcast.evaluation.likelihood import (
    Likelihood,
    choose_likelihood,
    refuse_fractions,
)
from rollcast.evaluation.owners import Owners
from rollcast.networks.distribution import POINT, QUANTILE_LEVELS, Quantiles
from rollcast.networks.negative_binomial import NegativeBinomial
from rollcast.preprocessing.preparation import Preparation
from rollcast.preprocessing.scaling import Scaler
from samples import NAN, panel_of

H = 4
QUANTILES = Quantiles(QUANTILE_LEVELS)
SCORES = np.array([NormalDist().inv_cdf(level) for level in QUANTILE_LEVELS])
EVERY = np.ones(200, bool)


def prepared(number: int) -> Preparation:
    """Each series has a scale of its own."""
    scaler = Scaler(np.linspace(0.1, 1, number), np.linspace(0.7, 3, number), EVERY[:number] < 1)
    return Preparation(scaler, np.ones(number, np.float32), lag=0)


def forecast(
    number: int, windows: int, alpha: Any, *, seed: int = 0, whole: bool = True
) -> tuple[Evidence, Float64, Float64]:
    """Values around means that are known, as told by a network that takes them for normal; they, and the means.

    Args:
        number: of series.
        windows: of each, one after the other.
        alpha: of all, or of each.
        seed: of the draws.
        whole: whether the values are counts; else they are normal as the network says.
    """
    random = np.random.default_rng(seed)
    series, time = np.repeat(np.arange(number), windows), np.tile(np.arange(windows) * H, number)
    mean = random.uniform(0.5, 8, (len(series), H))
    spread = np.broadcast_to(np.asarray(alpha, float), number)[series, None]
    size = np.sqrt(mean + spread * mean**2)
    y = random.normal(mean, size)
    if whole:
        y = 1.0 * random.poisson(mean * random.gamma(1 / spread, spread, mean.shape))
    scaler, owner = prepared(number).scaler, series[:, None]
    made = scaler.forward(mean[..., None] + size[..., None] * SCORES, owner[..., None])
    return Evidence(scaler.forward(y, owner), made, np.ones(len(series)), series, time), y, mean


def choose(evidence: Evidence, option: Any = "auto", counts: bool = True) -> Likelihood:
    number = int(evidence.series.max()) + 1
    rows = [0.0, 3.0, 1.0] if counts else [0.5, 3.0, 1.0]
    known = panel_of(*[rows] * number)
    return choose_likelihood(option, known, evidence, QUANTILES, prepared(number))


def test_it_is_said_of_how_many_series_the_quantiles_are_those_of_counts():
    evidence = forecast(3, 10, 0.5)[0]
    known = panel_of([0.0, 3.0, 1.0], [0.5, 3.0, 1.0], [2.0, 0.0, 1.0])
    found = choose_likelihood("negative_binomial", known, evidence, QUANTILES, prepared(3))
    assert found.told.startswith("negative binomial for 2 of 3 series (alpha ")


@pytest.mark.parametrize("alpha", [0.15, 0.6, 2.5])
def test_the_alpha_that_was_drawn_is_found(alpha):
    found = fit_dispersion(*_of(forecast(200, 10, alpha)), EVERY)
    assert found is not None
    assert found.every
    assert_allclose(found.pooled, alpha, rtol=0.15)
    assert_allclose(np.median(found.alpha), alpha, rtol=0.2)


def test_counts_by_chance_alone_have_next_to_none():
    found = fit_dispersion(*_of(forecast(200, 10, 1e-9)), EVERY)
    assert found is not None
    assert found.pooled < 0.01


def test_a_series_with_many_windows_has_its_own_and_one_with_few_that_of_all():
    alphas = np.array([0.1] * 50 + [3.0] * 50)
    many, few = (fit_dispersion(*_of(forecast(100, n, alphas)), EVERY[:100]) for n in (40, 2))
    assert many is not None
    assert few is not None
    assert 0.1 < np.median(many.alpha[:50]) < 0.2
    assert 2.5 < np.median(many.alpha[50:]) < 3
    apart = np.median(few.alpha[50:]) / np.median(few.alpha[:50])
    assert 1 < apart < 0.5 * np.median(many.alpha[50:]) / np.median(many.alpha[:50])


def test_missing_values_and_series_that_are_no_counts_have_no_part():
    evidence, y, mean = forecast(100, 6, 0.5)
    holes = np.random.default_rng(1).random(y.shape) < 0.3
    counts = EVERY[:100].copy()
    counts[50:] = False
    fewer = fit_dispersion(evidence, mean, np.where(holes, NAN, y), counts)
    y[evidence.series >= 50] = 1e6
    y[holes] = NAN
    same = fit_dispersion(evidence, mean, y, counts)
    assert fewer is not None
    assert same is not None
    assert same.pooled == fewer.pooled
    assert_array_equal(same.alpha, fewer.alpha)
    assert same.ids == tuple(range(50))
    assert not same.every
    assert fit_dispersion(evidence, mean, y * NAN, counts) is None


def test_a_new_series_of_counts_has_the_alpha_of_all_where_all_are_counts():
    ids, each = ["b", "new", "a", "cold"], np.arange(4)
    counts = np.array([True, True, False, False])  # "a" was one when it was fitted
    owners = Owners(replace(prepared(4), counts=counts), ids, each)
    every = Dispersion(("a", "b"), np.array([0.5, 2.0]), 0.7, every=True)
    assert_array_equal(every.of_owners(owners), [2.0, 0.7, 0.5, NAN])
    some = replace(every, every=False)
    assert_array_equal(some.of_owners(owners), [2.0, NAN, 0.5, NAN])
    assert_array_equal(every.of_owners(Owners(prepared(4), ids, each)), [2.0, NAN, 0.5, NAN])


def test_quantiles_of_counts_are_those_around_the_mean_and_whole_in_the_units_of_the_data():
    evidence, _, mean = forecast(3, 1, 0.4)
    dispersion = Dispersion((0, 2), np.array([0.4, 1.0]), 0.6, every=False)
    owners = Owners(prepared(3), range(3), evidence.series)
    own = evidence.made
    made = dispersion.put_around(QUANTILES, own, own, owners)
    values = whole_counts(owners.preparation.restore(made, evidence.series))
    wanted = NegativeBinomial(mean[[0, 2]], np.array([[0.4], [1.0]])).quantiles(QUANTILE_LEVELS)
    assert_array_equal(values[[0, 2]], wanted)
    assert_array_equal(made[1], own[1])


def test_values_that_are_whole_but_for_rounding_are_made_whole_and_others_stay():
    assert whole_counts(np.array([3 - 1e-15, 2.5, 1e-10, 1e-7, 0.1 + 0.2])).tolist() == [
        *(3.0, 2.5, 0.0, 1e-7, 0.1 + 0.2)
    ]


@pytest.mark.parametrize("number", [5, 40])
def test_auto_takes_the_negative_binomial_of_counts_that_are_spread_so(number):
    found = choose(forecast(number, 24, 0.8)[0])
    assert found.dispersion is not None
    assert found.told.startswith("negative binomial (alpha 0.")
    assert "lower" in found.told


@pytest.mark.parametrize("seed", range(5))
def test_auto_keeps_quantiles_that_are_right(seed):
    evidence = forecast(20, 12, 0.8, whole=False, seed=seed)[0]
    assert choose(evidence, counts=False) == Likelihood()
    found = choose(evidence)  # even if the rows before them were counts
    assert found.dispersion is None
    assert found.told.startswith("the network's quantiles, no negative binomial")


def test_what_is_asked_for_is_not_compared():
    evidence = forecast(5, 8, 0.8)[0]
    assert choose(evidence, "quantiles") == Likelihood()
    asked = choose(evidence, "negative_binomial")
    assert asked.dispersion is not None
    assert "validation" not in asked.told


def test_too_few_windows_to_compare_leave_the_quantiles():
    assert choose(forecast(2, 1, 0.8)[0]) == Likelihood()


def test_around_points_levels_are_compared_that_residuals_support():
    evidence, _, mean = forecast(40, 12, 0.8)
    scaler, owner = prepared(40).scaler, evidence.series[:, None]
    points = evidence._replace(made=scaler.forward(mean, owner)[..., None])
    found = choose_likelihood("auto", panel_of(*[[0.0, 3.0]] * 40), points, POINT, prepared(40))
    assert found.dispersion is not None


def test_a_fraction_is_named_where_counts_are_asked_for():
    panel = panel_of([1.0, 2.0], [3.0, NAN, 2.5, -1.0], ids=("a", "b"))
    refuse_fractions(panel, "auto", "sold")
    with pytest.raises(
        DataError, match=r"column 'sold' of series 'b' holds 2.5 in row 3, at 2 \(and 1 more\)"
    ):
        refuse_fractions(panel, "negative_binomial", "sold")


def _of(drawn: tuple[Evidence, Float64, Float64]) -> tuple[Evidence, Float64, Float64]:
    """In the order in which a dispersion is fitted."""
    evidence, y, mean = drawn
    return evidence, mean, y
