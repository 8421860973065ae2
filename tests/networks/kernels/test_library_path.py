import shutil
from pathlib import Path

import pytest

from rollcast.networks import kernels
from rollcast.networks.kernels import library_path
from rollcast.networks.kernels.library_path import NAME, find_library


@pytest.fixture
def clone(tmp_path, monkeypatch) -> Path:
    """A clone in which nothing was built, its modules only on the path."""
    package = tmp_path / "src" / "rollcast" / "networks" / "kernels"
    package.mkdir(parents=True)
    monkeypatch.delenv("ROLLCAST_LIBRARY", raising=False)
    monkeypatch.setattr(library_path, "__file__", str(package / "library_path.py"))
    monkeypatch.setattr(kernels, "__path__", [str(package)])
    return tmp_path


def built(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_nothing_is_found_where_nothing_was_built(clone):
    assert find_library() is None


def test_a_clone_has_it_where_the_build_leaves_it(clone):
    library = built(clone / "build" / "native" / NAME)
    assert find_library() == library


def test_an_editable_installation_falls_back_on_its_own_copy(clone, monkeypatch):
    copy = built(clone / "site-packages" / "rollcast" / "networks" / "kernels" / NAME)
    monkeypatch.setattr(kernels, "__path__", [str(copy.parent), *kernels.__path__])
    library = built(clone / "build" / "native" / NAME)
    assert find_library() == library
    shutil.rmtree(clone / "build")
    assert find_library() == copy


def test_a_wheel_has_it_in_the_package_and_looks_nowhere_else(tmp_path, monkeypatch, clone):
    package = tmp_path / "lib" / "rollcast" / "networks" / "kernels"
    monkeypatch.setattr(library_path, "__file__", str(package / "library_path.py"))
    monkeypatch.setattr(kernels, "__path__", [str(package)])
    built(tmp_path / "build" / "native" / NAME)
    assert find_library() is None
    library = built(package / NAME)
    assert find_library() == library


def test_the_environment_names_another(clone, monkeypatch):
    built(clone / "build" / "native" / NAME)
    monkeypatch.setenv("ROLLCAST_LIBRARY", "elsewhere/library.so")
    assert find_library() == Path("elsewhere/library.so")
