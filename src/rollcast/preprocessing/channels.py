"""The input channels: what a network reads at each step, by name."""

from __future__ import annotations

from typing import Final, NamedTuple

from rollcast._types import Array


class Channel(NamedTuple):
    """One number that a network reads at each step.

    Attributes:
        name: kept in model files, so that a network never reads other channels than those it was fitted on.
        source: what it is made of.
        unit: in what it comes.
    """

    name: str
    source: str
    unit: str


CHANNELS: Final = (
    Channel("value", "the value, or its anchor where it is missing", "the scale of its series"),
    Channel("difference", "the value less its anchor", "the anchor's typical error"),
    Channel("missing", "whether there was no value", "1 or 0"),
)
"""What a network reads, in this order."""

NAMES: Final = tuple(channel.name for channel in CHANNELS)

INPUTS: Final = len(CHANNELS)
"""C, the channels of a step."""


def step_inputs(value: Array, anchor: Array, observed: Array, anchor_error: Array) -> Array:
    """(..., C) one step's inputs from scaled values, their anchors, 1.0 where observed, and the anchor error."""
    import jax.numpy as jnp

    made = {
        "value": value,
        "difference": (value - anchor) / anchor_error,
        "missing": 1.0 - observed,
    }
    return jnp.stack([made[name] for name in NAMES], axis=-1)
