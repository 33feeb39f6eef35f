"""How does the result of a query reach the client over HTTP?

As a stream. What ends it on the way (a limit, the deadline) leaves the chunked transfer unfinished, so that no client
can take it for complete. Spec: SPARQL 1.1 Protocol §2.1.5 to §2.1.7; RFC 9110 §13 (conditions), RFC 9112 §8.
"""

from __future__ import annotations

import select
import zlib
from collections.abc import Iterator

import structlog
from flask import Response, request

from catalogue.errors import CatalogueError
from catalogue.sparql.clients import Client
from catalogue.sparql.dataset import WHOLE, Dataset
from catalogue.sparql.guard import Query
from catalogue.sparql.result import Chunks

from .context import catalogue, takes_gzip

log = structlog.get_logger()

_GONE = select.POLLHUP | select.POLLERR | getattr(select, "POLLRDHUP", 0)
_GZIP = zlib.MAX_WBITS | 16


def answered(query: Query, media_type: str, dataset: Dataset = WHOLE) -> Response:
    """Run a query and stream what it gives; 304 where the client has it.

    Args:
        query: What the guard let pass.
        media_type: One of `formats.offered(query.form)`.
        dataset: Graphs given with the request.

    Raises:
        CatalogueError: As `services.querying.Queries.run`.
    """
    queries = catalogue().queries
    tag = queries.etag(query, media_type, dataset) if request.method in ("GET", "HEAD") else None
    if tag is not None and request.if_none_match.contains_weak(tag[3:-1]):
        return opened(_tagged(Response(status=304), tag))
    result = queries.run(query, media_type=media_type, dataset=dataset, client=client())
    charset = "; charset=utf-8" if media_type.startswith("text/") else ""
    compressed = takes_gzip(request.headers.get("Accept-Encoding"))
    parts = _logged(result.chunks)
    response = Response(_packed(parts) if compressed else parts, content_type=media_type + charset)
    if compressed:
        response.headers["Content-Encoding"] = "gzip"
    response.call_on_close(result.chunks.close)
    return opened(_tagged(response, tag))


def client() -> Client:
    """Who asks, as the query processes need to know."""
    socket = request.environ.get("gunicorn.socket")
    address = request.remote_addr or ""
    if socket is None:
        return Client(address)
    # Closed by us, its number may already be another client's.
    look = select.poll()
    look.register(socket, _GONE)
    return Client(address, lambda: socket.fileno() >= 0 and bool(look.poll(0)))


def opened(response: Response) -> Response:
    """Let anybody's page read it (Fetch standard §3.2), and caches keep it on condition."""
    headers = response.headers
    headers["Access-Control-Allow-Origin"] = "*"
    headers["Cache-Control"] = "no-cache"
    headers["Vary"] = "Accept, Accept-Encoding"
    return response


def _tagged(response: Response, tag: str | None) -> Response:
    if tag is not None:
        response.headers["ETag"] = tag
    return response


def _logged(chunks: Chunks) -> Iterator[bytes]:
    try:
        yield from chunks
    except CatalogueError as error:
        log.warning("result left unfinished", reason=type(error).__name__, what=error.what)
        raise


def _packed(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Compressed part by part, each complete, so that the client can show rows as they come."""
    packer = zlib.compressobj(level=3, wbits=_GZIP)
    for part in parts:
        yield packer.compress(part) + packer.flush(zlib.Z_SYNC_FLUSH)
    yield packer.flush()
