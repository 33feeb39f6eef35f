"""How are the worked examples offered, and asked with other values, as pages and as an API?"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from pyoxigraph import NamedNode

from catalogue import errors
from catalogue.errors import CatalogueError
from catalogue.rdf import media
from catalogue.rdf.namespaces import PREFIXES
from catalogue.rdf.serialise import serialise
from catalogue.sparql.examples import SCHEMA, Example
from catalogue.sparql.examples import Parameter as Asked
from catalogue.sparql.formats import choose, offered
from catalogue.sparql.guard import Form
from catalogue.sparql.parameters import read_values
from catalogue.web.views.pages import Alternate, Problem
from catalogue.web.views.queries import QueriesPage, QueryPage, command, groups, inputs, parameter_of

from .answering import answered, client, opened
from .context import catalogue, html, identity
from .errors import decorate, status_of
from .examples import collection, example
from .openapi import description
from .records import negotiated
from .results import shown
from .vocabularies import desk

queries = Blueprint("queries", __name__)

_JSON = "application/json"
_GRAPHS = {format.suffix: format for format in media.WRITTEN}
_TABLES = dict(zip((".json", ".xml", ".csv", ".tsv"), offered(Form.SELECT), strict=True))
_LABELS = {".csv": "CSV", ".json": "JSON", ".tsv": "TSV", ".xml": "XML", ".rq": "SPARQL"}
_QUERY = "application/sparql-query"


@queries.get("/query")
def index() -> Response:
    """Every worked example: for people by keyword, as JSON, or in RDF as the SIB collections describe theirs."""
    chosen = negotiated(("text/html", _JSON, *(format.media_type for format in media.WRITTEN)))
    if chosen == _JSON:
        return _json({"total": len(collection()), "queries": [_told(each) for each in collection().values()]})
    if chosen != "text/html":
        return _collection(next(format for format in media.WRITTEN if format.media_type == chosen))
    alternates = tuple(Alternate(format.label, format.media_type, f"/query{s}") for s, format in _GRAPHS.items())
    page = QueriesPage(groups(collection().values()), len(collection()), alternates)
    return opened(html("queries", page))


@queries.get("/query<any('.ttl', '.jsonld', '.rdf', '.nt'):suffix>")
def index_as(suffix: str) -> Response:
    """The same in the RDF format that the suffix names."""
    return _collection(_GRAPHS[suffix])


@queries.get("/query/<name>")
def named(name: str) -> Response:
    """One example, asked with the values in the address: a page, or its result by suffix or `Accept`."""
    plain, dot, ending = name.partition(".")
    found, suffix = example(plain), dot + ending
    if suffix and suffix not in (*_TABLES, ".html", ".rq"):
        raise errors.UnknownRecord(
            f"There is nothing at {request.path}.", mend=f"Known suffixes: {', '.join((*_TABLES, '.html', '.rq'))}."
        )
    media_type = _TABLES.get(suffix) or {".html": "text/html", ".rq": _QUERY}.get(suffix) or _negotiated()
    if media_type == "text/html":
        return _page(found)
    text = _bound(found, request.args.to_dict())
    if media_type == _QUERY:
        return opened(Response(text, content_type=f"{_QUERY}; charset=utf-8"))
    return answered(catalogue().queries.checked(text, client()), media_type)


@queries.get("/sparql<any('.json', '.xml', '.csv', '.tsv', '.ttl', '.jsonld', '.rdf', '.nt'):suffix>")
def result_as(suffix: str) -> Response:
    """Answer any query in the format that the suffix names: for links, which cannot carry a header."""
    text = request.args.get("query", "")
    if not text:
        raise errors.MalformedQuery("No query is given.", mend="Send it as the parameter `query`.")
    checked = catalogue().queries.checked(text, client())
    wanted = _TABLES.get(suffix) or _GRAPHS[suffix].media_type
    return answered(checked, choose(wanted, checked.form))


@queries.get("/openapi.json")
def openapi() -> Response:
    """What programs can ask of this catalogue."""
    return _json(description(identity().base, catalogue().settings.title, collection().values()))


def _negotiated() -> str:
    chosen = negotiated((*_TABLES.values(), _JSON, "text/html", _QUERY))
    return _TABLES[".json"] if chosen == _JSON else chosen


def _bound(found: Example, given: Mapping[str, str]) -> str:
    return found.bound(read_values(found, given, desk().shelves))


def _page(found: Example) -> Response:
    """The page: the form, and the result for the values in it; a wrong value is named, and nothing is asked."""
    given, answer = request.args.to_dict(), dict[str, Any]()
    text, failure, started = found.text, None, time.perf_counter()
    try:
        text = _bound(found, given)
        answer = shown(catalogue().queries.checked(text, client()))
    except CatalogueError as error:
        failure, answer = error, {"problem": Problem("No result", error.what, error.mend)}
    wrong = str(failure.details.get("parameter", "")) if failure else ""
    path = f"/query/{found.name}"
    suffixes = {suffix: _TABLES.get(suffix, _QUERY) for suffix in _LABELS}
    page = QueryPage(
        name=found.name,
        title=found.title,
        description=found.description,
        inputs=inputs(found, given, desk().shelves, wrong),
        query=text,
        edit="/sparql?" + urlencode({"query": text}),
        command=command(f"{identity().base}{path}.csv", given),
        alternates=tuple(
            Alternate(_LABELS[s], t, f"{path}{s}" + ("?" + urlencode(given) if given else ""))
            for s, t in suffixes.items()
        ),
        milliseconds=round((time.perf_counter() - started) * 1000),
        **answer,
    )
    response = opened(html("query", page, status_of(failure) if failure else 200))
    return decorate(response, failure) if failure else response


def _told(found: Example) -> dict[str, object]:
    return {
        "name": found.name,
        "iri": f"{identity().base}/query/{found.name}",
        "title": found.title,
        "description": found.description,
        "keywords": list(found.keywords),
        "parameters": [_parameter(parameter) for parameter in found.parameters],
        "query": found.text,
    }


def _parameter(parameter: Asked) -> dict[str, object]:
    return {
        "name": parameter.name,
        "label": parameter.label,
        "description": parameter.description,
        "type": parameter.type.value,
        "vocabulary": parameter.vocabulary or None,
        "optional": parameter.optional,
        "default": parameter_of(parameter),
    }


def _collection(format: media.Format) -> Response:
    base = identity().base
    triples = [
        triple
        for name, each in collection().items()
        for triple in each.described(f"{base}/query/{name}", f"{base}/sparql")
    ]
    first = NamedNode(f"{base}/query/{next(iter(collection()))}")
    body = serialise(triples, format, first=first, prefixes={**PREFIXES, "schema": SCHEMA})
    return opened(Response(body, content_type=format.content_type))


def _json(body: object) -> Response:
    text = json.dumps(body, ensure_ascii=False, indent=1)
    return opened(Response(text + "\n", content_type=_JSON))
