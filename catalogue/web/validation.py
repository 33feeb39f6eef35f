"""How is a description checked over HTTP without publishing it?

The form for people; for machines any RDF in, the report out as JSON, SHACL (Turtle, JSON-LD, …), text or HTML.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from flask import Blueprint, Response, request

from catalogue import errors
from catalogue.errors import CatalogueError
from catalogue.model import Report
from catalogue.profiles.reporting import report_graph, report_json, report_text
from catalogue.rdf import media
from catalogue.rdf.parse import parse
from catalogue.rdf.serialise import serialise
from catalogue.services.validating import validate
from catalogue.web.views.build import report_page, validate_page
from catalogue.web.views.pages import Problem, ValidatePage

from .context import body, catalogue, html, identity
from .errors import status_of
from .records import negotiated

validation = Blueprint("validation", __name__)

_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_REPORTS = ("application/json", *(format.media_type for format in media.WRITTEN), "text/html", "text/plain")


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
    return _report(_judge(data, format, profiles), kind, _form(profiles, "", format.media_type))


def _from_form() -> Response:
    text = request.form.get("text", "")
    file = request.files.get("file")
    chosen, media_type = request.form.getlist("profile"), request.form.get("format", "")
    page = _form(chosen, text, media_type)
    try:
        data = file.read() if file and file.filename else text.encode()
        if not data.strip():
            raise errors.NoRecord("Nothing was sent.", mend="Paste a description, or choose a file.")
        if media_type:
            format = media.by_media_type(media_type)
        else:
            format = media.by_file_name(file.filename) if file and file.filename else media.TURTLE
        reports = _judge(data, format, _profiles(chosen))
    except CatalogueError as error:
        if negotiated(("text/html", "application/json")) == "application/json":
            raise
        problem = Problem("Not checked", error.what, error.mend)
        return html("validate", _form(chosen, text, media_type, problem), status_of(error))
    return _report(reports, negotiated(("text/html", *_REPORTS)), page)


def _judge(data: bytes, format: media.Format, profiles: Sequence[str]) -> list[Report]:
    triples = parse(data, format, base_iri=f"{identity().base}/", limits=catalogue().limits)
    return validate(catalogue(), triples, profiles)


def _profiles(names: Sequence[str]) -> list[str]:
    return [catalogue().profiles.get(name).id for name in dict.fromkeys(names)]


def _report(reports: Sequence[Report], kind: str, page: ValidatePage) -> Response:
    if kind == "text/html":
        return html("report", report_page(reports, page, base_url=identity().base))
    if kind == "text/plain":
        return Response("\n".join(map(report_text, reports)), content_type="text/plain; charset=utf-8")
    if kind == "application/json":
        whole = {"conforms": all(report.conforms for report in reports), "reports": [report_json(r) for r in reports]}
        return Response(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", content_type="application/json")
    format = media.by_media_type(kind)
    return Response(serialise(report_graph(reports), format), content_type=format.content_type)


def _form(chosen: Sequence[str], text: str, media_type: str, problem: Problem | None = None) -> ValidatePage:
    profiles = [(name, catalogue().profiles.get(name).title) for name in catalogue().profiles.ids]
    limit = catalogue().settings.max_submission_bytes
    return validate_page(profiles, chosen=chosen, text=text, media_type=media_type, limit=limit, problem=problem)
