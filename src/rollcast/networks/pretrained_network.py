"""The pretrained network: residual LSTMs over the rows of a series, and a head shared by all steps ahead.

    body: u_0 = inputs (F), u_1 = LSTM(u_0), u_l = LSTM(u_l-1) + u_l-1; features = u_L beside the inputs, (H + F)
    head: v = gelu(features S + ahead A), w = gelu(v D), and of w the quantiles and the gates of the anchors

It is plain JAX, so that a forecast needs no Keras.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np

from rollcast._types import Array
from rollcast.errors import ArgumentError
from rollcast.networks.distribution import QUANTILE_LEVELS, Quantiles
from rollcast.networks.kernels.library import library
from rollcast.networks.network import Weights
from rollcast.preprocessing.ahead import Ahead
from rollcast.preprocessing.running_seasons import FEATURES
from rollcast.preprocessing.season_anchors import ANCHORS, PLACES

HIDDEN: Final = 128
"""H, the units of each LSTM, and of the head's first layer."""

HEAD_UNITS: Final = 64
"""Units of the head's second layer."""

LEVELS: Final = QUANTILE_LEVELS
"""The quantiles that the network emits."""

MOST_STEPS: Final = 96
"""K, the steps ahead that it was trained for."""

STRIDE: Final = 1.15
"""How much a path that is drawn changes from step to step, where weights don't say (standard deviation, in scales)."""

MOST_ANCHOR: Final = 40.0
"""The head's hidden layer sees anchors up to here, in scales; the gates move forecasts by all of them."""

FEW_STEPS: Final = 8
"""Steps ahead that the head emits at a time for a single origin: so few that XLA leaves them to one thread.

More it shares among threads, and waiting for the second takes longer than the work, above all on a busy machine."""

_ROOT_2_BY_PI: Final = math.sqrt(2 / math.pi)


class LayerWeights(NamedTuple):
    """Of one LSTM, in Keras' layouts.

    Attributes:
        kernel: (F, 4 H)
        recurrent_kernel: (H, 4 H)
        bias: (4 H,)
    """

    kernel: Array
    recurrent_kernel: Array
    bias: Array


class HeadWeights(NamedTuple):
    """Of the head.

    Attributes:
        origin: (H + F, H) from the features.
        origin_bias: (H,)
        step: (P, H) from what is known of a step ahead.
        hidden: (H, U)
        hidden_bias: (U,)
        output: (U, Q + A)
        output_bias: (Q + A,)
    """

    origin: Array
    origin_bias: Array
    step: Array
    hidden: Array
    hidden_bias: Array
    output: Array
    output_bias: Array


class NetworkWeights(NamedTuple):
    """Of the whole network.

    Attributes:
        layers: of the body.
        head: of the head.
    """

    layers: tuple[LayerWeights, ...]
    head: HeadWeights


