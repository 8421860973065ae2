"""From a table to a table of forecasts: how it is read and given back, and what the packaged weights make of it."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import rollcast as rc
from rollcast.errors import ArgumentError, DataError
from rollcast.model.quantile_forecast import QuantileForecast
from rollcast.model.zero_shot import make_forecast
from rollcast.networks.distribution import QUANTILE_LEVELS


class LastValue:
    """Forecasts the last known value, with quantiles that lie 100 times their level around 50 from it."""

    def __init__(self) -> None:
        self.seen: dict[str, Any] = {}

    def __call__(self, panel: Any, h: int, cycles: Any, **options: Any) -> Any:
        held = cycles.held(panel.lengths)
        self.seen = {
            "panel": panel,
            "h": h,
            "season": held.first,
            "second": held.second,
            **options,
        }
        last = [panel.target[rows][panel.mask[rows]][-1] for rows in panel]
        spread = 100 * np.array(QUANTILE_LEVELS) - 50
        return np.array(last)[:, None, None] + np.ones((1, h, 1)) * spread


def make(data: Any, h: int | None = 2, **arguments: Any) -> tuple[QuantileForecast, dict[str, Any]]:
    naive = LastValue()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("rollcast.forecasting.zero_shot_quantiles.forecast_panel", naive)
        return make_forecast(data, h, arguments), naive.seen


def months(number: int = 30, **columns: Any) -> pd.DataFrame:
    times = pd.date_range("2022-01-01", periods=number, freq="MS")
    return pd.DataFrame({"ds": times, "y": np.arange(1.0, number + 1), **columns})


def remarks(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


@pytest.fixture(autouse=True)
def _listen(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "rollcast")


def test_medians_and_intervals_come_in_the_callers_names_after_the_last_row():
    found, _ = make(months().rename(columns={"ds": "month", "y": "sales"}), level=[80, 97.5])
    frame = found.frame()
    ends = ("lo-97.5", "lo-80", "hi-80", "hi-97.5")
    assert list(frame) == ["month", "Rollcast", *(f"Rollcast-{end}" for end in ends)]
    assert frame["month"].dt.strftime("%Y-%m").tolist() == ["2024-07", "2024-08"]
    expected = [30.0, 30 - 48.75, 30 - 40.0, 30 + 40.0, 30 + 48.75]
    np.testing.assert_allclose(frame.iloc[:, 1:], [expected, expected], rtol=1e-12)


def test_quantiles_come_behind_the_intervals_in_the_columns_that_predict_gives():
    found, _ = make(months(), level=80, quantiles=[0.9, 0.5, 0.025])
    frame = found.frame().iloc[:, 1:]
    names = ("-lo-80", "-hi-80", "-q-2.5", "-q-50", "-q-90")
    assert frame.columns.tolist() == ["Rollcast", *(f"Rollcast{name}" for name in names)]
    np.testing.assert_allclose(frame, [[30, -10, 70, -17.5, 30, 70]] * 2, rtol=1e-12)
    whole = make(months(), quantiles=[0.125, 0.875], round=True, bounds=None)[0].frame()
    assert whole.iloc[0, 1:].tolist() == [30, -8, 68]  # of -7.5 and 67.5


def test_the_sum_of_the_horizon_is_one_row_a_series_with_its_quantile(monkeypatch: Any):
    def drawn(panel: Any, h: int, *_: Any, paths: int, **__: Any) -> Any:
        """Of path n every step is n more than the series' number."""
        number = np.arange(panel.num_series)[:, None, None]
        return number + np.broadcast_to(np.arange(paths)[:, None], (panel.num_series, paths, h))

    monkeypatch.setattr("rollcast.forecasting.zero_shot_quantiles.draw_panel", drawn)
    two = pd.concat([months(unique_id="a"), months(unique_id="b")])
    made = rc.forecast_total(two, 2, quantile=0.95, paths=101)
    ends = ("", "-lo-80", "-hi-80", "-q-95")
    assert list(made) == ["unique_id", *(f"Rollcast{end}" for end in ends)]
    assert made.to_numpy().tolist() == [["a", 100, 20, 180, 190], ["b", 102, 22, 182, 192]]
    alone = rc.forecast_total(two, horizon=3, level=None, alias="need")
    assert alone.to_numpy().tolist() == [["a", 1497], ["b", 1500]]
    for wrong, said in (
        ({"quantiles": 0.9}, "did you mean `quantile`?"),
        ({"quantile": 95}, "`quantile` must be above 0 and below 1, such as 0.95"),
        ({"paths": None}, "`paths` must be a whole number"),
        ({"symmetric": True}, "`symmetric` is not an option of forecast_total"),
    ):
        options: dict[str, Any] = wrong
        with pytest.raises(ArgumentError) as caught:
            rc.forecast_total(two, 2, **options)
        assert said in str(caught.value)


