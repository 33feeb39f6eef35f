"""May this SPARQL query of a shape be run, and would it run?

pySHACL hands `sh:select` to rdflib, which calls another service for `SERVICE` and loads graphs for `FROM`; its own test
for `SERVICE` looks at the text and misses `\\u0053ERVICE`. Here the query is read with the parser that will run it.
Spec: SHACL §5.3 (what a query may not hold), SPARQL 1.1 §19.2 (escapes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pyoxigraph import Literal, NamedNode
from pyparsing import ParseBaseException, ParseResults
from rdflib.paths import Path
from rdflib.plugins.sparql.algebra import translateQuery
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue

from catalogue.rdf.graph import Graph, Term
from catalogue.rdf.namespaces import OWL, SH

_LONGEST = 10_000
_DEEPEST = 40
_MOST_BRACKETS = 200
_REFUSED = {
    "ServiceGraphPattern": "asks another service (SERVICE); nothing is fetched",
    "DatasetClause": "names a graph to be loaded (FROM); nothing is fetched",
    "GraphGraphPattern": "asks a named graph (GRAPH); a record is one graph",
    "MinusGraphPattern": "uses MINUS, which SHACL §5.3 forbids",
    "InlineData": "uses VALUES, which SHACL §5.3 forbids",
    "ValuesClause": "uses VALUES, which SHACL §5.3 forbids",
}
# The graph that pySHACL is given answers for properties alone; a path would find nothing, without an error.
_PATHS = "follows a property path (such as a/b or a*), which is not judged here; write triple patterns"
_ABSENT = re.compile(r"[$?]shapesGraph\b")
# Those that pySHACL declares by itself.
_PREFIXES = frozenset(("rdf", "rdfs", "owl"))


def query_problem(graph: Graph, constraint: Term, path: Term | None) -> str:
    """What is wrong with a value of `sh:sparql`, or nothing.

    Args:
        graph: The shapes, with the prefixes that they declare.
        constraint: The node that holds `sh:select`.
        path: The `sh:path` of the shape, for which `$PATH` stands; None for a node shape.
    """
    texts = graph.values(constraint, SH["select"])
    if len(texts) != 1 or not isinstance(texts[0], Literal):
        return "must have exactly one sh:select"
    text = texts[0].value
    if _ABSENT.search(text):
        return "uses $shapesGraph, which is not there to be asked"
    if len(text) > _LONGEST or text.count("{") > _DEEPEST or text.count("(") > _MOST_BRACKETS:
        return "has a sh:select that is too long or too deep"
    if "$PATH" in text and not isinstance(path, NamedNode):
        return "uses $PATH, but its shape has no path" if path is None else _PATHS
    try:
        query = parseQuery(text.replace("$PATH", str(path)))
    except ParseBaseException as error:
        return f"has a sh:select that is no SPARQL query: {error}"
    except RecursionError:
        return "has a sh:select that is too deep"
    for part in _parts(query):
        if part.name in _REFUSED:
            return _REFUSED[part.name]
    try:
        prefixes = {name: f"urn:health-catalogue:any:{name}:" for name in _declared(graph, constraint)}
        meant = translateQuery(query, initNs=prefixes).algebra
    except Exception as error:  # noqa: BLE001 - rdflib raises nothing narrower
        return f"has a sh:select that means nothing: {error}"
    patterns = [part["triples"] for part in _parts(meant) if "triples" in part]
    return _PATHS if any(isinstance(triple[1], Path) for pattern in patterns for triple in pattern) else ""


def _parts(value: Any) -> Iterator[CompValue]:
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, CompValue):
            yield value
            waiting += value.values()
        elif isinstance(value, (ParseResults, list, tuple)):
            waiting += list(value)


def _declared(graph: Graph, constraint: Term) -> frozenset[str]:
    """Prefixes of the ontologies that `sh:prefixes` names, as pySHACL collects them (SHACL §5.2.1)."""
    ontologies = graph.values(constraint, SH["prefixes"])
    if not ontologies:
        return _PREFIXES
    holders = [*ontologies, *graph.typed(OWL["Ontology"])]
    declarations = [each for holder in holders for each in graph.values(holder, SH["declare"])]
    return _PREFIXES | {value.value for each in declarations for value in graph.values(each, SH["prefix"])}
