"""Wording: messages name arguments as Python has them; on the command line they name options."""

from __future__ import annotations

import re
from collections.abc import Mapping


def as_options(message: str, options: Mapping[str, str]) -> str:
    """A message with options in place of arguments.

    Args:
        message: a sentence that names arguments as ``num_layers``, in backticks, or as tz="Europe/Paris".
        options: argument -> its option.

    Example:
        >>> names = {"tz": "--tz", "num_layers": "--layers"}
        >>> as_options('looks like local clock time; pass tz="Europe/Paris"', names)
        'looks like local clock time; pass --tz "Europe/Paris"'
        >>> as_options("`num_layers` must be a whole number of at least 1; got 0.", names)
        '--layers must be a whole number of at least 1; got 0.'
    """
    known = "|".join(options)

    def given(found: re.Match[str]) -> str:
        option = options[found[1]]
        return option if found[2] in ("", ".", ",", ";", ":", ")") else f"{option} "

    message = re.sub(rf"`({known})=([^`]*)`", lambda m: f"{options[m[1]]} {m[2]}", message)
    message = re.sub(rf"`({known})`", lambda m: options[m[1]], message)
    return re.sub(rf"(?<![\w.`-])({known})=(?=(\S?))", given, message)
