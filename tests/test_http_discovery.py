"""Do machines find the interfaces, and is what is said of them true?"""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from harness import BASE, DCAT, DCT, RDF_TYPE, SERVED, TURTLE, Service, parsed, path_of, subjects, values, wait_for

SD, VOID = "http://www.w3.org/ns/sparql-service-description#", "http://rdfs.org/ns/void#"


@pytest.mark.parametrize("media_type", SERVED)
def test_the_endpoint_describes_itself_to_machines(library: Service, media_type: str) -> None:
    answer = library.get("/sparql", media_type)
    assert (answer.status_code, answer.mimetype) == (200, media_type)
    triples = parsed(answer.data, media_type)
    assert subjects(triples, f"{SD}Service") == {f"{BASE}/sparql#service"}
    assert values(triples, f"{SD}endpoint") == {f"{BASE}/sparql"}
    assert len(values(triples, f"{SD}resultFormat")) == 10
    assert any("30 seconds" in said for said in values(triples, "http://www.w3.org/2000/01/rdf-schema#comment"))


def test_every_graph_that_is_named_can_be_had(library: Service) -> None:
    names = values(library.graph("/sparql"), f"{SD}name")
    assert len(names) > 20
    for name in sorted(names)[:3]:
        assert library.ask(f"GRAPH <{name}> {{ ?s ?p ?o }}")


def test_people_get_the_page(library: Service) -> None:
    assert library.get("/sparql", "text/html").mimetype == "text/html"


def test_void_counts_what_is_there(service: Service) -> None:
    service.publish("one")
    triples = service.graph("/.well-known/void")
    dataset = f"{BASE}/.well-known/void#dataset"
    counted = int(service.rows("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")[0]["n"])
    assert values(triples, f"{VOID}triples", dataset) == {str(counted)}
    part = next(
        t.subject for t in triples if t.predicate.value == f"{VOID}class" and t.object.value == f"{DCAT}Dataset"
    )
    assert values(triples, f"{VOID}entities", part.value) == {"1"}
    title = next(
        t.subject for t in triples if t.predicate.value == f"{VOID}property" and t.object.value == f"{DCT}title"
    )
    titles = service.rows(f"SELECT (COUNT(*) AS ?n) {{ ?s <{DCT}title> ?o }}")[0]["n"]
    assert values(triples, f"{VOID}triples", title.value) == {titles}
    assert values(triples, f"{VOID}exampleResource") == {f"{BASE}/dataset/one"}
    for address in values(triples, f"{VOID}dataDump") | values(triples, f"{VOID}rootResource"):
        assert service.get(path_of(address), TURTLE).status_code == 200


def test_void_follows_what_is_published(service: Service) -> None:
    def datasets() -> set[str]:
        triples = service.graph("/.well-known/void")
        part = [t.subject.value for t in triples if t.object == ox.NamedNode(f"{DCAT}Dataset")]
        return values(triples, f"{VOID}entities", part[0]) if part else set()

    assert datasets() == set()
    service.publish("one")
    wait_for(lambda: datasets() == {"1"})  # at once, or when a twentieth of the time is over


def test_a_catalogue_lists_its_services(library: Service) -> None:
    triples = library.graph("/catalog/health")
    services = values(triples, f"{DCAT}service", f"{BASE}/catalog/health")
    assert f"{BASE}/sparql#service" in services
    for service in services:
        assert ox.Triple(ox.NamedNode(service), RDF_TYPE, ox.NamedNode(f"{DCAT}DataService")) in triples
        (address,) = values(triples, f"{DCAT}endpointURL", service)
        assert library.get(path_of(address), TURTLE).status_code in (200, 400)  # the graph store wants a graph
        (description,) = values(triples, f"{DCAT}endpointDescription", service)
        assert library.get(path_of(description), TURTLE).status_code == 200
