import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import rollcast as rc
from rollcast.cli import demo_command, demo_tutorial, table_files
from rollcast.cli.app import option_names, run_command, whole_command
from rollcast.cli.arguments import EXIT_CODES
from rollcast.cli.console import Console
from rollcast.cli.demo_zero_shot import show_zero_shot
from rollcast.cli.summary_command import card_lines, describe_network, describe_training
from rollcast.cli.wording import as_options as reworded
from rollcast.networks.distribution import QUANTILE_LEVELS
from rollcast.options import FIT_ARGUMENTS, MODEL_OPTIONS
from rollcast.training.history import History
from rollcast.training.start_kind import StartKind

COMMANDS = (
    "demo",
    "fit",
    "check",
    "forecast",
    "stream",
    "scores",
    "evaluate",
    "backtest",
    "diagnose",
    "summary",
    "info",
)
TINY = ["--hidden-size", "4", "--epochs", "2", "--log", "no", "--anchor", "last"]
QUICK = [*TINY, "--readout", "gradient"]
AIRLINE = str(rc.datasets.path("airline"))


def rollcast(*args: object) -> list[str]:
    return [sys.executable, "-m", "rollcast", *map(str, args)]


def call(capsys, *args: object) -> tuple[int, str, str]:
    capsys.readouterr()
    code = run_command([str(a) for a in args])
    out, err = capsys.readouterr()
    return code, out, err


def call_json(capsys, *args: object) -> dict:
    code, out, err = call(capsys, *args, "--json")
    assert code == 0
    assert err == ""
    return json.loads(out)


@pytest.fixture(scope="module")
def airline(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("models") / "airline.rollcast"
    assert (
        run_command(["fit", AIRLINE, *TINY, "--unit", "thousand", "--with-data", "-o", str(path)])
        == 0
    )
    return path


def test_check_tells_how_a_file_is_read_and_names_the_command_that_fits_it(capsys):
    code, out, err = call(capsys, "check", AIRLINE)
    assert (code, err) == (0, "")
    assert "month start, season of 12" in out
    assert out.splitlines()[-1].startswith(f"rollcast fit {AIRLINE} ")


def test_check_says_what_fit_would_refuse_by_the_names_of_options(capsys, tmp_path):
    path = tmp_path / "twice.csv"
    path.write_text("ds,y\n" + "".join(f"2024-01-{d:02d},{d}\n" for d in (*range(1, 31), 30)))
    code, out, _ = call(capsys, "check", path)
    assert code == 3
    assert '--duplicates "sum"' in out or "--duplicates sum" in out
    code, out, _ = call(capsys, "check", path, "--duplicates", "sum", "--horizon", 3, "--json")
    told = json.loads(out)
    assert (code, told["command"], told["duplicates"], told["h"]) == (0, "check", 1, 3)


NAMES = option_names(whole_command())


def as_options(sentence: str) -> str:
    return reworded(sentence, NAMES)


# Help and usage


def test_help_loads_neither_keras_nor_jax_nor_pandas():
    for command in ([], ["fit"], ["info"]):
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "rollcast", *command, "--help"],
            capture_output=True,
            text=True,
            check=True,
        )
        loaded = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
        assert loaded.isdisjoint({"keras", "jax", "pandas", "matplotlib", "polars", "pyarrow"})
        assert "Usage: rollcast" in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_has_an_example_and_knows_json(capsys, command):
    code, out, err = call(capsys, command, "--help")
    assert (code, err) == (0, "")
    assert f"Example:\n\n rollcast {command}" in "\n".join(
        " " + s.strip() for s in out.split("\n")
    ).replace("\n \n", "\n\n")
    assert "--json" in out


def test_without_a_command_it_says_what_there_is(capsys):
    code, out, _ = call(capsys)
    assert code == 0
    assert all(command in out for command in COMMANDS)
    assert "Exit codes" in out


def test_version(capsys):
    assert call(capsys, "--version") == (0, f"rollcast {rc.__version__}\n", "")


