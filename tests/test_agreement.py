"""Do our shapes judge as the official ones do?

Each record of the corpus, and each of many mutations of a full record, is judged by our profile and by the official
files of the same release. Compared is what matters to a holder: which property of which node fails, and how badly.
Every difference must have its reason in `agreement/reasons.csv`; the figures are printed (`pytest -s`).

The official files and the corpus are not ours to ship: without `../shared` the tests are skipped.

How the official files are run (their defects have the numbers of `healthdcat-ap-properties.md` §5):

- Composed, repaired and judged by the product, as for an operator who has added them (D1). The graph guard judges a
  whole file, not a record, and is left out (D18).
- What our vocabularies know lies beside the record and is no target; a bare IRI gets the class that its role asks.
- A nested result counts at the node that it is about, with the milder of the severities on the way; what is
  wrong with a value that is only named, or text, counts where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import pytest
from agreement.comparing import Trial, compare, reasons, report, unexplained
from agreement.official import LEVELS, REFERENCE, Record, official, profiles
from pyoxigraph import BlankNode, Literal, NamedNode, Triple
from test_shapes_healthdcat_ap_8 import CATALOG, SERIES
from test_shapes_releases import BASES, graph_of

from catalogue.errors import CatalogueError
from catalogue.model import Kind
from catalogue.profiles.implied import record_focus
from catalogue.profiles.shape import PropertyShape
from catalogue.profiles.trails import short_path
from catalogue.profiles.wording import written
from catalogue.rdf.graph import Graph, Subject, Term
from catalogue.rdf.media import JSON_LD, RDF_XML, TURTLE
from catalogue.rdf.namespaces import RDFS, compact
from catalogue.rdf.parse import Limits, parse
from catalogue.rdf.split import split

CORPUS = REFERENCE.parent / "corpus"
pytestmark = pytest.mark.skipif(
    not (REFERENCE.is_dir() and CORPUS.is_dir()), reason="the official files and the corpus are not here"
)

LIMITS = Limits(bytes=20_000_000, triples=500_000, depth=200, seconds=30)
FORMATS = {".ttl": TURTLE, ".jsonld": JSON_LD, ".rdf": RDF_XML}
HEALTH = ("healthdcat-official", "healthdcat-ap.de", "mvd-health", "health-ri")
# Of Release 5 of December 2025 only the shapes for NON_PUBLIC are known.
JUDGED = [
    ("dcat-ap-3", None),
    *((id, level) for id in ("healthdcat-ap-8", "healthdcat-ap-7", "healthdcat-ap-5-2026") for level in LEVELS),
    ("healthdcat-ap-5", "NON_PUBLIC"),
]


# Records of the corpus


@cache
def corpus() -> tuple[Record, ...]:
    """Every dataset, series and catalogue of the corpus that can be read, each content once."""
    found: dict[frozenset[str], Record] = {}
    for file in sorted(CORPUS.rglob("*")):
        if file.suffix not in FORMATS:
            continue
        try:
            triples = parse(file.read_bytes(), FORMATS[file.suffix], base_iri="https://c.example/", limits=LIMITS)
        except CatalogueError:
            continue
        for number, part in enumerate(split(triples).parts):
            graph, subject = _named(part.graph, part.subject)
            name = f"{file.parent.name}/{file.name}#{number}"
            content = frozenset(re.sub(r"_:\w+", "_:b", str(t)) for t in graph)
            found.setdefault(content, Record(name, part.kind, subject, graph))
    return tuple(found.values())


def _named(graph: Graph, subject: Subject) -> tuple[Graph, NamedNode]:
    """The graph with an IRI for its subject."""
    if isinstance(subject, NamedNode):
        return graph, subject
    name = NamedNode("https://c.example/subject")

    renamed = (
        Triple(
            name if t.subject == subject else t.subject,
            t.predicate,
            name if t.object == subject else t.object,
        )
        for t in graph
    )
    return Graph(renamed), name


def level_of(record: Record, profile: str) -> str | None:
    """The access level at which a profile judges a record."""
    level = profiles().get(profile).level_of(record.graph, record.subject, record.kind)[0]
    return level.rsplit("/", 1)[-1] if level else None


def corpus_trials() -> Iterator[Trial]:
    """Every record against DCAT-AP, and those of the health catalogues against each release."""
    for record in corpus():
        yield Trial(record, "dcat-ap-3", None)
        if record.name.startswith(HEALTH) and record.kind is Kind.DATASET:
            for profile in ("healthdcat-ap-8", "healthdcat-ap-7", "healthdcat-ap-5-2026", "healthdcat-ap-5"):
                level = level_of(record, profile)
                if (profile, level) in JUDGED:
                    yield Trial(record, profile, level)


def test_every_difference_on_the_corpus_has_a_reason() -> None:
    figures, differences = compare(corpus_trials())
    report("Agreement with the official shapes, records of the corpus", figures, differences)
    assert unexplained(differences) == []


# Mutations of a full record


def base(profile: str, level: str | None, kind: Kind = Kind.DATASET) -> Record:
    """A full record that follows a profile."""
    text = {Kind.DATASET: BASES[profile], Kind.SERIES: SERIES, Kind.CATALOG: CATALOG}[kind]
    if level and kind is Kind.DATASET:
        text = text.replace("right:NON_PUBLIC", f"right:{level}")
    return Record(f"{profile} {level} {kind}", kind, NamedNode("https://example.org/d"), graph_of(profile, text))


def mutations(profile: str, level: str | None, kind: Kind) -> Iterator[Trial]:
    """The full record, and changed in one property that either side judges: absent, of another range, of another
    vocabulary, an unknown code of the right one, given twice. The levels differ only in what must not be absent.

    Where the unchanged record is judged differently, that is compared once.
    """
    record = base(profile, level, kind)
    unchanged = Trial(record, profile, level)
    yield unchanged
    known = frozenset(difference.place for difference in compare([unchanged])[1])
    seen: set[tuple[object, ...]] = set()
    for node, part in _judged(record, profile, level):
        for what, values in _changes(part, record.graph.values(node, part.predicate)):
            mark = (node, part.predicate, what, *values)
            if mark in seen or (what != "absent" and level in ("PUBLIC", "RESTRICTED")):
                continue
            seen.add(mark)
            changed = _changed(record, node, part.predicate, values, what)
            at = level_of(changed, profile) if kind is Kind.DATASET else level
            touched = (written(node), short_path(part.predicate.value))
            yield Trial(changed, profile, at, known - {touched})


@dataclass(frozen=True)
class Part:
    """What a property shape asks, its path being a plain property."""

    predicate: NamedNode
    shape: PropertyShape


def _judged(record: Record, profile: str, level: str | None) -> Iterator[tuple[Subject, Part]]:
    """Every property of a node that either side judges."""
    loaded = profiles().get(profile)
    mine = loaded.compiled(loaded.level_named(level)).shapes
    for shapes in (official(profile, level).shapes, mine):
        for name, nodes in record_focus(record.graph, shapes, record.subject, record.kind).items():
            for part in shapes.parts(shapes.nodes[name]):
                for node in nodes if part.predicate else ():
                    yield node, Part(part.predicate, part)  # type: ignore[arg-type]


WRONG = NamedNode("https://example.org/another")


def _changes(part: Part, values: Sequence[Term]) -> Iterator[tuple[str, list[Term]]]:
    shape = part.shape
    if shape.min_count and values:
        yield "absent", []
    yield "text", [Literal("another")]
    if shape.class_ or shape.datatype or shape.node_kind:
        yield "IRI", [WRONG]
        yield "node", [BlankNode("another")]
    if shape.schemes:
        yield "code", [NamedNode(f"{shape.schemes[0]}/NO_SUCH_CODE")]
    if shape.max_count == 1 and values:
        yield "twice", [*values, Literal("2") if isinstance(values[0], Literal) else WRONG]


def _changed(record: Record, node: Subject, predicate: NamedNode, values: Sequence[Term], what: str) -> Record:
    kept = [t for t in record.graph if (t.subject, t.predicate) != (node, predicate)]
    said = [Triple(node, predicate, value) for value in values]
    described = [
        Triple(value, RDFS["label"], Literal("something"))
        for value in values
        if isinstance(value, (NamedNode, BlankNode))
        and (value == WRONG or (isinstance(value, BlankNode) and not record.graph.describes(value)))
    ]
    name = f"{record.name}: {compact(predicate.value)} of {written(node)} {what}"
    return Record(name, record.kind, record.subject, Graph([*kept, *said, *described]))


@pytest.mark.parametrize(("profile", "level"), JUDGED)
def test_every_difference_on_a_mutation_has_a_reason(profile: str, level: str | None) -> None:
    kinds = [Kind.DATASET]
    if (profile, level) in (("dcat-ap-3", None), ("healthdcat-ap-8", "NON_PUBLIC")):
        kinds += [Kind.SERIES, Kind.CATALOG]
    figures, differences = compare(trial for kind in kinds for trial in mutations(profile, level, kind))
    report(f"Agreement with the official shapes, mutations, {level or 'no level'}", figures, differences)
    assert unexplained(differences) == []


def test_every_listed_reason_is_one() -> None:
    for row in reasons():
        assert re.fullmatch(r"D([1-9]|1\d|2[0-5])|bare|composition|contradiction|ours", row["reason"]), row
        assert row["words"].endswith("."), row
