"""Which series of a panel are counts."""

from rollcast.preprocessing.counts import are_counts
from samples import NAN, panel_of


def test_counts_are_whole_not_negative_not_all_one_number_and_small_on_average():
    panel = panel_of(
        *([0.0, 2.0, NAN], [0.0, 2.5], [-1.0, 2.0], [3.0, 3.0], [100.0, 100.0, 103.0], [NAN, NAN]),
        [99.0, 101.0],
    )
    assert are_counts(panel).tolist() == [True, False, False, False, False, False, True]
    assert are_counts(panel, any_mean=True).tolist() == [
        True,
        False,
        False,
        True,
        True,
        False,
        True,
    ]
