"""From process start to a saved airline model, compilation included, and to the first forecast of a loaded one."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import emit, median, timed
from rollcast import datasets

TURNS = 3
FIRST = """
import time, sys; began = time.perf_counter()
import rollcast as rc
model = rc.load(sys.argv[1]); loaded = time.perf_counter()
model.predict(); first = time.perf_counter()
model.predict(); print(loaded - began, first - loaded, time.perf_counter() - first)
"""


def main() -> None:
    """Run the command line as a user would, in new processes."""
    command = str(Path(sys.executable).parent / "rollcast")
    with tempfile.TemporaryDirectory() as folder:
        model = str(Path(folder) / "airline.rollcast")
        fit = [command, "fit", str(datasets.path("airline")), "-o", model]

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
