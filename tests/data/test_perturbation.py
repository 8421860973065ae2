from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from rollcast.data.panel import Panel
from rollcast.data.perturbation import KINDS, perturb_after
from samples import panel_of, wavy

ENDS = np.array([40, 70, 5])
POSITIVE = np.array([True, False, False])
SERIES = panel_of(wavy(100), wavy(90, seed=1, gaps=(3, 80)), np.zeros(60))
PANEL = replace(SERIES, weights=np.linspace(1, 2, 250))
STAYS = np.concatenate([np.arange(n) < end for n, end in zip((100, 90, 60), ENDS, strict=True)])


def changed(kind: str, panel: Panel = PANEL) -> Panel:
    return perturb_after(panel, ENDS, kind, positive=POSITIVE, seed=1)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_up_to_the_origin_is_changed_and_the_same_seed_changes_the_same(kind: str):
    one, other = changed(kind), changed(kind)
    for name in ("target", "mask", "weights"):
        assert_array_equal(getattr(one, name)[STAYS], getattr(PANEL, name)[STAYS])
        assert_array_equal(getattr(one, name), getattr(other, name))
    assert one.digest() != PANEL.digest()
    assert_array_equal(one.offsets, PANEL.offsets)


def test_values_become_large_and_take_the_other_sign_but_for_those_of_a_logarithm():
    made = changed("values")
    assert_array_equal(made.mask, PANEL.mask)
    first = made.target[40:100]
    assert (first > 0).all()
    assert first.max() / first.min() > 1e4
    later = made.target[170:190][PANEL.mask[170:190]]
    before = PANEL.target[170:190][PANEL.mask[170:190]]
    assert (later == -before).any()
    assert np.abs(later).max() > 10 * np.abs(before).max()
    assert (later != before).all()
    assert (made.target[195:] != 0).mean() > 0.5


def test_gaps_are_missing_or_not_available_and_some_rows_stay():
    made = changed("gaps")
    later = ~STAYS
    assert made.available is not None
    for share in (np.isnan(made.target), ~made.available, made.mask):
        assert 0.2 < share[later].mean() < 0.5
    assert made.available[STAYS].all()


def test_weights_are_changed_where_there_are_some():
    assert (changed("weights").weights[~STAYS] != PANEL.weights[~STAYS]).all()
    assert changed("weights", SERIES) is SERIES
