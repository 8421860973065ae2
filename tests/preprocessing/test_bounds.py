"""Between which values forecasts are held: found from the rows that may be known, and kept to the last bit."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rollcast.errors import DataError
from rollcast.preprocessing.bounds import Bounds, find_bounds, hold, refuse_outside
from rollcast.preprocessing.preparation import prepare
from rollcast.preprocessing.scaling import Scaler, fit_scaler
from samples import NAN, panel_of

SALES = [0.0, 3.0, NAN, 7.5]
MIXED = [2.0, -0.5, 4.0]
PANEL = panel_of(SALES, MIXED, [NAN, NAN], [-0.0, 0.0], [5.0, 6.0])


def found(panel, option, *, kind="standard", log=False):
    return find_bounds(panel, option, fit_scaler(panel, kind, log=log))


def test_auto_holds_each_series_of_which_a_value_is_known_and_none_is_negative():
    bounds = found(PANEL, "auto")
    assert_array_equal(bounds.low, [0, -np.inf, -np.inf, 0, 0])
    assert_array_equal(bounds.high, np.full(5, np.inf))


def test_where_no_series_is_held_there_are_no_bounds():
    assert found(PANEL, None) is None
    assert found(panel_of(MIXED, [NAN, -1.0]), "auto") is None


@pytest.mark.parametrize(
    ("given", "low", "high"),
    [((-1.0, 8.0), -1, 8), ((None, 8.0), -np.inf, 8), ((-1.0, None), -1, np.inf)],
)
def test_a_pair_holds_every_series(given, low, high):
    bounds = found(PANEL, given)
    assert_array_equal(bounds.low, np.full(5, low))
    assert_array_equal(bounds.high, np.full(5, high))


def test_bounds_are_those_of_the_rows_that_are_passed():
    """A negative value after a forecast's start may not be known at it."""
    later = panel_of([1.0, 2.0, -3.0, 4.0])
    options = {"log": False, "lag": 1, "steps": 1, "bounds": "auto"}
    assert prepare(later.head(np.array([2])), "standard", **options).bounds.low == 0
    assert prepare(later.head(np.array([3])), "standard", **options).bounds is None


@pytest.mark.parametrize("kind", ["standard", "minmax", "meanabs", "none"])
def test_a_scaled_bound_has_the_bits_of_a_scaled_value(kind):
    values = np.array([0.0, 0.1, 100.0, 33.3])
    panel = panel_of(values)
    fitted = prepare(panel, kind, log=False, lag=1, steps=1, bounds=(0.0, 100.0))
    filled, _ = fitted.scale(panel)
    assert_array_equal([fitted.bounds.lowest[0], fitted.bounds.highest[0]], filled[[0, 2]])
    assert fitted.anchor_scale(np.array([0])).lowest.dtype == np.float32


def test_logarithms_are_taken_of_bounds_and_one_at_zero_is_out_of_reach():
    panel = panel_of([1.0, 10.0, 100.0])
    scaler = fit_scaler(panel, "none", log=True)
    bounds = find_bounds(panel, (-1.0, 1000.0), scaler)
    assert_array_equal(bounds.lowest, [-np.inf])
    assert_allclose(bounds.highest, np.log([1000.0]))
    assert_array_equal(bounds.low, [-1.0])
    assert find_bounds(panel, "auto", scaler).lowest == -np.inf


def test_logarithms_are_taken_of_the_bounds_of_their_series_alone():
    panel = panel_of([1.0, 10.0], [0.0, 10.0])
    scaler = fit_scaler(panel, "none", log=np.array([True, False]))
    bounds = find_bounds(panel, (-1.0, 1000.0), scaler)
    assert_array_equal(bounds.lowest, [-np.inf, -1])
    assert_allclose(bounds.highest, [np.log(1000.0), 1000.0])


def test_held_forecasts_lie_on_the_bound_exactly():
    random = np.random.default_rng(0)
    count = 500
    scaler = Scaler(
        random.normal(0, 50, count), random.uniform(0.01, 1e4, count), np.zeros(count, bool)
    )
    low, high = random.normal(-1, 1, count), random.normal(90, 1, count)
    low[:100] = 0.0
    bounds, series = Bounds.of(low, high, scaler), np.arange(count)
    for side, edge, off in ((bounds.lowest, low, -np.inf), (bounds.highest, high, np.inf)):
        for scaled in (side, np.nextafter(side, np.float32(off))):
            made = bounds.hold(scaler.inverse(scaled.astype(float), series), scaled, series)
            assert_array_equal(made, edge)
        inside = np.nextafter(side, np.float32(-off))
        made = bounds.hold(scaler.inverse(inside.astype(float), series), inside, series)
        assert ((made >= low) & (made <= high)).all()


def test_no_forecast_is_a_negative_zero_and_none_that_is_no_number_is_hidden():
    scaler = Scaler(np.zeros(1), np.ones(1), np.zeros(1, bool))
    for low in (0.0, -1.0):
        bounds = Bounds.of(np.array([low]), np.array([np.inf]), scaler)
        values = np.array([-0.0, NAN, 2.0])
        made = bounds.hold(values, values.astype(np.float32), np.zeros(3, np.int64))
        assert_array_equal(made, [0, NAN, 2])
        assert not np.signbit(made).any()


def test_bounds_are_taken_and_joined_with_their_series():
    held, free = (
        prepare(panel_of(values), "standard", log=False, lag=1, steps=1, bounds="auto")
        for values in (SALES, MIXED)
    )
    assert free.bounds is None
    both = held.join(free)
    assert_array_equal(both.bounds.low, [0, -np.inf])
    assert_array_equal(both.take(np.array([1, 0])).bounds.low, [-np.inf, 0])
    assert_array_equal(both.bounds.lowest[:1], held.bounds.lowest)
    assert free.join(free).bounds is None


def test_gradients_pass_a_bound_and_values_do_not():
    lowest, highest = np.array([-0.3, 0.7], np.float32), np.array([0.2, np.inf], np.float32)
    values = np.array([[-5.0, 0.1, 5.0], [-1.1, 0.7, 9.0]], np.float32)
    assert_array_equal(hold(values, lowest, highest), np.clip(values.T, lowest, highest).T)
    weights = np.array([1.0, 2.0, 3.0], np.float32)
    gradient = jax.grad(lambda v: (hold(v, lowest, highest) * weights).sum())(values)
    assert_array_equal(gradient, [[1, 2, 3], [1, 2, 3]])
    assert hold(values, None, None) is values


def test_values_outside_of_given_bounds_are_named():
    panel = panel_of([1.0, 2.0], [3.0, NAN, 103.0, -1.0], ids=("a", "b"), starts=10)
    refuse_outside(panel, (-1.0, 103.0), "sales")
    refuse_outside(panel, "auto", "sales")
    refuse_outside(panel, None, "sales")
    with pytest.raises(DataError) as caught:
        refuse_outside(panel, (0.0, 100.0), "sales")
    assert str(caught.value) == (
        "Column 'sales' of series 'b' holds 103 in row 3, at 12 (and 1 more), but `bounds` are 0 to 100: widen them, "
        "or correct the value or leave it empty."
    )
    with pytest.raises(DataError, match="holds -1 in row 4, at 13, but `bounds` are 0 and up: "):
        refuse_outside(panel, (0.0, None), "sales")
    with pytest.raises(DataError, match=r"Column 'y' holds 103 in row 1.*`bounds` are up to 100: "):
        refuse_outside(panel_of([103.0], ids=(None,)), (None, 100.0), "y")
