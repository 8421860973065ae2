import errno
import io
import json
import os
import stat
import sys
import warnings
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollcast.errors import ArgumentError, ArtifactError
from rollcast.storage import container

ARRAYS = {
    "lstm/cell/kernel": np.arange(12, dtype=np.float32).reshape(3, 4),
    "columns": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "count": np.array(7, np.int64),
    "empty": np.empty((0, 3)),
    "ids": np.array(["서울", "b"]),
    "mask": np.array([True, False]),
    "times": np.array(["2024-01-31"], "M8[ns]"),
}
MANIFEST = {"config": {"cell": "lstm", "h": 12}, "unit": "°C", "none": None, "version": "0.1.0"}
only_posix = pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "a.rollcast"
    container.write_container(path, MANIFEST, ARRAYS, kind="model")
    return path


def rewritten(model: Path, changes: dict[str, bytes | None]) -> Path:
    """The file with members replaced, added, or (None) left out."""
    with zipfile.ZipFile(model) as archive:
        members = {n: archive.read(n) for n in archive.namelist()}
    with zipfile.ZipFile(model, "w") as archive:
        for name, data in (members | changes).items():
            if data is not None:
                archive.writestr(name, data)
    return model


def with_head(model: Path, **changes: object) -> Path:
    with zipfile.ZipFile(model) as archive:
        head = json.loads(archive.read("manifest.json"))
    return rewritten(model, {"manifest.json": json.dumps(head | changes).encode()})


def refusal(path: Path, kind: container.Kind = "model") -> str:
    with pytest.raises(ArtifactError) as caught:
        container.read_container(path, kind=kind)
    return str(caught.value)


def test_what_was_written_comes_back(model: Path):
    manifest, arrays = container.read_container(model, kind="model")
    assert manifest == MANIFEST
    assert sorted(arrays) == sorted(ARRAYS)
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        assert arrays[name].shape == array.shape
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].flags.writeable


def test_it_is_a_plain_zip_that_other_tools_open(model: Path):
    with zipfile.ZipFile(model) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert names[0] == "manifest.json"
        assert names[1:] == [f"arrays/{n}.npy" for n in sorted(ARRAYS)]
        head = json.loads(archive.read("manifest.json"))
        kernel = np.load(io.BytesIO(archive.read("arrays/lstm/cell/kernel.npy")))
    assert (head["format"], head["kind"], head["version"]) == (
        "rollcast",
        "model",
        container.VERSION,
    )
    np.testing.assert_array_equal(kernel, ARRAYS["lstm/cell/kernel"])


def test_the_same_content_gives_the_same_bytes(model: Path, tmp_path: Path):
    other = tmp_path / "b"
    container.write_container(other, MANIFEST, dict(reversed(ARRAYS.items())), kind="model")
    assert other.read_bytes() == model.read_bytes()


def test_a_missing_file_a_folder_and_a_foreign_file_are_told_apart(tmp_path: Path):
    missing, text = tmp_path / "no", tmp_path / "text.rollcast"
    text.write_text("unique_id,ds,y\n")
    assert refusal(missing) == f"There is no model file '{missing}'; check the path."
    assert refusal(tmp_path) == f"'{tmp_path}' is a folder, not a model file."
    assert refusal(text) == f"'{text}' is no Rollcast model: it is not a zip file."
    (tmp_path / "nothing").touch()
    assert refusal(tmp_path / "nothing").endswith("is no Rollcast model: it is empty.")


def test_another_zip_is_foreign(tmp_path: Path):
    path = tmp_path / "weights.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")
    assert refusal(path) == f"'{path}' is no Rollcast model: it has no manifest."


