"""How is a report written as test results?

JUnit XML as Jenkins and GitLab read it, streamed: a suite per file, a case per record and profile. Totals are left
out: readers count themselves, and a stream cannot know them at its beginning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from catalogue.model import Finding, ProfileOutcome, Report, Severity

from .reporting import finding_lines, one_line

if TYPE_CHECKING:
    from .report_formats import Judged

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def junit(judged: Iterable[Judged]) -> Iterator[str]:
    """Write reports as JUnit XML, piece by piece.

    A violation fails its case; warnings and notes are the case's output. A file that could not be read is an error.
    """
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="health-catalogue">\n'
    for each in judged:
        yield f" <testsuite name={_attribute(each.name or 'request')}>\n"
        for report in each.reports:
            for outcome in report.profiles:
                yield from _case(report, outcome)
        if each.problem is not None:
            said = f"{each.problem.what} {each.problem.mend}".strip()
            yield f'  <testcase classname="read" name="read"><error message={_attribute(said)}/></testcase>\n'
        yield " </testsuite>\n"
    yield "</testsuites>\n"


def _case(report: Report, outcome: ProfileOutcome) -> Iterator[str]:
    name = f"{report.title} <{report.subject}>" if report.title else report.subject
    yield f"  <testcase classname={_attribute(outcome.id)} name={_attribute(name)}>\n"
    own = [finding for finding in report.findings if outcome.id in finding.profiles]
    # A finding that profiles share has the strongest severity of them; the case fails only where its own profile does.
    failing = [f for f in own if f.severity is Severity.VIOLATION] if not outcome.conforms else []
    if failing:
        first = failing[0].message if len(failing) == 1 else f"{len(failing)} violations"
        yield f'   <failure type="violation" message={_attribute(first)}>{_told(failing)}</failure>\n'
    others = own if outcome.conforms else [f for f in own if f.severity is not Severity.VIOLATION]
    if others:
        yield f"   <system-out>{_told(others)}</system-out>\n"
    yield "  </testcase>\n"


def _told(findings: Iterable[Finding]) -> str:
    return escape(_clean("\n\n".join("\n".join(map(one_line, finding_lines(finding))) for finding in findings)))


def _attribute(text: str) -> str:
    return quoteattr(_clean(text))


def _clean(text: str) -> str:
    """Without the characters that XML 1.0 §2.2 forbids, even escaped."""
    return _FORBIDDEN.sub("", text)
