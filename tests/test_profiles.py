"""Do profiles load, give their fields, and judge records as docs/reference/shapes.md says?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pyshacl
import pytest
import rdflib
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pyoxigraph import NamedNode, Triple

from catalogue.errors import CatalogueError
from catalogue.model import Finding, Kind, Obligation, Report, Severity
from catalogue.profiles import Profiles, UnknownProfile
from catalogue.profiles.checks import Judging
from catalogue.profiles.closures import Closures
from catalogue.profiles.implied import implied, judged_triples, record_focus
from catalogue.profiles.profile import UnusableProfile
from catalogue.profiles.pyshacl_engine import PyShacl
from catalogue.profiles.results import Result
from catalogue.profiles.shapes import ShapeSet
from catalogue.rdf.graph import Graph
from catalogue.rdf.namespaces import DCAT, DCT, ELI, PREFIXES, RDF
from catalogue.resources import shipped
from catalogue.vocabularies import Vocabularies

NAL = "http://publications.europa.eu/resource/authority/"
RIGHT = f"{NAL}access-right/"
DATASET = DCAT["Dataset"].value
SUBJECT = NamedNode("https://example.org/d")
OWN = {
    "ex": "https://example.org/",
    "s": "urn:health-catalogue:shapes:one:",
    "t": "urn:health-catalogue:shapes:two:",
    "sc": "urn:health-catalogue:shapes#",
    "role": "http://www.w3.org/ns/dx/prof/role/",
    "prof": "http://www.w3.org/ns/dx/prof/",
    "vocabulary": "urn:health-catalogue:vocabulary:",
    "branch": "urn:health-catalogue:branch:",
    "group": "urn:health-catalogue:group:",
    "nal": NAL,
    "right": RIGHT,
}
HEAD = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in {**PREFIXES, **OWN}.items())

GROUPS = """
group:second a sh:PropertyGroup ; rdfs:label "Second"@en ; sh:order 20 .
group:first a sh:PropertyGroup ; rdfs:label "First"@en ; sh:order 10 .
"""
VOCABULARIES = """
vocabulary:language a sh:NodeShape ; sh:property [ sh:path skos:inScheme ; sh:hasValue nal:language ] .
vocabulary:frequency a sh:NodeShape ; sh:property [ sh:path skos:inScheme ; sh:hasValue nal:frequency ] .
vocabulary:category a sh:NodeShape ; sh:property [ sh:path skos:inScheme ;
    sh:hasValue <https://hdeu-dcat.data.health.europa.eu/resource/authority/healthcategories> ] .
vocabulary:place a sh:NodeShape ; sh:or (
    [ sh:property [ sh:path skos:inScheme ; sh:hasValue nal:country ] ]
    [ sh:property [ sh:path skos:inScheme ; sh:hasValue nal:continent ] ] ) .
branch:modality a sh:NodeShape ;
    sh:property [ sh:path skos:broaderTransitive ; sh:hasValue eucaim:IMG1000009 ] .
"""
PROFILE_ONE = """
<urn:health-catalogue:profile:one> a prof:Profile ; dct:identifier "one" ; dct:title "Profile one"@en ;
    dcat:version "1.0" ; sc:levelPath dct:accessRights ;
    prof:hasResource [ prof:hasRole role:validation ; prof:hasArtifact <shapes.ttl> ] ,
        [ prof:hasArtifact <public.ttl> ; sc:level right:PUBLIC ] ,
        [ prof:hasArtifact <closed.ttl> ; sc:level right:NON_PUBLIC ] .
"""
SHAPES_ONE = """
s:Dataset a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property s:Dataset-language , s:Dataset-title ,
    s:Dataset-title-recommended , s:Dataset-accessRights , s:Dataset-publisher , s:Dataset-records , s:Dataset-law ,
    s:Dataset-frequency , s:Dataset-place , s:Dataset-modality , s:Dataset-distribution , s:Dataset-note ,
    s:Dataset-category .
s:Dataset-language sh:path dct:language ; sh:name "Language"@en ; sh:order 2 ; sh:group group:first ;
    sh:nodeKind sh:IRI ; sh:class dct:LinguisticSystem ; sh:node vocabulary:language ; sc:rule "R3" .
s:Dataset-title sh:path dct:title ; sh:name "Title"@en ; sh:order 1 ; sh:group group:first ; sh:minCount 1 ;
    sc:example '"CT cohort"@en' ; sc:rule "R1" .
s:Dataset-title-recommended sh:path dct:title ; sh:minCount 1 ; sh:severity sh:Warning ; sc:rule "R2" .
s:Dataset-accessRights sh:path dct:accessRights ; sh:name "Access rights"@en ; sh:group group:second ; sh:order 1 .
s:Dataset-publisher sh:path dct:publisher ; sh:name "Publisher"@en ; sh:order 3 ; sh:maxCount 1 ;
    sh:class foaf:Agent ; sh:node s:Publisher .
s:Dataset-records sh:path healthdcatap:numberOfRecords ; sh:name "Number of records"@en ;
    sh:datatype xsd:nonNegativeInteger .
s:Dataset-law sh:path dcatap:applicableLegislation ; sh:name "Applicable legislation"@en ; sh:class eli:LegalResource .
s:Dataset-frequency sh:path dct:accrualPeriodicity ; sh:name "Frequency"@en ; sh:node vocabulary:frequency .
s:Dataset-place sh:path dct:spatial ; sh:name "Place"@en ; sh:node vocabulary:place .
s:Dataset-category sh:path healthdcatap:healthCategory ; sh:name "Category"@en ; sh:node vocabulary:category .
s:Dataset-modality sh:path eucaim:hasImageModality ; sh:name "Modality"@en ; sh:node branch:modality .
s:Dataset-distribution sh:path dcat:distribution ; sh:name "Distribution"@en ; sh:node s:Distribution .
s:Dataset-note sh:path skos:note ; sh:name "Note"@en ; sc:obligation "conditional" .
s:Publisher a sh:NodeShape ; sh:property s:Publisher-name , s:Publisher-contactPoint , s:Publisher-type-recommended .
s:Publisher-name sh:path foaf:name ; sh:name "Name"@en ; sh:minCount 1 .
s:Publisher-contactPoint sh:path cv:contactPoint ; sh:name "Contact point"@en ; sh:node s:Contact .
s:Publisher-type-recommended sh:path dct:type ; sh:name "Type"@en ; sh:minCount 1 ; sh:severity sh:Warning .
s:Contact a sh:NodeShape ; sh:targetClass vcard:Kind ; sh:property s:Contact-email .
s:Contact-email sh:path vcard:hasEmail ; sh:name "E-mail"@en ; sh:minCount 1 ; sh:nodeKind sh:IRI .
s:Distribution a sh:NodeShape ; sh:targetClass dcat:Distribution ; sh:property s:Distribution-accessURL .
s:Distribution-accessURL sh:path dcat:accessURL ; sh:name "Access URL"@en ; sh:minCount 1 .
"""
PUBLIC = "s:Dataset sh:property s:Dataset-note-public . s:Dataset-note-public sh:path skos:note ; sh:minCount 1 ."
CLOSED = """
s:Dataset sh:property s:Dataset-place-closed . s:Dataset-place-closed sh:path dct:spatial ; sh:minCount 1 .
"""
PROFILE_TWO = """
<urn:health-catalogue:profile:two> a prof:Profile ; dct:identifier "two" ; dct:title "Profile two"@en ;
    dcat:version "2.0" ; prof:hasResource [ prof:hasArtifact <shapes.ttl> ] .
"""
SHAPES_TWO = """
t:Dataset a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property t:Dataset-title , t:Dataset-keyword .
t:Dataset-title sh:path dct:title ; sh:name "Name of the dataset"@en ; sh:minCount 1 ; sc:rule "Q1" ;
    sh:group group:second .
t:Dataset-keyword sh:path dcat:keyword ; sh:name "Keyword"@en ; sh:order 5 ; sh:pattern "^[a-z ]+$" ;
    sh:message "The keyword has capitals."@en ; sc:mend "Write it in small letters."@en .
"""


@cache
def vocabularies() -> Vocabularies:
    return Vocabularies.load(shipped("ontologies"))


@cache
def ours() -> Profiles:
    """The profiles that ship."""
    return Profiles.load(shipped("shapes"), vocabularies())


def write(shapes: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        path = shapes / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEAD + content, "utf-8")


FILES = {
    "common/groups.ttl": GROUPS,
    "common/vocabularies.ttl": VOCABULARIES,
    "one/profile.ttl": PROFILE_ONE,
    "one/shapes.ttl": SHAPES_ONE,
    "one/public.ttl": PUBLIC,
    "one/closed.ttl": CLOSED,
    "two/profile.ttl": PROFILE_TWO,
    "two/shapes.ttl": SHAPES_TWO,
}


@pytest.fixture(scope="module")
def profiles(tmp_path_factory: pytest.TempPathFactory) -> Profiles:
    """Two small profiles, the first with two access levels."""
    shapes = tmp_path_factory.mktemp("shapes")
    write(shapes, FILES)
    return Profiles.load(shapes, vocabularies())


def graph(turtle: str) -> Graph:
    quads = ox.parse((HEAD + turtle).encode(), format=ox.RdfFormat.TURTLE)
    return Graph(quad.triple for quad in quads)


GOOD = 'ex:d a dcat:Dataset ; dct:title "CT"@en ; dct:accessRights right:PUBLIC ; skos:note "n" . '


@pytest.fixture
def judge(profiles: Profiles) -> Callable[..., Report]:
    """Judge a dataset that is good but for what is added."""

    def run(added: str = "", ids: tuple[str, ...] = ("one",), kind: Kind = Kind.DATASET) -> Report:
        return profiles.validate(graph(GOOD + added), SUBJECT, kind, ids)

    return run


def only(report: Report) -> Finding:
    assert len(report.findings) == 1, [(f.code, f.message) for f in report.findings]
    return report.findings[0]


# Loading


def test_profiles_say_what_they_are(profiles: Profiles) -> None:
    one = profiles.get("one")
    assert profiles.ids == ("one", "two")
    assert (one.id, one.title, one.version) == ("one", "Profile one", "1.0")
    assert profiles.by_iri("urn:health-catalogue:profile:two") is profiles.get("two")
    assert set(one.levels) == {f"{RIGHT}PUBLIC", f"{RIGHT}NON_PUBLIC"}
    assert [group.label for group in profiles.groups] == ["First", "Second"]
    assert profiles.problems == ()


def test_an_unknown_profile_is_refused_with_the_known_ones(profiles: Profiles) -> None:
    with pytest.raises(UnknownProfile) as caught:
        profiles.get("three")
    assert isinstance(caught.value, (KeyError, CatalogueError))
    assert caught.value.details["known"] == ["one", "two"]


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("two/shapes.ttl", "t:Dataset a ", "two/shapes.ttl"),
        ("two/shapes.ttl", "t:D sh:property t:missing .", "t:missing".replace("t:", OWN["t"])),
        ("two/shapes.ttl", 't:D sh:property t:x . t:x sh:path dct:title ; sh:minCount "many" .', "minCount"),
        ("two/shapes.ttl", "t:D sh:property t:x . t:x sh:path dct:title ; sh:node t:D .", "circle"),
        ("two/shapes.ttl", 't:D sh:property t:x . t:x sh:path dct:title ; sh:pattern "(" .', "pattern"),
        ("two/shapes.ttl", "t:D sh:property t:x . t:x sh:path dct:title ; sh:uniqueLang 5 , 6 .", "two"),
        ("two/shapes.ttl", "t:D sh:property t:x . t:x sh:path dct:title ; sh:in ex:nolist .", "list"),
        ("two/profile.ttl", PROFILE_TWO.replace("<shapes.ttl>", "<other.ttl>"), "other.ttl"),
        ("two/profile.ttl", PROFILE_TWO.replace("<shapes.ttl>", "<../../../../etc/passwd>"), "passwd"),
        ("two/profile.ttl", PROFILE_TWO.replace("<shapes.ttl>", "<http://example.org/x.ttl>"), "example.org"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_and_the_others_load(
    tmp_path: Path, file: str, content: str, reason: str
) -> None:
    """A description at once; shapes when all are checked, as a service does, or when they are first asked for."""
    write(tmp_path, {**FILES, file: content})
    found = Profiles.load(tmp_path, vocabularies())
    (problem,) = found.check_all()
    assert reason in problem
    assert found.validate(graph(GOOD), SUBJECT, Kind.DATASET, ["one"]).conforms
    if "two" in found.ids:
        with pytest.raises(UnusableProfile) as caught:
            found.validate(graph(GOOD), SUBJECT, Kind.DATASET, ["one", "two"])
        assert caught.value.what == problem
        assert caught.value.details == {"profile": "two"}


def test_the_shipped_profiles_load_without_a_problem() -> None:
    assert ours().check_all() == ()
    assert {"healthdcat-ap-8", "eucaim-2"} <= set(ours().ids)


# Fields


def test_fields_stand_in_order_of_group_and_number(profiles: Profiles) -> None:
    names = [field.name for field in profiles.get("one").fields(DATASET)]
    assert names[:3] == ["Title", "Language", "Access rights"]
    title = profiles.get("one").fields(DATASET)[0]
    assert (title.path, title.example, title.min_count) == (DCT["title"].value, '"CT cohort"@en', 1)


def test_a_field_tells_its_vocabulary_branch_and_description_in_place(profiles: Profiles) -> None:
    fields = {field.name: field for field in profiles.get("one").fields(DATASET)}
    assert fields["Language"].vocabulary == (f"{NAL}language",)
    assert fields["Place"].vocabulary == (f"{NAL}country", f"{NAL}continent")
    assert fields["Modality"].branch == f"{PREFIXES['eucaim']}IMG1000009"
    assert fields["Publisher"].node == f"{OWN['s']}Publisher"
    assert fields["Language"].node is None
    nested = profiles.get("one").fields(fields["Publisher"].node or "")
    assert [field.name for field in nested] == ["Name", "Contact point", "Type"]


@pytest.mark.parametrize(
    ("level", "note", "place"),
    [
        (None, Obligation.CONDITIONAL, Obligation.CONDITIONAL),
        ("PUBLIC", Obligation.MANDATORY, Obligation.OPTIONAL),
        (f"{RIGHT}NON_PUBLIC", Obligation.CONDITIONAL, Obligation.MANDATORY),
    ],
)
def test_the_access_level_decides_what_is_mandatory(
    profiles: Profiles, level: str | None, note: Obligation, place: Obligation
) -> None:
    fields = {field.name: field.obligation for field in profiles.get("one").fields(DATASET, level)}
    assert (fields["Note"], fields["Place"]) == (note, place)
    assert fields["Title"] is Obligation.MANDATORY
    assert fields["Frequency"] is Obligation.OPTIONAL


def test_fields_of_two_profiles_merge_by_path_under_the_first_ones_words(profiles: Profiles) -> None:
    merged = {field.path: field for field in profiles.fields(["two", "one"], DATASET)}
    assert merged[DCT["title"].value].name == "Name of the dataset"
    assert merged[DCT["title"].value].example == '"CT cohort"@en'
    assert {"Keyword", "Language"} <= {field.name for field in merged.values()}


# Judging


def test_a_good_record_conforms_without_findings(judge: Callable[..., Report]) -> None:
    report = judge()
    assert report.conforms
    assert report.findings == ()
    assert (report.title, report.profiles[0].level) == ("CT", "PUBLIC")
    assert report.completeness is not None
    assert report.completeness.mandatory == (2, 2)


def test_a_missing_value_is_one_finding_though_two_shapes_and_two_profiles_ask(profiles: Profiles) -> None:
    record = graph('ex:d a dcat:Dataset ; dct:accessRights right:PUBLIC ; skos:note "n" .')
    report = profiles.validate(record, SUBJECT, Kind.DATASET, ["one", "two"])
    finding = only(report)
    assert finding.severity is Severity.VIOLATION
    assert finding.code == "one/Dataset-title"
    assert finding.profiles == ("one", "two")
    assert finding.rules == ("R1", "R2", "Q1")
    assert finding.message == "Title is missing."
    assert '"CT cohort"@en' in finding.mend
    assert [outcome.counts["violation"] for outcome in report.profiles] == [1, 1]


def test_a_shapes_own_message_and_mend_come_first(judge: Callable[..., Report]) -> None:
    finding = only(judge('ex:d dcat:keyword "CT" .', ("two",)))
    assert (finding.message, finding.mend) == ("The keyword has capitals.", "Write it in small letters.")
    assert (finding.code, finding.value) == ("two/Dataset-keyword", '"CT"')


def test_a_nested_fault_is_told_at_its_node_with_the_whole_way(judge: Callable[..., Report]) -> None:
    finding = only(
        judge("""ex:d dct:publisher ex:p . ex:p a foaf:Agent ; foaf:name "P" ; dct:type ex:t ;
            cv:contactPoint ex:c . ex:c vcard:hasEmail "a@example.org" .""")
    )
    assert finding.path_words == "Dataset › Publisher › Contact point › E-mail"
    assert finding.path == "dct:publisher / cv:contactPoint / vcard:hasEmail"
    assert finding.focus == "https://example.org/c"
    assert finding.code == "one/Contact-email/nodeKind"
    assert (finding.term, finding.rewrite) == ('"a@example.org"', "<mailto:a@example.org>")


def test_a_node_judged_by_its_type_and_by_its_role_gives_one_finding(judge: Callable[..., Report]) -> None:
    report = judge("""ex:d dct:publisher ex:p . ex:p a foaf:Agent ; foaf:name "P" ; dct:type ex:t ;
        cv:contactPoint ex:c . ex:c a vcard:Organization ; vcard:fn "x" .""")
    assert only(report).message == "E-mail is missing."


def test_what_is_recommended_for_a_nested_node_does_not_block(judge: Callable[..., Report]) -> None:
    report = judge('ex:d dct:publisher ex:p . ex:p a foaf:Organization ; foaf:name "P" .')
    assert only(report).severity is Severity.WARNING
    assert report.conforms


def test_a_node_that_is_only_named_is_one_finding_that_lists_what_it_needs(
    judge: Callable[..., Report],
) -> None:
    finding = only(judge("ex:d dct:publisher <https://ror.org/1> ."))
    assert finding.path_words == "Dataset › Publisher"
    assert "only named" in finding.message
    assert "Name" in finding.mend


def test_a_described_node_must_state_its_type(judge: Callable[..., Report]) -> None:
    finding = only(judge('ex:d dct:publisher ex:p . ex:p foaf:name "P" ; dct:type ex:t .'))
    assert finding.code == "one/Dataset-publisher/class"
    assert "foaf:Agent" in finding.mend


def test_too_many_values_are_counted(judge: Callable[..., Report]) -> None:
    report = judge("""ex:d dct:publisher ex:p , ex:q . ex:p a foaf:Agent ; foaf:name "P" ; dct:type ex:t .
        ex:q a foaf:Agent ; foaf:name "Q" ; dct:type ex:t .""")
    assert only(report).message == "Publisher is given 2 times; only one value is allowed."


@pytest.mark.parametrize(
    ("literal", "rewrite"),
    [
        ("5", '"5"^^<http://www.w3.org/2001/XMLSchema#nonNegativeInteger>'),
        ('"12"', '"12"^^<http://www.w3.org/2001/XMLSchema#nonNegativeInteger>'),
        ('"many"', None),
        ("-5", None),
        ('"٣"', None),
    ],
)
def test_a_datatype_is_named_in_words_and_rewritten_only_when_certain(
    judge: Callable[..., Report], literal: str, rewrite: str | None
) -> None:
    finding = only(judge(f"ex:d healthdcatap:numberOfRecords {literal} ."))
    assert "it must be a whole number, zero or more" in finding.message
    assert (finding.rewrite or None) == rewrite


def test_a_class_taken_by_role_is_an_information(judge: Callable[..., Report], profiles: Profiles) -> None:
    law = NamedNode("https://example.org/law")
    record = GOOD + "ex:d dcatap:applicableLegislation ex:law ."
    finding = only(judge("ex:d dcatap:applicableLegislation ex:law ."))
    assert finding.severity is Severity.INFO
    assert finding.value == law.value
    assert profiles.imply_types(graph(record), ["one"]) == [Triple(law, RDF["type"], ELI["LegalResource"])]


def test_implied_types_make_no_node_a_target(judge: Callable[..., Report], profiles: Profiles) -> None:
    added = f"ex:d dcatap:applicableLegislation ex:law ; dct:language <{NAL}language/ENG> ."
    once = graph(GOOD + added)
    once.update(profiles.imply_types(once, ["one"]))
    again = profiles.validate(once, SUBJECT, Kind.DATASET, ["one"])
    assert judge(added).conforms
    assert again.findings == ()
    assert profiles.imply_types(once, ["one"]) == []


def test_a_catalogue_is_not_judged_as_a_dataset_nor_are_its_datasets(profiles: Profiles) -> None:
    record = graph("ex:d a dcat:Catalog ; dcat:dataset ex:x . ex:x a dcat:Dataset ; dct:description 'no title' .")
    report = profiles.validate(record, SUBJECT, Kind.CATALOG, ["one"])
    assert report.findings == ()
    assert report.profiles[0].level is None


# Access level


@pytest.mark.parametrize(
    "rights",
    [
        "",
        "dct:accessRights right:PUBLIC , right:NON_PUBLIC .",
        "dct:accessRights ex:other .",
        'dct:accessRights "PUBLIC" .',
    ],
)
def test_an_unclear_access_level_is_said_and_the_strictest_rules_apply(profiles: Profiles, rights: str) -> None:
    record = graph('ex:d a dcat:Dataset ; dct:title "CT" . ' + (f"ex:d {rights}" if rights else ""))
    report = profiles.validate(record, SUBJECT, Kind.DATASET, ["one"])
    assert report.profiles[0].level == "NON_PUBLIC"
    assert {(f.code, f.severity) for f in report.findings} == {
        ("one/Dataset-place-closed", Severity.VIOLATION),
        ("one/level", Severity.INFO),
    }


def test_a_stated_level_brings_its_own_rules(profiles: Profiles) -> None:
    record = graph('ex:d a dcat:Dataset ; dct:title "CT" ; dct:accessRights right:PUBLIC .')
    report = profiles.validate(record, SUBJECT, Kind.DATASET, ["one"])
    finding = only(report)
    assert (finding.code, finding.field) == ("one/Dataset-note-public", "Note")
    assert report.completeness is not None
    assert report.completeness.mandatory == (1, 2)


# Values of vocabularies


def test_a_known_value_passes_though_the_record_says_nothing_of_it(judge: Callable[..., Report]) -> None:
    report = judge("""ex:d dct:language <http://publications.europa.eu/resource/authority/language/ENG> ;
        dct:spatial <http://publications.europa.eu/resource/authority/country/BEL> ;
        eucaim:hasImageModality eucaim:IMG1000038 .""")
    assert report.findings == ()


def test_a_record_cannot_declare_a_code_of_its_own(judge: Callable[..., Report]) -> None:
    finding = only(judge("ex:d dct:accrualPeriodicity ex:mine . ex:mine skos:inScheme nal:frequency ."))
    assert finding.severity is Severity.VIOLATION
    assert "is not in “EU frequencies”" in finding.message


@pytest.mark.parametrize(
    ("property", "value", "to"),
    [
        (
            "dct:language",
            "<https://publications.europa.eu/resource/authority/language/DEU>",
            f"{NAL}language/DEU",
        ),
        ("dct:language", '"English"', f"{NAL}language/ENG"),
        ("dct:language", '"fra"', f"{NAL}language/FRA"),
        ("dct:language", f'"{NAL}language/FRA"', f"{NAL}language/FRA"),
        ("dct:accrualPeriodicity", '"ANNUAL"', f"{NAL}frequency/ANNUAL"),
        (
            "healthdcatap:healthCategory",
            "<http://13.81.34.152:1101/resource/authority/healthcategories/EHRS>",
            "https://hdeu-dcat.data.health.europa.eu/resource/authority/healthcategories/EHRS",
        ),
    ],
)
def test_a_value_with_one_certain_meaning_gets_a_fix(
    judge: Callable[..., Report], property: str, value: str, to: str
) -> None:
    finding = only(judge(f"ex:d {property} {value} ."))
    assert finding.rewrite == f"<{to}>"
    assert finding.severity is Severity.VIOLATION


def test_an_unknown_code_names_what_looks_alike(judge: Callable[..., Report]) -> None:
    finding = only(judge(f"ex:d dct:accrualPeriodicity <{NAL}frequency/ANUAL> ."))
    assert "ANUAL is an unknown code" in finding.message
    assert f"{NAL}frequency/ANNUAL" in finding.mend
    assert finding.rewrite == ""
    assert finding.severity is Severity.VIOLATION


def test_an_unknown_code_of_a_vocabulary_held_in_part_is_a_warning(judge: Callable[..., Report]) -> None:
    report = judge(f"ex:d dct:language <{NAL}language/QQX> .")
    assert only(report).severity is Severity.WARNING
    assert report.conforms


@pytest.mark.parametrize(
    ("property", "value", "said"),
    [
        ("dct:language", f"<{NAL}country/BEL>", "“Belgium”"),
        ("eucaim:hasImageModality", "eucaim:BP1000227", "does not stand below"),
        ("dct:language", '"Klingon as spoken at home"', "is text; an IRI of “EU languages” is wanted"),
    ],
)
def test_a_value_from_elsewhere_is_told_with_where_to_look(
    judge: Callable[..., Report], property: str, value: str, said: str
) -> None:
    finding = only(judge(f"ex:d {property} {value} ."))
    assert said in finding.message
    assert finding.mend.startswith("Choose ")
    assert finding.rewrite == ""


def test_nodes_shared_by_many_ways_are_judged_once() -> None:
    """Some thousand triples can make a quarter of a million ways; the time must follow the triples."""
    width = 60

    def all_of(name: str) -> str:
        return " , ".join(f"ex:{name}{n}" for n in range(width))

    groups = "".join(f"ex:g{n} a csvw:TableGroup ; csvw:table {all_of('t')} ." for n in range(width))
    tables = "".join(f"ex:t{n} a csvw:Table ; csvw:column {all_of('c')} ." for n in range(width))
    columns = "".join(f'ex:c{n} a csvw:Column ; csvw:datatype "any" .' for n in range(width))
    record = graph(f"ex:d a dcat:Dataset ; healthdcatap:hasVariables {all_of('g')} . {groups} {tables} {columns}")
    started = time.perf_counter()
    report = ours().validate(record, SUBJECT, Kind.DATASET, ["healthdcat-ap-8", "eucaim-2"])
    assert time.perf_counter() - started < 10
    nameless = [f for f in report.findings if f.property == f"{PREFIXES['csvw']}name"]
    assert len(nameless) == width


# The engine


def _plain(report: rdflib.Graph) -> set[tuple[str, str]]:
    sh = rdflib.Namespace(PREFIXES["sh"])
    tops = set(report.objects(None, sh.result))
    return {(str(report.value(top, sh.focusNode)), str(report.value(top, sh.sourceShape))) for top in tops}


def test_the_engine_finds_what_pyshacl_finds_by_itself() -> None:
    """Our way of holding shapes and data must not change a result."""
    shapes = graph(GROUPS + VOCABULARIES + SHAPES_ONE)
    data = graph("""ex:d a dcat:Dataset ; dct:language ex:l , "x" ; dct:publisher ex:p , ex:q ;
        healthdcatap:numberOfRecords 5 , "5"^^xsd:nonNegativeInteger ; dct:spatial ex:s ;
        dct:accrualPeriodicity ex:f .
        ex:p foaf:name "P" ; cv:contactPoint [ a vcard:Kind ; vcard:hasEmail "x" ] .
        ex:f skos:inScheme nal:frequency .""")
    turtle = [ox.serialize(list(g), format=ox.RdfFormat.N_TRIPLES).decode() for g in (data, shapes)]
    _, expected, _ = pyshacl.validate(
        rdflib.Graph().parse(data=turtle[0], format="nt"),
        shacl_graph=rdflib.Graph().parse(data=turtle[1], format="nt"),
    )
    contact = next(subject for subject in data.subjects() if isinstance(subject, ox.BlankNode))
    focus = {NamedNode(f"{OWN['s']}Dataset"): [SUBJECT], NamedNode(f"{OWN['s']}Contact"): [contact]}
    found = PyShacl(shapes).judge(data, focus)
    assert _tree(found) == _tree(Closures(ShapeSet(shapes, "one"), {}).judge(Judging(data), focus))
    shapes_of = {str(result.shape.value) for result in found}
    assert shapes_of == {shape for _, shape in _plain(expected)}
    assert len(found) == len(set(expected.objects(None, rdflib.URIRef(f"{PREFIXES['sh']}result"))))


def test_a_constraint_that_is_not_compiled_is_judged_by_pyshacl(tmp_path: Path) -> None:
    pair = "t:Dataset sh:property t:Dataset-issued . t:Dataset-issued sh:path dct:issued ; sh:lessThan dct:modified ."
    write(tmp_path, {**FILES, "two/shapes.ttl": SHAPES_TWO + pair})
    found = Profiles.load(tmp_path, vocabularies())

    def judged(issued: str) -> Report:
        record = graph(GOOD + f'ex:d dct:issued {issued} ; dct:modified "2024-01-01"^^xsd:date .')
        return found.validate(record, SUBJECT, Kind.DATASET, ["two"])

    assert judged('"2023-01-01"^^xsd:date').findings == ()
    assert judged('"2023-01-01"^^xsd:date').engine == "pySHACL 0.40"
    assert "it must come before dct:modified" in only(judged('"2025-01-01"^^xsd:date')).message
    assert only(judged("[]")).severity is Severity.VIOLATION


def test_threads_that_judge_at_once_get_what_one_gets(profiles: Profiles) -> None:
    records = [graph(GOOD + f'ex:d dct:language "Language {n}" ; dct:publisher ex:p{n} .') for n in range(24)]

    def messages(record: Graph) -> list[str]:
        report = profiles.validate(record, SUBJECT, Kind.DATASET, ["one", "two"])
        return [finding.message for finding in report.findings]

    alone = [messages(record) for record in records]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(messages, records)) == alone
    assert len({tuple(found) for found in alone}) == len(records)


def test_a_huge_and_faulty_record_is_judged_in_time(profiles: Profiles) -> None:
    faults = " , ".join(f"ex:l{n}" for n in range(3000))
    started = time.perf_counter()
    report = profiles.validate(graph(GOOD + f"ex:d dct:language {faults} ."), SUBJECT, Kind.DATASET, ["one"])
    assert len(report.findings) == 3000
    assert time.perf_counter() - started < 30


@pytest.mark.parametrize(
    "literal",
    [
        '"<!DOCTYPE x [<!ENTITY a \\"aaaa\\">]><x>&a;</x>"^^rdf:XMLLiteral',
        '"9"^^xsd:nonNegativeInteger , "' + "9" * 6000 + '"^^xsd:integer',
        '"0000-99-99"^^xsd:date',
        '"x"^^ex:own',
        '"\\u0000"',
    ],
)
def test_hostile_literals_are_findings_not_failures(judge: Callable[..., Report], literal: str) -> None:
    assert not judge(f"ex:d healthdcatap:numberOfRecords {literal} .").conforms


def _terms() -> tuple[list[str], list[str]]:
    classes: set[str] = set()
    paths: set[str] = set()
    for profile in ("healthdcat-ap-8", "eucaim-2"):
        shapes = ours().get(profile).compiled(None).shapes
        paths |= {shape.path for shape in shapes.properties.values() if shape.predicate}
        classes |= {target.value for node in shapes.nodes.values() for target in node.targets}
        classes |= {shape.class_ for shape in shapes.properties.values() if shape.class_}
    return sorted(classes), sorted(paths)


@cache
def _examples() -> list[Triple]:
    """A rich dataset: every field's example, from our own shapes."""
    found = [Triple(SUBJECT, RDF["type"], DCAT["Dataset"])]
    for field in ours().fields(["healthdcat-ap-8", "eucaim-2"], DATASET):
        if field.example and "<" not in field.path:
            found += list(graph(f"ex:d <{field.path}> {field.example} ."))
    return found


@st.composite
def records(draw: st.DrawFn) -> Graph:
    """A rich dataset with holes, and right terms in wrong places."""
    rich = draw(st.lists(st.sampled_from(_examples()), max_size=80, unique=True))
    classes, paths = _terms()
    nodes = [SUBJECT, *(NamedNode(f"https://example.org/{n}") for n in range(3)), ox.BlankNode("b")]
    concepts = [
        f"{NAL}language/ENG",
        f"{NAL}language/QQX",
        f"{RIGHT}PUBLIC",
        f"{PREFIXES['eucaim']}IMG1000009",
    ]
    text = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=12)
    datatypes = st.sampled_from(["integer", "date", "dateTime", "duration", "boolean", "gYear", "decimal"])
    literals = st.one_of(
        text.map(ox.Literal),
        text.map(lambda value: ox.Literal(value, language="en")),
        st.builds(
            lambda value, name: ox.Literal(value, datatype=NamedNode(PREFIXES["xsd"] + name)),
            st.one_of(text, st.sampled_from(["5", "2024-02-30", "P1Y", "true", "-1", "2024"])),
            datatypes,
        ),
    )
    values = st.one_of(st.sampled_from(nodes), st.sampled_from(concepts).map(NamedNode), literals)
    properties = st.sampled_from(paths).map(NamedNode)
    said = draw(st.lists(st.builds(Triple, st.sampled_from(nodes), properties, values), max_size=25))
    types = st.builds(Triple, st.sampled_from(nodes), st.just(RDF["type"]), st.sampled_from(classes).map(NamedNode))
    return Graph([*rich, *said, *draw(st.lists(types, max_size=5))])


