"""Does every form tell the same findings, and does a report stay readable and small however much is wrong?"""

from __future__ import annotations

import html
import io
import json
import re
import tracemalloc
from collections.abc import Iterator
from itertools import repeat
from typing import Any
from xml.etree.ElementTree import XMLParser

import pytest
import rdflib
from harness import DATA, TURTLE, Service, invalid, record
from pyoxigraph import NamedNode
from rdflib import SH
from werkzeug.test import TestResponse

from catalogue.model import Finding, Kind, ProfileOutcome, Report, Severity
from catalogue.profiles.report_formats import FORMS, Judged, written
from catalogue.rdf.graph import Graph
from catalogue.rdf.namespaces import compact

FILES = ("prostate", "wrong-vocabulary", "missing-most")
HEAD = "@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .\n"
Said = tuple[str, str, str, str, str]


def check(service: Service, data: str | bytes, accept: str) -> TestResponse:
    query = "?profile=eucaim-2&profile=healthdcat-ap-8"
    answer = service.client.post(f"/validate{query}", data=data, content_type=TURTLE, headers={"Accept": accept})
    assert answer.status_code == 200, answer.text
    return answer


# -- the same in every form -------------------------------------------------------------------------------------------


def in_json(answer: TestResponse) -> set[Said]:
    return {
        (f["severity"], f["code"], f["focus"], f["path"], f["value"] or "")
        for report in answer.json["reports"]
        for f in report["findings"]
    }


def in_sarif(answer: TestResponse) -> set[Said]:
    severity = {"error": "violation", "warning": "warning", "note": "info"}
    found = set()
    for result in answer.json["runs"][0]["results"]:
        focus, _, path = result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"].partition(" ")
        value = result["properties"].get("value", "")
        found.add((severity[result["level"]], result["ruleId"], focus, path, value))
    return found


def in_text(text: str) -> set[Said]:
    """What stands in plain text, and in the text of test cases."""
    pattern = r"^(VIOLATION|WARNING|INFO)  .*\n(?:  .*\n)*?  at (\S+): (.*)\n  rule (\S+)"
    found = set()
    for severity, focus, place, code in re.findall(pattern, text, re.MULTILINE):
        path, _, value = place.partition(" is ")
        found.add((severity.lower(), code, focus, path, value))
    return found


def in_junit(answer: TestResponse) -> set[Said]:
    parser = XMLParser()  # noqa: S314 - what we have written ourselves
    parser.feed(answer.data)
    cases = parser.close().iter("testcase")
    return {said for case in cases for part in case for said in in_text(f"{part.text}\n")}


def in_page(answer: TestResponse) -> set[Said]:
    found = set()
    for article in re.findall(r'<article class="finding">(.*?)</article>', answer.text, re.DOTALL):
        severity = re.search(r'class="sign (\w+)"', article)
        parts = dict(re.findall(r"<dt>(Where|Value|Rule)</dt><dd>.*?<code>(.*?)</code>", article))
        other = re.search(r"<small>of <code>(.*?)</code>", article)
        assert severity
        said = (severity[1], parts["Rule"], other[1] if other else "", parts["Where"], parts.get("Value", ""))
        found.add(tuple(map(html.unescape, said)))
    return found  # type: ignore[return-value]


def in_shacl(answer: TestResponse) -> set[Said]:
    graph = rdflib.Graph().parse(data=answer.data, format="turtle")
    found = set()
    for result in graph.objects(None, SH.result):
        severity = str(graph.value(result, SH.resultSeverity)).rpartition("#")[2].lower()
        shape = str(graph.value(result, SH.sourceShape, default="")).removeprefix("urn:health-catalogue:shapes:")
        path, value = graph.value(result, SH.resultPath), graph.value(result, SH.value)
        focus = str(graph.value(result, SH.focusNode))
        found.add((severity, shape.replace(":", "/"), focus, compact(str(path or "")), str(value or "")))
    return found