def test_options_of_fit_are_those_of_forecaster_and_fit_with_their_defaults():
    command = whole_command().commands["fit"]
    shown = {parameter.name: parameter for parameter in command.params}
    for name, option in {**MODEL_OPTIONS, **FIT_ARGUMENTS}.items():
        if option.flag is not None:
            assert (shown[name].default or None) == (option.default or None), name
            assert option.help in shown[name].help
    assert "callbacks" not in shown


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--lookback", 14], "No such option: --lookback; here it is called --input-size;"),
        (["--units", 32], "here it is called --hidden-size;"),
        (["--n-lags", 7], "here it is called --input-size;"),
    ],
)
def test_other_tools_words_are_answered_with_the_right_option(capsys, tmp_path, given, told):
    code, _, err = call(capsys, "fit", AIRLINE, "-o", tmp_path / "m", *given)
    assert code == 2
    assert told in err


def test_h_is_another_word_for_horizon(capsys, airline):
    assert call(capsys, "forecast", airline, "--h", 2) == call(
        capsys, "forecast", airline, "--horizon", 2
    )


# What is printed


def test_fit_prints_what_it_took_chose_and_found(capsys, tmp_path):
    model = tmp_path / "m.rollcast"
    picture, curves = tmp_path / "m.png", tmp_path / "h.svg"
    code, out, err = call(
        capsys, "fit", AIRLINE, *TINY, "-o", model, "--plot", picture, "--plot-history", curves
    )
    assert code == 0
    assert out.startswith("144 rows from 1949-01-01 to 1960-12-01, month start: 86 to train, 29")
    assert "h 12, standard scaling, corrects the last value, no log" in out
    assert "seasonal naive" in out
    assert rc.load(model).history.verdict in out.splitlines()
    assert f"'{model}' holds the network, trained once more on all rows." in out
    assert "note: Took column 'Passengers' as the one to forecast and 'Month' as the time." in err
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in curves.read_bytes()


def test_fit_as_json_is_one_document(capsys, tmp_path):
    model = tmp_path / "m.rollcast"
    told = call_json(capsys, "fit", AIRLINE, *TINY, "--no-final-fit", "-o", model)
    assert told["command"] == "fit"
    assert told["model"] == str(model)
    assert told["config"]["hidden_size"] == 4
    assert told["data"]["rows"] == 144
    assert told["data"]["refitted"] is False
    assert told["scores"]["models"][0]["name"] == "LSTM"
    assert told["verdict"] == rc.load(model).history.verdict
    assert len(told["history"]["loss"]) == 2
    assert told["notes"]
    assert told["warnings"] == []


def test_forecast_goes_to_stdout_or_to_a_file_by_its_ending(capsys, tmp_path, airline):
    code, out, err = call(capsys, "forecast", airline, "--horizon", "3")
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "Month,LSTM"
    assert [row.split(",")[0] for row in out.splitlines()[1:]] == [
        "1961-01-01",
        "1961-02-01",
        "1961-03-01",
    ]
    for ending, read in ((".csv", pd.read_csv), (".parquet", pd.read_parquet)):
        path = tmp_path / f"f{ending}"
        code, said, _ = call(capsys, "forecast", airline, "--horizon", "3", "-o", path)
        assert (code, said) == (0, f"'{path}' holds 3 forecasts.\n")
        np.testing.assert_allclose(
            read(path)["LSTM"], pd.read_csv(io.StringIO(out))["LSTM"], rtol=1e-9
        )
    told = call_json(capsys, "forecast", airline, "--horizon", "3")
    assert told["forecast"][0]["Month"] == "1961-01-01T00:00:00"
    assert told["unit"] == "thousand"


def test_forecast_of_newer_rows_starts_after_them(capsys, tmp_path, airline):
    newer = tmp_path / "newer.csv"
    newer.write_text("Month,Passengers\n1961-01,450\n1961-02,\n1961-03,470\n")
    picture = tmp_path / "f.pdf"
    code, out, err = call(capsys, "forecast", airline, newer, "--horizon", "2", "--plot", picture)
    assert code == 0
    assert out.splitlines()[1].startswith("1961-04-01,")
    assert err.count("1 of 3 values is missing, the first at 1961-02") == 1
    assert picture.read_bytes().startswith(b"%PDF")


