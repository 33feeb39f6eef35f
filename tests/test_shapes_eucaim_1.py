"""Does the profile `eucaim-1` take what either dialect of EUCAIM v1.0 takes, and nothing that both refuse?

One record in each dialect; each case changes one of them and names the field and the severity that must be found.
"""

# ruff: noqa: E501 - one case a line reads as a table
from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pyshacl
import pytest
import rdflib
from pyoxigraph import NamedNode
from shaping import HARD, SC, SH, fields_are_described

from catalogue.model import Finding, Kind, Report, Severity
from catalogue.profiles import Profiles
from catalogue.rdf.graph import Graph
from catalogue.rdf.namespaces import PREFIXES
from catalogue.resources import shipped
from catalogue.vocabularies import Vocabularies

PROFILE = "eucaim-1"
SHAPES = Path(__file__).parents[1] / "shapes"
V, W, I = Severity.VIOLATION, Severity.WARNING, Severity.INFO  # noqa: E741 - short in the tables
SUBJECT = NamedNode("https://example.org/d")
PLACES = {
    "ex": "https://example.org/",
    "nal": "http://publications.europa.eu/resource/authority/",
    "hdeu": "https://hdeu-dcat.data.health.europa.eu/resource/authority/",
    "ip": "http://13.81.34.152:1101/resource/authority/",
    "old": "https://w3id.org/healthdcat-ap#",
    "pd": "https://w3id.org/dpv/pd#",
    "law": "http://data.europa.eu/eli/reg/",
}
HEAD = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in {**PREFIXES, **PLACES}.items())
# What both dialects write alike.
COMMON = r"""
ex:d a dcat:Dataset ; dct:title "Prostate MRI"@en ; dct:description "Images of 640 men."@en ;
  dct:identifier "https://example.org/d" ; dcat:version "20231122" ; dcat:theme nal:data-theme\/HEAL ;
  dct:type eucaim:SPEC1000019 , dpv:PseudonymisedData ; dcat:keyword "prostate cancer"@en ;
  dct:accessRights nal:access-right\/NON_PUBLIC ; dcatap:applicableLegislation law:2025\/327\/oj ;
  dct:provenance ex:provenance ; dct:spatial nal:country\/GRC ; dct:temporal ex:period ;
  eucaim:hasCondition eucaim:CLIN1000075 ; eucaim:hasBirthSex eucaim:COM1001366 ;
  eucaim:collectionMethod eucaim:SPEC1000003 ; eucaim:hasEquipmentManufacturer eucaim:IMG1000047 ;
  eucaim:hasImageBodyPart eucaim:BP1000233 ; eucaim:hasImageModality eucaim:IMG1000038 ;
  eucaim:nbrOfSegmentations 789 ; dpv:hasPersonalData pd:Age ; dpv:hasLegalBasis dpv:Consent ;
  dpv:hasPurpose [ a dpv:Purpose ; dct:description "To find lesions."@en ] ;
  dct:publisher ex:hospital ; dcat:contactPoint ex:contact ; dcat:distribution ex:images .
ex:provenance a dct:ProvenanceStatement ; rdfs:label "From the PACS."@en .
ex:period a dct:PeriodOfTime ; dcat:startDate "2021-01-01"^^xsd:date ; dcat:endDate "2023-12-31"^^xsd:date .
ex:contact a vcard:Kind ; vcard:fn "Office" ; vcard:hasEmail <mailto:office@hospital.example> .
ex:images a dcat:Distribution ; dcat:accessURL <https://negotiator.example/> ; dcat:accessService ex:service ;
  dcatap:applicableLegislation law:2025\/327\/oj .
"""
# 1.0a: what runs. Old addresses, counts and tier in old properties, the agent's addresses on the agent.
A = r"""
ex:d adms:interoperabilityLevel eucaim:SPEC1000011 ; eucaim:nbrOfStudies 8789 ;
  old:numberOfUniqueIndividuals "8237"^^xsd:nonNegativeInteger ; old:healthCategory ip:healthcategories\/EHRS ;
  old:healthTheme ip:health-theme\/CANCER ; healthdcatap:publisherType ex:institute ;
  healthdcatap:retentionPeriod "P25Y"^^xsd:duration .
ex:hospital a foaf:Organization ; foaf:name "FORTH" ; foaf:mbox <mailto:data@hospital.example> ;
  foaf:homepage <https://hospital.example/> ; healthdcatap:trustedDataHolder true .
ex:images dct:rights eucaim:SPEC1000023 ; dcat:byteSize 348966092800.0 ; adms:status "Completed" ;
  spdx:checksumValue "4E07408562BEDB8B" ; spdx:algorithm spdx:checksumAlgorithm_sha256 ;
  dct:temporal "PT1S"^^xsd:duration ; dct:issued "2023-11-22" .
ex:service a dcat:DataService ; dct:title "Negotiator"@en ; dcat:endPointURL <https://negotiator.example/> .
"""
# 1.0b: the page rewritten in the style of v2.0.
B = r"""
ex:d eucaim:interoperabilityLevel eucaim:SPEC1000011 ; healthdcatap:numberOfRecords "8789"^^xsd:nonNegativeInteger ;
  healthdcatap:numberOfUniqueIndividuals "8237"^^xsd:nonNegativeInteger ;
  healthdcatap:healthCategory hdeu:healthcategories\/EHRS ; healthdcatap:healthTheme hdeu:health-theme\/CANCER_DISEASE ;
  healthdcatap:retentionPeriod ex:period ;
  healthdcatap:hasCodeValues [ a skos:Concept ; skos:notation "C61" ] .
ex:hospital a foaf:Agent ; foaf:name "FORTH" ; dct:description "An institute."@en ; dcat:contactPoint ex:contact .
ex:images dct:rights [ a dct:RightsStatement ; rdfs:label "In situ."@en ] ; spdx:checksum ex:checksum ;
  dcat:byteSize "348966092800"^^xsd:nonNegativeInteger ; dcat:temporalResolution "PT1S"^^xsd:duration ;
  adms:status nal:distribution-status\/COMPLETED ; dct:issued "2023-11-22"^^xsd:date .
ex:checksum a spdx:Checksum ; spdx:algorithm spdx:checksumAlgorithm_sha256 ; spdx:checksumValue "4e07408562bedb8b" .
ex:service a dcat:DataService ; dct:title "Negotiator"@en ; dcat:endpointURL <https://negotiator.example/> .
"""
DIALECTS = {"1.0a": A, "1.0b": B}
CATALOG = r"""
ex:d a dcat:Catalog ; dct:title "Images"@en ; dct:description "What we hold."@en ; dct:publisher ex:hospital ;
  dcatap:applicableLegislation law:2025\/327\/oj ; dcat:dataset ex:one .
ex:hospital a foaf:Agent ; foaf:name "FORTH" ; dcat:contactPoint ex:contact .
ex:contact a vcard:Kind ; vcard:hasEmail <mailto:office@hospital.example> .
"""


