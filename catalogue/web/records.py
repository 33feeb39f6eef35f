"""How is a record read and changed over HTTP?

The page's URL is the subject IRI. `GET` negotiates the format (or a suffix fixes it), `POST /datasets` submits, `PUT`
and `DELETE` change under `If-Match`.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from catalogue import errors
from catalogue.errors import CatalogueError, ShapeViolation
from catalogue.feeds.identity import SLUG
from catalogue.model import Kind, Record, State
from catalogue.profiles.reporting import report_json
from catalogue.rdf import media
from catalogue.rdf.parse import parse
from catalogue.services.access import may_change, require_change
from catalogue.services.drafts import Options
from catalogue.services.submitting import Outcome, replace_record, submit, summary
from catalogue.services.withdrawing import withdraw

from .context import body, catalogue, conditional, identity, person, settle
from .errors import decorate, problem, status_of
from .representing import etag, represent

records = Blueprint("records", __name__)

_SUFFIXES = {format.suffix: format.name for format in media.WRITTEN} | {".html": "html"}
_OFFERED = ("text/html", *(format.media_type for format in media.WRITTEN))
_NAMES = {"text/html": "html"} | {format.media_type: format.name for format in media.WRITTEN}
_KINDS = "/<any(dataset, series, catalog):kind>/<name>"


@records.get(_KINDS)
def show(kind: str, name: str) -> AnyResponse:
    """The published revision, in the format asked for."""
    slug, suffix = _split(name)
    if request.args.get("state") == "draft":
        return _draft(Kind(kind), slug, suffix)
    record = catalogue().reader.record(Kind(kind), slug)
    form = _SUFFIXES[suffix] if suffix else _NAMES[negotiated(_OFFERED)]
    response = conditional(represent(record, form), vary=not suffix)
    response.headers["Link"] = _links(record)
    return response


@records.get("/record/<any(dataset, series, catalog):kind>/<slug>")
def about(kind: str, slug: str) -> AnyResponse:
    """The catalogue record (`dcat:CatalogRecord`); people are led to the page."""
    record = catalogue().reader.record(Kind(kind), slug)
    form = _NAMES[negotiated(_OFFERED)]
    if form == "html":
        return redirect(f"/{kind}/{slug}", 303)
    return conditional(represent(record, form, about=True))


@records.get("/<any(dataset, catalog):kind>/")
def container(kind: str) -> AnyResponse:
    """The LDP containers are described in the documents of their parents."""
    return redirect("/datasets" if kind == "dataset" else "/", 303)


@records.post("/datasets")
def post() -> Response:
    """Submit one or many descriptions."""
    who = person()
    wanted = options()
    format = media.by_media_type(request.content_type)
    triples = parse(body(), format, base_iri=f"{identity().base}/", limits=catalogue().limits)
    outcomes = submit(catalogue(), triples, who, wanted)
    settle()
    return answer(outcomes)


@records.put(_KINDS)
def put(kind: str, name: str) -> Response:
    """Replace a record's description, or make the record under a chosen address."""
    who = person()
    slug = _plain(name)
    record = catalogue().ledger.record(Kind(kind), slug)
    if record is not None:
        require_change(who, record)
        check_current(record)
    elif request.headers.get("If-Match"):
        raise errors.RevisionConflict("There is no such record, so no revision of it.", mend="Leave If-Match out.")
    format = media.by_media_type(request.content_type)
    triples = parse(body(), format, base_iri=f"{identity().base}/", limits=catalogue().limits)
    target = identity().record(Kind(kind), slug)
    outcome = replace_record(catalogue(), record, target, triples, who, options())
    settle()
    return answer([outcome])


@records.delete(_KINDS)
def delete(kind: str, name: str) -> Response:
    """Withdraw a record; `?reason=` and `?successor=` stand on its tombstone."""
    who = person()
    record = catalogue().ledger.record(Kind(kind), _plain(name))
    if record is None:
        raise errors.UnknownRecord(f"There is no {kind} {name!r} here.")
    require_change(who, record)
    check_current(record)
    reason, successor = request.args.get("reason", ""), request.args.get("successor")
    withdraw(catalogue(), record, who, reason=reason, successor=successor)
    settle()
    return Response(status=204)


def negotiated(offered: tuple[str, ...]) -> str:
    """The media type to answer with.

    Raises:
        NotAcceptable: None of those offered fits the Accept header.
    """
    chosen = media.negotiate(request.headers.get("Accept"), offered)
    if chosen is None:
        raise errors.NotAcceptable(
            f"This cannot be had as {request.headers.get('Accept', '')!r}.",
            mend=f"Accept one of {', '.join(offered)}.",
            available=list(offered),
        )
    return chosen


def _split(name: str) -> tuple[str, str]:
    slug, dot, ending = name.partition(".")
    suffix = dot + ending
    if not SLUG.fullmatch(slug) or (suffix and suffix not in _SUFFIXES):
        raise errors.UnknownRecord(f"There is nothing at {request.path}.", mend="Look for it in the list of datasets.")
    return slug, suffix


