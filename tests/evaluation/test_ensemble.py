"""The ensemble: which baselines stand beside the network, and where their median is preferred to it alone."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from rollcast._types import Float64
from rollcast.evaluation.ensemble import Ensemble, choose_ensemble, median_with
from rollcast.evaluation.scoring import Values

ORIGINS, H = 80, 2


def choose(ours: Float64, series: int = 1, **others: Float64) -> Ensemble | None:
    """What is chosen where all values are zero, so that forecasts are errors."""
    count = len(ours) // series
    codes, times = np.repeat(np.arange(series), count), np.tile(np.arange(count), series)
    values = Values(0 * ours, codes, times, np.ones(len(ours)), None).where_known(others)
    errors = {name: values.deciding_error(made) for name, made in others.items()}
    return choose_ensemble(values, ours, others, errors)


def errors(size: float = 1.0, seed: int = 0, origins: int = ORIGINS) -> Float64:
    """Errors of either sign, one of five of them large."""
    random = np.random.default_rng(seed)
    sizes = random.choice([1.0, 10.0], (origins, H), p=[0.8, 0.2])
    return size * random.choice([-1.0, 1.0], (origins, H)) * sizes


def test_forecasts_that_err_apart_are_better_together():
    found = choose(errors(), Theta=errors(1.2, 1), SES=errors(1.1, 2), naive=errors(9, 3))
    assert found is not None
    assert found.names == ("SES", "Theta")
    assert found.preferred
    medians = np.abs(np.median([errors(), errors(1.1, 2), errors(1.2, 1)], axis=0)).mean()
    assert_allclose(found.effect, medians / np.abs(errors()).mean() - 1)
    assert (found.windows, found.simpler) == (40, None)
    assert str(found) == (
        f"The median of the network, SES and Theta has an error {-100 * found.effect:.1f} % below that of the network "
        "alone on the validation part (40 separate windows: more than chance)."
    )


def test_a_baseline_that_by_itself_is_as_good_is_simpler():
    found = choose(errors(3.0), series=2, SES=errors(0.5, 1))
    assert found is not None
    assert (found.preferred, found.simpler) == (False, "SES")
    assert found.effect < 0
    assert found.describe("GRU").endswith("on the validation part, and SES by itself is as good")


def test_with_few_separate_windows_the_network_stands_alone():
    ours = np.ones((5 * H, H))
    found = choose(ours, SES=-2 * ours)
    assert found is not None
    assert (found.windows, found.preferred) == (5, False)
    assert found.describe("GRU").endswith("(5 separate windows: too few to be certain)")


def test_the_better_of_two_medians_has_to_be_twice_as_certain():
    """Of one median a p-value of 4 percent is enough, of two it is not."""
    ours = np.ones((12 * H, H))
    apart = np.where(np.arange(12 * H)[:, None] < 10 * H, -2 * ours, 2 * ours)
    alone = choose(ours, SES=apart)
    beside = choose(ours, SES=apart, naive=99 * ours)
    assert alone is not None
    assert beside is not None
    assert alone.names == beside.names == ("SES",)
    assert_allclose([alone.p_value, beside.p_value], 2 * (1 + 12 + 66) / 2**12)
    assert (alone.preferred, beside.preferred) == (True, False)
    assert beside.describe("GRU").endswith("it may be chance)")


def test_what_can_not_be_compared_has_no_ensemble():
    blank = np.full((ORIGINS, H), math.nan)
    assert choose(errors()) is None
    assert choose(errors(), SES=blank) is None


def test_where_a_baseline_knows_nothing_the_network_stands_alone():
    made = median_with(np.array([1.0, 2.0]), [np.array([5.0, math.nan]), np.array([3.0, 7.0])])
    assert made.tolist() == [3.0, 2.0]


@pytest.mark.parametrize("p_value", [0.01, math.nan])
def test_a_file_holds_all_of_it(p_value: float):
    kept = Ensemble(("SES", "naive"), math.inf, p_value, 3, preferred=False, simpler="SES")
    again = Ensemble.from_json(json.loads(json.dumps(kept.to_json())))
    assert repr(again) == repr(kept)
    assert again.describe("GRU") == (
        "The median of GRU, SES and naive has an error above that of GRU alone on the validation part"
    )
