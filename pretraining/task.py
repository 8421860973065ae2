"""What is trained: the pretrained network, on its loss. All that the trainer knows of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from pretraining.batches import Batch
from pretraining.sizes import SIZES

NEAR_SHARE: Final = 0.2
"""How much of the loss is that of the nearest steps alone."""


class Task(NamedTuple):
    """Weights and what they are trained for.

    Attributes:
        network: what the network is, in words and numbers; a run goes on with the same only.
        start: gives the first weights, a tree of arrays, from a seed.
        loss: () of weights and the arrays of a batch; the place of its size is known when it is compiled.
    """

    network: str
    start: Callable[[int], Any]
    loss: Callable[[Any, Batch, int], Any]


def pretrained_network(hidden_size: int, num_layers: int) -> Task:
    """The network that the package ships.

    Args:
        hidden_size: units of a layer.
        num_layers: of them.
    """
    from rollcast.data.seasons import Seasons
    from rollcast.networks.pretrained_network import LEVELS, init_weights
    from rollcast.preprocessing.running_seasons import FEATURES
    from rollcast.preprocessing.season_anchors import ANCHORS
    from rollcast.training.origin_loss import TrainingBatch, origin_loss

    def start(seed: int) -> Any:
        import jax

        return init_weights(
            jax.random.key(seed),
            levels=len(LEVELS),
            hidden_size=hidden_size,
            num_layers=num_layers,
        )

    def loss(weights: Any, batch: Batch, place: int) -> Any:
        series = TrainingBatch(
            batch.values,
            ~batch.missing,
            batch.length,
            Seasons(batch.season, batch.second),
            batch.origins,
        )
        size = SIZES[place]
        return origin_loss(weights, series, size.rows, size.horizon, near=NEAR_SHARE)

    network = (
        f"{num_layers} x LSTM({hidden_size}), {len(FEATURES)} features, {len(ANCHORS)} anchors"
    )
    return Task(network, start, loss)
