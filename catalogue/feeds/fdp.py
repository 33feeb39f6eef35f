"""How do we look to a FAIR Data Point crawler?

The layout of the reference implementation (harvest contract B.4): root → catalogues → datasets, each step said twice,
by `ldp:contains` of a direct container (what GDI follows) and by `fdp-o:metadataCatalog` / `dcat:dataset` (what the
EMX2 FAIR Mapper follows).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from pyoxigraph import Literal, NamedNode, Triple

from catalogue import __version__
from catalogue.model import Record
from catalogue.rdf.namespaces import CV, DATACITE, DCAT, DCT, FDP, FOAF, LDP, RDF, RDFS
from catalogue.settings import Settings

from .identity import Identity
from .records import moment

_PUBLIC = NamedNode("http://publications.europa.eu/resource/authority/access-right/PUBLIC")
_CC0 = NamedNode("http://publications.europa.eu/resource/authority/licence/CC0")
_ENGLISH = NamedNode("http://publications.europa.eu/resource/authority/language/ENG")
_FDP_PROFILE = NamedNode("https://specs.fairdatapoint.org/")


def container(
    node: NamedNode, title: str, parent: NamedNode, relation: NamedNode, members: Iterable[NamedNode]
) -> list[Triple]:
    """An `ldp:DirectContainer` (LDP 1.0 §5.4) that lists the children of a record."""
    return [
        Triple(node, RDF["type"], LDP["DirectContainer"]),
        Triple(node, DCT["title"], Literal(title, language="en")),
        Triple(node, LDP["membershipResource"], parent),
        Triple(node, LDP["hasMemberRelation"], relation),
        *(Triple(node, LDP["contains"], member) for member in members),
    ]


def root(
    settings: Settings, identity: Identity, catalogs: Sequence[NamedNode], since: datetime, changed: datetime
) -> list[Triple]:
    """The FAIR Data Point itself.

    Args:
        settings: Name, description and operator.
        identity: Makes the IRIs.
        catalogs: Every published catalogue.
        since, changed: First and newest event of the ledger.
    """
    subject, name = identity.root(), NamedNode(f"{identity.base}/#identifier")
    publisher, contact = NamedNode(f"{identity.base}/#publisher"), NamedNode(f"{identity.base}/#contact")
    title = Literal(settings.title, language="en")
    return [
        *(
            Triple(subject, RDF["type"], type_)
            for type_ in (FDP["FAIRDataPoint"], FDP["MetadataService"], DCAT["DataService"], DCAT["Resource"])
        ),
        Triple(subject, DCT["title"], title),
        Triple(subject, RDFS["label"], title),
        Triple(subject, DCT["description"], Literal(settings.description, language="en")),
        Triple(subject, DCAT["version"], Literal(__version__)),
        Triple(subject, FDP["fdpSoftwareVersion"], Literal(f"health-catalogue {__version__}")),
        Triple(subject, FDP["metadataIssued"], moment(since)),
        Triple(subject, FDP["metadataModified"], moment(changed)),
        Triple(subject, DCT["license"], _CC0),
        Triple(subject, DCT["language"], _ENGLISH),
        Triple(subject, DCT["accessRights"], _PUBLIC),
        Triple(subject, DCT["conformsTo"], _FDP_PROFILE),
        Triple(subject, DCAT["endpointURL"], subject),
        Triple(subject, FDP["metadataIdentifier"], name),
        Triple(name, RDF["type"], DATACITE["Identifier"]),
        Triple(name, DCT["identifier"], Literal(subject.value)),
        Triple(subject, DCT["publisher"], publisher),
        Triple(publisher, RDF["type"], FOAF["Agent"]),
        Triple(publisher, FOAF["name"], Literal(settings.operator)),
        Triple(publisher, CV["contactPoint"], contact),
        Triple(contact, RDF["type"], CV["ContactPoint"]),
        Triple(contact, CV["email"], Literal(settings.operator_email)),
        Triple(contact, CV["contactPage"], NamedNode(settings.operator_page)),
        *(Triple(subject, FDP["metadataCatalog"], catalog) for catalog in catalogs),
        *container(NamedNode(f"{identity.base}/catalog/"), "Catalogues", subject, FDP["metadataCatalog"], catalogs),
    ]


def catalog_members(record: Record, identity: Identity, members: Sequence[Record], changed: datetime) -> list[Triple]:
    """What a published catalogue's document says beyond its own description: everything it lists.

    Args:
        record: The catalogue.
        identity: Makes the IRIs.
        members: Its published datasets and series, all of them: a crawler reads no second page (B.1.2).
        changed: Newest change of the catalogue or of a member (B.4.19).
    """
    subject = identity.record(record.kind, record.slug)
    children = [identity.record(member.kind, member.slug) for member in members]
    issued = record.first_published or record.created
    return [
        Triple(subject, DCT["isPartOf"], identity.root()),
        Triple(subject, FDP["metadataIssued"], moment(issued)),
        Triple(subject, FDP["metadataModified"], moment(changed)),
        *(Triple(subject, DCAT["dataset"], child) for child in children),
        *container(NamedNode(f"{identity.base}/dataset/"), "Datasets", subject, DCAT["dataset"], children),
    ]
