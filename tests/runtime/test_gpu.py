"""On a GPU, XLA runs what the kernels run on a processor: the same training and forecasts, but for rounding."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.slow,
    pytest.mark.skipif(jax.default_backend() != "gpu", reason="JAX sees no GPU"),
]

USE = """
import sys
import jax
import numpy as np
import rollcast as rc

df = rc.datasets.airline()
found = {
    "backend": jax.default_backend(),
    "zero_shot": rc.forecast(df, h=24, level=[80]).iloc[:, 2:].to_numpy(),
    "far": rc.forecast(df, h=120).iloc[:, 2:].to_numpy(),
}
for cell in ("rnn", "lstm", "gru", "esn"):
    model = rc.Forecaster(cell=cell, pretrained=False, hidden_size=8, max_epochs=3, h=12)
    model.fit(df)
    found[cell] = model.predict(h=24).iloc[:, 2:].to_numpy()
tuned = rc.Forecaster(h=12)
tuned.fit(df)
found["fitted"] = tuned.predict(h=12).iloc[:, 2:].to_numpy()
np.savez(sys.argv[1], **found)
"""


def test_forecasts_on_a_gpu_are_those_of_the_processor(tmp_path: Path) -> None:
    made = {}
    for platform in ("cpu", "cuda"):
        path = tmp_path / f"{platform}.npz"
        subprocess.run(
            [sys.executable, "-c", USE, str(path)],
            env={**os.environ, "JAX_PLATFORMS": platform, "XLA_FLAGS": ""},
            check=True,
        )
        made[platform] = dict(np.load(path))
    backends = [str(each.pop("backend")) for each in made.values()]
    assert backends == ["cpu", "gpu"]
    for name, values in made["cpu"].items():
        np.testing.assert_allclose(made["cuda"][name], values, rtol=1e-3, err_msg=name)