@pytest.mark.parametrize("name", FILES)
def test_every_form_tells_the_same_findings(library: Service, name: str) -> None:
    data = (DATA / "invalid" / f"{name}.ttl").read_bytes()
    answers = {
        form: check(library, data, form)
        for form in (
            *("application/json", "application/sarif+json", "application/xml"),
            *("text/plain", "text/html", "text/turtle"),
        )
    }
    told = in_json(answers["application/json"])
    subject = answers["application/json"].json["reports"][0]["subject"]

    assert len(told) > 5
    assert in_sarif(answers["application/sarif+json"]) == told
    short = {(severity, code, compact(focus), path, value) for severity, code, focus, path, value in told}
    assert in_text(answers["text/plain"].text) == short
    assert in_junit(answers["application/xml"]) == short
    assert in_page(answers["text/html"]) == {(a, b, "" if c == subject else c, d, e) for a, b, c, d, e in told}
    # SHACL names the shape, not the constraint in it, and the last property of the way; a value is a term.
    shacl = in_shacl(answers["text/turtle"])
    last = {(a, re.sub(r"^([^/]*/[^/]*)/.*", r"\1", b), c, d.rpartition(" / ")[2]) for a, b, c, d, _ in told}
    assert {said[:4] for said in shacl if said[3]} == {said for said in last if said[3] and "|" not in said[3]}
    assert len(shacl) == len({(b, c, d, e) for _, b, c, d, e in told})


# -- streams ----------------------------------------------------------------------------------------------------------


