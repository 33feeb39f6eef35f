"""Does the SPARQL endpoint see what is published, at once, and nothing else?"""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

import pyoxigraph as ox
import pytest
from harness import BASE, DCAT, SERVED, SHARED_AGENT, TOKEN, Service, bearer, parsed, record

COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?s a <http://www.w3.org/ns/dcat#Dataset> }"
JSON = "application/sparql-results+json"
AGENT = "http://xmlns.com/foaf/0.1/Agent"


def count(answer: object) -> int:
    """The only number of a result."""
    return int(json.loads(answer.data)["results"]["bindings"][0]["n"]["value"])  # type: ignore[attr-defined]


def test_all_three_forms_of_request_answer_alike(library: Service) -> None:
    accept = {"Accept": JSON}
    answers = [
        library.client.get("/sparql", query_string={"query": COUNT}, headers=accept),
        library.client.post("/sparql", data={"query": COUNT}, headers=accept),
        library.client.post("/sparql", data=COUNT, content_type="application/sparql-query", headers=accept),
    ]

    total = library.get("/datasets", "application/json").json["total"]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert [count(answer) for answer in answers] == [total] * 3
    assert {answer.headers["Content-Type"] for answer in answers} == {JSON}


TABLES = [
    JSON,
    "application/sparql-results+xml",
    "text/csv; charset=utf-8",
    "text/tab-separated-values; charset=utf-8",
]


@pytest.mark.parametrize("content_type", TABLES)
def test_a_table_comes_in_every_format_of_the_standard(library: Service, content_type: str) -> None:
    query = f"SELECT ?s WHERE {{ ?s a <{DCAT}Catalog> }}"

    answer = library.get(f"/sparql?{urlencode({'query': query})}", content_type.partition(";")[0])

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, content_type)
    assert f"{BASE}/catalog/health" in answer.text


@pytest.mark.parametrize("content_type", TABLES[:2])
def test_a_truth_value_comes_in_json_and_xml(library: Service, content_type: str) -> None:
    answer = library.get("/sparql?query=ASK%7B%7D", content_type)

    assert bool(ox.parse_query_results(answer.data, format=ox.QueryResultsFormat.from_media_type(content_type)))


@pytest.mark.parametrize("media_type", SERVED)
def test_a_graph_comes_in_every_format(library: Service, media_type: str) -> None:
    query = f"CONSTRUCT WHERE {{ ?s a <{DCAT}Catalog> }}"

    answer = library.get(f"/sparql?{urlencode({'query': query})}", media_type)

    assert answer.status_code == 200
    assert len(parsed(answer.data, answer.headers["Content-Type"])) == 4


def test_what_cannot_be_had_is_answered_with_what_can(library: Service) -> None:
    answer = library.get(f"/sparql?{urlencode({'query': COUNT})}", "image/png")

    assert answer.status_code == 406
    assert JSON in answer.json["available"]


# -- what is there ---------------------------------------------------------------------------------------------------


def test_an_agent_that_several_datasets_share_is_counted_once(service: Service) -> None:
    for name in ("one", "two", "three"):
        service.publish(name)

    statements = service.rows(f"SELECT (COUNT(*) AS ?n) WHERE {{ <{SHARED_AGENT}> a <{AGENT}> }}")
    names = service.rows(
        f"SELECT ?d ?name WHERE {{ ?d a <{DCAT}Dataset> ; <http://purl.org/dc/terms/publisher>/"
        "<http://xmlns.com/foaf/0.1/name> ?name }"
    )
    graphs = service.rows(f"SELECT ?g WHERE {{ GRAPH ?g {{ <{SHARED_AGENT}> a <{AGENT}> }} }}")

    assert statements == [{"n": "1"}]
    assert len(names) == 3
    assert {row["g"] for row in graphs} == {f"{BASE}/dataset/{name}" for name in ("one", "two", "three")}


def test_a_shared_agent_stays_until_the_last_dataset_lets_it_go(service: Service) -> None:
    service.publish("one")
    service.publish("two")

    service.withdraw("/dataset/one")
    still = service.ask(f"<{SHARED_AGENT}> a <{AGENT}>")
    service.withdraw("/dataset/two")

    assert still
    assert not service.ask(f"<{SHARED_AGENT}> ?p ?o")


