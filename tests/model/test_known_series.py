"""Series known again by a fitted model, whatever the type of their identifiers; and tables as databases return them."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import rollcast as rc
from rollcast.errors import DataError

DAYS = pd.date_range("2023-01-01", periods=40)
LATER = pd.date_range("2023-02-10", periods=3)
Decimal = decimal.Decimal


def table(ids: Any, times: Any = DAYS) -> pd.DataFrame:
    values = 100 + np.sin(np.arange(len(times) * len(ids)))
    names = [name for name in ids for _ in times]
    return pd.DataFrame({"store": names, "date": [*times] * len(ids), "sales": values})


def fit(data: Any) -> rc.Forecaster:
    model = rc.Forecaster(cell="gru", hidden_size=4, max_epochs=1, h=3, log=False, anchor="last")
    model.fit(data, id_col="store", time_col="date", target_col="sales", progress="quiet")
    return model


@pytest.fixture(scope="module")
def numbered() -> rc.Forecaster:
    return fit(table([1, 2]))


@pytest.fixture(scope="module")
def padded() -> rc.Forecaster:
    return fit(table(["0098", "1000"]))


@pytest.mark.parametrize("dtype", [str, float, object, "category", "string[python]", "Int64"])
def test_series_go_on_whatever_the_type_of_their_identifiers(numbered, dtype):
    newer = table([2, 1], LATER).astype({"store": dtype})
    expected = numbered.predict(table([2, 1], LATER), h=2)
    pd.testing.assert_frame_equal(numbered.predict(newer, h=2), expected)
    assert str(expected["date"].iloc[0])[:10] == "2023-02-13"
    assert expected["store"].tolist() == [2, 2, 1, 1]


def test_polars_beside_pandas(numbered):
    newer = pl.DataFrame({"store": ["1"] * 3, "date": LATER.to_pydatetime(), "sales": [1.0, 2, 3]})
    assert numbered.predict(newer, h=1)["store"].tolist() == [1]


def test_every_verb_knows_the_series_again(padded, tmp_path: Path):
    newer = table(["1000"], LATER).astype({"store": int})
    assert padded.observe(newer).ids == ("0098", "1000")
    assert str(padded.predict(newer)["date"].iloc[0])[:10] == "2023-02-13"
    whole = table(["1000"], DAYS.append(LATER)).astype({"store": int})
    with pytest.raises(rc.errors.TooShortError, match="no series has"):
        padded.evaluate(whole.iloc[:-1])
    with pytest.raises(rc.errors.TooShortError, match="no series has"):
        rc.diagnose(padded, whole.iloc[:-1])
    state = padded.observe(newer)
    revised = padded.revise(newer.tail(1).assign(sales=7.0), state, history=newer)
    assert revised.ids == state.ids
    assert revised != state
    newer.to_csv(tmp_path / "newer.csv", index=False)
    pd.testing.assert_frame_equal(padded.predict(tmp_path / "newer.csv"), padded.predict(newer))


def test_what_may_be_two_series_is_refused_by_every_verb(padded, tmp_path: Path):
    newer = table([98], LATER)
    newer.to_csv(tmp_path / "newer.csv", index=False)
    sentence = (
        r"holds '?98'? at .*; identifiers must be written as in the model, which knows '0098'"
    )
    for verb in (padded.predict, padded.observe, padded.evaluate, padded.plot):
        with pytest.raises(DataError, match=sentence):
            verb(newer)
        with pytest.raises(DataError, match=sentence):
            verb(tmp_path / "newer.csv")


def test_a_new_series_is_still_new(padded):
    newer = padded.predict(table(["1002"]), h=1)
    assert newer["store"].tolist() == ["1002"]
    with pytest.raises(DataError, match="identifiers must be text such as '0098', as in the model"):
        padded.predict(table([1002]))


def test_a_new_category_is_named():
    model = fit(table(["a", "b"]).astype({"store": "category"}))
    found = model.predict(table(["c"]), h=1)["store"]
    assert found.tolist() == ["c"]
    assert isinstance(found.dtype, pd.CategoricalDtype)


@pytest.mark.parametrize(
    "ids",
    [
        [Decimal("1"), Decimal("2")],
        [uuid.UUID(int=1), uuid.UUID(int=2)],
        [dt.date(2020, 1, 1), dt.date(2021, 1, 1)],
    ],
)
def test_a_database_s_table_is_fitted_saved_and_forecast(ids, tmp_path: Path):
    def rows(times: Any) -> pd.DataFrame:
        found = table(ids, [time.date() for time in times])
        found["sales"] = [Decimal(f"{value:.2f}") for value in found["sales"]]
        found.loc[4, "sales"] = None
        return found

    model = fit(rows(DAYS))
    assert model.fitted.card.missing == 1
    model.save(tmp_path / "model")
    opened = rc.load(tmp_path / "model")
    found = opened.predict(rows(LATER), h=1)
    assert found["store"].tolist() == ids
    assert found["date"].tolist() == [dt.date(2023, 2, 13)] * 2
    assert opened.state.select(ids[1]) == opened.state.take(np.array([1]))
    opened.state.save(tmp_path / "state")
    assert rc.State.load(tmp_path / "state") == opened.state


@pytest.mark.parametrize(
    "ids",
    [
        pl.Series([1, 2], dtype=pl.Int128),
        pl.Series([Decimal("1.5"), Decimal("2")]),
        pl.Series([dt.date(2020, 1, 1), dt.date(2021, 1, 1)]),
        pl.Series([dt.datetime(2020, 1, 1), dt.datetime(2021, 1, 1, 3)]),
        pl.Series([uuid.UUID(int=1), uuid.UUID(int=2)], dtype=pl.Object),
    ],
    ids=lambda ids: str(ids.dtype),
)
def test_a_polars_table_of_a_database(ids, tmp_path: Path):
    names = pl.Series([i for i in ids.to_list() for _ in DAYS], dtype=ids.dtype)
    times = pl.Series([*DAYS.to_pydatetime()] * 2)
    sales = pl.Series([Decimal(n) / 4 for n in range(2 * len(DAYS))])
    model = fit(pl.DataFrame({"store": names, "date": times, "sales": sales}))
    model.save(tmp_path / "model")
    found = rc.load(tmp_path / "model").predict(h=1)
    assert found["store"].dtype == ids.dtype
    assert found["store"].to_list() == ids.to_list()


@pytest.mark.parametrize("name", [b"ab", (1, 2), pd.Interval(0, 1), float("inf"), "\ud800", 1e17])
def test_what_no_file_can_hold_is_refused_before_the_training(name):
    data = table(["a"]).assign(store=pd.Series([name] * len(DAYS), dtype=object))
    with pytest.raises(DataError, match=r"give identifiers as text .* by \.astype\(\{'store': str"):
        fit(data)


def test_identifiers_of_two_types_are_refused():
    with pytest.raises(DataError, match=r"mixes types: 1 is of the kind number, but '1' at row 40"):
        fit(table([1, "1"]))
    with pytest.raises(DataError, match="of the kind uuid"):
        fit(table([uuid.UUID(int=1), "1"]))
    with pytest.raises(DataError, match="holds categories of the type date"):
        fit(table([dt.date(2020, 1, 1)]).astype({"store": "category"}))
