"""What does every view need from the request and the application?"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from functools import cache
from pathlib import Path

from flask import Response, current_app, request

from catalogue import __version__, errors
from catalogue.feeds.identity import Identity
from catalogue.model import Person
from catalogue.resources import shipped
from catalogue.services import Catalogue
from catalogue.services.reading import Representation
from catalogue.web import views
from catalogue.web.rendering import STATIC, Site, render

HTML = "text/html; charset=utf-8"
_NO_GZIP = re.compile(r"gzip\s*;\s*q=0(?:\.0*)?\s*(?:,|$)")


def catalogue() -> Catalogue:
    """The catalogue that this application serves."""
    return current_app.extensions["catalogue"]  # type: ignore[no-any-return]


def identity() -> Identity:
    """Makes our IRIs."""
    return catalogue().identity


def site() -> Site:
    """What every page says about the catalogue."""
    settings = catalogue().settings
    return Site(settings.title, settings.operator, settings.base_url, __version__)


def html(name: str, page: object, status: int = 200) -> Response:
    """A rendered page."""
    return Response(render(name, page, site()), status, content_type=HTML)


@cache
def look() -> str:
    """Changes with everything that all pages share, so that their ETags do."""
    digest = hashlib.sha256(__version__.encode())
    for folder in (STATIC, shipped("templates"), Path(views.__file__).parent):
        for path in sorted(folder.glob("*.*")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


def person() -> Person:
    """Who asks, by bearer token (RFC 6750).

    Raises:
        Unauthenticated: No token, or none that is valid.
    """
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and secret.strip():
        found = catalogue().people.by_token(secret.strip())
        if found is not None:
            return found
        raise errors.Unauthenticated("The token is not valid here.", mend="It may have expired or been revoked.")
    if not catalogue().writable():
        raise errors.Unauthenticated(
            "This catalogue is read-only: nobody has a token yet.",
            mend="The operator makes one with `catalogue token create NAME --role admin`.",
        )
    raise errors.Unauthenticated(
        "Changes need a token.", mend="Send it as `Authorization: Bearer …`; the operator gives you one."
    )


def settle() -> None:
    """Let the store see what was just acknowledged, so that the next query does."""
    try:
        catalogue().projection.catch_up()
    except errors.Unavailable:
        return  # it is being rebuilt from the ledger, which has the change


def body() -> bytes:
    """The request's body, bounded.

    Raises:
        LimitExceeded: It is larger than `max_submission_bytes`.
        UnsupportedMediaType: It is compressed.
    """
    limit = catalogue().settings.max_submission_bytes
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise errors.UnsupportedMediaType("Compressed bodies are not taken.", mend="Send the file as it is.")
    data = b"" if (request.content_length or 0) > limit else request.stream.read(limit + 1)
    if (request.content_length or 0) > limit or len(data) > limit:
        raise errors.LimitExceeded(
            f"The body is larger than {limit:,} bytes.",
            mend="Send fewer datasets at a time, or ask the operator to raise the limit.",
            limit=limit,
            setting="max_submission_bytes",
        )
    return data


def conditional(made: Representation, *, cache_control: str = "public, no-cache", vary: bool = True) -> Response:
    """Serve a representation, compressed where the client takes it, or 304 when it has it (RFC 9110 §13)."""
    compressed = takes_gzip(request.headers.get("Accept-Encoding"))
    # Other bytes, another strong tag; what comes before the first hyphen still names the revision.
    tag = f'{made.etag[:-1]}-gz"' if compressed else made.etag
    fresh = _not_modified(tag, made.modified)
    body = b"" if fresh else made.packed if compressed else made.body
    response = Response(body, 304 if fresh else 200, content_type=made.content_type)
    headers = response.headers
    headers["ETag"] = tag
    if compressed and not fresh:
        headers["Content-Encoding"] = "gzip"
    headers["Last-Modified"] = made.modified.strftime("%a, %d %b %Y %H:%M:%S GMT")
    headers["Cache-Control"] = cache_control
    headers["Access-Control-Allow-Origin"] = "*"
    headers["Vary"] = "Accept, Accept-Encoding" if vary else "Accept-Encoding"
    if fresh:
        del headers["Content-Type"]
    return response


def takes_gzip(header: str | None) -> bool:
    """Whether an Accept-Encoding header allows gzip; written out, since werkzeug's parser costs more than the rest."""
    return header is not None and "gzip" in header and not _NO_GZIP.search(header)


def _not_modified(tag: str, modified: datetime) -> bool:
    if request.if_none_match:
        return request.if_none_match.contains_weak(tag.strip('"'))
    since = request.if_modified_since
    return since is not None and modified.replace(microsecond=0) <= since


def page_number(text: str) -> int:
    """The number of a page in a request, from 1.

    Raises:
        InvalidSubmission: Not a number, or beyond a billion.
    """
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:10]) < 10**9:
        raise errors.InvalidSubmission(f"page={text[:40]!r} is not a page number.", mend="Pages count from 1.")
    return int(text)
