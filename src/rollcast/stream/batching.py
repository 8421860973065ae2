"""Batches: rows of one piece of a stream, arranged so that many series are read by one call."""

from __future__ import annotations

from typing import NamedTuple

from rollcast.stream.answers import AnswerWriter, anomaly_text
from rollcast.stream.state_table import SIZE, StateTable


class _Step(NamedTuple):
    """A row of a series, and the answer that begins with ``opening`` where one is to follow it."""

    place: int
    value: float
    answer: int
    opening: str


class RowBatches:
    """Rows that wait to be read: each series has at most one in a round, and its rows are in order."""

    def __init__(self) -> None:
        self._rounds: list[list[_Step]] = []
        self._next: dict[int, int] = {}
        self._answers: list[bytes] = []

    def answer(self, text: bytes = b"") -> int:
        """The number of one more answer, which may be given later."""
        self._answers.append(text)
        return len(self._answers) - 1

    def add(self, place: int, value: float, answer: int = -1, opening: str = "") -> None:
        """One more row.

        Args:
            place: of its series in the table.
            value: NaN where it is missing.
            answer: number of the forecast that follows it, if one does.
            opening: of that forecast's line.
        """
        turn = self._next.get(place, 0)
        self._next[place] = turn + 1
        if turn == len(self._rounds):
            self._rounds.append([])
        self._rounds[turn].append(_Step(place, value, answer, opening))

    def play(
        self, table: StateTable, writer: AnswerWriter, anomalies: float | None = None
    ) -> list[bytes]:
        """Read all rows; the answers in the order in which they were numbered.

        Args:
            table: of the states.
            writer: of the answers.
            anomalies: percent of ordinary values that may be flagged; None to look for none.
        """
        for steps in self._rounds:
            for first in range(0, len(steps), SIZE):
                self._play(table, writer, steps[first : first + SIZE], anomalies)
        return self._answers

    def _play(
        self, table: StateTable, writer: AnswerWriter, steps: list[_Step], anomalies: float | None
    ) -> None:
        places, values = [step.place for step in steps], [step.value for step in steps]
        told = [""] * len(steps)
        if anomalies is not None:
            judged = table.p_values(places, values).tolist()
            told = [anomaly_text(p_value, anomalies) for p_value in judged]
        table.read(places, values)
        asked = [(step, more) for step, more in zip(steps, told, strict=True) if step.answer >= 0]
        if asked:
            forecasts = table.forecast([step.place for step, _ in asked])
            for (step, more), made in zip(asked, forecasts, strict=True):
                self._answers[step.answer] = writer.line(step.opening, made, more=more)
