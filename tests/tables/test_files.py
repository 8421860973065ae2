"""CSV files as people have them, and Parquet."""

import codecs
import gzip
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rollcast.errors import BackendError, FileError, RollcastError
from rollcast.tables import read_table, to_panel
from rollcast.tables.files.dialect import find_encoding
from rollcast.tables.numbers import read_numbers

ROWS = [("2024-01-01", 1.5), ("2024-01-02", 2.25), ("2024-01-03", -3.0)]
EXPECTED = pd.DataFrame(
    {"date": [day for day, _ in ROWS], "sales": [value for _, value in ROWS]}
).astype({"date": "str"})


def write(tmp_path: Path, content: str | bytes, name: str = "sales.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def complaint(path: Path) -> str:
    """The refusal of a file, empty where it is none; any other error passes through."""
    try:
        to_panel(path)
    except RollcastError as error:
        return str(error)
    return ""


def table(delimiter: str = ",", decimal: str = ".", end: str = "\n", quote: str = "") -> str:
    lines = [f"date{delimiter}sales"]
    for day, value in ROWS:
        number = str(value).replace(".", decimal)
        lines.append(f"{quote}{day}{quote}{delimiter}{quote}{number}{quote}")
    return end.join(lines) + end


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", " ", "   "])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_any_delimiter_and_line_end(tmp_path: Path, delimiter: str, end: str) -> None:
    frame = read_table(write(tmp_path, table(delimiter, end=end)))
    pd.testing.assert_frame_equal(frame, EXPECTED)


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_decimal_comma(tmp_path: Path, delimiter: str) -> None:
    frame = read_table(write(tmp_path, table(delimiter, decimal=",")))
    pd.testing.assert_frame_equal(frame, EXPECTED)


def test_a_missing_value_among_decimal_commas(tmp_path: Path) -> None:
    frame = read_table(write(tmp_path, "date;sales\n2024-01-01;1,5\n2024-01-02;\n2024-01-03;3\n"))
    np.testing.assert_array_equal(frame["sales"], [1.5, np.nan, 3.0])


def test_quoted_decimal_comma_between_commas(tmp_path: Path) -> None:
    frame = read_table(write(tmp_path, table(",", decimal=",", quote='"')))
    pd.testing.assert_frame_equal(frame, EXPECTED)


@pytest.mark.parametrize(
    "content",
    [
        codecs.BOM_UTF8 + table().encode(),
        table("\t").encode("utf-16"),
        codecs.BOM_UTF16_BE + table("\t").encode("utf-16-be"),
        table("\t").encode("utf-16-le"),
        table(";", ",").encode("utf-16-be"),
        gzip.compress(table().encode()),
        ("sep=;\r\n" + table(";", ",", "\r\n")).encode(),
        ("# exported on a Monday\n\n" + table()).encode(),
        ("\n\n" + table() + "\n\n").encode(),
        table().replace(",", ", ").encode(),
    ],
    ids=["bom", "utf16", "utf16be", "utf16le-bare", "utf16be-bare", "gz", "sep", "comment",
         "blank", "padded"],
)  # fmt: skip
def test_wrappings(tmp_path: Path, content: bytes) -> None:
    pd.testing.assert_frame_equal(read_table(write(tmp_path, content)), EXPECTED)


def test_any_suffix_and_a_path_as_text(tmp_path: Path) -> None:
    for name in ("sales.txt", "sales.tsv", "sales.csv.gz", "sales"):
        path = write(tmp_path, table(), name)
        pd.testing.assert_frame_equal(read_table(str(path)), EXPECTED)


def test_korean_excel(tmp_path: Path) -> None:
    text = "날짜,매출,지점\n2024-01-01,10,서울\n2024-01-02,20,서울\n2024-01-03,30,서울\n"
    frame = read_table(write(tmp_path, text.encode("cp949")))
    assert frame.columns.tolist() == ["날짜", "매출", "지점"]
    assert frame["지점"].tolist() == ["서울"] * 3
    panel, schema, _ = to_panel(write(tmp_path, text.encode("cp949")))
    assert (schema.id_col, schema.time_col, schema.target_col) == ("지점", "날짜", "매출")
    assert panel.target.tolist() == [10, 20, 30]


def test_western_excel(tmp_path: Path) -> None:
    text = "Größe;Fläche\n1,5;2\n2,5;3\n"
    frame = read_table(write(tmp_path, text.encode("cp1252")))
    assert frame.columns.tolist() == ["Größe", "Fläche"]
    assert frame["Größe"].tolist() == [1.5, 2.5]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("a,b\n1,2\n", "utf-8"), ("날짜\n", "utf-8"), ("날짜\n", "cp949"), ("Größe\n", "cp1252"),
        ("Umsätze für Januar\n", "cp1252"), ("Année,Été\n", "cp1252"), ("일자;합계\n", "cp949"),
    ],
)  # fmt: skip
def test_encodings_are_told_apart(text: str, encoding: str) -> None:
    assert find_encoding(text.encode(encoding)) == encoding


