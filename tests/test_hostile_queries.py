"""Can a hostile query, or a hostile client, take more than its own answer with it?

A server as operators start it, with small limits. Each kind of harm is done at once in all its variants
(`benchmarks/hostile.py`); after each the service must be as it was.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPConnection, IncompleteRead
from itertools import count, groupby
from pathlib import Path
from urllib.parse import quote

import pytest
from harness import DATA, JSON_LD, TOKEN, TURTLE, LiveServer

from benchmarks.hostile import Hostile, queries
from catalogue.errors import CatalogueError, Unavailable
from catalogue.sparql import guard

SECONDS, WORKERS, MEGABYTE = 1, 2, 1_000_000
QUERY_BYTES = 20_000
# A query may wait for a process for the deadline and a second, and then run for as long as the deadline.
LONGEST = SECONDS + 1 + SECONDS + 2
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
# Less than a megabyte: so much is taken from the process at once, however slowly the client reads.
ROWS = "SELECT * { ?a ?b ?c } LIMIT 3000"
PAGE = "/dataset/prostate-mri-lisboa"
ADDRESSES = count(1)
KINDS = {kind: list(found) for kind, found in groupby(queries(QUERY_BYTES), key=lambda hostile: hostile.kind)}

pytestmark = pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="processes are read from /proc")


def address() -> tuple[str, int]:
    """A client's address of its own, so that no other has used its share."""
    number = next(ADDRESSES)
    return f"127.1.{number // 250}.{number % 250 + 1}", 0


def ask(
    server: LiveServer, text: str, client: tuple[str, int] | None = None
) -> tuple[int | str, dict[str, str], float]:
    """Status (`cut`: 200, but left unfinished), headers, seconds."""
    start = time.monotonic()
    connection = HTTPConnection("127.0.0.1", server.port, timeout=30, source_address=client or address())
    try:
        connection.request("POST", "/sparql", text.encode(), {"Content-Type": "application/sparql-query"})
        answer = connection.getresponse()
        headers, status = dict(answer.getheaders()), answer.status
        try:
            answer.read()
        except IncompleteRead:
            return "cut", headers, time.monotonic() - start
        return status, headers, time.monotonic() - start
    finally:
        connection.close()


def opened(server: LiveServer, data: bytes) -> socket.socket:
    """A connection on which these bytes were sent; it reads as little as it can."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.bind(address())
    connection.settimeout(30)
    connection.connect(("127.0.0.1", server.port))
    connection.sendall(data)
    return connection


def post(text: str) -> bytes:
    """The bytes of a query."""
    head = "POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\nContent-Length:"
    return f"{head} {len(text.encode())}\r\n\r\n{text}".encode()


def descendants(pid: int) -> dict[int, str]:
    """Every process below one, with its command line."""
    found: dict[int, str] = {}
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            command = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            found |= {child: command, **descendants(child)}
    return found


def resident(pid: int) -> int:
    """Bytes that a process holds alone."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private"))


class Watched:
    """A server, and how it was when it had warmed up."""

    def __init__(self, server: LiveServer, supervisor: int) -> None:
        self.server, self._supervisor = server, supervisor
        self._memory = 0

    @property
    def _application(self) -> int:
        return next(pid for pid, command in descendants(self._supervisor).items() if " serve " in command)

    def workers(self) -> int:
        """Processes that answer queries over checkpoints."""
        commands = descendants(self._supervisor).values()
        return sum("catalogue.sparql.worker" in command for command in commands)

    def settle(self) -> None:
        """Take what it holds now as what it may hold."""
        self._memory = resident(self._application)

    def stands(self, grown: int = 40 * MEGABYTE) -> None:
        """It answers everything soon, has all its workers, and holds hardly more memory than before."""
        start = time.monotonic()
        assert self.server.request("GET", PAGE, Accept="text/html").status == 200
        assert time.monotonic() - start < 3
        assert self.server.request("GET", "/health/ready").status == 200
        assert ask(self.server, "ASK { }")[0] == 200
        end = time.monotonic() + 5
        while self.workers() != WORKERS:
            assert time.monotonic() < end, descendants(self._supervisor)
            time.sleep(0.05)
        assert resident(self._application) - self._memory < grown


