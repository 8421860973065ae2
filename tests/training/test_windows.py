from functools import partial

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from rollcast.preprocessing.anchors import anchor_position
from rollcast.preprocessing.channels import INPUTS
from rollcast.preprocessing.preparation import prepare
from rollcast.preprocessing.series_buffer import capacity, make_buffer
from rollcast.training.plans import chunk_starts, make_plan, window_starts
from rollcast.training.windows import gather
from samples import panel_of, wavy


def gathered(rows, starts, series, **sizes):
    """Windows by one compiled program, as NumPy's arrays."""
    made = jax.jit(partial(gather, **sizes))(rows, starts, series)
    return jax.tree.map(np.asarray, made)


def one_series(length: int) -> tuple[np.ndarray, np.ndarray]:
    offsets = np.array([0, length])
    return offsets, offsets[1:]


@settings(max_examples=60)
@given(st.integers(0, 10**7), st.integers(1, 64))
def test_a_capacity_holds_the_count_and_wastes_at_most_half_of_it(count, least):
    size = capacity(count, least=least)
    assert size >= max(count, least)
    assert size <= max(1.5 * count + 1, least)


def test_there_are_few_capacities():
    assert len({capacity(n) for n in range(1, 100_000)}) < 25


@pytest.mark.parametrize("lag", [1, 4, 7])
def test_the_anchor_is_the_newest_known_value_of_the_same_phase(lag):
    ahead = np.arange(1, 20)
    position = np.asarray(anchor_position(ahead, lag))
    assert (position <= 0).all()
    assert (position > -lag).all()
    assert ((ahead - position) % lag == 0).all()


def slow_gather(filled, observed, first, end, start, spread, *, length, steps, warmup, lag):
    """One window by plain loops over the rows first .. end - 1 of one series."""
    inputs, mask = np.zeros((length, INPUTS)), np.zeros(length, bool)
    targets, weights = np.zeros((length, steps)), np.zeros((length, steps))
    for t in range(length):
        row = start + t
        if not first <= row < end:
            continue
        mask[t] = True
        anchor = filled[max(row - lag, first)] if lag else 0.0
        inputs[t] = filled[row], (filled[row] - anchor) / spread, 1.0 - observed[row]
        if t < warmup and start > first:
            continue
        for k in range(1, steps + 1):
            source = row + k - lag * -(-k // lag) if lag else row
            if row + k < end and source >= first:
                base = filled[source] if lag else 0.0
                targets[t, k - 1] = (filled[row + k] - base) / spread
                weights[t, k - 1] = observed[row + k]
    return inputs, mask, targets, weights


@pytest.mark.parametrize("lag", [0, 1, 5])
@pytest.mark.parametrize("warmup", [0, 2])
def test_gathered_windows_equal_plain_loops(ragged, lag, warmup):
    length, steps = 8, 3
    fitted = prepare(ragged, "standard", log=False, lag=lag, steps=steps)
    ends = ragged.offsets[1:] - np.array([4, 0, 2])
    rows = fitted.buffer(ragged, ends)
    starts, series = chunk_starts(ragged.offsets, ends, length, 5)
    batch = gathered(rows, starts, series, length=length, steps=steps, warmup=warmup)
    filled, observed = fitted.scale(ragged)
    assert len(starts) == 10
    for i, (start, s) in enumerate(zip(starts, series, strict=True)):
        inputs, mask, targets, weights = slow_gather(
            filled,
            observed,
            ragged.offsets[s],
            ends[s],
            start,
            fitted.anchor_error[s],
            length=length,
            steps=steps,
            warmup=warmup,
            lag=lag,
        )
        assert_array_equal(batch.mask[i], mask)
        assert_allclose(np.asarray(batch.inputs[i])[mask], inputs[mask], atol=1e-5)
        assert_allclose(batch.weights[i], weights)
        assert_allclose(np.asarray(batch.targets[i])[weights > 0], targets[weights > 0], atol=1e-5)
        assert np.isfinite(batch.inputs[i]).all()
        assert np.isfinite(batch.targets[i]).all()


def test_no_weight_lies_on_a_row_that_was_not_observed(ragged):
    fitted = prepare(ragged, "standard", log=False, lag=1, steps=1)
    starts, series = chunk_starts(ragged.offsets, ragged.offsets[1:], 8, 0)
    batch = gathered(fitted.buffer(ragged), starts, series, length=8, steps=1, warmup=0)
    # Row 0 of a series is never a target; every other observed row is one, exactly once.
    wanted = sum(int(ragged.mask[rows][1:].sum()) for rows in ragged)
    assert float(np.asarray(batch.weights).sum()) == wanted


def test_a_million_points_and_windows_of_512_stay_index_arithmetic():
    values = wavy(1_000_000)
    rows = make_buffer(
        values.astype(np.float32),
        np.ones(len(values), bool),
        np.array([0, len(values)]),
        np.ones(1, np.float32),
        lag=1,
    )
    starts, series = window_starts(*one_series(len(values)), 512)
    plan, count = make_plan(starts, series, 64, np.random.default_rng(0).permutation(len(starts)))
    assert count == 15617
    held = sum(np.asarray(a).nbytes for a in (*rows, *plan, starts, series))
    assert held < 64e6  # 999,488 windows of 512 values copied out would be 2 GB
    batch = gathered(rows, plan.starts[0], plan.series[0], length=512, steps=1, warmup=0)
    assert_allclose(batch.inputs[5, :, 0], values[plan.starts[0, 5] :][:512], rtol=1e-6)


def test_rows_are_padded_so_that_series_of_like_size_share_a_program(ragged):
    fitted = prepare(ragged, "standard", log=False, lag=5, steps=3)
    rows = fitted.buffer(ragged)
    assert rows.filled.shape == (64,)
    assert rows.begins.shape == (3,)
    assert rows.lag.dtype == np.int32
    assert (float(rows.anchored), int(rows.lag[0])) == (1.0, 5)
    unanchored = prepare(panel_of(wavy(9)), "none", log=False, lag=0, steps=3)
    rows = unanchored.buffer(panel_of(wavy(9)))
    assert (float(rows.anchored), int(rows.lag[0])) == (0.0, 1)
