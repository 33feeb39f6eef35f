"""Which HTTP server runs the application, and how does it start and stop?

gunicorn with one worker process of threads: the ledger, the store and what was rendered are shared by all requests, and
RocksDB takes one writer. The supervisor starts the worker anew when it dies; on SIGTERM requests under way are finished
(docs/decisions/0002).
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from typing import Any

from gunicorn.app.base import BaseApplication

_DRAIN_SECONDS = 15
_KEEP_ALIVE_SECONDS = 15
_SILENT_SECONDS = 10


class Server(BaseApplication):
    """One worker process with threads; the application is made in the worker."""

    def __init__(self, make: Callable[[], tuple[Any, Callable[[], None]]], host: str, port: int, threads: int) -> None:
        """Take how the application is made in the worker process; beside it comes what to do when the worker ends."""
        self._make = make
        self._close: Callable[[], None] | None = None
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._options = {
            "bind": address,
            "workers": 1,
            "worker_class": "gthread",
            "threads": threads,
            "graceful_timeout": _DRAIN_SECONDS,
            "timeout": 120,
            "keepalive": _KEEP_ALIVE_SECONDS,
            "limit_request_line": 8190,  # links with a whole query; gunicorn takes no more
            "loglevel": "warning",
            "control_socket_disable": True,
            "proc_name": "catalogue",
            # Links are made from the configured base, never from what a proxy or client says.
            "forwarded_allow_ips": "",
            "worker_exit": self._exit,
            "when_ready": _end_silence,
        }
        super().__init__()  # type: ignore[no-untyped-call]

    def load_config(self) -> None:
        """Take our options; gunicorn's own files and environment are not read."""
        for name, value in self._options.items():
            self.cfg.set(name, value)  # type: ignore[union-attr]

    def load(self) -> Any:
        """Make the WSGI application, in the worker process."""
        application, self._close = self._make()
        return application

    def _exit(self, _arbiter: Any, _worker: Any) -> None:
        if self._close is not None:
            self._close()


def _end_silence(arbiter: Any) -> None:
    """Free the thread of a client that begins a request, or to read an answer, and then is silent.

    gunicorn waits for it without end, so that as many such clients as there are threads hold the service. Accepted
    sockets take these options from the listening one.
    """
    limit = struct.pack("ll", _SILENT_SECONDS, 0)
    for listener in arbiter.LISTENERS:
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            listener.setsockopt(socket.SOL_SOCKET, option, limit)
