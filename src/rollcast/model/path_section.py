"""The section of a model file that holds by what paths are drawn."""

from __future__ import annotations

from typing import Final, TypedDict

from rollcast.forecasting.path_basis import NO_BASIS, PathBasis
from rollcast.storage.array_fields import ArrayForm
from rollcast.storage.sections import Section, SectionForm, Sections

MOST_STRIDE: Final = 1000.0
"""Scales by which a path may change from step to step, at most."""


class PathFields(TypedDict):
    """What is no array.

    Attributes:
        stride: how much paths change from step to step; None for what the weights say.
    """

    stride: float | None


PATH_SECTION: Final = SectionForm(
    "paths",
    1,
    PathFields,
    {"residuals": ArrayForm("f4", ("R", "P"))},
    required=False,
)
"""By what paths are drawn; files from before there were paths lack it."""


def write_basis(basis: PathBasis) -> tuple[Section, ...]:
    """The section of a model's basis of paths, where there is one."""
    if not len(basis.residuals) and basis.stride is None:
        return ()
    return (PATH_SECTION.holding({"stride": basis.stride}, {"residuals": basis.residuals}),)


def read_basis(sections: Sections) -> PathBasis:
    """What :func:`write_basis` gave.

    Raises:
        ValueError: what is wrong.
    """
    held = sections.find(PATH_SECTION, {})
    if held is None:
        return NO_BASIS
    stride, residuals = held.fields["stride"], held.arrays["residuals"]
    check_stride(stride)
    if len(residuals) and not residuals.shape[1]:
        raise ValueError("its residuals are of no step")
    return PathBasis(residuals, stride)


def check_stride(stride: float | None) -> None:
    """Refuse a stride that no path can have.

    Raises:
        ValueError: it is one.
    """
    if stride is not None and not 0 < stride <= MOST_STRIDE:
        raise ValueError(f"paths can't change by {stride:g} scales from step to step")
