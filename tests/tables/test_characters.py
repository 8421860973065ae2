"""Digits of any script are digits, and nothing else is."""

# Characters of other scripts are what is tested.
# ruff: noqa: RUF001

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rollcast.errors import DataError
from rollcast.tables import to_panel
from rollcast.tables.characters import plain_characters, plain_text
from rollcast.tables.numbers import is_number, read_numbers


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("１２.５", "12.5"), ("１２，５", "12,5"), ("١٢٫٥", "12.5"), ("١٬٢٣٤", "1,234"), ("۱۲", "12"), ("১২", "12"),
        ("๑๒", "12"), ("१२", "12"), ("\u22125", "-5"), ("１\u00a0２３４", "1 234"), ("\u200e5\u200f", "5"),
        ("\ufeff5", "5"), ("Ａｂ", "Ab"), ("5²", "5²"), ("½", "½"), ("①", "①"), ("Ⅷ", "Ⅷ"),
        ("三", "三"), ("année", "année"),
    ],
)  # fmt: skip
def test_characters_are_made_plain(text: str, plain: str) -> None:
    assert plain_text(text) == plain
    assert plain_characters(pd.Series([text, "1"], dtype="str")).tolist() == [plain, "1"]


@pytest.mark.parametrize(
    ("cell", "value", "decimal"),
    [
        ("１２", 12, "{}"), ("১২", 12, "{}"), ("١٢", 12, "{}"), ("１２.５", 12.5, "{}.5"), ("١٢٫٥", 12.5, "{}.5"),
        ("１２,５", 12.5, "{},5"), ("１２，５", 12.5, "{},5"), ("−１２", -12, "{}"), ("१२", 12, "{}"),
        ("１ ２３４", 1234, "{}"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("everywhere", [False, True])
def test_a_file_with_other_digits(
    tmp_path: Path, cell: str, value: float, decimal: str, everywhere: bool
) -> None:
    path = tmp_path / "a.csv"
    cells = [cell if everywhere or day == 12 else decimal.format(day) for day in range(1, 31)]
    rows = [f"2024-01-{day:02d};{text}" for day, text in enumerate(cells, 1)]
    path.write_text("ds;y\n" + "\n".join(rows) + "\n", encoding="utf-8")
    panel, _, _ = to_panel(path)
    assert panel.target[11] == value
    if not everywhere:
        assert panel.target[0] == float(decimal.format(1).replace(",", "."))


@pytest.mark.parametrize("cell", ["5²", "½", "①", "Ⅷ", "三", "1१x"])
def test_what_is_no_digit_is_refused_by_line(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"ds,y\n2024-01-01,1\n2024-01-02,{cell}\n2024-01-03,3\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"Column 'y' holds the text .* at line 3 of a\.csv"):
        to_panel(path)


def test_dates_and_identifiers_of_other_digits(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    digits = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    for form in ("%Y-%m-%d", "%Y%m%d", "%d/%m/%Y"):
        days = pd.date_range("2024-01-10", periods=30)
        rows = [f"{t.strftime(form)},{n}".translate(digits) for n, t in enumerate(days)]
        path.write_text("date,sold\n" + "\n".join(rows) + "\n", encoding="utf-8")
        panel, schema, _ = to_panel(path)
        assert (schema.time_col, schema.target_col) == ("date", "sold")
        assert panel.starts.tolist() == [days.as_unit("ns").asi8[0]]
        assert panel.target.tolist() == list(range(30))


def test_numbers_are_never_the_least_integer() -> None:
    read = read_numbers(pd.Series(["१२", "②", None], dtype="str"))
    np.testing.assert_array_equal(read.values, [12, np.nan, np.nan])
    assert read.bad.tolist() == [False, True, False]
    assert is_number("１２")
    assert not is_number("②")
