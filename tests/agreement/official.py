"""What do the official files say of a record?

They are put into a folder of further profiles with `catalogue.services.profiles.add`, as an operator would, and judged
as the product judges by them.
"""

from __future__ import annotations

import atexit
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from pyoxigraph import Literal, NamedNode

from catalogue.model import Kind, Severity
from catalogue.profiles import Profiles
from catalogue.profiles.background import background
from catalogue.profiles.closures import Judging
from catalogue.profiles.findings import milder
from catalogue.profiles.implied import implied, is_bare, judged_triples, record_focus
from catalogue.profiles.profile import Compiled
from catalogue.profiles.results import Result
from catalogue.profiles.shapes import ShapeSet
from catalogue.profiles.trails import short_path
from catalogue.profiles.wording import written
from catalogue.rdf.graph import Graph
from catalogue.rdf.namespaces import SKOS
from catalogue.resources import shipped
from catalogue.services.profiles import add
from catalogue.vocabularies import Vocabularies

REFERENCE = Path(__file__).parents[3] / "shared" / "reference"
LEVELS = ("PUBLIC", "RESTRICTED", "NON_PUBLIC")
HEALTH = REFERENCE / "healthdcat-ap"
R7, R5R = HEALTH / "release-7", HEALTH / "release-5-rev-2026-05"
DCAT_300 = REFERENCE / "dcat-ap" / "3.0.0"
# Where the files of each release are here. The recommendations of Release 5 are not held; those of 7 say the same.
SOURCES = {
    "dcat-ap-3": [REFERENCE / "dcat-ap" / "3.0.1"],
    "healthdcat-ap-8": [HEALTH / "release-8", DCAT_300],
    "healthdcat-ap-7": [R7, DCAT_300],
    "healthdcat-ap-5-2026": [R5R, R7, DCAT_300],
    "healthdcat-ap-5": [HEALTH / "release-5-2025-12", R5R, R7, DCAT_300],
}


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
def operators_folder() -> Path:
    """A folder of further profiles with every official release, until the tests end."""
    folder = Path(mkdtemp(prefix="official-shapes-"))
    atexit.register(shutil.rmtree, folder)
    for profile, sources in SOURCES.items():
        add(folder, f"{profile}-official", sources, ())
    return folder


@cache
def profiles() -> Profiles:
    """Ours, and the official ones beside them."""
    return Profiles.load(shipped("shapes"), vocabularies(), operators_folder())


def official(profile: str, level: str | None) -> Compiled:
    """The official shapes for one of our profiles."""
    found = profiles().get(f"{profile}-official")
    return found.compiled(found.level_named(level))


def officially(record: Record, profile: str, level: str | None) -> tuple[list[Failure], set[Place]]:
    """What the official shapes find, and every property that they judged."""
    rules = official(profile, level)
    shapes = rules.shapes
    focus = record_focus(record.graph, shapes, record.subject, record.kind)
    roles = implied(record.graph, shapes, focus)
    mentioned = dict.fromkeys(t.object.value for t in record.graph if isinstance(t.object, NamedNode))
    facts = vocabularies().lookup(mentioned)
    data = judged_triples(record.graph, roles, [*facts, *background(record.graph, facts, vocabularies())])
    results = rules.judge(Judging(data), focus)
    found = [f for result in results for f in _leaves(record.graph, shapes, result, Severity.VIOLATION)]
    judged = {
        (written(node), short_path(normal(part.path)))
        for shape, nodes in focus.items()
        for part in shapes.parts(shapes.nodes[shape])
        for node in nodes
    }
    return found, judged


def _leaves(graph: Graph, shapes: ShapeSet, result: Result, worst: Severity) -> Iterator[Failure]:
    shape = shapes.source(result.shape)
    assert shape is not None, result
    severity = milder(worst, shape.severity)
    bare = result.value is not None and is_bare(graph, result.value)
    if result.details and not bare and not isinstance(result.value, Literal) and not _about_the_value(shapes, result):
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
