"""Is the endpoint what the SPARQL 1.1 Protocol asks, also through a real server and for clients that hang up?

The W3C's protocol tests (https://www.w3.org/2009/sparql/docs/tests/data-sparql11/protocol/) are requests with the
expected kind of answer; those for queries are here under their names. Excused: their graphs are fetched from the
network, which this service never does, so ours stand for them; the `update_*` tests ask for updates, which are refused,
so only that is tested (`bad_update_*` likewise).
"""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import time
from urllib.parse import quote, urlencode

import pytest
from harness import (
    BASE,
    JSON_LD,
    N_QUADS,
    N_TRIPLES,
    RDF_XML,
    TOKEN,
    TRIG,
    TURTLE,
    LiveServer,
    Service,
    parsed,
    record,
    wait_for,
)
from werkzeug.test import TestResponse

JSON, XML = "application/sparql-results+json", "application/sparql-results+xml"
QUERY, FORM = "application/sparql-query", "application/x-www-form-urlencoded"
ONE, TWO, THREE = (f"{BASE}/dataset/{name}" for name in ("one", "two", "three"))
DATASETS = "SELECT ?d { ?d a <http://www.w3.org/ns/dcat#Dataset> }"
NAMED = "SELECT ?d { GRAPH ?g { ?d a <http://www.w3.org/ns/dcat#Dataset> } }"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
LONG = f"SELECT * {{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i BIND('{'long ' * 100}' AS ?x) }}"


@pytest.fixture
def three(service: Service) -> Service:
    for name in ("one", "two", "three"):
        service.publish(name)
    return service


def found(answer: TestResponse) -> set[str]:
    assert answer.status_code == 200, answer.text
    return {row["d"]["value"] for row in json.loads(answer.data)["results"]["bindings"]}


def asked(service: Service, how: str, query: str, pairs: list[tuple[str, str]]) -> TestResponse:
    """One query with its dataset, in one of the three forms of the protocol."""
    headers = {"Accept": JSON}
    if how == "get":
        return service.client.get(f"/sparql?{urlencode([('query', query), *pairs])}", headers=headers)
    if how == "form":
        body = urlencode([("query", query), *pairs])
        return service.client.post("/sparql", data=body, content_type=FORM, headers=headers)
    address = f"/sparql?{urlencode(pairs)}"
    return service.client.post(address, data=query, content_type=QUERY, headers=headers)


@pytest.mark.parametrize("how", ["get", "form", "direct"])
def test_query_get_post_form_and_post_direct(three: Service, how: str) -> None:
    assert found(asked(three, how, DATASETS, [])) == {ONE, TWO, THREE}


@pytest.mark.parametrize("how", ["get", "form", "direct"])
def test_query_dataset(three: Service, how: str) -> None:
    default, named = "default-graph-uri", "named-graph-uri"
    assert found(asked(three, how, DATASETS, [(default, ONE)])) == {ONE}  # query_dataset_default_graph
    assert found(asked(three, how, DATASETS, [(default, ONE), (default, TWO)])) == {ONE, TWO}  # …_default_graphs
    assert found(asked(three, how, NAMED, [(named, ONE), (named, TWO)])) == {ONE, TWO}  # …_named_graphs
    full = [(default, ONE), (named, TWO)]
    assert found(asked(three, how, DATASETS, full)) == {ONE}  # query_dataset_full
    assert found(asked(three, how, NAMED, full)) == {TWO}
    stated = DATASETS.replace("?d {", f"?d FROM <{ONE}> {{")
    assert found(asked(three, how, stated, [(default, TWO)])) == {TWO}  # query_multiple_dataset
    assert found(asked(three, how, DATASETS, [(default, "https://elsewhere.example/never-fetched")])) == set()


@pytest.mark.parametrize(
    ("query", "media_type"),
    [
        *((DATASETS, media_type) for media_type in (JSON, XML, "text/csv", "text/tab-separated-values")),
        *(("ASK {}", media_type) for media_type in (JSON, XML)),
        *(
            (query, media_type)
            for query in (f"DESCRIBE <{ONE}>", "CONSTRUCT WHERE { ?s a ?o }")
            for media_type in (TURTLE, RDF_XML, N_TRIPLES, JSON_LD, N_QUADS, TRIG)
        ),
    ],
)
def test_query_content_type(three: Service, query: str, media_type: str) -> None:
    answer = three.get(f"/sparql?query={quote(query)}", media_type)
    assert (answer.status_code, answer.mimetype) == (200, media_type)
    if media_type in (TURTLE, RDF_XML, N_TRIPLES, JSON_LD, N_QUADS, TRIG):
        assert parsed(answer.data, media_type)


