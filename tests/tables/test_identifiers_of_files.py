"""Identifiers of files: what differs as text stays apart, and nothing that names a series is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollcast.errors import DataError
from rollcast.tables import to_panel


def write(folder: Path, ids: list[str], separator: str = ",", rows: int = 6) -> Path:
    lines = [separator.join(("date", "shop", "sales"))]
    for number, name in enumerate(ids):
        lines += [
            separator.join((f"2024-01-{day + 1:02d}", name, str(number + day)))
            for day in range(rows)
        ]
    path = folder / "sales.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("ids", "read"),
    [
        (["12345678901234567", "12345678901234568"], (12345678901234567, 12345678901234568)),
        (["1.10", "1.1"], ("1.10", "1.1")),
        (["1.0", "1"], ("1.0", "1")),
        (["1e3", "1000"], ("1e3", "1000")),
        (["0042", "42"], ("0042", "42")),
        (["-0", "0"], ("-0", "0")),
        (["99999999999999999999", "1"], ("99999999999999999999", "1")),
        (["NA", "None", "null", "nan", "DE"], ("NA", "None", "null", "nan", "DE")),
        (["True", "true"], ("True", "true")),
        (["7", "8"], (7, 8)),
    ],
)
def test_what_differs_as_text_stays_two(tmp_path, separator, ids: list[str], read: tuple[Any, ...]):
    panel, _, _ = to_panel(write(tmp_path, ids, separator), id_col="shop", duplicates="sum")
    assert panel.ids == read
    assert panel.lengths.tolist() == [6] * len(ids)
    assert panel.target[:6].tolist() == [0, 1, 2, 3, 4, 5]


def test_a_leading_zero_counts_wherever_it_stands(tmp_path):
    """Also beyond the first 64 KiB, by which a file's dialect is found."""
    ids = [str(number) for number in range(1000, 1800)] + ["0042", "42"]
    path = write(tmp_path, ids, rows=12)
    assert path.stat().st_size > 2 * 65536
    panel, _, _ = to_panel(path, id_col="shop")
    assert panel.ids == tuple(ids)


def test_an_empty_cell_names_no_series(tmp_path):
    with pytest.raises(DataError, match=r"no identifier at line 14 of sales\.csv"):
        to_panel(write(tmp_path, ["1", "2", ""]), id_col="shop")


@pytest.mark.parametrize(
    ("fitted", "newer", "read"),
    [
        (["7", "8"], ["8", "A1"], (8, "A1")),  # whole numbers stay such beside a text
        (["0098", "1000"], ["1000"], ("1000",)),  # text stays text where all are numbers
    ],
)
def test_newer_files_are_read_as_the_first_one_was(tmp_path, fitted, newer, read):
    first, schema, _ = to_panel(write(tmp_path, fitted), id_col="shop")
    panel, _, _ = to_panel(write(tmp_path, newer), like=schema, freq=first.frequency)
    assert panel.ids == read
