from __future__ import annotations

from typing import Any

import numpy as np

from rollcast.evaluation.leak_audit import Audit, compare_bits

SAME: dict[str, Any] = {"weights": np.array([0.1, np.nan]), "chosen": "lag 1", "best epoch": 3}


def told(**changes: object) -> str | None:
    checks = compare_bits("large values", SAME, SAME | changes)
    return Audit("it", 5, 2, checks).first_difference


def test_the_same_bits_pass():
    found = compare_bits("large values", SAME, SAME | {"weights": SAME["weights"].copy()})
    assert [check.passed for check in found] == [True] * 3
    assert Audit("it", 5, 2, found).passed
    assert Audit("it", 5, 2, found).verdict == (
        "Nothing before the origin knows what comes after it: with 5 rows of 2 series changed, 4 numbers in 3 checks "
        "are the same to the last bit."
    )


def test_the_first_difference_is_told_by_name_and_place():
    assert told(weights=np.array([0.1, 2.0])) == (
        "weights (large values): 1 of 2 differ, the first at [1]: nan and 2"
    )
    tiny = np.nextafter(0.1, 1)
    assert told(weights=np.array([tiny, np.nan])) == (
        "weights (large values): 1 of 2 differ, the first at [0]: 0.1 and 0.1"
    )
    assert told(chosen="lag 12") == "chosen (large values): lag 1 and lag 12"
    assert told(weights=np.zeros(3)) == "weights (large values): float64 (2,) and float64 (3,)"
    assert (
        told(**{"best epoch": 4}) == "best epoch (large values): 1 of 1 differ, the first: 3 and 4"
    )


def test_what_one_side_lacks_and_zeros_of_two_signs_fail():
    lacking = compare_bits("gaps", SAME, SAME | {"quantiles": np.zeros(2)})
    assert [c.name for c in lacking if not c.passed] == ["quantiles"]
    (zeros,) = compare_bits("gaps", {"a": np.array([0.0])}, {"a": np.array([-0.0])})
    assert zeros.difference == "equal numbers of other bits"


def test_what_holds_no_number_is_no_check():
    none = {"losses": np.empty((6, 0))}
    assert compare_bits("gaps", none, none) == ()
    (longer,) = compare_bits("gaps", none, {"losses": np.ones((6, 1))})
    assert not longer.passed


def test_what_failed_is_in_the_table_the_verdict_and_the_document():
    checks = compare_bits("gaps", SAME, SAME | {"best epoch": 4})
    found = Audit("it", 1, 1, checks, ("A note.",))
    assert not found.passed
    assert "1 check of 3 failed, the first best epoch (gaps): 1 of 1 differ" in found.verdict
    assert found.table().splitlines()[1].endswith("2  same")
    assert str(found).splitlines()[-2] == "A note."
    told = found.to_json()
    assert [check["passed"] for check in told["checks"]] == [True, True, False]
    assert told["first_difference"] == found.first_difference
