"""Which nodes does a property path reach?

Spec: SHACL §2.3.1 (property paths).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from pyoxigraph import NamedNode

from catalogue.rdf.graph import Graph, Term
from catalogue.rdf.namespaces import RDF, SH

from .shapes import ShapeSet

# The record and where to start: what is reached, each node once.
Path = Callable[[Graph, Term], list[Term]]


class UnknownPath(Exception):
    """A path that we cannot follow; the message says which kind."""


def path_of(path: Term, shapes: ShapeSet) -> Path:
    """Compile a path as shapes write it.

    Raises:
        UnknownPath: Only pySHACL can follow it.
    """
    if isinstance(path, NamedNode):
        return lambda graph, node: graph.values(node, path)
    about = shapes.graph.about(path)
    if RDF["first"] in about:
        return _sequence([path_of(part, shapes) for part in shapes.members(path)])
    if SH["alternativePath"] in about:
        options = [path_of(part, shapes) for part in shapes.members(about[SH["alternativePath"]][0])]
        return lambda graph, node: _unique(value for option in options for value in option(graph, node))
    if SH["inversePath"] in about:
        inner = about[SH["inversePath"]][0]
        if not isinstance(inner, NamedNode):
            raise UnknownPath("sh:inversePath of a path")
        return lambda graph, node: _unique(s for s, p in graph.pointing_to(node) if p == inner)
    for name, least, most in (
        ("zeroOrOnePath", 0, 1),
        ("zeroOrMorePath", 0, None),
        ("oneOrMorePath", 1, None),
    ):
        if SH[name] in about:
            return _repeated(path_of(about[SH[name]][0], shapes), least, most)
    raise UnknownPath("a path")


def _unique(found: Iterable[Term]) -> list[Term]:
    return list(dict.fromkeys(found))


def _sequence(steps: Sequence[Path]) -> Path:
    def follow(graph: Graph, node: Term) -> list[Term]:
        reached = [node]
        for step in steps:
            reached = _unique(value for start in reached for value in step(graph, start))
        return reached

    return follow


def _repeated(step: Path, least: int, most: int | None) -> Path:
    def follow(graph: Graph, node: Term) -> list[Term]:
        found: dict[Term, None] = {} if least else {node: None}
        waiting = step(graph, node)
        if most == 1:
            return _unique([*found, *waiting])
        waiting = list(waiting)
        while waiting:
            value = waiting.pop()
            if value not in found:
                found[value] = None
                waiting += step(graph, value)
        return list(found)

    return follow
