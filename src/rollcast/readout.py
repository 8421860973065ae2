"""Readout: the last linear layer, solved by ridge regression on the features that the recurrence gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from rollcast._types import Array, Float32, Float64, Int64
from rollcast.backend import load_keras
from rollcast.building import build_head
from rollcast.networks import Network, Weights
from rollcast.plans import window_starts
from rollcast.programs import compiled
from rollcast.windows import Rows, capacity, gather

PENALTIES = tuple(10.0**power for power in range(-15, 0))
"""Ridge penalties that are tried, in units of the features' largest variance."""

WASHOUT = 100
"""First rows of a series that are read and not fitted, a tenth of it at most: the zero state has to fade."""

READ_ROWS = 512
"""Rows that one call of the reading program takes."""

GROUP = 32
"""Series that are read side by side."""

WINDOWS = 1024
"""Windows that are read side by side in the window reading."""


class Readout(NamedTuple):
    """A linear layer.

    Attributes:
        kernel: (D, K)
        bias: (K,)
    """

    kernel: Float32
    bias: Float32

    def head(self, steps: int) -> Readout:
        """The layer for the first ``steps`` outputs alone."""
        return Readout(self.kernel[:, :steps], self.bias[:steps])


@dataclass(frozen=True, eq=False)
class Moments:
    """What least squares need to know of features (N, D) and targets (N, K), in float64.

    Attributes:
        count: N.
        features: (D,) mean.
        targets: (K,) mean.
        scatter: (D, D) covariance of the features.
        cross: (D, K) covariance of features and targets.
    """

    count: int
    features: Float64
    targets: Float64
    scatter: Float64
    cross: Float64


@dataclass(frozen=True, eq=False)
class Ridge:
    """The readouts of every penalty, from one eigendecomposition.

    Attributes:
        moments: what is fitted.
        variances: (D,) eigenvalues of the scatter, ascending.
        directions: (D, D) its eigenvectors, in columns.
    """

    moments: Moments
    variances: Float64
    directions: Float64

    @classmethod
    def of(cls, moments: Moments) -> Ridge:
        """Decompose once."""
        with threadpool_limits(1, user_api="blas"):
            variances, directions = np.linalg.eigh(moments.scatter)
        return cls(moments, np.maximum(variances, 0), directions)

    def solve(self, penalty: float) -> Readout:
        """Minimise mean |y - W x - b|^2 + penalty * (largest variance) * |W|^2 (Hoerl & Kennard 1970).

        Args:
            penalty: > 0. The bias is not penalised.
        """
        moments = self.moments
        damped = self.variances + penalty * max(self.variances[-1], np.finfo(float).tiny)
        with threadpool_limits(1, user_api="blas"):
            kernel = self.directions @ ((self.directions.T @ moments.cross) / damped[:, None])
            bias = moments.targets - moments.features @ kernel
        return Readout(kernel.astype(np.float32), bias.astype(np.float32))


def is_solvable(network: Network) -> bool:
    """Whether the head is one linear layer of all features, with a bias and trainable, and no more."""
    keras = load_keras()
    steps = getattr(network.head, "operations", network.head.layers)  # layers lacks what isn't one
    steps = [step for step in steps if not isinstance(step, keras.layers.InputLayer)]
    return (
        len(steps) == 1
        and type(steps[0]) is keras.layers.Dense
        and steps[0].activation is keras.activations.linear
        and steps[0].use_bias
        and [v.shape for v in network.head.trainable_variables]
        == [(network.feature_size, network.output_size), (network.output_size,)]
    )


def with_output_size(network: Network, steps: int) -> Network:
    """The same body under a linear head for ``steps`` outputs."""
    if steps == network.output_size:
        return network
    return Network(
        network.body, build_head(network.feature_size, steps, kernel_initializer="zeros")
    )


def attach(network: Network, body: Weights, source: Network, readout: Readout) -> Weights:
    """The weights of a network with the body's of another and a solved readout.

    Args:
        network: whose head is linear.
        body: weights of ``source``, which has the same body.
        source: the network that ``body`` belongs to.
        readout: for all of the head's outputs.
    """
    arrays: dict[int, Any] = {
        id(v): a
        for variables, values in (
            (source.model.trainable_variables, body.trainable),
            (source.model.non_trainable_variables, body.fixed),
        )
        for v, a in zip(variables, values, strict=True)
    }
    kernel, bias = network.head.trainable_variables
    arrays |= {id(kernel): readout.kernel, id(bias): readout.bias}
    return Weights(
        [arrays[id(v)] for v in network.model.trainable_variables],
        [arrays[id(v)] for v in network.model.non_trainable_variables],
    )


