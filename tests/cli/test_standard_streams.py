"""Standard streams that are closed, full, gone, or of an encoding that lacks letters."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import rollcast as rc
from rollcast.cli import standard_streams
from rollcast.cli.app import run_command
from rollcast.cli.standard_streams import GuardedOutput, guard_streams

TINY = [
    "--hidden-size",
    "4",
    "--epochs",
    "1",
    "--log",
    "no",
    "--anchor",
    "last",
    "--readout",
    "gradient",
    "--progress",
    "quiet",
]
posix = pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full of Linux")


class Raw(io.RawIOBase):
    """Takes some bytes, then fails with an error, or is full for a moment."""

    def __init__(self, room: int = 0, error: int | None = None, *, terminal: bool = False) -> None:
        self.taken, self._room, self._error, self._terminal = b"", room, error, terminal
        self.waits = 0

    def write(self, data: Any) -> int | None:
        if self._error is not None and len(self.taken) >= self._room:
            raise OSError(self._error, os.strerror(self._error))
        self.waits += 1
        if self.waits == 1 and self._room < 0:
            return None
        self.taken += bytes(data)
        return len(data)

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._terminal


def text_of(guard: GuardedOutput) -> io.TextIOWrapper:
    return standard_streams._text(guard, "utf-8", line_buffering=False)


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EPIPE, errno.EIO])
def test_a_stream_fails_once_and_then_takes_what_comes(error):
    guard = GuardedOutput(Raw(error=error), silent=False)
    text = text_of(guard)
    text.write("lost")
    with pytest.raises(OSError, match=os.strerror(error)):
        text.flush()
    assert guard.error is not None
    assert guard.error.errno == error
    text.write("more")
    text.close()  # what Python does at its end


def test_stderr_never_fails():
    guard = GuardedOutput(Raw(error=errno.ENOSPC), silent=True)
    text = text_of(guard)
    text.write("lost")
    text.close()
    assert guard.error is not None


def test_a_closed_stream_is_like_a_pipe_without_a_reader_once_it_is_written_to():
    guard = GuardedOutput(None, silent=False)
    text = text_of(guard)
    text.flush()
    assert guard.error is None
    assert not text.isatty()
    text.write("lost")
    with pytest.raises(BrokenPipeError):
        text.flush()
    text.close()


def test_a_full_pipe_that_does_not_block_is_waited_for(monkeypatch):
    raw, waited = Raw(room=-1), []
    monkeypatch.setattr(standard_streams.select, "select", lambda *of: waited.append(of))
    text = text_of(GuardedOutput(raw, silent=False))
    text.write("kept")
    text.flush()
    assert raw.taken == b"kept"
    assert len(waited) == 1


@pytest.mark.parametrize(
    ("encoding", "terminal", "written"),
    [
        ("cp1252", False, "부산 Kraków".encode()),
        ("ascii", False, "부산 Kraków".encode()),
        ("cp949", True, "부산 Krak\\xf3w".encode("cp949")),
        ("ascii", True, b"\\ubd80\\uc0b0 Krak\\xf3w"),
        ("utf-8", True, "부산 Kraków".encode()),
    ],
)
def test_files_and_pipes_get_utf_8_and_a_terminal_what_it_can_show(
    monkeypatch, encoding, terminal, written
):
    raw = Raw(terminal=terminal)
    for name in ("stdout", "stderr"):
        stream = io.TextIOWrapper(io.BufferedWriter(raw), encoding)
        monkeypatch.setattr(sys, name, stream)
    guard_streams()
    sys.stdout.write("부산 Kraków")
    sys.stdout.flush()
    assert raw.taken == written


def test_half_a_character_of_a_files_name_is_escaped(monkeypatch):
    raw = Raw()
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, io.TextIOWrapper(io.BufferedWriter(raw), "utf-8"))
    guard_streams()
    sys.stdout.write(json.dumps({"model": "m\udcff"}, ensure_ascii=False))
    sys.stdout.flush()
    assert json.loads(raw.taken) == {"model": "m\udcff"}


def test_a_mistake_keeps_its_exit_code_where_stdout_is_broken_too(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", text_of(GuardedOutput(None, silent=False)))
    assert run_command(["fit", "--json"]) == 2
    assert "Missing argument" in capsys.readouterr().err


# Whole commands


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A model of a shop with a Korean name, its table, and a row to stream."""
    path = tmp_path_factory.mktemp("streams")
    table = pd.DataFrame(
        {
            "지점": "부산점",
            "날짜": pd.date_range("2023-01-01", periods=90).strftime("%Y-%m-%d"),
            "매출": np.round(100 + 20 * np.sin(np.arange(90)), 1),
        }
    )
    table.to_csv(path / "sales.csv", index=False)
    assert run_command(["fit", str(path / "sales.csv"), *TINY, "-o", str(path / "m")]) == 0
    row = {"지점": "부산점", "날짜": "2023-04-01", "매출": 100.5}
    (path / "rows").write_text(json.dumps(row) + "\n")
    return path


