"""What does a person see who asks for /sparql? The form, the examples, and the answer to the query that was sent.

The only page with a script: the editor, where `make assets` has built it. Everything works without.
"""

from __future__ import annotations

import time
from functools import cache
from typing import Any
from urllib.parse import urlencode

from flask import Response

from catalogue.errors import CatalogueError
from catalogue.feeds.discovery import limits
from catalogue.rdf import media
from catalogue.sparql.formats import offered
from catalogue.web.rendering import STATIC
from catalogue.web.views import SparqlPage
from catalogue.web.views.pages import Alternate, Problem
from catalogue.web.views.queries import linked

from .answering import client
from .context import catalogue, html, site
from .errors import decorate, status_of
from .examples import collection
from .results import shown

# Scripts of ours and what they ask of us; still no inline script, no style element, nothing of another host.
_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_FIRST = "imaging-by-country"
_SHOWN = (
    _FIRST,
    "datasets-per-country",
    "datasets-about-cancer",
    "datasets-per-modality",
    "datasets-at-access-level",
    "formats-and-sizes",
    "largest-populations",
    "changed-since",
    "vocabulary-look-up",
)
_SUFFIXES = {
    "application/sparql-results+json": ("JSON", ".json"),
    "application/sparql-results+xml": ("XML", ".xml"),
    "text/csv": ("CSV", ".csv"),
    "text/tab-separated-values": ("TSV", ".tsv"),
} | {format.media_type: (format.label, format.suffix) for format in media.WRITTEN}
# Longer addresses are cut or refused on their way.
_LONGEST_LINK = 4_000


def query_page(text: str) -> Response:
    """The query page, with the result in it."""
    answer: dict[str, Any] = {}
    failure, started = None, time.perf_counter()
    if text.strip():
        try:
            checked = catalogue().queries.checked(text, client())
            answer = shown(checked) | {"alternates": _links(text, offered(checked.form))}
        except CatalogueError as error:
            failure, answer = error, {"problem": Problem("No result", error.what, error.mend)}
    page = SparqlPage(
        query=text or collection()[_FIRST].text,
        examples=tuple(linked(collection()[name]) for name in _SHOWN),
        limits=limits(catalogue().settings),
        milliseconds=round((time.perf_counter() - started) * 1000),
        editor=_editor(),
        **answer,
    )
    response = html("sparql", page, status_of(failure) if failure else 200)
    if page.editor:
        response.headers["Content-Security-Policy"] = _POLICY
    return decorate(response, failure) if failure else response


def _links(text: str, media_types: tuple[str, ...]) -> tuple[Alternate, ...]:
    """This page with this query, and its result in each format; none where the query is too long for an address."""
    query = "?" + urlencode({"query": text})
    if len(query) > _LONGEST_LINK:
        return ()
    formats = [(*_SUFFIXES[media_type], media_type) for media_type in media_types if media_type in _SUFFIXES]
    files = [Alternate(label, media_type, f"/sparql{suffix}{query}") for label, suffix, media_type in formats]
    return (*files, Alternate("Link to this query", "text/html", f"/sparql{query}"))


@cache
def _editor() -> tuple[str, str] | None:
    """The editor's script and style sheet, where it was built."""
    names = ("editor/editor.js", "editor/editor.css")
    if not all((STATIC / name).exists() for name in names):
        return None
    script, sheet = (site().static(name) for name in names)
    return script, sheet
