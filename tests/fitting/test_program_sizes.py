"""Sizes of programs are rounded up, so that a loop over series of other lengths compiles few."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import rollcast as rc
from rollcast.runtime import programs
from samples import wavy


def keys_after(length: int) -> set[Any]:
    """The programs in the store after a fit to one series of so many rows, and a forecast."""
    options: dict[str, Any] = {"season_length": 5, "anchor": "season", "log": False}
    model = rc.Forecaster(h=3, hidden_size=4, max_epochs=1, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(wavy(length), progress="quiet", final_fit=False)
    model.predict(h=3)
    return set(programs._store)


@pytest.mark.slow
def test_stores_of_other_lengths_are_fitted_by_the_same_programs():
    """Here 20 lengths: those of 150 to 192 rows are rounded to one size, as are their parts of 30 to 38."""
    lengths = np.random.default_rng(0).permutation(np.arange(152, 192, 2))[:20]
    first = keys_after(int(lengths[0])) | keys_after(int(lengths[1]))
    made = set[Any]()
    for length in lengths[2:]:
        made |= keys_after(int(length)) - first
    assert len(made) <= 4
