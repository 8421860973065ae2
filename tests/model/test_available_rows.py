"""Models of shops that were out of stock: what was recorded then counts for nothing."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

import rollcast as rc
from livesamples import KINDS, SEEN, TABLE, fit, new_rows
from rollcast.errors import ArgumentError, DataError
from rollcast.stream.session import StreamPaths, run_stream
from rollcast.stream.stream_options import StreamOptions

OUT = np.array([12, 13, 14, 47, SEEN + 30, SEEN + 31, SEEN + 53])
"""Rows of the table out of stock: in the training part and after it."""


def marked(value: float | None, frame: pd.DataFrame = TABLE, out: Any = OUT) -> pd.DataFrame:
    """The table with these rows out of stock, and ``value`` recorded there; None as it was."""
    stocked = np.ones(len(frame), bool)
    stocked[out] = False
    return frame.assign(
        y=frame.y if value is None else frame.y.where(stocked, value), stocked=stocked
    )


def without(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with these values missing, and no column that says why."""
    return frame.assign(y=frame.y.where(frame.stocked)).drop(columns="stocked")


@pytest.fixture(scope="module", params=["lstm", "esn", "window"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def model(kind: str) -> rc.Forecaster:
    return fit(marked(1e6), given={"available": "stocked"}, **KINDS[kind])


def test_a_fit_is_the_one_in_which_the_values_are_missing(model: rc.Forecaster, kind: str):
    missing = fit(without(marked(None)), **KINDS[kind])
    assert_array_equal(model.predict_array(h=9), missing.predict_array(h=9))
    one, other = model.history.to_file(), missing.history.to_file()
    assert one | {"notes": []} == other | {"notes": []}


def test_new_rows_that_are_out_of_stock_are_stepped_over(model: rc.Forecaster):
    frame = new_rows()
    rows = marked(-1e6, frame, [0, 1, 14])
    missing = without(rows)
    state = model.observe(rows)
    assert_array_equal(
        model.predict_array(state=state), model.predict_array(state=model.observe(missing))
    )
    flags = dict(rows.iloc[0]) | {"stocked": "no"}
    one, other = model.observe(flags), model.observe(dict(missing.iloc[0]))
    assert_array_equal(model.predict_array(state=one), model.predict_array(state=other))


def test_a_newer_table_says_which_rows_count_and_may_leave_it_out(model: rc.Forecaster):
    rows = marked(1e5, new_rows(), [2, 3, 17])
    column = model.name
    assert_array_equal(model.predict(rows)[column], model.predict(without(rows))[column])
    assert_array_equal(
        model.predict(new_rows())[column], model.predict(new_rows().assign(stocked=1))[column]
    )
    whole = pd.concat([marked(1e4), rows])
    judged, again = model.evaluate(whole), model.evaluate(without(whole))
    assert judged.to_json() == again.to_json()


def test_a_corrected_row_may_be_taken_back_as_not_available(model: rc.Forecaster):
    state = model.observe(new_rows())
    row = new_rows().iloc[[3]]
    taken = model.revise(row.assign(stocked=False), state, history=new_rows())
    missing = model.revise(row.assign(y=np.nan), state, history=new_rows())
    assert_array_equal(model.predict_array(state=taken), model.predict_array(state=missing))


@pytest.mark.parametrize("fill", ["ffill", "zero", "error"])
def test_it_is_neither_filled_nor_a_fault(fill: Any):
    frame = TABLE.assign(y=TABLE.y.fillna(20.0))
    given = {"available": "stocked", "fill": fill}
    one = fit(marked(1e6, frame), given=given)
    other = fit(marked(float("nan"), frame), given=given)
    asked = fit(without(marked(None, frame)))
    assert_array_equal(one.predict_array(), other.predict_array())
    assert_array_equal(one.predict_array(), asked.predict_array())
    rows = new_rows("c")
    state = one.observe(marked(1e6, rows, [1]))
    assert_array_equal(
        one.predict_array(state=state),
        asked.predict_array(state=asked.observe(without(marked(1e6, rows, [1])))),
    )


def test_a_flag_that_cannot_be_read_is_named(model: rc.Forecaster):
    rows = new_rows().assign(stocked="yes")
    rows.loc[5, "stocked"] = "some"
    with pytest.raises(DataError, match="Column 'stocked' of series 'a' holds 'some' at row 5"):
        model.predict(rows)
    with pytest.raises(DataError, match="Column 'stocked' of series 'a' holds 'some' at row 5"):
        model.observe(rows)


def streamed(model: rc.Forecaster, folder: Path, rows: list[dict[str, Any]]) -> list[Any]:
    """The forecasts, and what was told."""
    (folder / "rows").write_text("\n".join(json.dumps(row) for row in rows) + "\n")
    told: list[str] = []
    paths = StreamPaths(source=folder / "rows", sink=folder / "out")
    options = StreamOptions.of(model.fitted)
    run_stream(model.fitted, options, paths, lambda _, sentence: told.append(sentence))
    return [json.loads(line) for line in (folder / "out").read_text().splitlines()] + told


def test_rows_of_a_stream_may_say_it_too(model: rc.Forecaster, tmp_path: Path):
    rows = marked(1e6, new_rows("c"), [1, 4]).to_dict("records")
    blank = [
        {k: row[k] for k in ("unique_id", "ds")} | {"y": row["y"] if row["stocked"] else None}
        for row in rows
    ]
    made = streamed(model, tmp_path, rows)
    assert made == streamed(model, tmp_path, blank)
    assert len(made) >= len(rows)
    told = streamed(model, tmp_path, [rows[0] | {"stocked": "perhaps"}])
    assert any("its 'stocked' must be true or false; got 'perhaps'" in str(line) for line in told)


def test_an_empty_flag_is_read_alike_in_tables_and_in_lines(model: rc.Forecaster, tmp_path: Path):
    """It goes with no value; beside one it says nothing of whether that counts."""
    row = new_rows("c").iloc[:1].to_dict("records")[0]
    for read in (model.observe, lambda rows: model.predict(pd.DataFrame([rows]))):
        with pytest.raises(DataError, match=r"'stocked' .*holds nothing"):
            read(row | {"stocked": None})
    told = streamed(model, tmp_path, [row | {"stocked": None}])
    assert any("its 'stocked' must be true or false; got None" in str(line) for line in told)
    model.observe(row | {"stocked": None, "y": np.nan})
    blank = streamed(model, tmp_path, [row | {"stocked": None, "y": None}])
    assert [type(line) for line in blank] == [dict]


def test_a_stream_does_not_fill_what_is_not_available(tmp_path: Path):
    model = fit(marked(1e6).fillna({"y": 20.0}), given={"available": "stocked", "fill": "ffill"})
    rows = marked(1e6, new_rows("c"), [1, 4]).to_dict("records")
    made = [line for line in streamed(model, tmp_path, rows) if isinstance(line, dict)]
    state = model.observe(pd.DataFrame(rows))
    np.testing.assert_allclose(
        made[-1][model.name], model.predict_array(state=state.select(("c",)))[0], rtol=1e-5
    )


def test_the_column_of_forecasts_can_be_named(model: rc.Forecaster):
    named, usual = model.predict(h=2, alias="mine"), model.predict(h=2)
    assert list(named) == ["unique_id", "ds", "mine"]
    assert_array_equal(named["mine"], usual[model.name])
    for alias in ("", 3):
        with pytest.raises(ArgumentError, match="`alias` must be"):
            model.predict(alias=alias)  # pyright: ignore[reportArgumentType]
    for alias in ("ds", "unique_id"):
        with pytest.raises(ArgumentError, match=f"is called '{alias}', .* pass another `alias`"):
            model.predict(alias=alias)


def test_a_file_keeps_the_column_and_which_rows_count(model: rc.Forecaster, tmp_path: Path):
    model.save(tmp_path / "m.rollcast", with_data=True)
    again = rc.load(tmp_path / "m.rollcast").fitted
    kept = model.fitted.tail
    assert again.schema.available == "stocked"
    assert again.tail is not None
    assert kept is not None
    assert_array_equal(again.tail.available, kept.available)
    assert_array_equal(again.tail.mask, kept.mask)
