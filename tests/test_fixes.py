"""Is every old or wrong form found, rewritten as its table says, and everything else left as it is?

Each case is a record with one such form, and what it becomes; a step that somebody must confirm is confirmed here.
"""

# ruff: noqa: E501 - one case a line reads as a table
from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from catalogue.model import Kind
from catalogue.profiles import Profiles
from catalogue.profiles.fixes import BadRule, Fixes, StaleStep, Step, StepKind, apply, chosen, safe
from catalogue.rdf.graph import Graph
from catalogue.rdf.namespaces import PREFIXES
from catalogue.resources import shipped
from catalogue.vocabularies import Vocabularies

SAFE, DERIVABLE, PERSON = StepKind.SAFE, StepKind.DERIVABLE, StepKind.PERSON
SUBJECT = NamedNode("https://example.org/d")
LISTS = "https://eucaim.github.io/eucaim_dcat_ap/releases/controlled-vocabularies/"
PLACES = {
    "ex": "https://example.org/",
    "nal": "http://publications.europa.eu/resource/authority/",
    "hdeu": "https://hdeu-dcat.data.health.europa.eu/resource/authority/",
    "acceptance": "https://hdeu-dcat.acceptance.data.health.europa.eu/resource/authority/",
    "ip": "http://13.81.34.152:1101/resource/authority/",
    "access": f"{LISTS}access-conditions/#",
    "use": f"{LISTS}data-use-conditions/#",
    "old": "https://w3id.org/healthdcat-ap#",
    "pd": "https://w3id.org/dpv/pd#",
    "duo": "http://purl.obolibrary.org/obo/",
}
HEAD = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in {**PREFIXES, **PLACES}.items())
E2, H7, H8, HARVESTER = "eucaim-2", "healthdcat-ap-7", "healthdcat-ap-8", "eucaim-harvester"


@cache
def vocabularies() -> Vocabularies:
    return Vocabularies.load(shipped("ontologies"))


@cache
def fixes() -> Fixes:
    return Fixes.load(vocabularies())


def graph(turtle: str) -> Graph:
    return Graph(quad.triple for quad in ox.parse(HEAD + turtle, format=ox.RdfFormat.TURTLE))


def propose(record: Graph, target: str = E2) -> list[Step]:
    return fixes().propose(record, SUBJECT, Kind.DATASET, target)


def same(one: Graph, other: Graph) -> bool:
    """Whether two graphs differ in nothing but the names of blank nodes."""
    datasets = [ox.Dataset([ox.Quad(*triple) for triple in graph]) for graph in (one, other)]
    for dataset in datasets:
        dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return datasets[0] == datasets[1]


@dataclass(frozen=True)
class Case:
    """A rule, a record with its place, and what the record becomes (a question: nothing)."""

    rule: str
    before: str
    after: str = ""
    target: str = E2
    kind: StepKind = SAFE


