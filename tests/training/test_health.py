from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from tasks import linear, make_task, run_epochs

from rollcast.training import health
from rollcast.training.run import Epoch
from rollcast.training.task import Validation


def epochs(
    losses: Sequence[float], maes: Sequence[float] = (), output_deviation: float = 1.0
) -> list[Epoch]:
    maes = maes or [math.nan] * len(losses)
    return [
        Epoch(loss, loss, loss, Validation(mae, mae, mae), output_deviation, 0.1)
        for loss, mae in zip(losses, maes, strict=True)
    ]


def test_a_loss_that_is_no_number_is_named_with_its_remedy():
    for loss in (math.nan, math.inf):
        sentence = health.not_finite(epochs([loss])[0], 4)
        assert sentence is not None
        assert sentence.startswith(f"The loss became {loss} in epoch 4,")
        assert "lower the learning rate" in sentence
    assert health.not_finite(epochs([1.0])[0], 4) is None


def test_a_constant_output_is_dead_after_three_epochs():
    assert health.dead_output(epochs([0.375] * 2, output_deviation=0.0)) is None
    assert health.dead_output(epochs([0.375] * 3, output_deviation=0.01)) is None
    assert (
        health.dead_output(epochs([0.0] * 3, output_deviation=0.0)) is None
    )  # constant, and right
    sentence = health.dead_output([*epochs([1.0]), *epochs([0.375] * 3, output_deviation=0.0)])
    assert sentence is not None
    assert sentence.startswith("The network's output is dead: it was constant for 3 epochs")
    assert "(loss 0.3750)" in sentence
    assert 'activation="linear"' in sentence


def test_a_loss_that_does_not_fall_is_named():
    assert health.no_progress(epochs([1.0] * 11)) is None
    assert health.no_progress(epochs([1.0] * 11 + [0.99])) is None
    assert health.no_progress(epochs([0.0] * 20)) is None  # nothing to learn, and nothing wrong
    sentence = health.no_progress(epochs([1.0] * 12))
    assert sentence is not None
    assert "raise the learning rate" in sentence


def test_overfitting_is_named_by_its_best_epoch():
    losses = [10.0 - i for i in range(8)]
    rising = [3.0, 2.0, 1.0, *[1.5] * 5]
    sentence = health.overfitting(epochs(losses, rising), 3)
    assert sentence is not None
    assert sentence.startswith(
        "The network overfits after epoch 3: its validation error rose from 1 to 1.5"
    )
    assert "dropout or more data would help" in sentence
    assert health.overfitting(epochs(losses, [3.0, 2.0, 1.0, *[1.5] * 4, 1.2]), 3) is None
    assert health.overfitting(epochs([1.0] * 8, rising), 3) is None  # the loss does not fall
    assert health.overfitting(epochs(losses[:7], rising[:7]), 3) is None  # too soon to say
    assert health.overfitting(epochs(losses), 3) is None  # no validation


def test_a_relu_that_died_is_named_once():
    dead = linear(activation="relu", bias_initializer="zeros")
    dead.set_weights([0 * dead.get_weights()[0], dead.get_weights()[1] - 9])
    run = run_epochs(make_task(dead), 6)
    (sentence,) = run.warnings
    assert sentence.startswith("The network's output is dead")


@pytest.mark.parametrize("value", [0.37, 1000.0])
def test_any_other_constant_is_dead_too(value: float):
    stuck = linear(kernel_constraint=lambda w: 0 * w)
    stuck.set_weights([0 * stuck.get_weights()[0], stuck.get_weights()[1] + value])
    run = run_epochs(make_task(stuck, learning_rate=1e-3), 4)
    assert any("output is dead" in w for w in run.warnings)


def test_a_live_network_is_not_called_dead_however_narrow_its_outputs():
    model = linear()
    kernel, bias = model.get_weights()
    model.set_weights([kernel * 1e-4, bias + 0.5])
    assert run_epochs(make_task(model, learning_rate=1e-12), 4).warnings == ()


def test_a_rate_too_low_makes_no_progress_and_that_is_named_once():
    (sentence,) = run_epochs(make_task(linear(), learning_rate=1e-12), 13).warnings
    assert sentence.startswith("Training made no progress")
