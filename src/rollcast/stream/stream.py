"""The stream itself: lines of rows in, lines of forecasts out, whatever the pieces they come in."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeAlias

from rollcast.data.panel import name_series
from rollcast.errors import DataError, show
from rollcast.forecasting.late_and_missing_rows import off_grid_fix
from rollcast.forecasting.state import State
from rollcast.model.fitted import Fitted
from rollcast.model.live import adapting, watching
from rollcast.preprocessing.scaling import TOO_FAR
from rollcast.stream.answers import AnswerWriter
from rollcast.stream.batching import RowBatches
from rollcast.stream.json_rows import NotJsonError, RowReader, StreamRow
from rollcast.stream.lines import Line
from rollcast.stream.new_series import NewSeries
from rollcast.stream.state_table import NOT_AVAILABLE, StateTable
from rollcast.stream.stream_advice import AdviceFields, StreamAdvice
from rollcast.stream.stream_options import LineCounts, StreamOptions
from rollcast.stream.timeline import SharedGrid, Timeline

Tell: TypeAlias = Callable[[str, str], None]
"""Called with "note" or "warning" and a sentence."""


class LateError(DataError):
    """A late row, where the caller wants none."""


class Stream:
    """Reads lines and answers them. The same lines get the same answers in whatever pieces they come.

    Args:
        fitted: the model.
        options: what the caller chose.
        tell: is told what a person should know.
        state: to go on from; default the end of the data of ``fit``.
        newcomers: new series whose rows are held.
        turns: (S,) rows of each series since the stream began, by which every so many get a forecast.
        counts: to go on from.
        advice: to go on from.
        repeats: whether what has been read may be sent again.

    Attributes:
        ended: the sentence about a late row that ended the stream.
    """

    def __init__(
        self,
        fitted: Fitted,
        options: StreamOptions,
        tell: Tell,
        *,
        state: State | None = None,
        newcomers: dict[Any, NewSeries] | None = None,
        turns: Iterable[int] | None = None,
        counts: LineCounts | None = None,
        advice: AdviceFields | None = None,
        repeats: bool = False,
    ) -> None:
        state = fitted.state if state is None else state
        self.ended: str | None = None
        self.counts = LineCounts() if counts is None else counts
        self.newcomers = {} if newcomers is None else newcomers
        self.turns = [0] * len(state) if turns is None else list(turns)
        intervals = options.intervals
        if intervals is not None and intervals.adapts:
            state = adapting(fitted, state, intervals.levels)
        if intervals is not None and intervals.note:
            tell("note", intervals.note)
        state = watching(fitted, state) if options.advice else replace(state, watch=None)
        self.advice = StreamAdvice(fitted, advice) if options.advice else None
        self.table = StateTable(fitted.model, state, options.h, intervals, fitted.calibration)
        self._fitted, self._options, self._tell = fitted, options, tell
        self._timeline = Timeline(fitted.frequency, fitted.schema)
        self._reader = RowReader(fitted)
        self._writer = AnswerWriter(fitted, self._timeline, options.h, intervals)
        self._rows: list[int] = state.rows.tolist()
        self._known = list(self._rows) if repeats else [0] * len(self._rows)
        self._grids = [self._timeline.grid(start) for start in self.table.starts]
        self._rounds = RowBatches()
        self._answers: list[bytes] = []
        self._blank = 0.0 if fitted.schema.fill == "zero" else math.nan

    def take(self, lines: Iterable[Line], number: int) -> tuple[list[bytes], int]:
        """Read lines.

        Args:
            lines: the next ones.
            number: of the first of them, counted from 1.

        Returns:
            The forecasts in the order of the rows, and how many lines were taken: all of them, but for a last one that
            was cut off, or for a late row and what follows it where late rows end the stream.
        """
        self._rounds, taken = RowBatches(), 0
        self._answers = []
        for line in lines:
            try:
                self._line(line, number + taken)
            except LateError as error:
                self.ended = f"Line {number + taken} ended the stream: {error}"
                break
            except NotJsonError as error:
                if not line.ended:
                    self._tell(
                        "warning", f"Line {number + taken}, the last, was left: it is cut off."
                    )
                    break
                self._skip(number + taken, error)
            except DataError as error:
                self._skip(number + taken, error)
            taken += 1
        self._play()
        self.counts.forecasts += len(self._answers)
        return self._answers, taken

    def _play(self) -> None:
        """Read the rows that wait, and answer them."""
        answers = self._rounds.play(self.table, self._writer, self._options.anomalies)
        if answers and self.advice is not None:
            answers[0] = self.advice.tell(answers[0])
        self._answers += answers
        self._rounds = RowBatches()

    def _look(self, *, answered: bool) -> None:
        """Read the rows so far, and see whether an update is due; the newest one tells it if it is answered."""
        if self.advice is None:
            return
        self._play()
        self.advice.look(self.table)
        if answered:
            self._answers[-1] = self.advice.tell(self._answers[-1])

    def _skip(self, number: int, error: DataError) -> None:
        self.counts.bad += 1
        self._tell("warning", f"Line {number} was skipped: {error}")

    def _line(self, line: Line, number: int) -> None:
        if line.too_long:
            most = self._options.max_line_bytes
            raise DataError(f"it has more than {most:,} bytes; pass a larger max_line_bytes=.")
        if not line.text.strip():
            return
        row = self._reader.parse(line.text)
        place = self.table.places.get(row.series_id)
        if place is None:
            self._hold(row, number)
        else:
            self._plan(row, place)

    def _plan(self, row: StreamRow, place: int) -> None:
        """Have a row of a known series read with the others."""
        grid, rows = self._grids[place], self._rows[place]
        missing = self._missing(row, self.table.starts[place], rows, self._known[place])
        if missing is None:
            return
        value = self._filled(row, missing, log=self.table.takes_log(place))
        if self.table.is_far(place, row.value):
            raise DataError(f"it holds {row.value:g}, {TOO_FAR}")
        asked = (self.turns[place] + 1) % self._options.every == 0
        rows += missing + 1
        opening = self._writer.opening(row.series_id, grid, rows) if asked else ""
        for _ in range(missing):
            self._rounds.add(place, self._blank)
        self._rounds.add(place, value, self._rounds.answer() if asked else -1, opening)
        self._rows[place] = rows
        self.turns[place] += 1
        self.counts.rows += 1
        if self.advice is not None and self.advice.count_row(len(self.table)):
            self._look(answered=asked)

    def _hold(self, row: StreamRow, number: int) -> None:
        """Keep a row of a new series until there are enough."""
        found = self.newcomers.get(row.series_id) or self._meet(row, number)
        missing = self._missing(row, found.start, len(found.values), found.known)
        if missing is None:
            return
        value = self._filled(row, missing, log=self._fitted.model.log is True)
        if value == NOT_AVAILABLE:
            value = self._left_out(row)
        grid, rows = self._timeline.grid(found.start), len(found.values) + missing + 1
        enough = rows >= self._fitted.model.least_rows
        opening = self._writer.opening(row.series_id, grid, rows) if enough else ""
        found.add(value, missing)
        self.newcomers[row.series_id] = found
        self.counts.rows += 1
        if enough:
            self._welcome(row.series_id, grid, opening)
            self._tell(
                "note",
                f"Line {number}: series {show(row.series_id)} has enough rows and is forecast from here on.",
            )

    def _meet(self, row: StreamRow, number: int) -> NewSeries:
        if math.isnan(row.value):
            raise DataError(
                f"the new series {show(row.series_id)} must begin with a row whose value counts."
            )
        found = NewSeries(0 if row.first is None else row.first)
        if not self._timeline.locate(found.start, found.start)[1]:
            frequency = self._fitted.frequency
            off = f"lies off the model's grid of rows ({frequency.label})"
            raise DataError(f"its time {frequency.why_closed(found.start) or off}.")
        least = self._fitted.model.least_rows
        self._tell(
            "note",
            f"Line {number}: series {show(row.series_id)} is new; it is forecast from its row {least:,} on.",
        )
        return found

    def _welcome(self, series_id: Any, grid: SharedGrid, opening: str) -> None:
        """Read a new series' rows, and forecast it."""
        found = self.newcomers.pop(series_id)
        place = self.table.join(found.state_after(self._fitted, series_id))
        self._grids.append(grid)
        self._rows.append(len(found.values))
        self._known.append(found.known)
        self.turns.append(1)
        if self._options.every == 1:
            self._rounds.answer(self._writer.line(opening, self.table.forecast([place])[0]))

    def _missing(self, row: StreamRow, start: int, rows: int, known: int) -> int | None:
        """Rows that are missing before one; None where it is late and was counted.

        Args:
            row: the row.
            start: time of its series' first row.
            rows: of the series so far.
            known: those of them that may be sent again.

        Raises:
            LateError: it is late, and the caller wants no such row.
            DataError: it lies off the grid or behind too many that are missing.
        """
        grid = self._timeline.grid(start)
        if row.first is None or row.first == self._timeline.instant(grid, rows):
            return 0
        at = self._locate(row, start, rows)
        if at < rows:
            self._late(row, grid, rows, repeated=at < known)
            return None
        if at - rows > self._options.max_gap:
            raise DataError(
                f"{_lack(at - rows, row.series_id)} missing before it: "
                f"{self._due(grid, rows)} is due, and at most {self._options.max_gap:,} in a row may be missing; "
                "send them, or pass a larger max_gap=."
            )
        return at - rows

    def _locate(self, row: StreamRow, start: int, rows: int) -> int:
        """The row's number; of two times that the clock shows alike, the first that is not over."""
        first, second = row.first or 0, row.second or 0
        at, on = self._timeline.locate(start, first)
        if second != first and (not on or at < rows):
            later, later_on = self._timeline.locate(start, second)
            at, on = (later, True) if later_on else (at, on)
        if not on:
            frequency = self._fitted.frequency
            steps = f"is no whole number of steps ({frequency.label}) after the rows{name_series(row.series_id)}"
            why = frequency.why_closed(first) or steps
            raise DataError(f"its time {why}; {off_grid_fix(frequency, first)}.")
        return at

    def _late(self, row: StreamRow, grid: SharedGrid, rows: int, *, repeated: bool) -> None:
        if repeated:
            self.counts.repeated += 1
        elif self._options.late == "skip":
            self.counts.late += 1
        else:
            raise LateError(
                f"its row{name_series(row.series_id)} is late, {self._due(grid, rows)} is due next; leave it out, "
                'or pass late="skip".'
            )

    def _filled(self, row: StreamRow, missing: int, *, log: bool) -> float:
        """The row's value, filled where the model fills missing ones by itself.

        Args:
            row: the row.
            missing: rows that are missing before it.
            log: whether the logarithms of its series are taken.

        Raises:
            DataError: a value is missing that may not be, or has no logarithm.
        """
        fill, blank = self._fitted.schema.fill, math.isnan(row.value) and row.available
        if missing and fill == "error":
            raise DataError(
                f"{_lack(missing, row.series_id)} missing before it, and the model was fitted with "
                'fill="error"; send them.'
            )
        if (missing or blank) and fill == "zero" and log:
            raise DataError(
                "a missing value would be 0, and the model takes the logarithm of its series; send a value."
            )
        if log and row.value <= 0:
            raise DataError(
                f"its {self._reader.names.value!r} must be > 0, for the model takes the logarithm of its series; got "
                f"{row.value:g}: correct it or leave it empty, or fit with log=False."
            )
        if not row.available:
            return NOT_AVAILABLE
        return self._blank if blank else row.value

    def _left_out(self, row: StreamRow) -> float:
        """A row of a new series that doesn't count, as one that is missing."""
        fill = self._fitted.schema.fill
        if fill not in ("anchor", "linear"):
            raise DataError(
                f"the series {show(row.series_id)} is new, and its first rows must be available where a model was"
                f' fitted with fill="{fill}".'
            )
        return math.nan

    def _due(self, grid: SharedGrid, rows: int) -> str:
        return self._fitted.frequency.format(self._timeline.instant(grid, rows))


def _lack(count: int, series_id: Any) -> str:
    name = name_series(series_id)
    return f"1 row{name} is" if count == 1 else f"{count:,} rows{name} are"
