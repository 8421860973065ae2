"""The fused kernels, called without XLA, against the slow loop."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from bare import assert_near, assert_near_where_finite, assert_same_bits, named, run
from slow import GATES, Answer, Problem, make_problem, solve

from rollcast.networks.kernels import status
from rollcast.networks.kernels.library import INSTRUCTION_SETS, library

pytestmark = pytest.mark.skipif(not status().active, reason=status().reason)

NATIVE = library()
SETS = [s for i, s in enumerate(INSTRUCTION_SETS) if NATIVE and NATIVE.handle.rollcast_supports(i)]

every_cell = pytest.mark.parametrize("cell", GATES)
every_set = pytest.mark.parametrize("isa", SETS)

ROWS, STEPS = 5, 6
HOLES = np.random.default_rng(1).random((ROWS, STEPS)) > 0.4
MASKS = {
    "none": None,
    "all read": np.ones((ROWS, STEPS), bool),
    "left padding": np.arange(STEPS) >= np.arange(ROWS)[:, None],
    "right padding": np.arange(STEPS) < STEPS - np.arange(ROWS)[:, None],
    "holes": HOLES,
    "a row with nothing": HOLES & (np.arange(ROWS) != 2)[:, None],
    "nothing": np.zeros((ROWS, STEPS), bool),
}
# Several blocks, with work enough for threads.
MANY_ROWS = {"batch": 200, "length": 5, "inputs": 3, "hidden": 40}


@cache
def solved(cell: str, mask: str = "none", **options: int) -> tuple[Problem, Answer]:
    problem = make_problem(cell, mask=MASKS[mask], **options)
    return problem, solve(cell, problem)


def check(cell: str, isa: str, **options) -> None:
    problem, expected = solved(cell, **options)
    assert_near(run(cell, problem, isa), expected)


@every_set
@pytest.mark.parametrize(
    "batch", [*range(1, 9), 11, 12, 13, 23, 24, 25, 47, 48, 49, 64, 67, 96, 97, 200, 800]
)
@every_cell
def test_any_batch(cell, batch, isa):
    check(cell, isa, batch=batch, hidden=20)


@every_set
@pytest.mark.parametrize("length", [1, 2, 13, 64, 130])
@every_cell
def test_any_length(cell, length, isa):
    check(cell, isa, length=length)


@every_set
@pytest.mark.parametrize("inputs", [1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 65])
@every_cell
def test_any_number_of_inputs(cell, inputs, isa):
    check(cell, isa, inputs=inputs)


@every_set
@pytest.mark.parametrize(
    "hidden",
    [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 100, 127, 128, 130, 256],
)
@every_cell
def test_any_number_of_units(cell, hidden, isa):
    check(cell, isa, hidden=hidden)


@every_set
@pytest.mark.parametrize("hidden", [4, 8, 16, 18, 20, 33, 48])
@pytest.mark.parametrize(("batch", "length"), [(1, 1), (1, 5), (2, 4), (8, 1), (3, 3)])
@every_cell
def test_few_rows_whose_weights_are_read_where_they_lie(cell, batch, length, hidden, isa):
    check(cell, isa, batch=batch, length=length, hidden=hidden)


EMPTY = [
    {"batch": 0},
    {"length": 0},
    {"inputs": 0},
    {"hidden": 0},
    {"batch": 0, "hidden": 48},
    {"batch": 100, "length": 0, "hidden": 64},
    {"batch": 0, "length": 0, "inputs": 0, "hidden": 0},
]


@every_set
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("sizes", EMPTY, ids=lambda sizes: " ".join(map(str, sizes.values())))
@every_cell
def test_a_size_may_be_zero(cell, sizes, masked, isa):
    """Results are empty, gradients zero, and states go through."""
    problem = make_problem(cell, **sizes)
    if masked:
        problem = problem._replace(
            mask=np.arange(problem.x.shape[1]) > np.zeros((len(problem.x), 1))
        )
    assert_near(run(cell, problem, isa), solve(cell, problem))


@every_set
@every_cell
def test_a_network_of_the_usual_size(cell, isa):
    check(cell, isa, batch=64, length=13, inputs=1, hidden=128)


@every_set
@pytest.mark.parametrize("seed", range(8))
@every_cell
def test_shapes_drawn_at_random(cell, seed, isa):
    problem, expected = _drawn(cell, seed)
    assert_near(run(cell, problem, isa, threads=2), expected)


@cache
def _drawn(cell: str, seed: int) -> tuple[Problem, Answer]:
    random = np.random.default_rng(seed)
    batch, length, inputs, hidden = (int(n) for n in random.integers(1, [120, 20, 40, 90]))
    mask = random.random((batch, length)) > 0.3
    problem = make_problem(
        cell, batch, length, inputs, hidden, mask=mask, reverse=bool(seed % 2), seed=seed
    )
    return problem, solve(cell, problem)


@every_set
@pytest.mark.parametrize("mask", MASKS)
@every_cell
def test_any_mask(cell, mask, isa):
    check(cell, isa, mask=mask, batch=ROWS, length=STEPS)


@every_set
@pytest.mark.parametrize("mask", ["none", "holes", "left padding"])
@every_cell
def test_reading_from_the_end(cell, mask, isa):
    check(cell, isa, mask=mask, batch=ROWS, length=STEPS, reverse=True)


@every_set
@every_cell
def test_the_number_of_threads_changes_no_bit(cell, isa):
    problem, expected = solved(cell, **MANY_ROWS)
    alone = run(cell, problem, isa)
    assert_near(alone, expected)
    for threads in (2, 3, 7):
        assert_same_bits(run(cell, problem, isa, threads=threads), alone)


@every_set
@pytest.mark.parametrize("hidden", [10, 32])
@every_cell
def test_arrays_may_start_anywhere(cell, hidden, isa):
    problem, _ = solved(cell, hidden=hidden)
    aligned = run(cell, problem, isa)
    for offset in (1, 5):
        assert_same_bits(run(cell, problem, isa, offset=offset), aligned)


@every_set
@pytest.mark.parametrize("hidden", [10, 16])
@pytest.mark.parametrize("batch", [1, 5, 60])
@every_cell
def test_outputs_are_the_same_bits_when_nothing_is_saved(cell, batch, hidden, isa):
    problem, _ = solved(cell, batch=batch, hidden=hidden)
    saving = run(cell, problem, isa)
    plain = run(cell, problem, isa, null={"saved"})
    assert_same_bits(plain, saving._replace(d_x=None, d_states=(), d_weights=()))


@every_set
@every_cell
def test_the_inputs_gradient_may_be_left_out(cell, isa):
    problem, _ = solved(cell, batch=60)
    whole = run(cell, problem, isa)
    assert_same_bits(run(cell, problem, isa, null={"d_x"}), whole._replace(d_x=None))


@every_set
@pytest.mark.parametrize("null", ["d_hs", "d_h_end", "d_c_end", "d_h_end d_c_end"])
@every_cell
def test_a_gradient_that_is_not_given_is_zero(cell, null, isa):
    problem, _ = solved(cell)
    names = null.split()
    zeros = problem._replace(
        d_hs=problem.d_hs * ("d_hs" not in names),
        d_states=tuple(
            d * (n not in names)
            for n, d in zip(("d_h_end", "d_c_end"), problem.d_states, strict=False)
        ),
    )
    ours = run(cell, problem, isa, null=names)
    assert_near(ours, solve(cell, zeros))
    assert_same_bits(ours, run(cell, zeros, isa))


@every_set
@every_cell
def test_rows_do_not_know_of_each_other(cell, isa):
    """Up to the last bits: which rows share a tile is a matter of the batch's size."""
    problem, _ = solved(cell, batch=67, hidden=33)
    whole = run(cell, problem, isa)
    order = np.random.default_rng(2).permutation(67)
    moved = run(cell, _rows(problem, order), isa)
    alone = run(cell, _rows(problem, [40]), isa)
    for name in ("hs", "h", "d_x", "d_h0"):
        np.testing.assert_allclose(named(moved)[name], named(whole)[name][order], atol=1e-6)
        np.testing.assert_allclose(named(alone)[name], named(whole)[name][[40]], atol=1e-6)
    assert_near(moved._replace(d_weights=()), _rows_of_answer(whole, order), 1e-6)
    for a, b in zip(moved.d_weights, whole.d_weights, strict=True):
        assert np.abs(a - b).max() <= 1e-5 * np.abs(b).max()


