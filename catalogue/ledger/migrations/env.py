"""How does Alembic reach the ledger? By the connection that `catalogue.ledger.database` hands over."""

from alembic import context

from catalogue.ledger.schema import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