def test_records_of_a_forecast_are_made_for_json_alone(capsys, tmp_path, airline, monkeypatch):
    made: list[int] = []

    def records(frame) -> list:
        made.append(len(frame))
        return []

    monkeypatch.setattr(table_files, "records", records)
    call(capsys, "forecast", airline, "--horizon", "2")
    call(capsys, "forecast", airline, "--horizon", "2", "-o", tmp_path / "f.csv")
    assert made == []
    call_json(capsys, "forecast", airline, "--horizon", "2")
    assert made == [2]


def test_a_revised_row_is_warned_of_in_one_line_and_in_json(capsys, tmp_path, airline):
    revised = tmp_path / "revised.csv"
    rows = Path(AIRLINE).read_text().splitlines()
    revised.write_text("\n".join([rows[0], *rows[-12:-1], "1960-12,999"]) + "\n")
    _, _, err = call(capsys, "forecast", airline, revised)
    warned = [line for line in err.splitlines() if line.startswith("warning: ")]
    assert len(warned) == 1
    assert "1 row changed since" in warned[0]
    told = call_json(capsys, "forecast", airline, revised)
    assert told["warnings"] == [warned[0].removeprefix("warning: ")]


def test_scores_are_those_that_fit_saved(capsys, airline):
    code, out, _ = call(capsys, "scores", airline)
    assert code == 0
    assert out.splitlines()[-1] == rc.load(airline).history.verdict
    assert call_json(capsys, "scores", airline)["recommended"] in out


def test_evaluate_shows_the_saved_scores_or_judges_newer_rows(capsys, tmp_path, airline):
    code, out, err = call(capsys, "evaluate", airline)
    assert code == 0
    assert out == call(capsys, "scores", airline)[1]
    assert "as rollcast scores shows them" in err
    newer = tmp_path / "newer.csv"
    months = pd.period_range("1949-01", periods=144 + 14, freq="M").astype(str)
    values = [*rc.datasets.airline()["y"], *np.arange(400.0, 414.0)]
    pd.DataFrame({"Month": months, "Passengers": values}).to_csv(newer, index=False)
    told = call_json(capsys, "evaluate", airline, newer)
    assert told["origins"] == 3
    assert told["h"] == 12


def test_diagnose_tells_errors_faults_and_the_verdict(capsys, tmp_path, airline):
    picture = tmp_path / "loop.png"
    code, out, err = call(capsys, "diagnose", airline, "--horizon", "14", "--plot", picture)
    found = rc.diagnose(rc.load(airline), h=14)
    assert code == 0
    assert out.startswith("Error by step ahead, over 16 forecast starts\n")
    assert out.splitlines()[-1] == found.verdict
    assert "note: The weights have seen these rows" in err
    assert picture.read_bytes().startswith(b"\x89PNG")
    for finding in found.findings:
        assert as_options(finding.sentence) in out
    told = call_json(capsys, "diagnose", airline, "--horizon", "14")
    assert told["command"] == "diagnose"
    assert told["seen"] is True
    assert told["verdict"] == found.verdict
    assert [f["name"] for f in told["findings"]] == [f.name for f in found.findings]
    sentences = [as_options(finding.sentence) for finding in found.findings]
    assert [f["sentence"] for f in told["findings"]] == sentences
    assert told["notes"] == [as_options(note) for note in found.notes]
    assert len(told["errors"]["free"]["rmse_by_step"]) == 14


def test_diagnose_judges_newer_rows(capsys, tmp_path, airline):
    newer = tmp_path / "newer.csv"
    months = pd.period_range("1949-01", periods=144 + 14, freq="M").astype(str)
    values = [*rc.datasets.airline()["y"], *np.arange(400.0, 414.0)]
    pd.DataFrame({"Month": months, "Passengers": values}).to_csv(newer, index=False)
    told = call_json(capsys, "diagnose", airline, newer)
    assert (told["origins"], told["h"], told["seen"]) == (3, 12, False)
    code, _, err = call(capsys, "diagnose", airline, newer, "--horizon", "15")
    assert code == 3
    assert "no series has 15 rows (the horizon) after those the model saw" in err
    code, _, err = call(capsys, "diagnose", airline, "--horizon", "90")
    assert code == 3
    assert "fewer than --horizon = 90" in err


