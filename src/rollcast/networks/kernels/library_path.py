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

    A clone, whether installed as editable or only on the path, has it where the build leaves it, ``build/native``. An
    installation has it in the package. The environment variable ``ROLLCAST_LIBRARY``, meant for development, names
    another, such as one with sanitizers.

    Returns:
        Its path; None where it was not built.
    """
    chosen = os.environ.get("ROLLCAST_LIBRARY")
    if chosen:
        return Path(chosen)
    source = Path(__file__).parents[3]
    folders = [source.parent / "build" / "native"] if source.name == "src" else []
    # An editable installation adds a second folder to the package's path, where what was compiled lies.
    folders += map(Path, sys.modules["rollcast.networks.kernels"].__path__)
    return next((path for folder in folders if (path := folder / NAME).is_file()), None)
