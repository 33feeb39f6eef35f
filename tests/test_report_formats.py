"""Is the report the same in every form, and can the tools that each form is for read it?"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, XMLParser

import pytest
import rdflib
import structlog
from click.testing import CliRunner, Result
from harness import BASE, DATA, TURTLE, Service, invalid, record
from werkzeug.test import TestResponse

from catalogue.cli import main
from catalogue.errors import UnreadableRdf
from catalogue.profiles.report_formats import Judged, written

Command = Callable[..., Result]
SARIF, JUNIT = "application/sarif+json", "application/xml"
ALL = "?profile=eucaim-2&profile=healthdcat-ap-8&profile=ehds-minimum"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Runs a command in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str | Path, **options: Any) -> Result:
        return CliRunner().invoke(main, ["--base-url", BASE, *map(str, arguments)], **options)

    yield command
    structlog.reset_defaults()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A good, a bad and an unreadable file, one of them deeper, and one that is no description."""
    (tmp_path / "records" / "deeper").mkdir(parents=True)
    (tmp_path / "records" / "good.ttl").write_text(record("good"))
    (tmp_path / "records" / "deeper" / "bad.ttl").write_text(invalid("bad"))
    (tmp_path / "records" / "deeper" / "package.json").write_text("{}")
    (tmp_path / "broken one.ttl").write_text("<a>\n<b>")
    return tmp_path


def check(service: Service, data: str | bytes, accept: str, query: str = "") -> TestResponse:
    answer = service.client.post(f"/validate{query}", data=data, content_type=TURTLE, headers={"Accept": accept})
    assert answer.status_code == 200, answer.text
    return answer


def read_xml(data: bytes) -> Element:
    """Our own output; anything that is not well-formed raises."""
    parser = XMLParser()  # noqa: S314 - what we have written ourselves
    parser.feed(data)
    root: Element = parser.close()
    return root


# -- JSON and its schema ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def schema(library: Service) -> Any:
    """The published schema, ready to judge."""
    jsonschema = pytest.importorskip("jsonschema")
    answer = library.get("/schemas/report.json")
    assert answer.headers["Content-Type"] == "application/schema+json"
    jsonschema.Draft202012Validator.check_schema(json.loads(answer.data))
    return jsonschema.Draft202012Validator(json.loads(answer.data))


@pytest.mark.parametrize("query", ["", ALL])
def test_what_the_service_answers_fits_the_published_schema(library: Service, schema: Any, query: str) -> None:
    for file in sorted((DATA / "invalid").glob("[!b]*.ttl")):
        schema.validate(check(library, file.read_bytes(), "application/json", query).json)
    schema.validate(check(library, record("good"), "application/json", query).json)


def test_what_the_command_prints_fits_the_published_schema(run: Command, folder: Path, schema: Any) -> None:
    result = run("validate", "--format-report", "json", "records", "broken one.ttl")

    found = json.loads(result.output)
    schema.validate(found)
    assert [("problem" in each, "reports" in each) for each in found] == [(False, True), (False, True), (True, False)]


def test_the_schema_refuses_a_report_that_lacks_something(library: Service, schema: Any) -> None:
    answer = check(library, invalid("bad"), "application/json").json
    for part in (answer["reports"][0], answer["reports"][0]["findings"][0], answer["reports"][0]["profiles"][0]):
        for name in list(part):
            kept = part.pop(name)
            assert not schema.is_valid(answer), name
            part[name] = kept
    assert schema.is_valid(answer)


def test_a_report_says_by_which_level_it_judged_and_why(library: Service) -> None:
    def outcome(text: str) -> tuple[str, str]:
        (found,) = check(library, text, "application/json").json["reports"][0]["profiles"]
        return found["level"], found["level_why"]

    assert outcome(record("good")) == ("PUBLIC", "The access rights of the dataset say so.")
    level, why = outcome(invalid("bad"))
    assert level == "NON_PUBLIC"
    assert "strictest" in why
    assert why in check(library, invalid("bad"), "text/plain").text
    assert why in check(library, invalid("bad"), "text/html").text


def fields(library: Service, report: dict[str, Any], obligation: str) -> list[str]:
    """The fields of a profile that are so much wanted, as they stand on the form."""
    profiles, levels = [p["id"] for p in report["profiles"]], [p["level"] for p in report["profiles"]]
    level = next(filter(None, levels))
    found = library.catalogue.profiles.fields(profiles, "http://www.w3.org/ns/dcat#Dataset", level)
    return [field.name for field in found if field.obligation == obligation]


