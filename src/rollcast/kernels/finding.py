"""Where the compiled library lies."""

from __future__ import annotations

import os
import sys
from pathlib import Path

NAME = {"win32": "rollcast_kernels.dll", "darwin": "librollcast_kernels.dylib"}.get(
    sys.platform, "librollcast_kernels.so"
)
"""Of the library's file, as CMake calls it here."""


def find_library() -> Path | None:
    """Find the compiled library; nothing is loaded.

    A wheel holds it beside this file. In a clone, whether installed as editable or only on the path, it is where the
    build leaves it, ``build/native``. The environment variable ``ROLLCAST_LIBRARY``, meant for development, names
    another, such as one with sanitizers.

    Returns:
        Its path; None where it was not built.
    """
    chosen = os.environ.get("ROLLCAST_LIBRARY")
    if chosen:
        return Path(chosen)
    package = Path(__file__).parent
    places = [package / NAME]
    source = package.parents[1]
    if source.name == "src":
        places.append(source.parent / "build" / "native" / NAME)
    return next((place for place in places if place.is_file()), None)