@cache
def vocabularies() -> Vocabularies:
    return Vocabularies.load(shipped("ontologies"))


@cache
def profiles() -> Profiles:
    return Profiles.load(SHAPES, vocabularies())


def triples(turtle: str) -> list[ox.Triple]:
    return [quad.triple for quad in ox.parse(HEAD + turtle, format=ox.RdfFormat.TURTLE)]


@cache
def base(dialect: str) -> tuple[ox.Triple, ...]:
    return tuple(triples(COMMON + DIALECTS[dialect]))


def report(dialect: str, drop: str = "", add: str = "") -> Report:
    """Judge a base record without the values of some properties (`ex:d dct:title, ...`), and with more Turtle."""
    gone = {(t.subject, t.predicate) for item in drop.split(",") if item.strip() for t in triples(f"{item} 0 .")}
    # A drop that hits nothing would make the case mean something else.
    assert gone <= {(t.subject, t.predicate) for t in base(dialect)}
    kept = [t for t in base(dialect) if (t.subject, t.predicate) not in gone]
    return profiles().validate(Graph([*kept, *triples(add)]), SUBJECT, Kind.DATASET, [PROFILE])


def of_rule(found: Report, rule: str) -> list[Finding]:
    return [f for f in found.findings if rule in f.rules and f.constraint != "ImpliedClass"]


@dataclass(frozen=True)
class Case:
    """A change to one dialect that breaks a rule, how severely, and in which part of the path it is found."""

    rule: str
    path: str
    severity: Severity
    dialect: str
    drop: str = ""
    add: str = ""


