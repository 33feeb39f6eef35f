"""Which properties play a part of their own on a page?

The page of a record takes its fields, their labels and their order from the shapes. A few parts of a page (the
heading, the access sign, the table of distributions) ask for one certain property whatever the profile; all of
these stand here and nowhere else. First match wins, so newer names stand before older ones.
"""

from __future__ import annotations

from pyoxigraph import NamedNode

from catalogue.rdf.namespaces import (
    ADMS,
    CSVW,
    CV,
    DCAT,
    DCATAP,
    DCT,
    EUCAIM,
    FOAF,
    GEODCATAP,
    HEALTHDCATAP,
    ODRL,
    RDFS,
    SKOS,
    VCARD,
)

ROLES: dict[str, tuple[NamedNode, ...]] = {
    # what a node is called; one that states nothing but a description is called by that
    "name": (
        FOAF["name"],
        VCARD["fn"],
        DCT["title"],
        SKOS["prefLabel"],
        RDFS["label"],
        CSVW["title"],
        CSVW["titles"],
        SKOS["notation"],
    ),
    # the head of a page and a row of a list
    "title": (DCT["title"],),
    "description": (DCT["description"],),
    "publisher": (DCT["publisher"],),
    "version": (DCAT["version"],),
    "modified": (DCT["modified"],),
    "issued": (DCT["issued"],),
    "access": (DCT["accessRights"],),
    "tier": (EUCAIM["interoperabilityLevel"], ADMS["interoperabilityLevel"]),
    # key figures: numbers, then spans from one property to another, then what it is about
    "numbers": (
        HEALTHDCATAP["numberOfUniqueIndividuals"],
        HEALTHDCATAP["numberOfRecords"],
        EUCAIM["nbrOfSegmentations"],
    ),
    "youngest": (HEALTHDCATAP["minTypicalAge"],),
    "oldest": (HEALTHDCATAP["maxTypicalAge"],),
    "topics": (EUCAIM["hasImageModality"], EUCAIM["hasImageBodyPart"], HEALTHDCATAP["healthCategory"]),
    # a period: a node that states nothing else is written "from … to …"
    "start": (DCAT["startDate"],),
    "end": (DCAT["endDate"],),
    # "How do I get it?", in this order
    "get": (
        DCAT["landingPage"],
        DCAT["contactPoint"],
        CV["contactPoint"],
        HEALTHDCATAP["hdab"],
        GEODCATAP["custodian"],
        DCATAP["applicableLegislation"],
    ),
    # the table of distributions
    "distributions": (DCAT["distribution"], ADMS["sample"], HEALTHDCATAP["analytics"]),
    "format": (DCT["format"], DCAT["mediaType"]),
    "size": (DCAT["byteSize"],),
    "licence": (DCT["license"],),
    "conditions": (DCT["rights"], ODRL["hasPolicy"], DCT["accessRights"]),
    "access address": (DCAT["accessURL"],),
    "download address": (DCAT["downloadURL"],),
}

# Access rights by the code at the end of the IRI: class of the sign, what it means for the reader.
ACCESS: dict[str, tuple[str, str]] = {
    "PUBLIC": ("public", "Open to everyone, under the conditions stated here."),
    "RESTRICTED": ("restricted", "Open to those who meet the conditions. Ask before you plan with it."),
    "NON_PUBLIC": (
        "non-public",
        "Not open. It may be used for permitted purposes after an application, as a rule where it is kept.",
    ),
    "SENSITIVE": ("non-public", "Sensitive: not open without a permit."),
    "CONFIDENTIAL": ("non-public", "Confidential: not open without a permit."),
}
