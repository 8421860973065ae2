"""The weights that the package carries: by version, so that a later one changes no forecast of an earlier one."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from rollcast._types import Float32
from rollcast.errors import ArgumentError, show
from rollcast.networks.pretrained_network import (
    MOST_STEPS,
    STRIDE,
    HeadWeights,
    LayerWeights,
    NetworkWeights,
    PretrainedNetwork,
)
from rollcast.options.pretrained_option import NEWEST, VERSIONS


@cache
def load_pretrained(version: str = NEWEST) -> PretrainedNetwork:
    """The pretrained network of a version.

    Args:
        version: one of ``VERSIONS``.

    Raises:
        ArgumentError: there is no such version.
    """
    with np.load(io.BytesIO(_read(version, "npz")), allow_pickle=False) as held:
        stride = float(held.get("stride", STRIDE))
        return PretrainedNetwork(weights_by_name(held), MOST_STEPS, stride=stride)


def weights_by_name(arrays: Mapping[str, Float32]) -> NetworkWeights:
    """The weights of a network, in 32 bits.

    Args:
        arrays: by their names in a file, such as ``layers/0/kernel`` and ``head/output``.
    """
    held = {name: np.asarray(array, np.float32) for name, array in arrays.items()}
    layers = sum(name.endswith("/recurrent_kernel") for name in held)
    return NetworkWeights(
        tuple(
            LayerWeights(*(held[f"layers/{i}/{name}"] for name in LayerWeights._fields))
            for i in range(layers)
        ),
        HeadWeights(*(held[f"head/{name}"] for name in HeadWeights._fields)),
    )


def pretrained_card(version: str = NEWEST) -> Mapping[str, Any]:
    """How the weights of a version were made, on what, and what they are bad at.

    Raises:
        ArgumentError: there is no such version.
    """
    return json.loads(_read(version, "json"))


def _read(version: str, ending: str) -> bytes:
    if version not in VERSIONS:
        raise ArgumentError(
            f"`pretrained` must be one of the versions that this package carries ({', '.join(VERSIONS)}); got "
            f"{show(version)}."
        )
    return files("rollcast").joinpath("weights", f"{version}.{ending}").read_bytes()
