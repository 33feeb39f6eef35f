"""What does pySHACL find wrong with these nodes?

The shapes are read into pySHACL's own objects once; each record is judged against them with its focus nodes given,
so that look-up facts are never a target. Results come back as trees of pyoxigraph terms; no report graph is made.
It judges by shapes that use constraints which `closures` does not cover, and is the reference for those that it does.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Self

import pyoxigraph as ox
import rdflib
from pyshacl.constraints import ALL_CONSTRAINT_PARAMETERS
from pyshacl.errors import ConstraintLoadError, ReportableRuntimeError, ShapeLoadError
from pyshacl.pytypes import SHACLExecutor
from pyshacl.shapes_graph import ShapesGraph

from catalogue.rdf.graph import Subject, Term
from catalogue.rdf.namespaces import SH

from .results import Result
from .shape import IllFormed
from .values import to_rdflib

# Deeper than any chain of sh:property and sh:node in our profiles; circles are refused when shapes are read.
_DEEPEST = 60
# It raises where values cannot be compared, such as a blank node in sh:lessThan.
_GIVES_UP = (ReportableRuntimeError, TypeError, ValueError, ArithmeticError)
_ILL_FORMED = (ShapeLoadError, ConstraintLoadError, ReportableRuntimeError)
_SUFFIX = "ConstraintComponent"
_PARAMETERS = frozenset(ALL_CONSTRAINT_PARAMETERS)


class _Triples(rdflib.Graph):
    """What pySHACL reads: triples in dictionaries. rdflib's own store keeps contexts for each triple, half the time."""

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        super().__init__(bind_namespaces="none")
        self._about: dict[Any, dict[Any, list[Any]]] = {}
        self._pointing: dict[Any, dict[Any, list[Any]]] = {}
        terms: dict[Any, Any] = {}
        for triple in dict.fromkeys(triples):
            converted = []
            for term in (triple.subject, triple.predicate, triple.object):
                node = terms.get(term)
                if node is None:
                    node = terms[term] = to_rdflib(term)
                converted.append(node)
            self.add(tuple(converted))

    def add(self, triple: Any) -> Self:
        """Add a triple that is not there yet (not checked: thousands of values may share a property)."""
        subject, predicate, value = triple
        self._about.setdefault(subject, {}).setdefault(predicate, []).append(value)
        self._pointing.setdefault(predicate, {}).setdefault(value, []).append(subject)
        return self

    def objects(self, subject: Any = None, predicate: Any = None, unique: bool = False) -> Iterator[Any]:  # type: ignore[override]
        """Values of a property; the commonest question."""
        if subject is None or predicate is None:
            return super().objects(subject, predicate, unique)
        return iter(self._about.get(subject, {}).get(predicate, ()))

    def triples(self, triple: Any) -> Iterator[Any]:  # type: ignore[override]
        """Triples that fit a pattern; None fits everything."""
        subject, predicate, value = triple
        if subject is None and predicate is not None and value is not None:
            for found in self._pointing.get(predicate, {}).get(value, ()):
                yield found, predicate, value
            return
        for node in list(self._about) if subject is None else (subject,):
            about = self._about.get(node, {})
            for property_ in list(about) if predicate is None else (predicate,):
                for found in about.get(property_, ()):
                    if value is None or found == value:
                        yield node, property_, found


class _Shapes(ShapesGraph):
    """pySHACL's shapes, which look for constraints among only the triples that can be some."""

    def __init__(self, graph: rdflib.Graph) -> None:
        super().__init__(graph)
        self._parameters: dict[Any, list[tuple[Any, Any]]] = {}

    def predicate_objects(self, s: Any) -> list[tuple[Any, Any]]:
        """Constraint parameters of a shape; pySHACL compares each with a list of 35, so others are left out."""
        found = self._parameters.get(s)
        if found is None:
            about = self.graph.predicate_objects(s)
            found = self._parameters[s] = [pair for pair in about if pair[0] in _PARAMETERS]
        return found


