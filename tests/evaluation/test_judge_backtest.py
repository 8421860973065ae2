"""The baseline that a backtest has to beat, chosen before the first cutoff."""

from __future__ import annotations

import numpy as np

from rollcast.evaluation.judge_backtest import opponent_before
from samples import NAN, panel_of, rolling, wavy

WAVE = 20 + 5 * np.sin(2 * np.pi * np.arange(60) / 6)


def test_the_opponent_did_best_at_cutoffs_as_far_apart_before_the_first():
    # every sixth value is the same; between them lie others
    flat_nights = np.where(np.arange(60) % 6 < 2, 7.0, wavy(60, period=5))
    panel = panel_of(flat_nights)
    at_night = opponent_before(panel, rolling([36], 6, 3), 1, None, None)
    assert at_night == "naive"
    by_day = opponent_before(panel, rolling([37], 6, 3), 1, None, None)
    assert by_day != "naive"


def test_what_comes_after_the_first_cutoff_has_no_part_in_the_choice():
    later = WAVE.copy()
    later[41:] = 1e6
    origins = rolling([40], 3, 4)
    chosen = [opponent_before(panel_of(y), origins, 3, 6, None) for y in (WAVE, later)]
    assert chosen == ["seasonal naive", "seasonal naive"]


def test_a_series_with_too_few_rows_before_its_first_cutoff_has_no_opponent():
    assert opponent_before(panel_of(WAVE), rolling([2], 3, 2), 4, 6, None) is None
    assert (
        opponent_before(panel_of([NAN] * 9 + [1.0, 2.0]), rolling([9], 1, 1), 2, None, None) is None
    )
