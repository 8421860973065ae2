"""Warnings point to the caller's own code, whichever verb gives them and however deep inside."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import rollcast as rc
from rollcast.errors import RollcastWarning


def table(start: int, values: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"day": np.arange(start, start + len(values)), "sales": values})


ROWS = 10 + np.sin(np.arange(60.0))
OUTSIDE = table(0, np.append(ROWS, [-1.0] * 8))
"""Newer rows below zero, where no forecast goes."""

EARLY = table(0, ROWS[:50])
"""It ends before the data of fit."""


@pytest.fixture(scope="module")
def model() -> rc.Forecaster:
    model = rc.Forecaster(cell="gru", hidden_size=4, max_epochs=0, anchor="last", log=False, h=4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RollcastWarning)
        model.fit(table(0, ROWS), progress="quiet")
    return model


VERBS: dict[str, Callable[[rc.Forecaster], object]] = {
    "fit": lambda model: rc.Forecaster(**model.config.to_json()).fit(table(0, np.ones(60))),
    "predict": lambda model: model.predict(OUTSIDE),
    "predict early": lambda model: model.predict(EARLY),
    "observe": lambda model: model.observe(OUTSIDE.tail(8)),
    "observe late": lambda model: model.observe(EARLY, late="skip"),
    "revise": lambda model: model.revise(EARLY.tail(1), model.state, history=OUTSIDE),
    "evaluate": lambda model: model.evaluate(OUTSIDE),
    "plot": lambda model: model.plot(OUTSIDE),
    "plot early": lambda model: model.plot(EARLY),
    "diagnose": lambda model: rc.diagnose(model, OUTSIDE),
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_warning_points_to_the_line_that_called(model: rc.Forecaster, verb: str):
    with pytest.warns(RollcastWarning) as told:
        VERBS[verb](model)
    assert {(w.filename, w.lineno) for w in told} == {
        (__file__, VERBS[verb].__code__.co_firstlineno)
    }