def test_the_default_graph_is_the_merge_of_all_graphs(library: Service) -> None:
    merged = library.rows("SELECT (COUNT(*) AS ?n) WHERE { { SELECT DISTINCT ?s ?p ?o { GRAPH ?g { ?s ?p ?o } "
                          "FILTER(?g != <urn:health-catalogue:store>) } } }")  # fmt: skip

    assert library.rows("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }") == merged


def test_every_change_is_seen_by_the_next_query(service: Service) -> None:
    def titles() -> list[str]:
        rows = service.rows(f"SELECT ?t WHERE {{ ?s a <{DCAT}Dataset> ; <http://purl.org/dc/terms/title> ?t }}")
        return sorted(row["t"] for row in rows)

    seen = [titles()]
    service.publish("one")
    seen.append(titles())
    service.submit(record("two") + record("three"))
    seen.append(titles())
    service.put("/dataset/one", record("one", title="Another"), "*")
    seen.append(titles())
    service.withdraw("/dataset/two")
    seen.append(titles())

    assert seen == [
        [],
        ["Visits one"],
        ["Visits one", "Visits three", "Visits two"],
        ["Another", "Visits three", "Visits two"],
        ["Another", "Visits three"],
    ]


def test_the_catalogue_record_can_be_queried(service: Service) -> None:
    service.publish("one")

    rows = service.rows(
        f"SELECT ?r ?p WHERE {{ GRAPH <{BASE}/record/dataset/one> {{ ?r <http://xmlns.com/foaf/0.1/primaryTopic> "
        f"<{BASE}/dataset/one> ; <http://purl.org/dc/terms/conformsTo> ?p }} }}"
    )

    assert rows == [{"r": f"{BASE}/record/dataset/one", "p": f"{BASE}/profiles/healthdcat-ap-8"}]


def test_labels_of_concepts_come_from_the_vocabularies(library: Service) -> None:
    rows = library.rows(
        f"SELECT DISTINCT ?label WHERE {{ ?d a <{DCAT}Dataset> ; <http://purl.org/dc/terms/accessRights>/"
        '<http://www.w3.org/2004/02/skos/core#prefLabel> ?label FILTER(LANG(?label) = "en") }'
    )

    assert {"restricted", "public"} & {row["label"].lower() for row in rows}


def test_a_query_may_choose_its_graphs(service: Service) -> None:
    service.publish("one")
    service.publish("two")
    one, two = f"{BASE}/dataset/one", f"{BASE}/dataset/two"

    def number(query: str, **graphs: list[str]) -> int:
        pairs = [
            ("query", query),
            *((name.replace("_", "-"), iri) for name, iris in graphs.items() for iri in iris),
        ]
        return count(service.get(f"/sparql?{urlencode(pairs)}", JSON))

    from_one = number(COUNT.replace("WHERE", f"FROM <{one}> WHERE"))
    from_both = number(COUNT.replace("WHERE", f"FROM <{one}> FROM <{two}> WHERE"))
    by_protocol = number(COUNT, default_graph_uri=[two])
    named = number(
        COUNT.replace("WHERE", f"FROM NAMED <{one}> WHERE").replace("{ ?s", "{ GRAPH ?g { ?s").replace(" }", " } }")
    )

    assert [from_one, from_both, by_protocol, named] == [1, 2, 1, 1]


# -- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "update",
    [
        "INSERT DATA { <urn:a> <urn:b> <urn:c> }",
        "DELETE WHERE { ?s ?p ?o }",
        "CLEAR ALL",
        "LOAD <http://127.0.0.1:9/>",
    ],
)
def test_an_update_is_refused_in_every_form_and_changes_nothing(library: Service, update: str) -> None:
    headers = bearer(TOKEN) | {"Accept": "application/json"}
    answers = [
        library.client.get("/sparql", query_string={"query": update}, headers=headers),
        library.client.post("/sparql", data={"update": update}, headers=headers),
        library.client.post("/sparql", data={"query": update}, headers=headers),
        library.client.post("/sparql", data=update, content_type="application/sparql-query", headers=headers),
        library.client.post("/sparql", data=update, content_type="application/sparql-update", headers=headers),
    ]

    assert [answer.status_code for answer in answers] == [400] * 5
    assert not library.ask("<urn:a> ?p ?o")
    assert library.ask(f"?s a <{DCAT}Catalog>")


