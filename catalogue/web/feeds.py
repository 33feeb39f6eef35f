"""How do harvesters get everything?

`/catalog.{ttl,jsonld,rdf,nt}` in pages, `/dump.nt.gz` as one stream; the root in RDF is the FAIR Data Point.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from flask import Blueprint, Response, request, stream_with_context
from pyoxigraph import NamedNode

from catalogue import errors
from catalogue.feeds import fdp
from catalogue.feeds.dcat import Page, paging
from catalogue.feeds.records import catalog_record
from catalogue.ledger import unpack
from catalogue.model import Kind
from catalogue.rdf import media
from catalogue.rdf.canonical import canonical, read
from catalogue.rdf.graph import Graph
from catalogue.rdf.namespaces import DCAT
from catalogue.rdf.serialise import has_xml_name, serialise
from catalogue.services.reading import Representation

from .context import catalogue, conditional, identity, page_number
from .representing import FORMATS, etag

feeds = Blueprint("feeds", __name__)

_SUFFIXES = {format.suffix: format for format in media.WRITTEN}


@feeds.get("/catalog<suffix>")
def catalog(suffix: str) -> Response:
    """One page of the DCAT feed; `?page=` counts from 1."""
    format = _SUFFIXES.get(suffix)
    if format is None:
        raise errors.UnknownRecord(
            f"There is no feed at {request.path}.", mend="Take /catalog.ttl, .jsonld, .rdf or .nt."
        )
    reader, size = catalogue().reader, catalogue().settings.feed_page_size
    total, highest = reader.fact("ranks", catalogue().ledger.ranks)
    page = Page(page_number(request.args.get("page", "1")), max(1, -(-highest // size)), total, size)
    if page.number > page.last:
        raise errors.UnknownRecord(
            f"The feed has {page.last} pages, not {page.number}.", mend="Begin at the first page."
        )
    tag = f'"feed-{reader.position()}-{page.number}-{size}-{format.name}"'
    key = ("feed", page, format.name, reader.position())
    return conditional(reader.rendered(key, lambda: _feed_page(page, format, tag)), vary=False)


@feeds.get("/dump.nt.gz")
def dump() -> Response:
    """Every published record as N-Triples, compressed; what the ledger holds, streamed member by member."""
    tag = f'"dump-{catalogue().reader.position()}"'
    if request.if_none_match.contains_weak(tag.strip('"')):
        return Response(status=304, headers={"ETag": tag})
    stream = iter(()) if request.method == "HEAD" else stream_with_context(_members())
    response = Response(stream, content_type="application/gzip", headers={"ETag": tag, "Cache-Control": "no-cache"})
    response.headers["Content-Disposition"] = 'attachment; filename="dump.nt.gz"'
    return response


def fair_data_point(form: str) -> Representation:
    """The root document in RDF."""
    reader = catalogue().reader
    position = reader.position()
    tag = etag(f"{position:020d}", form, "fdp")

    def make() -> Representation:
        changed = reader.changed()
        first = catalogue().ledger.events(0, 1)
        since = first[0].at if first else changed
        catalogs = [identity().record(Kind.CATALOG, record.slug) for record in reader.catalogs()]
        graph = Graph(fdp.root(catalogue().settings, identity(), catalogs, since, changed))
        body = serialise(graph, FORMATS[form], first=identity().root())
        return Representation.of(body, FORMATS[form].content_type, tag, changed)

    return reader.rendered(("fdp", form, position), make)


def _feed_page(page: Page, format: media.Format, tag: str) -> Representation:
    graph = Graph()
    catalogs: set[str] = set()
    first, last = page.ranks
    for record, outcome, packed in catalogue().ledger.contents((Kind.DATASET, Kind.SERIES), first=first, last=last):
        graph.update(read(unpack(packed)))
        graph.update(catalog_record(record, identity(), outcome))
        catalogs.add(record.catalog or "")
    for record in catalogue().reader.catalogs():
        if record.slug not in catalogs:
            continue
        content = read(catalogue().reader.revision(record).content)
        # Which catalogues a catalogue contains is in its own document; here they would be datasets to a harvester.
        graph.update(triple for triple in content if triple.predicate != DCAT["catalog"])
    address = f"{identity().base}/catalog{format.suffix}"
    graph.update(paging(page, address))
    if format is media.RDF_XML:
        # One statement that XML cannot write must not cost harvesters the page; the other formats have it.
        graph = Graph(triple for triple in graph if has_xml_name(triple.predicate))
    body = serialise(graph, format, first=NamedNode(f"{address}?page={page.number}"))
    return Representation.of(body, format.content_type, tag, catalogue().reader.changed())


def _members() -> Iterator[bytes]:
    """Gzip members one after the other, which is a gzip file (RFC 1952 §2.2)."""
    size, portion = 0, []
    for record, outcome, packed in catalogue().ledger.contents():
        about = zlib.compressobj(1, zlib.DEFLATED, 31)
        triples = canonical(catalog_record(record, identity(), outcome))
        portion += [packed, about.compress(triples) + about.flush()]
        size += len(packed)
        if size > 256_000:
            yield b"".join(portion)
            size, portion = 0, []
    yield b"".join(portion) or zlib.compress(b"", 1, 31)
