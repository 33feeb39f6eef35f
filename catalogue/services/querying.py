"""How is a public SPARQL query answered?

From an image of everything acknowledged before it. Two there are: a checkpoint of the store (when the ledger has moved
since the newest, another is made: hard links, milliseconds), and, while it is there, the mirror of the default graph in
memory, which answers whatever names no graph.
"""

from __future__ import annotations

import hashlib
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from catalogue.ledger import Ledger
from catalogue.projection import Projection, RemoteProjection
from catalogue.settings import Settings
from catalogue.sparql.bounds import Bounds
from catalogue.sparql.clients import NOBODY, Client
from catalogue.sparql.dataset import WHOLE, Dataset, stated
from catalogue.sparql.guard import Query, check
from catalogue.sparql.mirroring import Mirror, MirrorGone, suits
from catalogue.sparql.pool import QueryPool
from catalogue.sparql.process import READER, RELAY
from catalogue.sparql.result import Result

from .federating import Federation


class Queries:
    """The query workers and the image that they read."""

    def __init__(self, settings: Settings, ledger: Ledger, projection: Projection | RemoteProjection) -> None:
        self._settings = settings
        self._ledger = ledger
        self._projection = projection
        self._folder: Path = settings.snapshots_path
        self._base = f"{settings.base_url}/"
        self._moving = threading.Lock()
        self._version: int | None = None
        self._imaged: int | None = None
        self._held = ""
        self._federation = Federation(settings)
        self._mirror = _mirror(settings, projection)
        self._left = settings.query_mirror_after
        self.pool = QueryPool(
            Bounds(
                workers=settings.query_workers,
                seconds=settings.query_seconds,
                memory=settings.query_memory,
                queue=settings.query_queue,
                result=settings.query_result_bytes,
                per_client=settings.query_per_client,
                client_seconds=settings.query_client_seconds,
            ),
            self._mirror,
            READER if isinstance(projection, Projection) else RELAY,
        )

    def checked(self, text: str, client: Client) -> Query:
        """Read the text of a query that somebody has sent.

        Raises:
            Unavailable, TooManyQueries: It could not be answered now, so it is not read.
            CatalogueError: As `catalogue.sparql.guard.check`.
        """
        self.pool.expect(client)
        return check(text, limit=self._settings.query_bytes, services=self._settings.query_services)

    def run(self, query: Query, *, media_type: str, dataset: Dataset = WHOLE, client: Client = NOBODY) -> Result:
        """Run a query that the guard has passed.

        Args:
            query: The query.
            media_type: One of `formats.offered(query.form)`.
            dataset: Graphs given with the request; they go before those that the query names (Protocol §2.1.4).
            client: Who asks.

        Raises:
            QueryTimeout, QueryTooLarge, QueryFailed, MalformedQuery, TooManyQueries: See `catalogue.errors`.
            Unavailable: The queue is full, the store is being rebuilt, or an endpoint that it calls does not answer.
        """
        if query.calls:
            query = self._federation.filled(query, client)
        self._refresh()
        chosen = dataset or (stated(query.text, self._base) if query.graphs else dataset)
        if self.mirrored and not chosen and suits(query):
            with suppress(MirrorGone):
                return self.pool.run(query, media_type=media_type, base_iri=self._base, client=client, mirrored=True)
        self._checkpoint()
        start = time.monotonic()
        try:
            return self.pool.run(query, media_type=media_type, base_iri=self._base, dataset=chosen, client=client)
        finally:
            self._want_mirror(time.monotonic() - start)

    @property
    def mirrored(self) -> bool:
        """Whether the mirror answers now what names no graph."""
        return self._mirror is not None and self._mirror.there

    def held(self) -> str:
        """A tag of what a query that begins now sees.

        Raises:
            Unavailable: The store is being rebuilt.
        """
        self._refresh()
        return self._held

    def etag(self, query: Query, media_type: str, dataset: Dataset = WHOLE) -> str | None:
        """A weak tag of the answer (rows may come in another order); None when each time may give another answer.

        Raises:
            Unavailable: The store is being rebuilt.
        """
        if not query.steady:
            return None
        parts = (self.held(), media_type, *dataset.default, "", *dataset.named, "", query.text)
        return f'W/"{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:24]}"'

    def _refresh(self) -> None:
        version = self._ledger.version()
        with self._moving:
            if version != self._version:
                self._projection.catch_up()
                self._held = self._projection.held
                self._version = version

    def _checkpoint(self) -> None:
        """Let the workers over checkpoints see what was found at the last refresh."""
        with self._moving:
            if self._imaged != self._version:
                self.pool.use(self._projection.snapshot(self._folder))
                self._imaged = self._version

    def _want_mirror(self, seconds: float) -> None:
        """Ask for the mirror when checkpoints were busy for long enough: a service that is hardly asked needs none."""
        self._left -= seconds
        if self._mirror is not None and self._left <= 0:
            self._mirror.want()


def _mirror(settings: Settings, projection: Projection | RemoteProjection) -> Mirror | None:
    if isinstance(projection, RemoteProjection) or not settings.query_mirror_memory or sys.platform != "linux":
        return None
    return Mirror(
        projection.follow,
        settings.snapshots_path,
        seconds=settings.query_seconds,
        memory=settings.query_memory,
        limit=settings.query_mirror_memory,
    )
