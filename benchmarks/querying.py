"""How long does a trivial query take?"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median, quantiles

from .bench import Bench
from .report import Row, Target

_ROUNDS, _EACH = 4, 100


def measure(bench: Bench) -> Iterator[Row]:
    """Ask for the titles of one dataset after the other."""
    iris = [f"{bench.service.base}{path}" for path in bench.paths()[:_EACH]]
    with bench.service.connection() as connection:
        bench.title_of(connection, iris[0])
        rounds = [[bench.title_of(connection, iri) for iri in iris] for _ in range(_ROUNDS)]
    every = [milliseconds for times in rounds for milliseconds in times]
    note = f"{len(every)} queries from one client, titles of one dataset each"
    yield Row("Trivial SPARQL query: p50", "ms", [median(times) for times in rounds], Target("≤", 15), note)
    yield Row("Trivial SPARQL query: p99", "ms", [quantiles(every, n=100, method="inclusive")[98]])
