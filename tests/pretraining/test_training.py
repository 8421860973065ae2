import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from quadratic import quadratic

from pretraining import train as command
from pretraining.batches import draw
from pretraining.run_file import Asked, Run, read_run, read_weights, write_run
from pretraining.schedule import rate_of
from pretraining.supply import supply
from pretraining.training import LOG_FILE, RUN_FILE, WEIGHTS_FILE, cut_log, updating
from rollcast.training import adamw

ROOT = Path(command.__file__).parents[1]


def arrays_of(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as file:
        return dict(file)


def same_arrays(one: Path, other: Path) -> None:
    first, second = arrays_of(one), arrays_of(other)
    assert first.keys() == second.keys()
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name], err_msg=name)


def lines_of(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / LOG_FILE).read_text().splitlines()]


@pytest.mark.slow
def test_a_run_killed_at_any_instant_ends_at_the_same_weights(tmp_path: Path) -> None:
    script = str(Path(__file__).with_name("quadratic.py"))
    kill_and_go_on(tmp_path, [script, "--sizes", "48", "128", "--rate", "0.1"], (0, 9, 30, 33, 60))


@pytest.mark.slow
def test_a_run_of_the_network_killed_at_any_instant_ends_at_the_same_weights(
    tmp_path: Path,
) -> None:
    sizes = ["--hidden-size", "4", "--num-layers", "1", "--sizes", "48"]
    kill_and_go_on(tmp_path, ["-m", "pretraining.train", *sizes, "--rate", "0.01"], (26,))


def kill_and_go_on(folder: Path, run: list[str], kills: tuple[int, ...]) -> None:
    starting = [sys.executable, *run, "--updates", "100", "--every", "3", "--seed", "4", "--out"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    whole, cut = folder / "whole", folder / "cut"
    subprocess.run([*starting, str(whole)], env=environment, cwd=ROOT, check=True)
    command = [*starting, str(cut)]
    for kill_at in kills:
        with subprocess.Popen(command, env=environment, cwd=ROOT) as process:
            wait_for(lambda: updates_in_file(cut) >= kill_at, process)  # noqa: B023
            time.sleep(0.001 * (kill_at % 7))  # within an update, or while the next file is written
            process.send_signal(signal.SIGKILL)
        assert not (cut / WEIGHTS_FILE).exists()
    subprocess.run(command, env=environment, cwd=ROOT, check=True)
    same_arrays(whole / WEIGHTS_FILE, cut / WEIGHTS_FILE)
    assert [line["update"] for line in lines_of(whole)] == [20, 40, 60, 80, 100]
    assert [line["update"] for line in lines_of(cut)] == [20, 40, 60, 80, 100]


def updates_in_file(folder: Path) -> int:
    path = folder / RUN_FILE
    return json.loads(str(arrays_of(path)["about"]))["update"] if path.exists() else -1


def wait_for(done, process: subprocess.Popen) -> None:
    end = time.monotonic() + 60
    while not done():
        assert process.poll() is None, "the run ended before it was killed"
        assert time.monotonic() < end
        time.sleep(0.002)


def test_the_process_that_draws_ends_when_its_reader_is_killed(tmp_path: Path) -> None:
    reader = (
        "import multiprocessing, sys, time\n"
        "from pretraining.supply import supply\n"
        "if __name__ == '__main__':\n"
        "    batches = supply(0, 0, 1000)\n"
        "    next(batches)\n"
        "    print(multiprocessing.active_children()[0].pid, flush=True)\n"
        "    time.sleep(60)\n"
    )
    script = tmp_path / "reader.py"
    script.write_text(reader)
    starting = [sys.executable, str(script)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(starting, env=environment, stdout=subprocess.PIPE, text=True) as process:
        child = int(process.stdout.readline())
        process.kill()
    end = time.monotonic() + 20
    while is_running(child):
        assert time.monotonic() < end
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")")[-1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("workers", [1, 3])
def test_batches_come_in_order_whoever_draws_them(workers: int) -> None:
    got = list(supply(2, 5, 10, places=(0,), workers=workers))
    for i, batch in zip(range(5, 10), got, strict=True):
        np.testing.assert_array_equal(batch.values, draw(2, i, places=(0,)).values)


def test_training_lowers_a_quadratic_and_logs_what_happened(tmp_path: Path) -> None:
    options = ["--updates", "120", "--sizes", "48", "--rate", "0.1", "--seed", "3"]
    assert command.main([*options, "--out", str(tmp_path)], quadratic()) == 0
    lines = lines_of(tmp_path)
    assert [line["update"] for line in lines] == [20, 40, 60, 80, 100, 120]
    assert lines[-1]["loss"]["48"] < 0.2 * lines[0]["loss"]["48"]
    assert all(line["left_out"] == 0 and line["waited"] >= 0 for line in lines)
    assert set(arrays_of(tmp_path / WEIGHTS_FILE)) == {"a", "b/c"}


def test_minutes_become_updates_once(tmp_path: Path) -> None:
    options = ["--minutes", "0.0002", "--sizes", "48", "--out", str(tmp_path)]
    assert command.main(options, quadratic()) == 0
    asked = json.loads(str(arrays_of(tmp_path / RUN_FILE)["about"]))["asked"]
    assert asked["minutes"] == 0.0002
    assert asked["updates"] >= 1
    written = arrays_of(tmp_path / WEIGHTS_FILE)
    assert command.main(options, quadratic()) == 0
    again = json.loads(str(arrays_of(tmp_path / RUN_FILE)["about"]))["asked"]
    assert again == asked
    np.testing.assert_array_equal(arrays_of(tmp_path / WEIGHTS_FILE)["a"], written["a"])


def test_a_run_reads_so_many_times_the_series_in_every_batch_and_goes_on_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    usual, many = (
        next(supply(3, 1, 2, places=(0,), times=times)).values.shape[0] for times in (1, 3)
    )
    assert many == 3 * usual
    options = ["--minutes", "0.0002", "--sizes", "48", "128", "--out", str(tmp_path)]
    assert command.main([*options, "--times", "3"], quadratic()) == 0
    asked = json.loads(str(arrays_of(tmp_path / RUN_FILE)["about"]))["asked"]
    assert (asked["times"], asked["sizes"]) == (3, [48, 128])
    assert command.main(options, quadratic()) == 2
    assert "was begun with times 3; got 1." in capsys.readouterr().err


def test_a_run_begins_with_other_weights_where_they_are_named(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    options = ["--updates", "5", "--sizes", "48", "--rate", "0.1"]
    assert command.main([*options, "--out", str(first)], quadratic()) == 0
    for name in (RUN_FILE, WEIGHTS_FILE):
        start = quadratic().start(0)
        found = read_weights(first / name, start)
        np.testing.assert_array_equal(found["a"], arrays_of(first / WEIGHTS_FILE)["a"])
        assert not np.array_equal(found["a"], start["a"])
    asked = [*options, "--rate", "1e-30", "--init", str(first / WEIGHTS_FILE), "--out", str(second)]
    assert command.main(asked, quadratic()) == 0
    np.testing.assert_allclose(
        arrays_of(second / WEIGHTS_FILE)["a"], arrays_of(first / WEIGHTS_FILE)["a"], rtol=1e-6
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (["--updates", "6"], "begun with updates 5; got 6."),
        (["--rate", "0.3"], "begun with rate 0.002; got 0.3."),
        (["--without", "weather"], r"begun with without \(\); got \('weather',\)."),
    ],
)
def test_a_run_goes_on_with_the_same_options_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changed: list[str], words: str
) -> None:
    options = ["--sizes", "48", "--out", str(tmp_path)]
    assert command.main([*options, "--updates", "5"], quadratic()) == 0
    assert command.main(options, quadratic()) == 0
    capsys.readouterr()
    assert command.main([*options, *changed], quadratic()) == 2
    assert re.search(words, capsys.readouterr().err)
    assert command.main([*options, *changed, "--updates", "6", "--no-resume"], quadratic()) == 0


def test_a_run_goes_on_with_the_same_generator_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ["--updates", "5", "--sizes", "48", "--out", str(tmp_path)]
    assert command.main(options, quadratic()) == 0
    monkeypatch.setattr(command, "GENERATOR", command.GENERATOR + 1)
    assert command.main(options, quadratic()) == 2
    assert "begun with generator" in capsys.readouterr().err


def test_a_new_run_without_a_budget_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["--out", str(tmp_path)], quadratic()) == 2
    assert capsys.readouterr().err == "A new run needs --updates or --minutes; got neither.\n"