def test_a_polars_frame_of_several_series_gives_one():
    two = pd.concat([months(unique_id="a"), months(10, unique_id="b")])
    frame = make(pl.from_pandas(two), alias="mine")[0].frame()
    assert isinstance(frame, pl.DataFrame)
    assert frame.columns == ["unique_id", "ds", "mine"]
    assert frame["mine"].to_list() == [30.0, 30.0, 10.0, 10.0]


def test_rows_without_a_value_at_the_end_are_the_ones_to_forecast():
    data = months()
    data.loc[27:, "y"] = np.nan
    frame = make(data)[0].frame()
    assert frame["ds"].dt.strftime("%Y-%m").tolist() == ["2024-04", "2024-05"]


def test_seasons_are_the_frequencys_and_a_remark_says_so(caplog: Any):
    _, seen = make(pd.concat([months(unique_id="a"), months(7, unique_id="b")]))
    assert (seen["season"].tolist(), seen["second"].tolist()) == ([12, 12], [0, 0])
    assert remarks(caplog)[-1] == "A season of 12 rows is assumed; pass season_length= for others."
    minutes = pd.date_range("2024-01-01", periods=200, freq="min")
    make(pd.DataFrame({"ds": minutes, "y": np.arange(200.0)}))
    assert remarks(caplog)[-1] == (
        "No season is assumed, for no series holds one of 1,440 rows (the longest has 200); pass season_length= for "
        "others."
    )
    hours = pd.date_range("2024-01-01", periods=200, freq="h")
    both = [
        pd.DataFrame({"unique_id": n, "ds": hours[:k], "y": 1.0 * np.arange(k)})
        for n, k in (("a", 200), ("b", 99))
    ]
    make(pd.concat(both))
    assert remarks(caplog)[-1] == (
        "Seasons of 24 and 168 rows are assumed, each where a series holds a whole one; pass season_length= for others."
    )
    make([1.0, 2.0, 3.0])
    assert remarks(caplog)[-1] == "No season is assumed; pass season_length= for others."
    hours = pd.date_range("2024-01-01", periods=400, freq="h")
    _, seen = make(pd.DataFrame({"ds": hours, "y": np.arange(400.0)}))
    assert (seen["season"].tolist(), seen["second"].tolist()) == ([24], [168])
    assert remarks(caplog)[-1].startswith("Seasons of 24 and 168 rows are assumed; ")


def test_seasons_that_are_named_are_taken_and_a_remark_counts_the_series_that_are_too_short(
    caplog: Any,
):
    two = pd.concat([months(unique_id="a"), months(6, unique_id="b")])
    _, seen = make(two, season_length=[12, 3])
    assert (seen["season"].tolist(), seen["second"].tolist()) == ([3, 3], [12, 0])
    assert remarks(caplog)[-1] == (
        "1 series holds no whole season of 12 rows and is forecast without it (the first is 'b')."
    )


def test_without_a_horizon_one_season_is_forecast_and_a_remark_says_so(caplog: Any):
    found, seen = make(months(), None)
    assert seen["h"] == len(found.frame()) == 12
    assert remarks(caplog)[-1] == "The next 12 rows are forecast; pass h= for another horizon."


