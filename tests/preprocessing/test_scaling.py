from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from rollcast._types import Bool, Float32, Float64
from rollcast.data.panel import Panel
from rollcast.errors import DataError
from rollcast.preprocessing.anchors import fill_with_anchor, fit_anchor_error
from rollcast.preprocessing.preparation import prepare
from rollcast.preprocessing.scaling import Scaler, choose_logs, fit_scaler
from samples import NAN, panel_of, wavy

KINDS = ("standard", "minmax", "meanabs", "none")


@pytest.mark.parametrize(
    ("kind", "shift", "scale"),
    [
        ("minmax", [2.0, 5.0], [6.0, 1.0]),
        ("standard", [5.0, 5.5], [np.std([2, 5, 8]), 0.5]),
        ("meanabs", [0.0, 0.0], [5.0, 5.5]),
        ("none", [0.0, 0.0], [1.0, 1.0]),
        ("change", [2.0, 5.0], [3.0, 1.0]),
    ],
)
def test_each_series_is_scaled_by_its_own_observed_values(kind, shift, scale):
    scaler = fit_scaler(panel_of([2, NAN, 5, 8], [5, 6]), kind, log=False)
    assert_allclose(scaler.shift, shift)
    assert_allclose(scaler.scale, scale)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("log", [False, True])
def test_inverse_undoes_forward(kind, log):
    panel = panel_of(wavy(40), wavy(25, seed=3), [7.0] * 9)
    scaler = fit_scaler(panel, kind, log=log)
    owner = np.repeat(np.arange(3), panel.lengths)
    values = panel.target * 3 + 1  # far outside what was fitted, too
    assert_allclose(scaler.inverse(scaler.forward(values, owner), owner), values, rtol=1e-12)


@settings(max_examples=60)
@given(
    st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=20),
    st.sampled_from(KINDS),
)
def test_inverse_undoes_forward_on_any_values(values, kind):
    scaler = fit_scaler(panel_of(values), kind, log=False)
    y = np.array(values)
    owner = np.zeros(len(y), int)
    back = scaler.inverse(scaler.forward(y, owner), owner)
    assert_allclose(back, y, rtol=1e-9, atol=1e-9 * (np.abs(y).max() + 1e-300))


def test_values_outside_the_fitted_range_pass_through_linearly():
    scaler = fit_scaler(panel_of([0, 10]), "minmax", log=False)
    owner = np.zeros(3, int)
    assert_allclose(scaler.forward(np.array([-10.0, 20.0, 1000.0]), owner), [-1, 2, 100])


def test_the_logarithm_refuses_values_that_have_none_by_series_and_row():
    panel = panel_of([1, 2, 3], [4, NAN, 0, -5], ids=("a", "b"))
    with pytest.raises(DataError) as caught:
        fit_scaler(panel, "standard", log=True)
    assert str(caught.value) == (
        "`log=True` needs values > 0; got 0 in row 3 of series 'b': "
        'fit with log="auto", which leaves the logarithm off for such a series.'
    )


def test_values_that_come_later_are_refused_by_the_logarithm_too_by_series_and_row():
    fitted = prepare(panel_of([1, 2, 3], ids=("a",)), "standard", log=True, lag=1, steps=1)
    with pytest.raises(DataError) as caught:
        fitted.scale(panel_of([4, -5], ids=("a",), starts=3))
    assert str(caught.value) == (
        "Row 2 of series 'a', at 4, holds -5, and the model takes the logarithm of that series: correct the value or "
        'leave it empty; or fit again with it and log="auto", or with log=False; of a series that is newer than the '
        "fit, all rows may also be observed anew: observe(rows, state.drop(series))."
    )


def test_a_constant_series_is_scaled_to_zero_and_back():
    for kind in ("standard", "minmax"):
        scaler = fit_scaler(panel_of([0.1] * 7), kind, log=False)
        owner = np.zeros(2, int)
        assert_allclose(scaler.forward(np.array([0.1, 1.1]), owner), [0, 1], atol=1e-9)
        assert_allclose(scaler.inverse(np.array([0.0, 1.0]), owner), [0.1, 1.1])


def test_small_variation_about_a_high_level_is_still_seen():
    values = 1e12 + 1000 * np.sin(np.arange(50))
    scaled = fit_scaler(panel_of(values), "standard", log=False).forward(values, np.zeros(50, int))
    assert_allclose(scaled.std(), 1, rtol=1e-6)


def test_a_series_without_any_value_is_left_as_it_is():
    scaler = fit_scaler(panel_of([NAN, NAN], [1, 3]), "standard", log=False)
    assert scaler.shift.tolist() == [0, 2]
    assert scaler.scale.tolist() == [1, 1]


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e12])
def test_one_wrong_reading_does_not_set_the_unit_of_all_others(unit):
    values = np.random.default_rng(0).normal(0, unit, 200)
    usual = fit_scaler(panel_of(values), "change", log=False).scale
    values[150] = 1e6 * unit
    assert usual < fit_scaler(panel_of(values), "change", log=False).scale < 4 * usual