def fit_moments(
    network: Network, weights: Weights, rows: Rows, offsets: Int64, *, steps: int, window: int
) -> Moments | None:
    """Read every series up to ``rows.ends`` and gather the moments of features and targets.

    Rows whose next ``steps`` values aren't all known are left out.

    Args:
        network: its structure.
        weights: of its model.
        rows: scaled series.
        offsets: (S + 1,)
        steps: K.
        window: W in the window reading, 0 in the sequence reading.

    Returns:
        The moments; None where no row is left, or features are not finite.
    """
    ends = np.asarray(rows.ends)[: len(offsets) - 1].astype(np.int64)
    blocks = (
        _read_windows(network, weights, rows, offsets, ends, steps, window)
        if window
        else _read_series(network, weights, rows, offsets, ends, steps)
    )
    with threadpool_limits(1, user_api="blas"):  # one order of sums, so the same bits
        return _sum_up(blocks)


def _sum_up(blocks: Iterator[tuple[Float64, Float64]]) -> Moments | None:
    """Moments about the first block's mean, so that nothing is lost by subtracting large numbers at the end."""
    count, size = 0, 0
    origin, first, second = np.zeros(0), np.zeros(0), np.zeros((0, 0))
    for features, targets in blocks:
        if not len(features):
            continue
        both = np.concatenate([features, targets], axis=1)
        if not count:
            origin, size = both.mean(axis=0), features.shape[1]
            first, second = np.zeros(len(origin)), np.zeros((size, len(origin)))
        both -= origin
        first += both.sum(axis=0)
        second += both[:, :size].T @ both
        count += len(both)
    if not count or not np.isfinite(second).all():
        return None
    mean = first / count
    covariance = second / count - np.outer(mean[:size], mean)
    return Moments(
        count,
        origin[:size] + mean[:size],
        origin[size:] + mean[size:],
        covariance[:, :size],
        covariance[:, size:],
    )


def _read_series(
    network: Network,
    weights: Weights,
    rows: Rows,
    offsets: Int64,
    ends: Int64,
    steps: int,
) -> Iterator[tuple[Float64, Float64]]:
    begins, lengths = offsets[:-1], ends - offsets[:-1]
    washout = np.minimum(WASHOUT, lengths // 10)
    order = np.argsort(lengths, kind="stable")

    def run(
        weights: Weights, rows: Rows, starts: Array, series: Array, states: list[Array]
    ) -> tuple[Array, Array, Array, list[Array]]:
        batch = gather(rows, starts, series, length=length, steps=steps, warmup=0)
        features, states = network.read(weights, [batch.inputs, batch.mask, *states])
        return features, batch.targets, batch.weights.min(axis=-1) > 0, states

    for first in range(0, len(order), GROUP):
        group = order[first : first + GROUP]
        series = group[np.arange(capacity(len(group), least=1)) % len(group)]
        longest = int(lengths[group].max())
        length = min(capacity(longest, least=8), READ_ROWS)
        states: list[Any] = [np.zeros((len(series), n), np.float32) for n in network.state_sizes]
        key = ("moments", network.description, length, steps)
        for at in range(0, longest, length):
            starts = (begins[series] + at).astype(np.int32)
            arguments = (weights, rows, starts, series.astype(np.int32), states)
            program = compiled(key, run, *arguments)
            features, targets, usable, states = program(*arguments)
            faded = at + np.arange(length) >= washout[group, None]
            kept = np.asarray(usable)[: len(group)] & faded
            yield _kept(features, kept), _kept(targets, kept)


def _read_windows(
    network: Network,
    weights: Weights,
    rows: Rows,
    offsets: Int64,
    ends: Int64,
    steps: int,
    window: int,
) -> Iterator[tuple[Float64, Float64]]:
    def run(
        weights: Weights, rows: Rows, starts: Array, series: Array
    ) -> tuple[Array, Array, Array]:
        batch = gather(rows, starts, series, length=window, steps=steps, warmup=0)
        features, _ = network.read(weights, [batch.inputs, batch.mask])
        return features, batch.targets[:, -1:], batch.weights[:, -1:].min(axis=-1) > 0

    starts, series = window_starts(offsets, ends, window)
    size = min(capacity(len(starts), least=8), WINDOWS)
    for first in range(0, len(starts), size):
        index = np.arange(first, first + size)
        there = (index < len(starts))[:, None]
        index = np.minimum(index, len(starts) - 1)
        arguments = (weights, rows, starts[index].astype(np.int32), series[index].astype(np.int32))
        program = compiled(
            ("moments", network.description, window, steps, "window"), run, *arguments
        )
        features, targets, usable = program(*arguments)
        kept = np.asarray(usable) & there
        yield _kept(features, kept), _kept(targets, kept)


def _kept(values: Array, kept: Any) -> Float64:
    return np.asarray(values)[: len(kept)][kept].astype(np.float64)
