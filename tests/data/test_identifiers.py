"""Identifiers: what can name a series, and which of the model's a value of another type means."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rollcast.data.identifiers import (
    KnownSeries,
    Mismatch,
    Plain,
    held_identifier,
    plain_identifier,
    restore_identifiers,
)

ONE = uuid.UUID(int=1)


@pytest.mark.parametrize(
    ("value", "held", "dtype"),
    [
        ("0098", "0098", "str"),
        (7, 7, "int64"),
        (np.int8(7), 7, "int64"),
        (7.0, 7, "float64"),
        (1.5, 1.5, "float64"),
        (True, True, "bool"),
        (2**70, 2**70, "object"),
        (decimal.Decimal("7.00"), 7, "Decimal"),
        (decimal.Decimal("7.50"), "7.5", "Decimal"),
        (ONE, str(ONE), "UUID"),
        (dt.date(2020, 1, 1), "2020-01-01", "date"),
        (dt.datetime(2020, 1, 1, 3), "2020-01-01T03:00:00", "datetime"),
        (pd.Timestamp("2020-01-01", tz="UTC"), "2020-01-01T00:00:00+00:00", "datetime"),
    ],
)
def test_an_identifier_is_held_as_plain_text_or_number_and_comes_back(value, held, dtype):
    assert held_identifier(value) == held
    assert type(held_identifier(value)) is type(held)
    assert restore_identifiers([held], dtype) == [value]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (b"ab", "which is a bytes"),
        ((1, 2), "which is a tuple"),
        (pd.Interval(0, 1), "which is an Interval"),
        (dt.time(3), "which is a time"),
        (float("inf"), "which is no number"),
        (decimal.Decimal("Infinity"), "which is no number"),
        (2.0**53 + 2, "a float, which holds 15 digits and loses the others"),
        ("\ud800", "which holds half a character"),
    ],
)
def test_what_can_name_no_series(value, why):
    assert plain_identifier(value) == why


def match(value: Any, known: list[Any], dtype: str, *, in_file: bool = False) -> Any:
    given = plain_identifier(value)
    assert isinstance(given, Plain)
    return KnownSeries(dict.fromkeys(known), dtype, in_file=in_file).match(given)


TEXT = ["0098", "1000"]


@pytest.mark.parametrize(
    ("value", "known", "dtype", "found"),
    [
        (1000, TEXT, "str", "1000"),
        (1000.0, TEXT, "str", "1000"),
        (decimal.Decimal("1000"), TEXT, "object", "1000"),
        (1, [1, 2], "int64", 1),
        ("1", [1, 2], "int64", 1),
        ("1.0", [1, 2], "int64", 1),
        (1.0, [1, 2], "int64", 1),
        (3, [1, 2], "int64", 3),
        (1, [1.0, 2.5], "float64", 1),
        ("2.5", [1.0, 2.5], "float64", 2.5),
        ("A", [1, "A"], "object", "A"),
        ("1", [1, "A"], "object", 1),
        ("True", [True], "bool", True),
        (str(ONE), [str(ONE)], "UUID", str(ONE)),
        (ONE, [str(ONE)], "str", str(ONE)),
        (uuid.UUID(int=2), [str(ONE)], "UUID", str(uuid.UUID(int=2))),
        (pd.Timestamp("2020-01-01"), ["2020-01-01"], "date", "2020-01-01"),
        (decimal.Decimal("2.50"), ["2.5"], "Decimal", "2.5"),
        (2.5, ["2.5"], "Decimal", "2.5"),
        ("new", TEXT, "str", "new"),
        ("1.10", ["1.1"], "str", "1.10"),
    ],
)
def test_the_same_value_in_another_type_is_the_same_series(value, known, dtype, found):
    assert match(value, known, dtype) == found


@pytest.mark.parametrize(
    ("value", "known", "dtype", "need"),
    [
        (1002, TEXT, "str", "text such as '0098', as in the model"),
        (98, TEXT, "str", "written as in the model, which knows '0098'"),
        ("98", TEXT, "str", "written as in the model, which knows '0098'"),
        (1, ["01", "1"], "str", "written as in the model, which knows '01' and '1'"),
        (7, ["7.0"], "str", "written as in the model, which knows '7.0'"),
        ("a ", ["a"], "str", "written as in the model, which knows 'a'"),
        ("\u1112\u1161", ["\ud558"], "str", "written as in the model, which knows '\ud558'"),
        ("01", [1], "int64", "written as in the model, which knows 1"),
        ("9", [1], "int64", "whole numbers such as 1, as in the model"),
        (1.5, [1], "int64", "whole numbers such as 1, as in the model"),
        (True, [1], "int64", "whole numbers such as 1, as in the model"),
        (1, [True], "bool", "truth values such as True, as in the model"),
        ("x", [str(ONE)], "UUID", f"UUIDs such as {str(ONE)!r}, as in the model"),
        (20200101, ["2020-01-01"], "date", "dates such as '2020-01-01', as in the model"),
        (b"x".hex(), [1.5], "float64", "numbers such as 1.5, as in the model"),
    ],
)
def test_what_may_mean_two_series_or_is_of_another_kind_is_no_match(value, known, dtype, need):
    assert match(value, known, dtype) == Mismatch(need)


@pytest.mark.parametrize(
    ("cell", "known", "dtype", "found"),
    [
        ("1000", TEXT, "str", "1000"),
        ("1002", TEXT, "str", "1002"),
        ("98", TEXT, "str", Mismatch("written as in the model, which knows '0098'")),
        ("8", [7, 8], "int64", 8),
        ("8.0", [7, 8], "int64", 8),
        ("9", [7, 8], "int64", 9),
        ("A1", [7, 8], "int64", "A1"),
        ("008", [7, 8], "int64", Mismatch("written as in the model, which knows 8")),
        ("1", [1.0, 2.5], "float64", 1.0),
        ("3.25", [1.0, 2.5], "float64", 3.25),
        (str(ONE).upper(), [str(ONE)], "UUID", str(ONE)),
        (ONE.hex, [str(ONE)], "UUID", str(ONE)),
        ("2020-01-02", ["2020-01-01"], "date", "2020-01-02"),
        ("x", [str(ONE)], "UUID", Mismatch(f"UUIDs such as {str(ONE)!r}, as in the model")),
    ],
)
def test_a_cell_of_a_file_is_read_in_the_kind_of_the_model_s(cell, known, dtype, found):
    assert match(cell, known, dtype, in_file=True) == found


@pytest.mark.parametrize("in_file", [False, True])
@pytest.mark.parametrize(
    ("known", "dtype"),
    [
        (TEXT, "str"),
        ([7, 8], "int64"),
        ([True], "bool"),
        ([str(ONE)], "UUID"),
        (["2020-01-01"], "date"),
        ([1, "1.0"], "object"),
        ([1.0, 2.5], "float64"),
    ],
)
def test_identifiers_that_are_known_all_at_once_are_those_that_match_one_by_one(
    known: list[Any], dtype: str, *, in_file: bool
):
    series = KnownSeries(dict.fromkeys(known), dtype, in_file=in_file)
    for value in [*known, "7", 7, 1, "98", "new", str(ONE).upper()]:
        if type(value) in (int, str) and series.has_all([value]):
            assert match(value, known, dtype, in_file=in_file) == value
    assert series.has_all(TEXT) == (known is TEXT)
    assert not series.has_all(["new"])
