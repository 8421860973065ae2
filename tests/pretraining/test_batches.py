import numpy as np
import pytest

from pretraining.batches import PARTS, Batch, draw, draw_of_size
from pretraining.readings import READINGS, SHARES
from pretraining.sizes import SIZES, size_of
from pretraining.steady import steady

PLACES = range(len(SIZES))


def batches(place: int, count: int = 4, without: frozenset[str] = frozenset()) -> list[Batch]:
    return [draw_of_size(np.random.default_rng([7, j]), place, without) for j in range(count)]


@pytest.mark.parametrize("i", [0, 1, 12])
def test_a_batch_is_the_same_whenever_it_is_drawn(i: int) -> None:
    first = draw(3, i)
    draw(3, i + 1)
    for one, again in zip(first, draw(3, i), strict=True):
        np.testing.assert_array_equal(one, again)


def test_batches_of_other_seeds_and_numbers_are_others() -> None:
    in_place = [i for i in range(40) if size_of(0, i) == 0][:2]
    one, other = (draw(0, i).values for i in in_place)
    assert not np.array_equal(one, other)
    assert [size_of(0, i) for i in range(40)] != [size_of(1, i) for i in range(40)]


def test_the_size_is_known_before_the_batch_is_drawn() -> None:
    assert [draw(5, i).size for i in range(8)] == [size_of(5, i) for i in range(8)]


def test_sizes_are_drawn_by_their_shares() -> None:
    counts = np.bincount([size_of(0, i) for i in range(4000)], minlength=len(SIZES))
    np.testing.assert_allclose(counts / 4000, [size.share for size in SIZES], atol=0.03)


@pytest.mark.parametrize("place", PLACES)
def test_arrays_are_as_the_size_says(place: int) -> None:
    size, batch = SIZES[place], draw_of_size(np.random.default_rng(0), place)
    B, N = size.series, size.rows + size.horizon
    assert (batch.values.shape, batch.values.dtype) == ((B, N), np.float32)
    assert (batch.missing.shape, batch.missing.dtype) == ((B, N), np.bool_)
    assert (batch.origins.shape, batch.origins.dtype) == ((B, size.origins), np.int32)
    for each in (batch.season, batch.second, batch.length):
        assert (each.shape, each.dtype) == ((B,), np.int32)


@pytest.mark.parametrize("place", PLACES)
def test_values_are_finite_and_the_first_row_is_there(place: int) -> None:
    for batch in batches(place):
        assert np.isfinite(batch.values).all()
        assert not batch.missing[:, 0].any()
    for batch in batches(place, without=frozenset({"wrong"})):
        assert np.abs(batch.values).max() < 1e6


@pytest.mark.parametrize("place", PLACES)
def test_seasons_lengths_and_origins_are_within_what_they_promise(place: int) -> None:
    size = SIZES[place]
    for batch in batches(place):
        assert set(batch.season.tolist()) <= set(size.seasons)
        two = batch.second > 0
        assert (batch.second[two] > batch.season[two]).all()
        assert all(
            second == size.seconds[season]
            for season, second in zip(batch.season[two].tolist(), batch.second[two], strict=True)
        )
        assert (batch.length >= 8).all()
        assert (batch.length <= size.rows + size.horizon).all()
        assert (batch.origins >= 0).all()
        # At least one row follows, and all rows that are read lie before the horizon.
        assert (batch.origins <= np.minimum(size.rows - 1, batch.length[:, None] - 2)).all()


@pytest.mark.parametrize("place", PLACES)
def test_missing_rows_and_rows_behind_the_end_repeat_the_newest_value(place: int) -> None:
    for batch in batches(place, 2):
        behind = np.arange(batch.values.shape[1]) >= batch.length[:, None]
        repeated = batch.missing | behind
        assert not (batch.missing & behind).any()
        np.testing.assert_array_equal(
            batch.values[:, 1:][repeated[:, 1:]], batch.values[:, :-1][repeated[:, 1:]]
        )