ORG = "ex:d dct:publisher ex:o ."
VARIABLES = "ex:d healthdcatap:hasVariables ex:g ; healthdcatap:hasStructuredData true ; healthdcatap:hdab ex:h ."
# fmt: off
CASES = (
    Case("namespace", 'ex:d old:populationCoverage "Men" .', 'ex:d healthdcatap:populationCoverage "Men" .'),
    Case("namespace", 'ex:d <https://purl.org/dc/terms/title> "A" ; a <https://www.w3.org/ns/dcat#Dataset> .', 'ex:d dct:title "A" ; a dcat:Dataset .'),
    Case("terms", "ex:s dcat:endPointURL ex:e .", "ex:s dcat:endpointURL ex:e ."),
    Case("terms", "ex:x <http://data.europa.eu/r5ravailability> ex:e .", "ex:x dcatap:availability ex:e ."),
    Case("checksum-spelling", "ex:x spdx:Checksum ex:c .", "ex:x spdx:checksum ex:c ."),
    Case("version-info", 'ex:d owl:versionInfo "1.0" .', 'ex:d dcat:version "1.0" .'),
    Case("tier", "ex:d adms:interoperabilityLevel eucaim:SPEC1000011 .", "ex:d adms:interoperabilityLevel eucaim:SPEC1000011 ; eucaim:interoperabilityLevel eucaim:SPEC1000011 ."),
    Case("tier-for-harvester", "ex:d eucaim:interoperabilityLevel eucaim:SPEC1000011 .", "ex:d adms:interoperabilityLevel eucaim:SPEC1000011 ; eucaim:interoperabilityLevel eucaim:SPEC1000011 .", HARVESTER),
    Case("studies", 'ex:d eucaim:nbrOfStudies "8"^^xsd:nonNegativeInteger .', 'ex:d healthdcatap:numberOfRecords "8"^^xsd:nonNegativeInteger .'),
    Case("studies-twice", 'ex:d eucaim:nbrOfStudies "8" ; healthdcatap:numberOfRecords "9"^^xsd:nonNegativeInteger .', kind=PERSON),
    Case("current", r"ex:d healthdcatap:healthCategory ip:healthcategories\/EHRS .", r"ex:d healthdcatap:healthCategory hdeu:healthcategories\/EHRS ."),
    Case("current", r"ex:d healthdcatap:healthCategory nal:healthcategories\/EHRS .", r"ex:d healthdcatap:healthCategory hdeu:healthcategories\/EHRS ."),
    Case("current", r"ex:d healthdcatap:healthTheme ip:health-theme\/CANCER .", r"ex:d healthdcatap:healthTheme hdeu:health-theme\/CANCER_DISEASE ."),
    Case("current", r"ex:d dct:conformsTo acceptance:standard\/DICOM .", r"ex:d dct:conformsTo hdeu:standard\/DICOM .", H8),
    Case("current", "ex:d dpv:hasPersonalData pd:HairColour .", "ex:d dpv:hasPersonalData dpv-pd:HairColor .", H8),
    Case("current", "ex:d dcat:theme <https://publications.europa.eu/resource/authority/data-theme/HEAL> .", r"ex:d dcat:theme nal:data-theme\/HEAL ."),
    Case("current", "ex:d eucaim:hasImageModality <https://hyperontology.eucaim.cancerimage.eu/#IMG1000038> .", "ex:d eucaim:hasImageModality eucaim:IMG1000038 ."),
    Case("current", "ex:d eucaim:hasBirthSex eucaim:COM1000177 , eucaim:COM1000180 .", "ex:d eucaim:hasBirthSex eucaim:COM1001370 , eucaim:COM1001366 ."),
    Case("current", "ex:a dcat:hadRole <https://standards.iso.org/iso/19115/resources/Codelists/gml/CI_RoleCode.xml#funder> .", "ex:a dcat:hadRole <https://schemas.isotc211.org/resources/codelists/ISO19115-1.1.cit.CI-RoleCode/funder> ."),
    Case("current", f"ex:x dct:rights <{LISTS}data-use-conditions/NO_RESTRICTION> .", "ex:x dct:rights use:NO_RESTRICTION ."),
    Case("current", "ex:x dct:rights duo:DUO_0000007 .", "ex:x dct:rights use:DISEASE_SPECIFIC_RESEARCH ."),
    Case("current-before-release-8", "ex:d dct:language <https://publications.europa.eu/resource/authority/language/ENG> .", r"ex:d dct:language nal:language\/ENG .", H7),
    Case("acceptance", r"ex:d healthdcatap:healthCategory ip:healthcategories\/EHRS .", r"ex:d healthdcatap:healthCategory acceptance:healthcategories\/EHRS .", H7),
    Case("unknown-code", r"ex:d healthdcatap:healthCategory ip:healthcategories\/NOSUCH .", kind=PERSON),
    Case("status-table", r"ex:x a dcat:Distribution ; adms:status nal:dataset-status\/COMPLETED .", r"ex:x a dcat:Distribution ; adms:status nal:distribution-status\/COMPLETED ."),
    Case("status-adms", "ex:x a dcat:Distribution ; adms:status <http://purl.org/adms/status/UnderDevelopment> .", r"ex:x a dcat:Distribution ; adms:status nal:distribution-status\/DEVELOP ."),
    Case("frequency", "ex:d dct:accrualPeriodicity <http://purl.org/cld/freq/annual> .", r"ex:d dct:accrualPeriodicity nal:frequency\/ANNUAL ."),
    Case("country", r'ex:d dct:spatial nal:country\/NL , "pt" .', r"ex:d dct:spatial nal:country\/NLD , nal:country\/PRT ."),
    Case("modality", "ex:d eucaim:hasImageModality eucaim:IMG1000022 , eucaim:IMG1000030 .", "ex:d eucaim:hasImageModality eucaim:IMG1000038 , eucaim:IMG1004455 .", kind=DERIVABLE),
    Case("snomed", "ex:d eucaim:hasAlgorithmType <http://snomed.info/id/87982008> .", "ex:d eucaim:hasAlgorithmType eucaim:COM1000003 .", kind=DERIVABLE),
    Case("changed-meaning", "ex:d eucaim:hasCondition eucaim:CLIN1007978 .", kind=PERSON),
    Case("access-rights", "ex:d dct:accessRights ex:BY_REQUEST .", r"ex:d dct:accessRights nal:access-right\/RESTRICTED .", kind=DERIVABLE),
    Case("access-class", "ex:x dct:rights eucaim:SPEC1000024 .", "ex:x dct:rights access:DOWNLOAD .", kind=DERIVABLE),
    Case("access-label", 'ex:x dct:rights [ a dct:RightsStatement ; rdfs:label "Authorization to view the data in situ."@en ] .', "ex:x dct:rights access:IN_SITU_PROCESSING .", kind=DERIVABLE),
    Case("current", "ex:x dct:rights duo:DUO_00000044 .", "ex:x dct:rights use:POPULATION_ORIGINS_ANCESTRY_RESEARCH_PROHIBITED ."),
    Case("segmentation-label", "ex:d eucaim:hasAnnotationLabel ex:nodule .", kind=PERSON),
    Case("inside-address", 'ex:o locn:address ex:a . ex:a a locn:Address ; foaf:name "Org" ; locn:postCode "1050" .', 'ex:o locn:address ex:a ; foaf:name "Org" . ex:a a locn:Address ; locn:postCode "1050" .'),
    Case("publisher-type", f"{ORG} ex:o healthdcatap:publisherType ex:t .", f"{ORG} ex:o dct:type ex:t ."),
    Case("publisher-type-of-dataset", f"{ORG} ex:d healthdcatap:publisherType ex:t .", f"{ORG} ex:o dct:type ex:t ."),
    Case("publisher-note", f'{ORG} ex:o healthdcatap:publishernote "A hospital"@en .', f'{ORG} ex:o dct:description "A hospital"@en .'),
    Case("trusted-custodian", f"{ORG} ex:o healthdcatap:trustedDataHolder true .", f"{ORG} ex:o healthdcatap:trustedDataHolder true . ex:d geodcatap:custodian ex:o .", kind=DERIVABLE),
    Case("trusted", f"{ORG} ex:o healthdcatap:trustedDataHolder false .", ORG, kind=DERIVABLE),
    Case("contact-point", f"{ORG} ex:o dcat:contactPoint ex:c .", f"{ORG} ex:o cv:contactPoint ex:c ."),
    Case("contact-type", f"{ORG} ex:o dcat:contactPoint ex:c . ex:c a vcard:Kind .", f"{ORG} ex:o cv:contactPoint ex:c . ex:c a cv:ContactPoint ."),
    Case("contact-type-shared", f"{ORG} ex:o dcat:contactPoint ex:c . ex:d dcat:contactPoint ex:c . ex:c a vcard:Kind .", f"{ORG} ex:o cv:contactPoint ex:c . ex:d dcat:contactPoint ex:c . ex:c a vcard:Kind , cv:ContactPoint ."),
    Case("contact-details", f'{ORG} ex:o dcat:contactPoint ex:c . ex:c vcard:hasEmail <mailto:a@b.eu> ; vcard:hasURL <https://b.eu/> ; vcard:hasTelephone <tel:+351239> .', f'{ORG} ex:o cv:contactPoint ex:c . ex:c cv:email "a@b.eu" ; cv:contactPage <https://b.eu/> ; cv:telephone "+351239" .'),
    Case("contact-details-shared", f"{ORG} ex:o dcat:contactPoint ex:c . ex:d dcat:contactPoint ex:c . ex:c vcard:hasEmail <mailto:a@b.eu> .", f'{ORG} ex:o cv:contactPoint ex:c . ex:d dcat:contactPoint ex:c . ex:c vcard:hasEmail <mailto:a@b.eu> ; cv:email "a@b.eu" .'),
    Case("contact-made", f"{ORG} ex:o foaf:mbox <mailto:a@b.eu> ; foaf:homepage ex:page .", f'{ORG} ex:o foaf:mbox <mailto:a@b.eu> ; foaf:homepage ex:page ; cv:contactPoint [ a cv:ContactPoint ; cv:email "a@b.eu" ; cv:contactPage ex:page ] .'),
    Case("organisation-for-harvester", f"{ORG} ex:o a foaf:Agent .", f"{ORG} ex:o a foaf:Agent , foaf:Organization .", HARVESTER),
    Case("mbox-for-harvester", f'{ORG} ex:o cv:contactPoint ex:c . ex:c cv:email "a@b.eu" .', f'{ORG} ex:o cv:contactPoint ex:c ; foaf:mbox <mailto:a@b.eu> . ex:c cv:email "a@b.eu" .', HARVESTER),
    Case("homepage-for-harvester", f"{ORG} ex:o cv:contactPoint ex:c . ex:c cv:contactPage ex:page .", f"{ORG} ex:o cv:contactPoint ex:c ; foaf:homepage ex:page . ex:c cv:contactPage ex:page .", HARVESTER),
    Case("kind-for-harvester", "ex:d dcat:contactPoint ex:c . ex:c a vcard:Organization .", "ex:d dcat:contactPoint ex:c . ex:c a vcard:Organization , vcard:Kind .", HARVESTER),
    Case("endpoint-for-harvester", "ex:s dcat:endpointURL ex:e .", "ex:s dcat:endpointURL ex:e ; dcat:endPointURL ex:e .", HARVESTER),
    Case("no-hdab", 'ex:d dct:title "A" .', target=H8, kind=PERSON),
    Case("no-publisher-contact", f"{ORG}", kind=PERSON),
    Case("structured", r"ex:d healthdcatap:hasCodingSystem hdeu:coding-system\/ICD-10 .", r"ex:d healthdcatap:hasCodingSystem hdeu:coding-system\/ICD-10 ; healthdcatap:hasStructuredData true .", kind=DERIVABLE),
    Case("structured-unknown", 'ex:d dct:title "A" .', target=H7, kind=PERSON),
    Case("no-variables", "ex:d healthdcatap:hasStructuredData true .", target=H7, kind=PERSON),
    Case("code-iri", "ex:d healthdcatap:hasCodeValues <http://hl7.org/fhir/sid/icd-10/C61> .", 'ex:d healthdcatap:hasCodeValues "ICD-10: C61" .'),
    Case("code-node", 'ex:d healthdcatap:hasCodeValues [ a skos:Concept ; skos:notation "C61" ; skos:inScheme [ skos:notation "ICD-10" ] ] .', 'ex:d healthdcatap:hasCodeValues "ICD-10: C61" .'),
    Case("code-identifier", 'ex:d healthdcatap:hasCodeValues [ dct:identifier "https://icd.who.int/C61"^^xsd:anyURI ; skos:inScheme ex:icd ] .', 'ex:d healthdcatap:hasCodeValues "https://icd.who.int/C61" .', kind=DERIVABLE),
    Case("code-unknown", "ex:d healthdcatap:hasCodeValues ex:C61 .", kind=PERSON),
    Case("column-title", 'ex:c csvw:titles "PSA"@en .', 'ex:c csvw:title "PSA"@en .', H8),
    Case("column-title-beside", 'ex:c csvw:titles "PSA"@en .', 'ex:c csvw:titles "PSA"@en ; csvw:title "PSA"@en .'),
    Case("column-names", 'ex:c csvw:name "a" , "b" .', target=H8, kind=PERSON),
    Case("tables-title", VARIABLES, target=H8, kind=PERSON),
    Case("activity-type", "ex:d prov:wasGeneratedBy ex:a .", kind=PERSON),
    Case("retention-duration", 'ex:d healthdcatap:retentionPeriod "P25Y"^^xsd:duration .', kind=PERSON),
    Case("byte-size", "ex:x dcat:byteSize 348966092800.0 .", 'ex:x dcat:byteSize "348966092800"^^xsd:nonNegativeInteger .', kind=DERIVABLE),
    Case("byte-size-integer", "ex:x dcat:byteSize 348966092800 .", 'ex:x dcat:byteSize "348966092800"^^xsd:nonNegativeInteger .'),
    Case("byte-size-unit", "ex:x dcat:byteSize 12.5 .", kind=PERSON),
    Case("checksum-node", 'ex:x spdx:checksumValue "AB01CD23" ; spdx:algorithm spdx:checksumAlgorithm_adler32 .', 'ex:x spdx:checksum [ a spdx:Checksum ; spdx:algorithm spdx:checksumAlgorithm_adler32 ; spdx:checksumValue "ab01cd23"^^xsd:hexBinary ] .'),
    Case("checksum-digits", 'ex:x spdx:checksum ex:c . ex:c spdx:checksumValue "AB01CD23" .', 'ex:x spdx:checksum ex:c . ex:c spdx:checksumValue "ab01cd23"^^xsd:hexBinary .'),
    Case("temporal-resolution", 'ex:x a dcat:Distribution ; dct:temporal "PT1S"^^xsd:duration .', 'ex:x a dcat:Distribution ; dcat:temporalResolution "PT1S"^^xsd:duration .'),
    Case("policy-uid", "ex:x odrl:hasPolicy ex:p .", "ex:x odrl:hasPolicy ex:p . ex:p odrl:uid ex:p ."),
    Case("whole-number", 'ex:d healthdcatap:numberOfRecords 815 ; healthdcatap:minTypicalAge "45" ; eucaim:nbrOfSegmentations "7.0"^^xsd:decimal .', 'ex:d healthdcatap:numberOfRecords "815"^^xsd:nonNegativeInteger ; healthdcatap:minTypicalAge "45"^^xsd:nonNegativeInteger ; eucaim:nbrOfSegmentations "7"^^xsd:nonNegativeInteger .'),
    Case("decimal", 'ex:d dcat:spatialResolutionInMeters "0.0005"^^xsd:double .', 'ex:d dcat:spatialResolutionInMeters "0.0005"^^xsd:decimal .'),
    Case("truth", 'ex:d healthdcatap:hasStructuredData "True" .', "ex:d healthdcatap:hasStructuredData true ."),
    Case("date", 'ex:d dct:issued "2024-01-31" ; dct:modified "2024-06"^^xsd:date . ex:p dcat:startDate "2016" ; dcat:endDate "2020-02-28T10:00:00Z" .', 'ex:d dct:issued "2024-01-31"^^xsd:date ; dct:modified "2024-06"^^xsd:gYearMonth . ex:p dcat:startDate "2016"^^xsd:gYear ; dcat:endDate "2020-02-28T10:00:00Z"^^xsd:dateTime .'),
    Case("duration", 'ex:d dcat:temporalResolution "P1M" .', 'ex:d dcat:temporalResolution "P1M"^^xsd:duration .'),
    Case("mailto", 'ex:c vcard:hasEmail "a@b.eu" . ex:o foaf:mbox "mailto: a@b.eu " .', "ex:c vcard:hasEmail <mailto:a@b.eu> . ex:o foaf:mbox <mailto:a@b.eu> ."),
    Case("plain-mail", "ex:c cv:email <mailto:a@b.eu> ; cv:telephone <tel:+351239> .", 'ex:c cv:email "a@b.eu" ; cv:telephone "+351239" .'),
    Case("address", 'ex:x dcat:accessURL "https://b.eu/data?x=1"^^xsd:anyURI .', "ex:x dcat:accessURL <https://b.eu/data?x=1> ."),
    Case("identifier-text", "ex:d dct:identifier <https://b.eu/1> .", 'ex:d dct:identifier "https://b.eu/1" .'),
    Case("label", 'ex:d dct:accessRights "Non-public"@en ; dct:spatial "Portugal" ; eucaim:hasBirthSex "Female" ; dct:language "ENG" .', r"ex:d dct:accessRights nal:access-right\/NON_PUBLIC ; dct:spatial nal:country\/PRT ; eucaim:hasBirthSex eucaim:COM1001370 ; dct:language nal:language\/ENG ."),
    Case("language-code", 'ex:d dct:language "en" , <http://lexvo.org/id/iso639-3/deu> .', r"ex:d dct:language nal:language\/ENG , nal:language\/DEU ."),
    Case("language-tag", 'ex:d dct:title "A"@eng , "B"@ger .', 'ex:d dct:title "A"@en , "B"@de .'),
    Case("language-tag-country", 'ex:d dct:title "A"@gr .', 'ex:d dct:title "A"@el .', kind=DERIVABLE),
)
# fmt: on
NAMES = [f"{case.rule} {number}" for number, case in enumerate(CASES)]


