"""Which types do the roles in a record imply, and what do we lay beside a record before it is judged?

A value that is a bare IRI (the record says nothing about it) gets the `sh:class` of the field that points to it.
Such a type is a look-up fact: it makes no node a target. Membership of vocabularies and subclass relations are facts
of ours too: what a record itself claims about them is set aside, else anybody could declare a code of his own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Triple

from catalogue.model import Kind
from catalogue.rdf.graph import Graph, Subject, Term
from catalogue.rdf.namespaces import DCAT, FOAF, RDF, RDFS, VCARD

from .shape import BELOW, IN_SCHEME, NodeShape, PropertyShape
from .shapes import ShapeSet

CLASS_OF: Mapping[Kind, NamedNode] = {
    Kind.DATASET: DCAT["Dataset"],
    Kind.SERIES: DCAT["DatasetSeries"],
    Kind.CATALOG: DCAT["Catalog"],
}
# Kinds of contact and of agent that people state instead of the general class. None of DCAT's: a catalogue is not
# judged as a dataset, though the ontology makes it a subclass.
SUPERCLASSES: Mapping[NamedNode, NamedNode] = {
    **{VCARD[name]: VCARD["Kind"] for name in ("Organization", "Individual", "Group", "Location")},
    **{FOAF[name]: FOAF["Agent"] for name in ("Organization", "Person", "Group")},
}
_SUBCLASS_FACTS = [Triple(narrow, RDFS["subClassOf"], wide) for narrow, wide in SUPERCLASSES.items()]
_OURS_TO_SAY = frozenset((IN_SCHEME, BELOW, RDFS["subClassOf"]))

Focus = dict[Subject, list[Subject]]


@dataclass(frozen=True, slots=True)
class Implied:
    """A type that a role implies: the triple, the node that points to the value, and the shape that asks."""

    triple: Triple
    focus: Subject
    shape: PropertyShape


def classes(graph: Graph, node: Term) -> list[Term]:
    """Stated types of a node and their superclasses that we know."""
    stated = graph.types(node)
    return stated + [SUPERCLASSES[type_] for type_ in stated if type_ in SUPERCLASSES]  # type: ignore[index]


def is_bare(graph: Graph, node: Term) -> bool:
    """Whether a value is only named: an IRI of which the graph says nothing, or nothing but its type."""
    return isinstance(node, NamedNode) and all(predicate == RDF["type"] for predicate in graph.about(node))


def typed_focus(graph: Graph, shapes: ShapeSet) -> Focus:
    """Every node that a shape targets by a type which the graph states.

    A node that is only named is no target, or what we store and serve (with the types that roles imply) would fail
    where what was submitted did not.
    """
    focus: Focus = {}
    for subject in graph.subjects():
        if is_bare(graph, subject):
            continue
        seen: set[Subject] = set()
        for class_ in classes(graph, subject):
            for shape in shapes.targeting(class_.value):
                if shape.node not in seen:
                    seen.add(shape.node)
                    focus.setdefault(shape.node, []).append(subject)
    return focus


def record_focus(graph: Graph, shapes: ShapeSet, subject: Subject, kind: Kind) -> Focus:
    """What is judged in one record: its subject as its kind, and every part by its stated type.

    Other datasets, series or catalogues that the graph mentions are records of their own and are judged there.
    """
    own = CLASS_OF[kind]
    main = {shape.node for shape in shapes.targeting(own.value)}
    records = {shape.node for class_ in CLASS_OF.values() for shape in shapes.targeting(class_.value)}
    focus = {node: nodes for node, nodes in typed_focus(graph, shapes).items() if node not in records}
    focus.update((node, [subject]) for node in shapes.nodes if node in main)
    return focus


def implied(graph: Graph, shapes: ShapeSet, focus: Mapping[Subject, Sequence[Subject]]) -> list[Implied]:
    """Types that roles imply, reached from the focus nodes and through `sh:node`."""
    found: dict[tuple[Triple, Subject], Implied] = {}
    waiting = [(node, shapes.nodes[shape]) for shape, nodes in focus.items() for node in nodes]
    seen: set[tuple[Subject, Subject]] = set()
    while waiting:
        node, shape = waiting.pop()
        if (node, shape.node) in seen:
            continue
        seen.add((node, shape.node))
        for part in shapes.parts(shape):
            for value in graph.values(node, part.predicate) if part.predicate else ():
                if isinstance(value, NamedNode) and part.class_ and not graph.describes(value):
                    triple = Triple(value, RDF["type"], NamedNode(part.class_))
                    found.setdefault((triple, node), Implied(triple, node, part))
                waiting += _nested(shapes, part, value)
    return list(found.values())


def _nested(shapes: ShapeSet, part: PropertyShape, value: Term) -> Iterator[tuple[Subject, NodeShape]]:
    for node in part.nodes:
        if node in shapes.nodes and not isinstance(value, Literal):
            yield value, shapes.nodes[node]


def judged_triples(record: Graph, implied_types: Iterable[Implied], lookup: Iterable[Triple]) -> list[Triple]:
    """The record without claims that are ours to make, and the look-up facts beside it."""
    found = {triple: None for triple in record if triple.predicate not in _OURS_TO_SAY}
    found.update((item.triple, None) for item in implied_types)
    found.update(dict.fromkeys(lookup))
    found.update(dict.fromkeys(_SUBCLASS_FACTS))
    return list(found)
