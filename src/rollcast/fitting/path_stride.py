"""The stride of paths, learned from what came: by how much paths of these series change from step to step.

The stride that the weights come with is right for most series. Where a level moves below noise, paths have to change
less, so that their totals spread more; where changes are taken back, more. One number is learned for all series, from
totals of parts that no weight was fitted on, and pulled towards the shipped one, for few totals tell little.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist
from typing import Any, Final, NamedTuple

import numpy as np

from rollcast._types import Float32, Float64
from rollcast.data.origins import Origins, of_some_series, origins_within
from rollcast.evaluation.evidence import separate_windows
from rollcast.evaluation.judge import actual_at, times_of
from rollcast.fitting.calibrating import MOST_CALIBRATED, MOST_EARLIER, calibration_parts
from rollcast.fitting.problem import Problem
from rollcast.forecasting.path_basis import NO_BASIS, PathBasis
from rollcast.forecasting.rolling_origins import OriginStates, quantile_group
from rollcast.forecasting.sampled_paths import MOST_SCORE, MOST_TIED, level_scores
from rollcast.networks.network import AnyNetwork, Weights
from rollcast.networks.pretrained_network import MOST_STEPS, PretrainedNetwork
from rollcast.preprocessing.preparation import Preparation
from rollcast.preprocessing.running_seasons import standing, unpack_running

PATHS: Final = 99
"""N, from which a total's spread is told."""

TRIED: Final = tuple(np.exp(np.linspace(np.log(0.3), np.log(2.0), 15)).tolist())
"""Strides in units of the shipped one."""

PULL: Final = 100.0
"""Separate totals that weigh as much as the shipped stride."""

MOST_TOTALS: Final = 400
"""Totals by which strides are compared at most."""

SEED: Final = 20262

ParamsAt = Callable[[Origins, int], Float32]
"""From M origins and K to what :func:`quantiles_and_unit` gives there."""


class Totals(NamedTuple):
    """M forecasts of K steps beside what came, in scaled units.

    Attributes:
        quantiles: (M, K, Q)
        unit: (M,) the running scale where each starts.
        came: (M,) the sum of what came.
        separate: how many of them share no value.
    """

    quantiles: Float64
    unit: Float64
    came: Float64
    separate: float


def stride_basis(
    problem: Problem,
    network: PretrainedNetwork,
    preparation: Preparation,
    params_at: ParamsAt,
    *,
    untrained: bool,
) -> PathBasis:
    """By what stride paths of these series are drawn.

    Args:
        problem: what the fit is about.
        network: gives levels and the shipped stride.
        preparation: by which the series were read.
        params_at: of the weights that were judged.
        untrained: whether these weights have seen no row of the data, so that rows of the training part tell too.
    """
    K = min(problem.h, MOST_STEPS)
    parts = calibration_parts(problem.split, earlier=MOST_EARLIER if untrained else 0)
    found = [_gather(problem, preparation, params_at, K, *part) for part in parts] if K > 1 else []
    found = [totals for totals in found if len(totals.came)]
    if not found:
        return NO_BASIS
    quantiles, unit, came = (
        np.concatenate([totals[place] for totals in found]) for place in range(3)
    )
    kept = np.linspace(0, len(came) - 1, min(len(came), MOST_TOTALS)).astype(int)
    separate = sum(totals.separate for totals in found)
    totals = Totals(quantiles[kept], unit[kept], came[kept], separate)
    return PathBasis.of_stride(learn_stride(totals, network.levels, network.stride))


def quantiles_and_unit(
    network: AnyNetwork, weights: Weights, group: OriginStates, h: int
) -> Float32:
    """(m, h, Q + 1) quantiles in scaled units, and behind them the running scale at the origin."""
    made = quantile_group(network, weights, group, h)
    seasons: Any = group.scale.seasons
    memory = group.state.memory
    running = unpack_running(np.asarray(memory.running))
    now = standing(
        np, type(seasons)(*map(np.asarray, seasons)), running, np.asarray(memory.rows) - 1
    )
    unit = np.asarray(now.scale, np.float32)[group.places]
    return np.concatenate([made, np.broadcast_to(unit[:, None, None], (*made.shape[:2], 1))], 2)


