"""Totals and paths on the command line."""

from __future__ import annotations

import io
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import rollcast as rc
from rollcast.cli.app import run_command

AIRLINE = str(files("rollcast").joinpath("datasets", "airline.csv"))


def call(capsys: Any, *args: object) -> tuple[int, str, str]:
    code = run_command([str(arg) for arg in args])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("paths") / "airline.rollcast"
    made = rc.Forecaster(train=False, h=12)
    made.fit(AIRLINE, progress="quiet")
    made.save(path)
    return path


def drawn(_: Any, h: int, *__: Any, paths: int, seed: int, **___: Any) -> Any:
    """Of path n every step is n more than the seed."""
    return np.broadcast_to(seed + np.arange(float(paths))[None, :, None], (1, paths, h))


@pytest.fixture
def _drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rollcast.forecasting.zero_shot_quantiles.draw_panel", drawn)


@pytest.mark.usefixtures("_drawn")
def test_the_total_of_a_table_is_one_row_with_its_interval_and_its_quantile(capsys: Any):
    asked = ("forecast", AIRLINE, "--h", 2, "--total", "--quantile", ".9,0.95", "--paths", 101)
    code, out, _ = call(capsys, *asked)
    assert code == 0
    ends = ("-lo-80", "-hi-80", "-q-90", "-q-95")
    assert out.splitlines() == [
        ",".join(["Rollcast", *(f"Rollcast{end}" for end in ends)]),
        "100,20,180,180,190",
    ]
    code, out, _ = call(capsys, "forecast", AIRLINE, "--h", 3, "--total", "--level", "50")
    assert out.splitlines() == [
        "Rollcast,Rollcast-lo-50,Rollcast-hi-50",
        "1497,747,2247",
    ]


@pytest.mark.usefixtures("_drawn")
def test_paths_of_a_table_are_a_long_one(capsys: Any, tmp_path: Path):
    written = tmp_path / "paths.csv"
    asked = ("forecast", AIRLINE, "--h", 2, "--paths", 2, "--seed", 5)
    assert call(capsys, *asked)[1].splitlines() == [
        "Month,sample,Rollcast",
        "1961-01-01,0,5",
        "1961-02-01,0,5",
        "1961-01-01,1,6",
        "1961-02-01,1,6",
    ]
    assert call(capsys, *asked, "-o", written)[1] == f"'{written}' holds 4 rows.\n"


def test_a_model_gives_what_python_gives(capsys: Any, model: Path):
    loaded = rc.load(model)
    code, out, _ = call(capsys, "forecast", model, "--total", "--quantile", "0.95")
    assert code == 0
    made = pd.read_csv(io.StringIO(out))
    expected = loaded.predict_total(quantile=0.95)
    pd.testing.assert_frame_equal(made, expected, rtol=1e-9)
    _, out, _ = call(capsys, "forecast", model, "--h", 3, "--paths", 4, "--seed", 7, "--json")
    rows = json.loads(out)["forecast"]
    paths = loaded.predict(h=3, paths=4, seed=7)
    assert [row["sample"] for row in rows] == paths["sample"].tolist()
    assert [row["Rollcast"] for row in rows] == paths["Rollcast"].tolist()


def test_quantiles_of_each_step_are_columns_for_a_table_and_for_a_model(capsys: Any, model: Path):
    asked = ("--h", 3, "--quantiles", "0.9,.1")
    _, out, _ = call(capsys, "forecast", AIRLINE, *asked)
    made = pd.read_csv(io.StringIO(out))
    assert made.columns.tolist() == ["Month", "Rollcast", "Rollcast-q-10", "Rollcast-q-90"]
    ends = pd.read_csv(io.StringIO(call(capsys, "forecast", AIRLINE, "--h", 3, "--level", "80")[1]))
    np.testing.assert_array_equal(made.iloc[:, 1:], ends.iloc[:, 1:])
    _, out, _ = call(capsys, "forecast", model, *asked)
    expected = rc.load(model).predict(h=3, quantiles=[0.1, 0.9])
    pd.testing.assert_frame_equal(
        pd.read_csv(io.StringIO(out), parse_dates=["Month"]).iloc[:, 1:],
        expected.iloc[:, 1:],
        rtol=1e-9,
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            ["--quantile", "0.9"],
            "--quantile is of the sum over the horizon; pass --total with it, or --quantiles for each step.",
        ),
        (["--total", "--quantiles", ".9"], "--quantiles are of each step by itself, and --total"),
        (["--paths", "9", "--quantiles", ".9"], "--quantiles asks for intervals and --paths for"),
        (["--quantiles", ".1", ".9"], "'.9' stands where FILE does; write several values with"),
        (["--level", "80", "90", "95"], "(95); write several values with commas, as in --level"),
        (["--total", "--quantile", "95"], "--quantile must be above 0 and below 1, such as 0.95"),
        (["--total", "--plot", "f.png"], "--plot draws forecasts, and --total asks for none"),
        (["--paths", "9", "--plot", "f.png"], "--plot draws forecasts, and --paths asks for none"),
        (["--paths", "9", "--level", "80"], "--level asks for intervals and --paths for whole"),
        (["--paths", "0"], "--paths must be a whole number of at least 1"),
        (["--total", "--paths", "5"], "--paths are 5, and the quantile"),
    ],
)
def test_what_does_not_go_together_is_refused(
    capsys: Any, monkeypatch: Any, given: list[str], said: str
):
    monkeypatch.setattr("rollcast.forecasting.zero_shot_quantiles.draw_panel", drawn)
    code, _, err = call(capsys, "forecast", AIRLINE, *given)
    assert code == 2
    assert said in err


def test_round_is_not_for_a_model(capsys: Any, model: Path):
    code, _, err = call(capsys, "forecast", model, "--round")
    assert code == 2
    assert "which was fitted with or without it; leave it out." in err


def test_fallback_tells_whose_forecast_each_row_is(model: Path, capsys: Any):
    code, out, _ = call(capsys, "forecast", model, "--fallback")
    frame = pd.read_csv(io.StringIO(out))
    assert code == 0
    assert frame.columns[-2:].tolist() == ["Rollcast", "Rollcast-by"]
    assert set(frame["Rollcast-by"]) == {"Rollcast"}
    code, _, err = call(capsys, "forecast", AIRLINE, "--fallback")
    assert code == 2
    assert "fallback is for a model" in err
    code, _, err = call(capsys, "forecast", model, "--fallback", "--total")
    assert code == 2
    assert "total tells of the network alone" in err.replace("--total", "total")
