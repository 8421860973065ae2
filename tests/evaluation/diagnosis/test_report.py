from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from rollcast.errors import ArgumentError
from rollcast.evaluation.diagnosis.findings import Finding
from rollcast.evaluation.diagnosis.loop_failure import loop_warning
from rollcast.evaluation.diagnosis.report import Diagnosis, error_curve, steps_shown
from samples import rolling

NAN = float("nan")
H = 24
RANDOM = np.random.default_rng(0)
TRUTH = np.sin((np.arange(20)[:, None] + np.arange(H)) * 2 * np.pi / 12)[None]


def diagnosis(**changes: Any) -> Diagnosis:
    curve = error_curve(TRUTH, TRUTH + 0.5)
    given: dict[str, Any] = {
        "name": "LSTM",
        "h": H,
        "origins": 20,
        "series": 1,
        "unit": "MW",
        "seen": False,
        "free": curve,
        "one_step": error_curve(TRUTH, TRUTH + 0.1),
        "naive": error_curve(TRUTH, np.zeros_like(TRUTH)),
        "findings": (Finding("flat line", "The loop goes flat."),),
        "notes": ("Mind this.",),
    }
    return Diagnosis(**given | changes)


def test_errors_by_step_leave_out_what_was_not_observed():
    truth = np.array([[[1.0, NAN], [2.0, 5.0]]])
    curve = error_curve(truth, np.array([[[2.0, 9.0], [4.0, 1.0]]]))
    assert curve.mae == (1.5, 4.0)
    assert_allclose(curve.rmse, [np.sqrt(2.5), 4.0])
    assert_allclose(curve.overall, [np.sqrt(7), 7 / 3])


def test_the_table_shows_a_handful_of_steps_and_all():
    lines = diagnosis().table().splitlines()
    assert lines[0] == "Error by step ahead, over 20 forecast starts"
    assert lines[1].split() == ["free-running", "one", "step", "naive"]
    assert lines[2].split()[:4] == ["step", "ahead", "RMSE,", "MW"]
    assert [line.split()[0] for line in lines[3:]] == ["1", "2", "3", "5", "10", "20", "24", "all"]
    assert lines[3].split()[1:5] == ["0.5", "0.5", "0.1", "0.1"]


@pytest.mark.parametrize(
    ("h", "steps"), [(1, [1]), (3, [1, 2, 3]), (6, [1, 2, 3, 5, 6]), (30, [1, 2, 3, 5, 10, 20, 30])]
)
def test_the_steps_shown_end_with_the_horizon(h, steps):
    assert steps_shown(h) == steps


def test_the_verdict_names_the_faults_or_that_there_are_none():
    bad, good = diagnosis(), diagnosis(findings=())
    assert not bad.holds
    assert bad.verdict == (
        "The loop of LSTM does not hold over 24 steps: flat line "
        "(RMSE 0.5 MW free-running, 0.1 one step ahead, 20 forecast starts)."
    )
    assert good.holds
    assert good.verdict.startswith("No fault was found in LSTM over 24 steps (RMSE 0.5 MW")
    assert "can't be diagnosed" in diagnosis(origins=0).verdict


def test_the_text_holds_table_findings_notes_and_ends_with_the_verdict():
    parts = diagnosis().text().split("\n\n")
    assert parts == [
        diagnosis().table(), "The loop goes flat.", "Mind this.", diagnosis().verdict
    ]  # fmt: skip


def test_the_frame_has_a_row_for_each_step():
    frame = diagnosis().to_frame()
    assert frame.index.name == "step"
    assert frame.index.tolist() == list(range(1, H + 1))
    assert frame.columns.tolist() == [
        f"{made}_{metric}" for made in ("free", "one_step", "naive") for metric in ("rmse", "mae")
    ]
    assert_allclose(frame["free_mae"], 0.5)


def test_json_is_strict():
    broken = replace(diagnosis(), free=error_curve(TRUTH, np.full_like(TRUTH, NAN)))
    told = json.loads(json.dumps(broken.to_json(), allow_nan=False))
    assert told["findings"] == [{"name": "flat line", "sentence": "The loop goes flat."}]
    assert told["holds"] is False
    assert told["errors"]["free"]["rmse"] is None
    assert len(told["errors"]["one_step"]["mae_by_step"]) == H
    assert told["verdict"] == broken.verdict


# The warning that a fit may give

FREE = TRUTH[0]
ORIGINS = rolling([9], 1, len(FREE))


def noisy(scale: float) -> np.ndarray:
    return scale * RANDOM.normal(size=FREE.shape)


def test_a_loop_that_fails_though_one_step_is_fine_is_warned_of():
    fine, scale = np.full(20, -0.03), np.array([0.3])
    said = loop_warning(ORIGINS, -FREE, FREE, fine, scale)
    assert said is not None
    assert said.startswith("One step ahead the error is 10 % of naive's, yet rolled 24 steps on")
    assert "(`rollout`)" in said
    broken = loop_warning(ORIGINS, np.full_like(FREE, NAN), FREE, fine, scale)
    assert broken is not None
    assert "inf" in broken


def test_nothing_is_said_of_a_loop_that_holds_or_a_model_that_is_bad_from_the_start():
    scale, fine, bad = np.array([0.3]), np.full(20, 0.03), np.full(20, 0.2)
    assert loop_warning(ORIGINS, FREE + noisy(0.1), FREE, fine, scale) is None
    assert loop_warning(ORIGINS, -FREE, FREE, bad, scale) is None
    assert loop_warning(ORIGINS, -FREE, FREE, fine, np.array([0.0])) is None  # constant
    assert loop_warning(ORIGINS, -FREE, FREE, fine, np.array([NAN])) is None
    assert loop_warning(ORIGINS, -FREE, np.full_like(FREE, NAN), fine * NAN, scale) is None


def test_a_night_of_zeros_is_no_failing_loop():
    night, origins = np.zeros((5, 12)), rolling([9], 1, 5)
    night[0, 0] = 1e-3
    error = np.full(5, 0.01)
    assert loop_warning(origins, night * 0 + 0.02, night, error, np.array([0.3])) is None


def test_many_series_are_counted_in_units_of_their_own():
    size = 10.0 ** np.arange(10)
    truth = TRUTH * size[:, None, None]
    free = truth.copy()
    free[:3] = -free[:3]
    error = 0.03 * np.repeat(size, 20)
    flat = (values.reshape(200, -1) for values in (free, truth))
    said = loop_warning(rolling([9] * 10, 1, 20), *flat, error, 0.3 * size)
    assert said is not None
    assert "in 3 of 10 series" in said


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ArgumentError, match=r"`free` and `truth` must have the shape"):
        loop_warning(ORIGINS, FREE[0], FREE, np.ones(20), np.ones(1))
