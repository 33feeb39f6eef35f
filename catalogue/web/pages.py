"""Which pages are there for people, beside those of the records?"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from catalogue import errors
from catalogue.model import Kind, Record
from catalogue.rdf import media
from catalogue.rdf.folding import fold
from catalogue.web.views import HomePage, Interface, ListPage
from catalogue.web.views.build import make_pager
from catalogue.web.views.record import Figure

from .context import catalogue, conditional, html, identity, page_number
from .feeds import fair_data_point
from .records import negotiated
from .representing import FORMATS, summaries

pages = Blueprint("pages", __name__)

_MAX_WORDS = 12
_INTERFACES = (
    Interface("SPARQL", "/sparql", "Query everything that is published, and the vocabularies"),
    Interface("Queries", "/query", "Questions in plain words, answered as tables, CSV or JSON"),
    Interface("DCAT feed", "/catalog.ttl", "All descriptions in pages, for other catalogues"),
    Interface("Dump", "/dump.nt.gz", "All descriptions as N-Triples in one file"),
    Interface("Validation", "/validate", "Check a description without publishing it"),
)


@pages.get("/")
def home() -> Response:
    """For people the home page, for machines the FAIR Data Point."""
    chosen = negotiated(("text/html", *(format.media_type for format in media.WRITTEN)))
    if chosen != "text/html":
        form = next(name for name, format in FORMATS.items() if format.media_type == chosen)
        return conditional(fair_data_point(form))
    reader, ledger = catalogue().reader, catalogue().ledger
    total, newest = reader.fact("newest", lambda: ledger.published(Kind.DATASET, limit=5))
    catalogs = reader.catalogs()
    page = HomePage(
        description=catalogue().settings.description,
        total=total,
        figures=(Figure("datasets", f"{total:,}"), Figure("catalogues", f"{len(catalogs):,}")),
        newest=tuple(summaries(newest)),
        profiles=tuple((name, catalogue().profiles.get(name).title) for name in catalogue().profiles.ids),
        interfaces=_INTERFACES,
        updated=newest[0].changed if newest else None,
        catalogs=tuple((record.title, f"/catalog/{record.slug}") for record in catalogs),
    )
    return _fresh(html("home", page))


@pages.get("/datasets")
def datasets() -> Response:
    """The list of datasets: `q` (every word must occur), `catalog`, `page`."""
    query = " ".join(request.args.get("q", "").split())[:500]
    slug = request.args.get("catalog")
    number = page_number(request.args.get("page", "1"))
    size = catalogue().settings.page_size
    words = [word for word in fold(query).split()[:_MAX_WORDS] if word]

    def look_up() -> tuple[int, list[Record]]:
        offset = (number - 1) * size
        return catalogue().ledger.published(Kind.DATASET, words=words, catalog=slug, limit=size, offset=offset)

    # Only what many ask for is worth its memory.
    first = number == 1 and not words
    total, found = catalogue().reader.fact(("list", slug), look_up) if first else look_up()
    last = max(1, -(-total // size))
    if number > last:
        raise errors.UnknownRecord(f"The list has {last} pages, not {number:,}.", mend="Begin at the first page.")
    if negotiated(("text/html", "application/json")) == "application/json":
        return _fresh(jsonify({"total": total, "page": number, "pages": last, "records": [_json(r) for r in found]}))
    pager = make_pager("/datasets", {"q": query, "catalog": slug or ""}, number, last)
    title = catalogue().reader.record(Kind.CATALOG, slug).title if slug else ""
    rows = tuple(summaries(found))
    return _fresh(html("datasets", ListPage(query, total, rows, pager, catalog=slug or "", catalog_title=title)))


@pages.get("/robots.txt")
def robots() -> Response:
    """What crawlers may read: pages of records and the feed, not queries."""
    closed = "".join(f"Disallow: {path}\n" for path in ("/sparql", "/query/", "/datasets?"))
    return Response(f"User-agent: *\n{closed}", content_type="text/plain; charset=utf-8")


def _json(record: Record) -> dict[str, object]:
    return {
        "iri": identity().record(record.kind, record.slug).value,
        "title": record.title,
        "identifier": record.identifier,
        "catalog": record.catalog,
        "published": record.first_published.isoformat() if record.first_published else None,
        "changed": record.changed.isoformat(),
    }


def _fresh(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Vary"] = "Accept"
    return response
