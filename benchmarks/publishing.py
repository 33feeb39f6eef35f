"""How long does one client wait for a publication, and does the next query see it?"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median, quantiles

from .bench import Bench
from .report import Row, Target

_ROUNDS, _EACH = 4, 25


def measure(bench: Bench) -> Iterator[Row]:
    """Publish, then publish and query in turn."""
    with bench.service.connection() as connection:
        _, engine, _ = bench.publish(connection)  # the first one loads the shapes
        rounds = [[bench.publish(connection)[2] for _ in range(_EACH)] for _ in range(_ROUNDS)]
        after = [bench.title_of(connection, bench.publish(connection)[0]) for _ in range(_EACH)]
    every = [milliseconds for times in rounds for milliseconds in times]
    note = f"{len(every)} publications, {bench.triples:.0f} triples each, judged by {engine}"
    yield Row("Publish: p50", "ms", [median(times) for times in rounds], Target("≤", 150), note)
    yield Row("Publish: p99", "ms", [quantiles(every, n=100, method="inclusive")[98]])
    note = f"{_EACH} times: publish, then ask; a new image for the query workers each time"
    yield Row("First SPARQL query after a publication", "ms", [median(after), min(after), max(after)], note=note)
