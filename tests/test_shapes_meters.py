"""Do `eucaim-harvester` and `ehds-minimum` measure what they say, and nothing else?"""

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

from catalogue.model import Kind, Obligation, Report, Severity
from catalogue.profiles import Profiles
from catalogue.rdf.graph import Graph
from catalogue.rdf.namespaces import PREFIXES
from catalogue.resources import shipped
from catalogue.vocabularies import Vocabularies

HARVESTER, MINIMUM = "eucaim-harvester", "ehds-minimum"
SHAPES = Path(__file__).parents[1] / "shapes"
V, W, I = Severity.VIOLATION, Severity.WARNING, Severity.INFO  # noqa: E741 - short in the tables
SUBJECT = NamedNode("https://example.org/d")
DATASET = f"{PREFIXES['dcat']}Dataset"
PLACES = {"ex": "https://example.org/", "nal": "http://publications.europa.eu/resource/authority/"}
HEAD = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in {**PREFIXES, **PLACES}.items())
# What the harvester wants beyond a record of version 2.0.
DIALECT = """
ex:d adms:interoperabilityLevel eucaim:SPEC1000011 .
ex:hospital a foaf:Organization ; foaf:mbox <mailto:data@hospital.example> ; foaf:homepage <https://hospital.example/> .
"""


@cache
def profiles() -> Profiles:
    return Profiles.load(SHAPES, Vocabularies.load(shipped("ontologies")))


def triples(turtle: str) -> list[ox.Triple]:
    return [quad.triple for quad in ox.parse(HEAD + turtle, format=ox.RdfFormat.TURTLE)]


@cache
def base() -> tuple[ox.Triple, ...]:
    turtle = (Path(__file__).parent / "records" / "eucaim-base.ttl").read_text(encoding="utf-8")
    # The hospital is custodian too; without that there is one way to it, and so one path in the findings.
    return tuple(
        triples((turtle + DIALECT).replace("geodcatap:custodian ex:hospital ;", "geodcatap:custodian ex:hdab ;"))
    )


def record(drop: str = "", add: str = "") -> Graph:
    """The base record without the values of some properties (`ex:d dct:title, ...`), and with more Turtle."""
    gone = {(t.subject, t.predicate) for item in drop.split(",") if item.strip() for t in triples(f"{item} 0 .")}
    # A drop that hits nothing would make the case mean something else.
    assert gone <= {(t.subject, t.predicate) for t in base()}
    return Graph([*(t for t in base() if (t.subject, t.predicate) not in gone), *triples(add)])


def report(profile: str, drop: str = "", add: str = "") -> Report:
    return profiles().validate(record(drop, add), SUBJECT, Kind.DATASET, [profile])


@dataclass(frozen=True)
class Case:
    """A change that misses a point of the checklist, how severely, and in which part of the path it is found."""

    rule: str
    path: str
    severity: Severity
    drop: str = ""
    add: str = ""


