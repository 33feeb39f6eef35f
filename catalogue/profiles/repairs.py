"""What must be changed in foreign shape files so that they can be used, and what do they say that is not judged?

Official releases hold shapes that no engine takes (a property shape without path, references to shapes that no file
describes) and terms that SHACL does not know. Each change, and each thing that is passed over, is told in words.
Defects of the official files: SEMIC DCAT-AP 3.0.0 and 3.0.1, HealthDCAT-AP Releases 7 and 8.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from catalogue.rdf.graph import Graph, Subject, Term
from catalogue.rdf.namespaces import OWL, RDF, SH, compact

from .shape import local_name

Files = Mapping[Path, Sequence[Triple]]

_NEEDS_PATH = ("minCount", "maxCount", "uniqueLang", "lessThan", "lessThanOrEquals", "qualifiedValueShape")
_NODE_CONSTRAINTS = (
    *("or", "and", "xone", "not", "node", "property", "class", "nodeKind", "datatype", "pattern", "in", "hasValue"),
    *("closed", "equals", "disjoint", "languageIn", "minLength", "maxLength", "sparql"),
    *("minInclusive", "maxInclusive", "minExclusive", "maxExclusive"),
)
_CONSTRAINTS = frozenset(SH[name] for name in (*_NEEDS_PATH, *_NODE_CONSTRAINTS))
# SHACL that no engine of ours follows (§2.1.3, §6.2, SHACL-AF, SHACL-JS). A record is judged by its classes alone.
_PASSED_OVER = {
    **{SH[name]: "records are judged by class" for name in ("targetNode", "targetSubjectsOf", "targetObjectsOf")},
    **{SH[name]: "no program is run" for name in ("js", "jsFunctionName", "jsLibrary", "jsLibraryURL")},
    **{SH[name]: "only SHACL Core and sh:sparql are judged" for name in ("target", "rule", "expression", "values")},
}
_KNOWN = frozenset(
    SH[name]
    for name in (
        *("path", "name", "description", "order", "group", "defaultValue", "severity", "message", "deactivated"),
        *("targetClass", "flags", "qualifiedMinCount", "qualifiedMaxCount", "qualifiedValueShapesDisjoint"),
        *("ignoredProperties", "alternativePath", "inversePath", "zeroOrMorePath", "oneOrMorePath", "zeroOrOnePath"),
        *("select", "prefixes", "declare", "prefix", "namespace", "shapesGraph", "entailment", "labelTemplate"),
    )
)
# Parts of validators and functions of SHACL-SPARQL §6: told by their class.
_COMPONENTS = (SH["ConstraintComponent"], SH["SPARQLFunction"], SH["JSFunction"], SH["SPARQLTargetType"])
_FEW = 5


@dataclass(frozen=True)
class Repaired:
    """Files as they can be used, and what was done, one sentence each."""

    files: dict[Path, list[Triple]]
    told: tuple[str, ...]


def repaired(files: Files, root: Path) -> Repaired:
    """Make foreign shapes usable.

    Args:
        files: Triples of all files of a profile, those of every level.
        root: Files are named from here.
    """
    graph = Graph(triple for triples in files.values() for triple in triples)
    told: dict[str, list[str]] = {}
    found: dict[Path, list[Triple]] = {}
    for path, triples in files.items():
        kept, said = _repaired(triples, graph)
        found[path] = kept
        for sentence in (*said, *_passed_over(Graph(triples))):
            told.setdefault(sentence, []).append(path.relative_to(root).as_posix())
    return Repaired(found, tuple(f"{', '.join(names)}: {said}" for said, names in told.items()))


def shown(node: Term, graph: Graph) -> str:
    """A shape as people find it: its IRI, or where it hangs."""
    if isinstance(node, NamedNode):
        return compact(node.value)
    for holder, predicate in graph.pointing_to(node):
        if isinstance(holder, NamedNode):
            path = graph.value(node, SH["path"])
            about = f" about {compact(path.value)}" if isinstance(path, NamedNode) else ""
            return f"a shape without a name{about} below {compact(predicate.value)} of {compact(holder.value)}"
    return "a shape without a name"


def needing_path(graph: Graph, node: Term) -> list[str]:
    """Constraints of a shape that judge the values of a path, so that it must have one (SHACL §4)."""
    about = graph.about(node)
    return [name for name in _NEEDS_PATH if SH[name] in about]


# Changes


def _repaired(triples: Iterable[Triple], graph: Graph) -> tuple[list[Triple], list[str]]:
    kept: list[Triple] = []
    dangling: list[str] = []
    pathless: list[str] = []
    imports = 0
    for triple in triples:
        subject, predicate, value = triple.subject, triple.predicate, triple.object
        if predicate == OWL["imports"]:
            imports += 1
        elif predicate == SH["property"] and not graph.describes(value):  # type: ignore[arg-type]
            dangling.append(f"{shown(subject, graph)} → {value}")  # type: ignore[arg-type]
        elif predicate == SH["property"] and _is_about_nodes(graph, subject, value):  # type: ignore[arg-type]
            kept.append(Triple(value, RDF["type"], SH["NodeShape"]))  # type: ignore[arg-type]
            for target in graph.values(subject, SH["targetClass"]):  # type: ignore[arg-type]
                kept.append(Triple(value, SH["targetClass"], target))  # type: ignore[arg-type]
                pathless.append(f"of {shown(subject, graph)} for {compact(target.value)}")  # type: ignore[arg-type]
        else:
            kept.append(triple)
            if predicate == SH["sparql"]:
                kept += _lifted_message(graph, subject, value)  # type: ignore[arg-type]
    told = []
    if pathless:
        told.append(f"a property shape without sh:path is taken as a node shape: {_few(pathless)}")
    if dangling:
        told.append(f"{len(dangling)} sh:property without a shape behind it left out: {_few(dangling)}")
    if imports:
        told.append(f"{imports} owl:imports not followed; nothing is fetched")
    return kept, told


def _is_about_nodes(graph: Graph, holder: Subject, part: Term) -> bool:
    """Whether what is called a property shape has no path and asks only what a node shape can ask."""
    about = graph.about(part)
    asks = any(parameter in about for parameter in _CONSTRAINTS)
    targets = graph.values(holder, SH["targetClass"])
    return SH["path"] not in about and asks and bool(targets) and not needing_path(graph, part)


def _lifted_message(graph: Graph, shape: Subject, query: Term) -> Iterator[Triple]:
    """The message of a query as that of a shape which has none and asks nothing else; findings take it from there."""
    about = graph.about(shape)
    alone = sum(parameter in about for parameter in _CONSTRAINTS) == 1 and len(about[SH["sparql"]]) == 1
    for message in graph.values(query, SH["message"]) if alone and SH["message"] not in about else ():
        yield Triple(shape, SH["message"], message)


def named(files: Files, profile: str) -> dict[Path, list[Triple]]:
    """The same with an IRI for each property shape of a node shape, and each node shape, that has none.

    Findings are told by the IRI of their shape; it begins with the id of the profile.
    """
    graph = Graph(triple for triples in files.values() for triple in triples)
    names: dict[Term, NamedNode] = {}
    used: Counter[str] = Counter()
    for triple in graph:
        node = triple.object
        if triple.predicate != SH["property"] or not isinstance(node, BlankNode) or node in names:
            continue
        if isinstance(triple.subject, NamedNode):
            path = graph.value(node, SH["path"])
            tail = local_name(path.value) if isinstance(path, NamedNode) else "path"
            names[node] = _fresh(f"{local_name(triple.subject.value)}-{tail}", profile, used)
    for node in graph.typed(SH["NodeShape"]):
        if isinstance(node, BlankNode):
            target = graph.value(node, SH["targetClass"])
            if isinstance(target, NamedNode):
                names[node] = _fresh(f"{local_name(target.value)}-rule", profile, used)
    return {path: [_renamed(triple, names) for triple in triples] for path, triples in files.items()}


def _fresh(name: str, profile: str, used: Counter[str]) -> NamedNode:
    used[name] += 1
    number = f"-{used[name]}" if used[name] > 1 else ""
    return NamedNode(f"urn:health-catalogue:shapes:{profile}:{name}{number}")


def _renamed(triple: Triple, names: Mapping[Term, NamedNode]) -> Triple:
    subject, value = triple.subject, triple.object
    if subject in names or value in names:
        return Triple(names.get(subject, subject), triple.predicate, names.get(value, value))  # type: ignore[arg-type]
    return triple


# What is passed over


def _passed_over(graph: Graph) -> Iterator[str]:
    unknown: Counter[NamedNode] = Counter()
    silent: list[str] = []
    for node in graph.subjects():
        about = graph.about(node)
        foreign = [p for p in about if p.value.startswith(SH) and p not in _CONSTRAINTS | _KNOWN]
        unknown.update(foreign)
        if not foreign and not _is_field(about) and not any(parameter in about for parameter in _CONSTRAINTS):
            silent += [compact(path.value) for path in about.get(SH["path"], ()) if isinstance(path, NamedNode)]
    for term, times in sorted(unknown.items(), key=str):
        why = _PASSED_OVER.get(term, "SHACL Core does not have it")
        yield f"{compact(term.value)} is not judged ({times}×): {why}"
    for class_ in _COMPONENTS:
        if graph.typed(class_):
            yield f"{compact(class_.value)} is not judged: only SHACL Core and sh:sparql are judged"
    if silent:
        yield f"{len(silent)} of its shapes have a path but ask nothing of it, and never report: {_few(silent)}"


def _is_field(about: Mapping[NamedNode, Sequence[Term]]) -> bool:
    return any(isinstance(value, Literal) for value in about.get(SH["name"], ()))


def _few(names: Sequence[str]) -> str:
    different = list(dict.fromkeys(names))
    more = f" and {len(different) - _FEW} more" if len(different) > _FEW else ""
    return ", ".join(different[:_FEW]) + more
