import json
import warnings

import numpy as np
import pandas as pd
import pytest

import rollcast as rc

SHOPS = ("Köln", "Berlin", "Hamburg")


def shops(days: int = 60) -> pd.DataFrame:
    times = pd.date_range("2024-01-01", periods=days)
    values = 100 + 10 * np.sin(np.arange(days) * 2 * np.pi / 7)
    return pd.concat([pd.DataFrame({"shop": s, "day": times, "sales": values}) for s in SHOPS])


def test_every_column_has_a_role_and_says_what_it_holds():
    found = rc.check(shops().assign(note=None))
    assert [(c.name, c.role) for c in found.columns] == [
        ("shop", "series"),
        ("day", "time"),
        ("sales", "to forecast"),
        ("note", "left out"),
    ]
    assert found.columns[0].holds == "3 names: Köln, Berlin, Hamburg"
    assert found.columns[2].holds == "numbers from 90.3 to 110"


@pytest.mark.slow
def test_step_season_and_parts_are_those_of_fit():
    noise = np.random.default_rng(0).normal(0, 1, 180)
    table = shops().assign(sales=lambda t: t["sales"] + noise)
    found = rc.check(table)
    model = rc.Forecaster(hidden_size=4, max_epochs=1, readout="gradient")
    with warnings.catch_warnings():  # one epoch may be too few to beat the anchor
        warnings.simplefilter("ignore", rc.RollcastWarning)
        model.fit(table, progress="quiet")
    assert (found.frequency, found.season_length, found.h) == ("day", 7, model.fitted.config.h)
    assert found.parts == model.fitted.card.split
    assert found.notes == model.history.notes


def test_each_series_is_counted_by_itself():
    table = shops()
    table = table[(table["shop"] != "Berlin") | (table["day"] >= "2024-01-11")].reset_index(
        drop=True
    )
    berlin = np.flatnonzero(table["shop"] == "Berlin")
    table.loc[berlin[3:6], "sales"] = np.nan
    table.loc[berlin[8], "sales"] = -5.0
    table.loc[berlin[10:12], "sales"] = 0.0
    found = rc.check(table.drop(index=berlin[20:21])).series
    frame = found.to_frame().set_index("series")
    assert frame.loc["Berlin", ["rows", "missing", "longest_gap", "zeros", "negative"]].tolist() == [
        50, 4, 3, 2, 1,
    ]  # fmt: skip
    assert str(frame.loc["Berlin", "first"].date()) == "2024-01-11"
    assert frame.loc["Köln", ["rows", "missing", "longest_gap"]].tolist() == [60, 0, 0]
    assert frame.loc["Berlin", "least"] == -5.0


def test_a_gap_of_one_series_does_not_run_into_the_next():
    values = np.r_[np.arange(8.0), np.nan, 9.0, 0.0, np.nan, np.arange(8.0)]
    table = pd.DataFrame(
        {"unique_id": np.repeat(["a", "b"], 10), "ds": [*range(10)] * 2, "y": values}
    )
    assert rc.check(table).series.longest_gap.tolist() == [1, 1]


def test_several_refusals_are_told_at_once():
    table = pd.concat([shops(), shops().head(2)]).reset_index(drop=True)
    table.loc[table["day"].between("2024-01-10", "2024-01-30"), "sales"] = np.nan
    found = rc.check(table)
    assert not found.accepted
    assert found.duplicates == 2
    assert ["twice" in p or "lacks" in p for p in found.problems] == [True, True]
    assert found.fit_call is None
    assert len(found.series) == 3


def test_what_cannot_be_read_leaves_what_could():
    table = shops().astype({"sales": object}).reset_index(drop=True)
    table.loc[4, "sales"] = "many"
    found = rc.check(table, target_col="sales")
    assert found.series is None
    assert found.frequency is None
    assert [c.role for c in found.columns] == ["series", "time", "to forecast"]
    assert found.problems == (
        "Column 'sales' of series 'Köln' holds the text 'many' at row 4 (counted from 0); write a number there or "
        "leave it empty.",
    )


def test_a_series_that_fit_finds_too_short_is_refused_with_the_horizon():
    assert "too short: it has 3 rows" in rc.check(np.arange(3.0)).problems[0]
    assert rc.check(np.arange(40.0), h=4).accepted


def test_the_call_that_it_names_fits(tmp_path):
    path = tmp_path / "my sales.csv"
    shops().to_csv(path, index=False)
    found = rc.check(path, duplicates="sum")
    assert found.fit_call == (
        f"rc.Forecaster(h=7).fit({str(path)!r}, id_col='shop', time_col='day', target_col='sales', duplicates='sum')"
    )
    assert found.fit_command == (
        f"rollcast fit '{path}' --id shop --time day --value sales --duplicates sum --horizon 7 -o 'my sales.rollcast'"
    )


def test_a_missing_file_is_a_problem_like_any_other(tmp_path):
    found = rc.check(tmp_path / "none.csv")
    assert "There is no file" in found.problems[0]
    assert str(found).startswith("none.csv\n")


@pytest.mark.parametrize("table", [shops(), np.arange(40.0), pd.DataFrame({"a": ["x"]})])
def test_the_check_is_plain_values_for_json(table):
    told = json.loads(json.dumps(rc.check(table).to_json(), allow_nan=False))
    assert told["accepted"] is not bool(told["problems"])


def test_an_option_outside_its_range_is_an_argument_error():
    with pytest.raises(rc.errors.ArgumentError, match="`duplicates` must be one of"):
        rc.check(shops(), duplicates="first")
    with pytest.raises(rc.errors.ArgumentError, match="did you mean `time_col`"):
        rc.check(shops(), time_cols="day")


def test_a_young_series_is_counted_and_cuts_no_other():
    days = pd.date_range("2023-01-01", periods=300)
    old = pd.DataFrame({"unique_id": ["a"] * 300 + ["b"] * 300, "ds": [*days, *days]})
    young = pd.DataFrame({"unique_id": ["new"] * 5, "ds": days[-5:]})
    frame = pd.concat([old, young], ignore_index=True)
    frame["y"] = np.arange(605) % 7 + 0.5
    found = rc.check(frame)
    (note,) = [note for note in found.notes if "cut" in note]
    assert note.startswith(
        "1 of 3 series is too short to be cut into training, validation and test"
    )
    alone = rc.check(frame[frame.unique_id != "new"])
    assert found.parts is not None
    assert found.parts[1:] == alone.parts[1:]
    assert not any("cut" in note for note in alone.notes)


def test_names_of_40_characters_are_shown_whole():
    ids = [f"01000000-0000-0000-0000-00000000000{n}" for n in (1, 2)]
    days = pd.date_range("2024-01-01", periods=60)
    frame = pd.DataFrame({"ds": [*days, *days], "unique_id": [ids[0]] * 60 + [ids[1]] * 60})
    frame["y"] = np.arange(120) % 7 + 0.5
    text = rc.check(frame).text()
    assert all(text.count(name) == 2 for name in ids)


def test_wide_letters_stand_in_their_columns():
    table = shops().rename(columns={"shop": "지점"}).replace({"Köln": "강남점"})
    lines = rc.check(table).text().splitlines()
    start = lines.index(next(line for line in lines if line.startswith("series")))
    korean, latin = lines[start + 1], lines[start + 2]
    assert korean.startswith("강남점   2024-01-01")  # six columns, as Berlin has six letters
    assert latin.startswith("Berlin   2024-01-01")
