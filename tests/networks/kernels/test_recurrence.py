"""The kernels as JAX operations, under its transformations, against the slow loop."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from slow import GATES, Problem, make_problem, solve

from rollcast.errors import ArgumentError
from rollcast.networks.kernels import status
from rollcast.networks.kernels.library import CELLS, registered
from rollcast.networks.kernels.recurrence import recur

pytestmark = pytest.mark.skipif(
    not status().active or jax.default_backend() != "cpu",
    reason=f"the kernels do not run here: {status().reason}",
)

HOLES = np.random.default_rng(0).random((5, 4)) > 0.3
every_cell = pytest.mark.parametrize("cell", GATES)


def loss_of(cell, **options):
    """What has the given d_hs and d_ends for its gradients."""

    def loss(x, states, weights, d_hs, d_ends, mask=None):
        hs, ends = recur(cell, x, states, weights, mask, **options)
        return (hs * d_hs).sum() + sum((s * d).sum() for s, d in zip(ends, d_ends, strict=True))

    return loss


def arguments(problem: Problem):
    """Of a loss."""
    p = problem
    given = (p.x, p.states, p.weights, p.d_hs, p.d_states)
    return jax.tree.map(jnp.asarray, given if p.mask is None else (*given, p.mask))


def results(cell, problem: Problem):
    answer = solve(cell, problem)
    return answer.hs, answer.states


def gradients(cell, problem: Problem):
    answer = solve(cell, problem)
    return answer.d_x, answer.d_states, answer.d_weights


def stacked(trees, axis=0):
    return jax.tree.map(lambda *arrays: np.stack(arrays, axis), *trees)


def assert_near(ours, expected):
    assert jax.tree.structure(ours) == jax.tree.structure(expected)
    pairs = zip(jax.tree.leaves(ours), jax.tree.leaves(expected), strict=True)
    for a, b in [(np.asarray(a), np.asarray(b)) for a, b in pairs]:
        assert a.shape == b.shape
        assert np.abs(a - b).max() <= 1e-5 * np.abs(b).max()


def assert_equal(ours, expected):
    jax.tree.map(assert_array_equal, ours, expected)


ALL = (0, 1, 2)  # x, states, weights


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("mask", [None, HOLES], ids=["whole", "masked"])
@every_cell
def test_outputs_and_gradients_are_those_of_the_slow_loop(cell, mask, reverse):
    problem = make_problem(cell, mask=mask, reverse=reverse)
    x, states, weights, *_ = given = arguments(problem)
    ours = jax.jit(lambda *a: recur(cell, *a, problem.mask, reverse=reverse))
    assert_near(ours(x, states, weights), results(cell, problem))
    step = jax.jit(jax.grad(loss_of(cell, reverse=reverse), ALL))
    assert_near(step(*given), gradients(cell, problem))


@every_cell
def test_jit_changes_no_bit(cell):
    x, states, weights, *_ = arguments(make_problem(cell))
    plain = recur(cell, x, states, weights)
    assert_equal(jax.jit(recur, static_argnums=0)(cell, x, states, weights), plain)


@pytest.mark.parametrize("wanted", [(0,), (1,), (2,), (0, 1), (1, 2)])
def test_gradients_of_some_arguments_alone(wanted):
    problem = make_problem("lstm")
    ours = jax.jit(jax.grad(loss_of("lstm"), wanted))(*arguments(problem))
    assert_near(ours, tuple(gradients("lstm", problem)[i] for i in wanted))


@pytest.mark.parametrize("used", ["hs", "h", "c"])
def test_gradients_of_some_results_alone(used):
    """What nothing hangs on has no gradient, which the kernel is told by an empty array."""
    problem = make_problem("lstm")
    d_h, d_c = problem.d_states
    problem = problem._replace(
        d_hs=problem.d_hs * (used == "hs"), d_states=(d_h * (used == "h"), d_c * (used == "c"))
    )

    def loss(x, states, weights):
        hs, (h, c) = recur("lstm", x, states, weights)
        owed = dict(zip(("hs", "h", "c"), (problem.d_hs, *problem.d_states), strict=True))
        return ({"hs": hs, "h": h, "c": c}[used] * owed[used]).sum()

    ours = jax.jit(jax.grad(loss, ALL))(*arguments(problem)[:3])
    assert_near(ours, gradients("lstm", problem))


# Of inputs, states, weights: over the models or shared by them.
EACH = (0, 0, 0)
AXES = {
    "inputs": (0, None, (None, None, None)),
    "states": (None, 0, (None, None, None)),
    "weights": (None, None, EACH),
    "inputs and weights": (0, None, EACH),
    "all": (0, 0, EACH),
    "kernel alone": (None, None, (0, None, None)),
    "bias and states": (None, 0, (None, None, 0)),
    "other axes": (2, 1, (1, 1, -1)),
}


@pytest.mark.parametrize(
    ("cell", "axes"),
    [*[("lstm", a) for a in AXES], *[("gru", a) for a in ("all", "bias and states")]],
)
def test_vmap_and_grad_in_either_order(cell, axes):
    x_axis, states_axis, weights_axes = AXES[axes]
    drawn = [make_problem(cell, mask=HOLES, seed=seed) for seed in range(3)]
    first = drawn[0]
    models = [
        p._replace(
            x=first.x if x_axis is None else p.x,
            states=first.states if states_axis is None else p.states,
            weights=tuple(
                f if axis is None else w
                for f, w, axis in zip(first.weights, p.weights, weights_axes, strict=True)
            ),
        )
        for p in drawn
    ]
    weights = tuple(
        _spread([p.weights[i] for p in models], axis) for i, axis in enumerate(weights_axes)
    )
    given = (
        _spread([p.x for p in models], x_axis),
        _spread([p.states for p in models], states_axis),
        weights,
        *arguments_of_gradients(models),
        jnp.asarray(HOLES),
    )
    in_axes = (x_axis, states_axis, weights_axes, 0, 0, None)
    slow = [gradients(cell, p) for p in models]

    of_each = jax.jit(jax.vmap(jax.grad(loss_of(cell), ALL), in_axes))(*given)
    assert_near(of_each, stacked(slow))

    summed = jax.jit(jax.grad(lambda *a: jax.vmap(loss_of(cell), in_axes)(*a).sum(), ALL))(*given)
    d_x, d_states, d_weights = stacked(slow)
    expected = (
        _gathered(d_x, x_axis),
        tuple(_gathered(d, states_axis) for d in d_states),
        tuple(_gathered(d, axis) for d, axis in zip(d_weights, weights_axes, strict=True)),
    )
    assert_near(summed, expected)


def arguments_of_gradients(models):
    return stacked([p.d_hs for p in models]), stacked([p.d_states for p in models])


def _spread(trees, axis):
    return trees[0] if axis is None else stacked(trees, axis)


def _gathered(gradient, axis):
    """What is shared owes the sum over the models."""
    return gradient.sum(axis=0) if axis is None else np.moveaxis(gradient, 0, axis)


def test_vmap_over_masks():
    masks = np.random.default_rng(3).random((3, *HOLES.shape)) > 0.4
    problem = make_problem("gru_reset_before")
    step = jax.vmap(jax.grad(loss_of("gru_reset_before"), ALL), (None,) * 5 + (0,))
    ours = jax.jit(step)(*arguments(problem), masks)
    models = [problem._replace(mask=mask) for mask in masks]
    assert_near(ours, stacked([gradients("gru_reset_before", p) for p in models]))


@every_cell
def test_vmap_of_vmap(cell):
    """Three panels of inputs, each under two sets of weights, states for each pair."""
    drawn = [[make_problem(cell, seed=2 * i + j) for j in range(2)] for i in range(3)]
    models = [
        [p._replace(x=row[0].x, weights=q.weights) for p, q in zip(row, drawn[0], strict=True)]
        for row in drawn
    ]
    given = (
        stacked([row[0].x for row in models]),
        stacked([stacked([p.states for p in row]) for row in models]),
        stacked([p.weights for p in models[0]]),
        stacked([stacked([p.d_hs for p in row]) for row in models]),
        stacked([stacked([p.d_states for p in row]) for row in models]),
    )
    one = jax.grad(loss_of(cell), ALL)
    both = jax.vmap(jax.vmap(one, (None, 0, 0, 0, 0)), (0, 0, None, 0, 0))
    expected = stacked([stacked([gradients(cell, p) for p in row]) for row in models])
    assert_near(jax.jit(both)(*given), expected)


@pytest.mark.bits
def test_each_model_of_a_vmap_has_the_bits_it_has_alone():
    models = [arguments(make_problem("lstm", 60, 5, 3, 40, seed=seed)) for seed in range(3)]
    step = jax.grad(loss_of("lstm"), ALL)
    together, alone = jax.jit(jax.vmap(step))(*stacked(models)), jax.jit(step)
    for i, given in enumerate(models):
        assert_equal(jax.tree.map(lambda a, i=i: a[i], together), alone(*given))


def test_inside_scan():
    """Chunks of a long sequence one after the other, the states handed on, with the gradient."""
    problem = make_problem("lstm", length=12)
    x, states, weights, d_hs, d_ends = arguments(problem)

    def by_chunks(x, states, weights):
        def read(states, chunk):
            hs, states = recur("lstm", chunk, states, weights)
            return states, hs

        ends, hs = jax.lax.scan(read, states, jnp.stack(jnp.split(x, 4, axis=1)))
        hs = jnp.concatenate(list(hs), axis=1)
        return (hs * d_hs).sum() + sum((s * d).sum() for s, d in zip(ends, d_ends, strict=True))

    ours = jax.jit(jax.grad(by_chunks, ALL))(x, states, weights)
    assert_near(ours, gradients("lstm", problem))


@every_cell
def test_remat(cell):
    problem = make_problem(cell, mask=HOLES)
    ours = jax.jit(jax.grad(jax.checkpoint(loss_of(cell)), ALL))(*arguments(problem))
    assert_near(ours, gradients(cell, problem))


def test_second_derivatives_are_refused_in_a_sentence():
    x, states, weights, *others = arguments(make_problem("gru"))
    loss = loss_of("gru")

    def slope(weights):
        slopes = jax.grad(loss, 2)(x, states, weights, *others)
        return sum((d**2).sum() for d in slopes)

    message = "first derivatives in reverse mode only"
    for differentiate in (jax.grad(slope), jax.jit(jax.grad(slope)), jax.hessian(slope)):
        with pytest.raises(NotImplementedError, match=message):
            differentiate(weights)


def test_forward_mode_is_refused():
    x, states, weights, *_ = arguments(make_problem("lstm"))
    with pytest.raises(TypeError, match="forward-mode"):
        jax.jvp(lambda x: recur("lstm", x, states, weights)[0], (x,), (x,))


@pytest.mark.parametrize("too_small", ["saved", "work"])
def test_a_buffer_that_is_too_small_is_refused(too_small):
    """Nothing is written where the caller and the library disagree about sizes."""
    x, (h,), weights, *_ = arguments(make_problem("gru"))
    sizes = registered().sizes("gru", 5, 4, 3, 10)
    saved, work = (
        (n - (name == too_small),) for name, n in (("saved", sizes.saved), ("work", sizes.forward))
    )
    shapes = ((5, 4, 10), (5, 10), (0,), saved, work)
    results = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes]
    call = jax.ffi.ffi_call("rollcast_forward", results)
    nothing, no_mask = jnp.zeros(0, jnp.float32), jnp.zeros(0, bool)
    attributes = {"cell": np.int64(CELLS.index("gru")), "save": np.bool_(True)}
    attributes |= {"isa": np.int64(registered().instruction_set), "reverse": np.bool_(False)}
    with pytest.raises(jax.errors.JaxRuntimeError, match="a buffer is too small"):
        jax.block_until_ready(call(x, no_mask, h, nothing, *weights, **attributes))


def test_two_models_that_train_at_once_give_what_each_gives_alone():
    def train(cell: str, seed: int) -> list[np.ndarray]:
        x, states, weights, *others = arguments(make_problem(cell, 64, 10, 3, 48, seed=seed))
        step = jax.jit(jax.grad(lambda w: loss_of(cell)(x, states, w, *others)))
        for _ in range(30):
            weights = jax.tree.map(lambda w, d: w - 1e-4 * d, weights, step(weights))
        return [np.asarray(w) for w in weights]

    tasks = [("lstm", 1), ("gru", 2)]
    alone = [train(*task) for task in tasks]
    with ThreadPoolExecutor(2) as pool:
        together = [f.result() for f in [pool.submit(train, *task) for task in tasks]]
    assert_equal(together, alone)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from Linux")
def test_calls_leave_no_memory_behind():
    given = arguments(make_problem("lstm", 9, 5, 3, 32))
    step = jax.jit(jax.grad(loss_of("lstm"), ALL))

    def resident_megabytes() -> float:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    for _ in range(1000):
        jax.block_until_ready(step(*given))
    before = resident_megabytes()
    for _ in range(10_000):
        jax.block_until_ready(step(*given))
    # Each call makes 40 kB of results and 150 kB of work space.
    assert resident_megabytes() - before < 8


SIZES = ("batch", "length", "inputs", "hidden")


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("empty", SIZES)
@every_cell
def test_an_empty_axis_gives_empty_results_and_zero_gradients(cell, empty, masked):
    problem = make_problem(cell, **{empty: 0})
    if masked:
        problem = problem._replace(mask=np.ones(problem.x.shape[:2], bool))
    x, states, weights, *_ = given = arguments(problem)
    hs, ends = recur(cell, x, states, weights, problem.mask)
    expected = solve(cell, problem)
    assert hs.shape == expected.hs.shape
    ours = ((hs, ends), jax.grad(loss_of(cell), ALL)(*given))
    for a, b in zip(
        jax.tree.leaves(ours),
        jax.tree.leaves((results(cell, problem), gradients(cell, problem))),
        strict=True,
    ):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    if empty == "length":
        assert_equal(ends, states)


@pytest.mark.parametrize("empty", SIZES)
def test_an_empty_axis_under_vmap(empty):
    drawn = [make_problem("gru", **{empty: 0}, seed=seed) for seed in range(3)]
    given = [arguments(p._replace(mask=np.ones(p.x.shape[:2], bool))) for p in drawn]
    ours = jax.vmap(jax.grad(loss_of("gru"), ALL))(*jax.tree.map(jnp.asarray, stacked(given)))
    for a, b in zip(
        jax.tree.leaves(ours),
        jax.tree.leaves(stacked([gradients("gru", p) for p in drawn])),
        strict=True,
    ):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "dtype", [np.float16, np.float64, np.int32, bool, np.complex64, "bfloat16"]
)
@pytest.mark.parametrize(
    "name", ["inputs", "state h", "state c", "kernel", "recurrent_kernel", "bias"]
)
def test_another_type_than_32_bit_floats_is_refused_by_name(name, dtype):
    problem = make_problem("lstm")
    parts = dict(
        zip(
            ("inputs", "state h", "state c", "kernel", "recurrent_kernel", "bias"),
            (problem.x, *problem.states, *problem.weights),
            strict=True,
        )
    )
    parts[name] = parts[name].astype(jnp.dtype(dtype))
    x, h, c, *weights = parts.values()
    with pytest.raises(ArgumentError, match=f"`{name}` must be an array of 32-bit floats; got"):
        recur("lstm", x, (h, c), tuple(weights))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"cell": 3}, "`cell` must be one of"),
        ({"cell": "gru"}, r"`states` of the cell 'gru' must be \(h\); got 2 arrays"),
        ({"inputs": [[[1.0]]]}, "`inputs` must be an array of 32-bit floats; got list"),
        ({"inputs": None}, "`inputs` must be an array of 32-bit floats; got NoneType"),
        ({"inputs": np.zeros((5, 4), "f4")}, r"`inputs` must be of shape \(B, T, F\)"),
        ({"states": ()}, r"`states` of the cell 'lstm' must be \(h, c\); got 0 arrays"),
        ({"states": None}, r"`states` of the cell 'lstm' must be \(h, c\); got None"),
        ({"states": (np.zeros((6, 10), "f4"),) * 2}, r"`state h` must be of shape \(5, 10\)"),
        (
            {"weights": (np.zeros(3, "f4"),) * 2},
            r"`weights` of the cell 'lstm' must be \(kernel, recurrent_kernel, bias\); got 2 arrays",
        ),
        ({"weights": (np.zeros(3, "f4"),) * 3}, r"`kernel` must be of shape \(3, 40\)"),
        ({"mask": np.ones((4, 5), bool)}, r"`mask` must be of shape \(5, 4\)"),
        ({"mask": "all"}, r"`mask` must be of shape \(5, 4\)"),
    ],
)
def test_what_does_not_fit_together_is_refused_by_name(changed, words):
    problem = make_problem("lstm")
    given = {
        "cell": "lstm",
        "inputs": problem.x,
        "states": problem.states,
        "weights": problem.weights,
        "mask": None,
    }
    with pytest.raises(ArgumentError, match=words):
        recur(**{**given, **changed})
