"""How does a store on another server follow the ledger?

As the embedded one, but there is nothing to repair or replace here: what cannot be reached is tried again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import structlog
from pyoxigraph import NamedNode

from catalogue.errors import CatalogueError, Unavailable
from catalogue.feeds.identity import Identity
from catalogue.ledger import Ledger
from catalogue.model import Kind
from catalogue.sparql.process import Elsewhere
from catalogue.store import Mentions, RemoteStore
from catalogue.vocabularies import Vocabularies

from .content import Content

log = structlog.get_logger()

_POLL_SECONDS = 0.2
_PAUSE_SECONDS = 5.0


class RemoteProjection:
    """The follower of a remote store: one per process that owns the state folder.

    `state`: `closed`, `opening` until the server has answered once, `open`, `away` while it does not answer.
    """

    def __init__(self, ledger: Ledger, vocabularies: Vocabularies, identity: Identity, store: RemoteStore) -> None:
        self._ledger = ledger
        self._content = Content(ledger, vocabularies, identity)
        self._identity = identity
        self._store = store
        self._writing = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._position = 0
        self.state = "closed"

    def open(self) -> None:
        """Ask the server how far it is; fill it when it is new or follows another ledger; catch up.

        Raises:
            Unavailable: It does not answer.
            Conflict: It holds what is not ours.
        """
        self.state = "opening"
        with self._writing:
            self._position = self._store.position
            fingerprint = self._content.fingerprint
            if not 0 < self._position <= self._ledger.position():
                self._fill()
            elif self._store.vocabularies != fingerprint:
                self._store.apply(self._content.vocabularies(), position=self._position, vocabularies=fingerprint)
            self.state = "open"
        self.catch_up()

    def start(self) -> None:
        """Follow the ledger in a thread."""
        self._thread = threading.Thread(target=self._follow, name="projection", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop following."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
        self._store.close()
        self.state = "closed"

    @property
    def position(self) -> int:
        """The ledger position that the store has reached.

        Raises:
            Unavailable: It does not answer.
        """
        self._answering()
        return self._position

    @property
    def held(self) -> str:
        """A tag of what the store holds: the same after a restart, another after any change."""
        return f"{self.position}-{self._content.fingerprint}"

    def catch_up(self) -> int:
        """Apply what the ledger has and the store has not; return the position reached.

        Raises:
            Unavailable: The server does not answer.
        """
        self._answering()
        with self._writing:
            while self._position < self._ledger.position():
                graphs, reached = self._content.since(self._position)
                try:
                    self._store.apply(graphs, position=reached)
                except Unavailable:
                    self.state = "away"
                    raise
                self._position = reached
            return self._position

    def snapshot(self, _folder: Path) -> Elsewhere:
        """What the query workers read: the server itself, after everything acknowledged so far.

        Raises:
            Unavailable: It does not answer.
        """
        self.catch_up()
        at = self._store.endpoint
        return Elsewhere(at.query, at.user, at.password)

    def mentions(self, iri: str, *, most: int, first: int) -> Mentions:
        """The published datasets that mention an IRI; parameters and errors as the embedded store's.

        Raises:
            Unavailable: The server does not answer.
        """
        self._answering()
        return self._store.mentions(NamedNode(iri), f"{self._identity.base}/{Kind.DATASET}/", most=most, first=first)

    def rebuild(self, progress: Callable[[int, int], None] = lambda done, of: None) -> None:
        """Empty the store and fill it from the ledger.

        Raises:
            Unavailable: The server does not answer.
        """
        with self._writing:
            self._fill(progress)

    def _fill(self, progress: Callable[[int, int], None] = lambda done, of: None) -> None:
        position = self._ledger.position()
        everything = self._content.everything(progress)
        self._store.load(everything, position=position, vocabularies=self._content.fingerprint)
        self._position = position
        log.info("remote store filled", position=position)

    def _answering(self) -> None:
        if self.state != "open":
            raise Unavailable("The store does not answer.", mend="Try again soon.", retry_after=10)

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                if self.state == "open":
                    self.catch_up()
                else:
                    self.open()
                    log.info("remote store answers", position=self._position)
            except CatalogueError as error:
                log.warning("the remote store cannot follow the ledger", what=error.what)
                self._stop.wait(_PAUSE_SECONDS)
            except Exception:
                log.exception("the remote store cannot follow the ledger")
                self._stop.wait(_PAUSE_SECONDS)
            self._stop.wait(_POLL_SECONDS)
