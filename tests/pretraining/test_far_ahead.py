"""Coverage beyond what the network forecasts at once is counted as it should be."""

from __future__ import annotations

import numpy as np
import pytest

from pretraining import far_ahead
from pretraining.far_ahead import coverage, main
from rollcast.networks.pretrained_network import LEVELS
from samples import walk_network


def test_coverage_is_the_share_of_the_known_values_inside():
    quantiles = np.tile(np.array(LEVELS), (1, 6, 1))
    after = np.array([[0.05, 0.15, 0.5, 0.97, 0.99, np.nan]])
    assert coverage(after, quantiles, 0.8) == 2 / 5
    assert coverage(after, quantiles, 0.95) == 4 / 5


@pytest.mark.slow
def test_the_command_tells_paths_from_medians(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path
):
    monkeypatch.setattr(far_ahead, "BATCHES", {2: 1})
    monkeypatch.setattr(far_ahead, "load_pretrained", walk_network)
    assert main([]) == 0
    lines = dict(line.split(":") for line in capsys.readouterr().out.splitlines())
    assert list(lines) == ["paths", "independent paths", "medians"]
    first, *_, last = zip(*(line.split(";") for line in lines.values()), strict=True)
    assert len(set(first)) == 1  # they differ beyond 96 steps alone
    shares = [float(part.split()[1]) for part in last]
    assert shares[2] < 0.7 * shares[0]
    assert main([str(tmp_path / "run.npz")]) == 2