@dataclass(frozen=True, eq=False)
class PretrainedNetwork:
    """The network as forecasts run it, see :class:`rollcast.networks.network.AnyNetwork`.

    Attributes:
        held: its weights.
        steps: K, the steps that one call of the head emits; any number up to those it was trained for.
        levels: (Q,) of the quantiles that the head emits; as many as its weights have columns for.
        stride: how much paths change from step to step, see :mod:`rollcast.forecasting.sampled_paths`.
    """

    held: NetworkWeights
    steps: int
    levels: tuple[float, ...] = LEVELS
    stride: float = STRIDE

    def __post_init__(self) -> None:
        emitted = self.held.head.output.shape[1] - len(ANCHORS)
        if emitted != len(self.levels):
            raise ArgumentError(
                f"`levels` must name each quantile that the weights emit, {emitted} of them; got {len(self.levels)}."
            )

    @property
    def distribution(self) -> Quantiles:
        """The quantiles that it emits."""
        return self._distribution

    @cached_property
    def _distribution(self) -> Quantiles:
        return Quantiles(self.levels)

    @property
    def ahead(self) -> Ahead:
        """How many steps ahead its head reads; each series has a season of its own."""
        return Ahead(self.steps, 1)

    @property
    def weights(self) -> Weights:
        """Those of the layers, then those of the head."""
        return pack_weights(self.held)

    @property
    def output_size(self) -> int:
        """The steps of one call."""
        return self.steps

    @property
    def feature_size(self) -> int:
        """Outputs of the last layer, and what is read."""
        return self.held.head.origin.shape[0]

    @property
    def state_sizes(self) -> tuple[int, ...]:
        """Of h and c of each layer."""
        sizes = (layer.recurrent_kernel.shape[0] for layer in self.held.layers)
        return tuple(size for size in sizes for _ in "hc")

    @property
    def description(self) -> str:
        """Its sizes and levels: all else follows from the weights' shapes."""
        return self._description

    @cached_property
    def _description(self) -> str:
        """Made once, since every live forecast asks for it."""
        return f"pretrained {self.state_sizes} {self.steps} {self.levels}"

    def emitting(self, steps: int) -> PretrainedNetwork:
        """The same network for another number of steps."""
        if steps not in self._others:
            self._others[steps] = replace(self, steps=steps)
        return self._others[steps]

    @cached_property
    def _others(self) -> dict[int, PretrainedNetwork]:
        """By their numbers of steps, since live forecasts ask for the same one again and again."""
        return {}

    def run_body(self, weights: Weights, inputs: list[Array]) -> tuple[Array, list[Array]]:
        """See :class:`rollcast.networks.network.AnyNetwork`."""
        sequence, mask, *states = inputs
        return run_layers(unpack_weights(weights).layers, sequence, states, mask)

    def run_head(self, weights: Weights, features: Array, ahead: Array | None = None) -> Array:
        """See :class:`rollcast.networks.network.AnyNetwork`."""
        return run_head(unpack_weights(weights).head, features, ahead)


def pack_weights(weights: NetworkWeights) -> Weights:
    """The arrays in order: kernel, recurrent kernel and bias of each layer, then the head's."""
    flat = [array for part in (*weights.layers, weights.head) for array in part]
    return Weights(flat, [])


def unpack_weights(weights: Weights) -> NetworkWeights:
    """What :func:`pack_weights` took."""
    flat, own = weights.trainable, len(HeadWeights._fields)
    layers = [LayerWeights(*flat[i : i + 3]) for i in range(0, len(flat) - own, 3)]
    return NetworkWeights(tuple(layers), HeadWeights(*flat[-own:]))


