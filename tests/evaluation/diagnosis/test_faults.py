from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from loopy import HISTORY, loops, wave

from rollcast.evaluation.diagnosis.faults import find_faults
from rollcast.evaluation.diagnosis.loops import Loops

NAN = float("nan")
LENGTH = 700


def truth(rows, values):
    return values[rows]


def flat(rows, values):
    return np.full(len(rows), values[:HISTORY].mean())


def last(rows, values):
    return np.repeat(values[rows[0] - 1], len(rows))


def one_back(rows, values):
    return values[rows - 1]


def rising(rows, values):
    return values[rows] + 0.05 * np.nanstd(values) * np.arange(len(rows))


def sine(rows, period, true=12.0):
    """A loop of one period that goes on from a truth of another."""
    return np.sin(2 * np.pi * ((rows - rows[0]) / period + rows[0] / true))


def autoregressive(phi: float, seed: int) -> np.ndarray:
    values = np.random.default_rng(seed).normal(size=LENGTH)
    for k in range(1, LENGTH):
        values[k] += phi * values[k - 1]
    return values


def names(found: Loops) -> list[str]:
    return [finding.name for finding in find_faults(found)]


def sentence(found: Loops, name: str) -> str:
    return dict(find_faults(found))[name]


# Each fault, and a loop that is free of it


def test_a_loop_that_holds_has_no_fault():
    assert find_faults(loops([wave()], truth)) == ()
    off = loops([wave()], lambda r, y: 0.8 * y[r] + 0.1)
    assert find_faults(off) == ()


def test_a_flat_line_is_told_by_its_spread_and_where():
    found = loops([wave()], flat)
    assert names(found) == ["loop fails", "flat line"]
    said = sentence(found, "flat line")
    assert (
        "in the second half of 48 steps its spread is 0 % of the truth's (at 20 of 20 forecast starts)"
        in said
    )
    assert "`output_size`" in said


def test_a_loop_that_dies_out_ends_as_a_flat_line():
    assert "flat line" in names(loops([wave()], lambda r, y: y[r] * 0.8 ** np.arange(len(r))))


def test_a_season_makes_a_short_flat_line_a_fault():
    short = {"h": 12, "one_step": flat}
    assert "flat line" not in names(loops([wave(noise=0.3)], flat, **short))
    assert "flat line" in names(loops([wave(noise=0.3)], flat, season=12, **short))


def test_a_copy_of_the_last_value_is_no_flat_line():
    found = loops([wave()], last, one_step=one_back)
    assert names(found) == ["copy of the last value"]
    assert "with 100 % of naive's error" in sentence(found, "copy of the last value")


def test_a_drift_is_told_in_the_datas_units():
    found = loops([wave(size=10.0, level=50.0)], rising)
    assert "drift" in names(found)
    assert "goes from 1.94 to 14.7 between the first and the last quarter of 48 steps" in sentence(
        found, "drift"
    )


def test_a_truth_that_drifts_while_the_loop_stays_is_no_drift_of_the_loop():
    climbing = wave() + 0.05 * np.maximum(np.arange(LENGTH) - HISTORY, 0)
    assert "drift" not in names(loops([climbing], lambda r, y: wave()[r]))


@pytest.mark.parametrize("period", [9.0, 10.0, 15.0])
def test_a_wrong_period_is_told_beside_the_truths(period):
    found = loops([wave()], lambda r, y: sine(r, period))
    assert f"{period:g} rows, where the truth has 12" in sentence(found, "wrong period").replace(
        ".0", ""
    ).replace("9.01", "9")


def test_one_long_loop_is_enough_to_see_its_period():
    wide = {"h": 1278, "number": 1}
    found = loops([wave(100, rows=1700)], lambda r, y: sine(r, 110, 100), **wide)
    assert "110 rows, where the truth has 100" in sentence(found, "wrong period")
    assert find_faults(loops([wave(100, rows=1700)], truth, **wide)) == ()


@pytest.mark.parametrize(("period", "way"), [(12.7, "falls behind"), (11.4, "runs ahead of")])
def test_a_phase_that_runs_away_is_told_with_its_way(period, way):
    found = loops([wave()], lambda r, y: sine(r, period))
    said = sentence(found, "phase drift")
    assert way in said
    assert f"{48 * abs(1 / 12 - 1 / period):.2g} of a period over 48 steps" in said
    assert "wrong period" not in names(found)


def test_a_constant_lag_is_no_drift_of_the_phase():
    assert find_faults(loops([wave()], lambda r, y: y[r - 1])) == ()


def test_a_harmonic_is_no_wrong_period():
    both = wave(24) + 0.9 * wave(12)
    found = loops([both], lambda r, y: 0.85 * wave(24)[r] + 1.0 * wave(12)[r], h=96)
    assert "wrong period" not in names(found)


def test_a_blow_up_is_told_by_the_first_step_and_the_range():
    found = loops([wave()], lambda r, y: y[r] * 1.1 ** np.arange(len(r)))
    said = sentence(found, "blow-up")
    assert "to 88.2, where all values lie in -1 to 1, first at step 18 of 48" in said
    broken = loops([wave()], lambda r, y: np.where(np.arange(len(r)) > 30, NAN, y[r]))
    assert "to NaN or infinity, first at step 32" in sentence(broken, "blow-up")