def of(steps: list[Step], rule: str) -> list[Step]:
    return [step for step in steps if step.id.rpartition("-")[0] == rule]


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_an_old_or_wrong_form_is_found_and_rewritten_or_asked(case: Case) -> None:
    record = graph(case.before)
    steps = propose(record, case.target)
    found = of(steps, case.rule)
    assert found, [step.id for step in steps]
    assert {step.kind for step in found} == {case.kind}
    if case.kind is PERSON:
        assert all(step.question and not step.after for step in found)
        assert same(apply(record, chosen(steps, [step.id for step in found])), record)
    else:
        ids = [step.id for step in found if case.kind is DERIVABLE] + [step.id for step in safe(steps)]
        assert same(apply(record, chosen(steps, ids)), graph(case.after)), list(apply(record, safe(steps)))


@pytest.mark.parametrize("case", [c for c in CASES if c.kind is SAFE], ids=lambda case: case.rule)
def test_after_the_safe_steps_there_is_no_safe_step_left(case: Case) -> None:
    record = graph(case.before)
    assert safe(propose(apply(record, safe(propose(record, case.target))), case.target)) == []


def test_every_rule_has_a_case() -> None:
    assert {rule.name for rule in fixes().rules} == {case.rule for case in CASES}


@pytest.mark.parametrize(
    "turtle",
    [
        r'ex:d dct:title "A"@en-GB , "B"@pt ; dct:issued "2024-01-31"^^xsd:date ; dct:language nal:language\/ENG .',
        'ex:d healthdcatap:numberOfRecords "815"^^xsd:nonNegativeInteger ; dcat:spatialResolutionInMeters 0.50 .',
        'ex:d healthdcatap:numberOfRecords "about 800" ; dct:issued "spring 2024" ; dct:language "Klingon" .',
        'ex:d dct:issued "2024-02-30" ; dcat:temporalResolution "P" ; healthdcatap:minTypicalAge -3 .',
        'ex:c vcard:hasEmail "ask at the desk" . ex:x dcat:accessURL "see https://b.eu/" .',
        "ex:d dcat:contactPoint ex:c . ex:c a vcard:Kind ; vcard:hasEmail <mailto:a@b.eu> .",
        "ex:x spdx:checksum ex:c . ex:c a spdx:Checksum ; spdx:algorithm spdx:checksumAlgorithm_md5 ; spdx:checksumValue "
        '"d41d8cd98f00b204e9800998ecf8427e"^^xsd:hexBinary .',
        'ex:d eucaim:nbrOfStudies "8" ; healthdcatap:numberOfRecords "9"^^xsd:nonNegativeInteger .',
        "ex:d eucaim:hasImageModality <http://snomed.info/id/1> .",
    ],
)
def test_right_and_doubtful_forms_are_left_alone(turtle: str) -> None:
    assert [step for step in propose(graph(turtle)) if step.kind is not PERSON] == []


