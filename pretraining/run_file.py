"""The file of a run: weights, moments, and what the run was asked for, written whole or not at all."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rollcast.storage.writing import write_whole


class Asked(NamedTuple):
    """What a run was asked for; the same again gives the same weights.

    Attributes:
        seed: of the batches and of the first weights.
        updates: in all.
        minutes: that were turned into ``updates``; None where those were asked for.
        rate: the highest.
        without: parts of the generator that are left out.
        sizes: rows of the sizes that are drawn; none for all.
        network: what the network is, in words and numbers.
        init: digest of the weights that the run began with; empty for random ones.
        generator: see :data:`pretraining.batches.GENERATOR`.
        times: the series of a size in each batch.
    """

    seed: int
    updates: int
    minutes: float | None
    rate: float
    without: tuple[str, ...]
    sizes: tuple[int, ...]
    network: str
    init: str
    generator: int = 1
    times: int = 1


class Run(NamedTuple):
    """A run between two updates.

    Attributes:
        asked: for what.
        update: how many were made.
        seconds: they took, on however many machines.
        weights: a tree of arrays.
        moments: of the optimizer, the averaged weights among them.
    """

    asked: Asked
    update: int
    seconds: float
    weights: Any
    moments: Any


def write_run(path: Path, run: Run) -> None:
    """Write a run; at any moment either the old or the whole new file is there."""
    arrays = {
        f"{name}/{key}": value
        for name in ("weights", "moments")
        for key, value in named(getattr(run, name)).items()
    }
    about = {"asked": run.asked._asdict(), "update": run.update, "seconds": run.seconds}
    write_arrays(path, arrays | {"about": np.array(json.dumps(about))})


def read_run(path: Path, weights: Any, moments: Any) -> Run:
    """The run in a file.

    Args:
        path: the file.
        weights: of the same network, whose tree and shapes are expected.
        moments: of its optimizer.

    Raises:
        ValueError: its arrays are those of another network.
    """
    about = read_about(path)
    with np.load(path, allow_pickle=False) as arrays:
        return Run(
            *about,
            placed(arrays, "weights/", weights, path),
            placed(arrays, "moments/", moments, path),
        )


def read_asked(path: Path) -> Asked:
    """What the run in a file was asked for."""
    return read_about(path)[0]


def read_about(path: Path) -> tuple[Asked, int, float]:
    """What the run in a file was asked for, how many updates it has made, and the seconds they took.

    Raises:
        ValueError: the file holds no run.
    """
    with np.load(path, allow_pickle=False) as arrays:
        if "about" not in arrays:
            raise ValueError(f"'{path}' holds weights alone; name a run's file.")
        about = json.loads(str(arrays["about"]))
    asked = about["asked"]
    asked |= {name: tuple(asked[name]) for name in ("without", "sizes")}
    return Asked(**asked), about["update"], about["seconds"]


def read_weights(path: Path, weights: Any) -> Any:
    """The averaged weights of a run's file, or the weights of one that holds nothing else.

    Args:
        path: the file.
        weights: of the same network, whose tree and shapes are expected.

    Raises:
        ValueError: its arrays are those of another network.
    """
    with np.load(path, allow_pickle=False) as arrays:
        prefix = "moments/averaged/" if "about" in arrays else ""
        return placed(arrays, prefix, weights, path)


def averaged_arrays(path: Path) -> dict[str, np.ndarray]:
    """The averaged weights of a run's file by name, or the arrays of a file that holds nothing but weights."""
    prefix = "moments/averaged/"
    with np.load(path, allow_pickle=False) as arrays:
        if "about" not in arrays:
            return dict(arrays)
        names = [name for name in arrays.files if name.startswith(prefix)]
        return {name.removeprefix(prefix): arrays[name] for name in names}


def write_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write arrays by name into one ``.npz`` file, whole or not at all."""
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    write_whole(path, content.getvalue())


def named(tree: Any) -> dict[str, np.ndarray]:
    """The arrays of a tree by their paths in it, such as ``layers/0/kernel``."""
    import jax

    leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
    return {
        jax.tree_util.keystr(path, simple=True, separator="/"): np.asarray(leaf)
        for path, leaf in leaves
    }


def placed(arrays: Any, prefix: str, tree: Any, path: Path) -> Any:
    """Named arrays in the form of a tree."""
    import jax

    found = []
    for name, leaf in named(tree).items():
        array = arrays.get(prefix + name)
        if array is None or array.shape != leaf.shape:
            got = "nothing" if array is None else f"shape {array.shape}"
            raise ValueError(
                f"'{path}' holds the weights of another network: {prefix + name!r} must have shape {leaf.shape}; got "
                f"{got}. Name the file of a run with the same --hidden-size and --num-layers."
            )
        found.append(jax.numpy.asarray(array, leaf.dtype))
    return jax.tree.unflatten(jax.tree.structure(tree), found)
