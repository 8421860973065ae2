"""The ensemble's forecast: a column beside the network's, of what validation preferred or of what is asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import rollcast as rc
from rollcast.cli.app import run_command
from rollcast.errors import ArgumentError, RollcastWarning
from rollcast.evaluation.ensemble import Ensemble

ROWS, H = 120, 3
LINE = 100 + 2 * np.arange(ROWS + 20.0)


def table(rows: int = ROWS, first: int = 0) -> pd.DataFrame:
    """A straight line, which drift knows to the last digit, and noise."""
    noise = np.random.default_rng(0).normal(50, 5, len(LINE))
    day = np.arange(first, first + rows)
    shops = {"line": LINE[day], "noise": noise[day]}
    parts = [pd.DataFrame({"shop": shop, "day": day, "sold": sold}) for shop, sold in shops.items()]
    return pd.concat(parts)


@pytest.fixture(scope="module")
def model() -> rc.Forecaster:
    made = rc.Forecaster(
        cell="gru", hidden_size=4, max_epochs=1, h=H, log=False, anchor="last", pretrained=False
    )
    made.fit(table(), progress="quiet")
    return made


def with_ensemble(model: rc.Forecaster, *names: str, preferred: bool = True, **other: Any) -> Any:
    """The same model, of which validation told something else."""
    known = Ensemble(names, -0.1, 0.01, 8, preferred=preferred)
    changed = rc.Forecaster()
    changed._fitted = replace(model.fitted, ensemble=known, **other)
    return changed


def of(frame: pd.DataFrame, shop: str, column: str) -> np.ndarray:
    return frame.loc[frame["shop"] == shop, column].to_numpy()


def test_the_median_stands_beside_the_networks_forecast(model: rc.Forecaster):
    own = model.predict(level=80)
    made = with_ensemble(model, "drift").predict(level=80, ensemble="auto")
    assert list(made) == [*own, "GRU-ensemble"]
    pd.testing.assert_frame_equal(made[list(own)], own)
    drift = LINE[ROWS : ROWS + H]
    assert_allclose(of(made, "line", "GRU-ensemble"), (of(own, "line", "GRU") + drift) / 2)
    three = with_ensemble(model, "drift", "naive").predict(ensemble="auto", alias="mine")
    each = [of(own, "line", "GRU"), drift, np.full(H, LINE[ROWS - 1])]
    assert_allclose(of(three, "line", "mine-ensemble"), np.median(each, axis=0))


def test_what_validation_did_not_prefer_is_left_out_with_the_reason_and_given_where_it_is_asked_for(
    model: rc.Forecaster,
):
    other = with_ensemble(model, "drift", preferred=False)
    reason = r"is left out. The median of GRU and drift has an error 10.0 % below .* \(8 separate windows: it"
    with pytest.warns(RollcastWarning, match=reason):
        assert list(other.predict(ensemble="auto")) == ["shop", "day", "GRU"]
    assert list(other.predict(ensemble=True))[-1] == "GRU-ensemble"
    older = rc.Forecaster()
    older._fitted = replace(model.fitted, ensemble=None)
    with pytest.warns(RollcastWarning, match="had nothing to validate on; fit it again"):
        assert list(older.predict(ensemble="auto"))[-1] == "GRU"
    with pytest.raises(ArgumentError, match="`ensemble` can't be made"):
        older.predict(ensemble=True)
    with pytest.raises(ArgumentError, match="This model holds no ensemble"):
        _ = older.ensemble


def test_newer_rows_and_states_move_the_members_on(model: rc.Forecaster):
    newer, known = table(5, ROWS), with_ensemble(model, "drift")
    end = ROWS + 5
    for made in (
        known.predict(newer, ensemble=True),
        known.predict(state=known.observe(newer), ensemble=True),
    ):
        both = (of(made, "line", "GRU") + LINE[end : end + H]) / 2
        assert_allclose(of(made, "line", "GRU-ensemble"), both, rtol=1e-5)


def test_a_new_series_has_it_and_a_series_too_little_known_keeps_the_network(
    model: rc.Forecaster, tmp_path: Path
):
    known = with_ensemble(model, "naive")
    known.save(tmp_path / "m")
    again = rc.load(tmp_path / "m")
    assert again.ensemble == known.ensemble
    shop = pd.DataFrame({"shop": "new", "day": np.arange(30), "sold": LINE[:30]})
    with pytest.warns(
        RollcastWarning, match="leaves 2 series to GRU alone: too few rows are known"
    ):
        made = again.predict(pd.concat([shop, table(1, ROWS)]), ensemble="auto")
    assert_allclose(of(made, "new", "GRU-ensemble"), (of(made, "new", "GRU") + LINE[29]) / 2)
    assert_allclose(of(made, "line", "GRU-ensemble"), of(made, "line", "GRU"))


def test_it_is_rounded_and_stands_beside_a_fallback(model: rc.Forecaster):
    whole = with_ensemble(model, "drift", config=replace(model.fitted.config, round=True))
    made = whole.predict(fallback=True, ensemble=True)
    assert list(made) == ["shop", "day", "GRU", "GRU-ensemble", "GRU-by"]
    assert made["GRU-ensemble"].dtype == np.int64
    own = of(model.predict(), "line", "GRU")
    assert_allclose(
        of(made, "line", "GRU-ensemble"), np.round((own + LINE[ROWS : ROWS + H]) / 2), atol=1
    )


def test_what_does_not_go_with_it_is_refused(model: rc.Forecaster):
    with pytest.raises(ArgumentError, match="`ensemble` must be one of 'auto', True, False; got"):
        model.predict(ensemble="always")  # pyright: ignore[reportArgumentType]
    with pytest.raises(ArgumentError, match="`ensemble` is a column beside forecasts"):
        model.predict(ensemble="auto", paths=5)
    schema = replace(model.fitted.schema, id_col="GRU-ensemble")
    named = with_ensemble(model, "drift", schema=schema)
    with pytest.raises(ArgumentError, match="The column of series is called 'GRU-ensemble'"):
        named.predict(ensemble=True)


def test_where_it_was_preferred_scores_and_backtests_have_a_row_of_it(model: rc.Forecaster):
    newer, known = table(12, ROWS), with_ensemble(model, "drift")
    own, scores = model.evaluate(newer), known.evaluate(newer)
    assert scores.names == ("GRU", "GRU-ensemble", *own.names[1:])
    assert scores.verdict == own.verdict
    test = rc.backtest(known, newer, n_windows=3)
    frame = test.frame()
    both = frame[["GRU", "drift"]].mean(axis=1)
    assert_allclose(frame["GRU-ensemble"], both)
    assert "GRU-ensemble" in set(test.scores()["model"])


def test_the_command_gives_it_and_tells_of_it(
    model: rc.Forecaster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = tmp_path / "m.rollcast"
    with_ensemble(model, "drift").save(path, with_data=True)
    assert run_command(["forecast", str(path), "--ensemble"]) == 0
    assert capsys.readouterr().out.startswith("shop,day,GRU,GRU-ensemble\n")
    assert run_command(["summary", str(path)]) == 0
    assert "ensemble   The median of GRU and drift has an error" in capsys.readouterr().out
    assert run_command(["forecast", str(path), "--ensemble", "--total"]) == 2
    assert "--ensemble is a column beside forecasts" in capsys.readouterr().err
    table().to_csv(tmp_path / "t.csv", index=False)
    assert run_command(["forecast", str(tmp_path / "t.csv"), "--ensemble"]) == 2
    assert "--ensemble is for a model" in capsys.readouterr().err
