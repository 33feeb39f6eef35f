"""What can be appended to the ledger?

Pure rules of a write: given where a record stands and a change, what are the next rows? The transaction is in
`appending.py`.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from catalogue.model import EventKind, Kind, State


@dataclass(frozen=True, slots=True)
class Save:
    """Store one new revision, and publish it when `publish` is set.

    `after` is the number of the revision that the author edited; 0 for a new record. `packed` is canonical N-Triples as
    `pack` makes it, `digest` the SHA-256 of what was packed, `words` the folded text that the simple search reads.
    """

    kind: Kind
    slug: str
    after: int
    packed: bytes
    digest: str
    triples: int
    title: str
    words: str
    identifier: str | None
    outcome: Mapping[str, Any]
    catalog: str | None = None
    source: str | None = None
    publish: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take a record out of the public; its page becomes a tombstone."""

    kind: Kind
    slug: str
    after: int
    reason: str = ""
    successor: str | None = None


Change = Save | Withdraw


def pack(content: bytes) -> bytes:
    """Compress to one gzip member without a time stamp, so that the same content gives the same bytes."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(content) + packer.flush()


def unpack(packed: bytes) -> bytes:
    """The inverse of `pack`."""
    return zlib.decompress(packed, 31)


def record_values(
    change: Save, before: Mapping[str, Any] | None, at: datetime, person: int, rank: int | None
) -> dict[str, Any]:
    """The `record` row after a save.

    A draft of a published record changes only what concerns the newest revision: what the public sees, and finds,
    stays that of the published one.
    """
    number = change.after + 1
    values: dict[str, Any] = {"latest": number, "digest": change.digest}
    shown = {
        "title": change.title,
        "words": change.words,
        "identifier": change.identifier,
        "catalog": change.catalog,
        "changed": at,
    }
    if before is None:
        values |= shown | {
            "kind": change.kind,
            "slug": change.slug,
            "owner": person,
            "source": change.source,
            "created": at,
            "state": State.DRAFT,
        }
    elif before["state"] != State.PUBLISHED:
        values |= shown
    if change.publish:
        values |= shown | {"state": State.PUBLISHED, "published": number, "published_digest": change.digest}
        if before is None or before["rank"] is None:
            values |= {"rank": rank, "first_published": at}
    elif before is not None and before["state"] == State.WITHDRAWN:
        values |= {"state": State.DRAFT}
    return values


def withdrawn_values(at: datetime) -> dict[str, Any]:
    """What a withdrawal changes in the `record` row."""
    return {"state": State.WITHDRAWN, "published": None, "published_digest": None, "changed": at}


def revision_row(change: Save, identity: int, at: datetime, person: int) -> dict[str, Any]:
    """The `revision` row of a save; `identity` is the record's."""
    return {
        "record": identity,
        "number": change.after + 1,
        "at": at,
        "author": person,
        "note": change.note,
        "digest": change.digest,
        "triples": change.triples,
        "outcome": dict(change.outcome),
        "content": change.packed,
    }


def event_kinds(change: Change) -> list[EventKind]:
    """The events that a change makes, in order."""
    if isinstance(change, Withdraw):
        return [EventKind.WITHDRAWN]
    return [EventKind.SAVED, EventKind.PUBLISHED] if change.publish else [EventKind.SAVED]