def report(number: int) -> Report:
    """A report with two hundred findings."""
    finding = Finding(
        Severity.VIOLATION, "p/x", "Size", "dct:extent", "Dataset › Size", f"urn:x:{number}", '"1"', "It is wrong.",
        "Mend it.", ("p",), ("H01",), term='"1"', property="http://purl.org/dc/terms/extent",
    )  # fmt: skip
    outcome = ProfileOutcome("p", "P", "1", None, False, {"violation": 200, "warning": 0, "info": 0})
    return Report(f"urn:x:{number}", Kind.DATASET, "T", False, (outcome,), tuple(repeat(finding, 200)))


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_written_while_the_reports_come_and_keeps_none_of_them(form: str) -> None:
    asked = 0

    def reports(number: int) -> Iterator[Report]:
        nonlocal asked
        for asked in range(1, number + 1):
            yield report(asked)

    def peak(number: int) -> tuple[int, int]:
        tracemalloc.start()
        size = sum(
            map(len, written(form, [Judged("a.ttl", reports(number // 2)), Judged("b.ttl", reports(number // 2))]))
        )
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return size, most

    pieces = written(form, [Judged("a.ttl", reports(5))])
    while not asked:
        next(pieces)
    assert asked == 1
    (small, little), (large, much) = peak(4), peak(40)
    assert large > 8 * small
    assert much < 1.5 * little + 100_000


def test_an_answer_in_json_is_whole_for_none_one_and_many_files() -> None:
    for number in (0, 1, 3):
        found = json.loads("".join(written("json", [Judged(f"{n}.ttl", [report(n)]) for n in range(number)])))
        assert [each["file"] for each in found] == [f"{n}.ttl" for n in range(number)]
    whole = json.loads("".join(written("json", [Judged("", [report(1), report(2)])])))
    assert (whole["conforms"], len(whole["reports"])) == (False, 2)


def test_a_failure_in_the_middle_leaves_the_answer_unfinished(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second record cannot be judged: what has been sent is no JSON, so nobody takes it for the whole."""
    plain = service.catalogue.profiles.validate

    def failing(graph: Graph, subject: NamedNode, *rest: Any) -> Report:
        if subject.value.endswith("two"):
            raise RuntimeError("out of order")
        return plain(graph, subject, *rest)

    monkeypatch.setattr(service.catalogue.profiles, "validate", failing)
    long = "\n".join(invalid(f"record-{number}") for number in range(8))
    answer = service.client.post("/validate", data=long + record("two"), content_type=TURTLE)

    sent: list[bytes] = []
    assert answer.status_code == 200
    with pytest.raises(RuntimeError):
        sent.extend(answer.iter_encoded())
    assert sent[0].startswith(b'{\n "reports": [')
    with pytest.raises(json.JSONDecodeError):
        json.loads(b"".join(sent))


# -- many records and findings on the page ----------------------------------------------------------------------------


def form(service: Service, text: str, **fields: object) -> TestResponse:
    data = {"text": text, "profile": "healthdcat-ap-8", **fields}
    return service.client.post("/validate", data=data, headers={"Accept": "text/html"})


@pytest.fixture(scope="module")
def many() -> str:
    """Thirty bad records and one good one."""
    bad = (f'<dataset/bad-{n}> a dcat:Dataset ; dct:title "Bad {n}"@en .' for n in range(30))
    return "\n".join([HEAD, *bad, record("good")])


def articles(page: str) -> int:
    return page.count('<article class="finding">')


def test_the_page_lists_all_records_and_shows_the_findings_of_some(library: Service, many: str) -> None:
    page = form(library, many).text

    assert "31 records, of which 30 do not conform" in page
    assert [f"Bad {n}<" in page for n in range(30)] == [True] * 30
    assert page.index("Bad 29<") < page.index("Visits good<")
    assert 0 < articles(page) <= 200
    assert 'name="page" value="2">Next page' in page


def test_turning_the_pages_shows_every_record_once(library: Service, many: str) -> None:
    shown: list[str] = []
    number = pages = 1
    while number <= pages:
        page = form(library, many, page=str(number)).text
        pages = int(re.findall(r"stand on (\d+) pages", page)[0])
        shown += re.findall(r'<h2 id="s-report-\d+"><span class="holder">(.*?)</span>', page)
        number += 1

    assert pages > 2
    assert shown == [*(f"Bad {n}" for n in range(30)), "Visits good"]
    assert form(library, many, page=str(pages + 1)).status_code == 400
    assert form(library, many, page="x").status_code == 400


def test_fixes_of_a_later_page_are_applied_from_there(library: Service) -> None:
    text = HEAD + "".join(
        f'<dataset/{n}> a dcat:Dataset ; dct:title "T{n}"@en ; dct:language "ENG" .\n' for n in range(20)
    )
    page = form(library, text, page="2").text
    (ids,) = {tuple(re.findall(r'type="checkbox" form="mend" name="fix" value="([\d]+\.[\w-]+)"', page))}

    mended = form(library, text, page="2", fix=ids[0]).text

    assert "1 fix applied" in mended
    number = int(ids[0].split(".")[0]) - 1
    assert f"dataset/{number}&gt; dct:language &#34;ENG&#34;" in mended


def test_a_record_with_very_many_findings_shows_some_and_says_how_many_more(library: Service) -> None:
    values = ", ".join(f'"x{n}"' for n in range(1000))
    page = form(library, f"{HEAD}<dataset/d> a dcat:Dataset ; dct:language {values} .").text

    assert articles(page) == 200
    more = int(re.findall(r"… and ([\d,]+) more", page)[0].replace(",", ""))
    assert more > 800
    assert "catalogue validate --profile healthdcat-ap-8 dataset.ttl" in page
    assert len(page) < 1_000_000


def test_what_is_too_long_to_be_sent_again_gets_the_commands_instead(library: Service, many: str) -> None:
    file = (io.BytesIO(f"{many}\n# {'x' * 200_000}".encode()), "many.ttl")
    page = form(library, "", file=file).text

    assert "too long to be sent again" in page
    assert 'name="page"' not in page
    assert "curl --data-binary @dataset.ttl -H &#39;Content-Type: text/turtle&#39;" in page


def test_a_report_on_one_record_has_no_pages(library: Service) -> None:
    page = form(library, invalid("bad")).text

    assert "1 record:" in page
    assert "Next page" not in page
    assert ">Records<" not in page
