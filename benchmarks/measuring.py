"""What the scripts share: rows on stdout, workers in processes of their own, medians."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT))  # `pretraining` lies there, which no installation has

ZERO_SHOT = "Rollcast, zero-shot"
FITTED = "Rollcast, fitted"
"""By `fit` without an option but the horizon, whatever it chose."""


def data_folder() -> Path | None:
    """Where the series that are not packaged lie: ``m3``, ``m4_hourly`` and ``classic``; None if that is not told."""
    named = os.environ.get("ROLLCAST_BENCH_DATA", "")
    return Path(named) if named else None


def emit(
    case: str, who: str, value: float, unit: str, *, against_rollcast: str = "", note: str = ""
) -> None:
    """Print one row of the table."""
    row = {"case": case, "who": who, "value": f"{value:.4g}", "unit": unit}
    print(json.dumps(row | {"against_rollcast": against_rollcast, "note": note}), flush=True)


def worker(script: str, *arguments: str, backend: str = "jax", timeout_s: float = 1200) -> Any:
    """Run a script again as a worker with a Keras backend, and give what it prints last as JSON."""
    environment = os.environ | {"KERAS_BACKEND": backend, "KERAS_HOME": os.devnull}
    done = subprocess.run(
        [sys.executable, script, "--worker", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
        check=True,
        timeout=timeout_s,
    )
    return json.loads(done.stdout.splitlines()[-1])


def timed(call: Callable[[], Any]) -> float:
    """Seconds of one call."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def median(values: Sequence[float]) -> float:
    """The middle of repeated measurements."""
    return statistics.median(values)
