"""What is a running catalogue made of?

The composition root. The command line uses the ledger alone (`Catalogue.open`); the service also owns the store and
the query workers (`start`).
"""

from __future__ import annotations

import fcntl
import shutil
import threading
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

import structlog
from pyoxigraph import NamedNode

from catalogue.errors import Conflict, Unavailable
from catalogue.feeds.identity import Identity
from catalogue.ledger import Ledger, People
from catalogue.model import Person, Record, Role
from catalogue.projection import Projection, RemoteProjection
from catalogue.rdf.graph import Subject
from catalogue.rdf.limits import Limits
from catalogue.resources import shipped
from catalogue.settings import Settings
from catalogue.store import Endpoint, RemoteStore
from catalogue.vocabularies import Vocabularies
from catalogue.vocabularies import own as own_vocabularies

from .counting import Counting
from .querying import Queries
from .reading import Reader

log = structlog.get_logger()

# All shapes take half a second to compile. That waits until the service answers, and until what it keeps for ever has
# been put out of the garbage collector's reach.
_CHECK_AFTER_SECONDS = 1.0

if TYPE_CHECKING:
    from catalogue.profiles import Profiles
    from catalogue.profiles.fixes import Fixes


class Catalogue:
    """Everything that the use cases need, each part opened when it is first needed, once per process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.identity = Identity(settings.base_url)
        self._lock: IO[str] | None = None
        self._check: threading.Timer | None = None

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
        for reason in self.profiles.leave_out_unusable():
            log.warning("profile left out", reason=reason)
        self.projection.start()
        self.queries.pool.start()
        self._check = threading.Timer(_CHECK_AFTER_SECONDS, self._check_profiles)
        self._check.daemon = True
        self._check.start()

    def close(self) -> None:
        """Let everything go, in the opposite order."""
        if self._check is not None:
            self._check.cancel()
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
        """The shipped vocabularies, some of them as the operator has renewed them.

        Raises:
            Unavailable: What the operator has renewed cannot be read.
        """
        folder = self.settings.state / own_vocabularies.FOLDER
        try:
            return Vocabularies.load(shipped("ontologies"), folder)
        except (OSError, ValueError, KeyError) as error:
            raise Unavailable(
                f"The vocabularies in {folder} cannot be read: {error!r}.",
                mend="Remove that folder to go back to the shipped ones.",
            ) from error

    @cached_property
    def profiles(self) -> Profiles:
        """The shipped profiles and the operator's; what is behind them takes time to import that few commands need."""
        from catalogue.profiles import Profiles

        further = self.settings.shapes_path if self.settings.shapes or self.settings.shapes_path.is_dir() else None
        return Profiles.load(shipped("shapes"), self.vocabularies, further)

    @cached_property
    def fixes(self) -> Fixes:
        """The rules that rewrite old and wrong forms."""
        from catalogue.profiles.fixes import Fixes

        return Fixes.load(self.vocabularies)

    @cached_property
    def projection(self) -> Projection | RemoteProjection:
        """The follower of the ledger."""
        settings = self.settings
        if not settings.store:
            return Projection(self.ledger, self.vocabularies, self.identity, settings.store_path)
        update, password = settings.store_update or settings.store, settings.store_password.get_secret_value()
        endpoint = Endpoint(settings.store, update, settings.store_user, password)
        store = RemoteStore(endpoint, seconds=settings.store_seconds)
        return RemoteProjection(self.ledger, self.vocabularies, self.identity, store)

    @cached_property
    def queries(self) -> Queries:
        """What answers public SPARQL queries."""
        return Queries(self.settings, self.ledger, self.projection)

    @cached_property
    def counting(self) -> Counting:
        """How much is published."""
        return Counting(self.queries)

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

    def _check_profiles(self) -> None:
        """Log what is wrong with the shipped profiles, before somebody asks for one of them."""
        known = self.profiles.problems
        for reason in self.profiles.check_all():
            if reason not in known:  # that was logged at the start
                log.warning("profile cannot be used", reason=reason)

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
