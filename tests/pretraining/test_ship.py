import hashlib
import json
from pathlib import Path

import jax
import numpy as np
import pytest

from pretraining import ship as command
from pretraining.card import FAMILIES, undescribed
from pretraining.run_file import Asked, Run, named, write_arrays, write_run
from pretraining.sizes import SIZES, size_of
from rollcast.networks.pretrained_network import init_weights
from rollcast.networks.pretrained_weights import weights_by_name
from rollcast.training import adamw

WEIGHTS = init_weights(jax.random.key(0), levels=15, hidden_size=4)


def write(
    path: Path, *, update: int, init: str = "", weights=WEIGHTS, without=(), times: int = 1
) -> str:
    """A run's file with these averaged weights, and its digest."""
    asked = Asked(7, 50, None, 2e-3, tuple(without), (), "small", init, 3, times)
    moments = adamw.start(WEIGHTS)._replace(averaged=weights)
    write_run(path, Run(asked, update, 1800.0, WEIGHTS, moments))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_shipped_run_is_its_averaged_weights_in_16_bits_and_their_card(tmp_path: Path) -> None:
    averaged = jax.tree.map(lambda array: array + 1 / 3, WEIGHTS)
    first = write(tmp_path / "first.npz", update=20)
    later = {"weights": averaged, "without": ["outliers"], "times": 4}
    write(tmp_path / "last.npz", update=30, init=first, **later)
    scores = tmp_path / "scores.jsonl"
    scores.write_text('{"file": "somewhere/last.npz", "part": "validation", "m3_average": 12.5}\n')
    files = [str(tmp_path / name) for name in ("first.npz", "last.npz")]
    options = ["--version", "2026-9", "--out", str(tmp_path), "--processor", "one, 2 cores"]
    asked = [*files, *options, "--scores", str(scores), "--number", "stride=1.25"]
    assert command.main(asked) == 0

    path = tmp_path / "2026-9.npz"
    with np.load(path, allow_pickle=False) as arrays:
        held = dict(arrays)
    assert held.pop("stride") == 1.25
    for name, array in named(averaged).items():
        assert held[name].dtype == np.float16
        np.testing.assert_array_equal(held[name], array.astype(np.float16), err_msg=name)
    assert len(weights_by_name(held).layers) == 2

    card = json.loads((tmp_path / "2026-9.json").read_text())
    assert card["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert card["parameters"] == sum(array.size for array in held.values())
    assert (card["made"]["updates"], card["made"]["hours"]) == (50, 1.0)
    drawn = [SIZES[size_of(7, i)].series for i in range(30)]
    assert [leg["series"] for leg in card["made"]["legs"]] == [sum(drawn[:20]), 4 * sum(drawn)]
    assert card["made"]["series"] == sum(drawn[:20]) + 4 * sum(drawn)
    assert card["made"]["processor"] == "one, 2 cores"
    assert [leg["began_with"] for leg in card["made"]["legs"]] == [
        "random weights",
        f"sha256 {first}",
    ]
    assert card["trained_on"]["left_out"] == ["outliers"]
    assert FAMILIES["outliers"] not in card["trained_on"]["synthetic_families"]
    assert card["scores"] == [{"part": "validation", "m3_average": 12.5}]
    written = path.read_bytes()
    assert command.main(asked) == 0
    assert path.read_bytes() == written


def test_a_run_that_began_with_packaged_weights_goes_on_with_their_card(tmp_path: Path) -> None:
    write(tmp_path / "first.npz", update=20)
    options = ["--out", str(tmp_path), "--processor", "one, 2 cores"]
    assert command.main([str(tmp_path / "first.npz"), "--version", "2026-8", *options]) == 0
    packaged = tmp_path / "2026-8.npz"
    digest = hashlib.sha256(packaged.read_bytes()).hexdigest()
    write(tmp_path / "last.npz", update=30, init=digest)
    files = [str(packaged), str(tmp_path / "last.npz")]
    assert command.main([*files, "--version", "2026-9", *options]) == 0

    made = json.loads((tmp_path / "2026-9.json").read_text())["made"]
    assert (made["updates"], made["hours"]) == (50, 1.0)
    assert made["series"] == sum(SIZES[size_of(7, i)].series for i in (*range(30), *range(20)))
    assert [(leg["updates"], leg["began_with"]) for leg in made["legs"]] == [
        (20, "random weights"),
        (30, f"sha256 {digest}"),
    ]


def test_a_run_may_have_begun_with_the_weights_that_lie_beside_the_one_before(
    tmp_path: Path,
) -> None:
    write(tmp_path / "first.npz", update=20)
    write_arrays(tmp_path / "weights.npz", named(WEIGHTS))
    began = hashlib.sha256((tmp_path / "weights.npz").read_bytes()).hexdigest()
    write(tmp_path / "last.npz", update=30, init=began)
    files = [str(tmp_path / name) for name in ("first.npz", "last.npz")]
    assert command.main([*files, "--version", "2026-9", "--out", str(tmp_path)]) == 0
    legs = json.loads((tmp_path / "2026-9.json").read_text())["made"]["legs"]
    assert legs[1]["began_with"] == f"sha256 {began}"


def test_packaged_weights_alone_are_no_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "first.npz", update=20)
    options = ["--out", str(tmp_path), "--version"]
    assert command.main([str(tmp_path / "first.npz"), *options, "2026-8"]) == 0
    assert command.main([str(tmp_path / "2026-8.npz"), *options, "2026-9"]) == 2
    assert capsys.readouterr().err == (
        "Name a run's file; packaged weights may only be what it began with.\n"
    )


def test_every_part_of_the_generator_is_described() -> None:
    assert undescribed() == frozenset()


def test_legs_that_do_not_follow_on_each_other_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = write(tmp_path / "first.npz", update=20)
    write(tmp_path / "last.npz", update=30, init=first)
    options = ["--version", "2026-9", "--out", str(tmp_path)]
    assert command.main([str(tmp_path / "last.npz"), *options]) == 2
    assert f"last.npz' began with the file with the sha256 {first}; name the files of all legs" in (
        capsys.readouterr().err
    )
    assert command.main([str(tmp_path / "first.npz")] * 2 + options) == 2
    assert "first.npz' began with nothing; name" in capsys.readouterr().err
    write_arrays(tmp_path / "weights.npz", named(WEIGHTS))
    assert command.main([str(tmp_path / "weights.npz"), *options]) == 2
    assert "weights.npz' holds weights alone; name a run's file." in capsys.readouterr().err
    assert not (tmp_path / "2026-9.npz").exists()


def test_weights_that_16_bits_do_not_hold_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    large = WEIGHTS._replace(head=WEIGHTS.head._replace(hidden=WEIGHTS.head.hidden * 1e9))
    write(tmp_path / "run.npz", update=5, weights=large)
    options = ["--version", "2026-9", "--out", str(tmp_path)]
    assert command.main([str(tmp_path / "run.npz"), *options]) == 2
    assert "The weights 'head/hidden' must be numbers that 16 bits hold" in capsys.readouterr().err
    assert not (tmp_path / "2026-9.npz").exists()
