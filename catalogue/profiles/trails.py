"""How does one get from the record to a node, in properties and in words?

The shortest way through the record's triples, labelled with the names that the shapes give to the properties.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from pyoxigraph import Literal, NamedNode

from catalogue.model import Kind
from catalogue.rdf.graph import Graph, Subject, Term
from catalogue.rdf.namespaces import compact

from .implied import CLASS_OF, classes
from .shape import NodeShape, PropertyShape, local_name
from .shapes import ShapeSet

KIND_WORDS = {Kind.DATASET: "Dataset", Kind.SERIES: "Dataset series", Kind.CATALOG: "Catalogue"}
_IRI = re.compile(r"<([^<>]*)>")


class Names:
    """What one set of shapes calls the properties of the nodes that it describes. Threads may share it."""

    def __init__(self, shapes: ShapeSet) -> None:
        self.shapes = shapes
        self._parts: dict[Subject, dict[NamedNode, list[PropertyShape]]] = {}

    def parts(self, nodes: Iterable[NodeShape], predicate: NamedNode) -> list[PropertyShape]:
        """What node shapes say about a property."""
        return [part for node in nodes for part in self._by_predicate(node).get(predicate, ())]

    def _by_predicate(self, node: NodeShape) -> dict[NamedNode, list[PropertyShape]]:
        found = self._parts.get(node.node)
        if found is None:
            found = {}
            for part in self.shapes.parts(node):
                if part.predicate is not None:
                    found.setdefault(part.predicate, []).append(part)
            self._parts[node.node] = found
        return found


class Trails:
    """Ways from the subject of one record to every node that hangs on it."""

    def __init__(self, graph: Graph, subject: NamedNode, kind: Kind, sets: Sequence[ShapeSet]) -> None:
        """Find the ways.

        Args:
            graph: The record.
            subject: Where they begin.
            kind: What the subject is.
            sets: Shapes of all profiles in play, for names that one of them lacks.
        """
        self._sets = sets
        self._graph = graph
        self._subject = subject
        self._kind = kind
        self._came: dict[Term, tuple[Subject, NamedNode]] = {}
        self._paths: dict[Term, str] = {}
        self._words: dict[tuple[Term, int], str] = {}
        came = self._came
        waiting: deque[Subject] = deque([subject])
        while waiting:
            node = waiting.popleft()
            for predicate, values in graph.about(node).items():
                for value in values:
                    if not isinstance(value, Literal) and value not in came and value != subject:
                        came[value] = (node, predicate)
                        if graph.describes(value):
                            waiting.append(value)

    def to(self, node: Term) -> list[tuple[Subject, NamedNode]]:
        """Steps (node, property) from the subject to a node; empty when it is the subject or hangs nowhere."""
        steps = []
        while node in self._came:
            step = self._came[node]
            steps.append(step)
            node = step[0]
        return steps[::-1]

    def path(self, focus: Term, last: str) -> str:
        """The way to a property of a node, as a SPARQL path with known prefixes: `dct:publisher / foaf:name`."""
        before = self._paths.get(focus)
        if before is None:
            before = self._paths[focus] = " / ".join(compact(predicate.value) for _, predicate in self.to(focus))
        return " / ".join(part for part in (before, short_path(last)) if part)

    def words(self, focus: Term, label: str, called: Names) -> str:
        """The same way in words: `Dataset › Publisher › Name`."""
        before = self._words.get((focus, id(called)))
        if before is None:
            before = self._words[focus, id(called)] = self._way(focus, called)
        return f"{before} › {label}" if label else before

    def _way(self, focus: Term, called: Names) -> str:
        shapes = called.shapes
        reached = shapes.targeting(CLASS_OF[self._kind].value)
        names = [KIND_WORDS[self._kind]]
        for node, predicate in self.to(focus):
            if node != self._subject:
                reached = [*reached, *_targeting(self._graph, node, shapes)]
            parts = called.parts(reached, predicate)
            names.append(next((part.name for part in parts if part.name), "") or self._name(predicate))
            inner = (node for part in parts for node in part.nodes)
            reached = [shapes.nodes[node] for node in inner if node in shapes.nodes]
        return " › ".join(names)

    def _name(self, predicate: NamedNode) -> str:
        """What any profile calls a property."""
        for shapes in self._sets:
            if predicate in shapes.names:
                return shapes.names[predicate]
        return path_words(predicate.value)


def _targeting(graph: Graph, node: Subject, shapes: ShapeSet) -> Iterator[NodeShape]:
    for class_ in classes(graph, node):
        yield from shapes.targeting(class_.value)


@lru_cache(maxsize=4096)
def short_path(path: str) -> str:
    """A path as a shape set writes it, with known prefixes. Kept: shapes have some hundred paths."""
    return _IRI.sub(lambda match: compact(match[1]), path) if "<" in path else compact(path)


def path_words(path: str) -> str:
    """A label for a property that no shape names: `contactPoint` gives "Contact point"."""
    names = [local_name(iri) for iri in _IRI.findall(path)] or [local_name(path)]
    split = " or ".join(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name) for name in names)
    return split[:1].upper() + split[1:].lower()
