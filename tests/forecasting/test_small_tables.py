"""Small tables are forecast by NumPy as by compiled programs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from rollcast._types import Float32, Float64
from rollcast.data.panel import Panel
from rollcast.data.seasons import SeasonCycles
from rollcast.forecasting.pretrained_model import pretrained_model
from rollcast.forecasting.rollout import forecast_params
from rollcast.forecasting.small_tables import (
    A_ROW,
    MOST_SERIES,
    MOST_WORK,
    forecast_small,
    is_small,
)
from rollcast.networks.pretrained_weights import load_pretrained
from rollcast.preprocessing.seasonal_transform import SEASONAL
from samples import NAN, panel_of

NETWORK = load_pretrained()


def walk(length: int, seed: int, period: int = 0) -> Float64:
    random = np.random.default_rng(seed)
    season = 10 * np.sin(np.arange(length) * 2 * np.pi / period) if period else 0
    return 50 + random.normal(size=length).cumsum() + season


def gapped(values: Float64, seed: int) -> Float64:
    made = values.copy()
    missing = np.random.default_rng(seed).random(len(made)) < 0.2
    made[1:][missing[1:]] = NAN
    return made


def small(panel: Panel, cycles: SeasonCycles, h: int, **options: Any) -> Float32:
    model = pretrained_model(NETWORK, cycles, h, **options)
    return forecast_small(NETWORK, model.prepare_new(panel), panel, h)


def compiled(panel: Panel, cycles: SeasonCycles, h: int, **options: Any) -> tuple[Any, Float64]:
    """The same by compiled programs, and how far each may be from it (S, h, Q).

    The kernels reckon sigmoid and tanh by polynomials that are right to about a millionth, row after row, and the head
    multiplies what comes of it by the root of the steps ahead, or by more where quantiles lie farther from the median.
    Beside that there is rounding.
    """
    model = pretrained_model(NETWORK, cycles, h, **options)
    state = model.read_again(panel, model.prepare_new(panel))
    scale = state.preparation.anchor_scale(np.arange(len(state)))
    memory = state.network_state.memory
    made = forecast_params(NETWORK, model.weights, scale, state.network_state, h)
    ends = np.array([[[0.0, 1.0]]], np.float32).repeat(len(state), axis=0)
    unit = np.diff(np.asarray(SEASONAL.place(scale, memory, ends)), axis=2)
    root = np.sqrt(np.arange(1, h + 1))[:, None]
    median = made[:, :, made.shape[2] // 2, None]
    multiplied = np.maximum(root * unit, np.abs(made - median))
    rounding = 6 * np.spacing(np.abs(made).max(axis=(1, 2), keepdims=True))
    return made, 1e-5 * unit + 3e-6 * multiplied + rounding


MIXED = [
    walk(300, 0, 24),
    gapped(walk(47, 1), 1),
    walk(400, 2, 168),
    gapped(walk(120, 3, 24), 3),
    [7.0],
]
SHARES = np.clip(gapped(walk(90, 6) / 50, 6), 0, 1)
TREND = 3.0 * np.arange(3000) + walk(3000, 7, 24) + 30 * (np.arange(3000) % 168 < 48)

PANELS: dict[str, tuple[list[Any], SeasonCycles, int, dict[str, Any]]] = {
    "no season": (MIXED, SeasonCycles(()), 5, {}),
    "a year of months": ([walk(80, 4, 12), gapped(walk(31, 5, 12), 5)], SeasonCycles((12,)), 18, {}),
    "days and weeks of some": (MIXED, SeasonCycles((24, 168)), 96, {}),
    "named seasons that are not whole": (MIXED, SeasonCycles((6, 100)), 30, {}),
    "bounds": ([SHARES, walk(70, 8) - 60], SeasonCycles((12,)), 12, {"bounds": (None, 1.0), "log": False}),
    "never negative": ([np.r_[SHARES, 0.0], walk(70, 8) - 80], SeasonCycles((12,)), 12, {"bounds": "auto"}),
    "a constant, small and large numbers": (
        [np.full(30, 4.0), 1e-9 * walk(50, 9), 1e9 * walk(60, 10)], SeasonCycles((12,)), 7, {}
    ),
    "a trend of many rows": ([TREND], SeasonCycles((24, 168)), 48, {"log": False}),
    "missing at both ends": ([[NAN, NAN, *walk(40, 11, 12), NAN]], SeasonCycles((12,)), 6, {}),
}  # fmt: skip


@pytest.mark.parametrize("name", PANELS)
def test_quantiles_equal_those_of_compiled_programs(name: str):
    series, cycles, h, options = PANELS[name]
    panel = panel_of(*series)
    expected, far = compiled(panel, cycles, h, **options)
    made = small(panel, cycles, h, **options)
    assert made.dtype == np.float32
    assert made.shape == expected.shape == (len(series), h, 15)
    assert (np.abs(made - expected) <= far).all(), (np.abs(made - expected) / far).max(axis=(1, 2))


def test_forecasts_are_held_within_the_bounds_exactly():
    series, cycles, h, options = PANELS["bounds"]
    panel = panel_of(*series)
    preparation = pretrained_model(NETWORK, cycles, h, **options).prepare_new(panel)
    made = preparation.restore(small(panel, cycles, h, **options), np.arange(2))
    assert made[0].max() == 1.0
    assert made[1].max() < 1.0


def test_a_series_has_one_forecast_alone_among_others_and_in_any_order():
    cycles = SeasonCycles((24, 168))
    together = small(panel_of(*MIXED), cycles, 24)
    turned = small(panel_of(*MIXED[::-1]), cycles, 24)[::-1]
    np.testing.assert_allclose(turned, together, atol=2e-5, rtol=1e-6)
    for s, values in enumerate(MIXED):
        alone = small(panel_of(values), cycles, 24)[0]
        np.testing.assert_allclose(alone, together[s], atol=2e-5, rtol=1e-6)


def test_the_same_table_has_the_same_bits_and_fewer_steps_are_the_first_of_more():
    cycles, panel = SeasonCycles((24, 168)), panel_of(*MIXED)
    made = small(panel, cycles, 24)
    assert_array_equal(small(panel, cycles, 24), made)
    assert_array_equal(small(panel, cycles, 96)[:, :24], made)


def test_the_size_and_the_horizon_tell_which_table_is_small():
    rows = MOST_WORK // (1 + A_ROW)
    assert is_small(panel_of(np.zeros(rows)), NETWORK, 96)
    assert not is_small(panel_of(np.zeros(rows + 1)), NETWORK, 96)
    assert not is_small(panel_of(np.zeros(rows), [0.0]), NETWORK, 96)
    assert not is_small(panel_of(np.zeros(9)), NETWORK, 97)
    assert is_small(panel_of(*[[1.0]] * MOST_SERIES), NETWORK, 96)
    assert not is_small(panel_of(*[[1.0]] * (MOST_SERIES + 1)), NETWORK, 96)
