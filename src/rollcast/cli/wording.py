"""Wording: messages name options where Python has arguments, and answer other tools' words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from rollcast.cli.declared_options import flag_of
from rollcast.options import FIT_ARGUMENTS, FORECAST_ARGUMENTS, MODEL_OPTIONS
from rollcast.options.other_words import OURS

COMMAS: Final = "write several values with commas, as in --level 80,95"
"""What to do where a shell's spaces have parted them."""


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


def sentence_of(error: Any) -> str:
    """What was wrong with the options, and the right word where another tool's was given."""
    wrong = getattr(error, "option_name", "") or ""
    ours = OURS.get(wrong.lstrip("-").replace("-", "_"), "")
    declared = {**FORECAST_ARGUMENTS, **FIT_ARGUMENTS, **MODEL_OPTIONS}
    if ours in declared:
        return f"No such option: {wrong}; here it is called {flag_of(ours, declared[ours])}"
    message = str(error.format_message()).rstrip(".")
    extra = re.match(r"Got unexpected extra argument\S* \(([^()]*)\)$", message)
    if extra and all(map(is_number_text, extra[1].split())):
        return f"{message}; {COMMAS}"
    return message


def is_number_text(text: str) -> bool:
    """Whether it reads as a number."""
    return re.fullmatch(r"\d*\.?\d+", text) is not None
