"""Which concept is this IRI, where does it stand, and what replaced it?

All vocabularies of `ontologies/`, some of them as the operator has renewed them, as dictionaries, read once and never
changed, so threads may share them.
Membership and hierarchy become triples only for the IRIs that a record mentions (`lookup`); what the triples mean is
agreed in `docs/reference/shapes.md`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from pyoxigraph import NamedNode, Triple

from catalogue.model import Concept, Scheme
from catalogue.rdf.namespaces import SKOS

from .sources import Entry, Listed, Prefix, Rewrites, read_concepts, read_index, read_rewrites

# There is no list of GeoNames' millions of places: the form of the IRI decides (HealthDCAT-AP R8, dct:spatial).
GEONAMES = "https://sws.geonames.org/"
_GEONAMES_PLACE = re.compile(r"https?://sws\.geonames\.org/[0-9]{1,12}/?")

# http for https, then an old base, then a renamed code: three steps are the most that the rules need.
_MAX_STEPS = 4


class Vocabularies:
    """The controlled vocabularies that we hold."""

    def __init__(self, entries: Sequence[Entry], rows: Mapping[str, Sequence[Listed]], rewrites: Rewrites) -> None:
        """Index what was read; use `load`.

        Args:
            entries: The index.
            rows: Scheme IRI to its concepts.
            rewrites: The known replacements.
        """
        self.schemes: tuple[Scheme, ...] = tuple(entry.scheme for entry in entries)
        self._entries = {entry.scheme.iri: entry for entry in entries}
        self._named = {key: scheme for scheme in self.schemes for key in (scheme.name, scheme.iri)}
        self._rows = {iri: tuple(listed) for iri, listed in rows.items()}
        self._concepts: dict[str, Concept] = {}
        self._holders: dict[str, tuple[str, ...]] = {}
        for scheme in self.schemes:
            for row in self._rows[scheme.iri]:
                iri = row.concept.iri
                self._concepts.setdefault(iri, row.concept)
                self._holders[iri] = (*self._holders.get(iri, ()), scheme.iri)
        self._rewrites = rewrites
        self._old = tuple(rule.old for rule in rewrites.prefixes)
        self._prefixes = _by_prefix(self.schemes)
        self._by_label: dict[str, list[dict[str, set[str]]]] = {}

    @classmethod
    def load(cls, folder: Path, own: Path | None = None) -> Vocabularies:
        """Read every vocabulary.

        Args:
            folder: The folder `ontologies`.
            own: Where the operator's are, which count instead of those of the same IRI.

        Raises:
            OSError: The index or a file that it names is missing.
            ValueError: A file is malformed; names it and the line.
        """
        entries = {entry.scheme.iri: entry for entry in read_index(folder)}
        if own is not None and (own / "index.csv").exists():
            entries |= {entry.scheme.iri: entry for entry in read_index(own)}
        rows = {iri: tuple(read_concepts(entry)) for iri, entry in entries.items()}
        return cls(tuple(entries.values()), rows, read_rewrites(folder))

    def renewed(self, changes: Iterable[tuple[Entry, Sequence[Listed]]]) -> Vocabularies:
        """The same with some vocabularies in another version."""
        entries, rows = dict(self._entries), dict(self._rows)
        for entry, listed in changes:
            entries[entry.scheme.iri], rows[entry.scheme.iri] = entry, tuple(listed)
        return Vocabularies(tuple(entries.values()), rows, self._rewrites)

    def scheme(self, name_or_iri: str) -> Scheme | None:
        """The vocabulary with that short name or IRI."""
        return self._named.get(name_or_iri)

    def entry(self, scheme: Scheme) -> Entry:
        """What the index says besides about a vocabulary: its owner, how it is incomplete, the licence document."""
        return self._entries[scheme.iri]

    def concepts(self, scheme: str) -> list[Concept]:
        """All concepts of a vocabulary (name or IRI), deprecated ones too; none when we do not hold it."""
        found = self._named.get(scheme)
        return [row.concept for row in self._rows[found.iri]] if found else []

    def rows(self, scheme: Scheme) -> tuple[Listed, ...]:
        """The concepts of a vocabulary with their further names and what they match."""
        return self._rows[scheme.iri]

    def graphs(self) -> list[tuple[str, Path]]:
        """Each vocabulary's IRI, which names its graph, and its Turtle file."""
        return [(iri, entry.turtle) for iri, entry in self._entries.items()]

    @cached_property
    def fingerprint(self) -> str:
        """A hash of everything that the Turtle files say."""
        digest = hashlib.sha256()
        for iri, path in self.graphs():
            digest.update(f"{iri}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def concept(self, iri: str) -> Concept | None:
        """The concept with that IRI; where several vocabularies hold it, as the first of the index has it."""
        return self._concepts.get(iri)

    def label(self, iri: str, language: str = "en") -> str | None:
        """What people call a concept or a vocabulary.

        An IRI on an old base is called as the concept that replaced it.

        Args:
            iri: Of a concept or a scheme.
            language: A language tag; only its first part counts.

        Returns:
            The label in that language, else in English, else in any; None when the IRI is unknown.
        """
        concept = self._concepts.get(iri) or self._equivalent(iri)
        if concept is None:
            scheme = self._named.get(iri)
            return scheme.title if scheme and scheme.iri == iri else None
        for tag in (language.lower().partition("-")[0], "en"):
            if tag in concept.labels:
                return concept.labels[tag]
        return next(iter(concept.labels.values()))

    def ancestors(self, iri: str) -> tuple[str, ...]:
        """Every concept above this one, nearest first, without itself; a branch's root is among them."""
        found: dict[str, None] = {}
        level: tuple[str, ...] = (iri,)
        while level:
            above = dict.fromkeys(parent for child in level for parent in self._broader(child))
            level = tuple(parent for parent in above if parent not in found and parent != iri)
            found.update(dict.fromkeys(level))
        return tuple(found)

    def contains(self, scheme: str, iri: str) -> bool:
        """Whether a vocabulary (its IRI) holds a concept; GeoNames and old bases as in `lookup`."""
        return scheme in self._memberships(iri)

    def lookup(self, iris: Iterable[str]) -> list[Triple]:
        """What the vocabularies say about the concepts that a record mentions.

        Args:
            iris: Any IRIs; unknown ones add nothing.

        Returns:
            `skos:inScheme` for each scheme that holds the concept and `skos:broaderTransitive` for each ancestor.
            A code on a base that is still accepted is in the scheme on that base; a GeoNames IRI in `GEONAMES`.

        Source: docs/reference/shapes.md (vocabularies and branches).
        """
        triples: list[Triple] = []
        for iri in dict.fromkeys(iris):
            schemes = self._memberships(iri)
            if schemes:
                node = NamedNode(iri)
                triples += [Triple(node, SKOS["inScheme"], NamedNode(scheme)) for scheme in schemes]
                triples += [Triple(node, SKOS["broaderTransitive"], NamedNode(above)) for above in self.ancestors(iri)]
        return triples

    def replacement(self, iri: str) -> str | None:
        """The IRI that should be written instead, when that is certain.

        Follows a deprecated concept's successor, the listed IRIs and the listed beginnings, one after another.

        Returns:
            A concept that we know and that is not deprecated, or None.
        """
        best: str | None = None
        current = iri
        for _ in range(_MAX_STEPS):
            following = self._following(current)
            if following is None:
                break
            current = following
            concept = self._concepts.get(current)
            if concept is not None and not concept.deprecated and current != iri:
                best = current
        return best

    def scheme_of_prefix(self, iri: str) -> Scheme | None:
        """The vocabulary that a code would belong to by its IRI's beginning.

        None when no vocabulary begins so, and when several do (the EUCAIM ontology, DPV): the IRI cannot tell.
        """
        for prefix, schemes in self._prefixes:
            if iri.startswith(prefix):
                return schemes[0] if len(schemes) == 1 else None
        return None

    def find(self, label: str, scheme: str) -> Concept | None:
        """The concept of a vocabulary (name or IRI) that bears exactly this label, ignoring case.

        English labels come first, then other languages, then notations, then what is deprecated.

        Returns:
            The concept, or None when there is none or the label could mean several.
        """
        found = self._named.get(scheme)
        wanted = " ".join(label.split()).casefold()
        if found is None or not wanted:
            return None
        for index in self._label_indexes(found.iri):
            iris = index.get(wanted)
            if iris:
                return self._concepts[next(iter(iris))] if len(iris) == 1 else None
        return None

    def _broader(self, iri: str) -> tuple[str, ...]:
        concept = self._concepts.get(iri)
        return concept.broader if concept else ()

    def _memberships(self, iri: str) -> tuple[str, ...]:
        """Scheme IRIs that hold an IRI."""
        holders = self._holders.get(iri)
        if holders is not None:
            return holders
        if _GEONAMES_PLACE.fullmatch(iri):
            return (GEONAMES,)
        rule, current = self._prefix_rule(iri)
        if rule is None or not rule.member_of:
            return ()
        holders = self._holders.get(current, ())
        if rule.member_of == "scheme":
            return holders
        return tuple(rule.old + scheme[len(rule.new) :] for scheme in holders if scheme.startswith(rule.new))

    def _prefix_rule(self, iri: str) -> tuple[Prefix | None, str]:
        """The longest rule that applies, and what it makes of the IRI."""
        if not iri.startswith(self._old):
            return None, iri
        for rule in self._rewrites.prefixes:
            current = rule.rewrite(iri)
            if current is not None:
                return rule, current
        return None, iri

    def _following(self, iri: str) -> str | None:
        """One step of `replacement`."""
        concept = self._concepts.get(iri)
        if concept is not None and concept.replacement:
            return concept.replacement
        if iri in self._rewrites.iris:
            return self._rewrites.iris[iri]
        rule, current = self._prefix_rule(iri)
        return current if rule is not None and rule.member_of != "scheme" else None

    def _equivalent(self, iri: str) -> Concept | None:
        """The known concept that an unknown IRI is another form of."""
        rule, current = self._prefix_rule(iri)
        if rule is not None and rule.member_of == "scheme":
            return self._concepts.get(current)
        target = self.replacement(iri)
        return self._concepts[target] if target else None

    def _label_indexes(self, scheme: str) -> list[dict[str, set[str]]]:
        """For `find`, made at first use: few vocabularies are ever searched by label."""
        indexes = self._by_label.get(scheme)
        if indexes is None:
            indexes = [{}, {}, {}, {}]
            for row in self._rows[scheme]:
                for rank, text in _callings(row.concept):
                    indexes[rank].setdefault(" ".join(text.split()).casefold(), set()).add(row.concept.iri)
            self._by_label[scheme] = indexes
        return indexes


def _callings(concept: Concept) -> Iterator[tuple[int, str]]:
    """Everything that a concept is called, with the rank that `find` gives it."""
    for language, label in concept.labels.items():
        yield (3 if concept.deprecated else 0 if language == "en" else 1), label
    if concept.notation:
        yield (3 if concept.deprecated else 2), concept.notation


def _by_prefix(schemes: Iterable[Scheme]) -> list[tuple[str, list[Scheme]]]:
    """IRI beginnings with the schemes that share them, longest first."""
    shared: dict[str, list[Scheme]] = {}
    for scheme in schemes:
        for prefix in scheme.prefixes:
            shared.setdefault(prefix, []).append(scheme)
    return sorted(shared.items(), key=lambda item: -len(item[0]))
