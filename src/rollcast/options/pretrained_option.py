"""The option `pretrained`: a version of the network that the package carries, or none."""

from __future__ import annotations

from typing import Any, Final, Literal

import numpy as np

from rollcast.errors import ArgumentError, show

NEWEST: Final = "2026-1"
"""The version that is taken where none is asked for."""

VERSIONS: Final = (NEWEST,)
"""All that the package carries."""


def check_pretrained(name: str, value: Any) -> Literal[False] | str:
    """The option as it is kept: "auto", a version, or False.

    Args:
        name: of the option.
        value: the same, True for the newest version; or text, where "no" stands for False and "yes" for True.

    Raises:
        ArgumentError: anything else.
    """
    if isinstance(value, bool | np.bool_):
        return NEWEST if value else False
    if isinstance(value, str) and value in ("yes", "no"):
        return NEWEST if value == "yes" else False
    if not isinstance(value, str) or value not in ("auto", *VERSIONS):
        raise ArgumentError(
            f'`{name}` must be "auto", False, or a version of the network that this package carries '
            f"({', '.join(VERSIONS)}); got {show(value)}."
        )
    return value
