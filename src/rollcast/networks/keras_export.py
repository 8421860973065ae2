"""Networks as stock ``.keras`` files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rollcast.errors import ArgumentError, show
from rollcast.options.argument_checks import path as check_path
from rollcast.runtime.backend import load_keras


def export_keras(model: Any, path: str | Path) -> None:
    """Write any model of ours as a stock ``.keras`` file, which opens without Rollcast.

    Args:
        model: a Keras model made of ``rollcast.layers`` and Keras' own.
        path: a name that ends in ``.keras``.

    Raises:
        ArgumentError: another ending, or an echo state network.
    """
    from rollcast.networks.recurrent import ESN, to_stock
    from rollcast.storage.writing import write_whole

    if Path(check_path("path", path)).suffix != ".keras":
        raise ArgumentError(
            f"`path` must end in .keras, or Keras will not open it; got {show(str(path))}."
        )
    keras = load_keras()
    if any(isinstance(layer, ESN) for layer in model._flatten_layers()):
        raise ArgumentError(
            "An echo state network has no form in stock Keras; keep it with save(path), which rollcast.load opens."
        )
    stock = keras.models.clone_model(model, clone_function=to_stock)
    stock.set_weights(model.get_weights())
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.keras"
        stock.save(file)
        write_whole(path, file.read_bytes())
