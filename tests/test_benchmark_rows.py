"""What `benchmarks/run.py` keeps of the rows that are there, and of those that a script prints."""

import csv
import importlib.util
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

SCRIPT = """
import json, sys
for value in sys.argv[1:] or ["1", "2"]:
    if value == "stop":
        raise SystemExit(3)
    print(json.dumps({"case": value, "who": "us", "unit": "s", "value": value}), flush=True)
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """`benchmarks/run.py`, with a folder of scripts and requirements of its own."""
    spec = importlib.util.spec_from_file_location("benchmark_run", ROOT / "benchmarks/run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "HERE", tmp_path)
    return module


@pytest.fixture
def run(module, tmp_path, monkeypatch):
    """Run the script `one` with options, and give case and note of every row that is kept."""
    monkeypatch.setattr(module, "RESULTS", tmp_path / "results")
    (tmp_path / "one.py").write_text(SCRIPT)
    module.write(
        [
            {"benchmark": "other", "case": "1", "who": "us", "unit": "s", "note": "older"},
            *({"benchmark": "one", "case": c, "who": "us", "unit": "s", "note": "older"} for c in "23"),
        ]
    )  # fmt: skip

    def kept(*options):
        monkeypatch.setattr("sys.argv", ["run.py", "--here", "--only", "one", "--", *options])
        with suppress(subprocess.CalledProcessError):
            module.main()
        with (tmp_path / "results/results.csv").open(newline="") as file:
            return [(row["benchmark"], row["case"], row["note"]) for row in csv.DictReader(file)]

    return kept


def test_a_whole_run_leaves_none_of_its_older_rows_and_all_of_other_scripts(run):
    assert run() == [("other", "1", "older"), ("one", "1", ""), ("one", "2", "")]


def test_a_part_takes_the_place_of_its_own_rows_alone(run):
    assert run("2") == [("other", "1", "older"), ("one", "3", "older"), ("one", "2", "")]


def test_a_script_that_dies_leaves_the_rows_that_it_has_made(run):
    assert run("2", "stop") == [("other", "1", "older"), ("one", "3", "older"), ("one", "2", "")]


def test_requirements_are_installed_again_after_an_interruption_and_where_they_change(
    module, tmp_path, monkeypatch
):
    calls = []

    def called(command, **_):
        if "venv" in command:
            (tmp_path / "peers").mkdir(exist_ok=True)
            return
        calls.append(command)
        if len(calls) == 1:
            raise subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(module.subprocess, "run", called)
    (tmp_path / "wanted.txt").write_text("one==1")
    with pytest.raises(subprocess.CalledProcessError):
        module.install(tmp_path / "peers", "wanted.txt")
    for wanted, installs in (("one==1", 2), ("one==1", 2), ("one==2", 3), ("one==2", 3)):
        (tmp_path / "wanted.txt").write_text(wanted)
        module.install(tmp_path / "peers", "wanted.txt")
        assert len(calls) == installs
