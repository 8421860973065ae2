"""Backtest: what a model and its baselines forecast at past cutoffs, beside what came, with scores and the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from rollcast._number_format import format_count, format_number
from rollcast._types import Float64, Int64
from rollcast.data.origins import Origins
from rollcast.data.panel import Panel
from rollcast.evaluation.grouped_scores import Groups, JudgedValues, Made
from rollcast.evaluation.scores import Scores
from rollcast.tables.backtest_frame import (
    CUTOFF,
    SERIES,
    backtest_frame,
    counts_frame,
    scores_frame,
    stacked,
)
from rollcast.tables.forecast_frame import forecast_columns
from rollcast.tables.schema import Schema

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class LeftOut:
    """Series without a forecast at each cutoff, (C,) counts.

    Attributes:
        judged: series that have one.
        too_short: those with too few rows up to the cutoff.
        nothing_after: those of which nothing was observed within the horizon after it.
    """

    judged: Int64
    too_short: Int64
    nothing_after: Int64


@dataclass(frozen=True, kw_only=True, eq=False)
class Backtest:
    """Forecasts from C cutoffs, which all series share, judged beside every baseline.

    Attributes:
        name: of the model; "... (in sample)" where its weights have seen what they are judged by.
        h: steps ahead.
        unit: of the values, or None.
        fits: how often a model was trained for it.
        in_sample: whether the weights have seen the rows that are judged.
        comparison: the model's errors beside those of each baseline, and the test between them.
        cutoff_times: (C,) the newest times that forecasts knew.
        panel: S series.
        schema: the caller's table.
        origins: (M,) where forecasts start, sorted by series and time.
        cutoff: (M,) the place of each one's cutoff.
        actual: (M, h) what came; NaN where nothing was observed.
        judged: the same, as it is judged.
        made: by name, the model first.
        counts: series that are left out, by cutoff.
    """

    name: str
    h: int
    unit: str | None
    fits: int
    in_sample: bool
    comparison: Scores
    cutoff_times: Int64
    panel: Panel
    schema: Schema
    origins: Origins
    cutoff: Int64
    actual: Float64
    judged: JudgedValues
    made: Mapping[str, Made]
    counts: LeftOut

    def __repr__(self) -> str:
        return (
            f"Backtest({self.name}, h {self.h}, {format_count(len(self.cutoff_times), 'cutoff')}, "
            f"{self.comparison.series:,} series)"
        )

    def __str__(self) -> str:
        return f"{self.table()}\n\n{self.verdict}"

    def frame(self) -> Any:
        """Every forecast beside what came, in the caller's names and kind of frame.

        Returns:
            M x h rows: identifier, time, ``cutoff``, the actual value, the model's forecast with the ends of its
            intervals, and each baseline's.
        """
        columns: dict[Any, Float64] = {self.schema.target_col: self.actual}
        for name, made in self.made.items():
            columns |= forecast_columns(name, made.point, made.intervals)
        return backtest_frame(
            self.panel, self.schema, self.origins, self.cutoff, self.cutoff_times, columns
        )

    def scores(self) -> Any:
        """The scores over everything: a row for the model and for each baseline.

        Columns: ``mae``, ``rmse`` and ``bias`` in the data's unit; ``smape`` and ``wape`` in percent; ``mase`` over the
        error of seasonal naive, and ``rmsse`` over that of naive, in all rows up to each cutoff, the mean over series.
        A model with quantiles has ``pinball`` (mean over the levels 0.1 .. 0.9), ``crps`` (twice that) and ``wql`` (the
        same, summed over all values, over the sum of their sizes); each level has ``coverage-80`` (a share) and
        ``width-80``. See :mod:`rollcast.metrics`.
        """
        return self._frame(None, np.zeros((1, 1), np.int64), np.zeros(1, np.int64))

    def by_step(self) -> Any:
        """The scores of each step ahead, 1 .. h: a row for the model and for each baseline."""
        steps = np.arange(self.h)
        return self._frame("step", steps[None, :], steps + 1)

    def by_series(self) -> Any:
        """The scores of each series that was judged: a row for the model and for each baseline."""
        series, place = np.unique(self.origins.series, return_inverse=True)
        return self._frame(SERIES, place[:, None], series)

    def by_cutoff(self) -> Any:
        """The scores at each cutoff: a row for the model and for each baseline."""
        return self._frame(CUTOFF, self.cutoff[:, None], self.cutoff_times)

    def all_scores(self) -> Any:
        """The scores over all, by step, by cutoff and by series in one frame, to be written to a file.

        The column ``by`` says which they are, and ``group`` of which step, cutoff or series, as text.
        """
        tables = {
            "all": self.scores(),
            "step": self.by_step(),
            CUTOFF: self.by_cutoff(),
            SERIES: self.by_series(),
        }
        return stacked(tables)

    @property
    def forecast_values(self) -> int:
        """Forecasts of the model: M x h."""
        return self.actual.size

    def plot(self, series: Any = None) -> Figure:
        """Draw the error by step ahead beside the best baselines, and forecasts of one series at its cutoffs.

        Where intervals were asked for, a second picture shows what they held at each step. Of cutoffs the newest are
        shown, up to eight whose forecasts do not overlap.

        Args:
            series: its identifier; None for the first that was judged.

        Returns:
            A matplotlib figure.

        Raises:
            ArgumentError: there is no such series, or it was left out at every cutoff.
        """
        from rollcast.evaluation.forecasts_at_cutoffs import forecasts_of_series, scores_by_step
        from rollcast.plots.past_forecasts import plot_past_forecasts

        past = forecasts_of_series(self, series)
        return plot_past_forecasts(scores_by_step(self), past)

    def _frame(self, by: str | None, group: Int64, keys: Int64) -> Any:
        groups = Groups(self.judged, group, len(keys))
        scores = {name: groups.score(made) for name, made in self.made.items()}
        return scores_frame(self.panel, self.schema, by, scores, keys)

    @cached_property
    def left_out(self) -> Any:
        """How many series were judged at each cutoff, and how many were left out: a row for each cutoff.

        ``too_short`` had too few rows up to it, and of those of ``nothing_after`` no value was observed within the
        horizon after it.
        """
        counts = self.counts
        columns = {
            "judged": counts.judged,
            "too_short": counts.too_short,
            "nothing_after": counts.nothing_after,
        }
        return counts_frame(self.panel, self.schema, self.cutoff_times, columns)

    @property
    def verdict(self) -> str:
        """How much better the model is than the baseline to beat, how certain that is, and what to use.

        The test is that of ``fit`` and ``evaluate``. The baseline to beat is the one that did best at cutoffs before
        the first, as far apart as these; or a naive one, where that does better in the backtest itself.
        """
        if not self.in_sample:
            return self.comparison.verdict
        scores, best = self.comparison, self.comparison.best_baseline
        beside = (
            "" if best is None else f" against {format_number(scores.error(best))} of {best.name}"
        )
        return (
            f"In sample: the fit has seen the rows that it is judged by, so nothing is claimed. {self.name} "
            f"has {scores.deciding} {format_number(scores.error(scores.model))}{beside}."
        )

    def table(self) -> str:
        """The scores as an aligned table of plain text, then intervals, cutoffs and who was left out."""
        lines = [self.comparison.table(), "", *self._interval_lines(), self._course()]
        left = self._left_out_line()
        return "\n".join(lines + ([left] if left else []))

    def _interval_lines(self) -> list[str]:
        made = self.made[self.name]
        found = Groups(self.judged, np.zeros((1, 1), np.int64), 1).score(made)
        lines = []
        if "wql" in found:
            lines = [
                f"WQL {format_number(found['wql'][0])}, CRPS {format_number(found['crps'][0])}."
            ]
        for level in made.intervals:
            share, width = found[f"coverage-{level}"][0], found[f"width-{level}"][0]
            lines.append(
                f"The {level} % interval holds {100 * share:.1f} % of the values and is "
                f"{self.comparison.with_unit(width)} wide."
            )
        return lines

    def _course(self) -> str:
        count, show = len(self.cutoff_times), self.panel.frequency.format
        first, last = show(int(self.cutoff_times[0])), show(int(self.cutoff_times[-1]))
        when = f"1 cutoff, {first}" if count == 1 else f"{count:,} cutoffs from {first} to {last}"
        if not self.fits:
            return f"{when}; the weights stayed as they are."
        once = "before the first of them" if count > 1 else "before it"
        how = once if self.fits == 1 else f"{self.fits:,} times, each time on the rows before"
        return f"{when}; trained {how}."

    def _left_out_line(self) -> str:
        """The sentence on series that are left out; empty where none is."""
        counts = self.counts
        parts = [
            f"{int(number.max()):,} {why}"
            for number, why in (
                (counts.too_short, "too short"),
                (counts.nothing_after, "without a value after it"),
            )
            if number.any()
        ]
        if not parts:
            return ""
        return f"Left out at a cutoff, at most: {' and '.join(parts)}, of {self.panel.num_series:,} series."
