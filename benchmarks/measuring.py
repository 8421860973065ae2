"""What the scripts share: rows on stdout, workers in processes of their own, medians."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any


def emit(case: str, who: str, value: float, unit: str, **more: Any) -> None:
    """Print one row of the table."""
    print(json.dumps({"case": case, "who": who, "value": f"{value:.4g}", "unit": unit, **more}))


def worker(script: str, *arguments: str, backend: str = "jax", timeout_s: float = 1200) -> Any:
    """Run a script again as a worker with a Keras backend, and give what it prints last as JSON."""
    done = subprocess.run(
        [sys.executable, script, "--worker", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=_environment(backend),
        check=True,
        timeout=timeout_s,
    )
    return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def resident(script: str, *arguments: str, backend: str = "jax") -> Generator[Callable[..., Any]]:
    """Run a script as a worker that stays, so that several can take short turns without starting anew.

    The worker calls ``serve``. What is given here asks it with values, waits, and gives its answer.
    """
    command = [sys.executable, script, "--worker", *arguments]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=_environment(backend),
    ) as process:

        def ask(*values: Any) -> Any:
            print(json.dumps(values), file=process.stdin, flush=True)
            answer = process.stdout.readline()
            if not answer:
                raise RuntimeError(f"This ended early, run it to see why: {' '.join(command)}")
            return json.loads(answer)

        yield ask


def serve(answer: Callable[..., Any]) -> None:
    """Answer what is asked on stdin, a line of JSON for each, until there is no more."""
    for line in sys.stdin:
        print(json.dumps(answer(*json.loads(line))), flush=True)


def _environment(backend: str) -> dict[str, str]:
    return os.environ | {"KERAS_BACKEND": backend, "KERAS_HOME": os.devnull}


def timed(call: Callable[[], Any]) -> float:
    """Seconds of one call."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def median(values: Sequence[float]) -> float:
    """The middle of repeated measurements."""
    return statistics.median(values)