@pytest.mark.parametrize(
    "manifest", [b"{", b"\xff\xfe", b"[]", b'{"format": "onnx"}', b"[" * 99999]
)
def test_another_manifest_is_foreign(model: Path, manifest: bytes):
    assert "is no Rollcast model: its manifest" in refusal(
        rewritten(model, {"manifest.json": manifest})
    )


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.999])
def test_a_truncated_file_says_so(model: Path, share: float):
    data = model.read_bytes()
    model.write_bytes(data[: int(len(data) * share)])
    assert refusal(model) == f"'{model}' is truncated or damaged; copy or save it again."


def test_every_flipped_byte_of_an_array_is_noticed(model: Path):
    data = bytearray(model.read_bytes())
    place = data.index(ARRAYS["lstm/cell/kernel"].tobytes()) + 5
    data[place] ^= 1
    model.write_bytes(data)
    assert refusal(model) == f"'{model}' is truncated or damaged; copy or save it again."


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damage_anywhere_ends_in_a_sentence_or_the_same_content(model: Path, data: st.DataObject):
    whole = model.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    damaged = bytearray(whole)
    damaged[place] = data.draw(st.integers(0, 255))
    other = model.with_name("damaged")
    other.write_bytes(damaged)
    with suppress(ArtifactError):
        manifest, arrays = container.read_container(other, kind="model")
        assert manifest == MANIFEST
        assert all(np.array_equal(arrays[n], ARRAYS[n]) for n in ARRAYS)


