"""Where a table begins and ends in a file, and on which line a row stands."""

from pathlib import Path

import pytest

from rollcast.errors import FileError
from rollcast.tables import Notes, read_table, to_panel

DAYS = [f"2024-01-{day:02d}" for day in range(1, 13)]
ROWS = "".join(f"{day},{n * n}\n" for n, day in enumerate(DAYS))
SQUARES = [float(n * n) for n in range(12)]


def write(tmp_path: Path, content: str | bytes, name: str = "sales.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(tmp_path: Path, content: str | bytes) -> tuple[list[float], Notes]:
    panel, _, notes = to_panel(write(tmp_path, content))
    assert panel.frequency.format(int(panel.starts[0])) == "2024-01-01"
    return panel.target.tolist(), notes


@pytest.mark.parametrize(
    ("above", "first", "line"),
    [
        ("Sales report 2024\n\ndate,sales\n", "'Sales report 2024'", 3),
        ("Sales report 2024,\n,\ndate,sales\n", "'Sales report 2024'", 3),
        ("Sales, north\nin thousands\n\ndate,sales\n", "'Sales, north', ...", 4),
        ("Station,12\nLast export,Monday\ndate,sales\n", "'Station, 12', ...", 3),
        ('"A report\nof two lines"\n\ndate,sales\n', r"'A report\nof two lines'", 4),
    ],
)
def test_titles_above_the_header_are_left_out(
    tmp_path: Path, above: str, first: str, line: int
) -> None:
    values, notes = read(tmp_path, above + ROWS)
    assert values == SQUARES
    assert notes.remarks[0].endswith(
        f"sales.csv above line {line}, which was taken as the header: {first}."
    )


def test_titles_between_semicolons(tmp_path: Path) -> None:
    rows = "".join(f"{day};A;{n},5;\n" for n, day in enumerate(DAYS))
    text = "Umsatz 2024;;;\n;;;\nDatum;Filiale;Umsatz;Notiz\n" + rows + "Summe;;72,0;\n"
    panel, schema, notes = to_panel(write(tmp_path, text), id_col="Filiale")
    assert (schema.id_col, schema.time_col, schema.target_col) == ("Filiale", "Datum", "Umsatz")
    assert panel.target.tolist() == [n + 0.5 for n in range(12)]
    assert notes.remarks[1] == ("Left out line 16 of sales.csv, 'Summe;;72,0;', which has no date.")


def test_units_below_the_header_are_left_out(tmp_path: Path) -> None:
    values, notes = read(tmp_path, "date,sales\ndd.mm.yyyy,EUR\n" + ROWS)
    assert values == SQUARES
    assert notes.remarks[0] == (
        "Left out one line of sales.csv between header and rows: 'dd.mm.yyyy, EUR'."
    )


def test_a_title_above_rows_without_a_header(tmp_path: Path) -> None:
    rows = "".join(f"{day},A,{n}\n" for n, day in enumerate(DAYS))
    frame = read_table(write(tmp_path, "Report,,\n" + rows))
    assert frame.columns.tolist() == ["column_1", "column_2", "column_3"]
    assert frame["column_3"].tolist() == list(range(12))


def test_two_lines_that_may_be_the_header_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"Lines 1 and 2 of sales.csv, 'a, b' and 'c, d', may both"):
        to_panel(write(tmp_path, "a,b\nc,d\n" + ROWS))


def test_a_first_row_whose_value_is_missing_is_no_header(tmp_path: Path) -> None:
    path = write(tmp_path, "date,sales\n2024-01-01,n/a\n" + ROWS.split("\n", 1)[1])
    panel, schema, _ = to_panel(path)
    assert (schema.time_col, schema.target_col) == ("date", "sales")
    assert panel.target.tolist() == SQUARES[1:]  # the series begins with its first value


@pytest.mark.parametrize(
    ("below", "remark"),
    [
        ("Total,506\n", "Left out line 14 of sales.csv, 'Total,506', which has no date."),
        (",506\n", "Left out line 14 of sales.csv, ',506', which has no date."),
        ('"Source: office, 2024"\n', "Left out line 14 of sales.csv, '\"Source: office, 2024\"',"),
        ("# end of file\n", "Left out line 14 of sales.csv, '# end of file', which has no date."),
        ("Total,506\n\nSource: the office\n", "Left out the last 2 lines of sales.csv, the first"),
    ],
)
def test_totals_and_notes_below_are_left_out(tmp_path: Path, below: str, remark: str) -> None:
    values, notes = read(tmp_path, "date,sales\n" + ROWS + below)
    assert values == SQUARES
    assert notes.remarks[0].startswith(remark)


