"""Does the profile `eucaim-2` say what the rules E01 to E37 ask?

One record that fulfils EUCAIM v2.0 and HealthDCAT-AP R8; each case changes it in one way and names the field and the
severity that must be found.
"""

# ruff: noqa: E501 - one case a line reads as a table
from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pyshacl
import pytest
import rdflib
from pyoxigraph import NamedNode
from shaping import HARD, SC, SH, fields_are_described

from catalogue.model import Finding, Kind, Obligation, Report, Severity
from catalogue.profiles import Profiles
from catalogue.rdf.graph import Graph
from catalogue.rdf.namespaces import PREFIXES
from catalogue.resources import shipped
from catalogue.vocabularies import Vocabularies

PROFILE = "eucaim-2"
BOTH = (PROFILE, "healthdcat-ap-8")
V, W, I = Severity.VIOLATION, Severity.WARNING, Severity.INFO  # noqa: E741 - short in the tables
SUBJECT = NamedNode("https://example.org/d")
EUCAIM_LISTS = "https://eucaim.github.io/eucaim_dcat_ap/releases/controlled-vocabularies/"
PLACES = {
    "ex": "https://example.org/",
    "nal": "http://publications.europa.eu/resource/authority/",
    "hdeu": "https://hdeu-dcat.data.health.europa.eu/resource/authority/",
    "acceptance": "https://hdeu-dcat.acceptance.data.health.europa.eu/resource/authority/",
    "iana": "http://www.iana.org/assignments/media-types/",
    "iso": "https://schemas.isotc211.org/resources/codelists/ISO19115-1.1.cit.CI-RoleCode/",
    "law": "http://data.europa.eu/eli/reg/",
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "access": f"{EUCAIM_LISTS}access-conditions/#",
    "use": f"{EUCAIM_LISTS}data-use-conditions/#",
    "pd": "https://w3id.org/dpv/pd#",
}
HEAD = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in {**PREFIXES, **PLACES}.items())
CATALOG = r"""
ex:d a dcat:Catalog ; dct:title "Cancer images"@en ; dct:description "What the hospital holds."@en ;
  dcatap:applicableLegislation law:2025\/327\/oj ; dct:publisher ex:hospital ; dcat:dataset ex:one ;
  dct:temporal ex:period ; dct:creator ex:hospital ; foaf:homepage ex:home ; dct:license ex:licence ;
  dct:issued "2025"^^xsd:gYear ; dct:modified "2026"^^xsd:gYear ; dct:spatial nal:continent\/EUROPE ;
  dct:language nal:language\/ENG .
ex:hospital a foaf:Agent ; foaf:name "Hospital" ; foaf:homepage ex:home ; cv:contactPoint ex:contact .
ex:contact a cv:ContactPoint ; cv:email "data@hospital.example" .
ex:period a dct:PeriodOfTime ; dcat:startDate "2004"^^xsd:gYear .
"""
SERIES = r"""
ex:d a dcat:DatasetSeries ; dct:title "Prostate MRI"@en ; dct:description "One dataset a year."@en ;
  dcatap:applicableLegislation law:2025\/327\/oj ; dct:publisher ex:hospital ; dcat:contactPoint ex:contact .
ex:hospital a foaf:Agent ; foaf:name "Hospital" .
ex:contact a vcard:Kind ; vcard:hasEmail <mailto:data@hospital.example> .
"""


@cache
def vocabularies() -> Vocabularies:
    return Vocabularies.load(shipped("ontologies"))


@cache
def profiles() -> Profiles:
    return Profiles.load(shipped("shapes"), vocabularies())


def triples(turtle: str) -> list[ox.Triple]:
    return [quad.triple for quad in ox.parse(HEAD + turtle, format=ox.RdfFormat.TURTLE)]


@cache
def base(kind: Kind) -> str:
    if kind is Kind.DATASET:
        return (Path(__file__).parent / "records" / "eucaim-base.ttl").read_text(encoding="utf-8")
    return CATALOG if kind is Kind.CATALOG else SERIES


def record(drop: str = "", add: str = "", kind: Kind = Kind.DATASET) -> Graph:
    """The base record without the values of some properties (`ex:d dct:title, ...`), and with more Turtle."""
    gone = {(t.subject, t.predicate) for item in drop.split(",") if item.strip() for t in triples(f"{item} 0 .")}
    kept = [t for t in triples(base(kind)) if (t.subject, t.predicate) not in gone]
    # A drop that hits nothing would make the case mean something else.
    assert gone <= {(t.subject, t.predicate) for t in triples(base(kind))}
    return Graph([*kept, *triples(add)])


def report(drop: str = "", add: str = "", kind: Kind = Kind.DATASET, ids: tuple[str, ...] = (PROFILE,)) -> Report:
    return profiles().validate(record(drop, add, kind), SUBJECT, kind, ids)


def of_rule(found: Report, rule: str, path: str) -> list[Finding]:
    return [f for f in found.findings if rule in f.rules and f.path == path and f.constraint != "ImpliedClass"]


@dataclass(frozen=True)
class Case:
    """A change that breaks a rule. `good` is another form that keeps it, put in place of the same values."""

    rule: str
    path: str
    severity: Severity
    drop: str = ""
    add: str = ""
    good: str = field(default="", kw_only=True)
    kind: Kind = field(default=Kind.DATASET, kw_only=True)


