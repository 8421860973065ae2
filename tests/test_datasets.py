"""The packaged series: values, spans, gaps."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from rollcast import datasets
from rollcast.datasets.chaos import integrate_mackey_glass
from rollcast.errors import ArgumentError


@pytest.mark.parametrize("name", ["sine", "airline", "temperatures", "demand", "mackey_glass"])
def test_every_series_is_a_long_frame_of_its_own_name(name: str) -> None:
    frame = getattr(datasets, name)()
    assert frame.columns.tolist() == ["unique_id", "ds", "y"]
    assert frame["unique_id"].unique().tolist() == [name]
    assert frame["y"].dtype == np.float64
    assert frame["y"].notna().all()
    assert frame["ds"].is_monotonic_increasing
    assert frame["ds"].is_unique


def test_the_sine_is_the_tutorial_s() -> None:
    frame = datasets.sine()
    assert frame["ds"].tolist() == list(range(6400))
    np.testing.assert_array_equal(frame["y"], np.sin(np.arange(6400) * 20 * np.pi / 1000))


def test_the_airline() -> None:
    frame = datasets.airline()
    assert len(frame) == 144
    assert frame["ds"].iloc[[0, -1]].tolist() == [pd.Timestamp("1949-01"), pd.Timestamp("1960-12")]
    assert frame["y"].iloc[[0, 1, -1]].tolist() == [112, 118, 432]
    assert frame["y"].sum() == 40363


def test_the_temperatures_lack_two_days() -> None:
    frame = datasets.temperatures()
    assert len(frame) == 3650
    whole = pd.date_range("1981-01-01", "1990-12-31")
    assert whole.difference(pd.DatetimeIndex(frame["ds"])).strftime("%Y-%m-%d").tolist() == [
        "1984-12-31",
        "1988-12-31",
    ]
    assert frame["y"].iloc[[0, -1]].tolist() == [20.7, 13.0]


def test_the_demand_is_a_local_year() -> None:
    frame = datasets.demand()
    whole = pd.date_range("2014-01-01", "2014-12-31 23:30", freq="30min", tz="Australia/Melbourne")
    assert frame["ds"].tolist() == whole.tolist()
    assert frame["y"].iloc[0] == 4091.6
    assert frame["y"].between(2500, 9500).all()


def test_the_shops_are_a_panel_with_one_out_of_stock() -> None:
    frame = datasets.shops()
    lengths = frame.groupby("unique_id").size()
    assert lengths.tolist() == [96, 96, 96, 84, 84, 72, 72, 60, 60, 48, 30, 14]
    assert frame.groupby("unique_id")["ds"].max().unique().tolist() == [pd.Timestamp("2024-12")]
    gone = frame[~frame["available"]]
    assert gone["unique_id"].unique().tolist() == ["S04"]
    assert gone["y"].tolist() == [9, 0, 0, 4]
    assert gone["ds"].dt.strftime("%Y-%m").tolist() == ["2023-03", "2023-04", "2023-05", "2023-06"]


def test_paths_lead_to_the_packaged_files() -> None:
    for name in ("airline", "temperatures", "demand", "shops"):
        assert datasets.path(name).is_file()
    with pytest.raises(
        ArgumentError, match=r"one of .airline., .demand., .shops., .temperatures.; got .sine."
    ):
        datasets.path("sine")


def test_mackey_glass_is_the_same_on_every_call_and_chaotic() -> None:
    one, other = datasets.mackey_glass(2500), datasets.mackey_glass(2500)
    pd.testing.assert_frame_equal(one, other)
    assert one["y"].between(0.2, 1.5).all()
    moved = datasets.mackey_glass(2500, initial=1.2 + 1e-6)["y"]
    apart = np.abs(one["y"] - moved)
    assert apart.iloc[:20].max() < 1e-3
    assert apart.iloc[-50:].max() > 1e-2


def test_mackey_glass_takes_a_seed() -> None:
    one = datasets.mackey_glass(100, seed=1)["y"]
    assert one.tolist() == datasets.mackey_glass(100, seed=1)["y"].tolist()
    assert np.abs(one - datasets.mackey_glass(100, seed=2)["y"]).max() > 0.05


def test_mackey_glass_of_a_short_delay_comes_to_rest() -> None:
    # 0.2 x / (1 + x**10) = 0.1 x at x = 1.
    values = datasets.mackey_glass(50, tau=2, discard=1000)["y"]
    np.testing.assert_allclose(values, 1.0, atol=1e-6)


def test_mackey_glass_is_integrated_to_the_fourth_order() -> None:
    exact = integrate_mackey_glass(60, tau=17, initial=1.2, seed=None, steps=80)
    errors = [
        np.abs(integrate_mackey_glass(60, tau=17, initial=1.2, seed=None, steps=s) - exact).max()
        for s in (5, 10)
    ]
    assert errors[1] < 1e-8
    assert 10 < errors[0] / errors[1] < 25


def test_mackey_glass_refuses_what_is_out_of_range() -> None:
    for name, value, least in (("length", 0, 1), ("tau", 0, 1), ("discard", -1, 0)):
        with pytest.raises(
            ArgumentError, match=f"`{name}` must be a whole number of at least {least}; got"
        ):
            datasets.mackey_glass(**{"length": 10, name: value})


def test_the_packaged_files_are_unaltered() -> None:
    digests = {
        name: hashlib.sha256(datasets.path(name).read_bytes()).hexdigest()[:12]
        for name in ("airline", "temperatures", "demand")
    }
    assert digests == {
        "airline": "29a86cac5043",
        "temperatures": "a29a71f38cf5",
        "demand": "69f12b249aea",
    }