def test_some_series_begin_late_and_some_rows_are_missing() -> None:
    for place in PLACES:
        drawn = batches(place, 8)
        full = SIZES[place].rows + SIZES[place].horizon
        late = np.mean([(batch.length < full).mean() for batch in drawn])
        assert 0.02 < late < 0.25
        assert 0.005 < np.mean([batch.missing.mean() for batch in drawn]) < 0.1


@pytest.mark.slow
@pytest.mark.parametrize("part", sorted(PARTS))
def test_a_part_can_be_left_out_and_leaves_the_others_as_they_were(part: str) -> None:
    changed = []
    for place in PLACES:
        for seed in range(3):
            whole = draw_of_size(np.random.default_rng(seed), place)
            without = draw_of_size(np.random.default_rng(seed), place, frozenset({part}))
            np.testing.assert_array_equal(whole.season, without.season)
            same = (whole.values == without.values) & (whole.missing == without.missing)
            changed.append(~same.all(1))
    share = np.concatenate(changed[3 * 2 :]).mean()  # in the long sizes, which have all parts
    assert 0 < share < (1.5 * SHARES[part] + 0.03 if part in SHARES else MOST.get(part, 0.35))


MOST = {"calendar": 0.6, "curves": 0.6, "noise": 0.5, "weather": 0.8, "seasonal_noise": 0.4}
"""Parts that reach more than a third of the series at 384 rows and above."""


def test_wrong_readings_are_few_and_know_no_measure() -> None:
    whole, without = (
        draw_of_size(np.random.default_rng(3), 0, frozenset(left)).values
        for left in ((), ("wrong",))
    )
    usual = np.abs(np.diff(without, axis=1)).mean(1)
    moved = np.abs(whole - without).max(1) > 5 * usual
    assert 0 < moved.mean() < 0.06
    assert ((whole != without).sum(1)[moved] < 20).all()


def test_some_series_are_forecast_from_their_first_row_on() -> None:
    origins = np.concatenate([batch.origins.ravel() for batch in batches(0)])
    assert 0.01 < (origins == 0).mean() < 0.04
    assert (origins > 8).mean() > 0.5


def test_steady_signals_repeat_their_season_under_noise_of_one_size() -> None:
    m = np.full(4000, 8)
    at, values = steady(np.random.default_rng(3), m, 240)
    assert abs(len(at) / 4000 - 0.1) < 0.02
    usual = values.reshape(len(at), 30, 8)
    slope = (usual[:, 15:].mean((1, 2)) - usual[:, :15].mean((1, 2)))[:, None, None] / 15
    rest = usual - usual.mean(1, keepdims=True) - slope * (np.arange(30) - 14.5)[:, None]
    size = rest.std((1, 2))
    assert np.quantile(size, [0.05, 0.95]) == pytest.approx([0.85, 1.1], abs=0.15)
    assert np.median(usual.mean(1).std(1)) == pytest.approx(4, abs=1)


def test_an_unknown_part_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"`without` holds parts .*; got 'wether'\."):
        draw(0, 0, frozenset({"wether"}))


@pytest.mark.parametrize("name", sorted(READINGS))
def test_every_reading_gives_finite_values(name: str) -> None:
    rng = np.random.default_rng(0)
    v = rng.standard_normal((40, 300)).astype("f4")
    v[:3] = 0
    out = READINGS[name](rng, v * np.float32(3))
    assert out.shape == v.shape
    assert np.isfinite(out).all()


def test_intermittent_demand_is_mostly_zero_and_bounded_series_stay_in_their_bounds() -> None:
    rng = np.random.default_rng(0)
    v = rng.standard_normal((200, 300)).astype("f4")
    demand = READINGS["intermittent"](rng, v)
    assert demand.min() == 0
    assert 0.6 < (demand == 0).mean() < 0.95
    shares = READINGS["bounded"](rng, v)
    assert shares.min() >= 0
    assert (shares.max(1) <= np.where(shares.max(1) > 1, 100, 1)).all()
