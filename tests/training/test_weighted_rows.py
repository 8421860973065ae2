"""Weights of rows: how much each counts in the loss, in validation, in a solved readout."""

from dataclasses import replace
from functools import partial

import jax
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rollcast.networks.losses import weighted_loss
from rollcast.networks.ridge import Block, sum_moments
from rollcast.preprocessing.preparation import prepare
from rollcast.training.windows import gather
from samples import NAN, panel_of, wavy

PANEL = panel_of(wavy(30, seed=1, gaps=[4]), wavy(30, seed=2), wavy(30, seed=3), wavy(30, seed=4))
FITTED = prepare(PANEL, "standard", log=False, lag=1, steps=3)
STARTS, SERIES = PANEL.offsets[:-1] + 2, np.arange(4)


def batch_of(weights, series=SERIES):
    rows = FITTED.buffer(replace(PANEL, weights=weights))
    read = jax.jit(partial(gather, length=16, steps=3, warmup=0))
    return read(rows, STARTS[series], series)


@pytest.mark.parametrize("name", ["rmse", "mae", "huber"])
def test_a_weight_of_nothing_leaves_series_out_of_the_loss(name: str):
    loss = weighted_loss(name)
    weights = np.repeat([1.0, 0.0, 1.0, 0.0], 30)
    some, plain = batch_of(weights), batch_of(None, np.array([0, 2]))
    outputs = np.random.default_rng(0).normal(size=some.targets.shape).astype(np.float32)
    one = loss(some.targets, outputs, some.weights)
    assert_allclose(one, loss(plain.targets, outputs[::2], plain.weights), rtol=1e-6)
    moved = outputs + 100 * np.array([0, 1, 0, 1], np.float32)[:, None, None]
    assert_array_equal(one, loss(some.targets, moved, some.weights))


def test_equal_weights_of_any_size_are_none():
    assert_array_equal(batch_of(np.full(120, 7.0)).weights, batch_of(None).weights)


def test_weights_have_the_mean_one_before_the_end_that_is_trained_on():
    weights = np.random.default_rng(0).uniform(0, 5, 120)
    weights[:4] = 0
    ends = PANEL.offsets[1:] - 10
    rows = FITTED.buffer(replace(PANEL, weights=weights), ends)
    trained = PANEL.mask & (np.arange(120) % 30 < 20)
    assert_allclose(np.asarray(rows.counts)[:120][trained].mean(), 1, rtol=1e-6)
    assert np.asarray(rows.counts)[4] == 0  # not observed
    assert_array_equal(np.asarray(rows.observed)[:120], PANEL.mask)  # what the network reads


def test_a_weighted_sum_of_moments_counts_rows_so_many_times():
    random = np.random.default_rng(0)
    x, y, times = (
        random.normal(size=(50, 4)),
        random.normal(size=(50, 2)),
        random.integers(1, 4, 50),
    )
    weighed = sum_moments(
        [Block(x[:20], y[:20], times[:20] * 1.0), Block(x[20:], y[20:], times[20:] * 1.0)]
    )
    repeated = sum_moments([Block(np.repeat(x, times, axis=0), np.repeat(y, times, axis=0))])
    assert weighed is not None
    assert repeated is not None
    for name in vars(weighed):
        assert_allclose(getattr(weighed, name), getattr(repeated, name), atol=1e-12, err_msg=name)


def test_missing_values_have_no_weight():
    panel = replace(panel_of([1, NAN, 3, 4]), weights=np.array([1.0, 2, 3, 2]))
    rows = prepare(panel, "none", log=False, lag=1, steps=1).buffer(panel)
    assert_array_equal(np.asarray(rows.counts)[:4], [0.5, 0, 1.5, 1])
