"""Are these shapes well-formed, and if not, which node of which file is not, and why?

Everything that would stop an engine, or make it judge otherwise than its author means, is found before it starts.
Spec: SHACL §2 (shapes), §3.4.3 (recursion is undefined), §4 (parameters), §5.2 (sh:sparql).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import Literal, NamedNode

from catalogue.rdf.graph import Graph, Subject, Term
from catalogue.rdf.namespaces import RDF, SH, XSD, compact

from .queries import query_problem
from .repairs import Files, needing_path, shown

_LISTS_OF_SHAPES = ("or", "and", "xone")
_LISTS = (*_LISTS_OF_SHAPES, "in", "languageIn", "ignoredProperties")
_SHAPES = ("node", "property", "not", "qualifiedValueShape")
_COUNTS = ("minCount", "maxCount", "minLength", "maxLength", "qualifiedMinCount", "qualifiedMaxCount")
_BOUNDS = ("minInclusive", "maxInclusive", "minExclusive", "maxExclusive")
_TERMS = ("class", "targetClass", "equals", "disjoint", "lessThan", "lessThanOrEquals", "severity")
_ONCE = (*_COUNTS, *_BOUNDS, "datatype", "nodeKind", "in", "languageIn", "uniqueLang", "severity", "deactivated")
_PATHS = ("alternativePath", "inversePath", "zeroOrMorePath", "oneOrMorePath", "zeroOrOnePath")
_BOOLEANS = ("uniqueLang", "closed", "deactivated", "qualifiedValueShapesDisjoint")
_KINDS = frozenset(
    SH[name] for name in ("IRI", "Literal", "BlankNode", "BlankNodeOrIRI", "BlankNodeOrLiteral", "IRIOrLiteral")
)
_XSD_TYPES = frozenset(
    (
        *("string", "boolean", "decimal", "integer", "double", "float", "date", "time", "dateTime", "dateTimeStamp"),
        *("gYear", "gMonth", "gDay", "gYearMonth", "gMonthDay", "duration", "yearMonthDuration", "dayTimeDuration"),
        *("byte", "short", "int", "long", "unsignedByte", "unsignedShort", "unsignedInt", "unsignedLong"),
        *("positiveInteger", "nonNegativeInteger", "negativeInteger", "nonPositiveInteger", "hexBinary"),
        *("base64Binary", "anyURI", "language", "normalizedString", "token", "NMTOKEN", "Name", "NCName", "QName"),
        *("ENTITY", "ID", "IDREF", "NOTATION", "anySimpleType", "anyAtomicType"),
    )
)
# Judging follows shapes into shapes; each level costs the engine some frames of its stack.
_DEEPEST = 40
_LONGEST_LIST = 100_000
_LONGEST_PATH = 100
_LONGEST_PATTERN = 1_000


@dataclass(frozen=True, slots=True)
class Problem:
    """Something ill-formed: the file, the node in words, and why; what is not known is empty."""

    file: str
    node: str
    reason: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.node, self.reason) if part)


def problems(files: Files, graph: Graph, root: Path) -> list[Problem]:
    """What is ill-formed in files that apply together.

    Args:
        files: Triples of each file.
        graph: All of them, and what they may refer to.
        root: Files are named from here.
    """
    found: list[Problem] = []
    homes: dict[Term, str] = {}
    for path, triples in files.items():
        name = path.relative_to(root).as_posix()
        for subject in dict.fromkeys(triple.subject for triple in triples):
            homes.setdefault(subject, name)  # type: ignore[arg-type]
        own = Graph(triples)
        for subject in own.subjects():
            found += [Problem(name, shown(subject, graph), reason) for reason in _reasons(graph, own, subject)]
    found += [Problem(homes[node], shown(node, graph), reason) for node, reason in _circles(graph)]
    return list(dict.fromkeys(found))


def _reasons(graph: Graph, own: Graph, node: Subject) -> Iterator[str]:
    """What is wrong with what one file says of a node; what it refers to may stand in another."""
    about = own.about(node)
    given = {p.value.removeprefix(SH): values for p, values in about.items() if p.value.startswith(SH)}
    if not given:
        return
    yield from _paths(graph, node, given)
    yield from _references(graph, given)
    for name, check in _CHECKS.items():
        for value in given.get(name, ()):
            reason = check(value)
            if reason:
                yield f"sh:{name} {reason}"
    for name in _ONCE:
        if len(given.get(name, ())) > 1:
            yield f"sh:{name} is given {len(given[name])} times"
    for query in given.get("sparql", ()):
        reason = query_problem(graph, query, graph.value(node, SH["path"]))
        if reason:
            yield f"sh:sparql {reason}"
    flags = "".join(value.value for value in given.get("flags", ()))
    if set(flags) - set("im"):
        yield f"sh:flags {flags!r}: only i and m are known here"


def _paths(graph: Graph, node: Subject, given: Mapping[str, Sequence[Term]]) -> Iterator[str]:
    paths = given.get("path", ())
    if len(paths) > 1:
        yield f"has {len(paths)} sh:path; exactly one is possible"
    for path in paths:
        reason = _path(graph, path)
        if reason:
            yield reason
    if graph.value(node, SH["path"]) is None and "path" not in given:
        asking = needing_path(graph, node)
        declared = SH["PropertyShape"] in graph.types(node)
        if asking or declared:
            yield f"has no sh:path{f', which sh:{asking[0]} needs' if asking else ''}"


def _path(graph: Graph, path: Term) -> str:
    """What is wrong with a path (SHACL §2.3.1), or nothing."""
    waiting, steps = [path], 0
    while waiting:
        part, steps = waiting.pop(), steps + 1
        if steps > _LONGEST_PATH:
            return f"sh:path has more than {_LONGEST_PATH} steps"
        if isinstance(part, NamedNode) and part != RDF["nil"]:
            continue
        inner = (
            [part] if graph.value(part, RDF["first"]) else [v for name in _PATHS for v in graph.values(part, SH[name])]
        )
        if not inner:
            return "sh:path is none that SHACL knows"
        for head in inner:
            members = members_of(graph, head) if graph.value(head, RDF["first"]) else [head]
            if members is None:
                return "sh:path has a broken list"
            waiting += members
    return ""


def _references(graph: Graph, given: Mapping[str, Sequence[Term]]) -> Iterator[str]:
    for name in _LISTS:
        for head in given.get(name, ()):
            members = members_of(graph, head)
            if members is None:
                yield f"sh:{name} has a broken list"
            elif name in _LISTS_OF_SHAPES:
                absent = [member for member in members if not graph.describes(member)]
                yield from (f"sh:{name} refers to {_said(member)}, which no file describes" for member in absent)
    for name in _SHAPES:
        absent = [value for value in given.get(name, ()) if not graph.describes(value)]
        yield from (f"sh:{name} refers to {_said(value)}, which no file describes" for value in absent)
    for part in given.get("property", ()):
        if graph.describes(part) and graph.value(part, SH["path"]) is None and not needing_path(graph, part):
            yield f"refers to {shown(part, graph)}, which has no sh:path"


def members_of(graph: Graph, head: Term) -> list[Term] | None:
    """Members of an RDF list; None when it is broken or does not end."""
    found: list[Term] = []
    while head != RDF["nil"]:
        first, rest = graph.values(head, RDF["first"]), graph.values(head, RDF["rest"])
        if len(first) != 1 or len(rest) != 1 or len(found) > _LONGEST_LIST:
            return None
        found.append(first[0])
        head = rest[0]
    return found


def _circles(graph: Graph) -> Iterator[tuple[Subject, str]]:
    """Shapes that lead back to themselves, and chains of shapes that are too long."""
    depth: dict[Term, int] = {}
    told: set[Term] = set()
    for start in graph.subjects():
        trail: list[tuple[Subject, Iterator[Subject]]] = [(start, _below(graph, start))]
        inside: dict[Term, None] = {start: None}
        while trail and start not in depth:
            node, below = trail[-1]
            part = next(below, None)
            if part is None:
                trail.pop()
                inside.pop(node)
                depth[node] = 1 + max((depth.get(each, 0) for each in _below(graph, node)), default=0)
                if depth[node] == _DEEPEST:
                    yield node, f"leads through more than {_DEEPEST} shapes, one within the other"
            elif part in inside:
                if part not in told:
                    told.add(part)
                    yield part, "refers to itself in a circle"
            elif part not in depth:
                inside[part] = None
                trail.append((part, _below(graph, part)))


def _below(graph: Graph, node: Term) -> Iterator[Subject]:
    for name in _SHAPES:
        yield from (value for value in graph.values(node, SH[name]) if not isinstance(value, Literal))
    for name in _LISTS_OF_SHAPES:
        for head in graph.values(node, SH[name]):
            yield from (m for m in members_of(graph, head) or () if not isinstance(m, Literal))


# One value of one parameter: what is wrong with it, or nothing.


def _count(value: Term) -> str:
    fits = isinstance(value, Literal) and re.fullmatch(r"\+?[0-9]{1,9}", value.value)
    return "" if fits else f"is {_said(value)}; a whole number is wanted"


def _number(value: Term) -> str:
    fits = isinstance(value, Literal) and re.fullmatch(r"[+-]?[0-9]{1,9}(\.[0-9]{0,9})?", value.value)
    return "" if fits else f"is {_said(value)}; a number is wanted"


def _bound(value: Term) -> str:
    return "" if isinstance(value, Literal) else f"is {_said(value)}; a literal is wanted"


def _iri(value: Term) -> str:
    return "" if isinstance(value, NamedNode) else f"is {_said(value)}; an IRI is wanted"


def _datatype(value: Term) -> str:
    if isinstance(value, NamedNode) and value.value.startswith(XSD):
        known = value.value.removeprefix(XSD) in _XSD_TYPES
        return "" if known else f"is {_said(value)}, which XML Schema does not have"
    return _iri(value)


def _kind(value: Term) -> str:
    return "" if value in _KINDS else f"is {_said(value)}, which is none of SHACL's six"


def _boolean(value: Term) -> str:
    fits = isinstance(value, Literal) and value.value in ("true", "false", "1", "0")
    return "" if fits else f"is {_said(value)}; true or false is wanted"


def _pattern(value: Term) -> str:
    if not isinstance(value, Literal):
        return f"is {_said(value)}; text is wanted"
    if len(value.value) > _LONGEST_PATTERN:
        return f"is longer than {_LONGEST_PATTERN} characters"
    try:
        re.compile(value.value)
    except (re.error, OverflowError, RecursionError) as error:
        return f"{_said(value)} is no regular expression: {error}"
    return ""


def _said(value: Term) -> str:
    if isinstance(value, Literal):
        return repr(value.value[:80])
    return compact(value.value) if isinstance(value, NamedNode) else "a node without a name"


_CHECKS: Mapping[str, Callable[[Term], str]] = {
    **dict.fromkeys(_TERMS, _iri),
    **dict.fromkeys(_COUNTS, _count),
    **dict.fromkeys(_BOUNDS, _bound),
    **dict.fromkeys(_BOOLEANS, _boolean),
    "datatype": _datatype,
    "nodeKind": _kind,
    "order": _number,
    "pattern": _pattern,
}
