"""What does the catalogue itself say about a record?

The `dcat:CatalogRecord`: when it was listed and changed, which profiles it conforms to, under which IRI it came. The
link from the catalogue stands here too, so that listing one dataset writes one small graph and not the catalogue's.
Source: DCAT-AP 3 §CatalogueRecord; FAIR Data Point layout, harvest contract B.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pyoxigraph import Literal, NamedNode, Triple

from catalogue.model import Kind, Record
from catalogue.rdf.namespaces import ADMS, DCAT, DCT, FOAF, RDF, SKOS, XSD

from .identity import Identity

_LISTED_BY = {Kind.DATASET: DCAT["dataset"], Kind.SERIES: DCAT["dataset"], Kind.CATALOG: DCAT["catalog"]}


def moment(at: datetime) -> Literal:
    """A time in UTC as xsd:dateTime, to the second."""
    return Literal(at.strftime("%Y-%m-%dT%H:%M:%SZ"), datatype=XSD["dateTime"])


def catalog_record(record: Record, identity: Identity, outcome: Mapping[str, Any]) -> list[Triple]:
    """Describe a published record.

    Args:
        record: A published record.
        identity: Makes the IRIs.
        outcome: Summary of the published revision's report (`Report.summary`).

    Returns:
        Triples without blank nodes.
    """
    subject, topic = identity.catalog_record(record.kind, record.slug), identity.record(record.kind, record.slug)
    triples = [
        Triple(subject, RDF["type"], DCAT["CatalogRecord"]),
        Triple(subject, FOAF["primaryTopic"], topic),
        Triple(subject, DCT["modified"], moment(record.changed)),
    ]
    if record.first_published is not None:
        triples.append(Triple(subject, DCT["issued"], moment(record.first_published)))
    met = [profile["id"] for profile in outcome.get("profiles", ()) if profile["conforms"]]
    triples += [Triple(subject, DCT["conformsTo"], identity.profile(name)) for name in met]
    if record.source is not None:
        origin = NamedNode(f"{subject.value}#source")
        triples += [
            Triple(subject, ADMS["identifier"], origin),
            Triple(origin, RDF["type"], ADMS["Identifier"]),
            Triple(origin, SKOS["notation"], Literal(record.source, datatype=XSD["anyURI"])),
        ]
    if record.catalog is not None:
        catalog = identity.record(Kind.CATALOG, record.catalog)
        triples += [
            Triple(catalog, _LISTED_BY[record.kind], topic),
            Triple(catalog, DCAT["record"], subject),
        ]
    return triples
