import numpy as np

from pretraining.levels import levels
from pretraining.profiles import profiles
from pretraining.seasons import season
from pretraining.weeks import calendar_weeks, kinds_of_days
from pretraining.years import events, year


def test_profiles_are_centred_and_of_unit_size() -> None:
    for m in (2, 4, 12, 24, 96, 336):
        drawn = profiles(np.random.default_rng(0), 60, m)
        np.testing.assert_allclose(drawn.mean(1), 0, atol=1e-4)
        assert np.median(drawn.std(1)) > 0.99


def test_a_season_repeats() -> None:
    values = season(np.random.default_rng(1), 480, 24, np.full(50, 3, "f4"))
    again = np.array([np.corrcoef(row[:-24], row[24:])[0, 1] for row in values])
    assert np.median(again) > 0.9


def test_working_days_are_alike_and_holidays_are_sundays() -> None:
    kinds = kinds_of_days(np.random.default_rng(0), 200, 7 * 20)
    weeks = kinds.reshape(200, 20, 7)
    usual = np.median(weeks, 1)
    # Sunday's kind is in every series, and at least four weekdays are plain working days.
    assert ((usual == 2).sum(1) >= 1).all()
    assert ((usual == 0).sum(1) >= 4).all()
    odd = weeks != usual[:, None]
    assert 0 < odd.mean() < 0.05
    assert (weeks[odd] == 2).all()


def test_the_week_matters_from_not_at_all_to_entirely() -> None:
    days = calendar_weeks(np.random.default_rng(0), np.ones(400, "f4"), 24 * 7 * 8, 24)
    hours = days.reshape(400, 8, 7, 24)
    of_day = hours.mean(2).mean(1).var(1)
    of_week = hours.mean(1).mean(2).var(1)
    share = of_week / (of_week + of_day)
    assert np.quantile(share, 0.1) < 0.1
    assert np.quantile(share, 0.9) > 0.7


def test_a_year_returns_and_events_keep_their_dates() -> None:
    curve = year(np.random.default_rng(0), 60, 365 * 4, 365)
    again = np.array([np.corrcoef(row[:-365], row[365:])[0, 1] for row in curve])
    assert np.median(again) > 0.9
    days = events(np.random.default_rng(0), 200, 365 * 4, 365)
    busy = days.any(1)
    returning = np.array([np.array_equal(row[:-365], row[365:]) for row in days])
    assert 0.5 < returning[busy].mean() < 0.9


def test_levels_follow_the_recursions_of_exponential_smoothing() -> None:
    m = np.array([1, 4, 12, 24] * 50)
    z = levels(np.random.default_rng(0), m, 300)
    assert z.shape == (200, 300)
    assert np.isfinite(z).all()
    # Innovations are near 1: so is the median step from row to row.
    assert 0.3 < np.median(np.abs(np.diff(z, axis=1))) < 1.5
