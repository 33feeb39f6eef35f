"""Which HTTP status does each failure have, and how is it worded?

The only place that knows both. Machines get RFC 9457 problem details, people a page. A failure that we did not name is
a 500: logged whole, shown as an id only.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime

import structlog
from flask import Flask, Response, current_app, request
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from catalogue import errors
from catalogue.errors import CatalogueError
from catalogue.model import Kind
from catalogue.profiles import UnknownProfile
from catalogue.web.views import WithdrawnPage
from catalogue.web.views.build import error_page

from .context import html

log = structlog.get_logger()

STATUS: Mapping[type[CatalogueError], int] = {
    errors.UnreadableRdf: 400,
    errors.NoRecord: 400,
    errors.InvalidSubmission: 400,
    UnknownProfile: 400,
    errors.MalformedQuery: 400,
    errors.QueryRefused: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.UnknownRecord: 404,
    errors.NotAcceptable: 406,
    errors.Conflict: 409,
    errors.WithdrawnRecord: 410,
    errors.RevisionConflict: 412,
    errors.LimitExceeded: 413,
    errors.UnsupportedMediaType: 415,
    errors.ShapeViolation: 422,
    errors.PreconditionRequired: 428,
    errors.TooManyQueries: 429,
    errors.ClientGone: 499,  # nobody sees it but the log, where nginx has made it customary
    errors.QueryTooLarge: 503,
    errors.QueryFailed: 500,
    errors.QueryTimeout: 503,
    errors.Unavailable: 503,
}


def status_of(error: CatalogueError) -> int:
    """The status of the nearest named class."""
    return next((STATUS[cls] for cls in type(error).__mro__ if cls in STATUS), 500)


def register(app: Flask) -> None:
    """Answer every failure of the application."""
    app.register_error_handler(CatalogueError, _named)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(DBAPIError, _ledger)
    app.register_error_handler(Exception, _unnamed)


def problem(status: int, title: str, what: str, mend: str, details: Mapping[str, object]) -> Response:
    """The answer to a failure, as a page or as problem details, whichever the request prefers."""
    if _prefers_html():
        response = html("error", error_page(status, title, what, mend=mend, details=details), status)
    else:
        body = {"type": "about:blank", "title": title, "status": status, "detail": what, "mend": mend, **details}
        text = json.dumps({k: v for k, v in body.items() if v not in ("", None)}, ensure_ascii=False, indent=1)
        response = Response(text + "\n", status, content_type="application/problem+json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _named(error: CatalogueError) -> Response:
    status = status_of(error)
    if isinstance(error, errors.WithdrawnRecord) and "at" in error.details and _prefers_html():
        return html("withdrawn", _tombstone(error), status)
    return decorate(problem(status, _title(error), error.what, error.mend, error.details), error)


def decorate(response: Response, error: CatalogueError) -> Response:
    """Add the headers that the status asks for."""
    if isinstance(error, errors.Unauthenticated):
        response.headers["WWW-Authenticate"] = 'Bearer realm="catalogue"'
    if isinstance(error, errors.Unavailable | errors.QueryTimeout | errors.TooManyQueries):
        response.headers["Retry-After"] = str(error.details.get("retry_after", 30))
    if isinstance(error, errors.UnsupportedMediaType):
        response.headers["Accept-Post"] = ", ".join(t for t in error.details.get("accepted", ()) if "/" in t)
    if "etag" in error.details:
        response.headers["ETag"] = str(error.details["etag"])
    return response


def _ledger(error: DBAPIError) -> Response:
    # Whoever harvests deletes what is missing: better no answer than one with less in it (harvest contract §0.2).
    log.exception("the ledger does not answer", exc_info=error)
    what = "The ledger cannot be read just now."
    return _named(errors.Unavailable(what, mend="Try again in a moment.", retry_after=10))


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None or status < 400:
        return Response(error.get_response(request.environ).get_data(), status, error.get_headers(request.environ))
    if status == 413:
        details = {"limit": current_app.config["MAX_CONTENT_LENGTH"], "setting": "max_submission_bytes"}
        return problem(413, "Limit exceeded", "The body is too large.", "Send less at a time.", details)
    mends = {404: "Start at the list of datasets.", 405: "See the Allow header for what this address takes."}
    response = problem(status, error.name, error.description or error.name, mends.get(status, ""), {})
    for name, value in error.get_headers(request.environ):
        if name.lower() in ("allow", "retry-after", "www-authenticate"):
            response.headers[name] = value
    return response


def _unnamed(error: Exception) -> Response:
    number = uuid.uuid4().hex[:12]
    log.exception("unexpected failure", id=number, method=request.method, path=request.path, exc_info=error)
    return problem(
        500,
        "Unexpected failure",
        "Something failed that should not have. Nothing that was acknowledged is lost.",
        f"Tell the operator the number {number}.",
        {"id": number},
    )


def _prefers_html() -> bool:
    """Browsers name text/html; whoever names only RDF, or nothing, gets the problem document (RFC 9457)."""
    accept = request.accept_mimetypes
    return "text/html" in accept.values() and accept["text/html"] >= accept["application/json"]


def _tombstone(error: CatalogueError) -> WithdrawnPage:
    details = error.details
    return WithdrawnPage(
        kind=Kind(details["kind"]),
        path=request.path,
        title=details["title"],
        at=datetime.fromisoformat(details["at"]),
        reason=details["reason"] or "",
        successor=details["successor"] or "",
    )


def _title(error: CatalogueError) -> str:
    name = type(error).__name__
    return "".join(f" {c.lower()}" if c.isupper() and i else c for i, c in enumerate(name))