def _rows(problem: Problem, rows) -> Problem:
    return problem._replace(
        x=problem.x[rows],
        states=tuple(s[rows] for s in problem.states),
        d_hs=problem.d_hs[rows],
        d_states=tuple(d[rows] for d in problem.d_states),
    )


def _rows_of_answer(answer: Answer, rows) -> Answer:
    return Answer(
        answer.hs[rows],
        tuple(s[rows] for s in answer.states),
        answer.d_x[rows],
        tuple(d[rows] for d in answer.d_states),
        (),
    )


# ---- numbers at the ends of what floats hold ----


@every_set
@every_cell
def test_saturated_gates(cell, isa):
    """Sums of hundreds. All are exact, so that no gate's error is one of rounding them."""
    problem = make_problem(cell, 20, 1, 4, 20)
    kernel, recurrent, bias = (np.round(w * 400) / 4 for w in problem.weights)
    problem = problem._replace(
        x=np.round(problem.x * 4) / 4,
        states=(np.round(problem.states[0] * 4) / 4, *problem.states[1:]),
        weights=(kernel, recurrent, bias),
    )
    assert_near(run(cell, problem, isa), solve(cell, problem))


@every_set
@pytest.mark.parametrize("cell", [c for c in GATES if c != "rnn_relu"])
def test_gates_that_are_saturated_by_one_input_step_after_step(cell, isa):
    problem = make_problem(cell, 20, 12, 1, 20)
    kernel, *others = problem.weights
    problem = problem._replace(weights=(kernel * 100, *others))
    assert_near(run(cell, problem, isa), solve(cell, problem))


