import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

import rollcast as rc
from rollcast.errors import DataError
from rollcast.tables import read_arrivals, to_panel

NAN = float("nan")


def table(**columns) -> pd.DataFrame:
    """Two series of five days, the second of them out of stock on two."""
    days = pd.date_range("2024-01-01", periods=5)
    usual = {
        "unique_id": ["a"] * 5 + ["b"] * 5,
        "ds": [*days, *days],
        "y": [1.0, 2, 3, 4, 5, 10, 0, 0, 40, 50],
        "in_stock": [True] * 6 + [False] * 2 + [True] * 2,
    }
    return pd.DataFrame(usual | columns)


@pytest.mark.parametrize(
    ("yes", "no"),
    [(True, False), (1, 0), (1.0, 0.0), ("yes", "no"), ("Y", "N"), ("TRUE", " false ")],
)
def test_a_flag_is_read_however_it_is_written(yes, no):
    flags = [yes] * 6 + [no] * 2 + [yes] * 2
    panel, schema, notes = to_panel(table(in_stock=flags), available="in_stock")
    assert panel.mask.tolist() == [True] * 6 + [False] * 2 + [True] * 2
    assert_array_equal(panel.target[5:], [10, 0, 0, 40, 50])  # kept, for pictures
    assert schema.available == "in_stock"
    assert "2 rows of 1 series are marked not available and do not count." in notes.remarks
    assert notes.missing == 0


def test_flags_come_from_a_file_too(tmp_path):
    table().to_csv(tmp_path / "sales.csv", index=False)
    panel, _, _ = to_panel(tmp_path / "sales.csv", available="in_stock")
    assert panel.mask.sum() == 8


@pytest.mark.parametrize(
    ("cell", "named"), [("perhaps", "holds 'perhaps'"), (None, "holds nothing"), (2, "holds 2")]
)
def test_a_flag_that_says_nothing_is_named_by_column_series_and_row(cell, named):
    flags = pd.Series([True] * 10, dtype=object)
    flags[7] = cell
    with pytest.raises(
        DataError, match=rf"Column 'in_stock' of series 'b' {named} at row 7 .* true or false"
    ):
        to_panel(table(in_stock=flags), available="in_stock")


def test_a_row_without_a_value_needs_no_flag():
    frame = table(in_stock=[True] * 9 + [None])
    frame.loc[9, "y"] = NAN
    assert to_panel(frame, available="in_stock")[0].lengths.tolist() == [5, 4]


def test_a_series_begins_with_its_first_value_that_counts():
    panel, _, notes = to_panel(table(in_stock=[False] * 2 + [True] * 8), available="in_stock")
    assert panel.lengths.tolist() == [3, 5]
    assert panel.target[0] == 3
    assert any("before the first value that counts" in remark for remark in notes.remarks)


def test_what_was_recorded_at_the_end_has_happened():
    panel, _, _ = to_panel(table(in_stock=[True] * 9 + [False]), available="in_stock")
    assert panel.lengths.tolist() == [5, 5]
    assert panel.mask.tolist() == [True] * 9 + [False]


@pytest.mark.parametrize(
    ("fill", "filled"), [("ffill", [10, 0, NAN, 10, 50]), ("zero", [10, 0, NAN, 0, 50])]
)
def test_what_is_not_available_is_neither_filled_nor_filled_from(fill, filled):
    frame = table()
    frame.loc[[7, 8], "y"] = NAN  # not available and missing; missing alone
    panel, _, _ = to_panel(frame, available="in_stock", fill=fill)
    assert_array_equal(panel.mask[5:], [True, False, False, True, True])
    counts = panel.mask[5:]
    assert_array_equal(panel.target[5:][counts], np.array(filled)[counts])


def test_what_is_not_available_is_no_fault_where_missing_values_are():
    frame = table()
    frame.loc[7, "y"] = NAN
    to_panel(frame, available="in_stock", fill="error")
    with pytest.raises(DataError, match="lacks 1 value,"):
        to_panel(frame, fill="error")


@pytest.mark.parametrize(("joined", "counts"), [("sum", False), ("last", True)])
def test_joined_rows_count_where_all_of_them_do(joined, counts):
    frame = pd.concat([table(), table().iloc[[8]]]).reset_index(drop=True)
    frame.loc[8, "in_stock"] = False
    panel, _, _ = to_panel(frame, available="in_stock", duplicates=joined)
    assert bool(panel.mask[8]) is counts


def test_a_later_table_may_lack_the_columns_and_says_so_of_the_one():
    frame = table(price=2.0)
    _, schema, _ = to_panel(frame, available="in_stock", weights="price")
    later, _, notes = to_panel(frame[["unique_id", "ds", "y"]], like=schema)
    assert later.mask.all()
    assert later.weights is None
    told = [remark for remark in notes.remarks if "in_stock" in remark]
    assert told == [
        "Column 'in_stock' is not in the table, so that all its rows count as available."
    ]
    again, _, _ = to_panel(frame, like=schema)
    assert again.mask.sum() == 8


