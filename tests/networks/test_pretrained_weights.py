"""The packaged weights are whole, and their card tells of them."""

from __future__ import annotations

import hashlib
import io
from importlib.resources import files

import numpy as np
import pytest

from rollcast.errors import ArgumentError
from rollcast.networks.pretrained_network import LEVELS, MOST_STEPS
from rollcast.networks.pretrained_weights import (
    NEWEST,
    VERSIONS,
    load_pretrained,
    pretrained_card,
    weights_by_name,
)
from rollcast.preprocessing.running_seasons import FEATURES
from rollcast.preprocessing.season_anchors import ANCHORS


def content_of(version: str) -> bytes:
    return files("rollcast").joinpath("weights", f"{version}.npz").read_bytes()


def test_the_package_carries_the_versions_that_it_names_and_no_other():
    there = sorted(path.name for path in files("rollcast").joinpath("weights").iterdir())
    assert there == sorted(f"{version}.{end}" for version in VERSIONS for end in ("json", "npz"))
    assert NEWEST in VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_packaged_weights_are_finite_and_small(version: str):
    content = content_of(version)
    assert len(content) < 3_000_000
    with np.load(io.BytesIO(content), allow_pickle=False) as held:
        arrays = dict(held)
    assert {array.dtype for array in arrays.values() if array.ndim} == {np.dtype(np.float16)}
    assert all(np.isfinite(array).all() for array in arrays.values())
    assert arrays["layers/0/kernel"].shape[0] == len(FEATURES)
    assert arrays["head/output_bias"].shape == (len(LEVELS) + len(ANCHORS),)
    weights = weights_by_name(arrays)
    assert len(weights.layers) == 2
    assert {layer.kernel.dtype for layer in weights.layers} == {np.dtype(np.float32)}


@pytest.mark.parametrize("version", VERSIONS)
def test_the_card_is_that_of_the_weights(version: str):
    card, content = pretrained_card(version), content_of(version)
    assert (card["version"], card["licence"]) == (version, "Apache-2.0")
    assert card["sha256"] == hashlib.sha256(content).hexdigest()
    assert card["bytes"] == len(content)
    network = load_pretrained(version)
    assert card["parameters"] == sum(array.size for array in network.weights.trainable)
    assert card["network"] == f"2 x LSTM(128), {len(FEATURES)} features, {len(ANCHORS)} anchors"
    assert max(card["trained_on"]["horizons"]) == network.steps == MOST_STEPS
    made = card["made"]
    assert made["updates"] == sum(leg["updates"] for leg in made["legs"]) > 0
    assert made["legs"][0]["began_with"] == "random weights"
    assert card["trained_on"]["real_series"] == 0
    assert all(card[part] for part in ("looked_at", "bad_at"))


def test_a_version_that_there_is_not_is_refused_in_a_sentence():
    for load in (load_pretrained, pretrained_card):
        with pytest.raises(ArgumentError) as caught:
            load("2020-9")
        assert str(caught.value) == (
            "`pretrained` must be one of the versions that this package carries (2026-1); got '2020-9'."
        )
