"""Numbers as people and their spreadsheets write them."""

from pathlib import Path

import pandas as pd
import pytest

from rollcast.errors import DataError
from rollcast.tables import to_panel
from rollcast.tables.numbers import is_number, read_numbers

DAYS = pd.date_range("2024-01-01", periods=10).strftime("%Y-%m-%d").tolist()


def write(tmp_path: Path, header: str, cells: list[str], encoding: str = "utf-8") -> Path:
    path = tmp_path / "sales.csv"
    rows = "".join(f'{day};"{cell}"\n' for day, cell in zip(DAYS, cells, strict=True))
    path.write_text(header + "\n" + rows, encoding=encoding)
    return path


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("$170.75", 170.75),
        ("$1,170.75", 1170.75),
        ("€ 12,50", 12.5),
        ("12.50 €", 12.5),
        ("1\u202f234,50 €", 1234.5),
        ("₩12,000", 12000),
        ("1,234원", 1234),
        ("￥1,234", 1234),
        ("US$ 5.25", 5.25),
        ("1.234,50 kr", 1234.5),
        ("CHF 1'234.50", 1234.5),
        ("(5.00)", -5),
        ("($1,234.50)", -1234.5),
        ("$(5.25)", -5.25),
        ("-$5.25", -5.25),
        ("$-5.25", -5.25),
        ("12,50-", -12.5),
        ("₹12,34,567.50", 1234567.5),
        ("7.2%", 7.2),
        ("7,2 %", 7.2),
    ],
)
def test_what_stands_beside_a_number_is_left_out(text: str, number: float) -> None:
    read = read_numbers(pd.Series([text, text]))
    assert (read.values.tolist(), read.bad.any(), read.ambiguous) == ([number] * 2, False, None)
    assert read.example is not None
    assert is_number(text)


@pytest.mark.parametrize("text", ["$", "%", "()", "-$-5", "$5€", "5 apples", "(1)(2)", "-(5)", "€"])
def test_what_is_no_number_stays_none(text: str) -> None:
    assert read_numbers(pd.Series([text])).bad.all()
    assert not is_number(text)


def test_two_currencies_in_a_column_are_no_numbers() -> None:
    assert read_numbers(pd.Series(["$5", "7", "€6"])).bad.tolist() == [False, False, True]


def test_how_a_target_was_read_is_said(tmp_path: Path) -> None:
    cells = [f"{n},50 €" for n in range(10)]
    panel, _, notes = to_panel(write(tmp_path, "Datum;Umsatz", cells))
    assert panel.target.tolist() == [n + 0.5 for n in range(10)]
    assert notes.remarks[0] == (
        "Read the numbers of column 'Umsatz' such as '0,50 €' as 0.5; write plain numbers, as 1234.5, if that is wrong."
    )


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        ("날짜;매출", "cp949"),
        ("日付;売上", "utf-8"),
        ("日期;销量", "utf-8"),
        ("날짜;매출", "utf-8"),
    ],
)
def test_commas_group_thousands_below_east_asian_names(
    tmp_path: Path, header: str, encoding: str
) -> None:
    cells = [f"{n},067" for n in range(300, 310)]
    panel, _, notes = to_panel(write(tmp_path, header, cells, encoding))
    assert panel.target.tolist() == [n * 1000 + 67 for n in range(300, 310)]
    assert "such as '300,067' as 300067, the comma grouping thousands;" in notes.remarks[0]


def test_commas_that_may_group_thousands_are_refused_elsewhere(tmp_path: Path) -> None:
    cells = [f"{n},067" for n in range(300, 310)]
    with pytest.raises(DataError, match=r"'300,067' at line 2 of sales\.csv is 300067 or 300\.067"):
        to_panel(write(tmp_path, "Datum;Umsatz", cells))


def test_decimal_commas_stay_such_below_east_asian_names(tmp_path: Path) -> None:
    cells = [f"{n},5" for n in range(10)]
    panel, _, _ = to_panel(write(tmp_path, "날짜;온도", cells))
    assert panel.target.tolist() == [n + 0.5 for n in range(10)]


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        ("日付,売上", "cp932"),
        ("日期,销量", "gb18030"),
        ("日期,銷量", "big5"),
        ("날짜,매출", "cp949"),
    ],
)
def test_east_asian_files_are_read_in_their_encoding(
    tmp_path: Path, header: str, encoding: str
) -> None:
    path = tmp_path / "sales.csv"
    rows = "".join(f'{day},"{n},067"\n' for n, day in enumerate(DAYS, 300))
    path.write_text(header + "\n" + rows, encoding=encoding)
    panel, schema, _ = to_panel(path)
    assert f"{schema.time_col},{schema.target_col}" == header
    assert panel.target.tolist() == [n * 1000 + 67 for n in range(300, 310)]


def test_japanese_dates_name_their_encoding(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    rows = "".join(f"2024年1月{n}日,{n}\n" for n in range(1, 11))
    path.write_text("営業日,売上\n" + rows, encoding="cp932")
    panel, schema, notes = to_panel(path)
    assert (schema.time_col, panel.target.tolist()) == ("営業日", list(range(1, 11)))
    assert notes.remarks[0] == (
        "Read sales.csv as text in cp932; save it as UTF-8 if its names look wrong."
    )
