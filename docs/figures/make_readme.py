"""Make the pictures of the README: what ``rollcast demo`` draws of its two real series.

python docs/figures/make_readme.py
"""

from __future__ import annotations

from pathlib import Path

import rollcast as rc
from rollcast.cli.demo_command import EPOCHS
from rollcast.cli.demo_zero_shot import forecast_held_back
from rollcast.plots import save_figure

save_figure(forecast_held_back().plot(), Path(__file__).with_name("readme-forecast.png"))

model = rc.Forecaster(max_epochs=EPOCHS)
model.fit(rc.datasets.path("demand"), tz="Australia/Melbourne", unit="MW")
save_figure(model.excerpt.plot(), Path(__file__).with_name("readme.png"))