def test_the_unit_of_rare_demand_is_its_mean_change():
    values = np.zeros(200)
    values[[50, 120]] = 8.0
    assert_allclose(fit_scaler(panel_of(values), "change", log=False).scale, 4 * 8 / 199)


def test_what_rounding_leaves_of_no_change_sets_no_unit():
    random = np.random.default_rng(0)
    plateaus = np.repeat(random.normal(10, 1, 12), 20) * (1 + 1e-16 * random.normal(size=240))
    plateaus[::3] = np.nextafter(plateaus[::3], np.inf)
    unit = fit_scaler(panel_of(plateaus), "change", log=False).scale
    assert_allclose(unit, np.abs(np.diff(plateaus)).mean(), rtol=1e-6)
    rare = np.where(random.random(100) < 0.3, 1.0, 1e-30)
    assert_allclose(
        fit_scaler(panel_of(rare), "change", log=False).scale, np.abs(np.diff(rare)).mean()
    )


def test_take_gives_the_scaler_of_the_chosen_series():
    scaler = Scaler(
        np.array([1.0, 2.0, 3.0]), np.array([1.0, 10.0, 100.0]), np.array([False, False, True])
    )
    taken = scaler.take(np.array([1, 0]))
    assert_array_equal(taken.inverse(np.ones(2), np.arange(2)), [12, 2])
    assert_array_equal(scaler.take(np.array([2, 0])).log, [True, False])


def slow_moments(values: Float64, kind: str) -> tuple[float, float]:
    """Shift and scale of one series, by NumPy's own mean and deviation of values of the size of 1."""
    if kind == "none" or not len(values):
        return 0.0, 1.0
    _, exponent = np.frexp(np.abs(values).max())
    values = np.ldexp(values, -exponent)
    shift, scale = {
        "minmax": (values.min(), values.max() - values.min()),
        "standard": (values.mean(), values.std()),
        "meanabs": (0.0, np.abs(values).mean()),
    }[kind]
    if scale > 1e-12 * abs(values.mean()):
        return np.ldexp(shift, exponent), np.ldexp(scale, exponent) or 1.0
    constant = np.ldexp(values[0], exponent) if shift else 0.0
    return constant, max(1.0, abs(constant) / 1e9)


def uneven_panel(seed: int) -> Panel:
    """Series of 0 to 900 rows and of any size, constant ones and such with gaps among them."""
    random = np.random.default_rng(seed)
    series: list[Float64] = []
    for length in random.integers(0, random.choice([3, 40, 900]), 25):
        values = np.exp(random.normal(size=length) * random.choice([0, 1e-14, 0.1, 3]))
        values *= random.choice([1e-200, 1e-3, 1, 1e90])
        values[random.random(length) < random.choice([0, 0.1, 0.9])] = NAN
        series.append(values)
    return panel_of(*series)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("log", [False, True, np.arange(25) % 3 == 0], ids=["no", "all", "some"])
def test_all_series_at_once_are_scaled_to_the_bit_like_one_after_the_other(kind, log):
    for seed in range(8):
        panel = uneven_panel(seed)
        scaler = fit_scaler(panel, kind, log=log)
        for s, rows in enumerate(panel):
            values = panel.target[rows][panel.mask[rows]]
            values = np.log(values) if scaler.log[s] else values
            shift, scale = slow_moments(values, kind)
            assert scaler.shift[s] == shift
            assert scaler.scale[s] == scale or is_constant(values, kind)


def is_constant(values: Float64, kind: str) -> bool:
    """Whether a series has no spread of its own, and takes that of others."""
    return not len(values) or np.ptp(values) <= 1e-11 * np.abs(values).max()


@pytest.mark.parametrize("log", [False, True])
def test_a_constant_or_a_newborn_takes_the_spread_that_is_usual_at_its_level(log):
    """In whatever unit: a network's corrections must not be a thousand times what varies in the other series."""
    varying = [wavy(40, seed=s) for s in range(3)]
    for size in (1e-6, 1.0, 1e6):
        panel = panel_of(*(size * v for v in varying), size * np.full(9, 20.0), [size * 25.0])
        scaler = fit_scaler(panel, "standard", log=log)
        relative = scaler.scale if log else scaler.scale / np.abs(scaler.shift)
        usual = np.median(relative[:3])
        assert_allclose(relative[3:], usual, rtol=0.2)
        newborn = fit_scaler(panel_of([size * 25.0]), "standard", log=log, like=scaler)
        assert_allclose(newborn.scale, scaler.scale[4:], rtol=0.2)
    assert fit_scaler(panel_of([7.0, 7.0]), "standard", log=log).scale.tolist() == [1.0]
    mixed = fit_scaler(panel_of(varying[0], [0.0, 0.0]), "standard", log=False)
    assert mixed.scale[1] == mixed.scale[0]