PUBLISHER = "dct:publisher / cv:contactPoint"
HOURS = f"{PUBLISHER} / cv:openingHours"
COLUMN = "healthdcatap:hasVariables / csvw:table / csvw:column"
FILE = "dcat:distribution"
POLICY = f"{FILE} / odrl:hasPolicy"
AGENT = "prov:qualifiedAttribution / prov:agent"
ORG = 'a foaf:Agent ; foaf:name "Org" ; cv:contactPoint [ a cv:ContactPoint ; cv:email "o@org.example" ]'
EUCAIM = "ex:eucaim a foaf:Agent ; foaf:name {} ; cv:contactPoint ex:hd . ex:hd a cv:ContactPoint ; {} . ex:d dct:publisher ex:eucaim ."
CONTACTED = 'cv:contactPage <https://cancerimage.eu/contact-us/> ; cv:email "contact@cancerimage.eu"'
CAT = Kind.CATALOG
# fmt: off
CASES = (
    Case("E01", "dct:identifier", V, "ex:d dct:identifier"),
    Case("E01", "dct:identifier", V, "", 'ex:d dct:identifier "second" .'),
    Case("E01", "dct:identifier", V, "ex:d dct:identifier", "ex:d dct:identifier ex:id ."),
    Case("E02", "dct:title", V, "ex:d dct:title", 'ex:d dct:title "RM da próstata"@pt .', good='ex:d dct:title "MRI"@en-GB .'),
    Case("E02", "dct:title", V, "ex:d dct:title", 'ex:d dct:title "Prostate MRI" .'),
    Case("E02", "dct:description", V, "ex:d dct:description"),
    Case("E02", "dct:description", V, "ex:d dct:description", 'ex:d dct:description "Imagens"@pt .'),
    Case("E03", "dcat:version", V, "ex:d dcat:version"),
    Case("E03", "dcat:version", V, "", 'ex:d dcat:version "2.0.0" .'),
    Case("E03", "dcat:version", W, "ex:d dcat:version", 'ex:d dcat:version "final" .', good='ex:d dcat:version "2026.08.1" .'),
    Case("E03", "dcat:version", W, "ex:d dcat:version", 'ex:d dcat:version "1" .', good='ex:d dcat:version "20231122" .'),
    Case("E04", "eucaim:interoperabilityLevel", V, "ex:d eucaim:interoperabilityLevel"),
    Case("E04", "eucaim:interoperabilityLevel", V, "", "ex:d eucaim:interoperabilityLevel eucaim:SPEC1000009 ."),
    Case("E04", "eucaim:interoperabilityLevel", V, "ex:d eucaim:interoperabilityLevel", "ex:d eucaim:interoperabilityLevel eucaim:SPEC1000008 .", good="ex:d eucaim:interoperabilityLevel eucaim:SPEC10000011 ."),
    Case("E05", FILE, V, "ex:d dcat:distribution"),
    Case("E06", "dcat:contactPoint", V, "ex:d dcat:contactPoint"),
    Case("E06", "dcat:contactPoint / (vcard:hasEmail|vcard:hasURL)", V, "ex:contact vcard:hasEmail, ex:contact vcard:hasURL", good="ex:contact vcard:hasURL ex:page ."),
    Case("E06", "dcat:contactPoint / vcard:hasEmail", V, "ex:contact vcard:hasEmail", "ex:contact vcard:hasEmail ex:mail ."),
    Case("E06", "dcat:contactPoint / vcard:hasEmail", V, "", "ex:contact vcard:hasEmail <mailto:b@hospital.example> ."),
    Case("E06", "dcat:contactPoint / vcard:hasURL", V, "", "ex:contact vcard:hasURL ex:other ."),
    Case("E07", "dcat:theme", V, "ex:d dcat:theme", r"ex:d dcat:theme nal:data-theme\/TECH ."),
    Case("E07", "dcat:theme", V, "", r"ex:d dcat:theme nal:data-theme\/TECH ."),
    Case("E08", "healthdcatap:healthCategory", V, "ex:d healthdcatap:healthCategory"),
    Case("E08", "healthdcatap:healthCategory", V, "ex:d healthdcatap:healthCategory", "ex:d healthdcatap:healthCategory ex:EHRS ."),
    Case("E08", "healthdcatap:healthTheme", V, "", "ex:d healthdcatap:healthTheme ex:cancer ."),
    Case("E08", "healthdcatap:healthTheme", W, "ex:d healthdcatap:healthTheme", r"ex:d healthdcatap:healthTheme hdeu:health-theme\/LIFECOURSE_HEALTH .", good=r"ex:d healthdcatap:healthTheme acceptance:health-theme\/CANCER_DISEASE ."),
    Case("E08", "healthdcatap:healthTheme", W, "ex:d healthdcatap:healthTheme"),
    Case("E08", "healthdcatap:healthCategory", I, "ex:d healthdcatap:healthCategory", r"ex:d healthdcatap:healthCategory acceptance:healthcategories\/EHRS ."),
    Case("E08", "healthdcatap:healthTheme", I, "ex:d healthdcatap:healthTheme", r"ex:d healthdcatap:healthTheme acceptance:health-theme\/CANCER_DISEASE ."),
    Case("E09", "dct:type", V, "ex:d dct:type"),
    Case("E09", "dct:type", V, "ex:d dct:type", r"ex:d dct:type nal:dataset-type\/STATISTICAL .", good="ex:d dct:type eucaim:SPEC1000019 , dpv:SyntheticData ."),
    Case("E09", "dct:type", V, "", "ex:d dct:type eucaim:IMG1000038 ."),
    Case("E10", "dct:accessRights", V, "ex:d dct:accessRights"),
    Case("E10", "dct:accessRights", V, "", r"ex:d dct:accessRights nal:access-right\/PUBLIC ."),
    Case("E10", "dct:accessRights", V, "ex:d dct:accessRights", r"ex:d dct:accessRights nal:access-right\/CONFIDENTIAL .", good=r"ex:d dct:accessRights nal:access-right\/RESTRICTED ."),
    Case("E11", "dcatap:applicableLegislation", V, "ex:d dcatap:applicableLegislation"),
    Case("E11", "dcatap:applicableLegislation", W, "ex:d dcatap:applicableLegislation", r"ex:d dcatap:applicableLegislation law:2016\/679\/oj ."),
    Case("E12", "dpv:hasLegalBasis", V, "ex:d dpv:hasLegalBasis", "ex:d dpv:hasLegalBasis dpv:ScientificResearch .", good="ex:d dpv:hasLegalBasis <https://w3id.org/dpv/legal/eu/gdpr#A6-1-e> ."),
    Case("E12", "dpv:hasPersonalData", V, "ex:d dpv:hasPersonalData", "ex:d dpv:hasPersonalData ex:Age .", good="ex:d dpv:hasPersonalData dpv:SensitivePersonalData ."),
    Case("E12", "dpv:hasPersonalData", I, "ex:d dpv:hasPersonalData", "ex:d dpv:hasPersonalData pd:Age ."),
    Case("E12", "dpv:hasPurpose", W, "ex:d dpv:hasPurpose", "ex:d dpv:hasPurpose ex:why .", good='ex:d dpv:hasPurpose [ a dpv:Purpose ; dct:description "To train a model"@en ] .'),
    Case("E12", "dpv:hasPurpose / dct:description", W, "", 'ex:d dpv:hasPurpose [ a dpv:Purpose ; dct:description "To train a model" ] .'),
    Case("E13", "healthdcatap:retentionPeriod", V, "", "ex:d healthdcatap:retentionPeriod ex:acquisition ."),
    Case("E13", "healthdcatap:retentionPeriod / (dcat:startDate|dcat:endDate|time:hasBeginning|time:hasEnd)", V, "ex:retention dcat:startDate, ex:retention dcat:endDate", 'ex:retention rdfs:label "Open" .', good='ex:retention dcat:startDate "2024"^^xsd:gYear .'),
    Case("E13", "dct:temporal / (dcat:startDate|dcat:endDate|time:hasBeginning|time:hasEnd)", V, "ex:acquisition dcat:startDate, ex:acquisition dcat:endDate", 'ex:acquisition rdfs:label "Open" .', good='ex:acquisition dcat:endDate "2024"^^xsd:gYear .'),
    Case("E13", "healthdcatap:retentionPeriod / dcat:startDate", W, "ex:retention dcat:startDate", 'ex:retention dcat:startDate "2050-01-01"^^xsd:date .'),
    Case("E13", "dct:temporal / dcat:startDate", W, "ex:acquisition dcat:startDate", 'ex:acquisition dcat:startDate "2024"^^xsd:gYear .'),
    Case("E14", "dct:publisher", V, "ex:d dct:publisher"),
    Case("E14", "dct:publisher", V, "", "ex:d dct:publisher ex:hdab ."),
    Case("E14", "dct:publisher / foaf:name", V, "ex:d dct:publisher", 'ex:d dct:publisher [ a foaf:Agent ; cv:contactPoint ex:hdab-contact ] .'),
    Case("E14", PUBLISHER, V, "ex:d dct:publisher", 'ex:d dct:publisher [ a foaf:Agent ; foaf:name "Org" ] .', good=f"ex:d dct:publisher [ {ORG} ] ."),
    Case("E14", f"{PUBLISHER} / (cv:email|cv:contactPage)", V, "ex:d dct:publisher", 'ex:d dct:publisher [ a foaf:Agent ; foaf:name "Org" ; cv:contactPoint [ a cv:ContactPoint ; cv:telephone "+32 2 555" ] ] .'),
    Case("E14", f"{PUBLISHER} / cv:email", V, "ex:d geodcatap:custodian, ex:hospital-contact cv:email", "ex:hospital-contact cv:email <mailto:a@hospital.example> ."),
    Case("E14", "dct:publisher / dct:type", V, "ex:d geodcatap:custodian, ex:hospital dct:type", "ex:hospital dct:type ex:hospitals ."),
    Case("E14", "dct:publisher / dct:type", V, "ex:d geodcatap:custodian", r"ex:hospital dct:type hdeu:publisher-type\/university ."),
    Case("E14", "dct:publisher / dct:type", W, "ex:d geodcatap:custodian, ex:hospital dct:type"),
    Case("E14", "dct:publisher / dct:description", W, "ex:d geodcatap:custodian, ex:hospital dct:description"),
    Case("E14", "dct:publisher/dct:description", I, "ex:d geodcatap:custodian", 'ex:hospital dct:description "Um hospital universitário."@pt .'),
    Case("E15", "dct:publisher", V, "ex:d dct:publisher", EUCAIM.format('"EUCAIM"@en', 'cv:email "contact@cancerimage.eu"'), good=EUCAIM.format('"EUCAIM"@en', CONTACTED)),
    Case("E15", "dct:publisher", V, "ex:d dct:publisher", f"ex:d dct:publisher <https://cancerimage.eu/> . <https://cancerimage.eu/> {ORG} ."),
    Case("E16", f"{PUBLISHER} / cv:telephone", W, "ex:d geodcatap:custodian, ex:hospital-contact cv:telephone", 'ex:hospital-contact cv:telephone "239 555 0101" .'),
    Case("E17", f"{HOURS} / dct:description", V, "ex:d geodcatap:custodian, ex:hours dct:description"),
    Case("E17", f"{HOURS} / cv:frequency", V, "ex:d geodcatap:custodian, ex:hours cv:frequency", "ex:hours cv:frequency ex:weekly ."),
    Case("E17", HOURS, V, "ex:d geodcatap:custodian, ex:hours a", "ex:hours a foaf:Document ."),
    Case("E17", HOURS, I, "ex:d geodcatap:custodian, ex:hours a", "ex:hours a dct:PeriodOfTime ."),
    Case("E17", f"{PUBLISHER} / cv:specialOpeningHoursSpecification / dct:description", V, "ex:d geodcatap:custodian", "ex:hospital-contact cv:specialOpeningHoursSpecification [ a time:TemporalEntity ] .", good='ex:hospital-contact cv:specialOpeningHoursSpecification [ a dct:PeriodOfTime ; dct:description "Closed in August"@en ] .'),
    Case("E18", "healthdcatap:hasStructuredData", V, "ex:d healthdcatap:hasStructuredData"),
    Case("E18", "healthdcatap:hasStructuredData", V, "ex:d healthdcatap:hasStructuredData", 'ex:d healthdcatap:hasStructuredData "true" .'),
    Case("E18", "", V, "ex:d healthdcatap:hasVariables"),
    Case("E18", "", V, "ex:d healthdcatap:hasVariables, ex:d healthdcatap:hasStructuredData", 'ex:d healthdcatap:hasStructuredData "1"^^xsd:boolean .', good="ex:d healthdcatap:hasStructuredData false ."),
    Case("E18", "healthdcatap:hasVariables / csvw:table", V, "ex:variables csvw:table"),
    Case("E18", "healthdcatap:hasVariables / dct:title", I, "ex:variables dct:title"),
    Case("E18", "healthdcatap:hasVariables / csvw:table / csvw:column", V, "ex:patients csvw:column", good="ex:patients csvw:column ( ex:psa ) ."),
    Case("E18", f"{COLUMN} / (csvw:title|csvw:titles)", V, "ex:psa csvw:title", good='ex:psa csvw:titles "PSA"@en .'),
    Case("E18", f"{COLUMN} / csvw:title", I, "ex:psa csvw:title", 'ex:psa csvw:titles "PSA"@en .'),
    Case("E18", f"{COLUMN} / csvw:name", I, "", 'ex:psa csvw:name "psa2" .'),
    Case("E18", f"{COLUMN} / csvw:datatype", V, "ex:psa csvw:datatype"),
    Case("E19", "healthdcatap:numberOfUniqueIndividuals", V, "ex:d healthdcatap:numberOfUniqueIndividuals"),
    Case("E19", "healthdcatap:numberOfRecords", V, "ex:d healthdcatap:numberOfRecords", "ex:d healthdcatap:numberOfRecords 815 ."),
    Case("E19", "healthdcatap:numberOfRecords", V, "", 'ex:d healthdcatap:numberOfRecords "816"^^xsd:nonNegativeInteger .'),
    Case("E19", "healthdcatap:numberOfUniqueIndividuals", I, "ex:d healthdcatap:numberOfUniqueIndividuals", 'ex:d healthdcatap:numberOfUniqueIndividuals "900"^^xsd:nonNegativeInteger .'),
    *(Case("E20", path, V, f"ex:d {path}") for path in ("eucaim:hasBirthSex", "eucaim:hasImageModality", "eucaim:hasEquipmentManufacturer", "eucaim:hasImageBodyPart", "eucaim:collectionMethod", "eucaim:hasCondition")),
    *(Case("E20", path, V, f"ex:d {path}", f"ex:d {path} eucaim:SPEC1000009 .") for path in ("eucaim:hasBirthSex", "eucaim:hasEquipmentManufacturer", "eucaim:hasImageBodyPart", "eucaim:collectionMethod", "eucaim:hasCondition")),
    Case("E20", "eucaim:hasImageModality", V, "ex:d eucaim:hasImageModality", "ex:d eucaim:hasImageModality eucaim:IMG1000022 .", good="ex:d eucaim:hasImageModality eucaim:IMG1000042 ."),
    Case("E20", "eucaim:hasImageModality", V, "ex:d eucaim:hasImageModality", 'ex:d eucaim:hasImageModality "MR" .'),
    Case("E20", "eucaim:hasCondition", V, "", "ex:d eucaim:hasCondition eucaim:CLIN1007989 ."),
    Case("E21", "healthdcatap:minTypicalAge", V, "ex:d healthdcatap:minTypicalAge", "ex:d healthdcatap:minTypicalAge 45 ."),
    Case("E21", "healthdcatap:maxTypicalAge", V, "", 'ex:d healthdcatap:maxTypicalAge "81"^^xsd:nonNegativeInteger .'),
    Case("E21", "healthdcatap:minTypicalAge", W, "ex:d healthdcatap:minTypicalAge", 'ex:d healthdcatap:minTypicalAge "81"^^xsd:nonNegativeInteger .'),
    Case("E21", "healthdcatap:maxTypicalAge", W, "ex:d healthdcatap:maxTypicalAge", 'ex:d healthdcatap:maxTypicalAge "960"^^xsd:nonNegativeInteger .'),
    Case("E22", "eucaim:hasAnnotationLabel", V, "ex:d eucaim:hasAnnotationLabel", "ex:d eucaim:hasAnnotationLabel eucaim:SPEC1000009 ."),
    Case("E22", "eucaim:hasAlgorithmType", V, "ex:d eucaim:hasAlgorithmType", "ex:d eucaim:hasAlgorithmType eucaim:SPEC1000009 .", good="ex:d eucaim:hasAlgorithmType eucaim:COM1000008 ."),
    Case("E22", "eucaim:nbrOfSegmentations", V, "", 'ex:d eucaim:nbrOfSegmentations "3"^^xsd:nonNegativeInteger .'),
    Case("E22", "eucaim:nbrOfSegmentations", V, "ex:d eucaim:nbrOfSegmentations", 'ex:d eucaim:nbrOfSegmentations "-3"^^xsd:integer .'),
    Case("E22", "", W, "ex:d dct:type", "ex:d dct:type eucaim:SPEC1000020 ."),
    Case("E22", "eucaim:nbrOfSegmentations", W, "ex:d eucaim:nbrOfSegmentations", 'ex:d eucaim:nbrOfSegmentations "900"^^xsd:nonNegativeInteger .'),
    Case("E23", "dcat:keyword", V, "ex:d dcat:keyword"),
    Case("E23", "dcat:keyword", W, "", 'ex:d dcat:keyword "prostate" .'),
    Case("E23", "dct:provenance", V, "ex:d dct:provenance"),
    Case("E23", "dct:provenance", V, "ex:d dct:provenance", 'ex:d dct:provenance "from the PACS"@en .'),
    Case("E23", "dct:provenance / (rdfs:label|dct:description)", W, "ex:provenance rdfs:label", 'ex:provenance rdfs:label "From the PACS." .'),
    Case("E24", "prov:wasGeneratedBy / dct:type", V, "ex:activity dct:type"),
    Case("E24", "prov:wasGeneratedBy / dct:type", V, "ex:activity dct:type", "ex:activity dct:type ex:trial ."),
    Case("E24", "prov:wasGeneratedBy / dct:type", V, "", r"ex:activity dct:type hdeu:health-activity\/COHORT ."),
    Case("E24", "prov:wasGeneratedBy/dct:type", I, "ex:activity dct:type", r"ex:activity dct:type acceptance:health-activity\/COHORT ."),
    Case("E25", "dct:conformsTo", V, "", "ex:d dct:conformsTo <https://www.dicomstandard.org/> ."),
    Case("E25", "dct:conformsTo", I, "ex:d dct:conformsTo", r"ex:d dct:conformsTo acceptance:standard\/DICOM ."),
    Case("E25", "healthdcatap:hasCodingSystem", V, "", "ex:d healthdcatap:hasCodingSystem <http://snomed.info/sct> ."),
    Case("E25", "healthdcatap:hasCodingSystem", I, "ex:d healthdcatap:hasCodingSystem", r"ex:d healthdcatap:hasCodingSystem acceptance:coding-system\/ICD-10 ."),
    Case("E25", "healthdcatap:hasCodeValues", V, "ex:d healthdcatap:hasCodeValues", "ex:d healthdcatap:hasCodeValues <http://hl7.org/fhir/sid/icd-10/C61> ."),
    Case("E26", "geodcatap:custodian", V, "", "ex:d geodcatap:custodian ex:hdab ."),
    Case("E26", "geodcatap:custodian / cv:contactPoint", V, "ex:d geodcatap:custodian", 'ex:d geodcatap:custodian [ a foaf:Agent ; foaf:name "Org" ] .', good=f"ex:d geodcatap:custodian [ {ORG} ] ."),
    Case("E26", "geodcatap:custodian / foaf:name", V, "ex:d geodcatap:custodian", "ex:d geodcatap:custodian [ a foaf:Agent ; cv:contactPoint ex:hdab-contact ] ."),
    Case("E27", "healthdcatap:hdab", W, "ex:d healthdcatap:hdab"),
    Case("E27", "healthdcatap:hdab", V, "", "ex:d healthdcatap:hdab ex:hospital ."),
    Case("E27", "healthdcatap:hdab / cv:contactPoint", V, "ex:hdab cv:contactPoint"),
    Case("E27", "healthdcatap:hdab / cv:contactPoint / (cv:email|cv:contactPage)", V, "ex:hdab-contact cv:contactPage", 'ex:hdab-contact cv:telephone "+32 2 555" .'),
    Case("E27", "healthdcatap:hdab / foaf:name", V, "ex:hdab foaf:name"),
    Case("E28", "dct:creator / foaf:name", V, "ex:group foaf:name"),
    Case("E28", "dct:creator / (foaf:homepage|foaf:mbox)", W, "ex:group foaf:mbox", good="ex:group foaf:homepage ex:group-page ."),
    Case("E28", "dct:creator / foaf:mbox", V, "ex:group foaf:mbox", "ex:group foaf:mbox ex:mail ."),
    Case("E28", "dct:creator / dct:type", V, "ex:group dct:type", "ex:group dct:type ex:team ."),
    Case("E29", "dct:issued", V, "ex:d dct:issued", 'ex:d dct:issued "spring 2025" .', good='ex:d dct:issued "2025-03"^^xsd:gYearMonth . '),
    Case("E29", "dct:modified", V, "ex:d dct:modified", 'ex:d dct:modified "2026-13-01"^^xsd:date .', good='ex:d dct:modified "2026-08-01"^^xsd:date .'),
    Case("E29", "dct:issued", V, "", 'ex:d dct:issued "2025-03-02"^^xsd:date .'),
    Case("E29", "dct:issued", W, "ex:d dct:issued", 'ex:d dct:issued "2026-08-02"^^xsd:date .'),
    Case("E29", "dct:temporal / dcat:startDate", V, "ex:acquisition dcat:startDate", 'ex:acquisition dcat:startDate "2016" .'),
    Case("E30", "dcat:spatialResolutionInMeters", V, "ex:d dcat:spatialResolutionInMeters", "ex:d dcat:spatialResolutionInMeters -0.5 ."),
    Case("E30", "dcat:spatialResolutionInMeters", V, "ex:d dcat:spatialResolutionInMeters", 'ex:d dcat:spatialResolutionInMeters "0.5 mm" .'),
    Case("E30", "dcat:spatialResolutionInMeters", W, "ex:d dcat:spatialResolutionInMeters", "ex:d dcat:spatialResolutionInMeters 1000.0 ."),
    Case("E30", "dcat:temporalResolution", V, "ex:d dcat:temporalResolution", 'ex:d dcat:temporalResolution "1 day" .'),
    Case("E31", AGENT, V, "ex:attribution prov:agent"),
    Case("E31", AGENT, V, "", "ex:attribution prov:agent ex:hospital ."),
    Case("E31", AGENT, V, "ex:fund foaf:name"),
    Case("E31", "prov:qualifiedAttribution / dcat:hadRole", V, "ex:attribution dcat:hadRole"),
    Case("E31", "prov:qualifiedAttribution / dcat:hadRole", V, "ex:attribution dcat:hadRole", "ex:attribution dcat:hadRole ex:payer .", good="ex:attribution dcat:hadRole ex:payer , iso:owner ."),
    Case("E31", f"{AGENT} / foaf:mbox", V, "ex:fund foaf:mbox", "ex:fund foaf:mbox ex:mail ."),
    Case("E31", f"{AGENT} / foaf:homepage", V, "", "ex:fund foaf:homepage ex:second ."),
    Case("E31", f"{AGENT} / dct:type", V, "ex:fund dct:type", "ex:fund dct:type ex:charity ."),
    Case("E32", "dcat:qualifiedRelation / dct:relation", V, "ex:relation dct:relation"),
    Case("E32", "dcat:qualifiedRelation / dcat:hadRole", V, "ex:relation dcat:hadRole"),
    Case("E32", "dcat:qualifiedRelation / dcat:hadRole", W, "ex:relation dcat:hadRole", "ex:relation dcat:hadRole ex:sibling .", good="ex:relation dcat:hadRole <http://id.loc.gov/vocabulary/relators/ctb> ."),
    Case("E33", "adms:sample", V, "ex:d adms:sample", "ex:d adms:sample ex:bare .", good="ex:d adms:sample ex:counts ."),
    Case("E33", "healthdcatap:analytics", V, "ex:d healthdcatap:analytics", "ex:d healthdcatap:analytics [ a foaf:Document ; dcat:accessURL ex:counts-page ] ."),
    Case("E34", "dct:spatial", V, "ex:d dct:spatial", "ex:d dct:spatial ex:portugal .", good="ex:d dct:spatial <https://sws.geonames.org/2740637/> ."),
    Case("E34", "dct:spatial", V, "ex:d dct:spatial", 'ex:d dct:spatial "Portugal" .'),
    Case("E35", f"{FILE} / dcat:accessURL", V, "ex:images dcat:accessURL"),
    Case("E35", f"{FILE} / dcatap:applicableLegislation", V, "ex:images dcatap:applicableLegislation"),
    Case("E35", f"{FILE} / dcat:byteSize", V, "ex:images dcat:byteSize", "ex:images dcat:byteSize 412.5 ."),
    Case("E35", f"{FILE} / dcat:byteSize", V, "", 'ex:images dcat:byteSize "1"^^xsd:nonNegativeInteger .'),
    Case("E35", f"{FILE} / dcatap:availability", V, "ex:images dcatap:availability", "ex:images dcatap:availability ex:stable ."),
    Case("E35", f"{FILE} / dct:format", V, "ex:images dct:format", 'ex:images dct:format "DICOM" .'),
    Case("E35", f"{FILE} / adms:status", V, "ex:images adms:status", r"ex:images adms:status nal:dataset-status\/COMPLETED ."),
    Case("E35", f"{FILE} / dct:language", V, "", "ex:images dct:language ex:english ."),
    Case("E35", f"{FILE} / dcat:mediaType", W, "ex:images dcat:mediaType", "ex:images dcat:mediaType ex:dicom ."),
    Case("E35", f"{FILE} / spdx:checksum / spdx:checksumValue", V, "ex:checksum spdx:checksumValue"),
    Case("E35", f"{FILE} / spdx:checksum / spdx:algorithm", V, "ex:checksum spdx:algorithm"),
    Case("E35", f"{FILE} / spdx:checksum / spdx:algorithm", V, "ex:checksum spdx:algorithm", "ex:checksum spdx:algorithm ex:sha1 ."),
    Case("E35", f"{FILE} / spdx:checksum / spdx:checksumValue", V, "ex:checksum spdx:checksumValue", 'ex:checksum spdx:checksumValue "2FD4E1C67A2D28FCED849EE1BB76E7391B93EB12"^^xsd:hexBinary .'),
    Case("E35", f"{FILE} / spdx:checksum", V, "ex:checksum spdx:checksumValue", 'ex:checksum spdx:checksumValue "2fd4e1c67a2d"^^xsd:hexBinary .'),
    Case("E35", f"{FILE} / spdx:checksum", V, "ex:checksum spdx:algorithm", "ex:checksum spdx:algorithm spdx:checksumAlgorithm_sha256 .", good="ex:checksum spdx:algorithm spdx:checksumAlgorithm_blake3 ."),
    Case("E35", f"{FILE} / dct:rights", W, "ex:images dct:rights"),
    Case("E35", f"{FILE} / dct:rights", W, "ex:images dct:rights", "ex:images dct:rights use:GENERAL_RESEARCH_USE .", good="ex:images dct:rights use:GENERAL_RESEARCH_USE , access:DOWNLOAD ."),
    Case("E35", f"{FILE} / dct:rights", W, "", 'ex:images dct:rights [ a dct:RightsStatement ; rdfs:label "Ask us"@en ] .'),
    Case("E35", f"{FILE} / dct:rights", I, "", "ex:images dct:rights use:GENERAL_RESEARCH_USE ."),
    Case("E35", f"{POLICY} / (odrl:permission|odrl:prohibition|odrl:obligation)", V, "ex:policy odrl:permission", good="ex:policy odrl:obligation [ a odrl:Duty ; odrl:action odrl:attribute ] ."),
    Case("E35", f"{POLICY} / odrl:permission / odrl:action", V, "ex:permission odrl:action", "ex:permission odrl:target ex:d ."),
    Case("E35", f"{POLICY} / odrl:permission / odrl:action", V, "ex:permission odrl:action", "ex:permission odrl:action ex:look ."),
    Case("E35", f"{POLICY} / odrl:prohibition / odrl:action", V, "", "ex:policy odrl:prohibition [ a odrl:Prohibition ] ."),
    Case("E35", f"{POLICY} / odrl:uid", W, "ex:policy odrl:uid"),
    Case("E35", POLICY, W, "ex:images odrl:hasPolicy", "ex:images odrl:hasPolicy [ a odrl:Policy ; odrl:uid ex:policy ; odrl:permission ex:permission ] ."),
    Case("E35", f"{FILE} / dct:issued", V, "ex:images dct:issued", 'ex:images dct:issued "2025-03-01" .'),
    Case("E35", f"{FILE} / dct:issued", W, "ex:images dct:issued", 'ex:images dct:issued "2027-03-01"^^xsd:date .'),
    Case("E36", "dct:title", V, "ex:d dct:title", kind=CAT),
    Case("E36", "dct:description", V, "ex:d dct:description", kind=CAT),
    Case("E36", "dcatap:applicableLegislation", V, "ex:d dcatap:applicableLegislation", kind=CAT),
    Case("E36", "dct:publisher", V, "ex:d dct:publisher", kind=CAT),
    Case("E36", "dct:publisher", V, "", f"ex:d dct:publisher [ {ORG} ] .", kind=CAT),
    Case("E14", "dct:publisher / cv:contactPoint / (cv:email|cv:contactPage)", V, "ex:d dct:creator, ex:contact cv:email", 'ex:contact cv:telephone "+32 2 555" .', kind=CAT),
    Case("E36", "foaf:homepage", V, "", "ex:d foaf:homepage ex:second .", kind=CAT),
    Case("E36", "dct:license", V, "", "ex:d dct:license ex:second .", kind=CAT),
    Case("E36", "dct:issued", V, "", 'ex:d dct:issued "2024"^^xsd:gYear .', kind=CAT),
    Case("E36", "dct:modified", V, "", 'ex:d dct:modified "2025"^^xsd:gYear .', kind=CAT),
    Case("E36", "dct:creator", V, "", f"ex:d dct:creator [ {ORG} ] .", kind=CAT),
    Case("E36", "(dcat:dataset|dcat:service)", W, "ex:d dcat:dataset", good="ex:d dcat:service ex:beacon .", kind=CAT),
    Case("E36", "dct:language", V, "ex:d dct:language", "ex:d dct:language ex:english .", kind=CAT),
    Case("E36", "dct:temporal / (dcat:startDate|dcat:endDate|time:hasBeginning|time:hasEnd)", W, "ex:period dcat:startDate", 'ex:period rdfs:label "Long ago" .', kind=CAT),
    Case("E37", "", W, "ex:d eucaim:interoperabilityLevel", "ex:d adms:interoperabilityLevel eucaim:SPEC1000011 .", good="ex:d adms:interoperabilityLevel eucaim:SPEC1000011 ; eucaim:interoperabilityLevel eucaim:SPEC1000011 ."),
    Case("E04", "eucaim:interoperabilityLevel", V, "ex:d eucaim:interoperabilityLevel", "ex:d adms:interoperabilityLevel eucaim:SPEC1000011 ."),
)
# fmt: on

