"""Heads of one linear layer: told, built and given a solved readout."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rollcast.networks.build import build_head
from rollcast.networks.network import Network, Weights
from rollcast.networks.ridge import LinearReadout
from rollcast.runtime.backend import load_keras


def is_solvable(network: Network) -> bool:
    """Whether the head is one linear layer of all features to points, with a bias and trainable, and no more."""
    keras = load_keras()
    steps = getattr(network.head, "operations", network.head.layers)  # layers lacks what isn't one
    steps = [step for step in steps if not isinstance(step, keras.layers.InputLayer)]
    return (
        len(steps) == 1
        and type(steps[0]) is keras.layers.Dense
        and steps[0].activation is keras.activations.linear
        and steps[0].use_bias
        and network.distribution.num_params == 1
        and [v.shape for v in network.head.trainable_variables]
        == [(network.feature_size, network.output_size), (network.output_size,)]
    )


def with_output_size(network: Network, steps: int) -> Network:
    """The same body under a linear head for ``steps`` outputs."""
    if steps == network.output_size:
        return network
    head = build_head(network.feature_size, steps, kernel_initializer="zeros")
    return replace(network, head=head)


def attach_readout(
    network: Network, body: Weights, source: Network, readout: LinearReadout
) -> Weights:
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
