"""Newer tables beside the data of a fit: which rows are the same, and what is said of those that changed."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import rollcast as rc
from livesamples import SEEN, WHOLE, fit
from rollcast.forecasting.continuation import _NAMED
from samples import wavy


@pytest.fixture(scope="module")
def model() -> rc.Forecaster:
    return fit()


def sentences(model: rc.Forecaster, table: pd.DataFrame) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.predict(table)
    return [str(w.message) for w in caught if "changed" in str(w.message)]


@pytest.mark.parametrize("first", [5, 15, 58])
def test_changed_rows_are_counted_by_series_and_the_first_is_named(model, first: int):
    """Against a loop over the rows; series that begin late, end late or are new are among them."""
    random = np.random.default_rng(first)
    parts = []
    for name in "cab":
        part = WHOLE[name].iloc[first:].copy()
        part["y"] += np.where(random.random(len(part)) < 0.1, 1.5, 0.0)
        parts.append(part)
    new = pd.DataFrame({"unique_id": "z", "ds": np.arange(30), "y": wavy(30, seed=4)})
    told = sentences(model, pd.concat([new, *parts]))
    expected = []
    for part in parts:
        name = part["unique_id"].iloc[0]
        then, now = WHOLE[name]["y"].to_numpy()[first:SEEN], part["y"].to_numpy()[: SEEN - first]
        rows = [i for i in range(len(then)) if then[i] != now[i] and not np.isnan(then[i])]
        if rows:
            count = "1 row" if len(rows) == 1 else f"{len(rows)} rows"
            time, row = part["ds"].iloc[rows[0]], rows[0]
            expected.append(
                f"{count} of series '{name}' changed since `fit`, the first at {time} ({then[row]:g} then, "
                f"{now[row]:g} now); the forecast goes on from what was read then: fit again to use the new values."
            )
    assert told == expected


@pytest.mark.slow
def test_of_many_changed_series_some_are_named_and_the_others_counted():
    names = [f"s{i}" for i in range(_NAMED + 3)]
    parts = [
        pd.DataFrame({"unique_id": name, "ds": np.arange(40), "y": wavy(40, seed=i)})
        for i, name in enumerate(names)
    ]
    table = pd.concat(parts)
    told = sentences(fit(table), table.assign(y=table["y"] + 1e-3))
    assert [text.split("'")[1] for text in told[:-1]] == names[:_NAMED]
    assert told[-1].startswith("Rows of 3 more series changed since `fit`; ")
