"""How is the catalogue queried over HTTP? SPARQL 1.1 Protocol §2.1, query operation."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from typing import IO, cast

from flask import Blueprint, Response, request
from pyoxigraph import QueryBoolean, QueryResultsFormat, QuerySolutions, parse_query_results

from catalogue import errors
from catalogue.errors import CatalogueError
from catalogue.sparql.formats import choose
from catalogue.sparql.guard import Form, Query, check
from catalogue.web.views import SparqlPage
from catalogue.web.views.build import result_table
from catalogue.web.views.pages import Problem
from catalogue.web.views.values import size

from .context import body, catalogue, html
from .errors import status_of
from .examples import EXAMPLES

sparql = Blueprint("sparql", __name__)

_TEXT = 200_000  # characters of a graph result that the page shows


@sparql.route("/sparql", methods=["GET", "POST"], provide_automatic_options=False)
def query() -> Response:
    """Answer a query; without one, people get the query page."""
    text, default_graphs, named_graphs = _request()
    wants_page = request.accept_mimetypes.best_match(["application/sparql-results+json", "text/html"]) == "text/html"
    if wants_page and request.accept_mimetypes["text/html"] >= 0.9:
        return _page(text)
    if not text:
        raise errors.MalformedQuery("No query is given.", mend="Send it as the parameter `query`.")
    checked = check(text, limit=catalogue().settings.query_bytes)
    media_type = choose(request.headers.get("Accept"), checked.form)
    result = catalogue().queries.run(
        checked, media_type=media_type, default_graphs=default_graphs, named_graphs=named_graphs
    )
    charset = "; charset=utf-8" if media_type.startswith("text/") else ""
    response = Response(result.chunks, content_type=media_type + charset)
    response.call_on_close(result.chunks.close)
    return _open(response)


@sparql.route("/sparql", methods=["OPTIONS"])
def preflight() -> Response:
    """CORS: anybody's page may ask (Fetch standard §3.2)."""
    response = _open(Response(status=204))
    response.headers["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
    response.headers["Access-Control-Allow-Headers"] = "Accept, Content-Type"
    response.headers["Allow"] = "GET, HEAD, POST, OPTIONS"
    return response


def _request() -> tuple[str, list[str], list[str]]:
    """The query and its dataset, from any of the three forms of the protocol."""
    limit = catalogue().settings.query_bytes
    if request.method == "POST" and request.mimetype == "application/sparql-query":
        text, parameters = _decoded(body()), request.args
    elif request.method == "POST" and request.mimetype == "application/x-www-form-urlencoded":
        text, parameters = request.form.get("query", ""), request.form
        if "update" in request.form:
            raise errors.QueryRefused("This endpoint answers queries; it takes no updates.", mend="Use POST /datasets.")
    elif request.method == "POST":
        accepted = ["application/sparql-query", "application/x-www-form-urlencoded"]
        raise errors.UnsupportedMediaType(
            f"A query cannot be sent as {request.mimetype or 'nothing'!r}.",
            mend=f"Send it as {' or '.join(accepted)}.",
            accepted=accepted,
        )
    else:
        text, parameters = request.args.get("query", ""), request.args
    if len(text.encode(errors="replace")) > limit:
        raise errors.LimitExceeded(
            f"The query is longer than {limit:,} bytes.", mend="Shorten it.", limit=limit, setting="query_bytes"
        )
    return text, parameters.getlist("default-graph-uri"), parameters.getlist("named-graph-uri")


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise errors.MalformedQuery(f"The query is not UTF-8: byte {error.start}.", mend="Send it in UTF-8.") from error


def _open(response: Response) -> Response:
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Vary"] = "Accept"
    return response


def _page(text: str) -> Response:
    """The query page, with the result in it."""
    settings = catalogue().settings
    limits = (f"{settings.query_seconds:g} seconds", f"{size(str(settings.query_memory))} of memory")
    answer: dict[str, object] = {}
    status, started = 200, time.perf_counter()
    if text.strip():
        try:
            answer = _answer(check(text, limit=settings.query_bytes))
        except CatalogueError as error:
            status, answer = status_of(error), {"problem": Problem("No result", error.what, error.mend)}
    page = SparqlPage(
        query=text or EXAMPLES[0].query,
        examples=EXAMPLES,
        limits=limits,
        milliseconds=round((time.perf_counter() - started) * 1000),
        **answer,  # type: ignore[arg-type]
    )
    return _open(html("sparql", page, status))


def _answer(checked: Query) -> dict[str, object]:
    table = checked.form in (Form.SELECT, Form.ASK)
    media_type = "application/sparql-results+json" if table else "text/turtle"
    result = catalogue().queries.run(checked, media_type=media_type)
    try:
        if not table:
            return {"text": _head(result.chunks)}
        solutions = parse_query_results(input=cast(IO[bytes], _Stream(result.chunks)), format=QueryResultsFormat.JSON)
        if isinstance(solutions, QueryBoolean):
            return {"answer": bool(solutions)}
        assert isinstance(solutions, QuerySolutions)  # noqa: S101 - a SELECT has solutions
        names = [variable.value for variable in solutions.variables]
        rows = (tuple(solution[name] for name in names) for solution in solutions)
        return {"table": result_table(names, rows, catalogue().vocabularies)}
    finally:
        result.chunks.close()


def _head(chunks: Iterator[bytes]) -> str:
    found = b""
    for chunk in chunks:
        found += chunk
        if len(found) > _TEXT:
            break
    return found.decode(errors="replace")[:_TEXT]


class _Stream(io.RawIOBase):
    """The chunks of a result as a file, read no further than needed."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        super().__init__()
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = chunk
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size