def test_a_compressed_member_is_not_unpacked(model: Path):
    with zipfile.ZipFile(model) as archive:
        members = {n: archive.read(n) for n in archive.namelist()}
    with zipfile.ZipFile(model, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    assert "is truncated or damaged" in refusal(model)


def test_a_file_that_can_not_be_opened_says_why(model: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(zipfile, "ZipFile", refuse)
    assert refusal(model) == f"'{model}' can't be read: Permission denied."


def members_of(model: Path) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(model) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


def packed(model: Path, members: list[tuple[str, bytes]]) -> Path:
    with zipfile.ZipFile(model, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a name that stands there twice
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data)
    return model


def test_a_member_that_is_there_twice_is_damage(model: Path):
    members = members_of(model)
    for name, data in members:
        refused = refusal(packed(model, [*members, (name, data)]))
        assert refused == f"'{model}' is truncated or damaged; copy or save it again."


def test_an_array_that_is_named_twice_is_damage(model: Path):
    with zipfile.ZipFile(model) as archive:
        names = json.loads(archive.read("manifest.json"))["arrays"]
    assert refusal(with_head(model, arrays=names * 2)).endswith("its manifest is incomplete.")


def test_members_that_share_their_bytes_are_damage(model: Path):
    """The central directory sends two names to one place."""
    data = model.read_bytes()
    entries = [i for i in range(len(data)) if data[i : i + 4] == b"PK\x01\x02"]
    first = data[entries[1] + 42 : entries[1] + 46]
    changed = bytearray(data)
    changed[entries[2] + 42 : entries[2] + 46] = first
    model.write_bytes(changed)
    assert refusal(model) == f"'{model}' is truncated or damaged; copy or save it again."


def test_a_size_beyond_the_file_is_damage(model: Path):
    data = bytearray(model.read_bytes())
    entry = data.index(b"PK\x01\x02")
    data[entry + 20 : entry + 28] = (2**31).to_bytes(4, "little") * 2
    model.write_bytes(data)
    assert refusal(model) == f"'{model}' is truncated or damaged; copy or save it again."


def test_names_that_are_no_utf_8_are_damage(model: Path):
    data = bytearray(model.read_bytes())
    entry = data.index(b"PK\x01\x02")
    data[entry + 9] |= 8  # says that it is UTF-8
    data[entry + 46 : entry + 48] = b"\xff\xfe"
    model.write_bytes(data)
    assert refusal(model) == f"'{model}' is truncated or damaged; copy or save it again."


@pytest.mark.parametrize(
    "entry",
    [b'"unit": 1, "unit": 2', b'"x": NaN', b'"x": Infinity', rb'"x": "\ud800"', b'"x": 1e999', b'"x": 1' + b"0" * 5000],
)  # fmt: skip
def test_json_that_is_none_of_ours_is_foreign(model: Path, entry: bytes):
    members = dict(members_of(model))
    text = members["manifest.json"].replace(b'"unit": ', entry + b', "other": ', 1)
    assert refusal(rewritten(model, {"manifest.json": text})).endswith("its manifest is no JSON.")


@only_posix
def test_what_is_no_file_is_never_read(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "pipe", Path("/dev/zero"), Path(os.devnull)):
        assert refusal(place) == f"'{place}' is a device or a pipe, not a model file."


def test_a_file_in_memory_is_read_like_one_on_the_disk(model: Path):
    manifest, _ = container.read_container(io.BytesIO(model.read_bytes()), kind="model")
    assert manifest == MANIFEST
    with pytest.raises(ArtifactError, match="The copy in memory is truncated or damaged"):
        container.read_container(io.BytesIO(model.read_bytes()[:-30]), kind="model")


def test_a_missing_array_says_which(model: Path):
    message = refusal(rewritten(model, {"arrays/count.npy": None}))
    assert message == f"'{model}' is truncated or damaged: its array 'count' is missing."


def test_a_newer_format_asks_for_an_upgrade(model: Path):
    assert refusal(with_head(model, version=3)) == (
        f"'{model}' was written by a newer Rollcast (format 3, this one reads up to 2): "
        "upgrade with pip install -U rollcast."
    )


@pytest.mark.parametrize("version", [0, -1, "1", True, None, 1.0])
def test_a_format_number_that_never_was_is_foreign(model: Path, version: object):
    assert "its format number is" in refusal(with_head(model, version=version))


def test_another_kind_is_named(model: Path):
    assert refusal(model, "checkpoint") == f"'{model}' holds a model, not a checkpoint."
    assert refusal(with_head(model, kind="a\nb")).endswith(
        r"holds content of the kind 'a\nb', not a model."
    )


def test_long_words_of_a_manifest_are_cut_and_stay_on_one_line(model: Path):
    for change in ({"arrays": ["x" * 10**5]}, {"version": "\n" * 10**5}, {"kind": [0] * 10**5}):
        said = refusal(with_head(model, **change))
        assert len(said) < 300 + len(str(model))
        assert "\n" not in said


@pytest.mark.parametrize(
    "changes", [{"arrays": None}, {"arrays": [1]}, {"arrays": ["../x"]}, {"content": []}]
)
def test_an_incomplete_manifest_is_foreign(model: Path, changes: dict[str, Any]):
    assert refusal(with_head(model, **changes)).endswith("its manifest is incomplete.")


def test_objects_are_never_unpickled(model: Path):
    member = io.BytesIO()
    np.save(member, np.array([print], dtype=object), allow_pickle=True)
    message = refusal(rewritten(model, {"arrays/count.npy": member.getvalue()}))
    assert (
        message
        == f"'{model}' is damaged in its array 'count': '|O' is no type of plain numbers, times or text."
    )


def test_an_array_that_claims_more_than_it_holds_is_refused_before_memory_is_taken(model: Path):
    member = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        member, {"descr": "<f8", "fortran_order": False, "shape": (10**15,)}
    )
    message = refusal(rewritten(model, {"arrays/count.npy": member.getvalue() + bytes(8)}))
    assert message.startswith(f"'{model}' is damaged in its array 'count': ")


@pytest.mark.parametrize(
    "data", [b"", b"\x93NUMPY", b"\x93NUMPY\x01\x00\x04\x00{}{}", b"\x93NUMPY\x09\x00"]
)
def test_an_array_without_a_header_is_damaged(model: Path, data: bytes):
    message = refusal(rewritten(model, {"arrays/count.npy": data}))
    assert message.startswith(f"'{model}' is damaged in its array 'count'")


@pytest.mark.parametrize(
    "name", ["", "/a", "../a", "a/../b", "a//b", "a\\b", "a/", ".", "C:a", "a\n"]
)
def test_names_that_could_leave_the_folder_are_refused(tmp_path: Path, name: str):
    with pytest.raises(ArgumentError, match="`arrays` must have names of letters"):
        container.write_container(tmp_path / "x", {}, {name: np.ones(1)}, kind="model")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "array", [np.array([{}]), np.zeros(2, [("a", "f4")]), np.array([None])], ids=str
)
def test_objects_and_records_are_refused(tmp_path: Path, array: np.ndarray):
    with pytest.raises(ArgumentError, match="must hold plain numbers, times or text; 'a' is of"):
        container.write_container(tmp_path / "x", {}, {"a": array}, kind="model")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), np.float32(1), {1, 2}, object()])
