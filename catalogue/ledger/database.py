"""How do we open the ledger's database, and what does a transaction promise?

SQLite in WAL mode with `synchronous=FULL`: what was committed survives a power cut. A write transaction takes the
write lock at its beginning (`BEGIN IMMEDIATE`), so what it read is still true when it writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text

BUSY_SECONDS = 20
# The newest migration. Said here so that opening a ledger that has it needs no Alembic, whose import takes 0.2 s.
HEAD = "0001"


def open_engine(path: Path) -> Engine:
    """Open the ledger file, creating or migrating it when needed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}, pool_size=32
    )
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    _migrate(engine)
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Run one write transaction: all of it is kept, or nothing."""
    with engine.connect() as connection, connection.execution_options(writes=True).begin():
        yield connection


def _configure(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-32000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _migrate(engine: Engine) -> None:
    with engine.connect() as connection:
        known = inspect(connection).has_table("alembic_version")
        if known and connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == HEAD:
            return
    import alembic.command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, HEAD)
