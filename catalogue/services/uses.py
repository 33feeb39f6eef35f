"""Where is a concept used: in which published datasets, and by which fields of which profiles?

The datasets come from the store that this process follows the ledger with: a look-up by object, bounded, so that a page
never waits for it nor for somebody's long query.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from catalogue.errors import Unavailable, UnknownRecord, WithdrawnRecord
from catalogue.model import Record
from catalogue.profiles import Profiles
from catalogue.profiles.profile import UnusableProfile

from .catalogue import Catalogue

# Counting a thousand takes some five milliseconds; how many more there are, a query tells.
MOST = 1_000
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Uses:
    """How many published datasets mention a concept (`MOST` + 1: more than that) and some of them, by title.

    `settled` is False while the store has not seen the newest publication.
    """

    total: int
    records: tuple[Record, ...]
    settled: bool


@dataclass(frozen=True, slots=True)
class Asking:
    """A field that asks for a vocabulary: its profile, its name, and the local name of its shape."""

    profile: str
    title: str
    field: str
    shape: str


@dataclass(frozen=True, slots=True)
class _Range:
    asking: Asking
    schemes: frozenset[str]
    branches: frozenset[str]


def uses(catalogue: Catalogue, iri: str) -> Uses | None:
    """The published datasets that mention a concept; None while the store is being opened or rebuilt."""
    position = catalogue.reader.position()
    try:
        found = catalogue.projection.mentions(iri, most=MOST + 1, first=_SHOWN)
    except Unavailable:
        return None
    records = []
    for name in found.graphs:
        address = catalogue.identity.of(name)
        try:
            records += [catalogue.reader.record(*address)] if address else []
        except (UnknownRecord, WithdrawnRecord):
            continue  # withdrawn since
    records.sort(key=lambda record: record.title.casefold())
    return Uses(found.total, tuple(records), settled=found.position >= position)


def asking(profiles: Profiles, schemes: Collection[str], branches: Collection[str]) -> list[Asking]:
    """The fields that take values of some vocabularies, or below some concepts (IRIs), by profile, each once."""
    wanted, roots = set(schemes), set(branches)
    found = (each.asking for each in _ranges(profiles) if each.schemes & wanted or each.branches & roots)
    return list(dict.fromkeys(found))


@lru_cache(maxsize=2)
def _ranges(profiles: Profiles) -> tuple[_Range, ...]:
    """What each property shape of each profile asks; read once, for it compiles every level of every profile."""
    found: dict[_Range, None] = {}
    for id in profiles.ids:
        profile = profiles.get(id)
        try:
            sets = [compiled.shapes for compiled in profile.sets()]
        except UnusableProfile:
            continue
        for shapes in sets:
            for shape in shapes.properties.values():
                field = shapes.field_of(shape)
                if field.name and (shape.schemes or shape.branches):
                    place = Asking(id, profile.title, field.name, field.code.partition("/")[2])
                    found[_Range(place, frozenset(shape.schemes), frozenset(shape.branches))] = None
    return tuple(found)
