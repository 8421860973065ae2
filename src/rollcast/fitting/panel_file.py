"""A panel as a file, to be sent with a :class:`rollcast.fitting.fit_spec.FitSpec` to where it is fitted."""

from __future__ import annotations

from typing import Any, Final, TypedDict

import numpy as np

from rollcast.data.covariates import Covariates
from rollcast.data.panel import Panel
from rollcast.forecasting.state_fields import (
    FrequencyFields,
    Identifier,
    plain_id,
    read_frequency,
)
from rollcast.storage import container
from rollcast.storage.array_fields import ArrayForm
from rollcast.storage.sections import (
    PlainSection,
    SectionForm,
    Sections,
    pack_sections,
    read_sections,
)


class PanelFields(TypedDict):
    """Whose rows, and how far apart."""

    ids: list[Identifier]
    frequency: FrequencyFields


PANEL: Final = SectionForm(
    "panel",
    1,
    PanelFields,
    {
        "target": ArrayForm("f8", ("N",), numbers="gaps"),
        "mask": ArrayForm("b", ("N",)),
        "offsets": ArrayForm("i8", ("E",), least=0),
        "starts": ArrayForm("i8", ("S",)),
    },
)
"""The rows of every series, one after the other."""

_WHOLE: Final = {
    "weights": ArrayForm("f8", ("N",), least=0),
    "available": ArrayForm("b", ("N",)),
}
"""What a panel may have for each row."""

_COVARIATES: Final = {
    "past": ArrayForm("f8", ("N", "P"), numbers="gaps"),
    "future": ArrayForm("f8", ("M", "Q"), numbers="gaps"),
    "future_offsets": ArrayForm("i8", ("E",), least=0),
    "static": ArrayForm("f8", ("S", "C"), numbers="gaps"),
}


def write_panel(path: container.PathLike, panel: Panel) -> None:
    """Write a panel as one file, whole or not at all, without pickle.

    Raises:
        ArtifactError: the file can't be written, or an identifier is neither text nor a whole number.
    """
    optional = {name: getattr(panel, name) for name in _WHOLE}
    optional |= {name: getattr(panel.covariates, name) for name in _COVARIATES}
    arrays = {name: getattr(panel, name) for name in PANEL.arrays}
    fields: PanelFields = {
        "ids": [plain_id(i) for i in panel.ids],
        "frequency": panel.frequency.to_json(),  # pyright: ignore[reportAssignmentType]
    }
    there = {name: array for name, array in optional.items() if array is not None}
    section = PANEL.holding(fields, arrays | there)
    container.write_container(path, *pack_sections([section]), kind="panel")


def read_panel_file(source: container.Source) -> Panel:
    """What :func:`write_panel` wrote.

    Raises:
        ArtifactError: a file that is missing, truncated, foreign, or of a newer format.
    """
    with container.naming_damage(source, "panel"):
        return _read(read_sections(source, (PANEL,), kind="panel", before=_none))


def _read(sections: Sections) -> Panel:
    ids = tuple(sections.take(PANEL).fields["ids"])
    fields, arrays, given = sections.take(PANEL, {"S": len(ids), "E": len(ids) + 1})
    offsets = arrays["offsets"]
    if offsets[0] != 0 or offsets[-1] != len(arrays["mask"]) or (np.diff(offsets) < 0).any():
        raise ValueError("the rows of its series do not follow each other")
    if np.isnan(arrays["target"][arrays["mask"]]).any():
        raise ValueError("a value of its rows is missing that is said to be there")

    def found(forms: dict[str, ArrayForm]) -> dict[str, Any]:
        return {name: given.take(name, form) for name, form in forms.items() if name in given}

    return Panel(
        **arrays,
        frequency=read_frequency(fields["frequency"]),
        ids=ids,
        **found(_WHOLE),
        covariates=Covariates(**found(_COVARIATES)),
    )


def _none(manifest: Any, arrays: container.Arrays) -> dict[str, PlainSection]:
    """There was no panel file before there were sections.

    Raises:
        ValueError: always.
    """
    raise ValueError("no such file was written in its format")
