"""Distributions: what the numbers that a head emits for each step ahead stand for.

The parameters of a distribution are values of y: a point, or quantiles. So an increasing function of y, such as a
scale, an anchor or a bound, applies to each of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import NormalDist
from typing import Any, Final, Protocol

import numpy as np

from rollcast._types import Array, Bool, Float64
from rollcast.errors import ArgumentError
from rollcast.networks.losses import describe_loss, weighted_loss
from rollcast.options.level_option import ends_of

TYPICAL = 1.2533
"""Standard deviation of normal numbers whose mean absolute value is 1."""


# fmt: off
QUANTILE_LEVELS: Final = (
    0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99,
)
# fmt: on
"""Levels of the pretrained network's quantiles: its intervals hold up to 98 percent."""


class Distribution(Protocol):
    """What is known of a value y, told by Q numbers."""

    @property
    def num_params(self) -> int:
        """Q."""
        ...

    @property
    def location(self) -> int:
        """Place of the one among a head's numbers that moves all parameters by itself."""
        ...

    @property
    def form(self) -> str:
        """Text that is equal for distributions whose forecasts one compiled program can make."""
        ...

    @property
    def description(self) -> str:
        """Text that is equal for distributions that one compiled program can train."""
        ...

    def params(self, raw: Array) -> Array:
        """The parameters (..., Q) that a head's numbers (..., Q), which may be any, stand for."""
        ...

    def loss(self, params: Array, y: Array, weights: Array) -> Array:
        """() the weighted mean loss of parameters (..., Q) where the values (...) came."""
        ...

    def point(self, params: Array) -> Array:
        """(...) one value for each; it is what is forecast, and what the closed loop reads."""
        ...

    def mean(self, params: Array) -> Array:
        """(...) the mean of y."""
        ...

    def quantile(self, params: Array, level: float) -> Array:
        """(...) the value below which y lies with the probability ``level``."""
        ...

    def sample(self, params: Array, key: Array) -> Array:
        """(...) values that are drawn, the same for the same key of JAX's."""
        ...


@dataclass(frozen=True)
class Point:
    """One value and nothing of how far y may lie from it: its quantiles and draws are the value itself.

    Attributes:
        of_loss: "rmse", or any Keras loss by name, function or object.
    """

    of_loss: Any = "huber"

    @property
    def num_params(self) -> int:
        """1."""
        return 1

    @property
    def location(self) -> int:
        """0."""
        return 0

    @property
    def form(self) -> str:
        """The loss has no part in it."""
        return "point"

    @property
    def description(self) -> str:
        """With the loss."""
        return f"point {describe_loss(self.of_loss)}"

    def params(self, raw: Array) -> Array:
        """(..., 1) the numbers themselves."""
        return raw

    def loss(self, params: Array, y: Array, weights: Array) -> Array:
        """() see :func:`rollcast.networks.losses.weighted_loss`."""
        return weighted_loss(self.of_loss)(y, params[..., 0], weights)

    def point(self, params: Array) -> Array:
        """(...) the value."""
        return params[..., 0]

    def mean(self, params: Array) -> Array:
        """(...) the value."""
        return params[..., 0]

    def quantile(self, params: Array, level: float) -> Array:
        """(...) the value, at any level."""
        _check_level(level, 0.0, 1.0)
        return params[..., 0]

    def sample(self, params: Array, key: Array) -> Array:
        """(...) the value, with any key."""
        return params[..., 0]


