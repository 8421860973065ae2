"""What all tests share: two data sets, and a place where compiled programs are kept for the session."""

import os
import shutil
import tempfile

import pytest

from rollcast.data.panel import Panel
from samples import panel_of, wavy

CACHE = {
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}


def pytest_configure(config: pytest.Config) -> None:
    """Compile a program once for all processes of the session; the folder is new, and gone afterwards."""
    if not hasattr(config, "workerinput") and "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        folder = tempfile.mkdtemp(prefix="rollcast-tests-")
        os.environ |= {"JAX_COMPILATION_CACHE_DIR": folder, **CACHE}
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


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
