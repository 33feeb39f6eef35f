"""What is a running catalogue made of?

The composition root. The command line uses the ledger alone (`Catalogue.open`); the service also owns the store and
the query workers (`start`).
"""

from __future__ import annotations

import fcntl
import shutil
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

from pyoxigraph import NamedNode

from catalogue.errors import Conflict
from catalogue.feeds.identity import Identity
from catalogue.ledger import Ledger, People
from catalogue.model import Person, Record, Role
from catalogue.projection import Projection
from catalogue.rdf.graph import Subject
from catalogue.rdf.limits import Limits
from catalogue.resources import shipped
from catalogue.settings import Settings
from catalogue.vocabularies import Vocabularies

from .querying import Queries
from .reading import Reader

if TYPE_CHECKING:
    from catalogue.profiles import Profiles


class Catalogue:
    """Everything that the use cases need, each part opened when it is first needed, once per process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.identity = Identity(settings.base_url)
        self._lock: IO[str] | None = None

    @classmethod
    def open(cls, settings: Settings) -> Catalogue:
        """Open a catalogue; the bootstrap token is made known to it."""
        catalogue = cls(settings)
        if settings.bootstrap_token is not None:
            catalogue._bootstrap_token(settings.bootstrap_token.get_secret_value())
        return catalogue

    def start(self) -> None:
        """Own the state folder: follow the ledger into the store, answer queries.

        Raises:
            Conflict: Another process owns it.
        """
        self._lock = own(self.settings.state)
        shutil.rmtree(self.settings.snapshots_path, ignore_errors=True)
        for part in ("people", "reader", "profiles"):
            getattr(self, part)  # opened now, by one thread, and not by the first two requests at once
        self.projection.start()
        self.queries.pool.start()

    def close(self) -> None:
        """Let everything go, in the opposite order."""
        if self._lock is not None:
            self.queries.pool.close()
            self.projection.close()
            self._lock.close()
        if "ledger" in self.__dict__:
            self.ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @cached_property
    def ledger(self) -> Ledger:
        """The truth; its file is made when it is first needed, so that validating leaves nothing behind."""
        return Ledger(self.settings.ledger_path)

    @cached_property
    def people(self) -> People:
        """Persons and tokens."""
        return People(self.ledger.engine)

    @cached_property
    def reader(self) -> Reader:
        """What the public sees."""
        return Reader(self.ledger, self.identity)

    @cached_property
    def vocabularies(self) -> Vocabularies:
        """The shipped vocabularies."""
        return Vocabularies.load(shipped("ontologies"))

    @cached_property
    def profiles(self) -> Profiles:
        """The shipped profiles; pySHACL behind them takes 0.3 s to import, which not every command needs."""
        from catalogue.profiles import Profiles

        return Profiles.load(shipped("shapes"), self.vocabularies)

    @cached_property
    def projection(self) -> Projection:
        """The follower of the ledger."""
        return Projection(self.ledger, self.vocabularies, self.identity, self.settings.store_path)

    @cached_property
    def queries(self) -> Queries:
        """What answers public SPARQL queries."""
        return Queries(self.settings, self.ledger, self.projection)

    @property
    def limits(self) -> Limits:
        """What one submission may cost."""
        return Limits(
            bytes=self.settings.max_submission_bytes,
            triples=self.settings.max_submission_triples,
            depth=self.settings.max_depth,
            seconds=self.settings.max_parse_seconds,
        )

    def known(self, subject: Subject) -> Record | None:
        """The record that stands for a submitted subject."""
        if not isinstance(subject, NamedNode):
            return None
        named = self.identity.of(subject.value)
        return self.ledger.record(*named) if named else self.ledger.record_by_source(subject.value)

    def system(self) -> Person:
        """The person in whose name the catalogue itself acts, and the local command line."""
        return self.people.ensure("system", Role.ADMIN)

    def writable(self) -> bool:
        """Whether anybody has a token; without one the service is read-only."""
        return bool(self.people.tokens())

    def _bootstrap_token(self, secret: str) -> None:
        if self.people.by_token(secret) is None:
            self.people.add_token(self.people.ensure("bootstrap", Role.ADMIN), "bootstrap", secret=secret)


def own(state: Path) -> IO[str]:
    """Take the state folder for this process, until the file that is returned is closed.

    Raises:
        Conflict: Another process serves it.
    """
    state.mkdir(parents=True, exist_ok=True)
    file = (state / "service.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise Conflict(
            f"Another process serves the state folder {state}.",
            mend="Stop it, or choose another folder with CATALOGUE_STATE.",
        ) from error
    return file