# What core SHACL on one record cannot say, and why.
NOT_SAID = {
    "E01": "unique in the catalogue: needs the other records",
    "E11": "where applicable: whether a law applies is not in the data",
    "E14": "most specific type: several may be right",
    "E27": "left empty only while the body has not been designated: not in the data",
    "E32": "a more exact property would fit: not in the data",
    "E33": "the sample specification has not been published",
    "E35": "the checksum matches the file behind the download URL: needs the file",
}


def names(cases: tuple[Case, ...]) -> list[str]:
    return [f"{case.rule} {case.path} {number}" for number, case in enumerate(cases)]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_a_broken_rule_is_found_at_its_field(case: Case) -> None:
    found = report(case.drop, case.add, case.kind)
    assert case.severity in {f.severity for f in of_rule(found, case.rule, case.path)}, found.findings
    if case.severity is V:
        assert not found.conforms


@pytest.mark.parametrize("case", [case for case in CASES if case.good], ids=names(tuple(c for c in CASES if c.good)))
def test_another_form_that_keeps_the_rule_is_taken(case: Case) -> None:
    found = report(case.drop, case.good, case.kind)
    assert case.severity not in {f.severity for f in of_rule(found, case.rule, case.path)}
    assert found.conforms, found.findings


@pytest.mark.parametrize("kind", list(Kind))
def test_the_base_record_conforms(kind: Kind) -> None:
    found = report(kind=kind)
    assert found.conforms, found.findings
    assert not [f for f in found.findings if f.severity is W and kind is not Kind.CATALOG]


