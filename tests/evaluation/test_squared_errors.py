"""Where most series have many zeros squared errors decide, since the absolute error prefers a forecast of zero."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from rollcast import metrics
from rollcast._types import Float64
from rollcast.data.origins import Origins
from rollcast.evaluation.baselines import NAIVE
from rollcast.evaluation.judge import choose_opponent, in_sample_scales, judge, squared_scales
from rollcast.evaluation.scores import Scores
from samples import NAN, panel_of

H = 4
ROWS = 120
KNOWN = 60


def sales(number: int, seed: int = 0) -> Float64:
    """(S, T) where three of four rows are zero."""
    random = np.random.default_rng(seed)
    return (random.random((number, ROWS)) < 0.25) * (1.0 + random.poisson(2, (number, ROWS)))


VALUES = sales(6)
PANEL = panel_of(*VALUES)
ENDS = PANEL.offsets[:-1] + KNOWN
SERIES = np.repeat(np.arange(len(VALUES)), 14)
ORIGINS = Origins(
    SERIES, np.tile(np.arange(KNOWN - 1, ROWS - H - 1, H), len(VALUES))[: len(SERIES)]
)
MEANS = VALUES[:, :KNOWN].mean(axis=1)


def judged(forecasts: Float64, squared: Float64 | None) -> Scores:
    scale = in_sample_scales(PANEL, ENDS, None)
    options = {"name": "mine", "season": None, "unit": "pieces", "squared": squared}
    return judge(PANEL, ORIGINS, forecasts, scale, **options)


ZERO = np.zeros((len(SERIES), H))
MEAN = np.repeat(MEANS[SERIES][:, None], H, axis=1)


def test_they_decide_where_more_than_half_of_the_series_have_many_zeros_before_the_end():
    full = np.arange(ROWS) % 7 + 1.0
    panel = panel_of(VALUES[0], VALUES[1], full, full)
    ends = panel.offsets[:-1] + KNOWN
    assert squared_scales(panel, ends) is None
    assert squared_scales(panel.select([0, 1, 2]), ends[:3]) is not None
    # What comes later has no part in it.
    late = panel_of(np.where(np.arange(ROWS) < KNOWN, full, 0.0))
    assert squared_scales(late, late.offsets[:-1] + KNOWN) is None


def test_the_scale_is_rmsses_of_naive_from_the_first_value_on_that_is_not_zero():
    series = [0.0, 0.0, 3.0, 0.0, 1.0, NAN, 0.0, 0.0, 9.0]
    panel = panel_of(series, [0.0] * 9)
    found = squared_scales(panel, panel.offsets[:-1] + 8)
    assert found is not None
    assert_allclose(found, [np.sqrt((9 + 1 + 0) / 3), NAN])


def test_the_mean_is_better_than_zero_by_squared_errors_and_worse_by_absolute_ones():
    squared = squared_scales(PANEL, ENDS)
    mean, zero = judged(MEAN, squared), judged(ZERO, squared)
    assert mean.deciding == "RMSSE"
    assert mean.error(mean.model) < zero.error(zero.model)
    by_size = judged(MEAN, None), judged(ZERO, None)
    assert by_size[0].deciding == "MASE"
    assert by_size[0].error(by_size[0].model) > by_size[1].error(by_size[1].model)
    assert mean.model.mase == by_size[0].model.mase
    assert np.isnan(by_size[0].model.rmsse)


def test_rmsse_is_that_of_the_metrics_and_the_verdict_goes_by_it():
    squared = squared_scales(PANEL, ENDS)
    assert squared is not None
    found = judged(MEAN, squared)
    actual = np.stack(
        [VALUES[s, row + 1 : row + 1 + H] for s, row in zip(SERIES, ORIGINS.row, strict=True)]
    )
    each = [
        metrics.rmse(actual[s == SERIES], MEAN[s == SERIES]) / squared[s]
        for s in range(len(VALUES))
    ]
    assert_allclose(found.model.rmsse, np.mean(each), rtol=1e-12)
    assert "RMSSE " in found.verdict
    assert found.table().endswith("where the absolute error prefers a forecast of zero.")
    assert repr(Scores.from_json(found.to_json())) == repr(found)
    assert found[NAIVE].p_value < 0.05


def test_of_one_series_the_root_of_the_mean_square_decides():
    one = PANEL.select([0])
    origins, scale = Origins(SERIES[:14], ORIGINS.row[:14]), in_sample_scales(one, ENDS[:1], None)
    squared = squared_scales(one, ENDS[:1])
    options = {"name": "mine", "season": None, "unit": "pieces", "squared": squared}
    found = judge(one, origins, MEAN[:14], scale, **options)
    assert found.deciding == "RMSE"
    assert found.error(found.model) == found.model.rmse
    assert "pieces" in found.verdict


@pytest.mark.parametrize("by_squares", [True, False])
def test_the_baseline_to_beat_is_the_best_by_the_error_that_decides(by_squares: bool):
    squared = squared_scales(PANEL, ENDS) if by_squares else None
    scale = in_sample_scales(PANEL, ENDS, None)
    found = choose_opponent(
        PANEL, ORIGINS, PANEL.offsets[1:], scale, h=H, season=None, squared=squared
    )
    judged_all = judged(MEAN, squared)
    errors = {m.name: judged_all.error(m) for m in judged_all.models[1:]}
    assert errors[str(found)] <= 1.01 * min(errors.values())