def test_new_rows_that_are_not_available_are_read_as_missing():
    _, schema, _ = to_panel(table(), available="in_stock")
    rows = read_arrivals(table(), schema, to_panel(table())[0].frequency)
    assert_array_equal(rows.values[5:], [10, NAN, NAN, 40, 50])
    assert rows.available is not None
    assert rows.available.tolist() == [True] * 6 + [False] * 2 + [True] * 2


def test_weights_lie_on_the_grid_and_inserted_rows_take_those_before():
    frame = table(price=np.arange(10.0)).drop(index=[2])
    panel, schema, notes = to_panel(frame, weights="price")
    assert panel.weights is not None
    assert panel.weights.tolist() == [0, 1, 1, 3, 4, 5, 6, 7, 8, 9]
    assert schema.weights == "price"
    assert "Training and scores are weighted by column 'price'." in notes.remarks


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({7: -1.0}, "of series 'b' holds the weight -1 at row 7"),
        ({7: NAN}, "of series 'b' holds no weight at row 7"),
        ({7: np.inf}, "is infinite"),
        (dict.fromkeys(range(10), 0.0), "holds no weight above 0"),
    ],
)
def test_a_weight_that_is_none_is_named(change, named):
    price = pd.Series(np.ones(10))
    price.update(pd.Series(change))
    price[[row for row, value in change.items() if np.isnan(value)]] = NAN
    with pytest.raises(DataError, match=f"Column 'price' .*{named}|Column 'price' {named}"):
        to_panel(table(price=price), weights="price")


def test_a_row_to_come_needs_no_weight():
    frame = table(price=1.0)
    frame.loc[9, ["y", "price"]] = NAN
    assert to_panel(frame, weights="price")[0].lengths.tolist() == [5, 4]


@pytest.mark.parametrize("argument", ["available", "weights"])
def test_a_column_that_is_not_there_is_named(argument):
    with pytest.raises(DataError, match=f"Column 'price' is not in the table.*{argument}="):
        to_panel(table(), **{argument: "price"})
    with pytest.raises(DataError, match="can't be two of"):
        to_panel(table(), target_col="y", **{argument: "y"})


def test_flags_and_weights_are_not_taken_for_what_is_forecast():
    frame = table(price=1.0, in_stock=1).rename(columns={"y": "sold"})
    _, schema, _ = to_panel(frame, available="in_stock", weights="price")
    assert schema.target_col == "sold"


def test_a_check_shows_the_columns_and_names_them_in_the_call():
    found = rc.check(table(price=1.0), h=1, available="in_stock", weights="price")
    roles = {one.name: one.role for one in found.columns}
    assert (roles["in_stock"], roles["price"]) == ("available", "weights")


def test_a_table_to_train_on_of_which_nothing_counts_is_refused():
    with pytest.raises(DataError, match="Column 'in_stock' says of every row with a value that it"):
        to_panel(table(in_stock=False), available="in_stock")
    priced = table(price=table().in_stock.map({True: 0.0, False: 2.0}))
    with pytest.raises(DataError, match="Column 'price' holds no weight above 0"):
        to_panel(priced, available="in_stock", weights="price")


def test_later_rows_need_not_count():
    _, schema, _ = to_panel(table(price=2.0), available="in_stock", weights="price")
    later, _, _ = to_panel(table(in_stock=False, price=0.0), like=schema)
    assert not later.mask.any()
    assert later.weights is not None
    assert not later.weights.any()


def test_a_series_of_which_nothing_counts_is_left_out_and_said():
    frame = table()
    frame["in_stock"] = frame.unique_id == "a"
    panel, _, notes = to_panel(frame, available="in_stock")
    assert panel.ids == ("a",)
    assert "Left out 1 series without any value that counts: 'b'." in notes.warnings


def test_a_weight_that_is_no_number_is_not_to_be_left_empty():
    cells = pd.Series([1.0] * 10, dtype=object)
    cells[7] = "much"
    frame = table(price=cells)
    with pytest.raises(DataError) as caught:
        to_panel(frame, weights="price")
    assert str(caught.value) == (
        "Column 'price' of series 'b' holds the text 'much' at row 7 (counted from 0); write a number of at "
        "least 0 there, 0 where the row is not to count."
    )


def test_only_a_table_to_train_on_is_said_to_be_weighted():
    frame = table(price=np.arange(10.0))
    _, schema, notes = to_panel(frame, weights="price")
    assert any("weighted" in remark for remark in notes.remarks)
    _, _, later = to_panel(frame, like=schema)
    assert not any("weighted" in remark for remark in later.remarks)