@every_set
@pytest.mark.parametrize("size", [8.5, 9.5, 20.0, 86.0, 88.0, 90.0, 104.0, 1e4, 3e38])
@every_cell
def test_each_gate_at_its_end(cell, size, isa):
    """A unit in whose sums one gate's is `size` or its negative, among others that are moderate."""
    for gate in range(GATES[cell]):
        for sign in (1, -1):
            problem = make_problem(cell, 3, 1, 1, 10, seed=gate)
            biases = problem.weights[2].reshape(-1, GATES[cell], 10)
            biases[0, gate, 4] = sign * size
            ours, expected = run(cell, problem, isa), solve(cell, problem)
            assert_near(ours, expected)


GRID = np.concatenate([np.linspace(-100, 100, 4001), np.geomspace(1e-30, 10, 1001)])


@every_set
def test_tanh_has_the_precision_of_floats(isa):
    """One unit that only sees its input."""
    problem = make_problem("rnn_tanh", len(GRID), 1, 1, 1)
    one, zero = np.ones((1, 1), np.float32), np.zeros((1, 1), np.float32)
    problem = problem._replace(x=GRID.reshape(-1, 1, 1).astype(np.float32))
    problem = problem._replace(weights=(one, zero, zero[0]))
    h = run("rnn_tanh", problem, isa).hs.ravel()
    np.testing.assert_allclose(h, np.tanh(problem.x.ravel().astype(float)), rtol=4e-7, atol=0)
    assert np.abs(h).max() <= 1


