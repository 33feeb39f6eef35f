"""How do the pool and a worker talk?

In frames over the worker's standard input and output: one byte that says what it is, four bytes of length
(big-endian), content. Imports nothing but the standard library, so that a worker starts quickly.

Pool to worker, JSON each:
    OPEN    `path`: read this image from now on. Answered by READY or ERROR.
    QUERY   `query`, `base_iri`, `media_type`, `default_graphs`, `named_graphs`. Answered by HEADER, any number
            of CHUNK, END; or by ERROR at any place.
Worker to pool:
    READY   JSON: `sealed`, whether the worker is cut off from the network. Also sent once at the start.
    HEADER  JSON: `media_type`
    CHUNK   bytes of the result
    END     empty
    ERROR   JSON: `kind` (`malformed`, `memory` or `failed`) and `message`

The mirror (`catalogue.sparql.mirror`) is spoken to in such frames over a Unix socket, along which descriptors travel:
    OPEN    `path`: fill the mirror from this image. Answered by READY, with `sealed` and what it `occupies` in bytes.
    APPLY   a SPARQL update. Answered by READY.
    FORK    two descriptors: whence the new worker reads requests, where it writes answers. Answered by FORKED, JSON:
            `pid`; with a descriptor of the process.
    ENDED   `pid`: how did this worker end? Answered by ENDED, `status` as of `subprocess`, or null.
"""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Sequence
from typing import IO, Any

OPEN, QUERY = b"O", b"Q"
APPLY, FORK, FORKED, ENDED = b"A", b"F", b"f", b"e"
READY, HEADER, CHUNK, END, ERROR = b"R", b"H", b"C", b"E", b"X"

CHUNK_BYTES = 65_536
_MOST = 64 * 1_048_576


def write(pipe: IO[bytes], kind: bytes, content: bytes = b"") -> None:
    """Write one frame and flush it.

    Raises:
        OSError: The other side is gone.
    """
    pipe.write(kind + len(content).to_bytes(4, "big") + content)
    pipe.flush()


def write_json(pipe: IO[bytes], kind: bytes, /, **content: Any) -> None:
    """Write one frame of JSON; errors as `write`."""
    write(pipe, kind, json.dumps(content).encode())


def read(pipe: IO[bytes]) -> tuple[bytes, bytes]:
    """Read one frame: its kind and content.

    Raises:
        EOFError: The other side is gone, perhaps within a frame, or does not speak in frames.
    """
    head = _exactly(pipe, 5)
    size = int.from_bytes(head[1:], "big")
    if size > _MOST:
        raise EOFError
    return head[:1], _exactly(pipe, size)


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    """So many bytes of a pipe that may be unbuffered, so that one can wait for its next byte."""
    content = pipe.read(size)
    while len(content) < size:
        more = pipe.read(size - len(content))
        if not more:
            raise EOFError
        content += more
    return content


def send(link: socket.socket, kind: bytes, content: bytes = b"", descriptors: Sequence[int] = ()) -> None:
    """Send one frame, and descriptors with it, over a Unix socket; errors as `write`."""
    head = kind + len(content).to_bytes(4, "big")
    if descriptors:
        socket.send_fds(link, [head], descriptors)
    else:
        link.sendall(head)
    link.sendall(content)


def receive(link: socket.socket) -> tuple[bytes, bytes, list[int]]:
    """Receive one frame from a Unix socket: kind, content, descriptors that came with it; errors as `read`."""
    head, descriptors, _, _ = socket.recv_fds(link, 5, 2)
    while head and len(head) < 5 and (more := link.recv(5 - len(head))):
        head += more
    size = int.from_bytes(head[1:], "big")
    if len(head) < 5 or size > _MOST:
        raise EOFError
    content = bytearray(size)
    view = memoryview(content)
    while view:
        count = link.recv_into(view)
        if not count:
            raise EOFError
        view = view[count:]
    return head[:1], bytes(content), descriptors


def take_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Move the pipes away from the standard descriptors, so that nothing else can write between frames."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal reaches the whole group
    return requests, answers
