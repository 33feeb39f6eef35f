"""How is a report written for code scanning?

One SARIF run, streamed: the results come before the rules that they name, since only then all rules are known.
Spec: SARIF 2.1.0 (OASIS), §3.13 to §3.58.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from catalogue import __version__
from catalogue.errors import CatalogueError
from catalogue.model import Finding, Report, Severity

from .reporting import fix_json

if TYPE_CHECKING:
    from .report_formats import Judged

_LEVELS = {Severity.VIOLATION: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif(judged: Iterable[Judged]) -> Iterator[str]:
    """Write reports as one SARIF run, piece by piece: a rule per code, a result per finding.

    A file that could not be read is a notification of the invocation, which is then not successful (§3.20.21). RDF
    terms have no line of their own after parsing, so a result names file, node and property, and no region.

    What is kept until the end is a line for each rule and each file that could not be read.
    """
    rules: dict[str, tuple[int, dict[str, Any]]] = {}
    notifications: list[dict[str, Any]] = []
    yield f'{{"$schema": {json.dumps(_SCHEMA)}, "version": "2.1.0", "runs": [{{"columnKind": "unicodeCodePoints",\n'
    yield '"results": ['
    between = "\n"
    for each in judged:
        if each.problem is not None:
            notifications.append(_notification(each.name, each.problem))
        for report in each.reports:
            for finding in report.findings:
                if finding.code not in rules:
                    rules[finding.code] = len(rules), _rule(finding)
                yield between + _json(_result(each.name, report, finding, rules[finding.code][0]))
                between = ",\n"
    invocation: dict[str, Any] = {"executionSuccessful": not notifications}
    if notifications:
        invocation["toolExecutionNotifications"] = notifications
    driver = {"name": "health-catalogue", "version": __version__, "rules": [rule for _, rule in rules.values()]}
    yield f'\n],\n"invocations": [{_json(invocation)}],\n"tool": {_json({"driver": driver})}}}]}}\n'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _rule(finding: Finding) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": finding.code}
    if finding.field:
        rule["shortDescription"] = {"text": finding.field}
    if finding.why:
        rule["fullDescription"] = {"text": finding.why}
    if finding.rules:
        rule["properties"] = {"rules": list(finding.rules)}
    return rule


def _result(name: str, report: Report, finding: Finding, index: int) -> dict[str, Any]:
    location: dict[str, Any] = {
        "logicalLocations": [{"fullyQualifiedName": f"{finding.focus} {finding.path}".strip(), "kind": "member"}]
    }
    if name:
        location["physicalLocation"] = _file(name)
    properties: dict[str, Any] = {"subject": report.subject, "title": report.title, "profiles": list(finding.profiles)}
    if finding.value is not None:
        properties["value"] = finding.value
    if finding.fix:
        properties["fix"] = fix_json(finding.fix)
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
