"""Which versions of what a result comes from."""

from __future__ import annotations

import platform
from functools import cache
from importlib import metadata

PACKAGES = ("rollcast", "keras", "jax", "jaxlib", "numpy", "pandas")


def versions() -> dict[str, str]:
    """Package -> version, Python's among them."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


@cache
def own_version() -> str:
    """The version of this Rollcast."""
    try:
        return metadata.version("rollcast")
    except metadata.PackageNotFoundError:
        return "not installed"