def test_one_record_conforms_to_eucaim_and_to_healthdcat_ap_release_8() -> None:
    found = report(ids=BOTH)
    assert [outcome.conforms for outcome in found.profiles] == [True, True], found.findings


def test_every_rule_has_a_case_and_what_cannot_be_said_is_named() -> None:
    assert {case.rule for case in CASES} == {f"E{number:02}" for number in range(1, 38)}
    assert set(NOT_SAID) <= {case.rule for case in CASES}


@pytest.mark.parametrize(
    "name",
    [
        "TBD",
        "tbc",
        "Unknown",
        "n/a",
        "N.A.",
        "None",
        "-",
        "???",
        "[to be determined]",
        "not yet designated",
        "",
    ],
)
def test_a_placeholder_is_no_health_data_access_body(name: str) -> None:
    found = report("ex:hdab foaf:name", f'ex:hdab foaf:name "{name}" .')
    assert V in {f.severity for f in of_rule(found, "E27", "healthdcatap:hdab / foaf:name")}


@pytest.mark.parametrize(
    "name", ["Nationale Behörde", "Υπουργείο Υγείας", "Tbilisi Health Agency", "NA-Agentur", "Findata"]
)
def test_a_real_name_is_not_taken_for_a_placeholder(name: str) -> None:
    assert report("ex:hdab foaf:name", f'ex:hdab foaf:name "{name}" .').conforms