def check_shapes(weights: Weights) -> None:
    """Refuse arrays that are not those of a pretrained network, of whatever size.

    Args:
        weights: arrays of NumPy's.

    Raises:
        ValueError: their number or a shape is another.
    """
    flat, own = weights.trainable, len(HeadWeights._fields)
    count = len(flat) - own
    if count < 3 or count % 3 or weights.fixed:
        raise ValueError(
            f"a pretrained network has 3 arrays for each layer and {own}; got {len(flat)}"
        )
    H, U, Q = np.shape(flat[1])[0], np.shape(flat[-3])[-1:], np.shape(flat[-1])
    F, P, A = len(FEATURES), len(ANCHORS) + len(PLACES), len(ANCHORS)
    if not U or (len(LEVELS) + A,) != Q:
        raise ValueError(f"its head must emit {len(LEVELS) + A} numbers; got {Q}")
    wanted = [
        shape
        for layer in range(count // 3)
        for shape in ((H if layer else F, 4 * H), (H, 4 * H), (4 * H,))
    ]
    wanted += [(H + F, H), (H,), (P, H), (H, U[0]), (U[0],), (U[0], *Q), Q]
    for i, (array, shape) in enumerate(zip(flat, wanted, strict=True)):
        if np.shape(array) != shape:
            raise ValueError(
                f"its array 'trainable/{i}' must have the shape {shape}; got {np.shape(array)}"
            )


def init_weights(
    key: Array, *, levels: int, hidden_size: int = HIDDEN, num_layers: int = 2
) -> NetworkWeights:
    """Weights before training.

    Args:
        key: of JAX's.
        levels: Q, the quantiles that the head emits.
        hidden_size: H.
        num_layers: L.
    """
    import jax
    import jax.numpy as jnp

    keys = iter(jax.random.split(key, 5 * num_layers + 4))

    def dense(rows: int, columns: int, size: float = 1.0) -> Array:
        return jax.random.normal(next(keys), (rows, columns)) * size / np.sqrt(rows)

    H, F, A = hidden_size, len(FEATURES), len(ANCHORS)
    layers: list[LayerWeights] = []
    for number in range(num_layers):
        kernel = dense(H if number else F, 4 * H)
        turns = [jnp.linalg.qr(jax.random.normal(next(keys), (H, H)))[0] for _ in range(4)]
        bias = jnp.zeros(4 * H).at[H : 2 * H].set(1.0)  # the forget gates begin open
        layers.append(LayerWeights(kernel, jnp.concatenate(turns, axis=1) * 0.7, bias))
    head = HeadWeights(
        dense(H + F, H),
        jnp.zeros(H),
        dense(A + len(PLACES), H, 0.5),
        dense(H, HEAD_UNITS),
        jnp.zeros(HEAD_UNITS),
        dense(HEAD_UNITS, levels + A, 0.1),
        jnp.zeros(levels + A).at[levels].set(0.8),  # the mean season counts from the start
    )
    return NetworkWeights(tuple(layers), head)


def run_layers(
    weights: Sequence[LayerWeights],
    inputs: Array,
    states: Sequence[Array],
    mask: Array | None = None,
    dropout: tuple[Array, float] | None = None,
) -> tuple[Array, list[Array]]:
    """The body's features (B, T, H + F) and its states after the last row.

    Args:
        weights: of the layers.
        inputs: (B, T, F)
        states: (B, H) h and c of each layer.
        mask: (B, T) False on rows that are left out; None where all exist.
        dropout: a key of JAX's and the share of units that is dropped of each layer's outputs; None for none.
    """
    import jax
    import jax.numpy as jnp

    outputs, after = inputs, []
    for number, layer in enumerate(weights):
        h, c = states[2 * number : 2 * number + 2]
        made, (h, c) = _lstm(outputs, (h, c), layer, mask)
        outputs = made + outputs if number else made
        if dropout is not None:
            key, share = jax.random.fold_in(dropout[0], number), dropout[1]
            kept = jax.random.bernoulli(key, 1 - share, (outputs.shape[0], 1, outputs.shape[2]))
            outputs = outputs * kept / (1 - share)
        after += [h, c]
    return jnp.concatenate([outputs, inputs], axis=-1), after


def run_head(weights: HeadWeights, features: Array, ahead: Array | None) -> Array:
    """(..., K, Q) quantiles in scales from the base, which cannot cross.

    The median is the sum of the anchors, each by its gate, and of a part of its own. The distance from each quantile to
    its neighbour further in is a softplus. Both grow with the root of the steps ahead.

    Args:
        weights: of the head.
        features: (..., H + F) at the origins.
        ahead: (..., K, A + 5), see :func:`rollcast.preprocessing.season_anchors.describe_ahead`.
    """
    import jax.numpy as jnp

    if ahead is None:
        raise TypeError("the head reads what is known of each step ahead")
    if features.size > features.shape[-1] or ahead.shape[-2] <= FEW_STEPS:
        return place_quantiles(jnp, weights, features, ahead)
    return _place_few_at_a_time(weights, features, ahead)


def _place_few_at_a_time(weights: HeadWeights, features: Array, ahead: Array) -> Array:
    """The same for one origin, :data:`FEW_STEPS` after another."""
    import jax
    import jax.numpy as jnp

    *one, K, P = ahead.shape
    missing = -K % FEW_STEPS
    padded = jnp.pad(ahead.reshape(K, P), ((0, missing), (0, 0))).reshape(-1, FEW_STEPS, P)
    origin = features.reshape(-1)
    made = jax.lax.map(lambda few: place_quantiles(jnp, weights, origin, few), padded)
    return made.reshape(K + missing, -1)[:K].reshape(*one, K, -1)


def place_quantiles(xp: Any, weights: HeadWeights, features: Array, ahead: Array) -> Array:
    """What :func:`run_head` gives, by NumPy or by JAX's."""
    A = ahead.shape[-1] - len(PLACES)
    Q = weights.output.shape[1] - A
    origin = features @ weights.origin + weights.origin_bias
    near = xp.clip(ahead, -MOST_ANCHOR, MOST_ANCHOR)
    hidden = _gelu(xp, origin[..., None, :] + near @ weights.step)
    hidden = _gelu(xp, hidden @ weights.hidden + weights.hidden_bias)
    made = hidden @ weights.output + weights.output_bias
    root = xp.exp(ahead[..., A : A + 1] * 1.5)  # of the steps ahead
    moved = (made[..., Q:] * ahead[..., :A]).sum(axis=-1, keepdims=True)
    m = Q // 2
    median = moved + root * made[..., m : m + 1]
    rest = xp.concatenate([made[..., :m], made[..., m + 1 : Q]], -1)
    apart = xp.logaddexp(rest - 1, 0) * root
    below = xp.cumsum(apart[..., :m][..., ::-1], axis=-1)[..., ::-1]
    above = xp.cumsum(apart[..., m:], axis=-1)
    return xp.concatenate([median - below, median, median + above], axis=-1)


def step_layers(
    weights: Sequence[LayerWeights], inputs: Array, states: Sequence[Array]
) -> tuple[Array, list[Array]]:
    """What :func:`run_layers` gives after one row, by NumPy: the features (B, H + F), and the states.

    Args:
        weights: of the layers.
        inputs: (B, F)
        states: (B, H) h and c of each layer.
    """
    outputs, after = inputs, []
    for number, layer in enumerate(weights):
        h, c = states[2 * number : 2 * number + 2]
        projected = outputs @ layer.kernel + layer.bias
        h, c = _cell(np, projected, h, c, layer.recurrent_kernel)
        outputs = h + outputs if number else h
        after += [h, c]
    return np.concatenate([outputs, inputs], axis=-1), after


def _cell(
    xp: Any, projected: Array, h: Array, c: Array, recurrent_kernel: Array
) -> tuple[Array, Array]:
    """An LSTM's h and c after a row, of which the projected inputs (B, 4 H) are given."""
    i, f, g, o = xp.split(projected + h @ recurrent_kernel, 4, axis=-1)
    kept = _sigmoid(xp, f) * c + _sigmoid(xp, i) * xp.tanh(g)
    return _sigmoid(xp, o) * xp.tanh(kept), kept


def _sigmoid(xp: Any, x: Array) -> Array:
    return 0.5 * xp.tanh(0.5 * x) + 0.5


def _gelu(xp: Any, x: Array) -> Array:
    """x, as far as it is above 0 (Hendrycks & Gimpel, "Gaussian error linear units", 2016), by their tanh."""
    return x * (0.5 * (1 + xp.tanh(_ROOT_2_BY_PI * (x + 0.044715 * x**3))))


def _lstm(
    inputs: Array, states: tuple[Array, Array], weights: LayerWeights, mask: Array | None
) -> tuple[Array, tuple[Array, ...]]:
    """The outputs h after each row (B, T, H), and h and c after the last."""
    import jax

    if library() is not None and jax.default_backend() == "cpu":
        from rollcast.networks.kernels.recurrence import recur

        return recur("lstm", inputs, states, tuple(weights), mask)

    import jax.numpy as jnp

    projected = inputs @ weights.kernel + weights.bias

    def step(
        carry: tuple[Array, Array], row: tuple[Array, Array | None]
    ) -> tuple[tuple[Array, Array], Array]:
        (h, c), (x, there) = carry, row
        made, kept = _cell(jnp, x, h, c, weights.recurrent_kernel)
        if there is not None:
            made, kept = (jnp.where(there[:, None], a, b) for a, b in ((made, h), (kept, c)))
        return (made, kept), made

    rows: Any = (jnp.moveaxis(projected, 1, 0), None if mask is None else mask.T)
    if inputs.shape[1] == 1:
        after, only = step(states, (projected[:, 0], None if mask is None else mask[:, 0]))
        return only[:, None], after
    after, made = jax.lax.scan(step, states, rows)
    return jnp.moveaxis(made, 0, 1), after
