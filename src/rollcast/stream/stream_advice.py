"""Advice of a stream: told once when an update becomes due, and again only after it no longer was."""

from __future__ import annotations

import json
from typing import Final, TypedDict

from rollcast.evaluation.running_comparison import compare_newest
from rollcast.model.fitted import Fitted
from rollcast.model.model_health import newest_errors
from rollcast.storage.fields import Count
from rollcast.storage.sections import Section, SectionForm, Sections
from rollcast.stream.state_table import StateTable

LEAST_ROWS: Final = 8
"""Rows from one look to the next at least; a row of each series where there are more of them."""


class AdviceFields(TypedDict):
    """Where a stream stands with its advice.

    Attributes:
        rows: since the last look.
        due: whether an update was advised, and still is.
        reason: that is still to be told; empty where none is.
    """

    rows: Count
    due: bool
    reason: str


ADVICE: Final = SectionForm("advice", 1, AdviceFields, required=False)
"""Where a stream stands with its advice; only where it gives any."""


class StreamAdvice:
    """Looks at the newest errors every so many rows, and says when an update becomes due.

    When it looks depends on the number of rows alone, so that the same lines get the same advice in whatever pieces
    they come.

    Args:
        fitted: the model.
        known: where a stream stood before; None at its beginning.
    """

    def __init__(self, fitted: Fitted, known: AdviceFields | None = None) -> None:
        self._fitted = fitted
        self.fields: AdviceFields = known or {"rows": 0, "due": False, "reason": ""}

    def count_row(self, num_series: int) -> bool:
        """Count a row of a known series; whether it is time to look once it has been read."""
        self.fields["rows"] += 1
        return self.fields["rows"] >= max(LEAST_ROWS, num_series)

    def look(self, table: StateTable) -> None:
        """See whether an update is due."""
        fields = self.fields
        fields["rows"] = 0
        running = compare_newest(newest_errors(self._fitted, *table.watched()))
        if running.advice == "update" and not fields["due"]:
            fields["due"], fields["reason"] = True, running.reason
        elif not running.exceeds:
            fields["due"], fields["reason"] = False, ""

    def tell(self, answer: bytes) -> bytes:
        """An answer with what is still to be told."""
        reason = self.fields["reason"]
        if not reason:
            return answer
        self.fields["reason"] = ""
        return (
            answer.removesuffix(b"}\n")
            + f',"advice":"update","reason":{json.dumps(reason)}}}\n'.encode()
        )


def write_advice(fields: AdviceFields | None) -> tuple[Section, ...]:
    """The section of where a stream stands with its advice, where it gives any."""
    return () if fields is None else (ADVICE.holding(fields, {}),)


def read_advice(sections: Sections) -> AdviceFields | None:
    """What :func:`write_advice` gave.

    Raises:
        ValueError: what is wrong.
    """
    held = sections.find(ADVICE)
    return None if held is None else held.fields
