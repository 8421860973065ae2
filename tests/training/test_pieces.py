from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from test_forecast_task import task_of

from rollcast.training.forecast_task import MOST_UPDATES
from rollcast.training.pieces import choose_lengths, cut_series, starts_of_length
from rollcast.training.schedule import schedule
from samples import panel_of, wavy


def offsets_of(lengths: list[int]) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(lengths)])


@settings(max_examples=60)
@given(
    st.lists(st.integers(1, 90), min_size=2, max_size=9),
    st.integers(1, 20),
    st.integers(0, 10**6),
)
def test_every_row_with_a_next_one_lies_in_one_piece_and_padding_outside(lengths, longest, seed):
    offsets = offsets_of(lengths)
    ends, phases = offsets[1:], np.random.default_rng(seed).random(len(lengths))
    chosen = choose_lengths(offsets, ends, longest)
    cuts = cut_series(offsets, ends, longest, phases)
    seen = np.zeros(offsets[-1], int)
    for length in chosen:
        for start, s in zip(*starts_of_length(cuts, chosen, length), strict=True):
            rows = np.arange(start, start + length)
            rows = rows[(rows >= offsets[s]) & (rows < ends[s] - 1)]
            assert len(rows)
            seen[rows] += 1
    last = ends - 1
    assert (np.delete(seen, last) == 1).all()
    assert not seen[last].any()


def test_no_piece_of_series_hardly_longer_than_a_chunk_is_left_out():
    """Where the first cut lies decides whether such a series holds a whole chunk; the lengths have room for it."""
    for rows, longest in ((52, 48), (254, 240), (262, 257)):
        offsets = offsets_of([rows] * 50)
        chosen = choose_lengths(offsets, offsets[1:], longest)
        assert chosen[-1] == longest
        cuts = cut_series(offsets, offsets[1:], longest, np.linspace(0, 0.999, 50))
        kept = [starts_of_length(cuts, chosen, length)[0] for length in chosen]
        assert sum(map(len, kept)) == len(cuts.rows)


def test_padding_of_series_of_any_length_stays_below_a_fifth():
    random = np.random.default_rng(0)
    for lengths in (random.integers(14, 42, 645), random.integers(48, 127, 1428), np.full(100, 9)):
        offsets = offsets_of(lengths.tolist())
        chosen = choose_lengths(offsets, offsets[1:], 48)
        cuts = cut_series(offsets, offsets[1:], 48, random.random(len(lengths)))
        read = np.array(chosen)[np.searchsorted(chosen, cuts.rows)]
        assert 1 - cuts.rows.sum() / read.sum() < 0.2
        assert len(chosen) <= 3
    assert choose_lengths(offsets_of([9_601] * 3), offsets_of([9_601] * 3)[1:], 48) == (48,)


def test_an_epoch_mixes_the_updates_of_all_lengths_and_runs_each_once():
    panel = panel_of(wavy(40), *(wavy(8, seed=s) for s in range(1, 5)))
    task = task_of(windowed=False, panel=panel, ends=panel.offsets[1:])
    assert len(task.shorter) == 1
    stretches = schedule(task, 3)
    assert [s.begin for s in stretches[1:]] == [s.end for s in stretches[:-1]]
    for part in (task, *task.shorter):
        own = sorted((s.first, s.end - s.begin) for s in stretches if s.task is part)
        assert [first for first, _ in own] == np.cumsum([0, *(n for _, n in own)])[:-1].tolist()
        assert sum(n for _, n in own) == part.plan(3)[1]
    turns = [s.task is task for s in stretches]
    assert turns != sorted(turns)
    assert turns != sorted(turns, reverse=True)
    assert turns == [s.task is task for s in schedule(task, 3)]


def test_an_epoch_of_very_many_series_draws_some_of_their_pieces():
    panel = panel_of(*(wavy(30, seed=s % 7) for s in range(6_000)))
    task = task_of(windowed=False, panel=panel, ends=panel.offsets[1:])
    parts = (task, *task.shorter)
    assert max(part.plan(0)[1] for part in parts) == MOST_UPDATES
    first, second = (part.plan(0)[0].series for part in (task, task))
    assert np.array_equal(first, second)