def test_a_record_without_a_health_data_access_body_is_taken_at_onboarding_with_a_warning() -> None:
    found = report("ex:d healthdcatap:hdab")
    assert found.conforms
    assert [f.severity for f in found.findings if f.path == "healthdcatap:hdab"] == [W]


def test_every_vocabulary_of_healthdata_at_eu_is_taken_from_both_addresses() -> None:
    text = base(Kind.DATASET).replace(PLACES["hdeu"], PLACES["acceptance"])
    graph = Graph(triples(text))
    found = profiles().validate(graph, SUBJECT, Kind.DATASET, [PROFILE])
    noted = {f.path for f in found.findings if f.severity is I and f.code.endswith("-base")}
    assert found.conforms, found.findings
    assert {path.split("/")[0].strip(" (") for path in noted} >= {
        "healthdcatap:healthCategory",
        "healthdcatap:healthTheme",
        "dct:conformsTo",
        "healthdcatap:hasCodingSystem",
        "prov:wasGeneratedBy",
    }
    assert [f for f in found.findings if f.code.endswith("Agent-type-base")]


@pytest.mark.parametrize("tier", [*range(1000009, 1000017), 10000011])
def test_each_of_the_nine_tiers_is_taken(tier: int) -> None:
    tier_of = "ex:d eucaim:interoperabilityLevel"
    assert report(tier_of, f"{tier_of} eucaim:SPEC{tier} .").conforms


