"""Do JSON, text and SHACL report say the same about a record, and can other tools read them?"""

from __future__ import annotations

import json
from functools import cache

import pyoxigraph as ox
import pytest
import rdflib
from pyoxigraph import NamedNode
from rdflib.compare import isomorphic
from rdflib.namespace import RDF, SH

from catalogue.model import Kind, Report
from catalogue.profiles import Profiles, report_json, report_text
from catalogue.profiles.report_formats import Judged
from catalogue.profiles.shacl_report import shacl
from catalogue.rdf.graph import Graph
from catalogue.resources import shipped
from catalogue.vocabularies import Vocabularies

HEAD = """
@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix health: <http://healthdataportal.eu/ns/health#> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix ex: <https://example.org/> .
"""
DATASET = """
ex:d a dcat:Dataset ; dct:title "Lung CT"@en ; dct:language "English" ; health:numberOfRecords 5 ;
    dct:accessRights <http://publications.europa.eu/resource/authority/access-right/NON_PUBLIC> ;
    dct:publisher [ a foaf:Agent ; foaf:name "P" ] .
"""
SERIES = 'ex:s a dcat:DatasetSeries ; dct:description "A series"@en .'


@cache
def profiles() -> Profiles:
    return Profiles.load(shipped("shapes"), Vocabularies.load(shipped("ontologies")))


def judged(turtle: str, subject: str, kind: Kind, *ids: str) -> Report:
    quads = ox.parse((HEAD + turtle).encode(), format=ox.RdfFormat.TURTLE)
    graph = Graph(quad.triple for quad in quads)
    return profiles().validate(graph, NamedNode(f"https://example.org/{subject}"), kind, ids)


@pytest.fixture(scope="module")
def report() -> Report:
    """A dataset with many faults, judged by both profiles."""
    return judged(DATASET, "d", Kind.DATASET, "healthdcat-ap-8", "eucaim-2")


def as_rdflib(*reports: Report) -> rdflib.Graph:
    return rdflib.Graph().parse(data="".join(shacl([Judged("", reports)])), format="turtle")


def test_json_names_what_was_judged_and_by_what(report: Report) -> None:
    found = json.loads(json.dumps(report_json(report)))
    assert (found["conforms"], found["subject"], found["kind"]) == (False, "https://example.org/d", "dataset")
    assert found["title"] == "Lung CT"
    assert [(p["id"], p["level"]) for p in found["profiles"]] == [
        ("healthdcat-ap-8", "NON_PUBLIC"),
        ("eucaim-2", None),
    ]
    assert {"language", "access-right"} <= set(found["vocabularies"])
    assert set(found["completeness"]) == {"mandatory", "recommended", "optional"}
    assert 0 < found["completeness"]["mandatory"]["given"] < found["completeness"]["mandatory"]["of"]


def test_each_finding_in_json_is_complete(report: Report) -> None:
    by_code = {finding["path"] + (finding["value"] or ""): finding for finding in report_json(report)["findings"]}
    finding = by_code['dct:language"English"']
    assert set(finding) == {
        *("severity", "code", "field", "path", "path_words", "focus", "value"),
        *("message", "why", "mend", "fix", "profiles", "rules"),
    }
    assert finding["severity"] == "violation"
    assert finding["path_words"] == "Dataset › Language"
    assert finding["why"].startswith("A language in which")
    assert finding["fix"] is None  # nobody has looked for one
    assert finding["profiles"] == ["healthdcat-ap-8", "eucaim-2"]


def test_the_counts_of_each_profile_add_up(report: Report) -> None:
    for outcome in report.profiles:
        mine = [finding for finding in report.findings if outcome.id in finding.profiles]
        assert sum(outcome.counts.values()) == len(mine)
        assert outcome.conforms is (outcome.counts["violation"] == 0)


def test_findings_come_by_severity_and_then_as_on_the_page(report: Report) -> None:
    order = ["violation", "warning", "info"]
    ranks = [order.index(finding.severity) for finding in report.findings]
    assert ranks == sorted(ranks)
    missing = [finding.field for finding in report.findings if finding.message.endswith("is missing.")]
    assert missing.index("Description") < missing.index("Theme")


def test_text_is_plain_and_says_how_to_mend(report: Report) -> None:
    text = report_text(report)
    assert text.startswith("Lung CT\n  https://example.org/d\n")
    assert "does not conform: HealthDCAT-AP Release 8 8.0.0, level NON_PUBLIC" in text
    assert 'VIOLATION  Dataset › Number of records\n  Number of records is "5"^^xsd:integer;' in text
    assert '→ Write "5"^^xsd:nonNegativeInteger.' in text
    assert "\x1b" not in text


def test_a_title_with_control_characters_cannot_write_to_the_terminal() -> None:
    text = report_text(
        judged('ex:d a dcat:Dataset ; dct:title "a\\u001b[2Jb\\nVIOLATION" .', "d", Kind.DATASET, "eucaim-2")
    )
    assert "\x1b" not in text
    assert "\nVIOLATION\n" not in text


def test_the_shacl_report_has_one_result_for_each_finding(report: Report) -> None:
    graph = as_rdflib(report)
    node = graph.value(None, RDF.type, SH.ValidationReport)
    results = list(graph.objects(node, SH.result))
    assert len(results) == len(report.findings) > 10
    assert graph.value(node, SH.conforms).toPython() is False
    for result in results:
        assert (result, RDF.type, SH.ValidationResult) in graph
        assert graph.value(result, SH.focusNode) is not None
        assert graph.value(result, SH.resultSeverity) in (SH.Violation, SH.Warning, SH.Info)
        assert graph.value(result, SH.resultMessage) is not None


def test_a_shacl_result_names_path_value_shape_and_component(report: Report) -> None:
    graph = as_rdflib(report)
    records = rdflib.URIRef("http://healthdataportal.eu/ns/health#numberOfRecords")
    result = next(r for r in graph.subjects(SH.resultPath, records))
    assert graph.value(result, SH.value) == rdflib.Literal(5)
    assert graph.value(result, SH.sourceConstraintComponent) == SH.DatatypeConstraintComponent
    shape = graph.value(result, SH.sourceShape)
    assert shape == rdflib.URIRef("urn:health-catalogue:shapes:healthdcat-ap-8:Dataset-numberOfRecords")


def test_the_same_reports_give_the_same_graph_in_any_order(report: Report) -> None:
    series = judged(SERIES, "s", Kind.SERIES, "healthdcat-ap-8")
    assert isomorphic(as_rdflib(report, series), as_rdflib(series, report))


def test_no_report_conforms_and_has_no_results() -> None:
    graph = as_rdflib()
    assert [str(value) for value in graph.objects(None, SH.conforms)] == ["true"]
    assert list(graph.objects(None, SH.result)) == []
