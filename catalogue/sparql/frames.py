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
"""

from __future__ import annotations

import json
from typing import IO, Any

OPEN, QUERY = b"O", b"Q"
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
    head = pipe.read(5)
    size = int.from_bytes(head[1:], "big")
    if len(head) < 5 or size > _MOST:
        raise EOFError
    content = pipe.read(size)
    if len(content) < size:
        raise EOFError
    return head[:1], content
