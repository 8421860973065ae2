"""Fields of a file: each is of the type that was declared, or refused by its name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, NotRequired, TypedDict

import pytest

from rollcast.storage.fields import Count, Size, decode


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Point:
    x: int
    y: float = 0.5


class Form(TypedDict):
    name: str
    point: Point
    size: Size
    kind: Literal["a", 1]
    later: NotRequired[bool]


GIVEN = {"name": "n", "point": {"x": 1}, "size": 3, "kind": "a"}


def test_what_fits_becomes_what_was_declared():
    assert decode(Form, GIVEN, "f") == GIVEN | {"point": Point(1)}
    assert decode(list[tuple[int, float]], [[1, 2]], "f") == [(1, 2.0)]
    assert decode(tuple[str, ...], ["a", "b"], "f") == ("a", "b")
    assert decode(dict[str, Colour | None], {"a": "red", "b": None}, "f") == {
        "a": Colour.RED,
        "b": None,
    }
    assert decode(str | int, 3, "f") == 3
    assert decode(Any, object, "f") is object


def test_entries_that_a_newer_version_writes_pass():
    assert decode(Form, GIVEN | {"new": 1}, "f")["new"] == 1
    assert decode(Point, {"x": 1, "z": 2}, "f") == Point(1)


@pytest.mark.parametrize(
    ("form", "value", "told"),
    [
        (str, 1, "`f` must be text; got 1"),
        (int, True, "`f` must be a whole number of 64 bits; got True"),
        (int, 1.0, "`f` must be a whole number of 64 bits; got 1.0"),
        (int, 2**63, "`f` must be a whole number of 64 bits; got 9223372036854775808"),
        (float, "1", "`f` must be a number; got '1'"),
        (bool, 1, "`f` must be true or false; got 1"),
        (str | None, 1, "`f` must be text; got 1"),
        (list[int], {}, "`f` must be a list; got {}"),
        (list[int], [1, "x"], "`f[1]` must be a whole number of 64 bits; got 'x'"),
        (tuple[int, int], [1], "`f` must have 2 entries; got 1"),
        (dict[str, int], [], "`f` must be an object; got []"),
        (Count, -1, "`f` must be at least 0; got -1"),
        (Colour, "blue", "`f` must be one of 'red'; got 'blue'"),
        (Colour, ["red"], "`f` must be one of 'red'; got ['red']"),
        (Form, {}, "`f.name` is missing"),
        (Form, GIVEN | {"kind": True}, "`f.kind` must be one of 'a', 1; got True"),
        (Form, GIVEN | {"point": {"x": "1"}}, "`f.point.x` must be a whole number of 64 bits; got '1'"),
        (Form, GIVEN | {"point": {}}, "`f.point.x` is missing"),
        (Form, GIVEN | {"later": 0}, "`f.later` must be true or false; got 0"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(form: Any, value: Any, told: str):
    with pytest.raises(ValueError, match=r".") as caught:
        decode(form, value, "f")
    assert str(caught.value) == told