def test_one_blow_up_of_many_is_told():
    good = loops([wave()], truth)
    free = good.free.copy()
    free[0, 3, 7] = np.inf
    found = replace(good, free=free)
    assert names(found) == ["blow-up"]
    assert "at 1 of 20 forecast starts" in sentence(found, "blow-up")


def test_a_loop_that_fails_is_told_beside_its_one_step_error():
    noise = np.random.default_rng(0).normal(size=LENGTH)
    found = loops([noise], lambda r, y: y[r[::-1]], one_step=lambda r, y: 0.9 * y[r])
    said = sentence(found, "loop fails")
    assert said.startswith("One step ahead the error is 7.")
    assert "rolled 48 steps on its own output it is 1" in said


# What is no fault


@pytest.mark.parametrize("h", [1, 4, 8, 12, 24, 48])
@pytest.mark.parametrize("seed", range(3))
def test_noise_has_no_fault_if_forecast_by_its_mean(h, seed):
    noise = np.random.default_rng(seed).normal(size=LENGTH)
    assert find_faults(loops([noise], flat, one_step=flat, h=h)) == ()


@pytest.mark.parametrize("phi", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("h", [8, 24, 48])
def test_a_best_forecast_that_dies_out_is_no_fault(phi, h):
    for seed in range(3):
        found = loops(
            [autoregressive(phi, seed)],
            lambda r, y: y[r[0] - 1] * phi ** (1 + np.arange(len(r))),
            one_step=lambda r, y: phi * y[r - 1],
            h=h,
        )
        assert set(names(found)) <= {"copy of the last value"}  # which it nearly is


@pytest.mark.parametrize("h", [1, 6, 12, 24, 48])
@pytest.mark.parametrize("noise", [0.3, 1.5])
def test_a_noisy_season_that_is_forecast_right_has_no_fault(h, noise):
    clean = wave(12)
    for seed in range(3):
        noisy = wave(12, noise=noise, seed=seed)
        right = {"one_step": lambda r, y: clean[r], "season": 12, "h": h}
        assert find_faults(loops([noisy], lambda r, y: clean[r], **right)) == ()


def test_a_constant_series_has_no_fault():
    for value in (0.0, 7.0, -1e9):
        constant = np.full(LENGTH, value)
        assert find_faults(loops([constant], truth, one_step=truth)) == ()
        assert find_faults(loops([constant], lambda r, y: y[r] * 1.001)) == ()


def test_a_short_loop_has_no_period():
    found = loops([wave(12)], lambda r, y: sine(r, 8), h=18)  # one and a half periods
    assert not {"wrong period", "phase drift"} & set(names(found))


def test_gaps_neither_make_nor_hide_a_fault():
    gappy = wave()
    gappy[np.random.default_rng(0).random(LENGTH) < 0.15] = NAN
    whole = wave()
    fine = {"one_step": lambda r, y: whole[r] + 0.01}
    assert find_faults(loops([gappy], lambda r, y: whole[r], **fine)) == ()
    assert "flat line" in names(loops([gappy], lambda r, y: np.zeros(len(r)), **fine))
    assert "wrong period" in names(loops([gappy], lambda r, y: sine(r, 9.0), **fine))


def test_with_nothing_observed_nothing_is_told():
    nothing = wave()
    nothing[HISTORY:] = NAN
    assert find_faults(loops([nothing], flat)) == ()


# Many series


def test_series_count_alike_whatever_their_size():
    three = [wave(level=500, size=100), wave(seed=1, noise=0.1), wave(size=1e-6, level=3)]
    found = loops(three, flat)
    assert "at 60 of 60 forecast starts, in 3 of 3 series" in sentence(found, "flat line")
    assert "its mean error grows from 0.28 to 2.1 standard deviations" in sentence(
        loops(three, rising), "drift"
    )


def test_a_few_bad_series_among_many_are_counted_and_one_of_very_many_is_not_told():
    def mixed(bad: int, total: int) -> Loops:
        many = [wave(level=float(s)) for s in range(total)]
        return loops(many, lambda r, y: flat(r, y) if y.mean() < bad - 0.5 else y[r], number=4)

    assert "in 2 of 10 series" in sentence(mixed(2, 10), "flat line")
    assert find_faults(mixed(1, 20)) == ()


# Anything


@settings(max_examples=60)
@given(
    data=st.data(),
    shape=st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 26)),
    season=st.booleans(),
    stride=st.integers(1, 30),
)
def test_no_numbers_crash_it(data, shape, season, stride):
    def draw(shape, **options):
        numbers = st.floats(allow_infinity=False, allow_nan=False, **options)
        return data.draw(arrays(np.float64, shape, elements=numbers | st.sampled_from([0.0, 1.0])))

    S, O = shape[:2]  # noqa: E741
    true = draw(shape)
    gaps = data.draw(arrays(np.bool_, shape))
    found = find_faults(
        Loops(
            free=draw(shape),
            one_step=draw(shape),
            truth=np.where(gaps, NAN, true),
            last=draw((S, O)),
            seasonal=draw(shape) if season else None,
            known=np.sort(draw((S, 4)), axis=1)[:, [1, 2, 0, 3]],
            stride=stride,
        )
    )
    for finding in found:
        assert finding.sentence.endswith(".")
        assert "nan" not in finding.sentence
