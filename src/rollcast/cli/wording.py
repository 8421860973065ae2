"""Wording: messages name arguments as Python has them; on the command line they name options."""

from __future__ import annotations

import re
from typing import Final

OPTIONS: Final = {
    "h": "--horizon",
    "id_col": "--id",
    "time_col": "--time",
    "target_col": "--value",
    "num_layers": "--layers",
    "max_epochs": "--epochs",
    "final_fit": "--no-final-fit",
    **{
        name: "--" + name.replace("_", "-")
        for name in (
            "activation",
            "anchor",
            "batch_size",
            "bidirectional",
            "cell",
            "checkpoint",
            "checkpoint_rows",
            "clip_norm",
            "dropout",
            "duplicates",
            "every",
            "fill",
            "freq",
            "go_backwards",
            "hidden_size",
            "input_noise",
            "input_size",
            "late",
            "leak_rate",
            "learning_rate",
            "log",
            "loss",
            "max_gap",
            "optimizer",
            "output_size",
            "patience",
            "progress",
            "reading",
            "readout",
            "resume",
            "rollout",
            "scaling",
            "season_length",
            "seed",
            "series",
            "spectral_radius",
            "stateful",
            "test_size",
            "tz",
            "unit",
            "val_size",
        )
    },
}
"""Argument of Forecaster, fit, predict, observe or a stream -> option."""

_NAMES = "|".join(OPTIONS)
_QUOTED = re.compile(rf"`({_NAMES})`")
_GIVEN = re.compile(rf"(?<![\w.`-])({_NAMES})=(?=(\S?))")
_WHOLE = re.compile(rf"`({_NAMES})=([^`]*)`")


def as_options(message: str) -> str:
    """A message with options in place of arguments.

    Example:
        >>> as_options('looks like local clock time; pass tz="Europe/Paris"')
        'looks like local clock time; pass --tz "Europe/Paris"'
        >>> as_options("`num_layers` must be a whole number of at least 1; got 0.")
        '--layers must be a whole number of at least 1; got 0.'
    """
    message = _WHOLE.sub(lambda m: f"{OPTIONS[m[1]]} {m[2]}", message)
    message = _QUOTED.sub(lambda m: OPTIONS[m[1]], message)
    return _GIVEN.sub(_option, message)


def _option(found: re.Match[str]) -> str:
    follows = found[2]
    option = OPTIONS[found[1]]
    return option if follows in ("", ".", ",", ";", ":", ")") else f"{option} "
