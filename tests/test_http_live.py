"""Does the service behave over a real connection, with the server that operators run?"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from harness import BASE, TOKEN, TURTLE, LiveServer, bearer, record


@pytest.fixture(scope="module")
def live(template: tuple[Path, object], tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A running server with one dataset and small limits."""
    server = LiveServer(
        tmp_path_factory.mktemp("live") / "state",
        max_submission_bytes="100000",
        query_seconds="1",
        query_workers="2",
    )
    server.start()
    answer = server.request("POST", "/datasets", record("one").encode(), token=TOKEN, Content_Type=TURTLE)
    assert answer.status == 201, answer.body
    yield server
    assert server.stop() == 0


def raw(server: LiveServer, data: bytes) -> bytes:
    """Send bytes, read until the server closes or is silent for a moment."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(data)
        connection.settimeout(1)
        found = b""
        try:
            while piece := connection.recv(65536):
                found += piece
        except (TimeoutError, ConnectionResetError):
            pass
        return found


def test_one_connection_serves_many_requests(live: LiveServer) -> None:
    connection = HTTPConnection("127.0.0.1", live.port, timeout=10)
    statuses = []
    for path in ("/", "/dataset/one", "/nowhere", "/catalog.ttl", "/dump.nt.gz", "/health/live"):
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        statuses.append(response.status)
    connection.close()

    assert statuses == [200, 200, 404, 200, 200, 200]


def test_a_head_answer_carries_no_body_that_the_next_answer_would_be_taken_for(live: LiveServer) -> None:
    request = "{} {} HTTP/1.1\r\nHost: x\r\nConnection: {}\r\n\r\n"
    paths = ("/dataset/one", "/catalog.ttl", "/dump.nt.gz", "/sparql?query=ASK%7B%7D", "/nowhere")
    text = "".join(request.format("HEAD", path, "keep-alive") for path in paths)

    answer = raw(live, (text + request.format("GET", "/health/live", "close")).encode())

    assert answer.count(b"HTTP/1.1 ") == len(paths) + 1
    assert answer.endswith(b'{"status":"alive"}\n')


def test_a_body_of_unknown_length_is_read_and_bounded(live: LiveServer) -> None:
    def chunked(data: bytes) -> int:
        connection = HTTPConnection("127.0.0.1", live.port, timeout=10)
        pieces = iter([data[start : start + 5000] for start in range(0, len(data), 5000)])
        headers = bearer(TOKEN) | {"Content-Type": TURTLE, "Transfer-Encoding": "chunked"}
        try:
            connection.request("POST", "/datasets", body=pieces, headers=headers, encode_chunked=True)
            return connection.getresponse().status
        finally:
            connection.close()

    assert chunked(record("chunked").encode()) == 201
    assert chunked(record("big").encode() + b"#" * 99_000) == 413


def test_a_body_that_is_announced_too_large_is_refused_before_it_is_sent(live: LiveServer) -> None:
    head = f"POST /datasets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: text/turtle\r\n"

    answer = raw(live, (head + "Content-Length: 99999999999\r\n\r\n").encode())

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"max_submission_bytes" in answer


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
        b"POST /datasets HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /datasets HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    ],
)
def test_nonsense_is_refused_and_the_next_request_is_answered(live: LiveServer, data: bytes) -> None:
    answer = raw(live, data)

    assert answer == b"" or answer.split(b" ")[1][:1] in (b"4", b"5")
    assert live.request("GET", "/health/live").status == 200


def test_idle_connections_do_not_hold_the_service(live: LiveServer) -> None:
    idle = [socket.create_connection(("127.0.0.1", live.port)) for _ in range(60)]
    for connection in idle[:30]:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: ")  # begins, and never ends
    started = time.monotonic()
    status = live.request("GET", "/dataset/one").status
    for connection in idle:
        connection.close()

    assert status == 200
    assert time.monotonic() - started < 60


def test_a_query_is_ended_at_the_deadline_and_pages_answer_meanwhile(live: LiveServer) -> None:
    heavy = "/sparql?query=SELECT+(COUNT(*)+AS+%3Fn)+%7B+%3Fa+%3Fb+%3Fc.+%3Fd+%3Fe+%3Ff.+%3Fg+%3Fh+%3Fi+%7D"
    answers = []

    def ask() -> None:
        answers.append(live.request("GET", heavy, Accept="application/sparql-results+json"))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    started = time.monotonic()
    page = live.request("GET", "/dataset/one")
    took = time.monotonic() - started
    for thread in threads:
        thread.join()

    assert page.status == 200
    assert took < 1
    assert [answer.status for answer in answers] == [503, 503]
    assert all(answer.json()["setting"] == "query_seconds" for answer in answers)
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers)
    assert live.rows("SELECT ?x { BIND(1 AS ?x) }") == [{"x": "1"}]


def test_links_come_from_the_base_whatever_the_client_says(live: LiveServer) -> None:
    answer = live.request("GET", "/catalog.ttl", Host="evil.example", X_Forwarded_Proto="gopher")

    assert answer.status == 200
    assert b"evil.example" not in answer.body
    assert f"{BASE}/catalog.ttl?page=1".encode() in answer.body


def test_many_who_submit_at_once_are_all_answered(live: LiveServer) -> None:
    answers = []

    def post(number: int) -> None:
        for _ in range(3):
            text = record(f"w{number}-{len(answers)}-{time.monotonic_ns()}", subject="[]", title="The same title")
            answers.append(live.request("POST", "/datasets", text.encode(), token=TOKEN, Content_Type=TURTLE))

    threads = [threading.Thread(target=post, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    taken = [answer.headers["Location"] for answer in answers if answer.status == 201]
    assert {answer.status for answer in answers} <= {201, 409}
    assert len(answers) == 18
    assert len(set(taken)) == len(taken) >= 3
    for place in taken:
        assert live.request("GET", place.removeprefix(BASE)).status == 200
