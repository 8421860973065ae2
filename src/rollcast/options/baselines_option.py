"""The option `baselines`: models of statsforecast that are judged beside the baselines that are always there."""

from __future__ import annotations

from typing import Any, Final

from rollcast.errors import ArgumentError
from rollcast.options.argument_checks import items, one_of

AUTO_MODELS: Final = ("AutoETS", "AutoARIMA", "AutoTheta")
"""What can be asked for, by the names of statsforecast's classes."""


def check_baselines(name: str, value: Any) -> tuple[str, ...]:
    """The models in the order of ``AUTO_MODELS``.

    Args:
        name: of the option.
        value: names in a list; or text, as in "AutoETS,AutoTheta".

    Raises:
        ArgumentError: no names, another one, or one that is given twice.
    """
    given = tuple(one.strip() for one in value.split(",")) if isinstance(value, str) else value
    named = items(name, given, lambda word, one: one_of(word, one, AUTO_MODELS))
    for one in named:
        if named.count(one) > 1:
            raise ArgumentError(f"`{name}` has {one!r} twice; give each model once.")
    return tuple(one for one in AUTO_MODELS if one in named)
