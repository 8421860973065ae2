"""The slow loop that the kernels are held against is itself held against central differences."""

import numpy as np
import pytest
import slow
from numpy.testing import assert_allclose, assert_array_equal

from samples import CELL_STEPS

DELTA = 1e-6
HOLES = np.array([[True, False, True], [False, True, True]])


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("cell", slow.CELLS)
def test_slow_gradients_are_central_differences(cell, reverse):
    problem = slow.make_problem(cell, 2, 3, 2, 3, mask=HOLES, reverse=reverse)
    # The bends of relu are further away than the difference reaches.
    problem = problem._replace(
        x=problem.x.astype(np.float64),
        states=tuple(s.astype(np.float64) for s in problem.states),
        weights=tuple(w.astype(np.float64) for w in problem.weights),
    )
    answer = slow.solve(cell, problem)
    pairs = [
        (problem.x, answer.d_x),
        *zip(problem.states, answer.d_states, strict=True),
        *zip(problem.weights, answer.d_weights, strict=True),
    ]
    for array, gradient in pairs:
        differences = np.zeros_like(array)
        for place in np.ndindex(array.shape):
            middle = array[place]
            array[place] = middle + DELTA
            above = slow.loss(cell, problem)
            array[place] = middle - DELTA
            below = slow.loss(cell, problem)
            array[place] = middle
            differences[place] = (above - below) / (2 * DELTA)
        assert_allclose(gradient, differences, atol=1e-8, rtol=1e-7)


@pytest.mark.parametrize(("cell", "field"), [("lstm", "lstm"), ("gru", "gru"), ("rnn_tanh", "rnn")])
def test_slow_steps_are_the_equations_of_the_field(cell, field):
    problem = slow.make_problem(cell, batch=1, length=3)
    answer = slow.solve(cell, problem)
    step, _ = CELL_STEPS[field]
    states = [s[0].astype(np.float64) for s in problem.states]
    weights = [w.astype(np.float64) for w in problem.weights]
    for t in range(3):
        states = step(problem.x[0, t].astype(np.float64), states, weights)
        assert_allclose(answer.hs[0, t], states[0], atol=1e-14)
    for ours, expected in zip(answer.states, states, strict=True):
        assert_allclose(ours[0], expected, atol=1e-14)


def test_slow_relu_and_reset_before_are_their_equations():
    problem = slow.make_problem("rnn_relu", batch=1, length=1)
    W, U, b = (w.astype(np.float64) for w in problem.weights)
    x, h = problem.x[0, 0].astype(np.float64), problem.states[0][0].astype(np.float64)
    expected = np.maximum(x @ W + h @ U + b, 0)
    assert_allclose(slow.solve("rnn_relu", problem).hs[0, 0], expected, atol=1e-14)
    assert (expected == 0).any()
    assert (expected > 0).any()

    problem = slow.make_problem("gru_reset_before", batch=1, length=1)
    (W, U, b), H = (w.astype(np.float64) for w in problem.weights), 10
    x, h = problem.x[0, 0].astype(np.float64), problem.states[0][0].astype(np.float64)
    z, r = np.split(1 / (1 + np.exp(-(x @ W + h @ U + b)[: 2 * H])), 2)
    g = np.tanh((x @ W + b)[2 * H :] + (r * h) @ U[:, 2 * H :])
    assert_allclose(
        slow.solve("gru_reset_before", problem).hs[0, 0], z * h + (1 - z) * g, atol=1e-14
    )


def test_steps_that_are_not_read_change_nothing_and_are_changed_by_nothing():
    problem = slow.make_problem("lstm", 2, 3, mask=HOLES)
    answer = slow.solve("lstm", problem)
    assert_array_equal(answer.hs[0, 1], answer.hs[0, 0])
    assert_array_equal(answer.hs[1, 0], problem.states[0][1])
    assert (answer.d_x[~HOLES] == 0).all()
    problem.x[~HOLES] = np.nan
    assert_array_equal(slow.solve("lstm", problem).d_weights[0], answer.d_weights[0])