# fmt: off
CASES = (
    Case("P03", "dct:identifier", V, "ex:d dct:identifier"),
    Case("P03", "dct:identifier", V, "", 'ex:d dct:identifier "second" .'),
    Case("P04", "adms:interoperabilityLevel", V, "ex:d adms:interoperabilityLevel"),
    Case("P04", "eucaim:interoperabilityLevel", V, "ex:d eucaim:interoperabilityLevel"),
    Case("P05", "dct:title", V, "ex:d dct:title", 'ex:d dct:title "RM da próstata"@pt .'),
    Case("P05", "dct:title", W),
    Case("P05", "dct:description", V, "ex:d dct:description", 'ex:d dct:description "Imagens" .'),
    Case("P05", "dct:description", W, "", 'ex:d dct:description "Imagens"@pt .'),
    Case("P06", "dct:publisher / rdf:type", V, "ex:hospital a", "ex:hospital a foaf:Agent ."),
    Case("P07", "dcat:contactPoint / rdf:type", V, "ex:contact a", "ex:contact a vcard:Organization ."),
    Case("P07", "dcat:contactPoint / vcard:fn", V, "ex:contact vcard:fn"),
    Case("P07", "dcat:contactPoint / vcard:hasEmail", V, "ex:contact vcard:hasEmail"),
    Case("P07", "dcat:contactPoint / vcard:hasEmail", V, "ex:contact vcard:hasEmail", "ex:contact vcard:hasEmail ex:mail ."),
    Case("P08", "dct:temporal / dcat:endDate", V, "ex:acquisition dcat:endDate"),
    Case("P08", "healthdcatap:retentionPeriod / dcat:startDate", V, "ex:retention dcat:startDate"),
    Case("P09", "dct:spatial", V, "ex:d dct:spatial"),
    Case("P09", "healthdcatap:healthTheme", V, "ex:d healthdcatap:healthTheme"),
    Case("P10", "eucaim:hasImageModality", V, "ex:d eucaim:hasImageModality", "ex:d eucaim:hasImageModality eucaim:IMG1000022 ."),
    Case("P10", "eucaim:hasCondition", V, "ex:d eucaim:hasCondition", 'ex:d eucaim:hasCondition "prostate cancer" .'),
    Case("P10", "dct:type", V, "ex:d dct:type", "ex:d dct:type ex:cohort ."),
    Case("P10", "dct:spatial", V, "ex:d dct:spatial", "ex:d dct:spatial ex:Portugal ."),
    Case("P11", "dcat:contactPoint", W, "ex:d dcat:contactPoint", 'ex:d dcat:contactPoint [ a vcard:Kind ; vcard:fn "O" ; vcard:hasEmail <mailto:a@b.eu> ] .'),
    Case("P11", "dct:provenance", W, "ex:d dct:provenance", 'ex:d dct:provenance [ a dct:ProvenanceStatement ; rdfs:label "PACS"@en ] .'),
    Case("P11", "(dcat:distribution|adms:sample|healthdcatap:analytics)", W, "", "ex:d dcat:distribution [ a dcat:Distribution ] ."),
    Case("P12", "dct:publisher / foaf:mbox", V, "ex:hospital foaf:mbox"),
    Case("P12", "dct:publisher / foaf:homepage", V, "ex:hospital foaf:homepage"),
    Case("P13", "dct:provenance / rdf:type", V, "ex:provenance a"),
    Case("P13", "dct:provenance / rdfs:label", V, "ex:provenance rdfs:label", 'ex:provenance dct:description "PACS"@en .'),
    *(Case("PL", path, V, f"ex:d {path}") for path in ("dcat:version", "dcat:keyword", "dcat:theme", "dct:type", "dct:accessRights", "dcatap:applicableLegislation", "healthdcatap:healthCategory", "healthdcatap:numberOfRecords", "healthdcatap:numberOfUniqueIndividuals", "eucaim:hasBirthSex", "eucaim:collectionMethod", "eucaim:hasEquipmentManufacturer", "eucaim:hasImageBodyPart")),
    Case("PL", "dcat:keyword", I),
    Case("PL", "dcat:distribution", I),
    Case("PL", "dct:accessRights", W, "", "ex:d dct:accessRights <https://example.org/d#accessRights> ."),
    Case("PL", "dct:conformsTo", I, "", "ex:d dct:conformsTo <https://fdp.example/profile/1> ."),
)
# fmt: on


@pytest.mark.parametrize("case", CASES, ids=[f"{case.rule} {case.path} {n}" for n, case in enumerate(CASES)])
def test_a_missed_point_of_the_checklist_is_found(case: Case) -> None:
    found = report(HARVESTER, case.drop, case.add)
    assert case.severity in {f.severity for f in found.findings if case.rule in f.rules and f.path == case.path}
    assert not (case.severity is V and found.conforms)


def test_a_dataset_without_a_web_address_misses_the_second_point() -> None:
    name = NamedNode("urn:uuid:8f1b1c0e-0000-4000-8000-000000000000")
    moved = Graph(ox.Triple(name if t.subject == SUBJECT else t.subject, t.predicate, t.object) for t in record())
    found = profiles().validate(moved, name, Kind.DATASET, [HARVESTER])
    assert [f.severity for f in found.findings if "P02" in f.rules] == [V]


