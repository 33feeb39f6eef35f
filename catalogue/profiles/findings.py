"""What does one profile find in one record, one finding per property and value?

Results of the engine are trees (`sh:node` nests). Here they are flattened: the leaf is the finding, at the node that
it is about. A node judged twice (by its type and by its role) gives one finding, as do two constraints of one kind.
A nested shape's own severity holds, though SHACL 1.0 calls the outer node non-conforming for a nested warning too:
what is only recommended for a publisher must not block a dataset.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import replace

from pyoxigraph import Literal, NamedNode

from catalogue.model import Finding, Severity
from catalogue.rdf.graph import Graph, Term

from .concepts import Vocabularies
from .implied import Implied, is_bare
from .results import Result
from .shape import BELOW, IN_SCHEME, PropertyShape
from .trails import Names, Trails
from .wording import spoken, written
from .words import Phrases, Problem, label_of, wording

RANK = {Severity.VIOLATION: 0, Severity.WARNING: 1, Severity.INFO: 2}
_NOT_AMONG = ("QualifiedMinCount", "HasValue")
# A value that is not in the vocabulary is often also text instead of an IRI, or untyped: one thing to mend, so the
# finding that says most stands for the others.
_SAYS_MORE = {
    "In": ("Vocabulary", "NodeKind", "Class", "Datatype", "ImpliedClass"),
    "Vocabulary": ("NodeKind", "Class", "Datatype", "ImpliedClass"),
    "Undescribed": ("Vocabulary", "NodeKind", "Class", "Or", "ImpliedClass"),
    "NodeKind": ("Class", "Datatype", "Or", "Pattern", "LanguageIn", "ImpliedClass"),
    "Datatype": ("Or", "Pattern", "LanguageIn", "MinInclusive", "MaxInclusive", "LessThanOrEquals"),
    "Class": ("Or",),
    "Or": ("LessThanOrEquals", "ImpliedClass"),
    "MinCount": _NOT_AMONG,
}
_SHOWN = 3


class Reader:
    """Turns results of one profile into findings about one record."""

    def __init__(
        self,
        profile: str,
        phrases: Phrases,
        called: Names,
        graph: Graph,
        trails: Trails,
        vocabularies: Vocabularies,
        known: Container[object],
    ) -> None:
        """Read for one record.

        Args:
            profile: Its id.
            phrases: Of the shapes that judged.
            called: What these call the properties.
            graph: The record.
            trails: Ways to its nodes.
            vocabularies: For words about concepts.
            known: Concepts that the record mentions.
        """
        self._profile = profile
        self._shapes = phrases.shapes
        self._phrases = phrases
        self._called = called
        self._graph = graph
        self._trails = trails
        self._vocabularies = vocabularies
        self._known = known

    def findings(self, results: Iterable[Result], implied: Sequence[Implied]) -> list[Finding]:
        """Findings, each property and value once, the most severe first."""
        seen: set[tuple[int, Severity]] = set()
        leaves = [leaf for result in results for leaf in self._leaves(result, Severity.VIOLATION, seen)]
        found = [self._finding(*leaf) for leaf in leaves]
        faulty = {(finding.focus, finding.property, finding.term) for finding in found}
        return joined(found + self._assumed(implied, faulty))

    def _leaves(
        self, result: Result, worst: Severity, seen: set[tuple[int, Severity]]
    ) -> list[tuple[Problem, Severity]]:
        # The engine gives one result object per node and shape, however many ways lead there: each is told once.
        if (id(result), worst) in seen:
            return []
        seen.add((id(result), worst))
        shape = self._shapes.source(result.shape)
        if shape is None:
            return []
        severity = milder(worst, shape.severity)
        if result.component in ("Node", "Or", "Xone", "And") and self._asks_vocabulary(shape, result):
            return [(self._problem(shape, result, "Vocabulary"), severity)]
        if result.component == "Node" and isinstance(result.value, Literal):
            return [(self._problem(shape, result, "Undescribed", self._missing(result.details)), severity)]
        if result.component == "Node" and result.details:
            bare = result.value is not None and is_bare(self._graph, result.value)
            missing = self._missing(result.details) if bare else ()
            if missing:
                return [(self._problem(shape, result, "Undescribed", missing), severity)]
            return [leaf for detail in result.details for leaf in self._leaves(detail, severity, seen)]
        return [(self._problem(shape, result, result.component), severity)]

    def _asks_vocabulary(self, shape: PropertyShape, result: Result) -> bool:
        if not (shape.schemes or shape.branches) or not shape.path:
            return False
        if result.component != "Node":
            return self._phrases.is_vocabulary(shape.node)
        sources = [(detail.shape, self._shapes.source(detail.shape)) for detail in result.details]
        return any(
            (source and source.predicate in (IN_SCHEME, BELOW)) or self._phrases.is_vocabulary(node)
            for node, source in sources
        )

    def _missing(self, details: Iterable[Result]) -> tuple[str, ...]:
        """Labels of the fields that a description must have, from what its absence fails."""
        names: dict[str, None] = {}
        for detail in details:
            shape = self._shapes.source(detail.shape)
            if shape and shape.severity is Severity.VIOLATION and detail.component == "MinCount":
                names[label_of(shape, self._shapes.field_of(shape))] = None
        return tuple(names)

    def _problem(self, shape: PropertyShape, result: Result, constraint: str, missing: tuple[str, ...] = ()) -> Problem:
        field = self._shapes.field_of(shape)
        value = result.value if shape.path else None
        return Problem(self._shapes, shape, field, result.focus, value, constraint, missing)

    def _assumed(self, implied: Sequence[Implied], faulty: Container[tuple[str, str, str]]) -> list[Finding]:
        """One note per field whose values got their class by role, when no vocabulary knows them.

        Values that are `faulty` have a finding that says more.
        """
        by_field: dict[tuple[Term, PropertyShape], dict[Term, None]] = {}
        for item in implied:
            value = item.triple.subject
            if not isinstance(value, NamedNode) or self._is_known(value):
                continue
            if (written(item.focus), item.shape.path, str(value)) not in faulty:
                by_field.setdefault((item.focus, item.shape), {})[value] = None
        found = []
        for (focus, shape), nodes in by_field.items():
            values = list(nodes)
            names = [spoken(value) for value in values[:_SHOWN]]
            if len(values) > _SHOWN:
                names.append(f"and {len(values) - _SHOWN} more")
            one = values[0] if len(values) == 1 else None
            field = self._shapes.field_of(shape)
            problem = Problem(self._shapes, shape, field, focus, one, "ImpliedClass", tuple(names))
            found.append(self._finding(problem, Severity.INFO))
        return found

    def _is_known(self, value: NamedNode) -> bool:
        """Whether a vocabulary has the value, under this or an older IRI."""
        return value in self._known or self._vocabularies.replacement(value.value) is not None

    def _finding(self, problem: Problem, severity: Severity) -> Finding:
        shape, value, phrase = problem.shape, problem.value, self._phrases.of(problem)
        words = phrase.words or wording(problem, self._graph, self._vocabularies)
        return Finding(
            severity=milder(severity, words.severity) if words.severity else severity,
            code=phrase.code,
            field=phrase.label,
            path=self._trails.path(problem.focus, shape.path),
            path_words=self._trails.words(problem.focus, phrase.label, self._called),
            focus=written(problem.focus),
            value=written(value) if value is not None else None,
            message=words.message,
            mend=words.mend,
            profiles=(self._profile,),
            rules=phrase.rules,
            why=phrase.why,
            rewrite=words.rewrite,
            constraint=problem.constraint,
            component=phrase.component,
            term=str(value) if value is not None else "",
            property=shape.path,
            shape=phrase.shape,
        )


def milder(one: Severity, other: Severity) -> Severity:
    """The milder of two severities."""
    return one if RANK[one] >= RANK[other] else other


def joined(findings: Iterable[Finding]) -> list[Finding]:
    """Each focus, property, value and kind of constraint once: strongest severity, all profiles and rules."""
    by_key: dict[tuple[str, str, str, str, str], Finding] = {}
    for finding in sorted(findings, key=lambda f: RANK[f.severity]):
        key = (
            finding.focus,
            finding.property,
            finding.term,
            finding.constraint,
            "" if finding.property else finding.code,
        )
        known = by_key.get(key)
        by_key[key] = _with(known, finding) if known else finding
    for key in list(by_key):
        for weaker in _SAYS_MORE.get(key[3], ()) if key in by_key else ():
            other = by_key.pop((*key[:3], weaker, key[4]), None)
            if other:
                by_key[key] = _with(by_key[key], other)
    return sorted(by_key.values(), key=lambda f: (RANK[f.severity], f.path, f.focus, f.value or "", f.code))


def _with(kept: Finding, other: Finding) -> Finding:
    severity = kept.severity if RANK[kept.severity] <= RANK[other.severity] else other.severity
    # What is missing is best told with the value that is asked: "Theme is missing. Add … HEAL."
    exact = other.constraint in _NOT_AMONG and kept.constraint not in _NOT_AMONG
    # An address is no description: what text would be as an IRI does not mend the lack of one.
    rewrite = "" if kept.constraint == "Undescribed" and other.constraint == "NodeKind" else other.rewrite
    return replace(
        kept,
        severity=severity,
        profiles=tuple(dict.fromkeys(kept.profiles + other.profiles)),
        rules=tuple(dict.fromkeys(kept.rules + other.rules)),
        mend=other.mend if exact or (rewrite and not kept.rewrite) else kept.mend,
        rewrite=kept.rewrite or rewrite,
    )
