"""Write the golden files of a new format: those of the first one, opened and saved again.

Run from the repository's root, ``python tests/golden/make.py v2``, once a format is settled; the files of a format that
was released stay as they are. What each model has to forecast is in the first format's ``.json`` beside it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import rollcast as rc
from rollcast.stream.stream_checkpoint import StreamCheckpoint

HERE = Path(__file__).parent


def main(version: str) -> None:
    """Save every golden model, the state and the stream again."""
    for old in HERE.glob("v1-*.rollcast"):
        model = rc.load(old)
        model.save(_named(old, version), with_data=model.fitted.tail is not None)
    state, stream = HERE / "v1-shops.state", HERE / "v1-stream.checkpoint"
    rc.State.load(state).save(_named(state, version))
    StreamCheckpoint.load(stream).save(_named(stream, version))


def _named(old: Path, version: str) -> Path:
    return old.with_name(old.name.replace("v1", version, 1))


if __name__ == "__main__":
    main(sys.argv[1])
