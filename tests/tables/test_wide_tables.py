"""Wide tables: those whose columns are times are read, those whose columns may be series are explained."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from rollcast.errors import DataError
from rollcast.tables import read_arrivals, read_table, to_panel

ENGLISH = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
GERMAN = [
    "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
    "November", "Dezember",
]  # fmt: skip
MONTHS = np.arange(48.0)


def by_month(names: list[Any], year: str = "Year", years: int = 4) -> pd.DataFrame:
    values = dict(zip(names, (MONTHS.reshape(4, 12)[:years]).T, strict=True))
    return pd.DataFrame({year: range(2018, 2018 + years), **values})


@pytest.mark.parametrize(
    ("names", "year"),
    [
        (ENGLISH, "Year"), (GERMAN, "Jahr"), ([f"{n}월" for n in range(1, 13)], "연도"),
        ([str(n) for n in range(1, 13)], "year"), ([f"{n:02d}" for n in range(1, 13)], "y"),
        (["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."], "année"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("how", ["pandas", "polars", "file"])
def test_years_by_months(tmp_path: Path, names: list[str], year: str, how: str) -> None:
    data: Any = by_month(names, year)
    if how == "polars":
        data = pl.from_pandas(data)
    if how == "file":
        data.to_csv(tmp_path / "sales.csv", index=False)
        data = tmp_path / "sales.csv"
    panel, schema, notes = to_panel(data)
    assert (schema.id_col, schema.time_col, schema.target_col) == (None, "ds", "y")
    assert panel.target.tolist() == MONTHS.tolist()
    assert panel.frequency.alias == "MS"
    assert panel.frequency.format(int(panel.starts[0])) == "2018-01-01"
    name = "sales.csv" if how == "file" else "the table"
    assert notes.remarks[0] == (
        f"Read {name} as wide, with columns '{names[0]}' to '{names[-1]}' as the months of each"
        f" '{year}': its times are column 'ds' and its values 'y' of a long table, in which forecasts"
        " come too; to read one column alone, name it with target_col=."
    )


def test_months_that_have_not_been_yet_are_no_rows() -> None:
    frame = by_month(ENGLISH)
    frame.loc[3, "May":] = np.nan
    panel, _, _ = to_panel(frame)
    assert panel.target.tolist() == MONTHS[:40].tolist()


def test_one_column_alone() -> None:
    panel, schema, _ = to_panel(by_month(ENGLISH), target_col="Jan")
    assert (schema.time_col, schema.target_col) == ("Year", "Jan")
    assert panel.target.tolist() == [0, 12, 24, 36]


def test_names_that_the_caller_gives() -> None:
    _, schema, _ = to_panel(by_month(ENGLISH), time_col="month", target_col="sales")
    assert (schema.time_col, schema.target_col) == ("month", "sales")


def test_months_by_years_and_quarters() -> None:
    turned = by_month(ENGLISH).set_index("Year").T.rename_axis("Month").reset_index()
    assert to_panel(turned)[0].target.tolist() == MONTHS.tolist()
    quarters = MONTHS[:16].reshape(4, 4)
    for names in (["Q1", "Q2", "Q3", "Q4"], [f"{n}분기" for n in range(1, 5)]):
        frame = pd.DataFrame(
            {"Year": range(2018, 2022), **dict(zip(names, quarters.T, strict=True))}
        )
        panel, _, _ = to_panel(frame)
        assert panel.target.tolist() == MONTHS[:16].tolist()
        assert panel.frequency.alias.startswith("QS")


def test_years_by_months_of_two_shops() -> None:
    frame = pd.concat([by_month(ENGLISH).assign(shop="a"), by_month(ENGLISH).assign(shop="b")])
    panel, schema, _ = to_panel(frame.reset_index(drop=True))
    assert (schema.id_col, panel.ids) == ("shop", ("a", "b"))
    assert panel.target.tolist() == [*MONTHS, *MONTHS]


DATES = pd.date_range("2024-01-05", periods=9)
CELLS = np.arange(18.0).reshape(2, 9) ** 2


@pytest.mark.parametrize(
    "names",
    [
        [f"{day:%Y-%m-%d}" for day in DATES], [f"{day:%Y%m%d}" for day in DATES],
        [f"X{day:%Y.%m.%d}" for day in DATES], list(DATES), [day.date() for day in DATES],
    ],
    ids=["iso", "numbers", "r", "stamps", "dates"],
)  # fmt: skip
def test_dates_as_columns(tmp_path: Path, names: list[Any]) -> None:
    frame = pd.DataFrame(CELLS, columns=names)
    frame.insert(0, "store", ["007", "7"])
    frame.to_csv(tmp_path / "sales.csv", index=False)
    for data in (frame, tmp_path / "sales.csv", frame.set_index("store")):
        panel, schema, _ = to_panel(data)
        assert (schema.id_col, panel.ids) == ("store", ("007", "7"))
        assert panel.target.tolist() == CELLS.ravel().tolist()
        assert panel.frequency.format(int(panel.starts[1])) == "2024-01-05"
    _, schema, _ = to_panel(frame.set_index("store").rename_axis(None))
    assert schema.id_col == "unique_id"


def test_years_as_columns_below_titles(tmp_path: Path) -> None:
    path = tmp_path / "population.csv"
    path.write_text(
        '"Data Source","World",\n\n"Last Updated","2024-05-30",\n\n'
        '"Country Name","Country Code","2000","2001","2002",\n'
        '"Germany","DEU","82","81","83",\n"France","FRA","61","60","62",\n'
    )
    panel, schema, _ = to_panel(path)
    assert (schema.id_col, panel.ids) == ("Country Name", ("Germany", "France"))
    assert panel.target.tolist() == [82, 81, 83, 61, 60, 62]
    assert panel.frequency.format(int(panel.starts[0])).startswith("2000")


def test_hours_as_columns() -> None:
    names = [f"{hour:02d}:00" for hour in range(24)]
    frame = pd.DataFrame(MONTHS.reshape(2, 24), columns=names)
    for days in (["2024-01-05", "2024-01-06"], DATES[:2]):
        panel, _, _ = to_panel(frame.assign(day=days))
        assert panel.target.tolist() == MONTHS.tolist()
        assert panel.frequency.alias == "h"


def test_a_cell_is_named_by_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text("Year," + ",".join(ENGLISH) + "\n2018" + ",1" * 12 + "\n2019,1,1,x" + ",1" * 9)
    with pytest.raises(
        DataError, match=r"'x' at line 3 of sales.csv, column 'Mar'; write a number"
    ):
        to_panel(path)


def test_rows_that_no_column_tells_apart_are_refused() -> None:
    names = [f"{day:%Y-%m-%d}" for day in DATES]
    frame = pd.DataFrame(CELLS, columns=names)
    with pytest.raises(DataError, match="no column tells its 2 rows apart; add a column of names"):
        to_panel(frame)
    with pytest.raises(DataError, match="give each its own name in column 'store'"):
        to_panel(frame.assign(store="a"))
    with pytest.raises(DataError, match="join 'store', 'item' into one column"):
        to_panel(pd.concat([frame] * 2).assign(store=[*"aabb"], item=[*"xyxy"]))


def test_newer_wide_rows_are_read_the_same_way() -> None:
    panel, schema, _ = to_panel(by_month(ENGLISH, years=3))
    newer = by_month(ENGLISH).iloc[3:][["Year", "Jan"]]
    again, _, _ = to_panel(by_month(ENGLISH), like=schema, freq=panel.frequency)
    assert again.target.tolist() == MONTHS.tolist()
    assert read_arrivals(newer, schema, panel.frequency).values.tolist() == [36.0]


STORES = pd.DataFrame({"date": DATES, "A": CELLS[0], "B": CELLS[1]})


def test_columns_that_may_be_series_are_refused_with_the_call(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    STORES.to_csv(path, index=False, sep=";")
    cases = (
        (STORES, {"frame": STORES}), (STORES.set_index("date"), {"frame": STORES.set_index("date")}),
        (pl.from_pandas(STORES), {"frame": pl.from_pandas(STORES)}), (path, {}),
    )  # fmt: skip
    for data, names in cases:
        with pytest.raises(
            DataError, match="'A', 'B'; name one with target_col=, or, if"
        ) as caught:
            to_panel(data)
        call = str(caught.value).split("make the table long by ")[1].removesuffix(".")
        call = call.replace("rollcast.tables.read_table('sales.csv')", "read_table(path)")
        long = eval(call, {**names, "read_table": read_table, "path": path})  # noqa: S307
        panel, schema, _ = to_panel(long)
        assert (schema.id_col, schema.time_col, panel.ids) == ("unique_id", "date", ("A", "B"))
        assert panel.target.tolist() == CELLS.ravel().tolist()
