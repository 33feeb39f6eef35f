"""The program of a worker process: one query at a time against a read-only image, cut off from everything else.

Started by `catalogue.sparql.pool` as `python -m catalogue.sparql.worker SECONDS MEMORY`; the frames are described in
`catalogue.sparql.frames`. Imports little, so that it starts in a tenth of a second and stays small.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import resource
import signal
import sys
from contextlib import suppress
from typing import IO, Any, cast

from pyoxigraph import NamedNode, QueryResultsFormat, QueryTriples, RdfFormat, Store, serialize

from catalogue.rdf.namespaces import PREFIXES

from . import frames

# Pages and submissions go first when the processors are busy.
_NICENESS = 15
_PR_SET_PDEATHSIG = 1
# Address space that store, threads and allocator reserve without using it: 0.4 GB when an image is open, and more
# while another is opened (measured); resident are 30 MB.
_RESERVED = 1_073_741_824


def main(seconds: float, memory: int) -> None:
    """Answer frames until the pool goes away.

    Args:
        seconds: Deadline of one query. The pool keeps it; here it only ends a process whose pool is gone.
        memory: Most bytes of resident memory. The pool keeps it; here address space for it
            stops one huge allocation before anybody could look.
    """
    requests, answers = _take_pipes()
    _die_with_parent()
    sealed = _seal()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _limit_address_space(memory + _RESERVED)
    frames.write_json(answers, frames.READY, sealed=sealed)
    os.nice(_NICENESS)
    store: Store | None = None
    while True:
        try:
            kind, content = frames.read(requests)
        except EOFError:
            return
        request = json.loads(content)
        try:
            if kind == frames.OPEN:
                store = Store.read_only(request["path"])
                frames.write_json(answers, frames.READY, sealed=sealed)
            elif store is not None:
                signal.alarm(int(seconds) + 5)
                _answer(store, request, answers)
        except BrokenPipeError:
            raise
        except (SyntaxError, ValueError) as error:  # ValueError: an IRI beside the query
            frames.write_json(answers, frames.ERROR, kind="malformed", message=str(error))
        except MemoryError:
            frames.write_json(answers, frames.ERROR, kind="memory", message="")
        except Exception as error:  # noqa: BLE001 - whatever the engine raises belongs to this query alone
            frames.write_json(answers, frames.ERROR, kind="failed", message=str(error))
        finally:
            signal.alarm(0)


class _Chunks:
    """A file that becomes frames; what an error leaves in it is never sent."""

    def __init__(self, answers: IO[bytes]) -> None:
        self._answers = answers
        self._held = bytearray()

    def write(self, data: bytes) -> int:
        self._held += data
        if len(self._held) >= frames.CHUNK_BYTES:
            self.send()
        return len(data)

    def flush(self) -> None:
        """The engine asks for it at the end; `send` decides."""

    def send(self) -> None:
        """Send what is held."""
        if self._held:
            frames.write(self._answers, frames.CHUNK, bytes(self._held))
            self._held.clear()


def _answer(store: Store, request: dict[str, Any], answers: IO[bytes]) -> None:
    default = [NamedNode(iri) for iri in request["default_graphs"]]
    named = [NamedNode(iri) for iri in request["named_graphs"]]
    # SPARQL 1.1 Protocol §2.1.4: graphs given with the request are the whole dataset.
    dataset = {"default_graph": default, "named_graphs": named} if default or named else {}
    results = store.query(request["query"], base_iri=request["base_iri"] or None, **dataset)  # type: ignore[arg-type]
    media_type = request["media_type"]
    frames.write_json(answers, frames.HEADER, media_type=media_type)
    chunks = _Chunks(answers)
    out = cast(IO[bytes], chunks)
    if isinstance(results, QueryTriples):
        serialize(results, out, RdfFormat.from_media_type(media_type), prefixes=dict(PREFIXES))
    else:
        results.serialize(out, format=QueryResultsFormat.from_media_type(media_type))
    chunks.send()
    frames.write(answers, frames.END)


def _take_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Move the pipes away from the standard descriptors, so that nothing else can write between frames."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal reaches the whole group
    return requests, answers


def _die_with_parent() -> None:
    """Linux: be killed when the pool's thread that started us ends, however it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _seal() -> bool:
    """Take away the way to make sockets, for good; False where that cannot be done.

    Local sockets are denied too: resolvers may be asked for names through them. io_uring makes sockets without
    the system call.
    """
    if sys.platform != "linux":
        return False
    try:
        import pyseccomp

        rules = pyseccomp.SyscallFilter(defaction=pyseccomp.ALLOW)
        for call in ("socket", "socketpair", "io_uring_setup"):
            rules.add_rule(pyseccomp.ERRNO(errno.EPERM), call)
        rules.load()
    except (ImportError, RuntimeError, OSError):
        return False  # no libseccomp, or a kernel without it
    return True


def _limit_address_space(allowance: int) -> None:
    try:
        with open("/proc/self/statm") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (used + allowance, used + allowance))


if __name__ == "__main__":
    with suppress(BrokenPipeError):  # the pool is gone
        main(float(sys.argv[1]), int(sys.argv[2]))