@pytest.fixture(scope="module")
def watched(template: tuple[Path, object], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """A server with some of the sample data; what names no graph is answered by forks of the mirror."""
    server = LiveServer(
        tmp_path_factory.mktemp("hostile") / "state",
        query_seconds=str(SECONDS),
        query_workers=str(WORKERS),
        query_memory="300000000",
        query_bytes=str(QUERY_BYTES),
        query_mirror_after="0",
    )
    others = descendants(os.getpid())
    server.start()
    supervisor = next(
        pid for pid, command in descendants(os.getpid()).items() if pid not in others and " serve " in command
    )
    for file in sorted((DATA / "datasets").glob("prostate*")):
        media_type = JSON_LD if file.suffix == ".jsonld" else TURTLE
        assert (
            server.request("POST", "/datasets", file.read_bytes(), token=TOKEN, Content_Type=media_type).status == 201
        )
    watched = Watched(server, supervisor)
    # What the service keeps for good: threads, their stacks, what the allocator has held at most.
    longest = [hostile.text for hostile in KINDS["chains"]]
    with ThreadPoolExecutor(40) as clients:
        list(clients.map(lambda text: ask(server, text), [*longest * 8, *[ROWS] * 40]))
    watched.settle()
    yield watched
    left = descendants(supervisor)
    assert server.stop() == 0
    assert not [pid for pid in left if Path(f"/proc/{pid}/cmdline").exists()]


@pytest.mark.parametrize("kind", KINDS)
def test_a_hostile_query_harms_nobody_but_itself(watched: Watched, kind: str) -> None:
    """Each ends in one of its statuses, in time; among many, some find no free process."""

    def fate(hostile: Hostile) -> tuple[str, int | str, float]:
        status, headers, seconds = ask(watched.server, hostile.text)
        if status == 503 and "Retry-After" in headers and 503 not in hostile.statuses:
            time.sleep(int(headers["Retry-After"]))
            status, _, seconds = ask(watched.server, hostile.text)
        return hostile.name, status, seconds

    with ThreadPoolExecutor(WORKERS) as clients:
        fates = list(clients.map(fate, KINDS[kind]))

    allowed = {
        hostile.name: {*hostile.statuses, *(["cut"] if 200 in hostile.statuses else [])} for hostile in KINDS[kind]
    }
    assert [(name, status) for name, status, _ in fates if status not in allowed[name]] == []
    assert max(seconds for *_, seconds in fates) < LONGEST
    watched.stands()


def test_of_forty_slow_queries_some_are_turned_away_and_none_hangs(watched: Watched) -> None:
    with ThreadPoolExecutor(40) as clients:
        answers = [clients.submit(ask, watched.server, ENDLESS) for _ in range(40)]
        statuses, headers, seconds = zip(*(answer.result() for answer in answers), strict=True)

    assert set(statuses) == {503}
    assert all(int(header["Retry-After"]) >= 1 for header in headers)
    assert max(seconds) < LONGEST
    watched.stands()


def test_of_many_long_texts_at_once_few_are_read_and_pages_go_on(watched: Watched) -> None:
    """To read a text takes the interpreter that answers the pages."""
    texts = [hostile.text for hostile in KINDS["chains"]] * 8
    with ThreadPoolExecutor(40) as clients:
        answers = [clients.submit(ask, watched.server, text) for text in texts]
        pages = []
        while not all(answer.done() for answer in answers):
            start = time.monotonic()
            assert watched.server.request("GET", PAGE, Accept="text/html").status == 200
            pages.append(time.monotonic() - start)
        found = [answer.result() for answer in answers]

    assert {status for status, *_ in found} <= {200, 400, 500, 503}
    assert max(pages) < 1
    watched.stands()


def test_of_forty_long_texts_at_once_most_are_turned_away_before_they_are_read() -> None:
    text = f"ASK {{ FILTER({'!' * 90_000}true) }}"

    def read(_: int) -> type[CatalogueError] | None:
        try:
            guard.check(text, limit=100_000)
        except CatalogueError as error:
            return type(error)
        return None

    with ThreadPoolExecutor(40) as readers:
        fates = list(readers.map(read, range(40)))

    assert set(fates) == {None, Unavailable}
    assert guard.check(text, limit=100_000).form == "ASK"


def test_one_who_asks_forty_at_once_is_told_that_this_is_too_many(watched: Watched) -> None:
    own = address()
    with ThreadPoolExecutor(40) as clients:
        answers = [clients.submit(ask, watched.server, ENDLESS, own) for _ in range(40)]
        found = [answer.result() for answer in answers]

    assert {status for status, *_ in found} == {429, 503}
    assert all(int(headers["Retry-After"]) >= 1 for _, headers, _ in found)
    assert max(seconds for *_, seconds in found) < LONGEST
    watched.stands()


def test_clients_that_do_not_read_hold_no_process(watched: Watched) -> None:
    with ExitStack() as stack:
        slow = [stack.enter_context(opened(watched.server, post(ROWS))) for _ in range(12)]
        assert [client.recv(12) for client in slow] == [b"HTTP/1.1 200"] * len(slow)
        watched.stands(grown=40 * MEGABYTE)  # what they have not read is held for them, a megabyte each
    time.sleep(0.2)
    watched.stands(grown=40 * MEGABYTE)


@pytest.mark.parametrize("abrupt", [False, True], ids=["politely", "with a reset"])
def test_queries_of_clients_that_hang_up_are_ended(watched: Watched, abrupt: bool) -> None:
    clients = [opened(watched.server, post(ENDLESS)) for _ in range(12)]
    time.sleep(0.1)
    start = time.monotonic()
    for client in clients:
        if abrupt:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()

    watched.stands()
    # In turn they would have taken twelve deadlines on two processes.
    assert time.monotonic() - start < 3 * SECONDS


@pytest.mark.parametrize(
    "data",
    [b"POST /sparql HTTP/1.1\r\nHost: x\r\nX-", post("ASK { }")[:-4], post("ASK { }").partition(b"\r\n")[0]],
    ids=["half a head", "half a body", "half a line"],
)
def test_halves_of_requests_hold_up_nobody_else(watched: Watched, data: bytes) -> None:
    with ExitStack() as stack:
        for _ in range(12):
            stack.enter_context(opened(watched.server, data))
        watched.stands()
    watched.stands()


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\0\xff\r\n\r\n", b"400"),
        (b"GET /sparql?query=" + b"x" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"414"),
        (post("ASK { }").replace(b"Content-Length: 7", b"Content-Length: -7"), b"400"),
        (post("ASK { }").replace(b"Content-Length: 7", b"Content-Length: 99999999999"), b"413"),
        (post("ASK { }").replace(b"ASK", b"\xff\xfe\xfd"), b"400"),
    ],
    ids=["noise", "a long line", "less than nothing", "a body without end", "no UTF-8"],
)
def test_noise_is_refused(watched: Watched, data: bytes, status: bytes) -> None:
    with opened(watched.server, data) as client:
        assert client.recv(12)[9:12] == status
    watched.stands()


def test_the_answer_says_which_limit_was_reached(watched: Watched) -> None:
    answer = watched.server.request("GET", f"/sparql?query={quote(ENDLESS)}")

    assert answer.status == 503
    assert json.loads(answer.body)["setting"] == "query_seconds"
