"""How much of what is published?

Counted by SPARQL over the default graph, when somebody asks and the catalogue has changed, but so seldom that
counting takes at most a twentieth of the time: on a large store it takes seconds.
"""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime
from typing import Any

from catalogue.feeds.discovery import Counts
from catalogue.sparql.guard import check

from .querying import Queries

_SHARE = 20
_LONGEST = 10_000
_JSON = "application/sparql-results+json"
_CLASSES = "SELECT ?k (COUNT(?s) AS ?n) { ?s a ?k FILTER(isIRI(?k)) } GROUP BY ?k ORDER BY ?k"
_PROPERTIES = "SELECT ?k (COUNT(*) AS ?n) { ?s ?k ?o } GROUP BY ?k ORDER BY ?k"
_SUBJECTS = "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s ?p ?o }"
_OBJECTS = "SELECT (COUNT(DISTINCT ?o) AS ?n) { ?s ?p ?o }"


class Counting:
    """The counts, kept until the store has changed and it is time again."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._counting = threading.Lock()
        self._held = ""
        self._next = 0.0
        self._counts: Counts | None = None

    def counts(self) -> Counts:
        """What there is.

        Raises:
            QueryTimeout, Unavailable: It cannot be counted now.
        """
        with self._counting:
            held = self._queries.held()
            if self._counts is None or (held != self._held and time.monotonic() > self._next):
                start = time.monotonic()
                self._counts = self._count()
                self._held = held
                self._next = time.monotonic() + (time.monotonic() - start) * _SHARE
            return self._counts

    def _count(self) -> Counts:
        properties = self._numbers(_PROPERTIES)
        return Counts(
            triples=sum(properties.values()),
            subjects=self._numbers(_SUBJECTS)[""],
            objects=self._numbers(_OBJECTS)[""],
            classes=self._numbers(_CLASSES),
            properties=properties,
            at=datetime.now(UTC),
        )

    def _numbers(self, text: str) -> dict[str, int]:
        result = self._queries.run(check(text, limit=_LONGEST), media_type=_JSON)
        rows: list[dict[str, Any]] = json.loads(b"".join(result.chunks))["results"]["bindings"]
        return {row.get("k", {"value": ""})["value"]: int(row["n"]["value"]) for row in rows}
