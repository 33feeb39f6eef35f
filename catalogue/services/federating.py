"""What do other SPARQL endpoints answer to the calls (`SERVICE`) of a query?

Only addresses that the operator has listed are asked, by this process, within limits: the query workers cannot reach
the network. An endpoint may be slow or hostile: its answer is bounded in bytes, rows and seconds, redirects are not
followed, nothing is decompressed, no cookie, password or proxy is used.

Spec: SPARQL 1.1 Federated Query §4 (SILENT); SPARQL 1.1 Protocol §2.1.2 (query by form).
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import requests
import structlog
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from catalogue.errors import ClientGone, MalformedQuery, QueryRefused, QueryTooLarge, Unavailable
from catalogue.settings import Settings
from catalogue.sparql.clients import NOBODY, Client, Clients
from catalogue.sparql.federation import MAX_BYTES, NOTHING, Call, called, fill, rows, too_long
from catalogue.sparql.guard import Query, check

# Whoever waits for an endpoint holds a thread that answers requests; there are 48 by default.
_AT_ONCE, _FOR_ONE = 8, 4
_CONNECT_SECONDS = 5
_AGAIN_SECONDS = 10
_LOOK = 0.1
_CHUNK_BYTES = 65_536
_TOLD_BYTES = 500
_JSON = ("application/sparql-results+json", "application/json")

log = structlog.get_logger(__name__)


class Federation:
    """Asks the listed endpoints. Thread-safe."""

    def __init__(self, settings: Settings) -> None:
        self._listed: Collection[str] = frozenset(settings.query_services)
        self._base = f"{settings.base_url}/"
        self._seconds = settings.query_seconds
        self._lock = threading.Lock()
        self._running = 0
        self._clients = Clients(queries=settings.query_per_client, seconds=settings.query_client_seconds)

    def filled(self, query: Query, client: Client = NOBODY) -> Query:
        """Ask for each call of a query, and put the answers in their places.

        Args:
            query: What the guard let pass, with calls.
            client: Who asks. When the connection is closed from there, the endpoints are left.

        Returns:
            A query without calls, checked again.

        Raises:
            Unavailable: An endpoint does not answer as it should, and the call is not silent; or too many calls run.
            QueryTooLarge: It answers with more than is taken.
            MalformedQuery: It does not take the pattern for SPARQL.
            QueryRefused: The query can be read in several ways with the answers in it.
            TooManyQueries: This client's share is used up.
            ClientGone: The client has gone.
        """
        with self._admitted(client), _Line(self._seconds, client) as line:
            answers, room = list[tuple[Call, str]](), MAX_BYTES
            for call in query.calls:
                answers.append((call, self._group(line, call, room)))
                room -= len(answers[-1][1].encode())
            text = fill(query.text, answers)
            try:
                return check(text, limit=MAX_BYTES + len(query.text.encode()))
            except (MalformedQuery, QueryRefused) as error:
                raise QueryRefused(
                    "The query can be read in several ways when the answers of the endpoints are in it.",
                    mend="Put white space around < and quotes.",
                ) from error

    def _group(self, line: _Line, call: Call, room: int) -> str:
        if call.endpoint not in self._listed:  # the guard was given another list
            raise QueryRefused(f"{called(call)} is not listed here.")
        try:
            body = line.ask(call, f"BASE <{self._base}>\n{call.question}", f"health-catalogue ({self._base})")
            return _read(body, call, room)
        except (Unavailable, QueryTooLarge, MalformedQuery) as error:
            log.warning("a call failed", endpoint=call.endpoint, reason=error.what, cause=repr(error.__cause__))
            if call.silent:
                return NOTHING
            raise

    @contextmanager
    def _admitted(self, client: Client) -> Iterator[None]:
        with self._lock:
            if self._running >= _AT_ONCE or self._clients.holding(client) >= _FOR_ONE:
                what = "Too many queries call other endpoints just now."
                raise Unavailable(what, mend="Try again soon.", retry_after=_AGAIN_SECONDS)
            self._clients.admit(client)
            self._running += 1
        start = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                self._running -= 1
                self._clients.leave(client, time.monotonic() - start)


def _read(body: bytes, call: Call, room: int) -> str:
    try:
        return rows(body, call, room=room)
    except ValueError as error:
        raise _unusable(call, f"answers with {error}") from error


def _unusable(call: Call, what: str) -> Unavailable:
    return Unavailable(
        f"{called(call)} {what}.",
        mend="Try again later, or write SERVICE SILENT to do without it.",
        retry_after=_AGAIN_SECONDS,
        endpoint=call.endpoint,
    )


class _Line:
    """The connections of one query: cut at its deadline, or when its client goes, whatever is being waited for.

    A timeout of the socket would count anew with every byte that trickles in.
    """

    def __init__(self, seconds: float, client: Client) -> None:
        self._deadline = time.monotonic() + seconds
        self._seconds = seconds
        self._client = client
        # Without a session there are no cookies, no proxies and no .netrc; a redirect is an answer like any other.
        self._adapter = _Adapter(self._opened)
        self._sockets: list[socket.socket] = []
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._watching, name="federation-watch", daemon=True)

    def __enter__(self) -> _Line:
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watch.join()
        self._adapter.close()

    def ask(self, call: Call, question: str, agent: str) -> bytes:
        """Ask an endpoint; its answer, at most `MAX_BYTES`, of type JSON.

        Raises:
            Unavailable, QueryTooLarge, MalformedQuery, ClientGone: As `Federation.filled`.
        """
        headers = {"Accept": ", ".join(_JSON), "Accept-Encoding": "identity", "User-Agent": agent}
        try:
            self._check(call)
            request = requests.Request("POST", call.endpoint, headers=headers, data={"query": question}).prepare()
            left = max(self._deadline - time.monotonic(), _LOOK)
            answer = self._adapter.send(request, stream=True, timeout=(min(left, _CONNECT_SECONDS), left))
            try:
                self._check(call)
                _judge(answer, call)
                body = self._body(answer, call)
            finally:
                answer.close()
        except (requests.RequestException, HTTPError, OSError) as error:
            self._check(call)
            raise _unusable(call, "cannot be reached, or broke off") from error
        self._check(call)  # a connection that was cut can look as if it had ended
        return body

    def _body(self, answer: requests.Response, call: Call) -> bytes:
        parts, size = list[bytes](), 0
        while part := answer.raw.read(_CHUNK_BYTES, decode_content=False):
            size += len(part)
            if size > MAX_BYTES:
                too_long(call)
            self._check(call)
            parts.append(part)
        return b"".join(parts)

    def _check(self, call: Call) -> None:
        if self._client.gone():
            raise ClientGone("The client has gone.")
        if time.monotonic() > self._deadline:
            raise _unusable(call, f"has not answered in time: all calls together may take {self._seconds:g} seconds")

    def _opened(self, connection: socket.socket) -> None:
        self._sockets.append(connection)

    def _watching(self) -> None:
        while not self._over.wait(_LOOK):
            if time.monotonic() > self._deadline or self._client.gone():
                for connection in self._sockets:
                    with suppress(OSError):  # closed already
                        socket.socket.shutdown(connection, socket.SHUT_RDWR)


def _judge(answer: requests.Response, call: Call) -> None:
    """Whether the head of an answer promises results."""
    status, said = answer.status_code, answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if status == 400:
        told = " ".join(answer.raw.read(_TOLD_BYTES, decode_content=False).decode(errors="replace").split())
        raise MalformedQuery(
            f"{called(call)} does not take the pattern for SPARQL: {told}",
            mend="Correct the pattern; it is asked there on its own, with your prefixes.",
            line=call.line,
            column=call.column,
        )
    if 300 <= status < 400:
        raise _unusable(call, f"redirects ({status}), which is not followed")
    if status != 200:
        raise _unusable(call, f"answers {status}")
    if said not in _JSON or answer.headers.get("Content-Encoding", "identity") != "identity":
        raise _unusable(call, "answers with something other than SPARQL results in JSON")


class _Adapter(HTTPAdapter):
    """Tells of every connection that it opens."""

    def __init__(self, opened: Callable[[socket.socket], None]) -> None:
        super().__init__(max_retries=0)
        self._opened = opened

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        """The pool of connections to a server."""
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        pool.ConnectionCls = partial(_Secure if pool.scheme == "https" else _Plain, self._opened)
        return pool


class _Telling:
    def __init__(self, opened: Callable[[socket.socket], None], **options: Any) -> None:
        super().__init__(**options)
        self._opened = opened

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        self._opened(self.sock)  # type: ignore[attr-defined]


class _Plain(_Telling, HTTPConnection):
    pass


class _Secure(_Telling, HTTPSConnection):
    pass
