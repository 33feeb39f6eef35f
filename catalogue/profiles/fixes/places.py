"""Where in a record does a rule apply?

Each place is a binding of the rule's variables to terms. Patterns are asked of an Oxigraph store that holds the record
and nothing else; no query comes from outside.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import cast

import pyoxigraph as ox
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from catalogue.profiles.concepts import Vocabularies
from catalogue.rdf.graph import Graph, Term
from catalogue.rdf.namespaces import XSD, compact

from .rules import INSIDE, Rule, variable

Binding = Mapping[str, Term]
_LONGEST_LABEL = 500
# Two properties of one node are joined value by value: 10,000 of each would take minutes, and nobody writes so many.
_MOST_VALUES = 500


class Ground:
    """One record, indexed and in a store.

    Oxigraph takes `"05"^^xsd:nonNegativeInteger` for `5`, an `xsd:integer`. The rules are about just such differences,
    so the datatypes of XML Schema have another name inside the store, under which it leaves the literals alone.
    """

    def __init__(self, triples: Iterable[Triple], record: NamedNode) -> None:
        self.record = record
        self.triples: dict[Triple, None] = {}
        self.graph = Graph()
        self._store = ox.Store()
        self.put(triples)
        self.settle()
        self._crowded = _crowded(self.triples)

    def put(self, triples: Iterable[Triple]) -> None:
        """Add triples; the index follows with `settle`."""
        new = [triple for triple in triples if triple not in self.triples]
        self.triples.update(dict.fromkeys(new))
        self._store.extend(_stored(triple) for triple in new)

    def take(self, triples: Iterable[Triple]) -> None:
        """Remove triples; the index follows with `settle`."""
        for triple in triples:
            del self.triples[triple]
            self._store.remove(_stored(triple))

    def settle(self) -> None:
        """Bring the index up to date."""
        self.graph = Graph(self.triples)

    def ask(self, query: str) -> list[Binding]:
        """Solutions of a rule's query, in an order that is always the same.

        There are none when a property has so many values on one node, or nodes at one value, that it would take long.
        """
        if any(predicate in query for predicate in self._crowded):
            return []
        solutions = cast(ox.QuerySolutions, self._store.query(query.replace("%record%", str(self.record))))
        names = [variable.value for variable in solutions.variables]
        found: list[Binding] = [{name: _said(s[name]) for name in names if s[name] is not None} for s in solutions]
        return sorted(found, key=lambda binding: _rank(binding.get(name) for name in names))


def _crowded(triples: Iterable[Triple]) -> list[str]:
    """Properties, as a query names them, with too many values on one node or too many nodes at one value."""
    counts: Counter[tuple[object, ...]] = Counter()
    for subject, predicate, value in triples:
        counts.update([(predicate, "of", subject), (predicate, "at", value)])
    return list({compact(cast(NamedNode, key[0]).value) for key, count in counts.items() if count > _MOST_VALUES})


def _rank(terms: Iterable[Term | None]) -> tuple[list[str], list[str]]:
    """By what does not change when the record is read again, then by the names of blank nodes."""
    known = list(terms)
    return ["" if isinstance(term, BlankNode) else str(term) for term in known], [str(term) for term in known]


def _stored(triple: Triple) -> ox.Quad:
    value = triple.object
    if isinstance(value, Literal) and value.datatype.value.startswith(XSD) and value.datatype != XSD["string"]:
        value = Literal(value.value, datatype=NamedNode(INSIDE + value.datatype.value[len(XSD) :]))
    return ox.Quad(triple.subject, triple.predicate, value)


def _said(term: Term) -> Term:
    if isinstance(term, Literal) and term.datatype.value.startswith(INSIDE):
        return Literal(term.value, datatype=NamedNode(XSD + term.datatype.value[len(INSIDE) :]))
    if isinstance(term, NamedNode) and term.value.startswith(INSIDE):
        return NamedNode(XSD + term.value[len(INSIDE) :])
    return term


def places(rule: Rule, ground: Ground, vocabularies: Vocabularies) -> Iterator[Binding]:
    """Every place where a rule applies.

    Args:
        rule: The rule.
        ground: The record.
        vocabularies: Decide what is known, what replaces what and what is meant by a label.
    """
    for binding in _found(rule, ground, vocabularies):
        if _wanted(rule, binding, vocabularies):
            yield binding


def _found(rule: Rule, ground: Ground, vocabularies: Vocabularies) -> Iterator[Binding]:
    graph, record = ground.graph, ground.record
    if rule.query and _may_apply(rule, graph):
        yield from ground.ask(rule.query)
    if rule.prefixes or rule.terms or rule.current:
        for iri in _iris(graph, rule):
            new = _replacement(rule, iri, vocabularies)
            if new is not None and new != iri and iri != record:
                yield {"record": record, "old": iri, "new": new}
    schemes = dict(rule.labels)
    for triple in graph if schemes else ():
        if triple.predicate in schemes and isinstance(triple.object, Literal):
            meant = _meant(triple.object.value, schemes[triple.predicate].value, vocabularies)
            if meant:
                node, property = cast(Term, triple.subject), triple.predicate
                yield {"node": node, "property": property, "old": triple.object, "new": NamedNode(meant)}


def _may_apply(rule: Rule, graph: Graph) -> bool:
    """Whether the record has the properties that the rule takes away: asking is much dearer than looking."""
    wanted = {pattern[1] for pattern in rule.removes if not variable(pattern[1])}
    return not wanted or any(wanted <= set(graph.about(subject)) for subject in graph.subjects())


def _iris(graph: Graph, rule: Rule) -> list[NamedNode]:
    """IRIs that may be replaced: those at the properties that the rule names, else all but subjects."""
    found: dict[NamedNode, None] = {}
    for triple in graph:
        if rule.on and triple.predicate not in rule.on:
            continue
        parts = (triple.object,) if rule.on else (triple.predicate, triple.object)
        found.update((part, None) for part in parts if isinstance(part, NamedNode))
    return list(found)


def _replacement(rule: Rule, iri: NamedNode, vocabularies: Vocabularies) -> Term | None:
    if iri in rule.terms:
        return rule.terms[iri]
    for old, new in rule.prefixes:
        if iri.value.startswith(old):
            return NamedNode(new + iri.value[len(old) :])
    if rule.current and not iri.value.startswith(rule.beginnings_left):
        current = vocabularies.replacement(iri.value)
        return NamedNode(current) if current else None
    return None


def _meant(said: str, scheme: str, vocabularies: Vocabularies) -> str | None:
    """The one concept that a text means: its IRI, or its label, notation or code."""
    said = said.strip()
    if not said or len(said) > _LONGEST_LABEL:
        return None
    if vocabularies.contains(scheme, said):
        return said
    concept = vocabularies.find(said, scheme)
    if concept is not None:
        return None if concept.deprecated else concept.iri
    known = vocabularies.scheme(scheme)
    codes = [prefix + said for prefix in known.prefixes] if known else []
    return next((iri for iri in codes if vocabularies.concept(iri) and vocabularies.contains(scheme, iri)), None)


def _wanted(rule: Rule, binding: Binding, vocabularies: Vocabularies) -> bool:
    if rule.known:
        concept = binding.get(rule.known)
        if not isinstance(concept, NamedNode) or not vocabularies.lookup([concept.value]):
            return False
    if rule.not_in:
        name, scheme = rule.not_in
        return not vocabularies.contains(scheme, binding[name].value)
    return True
