"""How does a machine learn what can be asked here, and what it will find?

The SPARQL service description (`sd:`), the VoID description, and the interfaces as `dcat:DataService`.
Spec: https://www.w3.org/TR/sparql11-service-description/ ; https://www.w3.org/TR/void/ ; DCAT 3 §6.10.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pyoxigraph import Literal, NamedNode, Triple

from catalogue.rdf.graph import Term
from catalogue.rdf.namespaces import CV, DCAT, DCT, FOAF, PREFIXES, RDF, RDFS, XSD, Namespace
from catalogue.settings import Settings

from .identity import Identity
from .records import moment

SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
VOID = Namespace("http://rdfs.org/ns/void#")
_FORMATS = Namespace("http://www.w3.org/ns/formats/")
_RESULTS = (
    *("SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV"),
    *("Turtle", "JSON-LD", "RDF_XML", "N-Triples", "TriG", "N-Quads"),
)
_CC0 = NamedNode("http://publications.europa.eu/resource/authority/licence/CC0")
_PUBLIC = NamedNode("http://publications.europa.eu/resource/authority/access-right/PUBLIC")
_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Counts:
    """What the default graph holds: triples, different subjects and objects, instances by class, triples by property.

    `at` is when it was counted.
    """

    triples: int
    subjects: int
    objects: int
    classes: Mapping[str, int]
    properties: Mapping[str, int]
    at: datetime


def limits(settings: Settings) -> tuple[str, ...]:
    """What a query may take, in words for pages and descriptions."""
    return (
        f"{settings.query_seconds:g} seconds",
        f"{_megabytes(settings.query_memory)} of memory",
        f"a result of {_megabytes(settings.query_result_bytes)}",
        f"{settings.query_per_client} queries at once and {settings.query_client_seconds:g} seconds a minute for each "
        "address",
    )


def service_description(settings: Settings, identity: Identity, graphs: Iterable[str]) -> list[Triple]:
    """Describe the SPARQL endpoint (SPARQL 1.1 Service Description §3).

    Args:
        settings: The limits.
        identity: Makes the IRIs.
        graphs: Named graphs that are there whatever is published: the vocabularies.
    """
    service, dataset = _node(identity, "sparql#service"), _node(identity, "sparql#dataset")
    default = _node(identity, "sparql#default-graph")
    found: list[tuple[NamedNode, NamedNode, Term]] = [
        (service, RDF["type"], SD["Service"]),
        (service, SD["endpoint"], _node(identity, "sparql")),
        (service, SD["supportedLanguage"], SD["SPARQL11Query"]),
        (service, SD["feature"], SD["UnionDefaultGraph"]),
        *((service, SD["feature"], SD["BasicFederatedQuery"]) for _ in settings.query_services[:1]),
        *((service, SD["resultFormat"], _FORMATS[name]) for name in _RESULTS),
        (service, RDFS["comment"], Literal(_comment(settings), language="en")),
        (service, SD["defaultDataset"], dataset),
        (dataset, RDF["type"], SD["Dataset"]),
        (dataset, SD["defaultGraph"], default),
        (default, RDF["type"], SD["Graph"]),
        (default, RDFS["seeAlso"], _node(identity, ".well-known/void")),
        (default, RDFS["comment"], Literal("The merge of all named graphs, each triple once.", language="en")),
    ]
    for iri in graphs:
        graph = _node(identity, f"sparql#graph-{_short(iri)}")
        found += [
            (dataset, SD["namedGraph"], graph),
            (graph, RDF["type"], SD["NamedGraph"]),
            (graph, SD["name"], NamedNode(iri)),
        ]
    return [Triple(*statement) for statement in found]


def void(settings: Settings, identity: Identity, counts: Counts, examples: Sequence[NamedNode]) -> list[Triple]:
    """Describe everything that is published as one VoID dataset, with class and property partitions (VoID §4.6).

    Args:
        settings: Title, description and operator.
        identity: Makes the IRIs.
        counts: What is there.
        examples: Some resources to look at.
    """
    document, node = _node(identity, ".well-known/void"), _node(identity, ".well-known/void#dataset")
    used = [beginning for beginning in PREFIXES.values() if any(p.startswith(beginning) for p in counts.properties)]
    found: list[tuple[NamedNode, NamedNode, Term]] = [
        (document, RDF["type"], VOID["DatasetDescription"]),
        (document, FOAF["primaryTopic"], node),
        (node, RDF["type"], VOID["Dataset"]),
        (node, DCT["title"], Literal(settings.title, language="en")),
        (node, DCT["description"], Literal(settings.description, language="en")),
        (node, DCT["license"], _CC0),
        (node, DCT["modified"], moment(counts.at)),
        (node, FOAF["homepage"], identity.root()),
        (node, VOID["uriSpace"], Literal(f"{identity.base}/")),
        (node, VOID["sparqlEndpoint"], _node(identity, "sparql")),
        (node, VOID["dataDump"], _node(identity, "dump.nt.gz")),
        (node, VOID["rootResource"], identity.root()),
        *((node, VOID["feature"], _FORMATS[name]) for name in ("Turtle", "JSON-LD", "RDF_XML", "N-Triples")),
        *((node, VOID["exampleResource"], example) for example in examples[:_EXAMPLES]),
        *((node, VOID["vocabulary"], NamedNode(beginning)) for beginning in used),
        (node, VOID["triples"], _number(counts.triples)),
        (node, VOID["entities"], _number(counts.subjects)),
        (node, VOID["distinctSubjects"], _number(counts.subjects)),
        (node, VOID["distinctObjects"], _number(counts.objects)),
        (node, VOID["classes"], _number(len(counts.classes))),
        (node, VOID["properties"], _number(len(counts.properties))),
    ]
    for kind, member, amount, numbers in (
        ("class", VOID["class"], VOID["entities"], counts.classes),
        ("property", VOID["property"], VOID["triples"], counts.properties),
    ):
        for iri, number in numbers.items():
            part = _node(identity, f".well-known/void#{kind}-{_short(iri)}")
            found += [
                (node, VOID[f"{kind}Partition"], part),
                (part, member, NamedNode(iri)),
                (part, amount, _number(number)),
            ]
    return [Triple(*statement) for statement in found]


def data_services(settings: Settings, identity: Identity, catalog: NamedNode) -> list[Triple]:
    """The ways in to a catalogue's descriptions, as `dcat:DataService` (DCAT 3 §6.10)."""
    contact, operator = NamedNode(f"{identity.base}/#contact"), NamedNode(f"{identity.base}/#publisher")
    offered = (
        ("sparql", "SPARQL endpoint", "https://www.w3.org/TR/sparql11-protocol/", "sparql"),
        ("rdf-graph-store", "Graph store", "https://www.w3.org/TR/sparql11-http-rdf-update/", "sparql"),
        ("catalog.ttl", "DCAT feed", "https://www.w3.org/TR/vocab-dcat-3/", ".well-known/void"),
    )
    found: list[tuple[NamedNode, NamedNode, Term]] = []
    for path, title, standard, description in offered:
        service = _node(identity, f"{path}#service")
        found += [
            (catalog, DCAT["service"], service),
            (service, RDF["type"], DCAT["DataService"]),
            (service, DCT["title"], Literal(f"{title} of {settings.title}", language="en")),
            (service, DCAT["endpointURL"], _node(identity, path)),
            (service, DCAT["endpointDescription"], _node(identity, description)),
            (service, DCT["conformsTo"], NamedNode(standard)),
            (service, DCT["license"], _CC0),
            (service, DCT["accessRights"], _PUBLIC),
            (service, DCT["publisher"], operator),
        ]
    found += [
        (operator, RDF["type"], FOAF["Agent"]),
        (operator, FOAF["name"], Literal(settings.operator)),
        (operator, CV["contactPoint"], contact),
        (contact, RDF["type"], CV["ContactPoint"]),
        (contact, CV["email"], Literal(settings.operator_email)),
        (contact, CV["contactPage"], NamedNode(settings.operator_page)),
    ]
    return [Triple(*statement) for statement in found]


def _comment(settings: Settings) -> str:
    listed = ", ".join(f"<{address}>" for address in settings.query_services)
    return f"Limits of a query: {'; '.join(limits(settings))}." + (f" SERVICE may call: {listed}." if listed else "")


def _node(identity: Identity, path: str) -> NamedNode:
    return NamedNode(f"{identity.base}/{path}")


def _number(number: int) -> Literal:
    return Literal(str(number), datatype=XSD["integer"])


def _short(iri: str) -> str:
    """A name for a fragment; IRIs may hold what a fragment must not."""
    return hashlib.sha256(iri.encode()).hexdigest()[:12]


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.0f} MB"
