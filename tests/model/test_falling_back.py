"""Falling back: a series that a baseline won gets the baseline's forecast, and every row says who made it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import rollcast as rc
from rollcast.errors import ArgumentError, RollcastWarning
from rollcast.evaluation.fallback import Fallback
from rollcast.model.prediction import predict_falling_back

ROWS, H = 120, 3


def table(rows: int = ROWS, first: int = 0) -> pd.DataFrame:
    """A straight line, which drift knows to the last digit, and noise, which nobody knows."""
    noise = np.random.default_rng(0).normal(50, 5, 2 * ROWS)
    day = np.arange(first, first + rows)
    return pd.DataFrame(
        {
            "shop": np.repeat(["line", "noise"], rows),
            "day": np.tile(day, 2),
            "sold": np.concatenate([100.0 + 2 * day, noise[day]]),
        }
    )


@pytest.fixture(scope="module")
def model() -> rc.Forecaster:
    made = rc.Forecaster(
        cell="gru", hidden_size=4, max_epochs=1, h=H, log=False, anchor="last", pretrained=False
    )
    made.fit(table(), progress="quiet")
    return made


def of(frame: pd.DataFrame, shop: str, column: str) -> list[float]:
    return frame.loc[frame["shop"] == shop, column].tolist()


def test_a_series_that_a_baseline_won_is_forecast_by_it_and_labelled(model: rc.Forecaster):
    made, own = model.predict(fallback=True), model.predict()
    assert list(made) == ["shop", "day", "GRU", "GRU-by"]
    assert set(of(made, "line", "GRU-by")) == {"drift"}
    assert_allclose(of(made, "line", "GRU"), 100 + 2 * np.arange(ROWS, ROWS + H))
    others = replace(model.fitted, fallback=Fallback(("drift",), np.array([0, -1])))
    alone = predict_falling_back(others, None, H, None, name="GRU")
    assert set(of(alone, "noise", "GRU-by")) == {"GRU"}
    assert of(alone, "noise", "GRU") == of(own, "noise", "GRU")


def test_a_column_that_is_called_as_one_of_the_result_is_refused_before_anything_is_made(
    model: rc.Forecaster, monkeypatch: pytest.MonkeyPatch
):
    fitted = model.fitted
    calls: dict[str, tuple[str, Any]] = {
        "GRU": ("id_col", model.predict),
        "GRU-by": ("id_col", lambda: model.predict(fallback=True)),
        "GRU-q-90": ("time_col", lambda: model.predict_total(quantile=0.9)),
        "sample": ("id_col", lambda: model.predict(paths=3)),
        "p_value": ("target_col", lambda: model.anomalies(table(2, ROWS))),
    }
    for taken, (column, call) in calls.items():
        renamed = replace(fitted.schema, **{column: taken})
        monkeypatch.setattr(model, "_fitted", replace(fitted, schema=renamed))
        with pytest.raises(ArgumentError, match=f"is called '{taken}', as a column of the result"):
            call()


def test_newer_rows_and_states_move_the_baseline_on(model: rc.Forecaster):
    newer = table(5, ROWS)
    wanted = 100 + 2 * np.arange(ROWS + 5, ROWS + 5 + H)
    for made in (
        model.predict(newer, fallback=True),
        model.predict(state=model.observe(newer), fallback=True),
    ):
        assert set(of(made, "line", "GRU-by")) == {"drift"}
        assert_allclose(of(made, "line", "GRU"), wanted, rtol=1e-5)


def test_a_file_keeps_who_won_and_says_where_too_few_rows_are_known(
    model: rc.Forecaster, tmp_path: Path
):
    model.save(tmp_path / "m", with_data=True)
    again = rc.load(tmp_path / "m")
    pd.testing.assert_frame_equal(again.predict(fallback=True), model.predict(fallback=True))
    model.save(tmp_path / "few")
    few = rc.load(tmp_path / "few")
    with pytest.warns(RollcastWarning, match="too few rows are known"):
        made = few.predict(fallback=True)
    assert set(of(made, "line", "GRU-by")) == {"GRU"}


def test_what_fallback_can_not_do_is_refused(model: rc.Forecaster):
    with pytest.raises(ArgumentError, match="`fallback` gives points"):
        model.predict(fallback=True, level=80)
    older = rc.Forecaster()
    older._fitted = replace(model.fitted, fallback=None)
    with pytest.raises(ArgumentError, match="fit it again"):
        older.predict(fallback=True)
    older._fitted = replace(model.fitted, fallback=Fallback((), np.array([-1, -1])))
    assert set(older.predict(fallback=True)["GRU-by"]) == {"GRU"}
