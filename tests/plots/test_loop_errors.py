"""The figure of a diagnosis: its axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from rollcast.evaluation.diagnosis.report import Diagnosis, error_curve
from rollcast.plots.loop_errors import plot_diagnosis


def diagnosis(free: Any, one_step: Any) -> Diagnosis:
    """Of loops with these errors by step ahead; naive has none at the last step."""
    errors = [np.asarray(e, float).reshape(1, 1, -1) for e in (free, one_step)]
    errors.append(np.linspace(1.0, 0.0, errors[0].size).reshape(1, 1, -1))
    made = [error_curve(np.zeros_like(e), e) for e in errors]
    named = dict(zip(("free", "one_step", "naive"), made, strict=True))
    return Diagnosis(
        name="LSTM", h=errors[0].size, origins=1, series=1, unit="kg", seen=False, findings=(), notes=(), **named
    )  # fmt: skip


def test_errors_by_step_begin_at_zero_or_at_our_least_where_they_span_much():
    even = plot_diagnosis(diagnosis([1.0, 2.0, 3.0], [1.0, 1.0, 1.0])).axes[0]
    assert even.get_yscale() == "linear"
    assert even.get_ylim()[0] == 0
    wide = plot_diagnosis(diagnosis([0.01, 0.1, 0.5], [0.01, 0.01, 0.01])).axes[0]
    assert wide.get_yscale() == "log"
    assert 0.005 < wide.get_ylim()[0] < 0.01  # and not at naive's zero
    np.testing.assert_allclose(wide.get_lines()[0].get_ydata(), [0.01, 0.1, 0.5])
    broken = plot_diagnosis(diagnosis([1.0, np.inf, np.nan], [1.0, 1.0, 1.0])).axes[0]
    np.testing.assert_array_equal(broken.get_lines()[0].get_ydata(), [1.0, np.nan, np.nan])
