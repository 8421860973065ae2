"""The horizon that is taken where none is given."""

from dataclasses import replace

import numpy as np
import pytest

from rollcast.data.calendar import Frequency
from rollcast.fitting.horizon_and_sizes import choose_horizon
from rollcast.options import Config
from samples import panel_of


@pytest.mark.parametrize(
    ("alias", "h", "season"),
    [
        ("200ms", 300, 432_000),  # a minute
        ("s", 60, 86_400),  # a minute
        ("10s", 360, 8640),  # an hour
        ("30s", 120, 2880),  # an hour
        ("us", 12, None),
        ("min", 1440, 1440), ("30min", 48, 48), ("7h", 12, None),
        ("D[Mon-Sat]", 6, 6), ("30min[Mon-Fri 09:00-17:30]", 18, 18), ("YS", 12, None),
        ("10s[Mon-Fri 08:00-16:00]", 360, 2881),
    ],
)  # fmt: skip
def test_a_default_horizon_is_a_season_of_at_most_a_day_of_minutes(
    alias: str, h: int, season: int | None
) -> None:
    panel = replace(panel_of(np.arange(50)), frequency=Frequency(alias))
    config = choose_horizon(Config(), panel)
    assert (config.h, config.season_length) == (h, season)


def test_a_season_that_was_given_is_capped_alike() -> None:
    panel = panel_of(np.arange(50))
    assert choose_horizon(Config(season_length=100), panel).h == 100
    assert choose_horizon(Config(season_length=5000), panel).h == 12
    assert choose_horizon(Config(season_length=5000, h=2000), panel).h == 2000
