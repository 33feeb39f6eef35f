"""How is the ledger stored?

`revision` and `event` are the truth and never change; the schema refuses updates and deletions (the triggers are in
the migrations). `record` says where each record stands; every column of it can be derived from the events.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

person = Table(
    "person",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("role", String(20), CheckConstraint("role IN ('holder', 'reviewer', 'admin')"), nullable=False),
    Column("created", DateTime, nullable=False),
)

token = Table(
    "token",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("label", String(200), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    Column("created", DateTime, nullable=False),
    Column("expires", DateTime),
    Column("revoked", DateTime),
)

record = Table(
    "record",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(20), CheckConstraint("kind IN ('dataset', 'series', 'catalog')"), nullable=False),
    Column("slug", String(120), nullable=False),
    Column("state", String(20), CheckConstraint("state IN ('draft', 'published', 'withdrawn')"), nullable=False),
    Column("latest", Integer, nullable=False),
    Column("published", Integer),
    Column("rank", Integer, unique=True),
    Column("owner", ForeignKey("person.id"), nullable=False),
    Column("catalog", String(120)),
    Column("source", Text),
    Column("identifier", Text),
    Column("title", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("created", DateTime, nullable=False),
    Column("changed", DateTime, nullable=False),
    Column("first_published", DateTime),
    Column("digest", String(64), nullable=False),
    Column("published_digest", String(64)),
    UniqueConstraint("kind", "slug"),
    CheckConstraint("(state = 'published') = (published IS NOT NULL)"),
)
# A subject or an identifier belongs to one public record (harvest contract §0 rule 6).
Index(
    "one_record_per_source",
    record.c.source,
    unique=True,
    sqlite_where=text("state <> 'withdrawn'"),
    postgresql_where=text("state <> 'withdrawn'"),
)
Index(
    "one_dataset_per_identifier",
    record.c.identifier,
    unique=True,
    sqlite_where=text("state = 'published' AND kind = 'dataset'"),
    postgresql_where=text("state = 'published' AND kind = 'dataset'"),
)
Index("records_by_change", record.c.state, record.c.kind, record.c.changed)
Index("records_by_catalog", record.c.catalog, record.c.rank)

revision = Table(
    "revision",
    metadata,
    Column("record", ForeignKey("record.id"), primary_key=True),
    Column("number", Integer, CheckConstraint("number > 0"), primary_key=True),
    Column("at", DateTime, nullable=False),
    Column("author", ForeignKey("person.id"), nullable=False),
    Column("note", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("triples", Integer, nullable=False),
    Column("outcome", JSON, nullable=False),
    # One gzip member of canonical N-Triples: a dump is their concatenation (RFC 1952 §2.2).
    Column("content", LargeBinary, nullable=False),
)

event = Table(
    "event",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", DateTime, nullable=False),
    Column("kind", String(20), CheckConstraint("kind IN ('saved', 'published', 'withdrawn')"), nullable=False),
    Column("record", ForeignKey("record.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("detail", JSON, nullable=False),
)
Index("events_by_record", event.c.record, event.c.seq)
