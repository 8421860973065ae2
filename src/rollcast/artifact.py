"""The saved model: one file without pickle, which holds all that forecasting needs and opens in every later version."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from rollcast import container
from rollcast.building import build_network
from rollcast.calendar import Frequency
from rollcast.card import Card, TableOptions
from rollcast.config import Config
from rollcast.defaults import Candidate
from rollcast.errors import ArtifactError
from rollcast.fitted import NETWORK, Fitted
from rollcast.frames import Layout
from rollcast.networks import (
    Network,
    Weights,
    assign,
    check_network,
    weights_of,
)
from rollcast.panel import Panel
from rollcast.standing import Standing, owner_of, plain_id
from rollcast.training.forecasting import Shape
from rollcast.training.history import History

TAIL_ROWS = 4096
"""Newest rows of each series that are kept where the caller asks for the data."""


def save(fitted: Fitted, path: str | Path, *, with_data: bool) -> None:
    """Write a fitted model, whole or not at all.

    Args:
        fitted: the model.
        path: any name.
        with_data: keep the newest rows too.

    Raises:
        ArtifactError: the file can't be written, or an identifier is neither text nor a whole number.
    """
    standing = fitted.standing
    weights = weights_of(fitted.network.model)
    tail = _tail(fitted.tail) if with_data and fitted.tail is not None else None
    manifest = {
        "config": fitted.config.to_json(),
        "name": fitted.name,
        "unit": fitted.unit,
        "candidate": asdict(fitted.candidate),
        "shape": asdict(fitted.shape),
        "layout": fitted.layout.to_json(),
        "frequency": fitted.frequency.to_json(),
        "ids": [plain_id(i) for i in standing.ids],
        "history": fitted.history.to_json(),
        "card": asdict(fitted.card),
        "scaling": standing.scaling,
        "options": asdict(fitted.options),
        "sizes": [len(weights.trainable), len(weights.fixed), len(standing.state.cells)],
        "tail": tail is not None,
    }
    arrays = {
        **_numbered("trainable", weights.trainable),
        **_numbered("fixed", weights.fixed),
        **standing.to_arrays(),
    }
    if tail is not None:
        arrays |= {
            "tail/values": tail.values,
            "tail/mask": tail.mask,
            "tail/offsets": tail.offsets,
            "tail/starts": tail.starts,
        }
    container.write(path, manifest, arrays, kind="model")


def load(path: str | Path, network: Any = None) -> Fitted:
    """Read a saved model.

    Args:
        path: the file.
        network: the caller's own pair of Keras models, if the model was made of one.

    Raises:
        ArtifactError: a file that is missing, truncated, foreign, or of a newer format.
    """
    manifest, arrays = container.read(path, kind="model")
    try:
        return _build(path, manifest, arrays, network)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise ArtifactError(
            f"'{path}' is a damaged Rollcast model ({reason[:200]}); save it again."
        ) from error


def _build(
    path: str | Path, manifest: dict[str, Any], arrays: dict[str, np.ndarray], own: Any
) -> Fitted:
    config, shape = Config.from_json(manifest["config"]), Shape(**manifest["shape"])
    candidate = Candidate(**manifest["candidate"])
    frequency = Frequency.from_json(manifest["frequency"])
    network = _rebuild_network(path, manifest["name"], config, shape, own)
    trainable, fixed, cells = manifest["sizes"]
    weights = Weights(_list(arrays, "trainable", trainable), _list(arrays, "fixed", fixed))
    assign(network.model, weights)
    ids = tuple(manifest["ids"])
    standing = Standing.from_arrays(
        arrays,
        ids=ids,
        scaling=manifest["scaling"],
        frequency=frequency,
        cells=cells,
        owner=owner_of(weights),
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
    return Fitted(
        config=config,
        name=manifest["name"],
        unit=manifest["unit"],
        network=network,
        candidate=candidate,
        shape=shape,
        layout=Layout.from_json(manifest["layout"]),
        options=TableOptions(**manifest["options"]),
        frequency=frequency,
        standing=standing,
        history=History.from_json(manifest["history"]),
        card=Card(**card),
        tail=tail,
    )


def _rebuild_network(
    path: str | Path, fitted_name: str, config: Config, shape: Shape, own: Any
) -> Network:
    """Ours is rebuilt from the configuration; the caller's own is passed again, never read from a file."""
    if fitted_name == NETWORK:
        if own is None:
            raise ArtifactError(
                f"'{path}' holds the weights of a network of your own; pass the same models again: "
                "load(path, network=(body, head))."
            )
        return check_network(own, config.reading).copy()
    return build_network(config, output_size=shape.steps)


def _tail(panel: Panel) -> Panel:
    return panel.drop(np.maximum(panel.lengths - TAIL_ROWS, 0))


def _numbered(name: str, values: list[Any]) -> dict[str, np.ndarray]:
    return {f"{name}/{i}": np.asarray(value) for i, value in enumerate(values)}


def _list(arrays: dict[str, np.ndarray], name: str, size: int) -> list[np.ndarray]:
    return [arrays[f"{name}/{i}"] for i in range(size)]