def test_log_bounds_and_the_way_to_read_are_passed_on():
    data = months().drop(index=5)
    _, seen = make(data, log=True, bounds=(0, None))
    assert (seen["log"], seen["bounds"], seen["panel"].mask.sum()) == (True, (0.0, None), 29)
    _, seen = make(data, fill="linear")
    assert (seen["log"], seen["bounds"], seen["panel"].target[5]) == ("auto", "auto", 6.0)
    assert seen["panel"].mask.all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"level": 99}, "`level` must be at most 98"),
        ({"season_length": 3000}, "`season_length` must be at most 2,016"),
        ({"log": "yes"}, "`log` must be one of 'auto', True, False; got 'yes'."),
        ({"quantiles": [0.5, 0.995]}, "`quantiles` must be from 0.01 to 0.99"),
        ({"quantiles": [0.5, "a"]}, "`quantiles` must be above 0 and below 1, such as 0.95"),
        ({"quantile": 0.5}, "did you mean `quantiles`?"),
        ({"alias": "ds"}, "The column of times is called 'ds', as a column of the result is; rename it, or"),
        ({"seasonality": 12}, "`seasonality` is not an option of forecast; here it is called `season_length`."),
        ({"h": 0}, "`h` must be a whole number of at least 1; got 0."),
    ],
)  # fmt: skip
def test_a_wrong_option_is_refused_in_a_sentence(options: dict[str, Any], message: str):
    with pytest.raises(ArgumentError) as caught:
        make(months(), **options)
    assert message in str(caught.value)


def test_more_forecasts_than_memory_holds_are_refused_before_anything_is_read(monkeypatch: Any):
    monkeypatch.setattr("rollcast.forecasting.trained_model.Model.prepare_new", None)
    forty = pd.concat([months(3, unique_id=n) for n in range(40)])
    with pytest.raises(ArgumentError) as caught:
        rc.forecast(forty, h=10**6)
    assert str(caught.value) == (
        "`h` = 1,000,000 for 40 series are 40,000,000 forecasts of 15 quantiles each, which take about 7 GB of memory; "
        "at most 35,791,394 forecasts can be made at once: pass a smaller `h`, or a part of the series."
    )


def test_a_remark_says_that_far_ahead_a_program_is_compiled_first(caplog: Any):
    said = "Beyond 96 steps the pretrained network forecasts along paths that it draws; the first"
    make(months(), 96)
    assert not any(said in remark for remark in remarks(caplog))
    make(months(), 97)
    assert remarks(caplog)[-1].startswith(said)


def test_values_outside_of_bounds_and_tables_without_a_value_are_refused():
    with pytest.raises(DataError, match="Column 'y' holds 11 in row 11"):
        make(months(), bounds=(None, 10))
    with pytest.raises(DataError, match="'y'"):
        make(months().assign(y=np.nan))


def test_a_picture_shows_the_series_that_is_asked_for_with_its_bands():
    two = pd.concat([months(unique_id="a"), months(10, unique_id="b")])
    found, _ = make(two, level=[80, 95])
    ax = found.plot("b").axes[0]
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == [
        "actual",
        "Rollcast",
        "80 %",
        "95 %",
    ]
    assert ax.get_title(loc="left") == "series b, 2 of 2: 2 steps ahead"
    with pytest.raises(ArgumentError, match="`series` must be one of the 2 identifiers; got 'c'"):
        found.plot("c")


def test_the_way_from_a_file_to_a_table_imports_neither_keras_nor_jax_nor_matplotlib(
    tmp_path: Path,
):
    months().to_csv(tmp_path / "sales.csv", index=False)
    code = f"""
import sys
from rollcast.model.zero_shot import make_forecast
before = [m for m in ("keras", "jax", "pandas", "matplotlib") if m in sys.modules]
found = make_forecast({str(tmp_path / "sales.csv")!r}, 3, {{"level": 80}})
assert len(found.frame()) == 3
print(before, [m for m in ("keras", "jax", "matplotlib", "scipy") if m in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[] []\n"


# By the packaged weights: what any that are worth packaging give


def noisy(number: int = 60, *, seed: int = 0) -> Any:
    """A year's season with noise around 100."""
    random = np.random.default_rng(seed)
    return 100 + 20 * np.sin(np.arange(number) * np.pi / 6) + random.normal(0, 5, number)


