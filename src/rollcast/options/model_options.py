"""The options of a Forecaster."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypedDict

from rollcast._types import (
    AnchorKind,
    BoundsOption,
    Cell,
    HeadKind,
    LikelihoodOption,
    LogOption,
    PointOption,
    Reading,
    ReadoutKind,
    Scaling,
)
from rollcast.options.argument_checks import (
    MOST_SEED,
    keras_loss,
    keras_object,
    learning_rate,
)
from rollcast.options.bounds_option import check_bounds
from rollcast.options.option import ABOVE_ZERO, FROM_ZERO, RATE, SHARE, Option, declared
from rollcast.options.point_option import POINT
from rollcast.options.pretrained_option import check_pretrained
from rollcast.options.round_option import ROUND

HIDDEN_SIZE = 64
RESERVOIR_SIZE = 500
MOST_AHEAD = 1_000_000
"""Steps of a horizon, and rows of a season or a window, at most: a million are eleven days of seconds."""


BOUNDS: Final = Option(
    group="Reading the data",
    help="Bounds (low, high) that forecasts are held to, also where they are fed back; None on a side for no "
    "bound there. auto: 0 and up for each series of which no value is negative. None: no bounds.",
    default="auto",
    takes=check_bounds,
    shell_type=str,
    shell_help="As LOW,HIGH, where either may be left out, auto or none.",
)


class ModelOptions(TypedDict, total=False):
    """The options of a :class:`rollcast.Forecaster`, each declared here and nowhere else."""

    h: Annotated[
        int | None,
        Option(
            group="Reading the data",
            help="Horizon: the steps that are forecast and judged. Default: one season of at most "
            "1,440 steps, 12 where there is none.",
            least=1,
            most=MOST_AHEAD,
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
            most=MOST_AHEAD,
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
        LogOption,
        Option(
            group="Reading the data",
            help="Take logarithms first. auto: as validation decides, of the series whose values are all above 0.",
            default="auto",
            shell_type=Literal["auto", "yes", "no"],
        ),
    ]
    anchor: Annotated[
        AnchorKind,
        Option(
            group="Reading the data",
            help="The baseline that the network corrects: the last value, the value one season ago, an exponential "
            "level with its season, or none. auto: as validation decides.",
            default="auto",
        ),
    ]
    bounds: Annotated[BoundsOption, BOUNDS]
    point: Annotated[PointOption, POINT]
    likelihood: Annotated[
        LikelihoodOption,
        Option(
            group="Reading the data",
            help="What the quantiles of a fitted model are, and so its intervals. quantiles: the network's own, or of "
            "points those of residuals, calibrated. negative_binomial: those of a negative binomial around the mean, "
            "whole numbers; the values have to be counts. point: none, only points and the residuals around them. "
            "auto: as validation decides, of the series whose values are whole, not negative, and 100 at most on "
            "average; of others the calibrated ones.",
            default="auto",
        ),
    ]
    round: Annotated[bool, ROUND]
    pretrained: Annotated[
        Literal["auto", False] | str,
        Option(
            group="Network",
            help="The pretrained network that a fit starts from, by its version. False: a network of random weights, "
            "as the other options shape it. auto: the newest version, unless an option shapes or trains the network.",
            default="auto",
            takes=check_pretrained,
            shell_type=str,
            shell_help="no stands for False.",
        ),
    ]
    train: Annotated[
        bool,
        Option(
            group="Network",
            help="False: the pretrained network forecasts as it is, and the fit judges it.",
            default=True,
        ),
    ]
    search: Annotated[
        Literal["quick", "full"],
        Option(
            group="Network",
            help="How much is tried beside the pretrained network and its fine-tuning. full: a network of random "
            "weights too, which takes minutes. quick: that only where a long history is a clean signal.",
            default="quick",
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
        Option(
            group="Network", help="Recurrent layers.", default=1, least=1, most=100, flag="--layers"
        ),
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
            most=MOST_AHEAD,
        ),
    ]
    output_size: Annotated[
        int | None,
        Option(
            group="Network",
            help="Values that the network emits at each step; a longer horizon is rolled in blocks of so many. "
            "Default: the horizon, 48 at most.",
            least=1,
            most=MOST_AHEAD,
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
    head: Annotated[
        HeadKind,
        Option(
            group="Network",
            help="What makes forecasts of the network's features. linear: one linear layer, with weights of its own "
            "for each step ahead. shared: one small network for all steps ahead, which reads what is known of each: "
            "the newest value, last season's, how far ahead, and the place in the season.",
            default="linear",
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
            most=MOST_AHEAD,
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
            help="A Keras loss by name or object, or rmse. Errors are in units of the baseline's own typical error. "
            "auto: huber; mse where most series have over 30 % zeros, since only a squared loss seeks the mean there.",
            default="auto",
            takes=keras_loss,
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
            takes=keras_object,
            shell_type=str,
        ),
    ]
    learning_rate: Annotated[
        Any,
        Option(
            group="Training and judging",
            help="Of an optimizer given by name: a number or a Keras schedule.",
            default=3e-3,
            takes=learning_rate,
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
            most=MOST_AHEAD,
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
            most=MOST_SEED,
        ),
    ]


MODEL_OPTIONS: Final = declared(ModelOptions)
"""The declarations by name."""