def test_a_step_may_need_another_one_and_brings_it_along() -> None:
    record = graph(r"ex:d old:healthCategory ip:healthcategories\/EHRS .")
    steps = propose(record)
    (moved,) = of(steps, "current")
    assert moved.needs == ("namespace-1",)
    with pytest.raises(StaleStep):
        apply(record, [moved])
    wanted = graph(r"ex:d healthdcatap:healthCategory hdeu:healthcategories\/EHRS .")
    assert same(apply(record, chosen(steps, [moved.id])), wanted)


def test_a_shared_description_of_a_code_goes_only_with_the_last_code_that_needs_it() -> None:
    record = graph(
        'ex:d healthdcatap:hasCodeValues [ skos:notation "C61" ; skos:inScheme _:s ] , '
        '[ skos:notation "C62" ; skos:inScheme _:s ] . _:s skos:notation "ICD-10" .'
    )
    steps = propose(record)
    first, last = of(steps, "code-node")
    half = graph(
        'ex:d healthdcatap:hasCodeValues "ICD-10: C61" , [ skos:notation "C62" ; skos:inScheme _:s ] . _:s skos:notation "ICD-10" .'
    )
    assert same(apply(record, [first]), half)
    assert first.id in last.needs
    assert same(apply(record, [first, last]), graph('ex:d healthdcatap:hasCodeValues "ICD-10: C61" , "ICD-10: C62" .'))


