"""Which records does a new version of a vocabulary touch, and how do they stand with it?

Reads the ledger only, so it works beside a running service. A record is touched when it mentions a concept that is gone
or newly deprecated, or that stands elsewhere, or, when the vocabulary is held whole from now on, a code that it lacks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pyoxigraph import NamedNode

from catalogue.ledger import unpack
from catalogue.model import EventKind, Finding, Kind, Record, Severity
from catalogue.profiles import Profiles
from catalogue.rdf.canonical import read
from catalogue.rdf.namespaces import SKOS
from catalogue.vocabularies import Vocabularies

from .catalogue import Catalogue
from .listing import catalog_profiles
from .vocabularies import Renewal

# Canonical N-Triples: an IRI as object ends its line.
_OBJECT = re.compile(rb" <([^<>]+)> \.\n")
_EVENTS = 10_000


@dataclass(frozen=True, slots=True)
class Mention:
    """A concept that a record names, and what became of it: `gone`, `deprecated`, `moved` or `unknown`."""

    iri: str
    label: str
    what: str
    replacement: str | None


@dataclass(frozen=True, slots=True)
class Affected:
    """A published revision or a draft (`state`), what it mentions, and the violations that come with the renewal."""

    iri: str
    title: str
    state: str
    mentions: tuple[Mention, ...]
    worse: tuple[Finding, ...]


def affected(catalogue: Catalogue, renewal: Renewal) -> Iterator[Affected]:
    """Every record that a renewal touches: what is published, in order of publication, then drafts.

    Args:
        catalogue: The open catalogue, with the vocabularies as they are now; without a ledger there are no records.
        renewal: What would be kept, or was kept just now.
    """
    if not catalogue.settings.ledger_path.exists():
        return
    look = _Look(catalogue, renewal)
    for record, _, packed in catalogue.ledger.contents():
        if found := look.at(record, unpack(packed), "published"):
            yield found
    for record in _drafts(catalogue):
        content = catalogue.ledger.revision(record.kind, record.slug, record.latest).content
        if found := look.at(record, content, "draft"):
            yield found


class _Look:
    """What the old and the new vocabularies say about IRIs, and about records."""

    def __init__(self, catalogue: Catalogue, renewal: Renewal) -> None:
        self._catalogue = catalogue
        self._old, self._new = catalogue.vocabularies, renewal.vocabularies
        self._schemes = {changes.scheme.iri: changes for changes in renewal.changes}
        self._prefixes = tuple(prefix for each in renewal.changes for prefix in each.scheme.prefixes)
        # Concepts whose IRI does not begin as their vocabulary says.
        self._others = {
            concept.iri
            for changes in renewal.changes
            for concept in (*changes.gone, *changes.deprecated, *changes.moved)
            if not concept.iri.startswith(self._prefixes)
        }
        self._profiles = _with(catalogue.profiles, self._new)
        self.mention = lru_cache(maxsize=100_000)(self._mention)

    def at(self, record: Record, content: bytes, state: str) -> Affected | None:
        """Look at one revision; None when it is not touched."""
        named = dict.fromkeys(match[1].decode() for match in _OBJECT.finditer(content))
        near = [iri for iri in named if iri.startswith(self._prefixes) or iri in self._others]
        mentions = tuple(mention for iri in near if (mention := self.mention(iri)) is not None)
        if not mentions:
            return None
        subject = self._catalogue.identity.record(record.kind, record.slug)
        return Affected(subject.value, record.title, state, mentions, self._worse(record, content, subject))

    def _mention(self, iri: str) -> Mention | None:
        was, now = _facts(self._old, iri), _facts(self._new, iri)
        old, new = self._old.concept(iri), self._new.concept(iri)
        if self._schemes.keys() & (was[0] - now[0]):
            what = "gone"
        elif new is not None and new.deprecated and not (old is not None and old.deprecated):
            what = "deprecated"
        elif was[0] and was[1] != now[1]:
            what = "moved"
        elif not now[0] and self._now_wrong(iri):
            what = "unknown"
        else:
            return None
        label = self._old.label(iri) or self._new.label(iri) or iri
        return Mention(iri, label, what, self._new.replacement(iri))

    def _now_wrong(self, iri: str) -> bool:
        """Whether a code that no vocabulary holds falls under one that is held whole from now on."""
        return any(
            changes.complete == (False, True) and iri.startswith(changes.scheme.prefixes)
            for changes in self._schemes.values()
        )

    def _worse(self, record: Record, content: bytes, subject: NamedNode) -> tuple[Finding, ...]:
        """Violations with the new vocabularies that are none with the old ones."""
        graph = read(content)
        slug = record.slug if record.kind is Kind.CATALOG else record.catalog or ""
        required = catalog_profiles(self._catalogue, slug)
        old, new = (
            {
                (finding.code, finding.focus, finding.path, finding.term): finding
                for finding in profiles.validate(graph, subject, record.kind, required).findings
                if finding.severity is Severity.VIOLATION
            }
            for profiles in (self._catalogue.profiles, self._profiles)
        )
        return tuple(finding for key, finding in new.items() if key not in old)


def _facts(vocabularies: Vocabularies, iri: str) -> tuple[frozenset[str], frozenset[str]]:
    """Schemes that hold a concept, and what stands above it, as validation sees them."""
    triples = vocabularies.lookup([iri])
    return (
        frozenset(t.object.value for t in triples if t.predicate == SKOS["inScheme"]),  # type: ignore[union-attr]
        frozenset(t.object.value for t in triples if t.predicate != SKOS["inScheme"]),  # type: ignore[union-attr]
    )


def _with(profiles: Profiles, vocabularies: Vocabularies) -> Profiles:
    """The same profiles, compiled shapes included, beside other vocabularies."""
    every: Sequence[str] = profiles.ids
    return Profiles([profiles.get(id) for id in every], {group.iri: group for group in profiles.groups}, vocabularies)


def _drafts(catalogue: Catalogue) -> Iterator[Record]:
    """Records whose newest revision is not public, by the events: the last thing that happened was a save."""
    waiting: dict[tuple[Kind, str], None] = {}
    position = 0
    while events := catalogue.ledger.events(position, _EVENTS):
        position = events[-1].seq
        for event in events:
            key = (event.record_kind, event.slug)
            if event.kind is EventKind.SAVED:
                waiting[key] = None
            else:
                waiting.pop(key, None)
    for key in waiting:
        record = catalogue.ledger.record(*key)
        if record is not None and record.latest != record.published:
            yield record
