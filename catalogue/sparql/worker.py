"""The program of a worker process: one query at a time against a read-only image, cut off from everything else.

Started by `catalogue.sparql.pool` as `python -m catalogue.sparql.worker SECONDS MEMORY`; the frames are described in
`catalogue.sparql.frames`. Imports little, so that it starts in a tenth of a second and stays small.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import IO, Any, cast

from pyoxigraph import DefaultGraph, NamedNode, Quad, QueryResultsFormat, QueryTriples, RdfFormat, Store, serialize

from catalogue.rdf.namespaces import PREFIXES

from . import confinement, frames

# Pages and submissions go first when the processors are busy.
NICENESS = 15
FIRST_TO_GO = 1000
# Rows that come slowly are sent on after so many seconds.
_SLOW = 0.25
# Address space that store, threads and allocator reserve without using it: 0.4 GB when an image is open, and more
# while another is opened (measured); resident are 30 MB.
RESERVED = 1_073_741_824


def main(seconds: float, memory: int) -> None:
    """Answer frames until the pool goes away.

    Args:
        seconds: Deadline of one query. The pool keeps it; here it only ends a process whose pool is gone.
        memory: Most bytes of resident memory. The pool keeps it; here address space for it
            stops one huge allocation before anybody could look.
    """
    requests, answers = frames.take_pipes()
    confinement.die_with_parent()
    sealed = confinement.seal()
    confinement.limit_memory(memory + RESERVED)
    frames.write_json(answers, frames.READY, sealed=sealed)
    confinement.yield_to_others(NICENESS, FIRST_TO_GO)
    serve(requests, answers, seconds, sealed)


def serve(requests: IO[bytes], answers: IO[bytes], seconds: float, sealed: bool, store: Store | None = None) -> None:
    """Answer frames until the pool closes its end; `store` is what is read until an image is opened."""
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
        self._sent = time.monotonic()

    def write(self, data: bytes) -> int:
        self._held += data
        if len(self._held) >= frames.CHUNK_BYTES or time.monotonic() - self._sent > _SLOW:
            self.send()
        return len(data)

    def flush(self) -> None:
        """The engine asks for it at the end; `send` decides."""

    def send(self) -> None:
        """Send what is held."""
        if self._held:
            frames.write(self._answers, frames.CHUNK, bytes(self._held))
            self._held.clear()
        self._sent = time.monotonic()


def _answer(store: Store, request: dict[str, Any], answers: IO[bytes]) -> None:
    default = [NamedNode(iri) for iri in request["default_graphs"]]
    named = [NamedNode(iri) for iri in request["named_graphs"]]
    # SPARQL 1.1 Protocol §2.1.4: graphs given with the request are the whole dataset.
    dataset: dict[str, Any] = {"default_graph": default, "named_graphs": named} if default or named else {}
    if len(default) > 1:
        store, dataset["default_graph"] = _merged(store, default, named), DefaultGraph()
    results = store.query(request["query"], base_iri=request["base_iri"] or None, **dataset)
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


def _merged(store: Store, default: Iterable[NamedNode], named: Iterable[NamedNode]) -> Store:
    """The graphs with their merge as default graph (SPARQL 1.1 §13.2.1); the engine alone would concatenate them."""
    merged = Store()
    for graph in default:
        merged.extend(Quad(*quad.triple) for quad in store.quads_for_pattern(None, None, None, graph))
    for graph in named:
        merged.extend(store.quads_for_pattern(None, None, None, graph))
    return merged


if __name__ == "__main__":
    with suppress(BrokenPipeError):  # the pool is gone
        main(float(sys.argv[1]), int(sys.argv[2]))