def test_a_value_that_is_removed_can_be_put_back_from_the_step() -> None:
    """What is dropped is kept word for word (trusted data holder), so that the report can show it."""
    record = graph(f"{ORG} ex:o healthdcatap:trustedDataHolder false .")
    (step,) = of(propose(record), "trusted")
    assert same(Graph([*apply(record, [step]), *step.before]), record)


def test_the_steps_of_a_record_are_the_same_each_time() -> None:
    record = graph("\n".join(case.before for case in CASES if case.kind is SAFE))
    assert propose(record) == propose(record)


def test_rules_for_datasets_are_not_asked_of_a_catalogue() -> None:
    record = graph('ex:d a dcat:Catalog ; dct:title "A" .')
    assert fixes().propose(record, SUBJECT, Kind.CATALOG, H8) == []


# The record of the tests for v2.0, turned back into v1.0: old text to new text.
BACK = {
    "http://healthdataportal.eu/ns/health#": "https://w3id.org/healthdcat-ap#",
    "https://hdeu-dcat.data.health.europa.eu/": "http://13.81.34.152:1101/",
    "https://w3id.org/dpv/dpv-pd#": "https://w3id.org/dpv/pd#",
    "eucaim:interoperabilityLevel eucaim": "adms:interoperabilityLevel eucaim",
    "healthdcatap:hasStructuredData true ;": "",
    "healthdcatap:hasVariables ex:variables ;": "",
    "geodcatap:custodian ex:hospital ;": "",
    "healthdcatap:hdab ex:hdab ;": "",
    "ex:hospital-contact a cv:ContactPoint ;": "ex:hospital-contact a vcard:Kind ;",
    "cv:contactPoint": "dcat:contactPoint",
    'cv:email "data@hospital.example"': "vcard:hasEmail <mailto:data@hospital.example>",
    "healthdcatap:numberOfRecords": "eucaim:nbrOfStudies",
    '"ICD-10: C61"': '[ a skos:Concept ; skos:notation "C61" ; skos:inScheme [ skos:notation "ICD-10" ] ]',
    " ; dct:type hdeu:health-activity\\/CLINICAL_TRIAL": "",
    "eucaim:hasImageModality eucaim:IMG1000038": "eucaim:hasImageModality eucaim:IMG1000022",
    "dct:rights ac:REMOTE_PROCESSING": "dct:rights eucaim:SPEC1000022",
    '"412316860416"^^xsd:nonNegativeInteger': '"412316860416.0"^^xsd:decimal',
    "spdx:checksum ex:checksum": 'spdx:checksumValue "2FD4E1C67A2D28FCED849EE1BB76E7391B93EB12" ; '
    "spdx:algorithm spdx:checksumAlgorithm_sha1",
    "odrl:uid ex:policy ;": "",
    'dct:issued "2025-03-01"^^xsd:date': 'dct:issued "2025-03-01"',
}
ANSWERS = r"""
ex:d healthdcatap:hasVariables [ a csvw:TableGroup ; csvw:table [ a csvw:Table ; dct:title "T" ; csvw:column
  [ a csvw:Column ; csvw:name "n" ; csvw:titles "N" ; csvw:datatype "string" ; dct:description "D" ] ] ] .
ex:activity dct:type hdeu:health-activity\/CLINICAL_TRIAL .
"""