def test_the_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    weights = quadratic().start(0)
    asked = Asked(0, 1, None, 0.1, (), (), "a quadratic", "")
    path = tmp_path / RUN_FILE
    write_run(path, Run(asked, 0, 0.0, weights, adamw.start(weights)))
    other = weights | {"a": np.zeros(4, "f4")}
    with pytest.raises(ValueError, match=r"'weights/a' must have shape \(4,\); got shape \(3,\)"):
        read_run(path, other, adamw.start(other))


def test_an_update_that_is_not_finite_changes_nothing() -> None:
    import jax.numpy as jnp

    task = quadratic()
    broken = task._replace(loss=lambda weights, batch, place: jnp.log(-(weights["a"] ** 2).sum()))
    weights = task.start(1)
    moments = adamw.start(weights)
    after, later, loss, _ = updating(broken)(weights, moments, draw(0, 0), 0.1)
    assert np.isnan(float(loss))
    np.testing.assert_array_equal(after["a"], weights["a"])
    assert int(later.updates) == 0


def test_the_rate_rises_and_falls_to_a_hundredth() -> None:
    assert rate_of(0, 1000, 2.0) == pytest.approx(0.02)
    assert rate_of(500, 1000, 2.0) == pytest.approx(2 * (0.5 * 0.99 + 0.01))
    assert rate_of(1000, 1000, 2.0) == pytest.approx(0.02)


def test_a_log_forgets_what_the_run_has_not_kept(tmp_path: Path) -> None:
    log = tmp_path / LOG_FILE
    log.write_text('{"update": 20}\n{"update": 40}\n{"update": 60}\n{"upda')
    cut_log(log, 45)
    assert log.read_text() == '{"update": 20}\n{"update": 40}\n'
