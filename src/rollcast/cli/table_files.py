"""Tables of forecasts as CSV, Parquet and JSON."""

from __future__ import annotations

import io
import math
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from rollcast.errors import ArgumentError, BackendError
from rollcast.storage.writing import check_place, write_whole

CSV: Final = (".csv", ".txt")
PARQUET: Final = (".parquet", ".pq")


def check_table_path(path: Path) -> None:
    """Refuse a path that can't be written as a table, before any work is done.

    Raises:
        ArgumentError: another ending, a folder, or a folder that doesn't exist.
        BackendError: Parquet without pyarrow.
    """
    check_place(path)
    ending = path.suffix.lower()
    if ending not in CSV + PARQUET:
        raise ArgumentError(
            f"A forecast is written as CSV or Parquet; got '{path}': end it in .csv or .parquet."
        )
    if ending in PARQUET and find_spec("pyarrow") is None:
        raise BackendError(
            f"'{path}' is to be Parquet, and pyarrow is not installed; run"
            ' pip install "rollcast[parquet]".'
        )


def write_table(frame: Any, path: Path) -> None:
    """Write a pandas or polars frame, whole or not at all, as the path's ending says."""
    if path.suffix.lower() in CSV:
        write_whole(path, csv_text(frame))
        return
    buffer = io.BytesIO()
    if _is_polars(frame):
        frame.write_parquet(buffer)
    else:
        frame.to_parquet(buffer, index=False)
    write_whole(path, buffer.getvalue())


def csv_text(frame: Any) -> str:
    """A pandas or polars frame as CSV, numbers to ten digits: the network has seven."""
    if _is_polars(frame):
        return str(frame.write_csv())
    return str(frame.to_csv(index=False, float_format="%.10g", lineterminator="\n"))


def records(frame: Any) -> list[dict[str, Any]]:
    """A row each, as JSON holds it."""
    rows = frame.to_dicts() if _is_polars(frame) else frame.to_dict(orient="records")
    return [{str(name): _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    if hasattr(value, "item"):  # a NumPy scalar
        return _plain(value.item())
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _is_polars(frame: Any) -> bool:
    return type(frame).__module__.split(".")[0] == "polars"
