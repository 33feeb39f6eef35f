"""Does the store follow the ledger whatever happens to it?"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import threading
from pathlib import Path

import pytest
from harness import BASE, COMMAND, DCAT, TOKEN, LiveServer, Opener, Service, record, wait_for

from catalogue.errors import CatalogueError
from catalogue.model import EventKind
from catalogue.rdf import media
from catalogue.rdf.parse import parse
from catalogue.services import Catalogue
from catalogue.services.submitting import Options, submit

DATASETS = f"SELECT ?d WHERE {{ ?d a <{DCAT}Dataset> }}"


def names(service: Service) -> list[str]:
    """The datasets that SPARQL knows."""
    return sorted(row["d"].rpartition("/")[2] for row in service.rows(DATASETS))


def everything(service: Service) -> list[tuple[str, ...]]:
    """Every statement of every graph but the store's own."""
    rows = service.rows(
        "SELECT ?g ?s ?p ?o WHERE { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } "
        f"FILTER(!BOUND(?g) || STRSTARTS(STR(?g), '{BASE}/')) FILTER(STRSTARTS(STR(?s), '{BASE}/')) }}"
    )
    return sorted(tuple(row.get(name, "") for name in ("g", "s", "p", "o")) for row in rows)


def write_from_another_process(service: Service, *texts: str) -> None:
    """Publish past the service, as `catalogue submit` does."""
    with Catalogue.open(service.catalogue.settings) as other:
        for text in texts:
            triples = parse(text.encode(), media.TURTLE, base_iri=f"{BASE}/", limits=other.limits)
            assert [o.status for o in submit(other, triples, other.system(), Options())] == ["published"]


def damage(store: Path) -> None:
    """Overwrite every file of the generation in use with junk."""
    files = [path for path in store.glob("generation-*/*") if path.is_file()]
    assert files
    for path in files:
        path.write_bytes(b"junk" * 50)


def test_the_store_is_at_the_ledgers_position_after_each_answer(service: Service) -> None:
    service.publish("one")
    service.submit(record("draft"), "?state=draft")
    service.withdraw("/dataset/one")

    assert service.catalogue.projection.position == service.catalogue.ledger.position()
    assert names(service) == []


def test_a_rebuilt_store_says_the_same_as_one_that_followed(service: Service) -> None:
    for name in ("one", "two", "three"):
        service.publish(name)
    service.put("/dataset/one", record("one", title="Changed"), "*")
    service.submit(record("secret"), "?state=draft")
    service.put("/dataset/two?state=draft", record("two", title="Not public"), "*")
    service.withdraw("/dataset/three")
    followed = everything(service)

    generation = service.catalogue.projection.rebuild()
    wait_for(lambda: service.catalogue.projection._store is not None
             and service.catalogue.projection._store.path == generation)  # fmt: skip
    service.publish("four")
    service.withdraw("/dataset/four")

    assert len(followed) > 50
    assert everything(service) == followed


def test_queries_answer_completely_all_the_time_while_the_store_is_rebuilt(service: Service) -> None:
    for name in ("one", "two"):
        service.publish(name)
    seen: list[list[str]] = []
    done = threading.Event()

    other = service.another()

    def ask() -> None:
        while not done.is_set():
            seen.append(names(other))

    asking = threading.Thread(target=ask)
    asking.start()
    for number in range(3):
        service.catalogue.projection.rebuild()
        service.publish(f"late{number}")
    wait_for(lambda: len(seen) > 3)
    done.set()
    asking.join()

    assert all({"one", "two"} <= set(found) for found in seen)
    assert names(service) == ["late0", "late1", "late2", "one", "two"]
    wait_for(lambda: len(list(service.catalogue.settings.store_path.glob("generation-*"))) == 1)


def test_a_damaged_store_is_rebuilt_at_start(opened: Opener) -> None:
    with opened() as service:
        service.publish("one")
        before = everything(service)
        store = service.catalogue.settings.store_path
    damage(store)

    with opened() as service:
        assert everything(service) == before


@pytest.mark.parametrize("what", ["store", "generation", "pointer", "pointer to nothing", "pointer is junk"])
def test_a_store_that_is_gone_is_rebuilt_at_start(opened: Opener, what: str) -> None:
    with opened() as service:
        service.publish("one")
        before = everything(service)
        store = service.catalogue.settings.store_path
    if what == "store":
        shutil.rmtree(store)
    elif what == "generation":
        for folder in store.glob("generation-*"):
            shutil.rmtree(folder)
    elif what == "pointer":
        (store / "CURRENT").unlink()
    else:
        (store / "CURRENT").write_bytes(b"../../.." if what == "pointer is junk" else b"generation-x")

    with opened() as service:
        assert everything(service) == before
        assert service.get("/health/ready").status_code == 200


