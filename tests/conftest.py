"""What all tests share: two data sets, and how programs are compiled and kept for the session."""

import gc
import os
import shutil
import subprocess
import sys
import tempfile

import pytest
from hypothesis import HealthCheck, settings

from rollcast.data.panel import Panel
from samples import panel_of, wavy

CACHE = {
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}

QUICK = (
    "--xla_backend_optimization_level=0"
    " --xla_cpu_use_fusion_emitters=false"
    " --xla_cpu_parallel_codegen_split_count=1"
)
"""Plain machine code of the same programs, which XLA makes five times quicker. Tests that compare bits run with
``XLA_FLAGS=``, on what users run."""


def pytest_configure(config: pytest.Config) -> None:
    """Compile quickly, and a program once for all processes of the session.

    The folder of programs is new, and gone afterwards. ``XLA_FLAGS``, even if empty, is left as it is.
    """
    # How long an example takes tells of the machine alone.
    settings.register_profile(
        "untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("untimed")
    # What JAX traces is mostly kept, so that looking for garbage as often as Python does takes a tenth of the time.
    gc.set_threshold(50_000, 20, 100)
    if hasattr(config, "workerinput"):
        return
    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        folder = tempfile.mkdtemp(prefix="rollcast-tests-")
        os.environ |= {"JAX_COMPILATION_CACHE_DIR": folder, **CACHE}
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    if "XLA_FLAGS" not in os.environ and are_known(QUICK):
        os.environ["XLA_FLAGS"] = QUICK


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no process is left alone with one of them at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def are_known(flags: str) -> bool:
    """Whether this jaxlib knows them: a flag that it doesn't know ends the process."""
    probe = "from jaxlib import xla_client; xla_client.make_cpu_client()"
    return not subprocess.run(
        [sys.executable, "-c", probe],
        env={**os.environ, "XLA_FLAGS": flags},
        capture_output=True,
        check=False,
    ).returncode


@pytest.fixture(scope="session")
def airline():
    from rollcast import datasets

    return datasets.airline()


@pytest.fixture(scope="session")
def ragged() -> Panel:
    """Three series of unequal length with gaps, one of them at an end."""
    return panel_of(
        wavy(30, gaps=(3, 4, 29)), wavy(14, seed=1, gaps=(0,)), wavy(19, seed=2), ids="abc"
    )