def _tree(results: Iterable[Result]) -> frozenset[tuple[object, ...]]:
    return frozenset((r.focus, r.value, r.shape, r.component, _tree(r.details)) for r in results)


@pytest.mark.parametrize("id", ["healthdcat-ap-8", "eucaim-2"])
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(record=records())
def test_the_closures_find_what_pyshacl_finds_result_by_result(id: str, record: Graph) -> None:
    compiled = ours().get(id).compiled(ours().get(id).strictest())
    assert isinstance(compiled.engine, Closures)
    focus = record_focus(record, compiled.shapes, SUBJECT, Kind.DATASET)
    facts = vocabularies().lookup(t.object.value for t in record if isinstance(t.object, NamedNode))
    data = judged_triples(record, implied(record, compiled.shapes, focus), facts)
    expected = compiled.reference.judge(data, focus)
    # pySHACL gives up on sh:lessThanOrEquals with a blank node.
    assume(all(result.component != "Failure" for result in expected))
    assert _tree(compiled.judge(Judging(data), focus)) == _tree(expected)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(record=records(), kind=st.sampled_from(list(Kind)))
def test_no_record_makes_validation_fail(record: Graph, kind: Kind) -> None:
    report = ours().validate(record, SUBJECT, kind, ["healthdcat-ap-8", "eucaim-2"])
    assert report.conforms == all(finding.severity is not Severity.VIOLATION for finding in report.findings)
    keys = [(f.focus, f.property, f.term, f.constraint, f.code) for f in report.findings]
    assert len(keys) == len(set(keys))
    assert all(finding.message and finding.code for finding in report.findings)
