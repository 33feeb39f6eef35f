"""How do changes become rows, within one transaction?

What the rows are is decided in `writes.py`; here they are numbered, checked against what is there, and inserted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from catalogue.errors import RevisionConflict, UnknownRecord
from catalogue.model import Event

from .schema import event as event_table
from .schema import record as record_table
from .schema import revision as revision_table
from .writes import Change, Save, event_kinds, record_values, revision_row, withdrawn_values

LAST_SEQ = select(func.coalesce(func.max(event_table.c.seq), 0))
_LAST_RANK = select(func.coalesce(func.max(record_table.c.rank), 0))
_LAST_ID = select(func.coalesce(func.max(record_table.c.id), 0))
# Rows of one executemany have the same columns.
_NEW_RECORD: Mapping[str, Any] = {"published": None, "published_digest": None, "rank": None, "first_published": None}


def append(connection: Connection, changes: Sequence[Change], person: int, at: datetime) -> list[Event]:
    """Append changes; parameters and errors as `Ledger.append`, `at` in UTC without a zone."""
    rows = _Rows(connection, person, at)
    for change in changes:
        if isinstance(change, Save):
            rows.save(change)
        else:
            before = _before(connection, change)
            values = withdrawn_values(at)
            connection.execute(update(record_table).where(record_table.c.id == before["id"]).values(**values))
            rows.tell(change, before["id"], before["latest"], {"reason": change.reason, "successor": change.successor})
    return rows.insert()


class _Rows:
    """The rows of one transaction, numbered from where the tables end."""

    def __init__(self, connection: Connection, person: int, at: datetime) -> None:
        self._connection, self._person, self._at = connection, person, at
        self._seq, self._rank, self._id = (
            connection.execute(query).scalar_one() for query in (LAST_SEQ, _LAST_RANK, _LAST_ID)
        )
        self._records: list[dict[str, Any]] = []
        self._revisions: list[dict[str, Any]] = []
        self._event_rows: list[dict[str, Any]] = []
        self._events: list[Event] = []

    def save(self, change: Save) -> None:
        """A new revision, of a new record or of one that is there."""
        before = _before(self._connection, change) if change.after else None
        values = record_values(change, before, self._at, self._person, self._rank + 1)
        self._rank = values.get("rank") or self._rank
        if before is None:
            self._id = identity = self._id + 1
            self._records.append({**_NEW_RECORD, **values, "id": identity})
        else:
            identity = before["id"]
            self._connection.execute(update(record_table).where(record_table.c.id == identity).values(**values))
        self._revisions.append(revision_row(change, identity, self._at, self._person))
        self.tell(change, identity, change.after + 1, {})

    def tell(self, change: Change, identity: int, revision: int, detail: Mapping[str, Any]) -> None:
        """The events of a change."""
        told = self._at.replace(tzinfo=UTC)
        for kind in event_kinds(change):
            self._seq += 1
            self._event_rows.append(
                {
                    "seq": self._seq,
                    "at": self._at,
                    "kind": kind,
                    "record": identity,
                    "revision": revision,
                    "person": self._person,
                    "detail": detail,
                }
            )
            event = Event(self._seq, told, kind, change.kind, change.slug, revision, self._person, detail)
            self._events.append(event)

    def insert(self) -> list[Event]:
        """Insert all at once; many rows of one kind are much quicker than one after the other."""
        tables = (record_table, self._records), (revision_table, self._revisions), (event_table, self._event_rows)
        for table, rows in tables:
            if rows:
                self._connection.execute(insert(table), rows)
        return self._events


def _before(connection: Connection, change: Change) -> Mapping[str, Any]:
    query = select(record_table).where(record_table.c.kind == change.kind, record_table.c.slug == change.slug)
    found = connection.execute(query).mappings().one_or_none()
    if found is None:
        raise UnknownRecord(f"There is no {change.kind} {change.slug!r}.")
    before = dict(found)
    if before["latest"] != change.after:
        raise RevisionConflict(
            f"Someone saved {change.kind}/{change.slug} first: revision {before['latest']} is the newest, "
            f"yours is based on {change.after}.",
            mend="Fetch the record again, merge your change and send it with the new ETag.",
        )
    return before