# fmt: off
CASES = (
    Case("E01", "dct:identifier", V, "1.0b", "ex:d dct:identifier"),
    Case("E02", "dct:title", V, "1.0b", "ex:d dct:title", 'ex:d dct:title "Imagens"@pt .'),
    Case("E03", "dcat:version", V, "1.0a", "ex:d dcat:version"),
    Case("E04", "interoperabilityLevel", V, "1.0a", "ex:d adms:interoperabilityLevel"),
    Case("E04", "interoperabilityLevel", V, "1.0b", "ex:d eucaim:interoperabilityLevel"),
    Case("E04", "adms:interoperabilityLevel", V, "1.0a", "ex:d adms:interoperabilityLevel", "ex:d adms:interoperabilityLevel eucaim:IMG1000038 ."),
    Case("E05", "dcat:distribution", V, "1.0b", "ex:d dcat:distribution"),
    Case("E06", "dcat:contactPoint", V, "1.0b", "ex:d dcat:contactPoint"),
    Case("E06", "vcard:hasEmail", V, "1.0b", "ex:contact vcard:hasEmail"),
    Case("E07", "dcat:theme", V, "1.0b", "ex:d dcat:theme", r"ex:d dcat:theme nal:data-theme\/TECH ."),
    Case("E08", "healthCategory", V, "1.0a", "ex:d old:healthCategory"),
    Case("E08", "healthCategory", V, "1.0b", "ex:d healthdcatap:healthCategory", "ex:d healthdcatap:healthCategory ex:EHRS ."),
    Case("E08", "healthTheme", V, "1.0b", "ex:d healthdcatap:healthTheme", "ex:d healthdcatap:healthTheme ex:cancer ."),
    Case("E08", "healthTheme", W, "1.0b", "ex:d healthdcatap:healthTheme", r"ex:d healthdcatap:healthTheme hdeu:health-theme\/LIFECOURSE_HEALTH ."),
    Case("E09", "dct:type", V, "1.0b", "ex:d dct:type", "ex:d dct:type ex:cohort ."),
    Case("E10", "dct:accessRights", V, "1.0b", "ex:d dct:accessRights", r"ex:d dct:accessRights nal:access-right\/SENSITIVE ."),
    Case("E11", "dcatap:applicableLegislation", V, "1.0a", "ex:d dcatap:applicableLegislation"),
    Case("E12", "dpv:hasPersonalData", V, "1.0b", "ex:d dpv:hasPersonalData", "ex:d dpv:hasPersonalData ex:Age ."),
    Case("E12", "dpv:hasPersonalData", W, "1.0b", "ex:d dpv:hasPersonalData", "ex:d dpv:hasPersonalData pd:DateOfBirth ."),
    Case("E13", "healthdcatap:retentionPeriod", V, "1.0a", "ex:d healthdcatap:retentionPeriod", 'ex:d healthdcatap:retentionPeriod "25 years" .'),
    Case("E14", "dct:publisher", V, "1.0b", "ex:d dct:publisher"),
    Case("E14", "foaf:name", V, "1.0a", "ex:hospital foaf:name"),
    Case("E14", "foaf:mbox", V, "1.0a", "ex:hospital foaf:mbox, ex:hospital foaf:homepage"),
    Case("C5", "dcat:contactPoint", V, "1.0b", "ex:hospital dcat:contactPoint"),
    Case("C4", "healthdcatap:trustedDataHolder", V, "1.0a", "ex:hospital healthdcatap:trustedDataHolder", 'ex:hospital healthdcatap:trustedDataHolder "yes" .'),
    Case("C3", "locn:address", W, "1.0a", "ex:hospital foaf:name", 'ex:hospital locn:address [ a locn:Address ; foaf:name "FORTH" ] .'),
    Case("C3", "w3id.org/healthdcat-ap", W, "1.0a"),
    Case("C3", "dcat:endPointURL", I, "1.0a"),
    Case("C3", "endpointURL", V, "1.0b", "ex:service dcat:endpointURL"),
    Case("E19", "numberOfUniqueIndividuals", V, "1.0a", "ex:d old:numberOfUniqueIndividuals"),
    Case("E19", "numberOfRecords", V, "1.0a", "ex:d eucaim:nbrOfStudies"),
    Case("E19", "eucaim:nbrOfStudies", V, "1.0a", "ex:d eucaim:nbrOfStudies", "ex:d eucaim:nbrOfStudies -1 ."),
    *(Case("E20", path, V, "1.0b", f"ex:d {path}") for path in ("eucaim:hasBirthSex", "eucaim:hasImageModality", "eucaim:hasEquipmentManufacturer", "eucaim:hasImageBodyPart", "eucaim:collectionMethod", "eucaim:hasCondition")),
    *(Case("E20", path, V, "1.0a", f"ex:d {path}", f"ex:d {path} eucaim:SPEC1000009 .") for path in ("eucaim:hasBirthSex", "eucaim:hasImageModality", "eucaim:collectionMethod", "eucaim:hasCondition")),
    Case("C4", "eucaim:hasImageModality", W, "1.0b", "ex:d eucaim:hasImageModality", "ex:d eucaim:hasImageModality eucaim:IMG1000022 ."),
    Case("E22", "eucaim:hasAnnotationLabel", V, "1.0b", "", "ex:d eucaim:hasAnnotationLabel eucaim:SPEC1000009 ."),
    Case("E22", "eucaim:nbrOfSegmentations", V, "1.0b", "ex:d eucaim:nbrOfSegmentations", "ex:d eucaim:nbrOfSegmentations -7 ."),
    Case("E23", "dct:provenance", V, "1.0b", "ex:d dct:provenance"),
    Case("C9", "healthdcatap:hasCodeValues", V, "1.0b", "ex:d healthdcatap:hasCodeValues", 'ex:d healthdcatap:hasCodeValues "C61" .'),
    Case("E27", "foaf:name", V, "1.0b", "", 'ex:d healthdcatap:hdab [ a foaf:Agent ; foaf:name "TBD" ] .'),
    Case("E28", "dct:creator", V, "1.0b", "", "ex:d dct:creator [ a foaf:Agent ; foaf:homepage ex:page ] ."),
    Case("E31", "dcat:hadRole", V, "1.0b", "", 'ex:d prov:qualifiedAttribution [ a prov:Attribution ; dcat:hadRole ex:payer ; prov:agent [ a foaf:Agent ; foaf:name "Fund" ] ] .'),
    Case("E34", "dct:spatial", V, "1.0b", "ex:d dct:spatial", "ex:d dct:spatial ex:Greece ."),
    Case("C15", "dcat:accessService", V, "1.0b", "ex:images dcat:accessService"),
    Case("C16", "dcat:byteSize", V, "1.0b", "ex:images dcat:byteSize", 'ex:images dcat:byteSize "12 GB" .'),
    Case("C17", "spdx:checksumValue", I, "1.0a"),
    Case("C17", "", V, "1.0a", "ex:images spdx:algorithm"),
    Case("C17", "spdx:checksumValue", V, "1.0b", "ex:checksum spdx:checksumValue", 'ex:checksum spdx:checksumValue "no digits" .'),
    Case("C18", "dct:temporal", V, "1.0a", "ex:images dct:temporal", 'ex:images dct:temporal "one second" .'),
    Case("C20", "dct:issued", V, "1.0a", "ex:images dct:issued", 'ex:images dct:issued "autumn 2023" .'),
    Case("C21", "dct:rights", V, "1.0b", "ex:images dct:rights"),
    Case("C23", "adms:status", W, "1.0a"),
    Case("E35", "dcat:accessURL", V, "1.0b", "ex:images dcat:accessURL"),
    Case("E35", "dcatap:applicableLegislation", V, "1.0b", "ex:images dcatap:applicableLegislation"),
)
# fmt: on


