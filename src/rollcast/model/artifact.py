"""The saved model: one file without pickle, which holds all that forecasting needs and opens in every later version."""

from __future__ import annotations

import io
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from rollcast.data.panel import Panel
from rollcast.errors import ArgumentError, ArtifactError
from rollcast.forecasting.state import weights_owner
from rollcast.forecasting.trained_model import Model
from rollcast.model.artifact_fields import SavedModel, read_model
from rollcast.model.calibration_section import write_intervals
from rollcast.model.ensemble_section import write_ensemble
from rollcast.model.fallback_section import write_fallback
from rollcast.model.fit_report import Report
from rollcast.model.fitted import Fitted
from rollcast.model.model_sections import (
    NamedNetwork,
    SavedTable,
    channels_of,
    write_data,
    write_network,
    write_report,
    write_schema,
    write_weights,
)
from rollcast.model.path_section import write_basis
from rollcast.networks.build import build_network
from rollcast.networks.network import (
    AnyNetwork,
    Network,
    Weights,
    assign_weights,
    check_network,
    weights_of,
)
from rollcast.networks.pretrained_network import STRIDE, PretrainedNetwork, unpack_weights
from rollcast.networks.shared_head import make_ahead
from rollcast.options import Config
from rollcast.storage import container
from rollcast.storage.sections import pack_sections
from rollcast.storage.writing import as_path

TAIL_ROWS = 4096
"""Newest rows of each series that are kept where the caller asks for the data."""


def save_model(fitted: Fitted, path: str | Path, *, with_data: bool) -> None:
    """Write a fitted model, whole or not at all.

    Args:
        fitted: the model.
        path: any name.
        with_data: keep the newest rows too.

    Raises:
        ArtifactError: the file can't be written, an identifier is neither text nor a whole number, or a weight is no
            number.
    """
    container.write_container(path, *_content(fitted, with_data=with_data), kind="model")


def pack_model(fitted: Fitted) -> bytes:
    """What :func:`save_model` writes, without the data.

    Raises:
        ArtifactError: an identifier is neither text nor a whole number, or a weight is no number.
    """
    return container.pack_container(*_content(fitted, with_data=False), kind="model")


def load_model(path: str | Path, network: Any = None) -> Fitted:
    """Read a saved model.

    Args:
        path: the file.
        network: the caller's own pair of Keras models, if the model was made of one.

    Raises:
        ArtifactError: a file that is missing, truncated, foreign, or of a newer format.
    """
    place = as_path(path)
    return build_model(place, read_model(place), network)


def unpack_model(data: bytes, network: Any = None) -> Fitted:
    """What :func:`pack_model` gave."""
    source = io.BytesIO(data)
    return build_model(source, read_model(source), network)


def copy_model(fitted: Fitted, network: Network | None) -> Fitted:
    """The same model with a network of its own, by way of :func:`pack_model`.

    Args:
        fitted: the model.
        network: the caller's own, if the model was made of one.
    """
    made = unpack_model(pack_model(fitted), network)
    return replace(fitted, model=replace(fitted.model, network=made.model.network))


def pack_network(network: Network) -> bytes:
    """The caller's own pair of models as Keras pickles them.

    Raises:
        ArtifactError: Keras can't.
    """
    try:
        data = pickle.dumps((network.body, network.head))
        unpack_network(data)
    except Exception as error:  # whatever a layer of the caller's raises
        raise ArtifactError(
            f"A network of your own can't be pickled ({' '.join(str(error).split())[:200]}); save(path) the model "
            "and load(path, network=(body, head)) it."
        ) from error
    return data


def unpack_network(data: bytes) -> Network:
    """What :func:`pack_network` gave; it is part of a pickle, which is for trusted sources alone."""
    return Network(*pickle.loads(data))  # noqa: S301  (load(path) never comes here)


def build_model(source: container.Source, saved: SavedModel, network: Any = None) -> Fitted:
    """The model of a file, with a network that is built now or given.

    Args:
        source: the file.
        saved: what is in it.
        network: the caller's own pair of Keras models, if the model was made of one.

    Raises:
        ArtifactError: the network can't be built.
        ArgumentError: it is another network than the one that was fitted.
    """
    if saved.config.pretrained:
        held = unpack_weights(saved.weights)
        stride = saved.stride or STRIDE
        return _fitted(saved, PretrainedNetwork(held, saved.sizes.steps, stride=stride))
    with container.naming_damage(source, "model"):
        steps, ring = saved.sizes.steps, saved.sizes.ring
        ahead = make_ahead(saved.config, steps=steps, ring=ring)
        built = None if saved.own else build_network(saved.config, output_size=steps, ahead=ahead)
    if built is None:  # a fault here is one of the caller's network, not of the file
        built = _own_network(container.called(source), saved.config, saved.weights, network)
    with container.naming_damage(source, "model"):
        _refuse_misfit(built, saved)
        assign_weights(built.model, saved.weights)
        return _fitted(saved, built)


