"""What does the page of a report say?

One page shows some records and some findings of each, however many there are, and names where the rest is. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import urlencode

from catalogue.model import Finding, Kind, Report, Severity
from catalogue.profiles.reporting import command, level_why, percent
from catalogue.web.views.pages import ValidatePage

# Findings of one record and of one page, records of one page, and records in the list of all.
MOST_FINDINGS = 200
MOST_RECORDS = 20
MOST_LISTED = 200
_LONGEST_TITLE = 200
_ORDER = {severity: number for number, severity in enumerate(Severity)}
_FILE = "dataset.ttl"


@dataclass(frozen=True, slots=True)
class RecordLine:
    """A record in the list of all: its number from 1, and the page of the report on which its findings are."""

    number: int
    page: int
    kind: Kind
    title: str
    conforms: bool
    counts: dict[str, int]


@dataclass(slots=True)
class Survey:
    """Reports on many records: what all of them come to, and those of one page whole.

    `start` is the number of records before that page. Made in one pass that keeps nothing else.
    """

    page: int
    pages: int = 0
    start: int = 0
    total: int = 0
    failing: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    reports: list[Report] = field(default_factory=list)
    lines: list[RecordLine] = field(default_factory=list)


def survey(reports: Iterable[Report], page: int = 1) -> Survey:
    """Look at every report once.

    Args:
        reports: In their order; asked for one after the other.
        page: The page to keep. A page ends before it would hold more than 20 records or 200 findings.

    Returns:
        Of the lines, those of records that do not conform come first.
    """
    seen = Survey(page)
    listed: tuple[list[RecordLine], list[RecordLine]] = ([], [])
    records, findings = 0, MOST_FINDINGS  # of the page that is being filled: none is yet
    for report in reports:
        shown = min(len(report.findings), MOST_FINDINGS)
        if not seen.pages or records == MOST_RECORDS or findings + shown > MOST_FINDINGS:
            seen.pages += 1
            records = findings = 0
        records, findings = records + 1, findings + shown
        seen.total += 1
        seen.failing += not report.conforms
        counts = {severity.value: report.count(severity) for severity in Severity}
        seen.counts.update(counts)
        if seen.pages < page:
            seen.start += 1
        elif seen.pages == page:
            seen.reports.append(report)
        if len(listed[report.conforms]) < MOST_LISTED:
            title = _shortened(report.title or report.subject)
            line = RecordLine(seen.total, seen.pages, report.kind, title, report.conforms, counts)
            listed[report.conforms].append(line)
    seen.lines = [*listed[False], *listed[True]][:MOST_LISTED]
    return seen


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """The findings about one field."""

    field: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ReportView:
    """One record's report: its number in the submission, its findings by field, the worst first, and the reason of
    each profile's level, by profile id. `more` findings are not shown.
    """

    number: int
    report: Report
    groups: tuple[FindingGroup, ...]
    more: int
    reasons: dict[str, str]

    @property
    def given(self) -> list[tuple[str, int, int, int]]:
        """Obligation, fields given, fields in all, percent; without what nobody asks."""
        found = self.report.completeness
        parts = (
            (("mandatory", found.mandatory), ("recommended", found.recommended), ("optional", found.optional))
            if found
            else ()
        )
        return [(name, given, of, percent(given, of)) for name, (given, of) in parts if of]

    @property
    def versions(self) -> list[tuple[str, list[str]]]:
        """Versions of vocabularies, each with the names of those that have it."""
        names: dict[str, list[str]] = {}
        for name, version in self.report.vocabularies.items():
            names.setdefault(version, []).append(name)
        return list(names.items())


@dataclass(frozen=True, slots=True)
class CertainFix:
    """A rewrite that is certain: its id in the form, what it does and why, the triples before and after."""

    id: str
    what: str
    why: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mending:
    """What can be applied to the text of a page, and what has just been applied.

    `fixes` are those that mend no finding of their own, `all` counts every certain one; `questions` are for a person.
    """

    fixes: tuple[CertainFix, ...] = ()
    all: int = 0
    questions: tuple[str, ...] = ()
    applied: int = 0
    diff: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportPage:
    """`report.html`: reports on what was submitted, and the form to try again.

    `text` is what was sent, when the page can send it again: then fixes can be applied and pages turned.
    """

    section: ClassVar[str] = "validate"
    survey: Survey
    reports: tuple[ReportView, ...]
    form: ValidatePage
    text: str
    mending: Mending
    commands: tuple[str, str]

    @property
    def more(self) -> int:
        """Records that are not in the list."""
        return self.survey.total - len(self.survey.lines)

    def fix_command(self, finding: Finding) -> str:
        """The command that applies the fix of a finding."""
        return command(finding.fix, _FILE) if finding.fix else ""


def report_page(
    seen: Survey, form: ValidatePage, *, base_url: str, text: str = "", mending: Mending | None = None
) -> ReportPage:
    """Word the reports on one submission.

    Args:
        seen: The reports.
        form: The form with what was submitted, to mend it and try again.
        base_url: Public address, for the command that gets the same report as data.
        text: What was submitted, when it may be sent again.
        mending: What can be applied to it.
    """
    views = tuple(_view(report, number) for number, report in enumerate(seen.reports, seen.start + 1))
    return ReportPage(seen, views, form, text, mending or Mending(), _commands(form, base_url))


def _view(report: Report, number: int) -> ReportView:
    shown = report.findings[:MOST_FINDINGS]
    reasons = {outcome.id: level_why(report, outcome) for outcome in report.profiles}
    return ReportView(number, report, finding_groups(shown), len(report.findings) - len(shown), reasons)


def _commands(form: ValidatePage, base_url: str) -> tuple[str, str]:
    """How to get all findings: over HTTP, and on the command line."""
    chosen = [choice.value for choice in form.profiles if choice.chosen]
    media_type = next((choice.value for choice in form.formats if choice.chosen and choice.value), "text/turtle")
    query = urlencode([("profile", value) for value in chosen])
    options = "".join(f" --profile {value}" for value in chosen)
    return (
        f"curl --data-binary @{_FILE} -H 'Content-Type: {media_type}' "
        f"-H 'Accept: application/json' '{base_url}/validate{'?' if query else ''}{query}'",
        f"catalogue validate{options} {_FILE}",
    )


def finding_groups(findings: Sequence[Finding]) -> tuple[FindingGroup, ...]:
    """Group findings by field; fields with a violation first, else in the order of the report."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.field, []).append(finding)
    for found in groups.values():
        found.sort(key=lambda finding: _ORDER[finding.severity])
    worst_first = sorted(groups.items(), key=lambda item: _ORDER[item[1][0].severity])
    return tuple(FindingGroup(field, tuple(found)) for field, found in worst_first)


def _shortened(title: str) -> str:
    return title if len(title) <= _LONGEST_TITLE else title[: _LONGEST_TITLE - 1] + "…"
