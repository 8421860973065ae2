"""Fine-tuning and its loss: what is trained on, what counts, and how the optimizer moves."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rollcast.data.seasons import Seasons
from rollcast.networks.pretrained_network import LEVELS, init_weights, pack_weights
from rollcast.preprocessing.scaling import fit_scaler
from rollcast.training import adamw
from rollcast.training.fine_tuning import TuningRows, fine_tune
from rollcast.training.origin_loss import TrainingBatch, origin_loss, scale_batch
from samples import panel_of

ROWS, STEPS = 24, 3
WEIGHTS = init_weights(jax.random.key(0), levels=len(LEVELS), hidden_size=8)


def batch(values: np.ndarray, **changed: Any) -> TrainingBatch:
    """Series (B, 24) without season, each with two origins."""
    B, N = values.shape
    ones = np.ones(B, np.int32)
    made = TrainingBatch(
        values.astype(np.float32),
        np.ones((B, N), bool),
        N * ones,
        Seasons(ones, 0 * ones),
        np.tile([10, N - 2], (B, 1)).astype(np.int32),
    )
    return made._replace(**changed)


def walks(count: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, ROWS)).cumsum(axis=1)


compiled_loss = jax.jit(origin_loss, static_argnums=(2, 3))


def loss(given: TrainingBatch) -> float:
    return float(compiled_loss(WEIGHTS, given, ROWS, STEPS))


def test_the_loss_has_no_unit_and_no_level():
    values = walks()
    assert loss(batch(1000 * values + 50)) == pytest.approx(loss(batch(values)), rel=1e-3)


def test_training_reads_series_in_the_unit_in_which_they_are_forecast():
    values = np.random.default_rng(5).normal(size=(3, 200)).cumsum(axis=1)
    values[2, 60] = 1e6
    missing = np.random.default_rng(6).random((3, 200)) < 0.7
    missing[0], missing[:, 0] = False, False
    told = np.where(missing, np.nan, values)
    scaler = fit_scaler(panel_of(*told), "change", log=False)
    newest = np.maximum.accumulate(np.where(missing, 0, np.arange(200)), axis=1)
    held = np.take_along_axis(values, newest, axis=1)
    scaled, _ = scale_batch(batch(held, observed=~missing))
    expected = (held - held[:, :1]) / scaler.scale[:, None]
    assert_allclose(scaled, expected, rtol=2e-3, atol=1e-3)


def test_rows_behind_the_last_count_for_nothing():
    values = walks()
    short = batch(values, length=np.full(3, 20, np.int32), origins=np.full((3, 2), 12, np.int32))
    later = values.copy()
    later[:, 20:] += 100
    assert loss(short._replace(values=later.astype(np.float32))) == loss(short)
    assert loss(batch(later, origins=short.origins)) != loss(batch(values, origins=short.origins))


def test_missing_values_are_no_targets():
    values, seen = walks(), np.ones((3, ROWS), bool)
    seen[:, 14] = False
    at = batch(values, observed=seen, origins=np.full((3, 2), 12, np.int32))
    other = values.copy()
    other[:, 14] = other[:, 13]  # in either a number stands there, which scales are reckoned by
    first, second = loss(at._replace(values=other.astype(np.float32))), loss(at)
    assert first == pytest.approx(second, rel=0.1)
    full = batch(values, origins=at.origins)
    assert loss(full) != second


@pytest.mark.slow
def test_weights_of_rows_weigh_errors():
    values = walks()
    rows = np.ones((3, ROWS), np.float32)
    assert loss(batch(values, weights=rows)) == pytest.approx(loss(batch(values)))
    rows[:2] = 0
    assert loss(batch(values, weights=rows)) == pytest.approx(loss(batch(values[2:])), rel=1e-4)


def test_what_counts_of_the_near_steps_alone_ends_with_the_fourth():
    values, far, fourth = walks(), walks(), walks()
    far[:, 15:] += 5
    fourth[:, 14:] += 5
    of_near = jax.jit(partial(origin_loss, near=1.0), static_argnums=(2, 3))

    def near(values: np.ndarray) -> float:
        at = batch(values, origins=np.full((3, 2), 10, np.int32))
        return float(of_near(WEIGHTS, at, ROWS, 6))

    assert near(far) == pytest.approx(near(values), rel=1e-3)
    assert near(fourth) > 1.2 * near(values)


def rows_of(values: np.ndarray, ends: np.ndarray | None = None, *, mirrored: bool = False) -> Any:
    S, T = values.shape
    ones = np.ones(S, np.int32)
    begins = np.arange(S) * T
    return TuningRows(
        values.reshape(-1).astype(np.float32),
        begins,
        begins + T if ends is None else ends,
        Seasons(ones, 0 * ones),
        None,
        np.full(S, mirrored),
    )


def tuned(rows: TuningRows, **options: Any) -> np.ndarray:
    made = fine_tune(pack_weights(WEIGHTS), rows, STEPS, 3, **{"seed": 0} | options)
    return np.concatenate([np.asarray(array).reshape(-1) for array in made.trainable])


def test_what_lies_behind_the_end_teaches_nothing():
    values = walks(4)
    later = values.copy()
    later[:, 18:] = 99
    ends = np.arange(4) * ROWS + 18
    assert_array_equal(tuned(rows_of(values, ends)), tuned(rows_of(later, ends)))
    assert not np.array_equal(tuned(rows_of(values)), tuned(rows_of(later)))


def test_turned_series_teach_something_else_and_the_same_seed_the_same():
    values = walks(4)
    assert_array_equal(tuned(rows_of(values)), tuned(rows_of(values)))
    assert not np.array_equal(tuned(rows_of(values)), tuned(rows_of(values, mirrored=True)))


def test_more_rows_are_worth_more_updates():
    few, some, many = (rows_of(np.zeros((count, 500))).updates for count in (2, 300, 5000))
    assert (few, some, many) == (60, 150, 400)
    assert rows_of(np.zeros((3, 4))).updates == 0


def test_it_ends_where_the_listener_has_heard_enough():
    heard: list[int] = []

    def told(number: int, loss: float) -> bool:
        heard.append(number)
        return number < 2

    tuned(rows_of(walks(4)), told=told)
    assert heard == [1, 2]


@pytest.mark.slow
def test_the_optimizer_finds_the_least_square_and_averages_its_way():
    weights = {"w": jnp.zeros((2, 2)), "b": jnp.zeros(2)}
    moments = adamw.start(weights)
    aim = {"w": jnp.full((2, 2), 3.0), "b": jnp.full(2, -1.0)}
    for _ in range(400):
        gradients = jax.tree.map(lambda w, a: w - a, weights, aim)
        weights, moments, norm = adamw.update(weights, moments, gradients, 0.05, 0.9)
    assert_allclose(weights["b"], aim["b"], atol=0.02)
    assert_allclose(moments.averaged["w"], aim["w"], atol=0.05)
    assert float(norm) < 0.1
    assert int(moments.updates) == 400