def test_a_series_has_the_same_scaling_beside_a_million_rows_of_others():
    own = panel_of(wavy(300, seed=1), wavy(50, gaps=[3]))
    many = panel_of(wavy(2**18 - 7), own.target[:300], wavy(2**18 + 9), own.target[300:])
    alone, beside = (prepare(p, "standard", log=False, lag=5, steps=7) for p in (own, many))
    there = beside.take(np.array([1, 3]))
    for name in ("shift", "scale"):
        assert_array_equal(getattr(alone.scaler, name), getattr(there.scaler, name))
    assert_array_equal(alone.anchor_error, there.anchor_error)
    filled, _ = beside.scale(many)
    assert_array_equal(alone.scale(own)[0][300:], filled[-50:])


def test_the_logarithm_belongs_to_a_series():
    panel = panel_of([1.0, 10.0, 100.0], [-3.0, 0.0, 3.0], [NAN, NAN], [2.0, NAN, 8.0])
    logs = choose_logs("auto", panel)
    assert logs.tolist() == [True, False, False, True]
    assert [choose_logs(option, panel).tolist() for option in (True, False)] == [
        [True] * 4,
        [False] * 4,
    ]
    scaler = fit_scaler(panel, "none", log=logs)
    owner = np.repeat(np.arange(4), panel.lengths)
    scaled = scaler.forward(panel.target, owner)
    assert_allclose(scaled, [*np.log([1, 10, 100]), -3, 0, 3, NAN, NAN, np.log(2), NAN, np.log(8)])
    assert_allclose(scaler.inverse(scaled, owner), panel.target)
    assert_array_equal(scaler.scale_rows(panel, np.arange(4)), scaled.astype(np.float32))
    far = np.array([-1e20, -1e20, 1e20, 1e20])
    assert scaler.is_far(far, np.array([0, 1, 2, 3])).tolist() == [False, True, True, False]


def test_only_a_series_whose_logarithm_is_taken_refuses_what_has_none():
    panel = panel_of([1.0, 2.0], [0.0, 2.0], ids="ab")
    fitted = prepare(panel, "standard", log=choose_logs("auto", panel), lag=1, steps=1)
    newer = panel_of([-1.0, 3.0], [5.0, 0.0], ids="ba")
    assert fitted.scale(newer.select(np.array([0])), np.array([1]))[0].shape == (2,)
    with pytest.raises(DataError, match="Row 2 of series 'a', at 1, holds 0, and the model takes"):
        fitted.scale(newer, np.array([1, 0]))


def test_forecasts_of_a_whole_panel_are_restored_series_by_series():
    panel = panel_of([1.0, 10.0, 100.0], [-3.0, 0.0, 3.0])
    fitted = prepare(panel, "none", log=np.array([True, False]), lag=1, steps=1, bounds=(-1, 50))
    made = fitted.restore(np.array([[0, 1, 9], [-2, 1, 99]], np.float32), np.arange(2))
    assert_allclose(made, [[1, np.e, 50], [-1, 1, 50]])


def slow_fill(scaled, observed, offsets, lag):
    filled = np.array(scaled, np.float32)
    for first, last in pairwise(offsets):
        for i in range(first, last):
            if not observed[i]:
                back = max(i - lag, first)
                filled[i] = 0.0 if i == first else filled[back]
    return filled


@settings(max_examples=80)
@given(
    st.lists(
        st.lists(st.one_of(st.none(), st.integers(-9, 9)), min_size=0, max_size=14),
        min_size=1,
        max_size=3,
    ),
    st.integers(1, 6),
)
def test_missing_values_are_filled_as_a_live_reader_would(series, lag):
    flat = np.array([NAN if v is None else v for s in series for v in s], np.float64)
    offsets = np.concatenate([[0], np.cumsum([len(s) for s in series])]).astype(np.int64)
    observed = ~np.isnan(flat)
    filled = fill_with_anchor(flat, observed, offsets, lag)
    assert_array_equal(filled, slow_fill(flat, observed, offsets, lag))


def slow_spread(filled: Float32, observed: Bool, lag: int, steps: int) -> float:
    """Mean over the steps ahead of the anchor's mean absolute error at that step."""
    by_step = []
    for k in range(1, steps + 1):
        errors = []
        for origin in range(len(filled)):
            source = origin + k - lag * int(np.ceil(k / lag))
            if origin + k < len(filled) and source >= 0 and observed[origin + k]:
                errors.append(abs(float(filled[origin + k]) - float(filled[source])))
        if errors:
            by_step.append(np.mean(errors))
    return float(np.mean(by_step))