@pytest.mark.parametrize("where", ["SERVICE <http://127.0.0.1:9/> { ?s ?p ?o }", "SERVICE SILENT ?x { ?s ?p ?o }"])
def test_a_federated_query_is_refused(library: Service, where: str) -> None:
    answer = library.get(f"/sparql?query={quote(f'SELECT * WHERE {{ {where} }}')}", "application/json")

    assert answer.status_code == 400
    assert "SERVICE" in answer.json["detail"]


@pytest.mark.parametrize("query", ["SELECT * WHERE {", "SELEKT ?s {}", "ASK { ?s ?p }", "ASK { ex:a ?p ?o }"])
def test_a_malformed_query_is_told_where(library: Service, query: str) -> None:
    answer = library.get(f"/sparql?query={quote(query)}", "application/json")

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "line 1" in answer.json["detail"] or answer.json.get("line") == 1


def test_no_query_is_told_how_to_send_one(library: Service) -> None:
    answer = library.get("/sparql", "application/json")

    assert answer.status_code == 400
    assert "query" in answer.json["mend"]


def test_a_query_that_is_not_utf8_is_refused(library: Service) -> None:
    answer = library.client.post("/sparql", data=b"ASK { \xff }", content_type="application/sparql-query")

    assert answer.status_code == 400


def test_a_query_that_is_too_long_is_refused_with_limit_and_setting(library: Service) -> None:
    query = f"ASK {{ ?s ?p '{'x' * 100_000}' }}"
    for sent in ({"data": {"query": query}}, {"data": query, "content_type": "application/sparql-query"}):
        answer = library.client.post("/sparql", **sent)  # type: ignore[arg-type]
        assert answer.status_code == 413
        assert (answer.json["limit"], answer.json["setting"]) == (100_000, "query_bytes")


def test_any_page_may_ask(library: Service) -> None:
    preflight = library.client.options("/sparql", headers={"Origin": "https://a.example"})

    assert preflight.status_code == 204
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert library.get("/sparql?query=ASK%7B%7D", JSON).headers["Access-Control-Allow-Origin"] == "*"


# -- the page --------------------------------------------------------------------------------------------------------


def test_the_page_shows_form_and_result(library: Service) -> None:
    empty = library.get("/sparql", "text/html")
    query = f"SELECT ?c WHERE {{ ?c a <{DCAT}Catalog> }}"
    full = library.get(f"/sparql?query={quote(query)}", "text/html")
    graph = library.get(f"/sparql?query={quote(query.replace('SELECT ?c', 'CONSTRUCT'))}", "text/html")
    truth = library.get("/sparql?query=ASK%7B%7D", "text/html")

    assert [page.status_code for page in (empty, full, graph, truth)] == [200] * 4
    assert "<textarea" in empty.text
    assert 'href="/catalog/health"' in full.text
    assert f"{BASE}/catalog/health" in graph.text


def test_the_page_tells_what_is_wrong_with_a_query_and_shows_it_as_text(library: Service) -> None:
    page = library.get(f"/sparql?query={quote('SELECT <script>alert(1)</script> {')}", "text/html")

    assert page.status_code == 400
    assert "<script>alert(1)" not in page.text
    assert "SELECT &lt;script&gt;" in page.text


def test_a_value_on_the_page_is_shown_as_text(service: Service) -> None:
    service.publish("one", title="<script>alert(1)</script>")
    query = f"SELECT * WHERE {{ <{BASE}/dataset/one> ?p ?o }}"

    pages = [
        service.get(f"/sparql?query={quote(query)}", "text/html").text,
        service.get("/dataset/one", "text/html").text,
        service.get("/datasets", "text/html").text,
        service.get("/catalog/default", "text/html").text,
        service.get("/", "text/html").text,
    ]

    assert all("&lt;script&gt;" in page and "<script>alert" not in page for page in pages)
