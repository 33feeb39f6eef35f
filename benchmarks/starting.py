"""How soon is the service ready, also after `kill -9`, and how much memory does it take?"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

from .bench import Bench
from .report import Row, Target

_IDLE_SECONDS = 10
_REPEAT = 3
_MEGABYTE = 1_000_000


def measure(bench: Bench) -> Iterator[Row]:
    """Start with the store in place, wait, look; then publish, kill, start."""
    starts, queries, memories, restarts = [], [], [], []
    for _ in range(_REPEAT):
        bench.service.stop()
        ready, query = _start(bench, bench.paths()[0])
        starts.append(ready)
        queries.append(query)
        time.sleep(_IDLE_SECONDS)
        memories.append(bench.service.memory() / _MEGABYTE)
        with bench.service.connection() as connection:
            iri = bench.publish(connection)[0]
        bench.service.stop(signal.SIGKILL)
        restarts.append(_start(bench, iri.removeprefix(bench.service.base))[0])
    yield Row("Start to ready, store in place", "s", starts, Target("≤", 3))
    yield Row("Start to first SPARQL answer", "s", queries)
    yield Row("Idle memory", "MB", memories, Target("≤", 250), f"PSS of all processes, {_IDLE_SECONDS} s after start")
    yield Row("Start to ready after `kill -9`", "s", restarts, Target("≤", 3), "what was just published is there")


def _start(bench: Bench, path: str) -> tuple[float, float]:
    """Start; seconds until ready and until a query on the dataset was answered."""
    start = time.perf_counter()
    ready = bench.service.start()
    with bench.service.connection() as connection:
        bench.title_of(connection, f"{bench.service.base}{path}")
    return ready, time.perf_counter() - start
