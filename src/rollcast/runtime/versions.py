"""Which versions of what a result comes from."""

from __future__ import annotations

import platform
from functools import cache
from importlib import metadata

PACKAGES = ("rollcast", "keras", "jax", "jaxlib", "numpy", "pandas")


def versions() -> dict[str, str]:
    """Package -> version, Python's among them."""
    return {"python": platform.python_version()} | {name: _version_of(name) for name in PACKAGES}


def own_version() -> str:
    """The version of this Rollcast."""
    return _version_of("rollcast")


@cache
def _version_of(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"
