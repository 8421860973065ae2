"""An index that says something is read; numbers of rows are not. What is masked is missing."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from rollcast.errors import ArgumentError
from rollcast.tables import Schema, read_arrivals, to_panel

N = 24
DAYS = pd.date_range("2023-01-01", periods=N, name="date")
Y = np.arange(N) + 100.0
NORTH, SOUTH = pd.Series(Y, DAYS, name="sales"), pd.Series(10 * Y, DAYS, name="sales")
FRAME = pd.DataFrame({"date": DAYS, "sales": Y})


def read(data: Any) -> tuple[Any, Schema, tuple[str, ...]]:
    panel, schema, notes = to_panel(data)
    return panel, schema, notes.remarks


@pytest.mark.parametrize(
    ("data", "columns"),
    [
        (pd.concat({"north": NORTH, "south": SOUTH}), ("unique_id", "date", "sales")),
        (pd.concat({1: NORTH, 2: SOUTH}), ("unique_id", "date", "sales")),
        (pd.concat({"n": NORTH, "s": SOUTH}, names=["store"]), ("store", "date", "sales")),
        (pd.DataFrame({"north": NORTH, "south": SOUTH}).stack(), ("unique_id", "date", "y")),
        (pd.DataFrame({7: NORTH, 9: SOUTH}).stack(), ("unique_id", "date", "y")),
        (pd.DataFrame({"n": NORTH, "s": SOUTH}).unstack(), ("unique_id", "date", "y")),
        (pd.concat({"n": NORTH.rename_axis(None), "s": SOUTH.rename_axis(None)}),
         ("unique_id", "ds", "sales")),
        (pd.concat({"n": FRAME, "s": FRAME.assign(sales=10 * Y)}), ("unique_id", "date", "sales")),
        (pd.concat([FRAME, FRAME.assign(sales=10 * Y)]).set_index(pd.Index([*"a" * N, *"b" * N])),
         ("unique_id", "date", "sales")),
    ],
)  # fmt: skip
def test_series_in_the_index(data: Any, columns: tuple[str, ...]) -> None:
    panel, schema, _ = read(data)
    assert (schema.id_col, schema.time_col, schema.target_col) == columns
    assert panel.num_series == 2
    assert panel.target.tolist() == [*Y, *(10 * Y)]
    assert panel.frequency.format(int(panel.starts[0])) == "2023-01-01"


@pytest.mark.parametrize(
    "index",
    [
        [f"{day:%Y-%m-%d}" for day in DAYS],
        [day.date() for day in DAYS],
        pd.Index([day.to_pydatetime() for day in DAYS], dtype=object),
        DAYS.rename(None),
        pd.period_range("2023-01-01", periods=N, freq="D"),
    ],
    ids=["text", "dates", "datetimes", "stamps", "periods"],
)
def test_times_in_the_index(index: Any) -> None:
    for data in (pd.Series(Y, index), pd.DataFrame({"y": Y}, index)):
        panel, schema, remarks = read(data)
        assert (schema.time_col, schema.target_col) == ("ds", "y")
        assert panel.frequency.format(int(panel.starts[0])) == "2023-01-01"
        assert remarks[0] == "Took the index, which has no name, as column 'ds'."


def test_years_in_the_index() -> None:
    for index in (range(1990, 1990 + N), list(range(1990, 1990 + N))):
        panel, schema, _ = read(pd.Series(Y, index))
        assert schema.time_col == "ds"
        assert panel.frequency.format(int(panel.starts[0])).startswith("1990")


@pytest.mark.parametrize(
    "frame",
    [
        FRAME.sort_values("sales", ascending=False),
        FRAME.sample(frac=1, random_state=0),
        FRAME.set_index(pd.RangeIndex(1990, 1990 + N)),
        FRAME.set_index(np.arange(N) * 3.0),
        FRAME.set_index("date", drop=False),
        FRAME.set_index(pd.Index([f"row {n}" for n in range(N)])),
    ],
    ids=["sorted", "shuffled", "slice", "floats", "kept", "labels"],
)
def test_numbers_and_names_of_rows_say_nothing(frame: pd.DataFrame) -> None:
    panel, schema, _ = read(frame)
    assert (schema.id_col, schema.time_col) == (None, "date")
    assert panel.target.tolist() == Y.tolist()


def test_rows_that_were_turned_round_are_turned_back() -> None:
    assert read(pd.Series(Y)[::-1])[0].target.tolist() == Y.tolist()


def test_a_level_named_as_a_column_takes_another_name() -> None:
    frame = FRAME.rename(columns={"date": "ds"}).set_index(pd.date_range("2020-01-01", periods=N))
    _, schema, remarks = read(frame)
    assert schema.time_col == "ds"
    assert "Took the index, which has no name, as column 'ds_index'." in remarks


def test_newer_rows_take_the_names_of_the_model() -> None:
    panel, schema, _ = to_panel(NORTH)
    newer = pd.Series([1.0, 2.0], pd.date_range("2023-01-25", periods=2), name="sales")
    arrivals = read_arrivals(newer, schema, panel.frequency)
    assert arrivals.values.tolist() == [1.0, 2.0]
    years, schema, _ = to_panel(pd.Series(Y, range(1990, 1990 + N)))
    newer = pd.Series([1.0], [1990 + N])
    assert len(read_arrivals(newer, schema, years.frequency).values) == 1


MASK = [n == 3 for n in range(N)]


@pytest.mark.parametrize(
    "data",
    [
        np.ma.masked_array(Y, MASK),
        np.ma.masked_array(Y.astype(np.int64), MASK),
        np.ma.masked_array(Y.astype(object), MASK),
        np.ma.masked_array(Y, MASK)[:, None],
        [np.ma.masked if n == 3 else value for n, value in enumerate(Y)],
        pd.array([None if n == 3 else int(value) for n, value in enumerate(Y)]),
        np.array([None if n == 3 else value for n, value in enumerate(Y)]),
        pd.DataFrame({"ds": DAYS, "y": np.ma.masked_array(Y, MASK)}),
    ],
    ids=["floats", "integers", "objects", "column", "list", "nullable", "none", "frame"],
)
def test_what_is_masked_is_missing(data: Any) -> None:
    panel = read(data)[0]
    assert panel.mask.tolist() == [not one for one in MASK]
    assert panel.target[panel.mask].tolist() == np.delete(Y, 3).tolist()


def test_other_shapes_are_refused() -> None:
    for data in (np.ones((1, 9)), np.ones((3, 3)), np.float64(3)):
        with pytest.raises(ArgumentError, match="one-dimensional"):
            to_panel(data)