def test_summary_tells_of_the_pretrained_network(capsys, tmp_path):
    saved = tmp_path / "m.rollcast"
    code, out, _ = call(capsys, "fit", AIRLINE, "--no-train", "-o", saved)
    assert code == 0
    assert f"'{saved}' holds the pretrained network as it is." in out
    model = rc.load(saved)
    lines = card_lines(model)
    assert lines[0].startswith(
        "network    Rollcast, 2 layers of 128 units, weights 2026-1, the pretrained network as it is, "
    )
    assert "trained    nothing was trained, as `train=False` asks" in lines
    assert "Over 12 months Rollcast's error is " in lines[-1]
    history = History(loss=(0.5, 0.25), best_epoch=2, updates=15, stopped="15 updates")
    history = replace(history, start=StartKind.HALF_WAY)
    tuned = replace(model.fitted, report=replace(model.fitted.report, history=history))
    assert describe_network(tuned).endswith(
        " units, weights 2026-1, the pretrained network, fine-tuned half-way"
    )
    assert describe_training(tuned) == "on all rows; 15 updates"


def test_an_option_of_random_weights_asks_for_them_only_if_it_is_written(capsys, tmp_path):
    written = ("fit", AIRLINE, "--no-train", "--cell", "lstm", "-o", tmp_path / "m.rollcast")
    code, _, err = call(capsys, *written)
    assert code == 2
    assert "forecasts by the pretrained network as it is" in err


def test_summary_is_the_models_card(capsys, airline):
    code, out, _ = call(capsys, "summary", airline)
    model = rc.load(airline)
    assert code == 0
    for part in (
        "1 layer of 4 units, sequence reading",
        "144 rows from 1949-01-01 to 1960-12-01, month start; 0 missing",
        model.fitted.card.digest,
        "Passengers in thousand",
        "seed 0",
        "on all rows",
        f"keras {model.fitted.card.versions['keras']}",
        model.history.verdict,
    ):
        assert part in out
    told = call_json(capsys, "summary", airline)
    assert told["data"]["digest"] == model.fitted.card.digest
    assert told["parameters"] == model.network.model.count_params()


def test_info_tells_versions_devices_and_which_kernels_run_and_why(capsys):
    import jax

    code, out, _ = call(capsys, "info")
    told = call_json(capsys, "info")
    assert code == 0
    lines = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert lines["jax"] == told["versions"]["jax"] == jax.__version__
    assert lines["rollcast"] == told["versions"]["rollcast"]
    assert len(told["devices"]) == len(jax.devices())
    assert told["devices"][0]["platform"] in lines["devices"]
    assert lines["kernels"] == told["kernels"]["reason"]
    assert told["kernels"]["active"] == bool(told["kernels"]["instruction_set"])


def test_info_tells_the_pretrained_weights_in_one_line(capsys):
    weights = files("rollcast").joinpath("weights", "2026-1.npz").read_bytes()
    digest = hashlib.sha256(weights).hexdigest()
    lines = dict(line.split(maxsplit=1) for line in call(capsys, "info")[1].splitlines())
    told = call_json(capsys, "info")["pretrained"]
    assert (told["version"], told["sha256"]) == ("2026-1", digest)
    assert lines["pretrained"] == f"2026-1, {told['updates']:,} updates, sha256 {digest[:12]}"


def test_info_names_the_setting_that_turns_the_kernels_off():
    done = subprocess.run(
        rollcast("info", "--json"),
        env={**os.environ, "ROLLCAST_KERNELS": "xla"},
        capture_output=True,
        text=True,
        check=True,
    )
    kernels = json.loads(done.stdout)["kernels"]
    assert (kernels["active"], kernels["instruction_set"]) == (False, "")
    assert "ROLLCAST_KERNELS=xla" in kernels["reason"]


# Real input of other kinds