def shell(folder: Path, command: str, **environment: str) -> tuple[int, bytes, str]:
    """A command with its redirections: the exit code, and what it wrote."""
    given = command.replace("rollcast", f"{sys.executable} -m rollcast", 1)
    done = subprocess.run(
        ["/bin/bash", "-c", given],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr.decode()


FULL = "error: stdout can't be written: No space left on device; send it elsewhere.\n"


@pytest.mark.slow
@posix
@pytest.mark.parametrize(
    ("command", "code", "told"),
    [
        ("rollcast --help > /dev/full", 4, FULL),
        ("rollcast stream m < rows > /dev/full", 4, FULL),
        ("rollcast forecast m --json >&-", 141, ""),
        ("rollcast --help | head -c0; exit ${PIPESTATUS[0]}", 141, ""),
        (
            "rollcast stream m <&-",
            4,
            "error: stdin is closed; give it rows, or name a file of them.\n",
        ),
    ],
)
def test_a_broken_stream_is_told_in_one_sentence(folder, command, code, told):
    assert shell(folder, command) == (code, b"", told)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (".", "error: '.' is a folder; name a file in it.\n"),
        ("none", "error: 'none' can't be read: No such file or directory.\n"),
    ],
)
def test_rows_that_can_not_be_opened_are_told_in_one_sentence(
    folder, monkeypatch, capsys, name, told
):
    monkeypatch.chdir(folder)
    assert run_command(["stream", "m", "--input", name]) == 4
    assert capsys.readouterr() == ("", told)


@pytest.mark.slow
@posix
def test_a_trained_model_is_there_whatever_becomes_of_the_words(folder):
    fit = f"rollcast fit sales.csv {' '.join(TINY)}"
    code, _, told = shell(folder, f"{fit} -o full > /dev/full")
    assert code == 4
    assert told.splitlines()[-1] == FULL.strip()
    assert shell(folder, f"{fit} -o deaf --progress lines >&- 2>/dev/full")[0] == 141
    forecasts = [rc.load(folder / name).predict() for name in ("m", "full", "deaf")]
    pd.testing.assert_frame_equal(forecasts[0], forecasts[1])
    pd.testing.assert_frame_equal(forecasts[0], forecasts[2])


@pytest.mark.skipif(os.name == "nt", reason="a shell of POSIX")
def test_what_goes_to_a_pipe_is_utf_8_whatever_the_systems_encoding(folder):
    code, out, told = shell(folder, "rollcast check sales.csv --json", PYTHONIOENCODING="cp1252")
    assert (code, told) == (0, "")
    columns = json.loads(out.decode())["columns"]
    assert {"지점", "날짜", "매출"} == {column["name"] for column in columns}
    assert "매출" in out.decode()  # and not escaped
