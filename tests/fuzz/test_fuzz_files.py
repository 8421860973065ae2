"""Whatever is in a file, opening it ends in a sentence or in something that works: a small budget of the fuzzer."""

from __future__ import annotations

from pathlib import Path
from random import Random

import fuzz_files as files
import pytest
from mutations import mutate

from rollcast.model import artifact

COUNT = 60
"""Mutations of each kind; ``make fuzz`` tries many more."""

PAST = [
    (kind, int(seed))
    for line in (Path(__file__).parent / "past_faults.txt").read_text().splitlines()
    if line and not line.startswith("#")
    for kind, _, seeds in [line.partition(": ")]
    for seed in seeds.split()
]


@pytest.fixture(autouse=True)
def networks_are_built_once(monkeypatch: pytest.MonkeyPatch):
    files.shops()  # which keeps a network of its own
    monkeypatch.setattr(artifact, "build_network", files.build_once)


@pytest.mark.parametrize("kind", files.KINDS)
def test_a_mutated_file_is_refused_in_a_sentence_or_works(kind: str):
    ends, faults = files.try_many(kind, range(COUNT))
    assert not faults
    assert ends["refused"] > COUNT / 2
    assert (
        ends["opened"] > 0
    )  # those that don't matter: bytes between members, other words of a history


@pytest.mark.parametrize(("kind", "seed"), PAST)
def test_what_was_a_fault_once_is_none_now(kind: str, seed: int):
    assert files.attempt(kind, seed) in ("opened", "refused", "refused when used")


def test_a_seed_gives_the_same_file_again():
    whole = (files.GOLDEN / "v1-lstm.rollcast").read_bytes()
    assert mutate(whole, Random("model 7")) == mutate(whole, Random("model 7"))
    assert len({mutate(whole, Random(seed)) for seed in range(40)}) > 30