def test_daily_temperatures_with_missing_days(capsys, tmp_path):
    model = tmp_path / "t.rollcast"
    file = rc.datasets.path("temperatures")
    code, out, err = call(
        capsys, "fit", file, *QUICK, "--epochs", "1", "--horizon", "7", "--unit", "°C", "-o", model
    )
    assert code == 0
    assert "2 of 3,652 values are missing, the first at 1984-12-31" in err
    assert "MAE, °C" in out
    assert call(capsys, "forecast", model)[1].splitlines()[1].startswith("1991-01-01,")
    assert call(capsys, "evaluate", model)[0] == 0


def test_parquet_with_two_series_and_made_up_names(capsys, tmp_path):
    hours = pd.date_range("2024-01-01", periods=300, freq="h")
    day = np.sin(np.arange(300) * np.pi / 12)
    frame = pd.concat(
        [
            pd.DataFrame({"shop": shop, "when, local": hours, "Umsatz €": level + day})
            for shop, level in (("north", 10.0), ("south", 500.0))
        ]
    )
    file, model, out_file = (tmp_path / name for name in ("s.parquet", "s.rollcast", "f.parquet"))
    frame.to_parquet(file, index=False)
    names = ["--id", "shop", "--time", "when, local", "--value", "Umsatz €"]
    told = call_json(
        capsys, "fit", file, *names, *QUICK, "--cell", "gru", "--horizon", "24", "-o", model
    )
    assert told["series"] == 2
    assert told["name"] == "GRU"
    picture = tmp_path / "south.png"
    options = ["--horizon", "5", "-o", out_file, "--plot", picture, "--series", "south"]
    assert call(capsys, "forecast", model, *options)[0] == 0
    made = pd.read_parquet(out_file)
    assert made.columns.tolist() == ["shop", "when, local", "GRU"]
    assert made["shop"].tolist() == ["north"] * 5 + ["south"] * 5
    assert made["when, local"].iloc[0] == hours[-1] + pd.Timedelta("1h")
    assert made["GRU"].iloc[-1] > 400
    assert picture.exists()
    code, _, err = call(capsys, "forecast", model, "--series", "west", "--plot", picture)
    assert code == 2
    assert "--series must be one of the 2 identifiers; got 'west'." in err


def seasonal_naive(panel, h, cycles, **options) -> np.ndarray:
    """Last year's months, with quantiles 100 times their level around 50 from them."""
    rows = panel.target[panel.rows(0)][-cycles.lengths[0] :]
    spread = 100 * np.array(QUANTILE_LEVELS) - 50
    return np.resize(rows, h)[None, :, None] + spread


@pytest.fixture
def _naive(monkeypatch):
    monkeypatch.setattr("rollcast.forecasting.zero_shot_quantiles.forecast_panel", seasonal_naive)


@pytest.mark.usefixtures("_naive")
def test_a_table_is_forecast_where_a_model_could_stand(capsys, tmp_path):
    code, out, err = call(capsys, "forecast", AIRLINE, "--h", 2, "--level", "80,95")
    assert code == 0
    ends = ("lo-95", "lo-80", "hi-80", "hi-95")
    assert out.splitlines() == [
        ",".join(["Month", "Rollcast", *(f"Rollcast-{end}" for end in ends)]),
        "1961-01-01,417,369.5,377,457,464.5",
        "1961-02-01,391,343.5,351,431,438.5",
    ]
    assert "note: A season of 12 rows is assumed; pass --season-length for others." in err
    picture, table = tmp_path / "f.png", tmp_path / "f.parquet"
    code, said, err = call(capsys, "forecast", AIRLINE, "--plot", picture, "-o", table)
    assert (code, said) == (0, f"'{table}' holds 12 forecasts.\n")
    assert "The next 12 rows are forecast; pass --horizon for another horizon." in err
    assert pd.read_parquet(table)["Rollcast"].tolist()[0] == 417
    assert picture.read_bytes().startswith(b"\x89PNG")
    told = call_json(capsys, "forecast", AIRLINE, "--h", 1, "--alias", "mine", "--season-length", 6)
    assert (told["table"], told["model"], told["forecast"][0]["mine"]) == (AIRLINE, None, 622)


