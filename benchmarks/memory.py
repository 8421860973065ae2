"""Peak memory of training on 1,000,000 points with windows of 512 and batches of 64.

An epoch of 15,000 updates takes long; every update uses the same memory, so the run is stopped, as by Ctrl-C, after a
while. Windows as arrays would take 2 GB in 32-bit floats.
"""

from __future__ import annotations

import os
import resource
import signal
import threading

import numpy as np

from measuring import emit
from rollcast import Forecaster

POINTS = 1_000_000
SECONDS = 60


def main() -> None:
    """Train for a minute and print the process' peak memory."""
    random = np.random.default_rng(0)
    steps = np.arange(POINTS)
    series = np.sin(steps * 0.01) + 0.1 * random.standard_normal(POINTS)
    model = Forecaster(
        h=1,
        output_size=1,
        reading="window",
        input_size=512,
        batch_size=64,
        anchor="last",
        log=False,
        max_epochs=1,
    )
    threading.Timer(SECONDS, os.kill, (os.getpid(), signal.SIGINT)).start()
    history = model.fit(series, progress="quiet", final_fit=False, val_size=64, test_size=64)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    emit(
        f"{POINTS:,} points, window 512, batch 64", "peak memory", peak, "GB", note=history.stopped
    )


if __name__ == "__main__":
    main()