def test_a_hostile_name_or_version_does_not_keep_the_engine_busy() -> None:
    long = "." * 200_000
    found = report(
        "ex:hdab foaf:name, ex:d dcat:version", f'ex:hdab foaf:name "{long}x" . ex:d dcat:version "1{long}" .'
    )
    assert W in {f.severity for f in of_rule(found, "E03", "dcat:version")}


def shapes_graph() -> rdflib.Graph:
    graph = rdflib.Graph()
    for folder in ("common", PROFILE):
        for path in sorted((shipped("shapes") / folder).glob("*.ttl")):
            graph.parse(path)
    return graph


def in_rdflib(found: list[ox.Triple]) -> rdflib.Graph:
    return rdflib.Graph().parse(data="\n".join(f"{triple} ." for triple in found), format="nt")


def facts_about(data: rdflib.Graph) -> rdflib.Graph:
    return in_rdflib(
        vocabularies().lookup([str(value) for value in data.objects() if isinstance(value, rdflib.URIRef)])
    )


def test_the_shapes_are_well_formed_and_any_shacl_engine_takes_the_base_record() -> None:
    """Checked against the shapes of SHACL itself; no result of any severity, so nested advice does not leak."""
    # A plain engine would also judge the other records that are only named here.
    graph = record("ex:d dct:source, ex:d dcat:hasVersion, ex:d dcat:inSeries")
    data = in_rdflib([*graph, *profiles().imply_types(graph, [PROFILE])])
    conforms, _, words = pyshacl.validate(data + facts_about(data), shacl_graph=shapes_graph(), meta_shacl=True)
    assert conforms, words