def test_a_manifest_beyond_json_is_refused(tmp_path: Path, value: object):
    with pytest.raises(ArgumentError, match="`manifest` must hold JSON values only"):
        container.write_container(tmp_path / "x", {"a": value}, {}, kind="model")


def test_bytes_and_text_are_written_as_they_are(tmp_path: Path):
    container.write_whole(tmp_path / "a", b"\x00\r\n")
    container.write_whole(str(tmp_path / "b"), "y,°C\n")
    assert (tmp_path / "a").read_bytes() == b"\x00\r\n"
    assert (tmp_path / "b").read_bytes() == "y,°C\n".encode()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path):
    with pytest.raises(ArgumentError, match=r"The folder '.*no' doesn't exist; create it first"):
        container.write_whole(tmp_path / "no" / "a", b"")
    with pytest.raises(ArgumentError, match="is a folder; name a file in it"):
        container.write_whole(tmp_path, b"")


@pytest.mark.parametrize(
    "fault", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()]
)
def test_a_fault_while_writing_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException
):
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def fail(_: int) -> None:
        raise fault

    monkeypatch.setattr(os, "fsync", fail)
    expected = ArtifactError if isinstance(fault, OSError) else KeyboardInterrupt
    with pytest.raises(expected, match=r"can't be written: No space left|^$"):
        container.write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


@only_posix
def test_an_unwritable_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ArtifactError, match=r"'.*/a' can't be written: Permission denied"):
        container.write_whole(tmp_path / "a", b"")


@only_posix
def test_permissions_follow_the_umask_or_the_file_replaced(tmp_path: Path):
    path = tmp_path / "a"
    umask = os.umask(0o027)
    try:
        container.write_whole(path, b"1")
    finally:
        os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o600)
    container.write_whole(path, b"2")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@only_posix
def test_a_link_is_followed_and_stays_one(tmp_path: Path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"1")
    link.symlink_to(target)
    container.write_whole(link, b"2")
    assert link.is_symlink()
    assert target.read_bytes() == b"2"


@only_posix
def test_a_device_is_written_to_and_not_replaced():
    container.write_whole(os.devnull, b"gone")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


@only_posix
def test_a_long_name_still_fits(tmp_path: Path):
    path = tmp_path / ("한" * 80)
    container.write_whole(path, b"1")
    assert path.read_bytes() == b"1"


def test_a_container_is_known_by_its_beginning_and_nothing_else_is_taken_for_one(
    tmp_path: Path, model: Path
):
    golden = Path(__file__).parent.parent / "golden"
    for path in (model, *golden.glob("*.rollcast"), *golden.glob("*.state")):
        assert container.begins_as_container(path), path
    other, table, pipe = tmp_path / "book.xlsx", tmp_path / "a.csv", tmp_path / "pipe"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    table.write_text("ds,y\n2024-01-01,1\n")
    cut = tmp_path / "cut.rollcast"
    cut.write_bytes(model.read_bytes()[:200])
    assert container.begins_as_container(cut)  # so that it is refused as a model that is cut off
    for path in (other, table, tmp_path, tmp_path / "none"):
        assert not container.begins_as_container(path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(pipe)
        assert not container.begins_as_container(pipe)  # and is not waited for
