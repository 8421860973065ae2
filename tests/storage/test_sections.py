"""Files in sections: each is read by its own version, and what is not known is skipped or refused in a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NotRequired, TypedDict, get_origin, get_type_hints

import numpy as np
import pytest

from rollcast.errors import ArtifactError
from rollcast.model.model_sections import MODEL_SECTIONS
from rollcast.runtime.versions import own_version
from rollcast.storage import container
from rollcast.storage.array_fields import ArrayForm
from rollcast.storage.fields import Count
from rollcast.storage.sections import (
    PlainSection,
    SectionForm,
    Sections,
    pack_sections,
    read_sections,
)
from rollcast.stream.stream_checkpoint import STREAM_SECTIONS

GOLDEN = Path(__file__).parents[1] / "golden"


class RingFields(TypedDict):
    lag: Count


RING = SectionForm("ring", 1, RingFields, {"values": ArrayForm("f8", ("S", "R"))})
NOTE = SectionForm("note", 1, RingFields, required=False)


def never(manifest: Any, arrays: Any) -> dict[str, PlainSection]:
    raise AssertionError(manifest)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "a.state"
    sections = (RING.holding({"lag": 7}, {"values": np.ones((2, 7))}), NOTE.holding({"lag": 1}))
    container.write_container(place, *pack_sections(sections), kind="state")
    return place


def read(path: Path, *known: SectionForm[Any]) -> Sections:
    with container.naming_damage(path, "state"):
        return read_sections(path, known, kind="state", before=never)


def refusal(path: Path, *known: SectionForm[Any]) -> str:
    with pytest.raises(ArtifactError) as caught:
        read(path, *known)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_section_comes_back_with_fields_and_arrays_of_declared_types(path):
    held = read(path, RING, NOTE).take(RING, {"S": 2})
    assert held.fields["lag"] == 7
    np.testing.assert_array_equal(held.arrays["values"], np.ones((2, 7)))


def test_an_unknown_optional_section_is_skipped(path):
    sections = read(path, RING)
    assert sections.take(RING).fields == {"lag": 7}
    assert sections.find(NOTE) is None


def test_an_unknown_required_section_is_refused_with_who_wrote_it(path):
    assert refusal(path, NOTE) == (
        f"'{path}' has a section 'ring' that this Rollcast {own_version()} does not know; Rollcast {own_version()} "
        "wrote it: upgrade with pip install -U rollcast."
    )


@pytest.mark.parametrize("form", [RING, NOTE])
def test_a_section_of_a_newer_version_is_refused_with_who_wrote_it(path, form):
    content, arrays = container.read_container(path, kind="state")
    content["written_by"] = "7.1"
    content["sections"][form.name]["version"] = 3
    container.write_container(path, content, arrays, kind="state")
    assert refusal(path, RING, NOTE) == (
        f"'{path}' has the section '{form.name}' in version 3, and this Rollcast {own_version()} reads up to version 1;"
        " Rollcast 7.1 wrote it: upgrade with pip install -U rollcast."
    )


class NewRingFields(TypedDict):
    lags: list[int]
    kind: str


def test_a_section_of_an_older_version_is_read_by_one_step_after_the_other(path):
    newer = SectionForm(
        "ring",
        3,
        NewRingFields,
        {"values": ArrayForm("f8", ("S", "R")), "level": ArrayForm("f8", ("S",))},
        older={
            1: lambda old: PlainSection({"lags": [old.fields["lag"]]}, old.arrays),
            2: lambda old: PlainSection(
                old.fields | {"kind": "ring"}, old.arrays | {"level": old.arrays["values"][:, 0]}
            ),
        },
    )
    held = read(path, newer, NOTE).take(newer)
    assert held.fields == {"lags": [7], "kind": "ring"}
    np.testing.assert_array_equal(held.arrays["level"], np.ones(2))


def test_a_version_that_never_was_is_damage(path):
    other = SectionForm("ring", 2, RingFields)
    sections = read(path, other, NOTE)
    with pytest.raises(ValueError, match="there never was a version 1 of its section 'ring'"):
        sections.take(other)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda c, a: c["sections"].pop("ring"), "its section 'ring' is missing"),
        (lambda c, a: c["sections"]["ring"].pop("fields"), "`content.sections.ring.fields` is mis"),
        (lambda c, a: c["sections"]["ring"].update(version=0), "version` must be at least 1; got 0"),
        (lambda c, a: c["sections"]["ring"]["fields"].pop("lag"), "`ring.lag` is missing"),
        (lambda c, a: a.pop("ring/values"), "its array 'ring/values' is missing"),
        (lambda c, a: c.pop("sections"), "`content.sections` is missing"),
    ],
)  # fmt: skip
def test_what_is_missing_is_damage_by_name(path, change, told):
    content, arrays = container.read_container(path, kind="state")
    change(content, arrays)
    container.write_container(path, content, arrays, kind="state")
    with pytest.raises(ArtifactError) as caught, container.naming_damage(path, "state"):
        read(path, RING, NOTE).take(RING)
    assert told in str(caught.value)


def test_two_sections_of_one_name_are_not_written():
    with pytest.raises(ValueError, match="two sections are named 'note'"):
        pack_sections([NOTE.holding({"lag": 1}), NOTE.holding({"lag": 2})])


@pytest.mark.parametrize("forms", [MODEL_SECTIONS, STREAM_SECTIONS])
def test_the_sections_of_a_file_have_names_of_their_own(forms):
    assert len({form.name for form in forms}) == len(forms)


NUMBERED = {"cells": {"0", "1"}, "weights": {"fixed", "trainable"}}
"""Arrays whose number the fields tell."""


@pytest.mark.parametrize(
    ("name", "kind", "forms"),
    [
        ("v2-gru-shops.rollcast", "model", MODEL_SECTIONS),
        ("v2-stream.checkpoint", "stream", STREAM_SECTIONS),
    ],
)
def test_every_array_and_field_that_is_written_is_declared(name, kind, forms):
    content, arrays = container.read_container(GOLDEN / name, kind=kind)
    for section in content["sections"]:
        form = next(f for f in forms if f.name == section)
        held = {n.split("/")[1] for n in arrays if n.startswith(f"{section}/")}
        assert held - NUMBERED.get(section, set()) == set(form.arrays)
        given = content["sections"][section]["fields"].keys()
        # What came later is declared as not required, since older files lack it.
        hints = get_type_hints(form.fields, include_extras=True)
        required = {n for n, hint in hints.items() if get_origin(hint) is not NotRequired}
        assert required <= given <= hints.keys()
