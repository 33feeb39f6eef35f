"""How are the controlled vocabularies browsed and searched?

Pages for people, the same as RDF, and a look-up in JSON for forms. All answers depend on nothing but the shipped
vocabularies, so that caches may keep them.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from functools import lru_cache

from flask import Blueprint, Response, redirect, request
from pyoxigraph import NamedNode, RdfFormat, parse
from werkzeug.wrappers import Response as AnyResponse

from catalogue import errors
from catalogue.model import Concept, Scheme
from catalogue.rdf import media
from catalogue.rdf.graph import Graph
from catalogue.rdf.serialise import serialise
from catalogue.services.reading import Representation
from catalogue.vocabularies import Vocabularies
from catalogue.vocabularies.search import MAX_QUERY
from catalogue.web.rendering import render

from .context import HTML, catalogue, conditional, site
from .records import negotiated
from .representing import FORMATS, etag
from .views.vocabulary import Desk

vocabularies = Blueprint("vocabularies", __name__, url_prefix="/vocabularies")

_SUFFIXES = {format.suffix: format.name for format in media.WRITTEN} | {".html": "html"}
_NAMES = {"text/html": "html"} | {format.media_type: format.name for format in media.WRITTEN}
_JSON = "application/json"
_PAGE = 100
_LIMIT, _MOST = 20, 100
# The vocabularies are read once per process: whoever asked later has what we have.
_STARTED = datetime.now(UTC)


@vocabularies.get("")
def index() -> Response:
    """Every vocabulary that we hold; HTML or JSON."""
    page = _desk().list_page()
    if negotiated(("text/html", _JSON)) == "text/html":
        return _page("vocabularies", page)
    rows = [
        {
            "name": row.name,
            "iri": row.iri,
            "title": row.title,
            "version": row.version,
            "concepts": row.total,
            "complete": row.complete,
            "source": row.source,
            "licence": row.licence,
        }
        for row in page.rows
    ]
    return _json({"total": len(rows), "vocabularies": rows}, vary=True)


@vocabularies.get("/<name>")
def vocabulary(name: str) -> AnyResponse:
    """A vocabulary: its concepts in pages (`q` filters, `page` counts from 1), or the whole as RDF."""
    plain, dot, ending = name.partition(".")
    scheme, suffix = _scheme(plain), dot + ending
    if suffix and suffix not in _SUFFIXES:
        raise errors.UnknownRecord(
            f"There is nothing at {request.path}.", mend=f"Known suffixes: {', '.join(_SUFFIXES)}."
        )
    form = _SUFFIXES[suffix] if suffix else _NAMES[negotiated(tuple(_NAMES))]
    if form != "html":
        return conditional(_whole(scheme, form), vary=not suffix)
    query = _query()
    number = _number("page", "1", 10**6)
    last = _desk().pages(scheme, query, _PAGE)
    if number > last:
        raise errors.UnknownRecord(f"The list has {last} pages, not {number:,}.", mend="Begin at the first page.")
    return _page("vocabulary", _desk().vocabulary_page(scheme, query, number, _PAGE), vary=not suffix)


@vocabularies.get("/<name>/search")
def search(name: str) -> Response:
    """Look up concepts by the beginnings of words (`q`), best first; at most `limit`."""
    scheme = _scheme(name)
    limit = _number("limit", str(_LIMIT), _MOST)
    found = _desk().shelves.shelf(scheme.name).search(_query())
    return _json({"total": len(found), "results": [_result(scheme, concept) for concept in found[:limit]]}, vary=False)


@vocabularies.get("/<name>/<path:key>")
def concept(name: str, key: str) -> AnyResponse:
    """A concept, by its notation or the last part of its IRI; its RDF by `Accept`."""
    scheme = _scheme(name)
    found = _desk().shelves.shelf(name).concept(key)
    if found is None:
        raise errors.UnknownRecord(
            f"“{scheme.title}” holds no concept {key[:100]!r}.", mend=f"Look for it at /vocabularies/{name}."
        )
    path = _desk().path(scheme, found.iri)
    form = _NAMES[negotiated(tuple(_NAMES))]
    if form != "html":
        node = NamedNode(found.iri)
        said = Graph(triple for triple in _graph(scheme) if triple.subject == node)
        return conditional(_represent(serialise(said, FORMATS[form], first=node), FORMATS[form].content_type, form))
    if _desk().shelves.shelf(name).key(found.iri) != key:
        return redirect(path, 301)
    return _page("concept", _desk().concept_page(scheme, found))


@lru_cache(maxsize=2)
def _desk_of(held: Vocabularies) -> Desk:
    return Desk(held)


def _desk() -> Desk:
    return _desk_of(catalogue().vocabularies)


def _scheme(name: str) -> Scheme:
    """The vocabulary with that short name; an IRI is no name here.

    Raises:
        UnknownRecord: We hold none of that name.
    """
    found = catalogue().vocabularies.scheme(name)
    if found is None or found.name != name:
        raise errors.UnknownRecord(f"There is no vocabulary {name[:100]!r} here.", mend="See /vocabularies.")
    return found


def _query() -> str:
    return " ".join(request.args.get("q", "")[: 2 * MAX_QUERY].split())[:MAX_QUERY]


def _number(parameter: str, default: str, most: int) -> int:
    """A positive number from the address.

    Raises:
        InvalidSubmission: It is none, or greater than `most`.
    """
    text = request.args.get(parameter, default)
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not 1 <= int(text) <= most:
        raise errors.InvalidSubmission(
            f"{parameter}={text[:40]!r} is not a number from 1 to {most:,}.", mend=f"Use {parameter}={default}."
        )
    return int(text)


def _result(scheme: Scheme, concept: Concept) -> dict[str, object]:
    """A concept for a form; `broader` are the names of what is right above it."""
    desk = _desk()
    return {
        "iri": concept.iri,
        "label": desk.link(scheme, concept.iri).text,
        "notation": concept.notation,
        "broader": [desk.link(scheme, iri).text for iri in concept.broader],
    }


def _graph(scheme: Scheme) -> Graph:
    """The shipped Turtle of a vocabulary."""
    path = dict(catalogue().vocabularies.graphs())[scheme.iri]
    return Graph(quad.triple for quad in parse(path=path, format=RdfFormat.TURTLE))


def _whole(scheme: Scheme, form: str) -> Representation:
    def make() -> Representation:
        body = serialise(_graph(scheme), FORMATS[form], first=NamedNode(scheme.iri))
        return _represent(body, FORMATS[form].content_type, form)

    return catalogue().reader.rendered(("vocabulary", scheme.iri, form), make)


def _page(template: str, page: object, *, vary: bool = True) -> Response:
    return conditional(_represent(render(template, page, site()).encode(), HTML, "html"), vary=vary)


def _json(body: object, *, vary: bool) -> Response:
    return conditional(_represent(json.dumps(body, ensure_ascii=False).encode(), _JSON, "json"), vary=vary)


def _represent(body: bytes, content_type: str, form: str) -> Representation:
    return Representation.of(body, content_type, etag(hashlib.sha256(body).hexdigest(), form), _STARTED)
