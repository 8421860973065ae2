import pytest

from rollcast.data.panel import Panel
from samples import panel_of, wavy


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
