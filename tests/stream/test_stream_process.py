"""Streams as processes: pipes, signals, and being killed at any moment."""

import json
import os
import random
import selectors
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from livesamples import fit
from rollcast.forecasting.state import State
from rollcast.stream.stream_checkpoint import StreamCheckpoint

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and pipes of POSIX")
SERIES, KNOWN = 10, 60


class World:
    """A model of ten series, the rows that follow, and the answers of an undisturbed run."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.folder, self.model, self.rows = folder, folder / "model", folder / "rows"
        hours = np.tile(np.arange(KNOWN + rows), SERIES)
        names = np.repeat([f"s{i}" for i in range(SERIES)], KNOWN + rows)
        values = np.round(
            np.sin(hours * np.pi / 12) + np.random.default_rng(1).normal(0, 0.1, len(hours)), 4
        )
        times = pd.Timestamp("2024-01-01") + pd.to_timedelta(hours, "h")
        table = pd.DataFrame({"unique_id": names, "ds": times, "y": values})
        fit(table[hours < KNOWN]).save(self.model)
        new = table[hours >= KNOWN].sort_values("ds", kind="stable")
        # One of the last series' names is unknown to the model: it is new.
        lines = [
            json.dumps(
                {"unique_id": name.replace("s9", "new") if i % 3 else name, "ds": str(at), "y": y}
            )
            for i, (name, at, y) in enumerate(
                zip(new["unique_id"], new["ds"], new["y"], strict=True)
            )
        ]
        lines[100:100] = ["", "no JSON", lines[50], lines[40]]
        self.rows.write_text("\n".join(lines) + "\n")

    @cached_property
    def undisturbed(self) -> tuple[bytes, State]:
        """What a run writes that nobody disturbs, and the state that it leaves."""
        out, kept = self.folder / "whole", self.folder / "kept"
        done = self.stream("--input", self.rows, "-o", out, "--checkpoint", kept)
        done.communicate()
        assert done.returncode == 0
        return out.read_bytes(), StreamCheckpoint.load(kept).state

    @property
    def whole(self) -> bytes:
        return self.undisturbed[0]

    @property
    def state(self) -> State:
        return self.undisturbed[1]

    def stream(self, *options: object, **pipes) -> subprocess.Popen:
        command = [sys.executable, "-m", "rollcast", "stream", self.model, *options]
        pipes = {"stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL} | pipes
        return subprocess.Popen([str(part) for part in command], **pipes)

    def keyed(self, data: bytes) -> dict[tuple, bytes]:
        """Answers by series and cutoff; repeats must be the same. What is cut off is left out."""
        found: dict[tuple, bytes] = {}
        for line in data.splitlines(keepends=True):
            if line.endswith(b"\n"):
                answer = json.loads(line)
                key = (answer["unique_id"], answer["cutoff"])
                assert found.setdefault(key, line) == line
        return found


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Rows for a single run; their answers are several times what a pipe holds."""
    return World(tmp_path_factory.mktemp("small"), 250)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return World(tmp_path_factory.mktemp("world"), 2500)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """Rows for fifty kills, each in the midst of work."""
    return World(tmp_path_factory.mktemp("large"), 10_000)