def test_a_total_below_years(tmp_path: Path) -> None:
    rows = "".join(f"{2000 + n},{n}\n" for n in range(12))
    frame = read_table(write(tmp_path, "year,sales\n" + rows + "Total,66\n"))
    assert frame["year"].tolist() == list(range(2000, 2012))


def test_a_mistyped_last_date_and_a_subtotal_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"'2024-13-45' at line 14 of sales.csv"):
        to_panel(write(tmp_path, "date,sales\n" + ROWS + "2024-13-45,3\n"))
    with pytest.raises(ValueError, match=r"'Subtotal' at line 2 of sales.csv"):
        to_panel(write(tmp_path, "date,sales\nSubtotal,3\n" + ROWS))


# Lines --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_breaks_in_header_cells_cost_no_row(tmp_path: Path, end: str) -> None:
    text = '"date\n(local)","net sales\nkEUR"\n' + ROWS
    values, _ = read(tmp_path, text.replace("\n", end))
    assert values == SQUARES
    with pytest.raises(ValueError, match=r"Column 'net sales\\nkEUR' holds the text 'x' at line 8"):
        to_panel(write(tmp_path, text.replace("16\n", "x\n").replace("\n", end)))


def test_lines_are_those_of_the_file_below_cells_with_line_breaks(tmp_path: Path) -> None:
    text = 'date,note,sales\n2024-01-01,"a\n\nb",1\n2024-01-02,"c\nd",2\n\n2024-01-03,,3\n'
    assert to_panel(write(tmp_path, text))[0].target.tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match=r"holds the text 'oops' at line 9 of sales.csv"):
        to_panel(write(tmp_path, text + "2024-01-04,e,oops\n"))
    with pytest.raises(ValueError, match=r"Line 9 of sales.csv has 4 fields where 3 were expected"):
        to_panel(write(tmp_path, text + "2024-01-04,e,4,5\n"))


@pytest.mark.parametrize(
    "content",
    [
        ("date,sales\n" + ROWS).replace("\n", "\r"),
        "date,sales\r\n" + ROWS[:40] + ROWS[40:].replace("\n", "\r"),
        "date,sales\n" + ROWS[:13] + "\f\n\f" + ROWS[13:],
        "date,sales\v\n" + ROWS,
        ("date,sales\n" + ROWS).replace("\n", "\r\n") + "\x1a",
        b"\xef\xbb\xbf" * 2 + ("date,sales\n" + ROWS).encode(),
        ("date,sales\n" + ROWS[:13]).encode() + b"\xef\xbb\xbf" + ROWS[13:].encode(),
        ("date\tsales\n" + ROWS.replace(",", "\t")).replace("\n", "\r").encode("utf-16"),
        ("date,sales\n" + ROWS).encode() + b"\0" * 512,
    ],
    ids=["cr", "mixed", "page", "vt", "eof", "two marks", "joined", "utf16", "zeros"],
)  # fmt: skip
def test_line_ends_and_marks_of_all_kinds(tmp_path: Path, content: str | bytes) -> None:
    assert read(tmp_path, content)[0] == SQUARES


def test_a_line_is_named_where_carriage_returns_end_lines(tmp_path: Path) -> None:
    text = ("date,sales\n" + ROWS.replace(",16\n", ",x\n")).replace("\n", "\r")
    with pytest.raises(ValueError, match=r"holds the text 'x' at line 6 of sales.csv"):
        to_panel(write(tmp_path, text))


def test_zeros_inside_are_refused_with_their_line(tmp_path: Path) -> None:
    content = ("date,sales\n" + ROWS).encode().replace(b",16\n", b",1\x006\n")
    with pytest.raises(FileError, match=r"Line 6 of sales.csv holds a character of value zero"):
        to_panel(write(tmp_path, content))


