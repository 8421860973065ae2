"""Files as people have them: CSV in any dialect and encoding, and Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rollcast.errors import FileError
from rollcast.frames.table import Table

if TYPE_CHECKING:
    import pandas as pd


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a CSV or Parquet file.

    Args:
        path: the file.

    Returns:
        Its rows, as they stand.

    Raises:
        FileError: it can't be read as a table.
    """
    return open_file(Path(path)).frame


def open_file(path: Path) -> Table:
    """The file as a table that knows its lines."""
    import numpy as np
    import pandas as pd

    frame = pd.read_csv(path)
    return Table(frame, name=path.name, lines=np.arange(len(frame)) + 2)
