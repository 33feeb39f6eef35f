"""Does a client of the SPARQL 1.1 Graph Store Protocol find and change graphs as it expects, and no more?"""

from __future__ import annotations

from urllib.parse import quote

import pytest
from harness import BASE, DCT, N_TRIPLES, SERVED, TOKEN, TURTLE, Service, bearer, invalid, parsed, record, values
from werkzeug.test import TestResponse

STORE = "/rdf-graph-store"


def graph(iri: str) -> str:
    return f"{STORE}?graph={quote(iri, safe='')}"


def sent(service: Service, method: str, address: str, data: str = "", token: str | None = TOKEN) -> TestResponse:
    return service.client.open(address, method=method, data=data, content_type=TURTLE, headers=bearer(token))


ONE = f"{BASE}/dataset/one"


@pytest.mark.parametrize("media_type", SERVED)
def test_a_published_graph_can_be_had_in_every_format(service: Service, media_type: str) -> None:
    service.publish("one")
    assert parsed(service.get(graph(ONE), media_type).data, media_type) == service.graph("/dataset/one")


def test_records_of_the_catalogue_and_vocabularies_are_graphs_too(library: Service) -> None:
    scheme = library.catalogue.vocabularies.schemes[0].iri
    for iri in (f"{BASE}/record/catalog/health", scheme):
        assert library.graph(graph(iri))


def test_the_default_graph_is_everything(service: Service) -> None:
    service.publish("one")
    whole = service.graph(f"{STORE}?default")
    assert service.graph("/dataset/one") <= whole
    assert len(whole) == int(service.rows("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")[0]["n"])


def test_head_has_the_headers_of_get(service: Service) -> None:
    service.publish("one")
    head = service.client.head(graph(ONE), headers={"Accept": N_TRIPLES})
    assert (head.status_code, head.mimetype, head.data) == (200, N_TRIPLES, b"")
    again = service.get(graph(ONE), N_TRIPLES, If_None_Match=head.headers["ETag"])
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (graph("https://elsewhere.example/"), 404),
        (graph(f"{BASE}/dataset/nobody"), 404),
        (graph("not an IRI"), 400),
        (graph("urn:x> { } } #"), 400),
        (STORE, 400),
        (f"{STORE}?default&graph=urn:a", 400),
    ],
)
def test_what_is_not_there_or_not_asked_well(library: Service, address: str, status: int) -> None:
    assert library.get(address, TURTLE).status_code == status


def test_a_draft_is_no_graph(service: Service) -> None:
    assert service.submit(record("secret"), "?state=draft").status_code == 201
    assert service.get(graph(f"{BASE}/dataset/secret"), TURTLE).status_code == 404


def test_put_makes_and_replaces_a_record(service: Service) -> None:
    assert sent(service, "PUT", graph(ONE), record("one")).status_code == 201
    assert sent(service, "PUT", graph(ONE), record("one", title="Renamed")).status_code == 200
    assert values(service.graph("/dataset/one"), f"{DCT}title", ONE) == {"Renamed"}


def test_post_adds_to_a_record(service: Service) -> None:
    service.publish("one")
    more = f'<{ONE}> <{DCT}description> "Auch auf Deutsch."@de .'
    assert sent(service, "POST", graph(ONE), more).status_code == 200
    said = values(service.graph("/dataset/one"), f"{DCT}description", ONE)
    assert "Auch auf Deutsch." in said
    assert len(said) > 1


def test_post_without_a_graph_submits(service: Service) -> None:
    answer = sent(service, "POST", STORE, record("one"))
    assert (answer.status_code, answer.headers["Location"]) == (201, ONE)


def test_delete_withdraws(service: Service) -> None:
    service.publish("one")
    assert sent(service, "DELETE", graph(ONE)).status_code == 204
    assert service.get("/dataset/one", TURTLE).status_code == 410
    assert service.get(graph(ONE), TURTLE).status_code == 410
    assert sent(service, "DELETE", graph(ONE)).status_code == 410


def test_the_same_rules_hold_as_elsewhere(service: Service) -> None:
    service.publish("one")
    holder = service.token("somebody")
    assert sent(service, "PUT", graph(ONE), record("one"), None).status_code == 401
    assert sent(service, "PUT", graph(ONE), record("one"), holder).status_code == 403
    assert sent(service, "DELETE", graph(ONE), token=holder).status_code == 403
    assert sent(service, "PUT", graph(f"{BASE}/dataset/two"), invalid("two")).status_code == 422
    stale = service.client.put(
        graph(ONE), data=record("one"), content_type=TURTLE, headers=bearer(TOKEN) | {"If-Match": '"old-any"'}
    )
    assert stale.status_code == 412


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
@pytest.mark.parametrize("address", [f"{STORE}?default", graph(f"{BASE}/record/dataset/one"), graph("urn:any")])
def test_only_records_are_changed(service: Service, method: str, address: str) -> None:
    assert sent(service, method, address, record("one")).status_code == 403
