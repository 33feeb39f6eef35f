"""How is a description checked over HTTP without publishing it, and mended where a rewrite is certain?

The form for people; for machines any RDF in, the report out as JSON, SHACL (Turtle, JSON-LD, …), SARIF, JUnit, text or
HTML. What machines get is streamed: a report on many records is never held whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain

import structlog
from flask import Blueprint, Response, request
from pyoxigraph import Triple
from werkzeug.datastructures import FileStorage

from catalogue import errors
from catalogue.errors import CatalogueError
from catalogue.profiles.fixes import Step, StepKind, lines, safe
from catalogue.profiles.report_formats import Judged, written
from catalogue.profiles.reporting import SCHEMA
from catalogue.profiles.shacl_report import shacl
from catalogue.rdf import media
from catalogue.rdf.parse import parse
from catalogue.rdf.serialise import serialise
from catalogue.services.mending import Looked, Mended, fixed, looked, mend, picked
from catalogue.services.validating import judge
from catalogue.web.views.build import MAX_TEXT_BACK, validate_page
from catalogue.web.views.pages import Problem, ValidatePage
from catalogue.web.views.report import CertainFix, Mending, Survey, report_page, survey

from .context import body, catalogue, html, identity, page_number
from .errors import status_of
from .records import negotiated

log = structlog.get_logger()
validation = Blueprint("validation", __name__)

Writer = Callable[[Iterable[Judged]], Iterator[str]]

_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_WRITERS: dict[str, Writer] = {
    "application/json": partial(written, "json"),
    **{format.media_type: partial(shacl, format=format) for format in media.WRITTEN},
    "text/plain": partial(written, "text"),
    "application/sarif+json": partial(written, "sarif"),
    "application/xml": partial(written, "junit"),
}
_REPORTS = (*_WRITERS, "text/html")
_ALL = "all"
_MOST_SHOWN = 100
# Characters that are sent together; a finding alone would be a packet of its own.
_PIECE = 32_000


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
    triples = _parsed(data, format)
    if kind == "text/html":
        return _page(triples, profiles, _form(profiles, "", format.media_type), "")
    return _streamed(triples, profiles, kind)


@validation.get("/schemas/report.json")
def schema() -> Response:
    """The JSON Schema of the reports."""
    response = Response(SCHEMA.read_bytes(), content_type="application/schema+json")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _from_form() -> Response:
    text, chosen, media_type = (
        request.form.get("text", ""),
        request.form.getlist("profile"),
        request.form.get("format", ""),
    )
    try:
        data, format = _sent(text, media_type)
        profiles, triples = _profiles(chosen), _parsed(data, format)
        kind = negotiated(("text/html", *_REPORTS))
        if kind != "text/html":
            return _streamed(triples, profiles, kind)
        if _uploaded():
            text, media_type = _as_text(data), format.media_type
        return _page(triples, profiles, _form(chosen, text, media_type), text if len(text) <= MAX_TEXT_BACK else "")
    except CatalogueError as error:
        if negotiated(("text/html", "application/json")) == "application/json":
            raise
        problem = Problem("Not checked", error.what, error.mend)
        return html("validate", _form(chosen, text, media_type, problem), status_of(error))


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


def _as_text(data: bytes) -> str:
    """A file as the form can give it back to be mended; nothing when it is too long or no UTF-8."""
    try:
        return data.decode() if len(data) <= MAX_TEXT_BACK else ""
    except UnicodeDecodeError:
        return ""


def _parsed(data: bytes, format: media.Format) -> list[Triple]:
    return parse(data, format, base_iri=f"{identity().base}/", limits=catalogue().limits)


def _profiles(names: Sequence[str]) -> list[str]:
    return [catalogue().profiles.get(name).id for name in dict.fromkeys(names)]


# -- for machines ------------------------------------------------------------------------------------------------------


def _streamed(triples: Sequence[Triple], profiles: Sequence[str], kind: str) -> Response:
    reports = fixed(catalogue(), triples, judge(catalogue(), triples, profiles), profiles)
    # What is wrong with the request shows before the first report: then there is still a status to say it.
    first = next(reports)
    pieces = _WRITERS[kind]([Judged("", chain((first,), reports))])
    charset = "; charset=utf-8" if kind.startswith("text/") else ""
    return Response(_sending(pieces), content_type=f"{kind}{charset}")


def _sending(pieces: Iterator[str]) -> Iterator[str]:
    """Pieces of a fit size. A failure ends the connection unfinished, so that nobody takes a part for the whole."""
    waiting: list[str] = []
    size = 0
    try:
        for piece in pieces:
            waiting.append(piece)
            size += len(piece)
            if size >= _PIECE:
                yield "".join(waiting)
                waiting, size = [], 0
    except Exception as error:
        log.exception("a report broke off", exc_info=error)
        raise
    yield "".join(waiting)


# -- for people --------------------------------------------------------------------------------------------------------


def _page(triples: Sequence[Triple], profiles: Sequence[str], form: ValidatePage, text: str) -> Response:
    """The report as a page; `text` is what the page may send again, with `page` and `fix`."""
    # The page that is shown, then the button that was pressed, if it was one that turns pages.
    asked = page_number(["1", *request.form.getlist("page")][-1])
    fixes = set(request.form.getlist("fix"))
    seen = _survey(triples, profiles, asked)
    found = _looked(triples, profiles, seen)
    mended = None
    if fixes:
        if not text:
            raise _too_long("The text")
        mended = _mended(triples, found, fixes)
        triples = mended.triples
        text = _turtle(triples)
        chosen = [choice.value for choice in form.profiles if choice.chosen]
        form = _form(chosen, text, media.TURTLE.media_type)
        seen = _survey(triples, profiles, 1)
        found = _looked(triples, profiles, seen)
    seen.reports = [each.report for each in found]
    mending = _mending(found if text else [], mended)
    return html("report", report_page(seen, form, base_url=identity().base, text=text, mending=mending))


def _survey(triples: Sequence[Triple], profiles: Sequence[str], page: int) -> Survey:
    seen = survey(judge(catalogue(), triples, profiles), page)
    if not seen.reports:
        raise errors.InvalidSubmission(f"The report has no page {page}.", mend=f"Its last page is {seen.pages}.")
    return seen


def _looked(triples: Sequence[Triple], profiles: Sequence[str], seen: Survey) -> list[Looked]:
    return looked(catalogue(), triples, seen.reports, profiles, start=seen.start)


def _mended(triples: Sequence[Triple], found: Iterable[Looked], fixes: set[str]) -> Mended:
    steps = [step for each in found for step in each.steps]
    return mend(triples, picked(steps, {step.id for step in steps} if _ALL in fixes else fixes))


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


def _mending(found: Sequence[Looked], mended: Mended | None) -> Mending:
    steps = [step for each in found for step in each.steps]
    certain, questions = safe(steps), [step for step in steps if step.kind is not StepKind.SAFE]
    shown = {finding.fix.id for each in found for finding in each.report.findings if finding.fix}
    others = [step for step in certain if step.id not in shown]
    return Mending(
        fixes=tuple(map(_certain, others[:_MOST_SHOWN])),
        all=len(certain),
        questions=tuple(step.question or step.what for step in questions[:_MOST_SHOWN]),
        applied=len(mended.applied) if mended else 0,
        diff=tuple(mended.diff()) if mended else (),
    )


def _certain(step: Step) -> CertainFix:
    return CertainFix(step.id, step.what, step.why, tuple(lines(step.before)), tuple(lines(step.after)))


def _form(chosen: Sequence[str], text: str, media_type: str, problem: Problem | None = None) -> ValidatePage:
    profiles = [(name, catalogue().profiles.get(name).title) for name in catalogue().profiles.ids]
    limit = catalogue().settings.max_submission_bytes
    return validate_page(profiles, chosen=chosen, text=text, media_type=media_type, limit=limit, problem=problem)