def test_a_record_of_version_1_that_is_confirmed_and_answered_conforms_to_version_2() -> None:
    """The whole way: rewrite, confirm, answer the questions, and the profile of v2.0 has no violation left."""
    turtle = (Path(__file__).parent / "records" / "eucaim-base.ttl").read_text(encoding="utf-8")
    for new, old in BACK.items():
        assert new in turtle, new
        turtle = turtle.replace(new, old)
    record = graph(turtle)
    assert not profiles().validate(record, SUBJECT, Kind.DATASET, [E2]).conforms
    assert profiles().validate(record, SUBJECT, Kind.DATASET, ["eucaim-1"]).profiles
    steps = propose(record)
    questions = {step.id.rpartition("-")[0] for step in steps if step.kind is PERSON}
    assert questions == {"no-hdab", "no-variables", "activity-type"}
    done = Graph([*apply(record, steps), *graph(ANSWERS)])
    report = profiles().validate(done, SUBJECT, Kind.DATASET, [E2])
    assert report.conforms, [finding for finding in report.findings if finding.severity.value == "violation"]


@cache
def profiles() -> Profiles:
    return Profiles.load(Path(__file__).parents[1] / "shapes", vocabularies())


def test_many_places_are_all_mended() -> None:
    """400 agents that all point at one contact, each with a form to mend."""
    many = "\n".join(
        f"ex:d dct:publisher ex:o{n} . ex:o{n} dcat:contactPoint ex:c ; foaf:mbox 'a@b.eu' ." for n in range(400)
    )
    record = graph(f"{many}\n ex:c a vcard:Kind ; vcard:hasEmail 'a@b.eu' .")
    steps = propose(record)
    assert len(of(steps, "contact-point")) == 400
    assert len(of(steps, "mailto")) == 400
    assert len(of(steps, "contact-details")) == 1
    assert safe(propose(apply(record, safe(steps)))) == []


