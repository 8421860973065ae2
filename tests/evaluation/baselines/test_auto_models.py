"""Models of statsforecast: one fit for each origin, on what is known there, and one sentence where it is missing."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from rollcast.data.origins import Origins
from rollcast.errors import BackendError
from rollcast.evaluation.baselines import auto_models
from rollcast.evaluation.baselines.auto_models import forecast_auto_models, require_statsforecast
from samples import panel_of

NAN = np.nan


class Sum:
    """Stands for a model: forecasts the sum of what it was given, which tells whether it saw anything else."""

    def __init__(self, season_length: int) -> None:
        self.season_length = season_length

    def forecast(self, y: np.ndarray, h: int) -> dict[str, np.ndarray]:
        if len(y) < 2:
            raise NotImplementedError("tiny datasets")
        if np.isnan(y).any():
            raise ValueError("missing values")
        return {"mean": np.full(h, y.sum() + self.season_length)}


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    package, models = ModuleType("statsforecast"), ModuleType("statsforecast.models")
    package.__spec__ = ModuleSpec("statsforecast", None)
    given: Any = models
    given.AutoETS = Sum
    monkeypatch.setitem(sys.modules, "statsforecast", package)
    monkeypatch.setattr(package, "models", models, raising=False)
    monkeypatch.setitem(sys.modules, "statsforecast.models", models)


@pytest.mark.usefixtures("fake")
def test_each_origin_is_a_fit_on_its_own_series_up_to_it():
    panel = panel_of([1.0, 2.0, 3.0, 100.0], [10.0, 20.0, 1000.0])
    found = forecast_auto_models(
        ["AutoETS"], panel, Origins(np.array([0, 0, 1]), np.array([1, 2, 1])), 2, 7
    )
    assert_array_equal(found.made["AutoETS"], [[10, 10], [13, 13], [37, 37]])
    assert found.refused == {"AutoETS": 0}


@pytest.mark.usefixtures("fake")
def test_gaps_are_filled_from_what_is_known_at_the_origin():
    panel = panel_of([NAN, 1.0, NAN, 3.0, NAN, 900.0])
    found = forecast_auto_models(
        ["AutoETS"], panel, Origins(np.array([0, 0]), np.array([3, 4])), 1, None
    )
    assert_array_equal(found.made["AutoETS"], [[1 + 2 + 3 + 1], [1 + 2 + 3 + 3 + 1]])


@pytest.mark.usefixtures("fake")
def test_where_a_model_refuses_the_last_value_is_repeated_and_counted():
    panel = panel_of([5.0, 6.0, 7.0], [NAN, NAN, 1.0])
    origins = Origins(np.array([0, 0, 1]), np.array([0, 1, 1]))
    found = forecast_auto_models(["AutoETS"], panel, origins, 2, None)
    assert_array_equal(found.made["AutoETS"], [[5, 5], [12, 12], [NAN, NAN]])
    assert found.refused == {"AutoETS": 1}


def test_where_statsforecast_is_missing_the_install_line_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(auto_models, "find_spec", lambda _: None)
    require_statsforecast(())
    with pytest.raises(BackendError, match=r'AutoARIMA.*pip install "rollcast\[statsforecast\]"'):
        require_statsforecast(("AutoARIMA",))