def test_a_store_that_fails_while_the_service_runs_is_rebuilt_and_nothing_is_lost(service: Service) -> None:
    service.publish("one")
    store = service.catalogue.settings.store_path

    shutil.rmtree(store)
    answer = service.submit(record("two"))
    page = service.get("/dataset/two")
    wait_for(lambda: store.is_dir() and service.get("/health/ready").status_code == 200)

    assert answer.status_code == 201
    assert page.status_code == 200
    wait_for(lambda: service.get("/sparql?query=ASK%7B%7D", "text/csv").status_code == 200)
    assert names(service) == ["one", "two"]


def test_a_store_that_is_ahead_of_the_ledger_is_rebuilt(opened: Opener, tmp_path: Path) -> None:
    with opened() as service:
        service.publish("one")
        old = tmp_path / "old.sqlite"
        with (
            sqlite3.connect(service.catalogue.settings.ledger_path) as source,
            sqlite3.connect(old) as target,
        ):
            source.backup(target)
        source.close()
        target.close()
        service.publish("two")
        state = service.catalogue.settings.state
    for leftover in state.glob("ledger.sqlite*"):
        leftover.unlink()
    old.rename(state / "ledger.sqlite")  # a backup is put back

    with opened() as service:
        assert names(service) == ["one"]


def test_what_another_process_writes_is_seen_by_the_next_query_page_and_feed(service: Service) -> None:
    assert names(service) == []

    write_from_another_process(service, record("one"), record("two"))

    assert names(service) == ["one", "two"]
    assert service.get("/dataset/one").status_code == 200
    assert "dataset/two" in service.get("/catalog.ttl").text
    assert service.get("/datasets", "application/json").json["total"] == 2


def test_what_was_written_while_the_service_was_down_is_there_at_start(opened: Opener) -> None:
    with opened() as service:
        service.publish("one")
        settings = service.catalogue.settings
    with Catalogue.open(settings) as other:
        triples = parse(record("two").encode(), media.TURTLE, base_iri=f"{BASE}/", limits=other.limits)
        submit(other, triples, other.system(), Options())
        position = other.ledger.position()

    with opened() as service:
        assert names(service) == ["one", "two"]
        assert service.catalogue.projection.position == position


def test_position_and_graphs_move_together(service: Service) -> None:
    """At any moment, the datasets of the store are those of the ledger at the store's position."""
    projection = service.catalogue.projection
    done = threading.Event()
    failures: list[str] = []
    query = (
        f"SELECT (GROUP_CONCAT(STR(?d); separator=' ') AS ?all) ?n WHERE {{ GRAPH <urn:health-catalogue:store> "
        f"{{ ?m <urn:health-catalogue:store:position> ?n }} OPTIONAL {{ ?d a <{DCAT}Dataset> }} }} GROUP BY ?n"
    )

    other = service.another()

    def watch() -> None:
        while not done.is_set():
            for row in other.rows(query):
                published = [e for e in service.catalogue.ledger.events(0, 9999) if e.seq <= int(row["n"])]
                expected = {f"{BASE}/dataset/{e.slug}" for e in published
                            if e.kind is EventKind.PUBLISHED and e.record_kind == "dataset"}  # fmt: skip
                if set(row.get("all", "").split()) != expected:
                    failures.append(str(row))

    watching = threading.Thread(target=watch)
    watching.start()
    for number in range(15):
        service.publish(f"d{number}")
    done.set()
    watching.join()

    assert failures == []
    assert projection.position == service.catalogue.ledger.position()


def test_a_state_folder_is_served_by_one_process(service: Service) -> None:
    with (
        Catalogue.open(service.catalogue.settings) as second,
        pytest.raises(CatalogueError, match="Another process"),
    ):
        second.start()
    assert service.get("/health/ready").status_code == 200


def test_rebuild_store_beside_a_running_service_is_taken_up(server: LiveServer) -> None:
    server.start()
    for name in ("one", "two"):
        answer = server.request("POST", "/datasets", record(name).encode(), token=TOKEN, Content_Type="text/turtle")
        assert answer.status == 201
    before = (server.state / "store" / "CURRENT").read_text()

    done = subprocess.run(
        [COMMAND, "rebuild", "store"],
        env=server.environment(),
        capture_output=True,
        cwd=server.state,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    assert (server.state / "store" / "CURRENT").read_text() != before
    wait_for(lambda: [p.name for p in (server.state / "store").glob("generation-*")]
             == [(server.state / "store" / "CURRENT").read_text()])  # fmt: skip
    assert len(server.rows(DATASETS)) == 2
    answer = server.request("POST", "/datasets", record("three").encode(), token=TOKEN, Content_Type="text/turtle")
    assert answer.status == 201
    assert len(server.rows(DATASETS)) == 3
