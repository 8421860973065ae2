"""What ``rollcast backtest`` prints, writes and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import rollcast as rc
from rollcast.cli.app import run_command

AIRLINE = str(rc.datasets.path("airline"))
ZERO_SHOT = [AIRLINE, "--no-train", "--horizon", 6, "--windows", 2]


def call(capsys, *args: object) -> tuple[int, str, str]:
    capsys.readouterr()
    code = run_command(["backtest", *map(str, args)])
    return code, *capsys.readouterr()


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    data = pd.read_csv(AIRLINE)
    data.iloc[:120].to_csv(folder / "old.csv", index=False)
    tiny = ["--hidden-size", "4", "--epochs", "2", "--log", "no", "--anchor", "last"]
    path = folder / "airline.rollcast"
    assert run_command(["fit", str(folder / "old.csv"), *tiny, "-o", str(path)]) == 0
    return path


def test_a_table_is_backtested_and_the_scores_and_forecasts_are_written(capsys, tmp_path):
    scores, made, figure = (tmp_path / name for name in ("scores.csv", "made.csv", "made.png"))
    code, out, err = call(
        capsys,
        *ZERO_SHOT,
        "--step",
        3,
        "--level",
        "80",
        "-o",
        scores,
        "--forecasts",
        made,
        "--plot",
        figure,
    )
    assert (code, err.count("error")) == (0, 0)
    assert "2 cutoffs from 1960-03-01 to 1960-06-01; the weights stayed as they are." in out
    assert "The 80 % interval holds" in out
    assert f"'{made}' holds 12 forecasts beside what came." in out
    assert figure.read_bytes().startswith(b"\x89PNG")
    written = pd.read_csv(scores)
    assert written["by"].unique().tolist() == ["all", "step", "cutoff", "series"]
    assert written.query("by == 'cutoff'")["group"].unique().tolist() == [
        "1960-03-01",
        "1960-06-01",
    ]
    assert list(pd.read_csv(made))[:4] == ["Month", "cutoff", "Passengers", "Rollcast"]


def test_json_is_one_document_with_the_scores_by_step_and_cutoff(capsys):
    code, out, err = call(capsys, *ZERO_SHOT, "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert (found["command"], found["name"], found["fits"]) == ("backtest", "Rollcast", 0)
    assert [row["step"] for row in found["by_step"] if row["model"] == "Rollcast"] == [*range(1, 7)]
    assert {row["cutoff"] for row in found["by_cutoff"]} == {
        "1959-12-01T00:00:00",
        "1960-06-01T00:00:00",
    }
    assert found["verdict"]


def test_a_model_is_judged_on_newer_rows_and_not_on_those_it_has_seen(capsys, model: Path):
    code, out, _ = call(capsys, model, AIRLINE, "--horizon", 6)
    assert code == 0
    assert "4 cutoffs from 1958-12-01 to 1960-06-01; the weights stayed as they are." in out
    code, out, err = call(capsys, model, AIRLINE, "--cutoffs", "1957-12-01")
    assert (code, out) == (2, "")
    assert "The weights have seen rows after the cutoff 1957-12-01" in err
    assert "--in-sample" in err
    code, out, _ = call(capsys, model, AIRLINE, "--cutoffs", "1957-12-01", "--in-sample")
    assert code == 0
    assert "LSTM (in sample)" in out


@pytest.mark.parametrize(
    ("args", "code", "sentence"),
    [
        (["nothing.csv"], 4, "There is no model file or table 'nothing.csv'; check the path."),
        ([*ZERO_SHOT, "--refit", "--refit-every", 2], 2, "give one of them."),
        (
            [AIRLINE, "--no-train", "--cutoffs", "soon"],
            2,
            "--cutoffs must be times as the table has them",
        ),
        (
            [AIRLINE, "--refit", 2],
            2,
            "'2' stands where FILE does; with a number behind it, --refit is called --refit-every.",
        ),
        ([AIRLINE, "b.csv", "--refit", 2], 2, "(2); with a number behind it, --refit is called"),
        ([AIRLINE, "--refit=2"], 2, "; with a number behind it, it is called --refit-every"),
        (
            [AIRLINE, "--n-windows", 3],
            2,
            "No such option: --n-windows; here it is called --windows",
        ),
        ([AIRLINE, "--step-size", 3], 2, "No such option: --step-size; here it is called --step"),
        ([AIRLINE, "--lr", 3], 2, "No such option: --lr; here it is called --learning-rate"),
        ([AIRLINE, "other.csv"], 2, "is a table, behind which no other stands"),
        ([*ZERO_SHOT, "-o", "scores.txt.gz"], 2, "end it in .csv or .parquet"),
        (
            [AIRLINE, "--no-train", "--windows", 99],
            3,
            "pass a smaller --windows, --step or --horizon",
        ),
    ],
)
def test_what_can_not_be_is_told_in_one_sentence(capsys, args, code, sentence):
    found, out, err = call(capsys, *args, "--progress", "quiet")
    assert (found, out) == (code, "")
    told = [line for line in err.splitlines() if line.startswith("error: ")]
    assert len(told) == 1
    assert sentence in told[0]


def test_an_option_without_its_value_is_not_taken_for_an_unknown_one(capsys):
    code, _, err = call(capsys, AIRLINE, "--h")
    assert code == 2
    assert "Option '--h' requires an argument" in err


def test_a_model_needs_rows_and_takes_no_options_of_a_network(capsys, model: Path):
    code, _, err = call(capsys, model)
    assert code == 2
    assert "is a model, and no rows to judge it by are given" in err
    code, _, err = call(capsys, model, AIRLINE, "--hidden-size", 8)
    assert code == 2
    assert "--hidden-size shapes or trains a network" in err
