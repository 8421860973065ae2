"""Config: what a Forecaster is, as plain values that a file can hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, make_dataclass, replace
from inspect import isfunction, signature
from typing import TYPE_CHECKING, Any, Final, Self, Unpack

import numpy as np

from rollcast.errors import ArgumentError, show
from rollcast.options.argument_checks import mapping
from rollcast.options.model_options import (
    HIDDEN_SIZE,
    MODEL_OPTIONS,
    RESERVOIR_SIZE,
    ModelOptions,
)
from rollcast.options.option import explain
from rollcast.options.other_words import choose_horizon_word, refuse_unknown
from rollcast.options.pretrained_option import NEWEST
from rollcast.options.round_option import whole_range

MOST_WEIGHTS: Final = 2**28
"""Weights of a network at most: with what training keeps beside them they take some gigabytes."""

PRETRAINED_NAME: Final = "Rollcast"
"""What forecasts by the pretrained network are called, and by networks that started from it."""

CELL_NAMES: Final = {"lstm": "LSTM", "gru": "GRU", "rnn": "RNN", "esn": "ESN"}
"""What models of random weights are called, by their cell."""

_GATES: Final = {"lstm": 4, "gru": 3, "rnn": 1, "esn": 1}
"""Matrices of each kind in a layer, by cell."""


class _ConfigBase:
    """What a configuration can do; its fields are the options."""

    def __post_init__(self) -> None:
        """Check every value, so that a mistake is named before any work starts.

        Raises:
            ArgumentError: an option has a value outside its range.
        """
        for name, option in MODEL_OPTIONS.items():
            object.__setattr__(self, name, option.check(name, getattr(self, name)))
        config: Any = self
        _settle_pretrained(self)
        if config.hidden_size is None:
            size = RESERVOIR_SIZE if config.cell == "esn" else HIDDEN_SIZE
            object.__setattr__(self, "hidden_size", size)
        _refuse_contradictions(config)

    @property
    def is_solved(self) -> bool:
        """Whether nothing is trained by gradients, and the readout is all that is fitted."""
        config: Any = self
        return config.cell == "esn" or config.max_epochs == 0

    @property
    def why_solved(self) -> str:
        """The option that leaves nothing to train, as messages write it."""
        config: Any = self
        return '`cell="esn"`' if config.cell == "esn" else "`max_epochs` = 0"

    @property
    def needs_ridge(self) -> bool:
        """Whether the readout has to be solved, whatever validation says."""
        config: Any = self
        return self.is_solved or config.readout == "ridge"

    def replace(self, **changes: Unpack[ModelOptions]) -> Self:
        """The configuration with some options changed."""
        refuse_unknown(changes, MODEL_OPTIONS, "Config", {})
        if any(name in changes for name in OF_RANDOM_WEIGHTS):
            changes.setdefault("pretrained", "auto")  # to be settled again
        config: Any = self
        return replace(config, **changes)

    def to_json(self) -> dict[str, Any]:
        """Plain values; optimizer, loss and schedule objects by Keras' own description.

        Raises:
            ArgumentError: Keras can't describe one of them.
        """
        return {name: _plain(name, getattr(self, name)) for name in MODEL_OPTIONS}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The configuration that ``to_json`` described."""
        given = {
            "pretrained": False,
            "point": "median",
            "likelihood": "quantiles",
            **mapping("values", values),
        }  # older ones knew no other
        known = {name: value for name, value in given.items() if name in MODEL_OPTIONS}
        return cls(**known)


if TYPE_CHECKING:

    class Config(_ConfigBase):
        """The options of a Forecaster, as attributes."""

        def __init__(self, **options: Unpack[ModelOptions]) -> None: ...
        def __getattr__(self, name: str) -> Any: ...

else:
    Config = make_dataclass(
        "Config",
        [(name, o.annotation, field(default=o.default)) for name, o in MODEL_OPTIONS.items()],
        bases=(_ConfigBase,),
        namespace={
            "__doc__": 'The options of a :class:`rollcast.Forecaster`. What is None or "auto" is chosen from the data '
            f"by ``fit``.\n\n    Attributes:\n        {explain(MODEL_OPTIONS, ' ' * 8)}\n    "
        },
        frozen=True,
        kw_only=True,
    )
    Config.__module__ = __name__


def make_config(
    options: Mapping[str, Any], elsewhere: Mapping[str, str], *, horizon: int | None = None
) -> Config:
    """A Config from keyword arguments.

    Args:
        options: as the caller gave them.
        elsewhere: names that belong to another call -> that call, for the message.
        horizon: another word for ``h``.

    Raises:
        ArgumentError: a name that is no option, with the right one.
    """
    given = dict(options)
    h = choose_horizon_word(given.get("h"), horizon)
    if h is not None:
        given["h"] = h
    refuse_unknown(given, MODEL_OPTIONS, "Forecaster", elsewhere)
    shaping = [name for name in OF_RANDOM_WEIGHTS if name in given]
    asked = given.get("pretrained", "auto")
    if shaping and isinstance(asked, str) and asked == "auto":
        given["pretrained"] = False
    config = Config(**given)
    if config.pretrained and shaping:
        raise ArgumentError(
            f"`{shaping[0]}` shapes or trains a network of random weights, and the pretrained one has its own; leave "
            f"out `pretrained` or `{shaping[0]}`."
        )
    return config


