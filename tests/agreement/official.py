"""What do the official files say of a record?

Composed and repaired as told in `test_agreement.py`, and judged by pySHACL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyoxigraph as ox
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from catalogue.model import Kind, Severity
from catalogue.profiles.findings import milder
from catalogue.profiles.implied import SUPERCLASSES, implied, is_bare, record_focus
from catalogue.profiles.pyshacl_engine import PyShacl
from catalogue.profiles.results import Result
from catalogue.profiles.shapes import ShapeSet
from catalogue.profiles.trails import short_path
from catalogue.profiles.wording import written
from catalogue.rdf.graph import Graph
from catalogue.rdf.namespaces import RDF, RDFS, SH, SKOS
from catalogue.resources import shipped
from catalogue.vocabularies import Vocabularies

REFERENCE = Path(__file__).parents[3] / "shared" / "reference"
LEVELS = {"PUBLIC": "public", "RESTRICTED": "restricted", "NON_PUBLIC": "non-public"}
BASE_300 = [f"dcat-ap/3.0.0/html-shacl/{name}.ttl" for name in ("shapes", "range", "shapes_recommended")]
BASE_301 = [
    f"dcat-ap/3.0.1/html-shacl/{name}.ttl"
    for name in ("shapes", "range", "shapes_recommended", "mdr-vocabularies.shape")
]
R8, R7 = "healthdcat-ap/release-8", "healthdcat-ap/release-7/shapes"
R5R, R5 = "healthdcat-ap/release-5-rev-2026-05", "healthdcat-ap/release-5-2025-12"


def official_files(profile: str, level: str | None) -> list[str]:
    """Files that the official validator loads for a profile and access level."""
    if level is None:
        return [*BASE_301, "dcat-ap/3.0.1/html-shacl/deprecateduris.ttl"]
    kind = LEVELS[level]
    common = [*BASE_300, "dcat-ap/3.0.0/html-shacl/deprecateduris.ttl"]
    recommended = f"{R7}/{kind}-shapes_recommended.ttl"
    if profile == "healthdcat-ap-8":
        return [
            *common,
            f"{R8}/shapes/{kind}-shapes.ttl",
            f"{R8}/ranges/range.ttl",
            f"{R8}/controlled-vocabularies/mdr-vocabularies.shape.ttl",
            f"{R8}/recommended/{kind}-shapes_recommended.ttl",
        ]
    if profile == "healthdcat-ap-7":
        own = [f"{R7}/{kind}-shapes.ttl", f"{R7}/range.ttl", f"{R7}/mdr-vocabularies.shape.ttl"]
        return [*common, *own, recommended]
    if profile == "healthdcat-ap-5-2026":
        folder = f"{R5R}/reconstructed" if level == "PUBLIC" else R5R
        own = [f"{folder}/{kind}-shapes.ttl", f"{R5R}/range.ttl", f"{R5R}/mdr-vocabularies.shape.ttl"]
        return [*common, *own, recommended]
    own = [f"{R5}/non-public-shapes.ttl", f"{R5R}/range.ttl", f"{R5R}/mdr-vocabularies.shape.ttl"]
    return [*common, *own, recommended]


# A node and a path.
Place = tuple[str, str]


@dataclass(frozen=True)
class Record:
    """Something to judge: where it comes from, and its graph."""

    name: str
    kind: Kind
    subject: NamedNode
    graph: Graph


@dataclass(frozen=True)
class Failure:
    """A property of a node that one side finds wrong; `constraint` and `value` are not compared."""

    focus: str
    path: str
    severity: Severity
    constraint: str
    value: str

    @property
    def place(self) -> Place:
        return self.focus, self.path


@cache
def vocabularies() -> Vocabularies:
    return Vocabularies.load(shipped("ontologies"))


@cache
def official(profile: str, level: str | None) -> tuple[ShapeSet, PyShacl]:
    """The official shapes, repaired, read once."""
    triples: list[Triple] = []
    for file in official_files(profile, level):
        quads = ox.parse(
            (REFERENCE / file).read_bytes(),
            ox.RdfFormat.TURTLE,
            base_iri="https://o.example/",
            rename_blank_nodes=True,
        )
        triples += [quad.triple for quad in quads]
    repaired = list(_repaired(Graph(triples)))
    return ShapeSet(repaired, "official"), PyShacl(repaired)


def _repaired(graph: Graph) -> Iterator[Triple]:
    for triple in graph:
        part = triple.object
        if triple.predicate == SH["property"] and isinstance(part, BlankNode) and not graph.value(part, SH["path"]):
            yield Triple(part, RDF["type"], SH["NodeShape"])
            for target in graph.values(triple.subject, SH["targetClass"]):  # type: ignore[arg-type]
                yield Triple(part, SH["targetClass"], target)
        else:
            yield triple


def officially(record: Record, profile: str, level: str | None) -> tuple[list[Failure], set[Place]]:
    """What the official shapes find, and every property that they judged."""
    shapes, engine = official(profile, level)
    focus = record_focus(record.graph, shapes, record.subject, record.kind)
    lent = [item.triple for item in implied(record.graph, shapes, focus)]
    data = dict.fromkeys([*record.graph, *lent, *_background(record.graph)])
    found = [f for r in engine.judge(data, focus) for f in _leaves(record.graph, shapes, r, Severity.VIOLATION)]
    judged = {
        (written(node), short_path(normal(part.path)))
        for shape, nodes in focus.items()
        for part in shapes.parts(shapes.nodes[shape])
        for node in nodes
    }
    return found, judged


def _background(graph: Graph) -> Iterator[Triple]:
    """What the preloaded vocabularies and ontologies say about what a record mentions."""
    for narrow, wide in SUPERCLASSES.items():
        yield Triple(narrow, RDFS["subClassOf"], wide)
    mentioned = dict.fromkeys(t.object.value for t in graph if isinstance(t.object, NamedNode))
    for fact in vocabularies().lookup(mentioned):
        yield fact
        if fact.predicate == SKOS["inScheme"] and isinstance(fact.object, NamedNode):
            yield Triple(fact.object, RDF["type"], SKOS["ConceptScheme"])
            yield Triple(fact.subject, SKOS["prefLabel"], Literal("a label"))


def _leaves(graph: Graph, shapes: ShapeSet, result: Result, worst: Severity) -> Iterator[Failure]:
    shape = shapes.source(result.shape)
    assert shape is not None, result
    severity = milder(worst, shape.severity)
    bare = result.value is not None and is_bare(graph, result.value)
    if result.details and not bare and not _about_the_value(shapes, result):
        for detail in result.details:
            yield from _leaves(graph, shapes, detail, severity)
        return
    place = written(result.focus), short_path(normal(shape.path))
    yield Failure(*place, severity, result.component, str(result.value or ""))


def _about_the_value(shapes: ShapeSet, result: Result) -> bool:
    """Whether a nested failure is about the value itself: its vocabulary, its form, its class."""
    sources = [shapes.source(detail.shape) for detail in result.details]
    return all(source and (not source.path or source.predicate == SKOS["inScheme"]) for source in sources)


def normal(path: str) -> str:
    """A path with its alternatives in order; membership of a vocabulary as an alternative is our device."""

    def ordered(match: re.Match[str]) -> str:
        options = sorted(set(match[1].split("|")) - {f"<{SKOS['inScheme'].value}>"})
        return options[0].strip("<>") if len(options) == 1 else f"({'|'.join(options)})"

    return re.sub(r"\(([^()]*\|[^()]*)\)", ordered, path)
