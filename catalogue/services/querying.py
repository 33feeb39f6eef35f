"""How is a public SPARQL query answered?

From an image of everything acknowledged before it: when the ledger has moved since the newest image, a new one is made
(hard links, milliseconds) and the workers move to it.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from catalogue.ledger import Ledger
from catalogue.projection import Projection
from catalogue.settings import Settings
from catalogue.sparql.guard import Query
from catalogue.sparql.pool import QueryPool
from catalogue.sparql.result import Result


class Queries:
    """The query workers and the image that they read."""

    def __init__(self, settings: Settings, ledger: Ledger, projection: Projection) -> None:
        self._ledger = ledger
        self._projection = projection
        self._folder: Path = settings.snapshots_path
        self._base = f"{settings.base_url}/"
        self._moving = threading.Lock()
        self._version: int | None = None
        self.pool = QueryPool(
            workers=settings.query_workers,
            seconds=settings.query_seconds,
            memory=settings.query_memory,
            queue=settings.query_queue,
        )

    def run(
        self,
        query: Query,
        *,
        media_type: str,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
    ) -> Result:
        """Run a query that the guard has passed.

        Raises:
            QueryTimeout, QueryTooLarge, QueryFailed, MalformedQuery: See `catalogue.errors`.
            Unavailable: The queue is full, or the store is being rebuilt.
        """
        self._refresh()
        return self.pool.run(
            query,
            media_type=media_type,
            base_iri=self._base,
            default_graphs=default_graphs,
            named_graphs=named_graphs,
        )

    def _refresh(self) -> None:
        version = self._ledger.version()
        with self._moving:
            if version != self._version:
                self.pool.use(self._projection.snapshot(self._folder))
                self._version = version
