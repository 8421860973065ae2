"""Forecasts of what was never negative are never negative, whoever asks for them and wherever they are fed back."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import rollcast as rc
from rollcast.cli.app import run_command
from rollcast.errors import DataError, RollcastWarning
from rollcast.evaluation import judge
from rollcast.fitting import judging
from rollcast.preprocessing import ring
from rollcast.stream.state_table import StateTable
from samples import NAN

GOLDEN = Path(__file__).parents[1] / "golden"
LINE = np.maximum(0.5, 100 - 0.5 * np.arange(200.0))
"""It falls by a half a row and ends just above zero: whoever continues it goes below."""

LEVELS = {"falls": 0.0, "goes below": -40.0, "stays": 1e3}


def fit(data: Any, **options: Any) -> rc.Forecaster:
    """Its last layer alone is solved, so that it continues a line."""
    chosen: dict[str, Any] = {"cell": "gru", "hidden_size": 4, "max_epochs": 0, "anchor": "last"}
    own = {name: options.pop(name) for name in ("fill", "final_fit") if name in options}
    model = rc.Forecaster(**chosen | {"log": False, "h": 4, "output_size": 2} | options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RollcastWarning)
        model.fit(data, progress="quiet", **own)
    return model


def shops(*, start: int = 0, names: Any = tuple(LEVELS), length: int = 200) -> pd.DataFrame:
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "shop": n,
                    "day": np.arange(start, start + length),
                    "sales": LEVELS[n] + LINE[:length],
                }
            )
            for n in names
        ],
        ignore_index=True,
    )


@pytest.fixture(scope="module")
def line() -> rc.Forecaster:
    return fit(LINE)


@pytest.fixture(scope="module")
def free() -> rc.Forecaster:
    return fit(LINE, bounds=None)


@pytest.fixture(scope="module")
def panel() -> rc.Forecaster:
    return fit(shops())


def assert_zero(forecast: Any) -> None:
    assert_array_equal(forecast, np.zeros_like(forecast))
    assert not np.signbit(forecast).any()


def test_sales_that_fall_towards_zero_are_forecast_at_zero_or_above():
    n = np.arange(300)
    noise = np.random.default_rng(1).normal(0, 2, 300)
    sales = np.maximum(0, 100 - 0.36 * n + noise).round(1)
    frame = pd.DataFrame({"date": pd.date_range("2023-01-01", periods=300), "sales": sales})
    model = fit(frame, max_epochs=1, readout="gradient")
    forecast = model.predict(h=30).iloc[:, -1].to_numpy()
    assert forecast.min() >= 0
    assert not np.signbit(forecast).any()


def test_a_line_that_would_go_below_zero_stays_there(line, free):
    assert_zero(line.predict_array(h=11))
    assert_allclose(free.predict_array(h=11)[0], -0.5 * np.arange(11), atol=0.02)
    assert "bounds 0 and up (no value is negative)" in line.history.defaults
    assert "bounds" not in free.history.defaults


def test_bounds_on_both_sides_are_kept_to_the_bit_and_fed_back(free):
    top = fit(LINE[::-1], bounds=(0.5, 100.25))
    assert_array_equal(top.predict_array(h=9), np.full((1, 9), 100.25))
    assert ", bounds 0.5 to 100.25, " in top.history.defaults


def test_under_logarithms_too():
    growth = np.exp(np.linspace(0, 4.6, 200))
    held = fit(growth, log=True, bounds=(0, 100))
    assert_array_equal(held.predict_array(h=9), np.full((1, 9), 100.0))
    assert fit(growth, log=True, bounds=(0, None)).predict_array(h=9).min() > 100


def test_in_a_panel_each_series_has_its_own_bounds(panel):
    unheld = fit(shops(), bounds=None).predict(h=6).set_index("shop")["GRU"]
    held = panel.predict(h=6).set_index("shop")["GRU"]
    assert unheld["falls"].min() < -1
    assert_zero(held["falls"].to_numpy())
    for name in ("goes below", "stays"):
        assert_allclose(held[name], unheld[name], rtol=1e-6)
    assert held["goes below"].max() < 0
    assert "bounds 0 and up for 2 of 3 series (no value of theirs is neg" in panel.history.defaults


def test_the_judge_sees_the_forecasts_that_users_get():
    """A series that reaches zero within its test part and stays there: the free loop goes on falling."""
    sales = np.maximum(0.0, 100 - 0.6 * np.arange(200.0))
    held, free = fit(sales, h=8), fit(sales, h=8, bounds=None)
    for model, least in ((held, 0.0), (free, -np.inf)):
        forecasts = [model.excerpt.forecast, rc.diagnose(model, h=8).excerpt.forecast]
        assert all(least <= made.min() < 1e-3 for made in forecasts)
    assert held.history.scores.model.bias > -0.05 > -1 > free.history.scores.model.bias
    newer = np.concatenate([sales, np.zeros(20)])
    assert held.evaluate(newer).model.mae == 0
    assert free.evaluate(newer).model.mae > 0.01


def test_what_comes_after_a_forecast_has_no_say_in_it(monkeypatch):
    """Negative rows at the end of the test part: not known where it is judged, and known to the final model."""
    judged: list[Any] = []

    def recorded(panel: Any, origins: Any, forecasts: Any, *rest: Any, **more: Any) -> Any:
        judged.append(forecasts)
        return judge.judge(panel, origins, forecasts, *rest, **more)

    monkeypatch.setattr(judging, "judge", recorded)
    sales = np.maximum(0.5, 100 - 0.6 * np.arange(200.0))
    returned = sales.copy()
    returned[-4:] = -5  # all that follows the last origin
    models = [fit(data, final_fit=False) for data in (sales, returned)]
    assert_array_equal(*judged)
    assert judged[0].min() == 0
    assert [model.state.preparation.bounds is None for model in models] == [False, True]
    assert models[1].predict_array(h=12).min() < 0


def test_a_saved_model_and_state_hold_their_forecasts(panel, tmp_path):
    panel.save(tmp_path / "model")
    loaded = rc.load(tmp_path / "model")
    pd.testing.assert_frame_equal(loaded.predict(h=6), panel.predict(h=6), check_exact=True)
    assert loaded.state == panel.state
    assert loaded.config == panel.config
    panel.state.select(["goes below", "falls"]).save(tmp_path / "state")
    state = rc.State.load(tmp_path / "state")
    assert_array_equal(state.preparation.bounds.low, [-np.inf, 0])
    assert_zero(loaded.predict_array(h=6, state=state)[1])
    pair = fit(LINE, bounds=(0, 100))
    pair.save(tmp_path / "pair")
    assert rc.load(tmp_path / "pair").config.bounds == (0.0, 100.0)
    assert_zero(rc.load(tmp_path / "pair").predict_array(h=6))


@pytest.mark.parametrize(
    "name", [p.stem for p in GOLDEN.glob("*.rollcast") if p.stem != "v2-level"]
)
def test_models_of_before_have_no_bounds(name):
    model = rc.load(GOLDEN / f"{name}.rollcast")
    assert model.config.bounds is None
    assert model.fitted.model.bounds is None
    assert model.state.preparation.bounds is None


def test_new_series_are_held_by_what_is_read_of_them(panel):
    new = shops().replace({"shop": {"falls": "new", "goes below": "new below", "stays": "high"}})
    made = panel.predict(new, h=6).set_index("shop")["GRU"]
    assert_zero(made["new"].to_numpy())
    assert made["new below"].max() < 0
    state = panel.observe(new[new["shop"] == "new"])
    assert_zero(panel.predict_array(h=6, state=state.select("new")))


def test_new_series_of_a_model_that_holds_none_are_not_held():
    """Values of this kind may be negative, as temperatures are: some warm days tell nothing else."""
    model = fit(shops(names=["goes below"]))
    made = model.predict(shops(names=["falls"]), h=6)["GRU"]
    assert made.min() < -1


def test_streams_hold_known_and_new_series(panel):
    fitted = panel.fitted
    table = StateTable(fitted.model, panel.state, 6)
    for name in ("falls", "goes below", "stays"):
        made = table.forecast([table.places[name]])
        assert_allclose(made, panel.predict_array(h=6, state=panel.state.select(name)), rtol=1e-6)
    new = shops(names=["falls"]).assign(shop="new")
    place = table.join(panel.observe(new).select("new"))
    assert_zero(table.forecast([place]))
    assert_zero(table.forecast([table.places["falls"]]))
    assert table.state().select("new").preparation.bounds.low == 0


def test_a_value_below_is_read_as_it_stands_and_told_of(line, panel):
    with pytest.warns(RollcastWarning, match=r"1 value lies outside .* the first -5 \(0 and up\)"):
        after = line.observe([-5.0])
    held = after.network_state
    newest = after.preparation.scaler.inverse(ring.newest(held.memory.values, held.rows, 1), [0])
    assert_allclose(newest, -5, rtol=1e-6)
    assert_zero(line.predict_array(h=3, state=after))
    newer = shops(start=200, length=3)
    newer["sales"] = [-1.0, -2.0, -1.0] * len(LEVELS)
    with pytest.warns(
        RollcastWarning, match="3 values lie outside .* -1 of series 'falls'"
    ) as told:
        panel.predict(newer[newer["shop"] == "falls"])
    assert told[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        panel.observe(newer[newer["shop"] == "goes below"])
        line.observe([0.0, NAN, 3.0])


def test_the_last_value_is_carried_on_unheld():
    model = fit(LINE, fill="ffill")
    with pytest.warns(RollcastWarning, match="lies outside"):
        carried = model.observe([-5.0, NAN])
    with pytest.warns(RollcastWarning, match="2 values lie outside"):
        assert_array_equal(
            carried.network_state.memory.values,
            model.observe([-5.0, -5.0]).network_state.memory.values,
        )


def test_values_outside_of_given_bounds_are_refused():
    with pytest.raises(DataError) as caught:
        fit(shops(names=["falls", "stays"]), bounds=(0, 500))
    assert str(caught.value) == (
        "Column 'sales' of series 'stays' holds 1100 in row 1, at 0 (and 199 more), but `bounds` are 0 to 500: widen "
        "them, or correct the value or leave it empty."
    )


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ([], "auto"),
        (["--bounds", "none"], None),
        (["--bounds", "0,100"], [0.0, 100.0]),
        (["--bounds", "-5,"], [-5.0, None]),
        (["--bounds=,100"], [None, 100.0]),
    ],
)
def test_on_the_command_line(capsys, tmp_path, given, kept):
    table = tmp_path / "line.csv"
    pd.DataFrame({"n": np.arange(200), "y": LINE}).to_csv(table, index=False)
    command = f"fit {table} -o {tmp_path / 'm'} --epochs 0 --cell gru --hidden-size 4 --h 4".split()
    code = run_command([*command, "--log", "no", "--anchor", "last", *given, "--json"])
    out = capsys.readouterr().out
    assert code == 0
    told = json.loads(out)
    assert told["config"]["bounds"] == kept
    assert ("bounds " in told["chosen"]) == (kept is not None)
    low, high = [0.0, None] if kept == "auto" else kept or [None, None]
    assert told["bounds"] == (kept and {"low": low, "high": high, "series": 1})
