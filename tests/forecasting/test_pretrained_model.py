"""The pretrained network as a model: states of series with seasons of their own."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from prototype import GROUPS, group_of, prototype_network
from rollcast.data.seasons import SeasonCycles
from rollcast.forecasting.pretrained_model import pretrained_model
from samples import panel_of


@pytest.mark.parametrize("name", GROUPS)
def test_states_forecast_as_the_prototype(name: str):
    group = group_of(name)
    cycles = SeasonCycles(tuple(m for m in (group.season, group.second) if m > 1), 1.0)
    model = pretrained_model(prototype_network(96), cycles, group.h)
    panel = panel_of(*group.values)
    state = model.read_again(panel, model.prepare_new(panel))
    made = np.log(model.forecast_quantiles(state, group.h))
    found = (made - group.base[:, None, None]) / group.scale[:, None, None]
    assert_allclose(found, group.quantiles, atol=1e-4)
    assert_allclose(model.forecast(state, group.h), np.exp(made[..., 4]), rtol=1e-6)
