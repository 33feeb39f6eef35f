"""Does the catalogue run on a SPARQL server of another make, and come through its loss?

A real Apache Jena Fuseki over TDB2, started here. Its jar is named by FUSEKI_JAR, or stands where `make fuseki` puts
it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from harness import BASE, DCT, N_TRIPLES, Opener, Service, free_port, record, values, wait_for

from catalogue.errors import Conflict, Unavailable
from catalogue.store import Endpoint, NamedGraph, RemoteStore

JAR = Path(
    os.environ.get("FUSEKI_JAR") or Path(__file__).parents[1] / "build" / "fuseki" / "jena-fuseki-server-5.2.0.jar"
)
JSON = "application/sparql-results+json"
DATASETS = "SELECT ?d { ?d a <http://www.w3.org/ns/dcat#Dataset> } ORDER BY ?d"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"

pytestmark = pytest.mark.skipif(
    not JAR.is_file() or shutil.which("java") is None, reason="no Fuseki here: `make fuseki` fetches it"
)


class Fuseki:
    """A server that can be stopped hard and started again on the same data."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/ds"

    def start(self) -> None:
        data = self.folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        command = [
            "java",
            "-Xmx512m",
            "-jar",
            str(JAR),
            "--localhost",
            f"--port={self.port}",
            "--update",
            "--timeout=5000",
        ]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--tdb2", f"--loc={data}", "/ds"],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=os.environ | {"FUSEKI_BASE": str(self.folder / "base")},
            )
        wait_for(self._answers, 60)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}?query=ASK%7B%7D", timeout=2):
                return True
        except OSError:
            return False


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuseki]:
    fuseki = Fuseki(tmp_path_factory.mktemp("fuseki"))
    fuseki.start()
    yield fuseki
    fuseki.kill()


@pytest.fixture
def fuseki(machine: Fuseki) -> Fuseki:
    """The server with an empty dataset."""
    body = b"update=CLEAR+ALL"
    with urllib.request.urlopen(urllib.request.Request(f"{machine.address}/update", body), timeout=20):
        return machine


@pytest.fixture
def service(opened: Opener, fuseki: Fuseki) -> Iterator[Service]:
    """A catalogue whose store is that server."""
    with opened(store=fuseki.address, store_update=f"{fuseki.address}/update", query_seconds=10) as service:
        yield service


def found(service: Service) -> list[str]:
    return [row["d"] for row in service.rows(DATASETS)]


def test_what_is_published_is_found_there_and_what_is_withdrawn_is_not(service: Service) -> None:
    service.publish("one")
    path = service.publish("two")
    assert found(service) == [f"{BASE}/dataset/one", f"{BASE}/dataset/two"]
    service.withdraw(path)
    assert found(service) == [f"{BASE}/dataset/one"]
    assert service.submit(record("secret"), "?state=draft").status_code == 201
    assert found(service) == [f"{BASE}/dataset/one"]


def test_the_default_graph_is_the_merge_of_all_graphs(service: Service) -> None:
    service.publish("one")
    service.publish("two", title="Another")
    ours = "GRAPH ?g { ?s ?p ?o } FILTER(!STRSTARTS(STR(?g), 'urn:health-catalogue:store'))"
    named = service.rows(f"SELECT (COUNT(*) AS ?n) {{ SELECT DISTINCT ?s ?p ?o {{ {ours} }} }}")
    assert named == service.rows("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")


