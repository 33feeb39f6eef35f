"""Records, revisions, events, people, tokens; the append-only rule as triggers."""

from alembic import op

from catalogue.ledger.schema import metadata

revision = "0001"
down_revision = None

_APPEND_ONLY = {
    "revision": ("UPDATE", "DELETE"),
    "event": ("UPDATE", "DELETE"),
    "record": ("DELETE",),
}


def upgrade() -> None:
    """Create the tables and the triggers that keep the truth as it was written."""
    metadata.create_all(op.get_bind())
    for table, actions in _APPEND_ONLY.items():
        for action in actions:
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{action.lower()} BEFORE {action} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: {table}'); END"
            )
    op.execute(
        "CREATE TRIGGER event_has_no_gap BEFORE INSERT ON event "
        "WHEN NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM event) "
        "BEGIN SELECT RAISE(ABORT, 'the ledger has no gaps: seq must be the next number'); END"
    )
    op.execute(
        "CREATE TRIGGER record_keeps_its_name BEFORE UPDATE ON record "
        "WHEN NEW.id <> OLD.id OR NEW.kind <> OLD.kind OR NEW.slug <> OLD.slug OR NEW.created <> OLD.created "
        "OR NEW.rank IS NOT COALESCE(OLD.rank, NEW.rank) "
        "BEGIN SELECT RAISE(ABORT, 'a record keeps its kind, slug, rank and date of creation'); END"
    )
    # REPLACE deletes without asking the trigger for DELETE.
    op.execute(
        "CREATE TRIGGER record_is_not_replaced BEFORE INSERT ON record "
        "WHEN EXISTS (SELECT 1 FROM record WHERE id = NEW.id OR (kind = NEW.kind AND slug = NEW.slug)) "
        "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: record'); END"
    )
    op.execute(
        "CREATE TRIGGER revision_has_no_gap BEFORE INSERT ON revision "
        "WHEN NEW.number <> (SELECT COALESCE(MAX(number), 0) + 1 FROM revision WHERE record = NEW.record) "
        "BEGIN SELECT RAISE(ABORT, 'revisions are numbered without gaps'); END"
    )