def test_advice_on_a_nested_node_is_never_a_violation_in_a_plain_engine() -> None:
    """A node shape that is reached by `sh:node` from a violation gives nothing but violations."""
    shapes = shapes_graph()
    for outer, inner in shapes.subject_objects(SH.node):
        if shapes.value(outer, SH.severity) is None:
            mild = [part for part in shapes.objects(inner, SH.property) if shapes.value(part, SH.severity)]
            assert mild == [], outer


def test_classes_of_the_hyper_ontology_are_never_asked_of_a_value_as_its_type() -> None:
    asked = {str(class_) for class_ in shapes_graph().objects(None, SH["class"])}
    assert not [class_ for class_ in asked if class_.startswith(PREFIXES["eucaim"])]


def test_every_field_is_described_for_people() -> None:
    shapes = shapes_graph()
    fields_are_described(shapes, 170)


def test_a_constraint_that_is_not_plain_says_what_is_wrong_and_how_it_is_mended() -> None:
    shapes = shapes_graph()
    ours = rdflib.URIRef(f"urn:health-catalogue:shapes:{PROFILE}:")
    for shape in {s for term in HARD for s in shapes.subjects(term) if str(s).startswith(ours)}:
        assert shapes.value(shape, SH.message) is not None, shape
        assert shapes.value(shape, SC.mend) is not None, shape