def forecast(values: Any, h: int = 12, **arguments: Any) -> Any:
    """(h, 1 + columns of intervals) of one monthly series."""
    return (
        rc.forecast(months(len(values)).assign(y=values), h=h, **arguments).iloc[:, 1:].to_numpy()
    )


PLAIN: dict[str, Any] = {"log": False, "bounds": None}


@pytest.mark.filterwarnings("ignore:Column 'y' is constant")
@pytest.mark.parametrize("value", [5.0, -7e6, 0.0, 1e-30])
def test_a_constant_goes_on_as_it_is(value: float):
    made = forecast(np.full(36, value), level=[80, 98])
    np.testing.assert_allclose(made, value, rtol=0.01, atol=0.02 if value == 0 else 0)


def test_a_repeated_season_is_repeated_with_little_doubt():
    season = 100 + 10 * np.sin(np.arange(12) * np.pi / 6)
    made = forecast(np.tile(season, 6), level=[95])
    assert np.abs(made[:, 0] - season).max() < 1  # of 20 from its lowest to its highest
    assert (made[:, 2] - made[:, 1]).max() < 2


def test_intervals_nest_and_grow_with_the_steps_ahead():
    walk = np.random.default_rng(1).normal(0, 1, 80).cumsum()
    low98, low80, high80, high98 = forecast(walk, level=[80, 98])[:, 1:].T
    median = forecast(walk)[:, 0]
    ordered = np.diff([low98, low80, median, high80, high98], axis=0)
    assert (ordered > 0).all()
    assert (high80 - low80)[-1] > 1.5 * (high80 - low80)[0]


@pytest.mark.parametrize(("a", "b"), [(1000.0, 0.0), (1.0, 1e4), (1e-9, 0.0), (3.0, -1e5)])
def test_forecasts_of_a_y_and_b_are_a_times_those_of_y_and_b(a: float, b: float):
    y = noisy()
    plain = forecast(y, level=[80], **PLAIN)
    moved = forecast(a * y + b, level=[80], **PLAIN)
    np.testing.assert_allclose((moved - b) / a, plain, atol=1e-4 * np.abs(np.diff(y)).mean())


def test_a_series_is_forecast_alike_alone_among_others_and_in_any_order():
    rows = {"a": 60, "b": 7, "c": 200, "d": 1, "e": 2}
    parts = [
        months(number).assign(y=noisy(number, seed=seed), unique_id=name)
        for seed, (name, number) in enumerate(rows.items())
    ]
    together = rc.forecast(pd.concat(parts), h=5, level=90)
    assert together["unique_id"].unique().tolist() == list(rows)
    turned = rc.forecast(pd.concat(parts[::-1]), h=5, level=90)
    assert turned["unique_id"].unique().tolist() == list(rows)[::-1]
    for name, part in zip(rows, parts, strict=True):
        one = together[together["unique_id"] == name].iloc[:, 2:]
        others = [turned[turned["unique_id"] == name]]
        others += [rc.forecast(part, h=5, level=90, freq="MS")]
        for other in others:
            np.testing.assert_allclose(one, other.iloc[:, 2:], rtol=2e-5)


def test_one_row_and_two_are_forecast_around_their_values():
    one = rc.forecast(pd.DataFrame({"ds": ["2024-01-01"], "y": [30.0]}), h=3, freq="D", level=98)
    assert one["ds"].astype(str).tolist() == ["2024-01-02", "2024-01-03", "2024-01-04"]
    np.testing.assert_allclose(one["Rollcast"], 30, rtol=0.01)
    width = one["Rollcast-hi-98"] - one["Rollcast-lo-98"]  # a hundredth is the usual change
    assert ((width > 1) & (width < 10)).all()
    low, high = forecast([3.0, 4.0], h=2, level=[98])[:, 1:].T
    assert (low < 4).all()
    assert (high > 4).all()
    with pytest.raises(DataError, match="No series of the table has two rows"):
        rc.forecast([3.0])


