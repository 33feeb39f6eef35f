"""How are the same answers given again without making them again?

A shared cache in front of the application (RFC 9111): answers to GET that say `public` are kept until anybody writes to
the ledger. It answers most requests before Flask is reached, which is worth a factor of three: with many threads, every
step that lets go of the interpreter costs more than what it does.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from werkzeug.http import parse_etags

from catalogue.ledger import Ledger

from .context import takes_gzip

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]
Log = Callable[[str, str, int, float], None]

_BYTES = 24_000_000
_LARGEST = 500_000
# What a 304 repeats of the headers of the 200 (RFC 9110 §15.4.5), and what CORS asks of every answer.
_REPEATED = frozenset(("etag", "vary", "cache-control", "last-modified", "access-control-allow-origin"))


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer: status, headers, body, and what of it answers a conditional request."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes
    etag: str
    not_modified: list[tuple[str, str]]


class Cache:
    """WSGI middleware."""

    def __init__(self, application: Application, ledger: Ledger, log: Log) -> None:
        """Wrap an application; `log` is told method, path, status and seconds of what is answered here."""
        self._application, self._ledger, self._log = application, ledger, log
        self._lock = threading.Lock()
        self._version = -1
        self._kept: OrderedDict[tuple[str, ...], Kept] = OrderedDict()
        self._size = 0

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer from what is kept, or let the application answer and keep that."""
        method = environ["REQUEST_METHOD"]
        # Whoever brings a token may see more; a date alone is rare and left to the application.
        if method not in ("GET", "HEAD") or "HTTP_AUTHORIZATION" in environ or "HTTP_IF_MODIFIED_SINCE" in environ:
            return self._application(environ, start_response)
        started = time.perf_counter()
        version = self._ledger.version()
        coding = "gzip" if takes_gzip(environ.get("HTTP_ACCEPT_ENCODING")) else ""
        key = (environ["PATH_INFO"], environ.get("QUERY_STRING", ""), environ.get("HTTP_ACCEPT", ""), coding)
        kept = self._find(key, version)
        if kept is None:
            return (
                self._application(environ, start_response)
                if method == "HEAD"
                else self._ask(environ, start_response, key, version)
            )
        if _has(environ.get("HTTP_IF_NONE_MATCH"), kept.etag):
            start_response("304 NOT MODIFIED", list(kept.not_modified))
            self._log(method, key[0], 304, time.perf_counter() - started)
            return [b""]
        start_response(kept.status, list(kept.headers))
        self._log(method, key[0], int(kept.status[:3]), time.perf_counter() - started)
        return [b"" if method == "HEAD" else kept.body]

    def _find(self, key: tuple[str, ...], version: int) -> Kept | None:
        with self._lock:
            if version != self._version:
                self._kept.clear()
                self._version, self._size = version, 0
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
            return kept

    def _ask(
        self, environ: Environ, start_response: StartResponse, key: tuple[str, ...], version: int
    ) -> Iterable[bytes]:
        told: list[Any] = []

        def take(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            told[:] = [status, headers]
            return start_response(status, headers, *rest)

        parts = self._application(environ, take)
        status, headers = told
        known = {name.lower(): value for name, value in headers}
        if not status.startswith("200") or not known.get("cache-control", "").startswith("public"):
            return parts
        if int(known.get("content-length", _LARGEST + 1)) > _LARGEST:
            return parts
        body = b"".join(parts)
        if hasattr(parts, "close"):
            parts.close()
        repeated = [(name, value) for name, value in headers if name.lower() in _REPEATED]
        self._keep(key, version, Kept(status, headers, body, known.get("etag", ""), repeated))
        return [body]

    def _keep(self, key: tuple[str, ...], version: int, kept: Kept) -> None:
        with self._lock:
            # Made before a write that came meanwhile: not kept, or it would outlive its truth.
            if version == self._version and key not in self._kept:
                self._kept[key] = kept
                self._size += len(kept.body)
                while self._size > _BYTES:
                    self._size -= len(self._kept.popitem(last=False)[1].body)


def _has(header: str | None, etag: str) -> bool:
    """Whether If-None-Match names the tag (weak comparison, RFC 9110 §13.1.2)."""
    if not header or not etag:
        return False
    return header == etag or parse_etags(header).contains_weak(etag.strip('"'))
