"""What do the pages of the vocabularies show?

Pure: from shelves to the contexts of `vocabularies.html`, `vocabulary.html` and `concept.html`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import quote, urlencode

from pyoxigraph import NamedNode

from catalogue.model import Concept, Scheme
from catalogue.services.uses import MOST, Asking, Uses
from catalogue.vocabularies import Vocabularies
from catalogue.vocabularies.search import Shelves

from .build import alternates, make_pager
from .pages import Alternate, Pager

_EVERY = """\
PREFIX dcat: <http://www.w3.org/ns/dcat#>
PREFIX dct: <http://purl.org/dc/terms/>
SELECT ?dataset (MIN(STR(?name)) AS ?title) WHERE {{
  GRAPH ?dataset {{ ?subject ?property {node} . ?dataset a dcat:Dataset ; dct:title ?name }}
}} GROUP BY ?dataset ORDER BY ?title
"""
# Deeper levels are marked, not set further in: a telephone is narrow, and the EUCAIM ontology has 17 levels.
_DEEPEST = 5


@dataclass(frozen=True, slots=True)
class Link:
    """A concept's or a vocabulary's name; `href` is empty where we have no page for it."""

    text: str
    language: str
    href: str
    deprecated: bool = False


@dataclass(frozen=True, slots=True)
class VocabularyRow:
    """A vocabulary; `why` says in which way an incomplete one is so."""

    name: str
    iri: str
    title: str
    version: str
    total: int
    complete: bool
    why: str
    owner: str
    source: str
    licence: str
    licence_iri: str

    @property
    def href(self) -> str:
        """The path of its page."""
        return f"/vocabularies/{self.name}"


@dataclass(frozen=True, slots=True)
class VocabulariesPage:
    """`vocabularies.html`."""

    section: ClassVar[str] = ""
    rows: tuple[VocabularyRow, ...]

    @property
    def total(self) -> int:
        """Concepts in all; one that stands in two vocabularies counts twice."""
        return sum(row.total for row in self.rows)


@dataclass(frozen=True, slots=True)
class ConceptRow:
    """A concept in a list."""

    link: Link
    notation: str
    broader: tuple[Link, ...]


@dataclass(slots=True)
class Branch:
    """A concept in a tree with what hangs below it; `marks` are the levels that are not set in.

    `above` says that it stands on an earlier page and is repeated to show where this page begins.
    """

    row: ConceptRow
    marks: int
    above: bool
    below: list[Branch] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class VocabularyPage:
    """`vocabulary.html`: a tree, or rows where there is no hierarchy or only some are shown."""

    section: ClassVar[str] = ""
    vocabulary: VocabularyRow
    asked_by: tuple[Link, ...]
    query: str
    total: int
    tree: tuple[Branch, ...]
    rows: tuple[ConceptRow, ...]
    pager: Pager
    alternates: tuple[Alternate, ...]


@dataclass(frozen=True, slots=True)
class ConceptPage:
    """`concept.html`; `labels` and `also` are languages and names, `vocabularies` those that hold it.

    `used` says in how many datasets; it is empty while that is not known yet. `records` are some of them, `every` is a
    query for all, `asked_by` are the fields that it may be a value of.
    """

    section: ClassVar[str] = ""
    vocabulary: VocabularyRow
    iri: str
    name: Link
    notation: str
    labels: tuple[tuple[str, str], ...]
    broader: tuple[Link, ...]
    narrower: tuple[Link, ...]
    replacement: Link | None
    vocabularies: tuple[Link, ...]
    also: tuple[tuple[str, str], ...]
    used: str
    records: tuple[Link, ...]
    every: str
    asked_by: tuple[Link, ...]


class Desk:
    """Makes the pages from the vocabularies."""

    def __init__(self, vocabularies: Vocabularies) -> None:
        """Take the vocabularies; each is indexed when it is first shown."""
        self.vocabularies = vocabularies
        self.shelves = Shelves(vocabularies)

    def row(self, scheme: Scheme) -> VocabularyRow:
        """A vocabulary in the list."""
        entry = self.vocabularies.entry(scheme)
        return VocabularyRow(
            name=scheme.name,
            iri=scheme.iri,
            title=scheme.title,
            version=scheme.version,
            total=len(self.vocabularies.concepts(scheme.name)),
            complete=scheme.complete,
            why=entry.why,
            owner=entry.owner,
            source=scheme.source,
            licence=scheme.licence,
            licence_iri=entry.licence_iri,
        )

    def list_page(self) -> VocabulariesPage:
        """Every vocabulary."""
        return VocabulariesPage(tuple(self.row(scheme) for scheme in self.vocabularies.schemes))

    def pages(self, scheme: Scheme, query: str, size: int) -> int:
        """How many pages of `size` concepts there are."""
        total = len(self.shelves.shelf(scheme.name).search(query))
        return max(1, -(-total // size))

    def vocabulary_page(
        self, scheme: Scheme, query: str, number: int, size: int, asked_by: Sequence[Asking]
    ) -> VocabularyPage:
        """One page of a vocabulary's concepts.

        Args:
            scheme: The vocabulary.
            query: Only the concepts that it finds, best first; all, in the order of the tree, when empty.
            number: The page, from 1; not beyond `pages`.
            size: Concepts on a page.
            asked_by: The fields that ask for it.
        """
        shelf = self.shelves.shelf(scheme.name)
        first = (number - 1) * size
        found = shelf.search(query)
        branching = shelf.deep and not query
        path = f"/vocabularies/{scheme.name}"
        return VocabularyPage(
            vocabulary=self.row(scheme),
            asked_by=_askers(asked_by),
            query=query,
            total=len(found),
            tree=self._tree(scheme, shelf.tree[first : first + size]) if branching else (),
            rows=() if branching else tuple(self._concept_row(scheme, c) for c in found[first : first + size]),
            pager=make_pager(path, {"q": query}, number, max(1, -(-len(found) // size))),
            alternates=alternates(path),
        )

    def concept_page(
        self, scheme: Scheme, concept: Concept, used: Uses | None, asked_by: Sequence[Asking]
    ) -> ConceptPage:
        """Everything that is known about a concept, seen from one of its vocabularies.

        Args:
            scheme: The vocabulary.
            concept: One of its concepts.
            used: The datasets that mention it; None while that is not known.
            asked_by: The fields that it may be a value of.
        """
        successor = self.vocabularies.replacement(concept.iri) if concept.deprecated else None
        name = self.link(scheme, concept.iri)
        holders = self.holders(concept.iri)
        return ConceptPage(
            vocabulary=self.row(scheme),
            iri=concept.iri,
            name=name,
            notation=concept.notation or "",
            labels=tuple(sorted(concept.labels.items(), key=lambda label: (label[0] != "en", label[0]))),
            broader=tuple(self.link(scheme, iri) for iri in concept.broader),
            narrower=tuple(self.link(scheme, c.iri) for c in self.shelves.shelf(scheme.name).narrower(concept.iri)),
            replacement=self.link(scheme, successor) if successor else None,
            vocabularies=tuple(
                Link(each.title, "en", self.path(each, concept.iri) or f"/vocabularies/{each.name}") for each in holders
            ),
            also=tuple(self.also(scheme, concept.iri)),
            used=counted(used),
            records=tuple(Link(r.title, "", f"/{r.kind}/{r.slug}") for r in used.records) if used else (),
            every=every(concept.iri),
            asked_by=_askers(asked_by),
        )

    def holders(self, iri: str) -> list[Scheme]:
        """The vocabularies that hold a concept."""
        return [each for each in self.vocabularies.schemes if self.vocabularies.contains(each.iri, iri)]

    def also(self, scheme: Scheme, iri: str) -> list[tuple[str, str]]:
        """Language and text of a concept's further names."""
        rows = (row for row in self.vocabularies.rows(scheme) if row.concept.iri == iri)
        return [(language, name) for row in rows for language, names in row.synonyms.items() for name in names]

    def path(self, scheme: Scheme, iri: str) -> str:
        """The path of a concept's page in a vocabulary; empty when the vocabulary does not hold it."""
        key = self.shelves.shelf(scheme.name).key(iri)
        return f"/vocabularies/{scheme.name}/{quote(key)}" if key is not None else ""

    def link(self, scheme: Scheme, iri: str) -> Link:
        """A concept's name, with its page in this vocabulary or else in the one it belongs to."""
        concept = self.vocabularies.concept(iri)
        if concept is None:
            return Link(iri, "", "")
        own = self.vocabularies.scheme(concept.scheme)
        path = self.path(scheme, iri) or (self.path(own, iri) if own else "")
        language = "en" if "en" in concept.labels else next(iter(concept.labels))
        return Link(concept.labels[language], language, path, concept.deprecated)

    def _concept_row(self, scheme: Scheme, concept: Concept) -> ConceptRow:
        broader = tuple(self.link(scheme, iri) for iri in concept.broader)
        return ConceptRow(self.link(scheme, concept.iri), concept.notation or "", broader)

    def _tree(self, scheme: Scheme, members: Sequence[tuple[Concept, int]]) -> tuple[Branch, ...]:
        """The concepts of one page, hung below one another, and below what they hang from on an earlier page."""
        earlier = self.shelves.shelf(scheme.name).path(members[0][0].iri) if members else []
        shown = [(concept, depth, True) for depth, concept in enumerate(earlier)]
        shown += [(concept, depth, False) for concept, depth in members]
        tops: list[Branch] = []
        open_: list[list[Branch]] = [tops]
        for concept, depth, above in shown:
            level = min(depth, _DEEPEST)
            branch = Branch(self._concept_row(scheme, concept), depth - level, above)
            del open_[level + 1 :]
            open_[level].append(branch)
            open_.append(branch.below)
        return tuple(tops)


def counted(used: Uses | None) -> str:
    """In how many datasets, as a sentence; empty while that is not known."""
    if used is None:
        return ""
    if used.total == 0:
        return "No published dataset mentions it."
    if used.total == 1:
        return "One published dataset mentions it."
    return f"{f'More than {MOST:,}' if used.total > MOST else f'{used.total:,}'} published datasets mention it."


def every(iri: str) -> str:
    """The path of a query that lists every dataset that mentions a concept."""
    return "/sparql?" + urlencode({"query": _EVERY.format(node=NamedNode(iri))})


def field_path(asking: Asking) -> str:
    """Where a profile's page describes a field."""
    return f"/profiles/{asking.profile}#{quote(asking.shape)}"


def _askers(asked_by: Sequence[Asking]) -> tuple[Link, ...]:
    return tuple(Link(f"{each.field} ({each.title})", "", field_path(each)) for each in asked_by)
