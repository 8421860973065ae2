"""Config: what a Forecaster is, as plain values that a file can hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, make_dataclass, replace
from inspect import isfunction, signature
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self, TypedDict, Unpack

import numpy as np

from rollcast._types import AnchorKind, Cell, Reading, ReadoutKind, Scaling
from rollcast.errors import ArgumentError
from rollcast.options.option import (
    ABOVE_ZERO,
    FROM_ZERO,
    RATE,
    SHARE,
    Option,
    declared,
    explain,
    is_number,
)
from rollcast.options.words import HORIZON, choose_horizon_word, refuse_unknown

HIDDEN_SIZE = 64
RESERVOIR_SIZE = 500


class ModelOptions(TypedDict, total=False):
    """The options of a :class:`rollcast.Forecaster`, each declared here and nowhere else."""

    h: Annotated[
        int | None,
        Option(
            group="Reading the data",
            help="Horizon: the steps that are forecast and judged. Default: one season, 12 where there is none.",
            least=1,
            flag="--horizon",
            also=("--h",),
        ),
    ]
    season_length: Annotated[
        int | None,
        Option(
            group="Reading the data",
            help="Rows in a season. Default: the frequency's own, such as 12 months.",
            least=1,
        ),
    ]
    scaling: Annotated[
        Scaling,
        Option(
            group="Reading the data",
            help="Scaling of each series, fitted on its training part. standard: mean 0, deviation 1. minmax: 0 to 1. "
            "meanabs: mean absolute value 1.",
            default="standard",
        ),
    ]
    log: Annotated[
        bool | Literal["auto"],
        Option(
            group="Reading the data",
            help="Take logarithms first. auto: as validation decides, where all values are above 0.",
            default="auto",
            shell_type=Literal["auto", "yes", "no"],
        ),
    ]
    anchor: Annotated[
        AnchorKind,
        Option(
            group="Reading the data",
            help="The baseline that the network corrects: the last value, the value one season ago, or none. auto: as "
            "validation decides.",
            default="auto",
        ),
    ]
    cell: Annotated[
        Cell,
        Option(
            group="Network",
            help="Recurrent cell. esn: an echo state network, whose recurrence is random and never trained.",
            default="lstm",
        ),
    ]
    hidden_size: Annotated[
        int | None,
        Option(
            group="Network",
            help=f"Units of each layer. Default: {HIDDEN_SIZE}, {RESERVOIR_SIZE} for esn.",
            least=1,
        ),
    ]
    num_layers: Annotated[
        int,
        Option(group="Network", help="Recurrent layers.", default=1, least=1, flag="--layers"),
    ]
    dropout: Annotated[
        float,
        Option(
            group="Network",
            help="Share of each layer's outputs that is dropped in training.",
            default=0.0,
            range=SHARE,
        ),
    ]
    reading: Annotated[
        Reading,
        Option(
            group="Network",
            help="sequence: read every value once, with a loss at every step. window: read a fixed window again for "
            "each forecast, from a zero state, as the tutorials do.",
            default="sequence",
        ),
    ]
    input_size: Annotated[
        int | None,
        Option(
            group="Network",
            help="Rows of a window, or of a training chunk when a sequence is read. Default: two or three seasons.",
            least=1,
        ),
    ]
    output_size: Annotated[
        int | None,
        Option(
            group="Network",
            help="Values that the network emits at each step; a longer horizon is rolled in blocks of so many. "
            "Default: the horizon, 48 at most.",
            least=1,
        ),
    ]
    bidirectional: Annotated[
        bool,
        Option(group="Network", help="Read windows both ways; windows only.", default=False),
    ]
    go_backwards: Annotated[
        bool,
        Option(
            group="Network",
            help="Read windows from the newest value to the oldest; windows only.",
            default=False,
        ),
    ]
    activation: Annotated[
        str,
        Option(group="Network", help="Of the last layer, by Keras' name.", default="linear"),
    ]
    spectral_radius: Annotated[
        float,
        Option(
            group="Network",
            help="Of an echo state network's recurrent weights: the larger, the longer its memory.",
            default=1.1,
            range=ABOVE_ZERO,
        ),
    ]
    leak_rate: Annotated[
        float,
        Option(
            group="Network",
            help="Of an echo state network's units, above 0 and up to 1: the smaller, the slower they are.",
            default=0.7,
            range=RATE,
        ),
    ]
    readout: Annotated[
        ReadoutKind,
        Option(
            group="Training and judging",
            help="How the last layer is found. gradient: trained like the rest. ridge: solved by ridge regression "
            "after training. auto: as validation decides.",
            default="auto",
        ),
    ]
    stateful: Annotated[
        bool,
        Option(
            group="Training and judging",
            help="Carry the state from batch to batch (truncated back-propagation through time). The batch size is "
            "then the number of lanes that are read side by side.",
            default=False,
        ),
    ]
    rollout: Annotated[
        int,
        Option(
            group="Training and judging",
            help="Steps that the network reads its own output after each chunk in training, with gradients through "
            "them; 0 for none. The first epoch takes one block, each later one twice as many, up to this length.",
            default=0,
            least=0,
        ),
    ]
    input_noise: Annotated[
        float,
        Option(
            group="Training and judging",
            help="Standard deviation of the noise on the values that are read in training, in scaled units.",
            default=0.0,
            range=FROM_ZERO,
        ),
    ]
    loss: Annotated[
        Any,
        Option(
            group="Training and judging",
            help="A Keras loss by name or object, or rmse. Errors are in units of the baseline's own typical error.",
            default="huber",
            shell_type=str,
        ),
    ]
    optimizer: Annotated[
        Any,
        Option(
            group="Training and judging",
            help="A Keras optimizer by name or object; a copy is used. With its use_ema the weights are judged and "
            "kept as their moving average.",
            default="adam",
            shell_type=str,
        ),
    ]
    learning_rate: Annotated[
        Any,
        Option(
            group="Training and judging",
            help="Of an optimizer given by name: a number or a Keras schedule.",
            default=3e-3,
            shell_type=float,
        ),
    ]
    clip_norm: Annotated[
        float | None,
        Option(
            group="Training and judging",
            help="Largest norm of the whole gradient, for an optimizer given by name. None: no clipping.",
            default=1.0,
            range=ABOVE_ZERO,
            shell_type=float,
            shell_help="0 stands for none.",
        ),
    ]
    batch_size: Annotated[
        int,
        Option(
            group="Training and judging",
            help="Windows or chunks in an update.",
            default=32,
            least=1,
        ),
    ]
    max_epochs: Annotated[
        int,
        Option(
            group="Training and judging",
            help="Epochs at most. 0: solve the last layer on the untrained recurrence.",
            default=200,
            least=0,
            flag="--epochs",
            also=("--max-epochs",),
        ),
    ]
    patience: Annotated[
        int | None,
        Option(
            group="Training and judging",
            help="Epochs without a better validation error before training stops. None: train all epochs.",
            default=15,
            least=1,
            shell_type=int,
            shell_help="0 stands for none.",
        ),
    ]
    seed: Annotated[
        int,
        Option(
            group="Training and judging",
            help="Of the first weights, of dropout and of the order of batches.",
            default=0,
            least=0,
        ),
    ]


MODEL_OPTIONS: Final = declared(ModelOptions)
"""The declarations by name."""


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
        config: Any = self
        return replace(config, **changes)

    def to_json(self) -> dict[str, Any]:
        """Plain values; optimizer, loss and schedule objects by Keras' own description."""
        return {name: _plain(getattr(self, name)) for name in MODEL_OPTIONS}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The configuration that ``to_json`` described."""
        known = {name: value for name, value in values.items() if name in MODEL_OPTIONS}
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


def make_config(options: Mapping[str, Any], elsewhere: Mapping[str, str]) -> Config:
    """A Config from keyword arguments; ``horizon`` is understood as ``h``.

    Args:
        options: as the caller gave them.
        elsewhere: names that belong to another call -> that call, for the message.

    Raises:
        ArgumentError: a name that is no option, with the right one.
    """
    given = dict(options)
    horizon = choose_horizon_word(given.get("h"), given.pop(HORIZON, None))
    if horizon is not None:
        given["h"] = horizon
    refuse_unknown(given, MODEL_OPTIONS, "Forecaster", elsewhere)
    return Config(**given)


def _refuse_contradictions(config: Config) -> None:
    """Refuse options that are right alone and not together.

    Raises:
        ArgumentError: with the pair.
    """
    rate = config.learning_rate
    if isinstance(rate, str | None) or (is_number(rate) and not rate > 0):
        raise ArgumentError(
            f"`learning_rate` must be a number above 0 or a Keras schedule; got {rate!r}."
        )
    if config.stateful and config.reading == "window":
        raise ArgumentError(
            'With reading="window" every window starts from zero, so `stateful` has nothing to carry; use '
            'reading="sequence".'
        )
    if config.is_solved and config.readout == "gradient":
        raise ArgumentError(
            f'{config.why_solved} leaves nothing to train, so readout="gradient" can\'t be; use "auto".'
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
