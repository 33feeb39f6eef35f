"""Is everything acknowledged still there, and nothing half there, when the power goes at any moment?"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlencode

import pytest
from harness import (
    BASE,
    DCAT,
    N_TRIPLES,
    TOKEN,
    TURTLE,
    LiveServer,
    Triples,
    parsed,
    record,
    subjects,
    values,
)

from catalogue.ledger import Ledger, unpack
from catalogue.model import Kind

ROUNDS, WRITERS = 20, 4
Titles = dict[str, str | None]  # by slug; None: withdrawn
Held = dict[str, tuple[str, int, bytes]]  # title, triples and content by slug
TITLE = "http://purl.org/dc/terms/title"


class Writer(threading.Thread):
    """Posts, changes and withdraws records of its own until the service is gone; remembers what was acknowledged.

    `known` tells the title of each record that was acknowledged (None: withdrawn); `open` what was asked for and not
    answered, which may have happened or not.
    """

    def __init__(self, server: LiveServer, name: str, known: Titles, open_: Titles) -> None:
        super().__init__()
        self.server, self.prefix, self.known, self.open = server, name, known, open_
        self.refused: list[bytes] = []
        self.random = random.Random(name)  # noqa: S311 - which change comes next is no secret

    def run(self) -> None:
        number = 0
        try:
            while True:
                number += 1
                alive = [slug for slug, title in self.known.items() if title is not None]
                chance = self.random.random()
                if not alive or chance < 0.5:
                    self.post([f"{self.prefix}-{number}"])
                elif chance < 0.6:
                    self.post([f"{self.prefix}-{number}-a", f"{self.prefix}-{number}-b"])
                elif chance < 0.9:
                    self.put(self.random.choice(alive), f"Changed by {self.prefix} {number}")
                else:
                    self.delete(self.random.choice(alive))
        except (OSError, HTTPException):
            return  # the service was killed

    def post(self, slugs: list[str]) -> None:
        wanted: Titles = {slug: f"Visits {slug}" for slug in slugs}
        self.send("POST", "/datasets", wanted, "".join(record(slug) for slug in slugs).encode())

    def put(self, slug: str, title: str) -> None:
        self.send("PUT", f"/dataset/{slug}", {slug: title}, record(slug, title=title).encode())

    def delete(self, slug: str) -> None:
        self.send("DELETE", f"/dataset/{slug}", {slug: None})

    def send(self, method: str, path: str, wanted: Titles, body: bytes | None = None) -> None:
        self.open.update(wanted)
        answer = self.server.request(method, path, body, token=TOKEN, Content_Type=TURTLE, If_Match="*")
        if answer.status in (200, 201, 204):
            self.known.update(wanted)
        else:
            self.refused.append(answer.body)
        for slug in wanted:
            del self.open[slug]


def held(state: Path) -> Held:
    """What the ledger of a stopped service publishes: title, triples and content by slug; checks the ledger itself."""
    with Ledger(state / "ledger.sqlite") as ledger:
        events = ledger.events(0, 1_000_000)
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        found = {}
        for row, _, content in ledger.contents((Kind.DATASET,)):
            revision = ledger.revision(row.kind, row.slug, row.published or 0)
            found[row.slug] = (row.title, revision.triples, unpack(content))
        return found


def feed(server: LiveServer) -> Triples:
    """Every page of the feed."""
    whole: Triples = set()
    for page in range(1, 1000):
        answer = server.request("GET", f"/catalog.nt?{urlencode({'page': page})}")
        if answer.status == 404:
            return whole
        assert answer.status == 200
        whole |= parsed(answer.body, N_TRIPLES)
    raise AssertionError("the feed does not end")


def agree(server: LiveServer, ledger: Held) -> None:
    """SPARQL and feed hold exactly what the ledger holds, whole."""
    rows = server.rows("SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g")
    graphs = {row["g"].rpartition("/")[2]: int(row["n"]) for row in rows if row["g"].startswith(f"{BASE}/dataset/")}
    assert graphs == {slug: triples for slug, (_, triples, _) in ledger.items()}
    ours = f"FILTER(STRSTARTS(STR(?s), '{BASE}'))"
    merged = server.rows(f"SELECT (COUNT(*) AS ?n) WHERE {{ ?s ?p ?o {ours} }}")
    named = server.rows(
        f"SELECT (COUNT(*) AS ?n) WHERE {{ {{ SELECT DISTINCT ?s ?p ?o {{ GRAPH ?g {{ ?s ?p ?o {ours} }} }} }} }}"
    )
    assert merged == named
    pages = feed(server)
    assert subjects(pages, f"{DCAT}Dataset") == {f"{BASE}/dataset/{slug}" for slug in ledger}
    for slug, (_, triples, content) in ledger.items():
        mine = parsed(content, N_TRIPLES)
        assert len(mine) == triples
        assert mine <= pages, slug


def settle(ledger: Held, known: Titles, open_: Titles) -> None:
    """Compare what was acknowledged with the ledger; what was under way happened whole or not at all."""
    for slug, title in known.items():
        now = ledger[slug][0] if slug in ledger else None
        assert now in (title, open_.get(slug, title)), f"{slug}: {title!r} was acknowledged, it is {now!r}"
    for slug in open_:
        if slug.endswith("-a") and slug not in known:
            assert (slug in ledger) == (f"{slug[:-1]}b" in ledger), "half of a file was kept"
    for slug in open_:
        if slug in ledger:
            known[slug] = ledger[slug][0]
        elif slug in known:
            known[slug] = None
    assert set(ledger) == {slug for slug, title in known.items() if title is not None}
    open_.clear()


def test_twenty_hard_stops_under_four_writers_lose_nothing_and_leave_nothing_half(server: LiveServer) -> None:
    known: list[Titles] = [{} for _ in range(WRITERS)]
    open_: list[Titles] = [{} for _ in range(WRITERS)]
    pause = random.Random(3)  # noqa: S311
    ledger = held(server.state)
    for round_ in range(ROUNDS):
        opening = round_ % 4 == 3  # killed while it may still be opening its store
        server.start(ready=not opening)
        if opening:
            server.wait("/health/live")
        else:
            agree(server, ledger)
        writers = [Writer(server, f"r{round_}w{n}", known[n], open_[n]) for n in range(WRITERS)]
        for writer in writers:
            writer.start()
        time.sleep(pause.uniform(0.15, 0.6))
        server.kill()
        for writer in writers:
            writer.join()
            assert writer.refused == []
        ledger = held(server.state)
        for n in range(WRITERS):
            mine = {slug: row for slug, row in ledger.items() if f"w{n}-" in slug}
            settle(mine, known[n], open_[n])
    server.start()
    agree(server, ledger)
    pages(server, known)
    assert sum(len(each) for each in known) > 3 * ROUNDS


def pages(server: LiveServer, known: list[Titles]) -> None:
    """Every record's page says what was acknowledged; a withdrawn one is a tombstone."""
    for slug, title in (pair for each in known for pair in each.items()):
        answer = server.request("GET", f"/dataset/{slug}", Accept=N_TRIPLES)
        if title is None:
            assert answer.status == 410
        else:
            assert values(parsed(answer.body, N_TRIPLES), TITLE, f"{BASE}/dataset/{slug}") == {title}


def test_a_service_that_is_told_to_stop_finishes_what_is_under_way(server: LiveServer) -> None:
    server.start()
    many = "".join(record(f"d{number}") for number in range(150)).encode()
    answers: list[int] = []

    def post() -> None:
        answers.append(server.request("POST", "/datasets", many, token=TOKEN, Content_Type=TURTLE).status)

    posting = threading.Thread(target=post)
    posting.start()
    time.sleep(0.25)
    code = server.stop()
    posting.join()

    assert answers == [201]
    assert code == 0
    assert len(held(server.state)) == 150
    with pytest.raises(OSError, match="refused"):
        server.request("GET", "/health/live")


def test_a_worker_that_dies_is_started_again_by_its_supervisor(server: LiveServer) -> None:
    server.start()
    assert server._process is not None
    children = subprocess.run(
        ["pgrep", "-P", str(server._process.pid)], capture_output=True, text=True, check=True
    ).stdout.split()
    os.kill(int(children[0]), signal.SIGKILL)
    time.sleep(0.3)
    server.wait("/health/ready")

    answer = server.request("POST", "/datasets", record("one").encode(), token=TOKEN, Content_Type=TURTLE)
    assert answer.status == 201
