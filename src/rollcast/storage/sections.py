"""Sections: a file in named parts, each with a version of its own, so that one is added without touching the others.

A section has fields (JSON, typed by a TypedDict) and arrays (held against their forms). It is declared once::

    class MemoryFields(TypedDict):
        lag: Count

    MEMORY = SectionForm("memory", 1, MemoryFields, {"recent": ArrayForm("f4", ("S", "R"))})

    MEMORY.holding({"lag": 7}, {"recent": recent})      # to be written, by pack_sections
    held = sections.take(MEMORY, {"S": 3})              # held.fields["lag"], held.arrays["recent"]

**To add a section**, declare it, write it beside the others, and read it by ``take``, or by ``find`` where files may
lack it. An older Rollcast skips it if it is declared ``required=False``, and else refuses the file in a sentence.

**To add a field or an array**, declare and write it, count the version up, and say in ``older`` how a section of the
version before becomes one of the new: a function of its plain fields and arrays, ``{1: from_version_1}``. Steps follow
each other, so each knows two versions. Nobody else's section changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeAlias, TypedDict, TypeVar

from rollcast.errors import ArtifactError, show
from rollcast.runtime.versions import own_version
from rollcast.storage import container
from rollcast.storage.array_fields import ArrayFields, ArrayForm
from rollcast.storage.container import Arrays
from rollcast.storage.fields import Size, decode

FIRST_FORMAT = 2
"""The first format whose files are made of sections."""

F = TypeVar("F")
"""The fields of a section."""


class PlainSection(NamedTuple):
    """A section as it stands in a file, unchecked.

    Attributes:
        fields: JSON.
        arrays: by their names within the section.
    """

    fields: dict[str, Any]
    arrays: Arrays


Older: TypeAlias = Mapping[int, Callable[[PlainSection], PlainSection]]
"""A version -> how a section of that version becomes one of the next."""


class Section(NamedTuple):
    """A section that is to be written."""

    form: SectionForm[Any]
    fields: Mapping[str, Any]
    arrays: Mapping[str, Any]


class Held(NamedTuple, Generic[F]):
    """A section that was read.

    Attributes:
        fields: checked.
        arrays: those that the form declares, checked.
        given: all arrays of the section, for those whose number the fields tell.
    """

    fields: F
    arrays: Arrays
    given: ArrayFields


@dataclass(frozen=True, eq=False)
class SectionForm(Generic[F]):
    """What a section is.

    Attributes:
        name: in the file, and before ``/`` in the names of its arrays.
        version: that is written, and the newest that is read.
        fields: a TypedDict.
        arrays: by name, those that are always there.
        required: whether a Rollcast that does not know the section has to refuse the file.
        older: how sections of older versions are read.
    """

    name: str
    version: int
    fields: type[F]
    arrays: Mapping[str, ArrayForm] = field(default_factory=dict[str, ArrayForm])
    required: bool = True
    older: Older = field(default_factory=dict[int, Callable[[PlainSection], PlainSection]])

    def holding(self, fields: F, arrays: Mapping[str, Any] | None = None) -> Section:
        """The section with these fields and arrays."""
        return Section(self, fields, arrays or {})  # pyright: ignore[reportArgumentType]


class SectionFields(TypedDict):
    """What the manifest holds of a section."""

    version: Size
    required: bool
    fields: dict[str, Any]


class FileFields(TypedDict):
    """What the manifest of a file in sections holds.

    Attributes:
        written_by: the version of Rollcast.
        sections: by name.
    """

    written_by: str
    sections: dict[str, SectionFields]


class Sections:
    """The sections of an opened file.

    Args:
        fields: of all sections, of the versions that are read.
        arrays: by section and name.
    """

    def __init__(self, fields: Mapping[str, SectionFields], arrays: Arrays) -> None:
        self._fields, self._arrays = fields, arrays

    def take(self, form: SectionForm[F], sizes: Mapping[str, int] | None = None) -> Held[F]:
        """A section that has to be there.

        Args:
            form: of the section.
            sizes: what letters in its arrays' shapes stand for.

        Raises:
            ValueError: it is missing, or not as declared.
        """
        held = self.find(form, sizes)
        if held is None:
            raise ValueError(f"its section {form.name!r} is missing")
        return held

    def find(self, form: SectionForm[F], sizes: Mapping[str, int] | None = None) -> Held[F] | None:
        """A section, or None where the file lacks it.

        Raises:
            ValueError: it is not as declared.
        """
        if form.name not in self._fields:
            return None
        plain = _as_newest(form, self._fields[form.name]["version"], self._plain(form.name))
        named = {f"{form.name}/{name}": array for name, array in plain.arrays.items()}
        given = ArrayFields(named, sizes or {}, f"{form.name}/")
        fields = decode(form.fields, plain.fields, form.name)
        return Held(fields, {name: given.take(name, a) for name, a in form.arrays.items()}, given)

    def _plain(self, name: str) -> PlainSection:
        group = f"{name}/"
        arrays = {n[len(group) :]: a for n, a in self._arrays.items() if n.startswith(group)}
        return PlainSection(self._fields[name]["fields"], arrays)


def pack_sections(sections: Iterable[Section]) -> tuple[dict[str, Any], Arrays]:
    """The manifest and the arrays of a file in sections.

    Raises:
        ValueError: two sections of one name.
    """
    held: dict[str, SectionFields] = {}
    arrays: Arrays = {}
    for form, fields, own in sections:
        if form.name in held:
            raise ValueError(f"two sections are named {form.name!r}")
        held[form.name] = {
            "version": form.version,
            "required": form.required,
            "fields": dict(fields),
        }
        arrays |= {f"{form.name}/{name}": array for name, array in own.items()}
    manifest: FileFields = {"written_by": own_version(), "sections": held}
    return dict(manifest), arrays


def read_sections(
    source: container.Source,
    known: Iterable[SectionForm[Any]],
    *,
    kind: container.Kind,
    before: Callable[[dict[str, Any], Arrays], Mapping[str, PlainSection]],
) -> Sections:
    """The sections of a file.

    Args:
        source: the file.
        known: the sections that this Rollcast reads; others are skipped where they are not required.
        kind: what the file has to be.
        before: parts a file from before there were sections into their first versions.

    Raises:
        ArtifactError: the file is missing, truncated or foreign, or a section is of a newer Rollcast.
        ValueError: a field is missing or of another type.
    """
    version, manifest, arrays = container.open_container(source, kind=kind)
    if version < FIRST_FORMAT:
        return _first_versions(before(manifest, arrays))
    found: FileFields = decode(FileFields, manifest, "content")
    forms = {form.name: form for form in known}
    for name, section in found["sections"].items():
        fault = _too_new(name, section, forms.get(name))
        if fault:
            raise ArtifactError(
                f"{container.called(source)} {fault}; Rollcast {show(found['written_by'])[1:-1]} wrote it: upgrade "
                "with pip install -U rollcast."
            )
    return Sections({n: s for n, s in found["sections"].items() if n in forms}, arrays)


def _first_versions(parts: Mapping[str, PlainSection]) -> Sections:
    fields = {
        name: SectionFields(version=1, required=True, fields=plain.fields)
        for name, plain in parts.items()
    }
    return Sections(fields, {f"{n}/{a}": v for n, p in parts.items() for a, v in p.arrays.items()})


def _too_new(name: str, found: SectionFields, form: SectionForm[Any] | None) -> str:
    """Why this Rollcast can't read a section; empty where it can, or may skip it."""
    this = f"this Rollcast {own_version()}"
    if form is None:
        return f"has a section {show(name)} that {this} does not know" if found["required"] else ""
    if found["version"] > form.version:
        return f"has the section {name!r} in version {found['version']}, and {this} reads up to version {form.version}"
    return ""


def _as_newest(form: SectionForm[Any], version: int, plain: PlainSection) -> PlainSection:
    while version < form.version:
        if version not in form.older:
            raise ValueError(f"there never was a version {version} of its section {form.name!r}")
        plain, version = form.older[version](plain), version + 1
    return plain
