"""Fit inputs: the caller's table and arguments become a spec and a panel, from which a fit follows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from rollcast.data.panel import Panel
from rollcast.evaluation.likelihood import refuse_fractions
from rollcast.fitting.fit_spec import FitSpec
from rollcast.options import Config
from rollcast.preprocessing.bounds import refuse_outside
from rollcast.tables import Notes, to_panel

OF_THE_TABLE: Final = (
    *("id_col", "time_col", "target_col", "freq", "available", "weights", "exclude"),
    *("tz", "duplicates", "fill"),
)
"""Arguments of ``fit`` that say what stands where in the table, and how it is read."""


class FitInputs(NamedTuple):
    """All that decides a fit, and what was noticed in the table."""

    spec: FitSpec
    panel: Panel
    notes: Notes


def read_inputs(data: Any, arguments: Mapping[str, Any], config: Config, name: str) -> FitInputs:
    """Read a table of the caller's for a fit.

    Args:
        data: the table.
        arguments: of ``fit``, all of them, checked.
        config: the options of the model.
        name: of the model.

    Raises:
        DataError: the table can't be used; the message names column, series and row.
    """
    panel, schema, notes = to_panel(data, **{n: arguments[n] for n in OF_THE_TABLE})
    refuse_outside(panel, config.bounds, schema.target_col)
    refuse_fractions(panel, config.likelihood, schema.target_col)
    spec = FitSpec(
        config=config,
        schema=schema,
        name=name,
        **{n: arguments[n] for n in ("unit", "val_size", "test_size", "final_fit")},
        notes=notes.sentences,
    )
    return FitInputs(spec, panel, notes)
