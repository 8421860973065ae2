"""Seasons: the natural cycles of a frequency, and which of them a series' rows hold."""

from __future__ import annotations

import numpy as np
import pytest

from rollcast.data.calendar import Frequency
from rollcast.data.seasons import SeasonCycles, natural_seasons

NATURAL: dict[str, tuple[int, ...]] = {
    "s": (), "min": (1440,), "2min": (720,), "5min": (288, 2016), "10min": (144, 1008), "15min": (96, 672),
    "20min": (72, 504), "30min": (48, 336), "h": (24, 168), "2h": (12, 84), "6h": (4, 28), "12h": (2, 14),
    "7h": (24, 1252), "D": (7, 365), "2D": (183,), "7D": (52,), "B": (5, 260), "2B": (130,), "W-SUN": (52,),
    "2W-SUN": (26,), "3W-SUN": (), "4W-FRI": (13,), "MS": (12,), "BME": (12,), "MS[30]": (12,), "2MS": (6,),
    "3MS": (4,), "5MS": (), "6ME": (2,), "12MS": (), "QS-OCT": (4,), "2QS-OCT": (2,), "YS": (), "BYE": (),
    "D[Mon-Sat]": (6, 312), "D[Tue,Thu]": (2, 104), "30min[Mon-Fri 09:00-17:30]": (18, 90),
    "5min[Mon-Fri 09:30-15:55]": (78, 390), "h[Mon-Fri 09:00-17:00; Sat 09:00-12:00]": (49,),
}  # fmt: skip


@pytest.mark.parametrize(("alias", "seasons"), NATURAL.items())
def test_a_frequency_has_the_two_shortest_of_a_day_a_week_and_a_year(
    alias: str, seasons: tuple[int, ...]
):
    frequency = Frequency.parse(alias)
    assert natural_seasons(frequency) == seasons
    one = frequency.season_length
    if one is not None and one <= 2016:
        assert seasons[0] == one  # as it is where there is one season alone


def test_whole_numbers_have_no_seasons():
    assert natural_seasons(Frequency(None, 5)) == ()
    found = SeasonCycles.of(Frequency(None, 5)).held(np.array([1, 10_000]))
    assert (found.first.tolist(), found.second.tolist()) == ([1, 1], [0, 0])


def test_the_first_season_is_told_at_once_and_the_second_from_a_whole_one_on():
    lengths = np.array([0, 1, 23, 167, 168, 5000])
    first, second = SeasonCycles.of(Frequency("h")).held(lengths)
    assert first.tolist() == [24] * 6
    assert second.tolist() == [0, 0, 0, 0, 168, 168]
    assert first.dtype == second.dtype == np.int32


def test_a_first_season_longer_than_any_that_was_trained_has_to_be_there():
    first, second = SeasonCycles.of(Frequency("min")).held(np.array([1439, 1440]))
    assert (first.tolist(), second.tolist()) == ([1, 1440], [0, 0])


@pytest.mark.parametrize(
    ("seasons", "first", "second"),
    [((24, 168), [24] * 3, [0, 0, 168]), ((24,), [24] * 3, [0, 0, 0]), ((1,), [1] * 3, [0] * 3)],
)  # fmt: skip
def test_seasons_that_are_named_are_taken_by_the_same_rule(
    seasons: tuple[int, ...], first: list[int], second: list[int]
):
    found = SeasonCycles.of(Frequency("h"), seasons).held(np.array([23, 167, 168]))
    assert (found.first.tolist(), found.second.tolist()) == (first, second)
