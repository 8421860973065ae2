from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rollcast.evaluation.diagnosis.periods import bridge, common, gained, share_at, strongest

NAN = float("nan")


def sines(cycles: float, h: int, phases: int = 16) -> np.ndarray:
    phase = np.linspace(0, 2 * np.pi, phases, endpoint=False)
    return np.sin(2 * np.pi * cycles * np.arange(h) / h + phase[:, None])


@pytest.mark.parametrize("h", [12, 24, 48, 301])
@pytest.mark.parametrize("cycles", [2.3, 3.0, 4.5])
def test_a_sine_has_its_number_of_cycles_at_any_phase_level_slope_and_size(h, cycles):
    windows = 1e-6 * sines(cycles, h) + 5 + 1e-5 * np.arange(h)
    found = strongest(windows)
    assert_allclose(found.number, cycles, atol=0.06)
    assert (found.share > 0.98).all()
    assert_allclose(share_at(windows, np.full(len(windows), cycles)), 1.0)


def test_noise_passes_as_a_cycle_about_as_seldom_as_it_should():
    for h in (8, 12, 24, 48, 200):
        noise = np.random.default_rng(0).normal(size=(3000, h))
        assert np.isfinite(strongest(noise).number).mean() < 0.01


def test_a_line_a_constant_and_too_few_rows_have_no_cycle():
    for windows in (np.ones((1, 24)), np.arange(24.0)[None], sines(2, 5), np.full((1, 24), NAN)):
        assert np.isnan(strongest(windows).number).all()


def test_more_windows_than_one_group_come_back_in_order():
    windows = np.concatenate([sines(3, 24, 1500), sines(5, 24, 1500)])
    number = strongest(windows).number
    assert_allclose(number[:1500], 3, atol=0.1)
    assert_allclose(number[1500:], 5, atol=0.1)


def test_what_most_windows_have_in_common_is_the_series_cycle():
    noise = np.random.default_rng(0).normal(size=(16, 48))
    mixed = sines(4, 48)
    mixed[::3] = noise[::3]
    number, share = common(np.stack([mixed, noise]), 0.5)
    assert_allclose(number[0], 4, atol=0.05)
    assert share[0] > 0.9
    assert np.isnan(number[1])


def test_the_phase_that_is_gained_is_that_of_the_other_period():
    ours, theirs = sines(4.2, 96), sines(4.0, 96)
    assert_allclose(gained(ours, theirs, np.full(16, 4.0)), 0.1, atol=0.02)
    assert_allclose(gained(theirs, ours, np.full(16, 4.0)), -0.1, atol=0.02)
    shifted = np.roll(theirs, 5, axis=1)
    assert_allclose(gained(shifted, theirs, np.full(16, 4.0)), 0.0, atol=1e-9)


def test_gaps_are_bridged_and_windows_with_too_many_left_out():
    windows = np.array([[NAN, 1.0, NAN, 3.0, 4.0, 5, 6, 7, 8, 9], [NAN] * 3 + [1.0] * 7])
    filled = bridge(windows)
    assert_array_equal(filled[0], [1, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    assert np.isnan(filled[1]).all()
