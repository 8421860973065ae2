"""Series of their own width: what counts as evidence, how far all series draw it back, and that coverage evens out."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rollcast.evaluation.central_intervals import LEVELS, ends_of_quantiles
from rollcast.evaluation.conformal import calibrate
from rollcast.evaluation.coverage import measure_coverage
from rollcast.evaluation.evidence import Evidence, equal_share, recency
from rollcast.evaluation.own_widths import OwnWidths, fit_own_widths
from rollcast.forecasting.adaptation import MOST_FACTOR
from rollcast.networks.distribution import POINT, QUANTILE_LEVELS, Quantiles

QUANTILES = Quantiles(QUANTILE_LEVELS)
NORMAL = np.array([NormalDist().inv_cdf(level) for level in QUANTILE_LEVELS])
H = 3
SPREAD = np.exp(np.random.default_rng(0).normal(0, 0.5, 40))
"""Of 40 series, the middle two thirds from 0.6 to 1.6."""


def panel(spread: np.ndarray, starts: int, seed: int) -> Evidence:
    """Independent values of each series' spread, with forecasts that tell of 1."""
    random = np.random.default_rng(seed)
    number = len(spread) * starts
    series = np.repeat(np.arange(len(spread)), starts)
    return Evidence(
        random.normal(0, 1, (number, H)) * spread[series, None],
        np.broadcast_to(NORMAL, (number, H, len(NORMAL))),
        np.ones(number),
        series,
        np.tile(H * np.arange(starts), len(spread)),
    )


def constant(starts: int, sizes: tuple[float, ...] = (2.0, 0.5)) -> tuple[Evidence, np.ndarray]:
    """Values that lie as many times the half of every interval off the point, and the quantiles."""
    number = starts * len(sizes)
    series = np.repeat(np.arange(len(sizes)), starts)
    half = np.where(np.arange(15) < 7, -1.0, np.where(np.arange(15) > 7, 1.0, 0.0))
    quantiles = np.broadcast_to(half, (number, H, 15))
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (number, H))
    actual = signs * np.array(sizes)[series, None]
    time = np.tile(H * np.arange(starts), len(sizes))
    return Evidence(actual, quantiles, np.ones(number), series, time), quantiles


@pytest.mark.parametrize("distribution", [QUANTILES, POINT])
def test_coverage_of_each_series_comes_nearer_to_the_level_and_that_of_all_stays(distribution):
    past, later = panel(SPREAD, 12, 1), panel(SPREAD, 200, 2)
    if distribution is POINT:
        past, later = (one._replace(made=one.made[..., 7:8]) for one in (past, later))
    found = calibrate(past, distribution)
    assert found.own is not None
    assert len(found.own) == 40
    held = []
    for ids in (None, later.series.tolist()):
        ends = ends_of_quantiles(found.quantiles(distribution, later.made, later.unit, ids))
        inside = (later.actual >= ends.low[..., 3]) & (later.actual <= ends.high[..., 3])
        held.append(100 * inside.reshape(40, -1).mean(axis=1))
    pooled, own = (np.abs(each - 80).mean() for each in held)
    assert pooled > 12
    assert own < 8
    assert abs(held[1].mean() - 80) < 2


def test_series_that_are_alike_keep_the_width_of_all():
    kept = [calibrate(panel(np.ones(20), 8, seed), QUANTILES).own is None for seed in range(12)]
    assert sum(kept) >= 11


def test_a_factor_is_the_own_quantile_drawn_back_by_the_windows_that_the_level_needs():
    starts = 24
    evidence, quantiles = constant(starts)
    found = fit_own_widths(evidence, quantiles)
    assert found is not None
    assert found.ids == (0, 1)
    n = starts * equal_share(recency(evidence.series, evidence.time))
    assert 19 < n < 24
    needs = {20: 4, 40: 4, 60: 4, 80: 4, 90: 9, 95: 19}
    for place, level in enumerate(LEVELS[:-1]):
        share = n / (n + needs[level])
        assert_allclose(found.factors[:, place], [2**share, 2**-share])
    assert_array_equal(found.factors[:, -1], found.factors[:, -2])  # 98 % needs 49


def test_a_level_takes_the_factor_of_a_narrower_one_where_it_needs_more_windows():
    found = fit_own_widths(*constant(8))
    assert found is not None
    assert_array_equal(found.factors[:, 4:], np.repeat(found.factors[:, 3:4], 3, axis=1))


def test_series_with_few_windows_and_series_alone_have_the_width_of_all():
    assert fit_own_widths(*constant(4)) is None  # older ones weigh less, so they are fewer than 4
    assert fit_own_widths(*constant(24, (2.0,))) is None
    evidence, quantiles = constant(24)
    short = (evidence.series == 0) | (evidence.time > H * 20)
    found = fit_own_widths(evidence.take(short), quantiles[short])
    assert found is not None
    assert found.ids == (0,)


def test_factors_that_do_not_last_are_not_kept():
    evidence, quantiles = constant(24)
    swapped = evidence.time >= H * 12
    actual = np.where(swapped[:, None], 1 / evidence.actual, evidence.actual)
    assert fit_own_widths(evidence._replace(actual=actual), quantiles) is None


def test_values_on_the_point_or_off_an_interval_without_width_give_bounded_factors():
    evidence, quantiles = constant(24)
    still = evidence._replace(actual=np.where(evidence.series[:, None] == 1, 0.0, evidence.actual))
    found = fit_own_widths(still, quantiles)
    assert found is not None
    assert found.factors.min() >= 1 / MOST_FACTOR
    flat = fit_own_widths(evidence, np.zeros_like(quantiles))
    assert flat is None or np.isfinite(flat.factors).all()


def test_an_unknown_series_has_the_width_of_all_and_ends_never_cross():
    factors = np.array([[3.0, 2.0, 1.0, 1.0, 0.5, 0.5, 0.1]])
    widths = OwnWidths(("a",), factors)
    made = np.broadcast_to(NORMAL, (2, H, 15))
    own, other = widths.apply(made, ["a", "b"])
    assert_array_equal(other, made[1])
    assert_allclose(own[:, 8], 3 * NORMAL[8] * np.ones(H))
    assert (np.diff(own) >= 0).all()
    assert widths.of(["b", "a"]).tolist() == [[1.0] * 7, factors[0].tolist()]


def test_coverage_is_measured_by_own_widths_and_says_how_many_there_are():
    found = calibrate(panel(SPREAD, 12, 1), QUANTILES)
    later = panel(SPREAD[:30], 50, 2)
    told = measure_coverage(found, QUANTILES, later)
    assert told is not None
    assert (told.series, told.own) == (30, 30)
    assert "30 series, 30 of them by a width of their own" in str(told)
    assert told.to_json()["own"] == 30
    assert told[80].measured == pytest.approx(80, abs=2)