def kill_by_file(world: World, folder: Path, kills: int, chance: random.Random) -> int:
    """Kill a stream of files again and again, then let it end; how often it was killed in the midst of its work."""
    out, kept = folder / "out", folder / "kept"
    options = ["--input", world.rows, "-o", out, "--checkpoint", kept, "--checkpoint-rows", "200"]
    working = 0
    for number in range(kills):
        size = out.stat().st_size if out.exists() else 0
        # Nearly always a few rows after work has begun, so that many kills fit in; at times before.
        aim = None if number % 10 == 5 else size + chance.randrange(1, len(world.whole) // kills)
        process = world.stream(*options)
        began = time.monotonic()
        wait = chance.uniform(0, 3) if aim is None else 60
        while process.poll() is None and time.monotonic() - began < wait:
            if aim is not None and out.exists() and out.stat().st_size >= aim:
                break
            time.sleep(0.001)
        if process.poll() is None:
            working += aim is not None
            process.kill()
        process.communicate()
    process = world.stream(*options)
    process.communicate()
    assert process.returncode == 0
    return working


def kill_by_pipe(
    world: World, folder: Path, kills: int, chance: random.Random
) -> tuple[bytes, int]:
    """The same over pipes: each time the sender begins at the last row that a checkpoint holds for certain."""
    kept, received, working = folder / "kept", b"", 0
    lines = world.rows.read_bytes().splitlines(keepends=True)
    begin = 0
    for number in range(kills + 1):
        most = chance.randrange(1, len(world.whole) // kills) if number < kills else None
        process = world.stream(
            *("--checkpoint", kept, "--checkpoint-rows", "200"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        made, killed = converse(process, b"".join(lines[begin:]), most)
        received += made if made.endswith(b"\n") else made[: made.rfind(b"\n") + 1]
        working += killed
        if not killed:
            assert process.returncode == 0
        # A process counts its lines from where the sender began; what is not acknowledged is sent again.
        elif kept.exists() and (state := StreamCheckpoint.load(kept)).lines and fresh(kept, folder):
            begin += state.lines
        begin = max(begin - chance.randrange(50), 0)
        if not killed and number < kills:
            break
    return received, working


def fresh(kept: Path, folder: Path) -> bool:
    """Whether the checkpoint has been written since this was asked last."""
    seen, now = folder / "seen", str(kept.stat().st_mtime_ns)
    before = seen.read_text() if seen.exists() else ""
    seen.write_text(now)
    return now != before


def converse(process: subprocess.Popen, data: bytes, most: int | None) -> tuple[bytes, bool]:
    """Send and receive at once; kill after so many bytes have come, if ever."""
    made, sent = b"", 0
    os.set_blocking(process.stdin.fileno(), False)
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdin, selectors.EVENT_WRITE)
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select(60):
                if key.fileobj is process.stdin:
                    sent += os.write(key.fd, data[sent : sent + 5000])
                    if sent == len(data):
                        selector.unregister(process.stdin)
                        process.stdin.close()
                    continue
                got = os.read(key.fd, 5000)
                made += got
                if most is not None and len(made) >= most:
                    process.kill()
                    made += process.stdout.read()
                    finish(process)
                    return made, True
                if not got:
                    finish(process)
                    return made, False


def finish(process: subprocess.Popen) -> None:
    process.stdout.close()
    if not process.stdin.closed:
        with suppress(BrokenPipeError):
            process.stdin.close()
    process.wait()


def check_kills_by_file(world: World, folder: Path, kills: int) -> None:
    working = kill_by_file(world, folder, kills, random.Random(kills))  # noqa: S311
    assert working >= 0.8 * kills
    assert (folder / "out").read_bytes() == world.whole
    assert StreamCheckpoint.load(folder / "kept").state == world.state


def check_kills_by_pipe(world: World, folder: Path, kills: int) -> None:
    received, working = kill_by_pipe(world, folder, kills, random.Random(kills))  # noqa: S311
    assert working >= 0.8 * kills
    assert world.keyed(received) == world.keyed(world.whole)
    assert StreamCheckpoint.load(folder / "kept").state == world.state


@pytest.mark.slow
def test_killed_at_any_moment_the_output_of_a_file_is_that_of_an_undisturbed_run(world, tmp_path):
    check_kills_by_file(world, tmp_path, 3)


@pytest.mark.slow
def test_killed_at_any_moment_a_pipe_whose_sender_repeats_loses_and_doubles_nothing(
    world, tmp_path
):
    check_kills_by_pipe(world, tmp_path, 3)


@pytest.mark.soak
def test_fifty_kills_by_file(large, tmp_path):
    check_kills_by_file(large, tmp_path, 50)


@pytest.mark.soak
def test_fifty_kills_by_pipe(large, tmp_path):
    check_kills_by_pipe(large, tmp_path, 50)


@pytest.mark.slow
def test_a_row_is_answered_at_once_and_signals_leave_a_checkpoint(world, tmp_path):
    lines = world.rows.read_bytes().splitlines(keepends=True)
    kept = tmp_path / "kept"
    for number, code, said in (
        (signal.SIGTERM, 143, b"1 row, 1 forecast;"),
        (signal.SIGINT, 130, b"Stopped by Ctrl-C."),
    ):
        with world.stream(
            "--checkpoint", kept, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            line = lines.pop(0)
            os.write(process.stdin.fileno(), line)
            answer = json.loads(process.stdout.readline())
            assert answer["unique_id"] == json.loads(line)["unique_id"]
            process.send_signal(number)
            assert process.stdout.read() == b""
            err = process.stderr.read()
            assert said in err
            assert b"Traceback" not in err
        assert process.returncode == code
    assert StreamCheckpoint.load(kept).counts.rows == 2


@pytest.mark.slow
def test_an_idle_pipe_gets_its_checkpoint_all_the_same(small, tmp_path):
    kept = tmp_path / "kept"
    with small.stream(
        "--checkpoint", kept, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        os.write(process.stdin.fileno(), small.rows.read_bytes().splitlines(keepends=True)[0])
        process.stdout.readline()
        began = time.monotonic()
        while not kept.exists() and time.monotonic() - began < 30:
            time.sleep(0.01)
        assert StreamCheckpoint.load(kept).lines == 1
        process.kill()


def test_a_reader_that_goes_away_ends_it_and_unread_rows_are_not_acknowledged(small, tmp_path):
    kept = tmp_path / "kept"
    with small.stream(
        "--input", small.rows, "--checkpoint", kept, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
    assert process.returncode == 141
    assert not kept.exists() or StreamCheckpoint.load(kept).lines < 2_000


@pytest.mark.slow
def test_the_counts_are_told_at_the_end_and_as_json(small, tmp_path):
    process = small.stream(
        *("--input", small.rows, "-o", tmp_path / "out", "--every", "5", "--json"),
        stdout=subprocess.PIPE,
    )
    out, err = process.communicate()
    assert process.returncode == 0
    told = json.loads(out)
    assert told["late"] == 2
    assert told["bad"] == 1
    assert told["forecasts"] == len((tmp_path / "out").read_bytes().splitlines())
    said = f"{told['rows']:,} rows, {told['forecasts']:,} forecasts; left out: 2 late, 0 repeated, 1 bad."
    assert err.decode().splitlines()[-1] == said
    assert b"note: Line 10: series 'new' is new" in err or b"series 'new' is new" in err