def test_what_to_add_next_is_recommended_first_and_not_more_than_five(library: Service) -> None:
    report = check(library, invalid("bad"), "application/json").json["reports"][0]

    following = report["next"]
    wanted = [
        f["field"] for f in report["findings"] if f["severity"] == "warning" and f["message"].endswith("missing.")
    ]
    assert len(wanted) > 5
    assert [each["field"] for each in following] == wanted[:5]
    assert {each["obligation"] for each in following} == {"recommended"}


def test_optional_fields_come_next_when_every_recommended_one_is_given(library: Service) -> None:
    data = (DATA / "datasets" / "prostate-mri-lisboa.ttl").read_text()
    answers = {form: check(library, data, form) for form in ("application/json", "text/plain", "text/html")}
    report = answers["application/json"].json["reports"][0]
    given = report["completeness"]["recommended"]

    following = report["next"]
    assert given["given"] == given["of"] > 0
    assert len(following) == 5
    names = fields(library, report, "optional")
    places = [names.index(each["field"]) for each in following]
    assert places == sorted(places)
    page = html.unescape(answers["text/html"].text)
    for each in following:
        assert each["example"]
        assert each["why"]
        for told in (answers["text/plain"].text, page):
            assert each["field"] in told
            assert each["why"] in told
            assert each["example"] in told


def test_completeness_is_told_in_numbers_and_percent(library: Service) -> None:
    answers = {form: check(library, invalid("bad"), form) for form in ("application/json", "text/plain", "text/html")}

    for name, part in answers["application/json"].json["reports"][0]["completeness"].items():
        assert part["percent"] == 100 * part["given"] // part["of"] < 100
        said = f"{part['given']} of {part['of']} {name} ({part['percent']} %)"
        assert said in answers["text/plain"].text
        page = re.sub(r"<[^>]*>", "", answers["text/html"].text)
        assert f"{name.capitalize()} {part['given']} of {part['of']} {part['percent']} %" in page


def test_versions_of_shapes_and_vocabularies_stand_in_each_form(library: Service) -> None:
    answers = {form: check(library, invalid("bad"), form) for form in ("application/json", "text/plain", "text/html")}

    report = answers["application/json"].json["reports"][0]
    versions = {*report["vocabularies"].values(), *(outcome["version"] for outcome in report["profiles"])}
    assert len(versions) > 3
    for form in ("text/plain", "text/html"):
        assert all(version in html.unescape(answers[form].text) for version in versions)


# -- SARIF and JUnit --------------------------------------------------------------------------------------------------


def test_sarif_has_a_result_for_each_finding_and_a_rule_for_each_code(library: Service) -> None:
    report = check(library, invalid("bad"), "application/json", ALL).json["reports"][0]

    answer = check(library, invalid("bad"), SARIF, ALL)

    assert answer.headers["Content-Type"] == SARIF
    (one,) = answer.json["runs"]
    rules = [rule["id"] for rule in one["tool"]["driver"]["rules"]]
    assert answer.json["version"] == "2.1.0"
    assert [result["ruleId"] for result in one["results"]] == [finding["code"] for finding in report["findings"]]
    assert [rules[result["ruleIndex"]] for result in one["results"]] == [result["ruleId"] for result in one["results"]]
    assert len(rules) == len(set(rules))
    levels = {"violation": "error", "warning": "warning", "info": "note"}
    assert [r["level"] for r in one["results"]] == [levels[f["severity"]] for f in report["findings"]]


def test_sarif_names_the_file_and_the_place_where_reading_stopped(run: Command, folder: Path) -> None:
    result = run("validate", "--format-report", "sarif", "records/deeper/bad.ttl", "broken one.ttl")

    assert result.exit_code == 3
    (one,) = json.loads(result.output)["runs"]
    assert {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in one["results"]} == {
        "records/deeper/bad.ttl"
    }
    (invocation,) = one["invocations"]
    place = invocation["toolExecutionNotifications"][0]["locations"][0]["physicalLocation"]
    assert invocation["executionSuccessful"] is False
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("broken%20one.ttl", 2)


