"""Do visitors notice when others ask the worst queries that there are?"""

from __future__ import annotations

import http.client
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from urllib.parse import quote

from .bench import Bench
from .load import Answer, Get, Plan, run
from .pages import HOT
from .report import Row, Target

_REPEAT = 3
_WORST = (
    "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?c != ?f && ?f != ?i) }",
    "SELECT ?a ?d { ?a ?b ?c . ?d ?e ?f FILTER(STR(?c) < STR(?f)) } ORDER BY ?c ?f LIMIT 10",
    "SELECT (COUNT(DISTINCT ?d) AS ?n) { ?a (!<urn:x>)* ?b . ?d ?e ?f }",
    'SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f FILTER(REGEX(CONCAT(STR(?c), STR(?f)), "(a+)+z$")) }',
)


def measure(bench: Bench) -> Iterator[Row]:
    """Pages alone, then beside four clients that never stop; stops the service to be rid of their queries."""
    gets = [Get(path) for path in bench.paths()[:HOT]]
    full = Plan(bench.service.port, gets)
    paced = Plan(bench.service.port, gets, every=0.16, seconds=4)
    quiet = _both(full, paced)
    with _asking(bench) as fates:
        loud = _both(full, paced)
        counted = ", ".join(f"{count} with {status}" for status, count in sorted(fates.items())) or "none ended"
    note = f"worst-case queries that ended meanwhile: {counted}"
    bench.service.stop()
    bench.service.start()
    for name, before, beside in zip(("16 connections flat out", "100 requests/s"), quiet, loud, strict=True):
        ratios = [noisy.percentile(99) / median(a.percentile(99) for a in before) for noisy in beside]
        yield Row(f"Pages quiet, {name}: p99", "ms", [answer.percentile(99) for answer in before])
        yield Row(f"Pages beside four worst-case queries, {name}: p99", "ms", [a.percentile(99) for a in beside])
        yield Row(f"Ratio of the two, {name}", "×", ratios, Target("≤", 3), note)


def _both(full: Plan, paced: Plan) -> tuple[list[Answer], list[Answer]]:
    run(full)
    return [run(full) for _ in range(_REPEAT)], [run(paced) for _ in range(_REPEAT)]


@contextmanager
def _asking(bench: Bench) -> Iterator[Counter[int]]:
    """Ask the worst queries in four threads, each again as soon as it has ended; counts the answers' statuses."""
    over, fates = threading.Event(), Counter[int]()

    def ask(query: str) -> None:
        while not over.is_set():
            try:
                with bench.service.connection() as connection:
                    status = bench.service.ask(connection, "GET", f"/sparql?query={quote(query)}", None)[0]
            except (OSError, http.client.HTTPException):
                continue  # the service was stopped
            fates[status] += 1

    threads = [threading.Thread(target=ask, args=(query,), daemon=True) for query in _WORST]
    for thread in threads:
        thread.start()
    threading.Event().wait(1)
    try:
        yield fates
    finally:
        over.set()
