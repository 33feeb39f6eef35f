"""How do we hold the description of one record?

An indexed, insertion-ordered set of triples of pyoxigraph terms. Small (tens to thousands of triples), never
shared between threads while it changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from .namespaces import RDF

Subject = NamedNode | BlankNode
Term = NamedNode | BlankNode | Literal


class Graph:
    """A set of triples, looked up by subject and predicate, or by object."""

    __slots__ = ("_by_object", "_by_subject", "_triples")

    def __init__(self, triples: Iterable[Triple] = ()) -> None:
        self._triples: dict[Triple, None] = {}
        self._by_subject: dict[Subject, dict[NamedNode, list[Term]]] = {}
        self._by_object: dict[Term, list[tuple[Subject, NamedNode]]] | None = None
        self.update(triples)

    def add(self, subject: Subject, predicate: NamedNode, value: Term) -> None:
        """Add one triple; adding it twice changes nothing."""
        self.update((Triple(subject, predicate, value),))

    def update(self, triples: Iterable[Triple]) -> None:
        """Add many triples."""
        self._by_object = None
        for triple in triples:
            if triple not in self._triples:
                self._triples[triple] = None
                # The stubs allow RDF 1.2 triple terms; our parser does not.
                about = self._by_subject.setdefault(triple.subject, {})  # type: ignore[arg-type]
                about.setdefault(triple.predicate, []).append(triple.object)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[Triple]:
        return iter(self._triples)

    def __len__(self) -> int:
        return len(self._triples)

    def __contains__(self, triple: Triple) -> bool:
        return triple in self._triples

    def subjects(self) -> list[Subject]:
        """Every subject, in order of first mention."""
        return list(self._by_subject)

    def describes(self, node: Term) -> bool:
        """Whether the graph says anything about the node."""
        return node in self._by_subject

    def about(self, subject: Term) -> dict[NamedNode, list[Term]]:
        """What the graph says about a subject: predicate to values."""
        return self._by_subject.get(subject, {})  # type: ignore[arg-type]

    def values(self, subject: Term, predicate: NamedNode) -> list[Term]:
        """All values of a property, in order of mention."""
        return self.about(subject).get(predicate, [])

    def value(self, subject: Term, predicate: NamedNode) -> Term | None:
        """The first value of a property."""
        values = self.values(subject, predicate)
        return values[0] if values else None

    def pointing_to(self, node: Term) -> list[tuple[Subject, NamedNode]]:
        """Subjects and predicates of the triples that have the node as object."""
        if self._by_object is None:
            self._by_object = {}
            for triple in self._triples:
                value, subject = cast(Term, triple.object), cast(Subject, triple.subject)
                self._by_object.setdefault(value, []).append((subject, triple.predicate))
        return self._by_object.get(node, [])

    def typed(self, class_: NamedNode) -> list[Subject]:
        """Every subject that states this rdf:type, in order of mention."""
        return [s for s, about in self._by_subject.items() if class_ in about.get(RDF["type"], ())]

    def types(self, node: Term) -> list[Term]:
        """The rdf:type values of a node."""
        return self.values(node, RDF["type"])


def text(values: Iterable[Term], language: str = "en") -> Literal | None:
    """Choose the literal to show: that language (or a sub-tag), else one without a tag, else the first."""
    literals = [value for value in values if isinstance(value, Literal)]
    for literal in literals:
        if (literal.language or "").lower().split("-")[0] == language:
            return literal
    for literal in literals:
        if not literal.language:
            return literal
    return literals[0] if literals else None
