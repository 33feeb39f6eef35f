"""The engine alone, without service: answers queries in its own process. Run by `benchmarks.sparql.engines`.

Reads one JSON object a line from standard input (`query`, `base`), prints one (`ms`, `lines`).
"""

from __future__ import annotations

import json
import os
import sys
import time

from pyoxigraph import DefaultGraph, QueryResultsFormat, QueryTriples, RdfFormat, Store, serialize


def main(path: str, kind: str) -> None:
    """Answer from a store on disk, or from its default graph in memory (`kind` is `disk` or `memory`)."""
    disk = Store.read_only(path)
    store = _memory(disk) if kind == "memory" else disk
    print("ready", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        start = time.perf_counter()
        results = store.query(asked["query"], base_iri=asked["base"])
        if isinstance(results, QueryTriples):
            answer = serialize(results, format=RdfFormat.N_TRIPLES)
        else:
            answer = results.serialize(format=QueryResultsFormat.TSV)
        assert answer is not None
        milliseconds = (time.perf_counter() - start) * 1000
        print(json.dumps({"ms": milliseconds, "lines": answer.count(b"\n")}), flush=True)


def _memory(disk: Store) -> Store:
    store = Store()
    whence, whither = os.pipe()
    if os.fork() == 0:
        os.close(whence)
        with os.fdopen(whither, "wb") as out:
            disk.dump(out, RdfFormat.N_TRIPLES, from_graph=DefaultGraph())
        os._exit(0)
    os.close(whither)
    with os.fdopen(whence, "rb") as lines:
        store.load(lines, format=RdfFormat.N_TRIPLES, lenient=True)
    os.wait()
    return store


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
