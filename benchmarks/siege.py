"""What becomes of two hundred clients who send hostile requests at once?

A load generator in a process of its own: it reads a `Siege` as JSON from standard input and prints the `Toll` so far as
a line of JSON every second. Each client has an address of its own in 127.1.0.0/16, asks, waits a moment and asks again.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from .hostile import Hostile, queries

# Connections that begin a request and are silent, or read as slowly as they can, hold a thread each. So many of both
# kinds at once are what a proxy in front, which reads requests and answers whole, lets through by far.
_SLOW_AT_ONCE = 10
# Shares of those who are slow, and of those who hang up or send noise.
_SLOW, _RUDE = 0.1, 0.1
_MANY_ROWS = "SELECT * { ?a ?b ?c } LIMIT 20000"
_AMONG_MANY = {"503 busy", "429"}
_REASONS = {b"took longer than": "503 too slow", b"needed more": "503 too large", b'"status": 503': "503 busy"}


@dataclass(frozen=True, slots=True)
class Siege:
    """How many clients, for so many seconds; `patience`: after so many without a byte the service counts as silent."""

    port: int
    seconds: float
    patience: float
    clients: int = 200
    seed: int = 5


@dataclass(slots=True)
class Toll:
    """What came so far: seconds, CPU seconds of this process, fates by kind, and what should not have been."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    fates: dict[str, Counter[str]] = field(default_factory=dict)
    wrong: Counter[str] = field(default_factory=Counter)

    def told(self) -> dict[str, object]:
        """As JSON."""
        return {"seconds": self.seconds, "cpu_seconds": self.cpu_seconds, "fates": self.fates, "wrong": self.wrong}

    def note(self, kind: str, name: str, fate: str, *, right: bool) -> None:
        """Count one request."""
        self.fates.setdefault(kind, Counter())[fate] += 1
        if not right:
            self.wrong[f"{kind} {name}: {fate}"] += 1


class _Client:
    """One who asks again and again."""

    def __init__(self, number: int, siege: Siege, toll: Toll, slow: asyncio.Semaphore) -> None:
        self._siege, self._toll, self._slow = siege, toll, slow
        self._address = f"127.1.{number // 250}.{number % 250 + 1}"
        self._random = random.Random(siege.seed * 1000 + number)

    async def ask_until(self, end: float, hostile: list[Hostile]) -> None:
        """Choose a way to do harm, by chance, until the time is over."""
        await asyncio.sleep(self._random.uniform(0, 2))
        while time.monotonic() < end:
            await self._way()(self._random.choice(hostile))
            await asyncio.sleep(self._random.uniform(0.5, 3))

    def _way(self) -> Callable[[Hostile], Awaitable[None]]:
        if self._random.random() < _SLOW and not self._slow.locked():
            return self._random.choice([self._read_slowly, self._send_half_a_head, self._send_half_a_body])
        if self._random.random() < _RUDE:
            return self._random.choice([self._hang_up, self._send_noise])
        return self._ask

    async def _ask(self, query: Hostile) -> None:
        fate = await self._fate(_request(query.text))
        right = fate in _AMONG_MANY or fate[:3] in map(str, query.statuses) or (fate == "cut" and 200 in query.statuses)
        self._toll.note(query.kind, query.name, fate, right=right)

    async def _hang_up(self, query: Hostile) -> None:
        fate = await self._fate(_request(query.text), until=self._random.uniform(0, 1))
        self._toll.note("hanging up", query.name, "hung up" if fate == "silent" else fate, right=fate != "refused")

    async def _read_slowly(self, _query: Hostile) -> None:
        async with self._slow:
            fate = await self._fate(_request(_MANY_ROWS), slowly=True)
        self._toll.note("reading slowly", "many rows", fate, right=fate in _AMONG_MANY | {"200", "cut", "left"})

    async def _send_half_a_head(self, _query: Hostile) -> None:
        async with self._slow:
            fate = await self._fate(b"GET /sparql HTTP/1.1\r\nHost: x\r\nX-Nothing: ")
        self._toll.note("half requests", "head", fate, right=fate not in {"silent", "refused"})

    async def _send_half_a_body(self, _query: Hostile) -> None:
        async with self._slow:
            fate = await self._fate(_request("ASK { }")[:-5])
        self._toll.note("half requests", "body", fate, right=fate not in {"silent", "refused"})

    async def _send_noise(self, _query: Hostile) -> None:
        fate = await self._fate(self._random.randbytes(2000) + b"\r\n\r\n")
        self._toll.note("noise", "bytes", fate, right=fate not in {"silent", "refused"})

    async def _fate(self, data: bytes, *, until: float | None = None, slowly: bool = False) -> str:
        """Send bytes; what came back, in a word."""
        connection = socket.socket()
        connection.setblocking(False)
        if slowly:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        try:
            connection.bind((self._address, 0))
            await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", self._siege.port))
            reader, writer = await asyncio.open_connection(sock=connection, limit=4096 if slowly else 1 << 18)
        except OSError:
            connection.close()
            return "refused"
        try:
            writer.write(data)
            async with asyncio.timeout(until or self._siege.patience):
                return await _read(reader, slowly=slowly)
        except TimeoutError:
            return "silent"
        except (ConnectionError, asyncio.IncompleteReadError):
            return "closed without an answer"
        finally:
            writer.close()
            with suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()


async def _read(reader: asyncio.StreamReader, *, slowly: bool) -> str:
    """Read an answer until the service closes; the slow leave after 20 pieces."""
    data = await reader.readuntil(b"\r\n\r\n")
    status, chunked = data[9:12].decode(errors="replace"), b"chunked" in data.lower()
    pieces, body, tail = 0, b"", b""
    with suppress(ConnectionError):
        while piece := await reader.read(4096 if slowly else 1 << 18):
            body = body or piece
            tail = (tail + piece)[-5:]
            pieces += 1
            if slowly and pieces > 20:
                return "left"
            if slowly:
                await asyncio.sleep(1)
    if status == "503":
        return next((reason for text, reason in _REASONS.items() if text in body), "503")
    return "cut" if status == "200" and chunked and tail != b"0\r\n\r\n" else status


def _request(text: str) -> bytes:
    body = text.encode()
    head = "POST /sparql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/sparql-query"
    return f"{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def _carry_out(siege: Siege) -> None:
    start = time.monotonic()
    toll, slow = Toll(), asyncio.Semaphore(_SLOW_AT_ONCE)
    hostile = queries()
    clients = [
        asyncio.create_task(_Client(number, siege, toll, slow).ask_until(start + siege.seconds, hostile))
        for number in range(siege.clients)
    ]
    while not all(client.done() for client in clients):
        await asyncio.wait(clients, timeout=1)
        toll.seconds, toll.cpu_seconds = time.monotonic() - start, time.process_time()
        print(json.dumps(toll.told()), flush=True)
    for client in clients:
        client.result()


if __name__ == "__main__":
    asyncio.run(_carry_out(Siege(**json.load(sys.stdin))))
