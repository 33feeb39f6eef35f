"""How is the catalogue queried over HTTP? SPARQL 1.1 Protocol §2.1, query operation."""

from __future__ import annotations

from flask import Blueprint, Response, request

from catalogue import errors
from catalogue.rdf import media
from catalogue.sparql.dataset import Dataset
from catalogue.sparql.formats import choose

from .answering import answered, client, opened
from .context import body, catalogue
from .discovery import RDF, description
from .query_page import query_page

sparql = Blueprint("sparql", __name__)

_QUERY, _UPDATE, _FORM = "application/sparql-query", "application/sparql-update", "application/x-www-form-urlencoded"


@sparql.route("/sparql", methods=["GET", "POST"], provide_automatic_options=False)
def query() -> Response:
    """Answer a query; without one, people get the query page and machines the service description."""
    text, dataset = _request()
    wants_page = request.accept_mimetypes.best_match(["application/sparql-results+json", "text/html"]) == "text/html"
    if wants_page and request.accept_mimetypes["text/html"] >= 0.9:
        return opened(query_page(text))
    if not text and request.method != "POST" and media.negotiate(request.headers.get("Accept"), RDF):
        return opened(description())  # Service Description §2
    if not text:
        raise errors.MalformedQuery("No query is given.", mend="Send it as the parameter `query`.")
    checked = catalogue().queries.checked(text, client())
    return answered(checked, choose(request.headers.get("Accept"), checked.form), dataset)


@sparql.route("/sparql", methods=["OPTIONS"])
def preflight() -> Response:
    """CORS: anybody's page may ask (Fetch standard §3.2)."""
    response = opened(Response(status=204))
    response.headers["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
    response.headers["Access-Control-Allow-Headers"] = "Accept, Content-Type"
    response.headers["Allow"] = "GET, HEAD, POST, OPTIONS"
    return response


def _request() -> tuple[str, Dataset]:
    """The query and its dataset, from any of the three forms of the protocol (§2.1.1 to §2.1.3).

    Raises:
        MalformedQuery: Several queries, or text that is not UTF-8.
        QueryRefused: An update.
        UnsupportedMediaType: Sent as something else.
        LimitExceeded: Longer than `query_bytes`.
    """
    parameters = request.args
    if request.method == "POST" and request.mimetype == _FORM:
        parameters = request.form
    elif request.method == "POST" and request.mimetype not in (_QUERY, _UPDATE):
        accepted = [_QUERY, _FORM]
        raise errors.UnsupportedMediaType(
            f"A query cannot be sent as {request.mimetype or 'nothing'!r}.",
            mend=f"Send it as {' or '.join(accepted)}.",
            accepted=accepted,
        )
    if "update" in parameters or request.mimetype == _UPDATE:
        raise errors.QueryRefused("This endpoint answers queries; it takes no updates.", mend="Use POST /datasets.")
    texts = [_decoded(body())] if request.mimetype == _QUERY else parameters.getlist("query")
    if len(texts) > 1:
        raise errors.MalformedQuery(f"{len(texts)} queries are given.", mend="Send one at a time.")
    text = texts[0] if texts else ""
    limit = catalogue().settings.query_bytes
    if len(text.encode(errors="replace")) > limit:
        raise errors.LimitExceeded(
            f"The query is longer than {limit:,} bytes.", mend="Shorten it.", limit=limit, setting="query_bytes"
        )
    graphs = (tuple(dict.fromkeys(parameters.getlist(f"{kind}-graph-uri"))) for kind in ("default", "named"))
    return text, Dataset(*graphs)


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise errors.MalformedQuery(f"The query is not UTF-8: byte {error.start}.", mend="Send it in UTF-8.") from error
