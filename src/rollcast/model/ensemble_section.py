"""The section of a model file that holds which median of network and baselines validation looked at."""

from __future__ import annotations

from typing import Final

from rollcast.evaluation.baselines import BASELINES
from rollcast.evaluation.ensemble import Ensemble, EnsembleFields
from rollcast.storage.sections import Section, SectionForm, Sections

ENSEMBLE_SECTION: Final = SectionForm("ensemble", 1, EnsembleFields, required=False)
"""Files from before there was an ensemble lack it."""


def write_ensemble(ensemble: Ensemble | None) -> tuple[Section, ...]:
    """The section of what validation found, where it was asked."""
    return () if ensemble is None else (ENSEMBLE_SECTION.holding(ensemble.to_json()),)


def read_ensemble(sections: Sections) -> Ensemble | None:
    """What :func:`write_ensemble` gave.

    Raises:
        ValueError: what is wrong.
    """
    held = sections.find(ENSEMBLE_SECTION, {})
    if held is None:
        return None
    ensemble = Ensemble.from_json(held.fields)
    names = [*ensemble.names, *([ensemble.simpler] if ensemble.simpler else [])]
    if unknown := [name for name in names if name not in BASELINES]:
        raise ValueError(f"its baseline {unknown[0]!r} is not one of this version")
    if not ensemble.names or len({*ensemble.names}) < len(ensemble.names):
        raise ValueError("its ensemble must name baselines, each once")
    return ensemble