SHAPES: Final = (
    "cell",
    "hidden_size",
    "num_layers",
    "dropout",
    "bidirectional",
    "go_backwards",
    "head",
    "activation",
    "spectral_radius",
    "leak_rate",
)
"""Options of the network that is built; one of the caller's own has all of this already."""


OF_RANDOM_WEIGHTS: Final = (
    *SHAPES,
    *(
        "scaling",
        "anchor",
        "reading",
        "input_size",
        "output_size",
        "readout",
        "stateful",
        "rollout",
    ),
    *("input_noise", "loss", "optimizer", "learning_rate", "clip_norm", "batch_size"),
    *("max_epochs", "patience"),
)
"""Options that ask for a network of random weights, since the pretrained one has no use for them."""


def _settle_pretrained(config: _ConfigBase) -> None:
    """Decide between the pretrained network and one of random weights, where the caller left that open.

    Raises:
        ArgumentError: nothing is to be trained, and there is no pretrained network.
    """
    given: Any = config
    if given.pretrained == "auto":
        shaped = any(getattr(given, n) != MODEL_OPTIONS[n].default for n in OF_RANDOM_WEIGHTS)
        object.__setattr__(config, "pretrained", False if shaped else NEWEST)
    if not given.train and not given.pretrained:
        raise ArgumentError(
            "`train=False` forecasts by the pretrained network as it is, and the other options ask for another one; "
            "leave them out."
        )


def refuse_shape_of_built(options: Mapping[str, Any], output_size: int) -> None:
    """Refuse options that a network of the caller's own would ignore.

    Args:
        options: as the caller gave them.
        output_size: K of the network.

    Raises:
        ArgumentError: there is one.
    """
    for name in SHAPES:
        if options.get(name) is not None:
            raise ArgumentError(
                f"`{name}` shapes the network that Rollcast builds, and `network` is one of your own; leave "
                f"`{name}` out."
            )
    given = options.get("output_size")
    if given is not None and given != output_size:
        raise ArgumentError(
            f"`output_size` = {show(given)}, and the head of `network` has {output_size} outputs; leave "
            "`output_size` out."
        )


def _refuse_contradictions(config: Config) -> None:
    """Refuse options that are right alone and not together.

    Raises:
        ArgumentError: with the pair.
    """
    _refuse_too_large(config)
    if config.round:
        whole_range(config.bounds)
    if config.stateful and config.reading == "window":
        raise ArgumentError(
            'With reading="window" every window starts from zero, so `stateful` has nothing to carry; use '
            'reading="sequence".'
        )
    if config.is_solved and config.readout == "gradient":
        raise ArgumentError(
            f'{config.why_solved} leaves nothing to train, so readout="gradient" can\'t be; use "auto".'
        )
    if config.head == "shared" and config.needs_ridge:
        given = config.why_solved if config.is_solved else '`readout="ridge"`'
        raise ArgumentError(
            f'`head="shared"` is trained by gradients, and with {given} the head is solved; use head="linear".'
        )
    if config.head == "shared" and config.activation != "linear":
        raise ArgumentError(
            f'`activation` bends the outputs of head="linear" alone; got {config.activation!r} with head="shared".'
        )
    if config.needs_ridge and config.activation != "linear":
        raise ArgumentError(
            f'A readout is solved for a linear head only; use activation="linear", got {config.activation!r}.'
        )
    for name in ("bidirectional", "go_backwards"):
        if getattr(config, name) and config.reading == "sequence":
            raise ArgumentError(
                f'`{name}` would let the network see the future when it reads a sequence; use reading="window".'
            )


def _refuse_too_large(config: Config) -> None:
    """Refuse a network whose weights are more than memory is likely to hold.

    Raises:
        ArgumentError: with how many there would be.
    """
    size, layers, ways = config.hidden_size, config.num_layers, 1 + config.bidirectional
    recurrent = layers * ways * _GATES[config.cell] * size * (1 + ways) * size
    weights = recurrent + layers * ways * size * (config.output_size or 1)
    if weights > MOST_WEIGHTS:
        raise ArgumentError(
            f"`hidden_size` = {size:,} with `num_layers` = {layers:,} makes a network of some {weights:,} weights, and "
            f"{MOST_WEIGHTS:,} are the most; pass a smaller `hidden_size`."
        )


def _plain(name: str, value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str | dict):
        return value
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, np.number):
        return value.item()
    if isfunction(value) and not value.__module__.startswith("keras."):
        return f"{value.__module__}.{value.__qualname__}"  # a function's code belongs in no file
    from rollcast.runtime.backend import load_keras

    try:
        described = load_keras().saving.serialize_keras_object(value)
    except (TypeError, ValueError, NotImplementedError) as error:
        raise ArgumentError(
            f"`{name}` must be an object that Keras can describe in a file: give {type(value).__name__} a get_config()."
        ) from error
    options = getattr(value, "_fn_kwargs", None)
    if options:  # Keras' Huber forgets its delta
        taken = options.keys() & signature(type(value)).parameters.keys()
        described["config"] = {name: options[name] for name in taken} | described["config"]
    return described