def test_no_header(tmp_path: Path) -> None:
    path = write(tmp_path, "".join(table().splitlines(keepends=True)[1:]))
    frame = read_table(path)
    assert frame.columns.tolist() == ["column_1", "column_2"]
    assert frame["column_2"].tolist() == [1.5, 2.25, -3.0]
    _, schema, notes = to_panel(path)
    assert schema.target_col == "column_2"
    assert notes.remarks[0] == (
        "sales.csv has no header row; its columns are called column_1, column_2."
    )


def test_no_header_and_one_column(tmp_path: Path) -> None:
    panel, schema, _ = to_panel(write(tmp_path, "1.5\n2.5\n\n4.5\n5\n6\n\n"))
    assert schema.time_col is None
    np.testing.assert_array_equal(panel.target, [1.5, 2.5, np.nan, 4.5, 5, 6])


def test_no_header_with_ids(tmp_path: Path) -> None:
    frame = read_table(write(tmp_path, "a,2024-01-01,1\na,2024-01-02,2\nb,2024-01-01,3\n"))
    assert frame.shape == (3, 3)


def test_a_value_missing_in_the_first_row_of_no_header(tmp_path: Path) -> None:
    assert read_table(write(tmp_path, "2024-01-01,\n2024-01-02,2\n")).shape == (2, 2)


def test_numbers_as_column_names_are_a_header(tmp_path: Path) -> None:
    assert read_table(write(tmp_path, ",0\n2024-01-01,1\n2024-01-02,2\n")).shape == (2, 2)


def test_one_column_with_a_decimal_comma(tmp_path: Path) -> None:
    assert read_table(write(tmp_path, "y\n1,5\n2,5\n3,5\n"))["y"].tolist() == [1.5, 2.5, 3.5]


def test_an_unnamed_index_is_dropped(tmp_path: Path) -> None:
    stream = io.StringIO()
    EXPECTED.to_csv(stream)
    panel, schema, _ = to_panel(write(tmp_path, stream.getvalue()))
    assert (schema.time_col, schema.target_col) == ("date", "sales")
    assert panel.target.tolist() == [1.5, 2.25, -3.0]


def test_an_unnamed_index_of_dates_is_the_time(tmp_path: Path) -> None:
    series = pd.Series([1.0, 2.0, 3.0], pd.date_range("2024-01-01", periods=3), name="sales")
    stream = io.StringIO()
    series.to_csv(stream)
    panel, schema, _ = to_panel(write(tmp_path, stream.getvalue()))
    assert (schema.time_col, schema.target_col) == ("ds", "sales")
    assert panel.frequency.alias == "D"


def test_row_names_without_a_name(tmp_path: Path) -> None:
    text = '"date" "sales"\n"1" "2024-01-01" 1.5\n"2" "2024-01-02" 2.5\n'
    assert to_panel(write(tmp_path, text.replace(" ", ",")))[1].time_col == "date"


def test_a_delimiter_at_the_end_of_each_line(tmp_path: Path) -> None:
    for text in ("a;b;\n1;2;\n3;4;\n", "a;b\n1;2;\n3;4;\n"):
        frame = read_table(write(tmp_path, text))
        assert frame[["a", "b"]].to_numpy().tolist() == [[1, 2], [3, 4]]


def test_leading_zeros_are_kept(tmp_path: Path) -> None:
    for delimiter in ",;":
        text = "store,date,y\n007,2024-01-01,1\n007,2024-01-02,2\n".replace(",", delimiter)
        assert to_panel(write(tmp_path, text))[0].ids == ("007",)


