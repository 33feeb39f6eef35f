"""Which rules are there, and what do they say?

Reads the Turtle files of this folder. Terms of `fx:` = `urn:health-catalogue:fixes#`, explained at the head of
`rewrites.ttl`; variables are IRIs `urn:health-catalogue:fixes:variable:<name>`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
from pyoxigraph import Literal, NamedNode

from catalogue.rdf.graph import Graph, Subject, Term
from catalogue.rdf.namespaces import PREFIXES, RDF, Namespace

from .steps import StepKind

FX = Namespace("urn:health-catalogue:fixes#")
# What the datatypes of XML Schema are called inside the store (see places.py).
INSIDE = "urn:health-catalogue:fixes:datatype:"
VARIABLE = "urn:health-catalogue:fixes:variable:"
# More places of one rule in one record are found when the rules are asked again.
_MOST_PLACES = 10_000
_TABLE = re.compile(r"\$([a-z_]+)")

Pattern = tuple[Term, Term, Term]
Pair = tuple[Term, Term]


class BadRule(Exception):
    """A rule cannot be used; the message names it and says why."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. How places are found and changed is said at the head of `rewrites.ttl`."""

    name: str
    order: float
    kind: StepKind
    what: str
    why: str
    question: str
    rules: tuple[str, ...]
    targets: frozenset[str]
    not_targets: frozenset[str]
    record: str
    query: str
    prefixes: tuple[tuple[str, str], ...]
    terms: Mapping[Term, Term]
    on: frozenset[Term]
    current: bool
    beginnings_left: tuple[str, ...]
    labels: tuple[Pair, ...]
    removes: tuple[Pattern, ...]
    adds: tuple[Pattern, ...]
    known: str
    not_in: tuple[str, str] | None
    prune: str

    @property
    def replaces(self) -> bool:
        """Whether the rule puts a new term for an old one."""
        return not self.removes and not self.adds and bool(self.prefixes or self.terms or self.current)

    def concerns(self, target: str, record: str) -> bool:
        """Whether the rule leads to that profile and applies to that kind of record."""
        wanted = target in self.targets if self.targets else target not in self.not_targets
        return wanted and self.record in ("", record)


def read_rules(folder: Path) -> list[Rule]:
    """Read every rule of a folder, in the order of their numbers.

    Raises:
        BadRule: One is not well-formed.
        OSError, SyntaxError: A file cannot be read or parsed.
    """
    graph = Graph()
    for path in sorted(folder.glob("*.ttl")):
        quads = ox.parse(path.read_bytes(), format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)
        graph.update(quad.triple for quad in quads)
    rules = [_rule(graph, subject) for subject in graph.typed(FX["Rule"])]
    return sorted(rules, key=lambda rule: rule.order)


def variable(term: Term) -> str:
    """The name of a variable of a pattern, or nothing for any other term."""
    is_variable = isinstance(term, NamedNode) and term.value.startswith(VARIABLE)
    return term.value.removeprefix(VARIABLE) if is_variable else ""


def _rule(graph: Graph, subject: Subject) -> Rule:
    name = subject.value.rpartition(":")[2]
    try:
        return Rule(
            name=name,
            order=float(_text(graph, subject, "order")),
            kind=StepKind(_text(graph, subject, "kind")),
            what=_text(graph, subject, "what"),
            why=_text(graph, subject, "why"),
            question=_text(graph, subject, "question"),
            rules=tuple(v.value for v in graph.values(subject, FX["rule"])),
            targets=_set(graph, subject, "target"),
            not_targets=_set(graph, subject, "notTarget"),
            record=_text(graph, subject, "record"),
            query=_query(graph, _text(graph, subject, "where")),
            prefixes=tuple((a.value, b.value) for a, b in _lists(graph, subject, "prefix", 2)),
            terms=dict(_lists(graph, subject, "term", 2)),  # type: ignore[arg-type]
            on=frozenset(graph.values(subject, FX["on"])),
            current=bool(graph.values(subject, FX["current"])),
            beginnings_left=tuple(v.value for v in graph.values(subject, FX["except"])),
            labels=tuple(_lists(graph, subject, "label", 2)),  # type: ignore[arg-type]
            removes=tuple(_lists(graph, subject, "remove", 3)),  # type: ignore[arg-type]
            adds=tuple(_lists(graph, subject, "add", 3)),  # type: ignore[arg-type]
            known=_variable(graph, subject, "known"),
            not_in=_not_in(graph, subject),
            prune=_variable(graph, subject, "prune"),
        )
    except ValueError as error:
        raise BadRule(f"{name}: {error}") from error


def _text(graph: Graph, subject: Subject, name: str) -> str:
    value = graph.value(subject, FX[name])
    return value.value if isinstance(value, Literal) else ""


def _set(graph: Graph, subject: Subject, name: str) -> frozenset[str]:
    return frozenset(value.value for value in graph.values(subject, FX[name]))


def _variable(graph: Graph, subject: Subject, name: str) -> str:
    value = graph.value(subject, FX[name])
    return variable(value) if value is not None else ""


def _not_in(graph: Graph, subject: Subject) -> tuple[str, str] | None:
    for value, scheme in _lists(graph, subject, "notIn", 2):
        return variable(value), scheme.value
    return None


def _lists(graph: Graph, subject: Subject, name: str, length: int) -> list[tuple[Term, ...]]:
    found = []
    for head in graph.values(subject, FX[name]):
        members: list[Term] = []
        while head != RDF["nil"]:
            first, rest = graph.value(head, RDF["first"]), graph.value(head, RDF["rest"])
            if first is None or rest is None or len(members) == length:
                break
            members.append(first)
            head = rest
        if len(members) != length or head != RDF["nil"]:
            raise ValueError(f"fx:{name} must be lists of {length}")
        found.append(tuple(members))
    return found


def _query(graph: Graph, where: str) -> str:
    """The SPARQL query of a rule; `%record%` is put in for each record."""
    if not where:
        return ""

    def rows(match: re.Match[str]) -> str:
        table = graph.value(FX[match[1].replace("_", "-")], FX["rows"])
        return table.value if table is not None else match[0]

    body = _TABLE.sub(rows, where)
    prefixes = {**PREFIXES, "xsd": INSIDE}
    used = "".join(f"PREFIX {p}: <{iri}>\n" for p, iri in prefixes.items() if re.search(rf"\b{p}:", body))
    return f"{used}SELECT DISTINCT * WHERE {{ VALUES ?record {{ %record% }} {body} }} LIMIT {_MOST_PLACES}"