def test_every_point_is_judged_or_named_in_the_description() -> None:
    judged = {case.rule for case in CASES} | {"P02"}
    description = profiles().get(HARVESTER).description
    assert {f"P{n:02}" for n in range(1, 14)} - judged == {"P01"}
    for point in (1, 2, 3, 5):
        assert f"Point {point}:" in description


def test_one_record_is_ready_for_the_harvester_and_conforms_to_version_2_and_to_release_8() -> None:
    ids = [HARVESTER, "eucaim-2", "healthdcat-ap-8"]
    found = profiles().validate(record(), SUBJECT, Kind.DATASET, ids)
    assert [outcome.conforms for outcome in found.profiles] == [True, True, True], found.findings


def test_the_minimum_has_27_elements_and_each_is_a_warning_when_it_is_missing() -> None:
    fields = profiles().fields([MINIMUM], DATASET)
    assert {field.obligation for field in fields} == {Obligation.RECOMMENDED}
    bare = Graph(triples("ex:d a dcat:Dataset ."))
    found = profiles().validate(bare, SUBJECT, Kind.DATASET, [MINIMUM])
    assert len(fields) == len(found.findings) == 27
    assert {finding.severity for finding in found.findings} == {W}
    assert {rule for finding in found.findings for rule in finding.rules} == {f"M{n:02}" for n in range(1, 28)}
    assert found.conforms
    assert found.completeness
    assert found.completeness.recommended == (0, 27)


@pytest.mark.parametrize("path", [field.path for field in profiles().fields([MINIMUM], DATASET)])
def test_an_element_that_is_missing_is_the_only_one_found(path: str) -> None:
    short = Graph(t for t in record() if not (t.subject == SUBJECT and t.predicate.value == path))
    found = profiles().validate(short, SUBJECT, Kind.DATASET, [MINIMUM])
    assert [finding.property for finding in found.findings] == [path]
    assert found.completeness
    assert found.completeness.recommended == (26, 27)


def test_the_minimum_says_that_it_is_from_a_secondary_source_and_no_gate() -> None:
    description = profiles().get(MINIMUM).description
    assert "secondary source" in description
    assert "not a gate" in description


def test_a_wrong_value_is_not_the_business_of_the_minimum() -> None:
    assert report(MINIMUM, "ex:d healthdcatap:healthCategory", "ex:d healthdcatap:healthCategory ex:x .").findings == ()


SH = rdflib.Namespace("http://www.w3.org/ns/shacl#")
SC = rdflib.Namespace("urn:health-catalogue:shapes#")


@cache
def shapes_graph(profile: str) -> rdflib.Graph:
    graph = rdflib.Graph()
    for folder in ("common", profile):
        for path in sorted((SHAPES / folder).glob("*.ttl")):
            graph.parse(path)
    return graph


@pytest.mark.parametrize("profile", [HARVESTER, MINIMUM])
def test_the_shapes_are_well_formed_and_every_field_is_described_for_people(profile: str) -> None:
    shapes = shapes_graph(profile)
    conforms, _, words = pyshacl.validate(rdflib.Graph(), shacl_graph=shapes, meta_shacl=True)
    assert conforms, words
    for shape in shapes.subjects(SH.name):
        assert str(shapes.value(shape, SH.description) or "").endswith("."), shape
        assert (shapes.value(shape, SH.group), rdflib.RDF.type, SH.PropertyGroup) in shapes, shape
        for term in (SH.order, SC.example, SC.rule):
            assert shapes.value(shape, term) is not None, shape
        example = f"{HEAD}ex:node <{shapes.value(shape, SH.path)}> {shapes.value(shape, SC.example)} ."
        assert rdflib.Graph().parse(data=example, format="turtle")
    for outer, inner in shapes.subject_objects(SH.node):
        mild = [part for part in shapes.objects(inner, SH.property) if shapes.value(part, SH.severity)]
        assert mild == [], outer
