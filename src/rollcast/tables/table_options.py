"""How the caller's tables are read, at first and later on."""

from __future__ import annotations

from dataclasses import dataclass

from rollcast._types import Duplicates, Fill


@dataclass(frozen=True)
class TableOptions:
    """How the caller's tables are read, at first and later on.

    Attributes:
        tz: IANA zone of local clock times, or None.
        duplicates: what becomes of rows with equal timestamps.
        fill: what becomes of missing values.
    """

    tz: str | None = None
    duplicates: Duplicates = "error"
    fill: Fill = "anchor"
