"""How is a report written for a program, for a terminal and for other SHACL tools?

JSON as in the API's description, plain text, and the SHACL validation report (SHACL §3).
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from catalogue.model import Completeness, Finding, ProfileOutcome, Report, Severity
from catalogue.rdf.graph import Graph, Term
from catalogue.rdf.namespaces import DCT, RDF, SH, XSD, compact

# The JSON Schema (2020-12) of the reports as JSON, with both envelopes: the service's and the command line's.
SCHEMA = Path(__file__).parent / "report.schema.json"
_MOST_NEXT = 5
_SEVERITY = {Severity.VIOLATION: SH["Violation"], Severity.WARNING: SH["Warning"], Severity.INFO: SH["Info"]}


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
        "next": [{"field": f.field, "path": f.path, "mend": f.mend} for f in next_fields(report)],
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


def next_fields(report: Report) -> list[Finding]:
    """What to add next once nothing violates: at most five fields of the record that are missing and recommended.

    Fields whose absence is a warning come first, then those whose absence is a note; both in the profile's order.
    """
    missing = [
        finding
        for severity in (Severity.WARNING, Severity.INFO)
        for finding in report.findings
        if finding.severity is severity and finding.constraint == "MinCount" and finding.focus == report.subject
    ]
    return missing[:_MOST_NEXT]


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
        "mend": finding.mend,
        "fix": dict(finding.fix) if finding.fix else None,
        "profiles": list(finding.profiles),
        "rules": list(finding.rules),
    }


def _completeness_json(completeness: Completeness) -> dict[str, dict[str, int]]:
    parts = {
        "mandatory": completeness.mandatory,
        "recommended": completeness.recommended,
        "optional": completeness.optional,
    }
    return {name: {"given": given, "of": of} for name, (given, of) in parts.items()}


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
    if report.completeness:
        parts = _completeness_json(report.completeness).items()
        given = ", ".join(f"{part['given']} of {part['of']} {name}" for name, part in parts if part["of"])
        lines.append(f"  given: {given}" if given else "  given: nothing is asked")
    lines += _about_lines(report)
    for finding in report.findings:
        lines.append("")
        lines += _finding_lines(finding)
    return "\n".join(map(one_line, lines)) + "\n"


def _about_lines(report: Report) -> Iterator[str]:
    for outcome in report.profiles:
        if outcome.level:
            yield f"  level {outcome.level} of {outcome.title}: {level_why(report, outcome)}"
    following = ", ".join(finding.field for finding in next_fields(report))
    if following:
        yield f"  add next: {following}"
    by_version: dict[str, list[str]] = {}
    for name, version in report.vocabularies.items():
        by_version.setdefault(version, []).append(name)
    for version, names in by_version.items():
        yield f"  vocabularies ({version}): {', '.join(names)}"


def one_line(line: str) -> str:
    """Without control and format characters: a title must not steer the terminal or forge a line."""
    return "".join(c if unicodedata.category(c) not in ("Cc", "Cf", "Zl", "Zp") else " " for c in line)


def _counted(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 or name == Severity.INFO else f"{number} {name}s"


def _finding_lines(finding: Finding) -> Iterator[str]:
    yield f"{finding.severity.value.upper()}  {finding.path_words}"
    yield f"  {finding.message}"
    if finding.mend:
        yield f"  → {finding.mend}"
    yield f"  at {compact(finding.focus)}, rule {', '.join([finding.code, *finding.rules])}"


def report_graph(reports: Sequence[Report]) -> Graph:
    """Reports as one SHACL validation report.

    `sh:conforms` is true when no result is a violation, as in our JSON. SHACL 1.0 §3.1 makes it false for any result,
    a recommendation that is not followed included; SHACL 1.2 lets the caller choose by `sh:conformanceDisallows`, and
    what we do is its value `sh:Violation`. Two answers to "does it conform?" from one service would be worse.

    The same reports give the same graph: reports and results are named by what they say, none is blank.
    """
    results = [_result(report, finding) for report in reports for finding in report.findings]
    named = sorted({node.value: (node, triples) for node, triples in results}.items())
    digest = _digest(sorted(report.subject for report in reports) + [iri for iri, _ in named])
    node = NamedNode(f"urn:health-catalogue:report:{digest}")
    conforms = all(report.conforms for report in reports)
    graph = Graph([Triple(node, RDF["type"], SH["ValidationReport"]), Triple(node, SH["conforms"], _boolean(conforms))])
    for _, (result, triples) in named:
        graph.add(node, SH["result"], result)
        graph.update(triples)
    return graph


def _result(report: Report, finding: Finding) -> tuple[NamedNode, list[Triple]]:
    said = [report.subject, finding.focus, finding.code, finding.property, finding.term, finding.message]
    node = NamedNode(f"urn:health-catalogue:result:{_digest(said)}")
    about: list[tuple[NamedNode, Term]] = [
        (RDF["type"], SH["ValidationResult"]),
        (SH["focusNode"], _node(finding.focus)),
        (SH["resultSeverity"], _SEVERITY[finding.severity]),
        (SH["resultMessage"], Literal(f"{finding.message} {finding.mend}".strip(), language="en")),
    ]
    # Other paths would need blank nodes; their text stands in the message's words.
    if finding.property and "<" not in finding.property:
        about.append((SH["resultPath"], NamedNode(finding.property)))
    if finding.term:
        about.append((SH["value"], _term(finding.term)))
    if finding.shape:
        about.append((SH["sourceShape"], NamedNode(finding.shape)))
    if finding.component:
        about.append((SH["sourceConstraintComponent"], NamedNode(finding.component)))
    return node, [Triple(node, predicate, value) for predicate, value in about]


def _boolean(value: bool) -> Literal:
    return Literal("true" if value else "false", datatype=XSD["boolean"])


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:32]


def _node(focus: str) -> NamedNode | BlankNode:
    return BlankNode(focus[2:]) if focus.startswith("_:") else NamedNode(focus)


def _term(term: str) -> Term:
    """Read back one N-Triples term."""
    if term.startswith("_:"):
        return BlankNode(term[2:])
    quad = next(iter(parse(f"<urn:a> <urn:b> {term} .".encode(), format=RdfFormat.N_TRIPLES)))
    value: Term = quad.object
    return value
