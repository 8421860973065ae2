"""What a model file holds, read and checked before a network is built."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from rollcast._number_format import format_count
from rollcast.data.panel import Panel
from rollcast.data.seasons import SeasonCycles
from rollcast.errors import ArtifactError, BackendError, show
from rollcast.evaluation.ensemble import Ensemble
from rollcast.evaluation.fallback import Fallback
from rollcast.fitting.calibrating import Intervals
from rollcast.forecasting.path_basis import PathBasis
from rollcast.forecasting.pretrained_model import pretrained_sizes
from rollcast.forecasting.state import State, weights_owner
from rollcast.model.calibration_section import read_intervals
from rollcast.model.card import Card
from rollcast.model.ensemble_section import read_ensemble
from rollcast.model.fallback_section import read_fallback
from rollcast.model.fitted import NETWORK
from rollcast.model.model_before_sections import part_model
from rollcast.model.model_sections import (
    MODEL_SECTIONS,
    NETWORK_SECTION,
    NamedNetwork,
    channels_of,
    read_data,
    read_network,
    read_report,
    read_schema,
    read_weights,
)
from rollcast.model.path_section import read_basis
from rollcast.networks.network import Weights
from rollcast.networks.pretrained_network import PretrainedNetwork, check_shapes, unpack_weights
from rollcast.networks.sizes import Sizes
from rollcast.networks.weight_shapes import STATES_PER_CELL, check_weights, feature_size
from rollcast.options import Config
from rollcast.options.pretrained_option import VERSIONS
from rollcast.storage import container
from rollcast.storage.sections import Sections, read_sections
from rollcast.tables import Schema, forecast_frame
from rollcast.training.history import History


@dataclass(frozen=True, kw_only=True, eq=False)
class SavedModel:
    """All that a file holds of a model, its fields checked one by one and against each other.

    Attributes:
        weights: of the network, which is yet to be built.
        state: of the known series.
        log: whether logarithms are taken, of all series or of those that have them.
        cycles: the seasons in which the pretrained network reads; None for another one.
        stride: by which its paths are drawn; None for another one.
        intervals: how they are made; None in older files.
        basis: by what paths are drawn beside it.
        fallback: which series a baseline forecasts better; None in older files.
        ensemble: the median of network and best baselines; None in older files.
    """

    config: Config
    name: str
    unit: str | None
    sizes: Sizes
    log: bool
    weights: Weights
    state: State
    schema: Schema
    history: History
    card: Card
    tail: Panel | None
    cycles: SeasonCycles | None
    stride: float | None
    intervals: Intervals | None
    basis: PathBasis
    fallback: Fallback | None
    ensemble: Ensemble | None

    @property
    def own(self) -> bool:
        """Whether the network is the caller's own, which no file holds."""
        return self.name == NETWORK


def read_model(source: container.Source) -> SavedModel:
    """Read and check a file; nothing is built.

    Raises:
        ArtifactError: a file that is missing, truncated, damaged, foreign, or of a newer format.
    """
    with container.naming_damage(source, "model"):
        sections = read_sections(source, MODEL_SECTIONS, kind="model", before=part_model)
        _refuse_other_version(container.called(source), sections)
        _refuse_other_channels(container.called(source), read_network(sections))
        return _checked(sections)


def _refuse_other_version(file: str, sections: Sections) -> None:
    """Refuse a model that began with a version of the pretrained network that this package lacks.

    Raises:
        ArtifactError: it did.
    """
    began = sections.take(NETWORK_SECTION).fields["config"].get("pretrained")
    if isinstance(began, str) and began not in VERSIONS:
        raise ArtifactError(
            f"The model of {file} began with version {show(began)} of the pretrained network, and this Rollcast "
            f"carries {', '.join(VERSIONS)}: upgrade with pip install -U rollcast."
        )


def _refuse_other_channels(file: str, network: NamedNetwork) -> None:
    """Refuse a network that was fitted on other input channels, or on these in another order.

    Raises:
        ArtifactError: it was.
    """
    given = channels_of(network.config)
    if network.channels != given:
        raise ArtifactError(
            f"The network of {file} reads the channels {', '.join(network.channels)}, and this version of Rollcast "
            f"gives {', '.join(given)}; open it with the version that wrote it, or fit again."
        )