# Fields -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ds,y\n" + "".join(f"{day},{n},5\n" for n, day in enumerate(DAYS)),
         r"Line 2 of sales.csv has 3 fields under 2 names: '2024-01-01', '0', '5'; quote text and"
         r" decimal commas that hold the delimiter, separate fields by semicolons, or name every"),
        ("id,ds,y\n" + "".join(f"a,{day},{n},5\n" for n, day in enumerate(DAYS)),
         r"Line 2 of sales.csv has 4 fields under 3 names: 'a', '2024-01-01', '0', '5'; quote"),
        ("t,y\n" + "".join(f"{n},{n},{n * 7 % 10}\n" for n in range(12)),
         r"Line 2 of sales.csv has 3 fields under 2 names: '0', '0', '0'; quote"),
        ("ds;y\n" + "".join(f"{day};{n};{n}\n" for n, day in enumerate(DAYS)),
         r"Line 2 of sales.csv has 3 fields under 2 names: '2024-01-01', '0', '0'; quote"),
        ("ds,y\n2024-01-01,1\n2024-01-02,1,5\n2024-01-03,2\n2024-01-04,2,5\n",
         r"Line 3 of sales.csv has 3 fields where 2 were expected; quote|3 fields under 2 names"),
        ("ds,y\n" + ROWS + "2024-01-13,2,5\n",
         r"Line 14 of sales.csv has 3 fields where 2 were expected; quote text and decimal commas"),
        ("ds,y,x\n" + "".join(f"{day},{n},5,{n},3\n" for n, day in enumerate(DAYS)),
         r"Line 2 of sales.csv has 5 fields where 3 were expected"),
    ],
)  # fmt: skip
def test_more_fields_than_names_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(FileError, match=message):
        to_panel(write(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ('"date" "sales"\n' + "".join(f'"{n}" "{d}" {n}.5\n' for n, d in enumerate(DAYS, 1)), "date"),
        ("date,sales\n" + "".join(f"{n},{d},{n}.5\n" for n, d in enumerate(DAYS, 1)), "date"),
        ('"","date","sales"\n' + "".join(f'"{n}","{d}",{n}.5\n' for n, d in enumerate(DAYS, 1)), "date"),
        ('"sales"\n' + "".join(f'"{d}" {n}.5\n' for n, d in enumerate(DAYS, 1)), "ds"),
    ],
    ids=["blanks", "numbers", "csv", "dates"],
)  # fmt: skip
def test_row_names_as_r_writes_them(tmp_path: Path, text: str, time: str) -> None:
    panel, schema, _ = to_panel(write(tmp_path, text))
    assert (schema.time_col, schema.target_col) == (time, "sales")
    assert panel.target.tolist() == [n + 0.5 for n in range(1, 13)]


def test_a_field_that_is_lacking_in_the_middle_shifts_nothing(tmp_path: Path) -> None:
    rows = "".join(f"{day},north,{n}\n" for n, day in enumerate(DAYS))
    text = "date,store,sales\n" + rows.replace("2024-01-04,north,", "2024-01-04,")
    with pytest.raises(
        FileError, match=r"Line 5 of sales.csv has 2 fields under 3 names: '2024-01-04', '3'; write"
    ):
        to_panel(write(tmp_path, text))


def test_fields_that_are_lacking_at_the_end_are_missing(tmp_path: Path) -> None:
    rows = "".join(f"{day},north,{n}\n" for n, day in enumerate(DAYS))
    text = "date,store,sales\n" + rows.replace("north,3", "north")
    panel, _, notes = to_panel(write(tmp_path, text))
    assert panel.mask.tolist() == [n != 3 for n in range(12)]
    assert notes.remarks[0] == (
        "Line 5 of sales.csv has fewer fields than the header: those that lack are missing values."
    )


def test_an_open_quote_is_named_with_its_line(tmp_path: Path) -> None:
    text = 'date,note,sales\n2024-01-01,"a,1\n' + "2024-01-02,b,2\n" * 500
    with pytest.raises(FileError, match=r"A quote in sales.csv is opened on line 2 and never"):
        to_panel(write(tmp_path, text))


@pytest.mark.parametrize("write_date", ["Q{q} {y}", "{name} {y}"])
def test_dates_that_begin_with_a_letter_are_no_notes(tmp_path: Path, write_date: str) -> None:
    names = ("Jan", "Apr", "Jul", "Oct")
    dates = [write_date.format(q=n % 4 + 1, y=2000 + n // 4, name=names[n % 4]) for n in range(60)]
    rows = "".join(f"{date},{n}\n" for n, date in enumerate(dates))
    panel, _, _ = to_panel(write(tmp_path, "Period,GDP\n" + rows + "Total,1770\n"))
    assert panel.target.tolist() == list(range(60))


def test_names_in_angle_brackets_are_no_markup(tmp_path: Path) -> None:
    values, _ = read(tmp_path, "<DATE>,<CLOSE>\n" + ROWS)
    assert values == SQUARES
    with pytest.raises(FileError, match="no table but HTML"):
        read_table(write(tmp_path, "<html>,<p>"))
