"""How does the embedded store follow the ledger?

The store remembers the position in the same transaction as the graphs, so after a crash it goes on where it stood.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import structlog
from pyoxigraph import NamedNode

from catalogue.errors import Unavailable
from catalogue.feeds.identity import Identity
from catalogue.ledger import Ledger
from catalogue.model import Kind
from catalogue.store import EmbeddedStore, Generations, Mentions
from catalogue.vocabularies import Vocabularies

from .content import Content

log = structlog.get_logger()

_BULK = 2_000  # behind by more than so many events, a new generation is quicker than single updates
_POLL_SECONDS = 0.2
# The engine tells a damaged folder as the one or the other; ValueError: what we read from it makes no sense.
_DAMAGE = (OSError, RuntimeError, ValueError)


class Projection:
    """The follower: one per process that owns the state folder."""

    def __init__(self, ledger: Ledger, vocabularies: Vocabularies, identity: Identity, path: Path) -> None:
        self._ledger = ledger
        self._content = Content(ledger, vocabularies, identity)
        self._identity = identity
        self._generations = Generations(path)
        self._store: EmbeddedStore | None = None
        self._writing = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._distrusted: Path | None = None
        self._tell: Callable[[str | None], None] = lambda change: None
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

    @property
    def held(self) -> str:
        """A tag of what the store holds: the same after a restart, another after any change."""
        store = self._opened()
        return f"{store.position}-{store.vocabularies}"

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

    def mentions(self, iri: str, *, most: int, first: int) -> Mentions:
        """The published datasets that mention an IRI, as far as the store has come; never waits for a writer.

        Args:
            iri: Of a concept.
            most: Where to stop counting.
            first: How many of them to name.

        Raises:
            Unavailable: The store is being opened or rebuilt.
        """
        store = self._opened()
        try:
            return store.mentions(NamedNode(iri), f"{self._identity.base}/{Kind.DATASET}/", most=most, first=first)
        except (AttributeError, *_DAMAGE) as error:  # AttributeError: a new generation took its place meanwhile
            raise Unavailable("The store is being opened anew.", retry_after=5) from error

    def follow(self, image: Path, tell: Callable[[str | None], None]) -> None:
        """Make an image of the store, and tell one listener from then on what happens to its default graph.

        Args:
            image: The folder to be made.
            tell: Is given each change as a SPARQL update, in order; None when the store was replaced and the image is
                of another. Must be quick: publications wait for it.

        Raises:
            Unavailable, OSError: No image can be made now.
        """
        with self._writing:
            try:
                self._opened().snapshot(image)
            except RuntimeError as error:
                raise OSError(str(error)) from error
            self._tell = tell

    def rebuild(self, progress: Callable[[int, int], None] = lambda done, of: None) -> Path:
        """Fill a new generation from the ledger and make it the one in use; the old one answers meanwhile."""
        folder = self._generations.fresh()
        position = self._ledger.position()
        store = EmbeddedStore(folder)
        try:
            store.load(self._content.everything(progress), position=position, vocabularies=self._content.fingerprint)
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
        if store.vocabularies != self._content.fingerprint:
            store.apply(self._content.vocabularies(), position=store.position, vocabularies=self._content.fingerprint)
        return store

    def _renew(self, reason: str, **facts: object) -> EmbeddedStore:
        log.warning(f"{reason}: building it from the ledger", **facts)
        if self._store is None:
            self.state = "rebuilding"
        return EmbeddedStore(self.rebuild())

    def _replace(self, store: EmbeddedStore) -> None:
        with self._writing:
            old, self._store, self.state = self._store, store, "open"
            self._tell(None)
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
        graphs, reached = self._content.since(position)
        if reached > position and (change := store.apply(graphs, position=reached)):
            self._tell(change)
        return reached > position
