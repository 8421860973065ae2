"""Plans: every window or chunk once, in any order, and lanes whose chunks follow one another."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rollcast.training.plans import chunk_starts, cut_pieces, lane_plan, make_plan, window_starts


def one_series(length: int) -> tuple[np.ndarray, np.ndarray]:
    offsets = np.array([0, length])
    return offsets, offsets[1:]


def test_6400_points_give_6387_windows_of_13():
    starts, series = window_starts(*one_series(6400), 13)
    assert len(starts) == 6387
    assert starts[[0, -1]].tolist() == [0, 6386]
    assert not series.any()


def test_each_series_gives_its_length_less_the_window():
    offsets = np.array([0, 10, 12, 20])
    starts, series = window_starts(offsets, np.array([8, 12, 20]), 3)
    assert np.bincount(series, minlength=3).tolist() == [5, 0, 5]
    assert starts.tolist() == [0, 1, 2, 3, 4, 12, 13, 14, 15, 16]


@settings(max_examples=80)
@given(
    st.lists(st.integers(0, 15), min_size=1, max_size=4),
    st.integers(1, 6),
    st.data(),
)
def test_chunks_hold_every_row_that_has_a_next_one_exactly_once(lengths, length, data):
    phase = data.draw(st.integers(0, length - 1))
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    starts, series = chunk_starts(offsets, offsets[1:], length, phase)
    seen = np.zeros(offsets[-1], int)
    for start, s in zip(starts, series, strict=True):
        for row in range(start, start + length):
            if offsets[s] <= row < offsets[s + 1]:
                seen[row] += 1
    for first, last in pairwise(offsets):
        assert seen[first : max(last - 1, first)].tolist() == [1] * max(last - first - 1, 0)
        assert seen[first:last].max(initial=0) <= 1


def test_a_partial_last_batch_is_padded_with_weight_zero_and_never_dropped():
    starts, series = np.arange(100, 110), np.arange(10)
    order = np.array([9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
    plan, count = make_plan(starts, series, 4, order)
    assert count == 3
    assert plan.starts[:count].ravel().tolist()[:10] == list(range(109, 99, -1))
    assert plan.series[:count].ravel().tolist()[:10] == order.tolist()
    assert plan.weights[:count].ravel().tolist() == [1.0] * 10 + [0.0] * 2
    assert not plan.weights[count:].any()


def test_plans_with_one_room_have_one_size():
    sizes = set()
    for windows in (3, 17, 40):
        plan, _ = make_plan(
            np.arange(windows), np.zeros(windows, int), 4, np.arange(windows), room=41
        )
        sizes.add(plan.starts.shape)
    assert len(sizes) == 1


lengths_of = st.lists(st.integers(0, 60), min_size=1, max_size=6)


@settings(max_examples=100)
@given(lengths_of, st.integers(1, 9), st.integers(1, 5), st.data())
def test_lanes_read_every_chunk_once_and_each_follows_the_one_before(lengths, length, lanes, data):
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    phase = data.draw(st.integers(0, length - 1))
    pieces = cut_pieces(offsets, offsets[1:], length, phase, lanes)
    order = data.draw(st.permutations(range(len(pieces.starts))))
    plan, count = lane_plan(pieces, length, lanes, np.array(order, int), room=3, epoch=7)
    assert int(plan.epoch) == 7
    assert len(plan.starts) >= max(count, 3)

    real = plan.weights > 0
    assert not real[count:].any()
    assert sorted(zip(plan.series[real], plan.starts[real], strict=True)) == sorted(
        zip(*chunk_starts(offsets, offsets[1:], length, phase)[::-1], strict=True)
    )
    for lane in range(lanes):
        filled = real[:count, lane]
        assert not (filled[1:] & ~filled[:-1]).any()  # a lane is empty at its end alone
        for m in range(int(filled.sum())):
            if plan.fresh[m, lane]:
                continue
            assert plan.series[m, lane] == plan.series[m - 1, lane]
            assert plan.starts[m, lane] == plan.starts[m - 1, lane] + length


def test_one_lane_reads_a_series_in_order_from_its_begin():
    pieces = cut_pieces(np.array([0, 100]), np.array([100]), 10, 0, 1)
    plan, count = lane_plan(pieces, 10, 1, np.arange(1))
    assert plan.starts[:count, 0].tolist() == list(range(0, 100, 10))
    assert plan.fresh[:count, 0].tolist() == [1.0] + [0.0] * 9


def test_a_long_series_is_cut_so_that_all_lanes_end_together():
    offsets = np.array([0, 1000, 1010, 1020])
    pieces = cut_pieces(offsets, offsets[1:], 10, 0, 4)
    plan, count = lane_plan(pieces, 10, 4, np.arange(len(pieces.starts)))
    assert count <= 28  # 102 chunks in 4 lanes are 26 at best
    assert (plan.weights[:24] > 0).all()


def test_a_lane_that_ends_is_refilled_and_starts_afresh_exactly_there():
    offsets = np.array([0, 21, 42, 63])
    pieces = cut_pieces(offsets, offsets[1:], 10, 0, 1)
    plan, count = lane_plan(pieces, 10, 1, np.array([2, 0, 1]))
    assert count == 6
    assert plan.series[:6, 0].tolist() == [2, 2, 0, 0, 1, 1]
    assert plan.fresh[:6, 0].tolist() == [1, 0, 1, 0, 1, 0]
