"""What killed writers leave beside a file goes with the next one; what living ones write stays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rollcast.errors import ArgumentError, ArtifactError
from rollcast.storage.writing import as_path, check_place, write_whole

LEFT = ".m.0123456789ab.part"
STOPPED = """
import os, sys, time
os.fsync = lambda _: (print("writing", flush=True), time.sleep(600))
from rollcast.storage.writing import write_whole
write_whole("m", b"never")
"""
only_posix = pytest.mark.skipif(sys.platform == "win32", reason="locks of POSIX")


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_what_a_killed_writer_left_goes_with_the_next_one(tmp_path: Path):
    (tmp_path / LEFT).write_bytes(b"half")
    write_whole(tmp_path / "m", b"whole")
    assert names(tmp_path) == ["m"]


@pytest.mark.parametrize(
    "other",
    [
        ".n.0123456789ab.part",
        ".m.part",
        ".m.xyz.part",
        "m.0123456789ab.part",
        ".m.0123456789ab.part2",
    ],
)
def test_files_of_others_stay(tmp_path: Path, other: str):
    (tmp_path / other).write_bytes(b"")
    write_whole(tmp_path / "m", b"whole")
    assert names(tmp_path) == sorted([other, "m"])


def test_a_name_with_signs_of_patterns_is_swept_as_it_stands(tmp_path: Path):
    (tmp_path / ".a[1]*.0123456789ab.part").write_bytes(b"")
    write_whole(tmp_path / "a[1]*", b"whole")
    assert names(tmp_path) == ["a[1]*"]


@only_posix
def test_a_writer_that_lives_is_left_alone_and_one_that_was_killed_is_not(tmp_path: Path):
    writer = subprocess.Popen(
        [sys.executable, "-c", STOPPED], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    try:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "writing\n"
        (part,) = names(tmp_path)
        write_whole(tmp_path / "m", b"another")
        assert names(tmp_path) == [part, "m"]
    finally:
        writer.kill()
        writer.communicate()
    write_whole(tmp_path / "m", b"the last")
    assert names(tmp_path) == ["m"]
    assert (tmp_path / "m").read_bytes() == b"the last"


@only_posix
def test_a_swept_folder_that_can_not_be_read_is_no_hindrance(tmp_path: Path, monkeypatch):
    def refuse(_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "scandir", refuse)
    write_whole(tmp_path / "m", b"whole")
    assert names(tmp_path) == ["m"]


@pytest.mark.parametrize("path", [None, 5, b"m", ["m"], object()])
def test_what_is_no_path_is_named(path: object):
    with pytest.raises(
        ArgumentError, match=r"`path` must be a path, as text or a pathlib\.Path; got "
    ):
        as_path(path)


def test_a_path_that_no_system_takes_is_refused_in_a_sentence(tmp_path: Path):
    with pytest.raises(ArgumentError, match="`path` must be a name that a file can have"):
        write_whole(str(tmp_path / "a\0b"), b"")
    with pytest.raises(ArtifactError, match="can't be written: File name too long"):
        check_place(tmp_path / ("x" * 5000))
