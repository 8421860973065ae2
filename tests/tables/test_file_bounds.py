"""No file takes more memory than a table may, and no message repeats what is endless."""

import contextlib
import gzip
import io
import os
import random
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rollcast.errors import ArgumentError, DataError, FileError
from rollcast.tables import read_table, to_panel
from rollcast.tables.files.file_bytes import read_bytes

DAYS = [f"2024-01-{day:02d}" for day in range(1, 13)]
TABLE = "date,sales\n" + "".join(f"{day},{n * n}\n" for n, day in enumerate(DAYS))


def refusal(path: Path | str) -> str:
    with pytest.raises(FileError) as caught:
        read_table(path)
    message = str(caught.value)
    assert len(message) < 400
    return message


def test_an_archive_that_unpacks_beyond_the_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "sales.csv.gz"
    path.write_bytes(gzip.compress(b"date,sales\n" + b"2024-01-01,0\n" * 400_000))
    assert len(read_table(path)) == 400_000
    monkeypatch.setenv("ROLLCAST_MAX_UNPACKED_MB", "2")
    assert refusal(path) == (
        "sales.csv.gz unpacks to more than 2 MB; unpack it and give that file, or set the environment"
        " variable ROLLCAST_MAX_UNPACKED_MB to a larger number."
    )


def test_archives_one_after_the_other_and_padded(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv.gz"
    half = len(TABLE) // 2
    parts = [gzip.compress(part.encode()) for part in (TABLE[:half], TABLE[half:])]
    path.write_bytes(b"".join(parts) + b"\0" * 100)
    assert read_bytes(path) == TABLE.encode()
    path.write_bytes(b"".join(parts)[:-5])
    assert "broken or cut off" in refusal(path)
    path.write_bytes(b"".join(parts) + b"garbage")
    assert "broken or cut off" in refusal(path)


def test_a_line_beyond_the_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(TABLE + "2024-01-13," + "9" * 2_000_000 + "\n")
    assert refusal(path) == (
        "Line 14 of sales.csv is longer than 1 MB; check that the file is a table, or set the environment variable"
        " ROLLCAST_MAX_LINE_MB to a larger number."
    )
    monkeypatch.setenv("ROLLCAST_MAX_LINE_MB", "3")
    assert "Column 'sales' holds '999999" in refusal(path)
    monkeypatch.setenv("ROLLCAST_MAX_LINE_MB", "many")
    with pytest.raises(ArgumentError, match=r"ROLLCAST_MAX_LINE_MB must be a positive number of"):
        read_table(path)
    packed = tmp_path / "sales.csv.gz"
    packed.write_bytes(gzip.compress(b"date,sales\n" + b"0" * 20_000_000))
    monkeypatch.delenv("ROLLCAST_MAX_LINE_MB")
    assert "Line 2 of sales.csv.gz is longer than 1 MB" in refusal(packed)


def test_many_columns_are_one_long_header(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    names = [f"store number {n} of the north" for n in range(5_000)]
    row = ",".join(["1"] * len(names))
    path.write_text("date," + ",".join(names) + "\n" + "".join(f"{day},{row}\n" for day in DAYS))
    assert read_table(path).shape == (12, 5_001)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2024-01-05,16", "2024-01-05," + "x" * 30_000), ("2024-01-05", "2024-01-05" + "9" * 30_000),
        ("2024-01-05,16", "2024-01-05," + "9" * 100_000), ("sales", "s" * 30_000),
        ("date,", "date,date" + "e" * 300 + ","),
    ],
)  # fmt: skip
def test_messages_show_the_beginning_of_what_is_long(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(TABLE.replace(old, new))
    with pytest.raises(DataError) as caught:
        to_panel(path)
    assert len(str(caught.value)) < 400


def test_long_names_of_series_are_cut() -> None:
    frame = pd.DataFrame({"unique_id": "a" * 5000, "ds": DAYS, "y": [np.inf] * 12})
    with pytest.raises(DataError, match=r"of series 'a{56}\.\.\.' is infinite") as caught:
        to_panel(frame)
    assert len(str(caught.value)) < 400
    with pytest.raises(DataError, match=r"has a name of 5,000 characters, 'y{56}\.\.\.'; shorten"):
        to_panel(frame.rename(columns={"y": "y" * 5000}))


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="devices have other names here")
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/random"])
def test_devices_are_no_files(device: str) -> None:
    assert refusal(device) == f"'{device}' is a device and no file; give the path of a file."


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_pipes_are_read_where_someone_writes(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert "is a pipe to which nothing writes; give the path of a file." in refusal(path)
    descriptor = os.open(path, os.O_RDWR)
    os.write(descriptor, TABLE.encode())
    threading.Timer(0.3, os.close, [descriptor]).start()
    assert read_bytes(path) == TABLE.encode()


def test_a_parquet_file_of_far_more_cells_than_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "sales.parquet"
    pd.DataFrame({"y": np.zeros(2_000_000)}).to_parquet(path)
    assert len(read_table(path)) == 2_000_000
    monkeypatch.setenv("ROLLCAST_MAX_UNPACKED_MB", "1")
    assert "holds 2,000,000 cells, far more than a file of its size does" in refusal(path)


def test_any_damage_to_parquet_is_refused_or_harmless(tmp_path: Path) -> None:
    stream = io.BytesIO()
    frame = pd.DataFrame({"id": [*"ab"] * 6, "ds": pd.to_datetime(DAYS), "y": np.arange(12.0)})
    frame.astype({"id": "category"}).to_parquet(stream)
    whole = stream.getvalue()
    random_bytes = random.Random(5)  # noqa: S311
    path = tmp_path / "sales.parquet"
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(random_bytes.choice((1, 1, 2, 8))):
            damaged[random_bytes.randrange(4, len(whole))] = random_bytes.randrange(256)
        path.write_bytes(damaged)
        with contextlib.suppress(FileError):
            read_table(path)
