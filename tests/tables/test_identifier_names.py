"""Numbers below a name of identifiers name series, and are not forecast."""

import pandas as pd
import pytest

from rollcast.errors import DataError
from rollcast.tables import to_panel

DAYS = pd.date_range("2024-01-01", periods=10)


def panel_of_two(name: str) -> pd.DataFrame:
    """Two series that a column of whole numbers names."""
    frame = pd.DataFrame({name: [7] * 10 + [9] * 10, "date": [*DAYS, *DAYS]})
    return frame.assign(amount=[float(n) for n in range(20)])


@pytest.mark.parametrize(
    "name",
    ["store_id", "item_id", "id", "StoreID", "sku_id", "Store Nbr", "Filialnummer", "매장코드", "store", "Shop"],
)  # fmt: skip
def test_numbers_that_name_series_are_the_identifier(name: str) -> None:
    panel, schema, notes = to_panel(panel_of_two(name))
    assert (schema.id_col, schema.target_col, panel.ids) == (name, "amount", (7, 9))
    assert f"'date' as the time and '{name}' as the series." in notes.remarks[0]


@pytest.mark.parametrize("name", ["id", "unique_id", "series", "store"])
@pytest.mark.parametrize("time", ["date", "ds", None])
def test_the_number_of_the_only_series_is_its_identifier(name: str, time: str | None) -> None:
    frame = pd.DataFrame({name: 7, time or "date": DAYS, "amount": [float(n) for n in range(10)]})
    frame = frame if time else frame.drop(columns="date")
    panel, schema, _ = to_panel(frame)
    assert (schema.id_col, schema.target_col, panel.ids) == (name, "amount", (7,))


def test_what_counts_the_rows_is_left_out() -> None:
    frame = pd.DataFrame({"id": range(10), "date": DAYS, "sales": [float(n) for n in range(10)]})
    _, schema, notes = to_panel(frame)
    assert (schema.id_col, schema.target_col) == (None, "sales")
    assert notes.remarks[0].startswith("Left out column 'id': no time comes twice")


def test_text_that_tells_series_apart_needs_no_number_beside_it() -> None:
    frame = panel_of_two("shop_id").assign(shop=["a"] * 10 + ["b"] * 10)
    assert to_panel(frame)[1].id_col == "shop"
    assert to_panel(frame.assign(id=range(20)))[1].id_col == "shop"


def test_two_that_name_series_together_are_refused_with_the_call_that_joins_them() -> None:
    table = pd.concat([panel_of_two("store_id").assign(item=item) for item in ("x", "y")])
    with pytest.raises(DataError, match="'item', 'store_id'; join them") as refused:
        to_panel(table)
    fix = """table["series"] = table['item'].astype(str) + "/" + table['store_id'].astype(str)"""
    assert f"join them by {fix}, and name that with id_col" in str(refused.value)
    table["series"] = table["item"].astype(str) + "/" + table["store_id"].astype(str)
    panel, _, _ = to_panel(table, id_col="series", target_col="amount")
    assert panel.ids == ("x/7", "x/9", "y/7", "y/9")


def test_a_name_of_things_alone_names_no_series() -> None:
    """Where no time comes twice, or the numbers aren't whole, a store is a column like another."""
    frame = pd.DataFrame({"date": DAYS, "store": range(10), "sales": range(10)})
    with pytest.raises(DataError, match="'store', 'sales'; name one with target_col="):
        to_panel(frame)


def test_an_identifier_alone_is_forecast() -> None:
    frame = pd.DataFrame({"date": DAYS, "id": [float(n) for n in range(10)]})
    assert to_panel(frame)[1].target_col == "id"
