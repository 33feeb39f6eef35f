"""Which types do the roles in a record imply, and what do we lay beside a record before it is judged?

A value that is a bare IRI (the record says nothing about it) gets the `sh:class` of the field that points to it.
Such a type is a look-up fact: it makes no node a target. Membership of vocabularies and subclass relations are facts
of ours too: what a record itself claims about them is set aside, else anybody could declare a code of his own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

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
_TYPE = RDF["type"]
_OURS_TO_SAY = frozenset((IN_SCHEME, BELOW, RDFS["subClassOf"]))

Focus = dict[Subject, list[Subject]]
Typed = Sequence[tuple[Subject, list[Term]]]


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
    about = graph.about(node)
    return isinstance(node, NamedNode) and len(about) < 2 and (not about or _TYPE in about)


def typed(graph: Graph) -> Typed:
    """Every node that may be a target, with its classes.

    A node that is only named is none, or what we store and serve (with the types that roles imply) would fail where
    what was submitted did not.
    """
    nodes = ((subject, classes(graph, subject)) for subject in graph.subjects() if not is_bare(graph, subject))
    return [(subject, found) for subject, found in nodes if found]


def typed_focus(nodes: Typed, shapes: ShapeSet) -> Focus:
    """Every node that a shape targets by a type which the graph states."""
    focus: Focus = {}
    for subject, found in nodes:
        targeting = (shape.node for class_ in found for shape in shapes.targeting(class_.value))
        for node in dict.fromkeys(targeting):
            focus.setdefault(node, []).append(subject)
    return focus


def record_focus(graph: Graph, shapes: ShapeSet, subject: Subject, kind: Kind) -> Focus:
    """What is judged in one record: its subject as its kind, and every part by its stated type.

    Other datasets, series or catalogues that the graph mentions are records of their own and are judged there.
    """
    return focus_among(typed(graph), shapes, subject, kind)


def focus_among(nodes: Typed, shapes: ShapeSet, subject: Subject, kind: Kind) -> Focus:
    """The same from nodes that are `typed` already, for several profiles."""
    records = {shape.node for class_ in CLASS_OF.values() for shape in shapes.targeting(class_.value)}
    focus = {node: found for node, found in typed_focus(nodes, shapes).items() if node not in records}
    focus.update((shape.node, [subject]) for shape in shapes.targeting(CLASS_OF[kind].value))
    return focus


def implied(graph: Graph, shapes: ShapeSet, focus: Mapping[Subject, Sequence[Subject]]) -> list[Implied]:
    """Types that roles imply, reached from the focus nodes and through `sh:node`."""
    found: dict[tuple[Term, NamedNode, Term], Implied] = {}
    waiting: list[tuple[Subject, NodeShape]] = [
        (node, shapes.nodes[shape]) for shape, nodes in focus.items() for node in nodes
    ]
    seen: set[tuple[Subject, Subject]] = set()
    while waiting:
        node, shape = waiting.pop()
        if (node, shape.node) in seen:
            continue
        seen.add((node, shape.node))
        roles = shapes.roles(shape)
        for predicate, values in graph.about(node).items() if roles else ():
            for role in roles.get(predicate, ()):
                waiting += [(v, nested) for nested in role.nested for v in values if not isinstance(v, Literal)]
                if role.class_ is None:
                    continue
                for value in values:
                    if isinstance(value, NamedNode) and not graph.describes(value):
                        key = (value, role.class_, node)
                        if key not in found:
                            found[key] = Implied(Triple(value, _TYPE, role.class_), node, role.shape)
    return list(found.values())


def judged_triples(record: Graph, implied_types: Iterable[Implied], lookup: Iterable[Triple]) -> Graph:
    """The record without claims that are ours to make, and the look-up facts beside it."""
    facts = chain((item.triple for item in implied_types), lookup, _SUBCLASS_FACTS)
    return record.beside(facts, _OURS_TO_SAY)