def _content(fitted: Fitted, *, with_data: bool) -> tuple[dict[str, Any], container.Arrays]:
    model = fitted.model
    network = model.network
    weights = network.weights
    tail = _tail(fitted.tail) if with_data and fitted.tail is not None else None
    sections = (
        write_network(
            NamedNetwork(
                fitted.config,
                fitted.name,
                channels_of(fitted.config),
                bool(model.log),
                model.sizes,
                model.seasons,
                network.stride if isinstance(network, PretrainedNetwork) else None,
            )
        ),
        write_weights(weights),
        write_schema(SavedTable(fitted.schema, fitted.unit)),
        *write_report(fitted.history, fitted.card),
        *replace(fitted.state, owner=weights_owner(weights)).to_sections(),
        *write_data(tail),
        *write_intervals(fitted.intervals, fitted.state),
        *write_basis(model.basis),
        *write_fallback(fitted.fallback),
        *write_ensemble(fitted.ensemble),
    )
    return pack_sections(sections)


def _fitted(saved: SavedModel, network: AnyNetwork) -> Fitted:
    config, state = saved.config, saved.state
    model = Model(
        network=network,
        sizes=saved.sizes,
        scaling=config.scaling,
        seasons=saved.cycles,
        log=saved.log and config.log,
        lag=state.preparation.lag,
        level=state.preparation.smoothing is not None,
        fill=saved.schema.fill,
        h=int(config.h or 1),
        owner=state.owner,
        bounds=config.bounds if state.preparation.bounds else None,
        basis=saved.basis,
        point=config.point,
    )
    return Fitted(
        config=config,
        name=saved.name,
        unit=saved.unit,
        model=model,
        state=state,
        schema=saved.schema,
        report=Report(history=saved.history, card=saved.card),
        tail=saved.tail,
        intervals=saved.intervals,
        fallback=saved.fallback,
        ensemble=saved.ensemble,
    )


def _refuse_misfit(network: Network, saved: SavedModel) -> None:
    """Refuse a state that the network could not go on from, and weights that are not its own.

    Raises:
        ValueError: it is so.
    """
    known = saved.state.network_state
    cells = tuple(cell.shape[1] for cell in known.cells)
    wanted = (*network.state_sizes, network.feature_size, network.output_size)
    if (*cells, known.features.shape[1], saved.sizes.steps) != wanted:
        raise ValueError("its state is not one of its network")
    given = weights_of(network.model)
    for name in ("trainable", "fixed"):
        mine, kept = getattr(given, name), getattr(saved.weights, name)
        if [np.shape(a) for a in mine] != [np.shape(a) for a in kept]:
            raise ValueError(f"its {name} weights are not those of its network")


def _own_network(file: str, config: Config, saved: Weights, given: Any) -> Network:
    """The caller's own network is passed again, never read from a file.

    Raises:
        ArtifactError: none was passed.
        ArgumentError: it is another network.
    """
    if given is None:
        raise ArtifactError(
            f"{file} holds the weights of a network of your own; pass the same models again: "
            "load(path, network=(body, head))."
        )
    network = check_network(given, config.reading).copy()
    _refuse_other_network(network, saved)
    return network


def _refuse_other_network(network: Network, saved: Weights) -> None:
    """Refuse a pair of the caller's whose weights have other shapes than the saved ones.

    Raises:
        ArgumentError: it is another network.
    """
    given = weights_of(network.model)
    for here, there in ((given.trainable, saved.trainable), (given.fixed, saved.fixed)):
        mine, kept = [np.shape(a) for a in here], [np.shape(a) for a in there]
        if mine != kept:
            at = next((i for i, (a, b) in enumerate(zip(mine, kept, strict=False)) if a != b), None)
            what = (
                f"{len(mine)} arrays of weights instead of {len(kept)}"
                if at is None
                else f"weights of the shape {mine[at]} where {kept[at]} was saved"
            )
            raise ArgumentError(
                f"`network` is not the one that this model was fitted with: it has {what}; pass that pair again."
            )


def _tail(panel: Panel) -> Panel:
    return panel.drop(np.maximum(panel.lengths - TAIL_ROWS, 0))
