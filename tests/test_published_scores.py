"""Scores of simple forecasts are those that others published: `benchmarks/published_scores.py` has them."""

import importlib
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DATA = os.environ.get("ROLLCAST_BENCH_DATA", "")


@pytest.fixture
def scores(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return importlib.import_module("published_scores")


def test_scores_of_the_packaged_series_are_those_of_sktime_and_darts(scores):
    ours = scores.airline_scores()
    found = [row for row in scores.PUBLISHED if row.group == "airline"]
    assert [row.value for row in found] == ["0.13189432350948402", "5.66"]
    assert all(row.met_by(ours[row.forecast, row.metric]) for row in found)
    assert ours["seasonal naive", "MAPE"] == pytest.approx(0.13189432350948402, rel=1e-15)


@pytest.mark.slow
@pytest.mark.skipif(
    not DATA, reason="M3 and M4 are not packaged: name their folder in ROLLCAST_BENCH_DATA"
)
def test_scores_of_the_competitions_are_those_that_were_published(scores):
    unlike = {row for row, ours in scores.recomputed(Path(DATA)) if not row.met_by(ours)}
    assert unlike == {row for row in scores.PUBLISHED if row.why_not}


def test_a_score_that_differs_in_the_last_digit_is_not_the_published_one(scores):
    short = scores.Published("Hourly", "naive", "MASE", "1.193", "M4")
    assert short.met_by(1.19349)
    assert not short.met_by(1.19351)
    long = scores.Published("Hourly", "naive", "MASE", "1.1932101877", "GIFT-Eval")
    assert long.met_by(1.1932104)
    assert not long.met_by(1.1932110)
