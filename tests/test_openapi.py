"""Does /openapi.json describe what the service does?

The document is validated against the OpenAPI 3.1 schema; each address in it is asked; each route stands in it.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from harness import BASE, TOKEN, TURTLE, Service, bearer, invalid, record

pytest.importorskip("openapi_spec_validator", reason="openapi-spec-validator is not installed")

from openapi_spec_validator import OpenAPIV31SpecValidator

from catalogue.sparql.formats import GRAPHS

# Addresses that programs have no use for.
PEOPLE = {"/favicon.ico", "/robots.txt", "/static/{filename}"}
METHODS = {"get", "put", "post", "delete"}
GRAPH = "/sparql?query=CONSTRUCT+WHERE+{+?s+a+?c+}+LIMIT+1"
# Something that is there, for each part of an address; parameters without which there is no answer.
PARTS = {
    "kind": "dataset",
    "name": "asthma-air-quality-lombardia",
    "slug": "asthma-air-quality-lombardia",
    "suffix": ".ttl",
    "key": "IMG1000038",
}
NAMES = {"/profiles/": "eucaim-2", "/vocabularies/": "eucaim-modality", "/query/": "datasets-per-tier"}
NEEDED = {
    "/sparql": "?query=ASK+{}",
    "/sparql{suffix}": GRAPH.removeprefix("/sparql"),
    "/rdf-graph-store": f"?graph={BASE}/dataset/asthma-air-quality-lombardia",
    "/completion/concepts": "?q=prostate",
}


@pytest.fixture(scope="module")
def document(library: Service) -> dict[str, Any]:
    """The document as it is served."""
    answer = library.get("/openapi.json")
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    return dict(json.loads(answer.data))


def address(path: str) -> str:
    """A documented address with something that is there in its braces."""
    name = next((name for start, name in NAMES.items() if path.startswith(start)), PARTS["name"])
    filled = re.sub(r"\{(\w+)\}", lambda part: {**PARTS, "name": name}[part[1]], path)
    return filled + NEEDED.get(path, "")


def media_types(operation: dict[str, Any], status: str) -> list[str]:
    """In which formats an operation answers with a status."""
    return list(operation["responses"][status].get("content", {}))


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Every address, method and operation."""
    return [(p, m, o) for p, item in document["paths"].items() for m, o in item.items() if m in METHODS]


def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []
    assert document["openapi"].startswith("3.1.")
    assert document["servers"] == [{"url": BASE}]


def test_every_route_is_documented_or_for_people_only(library: Service, document: dict[str, Any]) -> None:
    known = {(path, method) for path, method, _ in operations(document)}
    missing = set()
    for rule in library.client.application.url_map.iter_rules():
        path = re.sub(r"<(?:[^<>:]*:)?(\w+)>", r"{\1}", rule.rule)
        for method in {each.lower() for each in rule.methods or ()} & METHODS:
            if path not in PEOPLE and (path, method) not in known:
                missing.add((path, method))
    assert missing == set()


def test_each_reading_address_answers_in_each_format_that_is_said(library: Service, document: dict[str, Any]) -> None:
    wrong = []
    for path, method, operation in operations(document):
        if method != "get" or "200" not in operation["responses"]:
            continue
        for media_type in media_types(operation, "200"):
            asked = address(path)
            if "{suffix}" in path and media_type != TURTLE:
                continue  # the suffix fixes the format
            if path.startswith("/query/") and "{" not in path and media_type != "text/csv":
                continue  # /query/{name} stands for all of them
            if path == "/sparql" and media_type in GRAPHS:
                asked = GRAPH
            answer = library.get(asked, media_type)
            if (answer.status_code, answer.content_type.partition(";")[0]) != (200, media_type):
                wrong.append((asked, media_type, answer.status_code, answer.content_type))
    assert wrong == []