def test_what_tells_how_a_table_is_read_is_not_for_a_model(capsys, airline):
    for option, value, why in (
        ("--freq", "D", "knows how tables are read"),
        ("--fill", "zero", "knows how tables are read"),
        ("--season-length", "12", "was fitted with its own"),
        ("--bounds", "none", "was fitted with its own"),
    ):
        code, _, err = call(capsys, "forecast", airline, option, value)
        assert code == 2
        assert err == (
            f"error: {option} is for a table, and '{airline}' is a model, which {why}; leave it out.\n"
        )
    code, _, err = call(capsys, "forecast", airline, "--level", "98")
    assert code == 2
    assert "--level = 98 needs at least 99 separate forecasts" in err


def test_a_file_that_is_empty_missing_or_neither_is_told_apart(capsys, tmp_path):
    empty, archive = tmp_path / "empty.csv", tmp_path / "book.xlsx"
    empty.write_text("")
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("xl/workbook.xml", "<workbook/>")
    for path, code, sentence in (
        (empty, 3, "empty.csv is empty; give a file with rows of times and values."),
        (
            archive,
            3,
            "book.xlsx is no table but an Excel workbook or a zip archive; save the table as CSV or Parquet.",
        ),
        (
            tmp_path / "none.csv",
            4,
            f"There is no model file or table '{tmp_path / 'none.csv'}'; check the path.",
        ),
    ):
        assert call(capsys, "forecast", path) == (code, "", f"error: {sentence}\n")


# Mistakes

NONSENSE = (
    "nonsense",
    "",
    "-1",
    "0",
    "2.5",
    "1e999",
    "nan",
    str(2**70),
    "a\0b",
    "x" * 300,
    "--",
    "\u0664",
)


