"""Small panels and networks to test with, and a slow reading of both that anyone can follow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import NormalDist
from typing import Any

import numpy as np

from rollcast._types import Float64
from rollcast.data.calendar import Frequency
from rollcast.data.origins import Origins
from rollcast.data.panel import Panel
from rollcast.networks.build import build_network
from rollcast.networks.network import Network
from rollcast.networks.pretrained_network import (
    LEVELS,
    MOST_STEPS,
    HeadWeights,
    LayerWeights,
    NetworkWeights,
    PretrainedNetwork,
)
from rollcast.options import Config
from rollcast.preprocessing.running_seasons import FEATURES
from rollcast.preprocessing.season_anchors import ANCHORS, PLACES

NAN = float("nan")
STEPS = 3
HIDDEN = 4


def wavy(length: int, *, seed: int = 0, gaps: Iterable[int] = (), period: int = 5) -> Float64:
    """A seasonal series with noise and a level of its own; NaN in the gaps."""
    random = np.random.default_rng(seed)
    values = 20 + 5 * seed + 3 * np.sin(np.arange(length) * 2 * np.pi / period)
    values += random.normal(0, 0.5, length)
    values[list(gaps)] = NAN
    return values


def rolling(first: Sequence[int], stride: int, number: int) -> Origins:
    """``number`` origins of every series, the first after row ``first`` (S,) of it."""
    rows = np.asarray(first, np.int64)[:, None] + stride * np.arange(number)
    return Origins(np.repeat(np.arange(len(rows)), number), rows.ravel())


def panel_of(*series: Any, ids: Sequence[Any] | None = None, starts: Any = 0) -> Panel:
    """Series on a grid of whole numbers; NaN is a missing value."""
    arrays = [np.asarray(values, np.float64) for values in series]
    flat = np.concatenate(arrays)
    return Panel(
        target=flat,
        mask=~np.isnan(flat),
        offsets=np.concatenate([[0], np.cumsum([len(a) for a in arrays])]).astype(np.int64),
        starts=np.broadcast_to(np.asarray(starts, np.int64), len(arrays)).copy(),
        frequency=Frequency(None, 1),
        ids=tuple(range(len(arrays))) if ids is None else tuple(ids),
    )


def small_network(*, trained: bool = True, seed: int = 0, **options: Any) -> Network:
    """A network of four units and three steps; ``trained`` gives its head and biases numbers."""
    chosen: dict[str, Any] = {"hidden_size": HIDDEN} | options
    network = build_network(Config(**chosen), output_size=STEPS)
    if trained:
        shake(network.model, seed)
    return network


def shake(model: Any, seed: int = 0, size: float = 0.4) -> None:
    """Add noise to every weight."""
    random = np.random.default_rng(seed)
    model.set_weights([w + random.normal(0, size, w.shape) for w in model.get_weights()])


def sigmoid(x: Float64) -> Float64:
    return 1 / (1 + np.exp(-x))


def lstm_step(x: Float64, states: list[Float64], weights: list[Float64]) -> list[Float64]:
    """h, c of a long short-term memory after one more input x (F,)."""
    (h, c), (W, U, b) = states, weights
    i, f, g, o = np.split(x @ W + h @ U + b, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return [sigmoid(o) * np.tanh(c), c]


def gru_step(x: Float64, states: list[Float64], weights: list[Float64]) -> list[Float64]:
    """h of a gated recurrent unit, with the reset after the product."""
    (h,), (W, U, b) = states, weights
    xz, xr, xn = np.split(x @ W + b[0], 3)
    hz, hr, hn = np.split(h @ U + b[1], 3)
    z, r = sigmoid(xz + hz), sigmoid(xr + hr)
    return [z * h + (1 - z) * np.tanh(xn + r * hn)]


def rnn_step(x: Float64, states: list[Float64], weights: list[Float64]) -> list[Float64]:
    """h of Elman's network."""
    (h,), (W, U, b) = states, weights
    return [np.tanh(x @ W + h @ U + b)]


CELL_STEPS = {"lstm": (lstm_step, 2), "gru": (gru_step, 1), "rnn": (rnn_step, 1)}


