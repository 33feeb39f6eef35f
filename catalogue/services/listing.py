"""Which catalogue lists a dataset, and what does it require?

A catalogue requires the profiles to which it states to conform (`dct:conformsTo`); one that states none requires
`healthdcat-ap-8`. What names no catalogue is listed by `default`, made from the settings when it is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode, Triple

from catalogue.ledger import Save, pack
from catalogue.model import Kind
from catalogue.rdf.canonical import canonical, digest, read
from catalogue.rdf.graph import Graph, Subject
from catalogue.rdf.namespaces import CV, DCAT, DCATAP, DCT, FOAF, RDF

from .naming import words_of

if TYPE_CHECKING:
    from .catalogue import Catalogue

DEFAULT_PROFILES = ("healthdcat-ap-8",)
_EHDS = NamedNode("http://data.europa.eu/eli/reg/2025/327/oj")
_SLUG = "default"


def catalog_profiles(catalogue: Catalogue, slug: str) -> tuple[str, ...]:
    """The profiles that a published catalogue requires."""

    def look_up() -> tuple[str, ...]:
        record = catalogue.ledger.record(Kind.CATALOG, slug)
        if record is None or record.published is None:
            return DEFAULT_PROFILES
        graph = read(catalogue.reader.revision(record).content)
        return stated_profiles(catalogue, graph, catalogue.identity.record(Kind.CATALOG, slug)) or DEFAULT_PROFILES

    return catalogue.reader.fact(("profiles", slug), look_up)


def stated_profiles(catalogue: Catalogue, graph: Graph, subject: Subject) -> tuple[str, ...]:
    """The profiles that a node states to conform to, by IRI (ours, or the one in `profile.ttl`); maybe none."""
    ours = f"{catalogue.identity.base}/profiles/"
    found: list[str] = []
    for value in graph.values(subject, DCT["conformsTo"]):
        profile = catalogue.profiles.by_iri(value.value.replace(ours, "urn:health-catalogue:profile:"))
        if profile is not None:
            found.append(profile.id)
    return tuple(found)


def default_catalog(catalogue: Catalogue) -> str:
    """The slug of the catalogue that lists what names no other; made when there is none."""
    if catalogue.reader.fact(("exists", _SLUG), lambda: catalogue.ledger.record(Kind.CATALOG, _SLUG)) is None:
        graph = Graph(_default(catalogue))
        content = canonical(graph)
        save = Save(
            kind=Kind.CATALOG,
            slug=_SLUG,
            after=0,
            packed=pack(content),
            digest=digest(content),
            triples=len(graph),
            title=catalogue.settings.title,
            words=words_of(graph, catalogue.vocabularies.concept, catalogue.identity),
            identifier=None,
            outcome={},
            note="Made from the settings.",
        )
        catalogue.ledger.append([save], person=catalogue.system().id)
    return _SLUG


def _default(catalogue: Catalogue) -> Sequence[Triple]:
    settings = catalogue.settings
    subject = catalogue.identity.record(Kind.CATALOG, _SLUG)
    publisher, contact = NamedNode(f"{subject.value}#publisher"), NamedNode(f"{subject.value}#contact-point")
    return [
        Triple(subject, RDF["type"], DCAT["Catalog"]),
        Triple(subject, DCT["title"], Literal(settings.title, language="en")),
        Triple(subject, DCT["description"], Literal(settings.description, language="en")),
        Triple(subject, DCATAP["applicableLegislation"], _EHDS),
        Triple(subject, DCT["publisher"], publisher),
        Triple(publisher, RDF["type"], FOAF["Agent"]),
        Triple(publisher, FOAF["name"], Literal(settings.operator, language="en")),
        Triple(publisher, CV["contactPoint"], contact),
        Triple(contact, RDF["type"], CV["ContactPoint"]),
        Triple(contact, CV["email"], Literal(settings.operator_email)),
        Triple(contact, CV["contactPage"], NamedNode(settings.operator_page)),
    ]