@dataclass(frozen=True)
class Quantiles:
    """Quantiles at fixed levels, which cannot cross.

    The middle one is a number of the head's, and the distance from each to its neighbour further out is the softplus of
    another, so that it is at least 0. Where the head emits zeros the distances are those of normal numbers with a mean
    absolute value of 1: in units of the anchor's error, an untrained network tells how far the anchor is usually off.

    Between two levels a quantile lies on the straight line between theirs. Beyond the outermost levels there is none:
    ``quantile`` refuses, and what ``sample`` draws lies between them, so that its quantiles at the levels are these.

    Attributes:
        levels: (Q,) ascending, each above 0 and below 1, on both sides of a half or at it.
    """

    levels: tuple[float, ...]

    def __post_init__(self) -> None:
        levels = (0.0, *self.levels, 1.0)
        rising = all(one < two for one, two in pairwise(levels))
        if not rising or not self.levels or not self.levels[0] <= 0.5 <= self.levels[-1]:
            raise ArgumentError(
                "`levels` must rise, lie above 0 and below 1, and have 0.5 among or between them; got "
                f"{self.levels}."
            )

    @property
    def num_params(self) -> int:
        """As many as there are levels."""
        return len(self.levels)

    @property
    def form(self) -> str:
        """The levels."""
        return f"quantiles {self.levels}"

    @property
    def description(self) -> str:
        """The levels, since the loss follows from them."""
        return self.form

    @property
    def location(self) -> int:
        """Place of the level nearest to a half."""
        return int(np.argmin(np.abs(np.subtract(self.levels, 0.5))))

    def params(self, raw: Array) -> Array:
        """(..., Q) the quantiles in the order of their levels."""
        import jax
        import jax.numpy as jnp

        m = self.location
        usual = np.diff([TYPICAL * NormalDist().inv_cdf(level) for level in self.levels])
        rest = jnp.concatenate([raw[..., :m], raw[..., m + 1 :]], axis=-1)
        distances = jax.nn.softplus(rest + np.log(np.expm1(usual)).astype(np.float32))
        middle = raw[..., m : m + 1]
        below = jnp.cumsum(distances[..., :m][..., ::-1], axis=-1)[..., ::-1]
        above = jnp.cumsum(distances[..., m:], axis=-1)
        return jnp.concatenate([middle - below, middle, middle + above], axis=-1)

    def loss(self, params: Array, y: Array, weights: Array) -> Array:
        """() the pinball loss (Koenker & Bassett 1978), mean over the levels and doubled: of the median, the MAE."""
        import jax.numpy as jnp

        levels = np.asarray(self.levels, np.float32)
        error = y[..., None] - params
        each = 2 * jnp.maximum(levels * error, (levels - 1) * error).mean(axis=-1)
        return jnp.sum(each * weights) / jnp.maximum(jnp.sum(weights), 1e-12)

    def point(self, params: Array) -> Array:
        """(...) the median."""
        return self.quantile(params, 0.5)

    def mean(self, params: Array) -> Array:
        """(...) the mean of the distribution whose quantiles are these, each at its level's normal score.

        Between two levels y lies on a straight line over the scores, and beyond the outermost on that of the two that
        are next to them: so are paths drawn. Of quantiles that are all equal it is exactly their value.
        """
        middle = params[..., self.location]
        return middle + (params - middle[..., None]) @ self._shares.astype(params.dtype)

    @cached_property
    def _shares(self) -> Float64:
        """(Q,) how much each quantile counts in the mean: they sum to 1."""
        normal, share = NormalDist(), np.zeros(len(self.levels))
        score = [normal.inv_cdf(level) for level in self.levels]
        if len(score) == 1:
            return np.ones(1)
        below = [0.0, *self.levels[1:-1], 1.0]
        density = [0.0, *(normal.pdf(z) for z in score[1:-1]), 0.0]
        for k in range(len(score) - 1):
            # The integral of a line over the scores, where these are normal.
            size = below[k + 1] - below[k]
            upper = density[k] - density[k + 1] - score[k] * size
            upper /= score[k + 1] - score[k]
            share[k] += size - upper
            share[k + 1] += upper
        return share

    def quantile(self, params: Array, level: float) -> Array:
        """(...) on the straight line between the neighbouring levels' quantiles.

        Raises:
            ArgumentError: a level beyond the outermost.
        """
        _check_level(level, self.levels[0], self.levels[-1])
        if level in self.levels:
            return params[..., self.levels.index(level)]
        above = int(np.searchsorted(self.levels, level))
        share = (level - self.levels[above - 1]) / (self.levels[above] - self.levels[above - 1])
        return (1 - share) * params[..., above - 1] + share * params[..., above]

    def sample(self, params: Array, key: Array) -> Array:
        """(...) quantiles at levels drawn from 0 .. 1; for one beyond the outermost, the outermost quantile."""
        import jax
        import jax.numpy as jnp

        if self.num_params == 1:
            return params[..., 0]
        levels = jnp.asarray(self.levels, params.dtype)
        drawn = jax.random.uniform(key, params.shape[:-1], params.dtype)
        drawn = jnp.clip(drawn, levels[0], levels[-1])
        above = jnp.clip(jnp.searchsorted(levels, drawn), 1, len(self.levels) - 1)
        share = (drawn - levels[above - 1]) / (levels[above] - levels[above - 1])
        low, high = (
            jnp.take_along_axis(params, place[..., None], axis=-1)[..., 0]
            for place in (above - 1, above)
        )
        return (1 - share) * low + share * high


POINT: Final = Point()
"""Where nothing is trained, and the loss doesn't matter."""


def central_interval(
    distribution: Distribution, params: Array, level: float
) -> tuple[Array, Array]:
    """The ends of the interval that holds the middle ``level`` percent: two quantiles (...).

    Args:
        distribution: what the parameters stand for.
        params: (..., Q)
        level: percent, above 0 and below 100.

    Raises:
        ArgumentError: an end beyond the outermost quantiles.
    """
    low, high = ends_of(level)
    return distribution.quantile(params, low), distribution.quantile(params, high)


def point_or_mean(distribution: Distribution, params: Array, means: Bool | None) -> Array:
    """(M, h) what is forecast: the point of each distribution, or its mean.

    Args:
        distribution: what the parameters stand for.
        params: (M, h, Q) in the data's units.
        means: (M,) whose mean is forecast; None where no one's is.
    """
    point = distribution.point(params)
    if means is None or not means.any():
        return point
    return np.where(means[:, None], distribution.mean(params), point)


def _check_level(level: float, lowest: float, highest: float) -> None:
    if not lowest <= level <= highest:
        raise ArgumentError(
            f"`level` must be from {lowest:g} to {highest:g}, the outermost that were trained; got {level!r}."
        )
