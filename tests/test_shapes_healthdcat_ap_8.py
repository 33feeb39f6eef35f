"""Does the profile `healthdcat-ap-8` say what the rules H01 to H62 ask?

One record that fulfils every rule; each case changes it in one way and names the field and severity that must be found.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import pyoxigraph as ox
import pyshacl
import pytest
import rdflib
from pyoxigraph import NamedNode
from shaping import SC, SH, examples_are_values

from catalogue.model import Kind, Obligation, Report, Severity
from catalogue.profiles import Profiles
from catalogue.rdf.graph import Graph
from catalogue.rdf.namespaces import PREFIXES
from catalogue.resources import shipped
from catalogue.vocabularies import Vocabularies

PROFILE = "healthdcat-ap-8"
V, W, I = Severity.VIOLATION, Severity.WARNING, Severity.INFO  # noqa: E741 - short in the tables
NAL = "http://publications.europa.eu/resource/authority/"
HDEU = "https://hdeu-dcat.data.health.europa.eu/resource/authority/"
PLACES = {
    "ex": "https://example.org/",
    "nal": NAL,
    "hdeu": HDEU,
    "right": NAL + "access-right/",
    "theme": NAL + "data-theme/",
    "category": HDEU + "healthcategories/",
    "acceptance": HDEU.replace("hdeu-dcat.", "hdeu-dcat.acceptance.") + "healthcategories/",
    "iana": "http://www.iana.org/assignments/media-types/",
    "algorithm": "http://spdx.org/rdf/terms#checksumAlgorithm_",
    "law": "http://data.europa.eu/eli/reg/",
    "schema": "http://schema.org/",
}
HEAD = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in {**PREFIXES, **PLACES}.items())

# One triple or node a line, so that a case can take a line out by its beginning.
DATASET = r"""
ex:d a dcat:Dataset .
ex:d dct:title "Lung cancer CT cohort"@en .
ex:d dct:description "CT studies of adults with lung cancer."@en .
ex:d dct:identifier "https://example.org/id/lung-ct" .
ex:d dcat:keyword "lung cancer"@en .
ex:d dcat:theme theme:HEAL .
ex:d healthdcatap:healthCategory category:EHRS .
ex:d healthdcatap:healthTheme hdeu:health-theme\/CANCER_DISEASE .
ex:d dct:type nal:dataset-type\/STATISTICAL .
ex:d dct:language nal:language\/ENG .
ex:d dct:accessRights right:NON_PUBLIC .
ex:d dcatap:applicableLegislation law:2025\/327\/oj .
ex:d dpv:hasLegalBasis [ a dpv:LegalBasis ; dct:description "National act"@en ] .
ex:d dpv:hasPurpose [ a dpv:Purpose ; dct:description "Research"@en ] .
ex:d dpv:hasPersonalData <https://w3id.org/dpv/dpv-pd#Age> .
ex:d healthdcatap:retentionPeriod ex:kept .
ex:kept a dct:PeriodOfTime ; dcat:startDate "2020"^^xsd:gYear ; dcat:endDate "2035"^^xsd:gYear .
ex:d healthdcatap:populationCoverage "Adults of three hospitals"@en .
ex:d healthdcatap:numberOfRecords "3600"^^xsd:nonNegativeInteger .
ex:d healthdcatap:numberOfUniqueIndividuals "1200"^^xsd:nonNegativeInteger .
ex:d healthdcatap:minTypicalAge "18"^^xsd:nonNegativeInteger .
ex:d healthdcatap:maxTypicalAge "99"^^xsd:nonNegativeInteger .
ex:d dct:spatial nal:country\/DEU .
ex:d dct:temporal ex:period .
ex:period a dct:PeriodOfTime .
ex:period dcat:startDate "2015-01-01"^^xsd:date .
ex:period dcat:endDate "2024-12-31"^^xsd:date .
ex:d dct:provenance [ a dct:ProvenanceStatement ; rdfs:label "Hospital archive"@en ] .
ex:d prov:wasGeneratedBy ex:activity .
ex:activity a prov:Activity .
ex:activity dct:type hdeu:health-activity\/ROUTINE_RECORDS .
ex:d dct:source ex:archive .
ex:d dcat:contactPoint ex:kind .
ex:kind a vcard:Kind ; vcard:fn "Data desk" .
ex:kind vcard:hasEmail <mailto:data@example.org> .
ex:d healthdcatap:hdab ex:hdab .
ex:hdab a foaf:Agent .
ex:hdab foaf:name "Health Data Access Body"@en .
ex:hdab dct:type hdeu:publisher-type\/administrative-institution .
ex:hdab cv:contactPoint ex:hdab-contact .
ex:hdab-contact a cv:ContactPoint .
ex:hdab-contact cv:email "hdab@example.org" .
ex:hdab-contact cv:telephone "+49 30 1234567" .
ex:hdab-contact cv:contactPage <https://example.org/hdab> .
ex:hdab-contact cv:openingHours ex:hours .
ex:hours a time:TemporalEntity .
ex:hours dct:description "Working days"@en .
ex:hours cv:frequency nal:frequency\/DAILY .
ex:d dct:publisher ex:hospital .
ex:d geodcatap:custodian ex:hospital .
ex:hospital a foaf:Organization .
ex:hospital foaf:name "University Hospital"@en .
ex:hospital dct:type hdeu:publisher-type\/biobank .
ex:hospital dct:description "Reviewed every quarter."@en .
ex:hospital cv:contactPoint [ a cv:ContactPoint ; cv:email "data@example.org" ] .
ex:d dqv:hasQualityAnnotation [ a dqv:QualityCertificate ] .
ex:d dct:conformsTo hdeu:standard\/OMOP-CDM .
ex:d healthdcatap:hasCodingSystem hdeu:coding-system\/SNOMED-CT .
ex:d healthdcatap:hasCodeValues "ICD-10: C34" .
ex:d healthdcatap:hasStructuredData true .
ex:d healthdcatap:hasVariables ex:variables .
ex:variables a csvw:TableGroup .
ex:variables dct:title "Data dictionary"@en .
ex:variables csvw:table ex:table .
ex:table a csvw:Table .
ex:table dct:title "Patients"@en .
ex:table csvw:url <https://example.org/patients.csv> .
ex:table csvw:column ex:column .
ex:column a csvw:Column .
ex:column csvw:name "age" .
ex:column csvw:title "Age"@en .
ex:column dct:description "Age at diagnosis"@en .
ex:column csvw:datatype "integer" .
ex:column csvw:propertyUrl dct:date .
ex:d dcat:temporalResolution "P1D"^^xsd:duration .
ex:d dcat:distribution ex:file .
ex:file a dcat:Distribution .
ex:file dct:description "In the secure environment"@en .
ex:file dcat:accessURL <https://example.org/apply> .
ex:file dcatap:applicableLegislation law:2025\/327\/oj .
ex:file dct:format nal:file-type\/CSV .
ex:file dct:license nal:licence\/CC_BY_4_0 .
ex:file dct:language nal:language\/ENG .
ex:file dcatap:availability nal:planned-availability\/STABLE .
ex:file adms:status nal:distribution-status\/COMPLETED .
ex:file dcat:mediaType iana:text\/csv .
ex:file dcat:compressFormat iana:application\/gzip .
ex:file dcat:packageFormat iana:application\/zip .
ex:file dcat:byteSize "245000000"^^xsd:nonNegativeInteger .
ex:file spdx:checksum ex:checksum .
ex:checksum a spdx:Checksum .
ex:checksum spdx:algorithm algorithm:sha256 .
ex:checksum spdx:checksumValue "9f86d081"^^xsd:hexBinary .
ex:d adms:sample ex:sample .
ex:d healthdcatap:analytics ex:sample .
ex:sample a dcat:Distribution ; dct:description "Sample"@en .
ex:sample dcat:accessURL <https://example.org/sample> .
ex:sample dcatap:applicableLegislation law:2025\/327\/oj .
ex:sample dct:format nal:file-type\/CSV ; dct:license nal:licence\/CC_BY_4_0 .
ex:sample dcatap:availability nal:planned-availability\/STABLE .
ex:d dcat:landingPage <https://example.org/lung-ct> .
ex:d foaf:page <https://example.org/lung-ct/protocol> .
ex:d dct:isReferencedBy <https://doi.org/10.1000/182> .
ex:d dct:relation <https://example.org/study> .
ex:d dcat:version "1.2.0" .
ex:d dct:issued "2024-01-31"^^xsd:date .
ex:d dct:modified "2025-06-30T12:00:00Z"^^xsd:dateTime .
ex:d dct:accrualPeriodicity nal:frequency\/ANNUAL .
"""
SERIES = r"""
ex:d a dcat:DatasetSeries .
ex:d dct:title "Lung cancer CT cohorts"@en .
ex:d dct:description "One cohort a year."@en .
ex:d dcatap:applicableLegislation law:2025\/327\/oj .
ex:d dct:issued "2024-01-31"^^xsd:date .
"""
CATALOG = r"""
ex:d a dcat:Catalog .
ex:d dct:title "Health data of the region"@en .
ex:d dct:description "Datasets of its hospitals."@en .
ex:d dcatap:applicableLegislation law:2025\/327\/oj .
ex:d dct:language nal:language\/ENG .
ex:d dct:spatial nal:country\/DEU .
ex:d dct:publisher ex:office .
ex:office a foaf:Agent ; foaf:name "Regional office"@en .
ex:d dcat:dataset ex:one , ex:two .
ex:d dcat:record ex:entry .
ex:entry a dcat:CatalogRecord ; foaf:primaryTopic ex:one .
ex:entry dct:modified "2025-06-30"^^xsd:date .
"""
RECORDS = {Kind.DATASET: DATASET, Kind.SERIES: SERIES, Kind.CATALOG: CATALOG}


@dataclass(frozen=True)
class Case:
    """A change that breaks a rule. `good` is another form that keeps it, put in place of the same lines.

    `shown` is the rule that the finding names, where it is one that this rule only applies elsewhere.
    """

    rule: str
    path: str
    severity: Severity
    drop: str = ""
    add: str = ""
    good: str = field(default="", kw_only=True)
    kind: Kind = field(default=Kind.DATASET, kw_only=True)
    shown: str = field(default="", kw_only=True)


LAW = "ex:d dcatap:applicableLegislation"
FILE_LAW = "ex:file dcatap:applicableLegislation"
HDAB = "healthdcatap:hdab"
COLUMN = "healthdcatap:hasVariables / csvw:table / csvw:column"
SECOND = 'ex:second a csvw:Column ; csvw:name "b" ; dct:description "B" ; csvw:datatype "string"'
# fmt: off
CASES = (
    Case("H02", "dct:accessRights", V, "ex:d dct:accessRights"),
    Case("H02", "dct:accessRights", V, "", "ex:d dct:accessRights right:PUBLIC ."),
    Case("H03", "dct:accessRights", V, "ex:d dct:accessRights", "ex:d dct:accessRights right:CONFIDENTIAL ."),
    Case("H03", "dct:accessRights", V, "ex:d dct:accessRights", 'ex:d dct:accessRights "public" .'),
    Case("H03", "dct:accessRights", V, "ex:d dct:accessRights", "ex:d dct:accessRights right:non_public ."),
    Case("H05", "dct:title", V, "ex:d dct:title"),
    Case("H05", "dct:title", V, "ex:d dct:title", "ex:d dct:title ex:title ."),
    Case("H06", "dct:description", V, "ex:d dct:description"),
    Case("H07", "dct:identifier", V, "ex:d dct:identifier"),
    Case("H07", "dct:identifier", V, "ex:d dct:identifier", "ex:d dct:identifier ex:id ."),
    Case("H08", "dcatap:applicableLegislation", V, LAW, f'{LAW} "2025/327" .'),
    Case("H08", "dcatap:applicableLegislation", V, LAW, f"{LAW} [ a eli:LegalResource ] ."),
    Case("H09", "dcat:distribution / dcatap:applicableLegislation", V, FILE_LAW),
    Case("H09", "dcatap:applicableLegislation", V, LAW, kind=Kind.SERIES),
    Case("H09", "dcatap:applicableLegislation", V, LAW, kind=Kind.CATALOG),
    Case("H10", "dcatap:applicableLegislation", V, LAW, f"{LAW} ex:law . ex:law a foaf:Document .",
         good=f"{LAW} ex:law . ex:law a eli:LegalResource ."),
    Case("H11", "dcat:distribution", V, "ex:d dcat:distribution"),
    Case("H12", "dcat:distribution / dcat:accessURL", V, "ex:file dcat:accessURL"),
    Case("H12", "dcat:distribution / dcat:accessURL", V, "ex:file dcat:accessURL",
         'ex:file dcat:accessURL "https://example.org" .'),
    Case("H13", "adms:sample / dcat:accessURL", V, "ex:sample dcat:accessURL", shown="H12"),
    Case("H13", "healthdcatap:analytics / dcatap:applicableLegislation", V, "ex:d healthdcatap:analytics",
         "ex:d healthdcatap:analytics [ a dcat:Distribution ; dcat:accessURL ex:page ] .", shown="H09"),
    Case("H14", "dcat:theme", V, "", 'ex:d dcat:theme "health" .'),
    Case("H14", "dcat:theme", V, "", "ex:d dcat:theme <http://eurovoc.europa.eu/192> ."),
    Case("H15", "dcat:theme", V, "ex:d dcat:theme", "ex:d dcat:theme theme:TECH .",
         good="ex:d dcat:theme theme:HEAL , theme:TECH ."),
    Case("H16", "healthdcatap:healthCategory", V, "ex:d healthdcatap:healthCategory",
         'ex:d healthdcatap:healthCategory "EHR" .'),
    Case("H16", "healthdcatap:healthCategory", V, "ex:d healthdcatap:healthCategory",
         "ex:d healthdcatap:healthCategory acceptance:EHRS ."),
    Case("H17", "healthdcatap:healthTheme", V, "ex:d healthdcatap:healthTheme",
         "ex:d healthdcatap:healthTheme ex:theme ."),
    Case("H17", "healthdcatap:healthTheme", W, "ex:d healthdcatap:healthTheme"),
    Case("H18", HDAB, V, "ex:d healthdcatap:hdab"),
    Case("H18", HDAB, V, "", "ex:d healthdcatap:hdab ex:hospital ."),
    Case("H19", f"{HDAB} / cv:contactPoint", V, "ex:hdab cv:contactPoint",
         "ex:hdab dcat:contactPoint [ a vcard:Kind ; vcard:hasEmail <mailto:h@example.org> ] ."),
    Case("H19", f"{HDAB} / cv:contactPoint", V, "",
         'ex:hdab cv:contactPoint [ a cv:ContactPoint ; cv:email "b@example.org" ] .'),
    Case("H19", "geodcatap:custodian / cv:contactPoint", V, "ex:d geodcatap:custodian",
         'ex:d geodcatap:custodian [ a foaf:Agent ; foaf:name "Holder" ] .'),
    Case("H19", "healthdcatap:hdabCoordinator / cv:contactPoint", V, "",
         'ex:d healthdcatap:hdabCoordinator [ a foaf:Agent ; foaf:name "C" ] .',
         good="ex:d healthdcatap:hdabCoordinator ex:hdab ."),
    Case("H19", "dct:publisher / cv:contactPoint", V, "ex:d dct:publisher",
         'ex:d dct:publisher [ a foaf:Agent ; foaf:name "P" ] .'),
    Case("H20", "healthdcatap:hdabCoordinator", V, "",
         "ex:d healthdcatap:hdabCoordinator ex:hdab , ex:hospital ."),
    Case("H20", "geodcatap:custodian", V, "", "ex:d geodcatap:custodian ex:hdab ."),
    Case("H20", "dct:publisher", V, "", "ex:d dct:publisher ex:hdab ."),
    Case("H21", HDAB, V, "ex:hdab a foaf:Agent"),
    Case("H21", f"{HDAB} / foaf:name", V, "ex:hdab foaf:name"),
    Case("H21", "dct:publisher / foaf:name", V, "ex:d dct:publisher",
         'ex:d dct:publisher [ a foaf:Agent ; cv:contactPoint [ a cv:ContactPoint ; cv:email "p@example.org" ] ] .'),
    Case("H21", "dct:creator / foaf:name", V, "", "ex:d dct:creator [ a foaf:Agent ] .",
         good='ex:d dct:creator [ a foaf:Person ; foaf:name "Ada" ] .'),
    Case("H22", f"{HDAB} / dct:type", V, "", 'ex:hdab dct:type hdeu:publisher-type\\/biobank .'),
    Case("H22", "dct:publisher / dct:type", V, "ex:hospital dct:type",
         "ex:hospital dct:type <http://purl.org/adms/publishertype/Company> ."),
    Case("H23", "dct:publisher / dct:description", V, "", 'ex:hospital dct:description "Vierteljährlich"@de .'),
    Case("H24", f"{HDAB} / cv:contactPoint / (cv:email|cv:contactPage)", V,
         'ex:hdab-contact cv:email\nex:hdab-contact cv:contactPage',
         good="ex:hdab-contact cv:contactPage ex:form ."),
    Case("H25", f"{HDAB} / cv:contactPoint / cv:email", V, "ex:hdab-contact cv:email",
         "ex:hdab-contact cv:email <mailto:h@example.org> ."),
    Case("H25", f"{HDAB} / cv:contactPoint / cv:telephone", V, "ex:hdab-contact cv:telephone",
         "ex:hdab-contact cv:telephone <tel:+4930> ."),
    Case("H25", f"{HDAB} / cv:contactPoint / cv:contactPage", V, "ex:hdab-contact cv:contactPage",
         'ex:hdab-contact cv:contactPage "https://example.org" .'),
    Case("H26", f"{HDAB} / cv:contactPoint / cv:openingHours", V, "ex:hdab-contact cv:openingHours",
         'ex:hdab-contact cv:openingHours "9 to 5" .'),
    Case("H26", f"{HDAB} / cv:contactPoint / cv:openingHours / dct:description", V,
         "ex:hours dct:description"),
    Case("H26", f"{HDAB} / cv:contactPoint / cv:openingHours / cv:frequency", V, "ex:hours cv:frequency",
         "ex:hours cv:frequency ex:often ."),
    Case("H27", "dcat:contactPoint / vcard:hasEmail", V, "ex:kind vcard:hasEmail",
         'ex:kind vcard:hasEmail "data@example.org" .'),
    Case("H27", "dcat:contactPoint / vcard:hasEmail", V, "",
         "ex:kind vcard:hasEmail <mailto:b@example.org> ."),
    Case("H27", "dcat:contactPoint / (vcard:hasEmail|vcard:hasURL)", V, "ex:kind vcard:hasEmail",
         good="ex:kind vcard:hasURL ex:form ."),
    Case("H28", "dcat:contactPoint", V, "ex:d dcat:contactPoint"),
    Case("H29", "dcat:keyword", V, "ex:d dcat:keyword"),
    Case("H29", "dcat:keyword", V, "", "ex:d dcat:keyword ex:word ."),
    Case("H30", "dct:type", V, "ex:d dct:type"),
    Case("H31", "dct:type", W, "", "ex:d dct:type ex:kind-of-data ."),
    Case("H32", "dct:provenance", V, "ex:d dct:provenance"),
    Case("H32", "dct:provenance", V, "ex:d dct:provenance", 'ex:d dct:provenance "archive" .'),
    Case("H32", "dct:provenance", V, "ex:d dct:provenance", 'ex:d dct:provenance [ rdfs:label "archive" ] .'),
    Case("H33", "healthdcatap:hasStructuredData", V, "ex:d healthdcatap:hasStructuredData"),
    Case("H33", "healthdcatap:hasStructuredData", V, "ex:d healthdcatap:hasStructuredData",
         'ex:d healthdcatap:hasStructuredData "true" .'),
    Case("H34", "", V, "ex:d healthdcatap:hasVariables"),
    Case("H34", "", V, 'ex:d healthdcatap:hasVariables\nex:d healthdcatap:hasStructuredData',
         'ex:d healthdcatap:hasStructuredData "1"^^xsd:boolean .',
         good="ex:d healthdcatap:hasStructuredData false ."),
    Case("H35", "healthdcatap:hasVariables / dct:title", V, "ex:variables dct:title"),
    Case("H35", "healthdcatap:hasVariables / csvw:table", V, "ex:variables csvw:table"),
    Case("H35", "healthdcatap:hasVariables", V, "ex:variables a csvw:TableGroup"),
    Case("H36", "healthdcatap:hasVariables / csvw:table / dct:title", V, "ex:table dct:title"),
    Case("H36", "healthdcatap:hasVariables / csvw:table / csvw:url", V, "ex:table csvw:url",
         'ex:table csvw:url "patients.csv" .'),
    Case("H36", COLUMN, V, "ex:table csvw:column", good="ex:table csvw:column ( ex:column ) ."),
    Case("H36", COLUMN, V, "ex:column a csvw:Column"),
    Case("H37", f"{COLUMN} / csvw:name", V, "", 'ex:column csvw:name "years" .'),
    Case("H37", f"{COLUMN} / csvw:title", V, "ex:column csvw:title", 'ex:column csvw:titles "Age"@en .'),
    Case("H37", COLUMN, W, "ex:column csvw:title", 'ex:column csvw:titles "Age"@en .',
         good='ex:column csvw:title "Age"@en ; csvw:titles "Age"@en .'),
    Case("H37", f"{COLUMN} / dct:description", V, "ex:column dct:description"),
    Case("H37", f"{COLUMN} / csvw:datatype", V, "", 'ex:column csvw:datatype "string" .'),
    Case("H37", f"{COLUMN} / csvw:propertyUrl", V, "ex:column csvw:propertyUrl",
         'ex:column csvw:propertyUrl "age" .'),
    Case("H37", f"{COLUMN} / rdf:rest / rdf:first / csvw:title", V, "ex:table csvw:column",
         f"ex:table csvw:column ( ex:column ex:second ) . {SECOND} .",
         good=f'ex:table csvw:column ( ex:column ex:second ) . {SECOND} ; csvw:title "B" .'),
    # The other half of H38, names unique in their table, core SHACL cannot say: it compares no two nodes.
    Case("H38", f"{COLUMN} / csvw:datatype", W, "ex:column csvw:datatype",
         'ex:column csvw:datatype "Integer" .'),
    Case("H39", "healthdcatap:minTypicalAge", V, "ex:d healthdcatap:minTypicalAge",
         "ex:d healthdcatap:minTypicalAge 18 ."),
    Case("H39", "healthdcatap:maxTypicalAge", V, "",
         'ex:d healthdcatap:maxTypicalAge "90"^^xsd:nonNegativeInteger .'),
    Case("H39", "healthdcatap:numberOfRecords", V, "ex:d healthdcatap:numberOfRecords",
         'ex:d healthdcatap:numberOfRecords "many" .'),
    Case("H39", "healthdcatap:numberOfUniqueIndividuals", V, "ex:d healthdcatap:numberOfUniqueIndividuals",
         'ex:d healthdcatap:numberOfUniqueIndividuals "-1"^^xsd:nonNegativeInteger .'),
    Case("H40", "healthdcatap:minTypicalAge", W, "ex:d healthdcatap:maxTypicalAge",
         'ex:d healthdcatap:maxTypicalAge "3"^^xsd:nonNegativeInteger .',
         good='ex:d healthdcatap:maxTypicalAge "18"^^xsd:nonNegativeInteger .'),
    Case("H40", "healthdcatap:numberOfUniqueIndividuals", W, "ex:d healthdcatap:numberOfRecords",
         'ex:d healthdcatap:numberOfRecords "7"^^xsd:nonNegativeInteger .'),
    Case("H41", "healthdcatap:hasCodingSystem", V, "",
         "ex:d healthdcatap:hasCodingSystem <http://snomed.info/sct> ."),
    Case("H42", "healthdcatap:hasCodeValues", V, "",
         'ex:d healthdcatap:hasCodeValues [ a skos:Concept ; skos:prefLabel "U07.1" ] .'),
    Case("H43", "dct:conformsTo", V, "", "ex:d dct:conformsTo ex:schema ."),
    Case("H44", "prov:wasGeneratedBy / dct:type", V, "", "ex:activity dct:type ex:care ."),
    Case("H44", "prov:wasGeneratedBy", V, "ex:activity a prov:Activity",
         good="ex:d prov:wasGeneratedBy [ a prov:Activity ] . ex:activity a prov:Activity ."),
    Case("H45", "dpv:hasPersonalData", V, "", "ex:d dpv:hasPersonalData <https://w3id.org/dpv/pd#Age> ."),
    Case("H46", "dpv:hasPurpose", V, "", 'ex:d dpv:hasPurpose "research" .'),
    Case("H46", "dpv:hasLegalBasis", V, "", 'ex:d dpv:hasLegalBasis "consent" .'),
    Case("H47", "dqv:hasQualityAnnotation", V, "",
         "ex:d dqv:hasQualityAnnotation [ a dqv:QualityAnnotation ] ."),
    Case("H48", "healthdcatap:retentionPeriod", V, "", "ex:d healthdcatap:retentionPeriod ex:period ."),
    Case("H48", "healthdcatap:retentionPeriod", V, "ex:d healthdcatap:retentionPeriod",
         'ex:d healthdcatap:retentionPeriod "ten years" .'),
    Case("H48", "dct:temporal / dcat:startDate", V, "", 'ex:period dcat:startDate "2016-01-01"^^xsd:date .'),
    Case("H49", "dct:temporal / dcat:startDate", V, "ex:period dcat:startDate",
         'ex:period dcat:startDate "January" .'),
    Case("H49", "dct:issued", V, "ex:d dct:issued", 'ex:d dct:issued "31.1.2024"^^xsd:date .',
         good='ex:d dct:issued "2024-01"^^xsd:gYearMonth .'),
    Case("H49", "dct:modified", V, "ex:d dct:modified", 'ex:d dct:modified "yesterday" .',
         good='ex:d dct:modified "2024"^^xsd:gYear .'),
    Case("H49", "dct:issued", V, "ex:d dct:issued", "ex:d dct:issued 2024 .", kind=Kind.SERIES),
    Case("H49", "dcat:record / dct:modified", V, "ex:entry dct:modified", 'ex:entry dct:modified "today" .',
         kind=Kind.CATALOG),
    Case("H50", "dct:temporal / dcat:startDate", W, "ex:period dcat:endDate",
         'ex:period dcat:endDate "2010-01-01"^^xsd:date .',
         good='ex:period dcat:endDate "2015-01-01"^^xsd:date .'),
    Case("H51", "dct:language", V, "", 'ex:d dct:language "en" .'),
    Case("H51", "dct:language", V, "", "ex:d dct:language <http://id.loc.gov/vocabulary/iso639-1/en> ."),
    Case("H51", "dcat:distribution / dct:language", V, "", "ex:file dct:language ex:english ."),
    Case("H51", "dct:language", V, "", 'ex:d dct:language "en" .', kind=Kind.CATALOG),
    Case("H52", "dct:accrualPeriodicity", V, "ex:d dct:accrualPeriodicity",
         "ex:d dct:accrualPeriodicity <http://purl.org/cld/freq/annual> ."),
    Case("H52", "dct:accrualPeriodicity", V, "", 'ex:d dct:accrualPeriodicity nal:frequency\\/DAILY .'),
    Case("H53", "dct:spatial", W, "", 'ex:d dct:spatial [ a dct:Location ; rdfs:label "Berlin" ] .',
         good="ex:d dct:spatial <https://sws.geonames.org/2950159/> ."),
    Case("H53", "dct:spatial", W, "", "ex:d dct:spatial ex:berlin .", kind=Kind.CATALOG),
    Case("H54", "dcat:distribution / dct:format", V, "ex:file dct:format", 'ex:file dct:format "CSV" .'),
    Case("H54", "dcat:distribution / dct:format", V, "", 'ex:file dct:format nal:file-type\\/JSON .'),
    Case("H55", "dcat:distribution / dcat:mediaType", V, "ex:file dcat:mediaType",
         'ex:file dcat:mediaType "text/csv" .'),
    Case("H55", "dcat:distribution / dcat:mediaType", W, "ex:file dcat:mediaType",
         "ex:file dcat:mediaType <https://evil.example/http://www.iana.org/assignments/media-types/x> ."),
    Case("H55", "dcat:distribution / dcat:compressFormat", W, "ex:file dcat:compressFormat",
         "ex:file dcat:compressFormat ex:gzip ."),
    Case("H55", "dcat:distribution / dcat:packageFormat", V, "",
         'ex:file dcat:packageFormat iana:application\\/gzip .'),
    Case("H56", "dcat:distribution / adms:status", V, "ex:file adms:status",
         "ex:file adms:status <http://purl.org/adms/status/Completed> ."),
    Case("H56", "dcat:distribution / dcatap:availability", V, "",
         'ex:file dcatap:availability nal:planned-availability\\/AVAILABLE .'),
    Case("H57", "dcat:distribution / spdx:checksum / spdx:checksumValue", V, "ex:checksum spdx:checksumValue",
         'ex:checksum spdx:checksumValue "xyz"^^xsd:hexBinary .'),
    Case("H57", "dcat:distribution / spdx:checksum / spdx:algorithm", V, "ex:checksum spdx:algorithm",
         "ex:checksum spdx:algorithm ex:sum ."),
    Case("H58", "dcat:distribution / dcat:byteSize", V, "ex:file dcat:byteSize",
         'ex:file dcat:byteSize "12 MB" .', good="ex:file dcat:byteSize 12.0 ."),
    Case("H58", "dcat:distribution / dcat:byteSize", V, "ex:file dcat:byteSize",
         "ex:file dcat:byteSize -1.0 ."),
    Case("H58", "dcat:distribution / dcat:byteSize", V, "",
         'ex:file dcat:byteSize "1"^^xsd:nonNegativeInteger .'),
    Case("H59", "dct:publisher", V, "ex:d dct:publisher", kind=Kind.CATALOG),
    Case("H59", "dct:publisher", V, "", 'ex:d dct:publisher [ a foaf:Agent ; foaf:name "Two" ] .',
         kind=Kind.CATALOG),
    Case("H59", "dct:title", V, "ex:d dct:title", kind=Kind.CATALOG),
    Case("H59", "dct:description", V, "ex:d dct:description", kind=Kind.CATALOG),
    Case("H60", "dct:spatial", W, "ex:d dct:spatial"),
    Case("H60", "dct:source", W, "ex:d dct:source"),
    Case("H60", "dcat:distribution / dct:license", W, "ex:file dct:license"),
    Case("H61", "healthdcatap:healthCategory", V, "", "ex:d healthdcatap:healthCategory category:XYZ .", shown="H16"),
    Case("H62", "owl:versionInfo", W, "", 'ex:d owl:versionInfo "1" .'),
    Case("H62", "dct:temporal / http://schema.org/startDate", W, "",
         'ex:period schema:startDate "2015-01-01"^^xsd:date .'),
    Case("H62", f"{HDAB} / healthdcatap:trustedDataHolder", W, "",
         "ex:hdab healthdcatap:trustedDataHolder true ."),
)
# fmt: on
# Rules that no shape can say, and who sees to them.
ELSEWHERE = {
    "H01": "asks something of a whole submission; a submission without a dataset is refused when it is split",
    "H04": "the choice of the level is the profile's; see the tests of levels below",
}


@cache
def profiles() -> Profiles:
    """The shipped profiles with the shipped vocabularies."""
    return Profiles.load(shipped("shapes"), Vocabularies.load(shipped("ontologies")))


@cache
def report(kind: Kind = Kind.DATASET, drop: str = "", add: str = "") -> Report:
    """What the record fails without the lines that begin so, and with the added triples."""
    beginnings = tuple(f"{part} " for part in drop.split("\n") if part)
    lines = RECORDS[kind].splitlines()
    kept = [line for line in lines if not (beginnings and line.startswith(beginnings))]
    assert len(lines) - len(kept) == len(beginnings), f"each of {beginnings} must take one line"
    triples = [q.triple for q in ox.parse(HEAD + "\n".join([*kept, add]), format=ox.RdfFormat.TURTLE)]
    return profiles().validate(Graph(triples), NamedNode("https://example.org/d"), kind, [PROFILE])


def places(found: Report) -> set[tuple[str, Severity]]:
    """Path and severity of each finding."""
    return {(finding.path, finding.severity) for finding in found.findings}


@pytest.mark.parametrize("kind", RECORDS)
def test_the_base_record_has_no_violation(kind: Kind) -> None:
    """A catalogue that lists two datasets is among them: it is not judged as a dataset, nor are they (H59)."""
    found = report(kind)
    assert [f for f in found.findings if f.severity is V] == []
    assert found.conforms


def test_the_base_dataset_lacks_nothing_that_is_recommended() -> None:
    assert [f for f in report().findings if f.severity is W] == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{case.path}")
def test_a_rule_finds_what_breaks_it_and_only_that(case: Case) -> None:
    wanted = (case.path, case.severity)
    good = report(case.kind, case.drop if case.good else "", case.good)
    assert wanted not in places(good), "the record that keeps the rule"

    broken = report(case.kind, case.drop, case.add)
    assert wanted in places(broken), [(f.severity, f.path, f.message) for f in broken.findings]
    assert (case.shown or case.rule) in {
        rule for f in broken.findings if (f.path, f.severity) == wanted for rule in f.rules
    }
    assert broken.conforms is (V not in {f.severity for f in broken.findings})


@pytest.mark.parametrize("number", range(1, 63))
def test_every_rule_is_tried_or_its_absence_explained(number: int) -> None:
    rule = f"H{number:02}"
    if rule in ELSEWHERE:
        pytest.skip(ELSEWHERE[rule])
    assert rule in {case.rule for case in CASES}


@pytest.mark.parametrize("level", ["PUBLIC", "RESTRICTED"])
@pytest.mark.parametrize(
    ("line", "path", "severity"),
    [
        ("ex:d dcat:keyword", "dcat:keyword", W),
        ("ex:d dcat:contactPoint", "dcat:contactPoint", W),
        ("ex:d dct:type", "dct:type", None),
        ("ex:d dct:provenance", "dct:provenance", None),
        ("ex:d dcat:landingPage", "dcat:landingPage", None),
    ],
)
def test_less_is_asked_where_data_are_not_closed(level: str, line: str, path: str, severity: Severity | None) -> None:
    """The level is read from the record itself (H04); what is mandatory for NON_PUBLIC is not for the others."""
    found = report(drop=f"ex:d dct:accessRights\n{line}", add=f"ex:d dct:accessRights right:{level} .")
    assert {s for p, s in places(found) if p == path} == ({severity} if severity else set())
    assert found.conforms
    assert found.profiles[0].level == level


def test_no_shape_fails_the_shapes_of_shacl_itself() -> None:
    shapes = _shapes()
    conforms, _, words = pyshacl.validate(rdflib.Graph(), shacl_graph=shapes, meta_shacl=True)
    assert conforms, words


def test_every_profile_file_loads() -> None:
    assert PROFILE in profiles().ids
    assert [problem for problem in profiles().problems if PROFILE in problem or "common" in problem] == []


def _shapes() -> rdflib.Graph:
    graph = rdflib.Graph()
    for folder in ("common", PROFILE):
        for path in sorted((shipped("shapes") / folder).glob("*.ttl")):
            graph.parse(path)
    return graph


def test_every_field_is_described_for_people() -> None:
    shapes = _shapes()
    named = set(shapes.subjects(SH.name))
    assert len(named) > 150
    for shape in named:
        words = str(shapes.value(shape, SH.description) or "")
        assert words.endswith("."), shape
        assert shapes.value(shape, SH.order) is not None, shape
        assert (shapes.value(shape, SH.group), None, None) in shapes, shape
        assert shapes.value(shape, SC.example) is not None, shape


def test_a_constraint_that_is_not_plain_says_what_is_wrong_and_how_it_is_mended() -> None:
    shapes = _shapes()
    plain = {s for s in shapes.subjects() if isinstance(s, rdflib.BNode) or str(s).startswith("urn:health-catalogue:v")}
    hard = (SH["or"], SH.hasValue, SH["in"], SH.lessThanOrEquals, SH.pattern, SH["not"])
    for shape in {s for term in hard for s in shapes.subjects(term)} - plain:
        if "branch" not in str(shape):
            assert shapes.value(shape, SH.message) is not None, shape
            assert shapes.value(shape, SC.mend) is not None, shape


def test_every_example_keeps_the_constraints_of_its_field() -> None:
    """Each example becomes the value of a node of its own; each field is given that node as its target."""
    shapes = _shapes()
    examples_are_values(shapes, sorted(shapes.subjects(SC.example)), HEAD)


def test_the_form_knows_the_columns_of_a_table_though_a_list_of_them_is_allowed() -> None:
    column = {f.path: f for f in profiles().fields([PROFILE], f"{PREFIXES['csvw']}Table")}[f"{PREFIXES['csvw']}column"]
    assert column.node == f"urn:health-catalogue:shapes:{PROFILE}:Column"
    assert column.obligation is Obligation.MANDATORY


def test_the_level_decides_how_much_a_field_is_wanted() -> None:
    def wanted(level: str) -> Obligation:
        fields = profiles().fields([PROFILE], f"{PREFIXES['dcat']}Dataset", f"{NAL}access-right/{level}")
        return next(f.obligation for f in fields if f.path == f"{PREFIXES['dct']}provenance")

    assert [wanted(level) for level in ("PUBLIC", "RESTRICTED", "NON_PUBLIC")] == [
        Obligation.OPTIONAL,
        Obligation.OPTIONAL,
        Obligation.MANDATORY,
    ]


def test_the_publisher_of_a_catalogue_outside_the_eu_tables_is_only_noted() -> None:
    assert {s for p, s in places(report(Kind.CATALOG)) if p == "dct:publisher"} == {I}
