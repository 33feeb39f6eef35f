"""What does the public see of a record?

Everything is answered from the ledger's published revisions. What was read is kept until anybody writes: the ledger
tells a new version in microseconds.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self, TypeVar

from catalogue.errors import UnknownRecord, WithdrawnRecord
from catalogue.feeds.identity import Identity
from catalogue.ledger import Ledger, pack, unpack
from catalogue.model import Kind, Record, Revision, State

Value = TypeVar("Value")

_CACHE_BYTES = 48_000_000
_KEPT = 4_000
_FACTS = 20_000


@dataclass(frozen=True, slots=True)
class Representation:
    """A document to serve, with the validators of RFC 9110 §8.8.

    It is kept compressed: so ten thousand pages stay in memory, and most clients take it as it is.
    """

    packed: bytes
    content_type: str
    etag: str
    modified: datetime

    @classmethod
    def of(cls, body: bytes, content_type: str, etag: str, modified: datetime) -> Self:
        """Pack a document."""
        return cls(pack(body), content_type, etag, modified)

    @property
    def body(self) -> bytes:
        """The document itself."""
        return unpack(self.packed)


class Reader:
    """Reads records, and keeps what it read and what was rendered from it."""

    def __init__(self, ledger: Ledger, identity: Identity) -> None:
        self._ledger = ledger
        self._identity = identity
        self._lock = threading.Lock()
        self._version = -1
        self._facts: dict[Hashable, Any] = {}
        self._rendered: OrderedDict[Hashable, Representation] = OrderedDict()
        self._size = 0
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()

    def fact(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """A value that was read from the ledger and is true as long as nobody writes."""
        version = self._ledger.version()
        with self._lock:
            if version != self._version:
                self._facts.clear()
                self._version = version
            if key in self._facts:
                return self._facts[key]  # type: ignore[no-any-return]
        value = make()
        with self._lock:
            # Read before a write that came meanwhile: not kept, or it would outlive its truth.
            if self._version == version and len(self._facts) < _FACTS:
                self._facts[key] = value
        return value

    def kept(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """A value whose key says all that it depends on, so it never goes stale; some thousands, least used first."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]  # type: ignore[no-any-return]
        value = make()
        with self._lock:
            self._kept[key] = value
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return value

    def rendered(self, key: Hashable, make: Callable[[], Representation]) -> Representation:
        """A representation, kept like `kept`, but bounded by its bytes."""
        with self._lock:
            if key in self._rendered:
                self._rendered.move_to_end(key)
                return self._rendered[key]
        made = make()
        with self._lock:
            if key not in self._rendered and len(made.packed) < _CACHE_BYTES // 4:
                self._rendered[key] = made
                self._size += len(made.packed)
                while self._size > _CACHE_BYTES:
                    self._size -= len(self._rendered.popitem(last=False)[1].packed)
        return made

    def record(self, kind: Kind, slug: str) -> Record:
        """A published record.

        Raises:
            UnknownRecord: None of that name is, or ever was, public. Drafts are unknown to the public.
            WithdrawnRecord: It was public; the details make its tombstone.
        """
        record = self.fact(("record", kind, slug), lambda: self._ledger.record(kind, slug))
        if record is None or record.first_published is None:
            raise UnknownRecord(f"There is no {kind} {slug!r} here.", mend="Look for it in the list of datasets.")
        if record.state is not State.PUBLISHED:
            raise WithdrawnRecord(f"“{record.title}” was withdrawn.", **self._tombstone(record))
        return record

    def revision(self, record: Record) -> Revision:
        """The published revision of a published record."""
        number = record.published or record.latest
        return self._ledger.revision(record.kind, record.slug, number)

    def catalogs(self) -> list[Record]:
        """Every published catalogue, oldest first."""
        found = self.fact("catalogs", lambda: self._ledger.published(Kind.CATALOG, limit=10_000)[1])
        return sorted(found, key=lambda record: record.rank or 0)

    def position(self) -> int:
        """The ledger position of the newest public change: moves whenever anything public does, never with a draft."""
        return self.fact("change", self._ledger.public_change)[0]

    def changed(self) -> datetime:
        """When anything public changed last; a withdrawal counts, so documents that list records go by it."""
        return self.fact("change", self._ledger.public_change)[1]

    def _tombstone(self, record: Record) -> dict[str, Any]:
        event = self._ledger.withdrawal(record.kind, record.slug)
        return {
            "kind": record.kind,
            "title": record.title,
            "record": self._identity.record(record.kind, record.slug).value,
            "at": event.at.isoformat() if event else None,
            "reason": event.detail.get("reason") if event else None,
            "successor": event.detail.get("successor") if event else None,
        }