@pytest.mark.skipif(pd.__version__ >= "3", reason="pandas 3 holds text so without being asked to")
def test_text_may_lie_in_arrow(tmp_path: Path) -> None:
    lines = ["when;sales", "2024-01-01T00:00+01:00;1 234,5", "2024-01-01T01:00+01:00;2 345,5"]
    with pd.option_context("future.infer_string", True):
        panel, schema, _ = to_panel(write(tmp_path, "\n".join(lines)))
    assert panel.target.tolist() == [1234.5, 2345.5]
    assert schema.time_zone == "UTC+01:00"


def test_thousands_that_are_clear(tmp_path: Path) -> None:
    cases = {
        '"1,234.5"\n"999.5"\n': [1234.5, 999.5],
        '"1,234,567"\n"2"\n': [1234567.0, 2.0],
        "1.234,5\n2,5\n": [1234.5, 2.5],
        "1 234,5\n2,5\n": [1234.5, 2.5],
        "1\u00a0234,5\n2,5\n": [1234.5, 2.5],
        "1'234.5\n2.5\n": [1234.5, 2.5],
        "1,234\n12345,678\n": [1.234, 12345.678],
        '"0,123"\n"0,5"\n': [0.123, 0.5],
    }
    for text, expected in cases.items():
        lines = text.splitlines()
        path = write(tmp_path, "t;y\n" + "".join(f"{n};{line}\n" for n, line in enumerate(lines)))
        assert read_table(path)["y"].tolist() == expected, text


def test_points_with_three_decimals_are_decimals(tmp_path: Path) -> None:
    path = write(tmp_path, "t;y\n0;1.234\n1;2.500\n")
    assert read_table(path)["y"].tolist() == [1.234, 2.5]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["1,234", "2,345"], r"Column 'y' can be read two ways: '1,234' at line 2 of sales.csv is"
         r" 1234 or 1.234; write numbers without thousands separators."),
        (["999", "1.234"], r"Column 'y' can be read two ways: '1.234' at line 3 of sales.csv is"
         r" 1.234 or 1234; write numbers"),
        (["1,5", "2.5"], r"Column 'y' mixes decimal points and commas: '2.5'.*'1,5'|'1,5'.*'2.5'"),
    ],
)  # fmt: skip
def test_thousands_that_are_not_clear_are_refused(
    tmp_path: Path, cells: list[str], message: str
) -> None:
    text = "t;y\n" + "".join(f"{n};{cell}\n" for n, cell in enumerate(cells))
    with pytest.raises(ValueError, match=message):
        to_panel(write(tmp_path, text), time_col="t", target_col="y")


def test_doubt_in_a_column_that_is_not_read_does_no_harm(tmp_path: Path) -> None:
    text = "t;y;other\n0;1,5;1,234\n1;2,5;2,345\n"
    assert to_panel(write(tmp_path, text), target_col="y")[0].target.tolist() == [1.5, 2.5]


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "sales.parquet"
    EXPECTED.to_parquet(path)
    pd.testing.assert_frame_equal(read_table(path), EXPECTED)
    renamed = path.rename(tmp_path / "sales.data")
    pd.testing.assert_frame_equal(read_table(renamed), EXPECTED)


def test_parquet_with_an_index_of_dates(tmp_path: Path) -> None:
    path = tmp_path / "sales.parquet"
    index = pd.date_range("2024-01-01", periods=3, tz="Asia/Seoul", name="when")
    pd.DataFrame({"sales": [1.0, 2.0, 3.0]}, index).to_parquet(path)
    panel, schema, _ = to_panel(path)
    assert (schema.time_col, schema.time_zone) == ("when", "Asia/Seoul")
    assert panel.frequency.tz == "Asia/Seoul"


def test_parquet_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, b"PAR1....PAR1", "sales.parquet")
    monkeypatch.setattr("rollcast.tables.files.files.find_spec", lambda _: None)
    with pytest.raises(BackendError, match=r'pip install "rollcast\[parquet\]"'):
        read_table(path)


