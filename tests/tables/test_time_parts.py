"""Times in several columns are joined to one, and written back as one."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from rollcast.errors import DataError
from rollcast.tables import Schema, to_panel
from rollcast.tables.forecast_frame import forecast_frame
from rollcast.tables.new_rows import read_arrivals

HOURS = pd.date_range("2023-12-30", periods=60, freq="h")
MONTHS = pd.date_range("2019-03-01", periods=30, freq="MS")


def frame(index: pd.DatetimeIndex, **columns: Any) -> pd.DataFrame:
    return pd.DataFrame({**columns, "sold": np.arange(len(index), dtype=float)})


def joined(data: Any, index: pd.DatetimeIndex, name: str, **arguments: Any) -> tuple[Any, Schema]:
    """The panel and schema of a table whose joined times must be the given ones."""
    panel, schema, notes = to_panel(data, **arguments)
    times = panel.frequency.times(int(panel.starts[0]), len(panel.target))
    assert times.tolist() == index.as_unit("ns").asi8.tolist()
    assert panel.mask.all()
    assert schema.time_col == name
    assert schema.time_kind == "timestamp"
    assert any(remark.startswith("Joined the columns ") for remark in notes.remarks)
    assert Schema.from_json(json.loads(json.dumps(schema.to_json()))) == schema
    return panel, schema


@pytest.mark.parametrize(
    "parts",
    [
        {"year": MONTHS.year, "month": MONTHS.month},
        {"Month": MONTHS.month, "Year": MONTHS.year},
        {"YEAR": MONTHS.year.astype(float), "MO": MONTHS.month.astype(float)},
        {"year": MONTHS.year, "month": MONTHS.strftime("%B")},
        {"Jahr": MONTHS.year, "Monat": MONTHS.strftime("%b")},
        {"year": MONTHS.year, "month": MONTHS.strftime("%m")},
        {"year": MONTHS.year, "period": MONTHS.strftime("M%m")},
        {"년": MONTHS.year.astype(str) + "년", "월": MONTHS.month.astype(str) + "월"},
        {"yr": MONTHS.year % 100, "mon": MONTHS.month},
        {"year": MONTHS.year, "month": MONTHS.month, "day": [1] * len(MONTHS)},
    ],
    ids=", ".join,
)
def test_years_and_months(parts: dict[str, Any]) -> None:
    joined(frame(MONTHS, **parts), MONTHS, "ds")


def test_years_and_quarters_and_weeks() -> None:
    quarters = pd.date_range("2015-01-01", periods=20, freq="QS")
    joined(frame(quarters, year=quarters.year, quarter=quarters.quarter), quarters, "ds")
    joined(
        frame(quarters, year=quarters.year, qtr=[f"Q{q}" for q in quarters.quarter]), quarters, "ds"
    )
    weeks = pd.date_range("2019-11-04", periods=90, freq="W-MON")
    iso = weeks.isocalendar()
    joined(frame(weeks, year=iso["year"].to_numpy(), week=iso["week"].to_numpy()), weeks, "ds")


@pytest.mark.parametrize(
    "parts",
    [
        {"hour": HOURS.hour},
        {"Hour": HOURS.hour + 1},
        {"HE": HOURS.hour + 1},
        {"hr": HOURS.strftime("%H")},
        {"Time": HOURS.strftime("%H:%M")},
        {"time": HOURS.strftime("%H.%M.%S")},
        {"Uhrzeit": HOURS.strftime("%I:%M %p")},
        {"hhmm": HOURS.hour * 100},
        {"Time": HOURS.strftime("%H%M")},
        {"clock": list(HOURS.time)},
        {"hour": HOURS.hour, "minute": HOURS.minute},
        {"시": HOURS.hour},
    ],
    ids=lambda parts: f"{next(iter(parts))} {next(iter(parts.values()))[1]}",
)
@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d/%m/%Y", "%d-%b-%y", "%Y%m%d", None])
def test_dates_and_hours(parts: dict[str, Any], form: str | None) -> None:
    days = HOURS.normalize() if form is None else HOURS.strftime(form)
    joined(frame(HOURS, date=days, **parts), HOURS, "date")
    joined(frame(HOURS, date=days, **parts).iloc[::-1], HOURS, "date")


def test_year_month_day_and_hour() -> None:
    parts = {"year": HOURS.year, "month": HOURS.month, "day": HOURS.day, "hour": HOURS.hour}
    joined(frame(HOURS, **parts), HOURS, "ds")
    joined(pl.from_pandas(frame(HOURS, **parts)), HOURS, "ds")


def test_the_time_that_is_named_gives_the_name() -> None:
    parts = {"year": MONTHS.year, "month": MONTHS.month}
    joined(frame(MONTHS, **parts), MONTHS, "year", time_col="year")
    joined(frame(MONTHS, **parts), MONTHS, "ds", time_col="ds", target_col="sold")
    days = {"when": HOURS.normalize(), "hour": HOURS.hour}
    joined(frame(HOURS, **days), HOURS, "when", time_col="when")


def test_hours_that_end_at_24_are_said_to_begin_at_0() -> None:
    _, _, notes = to_panel(frame(HOURS, date=HOURS.normalize(), hour=HOURS.hour + 1))
    assert notes.remarks[0] == (
        "Joined the columns 'date' and 'hour' to one time, 'date', such as 2023-12-30; hour 1 begins at 0:00."
    )


def test_several_series() -> None:
    one = frame(MONTHS, year=MONTHS.year, month=MONTHS.month)
    both = pd.concat([one.assign(shop="a"), one.assign(shop="b")])
    panel, schema, _ = to_panel(both)
    assert (panel.ids, schema.id_col, schema.time_col) == (("a", "b"), "shop", "ds")
    numbered, _, _ = to_panel(both.assign(shop=[1] * 30 + [2] * 30), id_col="shop")
    assert numbered.lengths.tolist() == [30, 30]
    days = pd.concat(
        [frame(HOURS, date=HOURS.normalize(), hour=HOURS.hour).assign(shop=s) for s in "ab"]
    )
    assert to_panel(days)[0].lengths.tolist() == [60, 60]


def test_parts_beside_the_whole_are_left_alone() -> None:
    days = pd.date_range("2024-01-01", periods=60)
    panel, schema, _ = to_panel(
        frame(days, date=days, year=days.year, month=days.month, day=days.day)
    )
    assert (schema.time_col, schema.target_col, schema.time_parts) == ("date", "sold", None)
    _, schema, _ = to_panel(frame(HOURS, ds=HOURS, hour=HOURS.hour))
    assert (schema.time_col, schema.target_col, schema.time_parts) == ("ds", "sold", None)
    two = pd.concat([frame(days, date=days, opens="08:00").assign(shop=s) for s in "ab"])
    assert to_panel(two)[1].time_parts is None
    years = pd.DataFrame({"year": range(1950, 1990), "sold": np.arange(40.0)})
    assert to_panel(years)[1].time_parts is None
    assert len(panel.target) == 60


def test_what_is_no_time_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = [f"{t.year},{13 if n == 7 else t.month},{n}" for n, t in enumerate(MONTHS)]
    path.write_text("year,month,y\n" + "\n".join(rows) + "\n")
    with pytest.raises(DataError) as caught:
        to_panel(path)
    assert str(caught.value) == (
        "Columns 'year' and 'month' hold 2019 and 13 at line 9 of a.csv, which is no date; correct it."
    )
    hours = frame(HOURS, date=HOURS.normalize(), hour=[*HOURS.hour[:-1], 25])
    with pytest.raises(
        DataError, match=r"Column 'hour' holds 25 at row 59 .* is no hour; correct it\."
    ):
        to_panel(hours)
    clocks = frame(HOURS, date=HOURS.normalize(), time=[*HOURS.strftime("%H:%M")[:-1], "25:00"])
    with pytest.raises(
        DataError, match=r"Column 'time' holds 25:00 at row 59 .* is no time of day"
    ):
        to_panel(clocks)


def test_newer_rows_are_joined_in_the_same_way() -> None:
    table = frame(HOURS, date=HOURS.normalize(), hour=HOURS.hour + 1)
    panel, schema, _ = to_panel(table)
    later = HOURS + pd.Timedelta(60, unit="h")
    new = frame(later, date=later.normalize(), hour=later.hour + 1).head(4)  # no hour is 24 here
    again, _, _ = to_panel(new, like=schema, freq=panel.frequency)
    assert again.starts.tolist() == [later.as_unit("ns").asi8[0]]
    arrivals = read_arrivals(new, schema, panel.frequency)
    assert arrivals.times is not None
    assert arrivals.times.tolist() == later.as_unit("ns").asi8[:4].tolist()
    forecasts = forecast_frame(
        panel.ids, panel.starts, {"sold": np.zeros((1, 3))}, panel.frequency, schema
    )
    assert forecasts["date"].tolist() == list(HOURS[:3])
    back, _, _ = to_panel(forecasts, like=schema, freq=panel.frequency)
    assert back.starts.tolist() == panel.starts.tolist()


def test_dates_and_times_of_day_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "load.csv"
    path.write_text("Date,Time,load\n2024-01-01,00:00,1\n2024-01-01,12:00,2\n2024-01-02,00:00,3\n")
    panel, schema, _ = to_panel(path)
    assert (schema.time_col, panel.frequency.alias, panel.target.tolist()) == (
        "Date",
        "12h",
        [1, 2, 3],
    )
    assert panel.frequency.format(int(panel.starts[0])) == "2024-01-01"


MONTHLY = frame(MONTHS, Year=MONTHS.year, Month=MONTHS.month)


def test_numbers_of_rows_beside_parts_are_no_time() -> None:
    panel, schema, _ = to_panel(MONTHLY.head(24))
    newest = MONTHLY.iloc[24:27]  # its index goes on from 24
    arrivals = read_arrivals(newest, schema, panel.frequency)
    assert arrivals.times is not None
    assert arrivals.times.tolist() == MONTHS.as_unit("ns").asi8[24:27].tolist()


def test_a_column_of_the_joined_times_stands_for_its_parts() -> None:
    _, schema, _ = to_panel(MONTHLY)
    both = MONTHLY.assign(ds=MONTHS, Month=1)
    panel, _, _ = to_panel(both, like=schema)
    assert panel.starts.tolist() == [MONTHS.as_unit("ns").asi8[0]]
    assert len(panel.target) == len(MONTHS)


def test_the_name_of_the_joined_times_is_taken() -> None:
    with pytest.raises(DataError, match="'Year', 'Month' of the table are parts of one time"):
        to_panel(MONTHLY.assign(ds="note"))


def test_parts_in_the_index_of_newer_rows_are_joined() -> None:
    panel, schema, _ = to_panel(MONTHLY.head(24))
    newest = MONTHLY.iloc[24:27].set_index(["Year", "Month"])
    arrivals = read_arrivals(newest, schema, panel.frequency)
    assert arrivals.times is not None
    assert arrivals.times.tolist() == MONTHS.as_unit("ns").asi8[24:27].tolist()


def test_newer_days_are_read_in_the_order_of_the_first_table(tmp_path: Path) -> None:
    def write(name: str, first: str, days: int) -> Path:
        hours = pd.date_range(first, periods=24 * days, freq="h")
        rows = "".join(f"{t:%m/%d/%Y},{t.hour + 1},{n % 24}\n" for n, t in enumerate(hours))
        path = tmp_path / name
        path.write_text("Date,HE,Load\n" + rows)
        return path

    _, schema, notes = to_panel(write("load.csv", "2023-05-01", 31))
    assert schema.time_form == "numbers:mdy"
    assert any("such as '05/01/2023' as 1 May 2023" in remark for remark in notes.remarks)
    newer, _, _ = to_panel(write("newer.csv", "2023-06-01", 2), like=schema)
    assert newer.frequency.format(int(newer.starts[0])) == "2023-06-01"
    assert len(newer.target) == 48
