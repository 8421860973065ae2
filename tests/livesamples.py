"""Three series, models of them, and what a state is to equal: for the tests of live forecasting."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import rollcast as rc
from rollcast.errors import RollcastWarning
from rollcast.forecasting.reading import read_panel
from rollcast.forecasting.state import State
from rollcast.tables import to_panel
from samples import wavy

TINY: dict[str, Any] = {
    "hidden_size": 4,
    "h": 3,
    "input_size": 8,
    "batch_size": 4,
    "max_epochs": 1,
    "readout": "gradient",
}
"""Without choosing a readout a fit compiles a third less; "lstm", "esn" and "window" below choose or solve theirs."""

SIZES = {"val_size": 8, "test_size": 8, "progress": "quiet"}
KINDS: dict[str, dict[str, Any]] = {
    "lstm": {"anchor": "season", "season_length": 5, "readout": "auto"},
    "gru": {"cell": "gru", "anchor": "last"},
    "rnn": {"cell": "rnn", "anchor": "none"},
    "esn": {"cell": "esn", "hidden_size": 20, "anchor": "last", "readout": "auto"},
    "log": {"log": True, "anchor": "season", "season_length": 5},
    "level": {"anchor": "level", "season_length": 5, "head": "shared"},
    "window level": {"reading": "window", "cell": "gru", "anchor": "level"},
    "window": {"reading": "window", "anchor": "season", "season_length": 5, "readout": "auto"},
    "window gru": {"reading": "window", "cell": "gru", "anchor": "last", "log": True},
    "window rnn": {"reading": "window", "cell": "rnn", "anchor": "last"},
    "pretrained": {"train": False, "season_length": 5},
}
FEW = ("lstm", "log", "window level", "pretrained")
EACH = [kind if kind in FEW else pytest.param(kind, marks=pytest.mark.slow) for kind in KINDS]
"""All kinds, of which ``make test`` tries a few that have little in common."""

TRAINED = [
    *(k for k in EACH if k != "pretrained"),
    pytest.param("pretrained", marks=pytest.mark.slow),
]
"""The same, with the pretrained network among the slow: its programs take longest to compile."""

SEEN, NEW = 60, 12
GAPS = {"a": (20, SEEN + 1, SEEN + 2, SEEN + 8), "b": (5, SEEN), "c": ()}


def series(name: str, length: int = SEEN + NEW) -> pd.DataFrame:
    number = "abcdefgh".index(name)
    gaps = [g for g in GAPS.get(name, ()) if g < length]
    values = wavy(length, seed=number, gaps=gaps)
    return pd.DataFrame({"unique_id": name, "ds": np.arange(length) + 3 * number, "y": values})


WHOLE = {name: series(name) for name in "abc"}
TABLE = pd.concat([frame.iloc[:SEEN] for frame in WHOLE.values()], ignore_index=True)


def fit(data: Any = TABLE, *, given: dict[str, Any] | None = None, **options: Any) -> rc.Forecaster:
    shaped = {"h": TINY["h"]} if "train" in options else TINY
    model = rc.Forecaster(**{"log": False} | shaped | options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RollcastWarning)
        model.fit(data, **SIZES | (given or {}))
    return model


MODELS: dict[str, rc.Forecaster] = {}


def model_of(kind: str) -> rc.Forecaster:
    """One fit for all tests of a kind."""
    if kind not in MODELS:
        MODELS[kind] = fit(**KINDS[kind])
    return MODELS[kind]


def read_whole(model: rc.Forecaster, data: Any) -> State:
    """Every row read at once, with the scaling of ``fit``."""
    fitted = model.fitted
    panel, _, _ = to_panel(data, like=fitted.schema, freq=fitted.frequency, blank_ends=True)
    known = np.array([fitted.state.places[i] for i in panel.ids])
    return read_panel(
        fitted.model.network,
        fitted.model.weights,
        fitted.state.preparation.take(known),
        panel,
        ring=fitted.model.sizes.ring,
        window=fitted.model.sizes.window,
        owner=fitted.state.owner,
    )


def assert_stands_like(model: rc.Forecaster, one: State, other: State) -> None:
    other = other.select(one.ids)
    a, b = one.to_arrays(), other.to_arrays()
    assert a.keys() == b.keys()
    for name in a:
        assert_allclose(a[name], b[name], rtol=1e-5, atol=1e-5, err_msg=name)
    assert_allclose(
        model.predict_array(h=7, state=one), model.predict_array(h=7, state=other), rtol=1e-5
    )


def new_rows(names: str = "abc") -> pd.DataFrame:
    return pd.concat([WHOLE[n].iloc[SEEN:] for n in names], ignore_index=True)