def test_every_example_keeps_the_constraints_of_its_field() -> None:
    """Each example becomes the value of a node of its own; each field is given that node as its target."""
    shapes, data = shapes_graph(), rdflib.Graph()
    shapes.remove((None, SH.targetClass, None))
    for number, (shape, example) in enumerate(sorted(shapes.subject_objects(SC.example))):
        node = rdflib.URIRef(f"https://example.org/node/{number}")
        data.parse(data=f"{HEAD}<{node}> <{shapes.value(shape, SH.path)}> {example} .", format="turtle")
        for further in {shape, *shapes.subjects(SH.path, shapes.value(shape, SH.path))}:
            # Further constraints of the same field; an example need not follow all advice.
            if str(further).startswith(str(shape)) and not shapes.value(further, SH.severity):
                shapes.add((further, SH.targetNode, node))
    bare = {value for value in data.objects() if isinstance(value, rdflib.URIRef)} - set(data.subjects())
    for shape, class_ in shapes.subject_objects(SH["class"]):
        path = shapes.value(shape, SH.path)
        for value in bare.intersection(data.objects(None, path)):
            data.add((value, rdflib.RDF.type, class_))
    _, results, words = pyshacl.validate(data + facts_about(data), shacl_graph=shapes)
    assert list(results.subjects(rdflib.RDF.type, SH.ValidationResult)) == [], words


def test_obligations_are_those_of_the_table() -> None:
    fields = {f.path: f.obligation for f in profiles().fields([PROFILE], f"{PREFIXES['dcat']}Dataset")}

    def of(obligation: Obligation) -> int:
        return sum(value is obligation for value in fields.values())

    assert fields[f"{PREFIXES['healthdcatap']}hdab"] is Obligation.CONDITIONAL
    assert fields[f"{PREFIXES['healthdcatap']}hasVariables"] is Obligation.CONDITIONAL
    assert [of(o) for o in (Obligation.MANDATORY, Obligation.RECOMMENDED, Obligation.OPTIONAL)] == [
        24,
        19,
        21,
    ]


def test_the_page_begins_with_the_identification_and_has_imaging_and_annotations() -> None:
    fields = profiles().fields(BOTH, f"{PREFIXES['dcat']}Dataset")
    groups = [f.group.iri.rsplit(":", 1)[-1] for f in fields if f.group]
    assert fields[0].name == "Title"
    assert list(dict.fromkeys(groups))[:7] == [
        "identification",
        "classification",
        "access",
        "population",
        "imaging",
        "annotations",
        "provenance",
    ]