@pytest.mark.parametrize(
    "line",
    [
        "ex:d healthdcatap:publisherType ex:t{n} ; dct:publisher ex:o{n} .",
        "ex:x spdx:checksumValue 'AB{n:06d}' ; spdx:algorithm ex:a{n} .",
        "ex:d dct:publisher ex:o{n} . ex:o{n} cv:contactPoint ex:c . ex:c vcard:hasEmail <mailto:a{n}@b.eu> .",
        "ex:d dct:publisher ex:o . ex:o foaf:mbox <mailto:a{n}@b.eu> ; foaf:homepage ex:h{n} .",
    ],
)
def test_properties_with_thousands_of_values_do_not_keep_the_rules_busy(line: str) -> None:
    """Joined value by value, 3,000 of each would take minutes; these properties are left to people."""
    record = graph("\n".join(line.format(n=n) for n in range(3_000)))
    began = time.perf_counter()
    propose(record)
    assert time.perf_counter() - began < 10


@pytest.mark.parametrize(
    "text",
    [
        "[] a fx:Rule ; fx:order 1 ; fx:kind 'sure' .",
        "[] a fx:Rule ; fx:order 1 ; fx:kind 'safe' ; fx:remove ( 1 2 ) .",
        "[] a fx:Rule ; fx:kind 'safe' .",
    ],
)
def test_a_rule_that_is_not_well_formed_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "rules.ttl").write_text(f"@prefix fx: <urn:health-catalogue:fixes#> . {text}", encoding="utf-8")
    with pytest.raises(BadRule):
        Fixes.load(vocabularies(), tmp_path)