def test_a_series_without_a_value_is_left_out_with_a_warning_and_a_table_without_one_is_refused():
    two = pd.concat([months(unique_id="a"), months(5, unique_id="b").assign(y=np.nan)])
    with pytest.warns(rc.RollcastWarning, match="Left out 1 series without any value: 'b'"):
        assert rc.forecast(two, h=2)["unique_id"].tolist() == ["a", "a"]
    with pytest.raises(DataError, match="lacks 5 of 5 values"):
        rc.forecast(months(5).assign(y=np.nan))


def test_a_series_of_which_most_is_missing_is_forecast_beside_the_others_and_a_warning_names_it():
    sparse = months(60, unique_id="b").assign(y=noisy(seed=1))
    sparse = sparse[sparse.index % 5 < 2]  # by rows that are not there
    blank = months(60, unique_id="c").assign(y=noisy(seed=2))
    blank.loc[3:50, "y"] = np.nan
    full = months(60, unique_id="a").assign(y=noisy())
    with pytest.warns(rc.RollcastWarning, match="Column 'y' lacks") as warned:
        found = rc.forecast(pd.concat([full, sparse, blank]), h=3)
    assert [str(one.message) for one in warned] == [
        "Column 'y' lacks more than 20 % of the values of 2 series, 'b' (57 %), 'c' (80 %): their forecasts know the "
        'others alone; pass fill="zero" if a gap means 0.'
    ]
    assert found["unique_id"].tolist() == [*"aaabbbccc"]
    alone = rc.forecast(full, h=3)
    np.testing.assert_allclose(found["Rollcast"][:3], alone["Rollcast"], rtol=2e-5)
    assert found["Rollcast"].between(60, 140).all()
    with pytest.warns(rc.RollcastWarning, match="Column 'y' lacks 80 % of its values, and the"):
        rc.forecast(blank.drop(columns="unique_id"), h=3)
    with pytest.raises(DataError, match="more than 20 % can't be learned from"):
        rc.Forecaster(h=3).fit(blank)
    rare = months(1500, unique_id="r")
    rare = rare[rare.index.isin([0, 200, 700, 1199, 1200])]
    with pytest.warns(rc.RollcastWarning, match=r"1 series, 'r' \(99 %\)"):
        assert make(pd.concat([full, rare]))[0].quantiles.shape == (2, 2, 15)
    with pytest.raises(DataError, match=r"lacks 1,196 of 1,201 values .* nothing to learn from"):
        make(rare, freq="MS")


@pytest.mark.filterwarnings("ignore:Column 'y' lacks")
def test_missing_values_within_are_read_past_and_those_at_the_end_are_forecast():
    y = noisy()
    gaps = y.copy()
    gaps[[5, 20, 21, 40]] = np.nan
    whole, read = (forecast(v, **PLAIN)[:, 0] for v in (y, gaps))
    assert 0 < np.abs(whole - read).max() < 15
    np.testing.assert_array_equal(forecast([*y, *[np.nan] * 12]), forecast(y))


@pytest.mark.filterwarnings("ignore:Column 'y' lacks")
def test_a_row_that_was_not_available_counts_as_one_without_a_value():
    data = months(60).assign(y=noisy())
    out = data.index.isin([10, 33, 34])
    marked = data.assign(y=data["y"].where(~out, 1e6), available=(~out).astype(int))
    missing = data.assign(y=data["y"].where(~out))
    for h in (6, 97):  # by NumPy, and by compiled programs
        pd.testing.assert_frame_equal(
            rc.forecast(marked, h=h, level=80, available="available"),
            rc.forecast(missing, h=h, level=80),
        )