def _checked(sections: Sections) -> SavedModel:
    config, name, _, log, sizes, cycles, stride = read_network(sections)
    weights = read_weights(sections)
    if config.pretrained:
        check_shapes(weights)
    elif name != NETWORK:
        check_weights(config, weights, sizes.steps)
    state = State.from_sections(sections)
    schema, unit = read_schema(sections)
    history, card = read_report(sections)
    saved = SavedModel(
        config=config,
        name=name,
        unit=unit,
        sizes=sizes,
        log=log,
        weights=weights,
        state=state,
        schema=schema,
        history=history,
        card=card,
        tail=read_data(sections, state),
        cycles=cycles,
        stride=stride,
        intervals=read_intervals(sections, state),
        basis=read_basis(sections),
        fallback=read_fallback(sections, len(state)),
        ensemble=read_ensemble(sections),
    )
    for fault in _contradictions(saved):
        raise ValueError(fault)
    _try_table(saved)
    return saved


def _contradictions(saved: SavedModel) -> Iterator[str]:
    """What does not go together in a file, as sentences; the first is to be told."""
    config, sizes, state = saved.config, saved.sizes, saved.state
    if min(sizes.length, sizes.steps, sizes.ring, sizes.batch_size) < 1:
        yield "the sizes of its programs must be at least 1"
    if sizes.windowed != (config.reading == "window"):
        yield f"`network.sizes.windowed` must go with `config.reading`; got {sizes.windowed}"
    if state.owner != weights_owner(saved.weights):
        yield "its state belongs to other weights"
    if state.preparation.scaler.log.any() and not (saved.log and config.log):
        yield "its series are scaled by logarithms, and it takes none"
    if not state.ids:
        yield "it has no series"
    yield from _contradictions_of_paths(saved)
    known = state.network_state
    kept = (known.memory.values.shape[1], known.window.shape[1])
    if kept != (sizes.ring, sizes.window):
        yield f"its state keeps {kept} newest values and inputs instead of {(sizes.ring, sizes.window)}"
    if config.pretrained:
        yield from _contradictions_of_pretrained(saved)
    elif not saved.own:
        cells = 0 if sizes.windowed else config.num_layers * STATES_PER_CELL[config.cell]
        if [cell.shape[1] for cell in known.cells] != [config.hidden_size] * cells:
            yield f"its state must have {cells} arrays for {config.hidden_size} units"
        if known.features.shape[1] != feature_size(config):
            yield f"its state must have {feature_size(config)} features"
    yield from _contradictions_of_intervals(saved)
    scores, h = saved.history.scores, config.h or 1
    if scores is not None and {h} != {scores.h, *(len(m.mae_by_step) for m in scores.models)}:
        yield f"its scores are not those of {format_count(h, 'step')}"
    if scores is None and h > known.rows.max():
        yield f"a horizon of {h} is longer than its series, and it was never judged"


def _contradictions_of_paths(saved: SavedModel) -> Iterator[str]:
    """The same of what paths are drawn by."""
    residuals, steps = saved.basis.residuals, saved.sizes.steps
    if len(residuals) and (saved.config.pretrained or residuals.shape[1] != steps):
        yield f"its residuals must be of the {steps} steps of its network"


def _contradictions_of_pretrained(saved: SavedModel) -> Iterator[str]:
    """The same where the pretrained network reads."""
    known, network = saved.state.network_state, PretrainedNetwork(unpack_weights(saved.weights), 1)
    if saved.own:
        yield "a network of the caller's own is not the pretrained one"
    if saved.state.preparation.seasons is None or saved.cycles is None:
        yield "its state has no seasons"
    elif pretrained_sizes(saved.cycles) != saved.sizes:
        yield "the sizes of its programs are not those of its seasons"
    cells = tuple(cell.shape[1] for cell in known.cells)
    if (*cells, known.features.shape[1]) != (*network.state_sizes, network.feature_size):
        yield "its state is not one of its network"


def _contradictions_of_intervals(saved: SavedModel) -> Iterator[str]:
    """The same of how intervals are made."""
    if saved.intervals is None:
        return
    calibration, coverage, *_ = saved.intervals
    h = int(saved.config.h or 1)
    of_quantiles = bool(saved.config.pretrained) and saved.config.likelihood != "point"
    if calibration.of_points == of_quantiles:
        yield "its intervals are those of another network"
    if calibration.steps != h or (coverage is not None and coverage.h != h):
        yield f"its intervals are not those of {format_count(h, 'step')}"


def _try_table(saved: SavedModel) -> None:
    """Refuse names, types and times of a table in which no forecast could be given."""
    state = saved.state
    steps = {saved.name: np.zeros((len(state), 1))}
    try:
        forecast_frame(state.ids, state.starts, steps, state.frequency, saved.schema, state.rows)
    except BackendError:  # polars is not here, and predict says so
        return
