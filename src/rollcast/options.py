"""Config: what a Forecaster is, as plain values that a file can hold."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from inspect import Parameter, Signature, isfunction, signature
from typing import Any, Literal

import numpy as np

from rollcast._types import Cell, Reading
from rollcast.errors import ArgumentError

Scaling = Literal["standard", "minmax", "meanabs", "none"]
AnchorKind = Literal["auto", "last", "season", "none"]
Readout = Literal["auto", "ridge", "gradient"]

HIDDEN_SIZE = 64
RESERVOIR_SIZE = 500


@dataclass(frozen=True, kw_only=True)
class Config:
    """The options of a :class:`rollcast.Forecaster`. ``None`` and ``"auto"`` are chosen from the data by ``fit``.

    Attributes:
        h: horizon, the number of steps that is forecast and judged; default one season, 12 where there is none.
        cell: "lstm", "gru", "rnn", or "esn": an echo state network, whose recurrence is random and never trained.
        hidden_size: units H of each layer; default 64, 500 for "esn".
        num_layers: recurrent layers L.
        dropout: share of each layer's outputs dropped in training.
        reading: "sequence" reads every value once, with a loss at every step; "window" re-reads a fixed window from a
            zero state for each forecast, as the tutorials do.
        input_size: rows that a window holds, or a training chunk of the sequence reading.
        output_size: values K that the network emits at each step; a longer horizon is rolled in blocks of K.
            Default: the horizon, 48 at most.
        bidirectional: read the window both ways (window reading only).
        go_backwards: read the window from its newest value to its oldest (window reading only).
        activation: of the Dense head, any of Keras' by name.
        readout: how the last linear layer is found. "gradient": trained like the rest. "ridge": solved by ridge
            regression on the features after training. "auto": as validation decides.
        stateful: carry the state from batch to batch over contiguous chunks (truncated back-propagation through time);
            ``batch_size`` is then the number of lanes that are read side by side.
        rollout: steps that the network reads its own outputs after each chunk, with gradients through them; 0 for none.
            From one block of K in the first epoch it doubles in each that follows, up to this length.
        input_noise: standard deviation of the noise on the values read in training, in scaled units.
        scaling: of each series, fitted on its training part: "standard" (mean 0, deviation 1), "minmax" (0..1),
            "meanabs" (mean absolute value 1), "none".
        log: take logarithms first; "auto" lets validation decide where all values are > 0.
        anchor: what the network's output is the difference from: the "last" value, the value one "season" ago, "none".
        season_length: rows in a season; default by the frequency.
        loss: any Keras loss by name or object; errors are in units of the anchor's own typical error.
        optimizer: any Keras optimizer by name or object; a copy is used. With its ``use_ema`` the weights are judged
            and kept as their moving average.
        learning_rate: a number or a Keras schedule, for an optimizer given by name.
        clip_norm: largest norm of the whole gradient; None for no clipping. For an optimizer given by name.
        batch_size: windows or chunks in an update.
        max_epochs: epochs at most; 0 solves the readout on the untrained recurrence.
        patience: epochs without a better validation error before training stops; None trains ``max_epochs``.
        seed: of the first weights, of dropout and of the order of batches.
        spectral_radius: of an echo state network's recurrent weights: the larger, the longer its memory.
        leak_rate: of its units, above 0 and up to 1: the smaller, the slower they are.
    """

    h: int | None = None
    cell: Cell = "lstm"
    hidden_size: int | None = None
    num_layers: int = 1
    dropout: float = 0.0
    reading: Reading = "sequence"
    input_size: int | None = None
    output_size: int | None = None
    bidirectional: bool = False
    go_backwards: bool = False
    activation: str = "linear"
    readout: Readout = "auto"
    stateful: bool = False
    rollout: int = 0
    input_noise: float = 0.0
    scaling: Scaling = "standard"
    log: bool | Literal["auto"] = "auto"
    anchor: AnchorKind = "auto"
    season_length: int | None = None
    loss: Any = "huber"
    optimizer: Any = "adam"
    learning_rate: Any = 3e-3
    clip_norm: float | None = 1.0
    batch_size: int = 32
    max_epochs: int = 200
    patience: int | None = 15
    seed: int = 0
    spectral_radius: float = 1.1
    leak_rate: float = 0.7

    def __post_init__(self) -> None:
        """Check every value, so that a mistake is named before any work starts.

        Raises:
            ArgumentError: an option has a value outside its range.
        """
        _one_of("cell", self.cell, ("lstm", "gru", "rnn", "esn"))
        if self.hidden_size is None:
            size = RESERVOIR_SIZE if self.cell == "esn" else HIDDEN_SIZE
            object.__setattr__(self, "hidden_size", size)
        optional = ("h", "input_size", "output_size", "season_length", "patience")
        from_zero = ("seed", "max_epochs", "rollout")
        for name in ("hidden_size", "num_layers", "batch_size", *from_zero, *optional):
            value = getattr(self, name)
            if value is not None or name not in optional:
                object.__setattr__(self, name, whole(name, value, least=int(name not in from_zero)))
        _one_of("reading", self.reading, ("sequence", "window"))
        _one_of("scaling", self.scaling, ("standard", "minmax", "meanabs", "none"))
        _one_of("anchor", self.anchor, ("auto", "last", "season", "none"))
        _one_of("log", self.log, ("auto", True, False))
        if not (_is_number(self.dropout) and 0 <= self.dropout < 1):
            raise ArgumentError(f"`dropout` must be at least 0 and below 1; got {self.dropout!r}.")
        if self.clip_norm is not None and not (_is_number(self.clip_norm) and self.clip_norm > 0):
            raise ArgumentError(
                f"`clip_norm` must be a number above 0, or None for no clipping; got {self.clip_norm!r}."
            )
        self._check_loop()
        rate = self.learning_rate
        if isinstance(rate, str | None) or (_is_number(rate) and not rate > 0):
            raise ArgumentError(
                f"`learning_rate` must be a number above 0 or a Keras schedule; got {rate!r}."
            )
        for name in ("bidirectional", "go_backwards"):
            if getattr(self, name) and self.reading == "sequence":
                raise ArgumentError(
                    f'`{name}` would let the network see the future when it reads a sequence; use reading="window".'
                )

    def _check_loop(self) -> None:
        """What belongs to carried states, closed loops and readouts."""
        _one_of("readout", self.readout, ("auto", "ridge", "gradient"))
        _one_of("stateful", self.stateful, (True, False))
        if not (_is_number(self.input_noise) and self.input_noise >= 0):
            raise ArgumentError(
                f"`input_noise` must be a number of at least 0; got {self.input_noise!r}."
            )
        if not (_is_number(self.spectral_radius) and self.spectral_radius > 0):
            raise ArgumentError(
                f"`spectral_radius` must be a number above 0; got {self.spectral_radius!r}."
            )
        if not (_is_number(self.leak_rate) and 0 < self.leak_rate <= 1):
            raise ArgumentError(
                f"`leak_rate` must be above 0 and at most 1; got {self.leak_rate!r}."
            )
        if self.stateful and self.reading == "window":
            raise ArgumentError(
                'With reading="window" every window starts from zero, so `stateful` has nothing to carry; use '
                'reading="sequence".'
            )
        if self.is_solved and self.readout == "gradient":
            raise ArgumentError(
                f'{self.why_solved} leaves nothing to train, so readout="gradient" can\'t be; use "auto".'
            )
        if self.needs_ridge and self.activation != "linear":
            raise ArgumentError(
                f'A readout is solved for a linear head only; use activation="linear", got {self.activation!r}.'
            )

    @property
    def is_solved(self) -> bool:
        """Whether nothing is trained by gradients, and the readout is all that is fitted."""
        return self.cell == "esn" or self.max_epochs == 0

    @property
    def why_solved(self) -> str:
        """The option that leaves nothing to train, as messages write it."""
        return '`cell="esn"`' if self.cell == "esn" else "`max_epochs` = 0"

    @property
    def needs_ridge(self) -> bool:
        """Whether the readout has to be solved, whatever validation says."""
        return self.is_solved or self.readout == "ridge"

    def to_json(self) -> dict[str, Any]:
        """Plain values; optimizer, loss and schedule objects by Keras' own description."""
        return {f.name: _plain(getattr(self, f.name)) for f in fields(self)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Config:
        """The configuration that ``to_json`` described."""
        known = {f.name for f in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})