def test_what_was_never_negative_stays_so_and_logarithms_are_taken_of_what_is_positive():
    falling = np.linspace(100, 1, 40)
    assert (forecast([*falling, 0.0, 0.0], level=[98]) >= 0).all()
    assert forecast(falling - 60, level=[98], log=False)[:, 1].max() < -40
    growth = np.exp(0.05 * np.arange(60))
    logs, plain = (forecast(growth, log=log)[:, 0] for log in ("auto", False))
    expected = np.exp(0.05 * np.arange(60, 72))
    assert np.abs(np.log(logs / expected)).max() < 0.1
    assert abs(logs[-1] - expected[-1]) < abs(plain[-1] - expected[-1])
    np.testing.assert_array_equal(logs, forecast(growth, log=True)[:, 0])
    with pytest.raises(DataError, match="needs values > 0; got 0 in row 3"):
        forecast([2.0, 1.0, 0.0, 1.0], log=True)


def test_wide_tables_polars_frames_and_arrays_give_the_same_numbers():
    y, z = noisy(), noisy(seed=1)
    both = pd.concat([months(60).assign(y=v, unique_id=n) for n, v in (("north", y), ("south", z))])
    long = rc.forecast(both, h=4)["Rollcast"].to_numpy()
    wide = both.assign(ds=both["ds"].astype(str)).pivot_table("y", "unique_id", "ds").reset_index()
    found = rc.forecast(wide, h=4)
    np.testing.assert_array_equal(found["Rollcast"], long)
    assert found["unique_id"].unique().tolist() == ["north", "south"]
    polars = rc.forecast(pl.from_pandas(both), h=4)
    assert isinstance(polars, pl.DataFrame)
    np.testing.assert_array_equal(polars["Rollcast"], long)
    array = rc.forecast(y, h=4, season_length=12)
    np.testing.assert_allclose(array["Rollcast"], long[:4], rtol=1e-6)


def test_a_named_season_is_read_and_one_for_none_is_not():
    season = np.array([5.0, 1.0, 9.0, 2.0, 7.0])
    y = np.tile(season, 8)
    made = {length: forecast(y, 5, season_length=length)[:, 0] for length in (5, 1)}
    assert np.abs(made[5] - season).max() < 1
    assert np.abs(made[1] - season).max() > 2


def test_a_short_forecast_is_the_beginning_of_a_longer_one():
    y = noisy()
    np.testing.assert_array_equal(forecast(y, 96)[:7], forecast(y, 7))
    np.testing.assert_allclose(forecast(y, 97)[:7], forecast(y, 7), rtol=1e-6)


@pytest.mark.slow
def test_symmetric_forecasts_of_minus_y_are_minus_those_of_y():
    walk = np.random.default_rng(8).normal(size=50).cumsum()
    walk -= walk.mean()  # of both signs, so that nothing bounds it
    for h in (6, 100):
        up, down = (forecast(y, h, level=[80], symmetric=True) for y in (walk, -walk))
        np.testing.assert_array_equal(down, -up[:, [0, 2, 1]])
    plain = [forecast(y, 6, level=[80]) for y in (walk, -walk)]
    assert np.abs(plain[1] + plain[0][:, [0, 2, 1]]).max() > 0.01
    np.testing.assert_allclose(up[:6], (plain[0] - plain[1][:, [0, 2, 1]]) / 2, atol=1e-5)


def test_symmetric_forecasts_mirror_logarithms_and_keep_to_the_bounds():
    y = np.exp(np.random.default_rng(9).normal(size=60).cumsum() / 5)
    both = forecast(y, 6, level=[80], symmetric=True)
    inverse = forecast(1 / y, 6, level=[80], symmetric=True)
    np.testing.assert_allclose(inverse, 1 / both[:, [0, 2, 1]], rtol=1e-5)
    falling = np.linspace(100, 1, 40)
    held = forecast([*falling, 0.0, 0.0], level=[98], symmetric=True)
    assert (held >= 0).all()
    assert held.max() > 0
