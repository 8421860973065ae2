"""Write the golden files of a new format: those of the first one, opened and saved again.

Run from the repository's root, ``python tests/golden/make.py v2``, once a format is settled; the files of a format that
was released stay as they are. What each model has to forecast is in the first format's ``.json`` beside it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import rollcast as rc
from rollcast.storage.container import read_container
from rollcast.stream.stream_checkpoint import StreamCheckpoint
from rollcast.training.checkpoint import FitCheckpoint, read_runs

HERE = Path(__file__).parent


def main(version: str) -> None:
    """Save every golden model, the state, the stream and the fit again."""
    for old in HERE.glob("v1-*.rollcast"):
        model = rc.load(old)
        model.save(_named(old, version), with_data=model.fitted.tail is not None)
    state, stream = HERE / "v1-shops.state", HERE / "v1-stream.checkpoint"
    rc.State.load(state).save(_named(state, version))
    StreamCheckpoint.load(stream).save(_named(stream, version))
    save_fit(HERE / "v1-fit.checkpoint", version)


def save_fit(old: Path, version: str) -> None:
    """Save the checkpoint of a fit again."""
    fingerprint = read_container(old, kind="checkpoint")[0]["fingerprint"]
    kept = FitCheckpoint(_named(old, version), fingerprint)
    for name, run in read_runs(old, fingerprint).items():
        kept.keep(name, run)
    kept.write()


def _named(old: Path, version: str) -> Path:
    return old.with_name(old.name.replace("v1", version, 1))


if __name__ == "__main__":
    main(sys.argv[1])
