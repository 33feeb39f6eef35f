"""What is wrong with these nodes, found in a millisecond?

Shapes are turned into closures over a record's triples once. pySHACL is the reference: a test compares the two result
by result, and shapes that use what is not covered here are judged by pySHACL itself. A node is judged once by each
shape however many ways lead to it; without that, a record of some thousand shared and nested nodes would take hours.
A shape that says the same in several profiles, or at several levels, is compiled once and judges once for all of them.
Spec: SHACL §3 (validation), §4 (core constraint components), https://www.w3.org/TR/shacl/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import cast

from pyoxigraph import NamedNode

from catalogue.rdf.graph import Subject, Term
from catalogue.rdf.namespaces import SH

from . import values
from .checks import NOTHING, Check, Constraint, Judging, Passes, alone, each_value, properties
from .paths import UnknownPath, path_of
from .results import Result
from .shape import IllFormed
from .shapes import ShapeSet

ENGINE = "closures, after pySHACL 0.40"
# The parameters by which pySHACL judges and we do not: a shape that uses one is left to it.
NOT_COVERED = frozenset(
    SH[name] for name in ("and", "xone", "uniqueLang", "equals", "disjoint", "lessThan", "closed", "sparql")
) | {SH["qualifiedValueShapesDisjoint"]}
_MODIFIERS = frozenset(SH[name] for name in ("flags", "qualifiedMinCount", "qualifiedMaxCount", "ignoredProperties"))
# Constraints that a property without any value can fail.
_ASKS_FOR_VALUES = frozenset(SH[name] for name in ("minCount", "hasValue", "qualifiedValueShape"))
_SHAPES = frozenset(SH[name] for name in ("node", "property", "not", "qualifiedValueShape"))
_LISTS = frozenset((SH["in"], SH["languageIn"]))
_TRUE = ("true", "1")

Tests = Mapping[str, Callable[[Subject, Term], values.Test]]


class NotCovered(Exception):
    """A shape uses a constraint that only pySHACL knows; the message names it."""


class Closures:
    """Shapes, ready to judge; threads may share them.

    Raises:
        NotCovered: A shape needs pySHACL.
        IllFormed: A number or pattern cannot be read.
    """

    name = ENGINE

    def __init__(self, shapes: ShapeSet, shared: dict[Hashable, Check]) -> None:
        """Compile shapes.

        Args:
            shapes: Those that apply together.
            shared: What was compiled before, of shapes that may say the same; grows.
        """
        self._shapes = shapes
        self._graph = shapes.graph
        self._shared = shared
        self._checks: dict[Term, Check] = {}
        for node in self._graph.subjects():
            for predicate in self._graph.about(node):
                if predicate in NOT_COVERED:
                    raise NotCovered(predicate.value)
        self._makers = self._all_makers()
        for shape in (*shapes.nodes, *shapes.properties):
            self._check(shape)

    def judge(self, judging: Judging, focus: Mapping[Subject, Sequence[Subject]]) -> list[Result]:
        """Judge nodes.

        Args:
            judging: The record with what is laid beside it; others may have judged it before.
            focus: Node shape to the nodes that it judges.

        Returns:
            Failed constraints, in the order of shapes and nodes.
        """
        return [r for shape, nodes in focus.items() for node in nodes for r in self._checks[shape].judge(judging, node)]

    def _check(self, node: Term) -> Check:
        """Compile a shape after those that it refers to (circles were refused when the shapes were read)."""
        check = self._checks.get(node)
        if check is None:
            about = self._graph.about(node)
            off = any(value.value in _TRUE for value in about.get(SH["deactivated"], ()))
            used = [] if off else [name for name in about if name in self._makers or name in _MODIFIERS]
            key = (node, *about.get(SH["path"], ())[:1], *((name, self._said(name, about[name])) for name in used))
            check = self._shared.get(key)
            if check is None:
                check = self._shared.setdefault(key, self._compile(cast(Subject, node), used))
            self._checks[node] = check
        return check

    def _compile(self, node: Subject, used: Sequence[NamedNode]) -> Check:
        path = self._graph.value(node, SH["path"])
        try:
            made = [(name, c) for name in used if name in self._makers for c in self._makers[name](node)]
            follow = None if path is None else path_of(path, self._shapes)
        except UnknownPath as error:
            raise NotCovered(str(error)) from error
        except (ValueError, re.error) as error:
            raise IllFormed(f"{node.value}: a number or pattern cannot be read: {error}") from error
        demands = [constraint for name, constraint in made if name in _ASKS_FOR_VALUES]
        predicate = path if isinstance(path, NamedNode) else None
        return Check(predicate, follow, [c for _, c in made], demands, self._passes(node, predicate, used))

    def _passes(self, node: Subject, predicate: NamedNode | None, used: Sequence[NamedNode]) -> Passes | None:
        """The short way for `[ sh:path P ; sh:hasValue V ]`, and for a node shape that asks for one or any of these."""
        about = self._graph.about(node)
        if used == [SH["hasValue"]] and predicate is not None and len(about[SH["hasValue"]]) == 1:
            wanted = about[SH["hasValue"]][0]
            return lambda graph, focus: wanted in graph.about(focus).get(predicate, ())
        if SH["path"] in about:
            return None
        if used == [SH["property"]] and len(about[SH["property"]]) == 1:
            return self._check(about[SH["property"]][0]).passes
        if used == [SH["or"]] and len(about[SH["or"]]) == 1:
            ways = [self._check(option).passes for option in self._shapes.members(about[SH["or"]][0])]
            sure = [way for way in ways if way is not None]
            return lambda graph, focus: any(way(graph, focus) for way in sure)
        return None

    def _said(self, name: NamedNode, given: Sequence[Term]) -> Hashable:
        """What a constraint depends on: its values, or the shapes that they name."""
        if name in _SHAPES:
            return tuple(self._check(value) for value in given)
        if name == SH["or"]:
            return tuple(tuple(self._check(option) for option in self._shapes.members(head)) for head in given)
        if name in _LISTS:
            return tuple(tuple(self._shapes.members(head)) for head in given)
        return tuple(given)

    @property
    def covered(self) -> frozenset[NamedNode]:
        """The parameters by which these judge."""
        return frozenset(self._makers) | _MODIFIERS

    # Constraints

    def _all_makers(self) -> dict[NamedNode, Callable[[Subject], list[Constraint]]]:
        tests: Tests = {
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
            name: self._tested(name, test) for name, test in tests.items()
        }
        makers |= {
            "nodeKind": self._node_kind,
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

    def _tested(self, name: str, test: Callable[[Subject, Term], values.Test]) -> Callable[[Subject], list[Constraint]]:
        component = name[:1].upper() + name[1:]

        def one(node: Subject, value: Term) -> Constraint:
            return alone(node, component, test(node, value))

        return lambda node: [one(node, value) for value in self._graph.values(node, SH[name])]

    def _node_kind(self, node: Subject) -> list[Constraint]:
        def one(kinds: tuple[type, ...]) -> Constraint:
            return alone(node, "NodeKind", lambda value: isinstance(value, kinds))

        return [one(values.node_kinds(wanted)) for wanted in self._graph.values(node, SH["nodeKind"])]

    def _min_count(self, node: Subject) -> list[Constraint]:
        least = int(self._first(node, "minCount"))
        return [lambda _, focus, given: () if len(given) >= least else (Result(focus, None, node, "MinCount"),)]

    def _max_count(self, node: Subject) -> list[Constraint]:
        most = int(self._first(node, "maxCount"))
        return [lambda _, focus, given: () if len(given) <= most else (Result(focus, None, node, "MaxCount"),)]

    def _class(self, node: Subject) -> list[Constraint]:
        def one(wanted: Term) -> Constraint:
            return each_value(node, "Class", lambda judging, value: judging.is_a(value, wanted))

        return [one(wanted) for wanted in self._graph.values(node, SH["class"])]

    def _has_value(self, node: Subject) -> list[Constraint]:
        def one(wanted: Term) -> Constraint:
            return lambda _, focus, given: () if wanted in given else (Result(focus, None, node, "HasValue"),)

        return [one(wanted) for wanted in self._graph.values(node, SH["hasValue"])]

    def _less_than_or_equals(self, node: Subject) -> list[Constraint]:
        def one(other: NamedNode) -> Constraint:
            return lambda judging, focus, given: [
                Result(focus, value, node, "LessThanOrEquals")
                for value in given
                if not all(values.not_after(value, against) for against in judging.graph.values(focus, other))
            ]

        return [one(p) for p in self._graph.values(node, SH["lessThanOrEquals"]) if isinstance(p, NamedNode)]

    def _or(self, node: Subject) -> list[Constraint]:
        def one(options: list[Check]) -> Constraint:
            return each_value(
                node, "Or", lambda judging, value: any(not option.judge(judging, value) for option in options)
            )

        heads = self._graph.values(node, SH["or"])
        return [one([self._check(option) for option in self._shapes.members(head)]) for head in heads]

    def _not(self, node: Subject) -> list[Constraint]:
        def one(check: Check) -> Constraint:
            return each_value(node, "Not", lambda judging, value: bool(check.judge(judging, value)))

        return [one(self._check(shape)) for shape in self._graph.values(node, SH["not"])]

    def _node(self, node: Subject) -> list[Constraint]:
        def one(check: Check) -> Constraint:
            def constraint(judging: Judging, focus: Term, given: list[Term]) -> list[Result]:
                found = NOTHING
                for value in given:
                    details = check.judge(judging, value)
                    if details:
                        if not found:
                            found = []
                        found.append(Result(focus, value, node, "Node", tuple(details)))
                return found

            return constraint

        return [one(self._check(shape)) for shape in self._graph.values(node, SH["node"])]

    def _property(self, node: Subject) -> list[Constraint]:
        checks = [self._check(shape) for shape in self._graph.values(node, SH["property"])]
        return [properties([check for check in checks if check.constraints])]

    def _qualified(self, node: Subject) -> list[Constraint]:
        least, most = self._first(node, "qualifiedMinCount"), self._first(node, "qualifiedMaxCount")

        def one(check: Check) -> Constraint:
            def constraint(judging: Judging, focus: Term, given: list[Term]) -> list[Result]:
                fitting = sum(not check.judge(judging, value) for value in given)
                few = [Result(focus, None, node, "QualifiedMinCount")] if least and fitting < int(least) else []
                many = [Result(focus, None, node, "QualifiedMaxCount")] if most and fitting > int(most) else []
                return few + many

            return constraint

        return [one(self._check(shape)) for shape in self._graph.values(node, SH["qualifiedValueShape"])]
