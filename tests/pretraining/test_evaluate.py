import json
from pathlib import Path

import jax
import numpy as np
import pytest
from numpy.testing import assert_allclose

from pretraining import evaluate as command
from pretraining.competitions import GROUPS, Cut, panel_of, read_group
from pretraining.evaluate import Scores, m3_average, network_of, score, weighted_quantile_loss
from pretraining.run_file import Asked, Run, named, write_arrays, write_run
from rollcast.networks.distribution import QUANTILE_LEVELS, Quantiles
from rollcast.networks.pretrained_network import PretrainedNetwork, init_weights
from rollcast.training import adamw

YEARLY, MONTHLY, HOURLY = (
    next(group for group in GROUPS if group.name == name)
    for name in ("Yearly", "Monthly", "Hourly")
)
WEIGHTS = init_weights(jax.random.key(0), levels=15, hidden_size=4)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three series of each group, of which the last is too short to be cut."""
    folder = tmp_path_factory.mktemp("data")
    random = np.random.default_rng(0)
    for group in GROUPS:
        least = 2 * group.h + max(3, group.season)
        written: list[list[str]] = [[], []]
        for s, rows in enumerate((least + 9, least, least - 1)):
            y = 100 + np.cumsum(random.normal(size=rows + group.h)).round(2)
            for lines, part in zip(written, (y[:rows], y[rows:]), strict=True):
                lines.append(",".join([f"N{s}", *map(str, part), "", ""]))
        for name, lines in zip(group.files, written, strict=True):
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text("\n".join(lines) + "\n")
    return folder


def test_validation_cuts_lie_before_the_test_parts(data: Path) -> None:
    for group in GROUPS:
        judged, test = (read_group(group, data, test=part) for part in (False, True))
        assert (len(judged.past), len(test.past)) == (2, 3)
        for s, past in enumerate(judged.past):
            np.testing.assert_array_equal([*past, *judged.actual[s]], test.past[s])
        assert judged.actual.shape[1] == test.actual.shape[1] == group.h


def test_quantiles_that_come_true_lose_nothing_and_those_one_off_their_share(data: Path) -> None:
    cut = read_group(MONTHLY, data, test=True)
    made = np.repeat(cut.actual[:, :, None], 15, axis=2)
    levels = Quantiles(QUANTILE_LEVELS)
    assert weighted_quantile_loss(levels, made, cut.actual) == 0
    off = weighted_quantile_loss(levels, made + 1, cut.actual)
    assert off == pytest.approx(
        cut.actual.size / np.abs(cut.actual).sum()
    )  # 2 x the mean of 1 - level


def test_scores_are_those_of_the_quantiles(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    past = [np.arange(40.0), 100 - 2 * np.arange(40.0)]
    actual = np.stack([np.arange(40.0, 58.0), np.arange(20.0, -16.0, -2.0)])
    spread = np.linspace(-7, 7, 15)
    made = np.zeros((2, 18, 15)) + actual[:, :, None] + spread
    made[0, :6] += 100
    monkeypatch.setattr(command, "forecast", lambda *_: made)
    found = score(PretrainedNetwork(WEIGHTS, 18), MONTHLY, Cut(past, actual))
    assert found.series == 2
    assert found.coverage == {"80": pytest.approx(30 / 36), "95": pytest.approx(30 / 36)}
    assert found.by_steps["80"] == [0.5, 1.0, 1.0]
    errors = [100 / 12 * 6 / 18, 0]  # a change by a season is 12, and 24
    assert found.mase == pytest.approx(np.mean(errors))
    y = actual[0, :6]
    assert found.smape == pytest.approx((200 * 100 / (2 * y + 100)).sum() / 36)


def test_the_average_of_m3_weighs_each_forecast_of_the_competition_alike() -> None:
    values = {"Yearly": 16.90, "Quarterly": 8.96, "Monthly": 13.85, "Other": 4.41}
    scores = {name: Scores(1, each, 1.0, {}, 0.1, {}) for name, each in values.items()}
    average = m3_average(scores)
    assert average is not None
    assert round(average, 2) == 13.01  # as it is published of Theta
    assert m3_average({"Yearly": scores["Yearly"]}) is None


@pytest.mark.slow
def test_averaged_weights_of_a_run_score_as_the_weights_alone(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moments = adamw.start(WEIGHTS)
    last = jax.tree.map(lambda array: array + 1, WEIGHTS)
    asked = Asked(0, 9, None, 1e-3, (), (), "small", "")
    write_run(tmp_path / "run.npz", Run(asked, 9, 1.0, last, moments))
    write_arrays(tmp_path / "weights.npz", named(WEIGHTS))
    files = [str(tmp_path / name) for name in ("run.npz", "weights.npz")]
    assert command.main([*files, "--data", str(data), "--json"]) == 0
    one, two = map(json.loads, capsys.readouterr().out.splitlines())
    assert one["groups"] == two["groups"]
    assert one["groups"].keys() == {group.name for group in GROUPS}
    assert (one["part"], one["m3_average"] > 0) == ("validation", True)
    assert len(one["groups"]["Hourly"]["by_steps"]["95"]) == 8
    assert command.main([files[0], "--data", str(data), "--groups", "Hourly", "--test"]) == 0
    out = capsys.readouterr().out
    assert "Hourly, 95 %, by 6 steps: " in out
    assert "Monthly" not in out


@pytest.mark.slow
def test_series_are_forecast_a_part_at_a_time_as_all_at_once(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = read_group(HOURLY, data, test=True).past
    network = PretrainedNetwork(WEIGHTS, 24)
    whole = command.forecast(network, HOURLY, past)
    monkeypatch.setattr(command, "AT_ONCE", 2)
    assert_allclose(command.forecast(network, HOURLY, past), whole, rtol=1e-5)
    assert whole.shape == (3, 48, 15)
    assert panel_of(HOURLY.frequency, past).lengths.tolist() == [len(y) for y in past]


def test_a_file_that_is_none_is_refused_in_a_sentence(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "none.npz"
    assert command.main([str(missing), "--data", str(data)]) == 2
    assert f"'{missing}' can't be scored" in capsys.readouterr().err
    write_arrays(missing, {"a": np.zeros(3)})
    with pytest.raises(KeyError):
        network_of(missing)
    assert command.main([str(missing), "--data", str(data)]) == 2
