"""Streaming: rows as JSON lines in, a forecast of 24 hours for each out, over 100 series, by file and by pipe.

The network is LSTM(64). The time by file is that between runs of many rows and of few, so that the start of a process
and compilation are apart. Over the pipe the writer never waits, or waits for each answer before it sends the next row.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from measuring import emit, median
from rollcast import Forecaster

SERIES, ROWS, HORIZON = 100, 100, 24
FEW, MANY, PINGS, TURNS = 2_000, 102_000, 2_000, 3
CASE = f"{SERIES} series, h = {HORIZON}, a forecast for every row"


def main() -> None:
    """Print one line for each number."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = folder / "model"
        fit(model)
        few, many = (write_rows(folder / str(count), count) for count in (FEW, MANY))
        for with_checkpoint in (False, True):
            seconds = []
            for _ in range(TURNS):
                spent = [
                    by_file(model, rows, with_checkpoint=with_checkpoint) for rows in (few, many)
                ]
                seconds.append(spent[1] - spent[0])
            who = "file to file, checkpoints" if with_checkpoint else "file to file"
            emit(CASE, who, (MANY - FEW) / median(seconds), "rows/s")
        rate = median([by_pipe(model, many) for _ in range(TURNS)])
        emit(CASE, "pipe to pipe", rate, "rows/s")
        waits = ping(model, few)
        emit(CASE, "pipe, one row at a time, median", float(np.median(waits)) * 1e3, "ms")
        emit(CASE, "pipe, one row at a time, p99", float(np.quantile(waits, 0.99)) * 1e3, "ms")


def fit(path: Path) -> None:
    """A model after one epoch: what it has learned does not matter here."""
    hours = np.tile(np.arange(ROWS), SERIES)
    noise = np.random.default_rng(0).normal(0, 0.1, len(hours))
    table = pd.DataFrame(
        {
            "unique_id": np.repeat([f"s{i}" for i in range(SERIES)], ROWS),
            "ds": pd.Timestamp("2024-01-01") + pd.to_timedelta(hours, "h"),
            "y": 10 + np.sin(hours * math.pi / 12) + noise,
        }
    )
    model = Forecaster(h=HORIZON, hidden_size=64, anchor="season", log=False, max_epochs=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(table, progress="quiet", final_fit=False)
    model.save(path)


def write_rows(path: Path, count: int) -> Path:
    """The next rows of all series, hour by hour."""
    begin = pd.Timestamp("2024-01-01") + pd.Timedelta(ROWS, "h")
    with path.open("w") as file:
        for i in range(count):
            hour = i // SERIES
            row = {
                "unique_id": f"s{i % SERIES}",
                "ds": (begin + pd.Timedelta(hour, "h")).isoformat(),
                "y": round(10 + math.sin((ROWS + hour) * math.pi / 12), 3),
            }
            file.write(json.dumps(row) + "\n")
    return path


def command(model: Path, *options: object) -> list[str]:
    """A stream as a process of its own."""
    return [sys.executable, "-m", "rollcast", "stream", str(model), *map(str, options)]


def by_file(model: Path, rows: Path, *, with_checkpoint: bool) -> float:
    """Seconds of a whole process."""
    options: list[object] = ["--input", rows, "-o", rows.with_suffix(".out")]
    if with_checkpoint:
        kept = rows.with_suffix(".checkpoint")
        kept.unlink(missing_ok=True)
        options += ["--checkpoint", kept]
    began = time.perf_counter()
    subprocess.run(command(model, *options), check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def by_pipe(model: Path, rows: Path) -> float:
    """Rows a second, from the first forecast to the last."""
    lines = rows.read_bytes()
    with subprocess.Popen(
        command(model), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:

        def send() -> None:
            process.stdin.write(lines)
            process.stdin.close()

        sender = threading.Thread(target=send)
        sender.start()
        process.stdout.readline()
        began = time.perf_counter()
        count = sum(1 for _ in process.stdout)
        spent = time.perf_counter() - began
        sender.join()
    return count / spent


def ping(model: Path, rows: Path) -> list[float]:
    """Seconds from each row to its forecast, where the next row waits for it; the first ten are left out."""
    waits: list[float] = []
    with subprocess.Popen(
        command(model), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        for line in rows.read_bytes().splitlines(keepends=True)[:PINGS]:
            began = time.perf_counter()
            os.write(process.stdin.fileno(), line)
            process.stdout.readline()
            waits.append(time.perf_counter() - began)
        process.stdin.close()
    return waits[10:]


if __name__ == "__main__":
    main()
