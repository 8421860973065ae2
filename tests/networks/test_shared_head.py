"""The head that all steps ahead share: what it reads, how it is trained, and what a model with it can do."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import rollcast as rc
from rollcast.errors import ArgumentError
from rollcast.forecasting.rolling_origins import forecast_at, states_at
from rollcast.networks.build import build_network
from rollcast.networks.network import Network, weights_of
from rollcast.networks.shared_head import make_ahead
from rollcast.networks.sizes import Sizes
from rollcast.options import Config
from rollcast.preprocessing.ahead import Ahead, know_ahead, read_ahead
from rollcast.preprocessing.preparation import prepare
from rollcast.training.forecast_task import TrainingMode, forecast_task
from rollcast.training.optimizers import make_optimizer
from rollcast.training.task import Task
from samples import panel_of, rolling, wavy

SEASON, STEPS, RING = 5, 7, 6
PANEL = panel_of(wavy(200), wavy(90, seed=1))
FORM = Ahead(STEPS, SEASON)


def shared(**options: Any) -> Network:
    config = Config(hidden_size=4, head="shared", season_length=SEASON, **options)
    return build_network(
        config, output_size=STEPS, ahead=make_ahead(config, steps=STEPS, ring=RING)
    )


@pytest.mark.parametrize("lag", [1, SEASON])
@pytest.mark.parametrize("warmup", [None, 128])
def test_a_state_knows_of_the_steps_ahead_what_training_does(lag: int, warmup: int | None):
    network = shared()
    rows = prepare(PANEL, "standard", log=False, lag=lag, steps=STEPS).buffer(PANEL)
    origins = rolling([163, 2], 9, 3)
    newest = np.asarray(rows.begins)[origins.series] + origins.row
    read = jax.jit(lambda *given: read_ahead(*given, FORM))
    expected = read(rows, newest[:, None], origins.series)[:, 0]
    groups = states_at(
        network, weights_of(network.model), rows, origins, ring=RING, window=0, warmup=warmup
    )
    know = jax.jit(lambda *given: know_ahead(FORM, *given))
    for group in groups:
        made = know(group.scale, group.state.memory)
        assert_allclose(np.asarray(made)[group.places], expected[group.origins], atol=1e-5)


def test_each_number_known_of_a_step_is_what_its_name_says():
    rows = prepare(PANEL, "standard", log=False, lag=1, steps=STEPS).buffer(PANEL)
    filled, unit = np.asarray(rows.filled), float(rows.anchor_error[1])
    read = jax.jit(lambda *given: read_ahead(*given, FORM))
    made = np.asarray(read(rows, np.array([[200 + 31]]), np.array([1])))[0, 0]
    for k in range(1, STEPS + 1):
        before = 231 + k - SEASON * (1 if k <= SEASON else 2)
        angle = 2 * np.pi * (31 + k) / SEASON
        known = [
            0,
            (filled[before] - filled[231]) / unit,
            np.log1p(k),
            np.sin(angle),
            np.cos(angle),
        ]
        assert_allclose(made[k - 1], known, atol=1e-5)


def test_untrained_it_forecasts_the_anchor():
    network = shared()
    preparation = prepare(PANEL, "standard", log=False, lag=SEASON, steps=STEPS)
    rows = preparation.buffer(PANEL)
    origins = rolling([100, 50], 1, 1)
    made = forecast_at(
        network, weights_of(network.model), rows, origins, h=STEPS, ring=RING, window=0
    )
    for s, newest in enumerate((100, 200 + 50)):
        season = np.asarray(rows.filled)[newest - SEASON + 1 : newest + 1]
        assert_allclose(made[s], np.tile(season, 2)[:STEPS], atol=1e-6)


def task_of(network: Network, **mode: Any) -> Task:
    rows = prepare(PANEL, "standard", log=False, lag=1, steps=STEPS).buffer(PANEL)
    sizes = Sizes(length=40, steps=STEPS, ring=RING, windowed=False, batch_size=4)
    optimizer = make_optimizer("adam", learning_rate=0.01)
    return forecast_task(
        network, optimizer, rows, PANEL.offsets, sizes, TrainingMode(**{"seed": 0} | mode)
    )


def test_origins_are_drawn_anew_in_every_update_without_repetition_and_by_the_seed_alone():
    network = shared()
    tasks = task_of(network), task_of(network), task_of(network, seed=1)
    assert tasks[0].key == tasks[1].key != tasks[2].key
    plan, _ = tasks[0].plan(0)
    batches = [jax.jit(task.batch) for task in tasks]
    drawn = [
        np.asarray(batch(task.data, plan, i).origins)
        for task, batch in zip(tasks, batches, strict=True)
        for i in (0, 1)
    ]
    assert drawn[0].shape == (len(plan.starts[0]), 16)
    assert all(len(set(row)) == 16 for row in drawn[0].tolist())
    assert_array_equal(drawn[0], drawn[2])
    for other in (drawn[1], drawn[4]):
        assert (drawn[0] != other).any()


def test_targets_are_those_of_the_drawn_origins():
    task = task_of(shared())
    plan, _ = task.plan(0)
    batch = jax.jit(task.batch)(task.data, plan, 0)
    rows = task.data
    filled = np.asarray(rows.filled)
    for b, origins in enumerate(np.asarray(batch.origins)):
        s = int(plan.series[0, b])
        for o, origin in enumerate(origins):
            newest = int(plan.starts[0, b]) + int(origin)
            for k in range(STEPS):
                if batch.weights[b, o, k]:
                    change = filled[newest + 1 + k] - filled[newest]
                    target = change / float(rows.anchor_error[s])
                    assert_allclose(batch.targets[b, o, k], target, atol=1e-4)


def test_gradients_reach_every_weight_of_body_and_head():
    network = shared()
    task = task_of(network)
    plan, _ = task.plan(0)
    batch = jax.jit(task.batch)(task.data, plan, 0)
    weights = weights_of(network.model)
    random = np.random.default_rng(0)
    trainable = [np.asarray(w) + 0.1 * random.normal(size=w.shape) for w in weights.trainable]

    def loss(trainable: Any) -> Any:
        made = task.forward(weights._replace(trainable=trainable), batch, ())
        return task.distribution.loss(made.outputs, batch.targets, batch.weights)

    trainable = [w.astype(np.float32) for w in trainable]
    assert all(np.abs(g).max() > 0 for g in jax.jit(jax.grad(loss))(trainable))


@pytest.fixture(scope="module")
def model() -> rc.Forecaster:
    made = rc.Forecaster(
        head="shared", hidden_size=4, h=4, season_length=SEASON, anchor="last", max_epochs=2
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rc.RollcastWarning)
        made.fit(10 + np.asarray(wavy(120)), progress="quiet", final_fit=False)
    return made


def test_a_model_is_saved_and_forecasts_any_horizon_as_before(model: rc.Forecaster, tmp_path: Path):
    model.save(tmp_path / "shared.rollcast")
    again = rc.load(tmp_path / "shared.rollcast")
    longest = model.predict_array(h=11)
    assert_array_equal(again.predict_array(h=11), longest)
    assert_array_equal(model.predict_array(h=3), longest[:, :3])


@pytest.mark.parametrize("options", [{"readout": "ridge"}, {"cell": "esn"}, {"max_epochs": 0}])
def test_what_is_solved_has_no_shared_head(options: dict[str, Any]):
    with pytest.raises(ArgumentError, match='`head="shared"` is trained by gradients'):
        rc.Forecaster(head="shared", **options)


def test_an_activation_is_of_the_linear_head_alone():
    with pytest.raises(ArgumentError, match="`activation` bends"):
        rc.Forecaster(head="shared", activation="tanh")