class SlowReader:
    """One series, one row after the other, in float64 and NumPy alone.

    Args:
        network: a stack of ``cell`` under a linear head.
        cell: "lstm", "gru" or "rnn".
        lag: rows back to the anchor; 0 for none.
        anchor_error: unit of the outputs.
        window: rows that are read anew for each forecast; 0 for the sequence reading.
        bounds: the lowest and the highest scaled value that a forecast takes.
    """

    def __init__(
        self,
        network: Network,
        cell: str,
        *,
        lag: int,
        anchor_error: float = 1.0,
        window: int = 0,
        bounds: tuple[float, float] = (-np.inf, np.inf),
    ) -> None:
        arrays = [w.astype(np.float64) for w in network.model.get_weights()]
        self.layers = [arrays[i : i + 3] for i in range(0, len(arrays) - 2, 3)]
        self.kernel, self.bias = arrays[-2:]
        self.step, self.num_states = CELL_STEPS[cell]
        self.lag, self.anchor_error, self.window, self.bounds = lag, anchor_error, window, bounds
        self.values: list[float] = []
        self.inputs: list[Float64] = []
        self.states = self._zero()
        self.features = np.zeros(0)

    def _zero(self) -> list[list[Float64]]:
        size = self.layers[0][1].shape[0]
        return [[np.zeros(size) for _ in range(self.num_states)] for _ in self.layers]

    def read(self, value: float) -> None:
        """Take in one scaled value; NaN is missing and becomes its anchor."""
        row, observed = len(self.values), not np.isnan(value)
        if not observed:
            back = row - max(self.lag, 1)
            value = 0.0 if row == 0 else self.values[max(back, 0)]
        self.values.append(value)
        anchor = self.values[max(row - self.lag, 0)] if self.lag else 0.0
        self.inputs.append(
            np.array([value, (value - anchor) / self.anchor_error, float(not observed)])
        )
        if self.window:
            self.states = self._zero()
            for x in self.inputs[-self.window :]:
                self._pass(x)
        else:
            self._pass(self.inputs[-1])

    def _pass(self, x: Float64) -> None:
        parts = [x]
        for layer, weights in enumerate(self.layers):
            self.states[layer] = self.step(x, self.states[layer], weights)
            x = self.states[layer][0]
            parts.append(x)
        self.features = np.concatenate(parts)

    def next_block(self) -> list[float]:
        """The next K scaled values."""
        outputs = self.features @ self.kernel + self.bias
        block: list[float] = []
        for k, output in enumerate(outputs):
            anchor = 0.0
            if self.lag:
                back = self.lag * -(-(k + 1) // self.lag)  # the newest known of the same phase
                anchor = self.values[max(len(self.values) + k - back, 0)]
            lowest, highest = self.bounds
            block.append(min(max(anchor + output * self.anchor_error, lowest), highest))
        return block

    def forecast(self, values: Iterable[float], h: int) -> Float64:
        """Read ``values``, then roll ``h`` steps on."""
        for value in values:
            self.read(value)
        made = self.next_block()
        while len(made) < h:
            for value in made[-len(self.bias) :]:
                self.read(value)
            made += self.next_block()
        return np.array(made[:h])


def walk_network(stride: float = np.sqrt(np.pi / 2)) -> PretrainedNetwork:
    """A pretrained network whose weights say that every series is a random walk of normal changes."""
    units, features, anchors = 4, len(FEATURES), len(ANCHORS)

    def none(*shape: int) -> np.ndarray:
        return np.zeros(shape, np.float32)

    spread = [np.sqrt(np.pi / 2) * NormalDist().inv_cdf(level) for level in LEVELS]
    apart = np.log(np.expm1(np.diff(spread))) + 1
    middle = len(LEVELS) // 2
    output = np.concatenate([apart[:middle], [0], apart[middle:], np.zeros(anchors)])
    layer = LayerWeights(none(features, 4 * units), none(units, 4 * units), none(4 * units))
    head = HeadWeights(
        none(units + features, units),
        none(units),
        none(anchors + len(PLACES), units),
        none(units, 2),
        none(2),
        none(2, len(output)),
        output.astype(np.float32),
    )
    return PretrainedNetwork(NetworkWeights((layer,), head), MOST_STEPS, stride=float(stride))