def make_config(options: dict[str, Any]) -> Config:
    """A Config from keyword arguments.

    Raises:
        ArgumentError: a name that is no option, with the nearest that is.
    """
    known = [f.name for f in fields(Config)]
    for name in options:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"the options are {', '.join(known)}."
            raise ArgumentError(f"`{name}` is not an option of Forecaster; {hint}")
    return Config(**options)


def signature_of(first: str, config: type[Config]) -> Signature:
    """A signature that shows each option with its default, for help() and editors.

    Args:
        first: a keyword that stands before them, None by default.
        config: the class of the options.
    """
    shown = [(first, None), *((f.name, f.default) for f in fields(config))]
    return Signature([Parameter(n, Parameter.KEYWORD_ONLY, default=d) for n, d in shown])


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str | dict):
        return value
    if isinstance(value, np.number):
        return value.item()
    if isfunction(value) and not value.__module__.startswith("keras."):
        return f"{value.__module__}.{value.__qualname__}"  # a function's code belongs in no file
    from rollcast.runtime.backend import load_keras

    described = load_keras().saving.serialize_keras_object(value)
    options = getattr(value, "_fn_kwargs", None)
    if options:  # Keras' Huber forgets its delta
        taken = options.keys() & signature(type(value)).parameters.keys()
        described["config"] = {name: options[name] for name in taken} | described["config"]
    return described


def whole(name: str, value: object, least: int = 1) -> int:
    """A whole number of at least ``least``.

    Raises:
        ArgumentError: anything else.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ArgumentError(f"`{name}` must be a whole number of at least {least}; got {value!r}.")
    return int(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _one_of(name: str, value: object, allowed: Sequence[object]) -> None:
    if value not in allowed:
        shown = ", ".join(repr(a) for a in allowed)
        raise ArgumentError(f"`{name}` must be one of {shown}; got {value!r}.")