def _plain(name: str) -> str:
    slug, suffix = _split(name)
    if suffix:
        raise errors.UnknownRecord("A record is changed at its own address, without a suffix.")
    return slug


def check_current(record: Record) -> None:
    """Check `If-Match` against the newest revision, whatever format its ETag came with.

    Raises:
        WithdrawnRecord, PreconditionRequired, RevisionConflict: The change cannot be made.
    """
    if record.state is State.WITHDRAWN:
        raise errors.WithdrawnRecord(
            f"“{record.title}” was withdrawn; that is final.", mend="Submit it as a new record."
        )
    current = etag(record.digest, "any")
    if not request.if_match:
        raise errors.PreconditionRequired(
            "A change must say on which revision it is based.",
            mend="Send the ETag that you got with the record in an If-Match header.",
            etag=current,
        )
    # A proxy that compresses makes our tags weak; the digest in them still names the revision.
    wanted = {tag.partition("-")[0] for tag in request.if_match.as_set(include_weak=True)}
    if not request.if_match.star_tag and current.strip('"').partition("-")[0] not in wanted:
        raise errors.RevisionConflict(
            "Someone saved first: your change is based on an older revision.",
            mend="Fetch the record again, merge your change and send it with the new ETag.",
            etag=current,
        )


def _draft(kind: Kind, slug: str, suffix: str) -> Response:
    """The newest revision, for those who may change it."""
    who = person()
    record = catalogue().ledger.record(kind, slug)
    if record is None or (record.first_published is None and not may_change(who, record)):
        raise errors.UnknownRecord(f"There is no {kind} {slug!r} here.")
    require_change(who, record)
    form = _SUFFIXES[suffix] if suffix else _NAMES[negotiated(_OFFERED)]
    response = conditional(represent(record, form, number=record.latest), cache_control="private, no-store")
    del response.headers["Access-Control-Allow-Origin"]
    return response


def _links(record: Record) -> str:
    iri = identity().record(record.kind, record.slug).value
    links = [f'<{iri}>; rel="canonical"']
    links += [f'<{iri}{f.suffix}>; rel="alternate describedby"; type="{f.media_type}"' for f in media.WRITTEN]
    if record.catalog:
        links.append(f'<{identity().record(Kind.CATALOG, record.catalog).value}>; rel="collection"')
    return ", ".join(links)


def options() -> Options:
    """How the request wants its submission taken.

    Raises:
        InvalidSubmission: A parameter has a value that it cannot have.
    """
    state = request.args.get("state", "published")
    if state not in ("draft", "published"):
        raise errors.InvalidSubmission(f"The state {state!r} is unknown.", mend="Use state=draft or state=published.")
    atomic = request.args.get("atomic", "true").lower()
    if atomic not in ("true", "false"):
        raise errors.InvalidSubmission(f"atomic={atomic!r} is neither true nor false.", mend="Use atomic=false.")
    return Options(
        publish=state == "published",
        catalog=request.args.get("catalog"),
        atomic=atomic == "true",
        note=request.args.get("note", "")[:1000],
    )


def answer(outcomes: list[Outcome]) -> Response:
    """Say per record what became of it; the status is that of the whole."""
    results = [result(outcome) for outcome in outcomes]
    refused = [outcome for outcome in outcomes if outcome.status == "refused"]
    if refused and len(refused) == len(outcomes):
        worst = next((o.problem for o in refused if isinstance(o.problem, ShapeViolation)), refused[0].problem)
        assert worst is not None  # noqa: S101 - a refused outcome says why
        answer = problem(status_of(worst), "Not published", worst.what, worst.mend, {"results": results})
        return decorate(answer, worst)
    response = jsonify({"counts": summary(outcomes), "results": results})
    response.status_code = 207 if refused else 201 if any(o.created for o in outcomes) else 200
    if len(outcomes) == 1:
        response.headers["Location"] = str(outcomes[0].iri)
        response.headers["ETag"] = etag(str(outcomes[0].digest), "any")
    return response


def result(outcome: Outcome) -> dict[str, Any]:
    """What became of one record, as JSON."""
    found: dict[str, Any] = {"kind": outcome.kind, "title": outcome.title, "status": outcome.status}
    if outcome.iri:
        found["iri"] = outcome.iri
    if outcome.digest:
        found["etag"] = etag(outcome.digest, "any")
    if outcome.notes:
        found["notes"] = list(outcome.notes)
    if isinstance(outcome.problem, CatalogueError):
        found["problem"] = {
            "status": status_of(outcome.problem),
            "detail": outcome.problem.what,
            "mend": outcome.problem.mend,
            **outcome.problem.details,
        }
    if outcome.report is not None:
        found["report"] = report_json(outcome.report)
    return found
