"""What does a report say, to a program and to a person at a terminal?

One report as JSON and as plain text; `report_formats` writes many, in these forms and others.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from catalogue.model import Completeness, Field, Finding, Fix, ProfileOutcome, Report, Severity
from catalogue.rdf.namespaces import DCT, compact

from .trails import short_path

# The JSON Schema (2020-12) of the reports as JSON, with both envelopes: the service's and the command line's.
SCHEMA = Path(__file__).parent / "report.schema.json"


def report_json(report: Report) -> dict[str, Any]:
    """A report as JSON: what was judged by which rules, the findings, and how much is given."""
    return {
        "conforms": report.conforms,
        "subject": report.subject,
        "title": report.title,
        "kind": report.kind.value,
        "profiles": [
            {
                "id": outcome.id,
                "title": outcome.title,
                "version": outcome.version,
                "level": outcome.level,
                "level_why": level_why(report, outcome),
                "conforms": outcome.conforms,
                "counts": dict(outcome.counts),
            }
            for outcome in report.profiles
        ],
        "findings": [_finding_json(finding) for finding in report.findings],
        "completeness": _completeness_json(report.completeness) if report.completeness else None,
        "next": [_next_json(field) for field in report.next],
        "vocabularies": dict(report.vocabularies),
        "engine": report.engine,
    }


def level_why(report: Report, outcome: ProfileOutcome) -> str:
    """Why a profile judged at its access level, in a sentence; empty when it has no levels for this record."""
    if outcome.level is None:
        return ""
    # A level that the record does not state clearly always has a finding about the access rights (shapes.md).
    doubts = (f for f in report.findings if f.focus == report.subject and f.property == DCT["accessRights"].value)
    if any(outcome.id in finding.profiles for finding in doubts):
        return "The access rights are not clear, so the strictest level applies."
    return "The access rights of the dataset say so."


def percent(given: int, of: int) -> int:
    """How much of something is given, in whole percent; 100 only when nothing is missing."""
    return 100 * given // of if of else 100


def command(fix: Fix, file: str = "FILE") -> str:
    """The command that applies one fix to a file."""
    return f"catalogue convert {file} --to ttl --fix --target {fix.target} --only {fix.id}"


def _next_json(field: Field) -> dict[str, str]:
    return {
        "field": field.name,
        "path": short_path(field.path),
        "obligation": field.obligation.value,
        "example": field.example,
        "why": field.description,
    }


def _finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "severity": finding.severity.value,
        "code": finding.code,
        "field": finding.field,
        "path": finding.path,
        "path_words": finding.path_words,
        "focus": finding.focus,
        "value": finding.value,
        "message": finding.message,
        "why": finding.why,
        "mend": finding.mend,
        "fix": fix_json(finding.fix) if finding.fix else None,
        "profiles": list(finding.profiles),
        "rules": list(finding.rules),
    }


def fix_json(fix: Fix) -> dict[str, Any]:
    """A certain fix as JSON."""
    return {
        "id": fix.id,
        "target": fix.target,
        "what": fix.what,
        "before": list(fix.before),
        "after": list(fix.after),
    }


def _completeness_json(completeness: Completeness) -> dict[str, dict[str, int]]:
    parts = {
        "mandatory": completeness.mandatory,
        "recommended": completeness.recommended,
        "optional": completeness.optional,
    }
    return {name: {"given": given, "of": of, "percent": percent(given, of)} for name, (given, of) in parts.items()}


def report_text(report: Report) -> str:
    """A report for the terminal: the outcome per profile, then each finding with how to mend it. No colour."""
    lines = [report.title or report.subject]
    if report.title:
        lines.append(f"  {report.subject}")
    for outcome in report.profiles:
        level = f", level {outcome.level}" if outcome.level else ""
        verdict = "conforms" if outcome.conforms else "does not conform"
        counts = ", ".join(_counted(number, name) for name, number in outcome.counts.items() if number)
        tail = f" ({counts})" if counts else ""
        lines.append(f"  {verdict}: {outcome.title} {outcome.version}{level}{tail}")
    lines += _about_lines(report)
    for finding in report.findings:
        lines.append("")
        lines += finding_lines(finding)
    return "\n".join(map(one_line, lines)) + "\n"


def _about_lines(report: Report) -> Iterator[str]:
    for outcome in report.profiles:
        if outcome.level:
            yield f"  level {outcome.level} of {outcome.title}: {level_why(report, outcome)}"
    if report.completeness:
        parts = _completeness_json(report.completeness).items()
        given = [f"{p['given']} of {p['of']} {name} ({p['percent']} %)" for name, p in parts if p["of"]]
        yield f"  given: {', '.join(given) or 'nothing is asked'}"
    if report.next:
        yield "  add next:"
    for field in report.next:
        example = f", for example {field.example}" if field.example else ""
        yield f"    {field.name} ({short_path(field.path)}, {field.obligation}){example}"
        if field.description:
            yield f"      {field.description}"
    by_version: dict[str, list[str]] = {}
    for name, version in report.vocabularies.items():
        by_version.setdefault(version, []).append(name)
    for version, names in by_version.items():
        yield f"  vocabularies ({version}): {', '.join(names)}"


def one_line(line: str) -> str:
    """Without control and format characters: a title must not steer the terminal or forge a line."""
    if line.isprintable():  # as nearly all are; looking at each character takes a hundred times as long
        return line
    return "".join(c if unicodedata.category(c) not in ("Cc", "Cf", "Zl", "Zp") else " " for c in line)


def _counted(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 or name == Severity.INFO else f"{number} {name}s"


def finding_lines(finding: Finding) -> Iterator[str]:
    """A finding in plain text, the first line with its severity and field."""
    yield f"{finding.severity.value.upper()}  {finding.path_words}"
    yield f"  {finding.message}"
    if finding.mend:
        yield f"  → {finding.mend}"
    if finding.fix:
        yield f"  fix: {finding.fix.what} $ {command(finding.fix)}"
    if finding.why:
        yield f"  why: {finding.why}"
    value = f" is {finding.value}" if finding.value is not None else ""
    yield f"  at {compact(finding.focus)}: {finding.path}{value}"
    rules = f" ({', '.join(finding.rules)})" if finding.rules else ""
    yield f"  rule {finding.code}{rules} of {', '.join(finding.profiles)}"
