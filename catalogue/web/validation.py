"""How is a description checked over HTTP without publishing it, and mended where a rewrite is certain?

The form for people; for machines any RDF in, the report out as JSON, SHACL (Turtle, JSON-LD, …), SARIF, JUnit, text or
HTML.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, request
from pyoxigraph import Triple
from werkzeug.datastructures import FileStorage

from catalogue import errors
from catalogue.errors import CatalogueError
from catalogue.model import Finding, Report
from catalogue.profiles.fixes import Step, StepKind, safe
from catalogue.profiles.report_formats import Judged, junit, sarif
from catalogue.profiles.reporting import SCHEMA, level_why, next_fields, report_graph, report_json, report_text
from catalogue.rdf import media
from catalogue.rdf.parse import parse
from catalogue.rdf.serialise import serialise
from catalogue.services.mending import Mended, lines, mend, picked, propose
from catalogue.services.validating import validate
from catalogue.web.views.build import MAX_TEXT_BACK, report_page, validate_page
from catalogue.web.views.pages import Problem, ReportPage, ReportView, ValidatePage

from .context import body, catalogue, html, identity
from .errors import status_of
from .records import negotiated

validation = Blueprint("validation", __name__)

_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_SARIF, _JUNIT = "application/sarif+json", "application/xml"
_REPORTS = (
    "application/json",
    *(format.media_type for format in media.WRITTEN),
    "text/html",
    "text/plain",
    _SARIF,
    _JUNIT,
)
_ALL = "all"
# Looking for fixes takes about 10 ms a record, which a page can afford so often; `catalogue convert` has no such bound.
_MOST_MENDED = 20
_MOST_SHOWN = 100


@validation.get("/validate")
def form() -> Response:
    """The form."""
    return html("validate", _form(request.args.getlist("profile"), "", ""))


@validation.post("/validate")
def check() -> Response:
    """Judge what was sent; `?profile=` may stand several times."""
    if request.mimetype in _FORMS:
        return _from_form()
    kind = negotiated(_REPORTS)
    profiles = _profiles(request.args.getlist("profile"))
    data, format = body(), media.by_media_type(request.content_type)
    reports = validate(catalogue(), _parsed(data, format), profiles)
    if kind == "text/html":
        return html("report", _page(reports, _form(profiles, "", format.media_type)))
    return _written(reports, kind)


@validation.get("/schemas/report.json")
def schema() -> Response:
    """The JSON Schema of the reports."""
    response = Response(SCHEMA.read_bytes(), content_type="application/schema+json")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _from_form() -> Response:
    text = request.form.get("text", "")
    chosen, media_type = request.form.getlist("profile"), request.form.get("format", "")
    mended: Mended | None = None
    try:
        data, format = _sent(text, media_type)
        profiles = _profiles(chosen)
        triples = _parsed(data, format)
        fixes = request.form.getlist("fix")
        if fixes:
            mended = _mended(triples, len(data), profiles, fixes)
            triples = list(mended.triples)
            text, media_type = _turtle(triples), media.TURTLE.media_type
        reports = validate(catalogue(), triples, profiles)
        kind = negotiated(("text/html", *_REPORTS))
        # Without its text in the form, a fix would have nothing to be applied to.
        fixable = kind == "text/html" and 0 < len(text) <= MAX_TEXT_BACK and (bool(fixes) or not _uploaded())
        steps = _steps(triples, profiles) if fixable else []
    except CatalogueError as error:
        if negotiated(("text/html", "application/json")) == "application/json":
            raise
        problem = Problem("Not checked", error.what, error.mend)
        return html("validate", _form(chosen, text, media_type, problem), status_of(error))
    if kind != "text/html":
        return _written(reports, kind)
    return html("report", _page(reports, _form(chosen, text, media_type), text if fixable else "", steps, mended))


def _uploaded() -> FileStorage | None:
    file = request.files.get("file")
    return file if file and file.filename else None


def _sent(text: str, media_type: str) -> tuple[bytes, media.Format]:
    """What the form holds: a file goes before pasted text."""
    file = _uploaded()
    data = file.read() if file else text.encode()
    if not data.strip():
        raise errors.NoRecord("Nothing was sent.", mend="Paste a description, or choose a file.")
    if media_type:
        return data, media.by_media_type(media_type)
    return data, media.by_file_name(file.filename or "") if file else media.TURTLE


def _parsed(data: bytes, format: media.Format) -> list[Triple]:
    return parse(data, format, base_iri=f"{identity().base}/", limits=catalogue().limits)


def _steps(triples: Sequence[Triple], profiles: Sequence[str]) -> list[Step]:
    return propose(catalogue(), triples, target=profiles[0] if profiles else "", most=_MOST_MENDED)


def _mended(triples: Sequence[Triple], size: int, profiles: Sequence[str], fixes: Sequence[str]) -> Mended:
    if size > MAX_TEXT_BACK:
        raise _too_long("The text")
    steps = _steps(triples, profiles)
    return mend(triples, picked(steps, {step.id for step in steps} if _ALL in fixes else set(fixes)))


def _turtle(triples: Sequence[Triple]) -> str:
    text = serialise(triples, media.TURTLE).decode()
    if len(text) > MAX_TEXT_BACK:
        raise _too_long("The mended text")
    return text


def _too_long(what: str) -> errors.LimitExceeded:
    return errors.LimitExceeded(
        f"{what} is longer than the {MAX_TEXT_BACK:,} characters that this page gives back.",
        mend="Use `catalogue convert --fix`.",
        limit=MAX_TEXT_BACK,
    )


def _profiles(names: Sequence[str]) -> list[str]:
    return [catalogue().profiles.get(name).id for name in dict.fromkeys(names)]


def _written(reports: Sequence[Report], kind: str) -> Response:
    """The reports for a machine, or as plain text."""
    if kind == "text/plain":
        return Response("\n".join(map(report_text, reports)), content_type="text/plain; charset=utf-8")
    if kind == "application/json":
        whole = {"conforms": all(report.conforms for report in reports), "reports": [report_json(r) for r in reports]}
        return Response(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", content_type=kind)
    if kind == _SARIF:
        run = sarif([Judged("", reports)])
        return Response(json.dumps(run, ensure_ascii=False, indent=1) + "\n", content_type=kind)
    if kind == _JUNIT:
        return Response(junit([Judged("", reports)]), content_type=kind)
    format = media.by_media_type(kind)
    return Response(serialise(report_graph(reports), format), content_type=format.content_type)


@dataclass(frozen=True, slots=True)
class CertainFix:
    """A rewrite that is certain: its id in the form, what it does and why, the triples before and after."""

    id: str
    what: str
    why: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JudgedView(ReportView):
    """One report, with what to add next and the reason of each profile's level, by profile id."""

    next: tuple[Finding, ...]
    reasons: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MendingPage(ReportPage):
    """`report.html` with the rewrites that can be applied to `text`, and what those just applied have changed.

    `more` is the number of certain fixes beside those that are shown.
    """

    text: str
    fixes: tuple[CertainFix, ...]
    more: int
    questions: tuple[str, ...]
    applied: int
    diff: tuple[str, ...]