REFUSED = {
    "empty": (b"", "sales.csv is empty; give a file with rows"),
    "blank": (b"\n \n\n", "sales.csv is empty"),
    "header": (b"date,sales\n", "sales.csv has a header but no rows"),
    "mark": (codecs.BOM_UTF8, "sales.csv is empty"),
    "binary": (bytes(range(256)) * 20, "sales.csv is no table, for it holds no text"),
    "zeros": (b"\0" * 500, "sales.csv is no table, for it holds no text"),
    "png": (b"\x89PNG\r\n\x1a\n....", "is no table but a picture; save the table as CSV"),
    "excel": (b"PK\x03\x04....", "is no table but an Excel workbook or a zip archive"),
    "json": (b'{"a": [1, 2]}', "is no table but JSON"),
    "html": (b"<html><body>", "is no table but HTML or XML"),
    "parquet": (b"PAR1 and no more", "is a Parquet file but broken or cut off"),
    "gzip": (gzip.compress(b"a,b\n1,2\n" * 50)[:20], "compressed by gzip but broken or cut off"),
    "gzip-bad": (b"\x1f\x8b and no more", "compressed by gzip but broken or cut off"),
    "fields": (b"a,b\n1,2\n3,4\n5,6,7\n8,9\n1,1\n2,2\n3,3\n",
               r"Line 4 of sales.csv has 3 fields where 2 were expected; quote"),
    "quote": (b'a,b\n1,2\n3,"4\n5,6\n' + b"7,8\n" * 50,
              "A quote in sales.csv is opened and never closed"),
    "prose": (b"This is a letter.\nIt holds no table.\n", "No column of sales.csv holds numbers"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_table_is_refused(tmp_path: Path, case: str) -> None:
    content, message = REFUSED[case]
    with pytest.raises(ValueError, match=message) as caught:
        to_panel(write(tmp_path, content))
    assert "\n" not in str(caught.value)


def test_paths_that_lead_nowhere_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"There is no file '.*nowhere.csv'; check its path"):
        read_table(tmp_path / "nowhere.csv")
    with pytest.raises(FileError, match="is a folder; give the path of a file in it"):
        read_table(tmp_path)
    with pytest.raises(FileError, match="is an address; fetch the file"):
        read_table("https://example.org/sales.csv")
    with pytest.raises(FileError, match="can't be read"):
        read_table("sales\0.csv")
    with pytest.raises(FileError, match="is no Parquet file"):
        read_table(write(tmp_path, "a,b\n1,2\n", "sales.parquet"))


def test_lines_are_counted_past_what_stands_before_the_header(tmp_path: Path) -> None:
    text = "# exported\n\ndate,y\n2024-01-01,1\n\n2024-01-02,none at all\n2024-01-03,2\n"
    with pytest.raises(ValueError, match=r"'none at all' at line 6 of sales.csv"):
        to_panel(write(tmp_path, text))


NUMBER = st.floats(-1e9, 1e9, allow_nan=False).map(lambda x: round(x, 3))


@settings(max_examples=60)
@given(values=st.lists(NUMBER, min_size=1, max_size=20), comma=st.booleans(), grouped=st.booleans())
def test_numbers_are_read_as_written_or_refused(
    values: list[float], comma: bool, grouped: bool
) -> None:
    texts = [f"{v:,.3f}" if grouped else f"{v:.3f}" for v in values]
    if comma:
        texts = [t.translate(str.maketrans(",.", ".,")) for t in texts]
    read = read_numbers(pd.Series(texts, dtype="str"), grouped_dots=True)
    assert not read.bad.any()
    if read.ambiguous is None and read.mixed is None:
        np.testing.assert_allclose(read.values, values)


@settings(max_examples=100)
@given(content=st.binary(max_size=300))
@example(content="\u07c0".encode())  # a zero that no parser of numbers knows
def test_any_bytes_are_a_table_or_an_error_of_ours(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.csv"
    path.write_bytes(content)
    assert "\n" not in complaint(path)


@pytest.mark.slow
@settings(max_examples=150)
@given(
    text=st.lists(
        st.lists(st.sampled_from(
            ["1", "2.5", "1,5", "", "2024-01-01", "03/04/2024", "a", "NA", "inf", '"', "é", " "]
        ), max_size=4).map(",".join),
        max_size=8,
    ).map("\n".join)
)  # fmt: skip
def test_any_text_is_a_table_or_an_error_of_ours(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "text.csv"
    path.write_text(text)
    assert "\n" not in complaint(path)
