"""What does the catalogue hold, and in which order did it come?

One object per process; safe to use from several threads, and beside other processes on the same file.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from catalogue.errors import Conflict, UnknownRecord
from catalogue.model import Event, EventKind, Kind, Record, Revision, State

from .appending import LAST_SEQ, append
from .database import open_engine, writing
from .schema import event as event_table
from .schema import record as record_table
from .schema import revision as revision_table
from .writes import Change, unpack

_FRESH_SECONDS = 0.002
_IN = 500  # values in one IN (…): SQLite caches the statement
_RECORD_COLUMNS = [column for column in record_table.c if column.name != "words"]


class Ledger:
    """The append-only store of records, revisions and events."""

    def __init__(self, path: Path) -> None:
        self.engine = open_engine(path)
        self._watch = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._watching = threading.Lock()
        self._look_again = 0.0
        self._version = 0

    def close(self) -> None:
        """Close every connection."""
        self._watch.close()
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- writing ---------------------------------------------------------------------------------------------------

    def append(self, changes: Sequence[Change], *, person: int) -> list[Event]:
        """Append changes in one transaction: all are kept, or none.

        Args:
            changes: At most one per record.
            person: Who makes them.

        Returns:
            The events, in order; their `seq` follow each other.

        Raises:
            RevisionConflict: The newest revision of a record is not `after`. Nothing is stored.
            Conflict: A slug, subject or identifier is taken. Nothing is stored.
            UnknownRecord: A withdrawal names no record.

        Source: RFC 9110 §13.1.1 (If-Match), against lost updates.
        """
        at = datetime.now(UTC).replace(tzinfo=None)
        try:
            with writing(self.engine) as connection:
                events = append(connection, changes, person, at)
        except IntegrityError as error:
            raise Conflict(
                "Another record has the same slug, subject or identifier.",
                mend="Change the existing record with PUT, or give this one its own dct:identifier.",
            ) from error
        self._look_again = 0.0
        return events

    # -- reading ---------------------------------------------------------------------------------------------------

    def position(self) -> int:
        """The `seq` of the newest event; 0 when there is none."""
        with self.engine.connect() as connection:
            return int(connection.execute(LAST_SEQ).scalar_one())

    def public_change(self) -> tuple[int, datetime]:
        """Position and time of the newest event that the public can notice: drafts are none."""
        query = (
            select(event_table.c.seq, event_table.c.at)
            .where(event_table.c.kind != EventKind.SAVED)
            .order_by(event_table.c.seq.desc())
            .limit(1)
        )
        with self.engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return (row.seq, row.at.replace(tzinfo=UTC)) if row else (0, datetime.fromtimestamp(0, UTC))

    def version(self) -> int:
        """A number that differs whenever anybody, here or in another process, has written since.

        What was read may be kept as long as it stays the same. Writes of this process are told at once, those of
        another within two milliseconds: asking the database at every request would make all threads wait in line.
        Source: SQLite `PRAGMA data_version`.
        """
        if time.monotonic() > self._look_again:
            with self._watching:
                self._look_again = time.monotonic() + _FRESH_SECONDS
                self._version = int(self._watch.execute("PRAGMA data_version").fetchone()[0])
        return self._version

    def events(self, after: int, limit: int = 1000) -> list[Event]:
        """The events behind a position, oldest first."""
        query = (
            select(event_table, record_table.c.kind.label("record_kind"), record_table.c.slug)
            .join(record_table, record_table.c.id == event_table.c.record)
            .where(event_table.c.seq > after)
            .order_by(event_table.c.seq)
            .limit(limit)
        )
        with self.engine.connect() as connection:
            return [_event(row) for row in connection.execute(query)]

    def record(self, kind: Kind, slug: str) -> Record | None:
        """Where a record stands."""
        return self._one(record_table.c.kind == kind, record_table.c.slug == slug)

    def record_by_source(self, source: str) -> Record | None:
        """The record, not withdrawn, that came with this subject IRI."""
        return self._one(record_table.c.source == source, record_table.c.state != State.WITHDRAWN)

    def holders(
        self, *, slugs: Mapping[Kind, Sequence[str]], sources: Sequence[str], identifiers: Sequence[str]
    ) -> list[Record]:
        """The records that stand in the way of new ones.

        Args:
            slugs: Wanted slugs; also those of withdrawn records are taken.
            sources: Subject IRIs, held by a record that is not withdrawn.
            identifiers: Of datasets, held by a published one.
        """
        column = record_table.c
        public = (column.state == State.PUBLISHED) & (column.kind == Kind.DATASET)
        asked = [(column.slug, wanted, column.kind == kind) for kind, wanted in slugs.items()]
        asked += [(column.source, sources, column.state != State.WITHDRAWN), (column.identifier, identifiers, public)]
        found: dict[int, Record] = {}
        with self.engine.connect() as connection:
            for what, values, condition in asked:
                for start in range(0, len(values), _IN):
                    query = select(*_RECORD_COLUMNS).where(what.in_(values[start : start + _IN]), condition)
                    found |= {row.id: _record(row) for row in connection.execute(query)}
        return list(found.values())

    def taken(self, kind: Kind, slugs: Iterable[str]) -> set[str]:
        """Which of these slugs are, or ever were, in use."""
        wanted = list(slugs)
        found: set[str] = set()
        with self.engine.connect() as connection:
            for start in range(0, len(wanted), _IN):
                query = select(record_table.c.slug).where(
                    record_table.c.kind == kind, record_table.c.slug.in_(wanted[start : start + _IN])
                )
                found.update(connection.execute(query).scalars())
        return found

    def revision(self, kind: Kind, slug: str, number: int) -> Revision:
        """One revision of a record, with its content.

        Raises:
            UnknownRecord: There is no such record or revision.
        """
        query = (
            select(revision_table)
            .join(record_table, record_table.c.id == revision_table.c.record)
            .where(record_table.c.kind == kind, record_table.c.slug == slug, revision_table.c.number == number)
        )
        with self.engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise UnknownRecord(f"There is no revision {number} of {kind}/{slug}.")
        return Revision(
            kind=kind,
            slug=slug,
            number=row.number,
            at=row.at.replace(tzinfo=UTC),
            author=row.author,
            note=row.note,
            digest=row.digest,
            triples=row.triples,
            outcome=row.outcome,
            content=unpack(row.content),
        )

    def withdrawal(self, kind: Kind, slug: str) -> Event | None:
        """The newest withdrawal of a record."""
        query = (
            select(event_table, record_table.c.kind.label("record_kind"), record_table.c.slug)
            .join(record_table, record_table.c.id == event_table.c.record)
            .where(
                record_table.c.kind == kind,
                record_table.c.slug == slug,
                event_table.c.kind == EventKind.WITHDRAWN,
            )
            .order_by(event_table.c.seq.desc())
            .limit(1)
        )
        with self.engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return _event(row) if row else None

    def published(
        self,
        kind: Kind,
        *,
        words: Sequence[str] = (),
        catalog: str | None = None,
        limit: int,
        offset: int = 0,
    ) -> tuple[int, list[Record]]:
        """Published records, newest change first, that contain every one of the (folded) words.

        Returns:
            How many there are in all, and the asked part of them.
        """
        conditions = [record_table.c.kind == kind, record_table.c.state == State.PUBLISHED]
        conditions += [record_table.c.words.contains(word, autoescape=True) for word in words]
        if catalog is not None:
            conditions.append(record_table.c.catalog == catalog)
        part = (
            select(*_RECORD_COLUMNS)
            .where(*conditions)
            .order_by(record_table.c.changed.desc(), record_table.c.id.desc())
            .limit(limit)
            .offset(offset)
        )
        with self.engine.connect() as connection:
            total = connection.execute(select(func.count()).select_from(record_table).where(*conditions)).scalar_one()
            return total, [_record(row) for row in connection.execute(part)]

    def changed(self, catalog: str) -> datetime | None:
        """When something that a catalogue lists, or has listed, last changed in public."""
        public = record_table.c.first_published.is_not(None)
        query = select(func.max(record_table.c.changed)).where(record_table.c.catalog == catalog, public)
        with self.engine.connect() as connection:
            newest = connection.execute(query).scalar_one()
        return newest.replace(tzinfo=UTC) if newest else None

    def ranks(self) -> tuple[int, int]:
        """How many datasets are published, and the highest rank of a public record (0: none)."""
        published = record_table.c.state == State.PUBLISHED
        with self.engine.connect() as connection:
            count = select(func.count()).where(published, record_table.c.kind == Kind.DATASET)
            highest = select(func.coalesce(func.max(record_table.c.rank), 0)).where(published)
            return connection.execute(count).scalar_one(), connection.execute(highest).scalar_one()

    def contents(
        self, kinds: Sequence[Kind] = tuple(Kind), *, first: int = 1, last: int | None = None
    ) -> Iterator[tuple[Record, Mapping[str, Any], bytes]]:
        """Published records in order of rank; streams in constant memory.

        Args:
            kinds: Which records.
            first, last: Ranks, both included.

        Returns:
            Record, outcome of its validation, and its content as stored: one gzip member (see `unpack`).
        """
        conditions = [
            record_table.c.state == State.PUBLISHED,
            record_table.c.kind.in_(kinds),
            record_table.c.rank >= first,
        ]
        if last is not None:
            conditions.append(record_table.c.rank <= last)
        query = (
            select(*_RECORD_COLUMNS, revision_table.c.outcome, revision_table.c.content)
            .join(
                revision_table,
                (revision_table.c.record == record_table.c.id) & (revision_table.c.number == record_table.c.published),
            )
            .where(*conditions)
            .order_by(record_table.c.rank)
        )
        with self.engine.connect() as connection:
            for row in connection.execution_options(stream_results=True, max_row_buffer=100).execute(query):
                yield _record(row), row.outcome, row.content

    def _one(self, *conditions: Any) -> Record | None:
        with self.engine.connect() as connection:
            row = connection.execute(select(*_RECORD_COLUMNS).where(*conditions)).first()
        return _record(row) if row else None


def _record(row: Any) -> Record:
    return Record(
        kind=Kind(row.kind),
        slug=row.slug,
        state=State(row.state),
        latest=row.latest,
        published=row.published,
        rank=row.rank,
        owner=row.owner,
        catalog=row.catalog,
        source=row.source,
        identifier=row.identifier,
        title=row.title,
        created=row.created.replace(tzinfo=UTC),
        changed=row.changed.replace(tzinfo=UTC),
        first_published=row.first_published.replace(tzinfo=UTC) if row.first_published else None,
        digest=row.digest,
        published_digest=row.published_digest,
    )


def _event(row: Any) -> Event:
    return Event(
        seq=row.seq,
        at=row.at.replace(tzinfo=UTC),
        kind=EventKind(row.kind),
        record_kind=Kind(row.record_kind),
        slug=row.slug,
        revision=row.revision,
        person=row.person,
        detail=row.detail,
    )