def _page(
    reports: Sequence[Report],
    form: ValidatePage,
    text: str = "",
    steps: Sequence[Step] = (),
    mended: Mended | None = None,
) -> MendingPage:
    plain = report_page(reports, form, base_url=identity().base)
    certain, questions = safe(steps), [step for step in steps if step.kind is not StepKind.SAFE]
    return MendingPage(
        reports=tuple(map(_view, plain.reports)),
        form=form,
        command=plain.command,
        text=text,
        fixes=tuple(
            CertainFix(step.id, step.what, step.why, tuple(lines(step.before)), tuple(lines(step.after)))
            for step in certain[:_MOST_SHOWN]
        ),
        more=len(certain[_MOST_SHOWN:]),
        questions=tuple(step.question or step.what for step in questions[:_MOST_SHOWN]),
        applied=len(mended.applied) if mended else 0,
        diff=tuple(mended.diff()) if mended else (),
    )


def _view(view: ReportView) -> JudgedView:
    report = view.report
    reasons = {outcome.id: level_why(report, outcome) for outcome in report.profiles}
    return JudgedView(report, view.groups, view.path, tuple(next_fields(report)), reasons)


def _form(chosen: Sequence[str], text: str, media_type: str, problem: Problem | None = None) -> ValidatePage:
    profiles = [(name, catalogue().profiles.get(name).title) for name in catalogue().profiles.ids]
    limit = catalogue().settings.max_submission_bytes
    return validate_page(profiles, chosen=chosen, text=text, media_type=media_type, limit=limit, problem=problem)
