"""From process start to a forecast without a fit, to a saved airline model, and to a loaded one's first forecast."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import emit, median, timed
from rollcast import datasets

TURNS = 3
QUICK_TURNS = 9
FIRST = """
import time, sys; began = time.perf_counter()
import rollcast as rc
model = rc.load(sys.argv[1]); loaded = time.perf_counter()
model.predict(); first = time.perf_counter()
model.predict(); print(loaded - began, first - loaded, time.perf_counter() - first)
"""


COMMAND = str(Path(sys.executable).parent / "rollcast")


def forecast_without_a_fit() -> None:
    """A CSV of 144 rows, with intervals: the time on the clock, and what the processor works."""
    seconds: list[float] = []
    work: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        table = str(Path(folder) / "forecast.csv")
        call = [COMMAND, "forecast", str(datasets.path("airline")), "-o", table]

        def run() -> None:
            subprocess.run([*call, "--level", "80,95"], check=True, capture_output=True)

        for _ in range(QUICK_TURNS):
            before = worked()
            seconds.append(timed(run))
            work.append(worked() - before)
    who = "process start to a forecast file, zero-shot"
    emit("airline", who, median(seconds), "s", note=f"fastest {min(seconds):.2g} s")
    emit("airline", f"{who}: processor time", median(work), "s")


def worked() -> float:
    """Seconds that processors worked for the processes started so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Run the command line as a user would, in new processes."""
    forecast_without_a_fit()
    with tempfile.TemporaryDirectory() as folder:
        model = str(Path(folder) / "airline.rollcast")
        fit = [COMMAND, "fit", str(datasets.path("airline")), "-o", model]

        def run() -> None:
            subprocess.run(fit, check=True, capture_output=True)

        emit(
            "airline",
            "process start to saved model",
            median([timed(run) for _ in range(TURNS)]),
            "s",
        )
        times: list[list[float]] = []
        for _ in range(TURNS):
            done = subprocess.run(
                [sys.executable, "-c", FIRST, model], check=True, capture_output=True, text=True
            )
            times.append([float(t) for t in done.stdout.split()])
    for name, values in zip(
        ("import and load", "first predict after load, compilation included", "second predict"),
        zip(*times, strict=True),
        strict=True,
    ):
        emit("airline", name, median(values) * 1e3, "ms")


if __name__ == "__main__":
    main()