@pytest.mark.parametrize("command", [c for c in COMMANDS if c not in ("demo", "info")])
def test_no_value_of_any_option_ends_in_a_traceback(capsys, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    needed = {"fit": ["missing.csv", "-o", "m"], "check": ["missing.csv"]}
    start = [command, *needed.get(command, ["missing.rollcast"])]
    for option in whole_command().commands[command].params:
        if option.param_type_name != "option" or getattr(option, "is_flag", False):
            continue
        for value in NONSENSE:
            code, out, err = call(capsys, *start, option.opts[0], value)
            assert code in (2, 3, 4), (option.opts, value)
            if command == "check":  # what is wrong with the table is its answer
                continue
            assert out == ""
            assert err.startswith("error: "), (option.opts, value)
            assert err.count("\n") == 1, (option.opts, value, err)


@pytest.mark.parametrize(
    ("args", "code", "sentence"),
    [
        (["fit", AIRLINE, "--horizn", "3"], 2, "No such option"),
        (["fit", AIRLINE], 2, "Missing option '-o' / '--output'"),
        (["forcast"], 2, "Did you mean 'forecast'?; see rollcast --help."),
        (["fit", AIRLINE, "-o", "m", "--cell", "cnn"], 2, "'cnn' is not one of"),
        (["fit", AIRLINE, "-o", "m", "--layers", "0"], 2, "--layers must be a whole number"),
        (["fit", AIRLINE, "-o", "m", "--go-backwards"], 2, "--reading"),
        (["fit", AIRLINE, "-o", "m", "--loss", "hubber"], 2, "hubber"),
        (["fit", AIRLINE, "-o", "m", "--optimizer", "adm"], 2, "adm"),
        (["fit", AIRLINE, "-o", "m", "--resume"], 2, "--resume needs"),
        (["fit", AIRLINE, "-o", "no/m.rollcast"], 2, "doesn't exist; create it first."),
        (["fit", AIRLINE, "-o", "."], 2, "'.' is a folder; name a file in it."),
        (["fit", AIRLINE, "-o", AIRLINE], 2, "FILE and --output are both"),
        (["fit", AIRLINE, "-o", "m", "--checkpoint", "./m"], 2, "--output and --checkpoint are"),
        (["forecast", "m", "-o", "m"], 2, "MODEL and --output are both 'm'; name another file."),
        (["fit", AIRLINE, "-o", "m", "--plot", "m.bmp"], 2, "must end in one of .png"),
        (["fit", AIRLINE, "-o", "m", "--val-size", "70", "--test-size", "70"], 3, "too short"),
        (["fit", "missing.csv", "-o", "m"], 3, "There is no file 'missing.csv'"),
        (["fit", AIRLINE, "-o", "m", "--value", "Sales"], 3, "'Sales'"),
        (["forecast", "missing.rollcast"], 4, "There is no model file"),
        (["summary", AIRLINE], 4, "is no Rollcast model"),
        (["forecast", "."], 3, "'.' is a folder; give the path of a file in it."),
        (["forecast", AIRLINE, "--level", "99"], 2, "--level must be at most 98"),
        (
            ["forecast", AIRLINE, "--season-length", "day"],
            2,
            "--season-length must be one season or two",
        ),
        (["forecast", AIRLINE, "--max-gap", "3"], 2, "is a table; leave it out."),
        (
            ["forecast", AIRLINE, "newer.csv"],
            2,
            "is a table, behind which no other stands; got 'newer.csv'",
        ),
        (["forecast", AIRLINE, "-o", AIRLINE], 2, "TABLE and --output are both"),
        (["forecast", AIRLINE, "--timezone", "UTC"], 2, "here it is called --tz"),
        (["summary", "."], 4, "is a folder"),
        (["stream", "missing.rollcast", "-o", "f"], 4, "There is no model file"),
        (["stream", "m", "-o", "m"], 2, "MODEL and --output are both 'm'; name another file."),
        (["stream", "m", "-o", "a", "--checkpoint", "a"], 2, "--output and --checkpoint are both"),
        (["stream", "m", "-o", "no/f"], 2, "doesn't exist; create it first."),
        (["stream", "m", "-o", "f", "--checkpoint-rows", "0"], 2, "--checkpoint-rows must be"),
        (["diagnose", "m", "--plot", "m"], 2, "MODEL and --plot are both 'm'; name another file."),
        (["diagnose", "m", "--plot", "m.bmp"], 2, "must end in one of .png"),
        (["diagnose", "missing.rollcast"], 4, "There is no model file"),
        (["demo", "-o", AIRLINE], 2, "is a file; name a folder"),
    ],
)
def test_a_mistake_is_told_in_one_sentence_with_its_exit_code(
    capsys, tmp_path, monkeypatch, args, code, sentence
):
    monkeypatch.chdir(tmp_path)
    got, out, err = call(capsys, *args)
    last = err.splitlines()[-1]
    assert got == code
    assert out == ""
    assert last.startswith("error: ")
    assert sentence in last
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []
    got, out, _ = call(capsys, *args, "--json")
    told = json.loads(out)
    assert (got, told["exit_code"]) == (code, code)
    assert told["error"] == last.removeprefix("error: ")


def test_forecasts_are_refused_an_ending_that_is_no_table(capsys, tmp_path, airline):
    code, _, err = call(capsys, "forecast", airline, "-o", tmp_path / "f.xlsx")
    assert code == 2
    assert "end it in .csv or .parquet" in err


def test_messages_name_options_in_place_of_arguments():
    said = as_options("`resume` needs the file; pass checkpoint=. Or clip (clip_norm=1), h=12.")
    assert (
        said == "--resume needs the file; pass --checkpoint. Or clip (--clip-norm 1), --horizon 12."
    )
    assert as_options("column 'h' at h = 12, max_h=3") == "column 'h' at h = 12, max_h=3"


def test_exit_codes_are_documented_and_distinct():
    for word in ("0 done", "2 wrong usage", "3 unfit data", "5 a package", "130 stopped"):
        assert word in EXIT_CODES


# The process


def test_exit_code_and_streams_of_the_process(tmp_path):
    done = subprocess.run(
        rollcast("check", AIRLINE, "--json"), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stderr == ""
    assert json.loads(done.stdout)["rows"] == 144
    done = subprocess.run(
        rollcast("summary", tmp_path / "none"), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_a_reader_that_goes_away_is_no_fault(airline):
    with subprocess.Popen(
        rollcast("forecast", airline),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait() == 141


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals of a terminal")
def test_ctrl_c_saves_the_best_so_far_and_resume_ends_as_without_a_break(capsys, tmp_path):
    whole, broken, way_back = (tmp_path / name for name in ("whole", "broken", "way-back"))
    options = [AIRLINE, *TINY, "--epochs", "20", "--patience", "0", "--batch-size", "64"]
    with subprocess.Popen(
        rollcast("fit", *options, "-o", broken, "--checkpoint", way_back, "--progress", "lines"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        while "epoch 1/20" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 130
    assert "Interrupted in epoch" in err
    assert "Traceback" not in err
    interrupted = rc.load(broken)
    assert interrupted.history.stopped.startswith("interrupted in epoch")
    assert not interrupted.fitted.card.refitted
    assert len(interrupted.predict()) == 12

    quiet = ["--progress", "quiet"]
    resumed = [*options, *quiet, "-o", broken, "--checkpoint", way_back, "--resume"]
    assert call(capsys, "fit", *resumed)[0] == 0
    assert call(capsys, "fit", *options, *quiet, "-o", whole)[0] == 0
    one, other = rc.load(whole), rc.load(broken)
    pd.testing.assert_frame_equal(one.predict(h=24), other.predict(h=24), check_exact=True)
    assert one.history.loss == other.history.loss
    assert len(one.history) == 20


def test_demo_begins_with_a_forecast_without_training_of_months_that_were_held_back(
    capsys, tmp_path
):
    console = Console(as_json=False)
    told = show_zero_shot(console, tmp_path)
    out = capsys.readouterr().out
    passengers = rc.datasets.airline()["y"].to_numpy()
    naive = np.abs(np.tile(passengers[-36:-24], 2) - passengers[-24:]).mean()
    assert told["seasonal_naive_mae"] == pytest.approx(naive)
    made = rc.forecast(rc.datasets.airline()[:-24], h=24, level=80)
    low, high = (made[f"Rollcast-{side}-80"].to_numpy() for side in ("lo", "hi"))
    inside = ((low <= passengers[-24:]) & (passengers[-24:] <= high)).sum()
    assert told["inside"]["80"] == inside
    assert f"{inside} of the 24 months lie in the 80 % interval." in out
    assert told["mae"] == pytest.approx(np.abs(made["Rollcast"] - passengers[-24:]).mean())
    assert told["mae"] < naive
    assert told["inside"]["95"] >= 20
    assert (tmp_path / "airline.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_demo_shows_a_real_series_and_the_tutorial(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(demo_command, "EPOCHS", 1)
    monkeypatch.setattr(demo_tutorial, "EPOCHS", dict.fromkeys(demo_tutorial.EPOCHS, 1))
    code, out, _ = call(capsys, "demo", "-o", tmp_path / "shown")
    assert code == 0
    told = json.loads((tmp_path / "shown" / "metrics.json").read_text())
    assert told["demand"]["data"]["rows"] == 17_520
    assert told["demand"]["verdict"] in out
    rows = {row["name"]: row for row in told["tutorial"]["comparison"]}
    for network in ("simple", "stacked", "stateful stacked"):
        for way in ("as the tutorial wrote it", "as Rollcast would"):
            assert rows[f"{network}, {way}"]["free_rmse"] > 0
            assert f"{network}, {way}" in out
    assert rows["seasonal naive"]["free_rmse"] < 1e-12
    for said in ("x_train (5109, 13, 1)", "66,689", "29,345", "no evidence of forecasting skill"):
        assert said in out
    assert told["zero_shot"]["h"] == 24
    places = [
        out.index(part)
        for part in ("1. A forecast without training", "2. A fit", "3. The tutorial")
    ]
    assert places == sorted(places)
    pictures = {path.name for path in (tmp_path / "shown").glob("*.png")}
    assert pictures >= {
        "airline.png",
        "demand.png",
        "tutorial-simple.png",
        "tutorial-stacked-history.png",
    }
    assert all(name in out for name in pictures)
