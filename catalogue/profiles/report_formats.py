"""How is a report written for a build server: SARIF for code scanning, JUnit XML for test results?

Pure, like `reporting.py`. Spec: SARIF 2.1.0 (OASIS), §3.13 to §3.58; JUnit XML as Jenkins and GitLab read it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from catalogue import __version__
from catalogue.errors import CatalogueError
from catalogue.model import Finding, ProfileOutcome, Report, Severity

_LEVELS = {Severity.VIOLATION: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_XML_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of one file: its reports, or why there are none. `name` is empty for what came over HTTP."""

    name: str
    reports: Sequence[Report] = ()
    problem: CatalogueError | None = None


def sarif(judged: Iterable[Judged]) -> dict[str, Any]:
    """Reports as one SARIF run: a rule per code, a result per finding.

    A file that could not be read is a notification of the invocation, which is then not successful (§3.20.21). RDF
    terms have no line of their own after parsing, so a result names file, node and property, and no region.
    """
    rules: dict[str, int] = {}
    described: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    notifications = []
    for each in judged:
        if each.problem is not None:
            notifications.append(_notification(each.name, each.problem))
        for report in each.reports:
            for finding in report.findings:
                if finding.code not in rules:
                    rules[finding.code] = len(rules)
                    described.append(_rule(finding))
                results.append(_sarif_result(each.name, report, finding, rules[finding.code]))
    driver = {"name": "health-catalogue", "version": __version__, "rules": described}
    invocation: dict[str, Any] = {"executionSuccessful": not notifications}
    if notifications:
        invocation["toolExecutionNotifications"] = notifications
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation],
        "results": results,
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(finding: Finding) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": finding.code}
    if finding.field:
        rule["shortDescription"] = {"text": finding.field}
    if finding.rules:
        rule["properties"] = {"rules": list(finding.rules)}
    return rule


def _sarif_result(name: str, report: Report, finding: Finding, index: int) -> dict[str, Any]:
    location: dict[str, Any] = {
        "logicalLocations": [{"fullyQualifiedName": f"{finding.focus} {finding.path}".strip(), "kind": "member"}]
    }
    if name:
        location["physicalLocation"] = _file(name)
    properties: dict[str, Any] = {"subject": report.subject, "title": report.title, "profiles": list(finding.profiles)}
    if finding.value is not None:
        properties["value"] = finding.value
    if finding.fix:
        properties["fix"] = dict(finding.fix)
    return {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.message} {finding.mend}".strip()},
        "locations": [location],
        "partialFingerprints": {"place/v1": f"{finding.focus} {finding.path} {finding.term}"},
        "properties": properties,
    }


def _notification(name: str, problem: CatalogueError) -> dict[str, Any]:
    said: dict[str, Any] = {"level": "error", "message": {"text": f"{problem.what} {problem.mend}".strip()}}
    if not name:
        return said
    place = _file(name)
    line, column = problem.details.get("line"), problem.details.get("column")
    if isinstance(line, int):
        place["region"] = {"startLine": line} | ({"startColumn": column} if isinstance(column, int) else {})
    return said | {"locations": [{"physicalLocation": place}]}


def _file(name: str) -> dict[str, Any]:
    return {"artifactLocation": {"uri": quote(name.replace("\\", "/"), safe="/~")}}


def junit(judged: Iterable[Judged]) -> bytes:
    """Reports as JUnit XML, UTF-8: a suite per file, a case per record and profile.

    A violation fails its case; warnings and notes are the case's output. A file that could not be read is an error.
    """
    suites = [_suite(each) for each in judged]
    totals = {key: sum(counts[key] for counts, _ in suites) for key in ("tests", "failures", "errors")}
    body = "".join(text for _, text in suites)
    attributes = "".join(f' {key}="{number}"' for key, number in totals.items())
    whole = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="health-catalogue"{attributes}>\n{body}</testsuites>'
    )
    return whole.encode() + b"\n"


def _suite(judged: Judged) -> tuple[Mapping[str, int], str]:
    cases = [(report, outcome) for report in judged.reports for outcome in report.profiles]
    failures = sum(not outcome.conforms for _, outcome in cases)
    errors = int(judged.problem is not None)
    counts = {"tests": len(cases) + errors, "failures": failures, "errors": errors}
    lines = "".join(line for report, outcome in cases for line in _case(report, outcome))
    if judged.problem is not None:
        said = f"{judged.problem.what} {judged.problem.mend}".strip()
        lines += f'  <testcase classname="read" name="read"><error message={_attribute(said)}/></testcase>\n'
    attributes = "".join(f' {key}="{number}"' for key, number in counts.items())
    return counts, f" <testsuite name={_attribute(judged.name or 'request')}{attributes}>\n{lines} </testsuite>\n"


def _case(report: Report, outcome: ProfileOutcome) -> Iterator[str]:
    name = f"{report.title} <{report.subject}>" if report.title else report.subject
    yield f"  <testcase classname={_attribute(outcome.id)} name={_attribute(name)}>\n"
    own = [finding for finding in report.findings if outcome.id in finding.profiles]
    # A finding that profiles share has the strongest severity of them; the case fails only where its own profile does.
    failing = [f for f in own if f.severity is Severity.VIOLATION] if not outcome.conforms else []
    if failing:
        first = failing[0].message if len(failing) == 1 else f"{len(failing)} violations"
        yield f'   <failure type="violation" message={_attribute(first)}>{_told(failing)}</failure>\n'
    others = [finding for finding in own if finding not in failing]
    if others:
        yield f"   <system-out>{_told(others)}</system-out>\n"
    yield "  </testcase>\n"


def _told(findings: Iterable[Finding]) -> str:
    lines = (f"{f.severity.value.upper()} {f.path_words or f.field}: {f.message} {f.mend} [{f.code}]" for f in findings)
    return escape(_clean("\n".join(lines)))


def _attribute(text: str) -> str:
    return quoteattr(_clean(text))


def _clean(text: str) -> str:
    """Without the characters that XML 1.0 §2.2 forbids, even escaped."""
    return _XML_FORBIDDEN.sub("", text)
