"""What is wrong with these nodes, found in a millisecond or a few?

Shapes are turned into closures over a record's triples once. pySHACL is the reference: a test compares the two result
by result, and shapes that use what is not covered here are judged by pySHACL itself. A node is judged once by each
shape however many ways lead to it; without that, a record of some thousand shared and nested nodes would take hours.
Spec: SHACL §3 (validation), §4 (core constraint components), https://www.w3.org/TR/shacl/
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from pyoxigraph import Literal, NamedNode, Triple
from pyshacl.constraints import ALL_CONSTRAINT_PARAMETERS

from catalogue.rdf.graph import Graph, Subject, Term
from catalogue.rdf.namespaces import RDF, RDFS, SH

from . import values
from .results import Result
from .shapes import ShapeSet

ENGINE = "closures, after pySHACL 0.40"
_MODIFIERS = frozenset(SH[name] for name in ("flags", "qualifiedMinCount", "qualifiedMaxCount", "ignoredProperties"))
_TRUE = ("true", "1")

Memory = dict[tuple[Subject, Term], list[Result]]
# The record, what is judged already, the focus node, its values.
Constraint = Callable[[Graph, Memory, Term, list[Term]], Iterable[Result]]
Path = Callable[[Graph, Term], list[Term]]


class NotCovered(Exception):
    """A shape uses a constraint that only pySHACL knows; the message names it."""


class Closures:
    """Shapes, ready to judge; threads may share them.

    Raises:
        NotCovered: A shape needs pySHACL.
    """

    name = ENGINE

    def __init__(self, shapes: ShapeSet) -> None:
        self._shapes = shapes
        self._graph = shapes.graph
        self._constraints: dict[Subject, tuple[Path | None, list[Constraint]]] = {}
        known = self._makers()
        covered = {*known, *_MODIFIERS}
        for parameter in ALL_CONSTRAINT_PARAMETERS:
            if NamedNode(str(parameter)) not in covered and self._used(str(parameter)):
                raise NotCovered(str(parameter))
        for node in self._graph.subjects():
            self._compile(node, known)

    def judge(self, data: Iterable[Triple], focus: Mapping[Subject, Sequence[Subject]]) -> list[Result]:
        """Judge nodes.

        Args:
            data: The record with what is laid beside it.
            focus: Node shape to the nodes that it judges.

        Returns:
            Failed constraints, in the order of shapes and nodes.
        """
        graph, memory = Graph(data), Memory()
        return [r for shape, nodes in focus.items() for node in nodes for r in self._check(graph, memory, shape, node)]

    def _check(self, graph: Graph, memory: Memory, shape: Subject, focus: Term) -> list[Result]:
        found = memory.get((shape, focus))
        if found is None:
            path, constraints = self._constraints[shape]
            given = [focus] if path is None else path(graph, focus)
            found = [result for check in constraints for result in check(graph, memory, focus, given)]
            memory[shape, focus] = found
        return found

    def _used(self, parameter: str) -> bool:
        return any(NamedNode(parameter) in self._graph.about(node) for node in self._graph.subjects())

    def _compile(self, node: Subject, makers: Mapping[NamedNode, Callable[[Subject], list[Constraint]]]) -> None:
        about = self._graph.about(node)
        path = about.get(SH["path"])
        off = any(value.value in _TRUE for value in about.get(SH["deactivated"], ()))
        constraints = [] if off else [c for predicate in about if predicate in makers for c in makers[predicate](node)]
        self._constraints[node] = (self._path(path[0]) if path else None, constraints)

    # Constraints

    def _makers(self) -> dict[NamedNode, Callable[[Subject], list[Constraint]]]:
        tests: dict[str, Callable[[Subject, Term], values.Test]] = {
            "nodeKind": lambda _, wanted: values.node_kind(wanted),
            "datatype": lambda _, wanted: values.datatype(wanted),
            "in": lambda _, head: values.one_of(self._shapes.members(head)),
            "languageIn": lambda _, head: values.language_in(self._shapes.members(head)),
            "pattern": lambda node, wanted: values.pattern(wanted.value, self._first(node, "flags")),
            "minLength": lambda _, least: values.length(lambda size, n=int(least.value): size >= n),  # type: ignore[misc]
            "maxLength": lambda _, most: values.length(lambda size, n=int(most.value): size <= n),  # type: ignore[misc]
            "minInclusive": lambda _, bound: values.limit(bound, lambda order: order >= 0),
            "maxInclusive": lambda _, bound: values.limit(bound, lambda order: order <= 0),
            "minExclusive": lambda _, bound: values.limit(bound, lambda order: order > 0),
            "maxExclusive": lambda _, bound: values.limit(bound, lambda order: order < 0),
        }
        makers: dict[str, Callable[[Subject], list[Constraint]]] = {
            name: self._each_value(name, test) for name, test in tests.items()
        }
        makers |= {
            "minCount": self._min_count,
            "maxCount": self._max_count,
            "class": self._class,
            "hasValue": self._has_value,
            "lessThanOrEquals": self._less_than_or_equals,
            "or": self._or,
            "not": self._not,
            "node": self._node,
            "property": self._property,
            "qualifiedValueShape": self._qualified,
        }
        return {SH[name]: make for name, make in makers.items()}

    def _first(self, node: Subject, name: str) -> str:
        value = self._graph.value(node, SH[name])
        return value.value if value else ""

    def _each_value(
        self, name: str, test: Callable[[Subject, Term], values.Test]
    ) -> Callable[[Subject], list[Constraint]]:
        component = name[:1].upper() + name[1:]

        def make(node: Subject) -> list[Constraint]:
            return [_failing(node, component, test(node, value)) for value in self._graph.values(node, SH[name])]

        return make

    def _min_count(self, node: Subject) -> list[Constraint]:
        least = int(self._first(node, "minCount"))
        return [lambda _, __, focus, given: [Result(focus, None, node, "MinCount")] if len(given) < least else ()]

    def _max_count(self, node: Subject) -> list[Constraint]:
        most = int(self._first(node, "maxCount"))
        return [lambda _, __, focus, given: [Result(focus, None, node, "MaxCount")] if len(given) > most else ()]

    def _class(self, node: Subject) -> list[Constraint]:
        def one(wanted: Term) -> Constraint:
            return lambda graph, _, focus, given: [
                Result(focus, value, node, "Class") for value in given if not _is_a(graph, value, wanted)
            ]

        return [one(wanted) for wanted in self._graph.values(node, SH["class"])]

    def _has_value(self, node: Subject) -> list[Constraint]:
        def one(wanted: Term) -> Constraint:
            return lambda _, __, focus, given: [] if wanted in given else [Result(focus, None, node, "HasValue")]

        return [one(wanted) for wanted in self._graph.values(node, SH["hasValue"])]

    def _less_than_or_equals(self, node: Subject) -> list[Constraint]:
        def one(other: NamedNode) -> Constraint:
            return lambda graph, _, focus, given: [
                Result(focus, value, node, "LessThanOrEquals")
                for value in given
                if not all(values.not_after(value, against) for against in graph.values(focus, other))
            ]

        return [one(p) for p in self._graph.values(node, SH["lessThanOrEquals"]) if isinstance(p, NamedNode)]

    def _or(self, node: Subject) -> list[Constraint]:
        def one(options: list[Term]) -> Constraint:
            return lambda graph, memory, focus, given: [
                Result(focus, value, node, "Or")
                for value in given
                if all(self._check(graph, memory, option, value) for option in options)  # type: ignore[arg-type]
            ]

        return [one(self._shapes.members(head)) for head in self._graph.values(node, SH["or"])]

    def _not(self, node: Subject) -> list[Constraint]:
        def one(shape: Term) -> Constraint:
            return lambda graph, memory, focus, given: [
                Result(focus, value, node, "Not")
                for value in given
                if not self._check(graph, memory, shape, value)  # type: ignore[arg-type]
            ]

        return [one(shape) for shape in self._graph.values(node, SH["not"])]

    def _node(self, node: Subject) -> list[Constraint]:
        def one(shape: Term) -> Constraint:
            return lambda graph, memory, focus, given: [
                Result(focus, value, node, "Node", tuple(details))
                for value in given
                if (details := self._check(graph, memory, shape, value))  # type: ignore[arg-type]
            ]

        return [one(shape) for shape in self._graph.values(node, SH["node"])]

    def _property(self, node: Subject) -> list[Constraint]:
        def one(shape: Term) -> Constraint:
            return lambda graph, memory, _, given: [
                result
                for value in given
                for result in self._check(graph, memory, shape, value)  # type: ignore[arg-type]
            ]

        return [one(shape) for shape in self._graph.values(node, SH["property"])]

    def _qualified(self, node: Subject) -> list[Constraint]:
        least, most = self._first(node, "qualifiedMinCount"), self._first(node, "qualifiedMaxCount")

        def one(shape: Term) -> Constraint:
            def check(graph: Graph, memory: Memory, focus: Term, given: list[Term]) -> list[Result]:
                fitting = sum(not self._check(graph, memory, shape, value) for value in given)  # type: ignore[arg-type]
                few = [Result(focus, None, node, "QualifiedMinCount")] if least and fitting < int(least) else []
                many = [Result(focus, None, node, "QualifiedMaxCount")] if most and fitting > int(most) else []
                return few + many

            return check

        return [one(shape) for shape in self._graph.values(node, SH["qualifiedValueShape"])]

    # Paths (SHACL §2.3.1)

    def _path(self, path: Term) -> Path:
        if isinstance(path, NamedNode):
            return lambda graph, node: graph.values(node, path)
        if self._graph.value(path, RDF["first"]):
            return _sequence([self._path(part) for part in self._shapes.members(path)])
        about = self._graph.about(path)
        if SH["alternativePath"] in about:
            options = [self._path(part) for part in self._shapes.members(about[SH["alternativePath"]][0])]
            return lambda graph, node: _unique(value for option in options for value in option(graph, node))
        if SH["inversePath"] in about:
            inner = about[SH["inversePath"]][0]
            if not isinstance(inner, NamedNode):
                raise NotCovered("sh:inversePath of a path")
            return lambda graph, node: _unique(s for s, p in graph.pointing_to(node) if p == inner)
        for name, least, most in (
            ("zeroOrOnePath", 0, 1),
            ("zeroOrMorePath", 0, None),
            ("oneOrMorePath", 1, None),
        ):
            if SH[name] in about:
                return _repeated(self._path(about[SH[name]][0]), least, most)
        raise NotCovered("a path")


def _failing(node: Subject, component: str, test: values.Test) -> Constraint:
    return lambda _, __, focus, given: [Result(focus, value, node, component) for value in given if not test(value)]


def _is_a(graph: Graph, node: Term, wanted: Term) -> bool:
    """Whether a node has the class or one below it."""
    waiting = [] if isinstance(node, Literal) else list(graph.types(node))
    seen: set[Term] = set()
    while waiting:
        class_ = waiting.pop()
        if class_ == wanted:
            return True
        if class_ not in seen:
            seen.add(class_)
            waiting += graph.values(class_, RDFS["subClassOf"])
    return False


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
