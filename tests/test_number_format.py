import doctest
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcast import _number_format
from rollcast._number_format import format_number, from_json_number, to_json_number


def test_examples_run():
    assert doctest.testmod(_number_format).failed == 0


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (371.26, "371"),
        (2.9, "2.9"),
        (3.14159, "3.14"),
        (-0.012345, "-0.0123"),
        (999.6, "1000"),
        (9999.6, "10,000"),
        (1234.5, "1234"),
        (1234567.8, "1,234,568"),
        (0.00001234, "1.23e-05"),
        (3e20, "3e+20"),
        (math.nan, "n/a"),
        (-math.inf, "-inf"),
    ],
)
def test_numbers_read_well(value: float, text: str):
    assert format_number(value) == text


@given(st.floats(-1e300, 1e300))
def test_a_number_loses_no_more_than_its_third_digit(value: float):
    read = float(format_number(value).replace(",", ""))
    assert read == pytest.approx(value, rel=0.0051)


@given(st.floats())
def test_json_keeps_every_float(value: float):
    text = json.dumps(to_json_number(value), allow_nan=False)
    back = from_json_number(json.loads(text))
    assert back == value or (math.isnan(back) and math.isnan(value))


@pytest.mark.parametrize("value", [[], {}, "three"])
def test_what_is_no_number_is_refused(value: object):
    with pytest.raises(ValueError):  # noqa: PT011 - float's own message for text
        from_json_number(value)
