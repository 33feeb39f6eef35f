"""How does the store follow the ledger?

Every published revision becomes a named graph, its catalogue record another; a withdrawal takes both away. The store
remembers the position in the same transaction, so after a crash it goes on where it stood. Drafts are never read here:
no query can leak one.
"""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import structlog
from pyoxigraph import RdfFormat, parse

from catalogue.errors import Unavailable
from catalogue.feeds.identity import Identity
from catalogue.feeds.records import catalog_record
from catalogue.ledger import Ledger, unpack
from catalogue.model import EventKind, Kind
from catalogue.rdf.canonical import canonical
from catalogue.store import EmbeddedStore, Generations, NamedGraph
from catalogue.vocabularies import Vocabularies

log = structlog.get_logger()

_BATCH = 200
_BULK = 2_000  # behind by more than so many events, a new generation is quicker than single updates
_POLL_SECONDS = 0.2
# The engine tells a damaged folder as the one or the other; ValueError: what we read from it makes no sense.
_DAMAGE = (OSError, RuntimeError, ValueError)


class Projection:
    """The follower: one per process that owns the state folder."""

    def __init__(self, ledger: Ledger, vocabularies: Vocabularies, identity: Identity, path: Path) -> None:
        self._ledger = ledger
        self._vocabularies = vocabularies
        self._identity = identity
        self._generations = Generations(path)
        self._store: EmbeddedStore | None = None
        self._writing = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._distrusted: Path | None = None
        self.state = "closed"

    def open(self) -> None:
        """Open the store and catch up; rebuild it when it is gone, damaged or far behind."""
        self._generations.tidy()
        self._replace(self._load())
        self.catch_up()

    def start(self) -> None:
        """Follow the ledger in a thread, opening the store there: pages answer meanwhile."""
        self._thread = threading.Thread(target=self._follow, name="projection", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop following and let the store go."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
        with self._writing:
            if self._store is not None:
                self._store.close()
                self._store = None
            self.state = "closed"

    @property
    def position(self) -> int:
        """The ledger position that the store has reached."""
        return self._opened().position

    def catch_up(self) -> int:
        """Apply what the ledger has and the store has not; return the position reached.

        Raises:
            Unavailable: The store is being rebuilt.
        """
        store = self._opened()
        with self._writing:
            try:
                while (position := store.position) < self._ledger.position():
                    if not self._step(store, position):
                        break
                return store.position
            except _DAMAGE as error:
                self._damaged(error)
                raise Unavailable("The store is being rebuilt.", retry_after=10) from error

    def snapshot(self, folder: Path) -> Path:
        """Make an image of everything acknowledged so far for the query workers.

        Returns:
            The image, a folder below `folder`.

        Raises:
            Unavailable: The store is being rebuilt.
        """
        self.catch_up()
        with self._writing:
            store = self._opened()
            path = folder / f"{store.path.name}-{store.position}"
            if not path.exists():
                try:
                    store.snapshot(path)
                except _DAMAGE as error:
                    log.error("no image of the store can be made: opening it anew", error=str(error))
                    self.state, self._store = "damaged", None
                    raise Unavailable("The store is being opened anew.", retry_after=5) from error
            return path

    def rebuild(self, progress: Callable[[int, int], None] = lambda done, of: None) -> Path:
        """Fill a new generation from the ledger and make it the one in use; the old one answers meanwhile."""
        folder = self._generations.fresh()
        position = self._ledger.position()
        store = EmbeddedStore(folder)
        try:
            store.load(self._everything(progress), position=position, vocabularies=self._fingerprint())
        finally:
            store.close()
        self._generations.use(folder)
        log.info("store rebuilt", generation=folder.name, position=position)
        return folder

    # -- inside ------------------------------------------------------------------------------------------------

    def _opened(self) -> EmbeddedStore:
        if self._store is None:
            raise Unavailable("The store is being opened or rebuilt.", retry_after=5)
        return self._store

    def _load(self) -> EmbeddedStore:
        """Open the generation in use; make a new one when it is gone, damaged or far from the ledger."""
        folder = self._generations.current()
        if folder is None:
            return self._renew("store is new or gone")
        if folder == self._distrusted:  # it stays until the new one is whole: the disk may only have been full
            return self._renew("store has failed")
        try:
            store = EmbeddedStore(folder)
            behind = self._ledger.position() - store.position
        except _DAMAGE as error:
            return self._renew("store is damaged", error=str(error))
        if behind > _BULK or behind < 0:
            store.close()
            return self._renew("store is far from the ledger", behind=behind)
        if store.vocabularies != self._fingerprint():
            store.apply(self._vocabulary_graphs(), position=store.position, vocabularies=self._fingerprint())
        return store

    def _renew(self, reason: str, **facts: object) -> EmbeddedStore:
        log.warning(f"{reason}: building it from the ledger", **facts)
        if self._store is None:
            self.state = "rebuilding"
        return EmbeddedStore(self.rebuild())

    def _replace(self, store: EmbeddedStore) -> None:
        with self._writing:
            old, self._store, self.state = self._store, store, "open"
        if old is not None:
            old.close()
            shutil.rmtree(old.path, ignore_errors=True)

    def _damaged(self, error: Exception) -> None:
        log.error("store failed: rebuilding it from the ledger", error=str(error))
        if self._store is not None:
            self._distrusted = self._store.path
        self.state, self._store = "damaged", None

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                if self._store is None:
                    self.open()
                elif self._generations.current() != self._store.path:
                    self._replace(self._load())  # another process has made a new generation
                else:
                    self.catch_up()
            except Unavailable:
                pass
            except Exception:
                log.exception("the store cannot follow the ledger")
                self._stop.wait(5)
            self._stop.wait(_POLL_SECONDS)

    def _step(self, store: EmbeddedStore, position: int) -> bool:
        events = self._ledger.events(position, _BATCH)
        last: dict[tuple[Kind, str], EventKind] = {}
        for event in events:
            if event.kind is not EventKind.SAVED:
                last[event.record_kind, event.slug] = event.kind
        graphs = [graph for kind, slug in last for graph in self._graphs(kind, slug)]
        if events:
            store.apply(graphs, position=events[-1].seq)
        return bool(events)

    def _graphs(self, kind: Kind, slug: str) -> list[NamedGraph]:
        """A record's two graphs as they are to be now: empty when it is not public."""
        names = self._identity.record(kind, slug).value, self._identity.catalog_record(kind, slug).value
        record = self._ledger.record(kind, slug)
        if record is None or record.published is None:
            return [NamedGraph(name, b"") for name in names]
        revision = self._ledger.revision(kind, slug, record.published)
        about = canonical(catalog_record(record, self._identity, revision.outcome))
        return [NamedGraph(names[0], revision.content), NamedGraph(names[1], about)]

    def _everything(self, progress: Callable[[int, int], None]) -> Iterator[NamedGraph]:
        yield from self._vocabulary_graphs()
        total = self._ledger.ranks()[1]
        for record, outcome, content in self._ledger.contents():
            yield NamedGraph(self._identity.record(record.kind, record.slug).value, unpack(content))
            about = canonical(catalog_record(record, self._identity, outcome))
            yield NamedGraph(self._identity.catalog_record(record.kind, record.slug).value, about)
            progress(record.rank or 0, total)

    def _vocabulary_graphs(self) -> list[NamedGraph]:
        return [
            NamedGraph(iri, canonical(quad.triple for quad in parse(path=str(path), format=RdfFormat.TURTLE)))
            for iri, path in self._vocabularies.graphs()
        ]

    def _fingerprint(self) -> str:
        digest = hashlib.sha256()
        for iri, path in self._vocabularies.graphs():
            digest.update(f"{iri}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
        return digest.hexdigest()