def test_what_cannot_be_is_refused_with_the_statuses_and_the_document_that_are_said(
    library: Service, document: dict[str, Any]
) -> None:
    """An unknown format, an unknown parameter's value, something that is not there."""
    schema = document["components"]["schemas"]["Problem"]
    asked = 0
    for path, method, operation in operations(document):
        if method != "get" or "{suffix}" in path:  # which fixes the format
            continue
        tries = {"406": library.get(address(path), "image/png")}
        if "{name}" in path:
            tries["404"] = library.get(re.sub(r"\{\w+\}", "dataset", path), TURTLE)
        for status, answer in tries.items():
            if status in operation["responses"]:
                asked += 1
                assert (str(answer.status_code), answer.content_type) == (status, "application/problem+json"), path
                assert set(schema["required"]) <= json.loads(answer.data).keys()
    assert asked > 60


def test_each_named_query_is_documented_with_its_parameters(library: Service, document: dict[str, Any]) -> None:
    listed = json.loads(library.get("/query", "application/json").data)["queries"]
    for query in listed:
        operation = document["paths"][f"/query/{query['name']}"]["get"]
        told = {each["name"]: each for each in operation.get("parameters", [])}
        assert list(told) == [parameter["name"] for parameter in query["parameters"]]
        for name, parameter in told.items():
            answer = library.get(f"/query/{query['name']}?{name}=%22%0Ax")
            assert (answer.status_code, json.loads(answer.data)["parameter"]) == (400, name)
            assert parameter["schema"]["type"] in ("integer", "string")


def test_changes_need_a_token_and_answer_as_said(service: Service, document: dict[str, Any]) -> None:
    submit = document["paths"]["/datasets"]["post"]
    change = document["paths"]["/{kind}/{name}"]
    put, delete = change["put"], change["delete"]
    made = service.submit(record("told"))
    path = "/dataset/told"
    statuses = {
        "post": [made, service.submit(record("other"), token=None), service.submit(invalid("wrong"))],
        "put": [service.put(path, record("told")), service.put(path, record("told"), '"old"')],
        "delete": [service.client.delete(path, headers=bearer(TOKEN)), service.withdraw(path)],
    }
    for operation, answers in ((submit, "post"), (put, "put"), (delete, "delete")):
        assert operation["security"] == [{"token": []}]
        for answer in statuses[answers]:
            assert str(answer.status_code) in operation["responses"], (answers, answer.status_code)
    assert [[a.status_code for a in each] for each in statuses.values()] == [[201, 401, 422], [428, 412], [428, 204]]
    for media_type in submit["requestBody"]["content"]:
        assert service.submit("", content_type=media_type).status_code == 400
    assert service.submit("", content_type="text/csv").status_code == 415


def test_a_description_is_validated_as_said(library: Service, document: dict[str, Any]) -> None:
    operation = document["paths"]["/validate"]["post"]
    for media_type in media_types(operation, "200"):
        answer = library.client.post(
            "/validate", data=record("told"), content_type=TURTLE, headers={"Accept": media_type}
        )
        assert (answer.status_code, answer.content_type.partition(";")[0]) == (200, media_type)
    refused = library.client.post("/validate", data="x", content_type="text/csv")
    assert str(refused.status_code) in operation["responses"]


def test_a_query_may_be_posted_as_said(library: Service, document: dict[str, Any]) -> None:
    operation = document["paths"]["/sparql"]["post"]
    query = "SELECT * { ?s ?p ?o } LIMIT 1"
    bodies: dict[str, Any] = {
        "application/x-www-form-urlencoded": {"query": query},
        "application/sparql-query": query,
    }
    assert set(operation["requestBody"]["content"]) == set(bodies)
    for media_type, body in bodies.items():
        answer = library.client.post("/sparql", data=body, content_type=media_type, headers={"Accept": "text/csv"})
        assert answer.status_code == 200, answer.text
    assert library.client.post("/sparql", data="x", content_type="text/csv").status_code == 415
