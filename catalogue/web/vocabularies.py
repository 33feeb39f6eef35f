"""How are the controlled vocabularies browsed and searched?

Pages for people, the same as RDF, and a look-up in JSON for forms. The answers depend on nothing but the vocabularies,
so that caches may keep them; only a concept as page or JSON also tells which published datasets mention it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
from catalogue.services.uses import MOST, Asking, Uses, asking, uses
from catalogue.vocabularies import Vocabularies
from catalogue.vocabularies.search import MAX_QUERY

from .context import catalogue, conditional, identity
from .records import negotiated
from .representing import FORMATS
from .shipped import JSON, form_asked, json_document, name_and_suffix, page_document, represented
from .views.vocabulary import Desk, every, field_path

vocabularies = Blueprint("vocabularies", __name__, url_prefix="/vocabularies")

_PAGE = 100
_LIMIT, _MOST = 20, 100


@vocabularies.get("")
def index() -> Response:
    """Every vocabulary that we hold; HTML or JSON."""
    page = desk().list_page()
    if negotiated(("text/html", JSON)) == "text/html":
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
    plain, suffix = name_and_suffix(name, ())
    scheme, form = _scheme(plain), form_asked(suffix)
    if form != "html":
        return conditional(_whole(scheme, form), vary=not suffix)
    query = _query()
    number = _number("page", "1", 10**6)
    last = desk().pages(scheme, query, _PAGE)
    if number > last:
        raise errors.UnknownRecord(f"The list has {last} pages, not {number:,}.", mend="Begin at the first page.")
    asked_by = asking(catalogue().profiles, [scheme.iri], [scheme.iri])
    return _page("vocabulary", desk().vocabulary_page(scheme, query, number, _PAGE, asked_by), vary=not suffix)


@vocabularies.get("/<name>/search")
def search(name: str) -> Response:
    """Look up concepts by the beginnings of words (`q`), best first; at most `limit`."""
    scheme = _scheme(name)
    limit = _number("limit", str(_LIMIT), _MOST)
    found = desk().shelves.shelf(scheme.name).search(_query())
    return _json({"total": len(found), "results": [_result(scheme, concept) for concept in found[:limit]]}, vary=False)


@vocabularies.get("/<name>/<path:key>")
def concept(name: str, key: str) -> AnyResponse:
    """A concept, by its notation or the last part of its IRI, and where it is used; JSON or RDF by `Accept`."""
    scheme = _scheme(name)
    found = desk().shelves.shelf(name).concept(key)
    if found is None:
        raise errors.UnknownRecord(
            f"“{scheme.title}” holds no concept {key[:100]!r}.", mend=f"Look for it at /vocabularies/{name}."
        )
    path = desk().path(scheme, found.iri)
    as_json = negotiated(("text/html", JSON, *(format.media_type for format in media.WRITTEN))) == JSON
    form = "json" if as_json else form_asked()
    if form not in ("html", "json"):
        node = NamedNode(found.iri)
        said = Graph(triple for triple in _graph(scheme) if triple.subject == node)
        return conditional(represented(serialise(said, FORMATS[form], first=node), FORMATS[form].content_type, form))
    if desk().shelves.shelf(name).key(found.iri) != key:
        return redirect(path, 301)
    return _used(scheme, found, as_json=as_json)


def _used(scheme: Scheme, concept: Concept, *, as_json: bool) -> Response:
    """A concept with where it is used, as JSON or page: as new as the newest publication, or not to be kept."""
    found = uses(catalogue(), concept.iri)
    holders = [each.iri for each in desk().holders(concept.iri)]
    asked_by = asking(catalogue().profiles, holders, catalogue().vocabularies.ancestors(concept.iri))
    if as_json:
        made = json_document(_concept_json(scheme, concept, found, asked_by))
    else:
        made = page_document("concept", desk().concept_page(scheme, concept, found, asked_by))
    made = replace(made, modified=max(made.modified, catalogue().reader.changed()))
    # Before the store has seen everything, the answer would outlive what it says.
    keep = found is not None and found.settled
    return conditional(made, cache_control="public, no-cache" if keep else "no-store")


def _concept_json(
    scheme: Scheme, concept: Concept, found: Uses | None, asked_by: Sequence[Asking]
) -> dict[str, object]:
    """A concept as JSON; `datasets` is null while the store is being opened."""
    also: dict[str, list[str]] = {}
    for language, name in desk().also(scheme, concept.iri):
        also.setdefault(language, []).append(name)
    base = identity().base
    used = found and {
        "total": min(found.total, MOST),
        "more": found.total > MOST,
        "some": [{"iri": identity().record(r.kind, r.slug).value, "title": r.title} for r in found.records],
        "every": base + every(concept.iri),
    }
    return {
        "iri": concept.iri,
        "vocabulary": scheme.iri,
        "notation": concept.notation,
        "labels": dict(concept.labels),
        "also": also,
        "broader": list(concept.broader),
        "narrower": [each.iri for each in desk().shelves.shelf(scheme.name).narrower(concept.iri)],
        "deprecated": concept.deprecated,
        "replacement": catalogue().vocabularies.replacement(concept.iri) if concept.deprecated else None,
        "datasets": used,
        "asked_by": [{"profile": a.profile, "field": a.field, "page": base + field_path(a)} for a in asked_by],
    }


@lru_cache(maxsize=2)
def _desk_of(held: Vocabularies) -> Desk:
    return Desk(held)


def desk() -> Desk:
    """Makes pages from the vocabularies, and names their concepts."""
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
    made = desk()
    return {
        "iri": concept.iri,
        "label": made.link(scheme, concept.iri).text,
        "notation": concept.notation,
        "broader": [made.link(scheme, iri).text for iri in concept.broader],
    }


def _graph(scheme: Scheme) -> Graph:
    """The shipped Turtle of a vocabulary."""
    path = dict(catalogue().vocabularies.graphs())[scheme.iri]
    return Graph(quad.triple for quad in parse(path=path, format=RdfFormat.TURTLE))


def _whole(scheme: Scheme, form: str) -> Representation:
    def make() -> Representation:
        body = serialise(_graph(scheme), FORMATS[form], first=NamedNode(scheme.iri))
        return represented(body, FORMATS[form].content_type, form)

    return catalogue().reader.rendered(("vocabulary", scheme.iri, form), make)


def _page(template: str, page: object, *, vary: bool = True) -> Response:
    return conditional(page_document(template, page), vary=vary)


def _json(body: object, *, vary: bool) -> Response:
    return conditional(json_document(body), vary=vary)
