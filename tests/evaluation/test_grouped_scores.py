"""Scores by group beside the functions of plain arrays, which anyone can follow."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rollcast import metrics
from rollcast.data.origins import Origins
from rollcast.evaluation.grouped_scores import Groups, JudgedValues, Made
from rollcast.evaluation.in_sample_errors import scales_at, squared_scales_at
from rollcast.metrics.quantile_scores import mean_pinball
from samples import NAN, panel_of

M, H = 9, 4
SERIES = np.array([0, 0, 0, 2, 2, 2, 5, 5, 5])


class Values:
    """Random forecasts of three series, with gaps, and scales of which one is zero."""

    def __init__(self, *, weighted: bool) -> None:
        random = np.random.default_rng(3)
        self.y = random.normal(2, 3, (M, H))
        self.y[random.random((M, H)) < 0.2] = NAN
        self.quantiles = np.sort(random.normal(2, 3, (M, H, 9)), axis=-1)
        self.f = self.quantiles[..., 4]
        self.scale = np.array([1.0, 2.0, 1.5, 0.0, 0.0, 3.0, 0.5, 2.0, NAN])
        self.w = random.uniform(0.5, 2, (M, H)) if weighted else None
        self.judged = JudgedValues(self.y, self.w, SERIES, self.scale, 2 * self.scale)
        low, high = self.quantiles[..., 0], self.quantiles[..., -1]
        loss = mean_pinball(self.y, self.quantiles, metrics.NINE_LEVELS)
        self.made = Made(self.f, loss, {80: (low, high)})

    def expected(self, there: np.ndarray) -> dict[str, float]:
        """By the functions of plain arrays, of the values (M, H) that are there."""
        y = np.where(there, self.y, NAN)
        w = self.w
        shared = {"weights": w}
        low, high = self.made.intervals[80]
        kept = ~np.isnan(y)
        scaled, squared = [], []
        for s in (0, 2, 5):
            own = s == SERIES
            weight = None if w is None else w[own]
            scaled.append(metrics.mase(y[own], self.f[own], self.scale[own], weights=weight))
            each = np.where(self.scale[own] > 0, 2 * self.scale[own], NAN)[:, None]
            root = np.broadcast_to(np.sqrt(each), y[own].shape)
            y_scaled = np.where(np.isnan(root), NAN, y[own] / root)
            squared.append(
                metrics.rmsse(
                    y_scaled.ravel(),
                    (self.f[own] / root).ravel(),
                    1.0,
                    weights=None if weight is None else weight.ravel(),
                )
            )
        return {
            "mae": metrics.mae(y, self.f, **shared),
            "rmse": metrics.rmse(y, self.f, **shared),
            "smape": metrics.smape(y, self.f, **shared),
            "mase": float(np.nanmean(scaled)),
            "rmsse": float(np.nanmean(squared)),
            "wape": metrics.wape(y, self.f, **shared),
            "bias": metrics.bias(y, self.f, **shared),
            "pinball": metrics.crps(y, self.quantiles, **shared) / 2,
            "crps": metrics.crps(y, self.quantiles, **shared),
            "wql": metrics.wql(y, self.quantiles, **shared),
            "coverage-80": metrics.coverage(y, low, high, **shared),
            "width-80": metrics.interval_width(
                low[kept], high[kept], weights=None if w is None else w[kept]
            ),
        }


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("by", ["all", "step", "cutoff"])
def test_scores_of_each_group_are_those_of_its_values(by: str, weighted: bool):
    values = Values(weighted=weighted)
    group = {
        "all": np.zeros((1, 1), np.int64),
        "step": np.arange(H)[None, :],
        "cutoff": np.tile([0, 1, 2], 3)[:, None],
    }[by]
    count = int(group.max()) + 1
    found = Groups(values.judged, group, count).score(values.made)
    for g in range(count):
        expected = values.expected(np.broadcast_to(group == g, (M, H)))
        assert {name: array[g] for name, array in found.items()} == pytest.approx(expected), g


def test_a_group_without_a_value_has_no_score_and_gives_no_warning():
    values = Values(weighted=False)
    found = Groups(values.judged, np.zeros((1, 1), np.int64), 2).score(values.made)
    assert all(math.isnan(array[1]) for array in found.values())


def test_a_model_without_quantiles_has_errors_of_points_alone():
    values = Values(weighted=False)
    found = Groups(values.judged, np.zeros((1, 1), np.int64), 1).score(Made(values.f, None, {}))
    assert list(found) == ["mae", "rmse", "smape", "mase", "rmsse", "wape", "bias"]


def test_scales_know_the_rows_up_to_their_origin_alone():
    random = np.random.default_rng(0)
    rows = [random.normal(0, 10.0**s, 20) for s in (0, 9, -6)]
    rows[1][[3, 4, 11]] = NAN
    panel = panel_of(*rows)
    origins = Origins(np.array([0, 0, 1, 1, 1, 2]), np.array([6, 19, 2, 2, 15, 9]))
    found, squared = scales_at(panel, origins, 4), squared_scales_at(panel, origins)
    for m, (s, row) in enumerate(zip(origins.series, origins.row, strict=True)):
        known = rows[s][: row + 1]
        seasonal = metrics.seasonal_scale(known, 4)
        naive = metrics.seasonal_scale(known)
        assert found[m] == pytest.approx(naive if math.isnan(seasonal) else seasonal, rel=1e-12)
        assert squared[m] == pytest.approx(metrics.seasonal_scale_squared(known), rel=1e-12)


def test_the_scale_of_rmsse_begins_with_the_first_value_that_is_not_zero():
    panel = panel_of([0.0, 0, 0, 4, 0, 2], [0.0, 0, 0, 0, 0, 0])
    origins = Origins(np.array([0, 1]), np.array([5, 5]))
    found = squared_scales_at(panel, origins)
    assert found[0] == (16 + 4) / 2
    assert math.isnan(found[1])
