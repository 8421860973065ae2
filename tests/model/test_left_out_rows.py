"""Models that were fitted without one-off rows."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import rollcast as rc
from livesamples import KINDS, TABLE, fit, new_rows
from rollcast.cli.app import run_command
from rollcast.errors import ArtifactError
from rollcast.stream.session import StreamPaths, run_stream
from rollcast.stream.stream_options import StreamOptions

NAMED = ["14..16", "b=30", "a=58..64", "odd"]
"""Rows within the data of fit, and behind them."""

STRANGE = TABLE.assign(odd=TABLE.ds == 40, y=TABLE.y.where(TABLE.ds != 40, 1e6))


@pytest.fixture(scope="module")
def model() -> rc.Forecaster:
    return fit(STRANGE, given={"exclude": NAMED}, **KINDS["esn"])


def gone(frame, rows) -> np.ndarray:
    """Where rows are left out, as one would write it by hand."""
    by_hand = frame.ds.between(14, 16) | ((frame.unique_id == "b") & (frame.ds == 30))
    return by_hand | ((frame.unique_id == "a") & frame.ds.between(58, 64)) | rows


def test_a_fit_is_the_one_in_which_the_rows_are_not_available(model: rc.Forecaster):
    marked = STRANGE.assign(ok=~gone(STRANGE, STRANGE.odd)).drop(columns="odd")
    missing = fit(marked, given={"available": "ok"}, **KINDS["esn"])
    assert_array_equal(model.predict_array(h=9), missing.predict_array(h=9))
    note = "15 rows of 3 series are left out (odd, 14..16, b=30 and 1 more) and do not count."
    assert note in model.history.notes


def test_rows_that_come_later_are_left_out_in_tables_and_live(model: rc.Forecaster):
    rows = new_rows().assign(odd=lambda frame: frame.ds == 66)
    missing = rows.assign(y=rows.y.mask(gone(rows, rows.odd)), odd=False)
    seen = rows.assign(odd=False)
    by_hand = model.predict_array(state=model.observe(missing))
    assert_array_equal(model.predict_array(state=model.observe(rows)), by_hand)
    assert_array_equal(model.predict(rows)[model.name], by_hand.ravel())
    assert not np.array_equal(model.predict_array(state=model.observe(seen)), by_hand)


def test_lines_of_a_stream_are_left_out_as_rows_of_tables_are(model: rc.Forecaster, tmp_path: Path):
    rows = new_rows().assign(odd=lambda frame: frame.ds == 66)

    def streamed(name: str, frame) -> list[str]:
        paths = StreamPaths(source=tmp_path / f"{name}.rows", sink=tmp_path / f"{name}.out")
        lines = frame.to_json(orient="records", lines=True)
        (tmp_path / f"{name}.rows").write_text(lines)
        told: list[str] = []
        run_stream(
            model.fitted, StreamOptions.of(model.fitted), paths, lambda _, text: told.append(text)
        )
        return (tmp_path / f"{name}.out").read_text().splitlines() + told

    by_hand = rows.assign(y=rows.y.mask(gone(rows, rows.odd))).drop(columns="odd")
    made = streamed("named", rows)
    assert made == streamed("by hand", by_hand)
    assert len(made) == len(rows)
    told = streamed("wrong", rows.iloc[:1].assign(odd="perhaps"))
    assert any("its 'odd' must be true or false; got 'perhaps'" in line for line in told)


def test_a_file_remembers_what_was_left_out(model: rc.Forecaster, tmp_path: Path, capsys):
    path = tmp_path / "m.rollcast"
    model.save(path, with_data=True)
    again = rc.load(path)
    assert again.fitted.schema.exclude == model.fitted.schema.exclude
    assert run_command(["summary", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "left out   column 'odd', 14..16, b=30, a=58..64" in shown
    assert run_command(["summary", str(path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["exclude"] == ["odd", "14..16", "b=30", "a=58..64"]


def test_the_command_line_takes_several(tmp_path: Path, capsys):
    TABLE.to_csv(tmp_path / "t.csv", index=False)
    named = ["--exclude", "14..16", "--exclude", "b=30"]
    assert run_command(["check", str(tmp_path / "t.csv"), *named, "--horizon", "3"]) == 0
    shown = capsys.readouterr().out
    assert "10 rows of 3 series are left out (14..16, b=30) and do not count." in shown
    assert "--exclude 14..16 --exclude b=30" in shown
    command = ["forecast", str(tmp_path / "t.csv"), "--horizon", "2", "--season-length", "5"]
    assert run_command([*command, *named]) == 0
    capsys.readouterr()
    assert run_command([*command, "--exclude", "900..901"]) == 3
    assert "--exclude names 900..901, which touches no row of t.csv" in capsys.readouterr().err


def test_a_damaged_list_is_refused_with_the_file(model: rc.Forecaster, tmp_path: Path):
    path = tmp_path / "m.rollcast"
    model.save(path)
    held = path.read_bytes()
    assert held.count(b"58..64") == 1
    path.write_bytes(held.replace(b"58..64", b"58..50"))
    with pytest.raises(ArtifactError):
        rc.load(path)
