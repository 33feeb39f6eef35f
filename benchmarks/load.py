"""How fast does the service answer many connections?

A load generator in a process of its own: HTTP/1.1 over raw sockets, kept alive, one request under way per connection.
It reads one `Plan` as JSON from standard input and prints one `Answer`, so that it shares no interpreter lock with the
one who measures. Understands `Content-Length` and chunked bodies; anything else is an error, not a number.
"""

from __future__ import annotations

import heapq
import json
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from statistics import quantiles

_RECEIVE = 1 << 18
_NO_BODY = (204, 304)
_STUCK_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Get:
    """One request: where to, and with which header lines (`Accept: text/turtle`)."""

    path: str
    headers: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ask: the requests in turn, from the beginning again when `again`, at most so long.

    `every`: seconds from one request of a connection to its next; 0: as soon as the answer is there.
    `tags`: give the ETags back.
    """

    port: int
    gets: Sequence[Get]
    status: int = 200
    connections: int = 16
    seconds: float = 3.0
    again: bool = True
    every: float = 0.0
    tags: bool = False


@dataclass(slots=True)
class Answer:
    """What came: seconds in all, latency of each request in milliseconds, bodies' bytes, ETags by path if asked."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    bytes: int = 0
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Requests per second."""
        return len(self.latencies) / self.seconds

    def percentile(self, percent: int) -> float:
        """Latency in milliseconds."""
        return quantiles(self.latencies, n=100, method="inclusive")[percent - 1]


def run(plan: Plan) -> Answer:
    """Carry out a plan in a process of its own.

    Raises:
        subprocess.CalledProcessError: An answer had another status, or was no HTTP that we read.
    """
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        input=json.dumps(asdict(plan)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Answer(**json.loads(done.stdout))


class _Connection:
    """One connection and the answer that is arriving on it."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.due = 0.0
        self.request = b""
        self.path = ""
        self._data = bytearray()
        self._body_at = 0
        self._length: int | None = 0

    def send(self) -> None:
        """Send the request; the last answer is forgotten."""
        self._data.clear()
        self._body_at = 0
        self.socket.sendall(self.request)  # far smaller than any socket buffer

    def arrived(self) -> bool:
        """Take what is there; whether the answer is whole."""
        received = self.socket.recv(_RECEIVE)
        if not received:
            raise ConnectionError("the service closed a connection in the middle of an answer")
        self._data += received
        if not self._body_at and not self._read_head():
            return False
        if self._length is None:
            return self._data.endswith(b"0\r\n\r\n")
        return len(self._data) - self._body_at >= self._length

    @property
    def status(self) -> int:
        """Of the answer whose head is here."""
        return int(self._data[9:12])

    @property
    def body_bytes(self) -> int:
        """Of the whole answer, framing of chunks included."""
        return len(self._data) - self._body_at

    def header(self, name: bytes) -> str | None:
        """Value of a header line of the answer."""
        head = bytes(self._data[: self._body_at])
        at = head.lower().find(b"\r\n" + name.lower() + b":")
        return head[at + len(name) + 3 : head.index(b"\r\n", at + 2)].decode().strip() if at >= 0 else None

    def _read_head(self) -> bool:
        end = self._data.find(b"\r\n\r\n")
        if end < 0:
            return False
        self._body_at = end + 4
        length = self.header(b"Content-Length")
        if self.status in _NO_BODY:
            self._length = 0
        elif length is not None:
            self._length = int(length)
        elif (self.header(b"Transfer-Encoding") or "").lower() == "chunked":
            self._length = None
        else:
            raise ValueError("an answer says neither its length nor that it is chunked")
        return True


def _requests(plan: Plan) -> Iterator[tuple[str, bytes]]:
    made = [
        (get.path, "\r\n".join([f"GET {get.path} HTTP/1.1", "Host: localhost", *get.headers, "", ""]).encode())
        for get in plan.gets
    ]
    yield from made
    while plan.again:
        yield from made


class _Run:
    """One plan being carried out."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.answer = plan, Answer()
        self._requests = _requests(plan)
        self._waiting: list[tuple[float, int, _Connection]] = []  # a heap: the one due first is first
        self._selector = selectors.DefaultSelector()
        self._open = 0

    def carry_out(self) -> Answer:
        """Ask until time or requests are over and every answer is there."""
        connections = [_Connection(self.plan.port) for _ in range(self.plan.connections)]
        start, cpu = time.perf_counter(), time.process_time()
        for number, connection in enumerate(connections):
            self._selector.register(connection.socket, selectors.EVENT_READ, connection)
            self._next(connection, start + self.plan.every * number / len(connections), start + self.plan.seconds)
        while self._open or self._waiting:
            for key, _ in self._selector.select(self._send_due()):
                connection = key.data
                if connection.arrived():
                    self._open -= 1
                    # From when it was due, not sent: a stall counts for every request that it kept back.
                    self.answer.latencies.append((time.perf_counter() - connection.due) * 1000)
                    _note(self.answer, self.plan, connection)
                    due = connection.due + self.plan.every if self.plan.every else time.perf_counter()
                    self._next(connection, due, start + self.plan.seconds)
        self.answer.seconds, self.answer.cpu_seconds = time.perf_counter() - start, time.process_time() - cpu
        return self.answer

    def _next(self, connection: _Connection, due: float, end: float) -> None:
        following = next(self._requests, None) if due < end else None
        if following is not None:
            connection.due = due
            connection.path, connection.request = following
            heapq.heappush(self._waiting, (due, connection.socket.fileno(), connection))

    def _send_due(self) -> float:
        """Send what is due; seconds until the next is."""
        while self._waiting and self._waiting[0][0] <= time.perf_counter():
            heapq.heappop(self._waiting)[2].send()
            self._open += 1
        return max(0.0, self._waiting[0][0] - time.perf_counter()) if self._waiting else _STUCK_SECONDS


def _note(answer: Answer, plan: Plan, connection: _Connection) -> None:
    if connection.status != plan.status:
        raise ValueError(f"{connection.path} was answered with {connection.status}, not {plan.status}")
    answer.bytes += connection.body_bytes
    if plan.tags:
        answer.tags[connection.path] = connection.header(b"ETag") or ""


def _main() -> None:
    given = json.load(sys.stdin)
    plan = Plan(**given | {"gets": [Get(**get) for get in given["gets"]]})
    json.dump(asdict(_Run(plan).carry_out()), sys.stdout)


if __name__ == "__main__":
    _main()
