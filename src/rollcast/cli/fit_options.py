"""The options of ``rollcast fit``, and the words of their help, by the panels that --help shows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from rollcast import _types, options

_COLUMNS, _READING = "Columns and time", "Reading the data"
_NETWORK, _TRAINING, _FILES = "Network", "Training and judging", "Files and output"

Source = Annotated[Path, typer.Argument(metavar="FILE", help="CSV or Parquet.")]
Output = Annotated[
    Path,
    typer.Option("-o", "--output", help="Where to save the model.", rich_help_panel=_FILES),
]
TimeCol = Annotated[
    str | None,
    typer.Option(
        "--time",
        help="Column of times. Columns that leave no doubt are found by themselves.",
        rich_help_panel=_COLUMNS,
    ),
]
TargetCol = Annotated[
    str | None,
    typer.Option("--value", help="Column to forecast.", rich_help_panel=_COLUMNS),
]
IdCol = Annotated[
    str | None,
    typer.Option(
        "--id",
        help="Column that tells series apart; all of them train one network.",
        rich_help_panel=_COLUMNS,
    ),
]
Tz = Annotated[
    str | None,
    typer.Option(
        help="IANA zone of local clock times, such as Europe/Paris.",
        rich_help_panel=_COLUMNS,
    ),
]
Freq = Annotated[
    str | None,
    typer.Option(
        help="Step between rows: a pandas alias such as 30min, D or MS, or a whole number;"
        " else the commonest step.",
        rich_help_panel=_COLUMNS,
    ),
]
Unit = Annotated[
    str | None,
    typer.Option(help="Unit of the values, for scores and pictures.", rich_help_panel=_COLUMNS),
]
Duplicates = Annotated[
    _types.Duplicates,
    typer.Option(help="What becomes of rows of one series and time.", rich_help_panel=_READING),
]
Fill = Annotated[
    _types.Fill,
    typer.Option(
        help="What becomes of missing values; with anchor nothing is learned from them.",
        rich_help_panel=_READING,
    ),
]
Horizon = Annotated[
    int | None,
    typer.Option(
        "--horizon",
        help="Steps to forecast and to be judged by; else one season, 12 where there is none.",
        rich_help_panel=_READING,
    ),
]
SeasonLength = Annotated[
    int | None,
    typer.Option(help="Rows in a season; else the frequency's own.", rich_help_panel=_READING),
]
Scaling = Annotated[
    options.Scaling,
    typer.Option(
        help="Scaling of each series, fitted on its training part.", rich_help_panel=_READING
    ),
]
Log = Annotated[
    Literal["auto", "yes", "no"],
    typer.Option(
        help="Take logarithms first; auto lets validation decide.", rich_help_panel=_READING
    ),
]
Anchor = Annotated[
    options.AnchorKind,
    typer.Option(
        help="What the network forecasts the difference from: the last value, the one a season"
        " ago, or nothing; auto lets validation decide.",
        rich_help_panel=_READING,
    ),
]
Cell = Annotated[_types.Cell, typer.Option(help="Recurrent cell.", rich_help_panel=_NETWORK)]
HiddenSize = Annotated[
    int | None,
    typer.Option(help="Units of each layer; else 64, 500 for esn.", rich_help_panel=_NETWORK),
]
NumLayers = Annotated[
    int, typer.Option("--layers", help="Recurrent layers.", rich_help_panel=_NETWORK)
]
Dropout = Annotated[
    float,
    typer.Option(
        help="Share of each layer's outputs dropped in training.", rich_help_panel=_NETWORK
    ),
]
Reading = Annotated[
    _types.Reading,
    typer.Option(
        help="Read every value once, or re-read a window for each forecast.",
        rich_help_panel=_NETWORK,
    ),
]
InputSize = Annotated[
    int | None,
    typer.Option(
        help="Rows of a window, or of a training chunk when a sequence is read.",
        rich_help_panel=_NETWORK,
    ),
]
OutputSize = Annotated[
    int | None,
    typer.Option(
        help="Values that the network emits at each step; else the horizon, 48 at most.",
        rich_help_panel=_NETWORK,
    ),
]
Bidirectional = Annotated[
    bool,
    typer.Option(
        "--bidirectional",
        help="Read windows both ways (only with --reading window).",
        rich_help_panel=_NETWORK,
    ),
]
GoBackwards = Annotated[
    bool,
    typer.Option(
        "--go-backwards",
        help="Read windows from the newest value (only with --reading window).",
        rich_help_panel=_NETWORK,
    ),
]
Activation = Annotated[
    str, typer.Option(help="Of the last layer, by Keras' name.", rich_help_panel=_NETWORK)
]
SpectralRadius = Annotated[
    float,
    typer.Option(
        help="Of an echo state network: the larger, the longer its memory.",
        rich_help_panel=_NETWORK,
    ),
]
LeakRate = Annotated[
    float,
    typer.Option(
        help="Of an echo state network: the smaller, the slower its units.",
        rich_help_panel=_NETWORK,
    ),
]
Readout = Annotated[
    options.Readout,
    typer.Option(
        help="How the last layer is found: trained like the rest, solved by ridge regression, or"
        " as validation decides.",
        rich_help_panel=_TRAINING,
    ),
]
Stateful = Annotated[
    bool,
    typer.Option(
        "--stateful",
        help="Carry the state from batch to batch; --batch-size is the number of lanes.",
        rich_help_panel=_TRAINING,
    ),
]
Rollout = Annotated[
    int,
    typer.Option(
        help="Steps that the network reads its own output after each chunk in training.",
        rich_help_panel=_TRAINING,
    ),
]
InputNoise = Annotated[
    float,
    typer.Option(
        help="Standard deviation of the noise on the values read in training, in scaled units.",
        rich_help_panel=_TRAINING,
    ),
]
Loss = Annotated[str, typer.Option(help="By Keras' name.", rich_help_panel=_TRAINING)]
Optimizer = Annotated[str, typer.Option(help="By Keras' name.", rich_help_panel=_TRAINING)]
LearningRate = Annotated[float, typer.Option(help="Of the optimizer.", rich_help_panel=_TRAINING)]
ClipNorm = Annotated[
    float,
    typer.Option(
        help="Largest norm of the gradient; 0 for no clipping.", rich_help_panel=_TRAINING
    ),
]
BatchSize = Annotated[
    int, typer.Option(help="Windows or chunks in an update.", rich_help_panel=_TRAINING)
]
MaxEpochs = Annotated[
    int,
    typer.Option(
        "--epochs",
        help="Epochs at most; 0 solves the last layer alone.",
        rich_help_panel=_TRAINING,
    ),
]
Patience = Annotated[
    int,
    typer.Option(
        help="Epochs without a better validation error before training stops; 0 never stops.",
        rich_help_panel=_TRAINING,
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        help="Of first weights, dropout and the order of batches.", rich_help_panel=_TRAINING
    ),
]
ValSize = Annotated[
    int | None,
    typer.Option(help="Validation rows of each series; else a fifth.", rich_help_panel=_TRAINING),
]
TestSize = Annotated[
    int | None,
    typer.Option(help="Test rows of each series; else a fifth.", rich_help_panel=_TRAINING),
]
FinalFit = Annotated[
    bool,
    typer.Option(
        "--final-fit/--no-final-fit",
        help="After the verdict, train once more on all rows.",
        rich_help_panel=_TRAINING,
    ),
]
Checkpoint = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Save the progress of training in this file.", rich_help_panel=_FILES
    ),
]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="Go on from --checkpoint, to the same result as without a break.",
        rich_help_panel=_FILES,
    ),
]
WithData = Annotated[
    bool,
    typer.Option(
        "--with-data",
        help="Save the newest rows with the model, for pictures and to notice revisions.",
        rich_help_panel=_FILES,
    ),
]
Plot = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Draw a typical forecast of the test part beside the actual values (png, svg, pdf).",
        rich_help_panel=_FILES,
    ),
]
PlotHistory = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Draw the learning curves (png, svg, pdf).", rich_help_panel=_FILES
    ),
]
Progress = Annotated[
    Literal["auto", "bar", "lines", "quiet"] | None,
    typer.Option(
        help="On stderr: a bar on a terminal and lines elsewhere, quiet with --json.",
        rich_help_panel=_FILES,
    ),
]
