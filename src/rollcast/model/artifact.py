"""The saved model: one file without pickle, which holds all that forecasting needs and opens in every later version."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np

from rollcast.data.calendar import Frequency
from rollcast.data.panel import Panel
from rollcast.errors import ArgumentError, ArtifactError
from rollcast.forecasting.state import State, plain_id, weights_owner
from rollcast.forecasting.trained_model import TrainedModel
from rollcast.model.card import Card, TableOptions
from rollcast.model.fitted import NETWORK, Fitted
from rollcast.networks.build import build_network
from rollcast.networks.network import (
    Network,
    Weights,
    assign_weights,
    check_network,
    weights_of,
)
from rollcast.networks.sizes import Sizes
from rollcast.options import Config
from rollcast.storage import container
from rollcast.tables import Schema
from rollcast.training.history import History

TAIL_ROWS = 4096
"""Newest rows of each series that are kept where the caller asks for the data."""

_BEFORE: Final = {"bounds": None}
"""What was true of models before an option came: their files lack it."""


def save_model(fitted: Fitted, path: str | Path, *, with_data: bool) -> None:
    """Write a fitted model, whole or not at all.

    Args:
        fitted: the model.
        path: any name.
        with_data: keep the newest rows too.

    Raises:
        ArtifactError: the file can't be written, or an identifier is neither text nor a whole number.
    """
    model, state = fitted.model, fitted.state
    weights = weights_of(model.network.model)
    tail = _tail(fitted.tail) if with_data and fitted.tail is not None else None
    manifest = {
        "config": fitted.config.to_json(),
        "name": fitted.name,
        "unit": fitted.unit,
        "candidate": {"log": model.log, "lag": model.lag},
        "shape": asdict(model.sizes),
        "layout": fitted.schema.to_json(),
        "frequency": fitted.frequency.to_json(),
        "ids": [plain_id(i) for i in state.ids],
        "history": fitted.history.to_json(),
        "card": asdict(fitted.card),
        "scaling": state.scaling,
        "options": asdict(fitted.options),
        "sizes": [len(weights.trainable), len(weights.fixed), len(state.network_state.cells)],
        "tail": tail is not None,
    }
    arrays = {
        **_numbered("trainable", weights.trainable),
        **_numbered("fixed", weights.fixed),
        **state.to_arrays(),
    }
    if tail is not None:
        arrays |= {
            "tail/values": tail.values,
            "tail/mask": tail.mask,
            "tail/offsets": tail.offsets,
            "tail/starts": tail.starts,
        }
    container.write_container(path, manifest, arrays, kind="model")


def load_model(path: str | Path, network: Any = None) -> Fitted:
    """Read a saved model.

    Args:
        path: the file.
        network: the caller's own pair of Keras models, if the model was made of one.

    Raises:
        ArtifactError: a file that is missing, truncated, foreign, or of a newer format.
    """
    manifest, arrays = container.read_container(path, kind="model")
    with container.naming_damage(path, "model"):
        config, sizes = Config.from_json(_BEFORE | manifest["config"]), Sizes(**manifest["shape"])
        trainable, fixed, cells = manifest["sizes"]
        weights = Weights(_list(arrays, "trainable", trainable), _list(arrays, "fixed", fixed))
        own = manifest["name"] == NETWORK
        built = None if own else build_network(config, output_size=sizes.steps)
    if built is None:  # a fault here is one of the caller's network, not of the file
        built = _own_network(path, config, weights, network)
    with container.naming_damage(path, "model"):
        assign_weights(built.model, weights)
        return _build(manifest, arrays, config, sizes, built, cells)


def _build(
    manifest: dict[str, Any],
    arrays: dict[str, np.ndarray],
    config: Config,
    sizes: Sizes,
    network: Network,
    cells: int,
) -> Fitted:
    frequency = Frequency.from_json(manifest["frequency"])
    ids = tuple(manifest["ids"])
    state = State.from_arrays(
        arrays,
        ids=ids,
        scaling=manifest["scaling"],
        frequency=frequency,
        cells=cells,
        owner=weights_owner(weights_of(network.model)),
    )
    tail = None
    if manifest["tail"]:
        tail = Panel(
            arrays["tail/values"],
            arrays["tail/mask"],
            arrays["tail/offsets"],
            arrays["tail/starts"],
            frequency,
            ids,
        )
    card = manifest["card"] | {"split": tuple(manifest["card"]["split"])}
    options = TableOptions(**manifest["options"])
    model = TrainedModel(
        network=network,
        sizes=sizes,
        scaling=config.scaling,
        log=bool(manifest["candidate"]["log"]),
        lag=int(manifest["candidate"]["lag"]),
        fill=options.fill,
        h=int(config.h or 1),
        state=state,
        bounds=config.bounds if state.preparation.bounds else None,
    )
    return Fitted(
        config=config,
        name=manifest["name"],
        unit=manifest["unit"],
        model=model,
        schema=Schema.from_json(manifest["layout"]),
        options=options,
        history=History.from_json(manifest["history"]),
        card=Card(**card),
        tail=tail,
    )


def _own_network(path: str | Path, config: Config, saved: Weights, given: Any) -> Network:
    """The caller's own network is passed again, never read from a file.

    Raises:
        ArtifactError: none was passed.
        ArgumentError: it is another network.
    """
    if given is None:
        raise ArtifactError(
            f"'{path}' holds the weights of a network of your own; pass the same models again: "
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


def _numbered(name: str, values: list[Any]) -> dict[str, np.ndarray]:
    return {f"{name}/{i}": np.asarray(value) for i, value in enumerate(values)}


def _list(arrays: dict[str, np.ndarray], name: str, size: int) -> list[np.ndarray]:
    return [arrays[f"{name}/{i}"] for i in range(size)]