def _gather(
    problem: Problem,
    preparation: Preparation,
    params_at: ParamsAt,
    steps: int,
    begins: Any,
    ends: Any,
) -> Totals:
    """The totals of a part, from the origins by which intervals are calibrated."""
    panel, most = problem.panel, min(problem.most_judged, MOST_CALIBRATED)
    origins = origins_within(problem.split.offsets, begins, ends, problem.h, values=most)
    origins = of_some_series(origins, MOST_CALIBRATED, max(most // problem.h, 1))
    actual = actual_at(panel, origins, steps, ends)
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = preparation.scaler.forward(
            actual, np.broadcast_to(origins.series[:, None], actual.shape)
        )
    made = params_at(origins, steps).astype(np.float64)
    known = np.isfinite(scaled).all(axis=1) & (made[:, 0, -1] > 0)
    there = np.repeat(known[:, None], steps, axis=1)
    apart = separate_windows(origins.series, times_of(panel, origins), there)
    came = scaled[known].sum(axis=1)
    return Totals(made[known, :, :-1], made[known, 0, -1], came, float(apart[-1]))


def learn_stride(totals: Totals, levels: tuple[float, ...], shipped: float) -> float:
    """The stride by which totals came as spread as they were told to, pulled towards the shipped one.

    Args:
        totals: of a part that no weight was fitted on.
        levels: (Q,) of the quantiles.
        shipped: the stride of the weights.
    """
    M, K, _ = totals.quantiles.shape
    # Draws of its own for each total, so that chance in few paths does not favour a stride.
    noise = np.random.default_rng(SEED).standard_normal((M, PATHS, K))

    def off(times: float) -> float:
        drawn = draw_totals(totals, levels, noise, times * shipped)
        return abs(np.log(spread_of_ranks(drawn, totals.came)))

    best = np.log(min(TRIED, key=off))
    weight = totals.separate / (totals.separate + PULL)
    return float(shipped * np.exp(weight * best))


def spread_of_ranks(drawn: Float64, came: Float64) -> float:
    """How widely what came (M,) lies among draws (M, N), as a mean square: 1 where draws are spread as it is.

    Of each it is the normal score of the rank among the draws.
    """
    N = drawn.shape[1]
    scores = np.array([NormalDist().inv_cdf((i + 0.5) / (N + 1)) for i in range(N + 1)])
    ranks = (drawn < came[:, None]).sum(axis=1)
    return float(np.maximum((scores[ranks] ** 2).mean(), 1e-9) / (scores**2).mean())


def draw_totals(
    totals: Totals, levels: tuple[float, ...], noise: Float64, stride: float
) -> Float64:
    """(M, N) sums of paths, see :func:`rollcast.forecasting.sampled_paths.tie` and ``draw_values``.

    Args:
        totals: the forecasts.
        levels: (Q,) of their quantiles.
        noise: (M, N, K) independent normal scores.
        stride: in units of the running scale.
    """
    known = np.asarray(level_scores(levels), np.float64)
    last = len(known) - 1
    pairs = [k for k in range(len(levels) // 2) if levels[k] <= 0.1] or [0]
    q = totals.quantiles
    width = sum((q[..., last - k] - q[..., k]) / (known[last - k] - known[k]) for k in pairs)
    width = np.asarray(width) / len(pairs) / totals.unit[:, None]
    now, before = width[:, 1:], width[:, :-1]
    shared = (now**2 + before**2 - stride**2) / np.maximum(2 * now * before, 1e-12)
    shared = np.clip(shared, 0, MOST_TIED)
    z = noise[..., 0]
    made = np.zeros(z.shape)
    for k in range(q.shape[1]):
        if k:
            r = shared[:, k - 1, None]
            z = r * z + np.sqrt(1 - r**2) * noise[..., k]
        made += _values(known, q[:, k], np.clip(z, -MOST_SCORE, MOST_SCORE))
    return made


def _values(known: Float64, quantiles: Float64, z: Float64) -> Float64:
    """(M, N) the values at normal scores (M, N) of distributions with quantiles (M, Q)."""
    above = np.clip(np.searchsorted(known, z), 1, len(known) - 1)
    low, high = (np.take_along_axis(quantiles, at, axis=1) for at in (above - 1, above))
    return low + (high - low) * (z - known[above - 1]) / (known[above] - known[above - 1])
