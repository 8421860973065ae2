"""What the caller of a stream chose, and what became of its lines."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import get_args

from rollcast.errors import ArgumentError
from rollcast.forecasting.observe import Late
from rollcast.model.fitted import Fitted
from rollcast.model.judged_rows import refuse_unjudged
from rollcast.options import MOST_AHEAD
from rollcast.options.argument_checks import one_of, whole
from rollcast.options.false_alarm_option import check_false_alarms
from rollcast.stream.lines import LONGEST
from rollcast.stream.stream_intervals import StreamIntervals


@dataclass(frozen=True, kw_only=True)
class StreamOptions:
    """What the caller chose.

    Attributes:
        h: steps of each forecast.
        every: rows of a series to a forecast.
        max_gap: rows that may be missing in a row.
        late: whether late rows are skipped or end the stream.
        max_line_bytes: of a line, its newline included; a longer one is skipped.
        intervals: that are forecast too; None for points alone.
        anomalies: percent of ordinary values that may be flagged; None to look for none.
        advice: whether to say when an update is due.
    """

    h: int
    every: int
    max_gap: int
    late: Late
    max_line_bytes: int = LONGEST
    intervals: StreamIntervals | None = None
    anomalies: float | None = None
    advice: bool = False

    @classmethod
    def of(
        cls,
        fitted: Fitted,
        *,
        h: int | None = None,
        every: int = 1,
        max_gap: int | None = None,
        late: Late = "skip",
        max_line_bytes: int = LONGEST,
        level: object = None,
        adapt: bool = False,
        anomalies: float | None = None,
        advice: bool = False,
    ) -> StreamOptions:
        """With the model's horizon where none is given.

        Raises:
            ArgumentError: a value outside its range, or anomalies of a model that has too few residuals to judge by.
        """
        steps = fitted.model.h if h is None else whole("h", h, most=MOST_AHEAD)
        if adapt and level is None:
            raise ArgumentError("`adapt` is for intervals; name them by `level`, such as 80,95.")
        levels = () if level is None else fitted.check_level(level)
        if anomalies is not None:
            refuse_unjudged(fitted.model, fitted.calibration, fitted.name)
            anomalies = check_false_alarms("anomalies", anomalies)
        late = one_of("late", late, get_args(Late))
        own = fitted.model.h
        return cls(
            h=steps,
            every=whole("every", every),
            max_gap=own if max_gap is None else whole("max_gap", max_gap, least=0),
            late=late,
            max_line_bytes=whole("max_line_bytes", max_line_bytes),
            intervals=StreamIntervals(fitted, levels, steps, adapt=adapt) if levels else None,
            anomalies=anomalies,
            advice=advice,
        )


@dataclass
class LineCounts:
    """What became of the lines.

    Attributes:
        rows: read, or held for a new series.
        forecasts: made.
        late: rows that were late or repeated, and left out.
        repeated: rows that the checkpoint held already, and that were left out.
        bad: lines that could not be used.
    """

    rows: int = 0
    forecasts: int = 0
    late: int = 0
    repeated: int = 0
    bad: int = 0

    def to_json(self) -> dict[str, int]:
        """Plain values."""
        return asdict(self)