def test_junit_has_a_case_for_each_record_and_profile_that_fails_as_the_profile_does(library: Service) -> None:
    report = check(library, invalid("bad"), "application/json", ALL).json["reports"][0]

    answer = check(library, invalid("bad"), JUNIT, ALL)

    assert answer.headers["Content-Type"] == JUNIT
    cases = read_xml(answer.data).findall("./testsuite/testcase")
    assert {case.get("classname"): case.find("failure") is None for case in cases} == {
        outcome["id"]: outcome["conforms"] for outcome in report["profiles"]
    }
    failing = [case for case in cases if case.find("failure") is not None]
    for case in failing:
        told = case.findtext("failure") or ""
        for finding in report["findings"]:
            if case.get("classname") in finding["profiles"] and finding["severity"] == "violation":
                assert finding["message"] in told


def test_a_file_that_cannot_be_read_is_an_error_in_junit(run: Command, folder: Path) -> None:
    result = run("validate", "--format-report", "junit", "records/good.ttl", "broken one.ttl")

    suites = read_xml(result.output.encode())
    assert result.exit_code == 3
    assert [
        (s.get("name"), len(s.findall("./testcase/failure")), len(s.findall("./testcase/error"))) for s in suites
    ] == [
        ("records/good.ttl", 0, 0),
        ("broken one.ttl", 0, 1),
    ]


def test_text_of_an_author_cannot_break_out_of_the_xml(library: Service) -> None:
    title = r"""<x y='1'>&]]>\u0000\u001b\uFFFE"""
    answer = check(library, invalid("bad", title=title), JUNIT)

    (case,) = read_xml(answer.data).findall("./testsuite/testcase")
    assert (case.get("name") or "").startswith("<x y='1'>&]]> <")


def test_a_name_with_bad_characters_is_still_xml_and_json() -> None:
    judged = [Judged('a"<\x00\ud800.ttl', problem=UnreadableRdf("It <ends>\x01.", mend="Close it."))]

    xml = "".join(written("junit", judged)).encode()
    assert read_xml(xml).find("./testsuite").get("name") == 'a"<.ttl'  # type: ignore[union-attr]
    assert json.loads("".join(written("sarif", [Judged("a b#c.ttl", problem=UnreadableRdf("No."))])))["runs"]


# -- the command ------------------------------------------------------------------------------------------------------


def names(result: Result) -> list[str]:
    return [each["file"] for each in json.loads(result.output)]


def test_a_folder_and_a_quoted_pattern_stand_for_their_files(run: Command, folder: Path) -> None:
    whole = ["records/deeper/bad.ttl", "records/good.ttl"]
    assert names(run("validate", "--json", "records")) == whole
    assert names(run("validate", "--json", "records/**/*.ttl")) == whole
    assert names(run("validate", "--json", "records/*.ttl", "records")) == [
        "records/good.ttl",
        "records/deeper/bad.ttl",
    ]


def test_a_folder_or_a_pattern_without_a_description_is_wrong_use(run: Command, folder: Path) -> None:
    (folder / "empty").mkdir()
    for name in ("empty", "*.nt"):
        result = run("validate", name)
        assert (result.exit_code, repr(name) in result.output) == (2, True)


def test_the_shacl_form_is_a_validation_report(run: Command, folder: Path) -> None:
    result = run("validate", "--format-report", "shacl", "records")

    graph = rdflib.Graph().parse(data=result.output, format="turtle")
    (conforms,) = graph.objects(None, rdflib.SH.conforms)
    assert (conforms.toPython(), result.exit_code) == (False, 1)


@pytest.mark.parametrize("form", ["sarif", "junit", "shacl"])
def test_the_exit_code_is_the_same_in_every_form(run: Command, folder: Path, form: str) -> None:
    bad, broken = (run("validate", "--format-report", form, name).exit_code for name in ("records", "broken one.ttl"))

    assert (bad, broken) == (1, 3)


def test_colour_is_for_a_terminal_and_no_color_turns_it_off(run: Command, folder: Path) -> None:
    plain, coloured = (run("validate", "records", color=terminal).output for terminal in (False, True))
    silent = run("validate", "records", color=True, env={"NO_COLOR": "1"}).output

    assert "\x1b[31m" in coloured
    assert plain == silent == re.sub(r"\x1b\[\d+m", "", coloured)
