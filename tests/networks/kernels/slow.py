"""The recurrence and its gradient as a loop in NumPy and float64 that anyone can read.

Rows that are not read at a step are left out of it, so that nothing of them can leak into anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from rollcast._types import Array, Float64

States = tuple[Float64, ...]
Back = Callable[..., tuple[Float64, States, States]]


class Problem(NamedTuple):
    """What a layer reads, and the gradients of what it gives; G gates of H units.

    Attributes:
        x: (B, T, F).
        mask: (B, T) or None.
        states: h and, of an LSTM, c: (B, H).
        weights: kernel (F, G H), recurrent kernel (H, G H), bias (G H) or (2, G H).
        reverse: whether the inputs are read from their end.
        d_hs: (B, T, H).
        d_states: (B, H) each, of the last states.
    """

    x: Array
    mask: Array | None
    states: tuple[Array, ...]
    weights: tuple[Array, Array, Array]
    reverse: bool
    d_hs: Array
    d_states: tuple[Array, ...]


class Answer(NamedTuple):
    """h after each step as read, the last states, and gradients in the shapes of what they belong to."""

    hs: Array
    states: tuple[Array, ...]
    d_x: Array | None
    d_states: tuple[Array, ...]
    d_weights: tuple[Array, ...]


def sigmoid(x: Float64) -> Float64:
    return np.exp(-np.logaddexp(0, -x))


def lstm(x: Float64, states: States, weights: States) -> tuple[States, Back]:
    """h, c after an input, and the way back: gradients of those -> of x, of states, of weights."""
    (h, c), (W, U, b) = states, weights
    i, f, g, o = np.split(x @ W + h @ U + b, 4, axis=1)
    i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
    c_new = f * c + i * g
    t = np.tanh(c_new)

    def back(dh: Float64, dc: Float64) -> tuple[Float64, States, States]:
        dc = dc + dh * o * (1 - t**2)
        di, df = dc * g * i * (1 - i), dc * c * f * (1 - f)
        dg, do = dc * i * (1 - g**2), dh * t * o * (1 - o)
        ds = np.concatenate([di, df, dg, do], axis=1)
        return ds @ W.T, (ds @ U.T, dc * f), (x.T @ ds, h.T @ ds, ds.sum(axis=0))

    return (o * t, c_new), back


def gru(x: Float64, states: States, weights: States) -> tuple[States, Back]:
    """The reset gate after the product with h: two biases."""
    (h,), (W, U, b) = states, weights
    xz, xr, xg = np.split(x @ W + b[0], 3, axis=1)
    hz, hr, hg = np.split(h @ U + b[1], 3, axis=1)
    z, r = sigmoid(xz + hz), sigmoid(xr + hr)
    g = np.tanh(xg + r * hg)

    def back(dh: Float64) -> tuple[Float64, States, States]:
        dz, dg = dh * (h - g) * z * (1 - z), dh * (1 - z) * (1 - g**2)
        dr = dg * hg * r * (1 - r)
        of_x = np.concatenate([dz, dr, dg], axis=1)
        of_h = np.concatenate([dz, dr, dg * r], axis=1)
        d_bias = np.stack([of_x.sum(axis=0), of_h.sum(axis=0)])
        return of_x @ W.T, (dh * z + of_h @ U.T,), (x.T @ of_x, h.T @ of_h, d_bias)

    return (z * h + (1 - z) * g,), back


def gru_reset_before(x: Float64, states: States, weights: States) -> tuple[States, Back]:
    """The reset gate before the product with h: one bias."""
    (h,), (W, U, b) = states, weights
    H = h.shape[1]
    xz, xr, xg = np.split(x @ W + b, 3, axis=1)
    Uz, Ur, Ug = U[:, :H], U[:, H : 2 * H], U[:, 2 * H :]
    z, r = sigmoid(xz + h @ Uz), sigmoid(xr + h @ Ur)
    g = np.tanh(xg + (r * h) @ Ug)

    def back(dh: Float64) -> tuple[Float64, States, States]:
        dz, dg = dh * (h - g) * z * (1 - z), dh * (1 - z) * (1 - g**2)
        d_reset = dg @ Ug.T
        dr = d_reset * h * r * (1 - r)
        ds = np.concatenate([dz, dr, dg], axis=1)
        d_recurrent = np.concatenate([h.T @ dz, h.T @ dr, (r * h).T @ dg], axis=1)
        d_h = dh * z + d_reset * r + dz @ Uz.T + dr @ Ur.T
        return ds @ W.T, (d_h,), (x.T @ ds, d_recurrent, ds.sum(axis=0))

    return (z * h + (1 - z) * g,), back


def rnn_tanh(x: Float64, states: States, weights: States) -> tuple[States, Back]:
    return _elman(x, states, weights, np.tanh, lambda h: 1 - h**2)


def rnn_relu(x: Float64, states: States, weights: States) -> tuple[States, Back]:
    return _elman(x, states, weights, lambda s: np.maximum(s, 0), None)


def _elman(x: Float64, states: States, weights: States, activation: Any, slope: Any) -> Any:
    (h,), (W, U, b) = states, weights
    h_new = activation(x @ W + h @ U + b)

    def back(dh: Float64) -> tuple[Float64, States, States]:
        ds = dh * slope(h_new) if slope else np.where(h_new > 0, dh, 0)
        return ds @ W.T, (ds @ U.T,), (x.T @ ds, h.T @ ds, ds.sum(axis=0))

    return (h_new,), back


CELLS: dict[str, Callable[[Float64, States, States], tuple[States, Back]]] = {
    "lstm": lstm,
    "gru": gru,
    "gru_reset_before": gru_reset_before,
    "rnn_tanh": rnn_tanh,
    "rnn_relu": rnn_relu,
}
GATES = {"lstm": 4, "gru": 3, "gru_reset_before": 3, "rnn_tanh": 1, "rnn_relu": 1}


def solve(cell: str, problem: Problem) -> Answer:
    """The whole sequence forward, then backward."""
    with np.errstate(invalid="ignore"):  # infinities and NaN are read on purpose
        return _solve(cell, problem)


def _solve(cell: str, problem: Problem) -> Answer:
    x = problem.x.astype(np.float64)
    B, T, _ = x.shape
    read = np.ones((B, T), bool) if problem.mask is None else problem.mask
    weights = tuple(w.astype(np.float64) for w in problem.weights)
    states = [s.astype(np.float64) for s in problem.states]
    times = range(T)[::-1] if problem.reverse else range(T)

    hs, backs = [], []
    for t in times:
        rows = read[:, t]
        after, back = CELLS[cell](x[rows, t], tuple(s[rows] for s in states), weights)
        states = [_with(s, rows, new) for s, new in zip(states, after, strict=True)]
        hs.append(states[0])
        backs.append((t, rows, back))

    d_x = np.zeros_like(x)
    d_states = [d.astype(np.float64) for d in problem.d_states]
    d_weights = [np.zeros_like(w) for w in weights]
    for step in reversed(range(T)):
        t, rows, back = backs[step]
        d_states[0] = d_states[0] + problem.d_hs[:, step]
        d_x[rows, t], d_before, d_step = back(*[d[rows] for d in d_states])
        d_states = [_with(d, rows, new) for d, new in zip(d_states, d_before, strict=True)]
        d_weights = [total + d for total, d in zip(d_weights, d_step, strict=True)]
    outputs = np.stack(hs, axis=1) if hs else np.zeros((B, 0, states[0].shape[1]))
    return Answer(outputs, tuple(states), d_x, tuple(d_states), tuple(d_weights))


def _with(a: Float64, rows: Array, new: Float64) -> Float64:
    a = a.copy()
    a[rows] = new
    return a


def loss(cell: str, problem: Problem) -> float:
    """What has the problem's d_hs and d_states for its gradients."""
    answer = solve(cell, problem)
    ends = zip(answer.states, problem.d_states, strict=True)
    return float((answer.hs * problem.d_hs).sum() + sum((s * d).sum() for s, d in ends))


def make_problem(
    cell: str,
    batch: int = 5,
    length: int = 4,
    inputs: int = 3,
    hidden: int = 10,
    *,
    mask: Any = None,
    reverse: bool = False,
    seed: int = 0,
) -> Problem:
    """Numbers of the size that a trained network has."""
    random = np.random.default_rng(seed)

    def draw(*shape: int, size: float = 1.0) -> Array:
        return (random.standard_normal(shape) * size).astype(np.float32)

    B, T, F, H, G = batch, length, inputs, hidden, GATES[cell]
    count = 2 if cell == "lstm" else 1
    kernel, recurrent = (
        draw(F, G * H, size=max(F, 1) ** -0.5),
        draw(H, G * H, size=max(H, 1) ** -0.5),
    )
    bias = draw(2, G * H, size=0.1) if cell == "gru" else draw(G * H, size=0.1)
    return Problem(
        x=draw(B, T, F),
        mask=mask,
        states=tuple(draw(B, H, size=0.5) for _ in range(count)),
        weights=(kernel, recurrent, bias),
        reverse=reverse,
        d_hs=draw(B, T, H),
        d_states=tuple(draw(B, H) for _ in range(count)),
    )