@every_set
def test_sigmoid_has_the_precision_of_floats(isa):
    """One unit whose update gate sees the input, whose candidate is 0 and whose state is 1."""
    problem = make_problem("gru", len(GRID), 1, 1, 1)
    x = np.clip(GRID, -87, None).reshape(-1, 1, 1).astype(np.float32)
    kernel = np.array([[1, 0, 0]], np.float32)
    problem = problem._replace(
        x=x,
        states=(np.ones((len(GRID), 1), np.float32),),
        weights=(kernel, 0 * kernel, np.zeros((2, 3), np.float32)),
    )
    z = run("gru", problem, isa).hs.ravel()
    expected = 1 / (1 + np.exp(-x.ravel().astype(float)))
    np.testing.assert_allclose(z, expected, rtol=0, atol=1.5e-7)
    np.testing.assert_allclose(z, expected, rtol=1e-5, atol=0)
    assert z.max() <= 1


@every_set
@every_cell
def test_the_smallest_numbers(cell, isa):
    """Inputs, states and biases below the normal range of floats, in which 1e-40 has 16 bits."""
    problem = make_problem(cell, hidden=17)
    tiny = np.float32(1e-39)
    problem = problem._replace(
        x=problem.x * tiny,
        states=tuple(s * tiny for s in problem.states),
        weights=(*problem.weights[:2], problem.weights[2] * tiny),
    )
    assert np.abs(problem.x).max() < np.finfo(np.float32).tiny
    assert_near(run(cell, problem, isa), solve(cell, problem))


every_width = pytest.mark.parametrize("hidden", [5, 16, 32])
PLACES = [(c, p) for c in GATES for p in ("x", "h", "c") if p != "c" or c == "lstm"]


def _spoilt(cell: str, place: str, value: float, hidden: int) -> Problem:
    """Row 2 has one number of another kind."""
    problem = make_problem(cell, 7, 4, 3, hidden)
    if place == "x":
        problem.x[2, 1, 0] = value
    else:
        problem.states["hc".index(place)][2, 1] = value
    return problem


@every_set
@every_width
@pytest.mark.parametrize(("cell", "place"), PLACES)
def test_nan_spreads_as_in_the_equations(cell, place, hidden, isa):
    problem = _spoilt(cell, place, np.nan, hidden)
    ours, expected = run(cell, problem, isa), solve(cell, problem)
    assert np.isnan(expected.hs[2]).any()
    assert np.isfinite(np.delete(expected.hs, 2, axis=0)).all()
    for name, a in named(ours).items():
        np.testing.assert_array_equal(np.isnan(a), np.isnan(named(expected)[name]), err_msg=name)
    assert_near_where_finite(ours, expected)


@every_set
@every_width
@pytest.mark.parametrize("value", [np.inf, -np.inf])
@pytest.mark.parametrize(
    ("cell", "place"), [(c, p) for c, p in PLACES if p != "h" or not c.startswith("gru")]
)
def test_infinities_spread_as_in_the_equations(cell, place, value, hidden, isa):
    """The same numbers are finite; which of the others are NaN hangs on gates that are 0 or nearly.

    A GRU's state is never infinite unless it starts so, and then its gates multiply it by 0 or nearly.
    """
    problem = _spoilt(cell, place, value, hidden)
    assert_near_where_finite(run(cell, problem, isa), solve(cell, problem))


@every_set
@every_cell
def test_nan_in_weights_spreads_as_in_the_equations(cell, isa):
    for i in range(3):
        problem = make_problem(cell, hidden=17)
        problem.weights[i].reshape(-1)[3] = np.nan
        ours, expected = run(cell, problem, isa), solve(cell, problem)
        assert np.isnan(expected.hs).any()
        assert_near_where_finite(ours, expected)


@every_set
@pytest.mark.parametrize("hidden", [10, 16])
@pytest.mark.parametrize("value", [np.inf, np.nan])
@every_cell
def test_what_is_not_read_may_be_anything(cell, value, hidden, isa):
    problem = make_problem(cell, ROWS, STEPS, hidden=hidden, mask=HOLES)
    expected = run(cell, problem, isa)
    assert_near(expected, solve(cell, problem))
    problem.x[~HOLES] = value
    ours = run(cell, problem, isa)
    assert all(np.isfinite(a).all() for a in named(ours).values())
    assert_same_bits(ours, expected)