def test_bad_requests(three: Service) -> None:
    client = three.client
    twice = urlencode([("query", "ASK {}"), ("query", "SELECT * {}")])
    answers = {
        "bad_query_method": (client.put("/sparql", data="ASK {}"), 405),
        "bad_multiple_queries": (client.get(f"/sparql?{twice}", headers={"Accept": JSON}), 400),
        "bad_multiple_queries, form": (client.post("/sparql", data=twice, content_type=FORM), 400),
        "bad_query_wrong_media_type": (client.post("/sparql", data="ASK {}", content_type="text/plain"), 415),
        "bad_query_missing_form_type": (client.post("/sparql", data=urlencode({"query": "ASK {}"})), 415),
        "bad_query_missing_direct_type": (client.post("/sparql", data="ASK {}"), 415),
        "bad_query_non_utf8": (client.post("/sparql", data="ASK {}".encode("utf-16"), content_type=QUERY), 400),
        "bad_query_syntax": (client.get(f"/sparql?query={quote('ASK { ?s ?p')}", headers={"Accept": JSON}), 400),
    }
    assert {name: answer.status_code for name, (answer, _) in answers.items()} == {
        name: status for name, (_, status) in answers.items()
    }
    assert answers["bad_query_syntax"][0].json["line"] == 1
    assert "GET" in answers["bad_query_method"][0].headers["Allow"]


# Conditions, compression, other methods


def test_an_answer_is_asked_for_again_only_when_something_has_changed(three: Service) -> None:
    address = f"/sparql?query={quote(DATASETS)}"
    first = three.get(address, JSON)
    tag = first.headers["ETag"]
    assert three.get(address, JSON, If_None_Match=tag).status_code == 304
    assert three.get(address, XML, If_None_Match=tag).status_code == 200
    assert three.get(address + "%20", JSON, If_None_Match=tag).status_code == 200
    three.publish("four")
    again = three.get(address, JSON, If_None_Match=tag)
    assert (again.status_code, again.headers["ETag"] != tag) == (200, True)


@pytest.mark.parametrize("call", ["NOW()", "rand()", "UUID()", "STRUUID()", "BNODE()"])
def test_what_differs_each_time_has_no_tag(library: Service, call: str) -> None:
    answer = library.get(f"/sparql?query={quote(f'SELECT ({call} AS ?x) {{}}')}", JSON)
    assert (answer.status_code, answer.headers.get("ETag")) == (200, None)


def test_an_answer_is_compressed_for_who_takes_it(library: Service) -> None:
    address = f"/sparql?query={quote(DATASETS)}"
    plain, packed = library.get(address, JSON), library.get(address, JSON, Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(packed.data)) == json.loads(plain.data)
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept, Accept-Encoding"


def test_head_has_the_headers_of_get_and_no_body(library: Service) -> None:
    address = f"/sparql?query={quote(DATASETS)}"
    get, head = library.get(address, JSON), library.client.head(address, headers={"Accept": JSON})
    assert head.data == b""
    names = ("Content-Type", "ETag", "Access-Control-Allow-Origin", "Vary")
    assert [head.headers[name] for name in names] == [get.headers[name] for name in names]


# Through a real server


def test_a_client_that_hangs_up_frees_the_process_within_a_second(server: LiveServer) -> None:
    server.settings |= {"query_workers": "1", "query_seconds": "30"}
    server.start()
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        request = f"GET /sparql?query={quote(ENDLESS)} HTTP/1.1\r\nHost: h\r\nAccept: {JSON}\r\n\r\n"
        connection.sendall(request.encode())
        time.sleep(0.5)
    start = time.monotonic()
    answer = server.request("GET", f"/sparql?query={quote('ASK {}')}", Accept=JSON)
    assert answer.status == 200
    assert time.monotonic() - start < 1


def test_a_result_that_is_cut_off_cannot_be_taken_for_complete(server: LiveServer) -> None:
    server.settings |= {"query_workers": "1", "query_result_bytes": "3000000"}
    server.start()
    server.request("POST", "/datasets", record("one").encode(), token=TOKEN, Content_Type=TURTLE)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", f"/sparql?query={quote(LONG)}", headers={"Accept": JSON})
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Transfer-Encoding"]) == (200, "chunked")
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        answer.read()
    connection.close()
    wait_for(lambda: "result left unfinished" in server.log.read_text())  # lines are written together


def test_one_client_cannot_take_what_all_need(server: LiveServer) -> None:
    server.settings |= {"query_workers": "1", "query_per_client": "1", "query_seconds": "3"}
    server.start()
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        request = f"GET /sparql?query={quote(ENDLESS)} HTTP/1.1\r\nHost: h\r\nAccept: {JSON}\r\n\r\n"
        connection.sendall(request.encode())
        time.sleep(0.5)
        answer = server.request("GET", f"/sparql?query={quote('ASK {}')}", Accept=JSON)
        assert (answer.status, answer.json()["setting"]) == (429, "query_per_client")
        assert int(answer.headers["Retry-After"]) >= 1