@pytest.mark.parametrize(("lag", "steps"), [(1, 1), (1, 12), (7, 3), (7, 48)])
def test_the_spread_of_whole_series_has_the_bits_of_numpys_means(lag, steps):
    series = [wavy(n, seed=n % 5).astype(np.float32) for n in (0, 1, 2, 7, 8, 40, 300, 0)]
    offsets = np.concatenate([[0], np.cumsum([len(v) for v in series])]).astype(np.int64)
    flat = np.concatenate(series)
    made = fit_anchor_error(flat, np.ones(len(flat), bool), offsets, lag, steps)
    for values, error in zip(series, made, strict=True):
        distances = (lag * -(-k // lag) for k in range(1, steps + 1))
        by_step = [np.abs(values[d:] - values[:-d]).mean() for d in distances if d < len(values)]
        assert error == (np.mean(by_step) if by_step else 1)


@pytest.mark.parametrize(("lag", "steps"), [(1, 1), (1, 4), (5, 3), (5, 12)])
def test_the_spread_is_the_anchors_own_typical_error(ragged, lag, steps):
    fitted = prepare(ragged, "standard", log=False, lag=lag, steps=steps)
    filled, observed = fitted.scale(ragged)
    slow = [slow_spread(filled[rows], observed[rows], lag, steps) for rows in ragged]
    assert_allclose(fitted.anchor_error, slow, rtol=1e-5)


def test_without_an_anchor_or_any_error_the_spread_is_one():
    panel = panel_of([3.0] * 8, [1.0, 2.0])
    flat, seen = panel.target.astype(np.float32), panel.mask
    assert_array_equal(fit_anchor_error(flat, seen, panel.offsets, 0, 4), [1, 1])
    assert_array_equal(fit_anchor_error(flat, seen, panel.offsets, 5, 4), [1, 1])


def test_nothing_after_the_training_part_moves_the_preparation():
    values = wavy(40)
    other = values.copy()
    other[30:] = 999
    made = [
        prepare(panel_of(v).head(np.array([30])), "standard", log=False, lag=5, steps=3)
        for v in (values, other)
    ]
    assert made[0].scaler.shift == made[1].scaler.shift
    assert made[0].scaler.scale == made[1].scaler.scale
    assert made[0].anchor_error == made[1].anchor_error


def test_joined_preparations_keep_every_series_its_own(ragged):
    one = prepare(ragged, "standard", log=False, lag=5, steps=3)
    other = prepare(panel_of(wavy(20, seed=8)), "standard", log=False, lag=5, steps=3)
    both = one.join(other).take(np.array([3, 0]))
    assert both.scaler.shift.tolist() == [other.scaler.shift[0], one.scaler.shift[0]]
    assert both.anchor_error.tolist() == [other.anchor_error[0], one.anchor_error[0]]
    forecasts = both.restore(np.zeros((2, 4), np.float32), np.arange(2))
    assert_allclose(forecasts, np.repeat(both.scaler.shift[:, None], 4, axis=1))


@pytest.mark.parametrize("kind", ["standard", "minmax", "meanabs"])
@pytest.mark.parametrize("unit", [1e-318, 1e-200, 1e99])
def test_very_large_and_very_small_series_are_scaled_like_others(kind, unit):
    values = 1 + np.arange(20.0) % 7
    plain, other = (fit_scaler(panel_of(v), kind, log=False) for v in (values, values * unit))
    series = np.zeros(20, np.int64)
    assert_allclose(other.forward(values * unit, series), plain.forward(values, series), rtol=1e-2)


@pytest.mark.parametrize("level", [1e10, 1e20, -1e99])
def test_a_constant_of_any_size_scales_to_zero(level):
    scaler = fit_scaler(panel_of(np.full(77, level)), "standard", log=False)
    assert scaler.forward(np.array([level]), np.zeros(1, np.int64)) == 0
    assert not scaler.is_far(np.array([2 * level]), np.zeros(1, np.int64))


def test_a_forecast_of_logarithms_is_a_number_however_far_it_goes():
    scaler = fit_scaler(panel_of(1 + np.abs(wavy(20))), "standard", log=True)
    far = scaler.inverse(np.array([-1e15, 1e4, 1e15]), np.zeros(3, np.int64))
    assert_allclose(far, [0, 1e100, 1e100])


def test_a_value_out_of_all_proportion_is_refused_by_series_and_row():
    panel = panel_of(wavy(20), np.append(wavy(19), 1e40), ids="ab")
    fitted = prepare(panel.head(np.array([15, 15])), "standard", log=False, lag=1, steps=2)
    with pytest.raises(
        DataError, match="Row 20 of series 'b', at 19, holds 1e\\+40, which the network"
    ):
        fitted.scale(panel)