@pytest.mark.parametrize("case", CASES, ids=[f"{case.rule} {case.path} {n}" for n, case in enumerate(CASES)])
def test_a_broken_rule_is_found_at_its_field(case: Case) -> None:
    found = report(case.dialect, case.drop, case.add)
    assert case.severity in {f.severity for f in of_rule(found, case.rule) if case.path in f.path}, found.findings
    assert found.conforms is (case.severity is not V)


@pytest.mark.parametrize("dialect", list(DIALECTS))
def test_a_record_in_either_dialect_conforms(dialect: str) -> None:
    found = report(dialect)
    assert found.conforms, [f for f in found.findings if f.severity is V]


@pytest.mark.parametrize(
    ("drop", "add"),
    [
        ("", "ex:d eucaim:interoperabilityLevel eucaim:SPEC1000011 ."),
        ("ex:d eucaim:hasBirthSex", "ex:d eucaim:hasBirthSex eucaim:COM1000177 , eucaim:COM1000180 ."),
        (
            "",
            'ex:d dpv:hasLegalBasis [ a dpv:LegalBasis ; dct:description "Consent of all"@en ] ; dct:creator ex:ministry .',
        ),
        ("", "ex:d dct:conformsTo ex:standard ; healthdcatap:hasCodingSystem ex:coding ."),
        ("", 'ex:d prov:wasGeneratedBy [ a prov:Activity ; rdfs:label "Project"@en ] .'),
        ("", "ex:d adms:sample [ a dcat:Distribution ; dcat:accessURL ex:sample ] ."),
        ("", 'ex:images dct:rights [ a dct:RightsStatement ; rdfs:label "Ask the committee."@en ] .'),
        (
            "",
            "ex:images odrl:hasPolicy [ a odrl:Policy ; odrl:obligation [ a odrl:Duty ; odrl:action ex:register ] ] .",
        ),
    ],
)
def test_what_version_2_no_longer_takes_is_taken_here(drop: str, add: str) -> None:
    found = report("1.0a", drop, add)
    assert found.conforms, [f for f in found.findings if f.severity is V]