def test_graphs_formats_and_errors_are_as_with_the_embedded_store(service: Service) -> None:
    service.publish("one")
    service.publish("two")
    one, two = f"{BASE}/dataset/one", f"{BASE}/dataset/two"
    count = "SELECT (COUNT(*) AS ?n) FROM <%s> FROM <%s> { ?s ?p ?o }"
    assert int(service.rows(count % (one, one))[0]["n"]) < int(service.rows(count % (one, two))[0]["n"])
    for media_type in ("text/csv", "application/sparql-results+xml", JSON):
        assert service.get(f"/sparql?query={quote(DATASETS)}", media_type).mimetype == media_type
    assert values(service.graph(f"/sparql?query={quote(f'DESCRIBE <{one}>')}"), f"{DCT}title")
    assert service.graph(f"/rdf-graph-store?graph={quote(one)}") == service.graph("/dataset/one")
    assert service.get(f"/sparql?query={quote('SELECT * { ?s ?p')}", JSON).status_code == 400
    assert service.get(f"/sparql?query={quote('SELECT * { SERVICE <http://x/> {} }')}", JSON).status_code == 400


def test_a_query_without_end_is_ended_at_the_deadline(opened: Opener, fuseki: Fuseki) -> None:
    with opened(store=fuseki.address, store_update=f"{fuseki.address}/update", query_seconds=2) as service:
        start = time.monotonic()
        answer = service.get(f"/sparql?query={quote(ENDLESS)}", JSON)
        assert (answer.status_code, answer.json["setting"]) == (503, "query_seconds")
        assert time.monotonic() - start < 4
        assert found(service) == []


def test_the_loss_of_the_server_is_told_and_made_up_for(service: Service, fuseki: Fuseki) -> None:
    service.publish("one")
    assert found(service) == [f"{BASE}/dataset/one"]
    fuseki.kill()
    try:
        service.publish("two")  # the ledger takes it
        answer = service.get(f"/sparql?query={quote(DATASETS)}", JSON)
        assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
        assert service.get("/health/ready").status_code == 503
        assert service.get("/dataset/two", N_TRIPLES).status_code == 200
    finally:
        fuseki.start()
    wait_for(lambda: service.get("/health/ready").status_code == 200)
    assert found(service) == [f"{BASE}/dataset/one", f"{BASE}/dataset/two"]


def test_a_store_that_is_behind_is_brought_up_and_one_that_is_ahead_filled_anew(opened: Opener, fuseki: Fuseki) -> None:
    settings = {"store": fuseki.address, "store_update": f"{fuseki.address}/update"}
    with opened(**settings) as service:
        service.publish("one")
    with opened() as service:  # the embedded store meanwhile
        service.publish("two")
    with opened(**settings) as service:
        assert found(service) == [f"{BASE}/dataset/one", f"{BASE}/dataset/two"]
    store = RemoteStore(Endpoint(fuseki.address, f"{fuseki.address}/update"), seconds=20)
    store.apply([NamedGraph(f"{BASE}/dataset/stray", b"<urn:a> <urn:b> <urn:c> .\n")], position=10_000)
    with opened(**settings) as service:
        assert found(service) == [f"{BASE}/dataset/one", f"{BASE}/dataset/two"]
        assert not service.ask("<urn:a> ?p ?o")


def test_a_dataset_that_holds_other_data_is_left_alone(fuseki: Fuseki) -> None:
    body = b"update=" + quote("INSERT DATA { <urn:mine> <urn:is> 'precious' }").encode()
    urllib.request.urlopen(urllib.request.Request(f"{fuseki.address}/update", body), timeout=20).close()
    store = RemoteStore(Endpoint(fuseki.address, f"{fuseki.address}/update"), seconds=20)
    with pytest.raises(Conflict, match="not written"):
        _ = store.position
    with urllib.request.urlopen(f"{fuseki.address}?query={quote('ASK { <urn:mine> ?p ?o }')}", timeout=20) as answer:
        assert b"<boolean>true</boolean>" in answer.read()


def test_a_password_is_sent_to_that_server_only_and_never_shown(fuseki: Fuseki) -> None:
    endpoint = Endpoint(f"http://127.0.0.1:{free_port()}/ds", "http://127.0.0.1:1/", "me", "very-secret")
    assert "very-secret" not in repr(endpoint)
    with pytest.raises(Unavailable) as caught:
        _ = RemoteStore(endpoint, seconds=1).position
    assert "very-secret" not in str(caught.value.what)
