"""How does one compiled shape judge one node of a record?

A node is judged once by each shape however many ways lead to it, and once for all profiles that share the shape.
Spec: SHACL §3 (validation).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from pyoxigraph import Literal, NamedNode

from catalogue.rdf.graph import Graph, Subject, Term
from catalogue.rdf.namespaces import RDFS

from .paths import Path
from .results import Result

_NARROWER = RDFS["subClassOf"]


class Judging:
    """One record under judgement, with what was found of each node by each shape."""

    __slots__ = ("_classes", "found", "graph")

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.found: dict[Term, dict[Check, list[Result]]] = {}
        self._classes: dict[Term, set[Term]] = {}

    def is_a(self, node: Term, wanted: Term) -> bool:
        """Whether a node has the class or one below it."""
        if isinstance(node, Literal):
            return False
        known = self._classes.get(node)
        if known is None:
            known = self._classes[node] = set()
            waiting = list(self.graph.types(node))
            while waiting:
                class_ = waiting.pop()
                if class_ not in known:
                    known.add(class_)
                    waiting += self.graph.values(class_, _NARROWER)
        return wanted in known


# Whether a node certainly conforms: the short way for membership of a vocabulary, asked of most values.
Passes = Callable[[Graph, Term], bool]
NOTHING: list[Result] = []
# The record, the focus node, its values.
Constraint = Callable[[Judging, Term, list[Term]], Iterable[Result]]


class Check:
    """One shape, ready to judge."""

    __slots__ = ("constraints", "demands", "follow", "passes", "predicate")

    def __init__(
        self,
        predicate: NamedNode | None,
        follow: Path | None,
        constraints: Sequence[Constraint],
        demands: Sequence[Constraint],
        passes: Passes | None,
    ) -> None:
        """Hold a shape; `demands` are those of its constraints that a property without any value can fail."""
        self.predicate = predicate
        self.follow = follow
        self.constraints = tuple(constraints)
        self.demands = tuple(demands)
        self.passes = passes

    def judge(self, judging: Judging, focus: Term) -> list[Result]:
        """What is wrong with a node, found once."""
        known = judging.found.get(focus)
        if known is None:
            known = judging.found[focus] = {}
        found = known.get(self)
        if found is None:
            if self.passes is not None and self.passes(judging.graph, focus):
                known[self] = NOTHING
                return NOTHING
            given = [focus] if self.follow is None else self.follow(judging.graph, focus)
            found = known[self] = self.results(judging, focus, given)
        return found

    def results(self, judging: Judging, focus: Term, given: list[Term]) -> list[Result]:
        """What is wrong with a node whose values are known."""
        found = NOTHING
        for constraint in self.constraints if given else self.demands:
            failed = constraint(judging, focus, given)
            if failed:
                found = [*found, *failed]
        return found


def alone(node: Subject, component: str, fits: Callable[[Term], bool]) -> Constraint:
    """A constraint on each value by itself, whatever else the record says."""

    def constraint(_: Judging, focus: Term, given: list[Term]) -> list[Result]:
        found = NOTHING
        for value in given:
            if not fits(value):
                if not found:
                    found = []
                found.append(Result(focus, value, node, component))
        return found

    return constraint


def each_value(node: Subject, component: str, fits: Callable[[Judging, Term], bool]) -> Constraint:
    """A constraint on each value and what the record says of it."""

    def constraint(judging: Judging, focus: Term, given: list[Term]) -> list[Result]:
        found = NOTHING
        for value in given:
            if not fits(judging, value):
                if not found:
                    found = []
                found.append(Result(focus, value, node, component))
        return found

    return constraint


def properties(checks: Sequence[Check]) -> Constraint:
    """sh:property, all of a shape at once, by predicate: most properties have no value, and nothing to say then."""
    others = [check for check in checks if check.predicate is None]
    plain: dict[NamedNode, list[Check]] = {}
    for check in checks:
        if check.predicate is not None:
            plain.setdefault(check.predicate, []).append(check)
    asking = [(name, [check for check in same if check.demands]) for name, same in plain.items()]
    asking = [(name, same) for name, same in asking if same]

    def constraint(judging: Judging, _: Term, given: list[Term]) -> list[Result]:
        found: list[Result] = []
        for value in given:
            about = judging.graph.about(value)
            known = judging.found.setdefault(value, {})
            turns = [(plain[name], values) for name, values in about.items() if name in plain]
            for name, same in asking:
                if name not in about:
                    turns.append((same, []))
            for same, values in turns:
                for check in same:
                    results = known.get(check)
                    if results is None:
                        results = known[check] = check.results(judging, value, values)
                    if results:
                        found += results
            for check in others:
                found += check.judge(judging, value)
        return found

    return constraint