def test_a_catalogue_whose_publisher_has_a_contact_in_vcard_conforms() -> None:
    found = profiles().validate(Graph(triples(CATALOG)), SUBJECT, Kind.CATALOG, [PROFILE])
    assert found.conforms, found.findings


def test_a_record_of_version_2_breaks_only_what_version_1_has_otherwise() -> None:
    """Contacts in the core vocabularies, codes as text, no access service: the rows C5, C9 and C15."""
    turtle = (Path(__file__).parent / "records" / "eucaim-base.ttl").read_text(encoding="utf-8")
    found = profiles().validate(Graph(triples(turtle)), SUBJECT, Kind.DATASET, [PROFILE])
    broken = {rule for f in found.findings if f.severity is V for rule in f.rules if rule.startswith("C")}
    assert broken == {"C5", "C9", "C15"}


@cache
def shapes_graph() -> rdflib.Graph:
    graph = rdflib.Graph()
    for folder in ("common", PROFILE):
        for path in sorted((SHAPES / folder).glob("*.ttl")):
            graph.parse(path)
    return graph


def in_rdflib(found: list[ox.Triple]) -> rdflib.Graph:
    return rdflib.Graph().parse(data="\n".join(f"{triple} ." for triple in found), format="nt")


def facts_about(data: rdflib.Graph) -> rdflib.Graph:
    return in_rdflib(
        vocabularies().lookup([str(value) for value in data.objects() if isinstance(value, rdflib.URIRef)])
    )


@pytest.mark.parametrize("dialect", list(DIALECTS))
def test_the_shapes_are_well_formed_and_any_shacl_engine_finds_no_violation(dialect: str) -> None:
    """Checked against the shapes of SHACL itself; foaf and vcard subclasses are stated, as the look-up does."""
    graph = Graph(base(dialect))
    data = in_rdflib([*graph, *profiles().imply_types(graph, [PROFILE])])
    data.parse(data=HEAD + "foaf:Organization rdfs:subClassOf foaf:Agent .", format="turtle")
    _, results, words = pyshacl.validate(data + facts_about(data), shacl_graph=shapes_graph(), meta_shacl=True)
    nested = set(results.objects(None, SH.detail))
    assert set(results.subjects(SH.resultSeverity, SH.Violation)) - nested == set(), words


def test_advice_on_a_nested_node_is_never_a_violation_in_a_plain_engine() -> None:
    shapes = shapes_graph()
    for outer, inner in shapes.subject_objects(SH.node):
        if shapes.value(outer, SH.severity) is None:
            mild = [part for part in shapes.objects(inner, SH.property) if shapes.value(part, SH.severity)]
            assert mild == [], outer


def test_every_field_is_described_for_people() -> None:
    shapes = shapes_graph()
    fields_are_described(shapes, 130)
    for shape in set(shapes.subjects(SH.name)):
        assert shapes.value(shape, SC.rule) is not None, shape


def test_a_constraint_that_is_not_plain_says_what_is_wrong_and_how_it_is_mended() -> None:
    shapes = shapes_graph()
    ours = f"urn:health-catalogue:shapes:{PROFILE}:"
    for shape in {s for term in HARD for s in shapes.subjects(term) if str(s).startswith(ours)}:
        assert shapes.value(shape, SH.message) is not None, shape
        assert shapes.value(shape, SC.mend) is not None, shape


def test_every_example_keeps_the_constraints_of_its_field() -> None:
    """Each example becomes the value of a node of its own; each field is given that node as its target."""
    shapes, data = rdflib.Graph() + shapes_graph(), rdflib.Graph()
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
        for value in bare.intersection(data.objects(None, shapes.value(shape, SH.path))):
            data.add((value, rdflib.RDF.type, class_))
    _, results, words = pyshacl.validate(data + facts_about(data), shacl_graph=shapes)
    assert list(results.subjects(rdflib.RDF.type, SH.ValidationResult)) == [], words
