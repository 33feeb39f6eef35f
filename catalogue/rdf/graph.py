"""How do we hold the description of one record?

An indexed, insertion-ordered set of triples of pyoxigraph terms. Small (tens to thousands of triples), never
shared between threads while it changes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from .namespaces import RDF

Subject = NamedNode | BlankNode
Term = NamedNode | BlankNode | Literal

_TYPE = RDF["type"]


class Graph:
    """A set of triples, looked up by subject and predicate, or by object."""

    __slots__ = ("_by_object", "_by_subject", "_known", "_later")

    def __init__(self, triples: Iterable[Triple] = ()) -> None:
        self._known: dict[Triple, None] | None = {}
        self._later: Callable[[], Iterable[Triple]] = tuple
        self._by_subject: dict[Subject, dict[NamedNode, list[Term]]] = {}
        self._by_object: dict[Term, list[tuple[Subject, NamedNode]]] | None = None
        self.update(triples)

    def add(self, subject: Subject, predicate: NamedNode, value: Term) -> None:
        """Add one triple; adding it twice changes nothing."""
        self.update((Triple(subject, predicate, value),))

    def update(self, triples: Iterable[Triple]) -> None:
        """Add many triples."""
        self._by_object = None
        known, by_subject = self._triples(), self._by_subject
        fresh = dict.fromkeys(triples)
        if known:
            fresh = {triple: None for triple in fresh if triple not in known}
        known.update(fresh)
        for triple in fresh:
            # The stubs allow RDF 1.2 triple terms; our parser does not.
            subject: Subject = triple.subject  # type: ignore[assignment]
            about = by_subject.get(subject)
            if about is None:
                about = by_subject[subject] = {}
            predicate = triple.predicate
            values = about.get(predicate)
            if values is None:
                about[predicate] = [triple.object]  # type: ignore[list-item]
            else:
                values.append(triple.object)  # type: ignore[arg-type]

    def renamed(self, names: Mapping[Subject, NamedNode]) -> Graph:
        """A graph of its own in which these subjects bear other names, as subject and as object.

        Args:
            names: New names, all different, and none of them in this graph already.
        """
        other = Graph()
        other._by_subject = {
            names.get(subject, subject): {
                predicate: [names.get(value, value) for value in values]  # type: ignore[arg-type]
                for predicate, values in about.items()
            }
            for subject, about in self._by_subject.items()
        }
        triples = [*self._triples()]
        other._known, other._later = None, lambda: (_renamed(triple, names) for triple in triples)
        return other

    def beside(self, facts: Iterable[Triple], predicates: Collection[NamedNode]) -> Graph:
        """A graph to look things up in: these triples but for those with one of the predicates, and some facts.

        It shares what it can with this one, so neither may change from now on.
        """
        other = Graph()
        other._by_subject = by_subject = self._by_subject.copy()
        other._known, other._later = None, lambda: _indexed(by_subject)
        for subject, about in self._by_subject.items():
            if any(predicate in about for predicate in predicates):
                kept = {predicate: values for predicate, values in about.items() if predicate not in predicates}
                if kept:
                    by_subject[subject] = kept
                else:
                    del by_subject[subject]
        fresh: dict[Subject, dict[NamedNode, list[Term]]] = {}
        for fact in facts:
            about = fresh.setdefault(fact.subject, {})  # type: ignore[arg-type]
            about.setdefault(fact.predicate, []).append(fact.object)  # type: ignore[arg-type]
        for subject, about in fresh.items():
            own = by_subject.get(subject, {})
            by_subject[subject] = own | {
                predicate: list(dict.fromkeys([*own.get(predicate, ()), *values]))
                for predicate, values in about.items()
            }
        return other

    def _triples(self) -> dict[Triple, None]:
        """The triples themselves. Made when they are asked for: making one takes up to 3 µs, looking it up 0.1."""
        if self._known is None:
            self._known = dict.fromkeys(self._later())
        return self._known

    def __iter__(self) -> Iterator[Triple]:
        return iter(self._triples())

    def __len__(self) -> int:
        if self._known is None:
            return sum(len(values) for about in self._by_subject.values() for values in about.values())
        return len(self._known)

    def __contains__(self, triple: Triple) -> bool:
        return triple in self._triples()

    def mentioned(self) -> list[Term]:
        """Every node and literal that is the object of a triple, each once, in a fixed order."""
        return list(
            dict.fromkeys(v for about in self._by_subject.values() for values in about.values() for v in values)
        )

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
            for subject, about in self._by_subject.items():
                for predicate, values in about.items():
                    for value in values:
                        self._by_object.setdefault(value, []).append((subject, predicate))
        return self._by_object.get(node, [])

    def typed(self, class_: NamedNode) -> list[Subject]:
        """Every subject that states this rdf:type, in order of mention."""
        return [s for s, about in self._by_subject.items() if class_ in about.get(_TYPE, ())]

    def types(self, node: Term) -> list[Term]:
        """The rdf:type values of a node."""
        return self.values(node, _TYPE)


def _indexed(by_subject: Mapping[Subject, Mapping[NamedNode, Iterable[Term]]]) -> Iterator[Triple]:
    for subject, about in by_subject.items():
        for predicate, values in about.items():
            for value in values:
                yield Triple(subject, predicate, value)


def _renamed(triple: Triple, names: Mapping[Any, Any]) -> Triple:
    subject, value = triple.subject, triple.object
    if subject in names or value in names:
        return Triple(names.get(subject, subject), triple.predicate, names.get(value, value))
    return triple


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