class PyShacl:
    """Shapes, ready to judge. May be shared by threads: one record is judged at a time."""

    name = "pySHACL 0.40"

    def __init__(self, shapes: Iterable[ox.Triple]) -> None:
        """Read shapes.

        Raises:
            IllFormed: One of them is none that pySHACL takes.
        """
        self._shapes = _Shapes(_Triples(shapes))
        try:
            self._by_node = {shape.node: shape for shape in self._shapes.shapes}
        except _ILL_FORMED as error:
            raise IllFormed(str(error)) from error
        # pySHACL words each result through the graph's namespace manager, which changes while it is read.
        self._lock = threading.Lock()

    def probe(self) -> None:
        """Judge a node of no graph, so that a constraint that pySHACL cannot take is told when shapes are read.

        Raises:
            IllFormed: With the shape, and what pySHACL says of it.
        """
        executor, nowhere = SHACLExecutor(max_validation_depth=_DEEPEST), rdflib.Graph(bind_namespaces="none")
        with self._lock:
            for shape in self._by_node.values():
                try:
                    shape.validate(executor, nowhere, focus=rdflib.URIRef("urn:health-catalogue:nobody"))
                except _ILL_FORMED as error:
                    raise IllFormed(f"{shape.node}: {error}") from error

    def judge(self, data: Iterable[ox.Triple], focus: Mapping[Subject, Sequence[Subject]]) -> list[Result]:
        """Judge nodes.

        Args:
            data: The record with what is laid beside it.
            focus: Node shape to the nodes that it judges.

        Returns:
            Failed constraints, in no particular order. Where pySHACL gives up on a node (SHACL §3.4: a failure),
            `Failure` of the node shape.
        """
        executor = SHACLExecutor(max_validation_depth=_DEEPEST)
        graph = _Triples(data)
        found: list[Result] = []
        with self._lock:
            for shape, node in ((shape, node) for shape, nodes in focus.items() for node in nodes):
                judging = self._by_node[to_rdflib(shape)]
                try:
                    _, reports = judging.validate(executor, graph, focus=[to_rdflib(node)])
                except _GIVES_UP:
                    found.append(Result(node, None, shape, "Failure"))
                else:
                    found += [_result(report[1], _index(report[2])) for report in reports]
        return found


def from_rdflib(node: Any) -> Term:
    """The same term in pyoxigraph."""
    if isinstance(node, rdflib.URIRef):
        return ox.NamedNode(str(node))
    if isinstance(node, rdflib.BNode):
        return ox.BlankNode(str(node))
    if node.language:
        return ox.Literal(str(node), language=node.language)
    return ox.Literal(str(node), datatype=ox.NamedNode(str(node.datatype)) if node.datatype else None)


def _index(triples: Iterable[tuple[Any, Any, Any]]) -> dict[Any, dict[str, list[Any]]]:
    found: dict[Any, dict[str, list[Any]]] = {}
    for subject, predicate, value in triples:
        # pySHACL pairs a term with the graph that it comes from.
        term = value[1] if isinstance(value, tuple) else value
        found.setdefault(subject, {}).setdefault(str(predicate), []).append(term)
    return found


def _result(node: Any, results: Mapping[Any, Mapping[str, list[Any]]]) -> Result:
    about = results[node]
    values = about.get(SH["value"].value)
    return Result(
        focus=from_rdflib(about[SH["focusNode"].value][0]),
        value=from_rdflib(values[0]) if values else None,
        shape=from_rdflib(about[SH["sourceShape"].value][0]),  # type: ignore[arg-type]
        component=str(about[SH["sourceConstraintComponent"].value][0]).removeprefix(SH).removesuffix(_SUFFIX),
        details=tuple(_result(detail, results) for detail in about.get(SH["detail"].value, ())),
    )
