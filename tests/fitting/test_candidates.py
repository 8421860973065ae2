from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rollcast.data.calendar import Frequency
from rollcast.errors import ArgumentError
from rollcast.fitting.candidates import Candidate, choose_candidates
from rollcast.fitting.horizon_and_sizes import choose_horizon, choose_sizes, least_rows
from rollcast.fitting.problem import make_problem
from rollcast.options import Config
from samples import NAN, panel_of


def settled(alias: str | None = None, **options) -> Config:
    frequency = Frequency(alias) if alias else Frequency(None, 1)
    return choose_horizon(Config(**options), replace(panel_of(range(99)), frequency=frequency))


@pytest.mark.parametrize(
    ("alias", "season", "h"),
    [
        ("MS", 12, 12),
        ("h", 24, 24),
        ("30min", 48, 48),
        ("D", 7, 7),
        ("YS", None, 12),
        (None, None, 12),
    ],
)
def test_the_horizon_is_one_season_and_12_where_there_is_none(alias, season, h):
    config = settled(alias)
    assert (config.season_length, config.h) == (season, h)


def test_the_callers_season_and_horizon_stand():
    config = settled("h", season_length=168, h=10)
    assert (config.season_length, config.h) == (168, 10)
    assert settled(season_length=1).h == 12


def test_an_anchor_one_season_ago_needs_a_season():
    with pytest.raises(ArgumentError) as caught:
        settled("YS", anchor="season")
    assert str(caught.value) == (
        '`anchor="season"` needs a season, and a frequency of year start has none; '
        "pass season_length=."
    )
    assert settled("YS", anchor="season", season_length=11).season_length == 11


@pytest.mark.parametrize(
    ("options", "rows", "length", "steps"),
    [
        ({"season_length": 12}, 1000, 48, 12),  # chunks of at least 48 rows
        ({"season_length": 24}, 1000, 72, 24),  # three seasons
        ({"season_length": 24, "reading": "window"}, 1000, 48, 24),  # two seasons
        ({"h": 3, "reading": "window"}, 1000, 24, 3),  # windows of at least 24
        ({"season_length": 336, "h": 10}, 9000, 256, 10),  # 256 at most
        ({"season_length": 100}, 9000, 256, 48),  # 48 values a step at most
        ({"season_length": 12}, 84, 30, 12),  # half of what two horizons leave
        ({"h": 3, "input_size": 9, "output_size": 2}, 30, 9, 2),
    ],
)
def test_sizes_follow_season_horizon_and_length(options, rows, length, steps):
    shape = choose_sizes(settled(**options), np.array([rows]))
    assert (shape.length, shape.steps) == (length, steps)
    assert shape.window == (length if options.get("reading") == "window" else 0)


def test_neither_the_shortest_series_nor_the_longest_decides_on_the_size_of_chunks():
    config = settled(season_length=12)
    alike = choose_sizes(config, np.full(50, 120))
    assert alike.length == 48
    assert choose_sizes(config, np.array([*[120] * 50, 10])) == alike
    assert choose_sizes(config, np.array([*[50] * 50, 200])).length == 26


def test_training_needs_a_window_or_a_season():
    window = settled(reading="window", input_size=9, h=3)
    sizes = choose_sizes(window, np.array([99]))
    assert least_rows(window, sizes) == 9
    season = settled("MS", anchor="season")
    assert least_rows(season, choose_sizes(season, np.array([99]))) == 12
    assert least_rows(settled(h=3), choose_sizes(settled(h=3), np.array([99]))) == 2


def candidates(values, *, train: int | None = None, **options) -> list[Candidate]:
    panel = panel_of(values)
    head = panel.head(np.array([len(values) if train is None else train]))
    return choose_candidates(settled(h=2, **options), head, panel)


PLAIN, LOG = Candidate(log=False, lag=1), Candidate(log="auto", lag=1)
SEASON, LOG_SEASON = Candidate(log=False, lag=4), Candidate(log="auto", lag=4)


def test_the_season_is_tried_where_training_holds_three():
    positive = np.arange(1, 13)
    assert candidates(positive, season_length=4) == [SEASON, LOG_SEASON, PLAIN, LOG]
    assert candidates(positive, season_length=4, train=11) == [PLAIN, LOG]
    assert candidates(positive) == [PLAIN, LOG]


def test_the_logarithm_is_tried_where_all_values_of_some_series_have_one():
    assert candidates([1, 2, NAN, 4]) == [PLAIN, LOG]
    assert candidates([1, 2, 0, 4]) == [PLAIN]
    # One that comes after training could not be judged.
    assert candidates([1, 2, 3, -4], train=3) == [PLAIN]
    assert candidates([1, 2, 3, 4], scaling="none") == [PLAIN]
    panel = panel_of([1, 2, 3, 4], [0, 2, 3, 4])
    assert choose_candidates(settled(h=2), panel, panel) == [PLAIN, LOG]


def test_a_level_is_tried_where_smoothing_helps():
    panel = panel_of(np.arange(1, 13))
    made = choose_candidates(settled(h=2, season_length=4, log=False), panel, panel, smooth=True)
    assert made == [SEASON, PLAIN, Candidate(log=False, lag=4, level=True)]
    made = choose_candidates(settled(h=2, activation="relu", log=False), panel, panel, smooth=True)
    assert made == [Candidate(log=False, lag=0)]
    assert candidates([1, 2, 3], log=False, anchor="level") == [
        Candidate(log=False, lag=1, level=True)
    ]


@pytest.mark.parametrize("noisy", [True, False])
def test_smoothing_helps_where_single_values_are_noisy(noisy):
    line = np.arange(200.0)  # of which the last value is the best there is
    values = np.random.default_rng(1).normal(size=200) if noisy else line
    _, made = make_problem(
        panel_of(values),
        settled(h=4, log=False),
        network=None,
        name="LSTM",
        unit=None,
        val_size=None,
        test_size=None,
    )
    assert [c.level for c in made] == ([False, True] if noisy else [False])


def test_what_the_caller_gave_is_not_tried_against_anything():
    assert candidates([1, 2, 3], log=True, anchor="last") == [Candidate(log=True, lag=1)]
    assert candidates([1, 2, 3], log=False, anchor="none") == [Candidate(log=False, lag=0)]
    assert candidates([1, 2, 3], log=False, anchor="season", season_length=4) == [SEASON]


def test_a_candidate_is_told_in_a_few_words():
    none, some, every = np.arange(51) < np.array([[0], [50], [51]])
    assert SEASON.describe(4, none) == "corrects last season's value (4 rows back), no log"
    assert LOG.describe(None, every) == "corrects the last value, log"
    assert LOG.describe(None, some) == (
        "corrects the last value, log for 50 of 51 series (the others hold values <= 0)"
    )
    level = Candidate(log=False, lag=4, level=True)
    assert level.describe(4, none) == "corrects an exponential level and its season, no log"
    assert level.baseline == "an exponential level and its season"
    assert replace(level, lag=1).baseline == "an exponential level"
    assert (
        Candidate(log=False, lag=0).describe(4, none) == "forecasts the values themselves, no log"
    )


def test_a_head_that_is_not_linear_forecasts_values_unless_an_anchor_is_asked_for():
    bent = {"activation": "relu", "log": False, "season_length": 4}
    values = [-1.0, *range(40)]
    assert candidates(values, **bent) == [Candidate(log=False, lag=0)]
    assert candidates(values, **bent, anchor="last") == [PLAIN]
    assert candidates(values, **bent | {"activation": "linear"}) == [SEASON, PLAIN]
