"""Wording: messages name options where Python has arguments, and answer other tools' words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rollcast.cli.declared_options import flag_of
from rollcast.errors import ArgumentError
from rollcast.options import FIT_ARGUMENTS, MODEL_OPTIONS
from rollcast.options.other_words import OURS


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


def sentence_of(error: Any, options: Mapping[str, str]) -> str:
    """What was wrong with the options, and the right word where another one was given.

    Args:
        error: of Typer's, mostly with the context of the command.
        options: argument -> its option, of all commands.
    """
    wrong = getattr(error, "option_name", "") or ""
    word = wrong.lstrip("-").replace("-", "_")
    context = getattr(error, "ctx", None)
    flags = options if context is None else {p.name: p.opts[0] for p in context.command.params}
    if type(error).__name__ == "NoSuchOption":
        ours, elsewhere = OURS.get(word, word), {**FIT_ARGUMENTS, **MODEL_OPTIONS}
        if ours in flags:
            return f"No such option: {wrong}; here it is called {flags[ours]}"
        if word in OURS and ours in elsewhere:
            flag = flag_of(ours, elsewhere[ours])
            return f"No such option: {wrong}; {flag} is one of rollcast fit"
    message = str(error.format_message()).rstrip(".")
    if every := flags.get(f"{word}_every"):
        return f"{message}; with a number behind it, it is called {every}"
    extra = re.match(r"Got unexpected extra argument\S* \(([^()]*)\)$", message)
    if extra and all(map(is_number_text, extra[1].split())):
        given = [] if context is None else [name for name, on in context.params.items() if on]
        every = next((flags[f"{n}_every"] for n in given if f"{n}_every" in flags), None)
        return f"{message}; {_advise_number(every)}"
    return message


def refuse_number(file: Path | None, every: str | None = None) -> None:
    """Refuse a number in place of a file.

    Args:
        file: its path, or None.
        every: the option that takes a number in place of one that was given and takes none.

    Raises:
        ArgumentError: it is one, and no such file is there.
    """
    if file is not None and is_number_text(str(file)) and not file.exists():
        raise ArgumentError(f"'{file}' stands where FILE does; {_advise_number(every)}.")


def _advise_number(every: str | None) -> str:
    if every is not None:
        return f"with a number behind it, {every.removesuffix('-every')} is called {every}"
    return "write several values with commas, as in --level 80,95"


def is_number_text(text: str) -> bool:
    """Whether it reads as a number."""
    return re.fullmatch(r"\d*\.?\d+", text) is not None