_NODES = st.sampled_from(
    [NamedNode(f"https://example.org/other/{n}") for n in range(4)] + [BlankNode(f"n{n}") for n in range(4)]
)
_PREDICATES = st.sampled_from([NamedNode(f"https://example.org/says/{n}") for n in range(3)])
_VALUES = st.one_of(
    _NODES,
    st.text(max_size=8).map(Literal),
    st.text(max_size=8).map(lambda text: Literal(text, language="en")),
    st.integers().map(lambda n: Literal(f"0{abs(n)}", datatype=NamedNode(f"{PREFIXES['xsd']}integer"))),
)
_ELSE = st.lists(st.builds(Triple, _NODES, _PREDICATES, _VALUES), max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.sets(st.sampled_from([c for c in CASES if c.kind is not PERSON]), max_size=4), _ELSE, st.randoms())
def test_whatever_is_chosen_everything_else_stays_as_it_is(
    cases: set[Case], other: list[Triple], random: object
) -> None:
    """Any part of the steps changes what these steps say, triple by triple, and not one triple beside."""
    record = Graph([*other, *(t for case in sorted(cases, key=lambda c: c.rule) for t in graph(case.before))])
    steps = propose(record)
    ids = [step.id for step in steps if random.random() < 0.5]  # type: ignore[attr-defined]
    picked = chosen(steps, ids)
    done = set(apply(record, picked))
    taken = {triple for step in picked for triple in step.before}
    given_ = {triple for step in picked for triple in step.after}
    assert set(record) - done <= taken
    assert done - set(record) <= given_
    assert set(other) <= done
