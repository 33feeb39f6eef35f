"""What can programs ask of this catalogue? The description at /openapi.json (OpenAPI 3.1.1).

Addresses that are only for people or crawlers are left out. A test asks each one and compares.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from catalogue import __version__
from catalogue.model import Kind
from catalogue.rdf import media
from catalogue.sparql.examples import Example, Parameter, Type
from catalogue.sparql.formats import GRAPHS, TABLES

Json = dict[str, Any]

_RDF = tuple(format.media_type for format in media.WRITTEN)
_READ = tuple(format.media_type for format in media.READ)
_DOCUMENT = ("text/html", *_RDF)
_JSON = ("application/json",)
_LD = "application/ld+json"
_REPORTS = (*_JSON, *_RDF, "text/plain", "application/sarif+json", "application/xml", "text/html")
_SUFFIXES = [format.suffix for format in media.WRITTEN]
_FORM = "application/x-www-form-urlencoded"
_TEXT: Json = {"type": "string"}
_NUMBER: Json = {"type": "integer", "minimum": 1}

_PROBLEMS = {
    400: "Not understood: a parameter, the RDF, the query",
    401: "No token, or none that is valid",
    403: "The role does not suffice",
    404: "There is no such thing",
    406: "Not to be had in this format",
    409: "Taken, or still in use",
    410: "Withdrawn",
    412: "Someone saved first",
    413: "Too large",
    415: "Not a format that is read",
    422: "A required profile is violated; `results` hold the reports",
    428: "`If-Match` is missing",
    429: "Too many queries of one client",
    503: "Cannot answer now; `Retry-After` says when to try again",
}
_KEPT = {200: "Kept, nothing new", 201: "Made", 207: "Some were refused (`atomic=false`)"}
_REFUSED = (400, 401, 403, 406, 409, 413, 415, 422)


def description(base: str, title: str, examples: Iterable[Example]) -> Json:
    """Make the document.

    Args:
        base: Public address, without a slash at its end.
        title: Of the catalogue.
        examples: Each becomes an operation of its own, with its parameters.
    """
    return {
        "openapi": "3.1.1",
        "info": {
            "title": title,
            "version": __version__,
            "description": "`Accept` or a suffix chooses the format. Failures are problem details (RFC 9457).",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base}],
        "paths": {
            **_records(),
            **_sparql(),
            **{f"/query/{example.name}": _named(example) for example in examples},
            **_validation(),
            **_shipped(),
            **_service(),
        },
        "components": {
            "schemas": {"Problem": _problem()},
            "responses": {str(status): _failure(words) for status, words in _PROBLEMS.items()},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _records() -> Json:
    kind = _path("kind", {"type": "string", "enum": [kind.value for kind in Kind]})
    name = _path("name", _TEXT, f"Slug, or slug and one of {', '.join([*_SUFFIXES, '.html'])}")
    sending = [
        _parameter("state", {"type": "string", "enum": ["published", "draft"], "default": "published"}),
        _parameter("catalog", _TEXT, "Slug of the catalogue that lists it"),
        _parameter("note", {"type": "string", "maxLength": 1000}, "For the history"),
    ]
    current = _parameter("If-Match", _TEXT, "The ETag that the change is based on, or `*`", where="header")
    draft = _parameter("state", {"type": "string", "enum": ["draft"]}, "The newest revision; needs a token")
    return {
        "/": {"get": _get("The catalogue: home page, FAIR Data Point in RDF", _DOCUMENT)},
        "/datasets": {
            "get": _get(
                "List datasets",
                ("text/html", *_JSON),
                (400, 404),
                _parameter("q", _TEXT, "Words that must all occur"),
                _parameter("catalog", _TEXT, "Slug of a catalogue"),
                _parameter("page", _NUMBER),
            ),
            "post": _change(
                "Submit descriptions",
                [*sending, _parameter("atomic", {"type": "boolean", "default": True}, "All or nothing")],
                {status: _kept(words) for status, words in _KEPT.items()},
                _REFUSED,
            ),
        },
        "/{kind}/{name}": {
            "get": _get("Read a record", _DOCUMENT, (401, 403, 404, 406, 410), kind, name, draft),
            "put": _change(
                "Make or change a record",
                [kind, name, current, *sending],
                {status: _kept(words) for status, words in _KEPT.items() if status < 202},
                (*_REFUSED, 410, 412, 428),
            ),
            "delete": _change(
                "Withdraw a record",
                [kind, name, current, _parameter("reason", _TEXT), _parameter("successor", _TEXT, "IRI")],
                {204: {"description": "Withdrawn"}},
                (400, 401, 403, 404, 409, 410, 412, 428),
                body=False,
            ),
        },
        "/{kind}/": {"get": _redirect("Where the members of a container are listed", kind)},
        "/record/{kind}/{slug}": {
            "get": _get("What the catalogue says about a record", _RDF, (404, 406, 410), kind, _path("slug", _TEXT))
        },
    }


def _sparql() -> Json:
    results = tuple(dict.fromkeys((*TABLES, *GRAPHS)))
    failures = (400, 406, 413, 429, 503)
    graphs = [
        _parameter(f"{which}-graph-uri", {"type": "array", "items": _TEXT}, "Instead of the query's own")
        for which in ("default", "named")
    ]
    query = _parameter("query", _TEXT, "SPARQL 1.1")
    needed = {**query, "required": True}
    properties = {"query": _TEXT} | {each["name"]: each["schema"] for each in graphs}
    sent: Json = {
        "required": True,
        "content": {
            _FORM: {"schema": {"type": "object", "required": ["query"], "properties": properties}},
            "application/sparql-query": {"schema": _TEXT},
        },
    }
    graph = [
        _parameter("graph", _TEXT, "IRI of a graph"),
        _parameter("default", {"type": "string", "enum": [""]}, "The default graph", allowEmptyValue=True),
    ]
    store = "/rdf-graph-store"
    written = {status: _kept(words) for status, words in _KEPT.items()} | {204: {"description": "Done"}}
    refused = (*_REFUSED, 404, 410, 412)
    return {
        "/sparql": {
            "get": _get(
                "Query; without one the service description", (*results, "text/html"), failures, query, *graphs
            ),
            "post": {**_get("Query", (*results, "text/html"), (*failures, 415)), "requestBody": sent},
        },
        "/sparql{suffix}": {
            "get": _get("Query, in the format of a suffix", results, failures, _suffix(), needed),
        },
        store: {
            "get": _get("Read a graph (SPARQL 1.1 Graph Store Protocol)", _RDF, (400, 404, 406, 410, 429, 503), *graph),
            "put": _change("Make or change the record that a graph is", graph, written, refused),
            "post": _change("Add to the record that a graph is, or submit", graph, written, refused),
            "delete": _change("Withdraw the record that a graph is", graph, written, refused, body=False),
        },
        "/query": {"get": _get("The worked examples", ("text/html", *_JSON, *_RDF), (406,))},
        "/query{suffix}": {"get": _get("The worked examples in RDF", _RDF, (), _suffix(_SUFFIXES))},
        "/query/{name}": {
            "get": _get(
                "Ask any of the worked examples",
                (*TABLES, "application/sparql-query", "text/html"),
                (400, 404, 406, 429, 503),
                _path("name", _TEXT, "Name, or name and one of .json .xml .csv .tsv .rq .html"),
            )
        },
    }


def _named(example: Example) -> Json:
    parameters = [_parameter(each.name, _schema(each), _words(each)) for each in example.parameters]
    operation = _get(example.title, (*TABLES, "text/html"), (400, 406, 429, 503), *parameters)
    return {"get": {**operation, "description": example.description, "tags": list(example.keywords)}}


def _schema(parameter: Parameter) -> Json:
    schema: Json = {
        Type.INTEGER: {"type": "integer"},
        Type.DATE: {"type": "string", "format": "date"},
        Type.IRI: {"type": "string", "format": "iri"},
    }.get(parameter.type, {"type": "string"})
    if parameter.default is None:
        return schema
    value = parameter.default.value
    return {**schema, "default": int(value) if parameter.type is Type.INTEGER else value}


def _words(parameter: Parameter) -> str:
    where = f"; a concept of /vocabularies/{parameter.vocabulary}, by IRI or code" if parameter.vocabulary else ""
    return f"{parameter.label}: {parameter.description}{where}"


def _validation() -> Json:
    profile = _parameter("profile", {"type": "array", "items": _TEXT}, "Ids of profiles; else those that it claims")
    judged = _get("Check a description without keeping it", _REPORTS, (400, 406, 413, 415), profile)
    return {
        "/validate": {
            "get": _get("The form", ("text/html",)),
            "post": {**judged, "requestBody": _body((*_READ, _FORM, "multipart/form-data"))},
        },
        "/schemas/report.json": {"get": _get("JSON Schema of the reports", ("application/schema+json",))},
    }


def _shipped() -> Json:
    name, key = _path("name", _TEXT), _path("key", _TEXT, "Code, or last part of the IRI")
    level = _parameter("level", _TEXT, "Access level, as IRI or last part")
    words = _parameter("q", {"type": "string", "maxLength": 200}, "Beginnings of words")
    limit = _parameter("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 20})
    obligation = _parameter("obligation", _TEXT, "On the page, only these fields")
    profile, vocabulary = "/profiles/{name}", "/vocabularies/{name}"
    return {
        "/profiles": {"get": _get("The profiles", ("text/html", *_JSON), (406,))},
        profile: {"get": _get("A profile; its shapes in RDF", _DOCUMENT, (400, 404, 406), name, level, obligation)},
        f"{profile}/context.jsonld": {"get": _get("JSON-LD context of a profile", (_LD,), (404,), name)},
        f"{profile}/template.ttl": {"get": _get("A blank description", ("text/turtle",), (400, 404), name, level)},
        "/vocabularies": {"get": _get("The vocabularies", ("text/html", *_JSON), (406,))},
        vocabulary: {
            "get": _get(
                "A vocabulary, whole in RDF", _DOCUMENT, (400, 404, 406), name, words, _parameter("page", _NUMBER)
            )
        },
        f"{vocabulary}/search": {"get": _get("Look up concepts", _JSON, (400, 404), name, words, limit)},
        f"{vocabulary}/{{key}}": {"get": _get("A concept", _DOCUMENT, (404, 406), name, key)},
        "/completion/terms": {"get": _get("Prefixes, classes and properties", _JSON)},
        "/completion/concepts": {
            "get": _get("Look up concepts in all vocabularies", _JSON, (400,), {**words, "required": True})
        },
    }


def _service() -> Json:
    page = _parameter("page", _NUMBER)
    return {
        "/catalog{suffix}": {"get": _get("The DCAT feed", _RDF, (400, 404), _suffix(_SUFFIXES), page)},
        "/dump.nt.gz": {"get": _get("Everything in one file", ("application/gzip",))},
        "/.well-known/void": {"get": _get("What is held, counted (VoID)", _RDF, (406,))},
        "/health/live": {"get": _get("Whether the process answers", _JSON)},
        "/health/ready": {"get": _get("Whether everything can be answered", _JSON, (503,))},
        "/openapi.json": {"get": _get("This document", _JSON)},
    }


def _get(summary: str, media_types: Iterable[str], failures: Iterable[int] = (), *parameters: Json) -> Json:
    """An operation that only reads."""
    found = {"200": {"description": "Found", "content": {media_type: {} for media_type in media_types}}}
    return _operation(summary, parameters, found, failures)


def _redirect(summary: str, *parameters: Json) -> Json:
    return _operation(summary, parameters, {"303": {"description": "See there"}}, ())


def _change(
    summary: str, parameters: Iterable[Json], done: Mapping[int, Json], failures: Iterable[int], *, body: bool = True
) -> Json:
    """An operation that needs a token."""
    operation = _operation(summary, parameters, {str(status): words for status, words in done.items()}, failures)
    return {**operation, "security": [{"token": []}], **({"requestBody": _body(_READ)} if body else {})}


def _operation(summary: str, parameters: Iterable[Json], done: Json, failures: Iterable[int]) -> Json:
    refused: Json = {str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(failures)}
    found = list(parameters)
    return {
        "summary": summary,
        **({"parameters": found} if found else {}),
        "responses": {**done, **refused, "default": _failure("A failure that is not named here")},
    }


def _kept(words: str) -> Json:
    return {"description": words, "content": {"application/json": {}}}


def _failure(words: str) -> Json:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}, "text/html": {}}
    return {"description": words, "content": content}


def _problem() -> Json:
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": _TEXT,
            "title": _TEXT,
            "status": {"type": "integer"},
            "detail": {**_TEXT, "description": "What is wrong, and where"},
            "mend": {**_TEXT, "description": "How to mend it"},
        },
    }


def _body(media_types: Iterable[str]) -> Json:
    return {"required": True, "content": {media_type: {} for media_type in media_types}}


def _path(name: str, schema: Json, words: str = "") -> Json:
    return {**_parameter(name, schema, words, where="path"), "required": True}


def _suffix(suffixes: Iterable[str] = (".json", ".xml", ".csv", ".tsv", *_SUFFIXES)) -> Json:
    return _path("suffix", {"type": "string", "enum": list(suffixes)})


def _parameter(name: str, schema: Json, words: str = "", where: str = "query", **more: bool) -> Json:
    return {"name": name, "in": where, "schema": schema, **({"description": words} if words else {}), **more}
